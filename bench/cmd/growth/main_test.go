package main

import (
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/bench/internal/results"
)

func TestReport(t *testing.T) {
	t.Parallel()
	var r results.Set
	err := r.Read(strings.NewReader(`goos: linux
BenchmarkGrowthCookies/ginclerk/1-2     100   1000 ns/op
BenchmarkGrowthCookies/ginclerk/10-2    100   1000 ns/op
BenchmarkGrowthCookies/ginclerk/100-2   100   1000 ns/op
BenchmarkGrowthCookies/echo-jwt/100-2   100 900000 ns/op
BenchmarkGrowthCookies/echo-jwt/1-2     100   9000 ns/op
BenchmarkGrowthPatterns/ginclerk,_hit/1-2   100   9000 ns/op
BenchmarkGrowthPatterns/ginclerk,_hit/100-2 100  90000 ns/op
`))
	if err != nil {
		t.Fatal(err)
	}
	pictures := map[string]string{}
	page, err := report(&r, func(name, svg string) error {
		pictures[name] = svg
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| ginclerk | 1 to 100 | 1.00 to 1.00 | 0.00 |\n| echo-jwt | 1 to 100 | 9.00 to 900.00 | 1.00 |",
		"| ginclerk, hit | 1 to 100 | 9.00 to 90.00 | 0.50 |",
		"](cookies.svg)",
		"](patterns.svg)",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	if len(pictures) != 2 || !strings.Contains(pictures["cookies.svg"], "echo-jwt: 1.00") {
		t.Errorf("the pictures are %v", pictures)
	}
}

func TestNothingToReport(t *testing.T) {
	t.Parallel()
	if _, err := report(new(results.Set), func(string, string) error { return nil }); err == nil {
		t.Error("no error")
	}
}
