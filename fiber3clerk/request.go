package fiber3clerk

import (
	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/core"
)

func request(c fiber.Ctx, call string) *core.RequestAuth {
	return adapter.MustFind(stored(c), call)
}

// Auth returns who makes the request. It is never nil; signed-out requests have a
// zero UserID. Where [Middleware] did not run it panics with a [*core.Error] that
// says where to put it.
func Auth(c fiber.Ctx, opts ...core.AuthOption) *core.Auth {
	return request(c, "Auth").Auth(opts...)
}

// State returns the result of the authentication, for logs and error pages. It
// panics where [Auth] does.
func State(c fiber.Ctx) *core.State { return request(c, "State").State() }

// Nonce returns the nonce of the response's Content-Security-Policy, for the nonce
// attribute of script elements. It is empty unless the policy is strict. It panics
// where [Auth] does.
func Nonce(c fiber.Ctx) string { return request(c, "Nonce").Nonce() }

// CurrentUser returns the user who makes the request, nil without an error when
// nobody is signed in. It makes at most one call to Clerk per request; see
// [core.RequestAuth.CurrentUser]. An error that the handler returns is answered 503
// where Clerk could not be asked, else 500. It panics where [Auth] does.
func CurrentUser(c fiber.Ctx, opts ...core.AuthOption) (*clerk.User, error) {
	return request(c, "CurrentUser").CurrentUser(c.Context(), opts...)
}

// Client returns clerk-sdk-go's clients for the instance of this request. It
// panics where [Auth] does.
func Client(c fiber.Ctx) *core.Client { return request(c, "Client").Client() }

// RedirectToSignIn sends the browser to the sign-in page, and back here
// afterwards: return its result. It panics where [Auth] does.
func RedirectToSignIn(c fiber.Ctx, opts ...core.RedirectOption) error {
	return deliver(c, request(c, "RedirectToSignIn").RedirectToSignIn(opts...))
}

// RedirectToSignUp is [RedirectToSignIn] for the sign-up page.
func RedirectToSignUp(c fiber.Ctx, opts ...core.RedirectOption) error {
	return deliver(c, request(c, "RedirectToSignUp").RedirectToSignUp(opts...))
}

// ProtectedResource answers with the metadata of RFC 9728, by which OAuth clients find
// out who issues tokens for a resource; an empty one is the origin that a request comes
// to. Register it, behind [Middleware], for GET /.well-known/oauth-protected-resource:
// guards that accept OAuth tokens then name this address to the clients that they
// refuse. [core.ResourceMetadataURL] is for a document in another place.
func ProtectedResource(resource string, scopes ...string) fiber.Handler {
	adapter.ServesResource()
	return func(c fiber.Ctx) error {
		return c.JSON(request(c, "ProtectedResource").ProtectedResource(resource, scopes...))
	}
}

// localsKey is the one key that is text: a WebSocket's connection takes over what
// Fiber's context has under such keys, and nothing else.
const localsKey = "github.com/clerkgo/clerkgo/fiber3clerk"

// FromLocals returns who opened a connection that outlives Fiber's context, such as
// a WebSocket of github.com/gofiber/contrib/websocket: give it the connection's
// Locals method. ok is false where [Middleware] did not run, or skipped the request.
//
//	app.Get("/ws", fiber3clerk.Protect(), websocket.New(func(conn *websocket.Conn) {
//		auth, ok := fiber3clerk.FromLocals(conn.Locals)
//		...
//	}))
//
// The result may be kept. It says who asked when the connection was opened: a
// session may end while the connection lasts, so close it after a while, and check
// the Origin header (websocket.Config.Origins), because browsers send cookies along
// from any site.
func FromLocals(locals func(key string, value ...any) any, opts ...core.AuthOption) (auth *core.Auth, ok bool) {
	ra, err := adapter.Find(func(any) any { return locals(localsKey) }, "FromLocals")
	if err != nil {
		return nil, false
	}
	return ra.Auth(opts...), true
}
