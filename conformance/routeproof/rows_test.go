package routeproof_test

import (
	"slices"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/routeproof"
)

// TestRows holds each spelling that ever got past a guard, those that are known to get past Clerk's
// own matcher in front of these routers, and paths that guards must not refuse. Every row reaches a
// handler where no guard stands.
func TestRows(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	for _, row := range slices.Concat(ginRows(), echoRows(), in("echo5", echoRows()), fiberRows(), in("fiber3", fiberRows())) {
		t.Run(row.Table.Framework+"/"+row.Name, func(t *testing.T) {
			t.Parallel()
			reached, got, err := row.Check(t.Context(), i)
			if err != nil {
				t.Fatal(err)
			}
			if !reached {
				t.Errorf("%q reaches no handler without a guard: the row shows nothing", row.Target)
			}
			if got != row.Want {
				t.Errorf("%q under %s: got %d, want %d\n%s", row.Target, row.Guard, got, row.Want, &row.Table)
			}
		})
	}
}

// in are rows for another version of a framework.
func in(framework string, rows []routeproof.Row) []routeproof.Row {
	for i := range rows {
		rows[i].Table.Framework = framework
	}
	return rows
}

// guarded is a table of protected routes and one matcher that protects them.
func guarded(framework string, settings []string, pattern string, routes ...string) routeproof.Table {
	t := routeproof.Table{Framework: framework, Settings: settings, Protect: routeproof.Patterns(pattern)}
	for _, path := range routes {
		t.Routes = append(t.Routes, routeproof.Route{Path: path, Protected: true})
	}
	return t
}

// public is a table of routes of which one matcher lists the public ones.
func public(framework string, settings []string, pattern string, routes ...string) routeproof.Table {
	t := guarded(framework, settings, pattern, routes...)
	t.Protect, t.Public = nil, t.Protect
	return t
}

// expression makes the elements of a table regular expressions.
func expression(t routeproof.Table) routeproof.Table {
	for i := range t.Protect {
		t.Protect[i].Expression = true
	}
	for i := range t.Public {
		t.Public[i].Expression = true
	}
	return t
}

func on(settings ...string) []string { return settings }

