package echo5clerk_test

import (
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
)

func TestOptions(t *testing.T) { adaptertest.RunOptions(t, newOptionsApp) }

func newOptionsApp(_ testing.TB, s adaptertest.OptionsSetup) adaptertest.App {
	e := echo.New()
	if s.PerRequest != nil {
		e.Use(echo5clerk.MiddlewareFunc(func(*echo.Context) (core.Options, error) { return *s.PerRequest, s.Fails }, s.Options))
	} else {
		e.Use(echo5clerk.Middleware(s.Options))
	}
	return serve(e, s.Routes)
}
