// Package ginclerk brings Clerk's middleware to Gin.
//
// [Middleware] authenticates every request and protects nothing. [Protect] guards a route or a
// group, [Require] guards from inside a handler, and [Auth] says who makes the request:
//
//	r := gin.Default()
//	r.Use(ginclerk.Middleware()) // keys from CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY
//	r.GET("/dashboard", ginclerk.Protect(), dashboard)
//	admin := r.Group("/admin", ginclerk.Protect(core.Role("org:admin")))
//
// Gin fixes the middleware of a route when the route is registered: call Use before. CORS
// middleware belongs before this one, because preflight requests carry no credentials. Every
// decision is made in package core; this package speaks Gin.
package ginclerk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
)

var adapter = core.Adapter{Name: "ginclerk"}

// Middleware authenticates every request with the instance that opts describe; at most one Options,
// none takes everything from the environment. It adds Clerk's headers and cookies to the response,
// and answers itself only to complete a handshake with Clerk. It panics at start-up, with every
// fault at once, when the options are not valid; [core.New] and [With] do the same without a panic.
func Middleware(opts ...core.Options) gin.HandlerFunc { return With(core.Must(opts...)) }

// With is [Middleware] for an instance that exists, perhaps shared with other frameworks.
func With(instance *core.Clerk) gin.HandlerFunc {
	adapter.Given("With", instance)
	return func(c *gin.Context) { attach(c, instance) }
}

// MiddlewareFunc is [Middleware] with options for each request, for applications that serve several
// Clerk instances: f finds them by host, path or anything else. Each distinct options are compiled
// once. base carries what cannot be compared, such as Logger and HTTPClient ([core.Instances] lists
// it); it panics at start-up where base holds more. An error of f is the request's error, as are
// options that are not valid; the environment is never read for them.
func MiddlewareFunc(f func(c *gin.Context) (core.Options, error), base ...core.Options) gin.HandlerFunc {
	adapter.Given("MiddlewareFunc", f)
	instances := adapter.Instances(base...)
	return func(c *gin.Context) {
		options, err := f(c)
		instance, outcome := instances.For(c.Request.Context(), core.FromHTTP(c.Request), options, err)
		switch {
		case err != nil:
			_ = c.AbortWithError(outcome.Status, err)
		case instance == nil:
			deliver(c, outcome)
		default:
			attach(c, instance)
		}
	}
}

func attach(c *gin.Context, instance *core.Clerk) {
	defer func() {
		if outcome, ok := adapter.Recover(recover()); ok {
			deliver(c, outcome)
		}
	}()
	if adapter.ServeProxy(c.Writer, c.Request, instance) {
		c.Abort()
		return
	}
	ra, outcome := adapter.Attach(c.Request.Context(), instance, core.FromHTTP(c.Request))
	if !deliver(c, outcome) {
		return
	}
	c.Request = ra.HTTPRequest(c.Request, true)
	c.Next()
	if c.FullPath() == "" && c.Writer.Status() == http.StatusNotFound && !c.Writer.Written() {
		ra.WriteAbsent(c.Writer.Header()) // Gin writes its page for an absent route last.
	}
}

// Protect guards the routes behind it: it lets requests pass that fulfil opts and answers all
// others as [core.Guard] says. Without requirements it asks for a signed-in user. It panics at
// start-up where an option could have no effect.
func Protect(opts ...core.ProtectOption) gin.HandlerFunc {
	guard := adapter.Guard("Protect", opts...)
	return func(c *gin.Context) { deliver(c, adapter.Check(c.Request.Context(), stored(c), guard)) }
}

// ProtectRoutes is [Protect] for the requests that visit a route of m, as with Clerk's
// createRouteMatcher(). Requests elsewhere go on; a path that Gin and the matcher could read
// differently is answered 400. Register it with Use, behind [Middleware], and that in front of what
// changes the request's URL, by which Gin has routed then: both paths are guarded. Name the engine
// with [Router] among opts: without it, every setting of Gin's is taken for possible, and more paths
// are refused. Guards on routes and groups depend on no path: prefer [Protect].
func ProtectRoutes(m *core.RouteMatcher, opts ...core.ProtectOption) gin.HandlerFunc {
	guard := adapter.RouteGuard("ProtectRoutes", m, opts...)
	return func(c *gin.Context) {
		var paths [2]core.RoutePath
		requests := adapter.HTTPRequests(stored(c), c.Request)
		for i, r := range requests {
			paths[i] = routePath(c, r, guard)
		}
		deliver(c, adapter.CheckRoute(c.Request.Context(), stored(c), guard, paths[:len(requests)]...))
	}
}

// Require is [Protect] inside a handler. Where it reports false, the request is answered and the
// chain aborted: return at once. What the handler does and writes after it, strangers get.
func Require(c *gin.Context, opts ...core.ProtectOption) bool {
	return deliver(c, adapter.Require(c.Request.Context(), stored(c), opts...))
}

// OnRefuse shows the refusals of the guards behind it with f instead of the default: Gin's own
// answer for an absent route for 404, [core.Refusal.Body] for everything else. Headers are set
// already, the chain is aborted; f writes status and body, or nothing.
//
// An application with a NoRoute handler of its own should show 404 the same way here, and send its
// Cache-Control and Vary there: otherwise a hidden route differs from an absent one.
func OnRefuse(f func(c *gin.Context, refusal core.Refusal)) gin.HandlerFunc {
	adapter.Given("OnRefuse", f)
	return func(c *gin.Context) { c.Set(refuseKey{}, f) }
}
