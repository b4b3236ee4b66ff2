package core_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core"
)

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

func TestSkipStatic(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]bool{
		"/": false, "/dashboard": false, "/logo.png": true, "/app.css?v=1": true, "/_next/static/x": true, "/data.json": false, "/app.js": true,
		"/api/logo.png": false, "/trpc/x.css": false, "/__clerk/npm/x.js": false, "/page?file=logo.png": false,
	} {
		if got := core.SkipStatic(get(target)); got != want {
			t.Errorf("%s: got %v, want %v", target, got, want)
		}
	}
}

func TestOrganizationPatternsThatNameNone(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	var log logBuffer
	o := plain(s)
	o.Logger = log.logger()
	o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:slug", "/orgs/:id/(.*)", "/teams/:team"}
	newClerk(t, o)
	if got := log.String(); !strings.Contains(got, "/teams/:team names no organization") || strings.Count(got, "names no organization") != 1 {
		t.Errorf("got %s", got)
	}
}
