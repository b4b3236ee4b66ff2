package core_test

import (
	"bufio"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core"
)

// TestRouteMatcherReadsPathsAsHandlersDo matches paths whose router is known, and
// whose handlers may read them in another way: they open files, or forward.
func TestRouteMatcherReadsPathsAsHandlersDo(t *testing.T) {
	t.Parallel()
	admin := core.MustRouteMatcher("/admin(.*)")
	below := core.MustRouteMatcher("/files/admin(.*)")
	upstream := core.MustRouteMatcher("/api/:id/edit")
	tenant := core.MustRouteMatcher("/:tenant/files/admin/(.*)")
	deeper := core.MustRouteMatcher("/:rate/:tenant/files/admin/(.*)")
	public := core.MustRouteMatcher("/", "/assets(.*)").Not()
	expression := core.MustRouteMatcher(regexp.MustCompile(`^/admin/`))
	file := core.MustRouteMatcher(regexp.MustCompile(`^/files/secret\.txt$`))
	for _, test := range []struct {
		name    string
		matcher *core.RouteMatcher
		path    string
		want    core.MatchResult
	}{
		{name: "a path", matcher: admin, path: "/admin/secret.txt", want: core.Match},
		{name: "another path", matcher: admin, path: "/assets/secret.txt", want: core.NoMatch},
		{name: "a dot segment", matcher: admin, path: "/./admin/secret.txt", want: core.CannotTell},
		{name: "two dots", matcher: admin, path: "/assets/../admin/secret.txt", want: core.CannotTell},
		{name: "two escaped dots", matcher: admin, path: "/assets/%2e%2e/admin/secret.txt", want: core.CannotTell},
		{name: "one escaped dot of two", matcher: admin, path: "/assets/.%2E/admin/secret.txt", want: core.CannotTell},
		{name: "an escaped slash after two dots", matcher: admin, path: "/assets/..%2fadmin/secret.txt", want: core.CannotTell},
		{name: "an escaped slash at the start", matcher: admin, path: "/%2fadmin/secret.txt", want: core.CannotTell},
		{name: "an escaped slash", matcher: admin, path: "/assets%2f..%2fadmin%2fsecret.txt", want: core.CannotTell},
		{name: "a backslash", matcher: admin, path: `/\admin/secret.txt`, want: core.CannotTell},
		{name: "two dots between backslashes", matcher: admin, path: `/assets\..\admin\secret.txt`, want: core.CannotTell},
		{name: "an escaped backslash", matcher: admin, path: "/.%5cadmin/secret.txt", want: core.CannotTell},
		{name: "an escaped dot before an escaped slash", matcher: admin, path: "/%2e%2fadmin/secret.txt", want: core.CannotTell},
		{name: "a letter escaped twice", matcher: admin, path: "/%2561dmin/secret.txt", want: core.CannotTell},
		{name: "two dots escaped twice", matcher: admin, path: "/assets/%252e%252e/admin/secret.txt", want: core.CannotTell},
		{name: "a slash escaped twice", matcher: admin, path: "/%252fadmin/secret.txt", want: core.CannotTell},
		{name: "a slash escaped three times", matcher: admin, path: "/%25252fadmin/secret.txt", want: core.CannotTell},
		{name: "a letter escaped without end", matcher: admin, path: "/%2525252525252561", want: core.CannotTell},
		{name: "escaped slashes that a router leaves and a handler decodes", matcher: tenant, path: "/a%2fb/files/admin%2fsecret.txt", want: core.CannotTell},
		{name: "escaped slashes that a handler decodes and cleans", matcher: tenant, path: "/a%2fb/files/.%2fadmin%2fx", want: core.CannotTell},
		{name: "a backslash that a router leaves and dots that a handler cleans", matcher: tenant, path: `/a\b/files/./admin/x`, want: core.CannotTell},
		{name: "an escaped slash that a router leaves and dots that a handler cleans", matcher: tenant, path: "/a%2fb/files/./admin/x", want: core.CannotTell},
		{name: "a backslash that a router leaves, and escapes", matcher: tenant, path: `/a\b/files/%2e/admin/x`, want: core.CannotTell},
		{name: "a letter escaped twice behind an escaped slash that a router leaves", matcher: tenant, path: "/a%2Fb/files/%2561dmin/secret.txt", want: core.CannotTell},
		{name: "a slash escaped twice behind an escaped slash that a router leaves", matcher: tenant, path: "/a%2Fb/files/%252fadmin/secret.txt", want: core.CannotTell},
		{name: "a dot escaped twice behind an escaped slash that a router leaves", matcher: tenant, path: "/a%2Fb/files/.%252fadmin/secret.txt", want: core.CannotTell},
		{name: "a letter escaped three times behind an escaped slash", matcher: tenant, path: "/a%2Fb/files/%252561dmin/secret.txt", want: core.CannotTell},
		{name: "a letter escaped twice behind a slash escaped twice", matcher: tenant, path: "/a%252Fb/files/%2561dmin/secret.txt", want: core.CannotTell},
		{name: "a letter escaped twice behind a percent sign and an escaped slash", matcher: deeper, path: "/100%25/a%252Fb/files/%2561dmin/x", want: core.CannotTell},
		{name: "a letter escaped twice in a later segment", matcher: tenant, path: "/a%2Fb/files/x%2F../%2561dmin/secret.txt", want: core.CannotTell},
		{name: "segments escaped twice behind an escaped slash", matcher: admin, path: "/a%2Fb" + strings.Repeat("/a%2520b", 4), want: core.NoMatch},
		{name: "many segments escaped twice behind an escaped slash", matcher: admin, path: "/a%2Fb" + strings.Repeat("/a%2520b", 5), want: core.CannotTell},
		{name: "escaped slashes in many segments", matcher: admin, path: strings.Repeat("/a%2Fb", 17), want: core.CannotTell},
		{name: "escaped slashes in some segments", matcher: admin, path: strings.Repeat("/a%2Fb", 16), want: core.NoMatch},
		{name: "a path from the root of its mount", matcher: below, path: "/files/../admin/secret.txt", want: core.CannotTell},
		{name: "a path from the root of its mount, escaped", matcher: below, path: "/files/%2e%2e/admin/secret.txt", want: core.CannotTell},
		{name: "a path that leaves another mount", matcher: below, path: "/files/../aaaaa/admin/secret.txt", want: core.CannotTell},
		{name: "an escaped segment between slashes", matcher: upstream, path: "/api/%2f/edit", want: core.CannotTell},
		{name: "an empty segment that a router behind may bind", matcher: upstream, path: "/api%2f%2fedit", want: core.CannotTell},
		{name: "a URL in a last segment far from every guard", matcher: admin, path: "/oembed/https%3A%2F%2Fexample.com%2Fx", want: core.NoMatch},
		{name: "two dots behind a public prefix", matcher: public, path: "/assets/../admin/secret.txt", want: core.CannotTell},
		{name: "two escaped dots behind a public prefix", matcher: public, path: "/assets/%2e%2e%2fadmin/secret.txt", want: core.CannotTell},
		{name: "two dots escaped twice behind a public prefix", matcher: public, path: "/assets/%252e%252e/admin/secret.txt", want: core.CannotTell},
		{name: "a backslash behind a public prefix", matcher: public, path: `/assets\..\admin/secret.txt`, want: core.CannotTell},
		{name: "a dot at the end behind a public prefix", matcher: public, path: "/assets/.", want: core.NoMatch},
		{name: "an escaped slash below a public prefix", matcher: public, path: "/assets/a%2Fb", want: core.NoMatch},
		{name: "an expression behind a dot segment", matcher: expression, path: "/./admin/secret.txt", want: core.CannotTell},
		{name: "an expression behind a second decoding", matcher: expression, path: "/%2561dmin/secret.txt", want: core.CannotTell},
		{name: "an expression for a file", matcher: file, path: "/files/secret.txt", want: core.Match},
		{name: "an expression for a file, with a slash behind it", matcher: file, path: "/files/secret.txt/", want: core.Match},
		{name: "an expression for a file, with an escaped slash behind it", matcher: file, path: "/files/secret.txt%2F", want: core.Match},
		{name: "an expression for a file, with a slash escaped twice behind it", matcher: file, path: "/files/secret.txt%252f", want: core.Match},
		{name: "an expression for a file, with more behind it", matcher: file, path: "/files/secret.txt/x/", want: core.NoMatch},
		{name: "an expression for all but a file, with a slash behind it", matcher: file.Not(), path: "/files/secret.txt/", want: core.Match},
		{name: "a percent sign", matcher: admin, path: "/100%25/x", want: core.NoMatch},
		{name: "a percent sign before digits", matcher: admin, path: "/100%2541", want: core.NoMatch},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			known := core.RoutePath{Escaped: test.path, Router: []string{test.path}}
			if got := test.matcher.MatchPath(get(test.path), known); got != test.want {
				t.Errorf("known router: got %s, want %s", got, test.want)
			}
			if got := test.matcher.Match(get(test.path)); got != test.want && (got != core.CannotTell || !strings.ContainsAny(test.path, `%\.`)) {
				t.Errorf("unknown router: got %s, want %s", got, test.want)
			}
		})
	}
}

