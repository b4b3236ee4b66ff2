package routeproof

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// ginPlaces are where content comes out on Gin.
func ginPlaces() []place {
	return []place{
		{name: "NoRoute(FileServer)", serve: onGin(func(p *premises, r *gin.Engine) {
			r.NoRoute(gin.WrapH(http.FileServer(http.Dir(p.dir()))))
		})},
		{name: "catch-all FileServer", serve: onGin(func(p *premises, r *gin.Engine) {
			r.Any("/*path", gin.WrapH(http.FileServer(http.Dir(p.dir()))))
		})},
		{name: "Static", mount: "/files", serve: onGin(func(p *premises, r *gin.Engine) { r.Static("/files", p.dir()) })},
		{name: "StaticFS of a vault", mount: "/files", vault: true, serve: onGin(func(p *premises, r *gin.Engine) {
			r.StaticFS("/files", http.Dir(p.dir()))
		})},
		{name: "Static at the root", serve: onGin(func(p *premises, r *gin.Engine) { r.Static("/", p.dir()) })},
		{name: "FileServer below a parameter", mount: "/acme/files", pattern: "/:tenant/files", serve: onGin(func(p *premises, r *gin.Engine) {
			r.GET("/:tenant/files/*path", func(c *gin.Context) {
				c.Request.URL.Path = c.Param("path")
				http.FileServer(http.Dir(p.dir())).ServeHTTP(c.Writer, c.Request)
			})
		})},
		{name: "StripPrefix in NoRoute", mount: "/files", serve: onGin(func(p *premises, r *gin.Engine) {
			r.NoRoute(gin.WrapH(http.StripPrefix("/files/", http.FileServer(http.Dir(p.dir())))))
		})},
		{name: "catch-all ReverseProxy", settings: []string{"Twice"}, serve: onGin(func(p *premises, r *gin.Engine) {
			r.Any("/*path", gin.WrapH(reverseProxy(p.upstream())))
		})},
		{name: "ReverseProxy in NoRoute", settings: []string{"Twice"}, serve: onGin(func(p *premises, r *gin.Engine) {
			r.NoRoute(gin.WrapH(reverseProxy(p.upstream())))
		})},
		{name: "ReverseProxy below a prefix", mount: "/api", settings: []string{"Twice"}, serve: onGin(func(p *premises, r *gin.Engine) {
			r.Any("/api/*path", gin.WrapH(http.StripPrefix("/api", reverseProxy(p.upstream()))))
		})},
		{name: "Static in a guarded group", mount: "/files", vault: true, grouped: true, serve: onGin(func(p *premises, r *gin.Engine) {
			protect := ginclerk.Protect()
			r.Group("/files", func(c *gin.Context) {
				if c.GetHeader(modeHeader) == grouped {
					protect(c)
				}
			}).Static("/", p.dir())
		})},
	}
}

// onGin serves what build registers, behind the guards.
func onGin(build func(*premises, *gin.Engine)) func(*premises, net.Listener) (func() error, error) {
	return func(p *premises, l net.Listener) (func() error, error) {
		engine := newEngine(p.On)
		guards := map[string]gin.HandlerFunc{}
		for mode, m := range p.guard {
			if mode == protectOn || mode == notOn {
				guards[mode] = ginclerk.ProtectRoutes(m, ginclerk.Router(engine))
			} else {
				guards[mode] = ginclerk.ProtectRoutes(m)
			}
		}
		engine.Use(ginclerk.With(p.clerk), ginclerk.OnRefuse(func(c *gin.Context, refusal core.Refusal) {
			c.Header(refusedHeader, strconv.Itoa(refusal.StatusCode()))
			c.AbortWithStatus(refusal.StatusCode())
		}), func(c *gin.Context) {
			if guard, ok := guards[c.GetHeader(modeHeader)]; ok {
				guard(c)
			}
		})
		if err := recovered(func() { build(p, engine) }); err != nil {
			return nil, err
		}
		return serveHandler(l, engine), nil
	}
}

// reverseProxy forwards to an upstream.
func reverseProxy(upstream *url.URL) http.Handler {
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(upstream) }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { _ = recover() }() // It aborts where the upstream cannot be asked.
		proxy.ServeHTTP(w, r)
	})
}
