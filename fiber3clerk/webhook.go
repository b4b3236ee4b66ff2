package fiber3clerk

import (
	"net/http"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/fiber3clerk/internal/view"
)

// Webhook verifies each request for Clerk's webhooks and calls f with its event. What is
// not Clerk's is answered 400, what is too large 413. Where f returns an error, it is
// 500, so that Clerk tries again; else it is 200, unless f answers itself. Register it
// for POST, where no guard refuses it and nothing reads the body before:
//
//	app.Post("/webhooks/clerk", fiber3clerk.Webhook(receiver, func(c fiber.Ctx, event *webhook.Event) error { ... }))
func Webhook(receiver *webhook.Receiver, f func(c fiber.Ctx, event *webhook.Event) error) fiber.Handler {
	return func(c fiber.Ctx) error {
		body, _ := view.BodyOf(c)
		event, err := receiver.Receive(http.Header(view.Of(c).Headers()), body)
		if !body.Ended() {
			// What is left of the body must not be taken for the next request.
			c.RequestCtx().SetConnectionClose()
		}
		if err != nil {
			c.Status(webhook.StatusOf(err)).Response().ResetBody()
			return nil
		}
		if err := f(c, event); err != nil {
			return &failure{err}
		}
		return nil
	}
}
