// Package echoclerk brings Clerk's middleware to Echo (v4).
//
// [Middleware] authenticates every request and protects nothing. [Protect] guards
// a route or a group, [Require] guards from inside a handler, and [Auth] says who
// makes the request:
//
//	e := echo.New()
//	e.Use(echoclerk.Middleware()) // keys from CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY
//	e.GET("/dashboard", dashboard, echoclerk.Protect())
//	admin := e.Group("/admin", echoclerk.Protect(core.Role("org:admin")))
//
// CORS middleware belongs before this one, because preflight requests carry no
// credentials.
//
// Every decision is made in package core; this package speaks Echo.
package echoclerk

import (
	"errors"
	"net/http"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/core"
)

// Middleware authenticates every request with the instance that opts describe; at
// most one Options, none takes everything from the environment. It adds Clerk's
// headers and cookies to the response, and answers itself only to complete a
// handshake with Clerk.
//
// It panics at start-up, with every fault at once, when the options are not
// valid. [core.New] and [With] do the same without a panic.
func Middleware(opts ...core.Options) echo.MiddlewareFunc {
	return With(core.Must(opts...))
}

// With is [Middleware] for an instance that exists already, perhaps shared with
// other frameworks.
func With(instance *core.Clerk) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error { return attach(c, instance, next) }
	}
}

// MiddlewareFunc is [Middleware] with options for each request, for applications
// that serve several Clerk instances: f finds them by host, path or anything else.
// Each distinct options are compiled once and share nothing with others. base
// carries what cannot be compared, such as Logger and HTTPClient ([core.NewInstances]
// lists it); it panics at start-up where base holds more.
//
// An error of f is the request's error, and so are options that are not valid; the
// environment is never read for them.
func MiddlewareFunc(f func(c echo.Context) (core.Options, error), base ...core.Options) echo.MiddlewareFunc {
	instances := core.MustInstances(base...)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			options, err := f(c)
			if err != nil {
				instances.NoOptions(core.FromHTTP(c.Request()), err)
				return err
			}
			instance, err := instances.Get(options)
			if err != nil {
				return deliver(c, instances.Failure(err))
			}
			return attach(c, instance, next)
		}
	}
}

func attach(c echo.Context, instance *core.Clerk, next echo.HandlerFunc) (err error) {
	defer recoverMissing(c, &err)
	if proxied(c, instance) {
		return nil
	}
	r := c.Request()
	ra, outcome := instance.Attach(r.Context(), core.FromHTTP(r))
	if !outcome.Allowed() {
		return deliver(c, outcome)
	}
	outcome.WriteHeaders(c.Response().Header())
	c.SetRequest(r.WithContext(ra.NewContext(r.Context())))
	err = next(c)
	if err != nil && isAbsent(err) && !c.Response().Committed {
		ra.WriteAbsent(c.Response().Header())
	}
	return unanswered(c, err)
}

// unanswered gives the error of a handler that could not ask Clerk, with
// [CurrentUser] for example, its status. Every other is the application's own.
func unanswered(c echo.Context, err error) error {
	if err == nil {
		return nil
	}
	var own *echo.HTTPError
	outcome, ok := core.UnavailableOutcome(err)
	if !ok || errors.As(err, &own) || c.Response().Committed {
		return err
	}
	outcome.WriteHeaders(c.Response().Header())
	return echo.NewHTTPError(outcome.Status, http.StatusText(outcome.Status)).SetInternal(err)
}

// isAbsent reports whether err is the router's for a route that does not exist, or
// one that reads the same.
func isAbsent(err error) bool {
	var own *echo.HTTPError
	return errors.As(err, &own) && own.Code == http.StatusNotFound
}

// Protect guards the routes behind it: it lets requests pass that fulfil opts and
// answers all others as [core.Guard] says. Without requirements it asks for a
// signed-in user.
func Protect(opts ...core.ProtectOption) echo.MiddlewareFunc {
	guard := core.NewGuard(opts...)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if outcome := check(c, guard, "Protect"); !outcome.Allowed() {
				return deliver(c, outcome)
			}
			return next(c)
		}
	}
}

// ProtectRoutes is [Protect] for the requests that visit a route of m, as with
// Clerk's createRouteMatcher(). Requests elsewhere go on; a path that Echo and the
// matcher could read differently is answered 400. Register it with Use, or with Pre
// behind whatever changes paths there, and behind [Middleware].
//
// Rules of Echo's Rewrite and Proxy match anywhere in the address, its query
// included, and a matcher does not look there: start them with ^, as in
// "^/api/*": "/$1".
//
// Guards on routes and groups depend on no path: prefer [Protect].
func ProtectRoutes(m *core.RouteMatcher, opts ...core.ProtectOption) echo.MiddlewareFunc {
	guard := core.NewGuard(opts...)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			ra, err := attached(c, "ProtectRoutes")
			if err != nil {
				return deliver(c, core.Failure(err))
			}
			if outcome := guard.CheckRoute(c.Request().Context(), ra, m, routePath(c)); !outcome.Allowed() {
				return deliver(c, outcome)
			}
			return next(c)
		}
	}
}

