package fiberclerk_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/gofiber/fiber/v2/middleware/filesystem"
	"github.com/gofiber/fiber/v2/middleware/proxy"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiberclerk"
)

// TestMounts tells mounts, whose prefix is text, from middleware of a prefix: what the first serves
// below a part of a segment is guarded, and a page next to the second stays open.
func TestMounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docs"), []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	upstream := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(upstream.Close)
	page := func(c *fiber.Ctx) error { return c.SendString("a page") }
	next := func(c *fiber.Ctx) error { return c.Next() }
	cut := func(c *fiber.Ctx) error {
		return filesystem.SendFile(c, http.Dir(dir), "/"+strings.TrimPrefix(c.Path(), "/api"))
	}
	for _, test := range []struct {
		name     string
		config   fiber.Config
		register func(app *fiber.App)
		target   string
		open     bool
	}{
		{name: "no mount", register: func(app *fiber.App) { app.Get("/apidocs", page) }, target: "/apidocs", open: true},
		{name: "middleware of a group", register: func(app *fiber.App) {
			app.Group("/api", next).Get("/users", page)
			app.Get("/apidocs", page)
		}, target: "/apidocs", open: true},
		{name: "middleware of an inner group", register: func(app *fiber.App) {
			app.Group("/api", next).Group("/v1", next).Get("/users", page)
			app.Get("/apidocs", page)
		}, target: "/apidocs", open: true},
		{name: "middleware of the group's own page", register: func(app *fiber.App) {
			app.Group("/api", next).Get("/", page)
			app.Get("/apidocs", page)
		}, target: "/apidocs", open: true},
		{name: "a handler of whole segments", config: fiber.Config{StrictRouting: true}, register: func(app *fiber.App) {
			app.Use("/api/", page)
			app.Get("/apidocs", page)
		}, target: "/apidocs", open: true},
		{name: "a handler that leaves other methods to a route", register: func(app *fiber.App) {
			app.Use("/api", cut)
			app.Post("/api/upload", page)
		}, target: "/apidocs", open: false},
		{name: "a handler", register: func(app *fiber.App) { app.Use("/api", cut) }, target: "/apidocs", open: false},
		{name: "a handler in another letter case", register: func(app *fiber.App) { app.Use("/API", cut) }, target: "/apidocs", open: false},
		{name: "a handler behind a parameter", register: func(app *fiber.App) { app.Use("/:v/api", page) }, target: "/v1/apidocs", open: false},
		{name: "a wildcard", register: func(app *fiber.App) { app.Get("/api*", page) }, target: "/apidocs", open: false},
		{name: "some of a wildcard", register: func(app *fiber.App) { app.Get("/api+", page) }, target: "/apidocs", open: false},
		{name: "a plus that stands for itself", register: func(app *fiber.App) { app.Get("/api\\+docs", page) }, target: "/api+docs", open: true},
		{name: "an asterisk that stands for itself", register: func(app *fiber.App) { app.Get("/api\\*docs", page) }, target: "/api*docs", open: true},
		{name: "a wildcard behind a plus that stands for itself", register: func(app *fiber.App) { app.Get("/a\\+b/api*", page) }, target: "/a+b/apidocs", open: false},
		{name: "Static", register: func(app *fiber.App) { app.Static("/api", dir) }, target: "/apidocs", open: false},
		{name: "Static with routes below", config: fiber.Config{CaseSensitive: true}, register: func(app *fiber.App) {
			app.Static("/api", dir)
			app.Get("/api/users", page)
		}, target: "/apidocs", open: false},
		{name: "filesystem with routes below", config: fiber.Config{StrictRouting: true}, register: func(app *fiber.App) {
			app.Use("/api", filesystem.New(filesystem.Config{Root: http.Dir(dir)}))
			app.Get("/api/users", page)
		}, target: "/apidocs", open: false},
		{name: "Static in a group", register: func(app *fiber.App) { app.Group("/", next).Static("/api", dir) }, target: "/apidocs", open: false},
		{name: "filesystem in a mounted application", register: func(app *fiber.App) {
			inner := fiber.New()
			inner.Use(filesystem.New(filesystem.Config{Root: http.Dir(dir)}))
			app.Mount("/api", inner)
		}, target: "/apidocs", open: false},
		{name: "a handler behind middleware of its prefix", register: func(app *fiber.App) {
			app.Use("/api", next)
			app.Get("/api/users", page)
			app.Use("/api", cut)
		}, target: "/apidocs", open: false},
		{name: "a handler of net/http in front of a page", register: func(app *fiber.App) {
			app.Use("/api", adaptor.HTTPHandler(http.StripPrefix("/api", http.FileServer(http.Dir(dir)))))
			app.Get("/api/users", page)
		}, target: "/apidocs", open: false},
		{name: "a function of net/http in front of a page", register: func(app *fiber.App) {
			app.Use("/api", adaptor.HTTPHandlerFunc(http.StripPrefix("/api", http.FileServer(http.Dir(dir))).ServeHTTP))
			app.Get("/api/users", page)
		}, target: "/apidocs", open: false},
		{name: "a proxy in front of a page", register: func(app *fiber.App) {
			app.Use("/api", proxy.Balancer(proxy.Config{Servers: []string{upstream.URL}, ModifyRequest: func(c *fiber.Ctx) error {
				c.Request().SetRequestURI("/" + strings.TrimPrefix(c.OriginalURL(), "/api"))
				return nil
			}}))
			app.Get("/api/users", page)
		}, target: "/apidocs", open: false},
		{name: "middleware of net/http", register: func(app *fiber.App) {
			app.Use("/api", adaptor.HTTPMiddleware(func(next http.Handler) http.Handler { return next }))
			app.Get("/api/users", page)
			app.Get("/apidocs", page)
		}, target: "/apidocs", open: true},
		{name: "Static with a wildcard", register: func(app *fiber.App) { app.Static("/api/*", dir) }, target: "/xxx/docs", open: false},
		{name: "Static with a wildcard behind a page", register: func(app *fiber.App) {
			app.Get("/sign-in", page)
			app.Static("/api/*", dir)
		}, target: "/sign-in", open: true},
		{name: "Static with a wildcard in front of a page", register: func(app *fiber.App) {
			app.Static("/api/*", dir)
			app.Get("/sign-in", page)
		}, target: "/sign-in", open: false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.config.ReadBufferSize, test.config.DisableStartupMessage = 16<<10, true
			app := fiber.New(test.config)
			app.Use(fiberclerk.Middleware(clerktest.New(t).Options()), fiberclerk.ProtectRoutes(core.MustRouteMatcher("/api/:path*", "/:v/api/:path*")))
			test.register(app)
			app.Post("/apidocs", page)
			address := serveTCP(t, app)
			if status, body := askTCP(t, address, http.MethodPost, test.target); test.open && test.target == "/apidocs" && status != http.StatusOK {
				t.Errorf("POST: got %d %q", status, body)
			}
			status, body := getTCP(t, address, test.target)
			if (status == http.StatusOK) != test.open {
				t.Errorf("got %d %q, want it open: %t", status, body, test.open)
			}
		})
	}
}

