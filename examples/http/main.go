// Command http is Acme, a tour of what clerkgo does, with net/http. This file is what one
// would copy from: the middleware, the guards and the routes. What the pages show is
// shared with the other frameworks' examples.
//
//	go run ./http
//
// Without keys it runs against a built-in Clerk. With CLERK_PUBLISHABLE_KEY and
// CLERK_SECRET_KEY it runs against yours.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"time"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/examples/internal/demo"
	"github.com/clerkgo/clerkgo/httpclerk"
)

func main() {
	demo.Main("net/http", newServer)
}

func newServer(site *demo.Site) (demo.Server, error) {
	app, err := newApp(site)
	if err != nil {
		return nil, err
	}
	return &http.Server{Handler: app, ReadHeaderTimeout: 10 * time.Second}, nil
}

func newApp(site *demo.Site) (http.Handler, error) {
	// In an application of your own, httpclerk.Middleware()(mux) does all of this:
	// it reads the keys from the environment and panics at start-up without them.
	clerk, err := core.New(site.Options)
	if err != nil {
		return nil, err
	}
	p := pages{site.Templates}
	protect := httpclerk.Protect()

	mux := http.NewServeMux()
	mux.Handle("GET /{$}", p.handle(site.Home))
	mux.HandleFunc("GET /sign-in", func(w http.ResponseWriter, r *http.Request) {
		httpclerk.RedirectToSignIn(w, r, core.ReturnBackURL("/dashboard"))
	})
	mux.HandleFunc("GET /sign-up", func(w http.ResponseWriter, r *http.Request) {
		httpclerk.RedirectToSignUp(w, r, core.ReturnBackURL("/dashboard"))
	})
	mux.Handle("GET /sign-out", p.handle(site.AskSignOut))
	mux.Handle("POST /sign-out", p.handle(site.SignOut))

	// Only for signed-in users.
	mux.Handle("GET /dashboard", protect(p.handle(site.Dashboard)))
	mux.Handle("GET /api/me", protect(http.HandlerFunc(me)))

	mux.Handle("GET /me", protect(p.handle(site.Personal)))
	mux.Handle("GET /me/tokens", protect(p.handle(site.Tokens)))
	mux.Handle("GET /orgs", protect(p.handle(site.Organizations)))
	mux.Handle("GET /orgs/{slug}", protect(p.handle(site.Organization)))
	mux.Handle("GET /orgs/{slug}/tokens", protect(p.handle(site.Tokens)))
	mayCreate := httpclerk.Protect(core.Permission("org:projects:create"))
	mux.Handle("POST /orgs/{slug}/projects", mayCreate(p.handle(site.AddProject)))

	admins := httpclerk.Protect(core.MetadataRole("admin"))
	mux.Handle("GET /admin", admins(p.handle(site.Admin)))
	mux.Handle("POST /admin/role", admins(p.handle(site.SetRole)))
	mux.Handle("POST /admin/role/remove", admins(p.handle(site.RemoveRole)))

	mux.Handle("GET /tokens", protect(p.handle(site.Tokens)))
	mux.Handle("GET /machines", protect(p.handle(site.Machines)))
	mux.Handle("POST /machines", protect(p.handle(site.MakeKey)))
	mux.Handle("POST /machines/revoke", protect(p.handle(site.RevokeKey)))

	fresh := httpclerk.Protect(core.Reverification(core.Strict), core.UnauthorizedURL("/step-up?confirm=yes"))
	mux.Handle("GET /step-up", protect(p.handle(site.StepUp)))
	mux.Handle("POST /step-up/wait", protect(p.handle(site.PassTime)))
	mux.Handle("POST /step-up/delete", fresh(p.handle(site.DeleteProject)))

	mux.Handle("GET /webhooks", protect(p.handle(site.WebhookLog)))
	mux.Handle("GET /webhooks/events", protect(http.HandlerFunc(site.ServeEvents)))
	mux.Handle("POST /webhooks/try", protect(p.handle(site.CreateUser)))
	mux.Handle("POST /webhooks/forge", protect(p.handle(site.ForgeWebhook)))

	// For machines, by the scopes of their API keys.
	mux.Handle("GET /api/reports", httpclerk.Protect(core.AcceptTokens(core.APIKey), core.Scopes("reports:read"))(http.HandlerFunc(reports)))
	mux.Handle("POST /api/reports", httpclerk.Protect(core.AcceptTokens(core.APIKey), core.Scopes("reports:write"))(http.HandlerFunc(reports)))
	mux.Handle("/", p.handle(site.NotFound))

	refuse := httpclerk.OnRefuse(func(w http.ResponseWriter, r *http.Request, refusal core.Refusal) {
		p.show(w, site.Refused(visit(r), refusal))
	})

	// Two Clerk instances in one process: the host says which.
	tenants := http.NewServeMux()
	tenants.Handle("GET /tenants", p.handle(site.Tenants))
	tenants.Handle("GET /tenants/private", protect(p.handle(site.TenantPrivate)))
	tenants.Handle("POST /tenants/sign-out", p.handle(site.TenantSignOut))
	byHost := httpclerk.MiddlewareFunc(func(r *http.Request) (core.Options, error) {
		return site.Tenant(r.Host)
	}, site.TenantBase())

	// In front of the middleware stand static files, the routes of /break, which work
	// while everything else is broken, and webhooks, which carry no session.
	root := http.NewServeMux()
	root.Handle("/", httpclerk.With(clerk)(refuse(mux)))
	root.Handle("/tenants", byHost(tenants))
	root.Handle("/tenants/", byHost(tenants))
	root.Handle("GET /static/", http.StripPrefix("/static", http.FileServerFS(site.Static)))
	root.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, site.Static, "icon.svg")
	})
	root.Handle("GET /break", p.outside(site.Break))
	root.Handle("POST /break/{switch}", p.outside(site.BreakSwitch))
	root.Handle("POST /webhooks/clerk", httpclerk.Webhook(site.Webhooks, func(_ http.ResponseWriter, _ *http.Request, event *webhook.Event) error {
		return site.Received(event)
	}))

	// Forms of other sites are refused. Clerk's webhooks come from no browser, and pass.
	forms := http.NewCrossOriginProtection()
	forms.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.show(w, site.Forged(demo.Visit{}))
	}))
	return forms.Handler(root), nil
}

