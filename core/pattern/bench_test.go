package pattern_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core/pattern"
)

// sectionPatterns returns n patterns that start with different texts.
func sectionPatterns(n int) []string {
	patterns := make([]string, n)
	for i := range patterns {
		patterns[i] = fmt.Sprintf("/section-%04d/:id/items(.*)", i)
	}
	return patterns
}

func compile(tb testing.TB, patterns ...string) *pattern.Set {
	tb.Helper()
	set, err := pattern.Compile(patterns...)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

func BenchmarkSet(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		set := compile(b, sectionPatterns(n)...)
		for _, bc := range []struct {
			name, path string
			want       pattern.Result
		}{
			{"hit", fmt.Sprintf("/section-%04d/org_2abc/items/42", n-1), pattern.Yes},
			{"miss", fmt.Sprintf("/section-%04d/org_2abc/other/42", n-1), pattern.No},
			{"elsewhere", "/static/app.css", pattern.No},
		} {
			b.Run(fmt.Sprintf("patterns=%d/%s", n, bc.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if set.Test(bc.path) != bc.want {
						b.Fatal("wrong answer")
					}
				}
			})
		}
	}
}

func BenchmarkTest(b *testing.B) {
	for _, bc := range []struct {
		name, pattern, path string
		want                pattern.Result
	}{
		{"literal", "/dashboard", "/dashboard", pattern.Yes},
		{"prefix", "/dashboard(.*)", "/dashboard/settings/profile", pattern.Yes},
		{"parameters", "/app/:any/orgs/:slug/(.*)", "/app/petstore/orgs/acme/settings", pattern.Yes},
		{"repeated", "/files/:path*", "/files/a/b/c/d/e", pattern.Yes},
		{"separated", "/:year-:month-:day", "/2026-03-14", pattern.Yes},
		{"next default", nextDefault, "/dashboard/settings", pattern.Yes},
		{"non-ASCII", "/日本語/:x", "/日本語/テスト", pattern.Yes},
		{"three stars 8 KiB", "/(.*)a(.*)b(.*)c", "/" + strings.Repeat("ab", 4096), pattern.No},
		{"parameters 8 KiB", "/:a-:b--:c!", "/" + strings.Repeat("-", 8192), pattern.No},
	} {
		b.Run(bc.name, func(b *testing.B) {
			set := compile(b, bc.pattern)
			b.ReportAllocs()
			for b.Loop() {
				if set.Test(bc.path) != bc.want {
					b.Fatal("wrong answer")
				}
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	set := compile(b, "/orgs/:slug", "/orgs/:slug/(.*)")
	b.ReportAllocs()
	for b.Loop() {
		params, _ := set.Match("/orgs/acme/settings/members")
		if slug, _ := params.Get("slug"); slug != "acme" {
			b.Fatal("wrong answer")
		}
	}
}

func BenchmarkNormalize(b *testing.B) {
	for _, bc := range []struct{ name, path string }{
		{"unchanged", "/dashboard/settings/profile"},
		{"escapes kept", "/dashboard/a%2Fb/profile"},
		{"decoded", "/dashboard/caf%C3%A9//profile"},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := pattern.Normalize(bc.path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
