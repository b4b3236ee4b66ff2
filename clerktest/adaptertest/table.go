package adaptertest

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// newFixture starts the Clerk instance of a run, with a clock that stands still.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	clock := clerktest.NewClock(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
	s := clerktest.New(t, clerktest.Config{
		Clock: clock,
		Users: []clerktest.User{{ID: "user_ada"}, {ID: "user_bob"}, {ID: "user_cyd"}},
		Organizations: []clerktest.Organization{{
			ID: "org_acme", Slug: "acme", Name: "Acme",
			Members: []clerktest.Member{
				{UserID: "user_ada", Role: "org:admin", Permissions: []string{"org:invoices:create"}},
				{UserID: "user_bob", Role: "org:member"},
			},
		}},
	})
	f := &fixture{server: s, devBrowser: "dvb_adaptertest"}
	f.clerk = newClerk(t, options(s))
	f.admin = s.SessionToken("user_ada", clerktest.InOrganization("org_acme"))
	f.member = s.SessionToken("user_bob", clerktest.InOrganization("org_acme"))
	f.personal = s.SessionToken("user_cyd")
	f.pending = s.SessionToken("user_cyd", clerktest.Pending())
	f.expired = s.SessionToken("user_cyd", clerktest.IssuedAt(clock.Now().Add(-time.Hour)))
	f.names = strings.NewReplacer(
		"_"+s.CookieSuffix(), "_{suffix}",
		f.admin, "{admin}", f.member, "{member}", f.personal, "{personal}", f.pending, "{pending}", f.expired, "{expired}",
	)
	return f
}

// options are the options for an instance of s that logs nothing and waits for nothing.
func options(s *clerktest.Server) core.Options {
	o := s.Options()
	o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	o.Retry = core.Retry{Attempts: 2, BaseDelay: -1}
	return o
}

func newClerk(t *testing.T, o core.Options) *core.Clerk {
	t.Helper()
	clerk, err := core.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return clerk
}

// who answers with who makes the request.
func who(c Context) error {
	auth := c.Auth()
	if !auth.IsAuthenticated() {
		return c.Text("nobody")
	}
	return c.Text(strings.TrimSpace(auth.UserID + " " + auth.OrgRole))
}

// bearer and cookies are the ways to present a session.
func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

func (f *fixture) cookies(token string) []string {
	uat := strconv.FormatInt(f.server.Clock().Now().Unix()-3600, 10)
	return []string{"Cookie", "__clerk_db_jwt=" + f.devBrowser + "; __session=" + token + "; __client_uat=" + uat}
}

// page makes a request a page load.
func page(headers ...string) []string {
	return append([]string{"Sec-Fetch-Dest", "document"}, headers...)
}

func signedOut(reason string, more ...string) []string {
	want := []string{"X-Clerk-Auth-Reason: " + reason, "X-Clerk-Auth-Status: signed-out"}
	return append(more, want...)
}

// refused404 are the headers of a guard's 404 on a development instance, for a caller who has never
// been there.
func refused404() []string {
	return []string{"X-Clerk-Auth-Reason: dev-browser-missing", "X-Clerk-Auth-Reason: protect-rewrite", "X-Clerk-Auth-Status: signed-out"}
}

func groups(t *testing.T, f *fixture) []group {
	t.Helper()
	all := []group{
		mainGroup(f), handlerGroup(f), twiceGroup(t, f), missingGroup(), skippedGroup(t, f),
		apiStatusGroup(t, f), productionGroup(t), unavailableGroup(t), wrongSecretGroup(t), machineGroup(f),
		acceptanceGroup(f), signUpGroup(t, f), clearedGroup(t), machineRoutesGroup(f),
		patternGroup(f), publicGroup(f), requirementGroup(f), patternURLGroup(f), apiPatternGroup(t, f), onRefuseGroup(t, f),
		elementGroup(f), skippedPatternGroup(t, f), postedGroup(f), nothingGroup(f), reverificationGroup(f), reverificationAPIGroup(t, f), reverificationRefusedGroup(f),
	}
	return slices.Concat(all, changedGroups(f), againGroups(f), writtenGroups(t, f))
}

