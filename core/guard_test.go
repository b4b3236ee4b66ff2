package core_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// told is an outcome in a few words: the status and where it leads.
func told(o core.Outcome) string {
	if o.Allowed() {
		return "next"
	}
	text := http.StatusText(o.Status)
	if location := headerOf(o.Headers, "Location"); location != "" {
		text += " " + location
	}
	return text
}

const (
	unauthorizedURL    = "https://app.example/no"
	unauthenticatedURL = "/who?x=1"
	accountsPage       = "https://accounts.example.test/sign-in"
)

// TestGuardOfSessions is Clerk's table of auth.protect(), rows 1 to 15.
func TestGuardOfSessions(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	session := "Bearer " + s.SessionToken("user_1")
	pending := "Bearer " + s.SessionToken("user_1", clerktest.Pending())
	key := "Bearer " + s.APIKey(clerktest.MachineToken{})
	m2m := "Bearer " + s.M2MJWT(clerktest.MachineToken{})
	yes, no := core.Where(func(*core.Auth) bool { return true }), core.Where(func(*core.Auth) bool { return false })
	unauthorized, unauthenticated := core.UnauthorizedURL(unauthorizedURL), core.UnauthenticatedURL(unauthenticatedURL)
	const (
		toSignIn = "Temporary Redirect " + accountsPage + "?redirect_url=http%3A%2F%2Fapp.example%2Fp"
		toTasks  = "Temporary Redirect " + accountsPage + "/tasks?redirect_url=http%3A%2F%2Fapp.example%2Fp"
		toURL    = "Temporary Redirect http://app.example/who?x=1"
	)
	for _, test := range []struct {
		name  string
		token string // of the Authorization header
		guard []core.ProtectOption
		page  string // outcome of a page load
		other string // of anything else
		api   string // of anything else with APIStatus; other where empty
	}{
		{name: "1 signed in, nothing asked", token: session, page: "next", other: "next"},
		{name: "2 signed in and authorized", token: session, guard: []core.ProtectOption{yes}, page: "next", other: "next"},
		{name: "2 several requirements", token: session, guard: []core.ProtectOption{yes, yes, unauthorized}, page: "next", other: "next"},
		{name: "3 signed in, not authorized", token: session, guard: []core.ProtectOption{no}, page: "Not Found", other: "Not Found", api: "Forbidden"},
		{name: "3 one of several fails", token: session, guard: []core.ProtectOption{yes, no}, page: "Not Found", other: "Not Found", api: "Forbidden"},
		{name: "3 role that the user lacks", token: session, guard: []core.ProtectOption{core.Role("org:admin")}, page: "Not Found", other: "Not Found", api: "Forbidden"},
		{name: "3 empty AnyOf", token: session, guard: []core.ProtectOption{core.AnyOf()}, page: "Not Found", other: "Not Found", api: "Forbidden"},
		{name: "3 empty AllOf", token: session, guard: []core.ProtectOption{core.AllOf()}, page: "Not Found", other: "Not Found", api: "Forbidden"},
		{name: "4 not authorized, with a page for it", token: session, guard: []core.ProtectOption{no, unauthorized}, page: "Temporary Redirect " + unauthorizedURL, other: "Temporary Redirect " + unauthorizedURL},
		{name: "5 not authorized, with a page for others", token: session, guard: []core.ProtectOption{no, unauthenticated}, page: "Not Found", other: "Not Found", api: "Forbidden"},
		{name: "6, 8 signed out", page: toSignIn, other: "Not Found", api: "Unauthorized"},
		{name: "6, 8 invalid session", token: "Bearer x", page: toSignIn, other: "Not Found", api: "Unauthorized"},
		{name: "6, 8 requirements are not asked", guard: []core.ProtectOption{yes}, page: toSignIn, other: "Not Found", api: "Unauthorized"},
		{name: "9 signed out, with a page for it", guard: []core.ProtectOption{unauthenticated}, page: toURL, other: toURL},
		{name: "10 signed out, with a page for others", guard: []core.ProtectOption{unauthorized}, page: toSignIn, other: "Not Found", api: "Unauthorized"},
		{name: "11, 13 pending", token: pending, page: toTasks, other: "Not Found", api: "Unauthorized"},
		{name: "14 pending, with a page for it", token: pending, guard: []core.ProtectOption{unauthenticated}, page: toURL, other: toURL},
		{name: "15 API key", token: key, page: toSignIn, other: "Not Found", api: "Unauthorized"},
		{name: "15 M2M token", token: m2m, guard: []core.ProtectOption{yes, unauthorized}, page: toSignIn, other: "Not Found", api: "Unauthorized"},
		{name: "15 API key, with a page for it", token: key, guard: []core.ProtectOption{unauthenticated}, page: toURL, other: toURL},
		{name: "15 no API key", token: "Bearer ak_no", page: toSignIn, other: "Not Found", api: "Unauthorized"},
		{name: "22 list with sessions, signed in", token: session, guard: []core.ProtectOption{core.AcceptTokens(core.APIKey, core.SessionToken)}, page: "next", other: "next"},
		{name: "22 list with sessions, not authorized", token: session, guard: []core.ProtectOption{core.AcceptTokens(core.APIKey, core.SessionToken), no}, page: "Not Found", other: "Not Found", api: "Forbidden"},
		{name: "22 list with sessions, signed out", guard: []core.ProtectOption{core.AcceptTokens(core.APIKey, core.SessionToken)}, page: toSignIn, other: "Not Found", api: "Unauthorized"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.api == "" {
				test.api = test.other
			}
			for _, accepts := range []core.TokenChoice{{}, core.AnyToken(), core.TokenList(core.SessionToken, core.APIKey, core.M2MToken)} {
				o := plain(s)
				o.AcceptsToken = accepts
				for _, variant := range []struct {
					name      string
					request   *request
					apiStatus bool
					want      string
				}{
					{name: "page by Sec-Fetch-Dest", request: page("/p"), want: test.page},
					{name: "page in a frame", request: get("/p", "Sec-Fetch-Dest", "iframe"), want: test.page},
					{name: "page by Accept", request: get("/p", "Accept", "x/y, text/html;q=0.9"), want: test.page},
					{name: "page with APIStatus", request: page("/p"), apiStatus: true, want: test.page},
					{name: "script", request: get("/p", "Sec-Fetch-Dest", "empty", "Accept", "*/*"), want: test.other},
					{name: "script with APIStatus", request: get("/p"), apiStatus: true, want: test.api},
				} {
					o.APIStatus = variant.apiStatus
					if test.token != "" {
						variant.request.header.Set("Authorization", test.token)
					}
					ra := attach(t, newClerk(t, o), variant.request)
					got := adapter.Guard("Protect", test.guard...).Check(t.Context(), ra)
					if told(got) != variant.want {
						t.Errorf("%s: got %q, want %q", variant.name, told(got), variant.want)
					}
					checkRefusal(t, got)
				}
			}
		})
	}
}

