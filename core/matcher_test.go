package core_test

import (
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
		{"nothing", nil, []string{"no routes given"}},
		{"an empty pattern", []any{""}, []string{"an empty pattern matches nothing"}},
		{"no leading slash", []any{"admin"}, []string{`write "/admin"`}},
		{"a leading parameter", []any{":id"}, []string{`write "/:id"`}},
		{"a glob", []any{"/admin/*"}, []string{`"/admin/(.*)"`, `"/admin/:path*"`}},
		{"a double glob", []any{"/admin/**"}, []string{`"/admin/(.*)"`}},
		{"a glob behind a parameter", []any{"/orgs/:id/*"}, []string{`"/orgs/:id/(.*)"`}},
		{"a capture", []any{"/(x(?<n>y))"}, []string{"/(x(?<n>y))"}},
		{"a lookbehind", []any{"/((?<=a)b)"}, []string{"/((?<=a)b)"}},
		{"a pattern that does not parse", []any{"/admin("}, []string{"Unbalanced pattern at 6"}},
		{"a nil expression", []any{noExpression}, []string{"nil *regexp.Regexp"}},
		{"a nil func", []any{noFunc}, []string{"nil func"}},
		{"another type", []any{1}, []string{"a int is neither"}},
		{"every fault", []any{"", "admin", 1}, []string{"empty pattern", `"/admin"`, "a int"}},
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
		{"a path", admin, get("/api/admin/x?y"), core.Match, core.NoMatch},
		{"another path", admin, get("/api"), core.NoMatch, core.Match},
		{"an absolute target", admin, get("http://x/api/admin"), core.Match, core.NoMatch},
		{"another letter case", admin, get("/API/Admin"), core.Match, core.Match},
		{"an escaped slash", admin, get("/api%2Fadmin"), core.CannotTell, core.CannotTell},
		{"an escaped letter", admin, get("/api/%61dmin"), core.CannotTell, core.CannotTell},
		{"an escaped letter twice", admin, get("/api/%2561dmin"), core.CannotTell, core.CannotTell},
		{"a dot segment", admin, get("/public/../api/admin"), core.CannotTell, core.CannotTell},
		{"an escaped dot segment", admin, get("/public/%2e%2e/api/admin"), core.CannotTell, core.CannotTell},
		{"a backslash", admin, get(`/public\..\..\api\admin`), core.CannotTell, core.CannotTell},
		{"an escaped backslash", admin, get("/api%5Cadmin"), core.CannotTell, core.CannotTell},
		{"a repeated slash", admin, get("/api//admin"), core.CannotTell, core.CannotTell},
		{"a malformed escape", admin, get("/about/%zz"), core.CannotTell, core.CannotTell},
		{"an escape that is no character", admin, get("/about/%ff"), core.CannotTell, core.CannotTell},
		{"an escaped space", public, get("/blog/a%20b"), core.Match, core.NoMatch},
		{"an escaped letter beyond ASCII", public, get("/blog/%E6%97%A5"), core.Match, core.NoMatch},
		{"a slash at the end", public, get("/about/"), core.Match, core.Match},
		{"an escaped question mark at the end", public, get("/about%3F"), core.NoMatch, core.Match},
		{"an expression", expression, get("/v1/x"), core.Match, core.NoMatch},
		{"an expression that does not match", expression, get("/V1/x"), core.NoMatch, core.Match},
		{"an expression behind an escape", expression, get("/%761/x"), core.CannotTell, core.CannotTell},
		{"a function", post, get("/x").as("POST"), core.Match, core.NoMatch},
		{"a function that says no", post, get("//x"), core.NoMatch, core.Match},
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
