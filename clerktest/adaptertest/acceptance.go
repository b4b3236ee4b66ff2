package adaptertest

import (
	"net/url"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// acceptanceGroup is what the acceptance cases of Clerk's SDK for Next.js ask for beyond the other
// groups.
func acceptanceGroup(f *fixture) group {
	const (
		signInPage = "https://accounts.example.com/sign-in"
		denied     = "https://www.example.com/denied"
		welcome    = "https://www.example.com/welcome"
		marker     = "X-Clerk-Redirect-To: true"
		noSession  = "session-token-and-uat-missing"
	)
	var (
		devBrowser = []string{"Cookie", "__clerk_db_jwt=" + f.devBrowser}
		admin      = core.Role("org:admin")
		invoices   = core.Permission("org:invoices:create")
		learned    = "?__clerk_db_jwt=" + f.devBrowser
		counted    = func(c Context) error {
			if stop, err := c.Require(core.UnauthorizedURL(denied)); stop {
				return err
			}
			return who(c)
		}
	)
	return group{
		name: "acceptance",
		setup: Setup{Middleware: []*core.Clerk{f.clerk}, Routes: []Route{
			{Path: "/elsewhere", Handler: func(c Context) error { return c.Redirect(signInPage) }},
			{Path: "/role", Protect: Protected(admin), Handler: who},
			{Path: "/role-url", Protect: Protected(admin, core.UnauthorizedURL(denied)), Handler: who},
			{Path: "/url", Handler: counted},
			{Path: "/urls", Protect: Protected(invoices, core.UnauthenticatedURL(welcome), core.UnauthorizedURL(denied)), Handler: who},
			{Path: "/to-hello", Handler: func(c Context) error {
				return c.RedirectToSignIn(core.ReturnBackURL("https://www.example.com/hello"))
			}},
			{Path: "/open", Handler: who},
			{Path: "/pending", Handler: func(c Context) error { return c.Text(c.Auth(core.PendingAsSignedIn).UserID) }},
		}},
		rows: []row{
			{name: "a redirect of the handler's own stays as it is", path: "/elsewhere", headers: page(devBrowser...), status: 307, want: signedOut(noSession, "Location: "+signInPage), anyBody: true, appOwn: true},
			{name: "a page load of a user without the role", path: "/role", headers: page(f.cookies(f.member)...), status: 404, want: []string{"X-Clerk-Auth-Reason: protect-rewrite"}},
			{name: "a role is checked although a URL is given", path: "/role-url", headers: page(f.cookies(f.member)...), status: 307, want: []string{"Location: " + denied + learned, marker}},
			{name: "a role and a URL let the holder pass", path: "/role-url", headers: page(f.cookies(f.admin)...), status: 200, body: "user_ada org:admin"},
			{name: "a URL alone asks for nothing but a user", path: "/url", headers: page(f.cookies(f.personal)...), status: 200, body: "user_cyd"},
			{name: "signed out, both URLs given", path: "/urls", headers: page(devBrowser...), status: 307, want: signedOut(noSession, "Location: "+welcome+learned, marker)},
			{name: "not permitted, both URLs given", path: "/urls", headers: page(f.cookies(f.member)...), status: 307, want: []string{"Location: " + denied + learned, marker}},
			{name: "signed out with a page to come back to elsewhere", path: "/to-hello", headers: page(devBrowser...), status: 307, want: signedOut(
				noSession, "Location: {clerk}/sign-in?redirect_url="+url.QueryEscape("https://www.example.com/hello")+"&__clerk_db_jwt="+f.devBrowser, marker,
			)},
			{name: "a client that says it is signed in makes a handshake", path: "/open", headers: page("Cookie", "__client_uat=1711618859; __clerk_db_jwt="+f.devBrowser), status: 307, want: []string{
				"Cache-Control: no-store", "Location: {clerk}/v1/client/handshake?redirect_url=" + url.QueryEscape(appURL+"/open") +
					"&__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=client-uat-but-no-session-token&format=nonce&__clerk_db_jwt=" + f.devBrowser,
				"Set-Cookie: __clerk_redirect_count=1; SameSite=Lax; HttpOnly; Max-Age=2",
				"X-Clerk-Auth-Reason: client-uat-but-no-session-token", "X-Clerk-Auth-Status: handshake",
			}},
			{name: "a pending session is a user on request", path: "/pending", headers: page(f.cookies(f.pending)...), status: 200, body: "user_cyd"},
			{name: "forged headers and a forged token do not sign in", path: "/open", headers: []string{
				"X-Clerk-Auth-Status", "signed-in", "X-Clerk-Auth-Token", f.admin, "X-Clerk-Auth-Signature", "0", "X-Clerk-Request-Data", f.admin,
			}, status: 200, body: "nobody", want: signedOut("dev-browser-missing")},
		},
	}
}

// signUpGroup is an application with a sign-in page of its own and no sign-up page.
func signUpGroup(t *testing.T, f *fixture) group {
	t.Helper()
	o := options(f.server)
	o.SignInURL, o.SignUpURL = "/hello", ""
	return group{
		name: "a sign-in page without a sign-up page",
		setup: Setup{Middleware: []*core.Clerk{newClerk(t, o)}, Routes: []Route{
			{Path: "/join", Handler: func(c Context) error { return c.RedirectToSignUp() }},
		}},
		rows: []row{
			{name: "the sign-up page is below the sign-in page", path: "/join", status: 307, want: signedOut("dev-browser-missing",
				"Location: "+appURL+"/hello/create?redirect_url="+url.QueryEscape(appURL+"/join"), "X-Clerk-Redirect-To: true")},
		},
	}
}

// clearedGroup is a production instance whose handshake ends in a sign-out.
func clearedGroup(t *testing.T) group {
	t.Helper()
	s := clerktest.New(t, clerktest.Config{Production: true})
	o := options(s)
	o.SignInURL = "https://accounts.example.com/sign-in"
	cookies := []string{"__session=; Path=/; Max-Age=0", "__client_uat=0; Path=/"}
	return group{
		name: "a handshake that signs out",
		setup: Setup{Middleware: []*core.Clerk{newClerk(t, o)}, Routes: []Route{
			{Path: "/dashboard", Protect: Protected(), Handler: who},
		}},
		rows: []row{
			{
				name: "the refusal carries its cookies", path: "/dashboard",
				headers: page("Cookie", "__clerk_handshake="+s.HandshakeToken(cookies)), status: 307,
				want: signedOut("session-token-missing", "Access-Control-Allow-Credentials: true", "Access-Control-Allow-Origin: null",
					"Location: https://accounts.example.com/sign-in?redirect_url="+url.QueryEscape(appURL+"/dashboard"),
					"Set-Cookie: "+cookies[0], "Set-Cookie: "+cookies[1], "X-Clerk-Redirect-To: true"),
			},
		},
	}
}

// machineRoutesGroup is what routes for machines do with the tokens of machines.
func machineRoutesGroup(f *fixture) group {
	var (
		key        = f.server.APIKey(clerktest.MachineToken{Subject: "user_ada", Scopes: []string{"read"}})
		machine    = f.server.M2MToken(clerktest.MachineToken{Subject: "mch_1"})
		oauth      = f.server.OAuthToken(clerktest.MachineToken{Subject: "user_bob"})
		subject    = func(c Context) error { return c.Text(string(c.Auth().TokenType) + " " + c.Auth().Subject) }
		keys       = core.AcceptTokens(core.APIKey)
		challenge  = `Www-Authenticate: Bearer resource_metadata="https://calm-otter-42.clerk.accounts.dev/.well-known/oauth-protected-resource"`
		invalid    = []string{"X-Clerk-Auth-Reason: token-invalid", "X-Clerk-Auth-Status: signed-out"}
		unexpected = signedOut("dev-browser-missing")
	)
	return group{
		name: "routes for machines",
		setup: Setup{Middleware: []*core.Clerk{f.clerk}, Routes: []Route{
			{Path: "/keys", Protect: Protected(keys), Handler: subject},
			{Path: "/scoped", Protect: Protected(keys, core.Scopes("write")), Handler: subject},
			{Path: "/people-or-keys", Protect: Protected(core.AcceptTokens(core.SessionToken, core.APIKey)), Handler: subject},
			{Path: "/people-or-machines", Protect: Protected(core.AcceptTokens(core.SessionToken, core.M2MToken)), Handler: subject},
			{Path: "/roles", Protect: Protected(keys, core.Role("org:admin")), Handler: subject},
		}},
		rows: []row{
			{name: "12 a valid key passes", path: "/keys", headers: bearer(key), status: 200, body: "api_key user_ada"},
			{name: "13 an unknown key", path: "/keys", headers: bearer("ak_unknown"), status: 401, want: withMessage(invalid, "API key not found (code=token-invalid, status=404)")},
			{name: "14 an OAuth token where keys are accepted", path: "/keys", headers: bearer("oat_unknown"), status: 401, want: []string{challenge}},
			{name: "14 a valid OAuth token where keys are accepted", path: "/keys", headers: bearer(oauth), status: 401, want: []string{challenge}},
			{name: "15 a machine's token where keys are accepted", path: "/keys", headers: bearer(machine), status: 401},
			{name: "16 a key in a list with sessions", path: "/people-or-keys", headers: bearer(key), status: 200, body: "api_key user_ada"},
			{name: "16 a user in a list with keys", path: "/people-or-keys", headers: bearer(f.personal), status: 200, body: "session_token "},
			{name: "17 a key that the list lacks", path: "/people-or-machines", headers: bearer(key), status: 401},
			{name: "a machine in a list with sessions", path: "/people-or-machines", headers: bearer(machine), status: 200, body: "m2m_token mch_1"},
			{name: "no token where keys are accepted", path: "/keys", status: 401, want: unexpected},
			{name: "a user where keys are accepted", path: "/keys", headers: bearer(f.admin), status: 401},
			{name: "a page load without a token where keys are accepted", path: "/keys", headers: page("Cookie", "__clerk_db_jwt="+f.devBrowser), status: 401, want: signedOut("session-token-and-uat-missing")},
			{name: "a scope that the key lacks", path: "/scoped", headers: bearer(key), status: 401},
			{name: "no key has a role", path: "/roles", headers: bearer(key), status: 401},
		},
	}
}
