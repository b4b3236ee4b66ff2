package ginclerk_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func TestAuditFindsOpenRoutes(t *testing.T) {
	gin.SetMode(gin.TestMode)
	s := clerktest.New(t)
	r := gin.New()
	r.Use(ginclerk.Middleware(s.Options()), ginclerk.ProtectRoutes(core.MustRouteMatcher("/reports(.*)"), ginclerk.Router(r)))
	ok := func(c *gin.Context) { c.Status(http.StatusOK) }
	r.GET("/", ok)
	r.GET("/items/:id", func(c *gin.Context) { c.Status(http.StatusNotFound) })
	r.GET("/users/:id", ginclerk.Protect(), ok)
	r.POST("/users/:id", ok)
	r.Group("/admin", ginclerk.Protect(core.Role("org:admin"))).Any("/*rest", ok)
	r.GET("/reports/:year", ok)
	r.GET("/keys", ginclerk.Protect(core.AcceptTokens(core.APIKey)), ok)
	r.GET("/inside", func(c *gin.Context) {
		if ginclerk.Require(c) {
			ok(c)
		}
	})
	app := func(req *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w.Result(), nil
	}
	report, err := clerktest.Audit(s, app, clerktest.Routes(r.Routes(), func(x gin.RouteInfo) (string, string) { return x.Method, x.Path }))
	if err != nil {
		t.Fatal(err)
	}
	report.Check(t, "/", "GET /items/:id", "POST /users/:id")
}

// TestAuditFindsAnIgnoredRequire: what a handler writes after a refusal is sent with it.
func TestAuditFindsAnIgnoredRequire(t *testing.T) {
	gin.SetMode(gin.TestMode)
	s := clerktest.New(t)
	r := gin.New()
	r.Use(ginclerk.Middleware(s.Options()))
	for path, opts := range map[string][]core.ProtectOption{
		"/users": {core.Role("org:admin")}, "/machines": {core.AcceptTokens(core.APIKey)},
	} {
		r.GET(path, func(c *gin.Context) {
			ginclerk.Require(c, opts...)
			c.String(http.StatusOK, "secret")
		})
	}
	app := func(req *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w.Result(), nil
	}
	report, err := clerktest.Audit(s, app, clerktest.Routes(r.Routes(), func(x gin.RouteInfo) (string, string) { return x.Method, x.Path }))
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range report {
		if got.Access != clerktest.Open || !got.WentOn {
			t.Errorf("got\n%s, want open routes", report)
		}
	}
}
