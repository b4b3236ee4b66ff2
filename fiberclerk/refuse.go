package fiberclerk

import (
	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/core"
)

// refuseKey is the key of the handler for refusals in Fiber's contexts.
type refuseKey struct{}

// OnRefuse shows the refusals of the guards behind it with f instead of the
// default: the error for an absent route for 404, Fiber's internal error for 500,
// an empty body for everything else. Headers are set already; f writes status and
// body, or returns an error for Fiber's error handler.
func OnRefuse(f func(c *fiber.Ctx, refusal core.Refusal) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Locals(refuseKey{}, f)
		return c.Next()
	}
}

// refuse hands a refusal to the handler of OnRefuse, if there is one.
func refuse(c *fiber.Ctx, o core.Outcome) (refused bool, err error) {
	refusal, ok := core.RefusalOf(o)
	if !ok {
		return false, nil
	}
	f, ok := c.Locals(refuseKey{}).(func(*fiber.Ctx, core.Refusal) error)
	if !ok {
		return false, nil
	}
	c.Status(refusal.StatusCode())
	return true, f(c, refusal)
}
