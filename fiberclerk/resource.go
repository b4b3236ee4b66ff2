package fiberclerk

import (
	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/core"
)

// ProtectedResource answers with the metadata of RFC 9728, by which OAuth clients
// find out who issues tokens for a resource: register it, behind [Middleware], for
// GET /.well-known/oauth-protected-resource. An empty resource is the origin that
// a request comes to.
//
// Guards that accept OAuth tokens then name this address to the clients that they
// refuse. [core.ResourceMetadataURL] is for a document in another place.
func ProtectedResource(resource string, scopes ...string) fiber.Handler {
	core.ServeProtectedResource()
	return func(c *fiber.Ctx) error {
		return c.JSON(mustRequest(c, "ProtectedResource").ProtectedResource(resource, scopes...))
	}
}
