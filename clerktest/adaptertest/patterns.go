package adaptertest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

const (
	rewritten     = "X-Clerk-Auth-Reason: protect-rewrite"
	clerkRedirect = "X-Clerk-Redirect-To: true"
)

// signInAt is where a page load goes that lacks a session.
func (f *fixture) signInAt(path string) []string {
	return signedOut("session-token-and-uat-missing",
		"Location: {clerk}/sign-in?redirect_url="+url.QueryEscape(appURL+path)+"&__clerk_db_jwt="+f.devBrowser, clerkRedirect)
}

// patternGroup is Clerk's example of routes for tenants and their admins.
func patternGroup(f *fixture) group {
	var (
		isTenant      = core.MustRouteMatcher("/organization-selector(.*)", "/orgid/(.*)")
		isTenantAdmin = core.MustRouteMatcher("/orgId/(.*)/memberships", "/orgId/(.*)/domain")
		devBrowser    = []string{"Cookie", "__clerk_db_jwt=" + f.devBrowser}
		missing       = refused404()
		unreadable    = signedOut("dev-browser-missing")
	)
	return group{
		name: "routes by pattern",
		setup: Setup{
			Middleware: []*core.Clerk{f.clerk},
			Guards: []RouteGuard{
				{Matcher: isTenantAdmin, Options: []core.ProtectOption{core.AnyOf(core.Permission("org:admin:example1"), core.Role("org:admin"))}},
				{Matcher: isTenant},
			},
			Routes: []Route{
				{Path: "/", Handler: who},
				{Path: "/organization-selector", Handler: who},
				{Path: "/orgid/:org/memberships", Handler: who},
				{Path: "/orgid/:org/members", Handler: who},
			},
		},
		rows: []row{
			{name: "a route of no pattern is open", path: "/", status: 200, want: signedOut("dev-browser-missing"), body: "nobody"},
			{name: "signed out", path: "/organization-selector", status: 404, want: missing},
			{name: "signed out, page load", path: "/organization-selector?a=b", headers: page(devBrowser...), status: 307, want: f.signInAt("/organization-selector?a=b")},
			{name: "signed out, form that was sent", method: http.MethodPost, path: "/organization-selector", headers: page(devBrowser...), status: 303, want: f.signInAt("/organization-selector")},
			{name: "signed in", path: "/organization-selector", headers: bearer(f.personal), status: 200, body: "user_cyd"},
			{name: "a member among tenants", path: "/orgid/acme/members", headers: bearer(f.member), status: 200, body: "user_bob org:member"},
			{name: "a member among admins", path: "/orgid/acme/memberships", headers: bearer(f.member), status: 404, want: []string{rewritten}},
			{name: "an admin among admins", path: "/orgid/acme/memberships", headers: bearer(f.admin), status: 200, body: "user_ada org:admin"},
			{name: "signed out among admins", path: "/orgid/acme/memberships", status: 404, want: missing},
			{name: "a pattern knows no letter case", path: "/ORGID/acme/MEMBERSHIPS", status: 404, want: missing},
			{name: "a pattern guards what no route serves", path: "/orgid/acme/domain", status: 404, want: missing},
			{name: "a slash at the end changes nothing", path: "/orgid/acme/domain/", status: 404, want: missing},
			{name: "the query is no part of the path", path: "/?next=/orgid/acme/memberships", status: 200, want: signedOut("dev-browser-missing"), body: "nobody"},
			{name: "23 an escape that is no character", path: "/orgid/%ff/memberships", status: 400, want: unreadable},
			{name: "23 an escape that is no character, elsewhere", path: "/%ff", status: 400, want: unreadable},
			{name: "23 an overlong escape", path: "/orgid/%c0%af/memberships", headers: bearer(f.admin), status: 400},
			{name: "an empty segment", path: "/orgid//memberships", headers: bearer(f.admin), status: 400},
			{name: "an empty segment on a page load", path: "/orgid//memberships", headers: page(devBrowser...), status: 400, want: signedOut("session-token-and-uat-missing")},
		},
	}
}

