// Command fiber3 is Acme, a tour of what clerkgo does, with Fiber v3. This file is what one
// would copy from: the middleware, the guards and the routes. What the pages show is
// shared with the other frameworks' examples.
//
//	go run ./fiber3
//
// Without keys it runs against a built-in Clerk. With CLERK_PUBLISHABLE_KEY and
// CLERK_SECRET_KEY it runs against yours.
package main

import (
	"bufio"
	"cmp"
	"context"
	"html/template"
	"io"
	"net"
	"strings"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/extractors"
	"github.com/gofiber/fiber/v3/middleware/csrf"
	"github.com/gofiber/fiber/v3/middleware/recover"
	"github.com/gofiber/fiber/v3/middleware/static"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
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
	// In an application of your own, app.Use("/*", fiber3clerk.Middleware()) does all of
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
	app.Use("/*", recover.New())

	// In front of the middleware stand static files, and webhooks, which carry neither a
	// session nor a form's token.
	app.Get("/static*", static.New("", static.Config{FS: site.Static}))
	app.Get("/favicon.ico", static.New("icon.svg", static.Config{FS: site.Static}))
	app.Post("/webhooks/clerk", fiber3clerk.Webhook(site.Webhooks, func(_ fiber.Ctx, event *webhook.Event) error {
		return site.Received(event)
	}))

	// Forms of other sites are refused: they do not know the token.
	app.Use("/*", csrf.New(csrf.Config{
		CookieName:     "csrf_fiber3",
		CookieHTTPOnly: true,
		Extractor:      extractors.FromForm("form_token"),
		ErrorHandler:   func(c fiber.Ctx, _ error) error { return show(c, site.Forged(demo.Visit{})) },
	}))

	// The routes of /break work while everything else is broken.
	app.Get("/break", outside(site.Break))
	app.Post("/break/:switch", outside(site.BreakSwitch))

	// Two Clerk instances in one process: the host says which.
	tenants := app.Group("/tenants", fiber3clerk.MiddlewareFunc(func(c fiber.Ctx) (core.Options, error) {
		return site.Tenant(c.Host())
	}, site.TenantBase()))
	tenants.Get("", handle(site.Tenants))
	tenants.Get("/private", fiber3clerk.Protect(), handle(site.TenantPrivate))
	tenants.Post("/sign-out", handle(site.TenantSignOut))

	app.Use("/*", fiber3clerk.With(clerk))
	app.Use("/*", fiber3clerk.OnRefuse(func(c fiber.Ctx, refusal core.Refusal) error {
		return show(c, site.Refused(visit(c), refusal))
	}))

	app.Get("/", handle(site.Home))
	app.Get("/sign-in", func(c fiber.Ctx) error {
		return fiber3clerk.RedirectToSignIn(c, core.ReturnBackURL("/dashboard"))
	})
	app.Get("/sign-up", func(c fiber.Ctx) error {
		return fiber3clerk.RedirectToSignUp(c, core.ReturnBackURL("/dashboard"))
	})
	app.Get("/sign-out", handle(site.AskSignOut))
	app.Post("/sign-out", handle(site.SignOut))

	// Only for signed-in users.
	user := fiber3clerk.Protect()
	app.Get("/dashboard", user, handle(site.Dashboard))
	app.Get("/api/me", user, me)

	app.Get("/me", user, handle(site.Personal))
	app.Get("/me/tokens", user, handle(site.Tokens))
	orgs := app.Group("/orgs", user)
	orgs.Get("", handle(site.Organizations))
	orgs.Get("/:slug", handle(site.Organization))
	orgs.Get("/:slug/tokens", handle(site.Tokens))
	orgs.Post("/:slug/projects", fiber3clerk.Protect(core.Permission("org:projects:create")), handle(site.AddProject))

	admins := app.Group("/admin", fiber3clerk.Protect(core.MetadataRole("admin")))
	admins.Get("", handle(site.Admin))
	admins.Post("/role", handle(site.SetRole))
	admins.Post("/role/remove", handle(site.RemoveRole))

	app.Get("/tokens", user, handle(site.Tokens))
	machines := app.Group("/machines", user)
	machines.Get("", handle(site.Machines))
	machines.Post("", handle(site.MakeKey))
	machines.Post("/revoke", handle(site.RevokeKey))

	stepUp := app.Group("/step-up", user)
	stepUp.Get("", handle(site.StepUp))
	stepUp.Post("/wait", handle(site.PassTime))
	stepUp.Post("/delete", fiber3clerk.Protect(core.Reverification(core.Strict), core.UnauthorizedURL("/step-up?confirm=yes")), handle(site.DeleteProject))

	app.Get("/webhooks", user, handle(site.WebhookLog))
	app.Get("/webhooks/events", user, func(c fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "text/event-stream")
		c.Set(fiber.HeaderCacheControl, "no-store")
		return c.SendStreamWriter(func(w *bufio.Writer) {
			site.WriteEvents(context.Background(), w, w.Flush)
		})
	})
	app.Post("/webhooks/try", user, handle(site.CreateUser))
	app.Post("/webhooks/forge", user, handle(site.ForgeWebhook))

	// For machines, by the scopes of their API keys. The last route answers for what
	// does not exist.
	app.Get("/api/reports", fiber3clerk.Protect(core.AcceptTokens(core.APIKey), core.Scopes("reports:read")), reports)
	app.Post("/api/reports", fiber3clerk.Protect(core.AcceptTokens(core.APIKey), core.Scopes("reports:write")), reports)
	app.Use(handle(site.NotFound))
	return app, nil
}

// me is what a JSON endpoint knows of its caller.
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

// reports is what it knows of a machine.
func reports(c fiber.Ctx) error {
	auth := fiber3clerk.Auth(c)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(fiber.Map{"key": auth.Name, "for": auth.Subject, "scopes": auth.Scopes})
}

// handle makes a handler of a page.
func handle(page func(demo.Visit) demo.Answer) fiber.Handler {
	return func(c fiber.Ctx) error { return show(c, page(visit(c))) }
}

// outside is handle for pages in front of the middleware.
func outside(page func(demo.Visit) demo.Answer) fiber.Handler {
	return func(c fiber.Ctx) error {
		return show(c, page(demo.Visit{Context: c.Context(), Value: value(c), FormToken: csrf.TokenFromContext(c)}))
	}
}

// visit is what pages need of a request.
func visit(c fiber.Ctx) demo.Visit {
	return demo.Visit{
		Context:   c.Context(),
		Auth:      fiber3clerk.Auth(c),
		State:     fiber3clerk.State(c),
		Client:    fiber3clerk.Client(c),
		Host:      c.Host(),
		Value:     value(c),
		FormToken: csrf.TokenFromContext(c),
	}
}

// value copies: Fiber uses the memory of a request again.
func value(c fiber.Ctx) func(name string) string {
	return func(name string) string {
		return strings.Clone(cmp.Or(c.Params(name), c.FormValue(name), c.Query(name)))
	}
}

func show(c fiber.Ctx, answer demo.Answer) error {
	for name := range answer.Header {
		c.Set(name, answer.Header.Get(name))
	}
	if answer.Template == "" {
		return c.Status(answer.Status).Send(nil)
	}
	return c.Status(answer.Status).Render(answer.Template, answer.Page)
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
