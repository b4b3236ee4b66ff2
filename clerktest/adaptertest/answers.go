package adaptertest

import (
	"net/url"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// postedGroup is requests that are neither GET nor HEAD and are sent elsewhere: what was posted
// must not travel on.
func postedGroup(f *fixture) group {
	devBrowser := []string{"Cookie", "__clerk_db_jwt=" + f.devBrowser}
	learned := "__clerk_db_jwt=" + f.devBrowser
	marker := "X-Clerk-Redirect-To: true"
	signedOutTo := func(location string) []string {
		return signedOut("session-token-and-uat-missing", "Location: "+location, marker)
	}
	back := func(page, path string) string {
		return "{clerk}/" + page + "?redirect_url=" + url.QueryEscape(appURL+path) + "&" + learned
	}
	const denied, welcome = "https://www.example.com/denied", "https://www.example.com/welcome"
	urls := []core.ProtectOption{core.Role("org:admin"), core.UnauthorizedURL(denied), core.UnauthenticatedURL(welcome)}
	return group{
		name: "what was posted does not travel on",
		setup: Setup{Middleware: []*core.Clerk{f.clerk}, Guards: []RouteGuard{
			{Matcher: core.MustRouteMatcher("/matched"), Options: urls},
		}, Routes: []Route{
			{Path: "/page", Protect: Protected(), Handler: who},
			{Path: "/urls", Protect: &urls, Handler: who},
			{Path: "/matched", Handler: who},
			{Path: "/require", Handler: func(c Context) error {
				if stop, err := c.Require(urls...); stop {
					return err
				}
				return who(c)
			}},
			{Path: "/sign-me-in", Handler: func(c Context) error { return c.RedirectToSignIn() }},
			{Path: "/sign-me-up", Handler: func(c Context) error { return c.RedirectToSignUp() }},
		}},
		rows: []row{
			{name: "by a guard, to sign in", method: "POST", path: "/page", headers: page(devBrowser...), status: 303, want: signedOutTo(back("sign-in", "/page"))},
			{name: "by a guard, to its tasks", method: "POST", path: "/page", headers: page(f.cookies(f.pending)...), status: 303, want: []string{"Location: " + back("sign-in/tasks", "/page"), marker}},
			{name: "to an unauthenticated URL", method: "POST", path: "/urls", headers: devBrowser, status: 303, want: signedOutTo(welcome + "?" + learned)},
			{name: "to an unauthorized URL", method: "POST", path: "/urls", headers: f.cookies(f.member), status: 303, want: []string{"Location: " + denied + "?" + learned, marker}},
			{name: "by ProtectRoutes, signed out", method: "POST", path: "/matched", headers: devBrowser, status: 303, want: signedOutTo(welcome + "?" + learned)},
			{name: "by ProtectRoutes, without the role", method: "POST", path: "/matched", headers: f.cookies(f.member), status: 303, want: []string{"Location: " + denied + "?" + learned, marker}},
			{name: "by Require, signed out", method: "POST", path: "/require", headers: devBrowser, status: 303, want: signedOutTo(welcome + "?" + learned)},
			{name: "by Require, without the role", method: "POST", path: "/require", headers: f.cookies(f.member), status: 303, want: []string{"Location: " + denied + "?" + learned, marker}},
			{name: "by RedirectToSignIn", method: "POST", path: "/sign-me-in", headers: devBrowser, status: 303, want: signedOutTo(back("sign-in", "/sign-me-in"))},
			{name: "by RedirectToSignUp", method: "POST", path: "/sign-me-up", headers: devBrowser, status: 303, want: signedOutTo(back("sign-up", "/sign-me-up"))},
			{name: "PUT, which only a guard for every method sees", method: "PUT", path: "/matched", headers: devBrowser, status: 303, want: signedOutTo(welcome + "?" + learned)},
			{name: "PATCH", method: "PATCH", path: "/matched", headers: devBrowser, status: 303, want: signedOutTo(welcome + "?" + learned)},
			{name: "DELETE", method: "DELETE", path: "/matched", headers: devBrowser, status: 303, want: signedOutTo(welcome + "?" + learned)},
			{name: "HEAD repeats itself, as GET does", method: "HEAD", path: "/matched", headers: devBrowser, status: 307, want: signedOutTo(welcome + "?" + learned)},
			{name: "GET", path: "/matched", headers: devBrowser, status: 307, want: signedOutTo(welcome + "?" + learned)},
		},
	}
}

// nothingGroup is guards that accept no type of token.
func nothingGroup(f *fixture) group {
	key := f.server.APIKey(clerktest.MachineToken{Subject: "user_ada"})
	var none []core.TokenType
	guards := []Route{
		{Path: "/none", Protect: Protected(core.AcceptTokens(none...)), Handler: who},
		{Path: "/require", Handler: func(c Context) error {
			if stop, err := c.Require(core.AcceptTokens()); stop {
				return err
			}
			return who(c)
		}},
	}
	g := group{name: "a guard that accepts nothing", setup: Setup{Middleware: []*core.Clerk{f.clerk}, Routes: guards}}
	for _, guard := range guards {
		g.rows = append(g.rows,
			row{name: "a session at " + guard.Path, path: guard.Path, headers: bearer(f.admin), status: 401},
			row{name: "a session cookie at " + guard.Path, path: guard.Path, headers: page(f.cookies(f.admin)...), status: 401},
			row{name: "a key at " + guard.Path, path: guard.Path, headers: bearer(key), status: 401},
			row{name: "nobody at " + guard.Path, path: guard.Path, status: 401, want: signedOut("dev-browser-missing")},
		)
	}
	return g
}
