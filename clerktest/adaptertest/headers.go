package adaptertest

import (
	"net/url"
	"strings"

	"github.com/clerkgo/clerkgo/core"
)

// changedGroups are applications with a middleware of their own that changes the headers of
// requests before Clerk's middleware sees them: what the framework says then is what counts.
func changedGroups(f *fixture) []group {
	const (
		missing = "dev-browser-missing"
		garbage = "Invalid JWT form. A JWT consists of three parts separated by dots. (reason=token-invalid, token-carrier=header)"
		garbled = "Invalid JWT form. The header, payload, or signature could not be decoded. (reason=token-invalid, token-carrier=cookie)"
	)
	cookies := f.cookies(f.admin)
	none := row{path: "/", headers: cookies, status: 200, body: "nobody", want: signedOut(missing)}
	ada := row{path: "/", headers: cookies, status: 200, body: "user_ada org:admin"}
	bob := row{path: "/", headers: cookies, status: 200, body: "user_bob org:member"}
	quoted := row{path: "/", headers: []string{"Cookie", strings.Replace(cookies[1], f.admin, `"`+f.admin+`"`, 1)}, status: 200, body: "nobody", want: withMessage(signedOut("token-invalid"), garbled)}
	twice := row{path: "/", headers: append(append([]string{}, cookies...), "Cookie", "__session="+f.member), status: 200, body: "user_ada org:admin"}
	token := func(r row) row { r.headers = bearer(f.admin); return r }
	to := func(origin string) row {
		return row{path: "/page?x=1", headers: page("Cookie", "__clerk_db_jwt="+f.devBrowser), status: 307, want: signedOut("session-token-and-uat-missing",
			"Location: {clerk}/sign-in?redirect_url="+url.QueryEscape(origin+"/page?x=1")+"&__clerk_db_jwt="+f.devBrowser, "X-Clerk-Redirect-To: true")}
	}
	var groups []group //nolint:prealloc // a test's
	for _, c := range []struct {
		name   string
		change func(RequestHeader)
		row    row
	}{
		{name: "the Cookie header is deleted", change: func(h RequestHeader) { h.Del("Cookie") }, row: none},
		{name: "the Cookie header is deleted, in another spelling", change: func(h RequestHeader) { h.Del("cookie") }, row: none},
		{name: "the Cookie header is deleted after it was parsed", change: func(h RequestHeader) { h.ReadCookies(); h.Del("Cookie") }, row: none},
		{name: "the session cookie is deleted", change: func(h RequestHeader) { h.DelCookie("__session") }, row: row{path: "/", headers: cookies, status: 200, body: "nobody", want: signedOut("client-uat-but-no-session-token")}},
		{name: "all cookies are deleted", change: func(h RequestHeader) {
			for _, name := range []string{"__session", "__client_uat", "__clerk_db_jwt"} {
				h.DelCookie(name)
			}
		}, row: none},
		{name: "other cookies are deleted", change: func(h RequestHeader) { h.DelCookie("theme") }, row: ada},
		{name: "the cookies are another user's", change: func(h RequestHeader) { h.Del("Cookie"); h.Set("Cookie", f.cookies(f.member)[1]) }, row: bob},
		{name: "the cookies are parsed and stay", change: RequestHeader.ReadCookies, row: ada},
		{name: "quoted cookies stay quoted", change: func(RequestHeader) {}, row: quoted},
		{name: "quoted cookies stay quoted when they were parsed", change: RequestHeader.ReadCookies, row: quoted},
		{name: "the first of two cookies wins", change: func(RequestHeader) {}, row: twice},
		{name: "the first of two cookies wins when they were parsed", change: RequestHeader.ReadCookies, row: twice},
		{name: "there are no cookies to delete", change: func(h RequestHeader) { h.Del("Cookie"); h.DelCookie("__session") }, row: row{path: "/", status: 200, body: "nobody", want: signedOut(missing)}},
		{name: "cookies are added where there were none", change: func(h RequestHeader) { h.Add("Cookie", cookies[1]) }, row: row{path: "/", status: 200, body: "user_ada org:admin"}},
		{name: "cookies are added under a name in lower case", change: func(h RequestHeader) { h.Keep("cookie", cookies[1]) }, row: row{path: "/", status: 200, body: "user_ada org:admin"}},

		{name: "the Authorization header is deleted", change: func(h RequestHeader) { h.Del("Authorization") }, row: token(none)},
		{name: "the Authorization header is another user's", change: func(h RequestHeader) { h.Set("Authorization", "Bearer "+f.member) }, row: token(bob)},
		{name: "an Authorization header is added to one", change: func(h RequestHeader) { h.Add("Authorization", "Bearer "+f.member) }, row: row{path: "/", headers: bearer("x"), status: 200, body: "nobody", want: withMessage(signedOut("token-invalid"), garbage)}},
		{name: "the Authorization header has a name in lower case", change: func(h RequestHeader) { h.Keep("authorization", "Bearer "+f.member) }, row: row{path: "/", status: 200, body: "user_bob org:member"}},
		{name: "the Authorization header has a name in upper case", change: func(h RequestHeader) { h.Keep("AUTHORIZATION", "Bearer "+f.member) }, row: row{path: "/", status: 200, body: "user_bob org:member"}},

		{name: "the host is changed", change: func(h RequestHeader) { h.SetHost("shop.example") }, row: to("http://shop.example")},
		{name: "forwarded headers are set", change: func(h RequestHeader) {
			h.Set("X-Forwarded-Host", "shop.example")
			h.Set("X-Forwarded-Proto", "https")
		}, row: to("https://shop.example")},
		{name: "forwarded headers have names in lower case", change: func(h RequestHeader) {
			h.Keep("x-forwarded-host", "shop.example")
			h.Keep("x-forwarded-proto", "https")
		}, row: to("https://shop.example")},
		{name: "forwarded headers are deleted", change: func(h RequestHeader) {
			h.Del("X-Forwarded-Host")
			h.Del("X-Forwarded-Proto")
		}, row: func() row {
			r := to(appURL)
			r.headers = append(r.headers, "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https")
			return r
		}()},
		{name: "a page load is told by names in lower case", change: func(h RequestHeader) { h.Keep("sec-fetch-dest", "document") }, row: func() row {
			r := to(appURL)
			r.headers = r.headers[2:]
			return r
		}()},
	} {
		c.row.name = "is what counts"
		groups = append(groups, group{
			name: c.name,
			setup: Setup{Earlier: c.change, Middleware: []*core.Clerk{f.clerk}, Routes: []Route{
				{Path: "/", Handler: who},
				{Path: "/page", Protect: Protected(), Handler: who},
			}},
			rows: []row{c.row},
		})
	}
	return groups
}

