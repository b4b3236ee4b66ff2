package echoclerk

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/core"
)

// ProtectedResource answers with the metadata of RFC 9728, by which OAuth clients
// find out who issues tokens for a resource: register it, behind [Middleware], for
// GET /.well-known/oauth-protected-resource. An empty resource is the origin that
// a request comes to.
//
// Guards that accept OAuth tokens then name this address to the clients that they
// refuse. [core.ResourceMetadataURL] is for a document in another place.
func ProtectedResource(resource string, scopes ...string) echo.HandlerFunc {
	core.ServeProtectedResource()
	return func(c echo.Context) error {
		return c.JSON(http.StatusOK, mustRequest(c, "ProtectedResource").ProtectedResource(resource, scopes...))
	}
}
