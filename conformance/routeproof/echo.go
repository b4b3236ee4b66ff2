package routeproof

import (
	"io"
	"net"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echoclerk"
)

// echoFramework is Echo.
func echoFramework() framework {
	return framework{
		name: "echo",
		// Middleware that changes paths before they are routed.
		settings: []string{"PreRemoveTrailingSlash", "PreAddTrailingSlash", "PreRewrite"},
		serve:    func(s *site, l net.Listener) (func() error, error) { return serveHTTP(l, s.echo) },
		register: func(s *site) error { _, err := s.echo(); return err },
		places:   echoPlaces(),
	}
}

// rewrites are the rewrites of an application that changes paths before it routes them.
var rewrites = map[string]string{"/old/*": "/$1", "/v1/*/x": "/api/$1"}

// changePaths registers the middleware that changes paths before they are routed.
func changePaths(e *echo.Echo, on func(setting string) bool) {
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

// echo builds a table's application on Echo.
func (s *site) echo() (http.Handler, error) {
	e := echo.New()
	e.Logger.SetOutput(io.Discard)
	changePaths(e, s.On)
	e.Use(echoclerk.With(s.clerk), echoclerk.OnRefuse(func(c echo.Context, refusal core.Refusal) error {
		c.Response().Header().Set(refusedHeader, strconv.Itoa(refusal.StatusCode()))
		return c.NoContent(refusal.StatusCode())
	}))
	guards := map[string]echo.MiddlewareFunc{}
	for name, m := range s.matchers {
		guards[name] = echoclerk.ProtectRoutes(m)
	}
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		guarded := map[string]echo.HandlerFunc{}
		for name, guard := range guards {
			guarded[name] = guard(next)
		}
		return func(c echo.Context) error {
			if handler, ok := guarded[c.Request().Header.Get(modeHeader)]; ok {
				return handler(c)
			}
			return next(c)
		}
	})
	pass := func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	err := recovered(func() {
		for i, r := range s.Routes {
			handler := func(c echo.Context) error {
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
