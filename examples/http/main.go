// Command http is a small web application with net/http alone: an open page, a page
// for signed-in users, one for admins, and a JSON endpoint.
//
//	go run ./http
//
// Without keys it runs against a built-in Clerk. With CLERK_PUBLISHABLE_KEY and
// CLERK_SECRET_KEY it runs against yours.
package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/examples/internal/demo"
	"github.com/clerkgo/clerkgo/httpclerk"
)

func main() { demo.Main("net/http", newServer) }

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

	page := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var text bytes.Buffer
			if err := site.Templates.ExecuteTemplate(&text, name, site.Page(name, httpclerk.Auth(r))); err != nil {
				http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Cache-Control", "no-store") // It says who is signed in.
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = text.WriteTo(w) // It reaches the browser or nobody.
		})
	}
	protect, admin := httpclerk.Protect(), httpclerk.Protect(core.Role("org:admin"))

	mux := http.NewServeMux()
	mux.Handle("GET /{$}", page("home"))
	mux.Handle("GET /dashboard", protect(page("dashboard")))
	mux.Handle("GET /admin", admin(page("admin")))
	mux.Handle("GET /api/me", protect(http.HandlerFunc(me)))

	mux.HandleFunc("GET /sign-in", func(w http.ResponseWriter, r *http.Request) {
		httpclerk.RedirectToSignIn(w, r, core.ReturnBackURL("/dashboard"))
	})
	mux.HandleFunc("GET /sign-up", func(w http.ResponseWriter, r *http.Request) {
		httpclerk.RedirectToSignUp(w, r, core.ReturnBackURL("/dashboard"))
	})
	mux.HandleFunc("GET /sign-out", func(w http.ResponseWriter, r *http.Request) {
		if u := site.SignOutURL(); u != "" {
			http.Redirect(w, r, u, http.StatusSeeOther)
			return
		}
		page("sign-out").ServeHTTP(w, r)
	})
	return httpclerk.With(clerk)(mux), nil
}

func me(w http.ResponseWriter, r *http.Request) {
	auth := httpclerk.Auth(r)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(map[string]string{ // It reaches the client or nobody.
		"userId":    auth.UserID,
		"sessionId": auth.SessionID,
		"orgId":     auth.OrgID,
		"orgRole":   auth.OrgRole,
	})
}
