package fiberclerk

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiberclerk/internal/view"
)

// serveProxy answers the requests for the Frontend API's proxy.
func serveProxy(c *fiber.Ctx, r core.Request, instance *core.Clerk) bool {
	if !instance.Proxies(r) {
		return false
	}
	body, length := view.BodyOf(c)
	// The answer is copied after the handler has returned, when the context of a middleware may
	// have ended, and its values may be Fiber's for the next request.
	answer := instance.Proxy(context.Background(), r, core.ProxyInput{Body: body, Length: length})
	c.Status(answer.Status)
	answer.WriteHeaders(header(c))
	if !body.Ended() {
		// What is left of the body must not be taken for the next request.
		c.Context().SetConnectionClose()
	}
	stream := body.HeldBy(answer.Body)
	if c.Method() == fiber.MethodHead || answer.Status == fiber.StatusNoContent || answer.Status == fiber.StatusNotModified {
		_ = stream.Close() // Nothing was to be read.
		return true
	}
	c.Context().SetBodyStream(stream, int(answer.Length))
	return true
}
