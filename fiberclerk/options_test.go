package fiberclerk_test

import (
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiberclerk"
)

func TestOptions(t *testing.T) { adaptertest.RunOptions(t, newOptionsApp) }

func newOptionsApp(_ testing.TB, s adaptertest.OptionsSetup) adaptertest.App {
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10, DisableStartupMessage: true})
	if s.PerRequest != nil {
		app.Use(fiberclerk.MiddlewareFunc(func(*fiber.Ctx) (core.Options, error) { return *s.PerRequest, s.Fails }, s.Options))
	} else {
		app.Use(fiberclerk.Middleware(s.Options))
	}
	return serve(app, s.Routes)
}
