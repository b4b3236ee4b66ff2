package core_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core"
)

// TestRouteMatcherAgreesWithClerks compares with Clerk's own matcher. Where a path
// can be read in several ways this one may say that it cannot tell; it never says
// the opposite, except that parameters next to text hold what routers' do.
func TestRouteMatcherAgreesWithClerks(t *testing.T) {
	t.Parallel()
	plain := regexp.MustCompile(`^(/[A-Za-z0-9_-]+)+/?$`)
	adjacent := regexp.MustCompile(`[^/]:[A-Za-z0-9_]+|:[A-Za-z0-9_]+[^/?*+(A-Za-z0-9_]`)
	compared, told := 0, 0
	for _, row := range vectors[struct {
		Patterns any
		Path     string
		Matched  *bool
		Error    string
		Quirk    string
	}](t, "routeMatcher") {
		if row.Matched == nil || row.Error != "" || row.Quirk != "" || !strings.HasPrefix(row.Path, "/") || strings.ContainsAny(row.Path, "?#") {
			continue
		}
		elements, texts := elementsOf(row.Patterns)
		m, err := core.NewRouteMatcher(elements...)
		if err != nil {
			continue // Stricter here, for patterns that match no path.
		}
		compared++
		want := core.NoMatch
		if *row.Matched {
			want = core.Match
		}
		got := m.Match(get(row.Path))
		switch {
		case got == want:
			told++
		case got == core.CannotTell && !plain.MatchString(row.Path):
		case got == core.Match && adjacent.MatchString(texts):
		default:
			t.Errorf("%v at %q: got %s, want %s", row.Patterns, row.Path, got, want)
		}
	}
	if compared < 300 || told < compared/2 {
		t.Errorf("compared %d rows, of which %d have an answer: too few", compared, told)
	}
}

// elementsOf returns the patterns of a row, and their text.
func elementsOf(patterns any) (elements []any, texts string) {
	switch p := patterns.(type) {
	case string:
		return []any{p}, p
	case []any:
		for _, one := range p {
			inner, text := elementsOf(one)
			elements, texts = append(elements, inner...), texts+" "+text
		}
	}
	return elements, texts
}

func TestRouteMatcherFaults(t *testing.T) {
	t.Parallel()
	var noExpression *regexp.Regexp
	var noFunc func(core.Request) bool
	for _, test := range []struct {
		name     string
		elements []any
		want     []string // parts of the error
	}{
		{name: "nothing", want: []string{"no routes given"}},
		{name: "an empty pattern", elements: []any{""}, want: []string{"an empty pattern matches nothing"}},
		{name: "no leading slash", elements: []any{"admin"}, want: []string{`write "/admin"`}},
		{name: "a leading parameter", elements: []any{":id"}, want: []string{`write "/:id"`}},
		{name: "a glob", elements: []any{"/admin/*"}, want: []string{`"/admin/(.*)"`, `"/admin/:path*"`}},
		{name: "a double glob", elements: []any{"/admin/**"}, want: []string{`"/admin/(.*)"`}},
		{name: "a glob behind a parameter", elements: []any{"/orgs/:id/*"}, want: []string{`"/orgs/:id/(.*)"`}},
		{name: "a capture", elements: []any{"/(x(?<n>y))"}, want: []string{"/(x(?<n>y))"}},
		{name: "a lookbehind", elements: []any{"/((?<=a)b)"}, want: []string{"/((?<=a)b)"}},
		{name: "a pattern that does not parse", elements: []any{"/admin("}, want: []string{"Unbalanced pattern at 6"}},
		{name: "a nil expression", elements: []any{noExpression}, want: []string{"nil *regexp.Regexp"}},
		{name: "a nil func", elements: []any{noFunc}, want: []string{"nil func"}},
		{name: "another type", elements: []any{1}, want: []string{"a int is neither"}},
		{name: "every fault", elements: []any{"", "admin", 1}, want: []string{"empty pattern", `"/admin"`, "a int"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m, err := core.NewRouteMatcher(test.elements...)
			if err == nil || m != nil {
				t.Fatalf("got %v, %v, want an error alone", m, err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to say %q", err, want)
				}
			}
			defer func() {
				if recover() == nil {
					t.Error("MustRouteMatcher: got no panic")
				}
			}()
			core.MustRouteMatcher(test.elements...)
		})
	}
}

