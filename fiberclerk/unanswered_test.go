package fiberclerk_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiberclerk"
)

func TestHandlersThatCannotAskClerk(t *testing.T) {
	adaptertest.RunUnanswered(t, func(_ testing.TB, clerk *core.Clerk) adaptertest.App {
		app := fiber.New()
		app.Use(fiberclerk.With(clerk))
		app.Get("/me", func(c *fiber.Ctx) error {
			_, err := fiberclerk.CurrentUser(c)
			return fmt.Errorf("profile: %w", err)
		})
		app.Get("/own", func(c *fiber.Ctx) error {
			_, err := fiberclerk.CurrentUser(c)
			return errors.Join(fiber.ErrTeapot, err)
		})
		app.Get("/shown", fiberclerk.OnRefuse(func(c *fiber.Ctx, _ core.Refusal) error { return c.SendString(adaptertest.Shown) }), func(c *fiber.Ctx) error {
			_, err := fiberclerk.CurrentUser(c)
			return err
		})
		return func(r *http.Request) (*http.Response, error) { return app.Test(r, -1) }
	})
}
