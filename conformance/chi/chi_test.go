// Package chi_test runs httpclerk on chi: what every adapter must pass, in chi's routers, groups
// and mounted routers.
package chi_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

func TestAdapter(t *testing.T) { adaptertest.Run(t, newApp) }

func TestOptions(t *testing.T) {
	adaptertest.RunOptions(t, func(_ testing.TB, s adaptertest.OptionsSetup) adaptertest.App {
		r := chi.NewRouter()
		if s.PerRequest != nil {
			r.Use(httpclerk.MiddlewareFunc(func(*http.Request) (core.Options, error) { return *s.PerRequest, s.Fails }, s.Options))
		} else {
			r.Use(httpclerk.Middleware(s.Options))
		}
		return serve(r, s.Routes)
	})
}

func newApp(_ testing.TB, s adaptertest.Setup) adaptertest.App {
	r := chi.NewRouter()
	r.NotFound(httpclerk.NotFound)
	change := func(f func(adaptertest.RequestHeader)) {
		if f != nil {
			r.Use(before(func(_ http.ResponseWriter, r *http.Request) { f(header{r}) }))
		}
	}
	change(s.Earlier)
	if s.Written != nil {
		r.Use(before(func(w http.ResponseWriter, _ *http.Request) { s.Written(w.Header()) }))
	}
	for _, clerk := range s.Middleware {
		r.Use(httpclerk.With(clerk))
		change(s.Between)
	}
	if s.OnRefuse != nil {
		r.Use(httpclerk.OnRefuse(func(w http.ResponseWriter, _ *http.Request, refusal core.Refusal) {
			status, text := s.OnRefuse(refusal)
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}))
	}
	for _, guard := range s.Guards {
		r.Use(httpclerk.ProtectRoutes(guard.Matcher, guard.Options...))
	}
	return serve(r, s.Routes)
}

// before runs f in front of a handler.
func before(f http.HandlerFunc) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f(w, r)
			next.ServeHTTP(w, r)
		})
	}
}

// parameter is a parameter in the table's paths.
var parameter = regexp.MustCompile(`:(\w+)`)

// serve adds the table's routes to an application.
func serve(r chi.Router, routes []adaptertest.Route) adaptertest.App {
	for _, route := range routes {
		guarded := r
		if route.Protect != nil {
			guarded = r.With(httpclerk.Protect(*route.Protect...))
		}
		handler := func(w http.ResponseWriter, r *http.Request) { _ = route.Handler(ctx{w, r}) }
		path := parameter.ReplaceAllString(route.Path, "{$1}")
		guarded.Get(path, handler)
		guarded.Post(path, handler)
	}
	return app(r)
}

func app(h http.Handler) adaptertest.App {
	return func(req *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		return w.Result(), nil
	}
}

// header is what a middleware of the table sees of a request's headers.
type header struct{ r *http.Request }

func (h header) Del(name string)         { h.r.Header.Del(name) }
func (h header) Set(name, value string)  { h.r.Header.Set(name, value) }
func (h header) Add(name, value string)  { h.r.Header.Add(name, value) }
func (h header) Keep(name, value string) { h.r.Header[name] = append(h.r.Header[name], value) }
func (h header) SetHost(host string)     { h.r.Host = host }
func (h header) ReadCookies()            { h.r.Cookies() }

func (h header) DelCookie(name string) {
	kept := h.r.Cookies()
	h.r.Header.Del("Cookie")
	for _, cookie := range kept {
		if cookie.Name != name {
			h.r.AddCookie(cookie)
		}
	}
}

// ctx is what a handler of the table sees of a request.
type ctx struct {
	w http.ResponseWriter
	r *http.Request
}

func (x ctx) Auth(opts ...core.AuthOption) *core.Auth { return httpclerk.Auth(x.r, opts...) }

func (x ctx) State() *core.State { return httpclerk.State(x.r) }

func (x ctx) Require(opts ...core.ProtectOption) (stop bool, err error) {
	return !httpclerk.Require(x.w, x.r, opts...), nil
}

func (x ctx) RedirectToSignIn(opts ...core.RedirectOption) error {
	httpclerk.RedirectToSignIn(x.w, x.r, opts...)
	return nil
}

func (x ctx) RedirectToSignUp(opts ...core.RedirectOption) error {
	httpclerk.RedirectToSignUp(x.w, x.r, opts...)
	return nil
}

func (x ctx) Text(body string) error {
	_, err := io.WriteString(x.w, body)
	return err
}

func (x ctx) Redirect(location string) error {
	http.Redirect(x.w, x.r, location, http.StatusTemporaryRedirect)
	return nil
}

