package adaptertest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// The body by which clerk-js knows that the user has to prove anew who they are.
const (
	strictHint = `{"clerk_error":{"type":"forbidden","reason":"reverification-error","metadata":{"reverification":{"level":"second_factor","afterMinutes":10}}}}`
	mfaHint    = `{"clerk_error":{"type":"forbidden","reason":"reverification-error","metadata":{"reverification":{"level":"multi_factor","afterMinutes":10}}}}`
	jsonType   = "application/json"
)

// staleOf are the headers of a user of the organization who signed in long ago, and freshOf of one
// who has just done so.
func (f *fixture) staleOf(user string) []string {
	return bearer(f.server.SessionToken(user, clerktest.InOrganization("org_acme"), clerktest.FactorAge(90, 90)))
}

func (f *fixture) freshOf(user string) []string {
	return bearer(f.server.SessionToken(user, clerktest.InOrganization("org_acme"), clerktest.FactorAge(1, 1)))
}

func reverificationRoutes() []Route {
	strict := core.Reverification(core.Strict)
	return []Route{
		{Path: "/pay", Protect: Protected(core.Role("org:admin"), strict), Handler: who},
		{Path: "/either", Protect: Protected(core.AnyOf(core.Feature("none"), core.Reverification(core.StrictMFA))), Handler: who},
		{Path: "/urls", Protect: Protected(strict, core.UnauthorizedURL("/step-up")), Handler: who},
		{Path: "/inside", Handler: func(c Context) error {
			if stop, err := c.Require(strict); stop {
				return err
			}
			return who(c)
		}},
	}
}

// reverificationGroup is what a guard answers where only a fresh verification is missing.
func reverificationGroup(f *fixture) group {
	noStore, rewrite := "Cache-Control: private, no-store", "X-Clerk-Auth-Reason: protect-rewrite"
	stale := f.staleOf("user_ada")
	return group{
		name: "reverification",
		setup: Setup{
			Middleware: []*core.Clerk{f.clerk}, Routes: append(reverificationRoutes(), Route{Path: "/by-path", Handler: who}),
			Guards: []RouteGuard{{Matcher: core.MustRouteMatcher("/by-path"), Options: []core.ProtectOption{core.Reverification(core.Strict)}}},
		},
		rows: []row{
			{name: "a fresh user passes", path: "/pay", headers: f.freshOf("user_ada"), status: 200, body: "user_ada org:admin"},
			{name: "a stale one is asked", path: "/pay", headers: stale, status: 403, want: []string{noStore}, body: strictHint, contentType: jsonType},
			{name: "a stale one who posts is asked", method: "POST", path: "/pay", headers: append([]string{"Sec-Fetch-Dest", "empty"}, stale...), status: 403, want: []string{noStore}, body: strictHint, contentType: jsonType},
			{name: "one who lacks the role too is not", path: "/pay", headers: f.staleOf("user_bob"), status: 404, want: []string{rewrite}},
			{name: "a page load is not", path: "/pay", headers: page(stale...), status: 404, want: []string{rewrite}},
			{name: "as one of several ways", path: "/either", headers: stale, status: 403, want: []string{noStore}, body: mfaHint, contentType: jsonType},
			{name: "a page for the unauthorized is for page loads", path: "/urls", headers: page(stale...), status: 307, want: []string{"Location: " + appURL + "/step-up", "X-Clerk-Redirect-To: true"}},
			{name: "a script is asked where there is one", path: "/urls", headers: stale, status: 403, want: []string{noStore}, body: strictHint, contentType: jsonType},
			{name: "inside a handler", path: "/inside", headers: stale, status: 403, want: []string{noStore}, body: strictHint, contentType: jsonType},
			{name: "by path", path: "/by-path", headers: stale, status: 403, want: []string{noStore}, body: strictHint, contentType: jsonType},
		},
	}
}

// reverificationAPIGroup is the same with API statuses.
func reverificationAPIGroup(t *testing.T, f *fixture) group {
	t.Helper()
	o := options(f.server)
	o.APIStatus = true
	want := []string{"Cache-Control: private, no-store", `Www-Authenticate: Bearer error="insufficient_user_authentication", max_age=600`}
	stale := f.staleOf("user_ada")
	return group{
		name:  "reverification with API statuses",
		setup: Setup{Middleware: []*core.Clerk{newClerk(t, o)}, Routes: reverificationRoutes()},
		rows: []row{
			{name: "a script", path: "/pay", headers: stale, status: 403, want: want, body: strictHint, contentType: jsonType},
			{name: "a page load", path: "/pay", headers: page(stale...), status: 403, want: want, body: strictHint, contentType: jsonType},
			{name: "a page load that has a page to go to", path: "/urls", headers: page(stale...), status: 307, want: []string{"Location: " + appURL + "/step-up", "X-Clerk-Redirect-To: true"}},
			{name: "one who lacks the role too", path: "/pay", headers: f.staleOf("user_bob"), status: 403, want: []string{`Www-Authenticate: Bearer error="insufficient_scope"`}},
		},
	}
}

// reverificationRefusedGroup is an application that shows refusals itself, and can tell this one
// from the others.
func reverificationRefusedGroup(f *fixture) group {
	noStore, rewrite := "Cache-Control: private, no-store", "X-Clerk-Auth-Reason: protect-rewrite"
	stale := f.staleOf("user_ada")
	return group{
		name: "reverification, refused in the application's own words",
		setup: Setup{
			Middleware: []*core.Clerk{f.clerk}, Routes: reverificationRoutes(),
			OnRefuse: func(r core.Refusal) (int, string) {
				if c, ok := r.Reverification(); ok {
					body, contentType := r.Body()
					return r.StatusCode(), fmt.Sprint("verify ", c.Level, " ", c.AfterMinutes, " ", r.Reason(), " ", contentType, " ", len(body))
				}
				return r.StatusCode(), "refused: " + http.StatusText(r.StatusCode())
			},
		},
		rows: []row{
			{name: "a script", path: "/pay", headers: stale, status: 403, want: []string{noStore}, body: fmt.Sprint("verify second_factor 10 reverification-error application/json ", len(strictHint)), contentType: "text/plain; charset=utf-8"},
			{name: "inside a handler", path: "/inside", headers: stale, status: 403, want: []string{noStore}, body: fmt.Sprint("verify second_factor 10 reverification-error application/json ", len(strictHint)), contentType: "text/plain; charset=utf-8"},
			{name: "a page load", path: "/pay", headers: page(stale...), status: 404, want: []string{rewrite}, body: "verify second_factor 10 reverification-error  0", ownPage: true},
			{name: "something else", path: "/pay", headers: f.staleOf("user_bob"), status: 404, want: []string{rewrite}, body: "refused: Not Found", ownPage: true},
		},
	}
}
