package echo5clerk

import (
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/core/webhook"
)

// Webhook verifies each request for Clerk's webhooks and calls f with its event. What is
// not Clerk's is answered 400, what is too large 413. Where f returns an error, it is
// 500, so that Clerk tries again; else it is 200, unless f answers itself. Register it
// for POST, where no guard refuses it and nothing reads the body before:
//
//	e.POST("/webhooks/clerk", echo5clerk.Webhook(receiver, func(c *echo.Context, event *webhook.Event) error { ... }))
func Webhook(receiver *webhook.Receiver, f func(c *echo.Context, event *webhook.Event) error) echo.HandlerFunc {
	return func(c *echo.Context) error {
		event, err := receiver.Receive(c.Request().Header, c.Request().Body)
		if err != nil {
			return c.NoContent(webhook.StatusOf(err))
		}
		if err := f(c, event); err != nil {
			return echo.ErrInternalServerError.Wrap(err)
		}
		if !committed(c) {
			return c.NoContent(http.StatusOK)
		}
		return nil
	}
}
