package fiber3clerk_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func TestHandlersThatCannotAskClerk(t *testing.T) {
	adaptertest.RunUnanswered(t, func(_ testing.TB, clerk *core.Clerk) adaptertest.App {
		app := fiber.New()
		app.Use("/*", fiber3clerk.With(clerk))
		app.Get("/me", func(c fiber.Ctx) error {
			_, err := fiber3clerk.CurrentUser(c)
			return fmt.Errorf("profile: %w", err)
		})
		app.Get("/own", func(c fiber.Ctx) error {
			_, err := fiber3clerk.CurrentUser(c)
			return errors.Join(fiber.ErrTeapot, err)
		})
		app.Get("/shown", fiber3clerk.OnRefuse(func(c fiber.Ctx, _ core.Refusal) error { return c.SendString(adaptertest.Shown) }), func(c fiber.Ctx) error {
			_, err := fiber3clerk.CurrentUser(c)
			return err
		})
		return func(r *http.Request) (*http.Response, error) { return app.Test(r, fiber.TestConfig{}) }
	})
}
