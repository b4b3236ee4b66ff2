package bench_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v2"
	fiber3 "github.com/gofiber/fiber/v3"
	"github.com/labstack/echo/v4"
	echo5 "github.com/labstack/echo/v5"
	"github.com/valyala/fasthttp"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
	"github.com/clerkgo/clerkgo/echoclerk"
	"github.com/clerkgo/clerkgo/fiber3clerk"
	"github.com/clerkgo/clerkgo/fiberclerk"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// The routes of every application. /dashboard answers 204 to the user of the
// good token and 401 to everybody else; /admin asks for a permission too.
const (
	dashboard = "/dashboard"
	admin     = "/admin"
)

// subject is an application whose requests are measured.
type subject struct {
	name string
	// One of these makes the application. where is where it looks for tokens.
	http  func(tb testing.TB, f *fixture, where place) http.Handler
	fiber func(tb testing.TB, f *fixture, where place) fasthttp.RequestHandler
	// admin says that it can check the permission.
	admin bool
	// bare says that it is a router without any middleware.
	bare bool
	// missing is the status where there is no token, or one of bad form, if it is not 401.
	missing int
}

func (s subject) exchange(tb testing.TB, f *fixture, path, token string, where place) exchange {
	tb.Helper()
	text := requestText(path, token, where, f)
	if s.fiber != nil {
		return newFast(tb, s.fiber(tb, f, where), text, where == inCookie)
	}
	return newNetHTTP(tb, s.http(tb, f, where), text)
}

// ours are the six adapters.
func ours() []subject {
	return []subject{
		{name: "ginclerk", http: ginClerk, admin: true},
		{name: "echoclerk", http: echoClerk, admin: true},
		{name: "fiberclerk", fiber: fiberClerk, admin: true},
		{name: "echo5clerk", http: echo5Clerk, admin: true},
		{name: "httpclerk", http: httpClerk, admin: true},
		{name: "fiber3clerk", fiber: fiber3Clerk, admin: true},
	}
}

// subjects in the order in which they are shown.
func subjects() []subject {
	return slices.Concat(ours(), []subject{
		{name: "router-gin", http: bareGin, admin: true, bare: true},
		{name: "router-echo", http: bareEcho, admin: true, bare: true},
		{name: "router-fiber", fiber: bareFiber, admin: true, bare: true},
		{name: "router-echo5", http: bareEcho5, admin: true, bare: true},
		{name: "router-http", http: bareHTTP, admin: true, bare: true},
		{name: "router-fiber3", fiber: bareFiber3, admin: true, bare: true},
	}, peers())
}

// statusOf is what the handler of /dashboard answers.
func statusOf(user string) int {
	if user == userID {
		return http.StatusNoContent
	}
	return http.StatusUnauthorized
}

func ginClerk(tb testing.TB, f *fixture, _ place) http.Handler {
	tb.Helper()
	clerk, err := core.New(f.options())
	if err != nil {
		tb.Fatal(err)
	}
	return ginClerkOf(clerk)
}

func ginClerkOf(clerk *core.Clerk) http.Handler {
	r := gin.New()
	r.Use(ginclerk.With(clerk))
	r.GET(dashboard, func(c *gin.Context) { c.Status(statusOf(ginclerk.Auth(c).UserID)) })
	r.GET(admin, ginclerk.Protect(core.Permission(permission)), func(c *gin.Context) {
		c.Status(statusOf(ginclerk.Auth(c).UserID))
	})
	return r
}

func echoClerk(tb testing.TB, f *fixture, _ place) http.Handler {
	tb.Helper()
	e := echo.New()
	e.Use(echoclerk.Middleware(f.options()))
	handler := func(c echo.Context) error { return c.NoContent(statusOf(echoclerk.Auth(c).UserID)) }
	e.GET(dashboard, handler)
	e.GET(admin, handler, echoclerk.Protect(core.Permission(permission)))
	return e
}

func echo5Clerk(tb testing.TB, f *fixture, _ place) http.Handler {
	tb.Helper()
	e := echo5.New()
	e.Use(echo5clerk.Middleware(f.options()))
	handler := func(c *echo5.Context) error { return c.NoContent(statusOf(echo5clerk.Auth(c).UserID)) }
	e.GET(dashboard, handler)
	e.GET(admin, handler, echo5clerk.Protect(core.Permission(permission)))
	return e
}

func fiberClerk(tb testing.TB, f *fixture, _ place) fasthttp.RequestHandler {
	tb.Helper()
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Use(fiberclerk.Middleware(f.options()))
	handler := func(c *fiber.Ctx) error {
		c.Status(statusOf(fiberclerk.Auth(c).UserID))
		return nil
	}
	app.Get(dashboard, handler)
	app.Get(admin, fiberclerk.Protect(core.Permission(permission)), handler)
	return app.Handler()
}

func fiber3Clerk(tb testing.TB, f *fixture, _ place) fasthttp.RequestHandler {
	tb.Helper()
	app := fiber3.New()
	app.Use("/*", fiber3clerk.Middleware(f.options()))
	handler := func(c fiber3.Ctx) error {
		c.Status(statusOf(fiber3clerk.Auth(c).UserID))
		return nil
	}
	app.Get(dashboard, handler)
	app.Get(admin, fiber3clerk.Protect(core.Permission(permission)), handler)
	return app.Handler()
}

func bareGin(testing.TB, *fixture, place) http.Handler {
	r := gin.New()
	handler := func(c *gin.Context) { c.Status(http.StatusNoContent) }
	r.GET(dashboard, handler)
	r.GET(admin, handler)
	return r
}

func bareEcho(testing.TB, *fixture, place) http.Handler {
	e := echo.New()
	handler := func(c echo.Context) error { return c.NoContent(http.StatusNoContent) }
	e.GET(dashboard, handler)
	e.GET(admin, handler)
	return e
}

func bareEcho5(testing.TB, *fixture, place) http.Handler {
	e := echo5.New()
	handler := func(c *echo5.Context) error { return c.NoContent(http.StatusNoContent) }
	e.GET(dashboard, handler)
	e.GET(admin, handler)
	return e
}

func bareFiber(testing.TB, *fixture, place) fasthttp.RequestHandler {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	handler := func(c *fiber.Ctx) error {
		c.Status(http.StatusNoContent)
		return nil
	}
	app.Get(dashboard, handler)
	app.Get(admin, handler)
	return app.Handler()
}

func bareFiber3(testing.TB, *fixture, place) fasthttp.RequestHandler {
	app := fiber3.New()
	handler := func(c fiber3.Ctx) error {
		c.Status(http.StatusNoContent)
		return nil
	}
	app.Get(dashboard, handler)
	app.Get(admin, handler)
	return app.Handler()
}