// Require is [Protect] inside a handler. An error means that the request is
// answered, or will be by Echo's error handler: return it at once.
func Require(c echo.Context, opts ...core.ProtectOption) error {
	outcome := check(c, core.NewGuard(opts...), "Require")
	if outcome.Allowed() {
		return nil
	}
	if err := deliver(c, outcome); err != nil {
		return err
	}
	// Answered: Echo's error handler leaves such responses alone, and one of the
	// application's own that does not learns nothing to tell.
	return echo.NewHTTPError(outcome.Status, http.StatusText(outcome.Status)).SetInternal(outcome.Err)
}

func check(c echo.Context, guard *core.Guard, call string) core.Outcome {
	ra, err := request(c, call)
	if err != nil {
		return core.Failure(err)
	}
	return guard.Check(c.Request().Context(), ra)
}

// Auth returns who makes the request. It is never nil; signed-out requests have a
// zero UserID. Where [Middleware] did not run it panics with a [*core.Error] that
// says where to put it.
func Auth(c echo.Context, opts ...core.AuthOption) *core.Auth {
	return mustRequest(c, "Auth").Auth(opts...)
}

// State returns the result of the authentication, for logs and error pages. It
// panics where [Auth] does.
func State(c echo.Context) *core.State {
	return mustRequest(c, "State").State()
}

// CurrentUser returns the user who makes the request, nil without an error when
// nobody is signed in. It makes at most one call to Clerk per request; see
// [core.RequestAuth.CurrentUser]. An error that the handler returns is answered 503
// where Clerk could not be asked, else 500. It panics where [Auth] does.
func CurrentUser(c echo.Context, opts ...core.AuthOption) (*clerk.User, error) {
	return mustRequest(c, "CurrentUser").CurrentUser(c.Request().Context(), opts...)
}

// Client returns clerk-sdk-go's clients for the instance of this request. It
// panics where [Auth] does.
func Client(c echo.Context) *core.Client { return mustRequest(c, "Client").Client() }

// RedirectToSignIn sends the browser to the sign-in page, and back here
// afterwards: return its result. It panics where [Auth] does.
func RedirectToSignIn(c echo.Context, opts ...core.RedirectOption) error {
	return deliver(c, mustRequest(c, "RedirectToSignIn").RedirectToSignIn(opts...))
}

// RedirectToSignUp is [RedirectToSignIn] for the sign-up page.
func RedirectToSignUp(c echo.Context, opts ...core.RedirectOption) error {
	return deliver(c, mustRequest(c, "RedirectToSignUp").RedirectToSignUp(opts...))
}

func mustRequest(c echo.Context, call string) *core.RequestAuth {
	ra, err := request(c, call)
	if err != nil {
		panic(err)
	}
	return ra
}

// request finds what Middleware left in the request's context.
func request(c echo.Context, call string) (*core.RequestAuth, error) {
	return core.LookupRequest(c.Request().Context().Value, "echoclerk", call)
}

// attached is request for guards by path, which skipped requests may pass.
func attached(c echo.Context, call string) (*core.RequestAuth, error) {
	return core.LookupAttached(c.Request().Context().Value, "echoclerk", call)
}

// recoverMissing answers 500 where a handler used Auth on a request that the
// middleware skipped. Every other panic goes on.
func recoverMissing(c echo.Context, err *error) {
	if value := recover(); value != nil {
		outcome, ok := core.RecoverMissingMiddleware(value)
		if !ok {
			panic(value)
		}
		*err = deliver(c, outcome)
	}
}

// deliver writes an outcome that ends the request, or returns the error with
// which Echo's error handler writes it.
func deliver(c echo.Context, o core.Outcome) error {
	o.WriteHeaders(c.Response().Header())
	if refused, err := refuse(c, o); refused {
		return err
	}
	switch o.Delivery {
	case core.DeliverNotFound:
		// Exactly what the router returns for a route that does not exist.
		return echo.ErrNotFound
	case core.DeliverServerError:
		return echo.ErrInternalServerError.WithInternal(o.Err)
	case core.DeliverEmpty:
		if o.ContentType != "" {
			c.Response().Header().Set(echo.HeaderContentType, o.ContentType)
		}
		c.Response().WriteHeader(o.Status)
		_, err := c.Response().Write([]byte(o.Body))
		return err
	case core.DeliverNext:
	}
	return nil
}
