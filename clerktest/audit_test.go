package clerktest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// guardedApp is an application on net/http that speaks to core itself, as
// adapters do. A route without a guard is answered by its handler.
func guardedApp(t *testing.T, o core.Options, guards map[string]*core.Guard, handlers map[string]http.HandlerFunc) func(*http.Request) (*http.Response, error) {
	t.Helper()
	clerk, err := core.New(o)
	if err != nil {
		t.Fatal(err)
	}
	deliver := func(w http.ResponseWriter, outcome core.Outcome) bool {
		for _, h := range outcome.Headers {
			w.Header().Add(h.Name, h.Value)
		}
		if !outcome.Allowed() {
			w.WriteHeader(outcome.Status)
		}
		return outcome.Allowed()
	}
	mux := http.NewServeMux()
	for pattern, handler := range handlers {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			ra, outcome := adapter.Attach(r.Context(), clerk, core.FromHTTP(r))
			if !deliver(w, outcome) {
				return
			}
			if guard := guards[pattern]; guard != nil && !deliver(w, guard.Check(context.WithoutCancel(r.Context()), ra)) {
				return
			}
			handler(w, r)
		})
	}
	return func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Result(), nil
	}
}

// adapter is that of an application on net/http.
var adapter = core.Adapter{Name: "app"}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestAuditTellsGuardsFromApplications(t *testing.T) {
	t.Parallel()
	plain, api := func(*core.Options) {}, func(o *core.Options) { o.APIStatus = true }
	for _, test := range []struct {
		name    string
		options func(*core.Options)
		guard   *core.Guard
		handler http.HandlerFunc
		want    clerktest.Audited // without its route
	}{
		{
			name: "an open route", options: plain, handler: status(200),
			want: clerktest.Audited{Browser: "200 OK, application", API: "200 OK, application"},
		},
		{
			name: "an absence of the application's own", options: plain, handler: status(404),
			want: clerktest.Audited{Browser: "404 Not Found, application", API: "404 Not Found, application"},
		},
		{
			name: "a refusal of the application's own", options: plain, handler: status(403),
			want: clerktest.Audited{Browser: "403 Forbidden, application", API: "403 Forbidden, application"},
		},
		{
			name: "a login of the application's own", options: plain,
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="clerk"`)
				w.WriteHeader(http.StatusUnauthorized)
			},
			want: clerktest.Audited{Browser: "401 Unauthorized, application", API: "401 Unauthorized, application"},
		},
		{
			name: "a redirect of the application's own", options: plain,
			handler: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			},
			want: clerktest.Audited{Browser: "307 Temporary Redirect to /elsewhere, application", API: "307 Temporary Redirect to /elsewhere, application"},
		},
		{
			name: "a failure", options: plain, handler: status(500),
			want: clerktest.Audited{Browser: "500 Internal Server Error, application", API: "500 Internal Server Error, application"},
		},
		{
			name: "a route for browsers only", options: plain,
			handler: func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Sec-Fetch-Dest") == "document" {
					w.Header().Set("X-Clerk-Redirect-To", "true")
					w.Header().Set("Location", "/sign-in")
					w.WriteHeader(http.StatusTemporaryRedirect)
				}
			},
			want: clerktest.Audited{Browser: "307 Temporary Redirect to /sign-in, guard", API: "200 OK, application"},
		},
		{
			name: "a guard", options: plain, guard: adapter.Guard("Protect"), handler: status(200),
			want: clerktest.Audited{Access: clerktest.Protected, Browser: "307 Temporary Redirect to {clerk}/sign-in, guard", API: "404 Not Found, guard"},
		},
		{
			name: "a guard with a role", options: plain, guard: adapter.Guard("Protect", core.Role("org:admin")),
			handler: status(200),
			want:    clerktest.Audited{Access: clerktest.Protected, Browser: "307 Temporary Redirect to {clerk}/sign-in, guard", API: "404 Not Found, guard"},
		},
		{
			name: "a guard with a URL", options: plain,
			guard: adapter.Guard("Protect", core.UnauthenticatedURL("/welcome")), handler: status(200),
			want: clerktest.Audited{Access: clerktest.Protected, Browser: "307 Temporary Redirect to http://localhost/welcome, guard", API: "307 Temporary Redirect to http://localhost/welcome, guard"},
		},
		{
			name: "a guard with API statuses", options: api, guard: adapter.Guard("Protect"), handler: status(200),
			want: clerktest.Audited{Access: clerktest.Protected, Browser: "307 Temporary Redirect to {clerk}/sign-in, guard", API: "401 Unauthorized, guard"},
		},
		{
			name: "a guard for machines", options: plain,
			guard: adapter.Guard("Protect", core.AcceptTokens(core.APIKey)), handler: status(200),
			want: clerktest.Audited{Access: clerktest.Protected, Browser: "401 Unauthorized, guard", API: "401 Unauthorized, guard"},
		},
		{
			name: "a guard for OAuth", options: api,
			guard: adapter.Guard("Protect", core.AcceptTokens(core.OAuthToken)), handler: status(200),
			want: clerktest.Audited{Access: clerktest.Protected, Browser: "401 Unauthorized, guard", API: "401 Unauthorized, guard"},
		},
		{
			name: "a guard for people and machines", options: plain,
			guard: adapter.Guard("Protect", core.AcceptTokens(core.SessionToken, core.APIKey)), handler: status(200),
			want: clerktest.Audited{Access: clerktest.Protected, Browser: "307 Temporary Redirect to {clerk}/sign-in, guard", API: "404 Not Found, guard"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t)
			o := s.Options()
			test.options(&o)
			app := guardedApp(t, o, map[string]*core.Guard{"GET /x": test.guard}, map[string]http.HandlerFunc{"GET /x": test.handler})
			report, err := clerktest.Audit(s, app, []clerktest.Route{{Method: "GET", Path: "/x"}})
			if err != nil {
				t.Fatal(err)
			}
			test.want.Route = clerktest.Route{Method: "GET", Path: "/x"}
			test.want.Browser = strings.ReplaceAll(test.want.Browser, "{clerk}", s.URL())
			if diff := cmp.Diff(clerktest.AuditReport{test.want}, report); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// refusal is the answer of a guard of the instance that issuer names, with a body.
func refusal(issuer string, status int, body string) *http.Response {
	h := make(http.Header)
	switch status {
	case http.StatusTemporaryRedirect:
		h.Set("X-Clerk-Redirect-To", "true")
		h.Set("Location", "/sign-in")
	case http.StatusNotFound:
		h.Set("X-Clerk-Auth-Reason", "protect-rewrite")
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer resource_metadata="`+issuer+`/.well-known/oauth-protected-resource"`)
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func TestAuditFindsHandlersThatGoOn(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	const absent = "404 page not found"
	for _, test := range []struct {
		name      string
		page, api int
		pageBody  string
		apiBody   string
		options   []clerktest.AuditOption
		want      clerktest.Access
		wentOn    bool
	}{
		{name: "a guard", page: 307, api: 404, want: clerktest.Protected},
		{name: "net/http's text", page: 307, api: 404, apiBody: absent + "\n", want: clerktest.Protected},
		{name: "Gin's text", page: 307, api: 404, apiBody: absent, want: clerktest.Protected},
		{name: "Echo's text", page: 307, api: 404, apiBody: `{"message":"Not Found"}`, want: clerktest.Protected},
		{name: "a page of the application's", page: 307, api: 404, apiBody: "<h1>Nothing here</h1>", want: clerktest.Protected},
		{name: "more than a redirect", page: 307, api: 404, pageBody: "SECRET", apiBody: absent, wentOn: true},
		{name: "more than net/http's text", page: 307, api: 404, apiBody: absent + "\nSECRET", wentOn: true},
		{name: "more than Gin's text", page: 404, api: 404, pageBody: absent, apiBody: absent + "SECRET", wentOn: true},
		{name: "more than a challenge", page: 401, api: 401, pageBody: "SECRET", apiBody: "SECRET", wentOn: true},
		{name: "more than a challenge to a program", page: 307, api: 401, apiBody: "SECRET", wentOn: true},
		{
			name: "a challenge with the application's own text", page: 401, api: 401, pageBody: "sign in", apiBody: "sign in",
			options: []clerktest.AuditOption{clerktest.AuditOnRefuse()}, want: clerktest.Protected,
		},
		{
			name: "more than a redirect, whatever refusals say", page: 307, api: 401, pageBody: "SECRET", apiBody: "sign in",
			options: []clerktest.AuditOption{clerktest.AuditOnRefuse()}, wentOn: true,
		},
		{name: "no guard", page: 200, api: 200, pageBody: "x", apiBody: "x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			app := func(r *http.Request) (*http.Response, error) {
				if r.Header.Get("Sec-Fetch-Dest") == "document" {
					return refusal(s.Issuer(), test.page, test.pageBody), nil
				}
				return refusal(s.Issuer(), test.api, test.apiBody), nil
			}
			report, err := clerktest.Audit(s, app, []clerktest.Route{{Method: "GET", Path: "/x"}}, test.options...)
			if err != nil {
				t.Fatal(err)
			}
			if got := report[0]; got.Access != test.want || got.WentOn != test.wentOn {
				t.Errorf("got %s, went on: %t, want %s, %t\n%s", got.Access, got.WentOn, test.want, test.wentOn, report)
			}
		})
	}
}