// checkRefusal checks what holds for every outcome.
func checkRefusal(t *testing.T, o core.Outcome) {
	t.Helper()
	if o.Allowed() {
		if o.Status != 0 || o.Err != nil {
			t.Errorf("got status %d and error %v of a request that goes on", o.Status, o.Err)
		}
		return
	}
	if o.Err == nil || o.Err.StatusCode() != o.Status {
		t.Errorf("got error %v, want one that means %d", o.Err, o.Status)
		return
	}
	location := headerOf(o.Headers, "Location") != ""
	if mark := headerOf(o.Headers, "X-Clerk-Redirect-To") == "true"; mark != location {
		t.Errorf("got redirect %v, mark %v", location, mark)
	}
	want := map[int]error{
		http.StatusUnauthorized: core.ErrUnauthenticated, http.StatusForbidden: core.ErrForbidden, http.StatusServiceUnavailable: core.ErrUnavailable,
		http.StatusInternalServerError: core.ErrConfiguration,
	}[o.Status]
	if want != nil && !errors.Is(o.Err, want) {
		t.Errorf("got %v for status %d, want %v", o.Err, o.Status, want)
	}
	if absent, fault := o.Status == http.StatusNotFound, o.Status == http.StatusInternalServerError; o.IsAbsent() != absent || o.IsFault() != fault {
		t.Errorf("got absent %v and fault %v for status %d", o.IsAbsent(), o.IsFault(), o.Status)
	}
}