// me is what a JSON endpoint knows of its caller.
func me(w http.ResponseWriter, r *http.Request) {
	auth := httpclerk.Auth(r)
	writeJSON(w, map[string]string{
		"userId":    auth.UserID,
		"sessionId": auth.SessionID,
		"orgId":     auth.OrgID,
		"orgRole":   auth.OrgRole,
	})
}

// reports is what it knows of a machine.
func reports(w http.ResponseWriter, r *http.Request) {
	auth := httpclerk.Auth(r)
	writeJSON(w, map[string]any{"key": auth.Name, "for": auth.Subject, "scopes": auth.Scopes})
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(value) // It reaches the client or nobody.
}

// pages makes handlers of pages.
type pages struct{ templates *template.Template }

func (p pages) handle(page func(demo.Visit) demo.Answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.show(w, page(visit(r))) })
}

// outside is handle for pages in front of the middleware.
func (p pages) outside(page func(demo.Visit) demo.Answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.show(w, page(demo.Visit{Context: r.Context(), Value: value(r)}))
	})
}

// visit is what pages need of a request.
func visit(r *http.Request) demo.Visit {
	return demo.Visit{
		Context: r.Context(),
		Auth:    httpclerk.Auth(r),
		State:   httpclerk.State(r),
		Client:  httpclerk.Client(r),
		Host:    r.Host,
		Value:   value(r),
	}
}

func value(r *http.Request) func(name string) string {
	return func(name string) string { return cmp.Or(r.PathValue(name), r.FormValue(name)) }
}

func (p pages) show(w http.ResponseWriter, answer demo.Answer) {
	maps.Copy(w.Header(), answer.Header)
	if answer.Template == "" {
		w.WriteHeader(answer.Status)
		return
	}
	var text bytes.Buffer
	if err := p.templates.ExecuteTemplate(&text, answer.Template, answer.Page); err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(answer.Status)
	_, _ = text.WriteTo(w) // It reaches the browser or nobody.
}