// TestMountsOfLaterRoutes registers a mount when requests have come already.
func TestMountsOfLaterRoutes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docs"), []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadBufferSize: 16 << 10})
	app.Use(fiberclerk.Middleware(clerktest.New(t).Options()), fiberclerk.ProtectRoutes(core.MustRouteMatcher("/api/:path*")))
	get := func() int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/apidocs", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := app.Test(req, -1)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }() // Only the status counts.
		return resp.StatusCode
	}
	get()
	app.Static("/api", dir)
	if got := get(); got == http.StatusOK {
		t.Errorf("a file of a later mount: got %d", got)
	}
}

// TestMountsOfOtherMethods has a handler that answers every method behind middleware of the same
// prefix, which for most methods has no page to guard.
func TestMountsOfOtherMethods(t *testing.T) {
	t.Parallel()
	app := fiber.New(fiber.Config{DisableStartupMessage: true, ReadBufferSize: 16 << 10})
	app.Use(fiberclerk.Middleware(clerktest.New(t).Options()), fiberclerk.ProtectRoutes(core.MustRouteMatcher("/api/:path*")))
	app.Use("/api", func(c *fiber.Ctx) error { return c.Next() })
	app.Get("/api/users", func(c *fiber.Ctx) error { return c.SendString("a page") })
	app.Use("/api", func(c *fiber.Ctx) error { return c.SendString("a file") })
	address := serveTCP(t, app)
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodTrace, http.MethodConnect} {
		if status, body := askTCP(t, address, method, "/apidocs"); status != http.StatusNotFound {
			t.Errorf("%s: got %d %q, want 404", method, status, body)
		}
	}
}
