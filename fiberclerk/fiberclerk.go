// Package fiberclerk brings Clerk's middleware to Fiber (v2).
//
// [Middleware] authenticates every request and protects nothing. [Protect] guards a route or a
// group, [Require] guards from inside a handler, and [Auth] says who makes the request:
//
//	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
//	app.Use(fiberclerk.Middleware()) // keys from CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY
//	app.Get("/dashboard", fiberclerk.Protect(), dashboard)
//	admin := app.Group("/admin", fiberclerk.Protect(core.Role("org:admin")))
//
// Fiber's default read buffer of 4 KiB is too small for the cookies of Clerk's users, whose
// requests it would answer with 431: set ReadBufferSize as above. The middleware warns on the first
// request where it is less than 8 KiB. CORS middleware belongs before this one, because preflight
// requests carry no credentials. A WebSocket outlives Fiber's context: [FromLocals] says who opened
// it. Every decision is made in package core; this package speaks Fiber.
package fiberclerk

import (
	"github.com/gofiber/fiber/v2"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiberclerk/internal/mounts"
	"github.com/clerkgo/clerkgo/fiberclerk/internal/view"
)

var adapter = core.Adapter{Name: "fiberclerk"}

// Middleware authenticates every request with the instance that opts describe; at most one Options,
// none takes everything from the environment. It adds Clerk's headers and cookies to the response,
// and answers itself only to complete a handshake with Clerk. It panics at start-up, with every
// fault at once, when the options are not valid; [core.New] and [With] do the same without a panic.
func Middleware(opts ...core.Options) fiber.Handler { return With(core.Must(opts...)) }

// With is [Middleware] for an instance that exists, perhaps shared with other frameworks.
func With(instance *core.Clerk) fiber.Handler {
	adapter.Given("With", instance)
	var buffer warnOnce
	return mounts.Covered(instance.Logger(), func(c *fiber.Ctx) error { return attach(c, instance, &buffer) })
}

// MiddlewareFunc is [Middleware] with options for each request, for applications that serve several
// Clerk instances: f finds them by host, path or anything else. Each distinct options are compiled
// once. base carries what cannot be compared, such as Logger and HTTPClient ([core.Instances] lists
// it); it panics at start-up where base holds more. An error of f is the request's error, as are
// options that are not valid; the environment is never read for them.
func MiddlewareFunc(f func(c *fiber.Ctx) (core.Options, error), base ...core.Options) fiber.Handler {
	adapter.Given("MiddlewareFunc", f)
	instances := adapter.Instances(base...)
	var buffer warnOnce
	return mounts.Covered(nil, func(c *fiber.Ctx) error {
		options, err := f(c)
		instance, outcome := instances.For(c.UserContext(), view.Of(c), options, err)
		switch {
		case err != nil:
			return hidden(err)
		case instance == nil:
			return deliver(c, outcome)
		}
		return attach(c, instance, &buffer)
	})
}

func attach(c *fiber.Ctx, instance *core.Clerk, buffer *warnOnce) (err error) {
	defer func() {
		if outcome, ok := adapter.Recover(recover()); ok {
			err = deliver(c, outcome)
		}
	}()
	buffer.check(c, instance)
	r := core.Request(view.Of(c))
	if serveProxy(c, r, instance) {
		return nil
	}
	ra, outcome := adapter.Attach(c.UserContext(), instance, r)
	if err := deliver(c, outcome); !outcome.Allowed() {
		return err
	}
	ra.Store(func(key, value any) { c.Locals(key, value) })
	c.Locals(localsKey, ra)
	c.SetUserContext(ra.NewContext(c.UserContext()))
	return finish(c, ra, c.Next())
}

// Protect guards the routes behind it: it lets requests pass that fulfil opts and answers all
// others as [core.Guard] says. Without requirements it asks for a signed-in user. It panics at
// start-up where an option could have no effect.
//
// On a group it guards what the router finds below the group's prefix, and Fiber compares prefixes
// as text and undecoded: Group("/admin", Protect()) also covers /administrators, and it does not
// cover the file admin/x that Static("/", dir) opens for //admin/x, /%61dmin/x and /./admin/x.
// Serve guarded files from a directory of their own, with Static in the guarded group, or put
// [ProtectRoutes] in front.
func Protect(opts ...core.ProtectOption) fiber.Handler {
	guard := adapter.Guard("Protect", opts...)
	return mounts.Covered(nil, func(c *fiber.Ctx) error {
		outcome := adapter.Check(c.UserContext(), stored(c), guard)
		if outcome.Allowed() {
			return c.Next()
		}
		return deliver(c, outcome)
	})
}

// ProtectRoutes is [Protect] for the requests that visit a route of m, as with Clerk's
// createRouteMatcher(). Requests elsewhere go on; a path that Fiber and the matcher could read
// differently is answered 400. Register it with Use, behind [Middleware]. In an application that is
// mounted in another (app.Mount), patterns see the whole path, the prefix of the mount included.
//
// What Fiber serves below a prefix that ends within a segment is guarded as well where a handler is
// mounted that answers by itself: Static("/files", dir) opens admin/x for /filesadmin/x. Fiber's
// file servers and proxies and the handlers of its adaptor for net/http are such, and so are those
// of Use, unless routes below their prefix come after them, as after middleware. Guards on routes
// depend on no path: prefer [Protect].
func ProtectRoutes(m *core.RouteMatcher, opts ...core.ProtectOption) fiber.Handler {
	guard := adapter.RouteGuard("ProtectRoutes", m, opts...)
	var found mounts.Mounts
	return mounts.Covered(nil, func(c *fiber.Ctx) error {
		outcome := adapter.CheckRoute(c.UserContext(), stored(c), guard, routePath(c, &found))
		if outcome.Allowed() {
			return c.Next()
		}
		return deliver(c, outcome)
	})
}

// Require is [Protect] inside a handler. An error means that the request is answered, or will be by
// Fiber's error handler: return it at once.
func Require(c *fiber.Ctx, opts ...core.ProtectOption) error {
	if err := mounts.Uncovered(c); err != nil {
		return err
	}
	outcome := adapter.Require(c.UserContext(), stored(c), opts...)
	if err := deliver(c, outcome); outcome.Allowed() || err != nil {
		return err
	}
	return &answered{failure{fiber.NewError(outcome.Status), outcome.Err}}
}

// OnRefuse shows the refusals of the guards behind it with f instead of the default: the error for
// an absent route for 404, Fiber's internal error for 500, [core.Refusal.Body] for everything else.
// Headers are set; f writes status and body, or returns an error for Fiber's handler.
func OnRefuse(f func(c *fiber.Ctx, refusal core.Refusal) error) fiber.Handler {
	adapter.Given("OnRefuse", f)
	return func(c *fiber.Ctx) error {
		c.Locals(refuseKey{}, f)
		return c.Next()
	}
}
