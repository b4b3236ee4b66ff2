package echoclerk_test

import (
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echoclerk"
)

func TestOptions(t *testing.T) { adaptertest.RunOptions(t, newOptionsApp) }

func newOptionsApp(_ testing.TB, s adaptertest.OptionsSetup) adaptertest.App {
	e := echo.New()
	if s.PerRequest != nil {
		e.Use(echoclerk.MiddlewareFunc(func(echo.Context) (core.Options, error) { return *s.PerRequest, s.Fails }, s.Options))
	} else {
		e.Use(echoclerk.Middleware(s.Options))
	}
	return serve(e, s.Routes)
}
