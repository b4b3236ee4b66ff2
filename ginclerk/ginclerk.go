// Package ginclerk brings Clerk's middleware to Gin.
//
// [Middleware] authenticates every request and protects nothing. [Protect] guards
// a route or a group, [Require] guards from inside a handler, and [Auth] says who
// makes the request:
//
//	r := gin.Default()
//	r.Use(ginclerk.Middleware()) // keys from CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY
//	r.GET("/dashboard", ginclerk.Protect(), dashboard)
//	admin := r.Group("/admin", ginclerk.Protect(core.Role("org:admin")))
//
// Gin fixes the middleware of a route when the route is registered: call Use
// before. CORS middleware belongs before this one, because preflight requests
// carry no credentials.
//
// Every decision is made in package core; this package speaks Gin.
package ginclerk

import (
	"net/http"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
)

// Middleware authenticates every request with the instance that opts describe; at
// most one Options, none takes everything from the environment. It adds Clerk's
// headers and cookies to the response, and answers itself only to complete a
// handshake with Clerk.
//
// It panics at start-up, with every fault at once, when the options are not
// valid. [core.New] and [With] do the same without a panic.
func Middleware(opts ...core.Options) gin.HandlerFunc {
	return With(core.Must(opts...))
}

// With is [Middleware] for an instance that exists already, perhaps shared with
// other frameworks.
func With(instance *core.Clerk) gin.HandlerFunc {
	return func(c *gin.Context) { attach(c, instance) }
}

// MiddlewareFunc is [Middleware] with options for each request, for applications
// that serve several Clerk instances: f finds them by host, path or anything else.
// Each distinct options are compiled once and share nothing with others. base
// carries what cannot be compared, such as Logger and HTTPClient ([core.NewInstances]
// lists it); it panics at start-up where base holds more.
//
// An error of f is the request's error, and so are options that are not valid; the
// environment is never read for them.
func MiddlewareFunc(f func(c *gin.Context) (core.Options, error), base ...core.Options) gin.HandlerFunc {
	instances := core.MustInstances(base...)
	return func(c *gin.Context) {
		options, err := f(c)
		if err != nil {
			instances.NoOptions(core.FromHTTP(c.Request), err)
			_ = c.AbortWithError(core.StatusOf(err), err)
			return
		}
		instance, err := instances.Get(options)
		if err != nil {
			deliver(c, instances.Failure(err))
			return
		}
		attach(c, instance)
	}
}

func attach(c *gin.Context, instance *core.Clerk) {
	defer recoverMissing(c)
	if proxied(c, instance) {
		return
	}
	ra, outcome := instance.Attach(c.Request.Context(), core.FromHTTP(c.Request))
	if !outcome.Allowed() {
		deliver(c, outcome)
		return
	}
	outcome.WriteHeaders(c.Writer.Header())
	ra.Store(c.Set)
	c.Request = c.Request.WithContext(ra.NewContext(c.Request.Context()))
	c.Next()
	if c.FullPath() == "" && c.Writer.Status() == http.StatusNotFound && !c.Writer.Written() {
		ra.WriteAbsent(c.Writer.Header()) // Gin writes its page for an absent route last.
	}
}

// Protect guards the routes behind it: it lets requests pass that fulfil opts and
// answers all others as [core.Guard] says. Without requirements it asks for a
// signed-in user.
func Protect(opts ...core.ProtectOption) gin.HandlerFunc {
	guard := core.NewGuard(opts...)
	return func(c *gin.Context) {
		if check(c, guard, "Protect") {
			c.Next()
		}
	}
}

// ProtectRoutes is [Protect] for the requests that visit a route of m, as with
// Clerk's createRouteMatcher(). Requests elsewhere go on; a path that Gin and the
// matcher could read differently is answered 400. Register it with Use, behind
// [Middleware]. Name the engine with [Router] among opts: without it, every
// setting of Gin's is taken for possible, and more paths are refused.
//
// Guards on routes and groups depend on no path: prefer [Protect].
func ProtectRoutes(m *core.RouteMatcher, opts ...core.ProtectOption) gin.HandlerFunc {
	guard, engine := core.NewGuard(opts...), engineOf(opts)
	return func(c *gin.Context) {
		ra, err := attached(c, "ProtectRoutes")
		if err != nil {
			deliver(c, core.Failure(err))
			return
		}
		if deliver(c, guard.CheckRoute(c.Request.Context(), ra, m, routePath(c, engine))) {
			c.Next()
		}
	}
}

