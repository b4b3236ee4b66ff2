package fiberclerk_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/proxy"
	"github.com/gofiber/fiber/v2/middleware/recover"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiberclerk"
)

// odd are targets without a slash at the start, or without any path.
var odd = []string{
	"admin/secret.txt", "./admin/secret.txt", "%2fadmin/secret.txt", "assets/../admin/secret.txt", "x/../admin/secret.txt", `\admin\secret.txt`,
	"?/admin/secret.txt", "*", "x", "//", "///", "?x", "#", "http://app.example?x", "/admin/secret.txt", "//admin/secret.txt",
	"/%2fadmin/secret.txt", "http://app.example/admin/secret.txt",
}

// TestCoverage sends odd targets to applications whose routes serve every path: what Fiber's Use
// registers, with a path or without one, is left out for none.
func TestCoverage(t *testing.T) {
	t.Parallel()
	const secret = "the secret"
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "admin"), 0o750); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"index.html", "admin/secret.txt", "admin/index.html"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	page := func(c *fiber.Ctx) error { return c.SendString(secret) }
	upstream := fiber.New(fiber.Config{DisableStartupMessage: true})
	upstream.Get("/*", page)
	behind := "http://" + serveTCP(t, upstream)
	clerk := core.Must(clerktest.New(t).Options())
	open := func(c *fiber.Ctx) error { return c.Next() }
	for name, register := range map[string]func(app *fiber.App, guard fiber.Handler){
		"a page":              func(app *fiber.App, guard fiber.Handler) { app.Use(guard); app.Get("/*", page) },
		"an optional part":    func(app *fiber.App, guard fiber.Handler) { app.Use(guard); app.Get("/:page?", page) },
		"a page behind /":     func(app *fiber.App, guard fiber.Handler) { app.Use("/", guard); app.Get("*", page) },
		"a page behind /*":    func(app *fiber.App, guard fiber.Handler) { app.Use("/*", guard); app.Get("*", page) },
		"a page of a group":   func(app *fiber.App, guard fiber.Handler) { app.Group("/", guard).Get("/*", page) },
		"Static":              func(app *fiber.App, guard fiber.Handler) { app.Use(guard); app.Static("/", dir) },
		"Static of a star":    func(app *fiber.App, guard fiber.Handler) { app.Use(guard); app.Static("/*", dir) },
		"a page on its route": func(app *fiber.App, guard fiber.Handler) { app.Get("/*", guard, page) },
		"an application":      func(app *fiber.App, guard fiber.Handler) { app.Use(guard); app.Mount("/", mounted(open, page)) },
		"a star in a mount":   func(app *fiber.App, guard fiber.Handler) { app.Mount("/", mounted(guard, page)) },
		"a Balancer behind it": func(app *fiber.App, guard fiber.Handler) {
			app.Use(guard)
			app.Use(proxy.Balancer(proxy.Config{Servers: []string{behind}}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for guardName, guard := range map[string]fiber.Handler{
				"none":          open,
				"Protect":       fiberclerk.Protect(),
				"ProtectRoutes": fiberclerk.ProtectRoutes(core.MustRouteMatcher("/(.*)")),
				"Not":           fiberclerk.ProtectRoutes(core.MustRouteMatcher("/about").Not()),
			} {
				for _, config := range []fiber.Config{{}, {StrictRouting: true}, {CaseSensitive: true, UnescapePath: true}} {
					config.ReadBufferSize, config.DisableStartupMessage = 16<<10, true
					app := fiber.New(config)
					app.Use(recover.New(), fiberclerk.With(clerk))
					register(app, guard)
					address := serveTCP(t, app)
					came := 0
					for _, target := range odd {
						status, body := getTCP(t, address, target)
						if body == secret {
							came++
						}
						if guardName != "none" && (status == http.StatusOK || status >= 500) {
							t.Errorf("%s, strict %t: %q of a stranger got %d %q", guardName, config.StrictRouting, target, status, body)
						}
					}
					if (came > 0) != (guardName == "none") {
						t.Errorf("%s, strict %t: the secret came out for %d targets", guardName, config.StrictRouting, came)
					}
				}
			}
		})
	}
}

