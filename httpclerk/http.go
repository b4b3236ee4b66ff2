package httpclerk

import (
	"net/http"
	"strings"

	"github.com/clerkgo/clerkgo/core"
)

// What is net/http's own: where it keeps things, how it answers and how its routers
// read paths.

// refuseKey is the key of the handler of [OnRefuse] in requests' contexts.
type refuseKey struct{}

// layer is middleware of this package in front of another handler. The writer of a
// response is passed on as it is: nothing that it can do is lost.
type layer struct {
	serve http.HandlerFunc
	next  http.Handler
}

// ServeHTTP serves a request.
func (l layer) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.serve(w, r) }

// router is what an [http.ServeMux] says about a request without serving it.
type router interface {
	Handler(r *http.Request) (h http.Handler, pattern string)
}

// routerOf returns the router that follows next, nil for one that is not known.
func routerOf(next http.Handler) router {
	for {
		l, ok := next.(layer)
		if !ok {
			known, _ := next.(router)
			return known
		}
		next = l.next
	}
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
		page := &page{ResponseWriter: w, status: o.Status}
		f(page, r, refusal)
		page.finish()
	case o.IsAbsent():
		http.NotFound(w, r) // What a ServeMux answers for a route that does not exist.
	case o.IsFault():
		http.Error(w, http.StatusText(o.Status), o.Status)
	default:
		_ = o.WriteHTTP(w) // It reaches a client or nobody.
	}
	return false
}

// page is the answer of a handler of [OnRefuse]: one that writes no status has the
// refusal's, not 200.
type page struct {
	http.ResponseWriter
	status  int
	written bool
}

// WriteHeader writes the status.
func (p *page) WriteHeader(status int) {
	p.written = p.written || status >= http.StatusOK // Others go before an answer.
	p.ResponseWriter.WriteHeader(status)
}

// Write writes the body.
func (p *page) Write(b []byte) (int, error) {
	p.finish()
	return p.ResponseWriter.Write(b)
}

// FlushError sends what is written.
func (p *page) FlushError() error {
	p.finish()
	return http.NewResponseController(p.ResponseWriter).Flush()
}

// Unwrap is for [http.ResponseController].
func (p *page) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *page) finish() {
	if !p.written {
		p.WriteHeader(p.status)
	}
}

// routePath says how a router may read the path: it is not known which one follows.
// [http.StripPrefix] may have cut a slash off that every handler takes for there.
func routePath(r *http.Request) core.RoutePath {
	if !strings.HasPrefix(r.URL.Path, "/") && strings.HasPrefix(r.RequestURI, "/") {
		u, rooted := *r.URL, *r
		u.Path = "/" + u.Path
		if u.RawPath != "" {
			u.RawPath = "/" + u.RawPath
		}
		rooted.URL = &u
		r = &rooted
	}
	return adapter.HTTPPath(r)
}
