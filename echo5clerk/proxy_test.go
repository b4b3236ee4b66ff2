package echo5clerk_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
)

func TestProxy(t *testing.T) { adaptertest.RunProxy(t, serveProxy, false) }

func TestCalls(t *testing.T) { adaptertest.RunCalls(t, serveProxy) }

func serveProxy(tb testing.TB, clerk *core.Clerk) (address string) {
	tb.Helper()
	e := echo.New()
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			c.Response().Header().Set("Content-Security-Policy", "outer")
			return next(c)
		}
	}, echo5clerk.With(clerk))
	handler := func(c *echo.Context) error {
		c.Response().Header().Set("X-Handler", "ran")
		return c.String(http.StatusOK, echo5clerk.Nonce(c))
	}
	e.GET("/*", handler)
	e.POST("/*", handler)
	s := httptest.NewServer(e)
	tb.Cleanup(s.Close)
	return s.Listener.Addr().String()
}
