package fiber3clerk_test

import (
	"net"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func TestProxy(t *testing.T) {
	t.Run("whole requests", func(t *testing.T) {
		t.Parallel()
		adaptertest.RunProxy(t, serveProxy(fiber.Config{}), true)
	})
	t.Run("streamed requests", func(t *testing.T) {
		t.Parallel()
		adaptertest.RunProxy(t, serveProxy(fiber.Config{StreamRequestBody: true}), false)
	})
}

func TestCalls(t *testing.T) { adaptertest.RunCalls(t, serveProxy(fiber.Config{})) }

func serveProxy(config fiber.Config) adaptertest.Serve {
	return func(tb testing.TB, clerk *core.Clerk) (address string) {
		tb.Helper()
		config := config
		app := fiber.New(config)
		app.Use("/*", func(c fiber.Ctx) error {
			c.Set("Content-Security-Policy", "outer")
			return c.Next()
		}, fiber3clerk.With(clerk))
		handler := func(c fiber.Ctx) error {
			c.Set("X-Handler", "ran")
			return c.SendString(fiber3clerk.Nonce(c))
		}
		app.Get("/*", handler)
		app.Post("/*", handler)
		listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
		tb.Cleanup(func() {
			if err := app.Shutdown(); err != nil {
				tb.Error(err)
			}
			if err := <-done; err != nil {
				tb.Error(err)
			}
		})
		return listener.Addr().String()
	}
}
