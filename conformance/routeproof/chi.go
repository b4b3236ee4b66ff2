package routeproof

import (
	"net"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// chiFramework is chi, on httpclerk.
func chiFramework() framework {
	twice := []string{"Twice"}
	files := func(p *premises) http.Handler { return http.FileServer(http.Dir(p.dir())) }
	return framework{name: "chi", settings: []string{"CleanPath", "StripSlashes", "GetHead"}, places: []place{
		{name: "catch-all FileServer", serve: onChi(func(p *premises, r chi.Router) { r.Handle("/*", files(p)) })},
		{name: "FileServer in NotFound", serve: onChi(func(p *premises, r chi.Router) { r.NotFound(files(p).ServeHTTP) })},
		{name: "StripPrefix", mount: "/files", serve: onChi(func(p *premises, r chi.Router) {
			r.Handle("/files/*", http.StripPrefix("/files", files(p)))
		})},
		{name: "a mounted StripPrefix with a slash", mount: "/files", serve: onChi(func(p *premises, r chi.Router) {
			r.Mount("/files", http.StripPrefix("/files/", files(p)))
		})},
		{name: "a wildcard of a router", mount: "/acme/files", pattern: "/:tenant/files", serve: onChi(func(p *premises, r chi.Router) {
			r.Route("/{tenant}/files", func(r chi.Router) {
				r.Get("/*", func(w http.ResponseWriter, req *http.Request) {
					req.URL.Path = "/" + chi.URLParam(req, "*")
					files(p).ServeHTTP(w, req)
				})
			})
		})},
		{name: "ReverseProxy in NotFound", settings: twice, serve: onChi(func(p *premises, r chi.Router) {
			r.NotFound(reverseProxy(p.upstream()).ServeHTTP)
		})},
		{name: "ReverseProxy below a prefix", mount: "/api", settings: twice, serve: onChi(func(p *premises, r chi.Router) {
			r.Mount("/api", http.StripPrefix("/api", reverseProxy(p.upstream())))
		})},
	}}
}

// onChi serves what build registers, behind the guards.
func onChi(build func(*premises, chi.Router)) func(*premises, net.Listener) (func() error, error) {
	return func(p *premises, l net.Listener) (func() error, error) {
		r := chi.NewRouter()
		for setting, m := range map[string]func(http.Handler) http.Handler{
			"CleanPath": middleware.CleanPath, "StripSlashes": middleware.StripSlashes, "GetHead": middleware.GetHead,
		} {
			if p.On(setting) {
				r.Use(m)
			}
		}
		r.Use(p.guarded)
		r.Get("/a/route", http.NotFound) // In a router without any, chi runs no middleware.
		if err := recovered(func() { build(p, r) }); err != nil {
			return nil, err
		}
		return serveHandler(l, r), nil
	}
}
