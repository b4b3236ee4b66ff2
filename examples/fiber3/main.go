// Command fiber3 is a small web application with Fiber v3: an open page, a page for
// signed-in users, one for admins, and a JSON endpoint.
//
//	go run ./fiber3
//
// Without keys it runs against a built-in Clerk. With CLERK_PUBLISHABLE_KEY and
// CLERK_SECRET_KEY it runs against yours.
package main

import (
	"context"
	"html/template"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/recover"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/examples/internal/demo"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func main() {
	demo.Main("Fiber v3", newServer)
}

func newServer(site *demo.Site) (demo.Server, error) {
	app, err := newApp(site)
	if err != nil {
		return nil, err
	}
	return server{app}, nil
}

func newApp(site *demo.Site) (*fiber.App, error) {
	// In an application of your own, app.Use(fiber3clerk.Middleware()) does all of
	// this: it reads the keys from the environment and panics at start-up without
	// them.
	clerk, err := core.New(site.Options)
	if err != nil {
		return nil, err
	}

	app := fiber.New(fiber.Config{
		ReadBufferSize: 16 << 10, // Clerk's cookies do not fit into Fiber's 4 KiB.
		ReadTimeout:    10 * time.Second,
		IdleTimeout:    2 * time.Minute,
		Views:          views{site.Templates},
	})
	app.Use(recover.New())
	app.Use(fiber3clerk.With(clerk))

	page := func(name string) fiber.Handler {
		return func(c fiber.Ctx) error {
			c.Set(fiber.HeaderCacheControl, "no-store") // It says who is signed in.
			return c.Render(name, site.Page(name, fiber3clerk.Auth(c)))
		}
	}

	app.Get("/", page("home"))
	app.Get("/dashboard", fiber3clerk.Protect(), page("dashboard"))
	app.Get("/admin", fiber3clerk.Protect(core.Role("org:admin")), page("admin"))

	api := app.Group("/api", fiber3clerk.Protect())
	api.Get("/me", me)

	app.Get("/sign-in", func(c fiber.Ctx) error {
		return fiber3clerk.RedirectToSignIn(c, core.ReturnBackURL("/dashboard"))
	})
	app.Get("/sign-up", func(c fiber.Ctx) error {
		return fiber3clerk.RedirectToSignUp(c, core.ReturnBackURL("/dashboard"))
	})
	app.Get("/sign-out", func(c fiber.Ctx) error {
		if u := site.SignOutURL(); u != "" {
			return c.Redirect().Status(http.StatusSeeOther).To(u)
		}
		return page("sign-out")(c)
	})
	return app, nil
}

func me(c fiber.Ctx) error {
	auth := fiber3clerk.Auth(c)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(fiber.Map{
		"userId":    auth.UserID,
		"sessionId": auth.SessionID,
		"orgId":     auth.OrgID,
		"orgRole":   auth.OrgRole,
	})
}

// views makes Fiber render the templates of html/template.
type views struct{ templates *template.Template }

func (v views) Load() error { return nil }

func (v views) Render(w io.Writer, name string, data any, _ ...string) error {
	return v.templates.ExecuteTemplate(w, name, data)
}

// server lets the demo start and stop Fiber as it does net/http.
type server struct{ *fiber.App }

func (s server) Serve(l net.Listener) error {
	return s.Listener(l, fiber.ListenConfig{DisableStartupMessage: true})
}

func (s server) Shutdown(ctx context.Context) error { return s.ShutdownWithContext(ctx) }