// mainGroup is what the middleware and route guards do.
func mainGroup(f *fixture) group {
	devBrowser := []string{"Cookie", "__clerk_db_jwt=" + f.devBrowser}
	signIn := func(path string) string {
		return "Location: {clerk}/sign-in?redirect_url=" + url.QueryEscape(appURL+path) + "&__clerk_db_jwt=" + f.devBrowser
	}
	handshake := func(path, reason, session string) []string {
		location := "Location: {clerk}/v1/client/handshake?redirect_url=" + url.QueryEscape(appURL+path) +
			"&__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=" + reason + "&format=nonce"
		if session != "" {
			location += "&__session=" + session + "&__clerk_db_jwt=" + f.devBrowser
		}
		return []string{
			"Cache-Control: no-store", location, "Set-Cookie: __clerk_redirect_count=1; SameSite=Lax; HttpOnly; Max-Age=2",
			"X-Clerk-Auth-Reason: " + reason, "X-Clerk-Auth-Status: handshake",
		}
	}
	const missing = "dev-browser-missing"
	return group{
		name: "middleware and guards",
		setup: Setup{
			Middleware: []*core.Clerk{f.clerk},
			Routes: []Route{
				{Path: "/", Handler: who},
				{Path: "/dashboard", Protect: Protected(), Handler: who},
				{Path: "/admin", Protect: Protected(core.Role("org:admin")), Handler: who},
				{Path: "/invoices", Protect: Protected(core.Permission("org:invoices:create")), Handler: who},
				{Path: "/urls", Protect: Protected(core.Role("org:admin"), core.UnauthorizedURL("/denied?x=1"), core.UnauthenticatedURL("https://www.example.com/welcome")), Handler: who},
			},
		},
		rows: []row{
			{name: "an open route serves a signed-out caller", path: "/", status: 200, want: signedOut(missing), body: "nobody"},
			{name: "an open route serves a bearer", path: "/", headers: bearer(f.admin), status: 200, body: "user_ada org:admin"},
			{name: "an open route serves a cookie", path: "/", headers: f.cookies(f.admin), status: 200, body: "user_ada org:admin"},
			{name: "a query survives the handshake", path: "/?a=b%20c&d", headers: page(), status: 307, want: handshake("/?a=b+c&d=", missing, "")},
			{name: "a first page load makes a handshake", path: "/dashboard", headers: page(), status: 307, want: handshake("/dashboard", missing, "")},
			{name: "a page load with an expired cookie makes a handshake", path: "/", headers: page(f.cookies(f.expired)...), status: 307, want: withMessage(
				handshake("/", "session-token-expired-refresh-non-eligible-no-refresh-cookie", "{expired}"),
				"JWT is expired. Expiry date: Wed, 04 Mar 2026 04:07:07 GMT, Current date: Wed, 04 Mar 2026 05:06:07 GMT. (reason=token-expired, token-carrier=cookie)",
			)},
			{name: "forged headers of ours are not believed", path: "/", headers: []string{"X-Clerk-Auth-Status", "signed-in", "X-Clerk-Auth-Token", f.admin}, status: 200, want: signedOut(missing), body: "nobody"},

			{name: "a guard hides its route from a signed-out caller", path: "/dashboard", status: 404, want: refused404()},
			{name: "a guard sends a page load to sign in", path: "/dashboard?x=1", headers: page(devBrowser...), status: 307, want: append([]string{signIn("/dashboard?x=1")}, append(signedOut("session-token-and-uat-missing"), "X-Clerk-Redirect-To: true")...)},
			{name: "a form that was sent does not travel to the sign-in page", method: "POST", path: "/dashboard", headers: page(devBrowser...), status: 303, want: append([]string{signIn("/dashboard")}, append(signedOut("session-token-and-uat-missing"), "X-Clerk-Redirect-To: true")...)},
			{name: "Accept alone makes a page load", path: "/dashboard", headers: append([]string{"Accept", "application/xhtml+xml,text/html"}, devBrowser...), status: 307, want: append([]string{signIn("/dashboard")}, append(signedOut("session-token-and-uat-missing"), "X-Clerk-Redirect-To: true")...)},
			{name: "a guard lets a bearer pass", path: "/dashboard", headers: bearer(f.personal), status: 200, body: "user_cyd"},
			{name: "a guard lets a cookie pass", path: "/dashboard", headers: page(f.cookies(f.personal)...), status: 200, body: "user_cyd"},
			{name: "a role lets its holder pass", path: "/admin", headers: bearer(f.admin), status: 200, body: "user_ada org:admin"},
			{name: "a missing role is a missing page", path: "/admin", headers: bearer(f.member), status: 404, want: []string{"X-Clerk-Auth-Reason: protect-rewrite"}},
			{name: "a missing role is a missing page for page loads", path: "/admin", headers: page(f.cookies(f.member)...), status: 404, want: []string{"X-Clerk-Auth-Reason: protect-rewrite"}},
			{name: "no organization, no role", path: "/admin", headers: bearer(f.personal), status: 404, want: []string{"X-Clerk-Auth-Reason: protect-rewrite"}},
			{name: "a permission lets its holder pass", path: "/invoices", headers: bearer(f.admin), status: 200, body: "user_ada org:admin"},
			{name: "a missing permission is a missing page", path: "/invoices", headers: bearer(f.member), status: 404, want: []string{"X-Clerk-Auth-Reason: protect-rewrite"}},
			{name: "a pending session counts as signed out", path: "/dashboard", headers: bearer(f.pending), status: 404, want: []string{"X-Clerk-Auth-Reason: protect-rewrite"}},
			{name: "a pending session goes to its tasks", path: "/dashboard", headers: page(f.cookies(f.pending)...), status: 307, want: []string{
				"Location: {clerk}/sign-in/tasks?redirect_url=" + url.QueryEscape(appURL+"/dashboard") + "&__clerk_db_jwt=" + f.devBrowser, "X-Clerk-Redirect-To: true",
			}},
			{name: "an unauthenticated URL wins, page load or not", path: "/urls", status: 307, want: append([]string{"Location: https://www.example.com/welcome"}, append(signedOut(missing), "X-Clerk-Redirect-To: true")...)},
			{name: "an unauthenticated URL elsewhere learns the browser", path: "/urls", headers: devBrowser, status: 307, want: append([]string{"Location: https://www.example.com/welcome?__clerk_db_jwt=" + f.devBrowser}, append(signedOut("session-token-and-uat-missing"), "X-Clerk-Redirect-To: true")...)},
			{name: "an unauthorized URL may be relative", path: "/urls", headers: bearer(f.member), status: 307, want: []string{"Location: " + appURL + "/denied?x=1", "X-Clerk-Redirect-To: true"}},
			{name: "no URL is used for those who may", path: "/urls", headers: bearer(f.admin), status: 200, body: "user_ada org:admin"},

			{name: "a garbage bearer shadows a good cookie", path: "/", headers: append(bearer("garbage"), f.cookies(f.admin)...), status: 200, body: "nobody", want: withMessage(signedOut("token-invalid"), "Invalid JWT form. A JWT consists of three parts separated by dots. (reason=token-invalid, token-carrier=header)")},
			{name: "other schemes leave the cookie alone", path: "/", headers: append([]string{"Authorization", "Basic dXNlcjpwYXNz"}, f.cookies(f.admin)...), status: 200, body: "user_ada org:admin"},
			{name: "a completed handshake sets its cookies and goes on", path: "/dashboard?__clerk_handshake=" + f.handshake(f.personal) + "&x=1", headers: page(), status: 307, want: []string{
				"Access-Control-Allow-Credentials: true", "Access-Control-Allow-Origin: null", "Cache-Control: no-store",
				"Location: " + appURL + "/dashboard?x=1", "Set-Cookie: __client_uat=1; Path=/", "Set-Cookie: __session={personal}; Path=/",
			}},
		},
	}
}

