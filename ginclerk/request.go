package ginclerk

import (
	"net/http"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
)

// Auth returns who makes the request. It is never nil; signed-out requests have a zero UserID.
// Where [Middleware] did not run, or other middleware has replaced the request's context by one
// that does not derive from it, it panics with a [*core.Error] that says where to put Middleware.
func Auth(c *gin.Context, opts ...core.AuthOption) *core.Auth {
	return adapter.MustFind(stored(c), "Auth").Auth(opts...)
}

// State returns the result of the authentication, for logs. It panics where [Auth] does.
func State(c *gin.Context) *core.State { return adapter.MustFind(stored(c), "State").State() }

// Nonce returns the nonce of the response's Content-Security-Policy, for script elements, empty
// unless the policy is strict. It panics where [Auth] does.
func Nonce(c *gin.Context) string { return adapter.MustFind(stored(c), "Nonce").Nonce() }

// CurrentUser returns the user who makes the request, nil without an error when nobody is signed
// in. It makes at most one call to Clerk per request; see [core.RequestAuth.CurrentUser].
// core.AsError(err).StatusCode() says how to answer an error: 503 where Clerk could not be asked,
// else 500. It panics where [Auth] does.
func CurrentUser(c *gin.Context, opts ...core.AuthOption) (*clerk.User, error) {
	return adapter.MustFind(stored(c), "CurrentUser").CurrentUser(c.Request.Context(), opts...)
}

// Client returns clerk-sdk-go's clients for this request's instance. It panics where [Auth] does.
func Client(c *gin.Context) *core.Client { return adapter.MustFind(stored(c), "Client").Client() }

// RedirectToSignIn sends the browser to the sign-in page, and back here afterwards, and aborts the
// chain: return after it. It panics where [Auth] does.
func RedirectToSignIn(c *gin.Context, opts ...core.RedirectOption) {
	deliver(c, adapter.MustFind(stored(c), "RedirectToSignIn").RedirectToSignIn(opts...))
}

// RedirectToSignUp is [RedirectToSignIn] for the sign-up page.
func RedirectToSignUp(c *gin.Context, opts ...core.RedirectOption) {
	deliver(c, adapter.MustFind(stored(c), "RedirectToSignUp").RedirectToSignUp(opts...))
}

// ProtectedResource answers with the metadata of RFC 9728, by which OAuth clients find out who
// issues tokens for a resource; an empty one is the origin that a request comes to. Register it,
// behind [Middleware], for GET /.well-known/oauth-protected-resource: guards that accept OAuth
// tokens then name it to clients that they refuse. [core.ResourceMetadataURL] is for one elsewhere.
func ProtectedResource(resource string, scopes ...string) gin.HandlerFunc {
	adapter.ServesResource()
	return func(c *gin.Context) {
		c.JSON(http.StatusOK, adapter.MustFind(stored(c), "ProtectedResource").ProtectedResource(resource, scopes...))
	}
}

// Webhook verifies each request for Clerk's webhooks and calls f with its event. What is not
// Clerk's is answered 400, what is too large 413. Where f returns an error, it is 500, so that
// Clerk tries again; else it is 200, unless f answers itself. Register it for POST, where no guard
// refuses it and nothing reads the body before:
//
//	r.POST("/webhooks/clerk", ginclerk.Webhook(receiver, func(c *gin.Context, event *webhook.Event) error { ... }))
func Webhook(receiver *webhook.Receiver, f func(c *gin.Context, event *webhook.Event) error) gin.HandlerFunc {
	adapter.Given("Webhook", receiver, f)
	return func(c *gin.Context) {
		event, err := receiver.Receive(c.Request.Header, c.Request.Body)
		if err != nil {
			_ = c.AbortWithError(webhook.StatusOf(err), err)
			return
		}
		if err := f(c, event); err != nil {
			_ = c.AbortWithError(http.StatusInternalServerError, err)
			return
		}
		c.Writer.WriteHeaderNow()
	}
}