func ginRows() []routeproof.Row {
	var (
		admin      = guarded("gin", nil, "/api/admin(.*)", "/api/admin")
		slug       = guarded("gin", nil, "/orgs/:slug/edit", "/orgs/:slug/edit")
		version    = guarded("gin", nil, "/v1.:id/x", "/v1.:id/x")
		everything = guarded("gin", on("RemoveExtraSlash"), "/(.*)", "/*rest")
		clean      = guarded("gin", on("RemoveExtraSlash"), "/api/admin", "/api/admin")
		raw        = guarded("gin", on("UseRawPath"), "/orgs/:slug/edit", "/orgs/:slug/edit")
		escaped    = guarded("gin", on("UseEscapedPath"), "/orgs/:slug/edit", "/orgs/:slug/edit")
		about      = public("gin", nil, "/about", "/:page")
		slashes    = public("gin", on("NoRedirectTrailingSlash"), "/about", "/about", "/about/")
		below      = public("gin", on("RemoveExtraSlash"), "/a/(.*)", "/a", "/a/*rest")
	)
	return []routeproof.Row{
		{Name: "an escaped slash", Table: admin, Target: "/api%2Fadmin", Guard: "protect", Want: 400},
		{Name: "an escaped slash, engine named", Table: admin, Target: "/api%2Fadmin", Guard: "protect+router", Want: 400},
		{Name: "an escaped letter is no other path", Table: admin, Target: "/api/%61dmin", Guard: "protect+router", Want: 404},
		{Name: "an escaped letter, unknown settings", Table: admin, Target: "/api/%61dmin", Guard: "protect", Want: 400},
		{Name: "an escaped question mark in a parameter", Table: slug, Target: "/orgs/a%3Fb/edit", Guard: "protect+router", Want: 404},
		{Name: "an escaped number sign in a parameter", Table: slug, Target: "/orgs/a%23b/edit", Guard: "protect", Want: 404},
		{Name: "an empty parameter", Table: slug, Target: "/orgs//edit", Guard: "protect+router", Want: 400},
		{Name: "an invalid escape in a parameter", Table: slug, Target: "/orgs/%ff/edit", Guard: "protect", Want: 400},
		{Name: "a line end in a parameter", Table: slug, Target: "/orgs/%0a/edit", Guard: "protect", Want: 404},
		{Name: "a text that its own parameter repeats", Table: version, Target: "/v1../x", Guard: "protect", Want: 404},
		{Name: "a text that its own parameter repeats, engine named", Table: version, Target: "/v1.a.b/x", Guard: "protect+router", Want: 404},
		{Name: "an empty parameter after a text", Table: version, Target: "/v1./x", Guard: "protect", Want: 400},
		{Name: "an empty parameter after a text, engine named", Table: version, Target: "/v1./x", Guard: "protect+router", Want: 400},
		{Name: "a URL without a path", Table: everything, Target: "p://", Guard: "protect", Want: 400},
		{Name: "a URL without a path, engine named", Table: everything, Target: "http://localhost", Guard: "protect+router", Want: 400},
		{Name: "a dot segment", Table: clean, Target: "/public/../api/admin", Guard: "protect", Want: 400},
		{Name: "an escaped dot segment", Table: clean, Target: "/public/%2e%2e/api/admin", Guard: "protect+router", Want: 400},
		{Name: "a repeated slash", Table: clean, Target: "/api//admin", Guard: "protect", Want: 400},
		{Name: "an escaped slash that other characters hide", Table: raw, Target: "/orgs/a%2Fb|/edit", Guard: "protect", Want: 400},
		{Name: "an escaped slash that other characters hide, engine named", Table: raw, Target: "/orgs/a%2Fb|/edit", Guard: "protect+router", Want: 400},
		{Name: "an escaped slash with the escaped path", Table: escaped, Target: "/orgs/a%2Fb/edit", Guard: "protect", Want: 400},
		{Name: "an escaped slash with the escaped path, engine named", Table: escaped, Target: "/orgs/a%2Fb/edit", Guard: "protect+router", Want: 400},
		{Name: "an absolute target", Table: admin, Target: "http://evil.test/api/admin", Guard: "protect", Want: 404},
		{Name: "another letter case of a public path", Table: about, Target: "/About", Guard: "not", Want: 404},
		{Name: "an escaped delimiter behind a public path", Table: about, Target: "/about%3F", Guard: "not", Want: 404},
		{Name: "an escaped delimiter behind a public path, engine named", Table: about, Target: "/about%23", Guard: "not+router", Want: 404},
		{Name: "a lookalike of a public path", Table: public("gin", nil, "/kiosk", "/:page"), Target: "/%E2%84%AAiosk", Guard: "not", Want: 404},
		{Name: "two dots at the end of a public path", Table: below, Target: "/a/b/..", Guard: "not+router", Want: 400},
		{Name: "two dots at the end of a public path, unknown settings", Table: below, Target: "/a/b/..", Guard: "not", Want: 400},
		{Name: "a slash that makes another route", Table: slashes, Target: "/about/", Guard: "not+router", Want: 404},
		{Name: "a slash that makes another route, behind an escape", Table: public("gin", on("NoRedirectTrailingSlash"), "/sessions/:id", "/sessions/:id/"), Target: "/sessions/%E6%97%A5/", Guard: "not", Want: 400},
		{Name: "an empty segment below a public path", Table: public("gin", nil, "/files/(.*)", "/files/*rest"), Target: "/files//x", Guard: "not+router", Want: 400},
		{Name: "an empty segment below a public path, unknown settings", Table: public("gin", nil, "/files/(.*)", "/files/*rest"), Target: "/files/x//", Guard: "not", Want: 400},
		{Name: "a public path", Table: about, Target: "/about", Guard: "not", Want: 200},
		{Name: "an escaped space in a public parameter", Table: public("gin", nil, "/orgs/:slug", "/orgs/:slug"), Target: "/orgs/acme%20corp", Guard: "not", Want: 200},
		{Name: "an escaped percent sign in a public parameter", Table: public("gin", nil, "/orgs/:slug", "/orgs/:slug"), Target: "/orgs/100%25", Guard: "not", Want: 200},
		{Name: "a literal beyond ASCII, engine named", Table: public("gin", nil, "/café", "/café"), Target: "/caf%C3%A9", Guard: "not+router", Want: 200},
	}
}

