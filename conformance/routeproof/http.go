package routeproof

import (
	"net"
	"net/http"
	"strconv"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// httpFramework is net/http: guards in front of handlers, of a mux, and below StripPrefix.
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
		{name: "guards below StripPrefix", mount: "/files", stripped: true, serve: below("/files")},
		{name: "guards below StripPrefix with a slash", mount: "/files", stripped: true, serve: below("/files/")},
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

// onHTTP serves a handler behind the guards.
func onHTTP(build func(*premises) http.Handler) func(*premises, net.Listener) (func() error, error) {
	return func(p *premises, l net.Listener) (func() error, error) {
		return serveHandler(l, p.guarded(build(p))), nil
	}
}

// below serves files behind guards that stand below StripPrefix.
func below(prefix string) func(*premises, net.Listener) (func() error, error) {
	return func(p *premises, l net.Listener) (func() error, error) {
		return serveHandler(l, http.StripPrefix(prefix, p.guarded(http.FileServer(http.Dir(p.dir()))))), nil
	}
}

// guarded puts the guards in front of a handler.
func (p *premises) guarded(next http.Handler) http.Handler {
	modes := map[string]http.Handler{}
	for mode, m := range p.guard {
		modes[mode] = httpclerk.ProtectRoutes(m)(next)
	}
	return httpclerk.With(p.clerk)(httpclerk.OnRefuse(func(w http.ResponseWriter, _ *http.Request, refusal core.Refusal) {
		w.Header().Set(refusedHeader, strconv.Itoa(refusal.StatusCode()))
	})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := modes[r.Header.Get(modeHeader)]; h != nil {
			h.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})))
}
