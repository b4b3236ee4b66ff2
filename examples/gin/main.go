// Command gin is Acme, a tour of what clerkgo does, with Gin. This file is what one
// would copy from: the middleware, the guards and the routes. What the pages show is
// shared with the other frameworks' examples.
//
//	go run ./gin
//
// Without keys it runs against a built-in Clerk. With CLERK_PUBLISHABLE_KEY and
// CLERK_SECRET_KEY it runs against yours.
package main

import (
	"cmp"
	"maps"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/examples/internal/demo"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func main() {
	gin.SetMode(gin.ReleaseMode)
	demo.Main("Gin", newServer)
}

func newServer(site *demo.Site) (demo.Server, error) {
	app, err := newApp(site)
	if err != nil {
		return nil, err
	}
	return &http.Server{Handler: app, ReadHeaderTimeout: 10 * time.Second}, nil
}

func newApp(site *demo.Site) (*gin.Engine, error) {
	// In an application of your own, r.Use(ginclerk.Middleware()) does all of this:
	// it reads the keys from the environment and panics at start-up without them.
	clerk, err := core.New(site.Options)
	if err != nil {
		return nil, err
	}

	r := gin.New()
	r.Use(gin.Recovery())
	r.SetHTMLTemplate(site.Templates)
	r.StaticFS("/static", http.FS(site.Static))
	r.GET("/favicon.ico", func(c *gin.Context) { c.FileFromFS("icon.svg", http.FS(site.Static)) })

	// Forms of other sites are refused. Clerk's webhooks come from no browser, and pass.
	forms := http.NewCrossOriginProtection()
	r.Use(func(c *gin.Context) {
		if forms.Check(c.Request) != nil {
			show(c, site.Forged(demo.Visit{}))
			c.Abort()
		}
	})

	// What Use adds from here on is not for the routes above it. Those of /break work
	// while everything else is broken, and webhooks carry no session.
	r.GET("/break", outside(site.Break))
	r.POST("/break/:switch", outside(site.BreakSwitch))
	r.POST("/webhooks/clerk", ginclerk.Webhook(site.Webhooks, func(_ *gin.Context, event *webhook.Event) error {
		return site.Received(event)
	}))

	// Two Clerk instances in one process: the host says which.
	tenants := r.Group("/tenants", ginclerk.MiddlewareFunc(func(c *gin.Context) (core.Options, error) {
		return site.Tenant(c.Request.Host)
	}, site.TenantBase()))
	tenants.GET("", handle(site.Tenants))
	tenants.GET("/private", ginclerk.Protect(), handle(site.TenantPrivate))
	tenants.POST("/sign-out", handle(site.TenantSignOut))

	r.Use(ginclerk.With(clerk))
	r.Use(ginclerk.OnRefuse(func(c *gin.Context, refusal core.Refusal) {
		show(c, site.Refused(visit(c), refusal))
	}))
	r.NoRoute(handle(site.NotFound))

	r.GET("/", handle(site.Home))
	r.GET("/sign-in", func(c *gin.Context) { ginclerk.RedirectToSignIn(c, core.ReturnBackURL("/dashboard")) })
	r.GET("/sign-up", func(c *gin.Context) { ginclerk.RedirectToSignUp(c, core.ReturnBackURL("/dashboard")) })
	r.GET("/sign-out", handle(site.AskSignOut))
	r.POST("/sign-out", handle(site.SignOut))

	// From here on, only for signed-in users.
	users := r.Group("", ginclerk.Protect())
	users.GET("/dashboard", handle(site.Dashboard))
	users.GET("/api/me", me)

	users.GET("/me", handle(site.Personal))
	users.GET("/me/tokens", handle(site.Tokens))
	users.GET("/orgs", handle(site.Organizations))
	users.GET("/orgs/:slug", handle(site.Organization))
	users.GET("/orgs/:slug/tokens", handle(site.Tokens))
	users.POST("/orgs/:slug/projects", ginclerk.Protect(core.Permission("org:projects:create")), handle(site.AddProject))

	admins := users.Group("/admin", ginclerk.Protect(core.MetadataRole("admin")))
	admins.GET("", handle(site.Admin))
	admins.POST("/role", handle(site.SetRole))
	admins.POST("/role/remove", handle(site.RemoveRole))

	users.GET("/tokens", handle(site.Tokens))
	users.GET("/machines", handle(site.Machines))
	users.POST("/machines", handle(site.MakeKey))
	users.POST("/machines/revoke", handle(site.RevokeKey))

	users.GET("/step-up", handle(site.StepUp))
	users.POST("/step-up/wait", handle(site.PassTime))
	users.POST("/step-up/delete", ginclerk.Protect(core.Reverification(core.Strict), core.UnauthorizedURL("/step-up?confirm=yes")), handle(site.DeleteProject))

	users.GET("/webhooks", handle(site.WebhookLog))
	users.GET("/webhooks/events", gin.WrapF(site.ServeEvents))
	users.POST("/webhooks/try", handle(site.CreateUser))
	users.POST("/webhooks/forge", handle(site.ForgeWebhook))

	// For machines, by the scopes of their API keys.
	r.GET("/api/reports", ginclerk.Protect(core.AcceptTokens(core.APIKey), core.Scopes("reports:read")), reports)
	r.POST("/api/reports", ginclerk.Protect(core.AcceptTokens(core.APIKey), core.Scopes("reports:write")), reports)
	return r, nil
}

// me is what a JSON endpoint knows of its caller.
func me(c *gin.Context) {
	auth := ginclerk.Auth(c)
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, gin.H{
		"userId":    auth.UserID,
		"sessionId": auth.SessionID,
		"orgId":     auth.OrgID,
		"orgRole":   auth.OrgRole,
	})
}

// reports is what it knows of a machine.
func reports(c *gin.Context) {
	auth := ginclerk.Auth(c)
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, gin.H{"key": auth.Name, "for": auth.Subject, "scopes": auth.Scopes})
}

// handle makes a handler of a page.
func handle(page func(demo.Visit) demo.Answer) gin.HandlerFunc {
	return func(c *gin.Context) { show(c, page(visit(c))) }
}

// outside is handle for pages in front of the middleware.
func outside(page func(demo.Visit) demo.Answer) gin.HandlerFunc {
	return func(c *gin.Context) { show(c, page(demo.Visit{Context: c.Request.Context(), Value: value(c)})) }
}

// visit is what pages need of a request.
func visit(c *gin.Context) demo.Visit {
	return demo.Visit{
		Context: c.Request.Context(),
		Auth:    ginclerk.Auth(c),
		State:   ginclerk.State(c),
		Client:  ginclerk.Client(c),
		Host:    c.Request.Host,
		Value:   value(c),
	}
}

func value(c *gin.Context) func(name string) string {
	return func(name string) string { return cmp.Or(c.Param(name), c.PostForm(name), c.Query(name)) }
}

func show(c *gin.Context, answer demo.Answer) {
	maps.Copy(c.Writer.Header(), answer.Header)
	if answer.Template == "" {
		c.Status(answer.Status)
		return
	}
	c.HTML(answer.Status, answer.Template, answer.Page)
}