// mounted is an application with a guard for a star in front of a page.
func mounted(guard, page fiber.Handler) *fiber.App {
	inner := fiber.New()
	inner.Use("/*", guard)
	inner.Get("/*", page)
	return inner
}

// TestCoverageOfPrefixes has guards that Fiber leaves out for some of what is below their prefix, or
// for all of it. They refuse everything, so that nobody puts them into production.
func TestCoverageOfPrefixes(t *testing.T) {
	t.Parallel()
	page := func(c *fiber.Ctx) error { return c.SendString("a page") }
	mount := func(path, own string) func(app *fiber.App, guard fiber.Handler) {
		return func(app *fiber.App, guard fiber.Handler) {
			inner := fiber.New()
			inner.Use(own, guard)
			inner.Get("/*", page)
			app.Mount(path, inner)
		}
	}
	for _, test := range []struct {
		name     string
		strict   bool
		register func(app *fiber.App, guard fiber.Handler)
		ordinary string
		target   string // which gets past a faulty guard
		faulty   bool
	}{
		{name: "a group", register: func(app *fiber.App, guard fiber.Handler) { app.Group("/api", guard).Get("/*", page) }, ordinary: "/api/x", target: "/api"},
		{name: "a strict group with a slash", strict: true, register: func(app *fiber.App, guard fiber.Handler) { app.Group("/api/", guard).Get("/*", page) }, ordinary: "/api/x", target: "/api", faulty: true},
		{name: "a strict group with a slash and its page", strict: true, register: func(app *fiber.App, guard fiber.Handler) { app.Group("/api/", guard).Get("/", page) }, ordinary: "/api/", target: "/api/?x"},
		{name: "a mounted application", register: mount("/api", "/"), ordinary: "/api/x", target: "/api"},
		{name: "a mounted application, strict", strict: true, register: mount("/api", "/"), ordinary: "/api/x", target: "/api", faulty: true},
		{name: "a mounted application with a star, strict", strict: true, register: mount("/api", "/*"), ordinary: "/api/x", target: "/api"},
		{name: "an application mounted at the root", register: mount("/", "/"), ordinary: "/x", target: "//", faulty: true},
		{name: "an application mounted at the root, strict", strict: true, register: mount("/", "/"), ordinary: "/x", target: "?x", faulty: true},
		{name: "Require in an application mounted at the root", register: func(app *fiber.App, _ fiber.Handler) {
			mount("/", "/")(app, func(c *fiber.Ctx) error {
				if err := fiberclerk.Require(c); err != nil {
					return err
				}
				return c.Next()
			})
		}, ordinary: "/x", target: "//", faulty: true},
		{name: "a mounted application at a parameter", register: mount("/:org", "/"), ordinary: "/api/x", target: "/api/y", faulty: true},
		{name: "a mounted application at a parameter with a star", register: mount("/:org", "/*"), ordinary: "/api/x", target: "/api"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10, StrictRouting: test.strict, DisableStartupMessage: true})
			app.Use(fiberclerk.With(core.Must(clerktest.New(t).Options())))
			test.register(app, fiberclerk.Protect())
			address := serveTCP(t, app)
			want := http.StatusNotFound
			if test.faulty {
				want = http.StatusInternalServerError
			}
			if status, body := getTCP(t, address, test.ordinary); status != want {
				t.Errorf("%q of a stranger got %d %q, want %d", test.ordinary, status, body, want)
			}
			if status, body := getTCP(t, address, test.target); !test.faulty && status != want {
				t.Errorf("%q of a stranger got %d %q, want %d", test.target, status, body, want)
			}
		})
	}
}
