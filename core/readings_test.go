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
		{"a path", admin, "/admin/secret.txt", core.Match},
		{"another path", admin, "/assets/secret.txt", core.NoMatch},
		{"a dot segment", admin, "/./admin/secret.txt", core.CannotTell},
		{"two dots", admin, "/assets/../admin/secret.txt", core.CannotTell},
		{"two escaped dots", admin, "/assets/%2e%2e/admin/secret.txt", core.CannotTell},
		{"one escaped dot of two", admin, "/assets/.%2E/admin/secret.txt", core.CannotTell},
		{"an escaped slash after two dots", admin, "/assets/..%2fadmin/secret.txt", core.CannotTell},
		{"an escaped slash at the start", admin, "/%2fadmin/secret.txt", core.CannotTell},
		{"an escaped slash", admin, "/assets%2f..%2fadmin%2fsecret.txt", core.CannotTell},
		{"a backslash", admin, `/\admin/secret.txt`, core.CannotTell},
		{"two dots between backslashes", admin, `/assets\..\admin\secret.txt`, core.CannotTell},
		{"an escaped backslash", admin, "/.%5cadmin/secret.txt", core.CannotTell},
		{"an escaped dot before an escaped slash", admin, "/%2e%2fadmin/secret.txt", core.CannotTell},
		{"a letter escaped twice", admin, "/%2561dmin/secret.txt", core.CannotTell},
		{"two dots escaped twice", admin, "/assets/%252e%252e/admin/secret.txt", core.CannotTell},
		{"a slash escaped twice", admin, "/%252fadmin/secret.txt", core.CannotTell},
		{"a slash escaped three times", admin, "/%25252fadmin/secret.txt", core.CannotTell},
		{"a letter escaped without end", admin, "/%2525252525252561", core.CannotTell},
		{"escaped slashes that a router leaves and a handler decodes", tenant, "/a%2fb/files/admin%2fsecret.txt", core.CannotTell},
		{"escaped slashes that a handler decodes and cleans", tenant, "/a%2fb/files/.%2fadmin%2fx", core.CannotTell},
		{"a backslash that a router leaves and dots that a handler cleans", tenant, `/a\b/files/./admin/x`, core.CannotTell},
		{"an escaped slash that a router leaves and dots that a handler cleans", tenant, "/a%2fb/files/./admin/x", core.CannotTell},
		{"a backslash that a router leaves, and escapes", tenant, `/a\b/files/%2e/admin/x`, core.CannotTell},
		{"a letter escaped twice behind an escaped slash that a router leaves", tenant, "/a%2Fb/files/%2561dmin/secret.txt", core.CannotTell},
		{"a slash escaped twice behind an escaped slash that a router leaves", tenant, "/a%2Fb/files/%252fadmin/secret.txt", core.CannotTell},
		{"a dot escaped twice behind an escaped slash that a router leaves", tenant, "/a%2Fb/files/.%252fadmin/secret.txt", core.CannotTell},
		{"a letter escaped three times behind an escaped slash", tenant, "/a%2Fb/files/%252561dmin/secret.txt", core.CannotTell},
		{"a letter escaped twice behind a slash escaped twice", tenant, "/a%252Fb/files/%2561dmin/secret.txt", core.CannotTell},
		{"a letter escaped twice behind a percent sign and an escaped slash", deeper, "/100%25/a%252Fb/files/%2561dmin/x", core.CannotTell},
		{"a letter escaped twice in a later segment", tenant, "/a%2Fb/files/x%2F../%2561dmin/secret.txt", core.CannotTell},
		{"segments escaped twice behind an escaped slash", admin, "/a%2Fb" + strings.Repeat("/a%2520b", 4), core.NoMatch},
		{"many segments escaped twice behind an escaped slash", admin, "/a%2Fb" + strings.Repeat("/a%2520b", 5), core.CannotTell},
		{"escaped slashes in many segments", admin, strings.Repeat("/a%2Fb", 17), core.CannotTell},
		{"escaped slashes in some segments", admin, strings.Repeat("/a%2Fb", 16), core.NoMatch},
		{"a path from the root of its mount", below, "/files/../admin/secret.txt", core.CannotTell},
		{"a path from the root of its mount, escaped", below, "/files/%2e%2e/admin/secret.txt", core.CannotTell},
		{"a path that leaves another mount", below, "/files/../aaaaa/admin/secret.txt", core.CannotTell},
		{"an escaped segment between slashes", upstream, "/api/%2f/edit", core.CannotTell},
		{"an empty segment that a router behind may bind", upstream, "/api%2f%2fedit", core.CannotTell},
		{"a URL in a last segment far from every guard", admin, "/oembed/https%3A%2F%2Fexample.com%2Fx", core.NoMatch},
		{"two dots behind a public prefix", public, "/assets/../admin/secret.txt", core.CannotTell},
		{"two escaped dots behind a public prefix", public, "/assets/%2e%2e%2fadmin/secret.txt", core.CannotTell},
		{"two dots escaped twice behind a public prefix", public, "/assets/%252e%252e/admin/secret.txt", core.CannotTell},
		{"a backslash behind a public prefix", public, `/assets\..\admin/secret.txt`, core.CannotTell},
		{"a dot at the end behind a public prefix", public, "/assets/.", core.NoMatch},
		{"an escaped slash below a public prefix", public, "/assets/a%2Fb", core.NoMatch},
		{"an expression behind a dot segment", expression, "/./admin/secret.txt", core.CannotTell},
		{"an expression behind a second decoding", expression, "/%2561dmin/secret.txt", core.CannotTell},
		{"an expression for a file", file, "/files/secret.txt", core.Match},
		{"an expression for a file, with a slash behind it", file, "/files/secret.txt/", core.Match},
		{"an expression for a file, with an escaped slash behind it", file, "/files/secret.txt%2F", core.Match},
		{"an expression for a file, with a slash escaped twice behind it", file, "/files/secret.txt%252f", core.Match},
		{"an expression for a file, with more behind it", file, "/files/secret.txt/x/", core.NoMatch},
		{"an expression for all but a file, with a slash behind it", file.Not(), "/files/secret.txt/", core.Match},
		{"a percent sign", admin, "/100%25/x", core.NoMatch},
		{"a percent sign before digits", admin, "/100%2541", core.NoMatch},
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
		{"an absolute target", "GET", "http://example.com/admin/x", core.Match},
		{"an absolute target without a path", "GET", "http://example.com", core.NoMatch},
		{"another scheme", "GET", "x-y.1+z://h/admin/x", core.Match},
		{"a scheme and no slashes", "GET", "http:/admin/x", core.CannotTell},
		{"any scheme and no slashes", "GET", "x:/admin/x", core.CannotTell},
		{"a scheme and no host", "GET", "http:///admin/x", core.CannotTell},
		{"a scheme and no host, with another slash", "GET", "x:////admin/x", core.CannotTell},
		{"an opaque address", "GET", "x:admin/x", core.CannotTell},
		{"a host and no scheme", "GET", "://h/admin/x", core.CannotTell},
		{"what is no scheme", "GET", "1x://h/admin/x", core.CannotTell},
		{"an authority with a path", "CONNECT", "files/admin/x", core.CannotTell},
		{"an address for an authority", "CONNECT", "http://admin/./x", core.CannotTell},
		{"a path for an authority", "CONNECT", "/admin/x", core.Match},
		{"an authority", "CONNECT", "example.com:443", core.CannotTell},
		{"no path", "GET", "*", core.CannotTell},
		{"a fragment that is part of the path", "GET", "/x#/../admin/x", core.CannotTell},
		{"a fragment that hides a path", "GET", "/admin#x", core.Match},
		{"a fragment elsewhere", "GET", "/about#team", core.NoMatch},
		{"a fragment of the query", "GET", "/about?x#/../admin", core.NoMatch},
		{"two slashes at the start", "GET", "//example.com/admin/x", core.CannotTell},
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
		{"no mount", below, "/filesadmin/x", "", core.NoMatch},
		{"a mount", below, "/filesadmin/x", "/files/admin/x", core.Match},
		{"a mount and an escape", below, "/files%61dmin/x", "/files/%61dmin/x", core.Match},
		{"a mount and two dots", below, "/files../admin/x", "/files/../admin/x", core.CannotTell},
		{"a mount with something else", below, "/filesystem", "/files/system", core.NoMatch},
		{"a public path", public, "/filesystem", "/files/system", core.NoMatch},
		{"a public path that means another one for a mount", public, "/filesystem", "/file/system", core.Match},
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
