// Package fiber3clerk brings Clerk's middleware to Fiber (v3).
//
// [Middleware] authenticates every request and protects nothing. [Protect] guards a route or a
// group, [Require] guards from inside a handler, and [Auth] says who makes the request:
//
//	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
//	app.Use("/*", fiber3clerk.Middleware()) // keys from CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY
//	app.Get("/dashboard", fiber3clerk.Protect(), dashboard)
//	admin := app.Group("/admin", fiber3clerk.Protect(core.Role("org:admin")))
//
// Fiber's default read buffer of 4 KiB is too small for the cookies of Clerk's users, whose
// requests it would answer with 431: set ReadBufferSize as above. It leaves what app.Use registers
// without a path out for targets such as x, ?x and //, which a route /* serves: write app.Use("/*",
// ...) for middleware and guards. In front of such a route they answer 500 where it is missing. CORS
// middleware belongs before this one, because preflight requests carry no credentials. A WebSocket
// outlives Fiber's context: [FromLocals] says who opened it. Every decision is made in package
// core; this package speaks Fiber.
package fiber3clerk

import (
	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk/internal/mounts"
	"github.com/clerkgo/clerkgo/fiber3clerk/internal/view"
)

var adapter = core.Adapter{Name: "fiber3clerk"}

// Middleware authenticates every request with the instance that opts describe; at most one Options,
// none takes everything from the environment. It adds Clerk's headers and cookies to the response,
// and answers itself only to complete a handshake with Clerk. It panics at start-up, with every
// fault at once, when the options are not valid; [core.New] and [With] do the same without a panic.
func Middleware(opts ...core.Options) fiber.Handler { return With(core.Must(opts...)) }

// With is [Middleware] for an instance that exists already, perhaps shared with other frameworks.
func With(instance *core.Clerk) fiber.Handler {
	adapter.Given("With", instance)
	var buffer warnOnce
	return mounts.Covered(instance.Logger(), func(c fiber.Ctx) error { return attach(c, instance, &buffer) })
}

// MiddlewareFunc is [Middleware] with options for each request, for applications that serve several
// Clerk instances: f finds them by host, path or anything else. Each distinct options are compiled
// once. base carries what cannot be compared, such as Logger and HTTPClient ([core.Instances] lists
// it); it panics at start-up where base holds more.
//
// An error of f is the request's error, as are options that are not valid; the environment is never
// read for them.
func MiddlewareFunc(f func(c fiber.Ctx) (core.Options, error), base ...core.Options) fiber.Handler {
	adapter.Given("MiddlewareFunc", f)
	instances := adapter.Instances(base...)
	var buffer warnOnce
	return mounts.Covered(nil, func(c fiber.Ctx) error {
		options, err := f(c)
		instance, outcome := instances.For(c.Context(), view.Of(c), options, err)
		switch {
		case err != nil:
			return hidden(err)
		case instance == nil:
			return deliver(c, outcome)
		}
		return attach(c, instance, &buffer)
	})
}

func attach(c fiber.Ctx, instance *core.Clerk, buffer *warnOnce) (err error) {
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
	ra, outcome := adapter.Attach(c.Context(), instance, r)
	if err := deliver(c, outcome); !outcome.Allowed() {
		return err
	}
	ra.Store(c.RequestCtx().SetUserValue)
	c.RequestCtx().SetUserValue(localsKey, ra)
	c.SetContext(ra.NewContext(c.Context()))
	return finish(c, ra, c.Next())
}

// Protect guards the routes behind it: it lets requests pass that fulfil opts and answers all
// others as [core.Guard] says. Without requirements it asks for a signed-in user. It panics at
// start-up where an option could have no effect.
//
// On a group it guards what the router finds below the group's prefix, which Fiber compares
// undecoded: Group("/admin", Protect()) does not cover the file admin/x that Use(static.New(dir))
// opens for //admin/x, /%61dmin/x and /./admin/x. Serve guarded files from a directory of their
// own, with static in the guarded group, or put [ProtectRoutes] in front.
func Protect(opts ...core.ProtectOption) fiber.Handler {
	guard := adapter.Guard("Protect", opts...)
	return mounts.Covered(nil, func(c fiber.Ctx) error {
		outcome := adapter.Check(c.Context(), stored(c), guard)
		if outcome.Allowed() {
			return c.Next()
		}
		return deliver(c, outcome)
	})
}

// ProtectRoutes is [Protect] for the requests that visit a route of m, as with Clerk's
// createRouteMatcher(). Requests elsewhere go on; a path that Fiber and the matcher could read
// differently is answered 400. Register it with Use, behind [Middleware] and behind whatever
// changes paths, such as Fiber's rewrite, whose rules match anywhere in a path: start them with ^,
// as in "^/api/*": "/$1". In an application that is mounted in another, patterns see the whole
// path. What Fiber serves for a wildcard within a segment (/files* opens admin/x for /filesadmin/x)
// is guarded as well, and what its file servers open, which cut as many bytes off as the path of
// their route is long. Guards on routes depend on no path: prefer [Protect].
func ProtectRoutes(m *core.RouteMatcher, opts ...core.ProtectOption) fiber.Handler {
	guard := adapter.RouteGuard("ProtectRoutes", m, opts...)
	var found mounts.Mounts
	return mounts.Covered(nil, func(c fiber.Ctx) error {
		outcome := adapter.CheckRoute(c.Context(), stored(c), guard, routePath(c, &found))
		if outcome.Allowed() {
			return c.Next()
		}
		return deliver(c, outcome)
	})
}

// Require is [Protect] inside a handler. An error means that the request is answered, or will be by
// Fiber's error handler: return it at once.
func Require(c fiber.Ctx, opts ...core.ProtectOption) error {
	if err := mounts.Uncovered(c); err != nil {
		return err
	}
	outcome := adapter.Require(c.Context(), stored(c), opts...)
	if err := deliver(c, outcome); outcome.Allowed() || err != nil {
		return err
	}
	return &answered{failure{fiber.NewError(outcome.Status), outcome.Err}}
}

// OnRefuse shows the refusals of the guards behind it with f instead of the default: the error for
// an absent route for 404, Fiber's internal error for 500, [core.Refusal.Body] for everything else.
// Headers are set already; f writes status and body, or returns an error for Fiber's error handler.
func OnRefuse(f func(c fiber.Ctx, refusal core.Refusal) error) fiber.Handler {
	adapter.Given("OnRefuse", f)
	return func(c fiber.Ctx) error {
		c.Locals(refuseKey{}, f)
		return c.Next()
	}
}
