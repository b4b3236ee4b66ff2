package main

import (
	"net"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/examples/internal/streaming/streamtest"
)

func TestEvents(t *testing.T) {
	s, clerk := streamtest.New(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	app := newApp(t.Context(), clerk)
	done := make(chan error, 1)
	go func() { done <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	streamtest.Run(t, s, clerk, listener.Addr().String())
	if err := app.Shutdown(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
