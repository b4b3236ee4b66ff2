package adaptertest

import (
	"net/url"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// writtenGroups are applications with a middleware of their own in front that has written headers
// of the response, as CORS middleware does. A header that may occur once is never sent twice, and
// what an answer depends on is added to what the application says.
func writtenGroups(t *testing.T, f *fixture) []group {
	t.Helper()
	s := clerktest.New(t, clerktest.Config{Production: true, Users: []clerktest.User{{ID: "user_ada"}}})
	o := options(s)
	o.SignInURL = "https://accounts.example.com/sign-in"
	clerk := newClerk(t, o)
	api := options(s)
	api.APIStatus = true
	var (
		session = "__session=" + s.SessionToken("user_ada") + "; Path=/"
		seen    = "__client_uat=1; Path=/"
		renews  = page("Cookie", "__clerk_handshake="+s.HandshakeToken([]string{session, seen}))
		cleared = []string{"__session=; Path=/; Max-Age=0", "__client_uat=0; Path=/"}
		clears  = page("Cookie", "__clerk_handshake="+s.HandshakeToken(cleared))
		signIn  = "Location: https://accounts.example.com/sign-in?redirect_url=" + url.QueryEscape(appURL+"/guarded")
		marker  = "X-Clerk-Redirect-To: true"
		missing = "session-token-and-uat-missing"
		routes  = []Route{{Path: "/", Handler: who}, {Path: "/guarded", Protect: Protected(), Handler: who}}
	)
	cors := func(h core.ResponseHeader) {
		h.Set("Access-Control-Allow-Origin", "https://app.example")
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Add("Vary", "Origin")
		h.Set("Cache-Control", "public, max-age=60")
		h.Add("Set-Cookie", "theme=dark")
	}
	spoken := func(want ...string) []string {
		return append(want, "Access-Control-Allow-Origin: https://app.example", "Access-Control-Allow-Credentials: true", "Set-Cookie: theme=dark")
	}
	const private = "Cache-Control: private, no-store"
	vary := func(vary string) group {
		return group{
			name:  "the application says Vary: " + vary,
			setup: Setup{Written: func(h core.ResponseHeader) { h.Add("Vary", vary) }, Middleware: []*core.Clerk{clerk}, Routes: routes},
		}
	}
	star, some := vary("*"), vary("accept , COOKIE")
	star.rows = []row{{name: "which says everything", path: "/guarded", status: 404, want: signedOut(missing, "Vary: *")}}
	some.rows = []row{{name: "and no name is said twice", path: "/guarded", status: 404, want: signedOut(missing, "Vary: accept, COOKIE, Authorization, Sec-Fetch-Dest")}}
	return []group{
		{
			name:  "the application has written headers",
			setup: Setup{Written: cors, Middleware: []*core.Clerk{clerk}, Routes: routes},
			rows: []row{
				{name: "an open route's answer is its own", path: "/", status: 200, body: "nobody", want: spoken(signedOut(missing, "Cache-Control: public, max-age=60", "Vary: Origin")...)},
				{name: "a renewed session is for its user alone", path: "/", headers: renews, status: 200, body: "user_ada", want: spoken(private, "Vary: Origin, Authorization, Cookie", "Set-Cookie: "+session, "Set-Cookie: "+seen)},
				{name: "a renewed session passes a guard", path: "/guarded", headers: renews, status: 200, body: "user_ada", want: spoken(private, "Vary: Origin, Authorization, Cookie", "Set-Cookie: "+session, "Set-Cookie: "+seen)},
				{name: "a refusal", path: "/guarded", status: 404, want: spoken(signedOut(missing, private, "Vary: Origin, Authorization, Cookie, Accept, Sec-Fetch-Dest")...)},
				{name: "a redirect", path: "/guarded", headers: page(), status: 307, want: spoken(signedOut(missing, signIn, marker, private, "Vary: Origin, Authorization, Cookie, Accept, Sec-Fetch-Dest")...)},
				{name: "a redirect that clears cookies", path: "/guarded", headers: clears, status: 307, want: spoken(signedOut("session-token-missing", signIn, marker, private,
					"Vary: Origin, Authorization, Cookie, Accept, Sec-Fetch-Dest", "Set-Cookie: "+cleared[0], "Set-Cookie: "+cleared[1])...)},
			},
		},
		{
			name:  "the application has written nothing",
			setup: Setup{Middleware: []*core.Clerk{clerk}, Routes: routes},
			rows: []row{
				{name: "a renewed session is for its user alone", path: "/", headers: renews, status: 200, body: "user_ada", want: []string{
					private, "Vary: Authorization, Cookie", "Set-Cookie: " + session, "Set-Cookie: " + seen, "Access-Control-Allow-Origin: null", "Access-Control-Allow-Credentials: true",
				}},
				{name: "an absent route is answered as a hidden one", path: "/absent", status: 404, want: signedOut(missing)},
			},
		},
		star, some,
		{
			name: "the application has a challenge and a time to wait",
			setup: Setup{Written: func(h core.ResponseHeader) {
				h.Set("WWW-Authenticate", `Basic realm="app"`)
				h.Set("Retry-After", "60")
				h.Set("X-Clerk-Auth-Status", "old")
				h.Set("X-Clerk-Auth-Message", "old")
				h.Set("X-Clerk-Redirect-To", "old")
			}, Middleware: []*core.Clerk{newClerk(t, api)}, Routes: routes},
			rows: []row{
				{name: "challenges are added", path: "/guarded", status: 401, want: signedOut(missing, `Www-Authenticate: Basic realm="app"`, "Www-Authenticate: Bearer",
					"Retry-After: 60", "X-Clerk-Redirect-To: old")},
			},
		},
		{
			name:  "Clerk's middleware has written headers on a request that has changed since",
			setup: Setup{Middleware: []*core.Clerk{f.clerk, f.clerk}, Between: func(h RequestHeader) { h.Del("Cookie") }, Routes: routes},
			rows: []row{
				{name: "the last verdict is the one that is told", path: "/", headers: f.cookies("x")[:2], status: 200, body: "nobody", want: signedOut("dev-browser-missing")},
			},
		},
	}
}