// recorder is a test that notes its failures.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(_ string, args ...any) {
	text, _ := args[0].(string)
	r.failures = append(r.failures, strings.Split(text, "\n")...)
}

func TestAuditReportComparesWithTheListOfPublicRoutes(t *testing.T) {
	t.Parallel()
	report := clerktest.AuditReport{
		{Route: clerktest.Route{Method: "GET", Path: "/"}},
		{Route: clerktest.Route{Method: "GET", Path: "/a"}, Access: clerktest.Protected},
		{Route: clerktest.Route{Method: "POST", Path: "/a"}},
		{Route: clerktest.Route{Method: "GET", Path: "/b"}, Access: clerktest.Protected},
		{Route: clerktest.Route{Method: "PUT", Path: "/b"}, WentOn: true},
	}
	for _, test := range []struct {
		name   string
		public []string
		want   []string
	}{
		{name: "by path", public: []string{"/", "/a", "PUT /b"}, want: nil},
		{name: "by method", public: []string{"GET /", "POST /a", "PUT /b"}, want: nil},
		{
			name: "what is open and not listed fails", public: []string{"/"},
			want: []string{
				"POST /a is open and not listed as public, although the path is protected for GET",
				"PUT /b is open and not listed as public: the handler went on after Require refused",
			},
		},
		{
			name: "what is listed and no route fails", public: []string{"/", "/a", "/c", "PUT /b"},
			want: []string{"/c is listed as public and is no route"},
		},
		{
			name: "what is listed and protected fails", public: []string{"/", "/a", "GET /b", "PUT /b"},
			want: []string{"GET /b is listed as public and is protected"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{TB: t}
			report.Check(r, test.public...)
			if diff := cmp.Diff(test.want, r.failures); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	const table = "" +
		"METHOD  PATH  ACCESS                                            BROWSER  API\n" +
		"GET     /     open                                                       \n" +
		"GET     /a    protected                                                  \n" +
		"POST    /a    open (other methods are protected)                         \n" +
		"GET     /b    protected                                                  \n" +
		"PUT     /b    open (the handler went on after Require refused)           \n"
	if diff := cmp.Diff(table, report.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAuditFillsParameters(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	for path, want := range map[string]string{
		"/":                      "/",
		"":                       "/",
		"/users/:id":             "/users/1",
		"/users/:id/edit":        "/users/1/edit",
		"/files/*":               "/files/1",
		"/files/*path":           "/files/1",
		"/files/+":               "/files/+",
		"/static*":               "/static1",
		"/users/:id?":            "/users/1",
		"/users/:id<int>/x":      "/users/1/x",
		"/users/:id<guid>":       "/users/7a3f1c1e-0c3b-4f0e-9c51-2f8f6a1d9b10",
		"/flights/:from-:to":     "/flights/1-1",
		"/:file.:extension":      "/1.1",
		`/v1/name\:verb`:         "/v1/name:verb",
		"/orgs/:slug":            "/orgs/acme",
		"/café/a b":              "/caf%C3%A9/a%20b",
		"/caf%C3%A9/50%off?x#y":  "/caf%C3%A9/50%25off%3Fx%23y",
		"/users/:id<alpha>/:yes": "/users/a/1",
	} {
		var targets []string
		app := func(r *http.Request) (*http.Response, error) {
			targets = append(targets, r.RequestURI)
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		}
		if _, err := clerktest.Audit(s, app, []clerktest.Route{{Method: "GET", Path: path}}, clerktest.AuditValue("slug", "acme")); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if diff := cmp.Diff([]string{want, want}, targets); diff != "" {
			t.Errorf("%s: -want +got:\n%s", path, diff)
		}
	}
}

func TestAuditRefusesProductionInstances(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{Production: true})
	if _, err := clerktest.Audit(s, nil, nil); err == nil {
		t.Error("got no error")
	}
}

func TestAuditChangesRequests(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	app := guardedApp(t, s.Options(), map[string]*core.Guard{"POST /x": adapter.Guard("Protect")}, map[string]http.HandlerFunc{"POST /x": status(200)})
	csrf := func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("X-CSRF-Token") == "" {
			return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody}, nil
		}
		return app(r)
	}
	for _, test := range []struct {
		name    string
		options []clerktest.AuditOption
		want    clerktest.Access
	}{
		{name: "a refusal before the guard proves nothing", want: clerktest.Open},
		{
			name: "a request that gets to the guard",
			options: []clerktest.AuditOption{
				clerktest.AuditRequest(func(r *http.Request) { r.Header.Set("X-CSRF-Token", "x") }),
			},
			want: clerktest.Protected,
		},
	} {
		report, err := clerktest.Audit(s, csrf, []clerktest.Route{{Method: "POST", Path: "/x"}}, test.options...)
		if err != nil {
			t.Fatal(err)
		}
		if got := report[0].Access; got != test.want {
			t.Errorf("%s: got %s, want %s\n%s", test.name, got, test.want, report)
		}
	}
}

func TestMuxPattern(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string][2]string{
		"/":                          {"GET", "/"},
		"GET /items/{id}":            {"GET", "/items/{id}"},
		"POST  \t/items/{id}":        {"POST", "/items/{id}"},
		"example.com/{rest...}":      {"GET", "/{rest...}"},
		"DELETE api.example/items/x": {"DELETE", "/items/x"},
	} {
		if method, path := clerktest.MuxPattern(pattern); [2]string{method, path} != want {
			t.Errorf("%q: got %q %q, want %q", pattern, method, path, want)
		}
	}
}
