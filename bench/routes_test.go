package bench_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/pattern"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// patternsOf returns n patterns with different prefixes.
func patternsOf(n int) []string {
	patterns := make([]string, n)
	for i := range patterns {
		patterns[i] = fmt.Sprintf("/section-%d/(.*)", i)
	}
	return patterns
}

// routeCases are the paths that are looked for among n patterns.
func routeCases(n int) map[string]string {
	return map[string]string{
		"hit":  fmt.Sprintf("/section-%d/reports/2026", n/2),
		"miss": "/elsewhere/reports/2026",
	}
}

// BenchmarkRouteMatch is what ProtectRoutes asks for each request, of a router
// that reads the path as it came.
func BenchmarkRouteMatch(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		elements := make([]any, n)
		for i, p := range patternsOf(n) {
			elements[i] = p
		}
		m := core.MustRouteMatcher(elements...)
		want := map[string]core.MatchResult{"hit": core.Match, "miss": core.NoMatch}
		for _, name := range []string{"hit", "miss"} {
			path := routeCases(n)[name]
			b.Run(fmt.Sprintf("patterns=%d/%s", n, name), func(b *testing.B) {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, path, http.NoBody)
				if err != nil {
					b.Fatal(err)
				}
				request, router := core.FromHTTP(r), []string{path}
				b.ReportAllocs()
				for b.Loop() {
					got := m.MatchPath(request, core.RoutePath{Escaped: path, Router: router})
					if got != want[name] {
						b.Fatalf("got %v, want %v", got, want[name])
					}
				}
			})
		}
	}
}

// BenchmarkPatternSet is the matching alone.
func BenchmarkPatternSet(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		set, err := pattern.Compile(patternsOf(n)...)
		if err != nil {
			b.Fatal(err)
		}
		want := map[string]pattern.Result{"hit": pattern.Yes, "miss": pattern.No}
		for _, name := range []string{"hit", "miss"} {
			path := routeCases(n)[name]
			b.Run(fmt.Sprintf("patterns=%d/%s", n, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if got := set.Test(path); got != want[name] {
						b.Fatalf("got %v, want %v", got, want[name])
					}
				}
			})
		}
	}
}

// BenchmarkProtectRoutes is all of it: a guard of so many routes on Gin, and a
// request that visits one of them, or none.
func BenchmarkProtectRoutes(b *testing.B) {
	f := setUp(b)
	clerk, err := core.New(f.options())
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{1, 1000} {
		elements := make([]any, n)
		for i, p := range patternsOf(n) {
			elements[i] = p
		}
		m := core.MustRouteMatcher(elements...)
		r := gin.New()
		r.Use(ginclerk.With(clerk), ginclerk.ProtectRoutes(m, ginclerk.Router(r)))
		for _, name := range []string{"hit", "miss"} {
			path := routeCases(n)[name]
			r.GET(path, func(c *gin.Context) { c.Status(http.StatusNoContent) })
			b.Run(fmt.Sprintf("patterns=%d/%s", n, name), func(b *testing.B) {
				x := newNetHTTP(b, r, requestText(path, f.good, inHeader, f))
				b.ReportAllocs()
				for b.Loop() {
					if got := x.do(); got != http.StatusNoContent {
						b.Fatalf("got %d, want %d", got, http.StatusNoContent)
					}
				}
			})
		}
	}
}