func TestGuardHooks(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	isPost := func(r core.Request) bool { return r.Method() == http.MethodPost }
	always := func(core.Request) bool { return true }
	never := func(core.Request) bool { return false }
	pending := s.SessionToken("user_1", clerktest.Pending())
	const signIn = " " + accountsPage + "?redirect_url=http%3A%2F%2Fapp.example%2Fp"
	for _, test := range []struct {
		name    string
		edit    func(*core.Options)
		request *request
		want    string
	}{
		{name: "7 action", edit: func(o *core.Options) { o.IsActionRequest = isPost }, request: get("/p").as("POST"), want: "Unauthorized"},
		{name: "8 no action", edit: func(o *core.Options) { o.IsActionRequest = isPost }, request: get("/p"), want: "Not Found"},
		{name: "12 action of a pending session", edit: func(o *core.Options) { o.IsActionRequest = isPost }, request: get("/p", "Authorization", pending).as("POST"), want: "Unauthorized"},
		{name: "a page goes before an action", edit: func(o *core.Options) { o.IsActionRequest = isPost }, request: page("/p").as("POST"), want: "See Other" + signIn},
		{name: "own rule for pages, yes", edit: func(o *core.Options) { o.IsPageRequest = always }, request: get("/p"), want: "Temporary Redirect" + signIn},
		{name: "own rule for pages, no", edit: func(o *core.Options) { o.IsPageRequest = never }, request: page("/p"), want: "Not Found"},
		{name: "HEAD", edit: func(*core.Options) {}, request: page("/p").as("HEAD"), want: "Temporary Redirect" + signIn},
		{name: "POST", edit: func(*core.Options) {}, request: page("/p").as("POST"), want: "See Other" + signIn},
		{name: "DELETE", edit: func(*core.Options) {}, request: page("/p").as("DELETE"), want: "See Other" + signIn},
		{name: "Accept in capitals", edit: func(*core.Options) {}, request: get("/p", "Accept", "TEXT/HTML"), want: "Not Found"},
		{name: "page headers of Next.js mean nothing here", edit: func(*core.Options) {}, request: get("/p", "Next-Url", "/p", "X-Nextjs-Data", "1"), want: "Not Found"},
		{name: "OPTIONS", edit: func(*core.Options) {}, request: get("/p").as("OPTIONS"), want: "Not Found"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := plain(s)
			test.edit(&o)
			got := adapter.Guard("Protect").Check(t.Context(), attach(t, newClerk(t, o), test.request))
			if told(got) != test.want {
				t.Errorf("got %q, want %q", told(got), test.want)
			}
			checkRefusal(t, got)
		})
	}
}

func TestHiddenRoutesAreMarkedInDevelopmentOnly(t *testing.T) {
	t.Parallel()
	for production, want := range map[bool]string{true: "", false: "protect-rewrite"} {
		c := newClerk(t, plain(newServer(t, production)))
		o := adapter.Guard("Protect").Check(t.Context(), attach(t, c, get("/")))
		if got := headerOf(o.Headers, "X-Clerk-Auth-Reason"); got != want || o.Status != http.StatusNotFound {
			t.Errorf("production %v: got %d with reason %q, want %q", production, o.Status, got, want)
		}
	}
}