// publicGroup protects everything but a list of public routes.
func publicGroup(f *fixture) group {
	isPublic := core.MustRouteMatcher("/", "/sign-in(.*)", "/blog/:slug")
	open := signedOut("dev-browser-missing")
	missing := refused404()
	return group{
		name: "everything but public routes",
		setup: Setup{
			Middleware: []*core.Clerk{f.clerk},
			Guards:     []RouteGuard{{Matcher: isPublic.Not()}},
			Routes: []Route{
				{Path: "/", Handler: who},
				{Path: "/sign-in", Handler: who},
				{Path: "/sign-in/factor", Handler: who},
				{Path: "/blog/:slug", Handler: who},
				{Path: "/private", Handler: who},
			},
		},
		rows: []row{
			{name: "the root is public", path: "/", status: 200, want: open, body: "nobody"},
			{name: "a route is public", path: "/sign-in", status: 200, want: open, body: "nobody"},
			{name: "a route below is public", path: "/sign-in/factor?x=1", status: 200, want: open, body: "nobody"},
			{name: "a parameter is public", path: "/blog/hello", status: 200, want: open, body: "nobody"},
			{name: "an escaped parameter is public", path: "/blog/%E6%97%A5", status: 200, want: open, body: "nobody"},
			{name: "everything else is not", path: "/private", status: 404, want: missing},
			{name: "what does not exist is not", path: "/absent", status: 404, want: missing},
			{name: "everything else is for users", path: "/private", headers: bearer(f.personal), status: 200, body: "user_cyd"},
			{name: "23 an escape that is no character", path: "/blog/%ff", status: 400, want: open},
			{name: "an empty segment", path: "/blog//x", status: 400, want: open},
		},
	}
}

// requirementGroup combines requirements behind patterns.
func requirementGroup(f *fixture) group {
	var (
		admin    = core.Role("org:admin")
		invoices = core.Permission("org:invoices:create")
		member   = core.Role("org:member")
		isBob    = core.Where(func(a *core.Auth) bool { return a.UserID == "user_bob" })
	)
	guards := []RouteGuard{
		{Matcher: core.MustRouteMatcher("/any"), Options: []core.ProtectOption{core.AnyOf(admin, isBob)}},
		{Matcher: core.MustRouteMatcher("/all"), Options: []core.ProtectOption{core.AllOf(member, isBob)}},
		{Matcher: core.MustRouteMatcher("/nested"), Options: []core.ProtectOption{core.AnyOf(core.AllOf(admin, invoices), core.AllOf(member, admin))}},
		{Matcher: core.MustRouteMatcher("/several"), Options: []core.ProtectOption{admin, invoices}},
		{Matcher: core.MustRouteMatcher("/nobody"), Options: []core.ProtectOption{core.AnyOf()}},
	}
	s := Setup{Middleware: []*core.Clerk{f.clerk}, Guards: guards}
	for _, path := range []string{"/any", "/all", "/nested", "/several", "/nobody"} {
		s.Routes = append(s.Routes, Route{Path: path, Handler: who})
	}
	const ada, bob = "user_ada org:admin", "user_bob org:member"
	refused := []string{rewritten}
	return group{name: "requirements behind patterns", setup: s, rows: []row{
		{name: "the first of any", path: "/any", headers: bearer(f.admin), status: 200, body: ada},
		{name: "the second of any", path: "/any", headers: bearer(f.member), status: 200, body: bob},
		{name: "none of any", path: "/any", headers: bearer(f.personal), status: 404, want: refused},
		{name: "all of all", path: "/all", headers: bearer(f.member), status: 200, body: bob},
		{name: "not all of all", path: "/all", headers: bearer(f.admin), status: 404, want: refused},
		{name: "all of one of any", path: "/nested", headers: bearer(f.admin), status: 200, body: ada},
		{name: "all of none of any", path: "/nested", headers: bearer(f.member), status: 404, want: refused},
		{name: "several requirements", path: "/several", headers: bearer(f.admin), status: 200, body: ada},
		{name: "one of several is missing", path: "/several", headers: bearer(f.member), status: 404, want: refused},
		{name: "any of nothing lets nobody pass", path: "/nobody", headers: bearer(f.admin), status: 404, want: refused},
	}}
}

// patternURLGroup sends refused requests elsewhere.
func patternURLGroup(f *fixture) group {
	admin := core.Role("org:admin")
	return group{
		name: "URLs behind patterns",
		setup: Setup{
			Middleware: []*core.Clerk{f.clerk},
			Guards: []RouteGuard{
				{Matcher: core.MustRouteMatcher("/relative"), Options: []core.ProtectOption{admin, core.UnauthorizedURL("/denied?x=1"), core.UnauthenticatedURL("welcome")}},
				{Matcher: core.MustRouteMatcher("/absolute"), Options: []core.ProtectOption{admin, core.UnauthorizedURL("https://www.example.com/denied"), core.UnauthenticatedURL("https://www.example.com/welcome")}},
			},
			Routes: []Route{{Path: "/relative", Handler: who}, {Path: "/absolute", Handler: who}},
		},
		rows: []row{
			{name: "signed out, relative", path: "/relative", status: 307, want: signedOut("dev-browser-missing", "Location: "+appURL+"/welcome", clerkRedirect)},
			{name: "signed out, absolute", path: "/absolute", status: 307, want: signedOut("dev-browser-missing", "Location: https://www.example.com/welcome", clerkRedirect)},
			{name: "not permitted, relative", path: "/relative", headers: bearer(f.member), status: 307, want: []string{"Location: " + appURL + "/denied?x=1", clerkRedirect}},
			{name: "not permitted, absolute", path: "/absolute", headers: bearer(f.member), status: 307, want: []string{"Location: https://www.example.com/denied", clerkRedirect}},
			{name: "permitted", path: "/absolute", headers: bearer(f.admin), status: 200, body: "user_ada org:admin"},
		},
	}
}

