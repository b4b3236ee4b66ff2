package echoclerk_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echoclerk"
)

// TestProtectRoutesBehindRewrite guards what Echo routes to and what handlers read where middleware
// changes the request behind Middleware: Echo routes by the request from before.
func TestProtectRoutesBehindRewrite(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{ID: "user_ada"}}})
	instance := core.Must(clerk.Options())
	rewrite := middleware.Rewrite(map[string]string{"^/admin/assets/*": "/assets/$1", "^/old/*": "/admin/$1"})
	attach := echoclerk.With(instance)
	protect := echoclerk.ProtectRoutes(core.MustRouteMatcher("/admin(.*)", "/files/:name"))
	others := echoclerk.ProtectRoutes(core.MustRouteMatcher("/assets(.*)").Not())
	inPlace := func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			u := c.Request().URL
			u.Path, u.RawPath = strings.Replace(u.Path, "/admin/assets/", "/assets/", 1), ""
			return next(c)
		}
	}
	slash := middleware.AddTrailingSlash()
	for _, test := range []struct {
		name     string
		register func(e *echo.Echo)
		method   string
		target   string
		override string
		want     int // for a stranger
		signedIn int
	}{
		{name: "a rewrite behind Middleware, a guard in Pre", register: func(e *echo.Echo) { e.Pre(attach, rewrite, protect) }, method: "GET", target: "/admin/assets/x", want: 404, signedIn: 200},
		{name: "a rewrite behind Middleware, a guard in Use", register: func(e *echo.Echo) { e.Pre(attach, rewrite); e.Use(protect) }, method: "GET", target: "/admin/assets/x", want: 404, signedIn: 200},
		{name: "a rewrite behind Middleware, a guard of all others", register: func(e *echo.Echo) { e.Pre(attach, rewrite); e.Use(others) }, method: "GET", target: "/admin/assets/x", want: 404, signedIn: 200},
		{name: "a rewrite in Use", register: func(e *echo.Echo) { e.Use(attach, rewrite, protect) }, method: "GET", target: "/admin/assets/x", want: 404, signedIn: 200},
		{name: "a rewrite behind Middleware that has no effect", register: func(e *echo.Echo) { e.Pre(attach, rewrite); e.Use(protect) }, method: "GET", target: "/old/x", want: 404, signedIn: 404},
		{name: "a rewrite in front of Middleware", register: func(e *echo.Echo) { e.Pre(rewrite, attach); e.Use(protect) }, method: "GET", target: "/admin/assets/x", want: 200, signedIn: 200},
		{name: "a rewrite in front, to what is guarded", register: func(e *echo.Echo) { e.Pre(rewrite); e.Use(attach, protect) }, method: "GET", target: "/old/x", want: 404, signedIn: 200},
		{name: "a path that is written over in Use", register: func(e *echo.Echo) { e.Use(attach, inPlace, protect) }, method: "GET", target: "/admin/assets/x", want: 404, signedIn: 200},
		{name: "a path that is written over in Use, a guard of all others", register: func(e *echo.Echo) { e.Use(attach, inPlace, others) }, method: "GET", target: "/admin/assets/x", want: 404, signedIn: 200},
		{name: "a slash that is added in Use", register: func(e *echo.Echo) {
			e.Use(attach, slash, echoclerk.ProtectRoutes(core.MustRouteMatcher("/assets/").Not()))
		}, method: "GET", target: "/assets", want: 404, signedIn: 200},
		{name: "a slash that is added in Pre, behind Middleware", register: func(e *echo.Echo) {
			e.Pre(attach, slash)
			e.Use(echoclerk.ProtectRoutes(core.MustRouteMatcher("/assets/").Not()))
		}, method: "GET", target: "/assets", want: 200, signedIn: 200},
		{name: "another method behind Middleware", register: func(e *echo.Echo) { e.Pre(attach, middleware.MethodOverride(), protect) }, method: "POST", target: "/files/a/b", override: "DELETE", want: 400, signedIn: 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := echo.New()
			test.register(e)
			e.GET("/admin/*", func(c echo.Context) error { return c.String(http.StatusOK, "a secret") })
			e.GET("/assets/*", func(c echo.Context) error { return c.String(http.StatusOK, "public") })
			e.GET("/assets", func(c echo.Context) error { return c.String(http.StatusOK, "a secret") })
			e.GET("/assets/", func(c echo.Context) error { return c.String(http.StatusOK, "public") })
			e.POST("/files/:name", func(c echo.Context) error { return c.String(http.StatusOK, "a secret") })
			e.DELETE("/files/a/b", func(c echo.Context) error { return c.String(http.StatusOK, "public") })
			for token, want := range map[string]int{"": test.want, clerk.SessionToken("user_ada"): test.signedIn} {
				r := httptest.NewRequestWithContext(t.Context(), test.method, test.target, http.NoBody)
				if token != "" {
					r.Header.Set("Authorization", "Bearer "+token)
				}
				r.Header.Set("X-HTTP-Method-Override", test.override)
				w := httptest.NewRecorder()
				e.ServeHTTP(w, r)
				if w.Code != want {
					t.Errorf("signed in %t: got %d %q, want %d", token != "", w.Code, w.Body, want)
				}
			}
		})
	}
}
