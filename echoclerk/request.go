package echoclerk

import (
	"net/http"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
)

// Auth returns who makes the request. It is never nil; signed-out requests have a zero UserID.
// Where [Middleware] did not run it panics with a [*core.Error] that says where to put it.
func Auth(c echo.Context, opts ...core.AuthOption) *core.Auth {
	return adapter.MustFind(stored(c), "Auth").Auth(opts...)
}

// State returns the result of the authentication, for logs. It panics where [Auth] does.
func State(c echo.Context) *core.State { return adapter.MustFind(stored(c), "State").State() }

// Nonce returns the nonce of the response's Content-Security-Policy, for script elements, empty
// unless the policy is strict. It panics where [Auth] does.
func Nonce(c echo.Context) string { return adapter.MustFind(stored(c), "Nonce").Nonce() }

// CurrentUser returns the user who makes the request, nil without an error when nobody is signed
// in. It makes at most one call to Clerk per request; see [core.RequestAuth.CurrentUser]. Where
// Clerk could not be asked, a handler's error answers 503, else 500. It panics where [Auth] does.
func CurrentUser(c echo.Context, opts ...core.AuthOption) (*clerk.User, error) {
	return adapter.MustFind(stored(c), "CurrentUser").CurrentUser(c.Request().Context(), opts...)
}

// Client returns clerk-sdk-go's clients for this request's instance. It panics where [Auth] does.
func Client(c echo.Context) *core.Client { return adapter.MustFind(stored(c), "Client").Client() }

// RedirectToSignIn sends the browser to the sign-in page, and back here afterwards: return its
// result. It panics where [Auth] does.
func RedirectToSignIn(c echo.Context, opts ...core.RedirectOption) error {
	return deliver(c, adapter.MustFind(stored(c), "RedirectToSignIn").RedirectToSignIn(opts...), nil)
}

// RedirectToSignUp is [RedirectToSignIn] for the sign-up page.
func RedirectToSignUp(c echo.Context, opts ...core.RedirectOption) error {
	return deliver(c, adapter.MustFind(stored(c), "RedirectToSignUp").RedirectToSignUp(opts...), nil)
}

// ProtectedResource answers with the metadata of RFC 9728, by which OAuth clients find out who
// issues tokens for a resource; an empty one is the origin that a request comes to. Register it,
// behind [Middleware], for GET /.well-known/oauth-protected-resource: guards that accept OAuth
// tokens then name it to clients that they refuse. [core.ResourceMetadataURL] is for one elsewhere.
func ProtectedResource(resource string, scopes ...string) echo.HandlerFunc {
	adapter.ServesResource()
	return func(c echo.Context) error {
		return c.JSON(http.StatusOK, adapter.MustFind(stored(c), "ProtectedResource").ProtectedResource(resource, scopes...))
	}
}

// Webhook verifies each request for Clerk's webhooks and calls f with its event. What is not
// Clerk's is answered 400, what is too large 413. Where f returns an error, it is 500, so that
// Clerk tries again; else it is 200, unless f answers itself. Register it for POST, where no guard
// refuses it and nothing reads the body before:
//
//	e.POST("/webhooks/clerk", echoclerk.Webhook(receiver, func(c echo.Context, event *webhook.Event) error { ... }))
func Webhook(receiver *webhook.Receiver, f func(c echo.Context, event *webhook.Event) error) echo.HandlerFunc {
	adapter.Given("Webhook", receiver, f)
	return func(c echo.Context) error {
		event, err := receiver.Receive(c.Request().Header, c.Request().Body)
		if err != nil {
			return c.NoContent(webhook.StatusOf(err))
		}
		if err := f(c, event); err != nil {
			return echo.ErrInternalServerError.WithInternal(err)
		}
		return nil
	}
}
