package echoclerk

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// ProtectedResource answers with the metadata of RFC 9728, by which OAuth clients
// find out who issues tokens for a resource: register it, behind [Middleware], for
// GET /.well-known/oauth-protected-resource. An empty resource is the origin that
// a request comes to.
func ProtectedResource(resource string, scopes ...string) echo.HandlerFunc {
	return func(c echo.Context) error {
		return c.JSON(http.StatusOK, mustRequest(c, "ProtectedResource").ProtectedResource(resource, scopes...))
	}
}