// apiPatternGroup answers API callers with 401 and 403.
func apiPatternGroup(t *testing.T, f *fixture) group {
	t.Helper()
	o := options(f.server)
	o.APIStatus = true
	return group{
		name: "API statuses behind patterns",
		setup: Setup{
			Middleware: []*core.Clerk{newClerk(t, o)},
			Guards:     []RouteGuard{{Matcher: core.MustRouteMatcher("/api/(.*)"), Options: []core.ProtectOption{core.Role("org:admin")}}},
			Routes:     []Route{{Path: "/api/x", Handler: who}},
		},
		rows: []row{
			{name: "signed out is 401", path: "/api/x", status: 401, want: signedOut("dev-browser-missing", "Www-Authenticate: Bearer")},
			{name: "signed out on a page goes to sign in", path: "/api/x", headers: page("Cookie", "__clerk_db_jwt="+f.devBrowser), status: 307, want: f.signInAt("/api/x")},
			{name: "not permitted is 403", path: "/api/x", headers: bearer(f.member), status: 403, want: []string{`Www-Authenticate: Bearer error="insufficient_scope"`}},
			{name: "not permitted on a page is 404", path: "/api/x", headers: page(f.cookies(f.member)...), status: 404, want: []string{rewritten}},
			{name: "permitted", path: "/api/x", headers: bearer(f.admin), status: 200, body: "user_ada org:admin"},
			{name: "an unreadable path stays 400", path: "/api/%ff", status: 400, want: signedOut("dev-browser-missing")},
		},
	}
}

// onRefuseGroup shows refusals in the application's own way.
func onRefuseGroup(t *testing.T, f *fixture) group {
	t.Helper()
	open := signedOut("dev-browser-missing")
	return group{
		name: "refusals of the application's own",
		setup: Setup{
			Middleware: []*core.Clerk{f.clerk},
			OnRefuse: func(r core.Refusal) (int, string) {
				return r.StatusCode(), "refused: " + http.StatusText(r.StatusCode()) + " " + string(r.Reason())
			},
			Guards: []RouteGuard{{Matcher: core.MustRouteMatcher("/pattern")}},
			Routes: []Route{
				{Path: "/", Handler: who},
				{Path: "/pattern", Handler: who},
				{Path: "/route", Protect: Protected(core.Role("org:admin")), Handler: who},
				{Path: "/keys", Protect: Protected(core.AcceptTokens(core.APIKey)), Handler: who},
				{Path: "/inside", Handler: func(c Context) error {
					if stop, err := c.Require(core.AcceptTokens(core.APIKey)); stop {
						return err
					}
					return who(c)
				}},
			},
		},
		rows: []row{
			{name: "what is not refused is served", path: "/", status: 200, want: open, body: "nobody"},
			{name: "a pattern's 400", path: "/%ff", status: 400, want: open, body: "refused: Bad Request "},
			{name: "a route's 401", path: "/keys", status: 401, want: open, body: "refused: Unauthorized No token in header"},
			{name: "a handler's 401", path: "/inside", status: 401, want: open, body: "refused: Unauthorized No token in header"},
			{name: "a pattern's 404", path: "/pattern", status: 404, want: refused404(), body: "refused: Not Found dev-browser-missing", ownPage: true},
			{name: "a route's 404", path: "/route", headers: bearer(f.member), status: 404, want: []string{rewritten}, body: "refused: Not Found ", ownPage: true},
			{name: "redirects go on as they are", path: "/pattern", headers: page("Cookie", "__clerk_db_jwt="+f.devBrowser), status: 307, want: f.signInAt("/pattern")},
		},
	}
}