// TestRouteMatcherReadsTargetsAsServersDo matches targets that servers route by
// another path than the one that seems to be there.
func TestRouteMatcherReadsTargetsAsServersDo(t *testing.T) {
	t.Parallel()
	admin := core.MustRouteMatcher("/admin(.*)")
	everything := core.MustRouteMatcher("/(.*)")
	for _, test := range []struct {
		name, method, target string
		want                 core.MatchResult
	}{
		{name: "an absolute target", method: "GET", target: "http://example.com/admin/x", want: core.Match},
		{name: "an absolute target without a path", method: "GET", target: "http://example.com", want: core.NoMatch},
		{name: "another scheme", method: "GET", target: "x-y.1+z://h/admin/x", want: core.Match},
		{name: "a scheme and no slashes", method: "GET", target: "http:/admin/x", want: core.CannotTell},
		{name: "any scheme and no slashes", method: "GET", target: "x:/admin/x", want: core.CannotTell},
		{name: "a scheme and no host", method: "GET", target: "http:///admin/x", want: core.CannotTell},
		{name: "a scheme and no host, with another slash", method: "GET", target: "x:////admin/x", want: core.CannotTell},
		{name: "an opaque address", method: "GET", target: "x:admin/x", want: core.CannotTell},
		{name: "a host and no scheme", method: "GET", target: "://h/admin/x", want: core.CannotTell},
		{name: "what is no scheme", method: "GET", target: "1x://h/admin/x", want: core.CannotTell},
		{name: "an authority with a path", method: "CONNECT", target: "files/admin/x", want: core.CannotTell},
		{name: "an address for an authority", method: "CONNECT", target: "http://admin/./x", want: core.CannotTell},
		{name: "a path for an authority", method: "CONNECT", target: "/admin/x", want: core.Match},
		{name: "an authority", method: "CONNECT", target: "example.com:443", want: core.CannotTell},
		{name: "no path", method: "GET", target: "*", want: core.CannotTell},
		{name: "a fragment that is part of the path", method: "GET", target: "/x#/../admin/x", want: core.CannotTell},
		{name: "a fragment that hides a path", method: "GET", target: "/admin#x", want: core.Match},
		{name: "a fragment elsewhere", method: "GET", target: "/about#team", want: core.NoMatch},
		{name: "a fragment of the query", method: "GET", target: "/about?x#/../admin", want: core.NoMatch},
		{name: "two slashes at the start", method: "GET", target: "//example.com/admin/x", want: core.CannotTell},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := admin.Match(get(test.target).as(test.method)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if got := everything.Match(get(test.target).as(test.method)); (got == core.CannotTell) != (test.want == core.CannotTell) {
				t.Errorf("of everything: got %s", got)
			}
			if got := admin.Not().Match(get(test.target).as(test.method)); (got == core.CannotTell) != (test.want == core.CannotTell) {
				t.Errorf("Not: got %s", got)
			}
		})
	}
}