func echoRows() []routeproof.Row {
	var (
		admin = guarded("echo", nil, "/api/admin(.*)", "/api/admin")
		last  = guarded("echo", nil, "/orgs/:slug", "/orgs/:slug")
		inner = guarded("echo", nil, "/orgs/:slug/edit", "/orgs/:slug/edit")
		about = public("echo", nil, "/about", "/about", "/:page")
	)
	return []routeproof.Row{
		{Name: "a path", Table: admin, Target: "/api/admin", Guard: "protect", Want: 404},
		{Name: "a last parameter takes all that is left", Table: last, Target: "/orgs/a/b", Guard: "protect", Want: 400},
		{Name: "a last parameter takes a slash at the end", Table: last, Target: "/orgs/a/", Guard: "protect", Want: 400},
		{Name: "an empty parameter", Table: inner, Target: "/orgs//edit", Guard: "protect", Want: 400},
		{Name: "an empty parameter after a text", Table: guarded("echo", nil, "/v1.:id/x", "/v1.:id/x"), Target: "/v1./x", Guard: "protect", Want: 400},
		{Name: "an escaped slash in a parameter", Table: inner, Target: "/orgs/a%2Fb/edit", Guard: "protect", Want: 400},
		{Name: "a number sign next to an escaped slash", Table: last, Target: "/orgs/#%2Fx", Guard: "protect", Want: 400},
		{Name: "a number sign in a parameter", Table: inner, Target: "/orgs/a#b/edit", Guard: "protect", Want: 404},
		{Name: "an escaped question mark in a parameter", Table: inner, Target: "/orgs/a%3Fb/edit", Guard: "protect", Want: 404},
		{Name: "a text that its own parameter repeats", Table: guarded("echo", nil, "/v1.:id/x", "/v1.:id/x"), Target: "/v1.a.b/x", Guard: "protect", Want: 404},
		{Name: "another letter case of a public path", Table: about, Target: "/About", Guard: "not", Want: 404},
		{Name: "a slash behind a public path", Table: about, Target: "/about/", Guard: "not", Want: 400},
		{Name: "a slash that makes another route", Table: public("echo", nil, "/about", "/about", "/about/"), Target: "/about/", Guard: "not", Want: 404},
		{Name: "an empty segment below a public path", Table: public("echo", nil, "/files/(.*)", "/files/*"), Target: "/files//x", Guard: "not", Want: 400},
		{Name: "an invalid escape in a parameter", Table: inner, Target: "/orgs/%ff/edit", Guard: "protect", Want: 400},
		{Name: "a public path", Table: about, Target: "/about", Guard: "not", Want: 200},
		{Name: "an escaped letter in a public parameter", Table: public("echo", nil, "/orgs/:slug", "/orgs/:slug"), Target: "/orgs/%E6%97%A5", Guard: "not", Want: 200},
	}
}

