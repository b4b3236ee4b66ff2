package fiber3clerk_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

// TestSlashesAlone is about the path // and a route for everything: Fiber leaves the middleware of
// app.Use out, and the application is told so.
func TestSlashesAlone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		prefix string
		route  string
		strict bool
		passed bool // by a stranger
		warned bool
	}{
		{name: "as the documents say", prefix: "/*", route: "/*", warned: false},
		{name: "strict routing", prefix: "/", route: "/*", strict: true, warned: false},
		{name: "without a prefix", prefix: "/", route: "/*", passed: true, warned: true},
		{name: "without a route for everything", prefix: "/", route: "/:page", warned: false},
		{name: "without a route for everything or nothing", prefix: "/", route: "/:page?", passed: true, warned: true},
		{name: "without a route for something", prefix: "/", route: "/+", warned: false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			o := clerktest.New(t).Options()
			o.Logger = slog.New(slog.NewTextHandler(&log, nil))
			app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10, StrictRouting: test.strict})
			app.Use(test.prefix, fiber3clerk.Middleware(o), fiber3clerk.Protect())
			app.Get(test.route, func(c fiber.Ctx) error { return c.SendString("a page") })
			address := serveTCP(t, app)
			for _, target := range []string{"/", "//", "///"} {
				status, body := getTCP(t, address, target)
				if got := status == http.StatusOK; got != (test.passed && target != "/") {
					t.Errorf("%s: got %d %q", target, status, body)
				}
			}
			if got := strings.Contains(log.String(), `app.Use(\"/*\"`); got != test.warned {
				t.Errorf("warned: %t, want %t: %s", got, test.warned, log.String())
			}
		})
	}
}
