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

// testdata/generated.jsonl holds random patterns and paths with the results
// of the reference, whose "." was made to match line ends. A test of null
// is a path that cannot be normalized, a match of null is a miss.
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
		{"/orgs/:id/***", 10, "Unexpected MODIFIER at 10, expected END"},
		{"/}", 1, "Unexpected CLOSE at 1, expected END"},
		{"/{", 2, "Unexpected END at 2, expected CLOSE"},
		{`/{a\`, 5, "Unexpected END at 5, expected CLOSE"},
		{"/{:a/:b}", 5, "Unexpected NAME at 5, expected CLOSE"},
		{"/{a{b}}", 3, "Unexpected OPEN at 3, expected CLOSE"},
		{"/{a(b)(c)}", 6, "Unexpected PATTERN at 6, expected CLOSE"},
		{"/:", 1, "Missing parameter name at 1"},
		{"/💩é:-", 4, "Missing parameter name at 4"},
		{"/(?:a)", 2, `Pattern cannot start with "?" at 2`},
		{"/(a💩(b))", 5, "Capturing groups are not allowed at 5"},
		{`/x(\`, 2, "Unbalanced pattern at 2"},
		{"/()", 1, "Missing pattern at 1"},
		{"/:a:b", 3, `Must have text between two parameters, missing text after "a"`},
		{"/{a}{:b}", 4, `Must have text between two parameters, missing text after ""`},
		{"/foo(bar)+", 4, `Can not repeat "0" without a prefix and suffix`},
		{"/é(a+*)", 5, engine + "/a+*/: Nothing to repeat"},
		{"/(a{2}{3})", 6, engine + "/a{2}{3}/: Nothing to repeat"},
		{"/(^*)", 3, engine + "/^*/: Nothing to repeat"},
		{`/(\b+)`, 4, engine + `/\b+/: Nothing to repeat`},
		{"/({2})", 2, engine + "/{2}/: Nothing to repeat"},
		{"/(a{3,2})", 3, engine + "/a{3,2}/: numbers out of order in {} quantifier"},
		{"/(a{1001})", 3, engine + "/a{1001}/: Repetition of more than 1000 times is not supported"},
		{"/(a{99999999999999999999})", 3, engine + "/a{99999999999999999999}/: Repetition of more than 1000 times is not supported"},
		{"/([b-a])", 3, engine + "/[b-a]/: Range out of order in character class"},
		{"/([a)", 2, engine + "/[a/: Unterminated character class"},
		{"/([a-)", 2, engine + "/[a-/: Unterminated character class"},
		{"/([)])", 2, engine + "/[/: Unterminated character class"},
		{"/((?:[)])", 2, engine + "/(?:[)]/: Unterminated group"},
		{"/([(?])a)", 6, engine + "/[(?])a/: Unmatched ')'"},
		{"/([])", 2, engine + `/[]/: [] and [^] are not supported; an own ] is written \]`},
		{"/([^])", 2, engine + `/[^]/: [] and [^] are not supported; an own ] is written \]`},
		{"/(a(?<=a))", 3, engine + "/a(?<=a)/: Lookbehind is not supported"},
		{"/(a(?<!a))", 3, engine + "/a(?<!a)/: Lookbehind is not supported"},
		{"/(a(?<n>a))", 3, engine + "/a(?<n>a)/: Named capturing groups are not supported"},
		{"/(a(?i:a))", 3, engine + "/a(?i:a)/: Invalid group"},
		{"/(a(?=a)*)", 8, engine + "/a(?=a)*/: Repeated lookahead is not supported"},
		{`/(a\1)`, 3, engine + `/a\1/: Backreferences are not supported`},
		{`/(\k<n>)`, 2, engine + `/\k<n>/: Escape \k is not supported`},
		{`/(\p{L})`, 2, engine + `/\p{L}/: Escape \p is not supported`},
		{`/(\cA)`, 2, engine + `/\cA/: Escape \c is not supported`},
		{`/([\B])`, 3, engine + `/[\B]/: Escape \B is not supported`},
		{`/(\01)`, 2, engine + `/\01/: Octal escapes are not supported`},
		{`/(\x4)`, 2, engine + `/\x4/: Incomplete hexadecimal escape`},
		{`/(\u{41})`, 2, engine + `/\u{41}/: Incomplete hexadecimal escape`},
		{`/(\uD83D)`, 2, engine + `/\uD83D/: Half of a surrogate pair is not supported`},
		{"/(" + strings.Repeat("(?:", 201) + strings.Repeat(")", 202), 602, "Groups are nested too deeply"},
		{"/((?:(?:a{1000}){1000}){1000})", 0, "Pattern is too large"},
		{"/((?:(?:(?:){1000}){1000}){1000})", 0, "Pattern is too large"},
		{"/((?:(?:(?:a?){0,1000}){0,1000}){0,1000})", 0, "Pattern is too large"},
		{"/\xff", 0, "Pattern is not valid UTF-8"},
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
		{"/(.)", []string{"/a", "/é", "/💩", "/\n", "/\u2028", "/\xff"}, []string{"/", "/ab", "/\xff\xff"}},
		{"/([^a])", []string{"/b", "/💩", "/\n", "/\xff"}, []string{"/a", "/A"}},
		{`/(\d\D)`, []string{"/1a", "/1\xff"}, []string{"/11", "/aa"}},
		{`/(\w\W)`, []string{"/_-", "/Aſ", "/z\u212A"}, []string{"/aa", "/--"}},
		{`/(\s\S)`, []string{"/\u00a0a", "/\ufeff\u200b", "/\v1"}, []string{"/aa", "/  "}},
		{`/([\w-.])`, []string{"/a", "/-", "/."}, []string{"/,", "/!"}},
		{`/([a-])`, []string{"/a", "/-", "/A"}, []string{"/b"}},
		{`/([\]\-^])`, []string{"/]", "/-", "/^"}, []string{`/\`}},
		{`/([^\W_])`, []string{"/a", "/9"}, []string{"/_", "/-"}},
		{`/([\b]x)`, []string{"/\bx"}, []string{"/x"}},
		{`/(\u0041\x62\t\0)`, []string{"/ab\t\x00"}, []string{"/ab\t"}},
		{`/(\uD83D\uDCA9+)`, []string{"/💩💩"}, []string{"/"}},
		{`/([\uD83D\uDCA9])`, []string{"/💩"}, []string{"/\uFFFD"}},
		{"/(a{2,3}?b)", []string{"/aab", "/aaab"}, []string{"/ab", "/aaaab"}},
		{"/(a{,2})", []string{"/a{,2}"}, []string{"/aa"}},
		{"/(x{y}])", []string{"/x{y}]"}, []string{"/xy"}},
		{"/(^a$)", nil, []string{"/a"}},
		{"/(a$)", []string{"/a"}, []string{"/a/", "/ab"}},
		{"(^/a)", []string{"/a"}, []string{"a"}},
		{`/(a\b.*)`, []string{"/a-b", "/a"}, []string{"/ab"}},
		{`/(a\B.*)`, []string{"/ab"}, []string{"/a-b", "/a"}},
		{`/((?:\b){2}(?:(?=a))*a)`, []string{"/a"}, []string{"/b"}},
		{"/((?=.*1)(?!.*2).*)", []string{"/a1", "/1/"}, []string{"/a", "/12", "/2/1"}},
		{"/((?!a(?!b)).*)", []string{"/ab", "/c"}, []string{"/a", "/ac"}},
		{"/((?:(?!ab).)*)", []string{"/", "/ba", "/a-b"}, []string{"/ab", "/xxab"}},
		{"/(|a)b", []string{"/b", "/ab"}, []string{"/a"}},
		{"/([à-ÿ])", []string{"/É", "/é", "/Ÿ"}, []string{"/e", "/Ā"}},
		{"/([ſ])", []string{"/ſ"}, []string{"/s", "/S"}},
		{"/([s])", []string{"/s", "/S"}, []string{"/ſ"}},
		{"/([\u0000-\uFFFF])", []string{"/s", "/é"}, []string{"/💩", "/\xff"}},
		{"/(\uFFFD)", []string{"/\uFFFD"}, []string{"/\xff", "/💩"}},
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
		{"/:a/:b", "/x/y", []string{"a", "b"}, map[string]any{"a": "x", "b": "y"}},
		{"/:a/(.*)/:a?", "/x/y", []string{"a", "0"}, map[string]any{"a": "x", "0": "y"}},
		{"/:a/:a", "/x/y", []string{"a"}, map[string]any{"a": "y"}},
		{"/:a/:a*", "/x", []string{"a"}, map[string]any{"a": "x"}},
		{"/:a/:a*", "/x/y/z", []string{"a"}, map[string]any{"a": []any{"y", "z"}}},
		{"/a(.*)?", "/a", nil, map[string]any{}},
		{"/a/(.*)", "/a/", []string{"0"}, map[string]any{"0": ""}},
		// A turn of a repetition that consumes nothing does not count.
		{"/((?:a?b??)*)(.*)", "/ab", []string{"0", "1"}, map[string]any{"0": "ab", "1": ""}},
		{"/t{x:a}+", "/tx1X2x3", []string{"a"}, map[string]any{"a": []any{"1X2", "3"}}},
		{"/:ID", "/1", []string{"ID"}, map[string]any{"ID": "1"}},
		{"/", "/", nil, map[string]any{}},
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
		{sensitive, "/a", "/a", pattern.Yes},
		{sensitive, "/a", "/A", pattern.No},
		{sensitive, "/a", "/a/", pattern.Yes},
		{sensitive, "/é", "/É", pattern.No},
		{sensitive, "/é/:x", "/é/É", pattern.Yes},
		{sensitive, "/:x/a", "/x/A", pattern.No},
		{sensitive, "/([a-zß-ÿ]+)", "/aé", pattern.Yes},
		{sensitive, "/([a-zß-ÿ]+)", "/aÉ", pattern.No},
		{sensitive, "/([^a])", "/A", pattern.Yes},
		{sensitive, `/:a\x:b`, "/yXxz", pattern.Yes},
		{sensitive, `/:a\x:b`, "/yXz", pattern.No},
		{sensitive, `/:a\xx:b!`, "/1xx2XX3!", pattern.Yes},
		{sensitive, `/:a\xx:b!`, "/1xX2!", pattern.No},
		{strict, "/a", "/A", pattern.Yes},
		{strict, "/a", "/a/", pattern.No},
		{strict, "/a", "/a#", pattern.No},
		{strict, "/a/", "/a/", pattern.Yes},
		{strict, "/:x", "/a", pattern.Yes},
		{strict, "/:x", "/a/", pattern.No},
		{strict, "/a(.*)", "/a/", pattern.Yes},
		{strict, "/:x*", "/a/b/", pattern.No},
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
