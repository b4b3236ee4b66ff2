package pattern_test

import (
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core/pattern"
)

// nextDefault is the first entry of the config.matcher that Next.js apps with
// Clerk start with.
const nextDefault = `/((?!_next|[^?]*\.(?:html?|css|js(?!on)|jpe?g|webp|png|gif|svg|ttf|woff2?|ico|csv|docx?|xlsx?|zip|webmanifest)).*)`

func TestTimeIsLinearInThePath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ pattern, start, repeated, end string }{
		{"/(.*)a(.*)b(.*)c", "/", "ab", ""},
		{"/(.*)/(.*)/(.*)/(.*)x", "/", "a/", ""},
		{"/(.*)/(.*)/(.*)x", "/", "/", ""},
		{"/((?:a*)*)b", "/", "a", ""},
		{"/((?:a|a)*)b", "/", "a", ""},
		{"/((?:a|aa)+)b", "/", "a", ""},
		{"/((?:(?:a?b??)*c?)*)d", "/", "ab", ""},
		{"/((?:.*.*.*)*)x", "/", "a", ""},
		{"/(.*?.*?.*?)x", "/", "é", ""},
		{"/((?:a{0,20}){0,20})b", "/", "a", ""},
		{"/:a-:b-:c-:d!", "/", "-", ""},
		{"/:a--:b--:c!", "/", "-", ""},
		{"/:a.:b.:c/x", "/", ".", ""},
		{"/:a*/:b*/:c*/x", "", "/a", ""},
		{"/:a+/b/:c+/b", "", "/b", ""},
		{"/{:a-}*/x", "/", "a-", ""},
		{"/x{-:a.}*y", "/x", "-a.", ""},
		{"/([^a]*)([^b]*)([^c]*)d", "/", "e", ""},
		{`/(\w+\b.*\B.*)x`, "/", "a ", ""},
		// Not promised, but usual: lookahead where nothing repeats around it.
		{nextDefault, "/", ".j", ""},
		{"/((?!.*x.*y).*)z", "/", "x", ""},
	} {
		set := compile(t, tt.pattern)
		count := func(n int) int {
			steps, bound := set.Steps(tt.start + strings.Repeat(tt.repeated, n) + tt.end)
			if steps > bound {
				t.Errorf("%s: %d steps, more than the bound of %d", tt.pattern, steps, bound)
			}
			return steps
		}
		const n = 1000
		once, twice, thrice := count(n), count(2*n), count(3*n)
		if once < n {
			t.Errorf("%s: %d steps: the path is not a hard one", tt.pattern, once)
		}
		if first, second := twice-once, thrice-twice; second > first+first/50 {
			t.Errorf("%s: %d, %d and %d steps for n, 2n and 3n", tt.pattern, once, twice, thrice)
		}
	}
}

func TestLongPathsAreAnsweredWithoutLookahead(t *testing.T) {
	t.Parallel()
	set := compile(t, "/(.*)a(.*)b(.*)c")
	path := "/" + strings.Repeat("ab", 1<<19)
	if got := set.Test(path); got != pattern.No {
		t.Errorf("got %v, want no", got)
	}
	if got := set.Test(path + "c"); got != pattern.Yes {
		t.Errorf("got %v, want yes", got)
	}
}

func TestLookaheadIsUnknownBeyondItsBounds(t *testing.T) {
	t.Parallel()
	// Each of the lookaheads succeeds, and each reads the path to its end.
	const costly = "/((?:(?=.*z).)*)x"
	costlyPath := "/" + strings.Repeat("z", 4000)
	atMost := "/" + strings.Repeat("a", pattern.MaxLookPath-1)
	for _, tt := range []struct {
		name     string
		patterns []string
		path     string
		test     pattern.Result
		match    pattern.Result
	}{
		{"short enough", []string{"/((?!api).*)"}, atMost, pattern.Yes, pattern.Yes},
		{"too long for a match", []string{"/((?!api).*)"}, atMost + "a", pattern.Unknown, pattern.Unknown},
		{"too long for a miss", []string{"/((?!aaa).*)"}, atMost + "a", pattern.Unknown, pattern.Unknown},
		{"too long, but the prefix differs", []string{"/x((?!api).*)"}, atMost + "a", pattern.No, pattern.No},
		{"few steps", []string{costly}, "/zzzz", pattern.No, pattern.No},
		{"too many steps", []string{costly}, costlyPath, pattern.Unknown, pattern.Unknown},
		{"another pattern is sure, later", []string{costly, "/(.*)"}, costlyPath, pattern.Yes, pattern.Unknown},
		{"another pattern is sure, before", []string{"/:any", costly}, costlyPath, pattern.Yes, pattern.Yes},
		{"another pattern misses", []string{"/a", costly, "/b"}, costlyPath, pattern.Unknown, pattern.Unknown},
	} {
		set := compile(t, tt.patterns...)
		if got := set.Test(tt.path); got != tt.test {
			t.Errorf("%s: Test got %v, want %v", tt.name, got, tt.test)
		}
		params, got := set.Match(tt.path)
		if got != tt.match {
			t.Errorf("%s: Match got %v, want %v", tt.name, got, tt.match)
		}
		if names := params.Names(); got != pattern.Yes && len(names) > 0 {
			t.Errorf("%s: got parameters %v without a match", tt.name, names)
		}
	}
}

func TestTestDoesNotAllocate(t *testing.T) { //nolint:paralleltest // It counts allocations.
	if raceEnabled {
		t.Skip("the race detector empties pools at random")
	}
	for _, tt := range []struct{ pattern, path string }{
		{"/dashboard", "/dashboard/"},
		{"/dashboard(.*)", "/dashboard/settings"},
		{"/app/:any/orgs/:slug/(.*)", "/APP/petstore/orgs/acme/x"},
		{"/files/:path*", "/files/a/b/c/d"},
		{"/:a--:b", "/x--y"},
		{"/日本語/:x", "/日本語/テスト"},
		{nextDefault, "/dashboard/settings.app"},
		{"/(.*)/x/(.*)", "/" + strings.Repeat("a/", 500) + "x/y"},
	} {
		set := compile(t, append(sectionPatterns(100), tt.pattern)...)
		allocs := testing.AllocsPerRun(100, func() {
			path, err := pattern.Normalize(tt.path)
			if err != nil || set.Test(path) != pattern.Yes {
				t.Errorf("%s on %s: wrong answer", tt.pattern, tt.path)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations, want 0", tt.pattern, allocs)
		}
	}
}

func TestManyPatternsCostAboutWhatOneCosts(t *testing.T) {
	t.Parallel()
	one, many := compile(t, "/section-0999/:id/items(.*)"), compile(t, sectionPatterns(1000)...)
	for _, path := range []string{"/section-0999/org_2abc/items/42", "/section-0999/org_2abc/x", "/static/app.css"} {
		alone, _ := one.Steps(path)
		together, _ := many.Steps(path)
		if together != alone {
			t.Errorf("%s: %d steps for 1000 patterns, %d for one", path, together, alone)
		}
		if many.Test(path) != one.Test(path) {
			t.Errorf("%s: 1000 patterns and one differ", path)
		}
		if visited := many.IndexSteps(path); visited > 6 {
			t.Errorf("%s: %d nodes of the index visited", path, visited)
		}
	}
}