// Require is [Protect] inside a handler. Where it reports false, the request is
// answered and the chain aborted: return at once.
func Require(c *gin.Context, opts ...core.ProtectOption) bool {
	return check(c, core.NewGuard(opts...), "Require")
}

func check(c *gin.Context, guard *core.Guard, call string) bool {
	ra, err := request(c, call)
	if err != nil {
		return deliver(c, core.Failure(err))
	}
	return deliver(c, guard.Check(c.Request.Context(), ra))
}

// Auth returns who makes the request. It is never nil; signed-out requests have a
// zero UserID. Where [Middleware] did not run it panics with a [*core.Error] that
// says where to put it.
func Auth(c *gin.Context, opts ...core.AuthOption) *core.Auth {
	return mustRequest(c, "Auth").Auth(opts...)
}

// State returns the result of the authentication, for logs and error pages. It
// panics where [Auth] does.
func State(c *gin.Context) *core.State {
	return mustRequest(c, "State").State()
}

// CurrentUser returns the user who makes the request, nil without an error when
// nobody is signed in. It makes at most one call to Clerk per request; see
// [core.RequestAuth.CurrentUser]. [core.StatusOf] says how to answer an error: 503
// where Clerk could not be asked, else 500. It panics where [Auth] does.
func CurrentUser(c *gin.Context, opts ...core.AuthOption) (*clerk.User, error) {
	return mustRequest(c, "CurrentUser").CurrentUser(c.Request.Context(), opts...)
}

// Client returns clerk-sdk-go's clients for the instance of this request. It
// panics where [Auth] does.
func Client(c *gin.Context) *core.Client { return mustRequest(c, "Client").Client() }

// RedirectToSignIn sends the browser to the sign-in page, and back here
// afterwards, and aborts the chain: return after it. It panics where [Auth] does.
func RedirectToSignIn(c *gin.Context, opts ...core.RedirectOption) {
	deliver(c, mustRequest(c, "RedirectToSignIn").RedirectToSignIn(opts...))
}

// RedirectToSignUp is [RedirectToSignIn] for the sign-up page.
func RedirectToSignUp(c *gin.Context, opts ...core.RedirectOption) {
	deliver(c, mustRequest(c, "RedirectToSignUp").RedirectToSignUp(opts...))
}

func mustRequest(c *gin.Context, call string) *core.RequestAuth {
	ra, err := request(c, call)
	if err != nil {
		panic(err)
	}
	return ra
}

// request finds what Middleware left in Gin's context, which survives a handler
// that gives the request another context.
func request(c *gin.Context, call string) (*core.RequestAuth, error) {
	return core.LookupRequest(lookup(c), "ginclerk", call)
}

// attached is request for guards by path, which skipped requests may pass.
func attached(c *gin.Context, call string) (*core.RequestAuth, error) {
	return core.LookupAttached(lookup(c), "ginclerk", call)
}

func lookup(c *gin.Context) func(key any) any {
	return func(key any) any {
		value, _ := c.Get(key)
		return value
	}
}

// recoverMissing answers 500 where a handler used Auth on a request that the
// middleware skipped. Every other panic goes on.
func recoverMissing(c *gin.Context) {
	if value := recover(); value != nil {
		outcome, ok := core.RecoverMissingMiddleware(value)
		if !ok {
			panic(value)
		}
		deliver(c, outcome)
	}
}

// deliver writes an outcome and reports whether the request goes on.
func deliver(c *gin.Context, o core.Outcome) bool {
	o.WriteHeaders(c.Writer.Header())
	if o.Err != nil {
		_ = c.Error(o.Err)
	}
	if refused(c, o) {
		return false
	}
	switch o.Delivery {
	case core.DeliverNext:
		return true
	case core.DeliverNotFound:
		// What Gin itself answers for a route that does not exist.
		c.Abort()
		c.Header("Content-Type", gin.MIMEPlain)
		c.Status(http.StatusNotFound)
		_, _ = c.Writer.WriteString("404 page not found") // It reaches a client or nobody.
	case core.DeliverEmpty:
		c.Abort()
		if o.ContentType != "" {
			c.Header("Content-Type", o.ContentType)
		}
		c.Status(o.Status)
		_, _ = c.Writer.WriteString(o.Body)
	case core.DeliverServerError:
		c.AbortWithStatus(o.Status)
	}
	return false
}
