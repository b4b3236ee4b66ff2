package fiber3clerk_test

import (
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func TestProtectedResource(t *testing.T) {
	adaptertest.RunResource(t, func(_ testing.TB, s adaptertest.Setup) adaptertest.App {
		r := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
		for _, clerk := range s.Middleware {
			r.Use("/*", fiber3clerk.With(clerk))
		}
		r.Get("/.well-known/oauth-protected-resource", fiber3clerk.ProtectedResource("", "read"))
		return serve(r, s.Routes)
	})
}
