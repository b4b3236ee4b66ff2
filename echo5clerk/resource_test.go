package echo5clerk_test

import (
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/echo5clerk"
)

func TestProtectedResource(t *testing.T) {
	adaptertest.RunResource(t, func(_ testing.TB, s adaptertest.Setup) adaptertest.App {
		r := echo.New()
		for _, clerk := range s.Middleware {
			r.Use(echo5clerk.With(clerk))
		}
		r.GET("/.well-known/oauth-protected-resource", echo5clerk.ProtectedResource("", "read"))
		return serve(r, s.Routes)
	})
}
