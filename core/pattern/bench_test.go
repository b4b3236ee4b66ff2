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
			{name: "hit", path: fmt.Sprintf("/section-%04d/org_2abc/items/42", n-1), want: pattern.Yes},
			{name: "miss", path: fmt.Sprintf("/section-%04d/org_2abc/other/42", n-1), want: pattern.No},
			{name: "elsewhere", path: "/static/app.css", want: pattern.No},
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
		{name: "literal", pattern: "/dashboard", path: "/dashboard", want: pattern.Yes},
		{name: "prefix", pattern: "/dashboard(.*)", path: "/dashboard/settings/profile", want: pattern.Yes},
		{
			name: "parameters", pattern: "/app/:any/orgs/:slug/(.*)", path: "/app/petstore/orgs/acme/settings",
			want: pattern.Yes,
		},
		{name: "repeated", pattern: "/files/:path*", path: "/files/a/b/c/d/e", want: pattern.Yes},
		{name: "separated", pattern: "/:year-:month-:day", path: "/2026-03-14", want: pattern.Yes},
		{name: "next default", pattern: nextDefault, path: "/dashboard/settings", want: pattern.Yes},
		{name: "non-ASCII", pattern: "/日本語/:x", path: "/日本語/テスト", want: pattern.Yes},
		{
			name: "three stars 8 KiB", pattern: "/(.*)a(.*)b(.*)c", path: "/" + strings.Repeat("ab", 4096),
			want: pattern.No,
		},
		{name: "parameters 8 KiB", pattern: "/:a-:b--:c!", path: "/" + strings.Repeat("-", 8192), want: pattern.No},
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
		{name: "unchanged", path: "/dashboard/settings/profile"},
		{name: "escapes kept", path: "/dashboard/a%2Fb/profile"},
		{name: "decoded", path: "/dashboard/caf%C3%A9//profile"},
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
