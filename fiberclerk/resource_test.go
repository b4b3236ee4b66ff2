package fiberclerk_test

import (
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/fiberclerk"
)

func TestProtectedResource(t *testing.T) {
	adaptertest.RunResource(t, func(_ testing.TB, s adaptertest.Setup) adaptertest.App {
		r := fiber.New(fiber.Config{ReadBufferSize: 16 << 10, DisableStartupMessage: true})
		for _, clerk := range s.Middleware {
			r.Use(fiberclerk.With(clerk))
		}
		r.Get("/.well-known/oauth-protected-resource", fiberclerk.ProtectedResource("", "read"))
		return serve(r, s.Routes)
	})
}
