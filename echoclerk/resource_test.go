package echoclerk_test

import (
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/echoclerk"
)

func TestProtectedResource(t *testing.T) {
	adaptertest.RunResource(t, func(_ testing.TB, s adaptertest.Setup) adaptertest.App {
		r := echo.New()
		for _, clerk := range s.Middleware {
			r.Use(echoclerk.With(clerk))
		}
		r.GET("/.well-known/oauth-protected-resource", echoclerk.ProtectedResource("", "read"))
		return serve(r, s.Routes)
	})
}
