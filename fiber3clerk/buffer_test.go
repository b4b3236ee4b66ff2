package fiber3clerk_test

import (
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func TestReadBuffer(t *testing.T) {
	t.Parallel()
	adaptertest.RunReadBuffer(t, func(t *testing.T, size int, o core.Options, each bool) string { //nolint:thelper // It makes an application.
		app := fiber.New(fiber.Config{ReadBufferSize: size})
		if each {
			base := core.Options{Logger: o.Logger}
			o.Logger = nil
			app.Use("/*", fiber3clerk.MiddlewareFunc(func(fiber.Ctx) (core.Options, error) { return o, nil }, base))
		} else {
			app.Use("/*", fiber3clerk.Middleware(o))
		}
		app.Get("/", func(c fiber.Ctx) error { return c.SendStatus(http.StatusOK) })
		return listen(t, app)
	})
}
