// Command echo5 is Acme, a tour of what clerkgo does, with Echo v5. This file is what one
// would copy from: the middleware, the guards and the routes. What the pages show is
// shared with the other frameworks' examples.
//
//	go run ./echo5
//
// Without keys it runs against a built-in Clerk. With CLERK_PUBLISHABLE_KEY and
// CLERK_SECRET_KEY it runs against yours.
package main

import (
	"cmp"
	"html/template"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/echo5clerk"
	"github.com/clerkgo/clerkgo/examples/internal/demo"
)

func main() {
	demo.Main("Echo v5", newServer)
}

func newServer(site *demo.Site) (demo.Server, error) {
	app, err := newApp(site)
	if err != nil {
		return nil, err
	}
	return &http.Server{Handler: app, ReadHeaderTimeout: 10 * time.Second}, nil
}

func newApp(site *demo.Site) (*echo.Echo, error) {
	// In an application of your own, e.Use(echo5clerk.Middleware()) does all of this:
	// it reads the keys from the environment and panics at start-up without them.
	clerk, err := core.New(site.Options)
	if err != nil {
		return nil, err
	}

	e := echo.New()
	e.Renderer = renderer{site.Templates}
	e.Use(middleware.Recover())

	// Forms of other sites are refused. Clerk's webhooks come from no browser, and pass.
	forms := http.NewCrossOriginProtection()
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			if forms.Check(c.Request()) != nil {
				return show(c, site.Forged(demo.Visit{}))
			}
			return next(c)
		}
	})

	// In front of the middleware stand static files, the routes of /break, which work
	// while everything else is broken, and webhooks, which carry no session.
	e.StaticFS("/static", site.Static)
	e.FileFS("/favicon.ico", "icon.svg", site.Static)
	e.GET("/break", outside(site.Break))
	e.POST("/break/:switch", outside(site.BreakSwitch))
	e.POST("/webhooks/clerk", echo5clerk.Webhook(site.Webhooks, func(_ *echo.Context, event *webhook.Event) error {
		return site.Received(event)
	}))

	// Two Clerk instances in one process: the host says which.
	tenants := e.Group("/tenants", echo5clerk.MiddlewareFunc(func(c *echo.Context) (core.Options, error) {
		return site.Tenant(c.Request().Host)
	}, site.TenantBase()))
	tenants.GET("", handle(site.Tenants))
	tenants.GET("/private", handle(site.TenantPrivate), echo5clerk.Protect())
	tenants.POST("/sign-out", handle(site.TenantSignOut))

	app := e.Group("", echo5clerk.With(clerk), echo5clerk.OnRefuse(func(c *echo.Context, refusal core.Refusal) error {
		return show(c, site.Refused(visit(c), refusal))
	}))
	app.RouteNotFound("/*", handle(site.NotFound))

	app.GET("/", handle(site.Home))
	app.GET("/sign-in", func(c *echo.Context) error {
		return echo5clerk.RedirectToSignIn(c, core.ReturnBackURL("/dashboard"))
	})
	app.GET("/sign-up", func(c *echo.Context) error {
		return echo5clerk.RedirectToSignUp(c, core.ReturnBackURL("/dashboard"))
	})
	app.GET("/sign-out", handle(site.AskSignOut))
	app.POST("/sign-out", handle(site.SignOut))

	// Only for signed-in users. A group without a prefix must not answer for absent
	// routes, so the guard stands at each route.
	user := echo5clerk.Protect()
	app.GET("/dashboard", handle(site.Dashboard), user)
	app.GET("/api/me", me, user)

	app.GET("/me", handle(site.Personal), user)
	app.GET("/me/tokens", handle(site.Tokens), user)
	orgs := app.Group("/orgs", user)
	orgs.GET("", handle(site.Organizations))
	orgs.GET("/:slug", handle(site.Organization))
	orgs.GET("/:slug/tokens", handle(site.Tokens))
	orgs.POST("/:slug/projects", handle(site.AddProject), echo5clerk.Protect(core.Permission("org:projects:create")))

	admins := app.Group("/admin", echo5clerk.Protect(core.MetadataRole("admin")))
	admins.GET("", handle(site.Admin))
	admins.POST("/role", handle(site.SetRole))
	admins.POST("/role/remove", handle(site.RemoveRole))

	app.GET("/tokens", handle(site.Tokens), user)
	machines := app.Group("/machines", user)
	machines.GET("", handle(site.Machines))
	machines.POST("", handle(site.MakeKey))
	machines.POST("/revoke", handle(site.RevokeKey))

	stepUp := app.Group("/step-up", user)
	stepUp.GET("", handle(site.StepUp))
	stepUp.POST("/wait", handle(site.PassTime))
	stepUp.POST("/delete", handle(site.DeleteProject), echo5clerk.Protect(core.Reverification(core.Strict), core.UnauthorizedURL("/step-up?confirm=yes")))

	app.GET("/webhooks", handle(site.WebhookLog), user)
	app.GET("/webhooks/events", echo.WrapHandler(http.HandlerFunc(site.ServeEvents)), user)
	app.POST("/webhooks/try", handle(site.CreateUser), user)
	app.POST("/webhooks/forge", handle(site.ForgeWebhook), user)

	// For machines, by the scopes of their API keys.
	app.GET("/api/reports", reports, echo5clerk.Protect(core.AcceptTokens(core.APIKey), core.Scopes("reports:read")))
	app.POST("/api/reports", reports, echo5clerk.Protect(core.AcceptTokens(core.APIKey), core.Scopes("reports:write")))
	return e, nil
}

// me is what a JSON endpoint knows of its caller.
func me(c *echo.Context) error {
	auth := echo5clerk.Auth(c)
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return c.JSON(http.StatusOK, map[string]string{
		"userId":    auth.UserID,
		"sessionId": auth.SessionID,
		"orgId":     auth.OrgID,
		"orgRole":   auth.OrgRole,
	})
}

// reports is what it knows of a machine.
func reports(c *echo.Context) error {
	auth := echo5clerk.Auth(c)
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return c.JSON(http.StatusOK, map[string]any{"key": auth.Name, "for": auth.Subject, "scopes": auth.Scopes})
}

// handle makes a handler of a page.
func handle(page func(demo.Visit) demo.Answer) echo.HandlerFunc {
	return func(c *echo.Context) error { return show(c, page(visit(c))) }
}

// outside is handle for pages in front of the middleware.
func outside(page func(demo.Visit) demo.Answer) echo.HandlerFunc {
	return func(c *echo.Context) error {
		return show(c, page(demo.Visit{Context: c.Request().Context(), Value: value(c)}))
	}
}

// visit is what pages need of a request.
func visit(c *echo.Context) demo.Visit {
	return demo.Visit{
		Context: c.Request().Context(),
		Auth:    echo5clerk.Auth(c),
		State:   echo5clerk.State(c),
		Client:  echo5clerk.Client(c),
		Host:    c.Request().Host,
		Value:   value(c),
	}
}

func value(c *echo.Context) func(name string) string {
	return func(name string) string { return cmp.Or(c.Param(name), c.FormValue(name)) }
}

func show(c *echo.Context, answer demo.Answer) error {
	maps.Copy(c.Response().Header(), answer.Header)
	if answer.Template == "" {
		return c.NoContent(answer.Status)
	}
	return c.Render(answer.Status, answer.Template, answer.Page)
}

// renderer makes Echo render the templates of html/template.
type renderer struct{ templates *template.Template }

func (r renderer) Render(_ *echo.Context, w io.Writer, name string, data any) error {
	return r.templates.ExecuteTemplate(w, name, data)
}