func (f *fixture) handshake(session string) string {
	return f.server.HandshakeToken([]string{"__session=" + session + "; Path=/", "__client_uat=1; Path=/"})
}

func withMessage(want []string, message string) []string {
	return append(want, "X-Clerk-Auth-Message: "+message)
}

// handlerGroup is what helpers do inside handlers.
func handlerGroup(f *fixture) group {
	back := url.QueryEscape(appURL + "/cart")
	clerkMark := "X-Clerk-Redirect-To: true"
	signedOutHeaders := signedOut("dev-browser-missing")
	return group{
		name: "helpers inside handlers",
		setup: Setup{Middleware: []*core.Clerk{f.clerk}, Routes: []Route{
			{Path: "/require", Handler: func(c Context) error {
				if stop, err := c.Require(core.Role("org:admin")); stop {
					return err
				}
				return who(c)
			}},
			{Path: "/require-url", Handler: func(c Context) error {
				if stop, err := c.Require(core.UnauthenticatedURL("/welcome")); stop {
					return err
				}
				return who(c)
			}},
			{Path: "/require-key", Handler: func(c Context) error {
				if stop, err := c.Require(core.AcceptTokens(core.M2MToken)); stop {
					return err
				}
				return who(c)
			}},
			{Path: "/sign-me-in", Handler: func(c Context) error { return c.RedirectToSignIn() }},
			{Path: "/to-cart", Handler: func(c Context) error { return c.RedirectToSignIn(core.ReturnBackURL("/cart")) }},
			{Path: "/to-nowhere", Handler: func(c Context) error { return c.RedirectToSignIn(core.NoReturnBackURL) }},
			{Path: "/sign-me-up", Handler: func(c Context) error { return c.RedirectToSignUp(core.ReturnBackURL("/cart")) }},
			{Path: "/pending", Handler: func(c Context) error {
				return c.Text(c.Auth().SessionStatus + " " + c.Auth().UserID + " " + c.Auth(core.PendingAsSignedIn).UserID)
			}},
			{Path: "/state", Handler: func(c Context) error {
				s := c.State()
				return c.Text(string(s.Status()) + " " + string(s.Reason()))
			}},
			{Path: "/service", Handler: func(c Context) error {
				auth, ok := core.FromContext(c.Context())
				if !ok {
					return c.Text("no middleware")
				}
				return c.Text("service sees " + auth.UserID)
			}},
			{Path: "/has", Handler: func(c Context) error {
				auth := c.Auth()
				return c.Text(strconv.FormatBool(auth.Has(core.Role("admin"), core.Permission("org:invoices:create"))) + " " +
					strconv.FormatBool(auth.Has(core.Role("admin"), core.Feature("reports"))) + " " + strconv.FormatBool(auth.Has()))
			}},
		}},
		rows: []row{
			{name: "Require lets pass", path: "/require", headers: bearer(f.admin), status: 200, body: "user_ada org:admin"},
			{name: "Require hides", path: "/require", headers: bearer(f.member), status: 404, want: []string{"X-Clerk-Auth-Reason: protect-rewrite"}},
			{name: "Require redirects", path: "/require-url", status: 307, want: append([]string{"Location: " + appURL + "/welcome"}, append(signedOutHeaders, clerkMark)...)},
			{name: "Require answers 401", path: "/require-key", status: 401, want: signedOutHeaders},
			{name: "redirect to sign in and back", path: "/sign-me-in?q=1", status: 307, want: append([]string{"Location: {clerk}/sign-in?redirect_url=" + url.QueryEscape(appURL+"/sign-me-in?q=1")}, append(signedOutHeaders, clerkMark)...)},
			{name: "redirect to sign in and to another page", path: "/to-cart", status: 307, want: append([]string{"Location: {clerk}/sign-in?redirect_url=" + back}, append(signedOutHeaders, clerkMark)...)},
			{name: "redirect to sign in with nowhere to return", path: "/to-nowhere", status: 307, want: append([]string{"Location: {clerk}/sign-in"}, append(signedOutHeaders, clerkMark)...)},
			{name: "redirect to sign up", path: "/sign-me-up", status: 307, want: append([]string{"Location: {clerk}/sign-up?redirect_url=" + back}, append(signedOutHeaders, clerkMark)...)},
			{name: "a pending session on request", path: "/pending", headers: bearer(f.pending), status: 200, body: "pending  user_cyd"},
			{name: "the state of a signed-out request", path: "/state", status: 200, want: signedOutHeaders, body: "signed-out dev-browser-missing"},
			{name: "the state of a signed-in request", path: "/state", headers: bearer(f.admin), status: 200, body: "signed-in "},
			{name: "code without the framework finds the user", path: "/service", headers: bearer(f.admin), status: 200, body: "service sees user_ada"},
			{name: "has needs every requirement", path: "/has", headers: bearer(f.admin), status: 200, body: "true false false"},
		},
	}
}

