package routeproof

import (
	"net"
	"net/http"
	"strconv"

	"github.com/clerkgo/clerkgo/core"
)

// httpFramework is net/http with package core itself: [core.RouteMatcher.Match] in
// front of a handler whose router it does not know.
func httpFramework() framework {
	twice := []string{"Twice"}
	mux := func(pattern string, handler func(p *premises) http.Handler) func(*premises, net.Listener) (func() error, error) {
		return onHTTP(func(p *premises) http.Handler {
			m := http.NewServeMux()
			m.Handle(pattern, handler(p))
			return m
		})
	}
	return framework{name: "http", places: []place{
		{name: "FileServer", serve: onHTTP(func(p *premises) http.Handler { return http.FileServer(http.Dir(p.dir())) })},
		{name: "FileServer of a mux", serve: mux("/", func(p *premises) http.Handler { return http.FileServer(http.Dir(p.dir())) })},
		{name: "StripPrefix", mount: "/files", serve: mux("/files/", func(p *premises) http.Handler {
			return http.StripPrefix("/files", http.FileServer(http.Dir(p.dir())))
		})},
		{name: "StripPrefix with a slash", mount: "/files", serve: mux("/", func(p *premises) http.Handler {
			return http.StripPrefix("/files/", http.FileServer(http.Dir(p.dir())))
		})},
		{name: "a wildcard", mount: "/acme/files", pattern: "/:tenant/files", serve: mux("/{tenant}/files/{path...}", func(p *premises) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.URL.Path = "/" + r.PathValue("path")
				http.FileServer(http.Dir(p.dir())).ServeHTTP(w, r)
			})
		})},
		{name: "ReverseProxy", settings: twice, serve: onHTTP(func(p *premises) http.Handler { return reverseProxy(p.upstream()) })},
		{name: "ReverseProxy of a mux", mount: "/api", settings: twice, serve: mux("/api/", func(p *premises) http.Handler {
			return http.StripPrefix("/api", reverseProxy(p.upstream()))
		})},
	}}
}

// adapter is that of programs on net/http alone.
var adapter = core.Adapter{Name: "routeproof"}

// onHTTP serves a handler behind the guards.
func onHTTP(build func(*premises) http.Handler) func(*premises, net.Listener) (func() error, error) {
	return func(p *premises, l net.Listener) (func() error, error) {
		next, guard := build(p), adapter.Guard("Protect")
		return serveHandler(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			m := p.guard[r.Header.Get(modeHeader)]
			if m == nil {
				next.ServeHTTP(w, r)
				return
			}
			request := core.FromHTTP(r)
			status := 0
			switch m.Match(request) {
			case core.CannotTell:
				status = http.StatusBadRequest
			case core.Match:
				ra, _ := adapter.Attach(r.Context(), p.clerk, request)
				if outcome := guard.Check(r.Context(), ra); !outcome.Allowed() {
					status = outcome.Status
				}
			case core.NoMatch:
			}
			if status != 0 {
				w.Header().Set(refusedHeader, strconv.Itoa(status))
				w.WriteHeader(status)
				return
			}
			next.ServeHTTP(w, r)
		})), nil
	}
}