func TestRouteMatcherInFrontOfAnUnknownRouter(t *testing.T) {
	t.Parallel()
	admin := core.MustRouteMatcher("/api/admin(.*)")
	public := core.MustRouteMatcher("/about", "/blog/:slug")
	expression := core.MustRouteMatcher(regexp.MustCompile(`^/v[0-9]/`))
	post := core.MustRouteMatcher(func(r core.Request) bool { return r.Method() == "POST" })
	for _, test := range []struct {
		name    string
		matcher *core.RouteMatcher
		request *request
		want    core.MatchResult
		not     core.MatchResult // of the negation
	}{
		{name: "a path", matcher: admin, request: get("/api/admin/x?y"), want: core.Match, not: core.NoMatch},
		{name: "another path", matcher: admin, request: get("/api"), want: core.NoMatch, not: core.Match},
		{name: "an absolute target", matcher: admin, request: get("http://x/api/admin"), want: core.Match, not: core.NoMatch},
		{name: "another letter case", matcher: admin, request: get("/API/Admin"), want: core.Match, not: core.Match},
		{name: "an escaped slash", matcher: admin, request: get("/api%2Fadmin"), want: core.CannotTell, not: core.CannotTell},
		{name: "an escaped letter", matcher: admin, request: get("/api/%61dmin"), want: core.CannotTell, not: core.CannotTell},
		{name: "an escaped letter twice", matcher: admin, request: get("/api/%2561dmin"), want: core.CannotTell, not: core.CannotTell},
		{name: "a dot segment", matcher: admin, request: get("/public/../api/admin"), want: core.CannotTell, not: core.CannotTell},
		{name: "an escaped dot segment", matcher: admin, request: get("/public/%2e%2e/api/admin"), want: core.CannotTell, not: core.CannotTell},
		{name: "a backslash", matcher: admin, request: get(`/public\..\..\api\admin`), want: core.CannotTell, not: core.CannotTell},
		{name: "an escaped backslash", matcher: admin, request: get("/api%5Cadmin"), want: core.CannotTell, not: core.CannotTell},
		{name: "a repeated slash", matcher: admin, request: get("/api//admin"), want: core.CannotTell, not: core.CannotTell},
		{name: "a malformed escape", matcher: admin, request: get("/about/%zz"), want: core.CannotTell, not: core.CannotTell},
		{name: "an escape that is no character", matcher: admin, request: get("/about/%ff"), want: core.CannotTell, not: core.CannotTell},
		{name: "an escaped space", matcher: public, request: get("/blog/a%20b"), want: core.Match, not: core.NoMatch},
		{name: "an escaped letter beyond ASCII", matcher: public, request: get("/blog/%E6%97%A5"), want: core.Match, not: core.NoMatch},
		{name: "a slash at the end", matcher: public, request: get("/about/"), want: core.Match, not: core.Match},
		{name: "an escaped question mark at the end", matcher: public, request: get("/about%3F"), want: core.NoMatch, not: core.Match},
		{name: "an expression", matcher: expression, request: get("/v1/x"), want: core.Match, not: core.NoMatch},
		{name: "an expression that does not match", matcher: expression, request: get("/V1/x"), want: core.NoMatch, not: core.Match},
		{name: "an expression behind an escape", matcher: expression, request: get("/%761/x"), want: core.CannotTell, not: core.CannotTell},
		{name: "a function", matcher: post, request: get("/x").as("POST"), want: core.Match, not: core.NoMatch},
		{name: "a function that says no", matcher: post, request: get("//x"), want: core.NoMatch, not: core.Match},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.matcher.Match(test.request); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if got := test.matcher.Not().Match(test.request); got != test.not {
				t.Errorf("Not: got %s, want %s", got, test.not)
			}
			if got := test.matcher.Not().Not().Match(test.request); got != test.want {
				t.Errorf("Not of Not: got %s, want %s", got, test.want)
			}
		})
	}
}

func TestCleanedPaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"": "/", "/": "/", "a": "/a", "/a": "/a", "/a/": "/a/", "//a///b": "/a/b", "/a/.": "/a/", "/a/./b": "/a/b", "/a/..": "/",
		"/a/b/..": "/a", "/a/b/../": "/a/", "/..": "/", "/../a": "/a", "/a/../../b": "/b", "/...": "/...", "/.a/..b": "/.a/..b", "///": "/",
	} {
		p := core.RoutePath{Router: []string{path}}
		if got := p.Cleaned().Router[0]; got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
}

func TestMatchResultsHaveNames(t *testing.T) {
	t.Parallel()
	for result, want := range map[core.MatchResult]string{core.NoMatch: "no match", core.Match: "match", core.CannotTell: "cannot tell"} {
		if got := result.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestRouteMatcherElements(t *testing.T) {
	t.Parallel()
	m, err := core.NewRouteMatcher("/dashboard/:path*", regexp.MustCompile("^/files/[0-9]+$"), func(r core.Request) bool { return r.Host() == "admin.example" })
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]core.MatchResult{
		"/dashboard": core.Match, "/dashboard/a/b": core.Match, "/dashboardx": core.NoMatch, "/files/12": core.Match, "/files/x": core.NoMatch,
	} {
		if got := m.Match(get(target)); got != want {
			t.Errorf("%s: got %v, want %v", target, got, want)
		}
	}
	if got := m.Match(get("/").on("admin.example")); got != core.Match {
		t.Errorf("a function: got %v", got)
	}
}

func TestRouteMatcherRefusesWhatCannotMatch(t *testing.T) {
	t.Parallel()
	for _, element := range []any{"dashboard/(.*)", "", "/admin/*", 5, nil, (func(core.Request) bool)(nil), "/a("} {
		if m, err := core.NewRouteMatcher(element); m != nil || !errors.Is(err, core.ErrConfiguration) {
			t.Errorf("%v: got %v, %v", element, m, err)
		}
	}
}
