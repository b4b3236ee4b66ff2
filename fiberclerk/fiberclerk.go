// Package fiberclerk brings Clerk's middleware to Fiber (v2).
//
// [Middleware] authenticates every request and protects nothing. [Protect] guards
// a route or a group, [Require] guards from inside a handler, and [Auth] says who
// makes the request:
//
//	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
//	app.Use(fiberclerk.Middleware()) // keys from CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY
//	app.Get("/dashboard", fiberclerk.Protect(), dashboard)
//	admin := app.Group("/admin", fiberclerk.Protect(core.Role("org:admin")))
//
// Fiber's default read buffer of 4 KiB is too small for the cookies of Clerk's
// users, whose requests it would answer with 431: set ReadBufferSize as above. The
// middleware warns on the first request where it is less than 8 KiB.
// CORS middleware belongs before this one, because preflight requests carry no
// credentials.
//
// A WebSocket outlives Fiber's context: [FromLocals] says who opened it.
//
// Every decision is made in package core; this package speaks Fiber.
package fiberclerk

import (
	"errors"
	"html"
	"net/http"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/clerkgo/clerkgo/core"
)

// Middleware authenticates every request with the instance that opts describe; at
// most one Options, none takes everything from the environment. It adds Clerk's
// headers and cookies to the response, and answers itself only to complete a
// handshake with Clerk.
//
// It panics at start-up, with every fault at once, when the options are not
// valid. [core.New] and [With] do the same without a panic.
func Middleware(opts ...core.Options) fiber.Handler {
	return With(core.Must(opts...))
}