// twiceGroup is a middleware that is registered twice, and two instances.
func twiceGroup(t *testing.T, f *fixture) group {
	t.Helper()
	other := clerktest.New(t, clerktest.Config{FrontendAPI: "brave-heron-7.clerk.accounts.dev", SecondKey: true, Clock: f.server.Clock()})
	return group{
		name: "middleware twice",
		setup: Setup{
			Middleware: []*core.Clerk{newClerk(t, options(other)), f.clerk, f.clerk},
			Routes:     []Route{{Path: "/", Handler: who}},
		},
		rows: []row{
			{name: "the last instance decides", path: "/", headers: bearer(f.admin), status: 200, body: "user_ada org:admin", want: []string{
				"X-Clerk-Auth-Message: " + kidMismatch(f.server.KeyID()),
				"X-Clerk-Auth-Reason: jwk-kid-mismatch", "X-Clerk-Auth-Status: signed-out",
			}},
		},
	}
}

func kidMismatch(kid string) string {
	return "Unable to find a signing key in JWKS that matches the kid='" + kid + "' of the provided session token. " +
		"Please make sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT. " +
		"Go to your Dashboard and validate your secret and public keys are correct. Contact support@clerk.com if the issue persists. " +
		"(reason=jwk-kid-mismatch, token-carrier=header)"
}

