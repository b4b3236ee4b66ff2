package fiber3clerk_test

import (
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func TestOptions(t *testing.T) { adaptertest.RunOptions(t, newOptionsApp) }

func newOptionsApp(_ testing.TB, s adaptertest.OptionsSetup) adaptertest.App {
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	if s.PerRequest != nil {
		app.Use("/*", fiber3clerk.MiddlewareFunc(func(fiber.Ctx) (core.Options, error) { return *s.PerRequest, s.Fails }, s.Options))
	} else {
		app.Use("/*", fiber3clerk.Middleware(s.Options))
	}
	return serve(app, s.Routes)
}
