package fiber3clerk_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/proxy"
	"github.com/gofiber/fiber/v3/middleware/recover"
	"github.com/gofiber/fiber/v3/middleware/static"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

// odd are targets for which Fiber leaves out what app.Use registers without a path, or for /.
var odd = []string{
	"admin/secret.txt", "./admin/secret.txt", "%2fadmin/secret.txt", "assets/../admin/secret.txt", "x/../admin/secret.txt", `\admin\secret.txt`,
	"?/admin/secret.txt", "*", "x", "//", "///", "?x", "#", "http://app.example?x",
}

// ordinary are those that every guard sees.
var ordinary = []string{"/admin/secret.txt", "/admin/", "//admin/secret.txt", "/%2fadmin/secret.txt", "http://app.example/admin/secret.txt"}

// TestCoverage sends every target to applications whose routes serve what their guards may not see.
// Nothing guarded comes out: a handler that is left out for some requests refuses all others, so that
// nobody puts it into production, and Use("/*") leaves out nothing.
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
	upstream := fiber.New()
	upstream.Get("/*", func(c fiber.Ctx) error { return c.SendString(secret) })
	behind := "http://" + serveTCP(t, upstream)
	page := func(c fiber.Ctx) error { return c.SendString(secret) }

	type register func(app *fiber.App, clerk, guard fiber.Handler, prefix string)
	// use registers both as applications do.
	use := func(app *fiber.App, clerk, guard fiber.Handler, prefix string) {
		if prefix == "" {
			app.Use(clerk)
			app.Use(guard)
		} else {
			app.Use(prefix, clerk, guard)
		}
	}
	then := func(path string, handler any) register {
		return func(app *fiber.App, clerk, guard fiber.Handler, prefix string) {
			use(app, clerk, guard, prefix)
			app.Get(path, handler)
		}
	}
	for _, test := range []struct {
		name     string
		register register
		covered  bool // without Use("/*") too
		loose    bool // left out without StrictRouting only
		quiet    bool // in the log of the middleware
	}{
		{name: "static of a star", register: then("/*", static.New(dir))},
		{name: "static of a bare star", register: then("*", static.New(dir))},
		{name: "a page", register: then("/*", page)},
		{name: "an optional parameter", register: then("/:page?", page)},
		{name: "optional parameters", register: then("/:page?/:part?", page)},
		{name: "Require", register: func(app *fiber.App, clerk, guard fiber.Handler, prefix string) {
			app.Use("/*", clerk)
			use(app, func(c fiber.Ctx) error { return c.Next() }, func(c fiber.Ctx) error {
				if err := fiber3clerk.Require(c); err != nil {
					return err
				}
				return guard(c)
			}, prefix)
			app.Get("/*", page)
		}, quiet: true},
		{name: "slashes", register: then("//", page), loose: true},
		{name: "a star below an optional parameter", register: then("/:page?/*", page)},
		{name: "static with Use for a star", register: func(app *fiber.App, clerk, guard fiber.Handler, prefix string) {
			use(app, clerk, guard, prefix)
			app.Use("/*", static.New(dir))
		}},
		{name: "Balancer", register: func(app *fiber.App, clerk, guard fiber.Handler, prefix string) {
			use(app, clerk, guard, prefix)
			app.All("/*", proxy.Balancer(proxy.Config{Servers: []string{behind}}))
		}},
		{name: "methods of Add", register: func(app *fiber.App, clerk, guard fiber.Handler, prefix string) {
			use(app, clerk, guard, prefix)
			app.Add([]string{"GET", "OPTIONS"}, "/*", page)
		}},
		{name: "RouteChain", register: func(app *fiber.App, clerk, guard fiber.Handler, prefix string) {
			use(app, clerk, guard, prefix)
			app.RouteChain("/*").Get(page)
		}},
		{name: "a group", register: func(app *fiber.App, clerk, guard fiber.Handler, prefix string) {
			use(app, clerk, func(c fiber.Ctx) error { return c.Next() }, prefix)
			if prefix == "/*" {
				app.Group("/").Use("/*", guard).Get("/*", page)
			} else {
				app.Group(prefix, guard).Get("/*", page)
			}
		}},
		{name: "a mounted application behind guards", register: func(app *fiber.App, clerk, guard fiber.Handler, prefix string) {
			use(app, clerk, guard, prefix)
			inner := fiber.New()
			inner.Get("/*", page)
			app.Use("/", inner)
		}},
		{name: "a mounted application of guards", register: func(app *fiber.App, clerk, guard fiber.Handler, prefix string) {
			app.Use("/*", clerk)
			inner := fiber.New()
			if prefix == "" {
				inner.Use(guard)
			} else {
				inner.Use(prefix, guard)
			}
			inner.Get("/*", page)
			app.Use("/", inner)
		}, quiet: true},
		{name: "the guard on the route", register: func(app *fiber.App, clerk, guard fiber.Handler, _ string) {
			app.Use("/*", clerk)
			app.Get("/*", guard, page)
		}, covered: true},
		{name: "a route for something", register: then("/+", page), covered: true},
		{name: "a route for a segment", register: then("/:page", page), covered: true},
		{name: "a route below a prefix", register: then("/admin/*", page), covered: true},
		{name: "a route of a group", register: func(app *fiber.App, clerk, guard fiber.Handler, prefix string) {
			use(app, clerk, func(c fiber.Ctx) error { return c.Next() }, prefix)
			app.Group("/admin", guard).Get("/*", page)
		}, covered: true},
		{name: "a route in front", register: func(app *fiber.App, clerk, guard fiber.Handler, prefix string) {
			app.Use("/*", func(c fiber.Ctx) error { return c.Next() })
			use(app, clerk, guard, prefix)
			app.Get("/admin/*", page)
		}, covered: true},
		{name: "static without a path", register: func(app *fiber.App, clerk, guard fiber.Handler, prefix string) {
			use(app, clerk, guard, prefix)
			app.Use(static.New(dir))
		}, covered: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, prefix := range []string{"", "/", "/*"} {
				for guardName, guard := range map[string]func() fiber.Handler{
					"Protect":       func() fiber.Handler { return fiber3clerk.Protect() },
					"ProtectRoutes": func() fiber.Handler { return fiber3clerk.ProtectRoutes(core.MustRouteMatcher("/(.*)")) },
					"Not":           func() fiber.Handler { return fiber3clerk.ProtectRoutes(core.MustRouteMatcher("/about").Not()) },
				} {
					for _, config := range []fiber.Config{{}, {StrictRouting: true}, {CaseSensitive: true, UnescapePath: true}} {
						var log bytes.Buffer
						s := clerktest.New(t)
						o := s.Options()
						o.Logger = slog.New(slog.NewTextHandler(&log, nil))
						config.ReadBufferSize = 16 << 10
						app := fiber.New(config)
						test.register(app, fiber3clerk.Middleware(o), guard(), prefix)
						address := serveTCP(t, app)
						where := guardName + " with Use(" + prefix + ")"
						safe := test.covered || prefix == "/*" || test.loose && config.StrictRouting
						if status, body := getTCP(t, address, "/admin/secret.txt"); status == http.StatusInternalServerError == safe || body == secret {
							t.Errorf("%s: an ordinary request of a stranger got %d %q", where, status, body)
						}
						if !safe {
							if !test.quiet && !strings.Contains(log.String(), `Use(\"/*\"`) {
								t.Errorf("%s: the log does not name the remedy: %s", where, log.String())
							}
							passed := 0
							for _, target := range odd {
								if _, body := getTCP(t, address, target); body == secret {
									passed++
								}
							}
							if passed == 0 {
								t.Errorf("%s, strict %t: Fiber leaves nothing out: there is nothing to refuse", where, config.StrictRouting)
							}
						} else {
							for _, target := range append(odd, ordinary...) {
								if status, body := getTCP(t, address, target); status == http.StatusOK || status >= 500 || body == secret {
									t.Errorf("%s, strict %t: %q of a stranger got %d %q", where, config.StrictRouting, target, status, body)
								}
							}
						}
					}
				}
			}
		})
	}
}