// againGroups are applications in which Clerk's middleware runs twice on a request whose
// credentials change in between.
func againGroups(f *fixture) []group {
	var groups []group //nolint:prealloc // a test's
	for _, c := range []struct {
		name   string
		change func(RequestHeader)
		row    row
	}{
		{name: "nothing", change: func(RequestHeader) {}, row: row{headers: bearer(f.admin), body: "user_ada org:admin"}},
		{name: "a header that says nothing about who asks", change: func(h RequestHeader) { h.Set("X-Request-Id", "1") }, row: row{headers: f.cookies(f.admin), body: "user_ada org:admin"}},
		{name: "the Authorization header goes", change: func(h RequestHeader) { h.Del("Authorization") }, row: row{headers: bearer(f.admin), body: "nobody", want: signedOut("dev-browser-missing")}},
		{name: "the Authorization header becomes another user's", change: func(h RequestHeader) { h.Set("Authorization", "Bearer "+f.member) }, row: row{headers: bearer(f.admin), body: "user_bob org:member"}},
		{name: "the Cookie header goes", change: func(h RequestHeader) { h.Del("Cookie") }, row: row{headers: f.cookies(f.admin), body: "nobody", want: signedOut("dev-browser-missing")}},
		{name: "the session cookie goes", change: func(h RequestHeader) { h.DelCookie("__session") }, row: row{headers: f.cookies(f.admin), body: "nobody", want: signedOut("client-uat-but-no-session-token")}},
		{name: "the cookies become another user's", change: func(h RequestHeader) { h.Del("Cookie"); h.Set("Cookie", f.cookies(f.member)[1]) }, row: row{headers: f.cookies(f.admin), body: "user_bob org:member"}},
		{name: "the cookies are only parsed", change: RequestHeader.ReadCookies, row: row{headers: f.cookies(f.admin), body: "user_ada org:admin"}},
		{name: "an Authorization header comes to the cookies", change: func(h RequestHeader) { h.Set("Authorization", "Bearer "+f.member) }, row: row{headers: f.cookies(f.admin), body: "user_bob org:member"}},
		{name: "a machine's token goes", change: func(h RequestHeader) { h.Del("Authorization") }, row: row{headers: append(bearer("ak_unknown"), f.cookies(f.admin)...), body: "user_ada org:admin"}},
	} {
		c.row.name, c.row.path, c.row.status = "is judged anew", "/", 200
		groups = append(groups, group{
			name:  "between two runs, " + c.name,
			setup: Setup{Middleware: []*core.Clerk{f.clerk, f.clerk}, Between: c.change, Routes: []Route{{Path: "/", Handler: who}}},
			rows:  []row{c.row},
		})
	}
	return groups
}