func fiberRows() []routeproof.Row {
	var (
		admin     = guarded("fiber", nil, "/api/admin(.*)", "/api/admin")
		unescaped = guarded("fiber", on("UnescapePath"), "/api/admin", "/api/admin")
		everyone  = guarded("fiber", nil, "/(.*)", "/*")
		below     = guarded("fiber", nil, "/files/(.*)", "/files/*")
		strict    = guarded("fiber", on("CaseSensitive", "StrictRouting"), "/files/(.*)", "/files/*")
		pair      = guarded("fiber", nil, "/:from-:to", "/:from-:to")
		about     = public("fiber", nil, "/about", "/about", "/:page")
	)
	return []routeproof.Row{
		{Name: "another letter case", Table: admin, Target: "/API/Admin", Guard: "protect", Want: 404},
		{Name: "another letter case of an expression", Table: expression(guarded("fiber", nil, "^/api/admin", "/api/admin")), Target: "/API/Admin", Guard: "protect", Want: 400},
		{Name: "an expression in the letter case of its route", Table: expression(guarded("fiber", nil, "^/API/Admin", "/API/Admin")), Target: "/api/admin", Guard: "protect", Want: 400},
		{Name: "an escaped slash", Table: unescaped, Target: "/api%2Fadmin", Guard: "protect", Want: 400},
		{Name: "a plus sign for a space", Table: guarded("fiber", on("UnescapePath"), "/a b", "/a b"), Target: "/a+b", Guard: "protect", Want: 400},
		{Name: "a malformed escape", Table: guarded("fiber", nil, "/api/:x/users", "/api/:x/users"), Target: "/api/%zz/users", Guard: "protect", Want: 400},
		{Name: "a target without a slash", Table: everyone, Target: "admin", Guard: "protect", Want: 400},
		{Name: "the bare path of a wildcard", Table: below, Target: "/files", Guard: "protect", Want: 404},
		{Name: "the bare path of a wildcard, strict routing", Table: strict, Target: "/files", Guard: "protect", Want: 404},
		{Name: "the bare path of a wildcard after an escaped question mark", Table: guarded("fiber", on("UnescapePath"), "/:p/(.*)", "/:p/*"), Target: "/%3f", Guard: "protect", Want: 404},
		{Name: "a slash at the end", Table: guarded("fiber", nil, "/files/", "/files/"), Target: "/files", Guard: "protect", Want: 404},
		{Name: "a slash at the end of an expression's path", Table: expression(guarded("fiber", nil, "^/files$", "/files")), Target: "/files/", Guard: "protect", Want: 404},
		{Name: "the bare path of an expression's wildcard in another letter case", Table: expression(guarded("fiber", nil, "^/v1/(?s:.*)$", "/v1/*")), Target: "/V1", Guard: "protect", Want: 404},
		{Name: "a separator that its own parameter repeats", Table: pair, Target: "/a--", Guard: "protect", Want: 404},
		{Name: "a parameter that reaches beyond its segment", Table: pair, Target: "/a/-2", Guard: "protect", Want: 404},
		{Name: "a slash at the end of separated parameters", Table: guarded("fiber", nil, "/:a.:b/", "/:a.:b/"), Target: "/x/.2", Guard: "protect", Want: 404},
		{Name: "a slash that makes another route", Table: public("fiber", on("StrictRouting"), "/about", "/about", "/about/"), Target: "/about/", Guard: "not", Want: 404},
		{Name: "an empty segment below a public path", Table: public("fiber", nil, "/files/(.*)", "/files/*"), Target: "/files//x", Guard: "not", Want: 400},
		{Name: "a letter case that makes another route", Table: public("fiber", on("CaseSensitive"), "/about", "/about", "/About"), Target: "/About", Guard: "not", Want: 404},
		{Name: "the bare path below which all is public", Table: public("fiber", nil, "/blog/(.*)", "/blog"), Target: "/blog/", Guard: "not", Want: 404},
		{Name: "a lookalike of a public path", Table: public("fiber", nil, "/kiosk", "/:page"), Target: "/\u212aiosk", Guard: "not", Want: 404},
		{Name: "a public path", Table: about, Target: "/about", Guard: "not", Want: 200},
		{Name: "a public path in another letter case", Table: about, Target: "/About/", Guard: "not", Want: 200},
		{Name: "a public literal that browsers escape, in both spellings", Table: routeproof.Table{
			Framework: "fiber",
			Routes:    []routeproof.Route{{Path: "/caf%C3%A9"}},
			Public:    routeproof.Patterns("/café", "/caf%C3%A9"),
		}, Target: "/caf%C3%A9", Guard: "not", Want: 200},
	}
}
