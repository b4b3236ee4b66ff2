package pattern_test

import (
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core/pattern"
)

// nextDefault is the first entry of the config.matcher that Next.js apps with Clerk start with.
const nextDefault = `/((?!_next|[^?]*\.(?:html?|css|js(?!on)|jpe?g|webp|png|gif|svg|ttf|woff2?|ico|csv|docx?|xlsx?|zip|webmanifest)).*)`

func TestTimeIsLinearInThePath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ pattern, start, repeated, end string }{
		{pattern: "/(.*)a(.*)b(.*)c", start: "/", repeated: "ab"},
		{pattern: "/(.*)/(.*)/(.*)/(.*)x", start: "/", repeated: "a/"},
		{pattern: "/(.*)/(.*)/(.*)x", start: "/", repeated: "/"},
		{pattern: "/((?:a*)*)b", start: "/", repeated: "a"},
		{pattern: "/((?:a|a)*)b", start: "/", repeated: "a"},
		{pattern: "/((?:a|aa)+)b", start: "/", repeated: "a"},
		{pattern: "/((?:(?:a?b??)*c?)*)d", start: "/", repeated: "ab"},
		{pattern: "/((?:.*.*.*)*)x", start: "/", repeated: "a"},
		{pattern: "/(.*?.*?.*?)x", start: "/", repeated: "é"},
		{pattern: "/((?:a{0,20}){0,20})b", start: "/", repeated: "a"},
		{pattern: "/:a-:b-:c-:d!", start: "/", repeated: "-"},
		{pattern: "/:a--:b--:c!", start: "/", repeated: "-"},
		{pattern: "/:a.:b.:c/x", start: "/", repeated: "."},
		{pattern: "/:a*/:b*/:c*/x", repeated: "/a"},
		{pattern: "/:a+/b/:c+/b", repeated: "/b"},
		{pattern: "/{:a-}*/x", start: "/", repeated: "a-"},
		{pattern: "/x{-:a.}*y", start: "/x", repeated: "-a."},
		{pattern: "/([^a]*)([^b]*)([^c]*)d", start: "/", repeated: "e"},
		{pattern: `/(\w+\b.*\B.*)x`, start: "/", repeated: "a "},
		// Not promised, but usual: lookahead where nothing repeats around it.
		{pattern: nextDefault, start: "/", repeated: ".j"},
		{pattern: "/((?!.*x.*y).*)z", start: "/", repeated: "x"},
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
		{
			name: "short enough", patterns: []string{"/((?!api).*)"}, path: atMost, test: pattern.Yes,
			match: pattern.Yes,
		},
		{
			name: "too long for a match", patterns: []string{"/((?!api).*)"}, path: atMost + "a",
			test: pattern.Unknown, match: pattern.Unknown,
		},
		{
			name: "too long for a miss", patterns: []string{"/((?!aaa).*)"}, path: atMost + "a", test: pattern.Unknown,
			match: pattern.Unknown,
		},
		{
			name: "too long, but the prefix differs", patterns: []string{"/x((?!api).*)"}, path: atMost + "a",
			test: pattern.No, match: pattern.No,
		},
		{name: "few steps", patterns: []string{costly}, path: "/zzzz", test: pattern.No, match: pattern.No},
		{
			name: "too many steps", patterns: []string{costly}, path: costlyPath, test: pattern.Unknown,
			match: pattern.Unknown,
		},
		{
			name: "another pattern is sure, later", patterns: []string{costly, "/(.*)"}, path: costlyPath,
			test: pattern.Yes, match: pattern.Unknown,
		},
		{
			name: "another pattern is sure, before", patterns: []string{"/:any", costly}, path: costlyPath,
			test: pattern.Yes, match: pattern.Yes,
		},
		{
			name: "another pattern misses", patterns: []string{"/a", costly, "/b"}, path: costlyPath,
			test: pattern.Unknown, match: pattern.Unknown,
		},
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
		{pattern: "/dashboard", path: "/dashboard/"},
		{pattern: "/dashboard(.*)", path: "/dashboard/settings"},
		{pattern: "/app/:any/orgs/:slug/(.*)", path: "/APP/petstore/orgs/acme/x"},
		{pattern: "/files/:path*", path: "/files/a/b/c/d"},
		{pattern: "/:a--:b", path: "/x--y"},
		{pattern: "/日本語/:x", path: "/日本語/テスト"},
		{pattern: nextDefault, path: "/dashboard/settings.app"},
		{pattern: "/(.*)/x/(.*)", path: "/" + strings.Repeat("a/", 500) + "x/y"},
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
