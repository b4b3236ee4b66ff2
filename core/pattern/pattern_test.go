package pattern_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/core/pattern"
)

// testdata/generated.jsonl holds random patterns and paths with the results of the reference, whose
// "." was made to match line ends. A test of null is a path that cannot be normalized, a match of
// null is a miss.
func TestRandomPatternsAnswerLikeTheReference(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/generated.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}()
	rows := 0
	for lines := bufio.NewScanner(file); lines.Scan(); rows++ {
		var row struct {
			Patterns []string       `json:"patterns"`
			Path     string         `json:"path"`
			Error    string         `json:"error"`
			Test     *bool          `json:"test"`
			Match    map[string]any `json:"match"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		set, err := pattern.Compile(row.Patterns...)
		if row.Error != "" {
			var bad *pattern.Error
			if !errors.As(err, &bad) || bad.Inner != row.Error {
				t.Errorf("%q: got error %v, want %s", row.Patterns, err, row.Error)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", row.Patterns, err)
			continue
		}
		switch path, err := pattern.Normalize(row.Path); {
		case (err != nil) != (row.Test == nil):
			t.Errorf("%q: got error %v", row.Path, err)
		case err == nil && (set.Test(path) == pattern.Yes) != *row.Test:
			t.Errorf("%q on %q: got %v, want %v", row.Patterns, path, set.Test(path), *row.Test)
		}
		params, got := set.Match(row.Path)
		if (got == pattern.Yes) != (row.Match != nil) || set.Test(row.Path) != got {
			t.Errorf("%q on %q: got %v, Test %v, want %v", row.Patterns, row.Path, got, set.Test(row.Path), row.Match)
		}
		if diff := cmp.Diff(row.Match, allParams(params)); got == pattern.Yes && diff != "" {
			t.Errorf("%q on %q: params differ (-want +got):\n%s", row.Patterns, row.Path, diff)
		}
	}
	if rows < 1000 {
		t.Errorf("got %d rows, want more", rows)
	}
}

func TestErrorsTellWhatAndWhere(t *testing.T) {
	t.Parallel()
	const engine = "Invalid regular expression: "
	for _, tt := range []struct {
		pattern string
		offset  int
		inner   string
	}{
		{pattern: "/orgs/:id/***", offset: 10, inner: "Unexpected MODIFIER at 10, expected END"},
		{pattern: "/}", offset: 1, inner: "Unexpected CLOSE at 1, expected END"},
		{pattern: "/{", offset: 2, inner: "Unexpected END at 2, expected CLOSE"},
		{pattern: `/{a\`, offset: 5, inner: "Unexpected END at 5, expected CLOSE"},
		{pattern: "/{:a/:b}", offset: 5, inner: "Unexpected NAME at 5, expected CLOSE"},
		{pattern: "/{a{b}}", offset: 3, inner: "Unexpected OPEN at 3, expected CLOSE"},
		{pattern: "/{a(b)(c)}", offset: 6, inner: "Unexpected PATTERN at 6, expected CLOSE"},
		{pattern: "/:", offset: 1, inner: "Missing parameter name at 1"},
		{pattern: "/💩é:-", offset: 4, inner: "Missing parameter name at 4"},
		{pattern: "/(?:a)", offset: 2, inner: `Pattern cannot start with "?" at 2`},
		{pattern: "/(a💩(b))", offset: 5, inner: "Capturing groups are not allowed at 5"},
		{pattern: `/x(\`, offset: 2, inner: "Unbalanced pattern at 2"},
		{pattern: "/()", offset: 1, inner: "Missing pattern at 1"},
		{pattern: "/:a:b", offset: 3, inner: `Must have text between two parameters, missing text after "a"`},
		{pattern: "/{a}{:b}", offset: 4, inner: `Must have text between two parameters, missing text after ""`},
		{pattern: "/foo(bar)+", offset: 4, inner: `Can not repeat "0" without a prefix and suffix`},
		{pattern: "/é(a+*)", offset: 5, inner: engine + "/a+*/: Nothing to repeat"},
		{pattern: "/(a{2}{3})", offset: 6, inner: engine + "/a{2}{3}/: Nothing to repeat"},
		{pattern: "/(^*)", offset: 3, inner: engine + "/^*/: Nothing to repeat"},
		{pattern: `/(\b+)`, offset: 4, inner: engine + `/\b+/: Nothing to repeat`},
		{pattern: "/({2})", offset: 2, inner: engine + "/{2}/: Nothing to repeat"},
		{pattern: "/(a{3,2})", offset: 3, inner: engine + "/a{3,2}/: numbers out of order in {} quantifier"},
		{
			pattern: "/(a{1001})", offset: 3,
			inner: engine + "/a{1001}/: Repetition of more than 1000 times is not supported",
		},
		{
			pattern: "/(a{99999999999999999999})", offset: 3,
			inner: engine + "/a{99999999999999999999}/: Repetition of more than 1000 times is not supported",
		},
		{pattern: "/([b-a])", offset: 3, inner: engine + "/[b-a]/: Range out of order in character class"},
		{pattern: "/([a)", offset: 2, inner: engine + "/[a/: Unterminated character class"},
		{pattern: "/([a-)", offset: 2, inner: engine + "/[a-/: Unterminated character class"},
		{pattern: "/([)])", offset: 2, inner: engine + "/[/: Unterminated character class"},
		{pattern: "/((?:[)])", offset: 2, inner: engine + "/(?:[)]/: Unterminated group"},
		{pattern: "/([(?])a)", offset: 6, inner: engine + "/[(?])a/: Unmatched ')'"},
		{pattern: "/([])", offset: 2, inner: engine + `/[]/: [] and [^] are not supported; an own ] is written \]`},
		{pattern: "/([^])", offset: 2, inner: engine + `/[^]/: [] and [^] are not supported; an own ] is written \]`},
		{pattern: "/(a(?<=a))", offset: 3, inner: engine + "/a(?<=a)/: Lookbehind is not supported"},
		{pattern: "/(a(?<!a))", offset: 3, inner: engine + "/a(?<!a)/: Lookbehind is not supported"},
		{pattern: "/(a(?<n>a))", offset: 3, inner: engine + "/a(?<n>a)/: Named capturing groups are not supported"},
		{pattern: "/(a(?i:a))", offset: 3, inner: engine + "/a(?i:a)/: Invalid group"},
		{pattern: "/(a(?=a)*)", offset: 8, inner: engine + "/a(?=a)*/: Repeated lookahead is not supported"},
		{pattern: `/(a\1)`, offset: 3, inner: engine + `/a\1/: Backreferences are not supported`},
		{pattern: `/(\k<n>)`, offset: 2, inner: engine + `/\k<n>/: Escape \k is not supported`},
		{pattern: `/(\p{L})`, offset: 2, inner: engine + `/\p{L}/: Escape \p is not supported`},
		{pattern: `/(\cA)`, offset: 2, inner: engine + `/\cA/: Escape \c is not supported`},
		{pattern: `/([\B])`, offset: 3, inner: engine + `/[\B]/: Escape \B is not supported`},
		{pattern: `/(\01)`, offset: 2, inner: engine + `/\01/: Octal escapes are not supported`},
		{pattern: `/(\x4)`, offset: 2, inner: engine + `/\x4/: Incomplete hexadecimal escape`},
		{pattern: `/(\u{41})`, offset: 2, inner: engine + `/\u{41}/: Incomplete hexadecimal escape`},
		{pattern: `/(\uD83D)`, offset: 2, inner: engine + `/\uD83D/: Half of a surrogate pair is not supported`},
		{
			pattern: "/(" + strings.Repeat("(?:", 201) + strings.Repeat(")", 202), offset: 602,
			inner: "Groups are nested too deeply",
		},
		{pattern: "/((?:(?:a{1000}){1000}){1000})", inner: "Pattern is too large"},
		{pattern: "/((?:(?:(?:){1000}){1000}){1000})", inner: "Pattern is too large"},
		{pattern: "/((?:(?:(?:a?){0,1000}){0,1000}){0,1000})", inner: "Pattern is too large"},
		{pattern: "/\xff", inner: "Pattern is not valid UTF-8"},
	} {
		set, err := pattern.Compile(tt.pattern)
		var bad *pattern.Error
		if set != nil || !errors.As(err, &bad) {
			t.Errorf("%s: got error %v", tt.pattern, err)
			continue
		}
		if bad.Pattern != tt.pattern || bad.Offset != tt.offset || !strings.HasSuffix(bad.Inner, tt.inner) {
			t.Errorf("%s: got %d, %q, want %d, %q", tt.pattern, bad.Offset, bad.Inner, tt.offset, tt.inner)
		}
		want := "Invalid path: " + tt.pattern + ".\nConsult the documentation of path-to-regexp here: " +
			"https://github.com/pillarjs/path-to-regexp/tree/6.x\n" + bad.Inner
		if !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got error %v", tt.pattern, err)
		}
	}
}

func TestCompileReportsEveryBadPattern(t *testing.T) {
	t.Parallel()
	_, err := pattern.Compile("/*", "/fine", "/:")
	if err == nil || !strings.Contains(err.Error(), "Unexpected MODIFIER at 1") || !strings.Contains(err.Error(), "Missing parameter name at 1") {
		t.Errorf("got error %v", err)
	}
}

func TestCustomExpressions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern string
		yes     []string
		no      []string
	}{
		{
			pattern: "/(.)", yes: []string{"/a", "/é", "/💩", "/\n", "/\u2028", "/\xff"},
			no: []string{"/", "/ab", "/\xff\xff"},
		},
		{pattern: "/([^a])", yes: []string{"/b", "/💩", "/\n", "/\xff"}, no: []string{"/a", "/A"}},
		{pattern: `/(\d\D)`, yes: []string{"/1a", "/1\xff"}, no: []string{"/11", "/aa"}},
		{pattern: `/(\w\W)`, yes: []string{"/_-", "/Aſ", "/z\u212A"}, no: []string{"/aa", "/--"}},
		{pattern: `/(\s\S)`, yes: []string{"/\u00a0a", "/\ufeff\u200b", "/\v1"}, no: []string{"/aa", "/  "}},
		{pattern: `/([\w-.])`, yes: []string{"/a", "/-", "/."}, no: []string{"/,", "/!"}},
		{pattern: `/([a-])`, yes: []string{"/a", "/-", "/A"}, no: []string{"/b"}},
		{pattern: `/([\]\-^])`, yes: []string{"/]", "/-", "/^"}, no: []string{`/\`}},
		{pattern: `/([^\W_])`, yes: []string{"/a", "/9"}, no: []string{"/_", "/-"}},
		{pattern: `/([\b]x)`, yes: []string{"/\bx"}, no: []string{"/x"}},
		{pattern: `/(\u0041\x62\t\0)`, yes: []string{"/ab\t\x00"}, no: []string{"/ab\t"}},
		{pattern: `/(\uD83D\uDCA9+)`, yes: []string{"/💩💩"}, no: []string{"/"}},
		{pattern: `/([\uD83D\uDCA9])`, yes: []string{"/💩"}, no: []string{"/\uFFFD"}},
		{pattern: "/(a{2,3}?b)", yes: []string{"/aab", "/aaab"}, no: []string{"/ab", "/aaaab"}},
		{pattern: "/(a{,2})", yes: []string{"/a{,2}"}, no: []string{"/aa"}},
		{pattern: "/(x{y}])", yes: []string{"/x{y}]"}, no: []string{"/xy"}},
		{pattern: "/(^a$)", no: []string{"/a"}},
		{pattern: "/(a$)", yes: []string{"/a"}, no: []string{"/a/", "/ab"}},
		{pattern: "(^/a)", yes: []string{"/a"}, no: []string{"a"}},
		{pattern: `/(a\b.*)`, yes: []string{"/a-b", "/a"}, no: []string{"/ab"}},
		{pattern: `/(a\B.*)`, yes: []string{"/ab"}, no: []string{"/a-b", "/a"}},
		{pattern: `/((?:\b){2}(?:(?=a))*a)`, yes: []string{"/a"}, no: []string{"/b"}},
		{pattern: "/((?=.*1)(?!.*2).*)", yes: []string{"/a1", "/1/"}, no: []string{"/a", "/12", "/2/1"}},
		{pattern: "/((?!a(?!b)).*)", yes: []string{"/ab", "/c"}, no: []string{"/a", "/ac"}},
		{pattern: "/((?:(?!ab).)*)", yes: []string{"/", "/ba", "/a-b"}, no: []string{"/ab", "/xxab"}},
		{pattern: "/(|a)b", yes: []string{"/b", "/ab"}, no: []string{"/a"}},
		{pattern: "/([à-ÿ])", yes: []string{"/É", "/é", "/Ÿ"}, no: []string{"/e", "/Ā"}},
		{pattern: "/([ſ])", yes: []string{"/ſ"}, no: []string{"/s", "/S"}},
		{pattern: "/([s])", yes: []string{"/s", "/S"}, no: []string{"/ſ"}},
		{pattern: "/([\u0000-\uFFFF])", yes: []string{"/s", "/é"}, no: []string{"/💩", "/\xff"}},
		{pattern: "/(\uFFFD)", yes: []string{"/\uFFFD"}, no: []string{"/\xff", "/💩"}},
	} {
		set := compile(t, tt.pattern)
		for _, path := range tt.yes {
			if got := set.Test(path); got != pattern.Yes {
				t.Errorf("%s on %q: got %v, want yes", tt.pattern, path, got)
			}
		}
		for _, path := range tt.no {
			if got := set.Test(path); got != pattern.No {
				t.Errorf("%s on %q: got %v, want no", tt.pattern, path, got)
			}
		}
	}
}

func TestParams(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, path string
		names         []string
		want          map[string]any
	}{
		{pattern: "/:a/:b", path: "/x/y", names: []string{"a", "b"}, want: map[string]any{"a": "x", "b": "y"}},
		{pattern: "/:a/(.*)/:a?", path: "/x/y", names: []string{"a", "0"}, want: map[string]any{"a": "x", "0": "y"}},
		{pattern: "/:a/:a", path: "/x/y", names: []string{"a"}, want: map[string]any{"a": "y"}},
		{pattern: "/:a/:a*", path: "/x", names: []string{"a"}, want: map[string]any{"a": "x"}},
		{pattern: "/:a/:a*", path: "/x/y/z", names: []string{"a"}, want: map[string]any{"a": []any{"y", "z"}}},
		{pattern: "/a(.*)?", path: "/a", want: map[string]any{}},
		{pattern: "/a/(.*)", path: "/a/", names: []string{"0"}, want: map[string]any{"0": ""}},
		// A turn of a repetition that consumes nothing does not count.
		{
			pattern: "/((?:a?b??)*)(.*)", path: "/ab", names: []string{"0", "1"},
			want: map[string]any{"0": "ab", "1": ""},
		},
		{pattern: "/t{x:a}+", path: "/tx1X2x3", names: []string{"a"}, want: map[string]any{"a": []any{"1X2", "3"}}},
		{pattern: "/:ID", path: "/1", names: []string{"ID"}, want: map[string]any{"ID": "1"}},
		{pattern: "/", path: "/", want: map[string]any{}},
	} {
		params, got := compile(t, tt.pattern).Match(tt.path)
		if got != pattern.Yes {
			t.Errorf("%s on %s: got %v, want yes", tt.pattern, tt.path, got)
		}
		if names := params.Names(); !slices.Equal(names, tt.names) {
			t.Errorf("%s on %s: got names %q, want %q", tt.pattern, tt.path, names, tt.names)
		}
		if diff := cmp.Diff(tt.want, allParams(params)); diff != "" {
			t.Errorf("%s on %s: params differ (-want +got):\n%s", tt.pattern, tt.path, diff)
		}
	}
	var none pattern.Params
	if _, ok := none.Get("a"); ok || none.Names() != nil {
		t.Error("the zero Params is not empty")
	}
	if _, ok := none.List("a"); ok {
		t.Error("the zero Params is not empty")
	}
}

func TestAnEmptySetMatchesNothing(t *testing.T) {
	t.Parallel()
	var zero pattern.Set
	for _, set := range []*pattern.Set{&zero, compile(t)} {
		for _, path := range []string{"", "/", "/a"} {
			if _, got := set.Match(path); got != pattern.No || set.Test(path) != pattern.No {
				t.Errorf("%q: got %v, want no", path, got)
			}
		}
		if len(set.Patterns()) != 0 {
			t.Errorf("got patterns %q", set.Patterns())
		}
	}
	if got := compile(t, "/a", "/:b").Patterns(); !slices.Equal(got, []string{"/a", "/:b"}) {
		t.Errorf("got patterns %q", got)
	}
}

// The index must find exactly what trying every pattern finds.
func TestManyPatternsTogetherAnswerLikeEachAlone(t *testing.T) {
	t.Parallel()
	patterns := []string{
		"", "/", "/a", "/A/", "/ab", "/abc(.*)", "/abd", "/abc/:x", "/é", "/É(.*)", "/éa", "/è", "/日", "/日本", "/日木(.*)", "/旦", "/xé1", "/xè1", "/XÈ2",
		"/ſ", "/s", "/k", "/\u212A", "/ß", "/µ", "/Μ/x", "/ᾳ", "/ᾼ", "/{a}?b", "/{a}b", "/a{/:x}+", "/a{/:x}*", "/\uFFFD", "/ꭰ", "a", "é", "/(a)b", "/𐐀",
		":x", "/:x", "(.*)z", // These match much: they come last.
	}
	var paths []string
	for _, p := range append(patterns, "/abc/d/e", "/abz", "xyz", "/\xff", "\xff", "/\xc3", "/é\xa9", "/Ꭰ", "/𐐨", "/aa/b/c") {
		p = strings.NewReplacer(":", "", "(.*)", "q", "{", "", "}", "", "?", "", "+", "", "*", "").Replace(p)
		paths = append(paths, p, strings.ToUpper(p), strings.ToLower(p), p+"/", p+"x", p+"é")
	}
	for _, options := range []pattern.Options{{}, {CaseSensitive: true}, {Strict: true}, {CaseSensitive: true, Strict: true}} {
		var each []*pattern.Set
		for _, p := range patterns {
			each = append(each, compileWith(t, options, p))
		}
		for _, n := range []int{len(patterns), len(patterns) - 3} {
			together := compileWith(t, options, patterns[:n]...)
			for _, path := range paths {
				want := pattern.No
				for _, alone := range each[:n] {
					want = max(want, alone.Test(path))
				}
				if got := together.Test(path); got != want {
					t.Errorf("%+v, %d patterns, %q: got %v, want %v", options, n, path, got, want)
				}
				if _, got := together.Match(path); got != want {
					t.Errorf("%+v, %d patterns, %q: Match got %v, want %v", options, n, path, got, want)
				}
			}
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	sensitive, strict := pattern.Options{CaseSensitive: true}, pattern.Options{Strict: true}
	for _, tt := range []struct {
		options       pattern.Options
		pattern, path string
		want          pattern.Result
	}{
		{options: sensitive, pattern: "/a", path: "/a", want: pattern.Yes},
		{options: sensitive, pattern: "/a", path: "/A", want: pattern.No},
		{options: sensitive, pattern: "/a", path: "/a/", want: pattern.Yes},
		{options: sensitive, pattern: "/é", path: "/É", want: pattern.No},
		{options: sensitive, pattern: "/é/:x", path: "/é/É", want: pattern.Yes},
		{options: sensitive, pattern: "/:x/a", path: "/x/A", want: pattern.No},
		{options: sensitive, pattern: "/([a-zß-ÿ]+)", path: "/aé", want: pattern.Yes},
		{options: sensitive, pattern: "/([a-zß-ÿ]+)", path: "/aÉ", want: pattern.No},
		{options: sensitive, pattern: "/([^a])", path: "/A", want: pattern.Yes},
		{options: sensitive, pattern: `/:a\x:b`, path: "/yXxz", want: pattern.Yes},
		{options: sensitive, pattern: `/:a\x:b`, path: "/yXz", want: pattern.No},
		{options: sensitive, pattern: `/:a\xx:b!`, path: "/1xx2XX3!", want: pattern.Yes},
		{options: sensitive, pattern: `/:a\xx:b!`, path: "/1xX2!", want: pattern.No},
		{options: strict, pattern: "/a", path: "/A", want: pattern.Yes},
		{options: strict, pattern: "/a", path: "/a/", want: pattern.No},
		{options: strict, pattern: "/a", path: "/a#", want: pattern.No},
		{options: strict, pattern: "/a/", path: "/a/", want: pattern.Yes},
		{options: strict, pattern: "/:x", path: "/a", want: pattern.Yes},
		{options: strict, pattern: "/:x", path: "/a/", want: pattern.No},
		{options: strict, pattern: "/a(.*)", path: "/a/", want: pattern.Yes},
		{options: strict, pattern: "/:x*", path: "/a/b/", want: pattern.No},
	} {
		if got := compileWith(t, tt.options, tt.pattern).Test(tt.path); got != tt.want {
			t.Errorf("%+v, %s on %s: got %v, want %v", tt.options, tt.pattern, tt.path, got, tt.want)
		}
	}
}

func compileWith(t *testing.T, options pattern.Options, patterns ...string) *pattern.Set {
	t.Helper()
	set, err := pattern.CompileWith(options, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// testdata/fold.json lists the characters that JavaScript folds to another.
func TestFoldIsTheOneOfJavaScript(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/fold.json")
	if err != nil {
		t.Fatal(err)
	}
	var pairs [][2]rune
	if err := json.Unmarshal(data, &pairs); err != nil {
		t.Fatal(err)
	}
	folds := map[rune]rune{}
	for _, pair := range pairs {
		folds[pair[0]] = pair[1]
	}
	checked := 0
	for r := range rune(unicode.MaxRune + 1) {
		want, ok := folds[r]
		switch {
		case !ok:
			want = r
		case !unicode.IsLetter(want) && !unicode.IsNumber(want) && !unicode.IsSymbol(want) && !unicode.IsMark(want):
			continue // The table is of Unicode 17; this letter is new to us.
		default:
			checked++
		}
		if got := pattern.Fold(r); got != want {
			t.Errorf("%U: got %U, want %U", r, got, want)
		}
		if again := pattern.Fold(pattern.Fold(r)); again != pattern.Fold(r) {
			t.Errorf("%U: folding twice gives %U", r, again)
		}
	}
	if checked < 1150 {
		t.Errorf("only %d folded characters checked", checked)
	}
}

func TestNormalizeRefusesWhatIsNotUTF8(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/\xff", "/a\xc3", "/%C3\xa9", "/\xc3%A9", "/%F4%90%80%80", "/%C3%28", "/%F0%9F%92", "/a%", "/%4"} {
		got, err := pattern.Normalize(path)
		var bad *pattern.MalformedPathError
		if !errors.As(err, &bad) || bad.Path != path || got != "" {
			t.Errorf("%q: got %q, %v", path, got, err)
		}
	}
}

func TestNormalizeDoesNotAllocateWhenNothingChanges(t *testing.T) { //nolint:paralleltest // It counts allocations.
	for _, path := range []string{"", "/", "/dashboard/settings", "/a%2Fb%3f", "/日本語/é"} {
		allocs := testing.AllocsPerRun(100, func() {
			if got, err := pattern.Normalize(path); err != nil || got != path {
				t.Errorf("%q: got %q, %v", path, got, err)
			}
		})
		if allocs != 0 {
			t.Errorf("%q: %v allocations, want 0", path, allocs)
		}
	}
}

func TestASetServesManyGoroutines(t *testing.T) {
	t.Parallel()
	set := compile(t, append(sectionPatterns(10), nextDefault, "/orgs/:slug/(.*)")...)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for k := range 200 {
				slug := fmt.Sprintf("%d-%d", i, k)
				if got := set.Test("/_next/" + slug); got != pattern.No {
					t.Errorf("got %v, want no", got)
				}
				params, _ := set.Match("/orgs/" + slug + "/x.js")
				if got, _ := params.Get("slug"); got != slug {
					t.Errorf("got %q, want %q", got, slug)
				}
			}
		})
	}
	group.Wait()
}