func (x ctx) Context() context.Context { return x.r.Context() }

// newRouter is an application with guards on a group, a subrouter, a mounted router, a route and by
// path, behind middleware of chi's own.
func newRouter(o core.Options) chi.Router {
	ok := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, httpclerk.Auth(r).UserID+" "+chi.URLParam(r, "id"))
	}
	r := chi.NewRouter()
	r.NotFound(httpclerk.NotFound)
	r.Use(middleware.RequestID, middleware.Recoverer, middleware.StripSlashes, httpclerk.Middleware(o))
	r.Use(httpclerk.ProtectRoutes(core.MustRouteMatcher("/reports(.*)")))
	r.Get("/", ok)
	r.Get("/items/{id:[0-9]{1,4}}", ok)
	r.Get("/reports/{id}", ok)
	r.Group(func(r chi.Router) {
		r.Use(httpclerk.Protect())
		r.Get("/dashboard", ok)
		r.Delete("/items/{id}", ok)
	})
	r.Route("/users/{id}", func(r chi.Router) {
		r.Use(httpclerk.Protect())
		r.Get("/", ok)
		r.Patch("/settings", ok)
	})
	admin := chi.NewRouter()
	admin.Use(httpclerk.Protect(core.Role("org:admin")))
	admin.Get("/members", ok)
	admin.Handle("/*", http.HandlerFunc(ok))
	r.Mount("/admin", admin)
	r.With(httpclerk.Protect(core.AcceptTokens(core.APIKey))).Post("/keys", ok)
	return r
}

func TestGroups(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{
		Users:         []clerktest.User{{ID: "user_ada"}, {ID: "user_bob"}},
		Organizations: []clerktest.Organization{{Slug: "acme", Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin"}}}},
	})
	send := app(newRouter(s.Options()))
	tokens := []string{"", s.SessionToken("user_bob"), s.SessionToken("user_ada", clerktest.InOrganization("acme"))}
	for _, tt := range []struct {
		path     string
		statuses [3]int // nobody, Bob, Ada who is an admin
		want     string // what Ada gets
	}{
		{path: "/", statuses: [3]int{200, 200, 200}, want: "user_ada "},
		{path: "/items/17", statuses: [3]int{200, 200, 200}, want: "user_ada 17"},
		{path: "/dashboard", statuses: [3]int{404, 200, 200}, want: "user_ada "},
		{path: "/dashboard/", statuses: [3]int{404, 200, 200}, want: "user_ada "},
		{path: "/users/7", statuses: [3]int{404, 200, 200}, want: "user_ada 7"},
		{path: "/admin/members", statuses: [3]int{404, 404, 200}, want: "user_ada "},
		{path: "/admin/anything/else", statuses: [3]int{404, 404, 200}, want: "user_ada "},
		{path: "/admin", statuses: [3]int{404, 404, 200}, want: "user_ada "},
		{path: "/reports/2026", statuses: [3]int{404, 200, 200}, want: "user_ada 2026"},
		{path: "/reports/2026/", statuses: [3]int{404, 200, 200}, want: "user_ada 2026"},
		{path: "//reports/2026", statuses: [3]int{400, 400, 400}},
		{path: "/x/../reports/2026", statuses: [3]int{400, 400, 400}},
		{path: "/nowhere", statuses: [3]int{404, 404, 404}, want: "404 page not found\n"},
	} {
		for n, user := range []string{"nobody", "user_bob", "user_ada"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
			r.URL.Path, r.RequestURI = tt.path, tt.path
			if tokens[n] != "" {
				r.Header.Set("Authorization", "Bearer "+tokens[n])
			}
			resp, err := send(r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.statuses[n] || user == "user_ada" && string(body) != tt.want {
				t.Errorf("%s as %s: got %d %q, want %d %q", tt.path, user, resp.StatusCode, body, tt.statuses[n], tt.want)
			}
		}
	}
}

// listed lists the routes of a router.
func listed(t *testing.T, r chi.Routes) (routes []clerktest.Route) {
	t.Helper()
	err := chi.Walk(r, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes = append(routes, clerktest.Route{Method: method, Path: path})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return routes
}

func TestAuditFindsOpenRoutes(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	r := newRouter(s.Options())
	report, err := clerktest.Audit(s, app(r), listed(t, r))
	if err != nil {
		t.Fatal(err)
	}
	report.Check(t, "/", "GET /items/{id:[0-9]{1,4}}")
	if text := report.String(); !strings.Contains(text, "/admin/members") || !strings.Contains(text, "/users/{id}/settings") {
		t.Errorf("routes are missing:\n%s", text)
	}
}
