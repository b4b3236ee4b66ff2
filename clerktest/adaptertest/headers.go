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
		{"the Cookie header is deleted", func(h RequestHeader) { h.Del("Cookie") }, none},
		{"the Cookie header is deleted, in another spelling", func(h RequestHeader) { h.Del("cookie") }, none},
		{"the Cookie header is deleted after it was parsed", func(h RequestHeader) { h.ReadCookies(); h.Del("Cookie") }, none},
		{"the session cookie is deleted", func(h RequestHeader) { h.DelCookie("__session") }, row{path: "/", headers: cookies, status: 200, body: "nobody", want: signedOut("client-uat-but-no-session-token")}},
		{"all cookies are deleted", func(h RequestHeader) {
			for _, name := range []string{"__session", "__client_uat", "__clerk_db_jwt"} {
				h.DelCookie(name)
			}
		}, none},
		{"other cookies are deleted", func(h RequestHeader) { h.DelCookie("theme") }, ada},
		{"the cookies are another user's", func(h RequestHeader) { h.Del("Cookie"); h.Set("Cookie", f.cookies(f.member)[1]) }, bob},
		{"the cookies are parsed and stay", RequestHeader.ReadCookies, ada},
		{"quoted cookies stay quoted", func(RequestHeader) {}, quoted},
		{"quoted cookies stay quoted when they were parsed", RequestHeader.ReadCookies, quoted},
		{"the first of two cookies wins", func(RequestHeader) {}, twice},
		{"the first of two cookies wins when they were parsed", RequestHeader.ReadCookies, twice},
		{"there are no cookies to delete", func(h RequestHeader) { h.Del("Cookie"); h.DelCookie("__session") }, row{path: "/", status: 200, body: "nobody", want: signedOut(missing)}},
		{"cookies are added where there were none", func(h RequestHeader) { h.Add("Cookie", cookies[1]) }, row{path: "/", status: 200, body: "user_ada org:admin"}},
		{"cookies are added under a name in lower case", func(h RequestHeader) { h.Keep("cookie", cookies[1]) }, row{path: "/", status: 200, body: "user_ada org:admin"}},

		{"the Authorization header is deleted", func(h RequestHeader) { h.Del("Authorization") }, token(none)},
		{"the Authorization header is another user's", func(h RequestHeader) { h.Set("Authorization", "Bearer "+f.member) }, token(bob)},
		{"an Authorization header is added to one", func(h RequestHeader) { h.Add("Authorization", "Bearer "+f.member) }, row{path: "/", headers: bearer("x"), status: 200, body: "nobody", want: withMessage(signedOut("token-invalid"), garbage)}},
		{"the Authorization header has a name in lower case", func(h RequestHeader) { h.Keep("authorization", "Bearer "+f.member) }, row{path: "/", status: 200, body: "user_bob org:member"}},
		{"the Authorization header has a name in upper case", func(h RequestHeader) { h.Keep("AUTHORIZATION", "Bearer "+f.member) }, row{path: "/", status: 200, body: "user_bob org:member"}},

		{"the host is changed", func(h RequestHeader) { h.SetHost("shop.example") }, to("http://shop.example")},
		{"forwarded headers are set", func(h RequestHeader) {
			h.Set("X-Forwarded-Host", "shop.example")
			h.Set("X-Forwarded-Proto", "https")
		}, to("https://shop.example")},
		{"forwarded headers have names in lower case", func(h RequestHeader) {
			h.Keep("x-forwarded-host", "shop.example")
			h.Keep("x-forwarded-proto", "https")
		}, to("https://shop.example")},
		{"forwarded headers are deleted", func(h RequestHeader) {
			h.Del("X-Forwarded-Host")
			h.Del("X-Forwarded-Proto")
		}, func() row {
			r := to(appURL)
			r.headers = append(r.headers, "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https")
			return r
		}()},
		{"a page load is told by names in lower case", func(h RequestHeader) { h.Keep("sec-fetch-dest", "document") }, func() row {
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
		{"nothing", func(RequestHeader) {}, row{headers: bearer(f.admin), body: "user_ada org:admin"}},
		{"a header that says nothing about who asks", func(h RequestHeader) { h.Set("X-Request-Id", "1") }, row{headers: f.cookies(f.admin), body: "user_ada org:admin"}},
		{"the Authorization header goes", func(h RequestHeader) { h.Del("Authorization") }, row{headers: bearer(f.admin), body: "nobody", want: signedOut("dev-browser-missing")}},
		{"the Authorization header becomes another user's", func(h RequestHeader) { h.Set("Authorization", "Bearer "+f.member) }, row{headers: bearer(f.admin), body: "user_bob org:member"}},
		{"the Cookie header goes", func(h RequestHeader) { h.Del("Cookie") }, row{headers: f.cookies(f.admin), body: "nobody", want: signedOut("dev-browser-missing")}},
		{"the session cookie goes", func(h RequestHeader) { h.DelCookie("__session") }, row{headers: f.cookies(f.admin), body: "nobody", want: signedOut("client-uat-but-no-session-token")}},
		{"the cookies become another user's", func(h RequestHeader) { h.Del("Cookie"); h.Set("Cookie", f.cookies(f.member)[1]) }, row{headers: f.cookies(f.admin), body: "user_bob org:member"}},
		{"the cookies are only parsed", RequestHeader.ReadCookies, row{headers: f.cookies(f.admin), body: "user_ada org:admin"}},
		{"an Authorization header comes to the cookies", func(h RequestHeader) { h.Set("Authorization", "Bearer "+f.member) }, row{headers: f.cookies(f.admin), body: "user_bob org:member"}},
		{"a machine's token goes", func(h RequestHeader) { h.Del("Authorization") }, row{headers: append(bearer("ak_unknown"), f.cookies(f.admin)...), body: "user_ada org:admin"}},
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
