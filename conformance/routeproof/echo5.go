package routeproof

import (
	"log/slog"
	"net"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
)

// echo5Framework is Echo v5.
func echo5Framework() framework {
	return framework{
		name: "echo5",
		// Middleware that changes paths before they are routed, and settings of the router.
		settings: []string{"PreRemoveTrailingSlash", "PreAddTrailingSlash", "PreRewrite", "UseEscapedPathForMatching", "UnescapePathParamValues"},
		serve:    func(s *site, l net.Listener) (func() error, error) { return serveHTTP(l, s.echo5) },
		register: func(s *site) error { _, err := s.echo5(); return err },
		places:   echo5Places(),
	}
}

// newEcho5 makes an application with the settings of its router.
func newEcho5(on func(setting string) bool) *echo.Echo {
	return echo.NewWithConfig(echo.Config{
		Logger:                          slog.New(slog.DiscardHandler),
		EnablePathUnescapingStaticFiles: on("EnablePathUnescaping"),
		Router: echo.NewRouter(echo.RouterConfig{
			AllowOverwritingRoute:     true,
			UseEscapedPathForMatching: on("UseEscapedPathForMatching"),
			UnescapePathParamValues:   on("UnescapePathParamValues"),
		}),
	})
}

// changePaths5 registers the middleware that changes paths before they are routed.
func changePaths5(e *echo.Echo, on func(setting string) bool) {
	if on("PreRewrite") {
		e.Pre(middleware.Rewrite(rewrites))
	}
	if on("PreRemoveTrailingSlash") {
		e.Pre(middleware.RemoveTrailingSlash())
	}
	if on("PreAddTrailingSlash") {
		e.Pre(middleware.AddTrailingSlash())
	}
}

// echo5 builds a table's application on Echo v5.
func (s *site) echo5() (http.Handler, error) {
	e := newEcho5(s.On)
	changePaths5(e, s.On)
	e.Use(echo5clerk.With(s.clerk), echo5clerk.OnRefuse(func(c *echo.Context, refusal core.Refusal) error {
		c.Response().Header().Set(refusedHeader, strconv.Itoa(refusal.StatusCode()))
		return c.NoContent(refusal.StatusCode())
	}))
	guards := map[string]echo.MiddlewareFunc{}
	for name, m := range s.matchers {
		guards[name] = echo5clerk.ProtectRoutes(m)
	}
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		guarded := map[string]echo.HandlerFunc{}
		for name, guard := range guards {
			guarded[name] = guard(next)
		}
		return func(c *echo.Context) error {
			if handler, ok := guarded[c.Request().Header.Get(modeHeader)]; ok {
				return handler(c)
			}
			return next(c)
		}
	})
	pass := func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	err := recovered(func() {
		for i, r := range s.Routes {
			handler := func(c *echo.Context) error {
				c.Response().Header().Set(routeHeader, strconv.Itoa(i))
				return c.NoContent(http.StatusOK)
			}
			group, rest := r.split()
			switch {
			case r.Kind == Any:
				e.Any(r.Path, handler)
			case r.Kind == Grouped && group != "":
				// A group with middleware has routes of its own for what is not found.
				e.Group(group, pass).GET(rest, handler)
			default:
				e.GET(r.Path, handler)
				e.HEAD(r.Path, handler)
			}
		}
	})
	return e, err
}