// missingGroup is an application that forgot the middleware.
func missingGroup() group {
	return group{
		name: "middleware missing",
		setup: Setup{Routes: []Route{
			{Path: "/protect", Protect: Protected(), Handler: who},
			{Path: "/require", Handler: func(c Context) error {
				if stop, err := c.Require(); stop {
					return err
				}
				return who(c)
			}},
			{Path: "/auth", Handler: func(c Context) (err error) {
				defer func() {
					failure, ok := recover().(*core.Error)
					helpful := ok && errors.Is(failure, core.ErrMiddlewareMissing) && strings.Contains(failure.Error(), ".Middleware()")
					err = c.Text(strconv.FormatBool(helpful))
				}()
				return who(c)
			}},
			{Path: "/service", Handler: func(c Context) error {
				_, ok := core.FromContext(c.Context())
				return c.Text(strconv.FormatBool(ok))
			}},
		}},
		rows: []row{
			{name: "a guard fails", path: "/protect", status: 500},
			{name: "Require fails", path: "/require", status: 500},
			{name: "Auth panics with advice", path: "/auth", status: 200, body: "true"},
			{name: "a context has nothing", path: "/service", status: 200, body: "false"},
		},
	}
}

// skippedGroup is an application whose middleware skips every request.
func skippedGroup(t *testing.T, f *fixture) group {
	t.Helper()
	o := options(f.server)
	o.Skip = func(r core.Request) bool { return r.Target() != "/not-skipped" }
	return group{
		name: "middleware skips",
		setup: Setup{Middleware: []*core.Clerk{newClerk(t, o)}, Routes: []Route{
			{Path: "/open", Handler: func(c Context) error { return c.Text("open") }},
			{Path: "/auth", Handler: who},
			{Path: "/protect", Protect: Protected(), Handler: who},
			{Path: "/not-skipped", Handler: who},
		}},
		rows: []row{
			{name: "nothing is added", path: "/open", status: 200, body: "open"},
			{name: "Auth fails and never says signed out", path: "/auth", headers: bearer(f.admin), status: 500},
			{name: "a guard fails", path: "/protect", headers: bearer(f.admin), status: 500},
			{name: "others are authenticated", path: "/not-skipped", headers: bearer(f.admin), status: 200, body: "user_ada org:admin"},
		},
	}
}

// apiStatusGroup answers API callers with 401 and 403.
func apiStatusGroup(t *testing.T, f *fixture) group {
	t.Helper()
	o := options(f.server)
	o.APIStatus = true
	return group{
		name: "API statuses",
		setup: Setup{Middleware: []*core.Clerk{newClerk(t, o)}, Routes: []Route{
			{Path: "/admin", Protect: Protected(core.Role("org:admin")), Handler: who},
		}},
		rows: []row{
			{name: "signed out is 401", path: "/admin", status: 401, want: signedOut("dev-browser-missing", "Www-Authenticate: Bearer")},
			{name: "a missing role is 403", path: "/admin", headers: bearer(f.member), status: 403, want: []string{`Www-Authenticate: Bearer error="insufficient_scope"`}},
			{name: "a missing role on a page is 404", path: "/admin", headers: page(f.cookies(f.member)...), status: 404, want: []string{"X-Clerk-Auth-Reason: protect-rewrite"}},
			{name: "an admin passes", path: "/admin", headers: bearer(f.admin), status: 200, body: "user_ada org:admin"},
		},
	}
}

