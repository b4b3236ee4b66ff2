package routeproof_test

import (
	"slices"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/routeproof"
)

// TestRows holds each spelling that ever got past a guard, those that are known to
// get past Clerk's own matcher in front of these routers, and paths that guards
// must not refuse. Every row reaches a handler where no guard stands.
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
		{"an escaped slash", admin, "/api%2Fadmin", "protect", 400},
		{"an escaped slash, engine named", admin, "/api%2Fadmin", "protect+router", 400},
		{"an escaped letter is no other path", admin, "/api/%61dmin", "protect+router", 404},
		{"an escaped letter, unknown settings", admin, "/api/%61dmin", "protect", 400},
		{"an escaped question mark in a parameter", slug, "/orgs/a%3Fb/edit", "protect+router", 404},
		{"an escaped number sign in a parameter", slug, "/orgs/a%23b/edit", "protect", 404},
		{"an empty parameter", slug, "/orgs//edit", "protect+router", 400},
		{"an invalid escape in a parameter", slug, "/orgs/%ff/edit", "protect", 400},
		{"a line end in a parameter", slug, "/orgs/%0a/edit", "protect", 404},
		{"a text that its own parameter repeats", version, "/v1../x", "protect", 404},
		{"a text that its own parameter repeats, engine named", version, "/v1.a.b/x", "protect+router", 404},
		{"an empty parameter after a text", version, "/v1./x", "protect", 400},
		{"an empty parameter after a text, engine named", version, "/v1./x", "protect+router", 400},
		{"a URL without a path", everything, "p://", "protect", 400},
		{"a URL without a path, engine named", everything, "http://localhost", "protect+router", 400},
		{"a dot segment", clean, "/public/../api/admin", "protect", 400},
		{"an escaped dot segment", clean, "/public/%2e%2e/api/admin", "protect+router", 400},
		{"a repeated slash", clean, "/api//admin", "protect", 400},
		{"an escaped slash that other characters hide", raw, "/orgs/a%2Fb|/edit", "protect", 400},
		{"an escaped slash that other characters hide, engine named", raw, "/orgs/a%2Fb|/edit", "protect+router", 400},
		{"an escaped slash with the escaped path", escaped, "/orgs/a%2Fb/edit", "protect", 400},
		{"an escaped slash with the escaped path, engine named", escaped, "/orgs/a%2Fb/edit", "protect+router", 400},
		{"an absolute target", admin, "http://evil.test/api/admin", "protect", 404},
		{"another letter case of a public path", about, "/About", "not", 404},
		{"an escaped delimiter behind a public path", about, "/about%3F", "not", 404},
		{"an escaped delimiter behind a public path, engine named", about, "/about%23", "not+router", 404},
		{"a lookalike of a public path", public("gin", nil, "/kiosk", "/:page"), "/%E2%84%AAiosk", "not", 404},
		{"two dots at the end of a public path", below, "/a/b/..", "not+router", 400},
		{"two dots at the end of a public path, unknown settings", below, "/a/b/..", "not", 400},
		{"a slash that makes another route", slashes, "/about/", "not+router", 404},
		{"a slash that makes another route, behind an escape", public("gin", on("NoRedirectTrailingSlash"), "/sessions/:id", "/sessions/:id/"), "/sessions/%E6%97%A5/", "not", 400},
		{"an empty segment below a public path", public("gin", nil, "/files/(.*)", "/files/*rest"), "/files//x", "not+router", 400},
		{"an empty segment below a public path, unknown settings", public("gin", nil, "/files/(.*)", "/files/*rest"), "/files/x//", "not", 400},
		{"a public path", about, "/about", "not", 200},
		{"an escaped space in a public parameter", public("gin", nil, "/orgs/:slug", "/orgs/:slug"), "/orgs/acme%20corp", "not", 200},
		{"an escaped percent sign in a public parameter", public("gin", nil, "/orgs/:slug", "/orgs/:slug"), "/orgs/100%25", "not", 200},
		{"a literal beyond ASCII, engine named", public("gin", nil, "/café", "/café"), "/caf%C3%A9", "not+router", 200},
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
		{"a path", admin, "/api/admin", "protect", 404},
		{"a last parameter takes all that is left", last, "/orgs/a/b", "protect", 400},
		{"a last parameter takes a slash at the end", last, "/orgs/a/", "protect", 400},
		{"an empty parameter", inner, "/orgs//edit", "protect", 400},
		{"an empty parameter after a text", guarded("echo", nil, "/v1.:id/x", "/v1.:id/x"), "/v1./x", "protect", 400},
		{"an escaped slash in a parameter", inner, "/orgs/a%2Fb/edit", "protect", 400},
		{"a number sign next to an escaped slash", last, "/orgs/#%2Fx", "protect", 400},
		{"a number sign in a parameter", inner, "/orgs/a#b/edit", "protect", 404},
		{"an escaped question mark in a parameter", inner, "/orgs/a%3Fb/edit", "protect", 404},
		{"a text that its own parameter repeats", guarded("echo", nil, "/v1.:id/x", "/v1.:id/x"), "/v1.a.b/x", "protect", 404},
		{"another letter case of a public path", about, "/About", "not", 404},
		{"a slash behind a public path", about, "/about/", "not", 400},
		{"a slash that makes another route", public("echo", nil, "/about", "/about", "/about/"), "/about/", "not", 404},
		{"an empty segment below a public path", public("echo", nil, "/files/(.*)", "/files/*"), "/files//x", "not", 400},
		{"an invalid escape in a parameter", inner, "/orgs/%ff/edit", "protect", 400},
		{"a public path", about, "/about", "not", 200},
		{"an escaped letter in a public parameter", public("echo", nil, "/orgs/:slug", "/orgs/:slug"), "/orgs/%E6%97%A5", "not", 200},
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
		{"another letter case", admin, "/API/Admin", "protect", 404},
		{"another letter case of an expression", expression(guarded("fiber", nil, "^/api/admin", "/api/admin")), "/API/Admin", "protect", 400},
		{"an expression in the letter case of its route", expression(guarded("fiber", nil, "^/API/Admin", "/API/Admin")), "/api/admin", "protect", 400},
		{"an escaped slash", unescaped, "/api%2Fadmin", "protect", 400},
		{"a plus sign for a space", guarded("fiber", on("UnescapePath"), "/a b", "/a b"), "/a+b", "protect", 400},
		{"a malformed escape", guarded("fiber", nil, "/api/:x/users", "/api/:x/users"), "/api/%zz/users", "protect", 400},
		{"a target without a slash", everyone, "admin", "protect", 400},
		{"the bare path of a wildcard", below, "/files", "protect", 404},
		{"the bare path of a wildcard, strict routing", strict, "/files", "protect", 404},
		{"the bare path of a wildcard after an escaped question mark", guarded("fiber", on("UnescapePath"), "/:p/(.*)", "/:p/*"), "/%3f", "protect", 404},
		{"a slash at the end", guarded("fiber", nil, "/files/", "/files/"), "/files", "protect", 404},
		{"a slash at the end of an expression's path", expression(guarded("fiber", nil, "^/files$", "/files")), "/files/", "protect", 404},
		{"the bare path of an expression's wildcard in another letter case", expression(guarded("fiber", nil, "^/v1/(?s:.*)$", "/v1/*")), "/V1", "protect", 404},
		{"a separator that its own parameter repeats", pair, "/a--", "protect", 404},
		{"a parameter that reaches beyond its segment", pair, "/a/-2", "protect", 404},
		{"a slash at the end of separated parameters", guarded("fiber", nil, "/:a.:b/", "/:a.:b/"), "/x/.2", "protect", 404},
		{"a slash that makes another route", public("fiber", on("StrictRouting"), "/about", "/about", "/about/"), "/about/", "not", 404},
		{"an empty segment below a public path", public("fiber", nil, "/files/(.*)", "/files/*"), "/files//x", "not", 400},
		{"a letter case that makes another route", public("fiber", on("CaseSensitive"), "/about", "/about", "/About"), "/About", "not", 404},
		{"the bare path below which all is public", public("fiber", nil, "/blog/(.*)", "/blog"), "/blog/", "not", 404},
		{"a lookalike of a public path", public("fiber", nil, "/kiosk", "/:page"), "/\u212aiosk", "not", 404},
		{"a public path", about, "/about", "not", 200},
		{"a public path in another letter case", about, "/About/", "not", 200},
		{"a public literal that browsers escape, in both spellings", routeproof.Table{
			Framework: "fiber",
			Routes:    []routeproof.Route{{Path: "/caf%C3%A9"}},
			Public:    routeproof.Patterns("/café", "/caf%C3%A9"),
		}, "/caf%C3%A9", "not", 200},
	}
}
