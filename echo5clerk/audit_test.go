package echo5clerk_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
)

func TestAuditFindsOpenRoutes(t *testing.T) {
	s := clerktest.New(t)
	e := echo.New()
	e.Use(echo5clerk.Middleware(s.Options()), echo5clerk.ProtectRoutes(core.MustRouteMatcher("/reports(.*)")))
	ok := func(c *echo.Context) error { return c.NoContent(http.StatusOK) }
	e.GET("/", ok)
	e.GET("/items/:id", func(c *echo.Context) error { return echo.ErrNotFound })
	e.GET("/users/:id", ok, echo5clerk.Protect())
	e.POST("/users/:id", ok)
	e.Group("/admin", echo5clerk.Protect(core.Role("org:admin"))).Any("/*", ok)
	e.GET("/reports/:year", ok)
	e.GET("/keys", ok, echo5clerk.Protect(core.AcceptTokens(core.APIKey)))
	e.GET("/inside", func(c *echo.Context) error {
		if err := echo5clerk.Require(c); err != nil {
			return err
		}
		return ok(c)
	})
	app := func(req *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, req)
		return w.Result(), nil
	}
	report, err := clerktest.Audit(s, app, clerktest.Routes(e.Router().Routes(), func(x echo.RouteInfo) (string, string) { return x.Method, x.Path }))
	if err != nil {
		t.Fatal(err)
	}
	report.Check(t, "/", "GET /items/:id", "POST /users/:id")
}
