package routeproof

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
)

// echo5Places are where content comes out on Echo v5.
func echo5Places() []place {
	pre := []string{"GuardInPre", "VirtualHost"}
	unescaped := []string{"GuardInPre", "EnablePathUnescaping"}
	twice := []string{"GuardInPre", "Twice"}
	return []place{
		{name: "catch-all FileServer", settings: pre, serve: onEcho5(func(p *premises, e *echo.Echo) {
			e.Any("/*", echo.WrapHandler(http.FileServer(http.Dir(p.dir()))))
		})},
		{name: "Static", mount: "/files", settings: unescaped, serve: onEcho5(func(p *premises, e *echo.Echo) {
			e.Static("/files", p.dir())
		})},
		{name: "Static of a vault", mount: "/files", vault: true, settings: unescaped, serve: onEcho5(func(p *premises, e *echo.Echo) {
			e.Static("/files", p.dir())
		})},
		{name: "Static at the root", settings: unescaped, serve: onEcho5(func(p *premises, e *echo.Echo) { e.Static("/", p.dir()) })},
		{name: "Static below a parameter", mount: "/acme/files", pattern: "/:tenant/files", settings: unescaped, serve: onEcho5(func(p *premises, e *echo.Echo) {
			e.Static("/:tenant/files", p.dir())
		})},
		{name: "Static middleware", settings: unescaped, serve: onEcho5(func(p *premises, e *echo.Echo) { e.Use(p.echo5Static()) })},
		{name: "Static middleware of a group", mount: "/files", settings: unescaped, serve: onEcho5(func(p *premises, e *echo.Echo) {
			e.Group("/files", p.echo5Static())
		})},
		{name: "StripPrefix at text", mount: "/files", settings: pre, serve: onEcho5(func(p *premises, e *echo.Echo) {
			e.Any("/files*", echo.WrapHandler(http.StripPrefix("/files", http.FileServer(http.Dir(p.dir())))))
		})},
		{name: "Proxy", settings: twice, serve: onEcho5(func(p *premises, e *echo.Echo) { e.Use(p.echo5Proxy(nil)) })},
		{name: "Proxy of a group", mount: "/api", settings: twice, serve: onEcho5(func(p *premises, e *echo.Echo) {
			e.Group("/api", p.echo5Proxy(map[string]string{"^/api/*": "/$1"}))
		})},
		{name: "a parameter", mount: "/files", vault: true, flat: true, settings: pre, serve: onEcho5(func(p *premises, e *echo.Echo) {
			e.GET("/files/:name", func(c *echo.Context) error {
				text, err := os.ReadFile(filepath.Join(p.dir(), "admin", filepath.FromSlash(filepath.Base(c.Param("name")))))
				if err != nil {
					return echo.ErrNotFound
				}
				return c.String(http.StatusOK, string(text))
			})
		})},
		{name: "Static in a guarded group", mount: "/files", vault: true, grouped: true, serve: onEcho5(func(p *premises, e *echo.Echo) {
			protect := echo5clerk.Protect()
			e.Group("/files", func(next echo.HandlerFunc) echo.HandlerFunc {
				guarded := protect(next)
				return func(c *echo.Context) error {
					if c.Request().Header.Get(modeHeader) == grouped {
						return guarded(c)
					}
					return next(c)
				}
			}).Static("/", p.dir())
		})},
	}
}

func (p *premises) echo5Static() echo.MiddlewareFunc {
	return middleware.StaticWithConfig(middleware.StaticConfig{Filesystem: os.DirFS(p.dir()), EnablePathUnescaping: p.On("EnablePathUnescaping")})
}

func (p *premises) echo5Proxy(rewrite map[string]string) echo.MiddlewareFunc {
	return middleware.ProxyWithConfig(middleware.ProxyConfig{
		Balancer: middleware.NewRoundRobinBalancer([]*middleware.ProxyTarget{{URL: p.upstream()}}),
		Rewrite:  rewrite,
	})
}

// onEcho5 serves what build registers, behind the guards.
func onEcho5(build func(*premises, *echo.Echo)) func(*premises, net.Listener) (func() error, error) {
	return func(p *premises, l net.Listener) (func() error, error) {
		e := newEcho5(p.On)
		changePaths5(e, p.On)
		use := e.Use
		if p.On("GuardInPre") {
			use = e.Pre
		}
		guards := map[string]echo.MiddlewareFunc{}
		for mode, m := range p.guard {
			guards[mode] = echo5clerk.ProtectRoutes(m)
		}
		use(echo5clerk.With(p.clerk), echo5clerk.OnRefuse(func(c *echo.Context, refusal core.Refusal) error {
			c.Response().Header().Set(refusedHeader, strconv.Itoa(refusal.StatusCode()))
			return c.NoContent(refusal.StatusCode())
		}), func(next echo.HandlerFunc) echo.HandlerFunc {
			guarded := map[string]echo.HandlerFunc{}
			for mode, guard := range guards {
				guarded[mode] = guard(next)
			}
			return func(c *echo.Context) error {
				if handler, ok := guarded[c.Request().Header.Get(modeHeader)]; ok {
					return handler(c)
				}
				return next(c)
			}
		})
		if err := recovered(func() { build(p, e) }); err != nil {
			return nil, err
		}
		if p.On("VirtualHost") {
			e = echo.NewVirtualHostHandler(map[string]*echo.Echo{"localhost": e})
		}
		return serveHandler(l, e), nil
	}
}