// elementGroup matches by regular expression and by function.
func elementGroup(f *fixture) group {
	isPost := func(r core.Request) bool { return r.Method() == http.MethodPost }
	open := signedOut("dev-browser-missing")
	missing := refused404()
	return group{
		name: "expressions and functions",
		setup: Setup{
			Middleware: []*core.Clerk{f.clerk},
			Guards: []RouteGuard{
				{Matcher: core.MustRouteMatcher(regexp.MustCompile(`^/v[0-9]+/`))},
				{Matcher: core.MustRouteMatcher(isPost)},
			},
			Routes: []Route{{Path: "/v1/x", Handler: who}, {Path: "/vx/x", Handler: who}},
		},
		rows: []row{
			{name: "an expression matches", path: "/v1/x", status: 404, want: missing},
			{name: "an expression matches what is decoded, which a router may not", path: "/v%31/x", status: 400, want: open},
			{name: "an expression does not match", path: "/vx/x", status: 200, want: open, body: "nobody"},
			{name: "a function matches", method: http.MethodPost, path: "/vx/x", status: 404, want: missing},
			{name: "a user passes", method: http.MethodPost, path: "/v1/x", headers: bearer(f.personal), status: 200, body: "user_cyd"},
		},
	}
}

// skippedPatternGroup is a guard by path where the middleware skips the request.
func skippedPatternGroup(t *testing.T, f *fixture) group {
	t.Helper()
	o := options(f.server)
	o.Skip = core.SkipStatic
	return group{
		name: "static files and patterns",
		setup: Setup{
			Middleware: []*core.Clerk{newClerk(t, o)},
			Guards:     []RouteGuard{{Matcher: core.MustRouteMatcher("/private/(.*)")}},
			Routes: []Route{
				{Path: "/private/page", Handler: who},
				{Path: "/private/page.css", Handler: who},
			},
		},
		rows: []row{
			{name: "a page is guarded", path: "/private/page", status: 404, want: refused404()},
			{name: "a static file that is guarded fails", path: "/private/page.css", headers: bearer(f.admin), status: 500},
		},
	}
}

// checkHidden compares the 404 of guards with that of an application without the route: on a
// production instance nothing may tell them apart but Clerk's own headers, which both have.
func checkHidden(t *testing.T, newApp NewApp) {
	t.Helper()
	s := clerktest.New(t, clerktest.Config{Production: true, Users: []clerktest.User{{ID: "user_ada"}}})
	middleware := []*core.Clerk{newClerk(t, options(s))}
	token := s.SessionToken("user_ada")
	absent := newApp(t, Setup{Middleware: middleware, Routes: []Route{{Path: "/", Handler: who}}})
	route := Route{Path: "/admin/<x>", Handler: who}
	guarded := route
	guarded.Protect = Protected(core.Role("org:admin"))
	for _, hidden := range []struct {
		name    string
		setup   Setup
		methods []string
	}{
		{name: "by a guard on the route", setup: Setup{Middleware: middleware, Routes: []Route{{Path: "/", Handler: who}, guarded}}, methods: []string{http.MethodGet, http.MethodPost}},
		{name: "by a guard inside the handler", setup: Setup{Middleware: middleware, Routes: []Route{{Path: "/", Handler: who}, {Path: route.Path, Handler: func(c Context) error {
			if stop, err := c.Require(core.Role("org:admin")); stop {
				return err
			}
			return who(c)
		}}}}, methods: []string{http.MethodGet, http.MethodPost}},
		{name: "by a pattern", setup: Setup{
			Middleware: middleware, Routes: []Route{{Path: "/", Handler: who}, route},
			Guards: []RouteGuard{{Matcher: core.MustRouteMatcher("/admin/(.*)"), Options: []core.ProtectOption{core.Role("org:admin")}}},
		}, methods: []string{http.MethodGet, http.MethodPost, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions}},
	} {
		app := newApp(t, hidden.setup)
		for _, method := range hidden.methods {
			for caller, headers := range map[string][]string{"signed out": nil, "without the role": bearer(token), "without the role, page load": page(bearer(token)...)} {
				t.Run(hidden.name+", "+method+", "+caller, func(t *testing.T) {
					got, want := visit(t, app, method, "/admin/%3Cx%3E", headers), visit(t, absent, method, "/admin/%3Cx%3E", headers)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("the hidden route differs from the absent one (-absent +hidden):\n%s", diff)
					}
					if got.Status != http.StatusNotFound {
						t.Errorf("got status %d, want 404", got.Status)
					}
				})
			}
		}
	}
}

// seen is all that a client sees of a response.
type seen struct {
	Status int
	Header http.Header
	Body   string
}

// visit sends a request and returns what a client sees of the answer, without its date.
func visit(t *testing.T, app App, method, path string, headers []string) seen {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, appURL+path, http.NoBody)
	req.RequestURI = path
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := app(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	resp.Header.Del("Date")
	for name := range resp.Header {
		if strings.HasPrefix(strings.ToLower(name), "x-clerk-") && resp.Header.Get(name) == "" {
			t.Errorf("header %s is empty", name)
		}
	}
	return seen{resp.StatusCode, resp.Header, string(body)}
}
