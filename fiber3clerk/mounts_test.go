package fiber3clerk_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/static"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

// TestMounts has file servers and wildcards that take a path for another one. All of the targets
// open a file where no guard stands.
func TestMounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"api", "api/docs", "api/v1", "docs"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "x"), []byte("a file"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	page := func(c fiber.Ctx) error { return c.SendString("a page") }
	for _, test := range []struct {
		name     string
		register func(app *fiber.App)
		target   string
		open     bool
	}{
		{name: "a page", register: func(app *fiber.App) { app.Get("/apidocs", page) }, target: "/apidocs", open: true},
		{name: "a handler of whole segments", register: func(app *fiber.App) { app.Use("/api", page); app.Get("/apidocs", page) }, target: "/apidocs", open: true},
		{name: "a wildcard", register: func(app *fiber.App) { app.Get("/api*", page) }, target: "/apidocs", open: false},
		{name: "some of a wildcard", register: func(app *fiber.App) { app.Get("/api+", page) }, target: "/apidocs", open: false},
		{name: "an asterisk that stands for itself", register: func(app *fiber.App) { app.Get("/api\\*docs", page) }, target: "/api*docs", open: true},
		{name: "static of a wildcard within a segment", register: func(app *fiber.App) { app.Get("/api*", static.New(dir)) }, target: "/apidocs/x", open: false},
		{name: "static behind a parameter", register: func(app *fiber.App) { app.Get("/:version/api/*", static.New(dir)) }, target: "/v1/api/xxxxxdocs/x", open: false},
		{name: "static of a plus", register: func(app *fiber.App) { app.Get("/+", static.New(dir)) }, target: "/xapi/docs/x", open: false},
		{name: "static of two prefixes", register: func(app *fiber.App) {
			app.Use([]string{"/documents", "/api"}, static.New(dir))
		}, target: "/api/12345docs/x", open: false},
		{name: "static elsewhere", register: func(app *fiber.App) { app.Use("/docs", static.New(dir)) }, target: "/docs/docs/x", open: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for name, guard := range map[string]fiber.Handler{
				"guarded": fiber3clerk.ProtectRoutes(core.MustRouteMatcher("/api/docs(.*)", "/:version/api/docs(.*)")),
				"open":    func(c fiber.Ctx) error { return c.Next() },
			} {
				app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
				app.Use("/*", fiber3clerk.Middleware(clerktest.New(t).Options()), guard)
				test.register(app)
				address := serveTCP(t, app)
				getTCP(t, address, "/documents/docs/x") // A file server keeps the first prefix.
				status, body := getTCP(t, address, test.target)
				if want := test.open || name == "open"; (status == http.StatusOK) != want {
					t.Errorf("%s: got %d %q, want it served: %t", name, status, body, want)
				}
			}
		})
	}
}
