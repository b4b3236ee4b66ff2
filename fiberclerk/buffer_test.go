package fiberclerk_test

import (
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiberclerk"
)

func TestReadBuffer(t *testing.T) {
	t.Parallel()
	adaptertest.RunReadBuffer(t, func(t *testing.T, size int, o core.Options, each bool) string { //nolint:thelper // It makes an application.
		app := fiber.New(fiber.Config{ReadBufferSize: size, DisableStartupMessage: true})
		if each {
			base := core.Options{Logger: o.Logger}
			o.Logger = nil
			app.Use(fiberclerk.MiddlewareFunc(func(*fiber.Ctx) (core.Options, error) { return o, nil }, base))
		} else {
			app.Use(fiberclerk.Middleware(o))
		}
		app.Get("/", func(c *fiber.Ctx) error { return c.SendStatus(http.StatusOK) })
		return listen(t, app)
	})
}
