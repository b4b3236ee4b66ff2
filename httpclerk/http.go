package httpclerk

import (
	"net/http"

	"github.com/clerkgo/clerkgo/core"
)

// refuseKey is the key of the handler of [OnRefuse] in requests' contexts.
type refuseKey struct{}

// layer is middleware of this package in front of another handler. The writer of a response is
// passed on as it is: nothing that it can do is lost.
type layer struct {
	serve  func(w http.ResponseWriter, r *http.Request, behind *layer)
	next   http.Handler
	router router // that follows, nil for one that is not known
}

// ServeHTTP serves a request.
func (l *layer) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.serve(w, r, l) }

// middleware is the form in which net/http takes what call makes.
func middleware(call string, serve func(w http.ResponseWriter, r *http.Request, behind *layer)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		adapter.Given(call, next)
		return &layer{serve: serve, next: next, router: routerOf(next)}
	}
}

// router is what an [http.ServeMux] says about a request without serving it.
type router interface {
	Handler(r *http.Request) (h http.Handler, pattern string)
}

// routerOf returns the router that next is, or that follows it.
func routerOf(next http.Handler) router {
	if l, ok := next.(*layer); ok {
		return l.router
	}
	known, _ := next.(router)
	return known
}

// isAbsent reports whether a router has no route for a request.
func isAbsent(known router, r *http.Request) bool {
	if known == nil {
		return false
	}
	_, pattern := known.Handler(r)
	return pattern == ""
}

// stored looks into a request's context.
func stored(r *http.Request) func(key any) any { return r.Context().Value }

// deliver writes an outcome and reports whether the request goes on.
func deliver(w http.ResponseWriter, r *http.Request, o core.Outcome) bool {
	o.WriteHeaders(w.Header())
	if o.Allowed() {
		return true
	}
	refusal, isRefusal := o.Refusal()
	f, isShown := r.Context().Value(refuseKey{}).(func(http.ResponseWriter, *http.Request, core.Refusal))
	switch {
	case isRefusal && isShown:
		o.ShowHTTP(w, func(w http.ResponseWriter) { f(w, r, refusal) })
	case o.IsAbsent():
		http.NotFound(w, r) // What a ServeMux answers for a route that does not exist.
	case o.IsFault():
		http.Error(w, http.StatusText(o.Status), o.Status)
	default:
		_ = o.WriteHTTP(w) // It reaches a client or nobody.
	}
	return false
}
