package fiberclerk

import "github.com/clerkgo/clerkgo/core"

// localsKey is the one key that is text: a WebSocket's connection takes over what
// Fiber's context has under such keys, and nothing else.
const localsKey = "github.com/clerkgo/clerkgo/fiberclerk"

// FromLocals returns who opened a connection that outlives Fiber's context, such as
// a WebSocket of github.com/gofiber/contrib/websocket: give it the connection's
// Locals method. ok is false where [Middleware] did not run, or skipped the request.
//
//	app.Get("/ws", fiberclerk.Protect(), websocket.New(func(conn *websocket.Conn) {
//		auth, ok := fiberclerk.FromLocals(conn.Locals)
//		...
//	}))
//
// The result may be kept. It says who asked when the connection was opened: a
// session may end while the connection lasts, so close it after a while, and check
// the Origin header (websocket.Config.Origins), because browsers send cookies along
// from any site.
func FromLocals(locals func(key string, value ...any) any, opts ...core.AuthOption) (auth *core.Auth, ok bool) {
	ra, err := core.LookupRequest(func(any) any { return locals(localsKey) }, "fiberclerk", "FromLocals")
	if err != nil {
		return nil, false
	}
	return ra.Auth(opts...), true
}
