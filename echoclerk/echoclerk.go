// Package echoclerk brings Clerk's middleware to Echo (v4).
//
// [Middleware] authenticates every request and protects nothing. [Protect] guards a route or a
// group, [Require] guards from inside a handler, and [Auth] says who makes the request:
//
//	e := echo.New()
//	e.Use(echoclerk.Middleware()) // keys from CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY
//	e.GET("/dashboard", dashboard, echoclerk.Protect())
//	admin := e.Group("/admin", echoclerk.Protect(core.Role("org:admin")))
//
// CORS middleware belongs before this one, because preflight requests carry no credentials.
package echoclerk

import (
	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/core"
)

var adapter = core.Adapter{Name: "echoclerk"}

// Middleware authenticates every request with the instance that opts describe; at most one Options,
// none takes everything from the environment. It adds Clerk's headers and cookies to the response,
// and answers itself only to complete a handshake with Clerk. It panics at start-up, with every
// fault at once, when the options are not valid; [core.New] and [With] do the same without a panic.
func Middleware(opts ...core.Options) echo.MiddlewareFunc { return With(core.Must(opts...)) }

// With is [Middleware] for an instance that exists, perhaps shared with other frameworks.
func With(instance *core.Clerk) echo.MiddlewareFunc {
	adapter.Given("With", instance)
	return middleware(func(c echo.Context, next echo.HandlerFunc) error { return attach(c, instance, next) })
}

// MiddlewareFunc is [Middleware] with options for each request, for applications that serve several
// Clerk instances: f finds them by host, path or anything else. Each distinct options are compiled
// once. base carries what cannot be compared, such as Logger and HTTPClient ([core.Instances] lists
// it); it panics at start-up where base holds more. An error of f is the request's error, as are
// options that are not valid; the environment is never read for them.
func MiddlewareFunc(f func(c echo.Context) (core.Options, error), base ...core.Options) echo.MiddlewareFunc {
	adapter.Given("MiddlewareFunc", f)
	instances := adapter.Instances(base...)
	return middleware(func(c echo.Context, next echo.HandlerFunc) error {
		options, err := f(c)
		instance, outcome := instances.For(c.Request().Context(), core.FromHTTP(c.Request()), options, err)
		switch {
		case err != nil:
			return err
		case instance == nil:
			return deliver(c, outcome, nil)
		}
		return attach(c, instance, next)
	})
}

func attach(c echo.Context, instance *core.Clerk, next echo.HandlerFunc) (err error) {
	defer func() {
		if outcome, ok := adapter.Recover(recover()); ok {
			err = deliver(c, outcome, nil)
		}
	}()
	r := c.Request()
	if adapter.ServeProxy(c.Response(), r, instance) {
		return nil
	}
	ra, outcome := adapter.Attach(r.Context(), instance, core.FromHTTP(r))
	if err := deliver(c, outcome, nil); !outcome.Allowed() {
		return err
	}
	c.SetRequest(ra.HTTPRequest(r, c.Path() != ""))
	return finish(c, ra, next(c))
}

// Protect guards the routes behind it: it lets requests pass that fulfil opts and answers all
// others as [core.Guard] says. Without requirements it asks for a signed-in user. It panics at
// start-up where an option could have no effect.
func Protect(opts ...core.ProtectOption) echo.MiddlewareFunc {
	guard := adapter.Guard("Protect", opts...)
	return middleware(func(c echo.Context, next echo.HandlerFunc) error {
		return deliver(c, adapter.Check(c.Request().Context(), stored(c), guard), next)
	})
}

// ProtectRoutes is [Protect] for the requests that visit a route of m, as with Clerk's
// createRouteMatcher(). Requests elsewhere go on; a path that Echo and the matcher could read
// differently is answered 400. Register it behind [Middleware], with Use or Pre: both in Pre behind
// what changes paths or methods there, in Use in front of it. What comes between them changes the
// path for handlers, but not for Echo's router, and then both are guarded. Rules of Echo's Rewrite
// and Proxy match anywhere in the address, its query included: start them with ^, as in
// "^/api/*": "/$1". Guards on routes depend on no path: prefer [Protect].
func ProtectRoutes(m *core.RouteMatcher, opts ...core.ProtectOption) echo.MiddlewareFunc {
	guard := adapter.RouteGuard("ProtectRoutes", m, opts...)
	return middleware(func(c echo.Context, next echo.HandlerFunc) error {
		requests := adapter.HTTPRequests(stored(c), c.Request())
		var paths [2]core.RoutePath
		for i, r := range requests {
			paths[i] = routePath(c, r)
		}
		return deliver(c, adapter.CheckRoute(c.Request().Context(), stored(c), guard, paths[:len(requests)]...), next)
	})
}

// Require is [Protect] inside a handler. An error means that the request is answered, or will be by
// Echo's error handler: return it at once.
func Require(c echo.Context, opts ...core.ProtectOption) error {
	return refuse(c, adapter.Require(c.Request().Context(), stored(c), opts...))
}

// OnRefuse shows the refusals of the guards behind it with f instead of the default: the error for
// an absent route for 404, Echo's internal error for 500, [core.Refusal.Body] for everything else.
// Headers are set already; f writes status and body, or returns an error for Echo's error handler.
func OnRefuse(f func(c echo.Context, refusal core.Refusal) error) echo.MiddlewareFunc {
	adapter.Given("OnRefuse", f)
	return middleware(func(c echo.Context, next echo.HandlerFunc) error { c.Set(refuseKey, f); return next(c) })
}