// productionGroup is a production instance, which tells nobody about its guards.
func productionGroup(t *testing.T) group {
	t.Helper()
	s := clerktest.New(t, clerktest.Config{Production: true})
	return group{
		name: "production",
		setup: Setup{Middleware: []*core.Clerk{newClerk(t, options(s))}, Routes: []Route{
			{Path: "/", Handler: who},
			{Path: "/dashboard", Protect: Protected(), Handler: who},
		}},
		rows: []row{
			{name: "no handshake without a client", path: "/", headers: page(), status: 200, want: signedOut("session-token-and-uat-missing"), body: "nobody"},
			{name: "a hidden route looks like an absent one", path: "/dashboard", status: 404, want: signedOut("session-token-and-uat-missing")},
			{name: "an absent route", path: "/absent", status: 404, want: signedOut("session-token-and-uat-missing")},
		},
	}
}

// unavailableGroup is an instance whose keys cannot be had.
func unavailableGroup(t *testing.T) group {
	t.Helper()
	s := clerktest.New(t)
	s.Inject("GET /v1/jwks", clerktest.Fault{Status: http.StatusServiceUnavailable})
	clerk := newClerk(t, options(s))
	tok := s.SessionToken("user_ada")
	failed := signedOut("jwk-remote-failed-to-load") // What the Backend API said is for logs alone.
	return group{
		name: "keys unreachable",
		setup: Setup{Middleware: []*core.Clerk{clerk}, Routes: []Route{
			{Path: "/", Handler: who},
			{Path: "/dashboard", Protect: Protected(), Handler: who},
		}},
		rows: []row{
			{name: "an open route works as signed out", path: "/", headers: bearer(tok), status: 200, body: "nobody", want: failed},
			{name: "a guard says that it cannot tell", path: "/dashboard", headers: bearer(tok), status: 503, want: append([]string{"Retry-After: {soon}"}, failed...), anyBody: true},
			{name: "a page load is not sent to sign in", path: "/dashboard", headers: page(bearer(tok)...), status: 503, want: append([]string{"Retry-After: {soon}"}, failed...), anyBody: true},
			{name: "a caller without a token is just signed out", path: "/dashboard", status: 404, want: refused404()},
		},
	}
}

// wrongSecretGroup is an instance whose secret key Clerk refuses.
func wrongSecretGroup(t *testing.T) group {
	t.Helper()
	s := clerktest.New(t)
	o := options(s)
	o.SecretKey = "sk_test_of_another_instance"
	tok := s.SessionToken("user_ada")
	return group{
		name: "secret key refused",
		setup: Setup{Middleware: []*core.Clerk{newClerk(t, o)}, Routes: []Route{
			{Path: "/dashboard", Protect: Protected(), Handler: who},
		}},
		rows: []row{
			{name: "a guard fails", path: "/dashboard", headers: bearer(tok), status: 500, want: signedOut("secret-key-invalid")},
		},
	}
}

// machineGroup is a machine's token at routes for people and for machines.
func machineGroup(f *fixture) group {
	return group{
		name: "machine tokens",
		setup: Setup{Middleware: []*core.Clerk{f.clerk}, Routes: []Route{
			{Path: "/", Handler: who},
			{Path: "/people", Protect: Protected(), Handler: who},
		}},
		rows: []row{
			{name: "an open route sees nobody and makes no call", path: "/", headers: bearer("ak_unknown"), status: 200, body: "nobody"},
			{name: "a route for people hides", path: "/people", headers: bearer("ak_unknown"), status: 404, want: []string{"X-Clerk-Auth-Reason: protect-rewrite"}},
			{name: "a route for people sends a page load to sign in", path: "/people", headers: page(bearer("mt_unknown")...), status: 307, want: []string{
				"Location: {clerk}/sign-in?redirect_url=" + url.QueryEscape(appURL+"/people"), "X-Clerk-Redirect-To: true",
			}},
		},
	}
}
