package fiber3clerk_test

import (
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func TestAuditFindsOpenRoutes(t *testing.T) {
	s := clerktest.New(t)
	app := fiber.New(fiber.Config{})
	app.Use("/*", fiber3clerk.Middleware(s.Options()), fiber3clerk.ProtectRoutes(core.MustRouteMatcher("/reports(.*)")))
	ok := func(c fiber.Ctx) error { return c.SendStatus(http.StatusOK) }
	app.Get("/", ok)
	app.Get("/items/:id", func(fiber.Ctx) error { return fiber.ErrNotFound })
	app.Get("/users/:id<int>", fiber3clerk.Protect(), ok)
	app.Post("/users/:id", ok)
	app.Group("/admin", fiber3clerk.Protect(core.Role("org:admin"))).All("/*", ok)
	app.Get("/reports/:year?", ok)
	app.Get("/keys", fiber3clerk.Protect(core.AcceptTokens(core.APIKey)), ok)
	app.Get("/inside", func(c fiber.Ctx) error {
		if err := fiber3clerk.Require(c); err != nil {
			return err
		}
		return ok(c)
	})
	call := func(req *http.Request) (*http.Response, error) { return app.Test(req, fiber.TestConfig{}) }
	report, err := clerktest.Audit(s, call, clerktest.Routes(app.GetRoutes(true), func(x fiber.Route) (string, string) { return x.Method, x.Path }))
	if err != nil {
		t.Fatal(err)
	}
	report.Check(t, "/", "/items/:id", "POST /users/:id")
}