// TestCoverageOfPrefixes has guards of prefixes that Fiber leaves out for some of what is below them.
func TestCoverageOfPrefixes(t *testing.T) {
	t.Parallel()
	page := func(c fiber.Ctx) error { return c.SendString("a page") }
	mounted := func(path, own string) func(app *fiber.App, guard fiber.Handler) {
		return func(app *fiber.App, guard fiber.Handler) {
			inner := fiber.New()
			inner.Use(own, guard)
			inner.Get("/*", page)
			app.Use(path, inner)
		}
	}
	for _, test := range []struct {
		name     string
		strict   bool
		register func(app *fiber.App, guard fiber.Handler)
		target   string // which gets past the guard
		ordinary string
		faulty   bool
	}{
		{name: "a group", register: func(app *fiber.App, guard fiber.Handler) { app.Group("/api", guard).Get("/*", page) }, ordinary: "/api/x", target: "/api"},
		{name: "a strict group", strict: true, register: func(app *fiber.App, guard fiber.Handler) { app.Group("/api", guard).Get("/*", page) }, ordinary: "/api/x", target: "/api"},
		{name: "a group with a slash", register: func(app *fiber.App, guard fiber.Handler) { app.Group("/api/", guard).Get("/*", page) }, ordinary: "/api/x", target: "/api"},
		{name: "a strict group with a slash", strict: true, register: func(app *fiber.App, guard fiber.Handler) { app.Group("/api/", guard).Get("/*", page) }, ordinary: "/api/x", target: "/api", faulty: true},
		{name: "a strict group with a slash and a star", strict: true, register: func(app *fiber.App, guard fiber.Handler) { app.Group("/api/").Use("/*", guard).Get("/*", page) }, ordinary: "/api/x", target: "/api"},
		{name: "a strict group with a slash and its page", strict: true, register: func(app *fiber.App, guard fiber.Handler) { app.Group("/api/", guard).Get("/", page) }, ordinary: "/api/", target: "/api/?x"},
		{name: "a group of a parameter", register: func(app *fiber.App, guard fiber.Handler) { app.Group("/:org", guard).Get("/*", page) }, ordinary: "/api/x", target: "/api"},
		{name: "a mounted application", register: mounted("/api", "/"), ordinary: "/api/x", target: "/api"},
		{name: "a mounted application, strict", strict: true, register: mounted("/api", "/"), ordinary: "/api/x", target: "/api", faulty: true},
		{name: "a mounted application with a star, strict", strict: true, register: mounted("/api", "/*"), ordinary: "/api/x", target: "/api"},
		{name: "a mounted application at a parameter", register: mounted("/:org", "/"), ordinary: "/api/x", target: "/api/y", faulty: true},
		{name: "a mounted application at a parameter with a star", register: mounted("/:org", "/*"), ordinary: "/api/x", target: "/api"},
		{name: "a guard in front of a mounted application", register: func(app *fiber.App, guard fiber.Handler) {
			inner := fiber.New()
			inner.Get("/*", page)
			app.Use("/:org", guard)
			app.Use("/:org", inner)
		}, ordinary: "/api/x", target: "/api"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10, StrictRouting: test.strict})
			app.Use("/*", fiber3clerk.With(core.Must(clerktest.New(t).Options())))
			test.register(app, fiber3clerk.Protect())
			address := serveTCP(t, app)
			for _, target := range []string{test.ordinary, test.target} {
				want := http.StatusNotFound
				if test.faulty {
					want = http.StatusInternalServerError
				}
				if status, body := getTCP(t, address, target); status != want && (target == test.ordinary || !test.faulty) {
					t.Errorf("%q of a stranger got %d %q, want %d", target, status, body, want)
				}
			}
		})
	}
}

// TestAuthOfOddTargets asks who makes a request by a route that serves what app.Use leaves out. Auth
// panics where the middleware did not run, and nothing would recover that.
func TestAuthOfOddTargets(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]int{"/": http.StatusInternalServerError, "/*": http.StatusOK} {
		app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
		app.Use(prefix, recover.New())
		app.Use(prefix, fiber3clerk.Middleware(clerktest.New(t).Options()))
		app.Get("/*", func(c fiber.Ctx) error { return c.SendString("user:" + fiber3clerk.Auth(c).UserID) })
		address := serveTCP(t, app)
		targets := []string{"/x"}
		if prefix == "/*" {
			targets = append(targets, odd...)
		}
		for _, target := range targets {
			if status, body := getTCP(t, address, target); status != want || want == http.StatusOK && body != "user:" {
				t.Errorf("Use(%q), %q: got %d %q, want %d", prefix, target, status, body, want)
			}
		}
	}
}
