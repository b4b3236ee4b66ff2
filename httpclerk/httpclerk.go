// Package httpclerk brings Clerk's middleware to net/http: to [http.ServeMux], to chi and to every
// other router and framework that speaks [http.Handler].
//
// [Middleware] authenticates every request and protects nothing. [Protect] guards a handler,
// [Require] guards from inside a handler, and [Auth] says who makes the request:
//
//	mux := http.NewServeMux()
//	mux.Handle("GET /dashboard", httpclerk.Protect()(dashboard))
//	mux.Handle("/admin/", httpclerk.Protect(core.Role("org:admin"))(admin))
//	app := httpclerk.Middleware()(mux) // keys from CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY
//
// Middleware is func(http.Handler) http.Handler, as chi's Use and With take it. It passes the
// [http.ResponseWriter] on as it is. CORS middleware belongs in front, because preflight requests
// carry no credentials.
//
// Code that sees no request but its context, as that of Connect and other RPC frameworks on
// net/http, asks [core.FromContext]. Every decision is made in package core; this package speaks
// net/http.
package httpclerk

import (
	"context"
	"net/http"

	"github.com/clerkgo/clerkgo/core"
)

var adapter = core.Adapter{Name: "httpclerk"}

// Middleware authenticates every request with the instance that opts describe; at most one Options,
// none takes everything from the environment. It adds Clerk's headers and cookies to the response,
// and answers itself only to complete a handshake with Clerk. It panics at start-up, with every
// fault at once, when the options are not valid. [core.New] and [With] do the same without a panic.
func Middleware(opts ...core.Options) func(http.Handler) http.Handler {
	return With(core.Must(opts...))
}

// With is [Middleware] for an instance that exists already, perhaps shared with other frameworks.
func With(instance *core.Clerk) func(http.Handler) http.Handler {
	adapter.Given("With", instance)
	return middleware("With", func(w http.ResponseWriter, r *http.Request, behind *layer) {
		attach(w, r, instance, behind)
	})
}

// MiddlewareFunc is [Middleware] with options for each request, for applications that serve several
// Clerk instances: f finds them by host, path or anything else. Each distinct options are compiled
// once. base carries what cannot be compared, such as Logger and HTTPClient ([core.Instances] lists
// it); it panics at start-up where base holds more. An error of f is logged and answered 500, as
// are options that are not valid; the environment is never read for them.
func MiddlewareFunc(f func(r *http.Request) (core.Options, error), base ...core.Options) func(http.Handler) http.Handler {
	adapter.Given("MiddlewareFunc", f)
	instances := adapter.Instances(base...)
	return middleware("MiddlewareFunc", func(w http.ResponseWriter, r *http.Request, behind *layer) {
		options, err := f(r)
		instance, outcome := instances.For(r.Context(), core.FromHTTP(r), options, err)
		if instance == nil {
			deliver(w, r, outcome)
			return
		}
		attach(w, r, instance, behind)
	})
}

func attach(w http.ResponseWriter, r *http.Request, instance *core.Clerk, behind *layer) {
	defer func() {
		if outcome, ok := adapter.Recover(recover()); ok {
			deliver(w, r, outcome)
		}
	}()
	if adapter.ServeProxy(w, r, instance) {
		return
	}
	ra, outcome := adapter.Attach(r.Context(), instance, core.FromHTTP(r))
	if !deliver(w, r, outcome) {
		return
	}
	if isAbsent(behind.router, r) {
		ra.WriteAbsent(w.Header()) // The router answers at once.
	}
	attached := r.WithContext(ra.NewContext(r.Context()))
	behind.next.ServeHTTP(w, attached)
	r.Pattern = attached.Pattern // For what stands in front, and logs it.
}

// Protect guards the handlers behind it: it lets requests pass that fulfil opts and answers all
// others as [core.Guard] says. Without requirements it asks for a signed-in user. It panics at
// start-up where an option could have no effect.
func Protect(opts ...core.ProtectOption) func(http.Handler) http.Handler {
	guard := adapter.Guard("Protect", opts...)
	return middleware("Protect", func(w http.ResponseWriter, r *http.Request, behind *layer) {
		if deliver(w, r, adapter.Check(r.Context(), stored(r), guard)) {
			behind.next.ServeHTTP(w, r)
		}
	})
}

// ProtectRoutes is [Protect] for the requests that visit a route of m, as with Clerk's
// createRouteMatcher(). Requests elsewhere go on; a path that a router and the matcher could read
// differently is answered 400. Put it in front of the router and behind [Middleware]. Below
// [http.StripPrefix], patterns match what is left of the path; below a router of chi's, the whole.
// Guards on handlers depend on no path: prefer [Protect].
func ProtectRoutes(m *core.RouteMatcher, opts ...core.ProtectOption) func(http.Handler) http.Handler {
	guard := adapter.RouteGuard("ProtectRoutes", m, opts...)
	return middleware("ProtectRoutes", func(w http.ResponseWriter, r *http.Request, behind *layer) {
		if deliver(w, r, adapter.CheckRoute(r.Context(), stored(r), guard, adapter.HTTPPath(r))) {
			behind.next.ServeHTTP(w, r)
		}
	})
}

// Require is [Protect] inside a handler. Where it reports false, the request is answered: return at
// once. What the handler does and writes after it, strangers get.
func Require(w http.ResponseWriter, r *http.Request, opts ...core.ProtectOption) bool {
	return deliver(w, r, adapter.Require(r.Context(), stored(r), opts...))
}

// OnRefuse shows the refusals of the guards behind it with f instead of the default: what a
// ServeMux answers for an absent route for 404, the text of the status for 500, [core.Refusal.Body]
// for everything else. Headers are set already; f writes status and body. Where it writes no
// status, it is the refusal's.
//
// An application that answers for absent routes itself should show 404 the same way here, and send
// its Cache-Control and Vary there, as [NotFound] does: otherwise a hidden route differs from an
// absent one.
func OnRefuse(f func(w http.ResponseWriter, r *http.Request, refusal core.Refusal)) func(http.Handler) http.Handler {
	adapter.Given("OnRefuse", f)
	return middleware("OnRefuse", func(w http.ResponseWriter, r *http.Request, behind *layer) {
		behind.next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), refuseKey{}, f)))
	})
}