// With is [Middleware] for an instance that exists already, perhaps shared with
// other frameworks.
func With(instance *core.Clerk) fiber.Handler {
	var buffer warnOnce
	return func(c *fiber.Ctx) error {
		buffer.check(c, instance)
		return attach(c, instance)
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
func MiddlewareFunc(f func(c *fiber.Ctx) (core.Options, error), base ...core.Options) fiber.Handler {
	instances := core.MustInstances(base...)
	var buffer warnOnce
	return func(c *fiber.Ctx) error {
		options, err := f(c)
		if err != nil {
			instances.NoOptions(view{c}, err)
			return hidden(err)
		}
		instance, err := instances.Get(options)
		if err != nil {
			return deliver(c, instances.Failure(err))
		}
		buffer.check(c, instance)
		return attach(c, instance)
	}
}

func attach(c *fiber.Ctx, instance *core.Clerk) (err error) {
	defer recoverMissing(c, &err)
	if proxied(c, instance) {
		return nil
	}
	ra, outcome := instance.Attach(c.UserContext(), view{c})
	if !outcome.Allowed() {
		return deliver(c, outcome)
	}
	outcome.WriteHeaders(header(c))
	ra.Store(func(key, value any) { c.Locals(key, value) })
	c.Locals(localsKey, ra)
	c.SetUserContext(ra.NewContext(c.UserContext()))
	if err := c.Next(); !isAnswered(err) {
		if isAbsent(err) {
			ra.WriteAbsent(header(c))
		}
		return unanswered(c, err)
	}
	return nil
}

// unanswered gives the error of a handler that could not ask Clerk, with
// [CurrentUser] for example, its status, and keeps the text of every error of
// package core from clients. Other errors are the application's own.
func unanswered(c *fiber.Ctx, err error) error {
	var own *fiber.Error
	var call *core.BackendError
	outcome, ok := core.UnavailableOutcome(err)
	switch {
	case errors.As(err, &own):
		return err
	case ok:
		outcome.WriteHeaders(header(c))
		return &unavailable{err}
	case core.AsError(err) != nil, errors.As(err, &call):
		return hidden(err)
	}
	return err
}

// Protect guards the routes behind it: it lets requests pass that fulfil opts and
// answers all others as [core.Guard] says. Without requirements it asks for a
// signed-in user.
//
// On a group it guards what the router finds below the group's prefix, and Fiber
// compares prefixes as text and undecoded: Group("/admin", Protect()) also covers
// /administrators, and it does not cover the file admin/x that Static("/", dir)
// opens for //admin/x, /%61dmin/x and /./admin/x. Serve guarded files from a
// directory of their own, with Static in the guarded group, or put [ProtectRoutes]
// in front.
func Protect(opts ...core.ProtectOption) fiber.Handler {
	guard := core.NewGuard(opts...)
	return func(c *fiber.Ctx) error {
		if outcome := check(c, guard, "Protect"); !outcome.Allowed() {
			return deliver(c, outcome)
		}
		return c.Next()
	}
}

// ProtectRoutes is [Protect] for the requests that visit a route of m, as with
// Clerk's createRouteMatcher(). Requests elsewhere go on; a path that Fiber and
// the matcher could read differently is answered 400. Register it with Use, behind
// [Middleware]. In an application that is mounted in another (app.Mount), patterns
// see the whole path, the prefix of the mount included.
//
// What Fiber serves below a prefix that ends within a segment is guarded as well
// where a handler is mounted that answers by itself: Static("/files", dir) opens
// admin/x for /filesadmin/x. Fiber's file servers are such handlers, and so are those
// of Use, unless routes below their prefix come after them, as after middleware.
//
// Guards on routes depend on no path: prefer [Protect].
func ProtectRoutes(m *core.RouteMatcher, opts ...core.ProtectOption) fiber.Handler {
	guard := core.NewGuard(opts...)
	var found mounts
	return func(c *fiber.Ctx) error {
		ra, err := attached(c, "ProtectRoutes")
		if err != nil {
			return deliver(c, core.Failure(err))
		}
		if outcome := guard.CheckRoute(c.UserContext(), ra, m, routePath(c, &found)); !outcome.Allowed() {
			return deliver(c, outcome)
		}
		return c.Next()
	}
}

// Require is [Protect] inside a handler. An error means that the request is
// answered, or will be by Fiber's error handler: return it at once.
func Require(c *fiber.Ctx, opts ...core.ProtectOption) error {
	outcome := check(c, core.NewGuard(opts...), "Require")
	if outcome.Allowed() {
		return nil
	}
	if err := deliver(c, outcome); err != nil {
		return err
	}
	return &answered{outcome.Status, outcome.Err}
}

func check(c *fiber.Ctx, guard *core.Guard, call string) core.Outcome {
	ra, err := request(c, call)
	if err != nil {
		return core.Failure(err)
	}
	return guard.Check(c.UserContext(), ra)
}

// Auth returns who makes the request. It is never nil; signed-out requests have a
// zero UserID. Where [Middleware] did not run it panics with a [*core.Error] that
// says where to put it.
func Auth(c *fiber.Ctx, opts ...core.AuthOption) *core.Auth {
	return mustRequest(c, "Auth").Auth(opts...)
}

// State returns the result of the authentication, for logs and error pages. It
// panics where [Auth] does.
func State(c *fiber.Ctx) *core.State {
	return mustRequest(c, "State").State()
}

// CurrentUser returns the user who makes the request, nil without an error when
// nobody is signed in. It makes at most one call to Clerk per request; see
// [core.RequestAuth.CurrentUser]. An error that the handler returns is answered 503
// where Clerk could not be asked, else 500. It panics where [Auth] does.
func CurrentUser(c *fiber.Ctx, opts ...core.AuthOption) (*clerk.User, error) {
	return mustRequest(c, "CurrentUser").CurrentUser(c.UserContext(), opts...)
}

// Client returns clerk-sdk-go's clients for the instance of this request. It
// panics where [Auth] does.
func Client(c *fiber.Ctx) *core.Client { return mustRequest(c, "Client").Client() }

// RedirectToSignIn sends the browser to the sign-in page, and back here
// afterwards: return its result. It panics where [Auth] does.
func RedirectToSignIn(c *fiber.Ctx, opts ...core.RedirectOption) error {
	return deliver(c, mustRequest(c, "RedirectToSignIn").RedirectToSignIn(opts...))
}

// RedirectToSignUp is [RedirectToSignIn] for the sign-up page.
func RedirectToSignUp(c *fiber.Ctx, opts ...core.RedirectOption) error {
	return deliver(c, mustRequest(c, "RedirectToSignUp").RedirectToSignUp(opts...))
}

func mustRequest(c *fiber.Ctx, call string) *core.RequestAuth {
	ra, err := request(c, call)
	if err != nil {
		panic(err)
	}
	return ra
}

// request finds what Middleware left in Fiber's context.
func request(c *fiber.Ctx, call string) (*core.RequestAuth, error) {
	return core.LookupRequest(func(key any) any { return c.Locals(key) }, "fiberclerk", call)
}

// attached is request for guards by path, which skipped requests may pass.
func attached(c *fiber.Ctx, call string) (*core.RequestAuth, error) {
	return core.LookupAttached(func(key any) any { return c.Locals(key) }, "fiberclerk", call)
}

// recoverMissing answers 500 where a handler used Auth on a request that the
// middleware skipped: a panic would end the process. Every other panic goes on.
func recoverMissing(c *fiber.Ctx, err *error) {
	if value := recover(); value != nil {
		outcome, ok := core.RecoverMissingMiddleware(value)
		if !ok {
			panic(value)
		}
		*err = deliver(c, outcome)
	}
}

// deliver writes an outcome that ends the request, or returns the error with
// which Fiber's error handler writes it.
func deliver(c *fiber.Ctx, o core.Outcome) error {
	o.WriteHeaders(header(c))
	if refused, err := refuse(c, o); refused {
		return err
	}
	switch o.Delivery {
	case core.DeliverNotFound:
		// Exactly what the router returns for a route that does not exist.
		path := html.EscapeString(string(c.Context().URI().PathOriginal()))
		return fiber.NewError(http.StatusNotFound, "Cannot "+c.Method()+" "+path)
	case core.DeliverServerError:
		return &failure{o.Err}
	case core.DeliverEmpty:
		if o.ContentType != "" {
			c.Set(fiber.HeaderContentType, o.ContentType)
		}
		return c.Status(o.Status).SendString(o.Body)
	case core.DeliverNext:
	}
	return nil
}

// responseHeader is Fiber's header of a response for core.
type responseHeader struct{ *fasthttp.ResponseHeader }

func header(c *fiber.Ctx) responseHeader { return responseHeader{&c.Response().Header} }

func (h responseHeader) Values(name string) []string { return texts(h.PeekAll(name)) }

// hidden keeps the text of an error from clients, to whom Fiber's default error
// handler would send it. Fiber's own errors are made for them.
func hidden(err error) error {
	var own *fiber.Error
	if errors.As(err, &own) {
		return err
	}
	return &failure{err}
}

// failure is Fiber's internal server error with its cause for logs. Fiber's
// default error handler sends the text of errors to the client.
type failure struct{ cause error }

func (f *failure) Error() string { return http.StatusText(http.StatusInternalServerError) }

func (f *failure) Unwrap() []error { return []error{fiber.ErrInternalServerError, f.cause} }

// answered tells Middleware that Require has written the response, which Fiber's
// error handler would overwrite.
type answered struct {
	status int
	cause  error
}

func (a *answered) Error() string { return http.StatusText(a.status) }

func (a *answered) Unwrap() []error {
	return []error{&fiber.Error{Code: a.status, Message: a.Error()}, a.cause}
}

// unavailable is Fiber's service unavailable error with its cause for logs.
type unavailable struct{ cause error }

func (u *unavailable) Error() string { return http.StatusText(http.StatusServiceUnavailable) }

func (u *unavailable) Unwrap() []error { return []error{fiber.ErrServiceUnavailable, u.cause} }

// isAbsent reports whether err is the router's for a route that does not exist, or
// one that reads the same.
func isAbsent(err error) bool {
	var own *fiber.Error
	return errors.As(err, &own) && own.Code == http.StatusNotFound
}

func isAnswered(err error) bool {
	if err == nil { // The usual case; looking for a type costs an allocation.
		return true
	}
	var a *answered
	return errors.As(err, &a)
}