// TestRedirectsCarryTheDevBrowser: cookies do not reach another origin.
func TestRedirectsCarryTheDevBrowser(t *testing.T) {
	t.Parallel()
	dev := core.Options{PublishableKey: clerktest.PublishableKey("clerk.included.katydid-92.lcl.dev", false), SecretKey: devSK, LookupEnv: noEnv}
	live := dev
	live.SecretKey = liveSK
	const signIn = "https://accounts.included.katydid-92.lcl.dev/sign-in?redirect_url=http%3A%2F%2Fwww.clerk.com%2Fprotected"
	for _, test := range []struct {
		name    string
		options core.Options
		cookie  string
		guard   []core.ProtectOption
		want    string
	}{
		{name: "no browser", options: dev, want: signIn},
		{name: "browser", options: dev, cookie: "__clerk_db_jwt=test_jwt", want: signIn + "&__clerk_db_jwt=test_jwt"},
		{name: "browser, suffixed cookie only", options: dev, cookie: "__clerk_db_jwt_" + clerktest.CookieSuffix(dev.PublishableKey) + "=x", want: signIn},
		{name: "production secret key", options: live, cookie: "__clerk_db_jwt=test_jwt", want: signIn},
		{name: "own origin", options: dev, cookie: "__clerk_db_jwt=test_jwt", guard: []core.ProtectOption{core.UnauthenticatedURL("/who")}, want: "http://www.clerk.com/who"},
		{
			name: "another origin", options: dev, cookie: "__clerk_db_jwt=test_jwt",
			guard: []core.ProtectOption{core.UnauthenticatedURL("https://www.clerk.com/who?a=b%20c")},
			want:  "https://www.clerk.com/who?a=b+c&__clerk_db_jwt=test_jwt",
		},
		{
			name: "another origin that names a browser", options: dev, cookie: "__clerk_db_jwt=test_jwt",
			guard: []core.ProtectOption{core.UnauthenticatedURL("https://x.com/?__clerk_db_jwt=own&y")},
			want:  "https://x.com/?y=&__clerk_db_jwt=own",
		},
	} {
		r := get("/protected", "Accept", "text/html", "Sec-Fetch-Dest", "empty", "Cookie", test.cookie).on("www.clerk.com")
		o := adapter.Guard("Protect", test.guard...).Check(t.Context(), attach(t, newClerk(t, test.options), r))
		if got := headerOf(o.Headers, "Location"); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestAttachDeliversHandshakesAndFaults(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	var log logBuffer
	o := plain(s)
	o.Logger = log.logger()
	o.IsSatellite, o.Domain, o.SignInURL = true, "app.example", "http://app.example/sign-in"
	c := newClerk(t, o)

	_, out := adapter.Attach(t.Context(), c, page("/", "Cookie", "__client_uat=1"))
	if out.Status != http.StatusTemporaryRedirect || out.IsFault() || !strings.HasPrefix(headerOf(out.Headers, "Location"), "https://clerk.app.example/v1/client/handshake?") {
		t.Errorf("handshake: got %+v", out)
	}
	ra, out := adapter.Attach(t.Context(), c, get("/"))
	if !out.Allowed() || headerOf(out.Headers, "X-Clerk-Auth-Status") != "signed-out" {
		t.Errorf("signed out: got %+v", out)
	}
	again, out := adapter.Attach(ra.NewContext(t.Context()), c, get("/"))
	if again != ra || len(out.Headers) != 0 {
		t.Errorf("twice: got another result and %+v", out)
	}
	other, _ := adapter.Attach(ra.NewContext(t.Context()), newClerk(t, plain(s)), get("/"))
	if other == ra {
		t.Error("another instance did not replace the first")
	}
	_, out = adapter.Attach(t.Context(), c, get("/", "Origin", "http://app.example"))
	if out.Status != http.StatusInternalServerError || !out.IsFault() || !strings.Contains(log.String(), "different origin") {
		t.Errorf("sign-in page on the satellite: got %+v, log %q", out, log.String())
	}
}

func TestSkippedRequestsHaveNoAuth(t *testing.T) {
	t.Parallel()
	o := plain(newServer(t, true))
	o.Skip = func(r core.Request) bool { return strings.HasPrefix(r.Target(), "/assets/") }
	c := newClerk(t, o)
	for target, want := range map[string]bool{"/assets/a.js": false, "/": true} {
		ra, out := adapter.Attach(t.Context(), c, get(target))
		if !out.Allowed() {
			t.Errorf("%s: got %+v", target, out)
		}
		ctx := ra.NewContext(t.Context())
		if _, ok := core.FromContext(ctx); ok != want {
			t.Errorf("%s: FromContext found %v, want %v", target, ok, want)
		}
		_, err := core.Adapter{Name: "ginclerk"}.Find(ctx.Value, "Auth")
		if (err == nil) != want {
			t.Errorf("%s: got error %v", target, err)
		}
		if want {
			continue
		}
		if !errors.Is(err, core.ErrMiddlewareMissing) || !strings.Contains(err.Error(), "ginclerk.Middleware()") || !strings.Contains(err.Error(), "ginclerk.Auth") {
			t.Errorf("got %v", err)
		}
		out, ok := adapter.Recover(core.AsError(err))
		if !ok || out.Status != http.StatusInternalServerError {
			t.Errorf("got %+v, %v from Recover", out, ok)
		}
	}
	if _, ok := core.FromContext(t.Context()); ok {
		t.Error("found an Auth in an empty context")
	}
	for _, value := range []any{"text", errors.New("x"), &core.Error{}} {
		if err := panicked(func() { adapter.Recover(value) }); err == nil {
			t.Errorf("recovered %v, which is none of ours", value)
		}
	}
	if out, ok := adapter.Recover(nil); ok || !out.Allowed() {
		t.Errorf("got %+v, %v where nothing panicked", out, ok)
	}
}

// TestRefusalsSayWhatTheSessionHas, so that the log tells a wrong role from a missing organization.
func TestRefusalsSayWhatTheSessionHas(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	s.AddOrganization(clerktest.Organization{ID: "org_acme", Members: []clerktest.Member{{UserID: "user_ada", Role: "org:member"}}})
	c := newClerk(t, plain(s))
	for name, tt := range map[string]struct {
		token string
		want  string
	}{
		"no organization": {s.SessionToken("user_ada"), "the session has no active organization"},
		"another role":    {s.SessionToken("user_ada", clerktest.InOrganization("org_acme")), `the session has the role "org:member" in the organization "org_acme"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ra := attachTo(c, bearer(tt.token))
			out := adapter.Guard("Protect", core.Role("org:admin")).Check(t.Context(), ra)
			if out.Err == nil || !strings.Contains(out.Err.Error(), tt.want) || !errors.Is(out.Err, core.ErrForbidden) {
				t.Errorf("got %v, want %s", out.Err, tt.want)
			}
			if strings.Contains(out.Body, "org") {
				t.Errorf("the answer says it: %s", out.Body)
			}
		})
	}
}