// TestRouteMatcherReadsMounts matches paths that a mount serves whose prefix is
// compared as text. They are guarded, not refused: other handlers may own them.
func TestRouteMatcherReadsMounts(t *testing.T) {
	t.Parallel()
	below := core.MustRouteMatcher("/files/admin(.*)")
	public := core.MustRouteMatcher("/filesystem", "/files/system").Not()
	for _, test := range []struct {
		name          string
		matcher       *core.RouteMatcher
		path, mounted string
		want          core.MatchResult
	}{
		{name: "no mount", matcher: below, path: "/filesadmin/x", want: core.NoMatch},
		{name: "a mount", matcher: below, path: "/filesadmin/x", mounted: "/files/admin/x", want: core.Match},
		{name: "a mount and an escape", matcher: below, path: "/files%61dmin/x", mounted: "/files/%61dmin/x", want: core.Match},
		{name: "a mount and two dots", matcher: below, path: "/files../admin/x", mounted: "/files/../admin/x", want: core.CannotTell},
		{name: "a mount with something else", matcher: below, path: "/filesystem", mounted: "/files/system", want: core.NoMatch},
		{name: "a public path", matcher: public, path: "/filesystem", mounted: "/files/system", want: core.NoMatch},
		{name: "a public path that means another one for a mount", matcher: public, path: "/filesystem", mounted: "/file/system", want: core.Match},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := core.RoutePath{Escaped: test.path, Router: []string{test.path}}
			if test.mounted != "" {
				p.Mounted = []string{test.mounted}
			}
			if got := test.matcher.MatchPath(get(test.path), p); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestRouteMatcherBoundsPaths sends what nobody's paths are as long as.
//
//nolint:paralleltest // It counts the bytes that the process allocates.
func TestRouteMatcherBoundsPaths(t *testing.T) {
	m := core.MustRouteMatcher("/admin(.*)", "/:a/:b/(.*)", regexp.MustCompile(`^/x.*y$`))
	for _, text := range []string{"a", "/", "%61", "%2561", "../", `\`, "#", "é", ".", "/./", "%"} {
		short := "/" + strings.Repeat("a", 8<<10-1)
		if got := m.Match(get(short)); got != core.NoMatch {
			t.Errorf("%d bytes: got %s", len(short), got)
		}
		long := get("/" + strings.Repeat(text, 900<<10/len(text)))
		for _, matcher := range []*core.RouteMatcher{m, m.Not()} {
			if got := matcher.Match(long); got != core.CannotTell {
				t.Errorf("%d bytes of %q: got %s", len(long.target), text, got)
			}
		}
		if bytes := allocated(20, func() { m.Match(long) }); bytes > 4<<10 {
			t.Errorf("%d bytes of %q: %d bytes allocated", len(long.target), text, bytes)
		}
	}
}

// allocated returns how many bytes a call allocates.
func allocated(calls uint64, call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		call()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / calls
}

// TestRouteMatcherInFrontOfServeMux guards what a ServeMux and a file server read
// of a request.
func TestRouteMatcherInFrontOfServeMux(t *testing.T) {
	t.Parallel()
	admin := core.MustRouteMatcher("/admin(.*)")
	for _, target := range []string{
		"/admin/x", "http:/admin/x", "x:/admin/x", "http:///admin/x", "/./admin/x", "/x#/../admin/x", "/%61dmin/x", "http:http://x/admin",
	} {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: app.example\r\n\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		if got := admin.Match(core.FromHTTP(r)); got == core.NoMatch {
			t.Errorf("%q: got %s", target, got)
		}
		r.RequestURI = "/" // Middleware may do so; a proxy forwards what net/http read.
		if got := admin.MatchPath(core.FromHTTP(r), core.RoutePath{Escaped: "/", Router: []string{"/"}}); r.URL.Opaque != "" && got == core.NoMatch {
			t.Errorf("%q with another target: got %s", target, got)
		}
	}
}

// TestRouteMatcherBoundsWhatItMakesOfAPath counts what is allocated for paths that
// have as many readings as fit.
func TestRouteMatcherBoundsWhatItMakesOfAPath(t *testing.T) {
	matcher := core.MustRouteMatcher("/:tenant/files/admin/(.*)")
	for _, path := range []string{
		"/a%2Fb" + strings.Repeat("/"+strings.Repeat("%25252561", 220), 4),
		"/a%2Fb" + strings.Repeat("/a%2Fb", 15) + strings.Repeat("/"+strings.Repeat("%252561", 280), 4),
		"/a%2Fb" + strings.Repeat("/%2F%252Fb", 15) + "/" + strings.Repeat("%2561", 1500),
		"/a%2Fb" + strings.Repeat("/%2Fb", 15) + "/" + strings.Repeat("b", 8000),
	} {
		request, known := get(path), core.RoutePath{Escaped: path, Router: []string{path}}
		if n, limit := allocated(5, func() { matcher.MatchPath(request, known) }), uint64(32*len(path)+16<<10); n > limit {
			t.Errorf("%.40s: %d bytes for a path of %d, want at most %d", path, n, len(path), limit)
		}
	}
}
