package fiberclerk

import (
	"net/http"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/fiberclerk/internal/view"
)

// Auth returns who makes the request. It is never nil; signed-out requests have a zero UserID.
// Where [Middleware] did not run it panics with a [*core.Error] that says where to put it.
func Auth(c *fiber.Ctx, opts ...core.AuthOption) *core.Auth {
	return adapter.MustFind(stored(c), "Auth").Auth(opts...)
}

// State returns the result of the authentication, for logs. It panics where [Auth] does.
func State(c *fiber.Ctx) *core.State { return adapter.MustFind(stored(c), "State").State() }

// Nonce returns the nonce of the response's Content-Security-Policy, for script elements, empty
// unless the policy is strict. It panics where [Auth] does.
func Nonce(c *fiber.Ctx) string { return adapter.MustFind(stored(c), "Nonce").Nonce() }

// CurrentUser returns the user who makes the request, nil without an error when nobody is signed
// in. It makes at most one call to Clerk per request; see [core.RequestAuth.CurrentUser]. Where
// Clerk could not be asked, a handler's error answers 503, else 500. It panics where [Auth] does.
func CurrentUser(c *fiber.Ctx, opts ...core.AuthOption) (*clerk.User, error) {
	return adapter.MustFind(stored(c), "CurrentUser").CurrentUser(c.UserContext(), opts...)
}

// Client returns clerk-sdk-go's clients for this request's instance. It panics where [Auth] does.
func Client(c *fiber.Ctx) *core.Client { return adapter.MustFind(stored(c), "Client").Client() }

// RedirectToSignIn sends the browser to the sign-in page, and back here afterwards: return its
// result. It panics where [Auth] does.
func RedirectToSignIn(c *fiber.Ctx, opts ...core.RedirectOption) error {
	return deliver(c, adapter.MustFind(stored(c), "RedirectToSignIn").RedirectToSignIn(opts...))
}

// RedirectToSignUp is [RedirectToSignIn] for the sign-up page.
func RedirectToSignUp(c *fiber.Ctx, opts ...core.RedirectOption) error {
	return deliver(c, adapter.MustFind(stored(c), "RedirectToSignUp").RedirectToSignUp(opts...))
}

// ProtectedResource answers with the metadata of RFC 9728, by which OAuth clients find out who
// issues tokens for a resource; an empty one is the origin that a request comes to. Register it,
// behind [Middleware], for GET /.well-known/oauth-protected-resource: guards that accept OAuth
// tokens then name it to clients that they refuse. [core.ResourceMetadataURL] is for one elsewhere.
func ProtectedResource(resource string, scopes ...string) fiber.Handler {
	adapter.ServesResource()
	return func(c *fiber.Ctx) error {
		return c.JSON(adapter.MustFind(stored(c), "ProtectedResource").ProtectedResource(resource, scopes...))
	}
}

// localsKey is the one key that is text: a WebSocket's connection takes over what Fiber's context
// has under such keys, and nothing else.
const localsKey = "github.com/clerkgo/clerkgo/fiberclerk"

// FromLocals returns who opened a connection that outlives Fiber's context, such as a WebSocket of
// github.com/gofiber/contrib/websocket: give it the connection's Locals method. ok is false where
// [Middleware] did not run, or skipped the request.
//
//	app.Get("/ws", fiberclerk.Protect(), websocket.New(func(conn *websocket.Conn) {
//		auth, ok := fiberclerk.FromLocals(conn.Locals)
//		...
//	}))
//
// The result may be kept. It says who asked when the connection was opened: a session may end while
// the connection lasts, so watch it with [core.Auth.Watch], and check the Origin header
// (websocket.Config.Origins), because browsers send cookies along from any site.
func FromLocals(locals func(key string, value ...any) any, opts ...core.AuthOption) (auth *core.Auth, ok bool) {
	ra, err := adapter.Find(func(any) any { return locals(localsKey) }, "FromLocals")
	if err != nil {
		return nil, false
	}
	return ra.Auth(opts...), true
}

// Webhook verifies each request for Clerk's webhooks and calls f with its event. What is not
// Clerk's is answered 400, what is too large 413. Where f returns an error, it is 500, so that
// Clerk tries again; else it is 200, unless f answers itself. Register it for POST, where no guard
// refuses it and nothing reads the body before:
//
//	app.Post("/webhooks/clerk", fiberclerk.Webhook(receiver, func(c *fiber.Ctx, event *webhook.Event) error { ... }))
func Webhook(receiver *webhook.Receiver, f func(c *fiber.Ctx, event *webhook.Event) error) fiber.Handler {
	adapter.Given("Webhook", receiver, f)
	return func(c *fiber.Ctx) error {
		body, _ := view.BodyOf(c)
		event, err := receiver.Receive(http.Header(view.Of(c).Headers()), body)
		if !body.Ended() {
			// What is left of the body must not be taken for the next request.
			c.Context().SetConnectionClose()
		}
		if err != nil {
			c.Status(webhook.StatusOf(err)).Response().ResetBody()
			return nil
		}
		if err := f(c, event); err != nil {
			return &failure{fiber.ErrInternalServerError, err}
		}
		return nil
	}
}
