package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/bench/internal/results"
)

func TestRun(t *testing.T) {
	t.Parallel()
	const input = `goos: linux
cpu: Something
BenchmarkRepeatedToken/ginclerk-2     100   1000 ns/op  10 B/op  5 allocs/op
BenchmarkRepeatedToken/ginclerk-2     100   1100 ns/op  10 B/op  5 allocs/op
BenchmarkRepeatedToken/ginclerk-2     100  90000 ns/op  10 B/op  5 allocs/op
BenchmarkRepeatedToken/router-gin-2   100    100 ns/op
BenchmarkRepeatedToken/auth0-2        100 109000 ns/op
BenchmarkRepeatedToken/clerk-sdk-go-2 100 111000 ns/op
BenchmarkParallel/arithmetic          100    100 ns/op
BenchmarkParallel/arithmetic-2        100     50 ns/op
BenchmarkParallel/ginclerk            100    100 ns/op
BenchmarkParallel/ginclerk-2          100     60 ns/op
BenchmarkLiveTokens/tokens=1/ginclerk-2   100  300 ns/op
BenchmarkLiveTokens/tokens=1/hit-2        100  200 ns/op
BenchmarkLiveTokens/tokens=1/copy-2       100  100 ns/op
BenchmarkLiveTokens/tokens=100000/ginclerk-2  100  1200 ns/op
BenchmarkLiveTokens/tokens=100000/hit-2   100  500 ns/op
BenchmarkLiveTokens/tokens=100000/copy-2  100  200 ns/op
PASS
`
	var out strings.Builder
	missed, err := run(nil, strings.NewReader(input), &out)
	if err != nil {
		t.Fatal(err)
	}
	if !missed {
		t.Error("no target is missed")
	}
	for _, want := range []string{
		"goos: linux\ncpu: Something\nmedians of up to 3 runs\n",
		"| pass | repeated token, ginclerk over its router |  | ≤ 1500 ns | 1000 ns |",
		"| MISS | repeated token, allocations of ginclerk |  | ≤ 4 | 5 |",
		"| MISS | repeated token, auth0 / ginclerk |  | ≥ 150 | 99.09 |",
		"| MISS | repeated token, clerk-sdk-go / ginclerk |  | ≥ 200 | 101 |",
		"| not measured | repeated token, fastest JWT middleware / ginclerk |  | ≥ 90 |  |",
		"| MISS | two processors, ginclerk / arithmetic |  | ≥ 0.90 | 0.83 |",
		"| MISS | 100000 live tokens / one, hit in ginclerk |  | ≤ 3 | 4 |",
		"| pass | 100000 live tokens / one, hit in the verifier alone |  | ≤ 4 | 3 |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, out.String())
		}
	}
}

func TestRunWithoutMisses(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	missed, err := run(nil, strings.NewReader("BenchmarkNewToken/clerk-sdk-go-2 1 200 ns/op\nBenchmarkNewToken/ginclerk-2 1 50 ns/op\n"), &out)
	if err != nil || missed {
		t.Errorf("got missed %v, error %v", missed, err)
	}
}

func TestRunErrors(t *testing.T) {
	t.Parallel()
	for name, input := range map[string]string{
		"no benchmarks":   "PASS\n",
		"a broken number": "BenchmarkX 1 x ns/op\n",
	} {
		if _, err := run(nil, strings.NewReader(input), &strings.Builder{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := run([]string{"testdata/absent"}, nil, &strings.Builder{}); err == nil {
		t.Error("an absent file: no error")
	}
}

// TestBefore: the column has what the other run showed, where it did.
func TestBefore(t *testing.T) {
	t.Parallel()
	before := filepath.Join(t.TempDir(), "raw.txt")
	if err := os.WriteFile(before, []byte("BenchmarkNewToken/clerk-sdk-go-2 1 200 ns/op\nBenchmarkNewToken/ginclerk-2 1 100 ns/op\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	const now = "BenchmarkNewToken/clerk-sdk-go-2 1 200 ns/op\nBenchmarkNewToken/ginclerk-2 1 50 ns/op 25 allocs/op\n"
	if _, err := run([]string{"-before", before}, strings.NewReader(now), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| | target | before | bound | measured |",
		"| pass | new token, clerk-sdk-go / ginclerk | 2 | ≥ 2 | 4 |",
		"| pass | new token, allocations of ginclerk |  | ≤ 25 | 25 |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, out.String())
		}
	}
}

// TestPages: what pages quote is what the results say, and nobody has written it by hand.
func TestPages(t *testing.T) {
	t.Parallel()
	now, err := read([]string{"../../results/raw.txt"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	before, err := read([]string{"../../results/before/raw.txt"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := verdicts(now, before)
	for _, page := range []string{"../../../README.md", "../../../docs/performance.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		want, err := renew(string(text), now, all)
		if err != nil {
			t.Errorf("%s: %v", page, err)
		} else if want != string(text) {
			t.Errorf("%s is not what bench/results/raw.txt says: run, in bench, go run ./cmd/ratios -pages %s", page, page)
		}
	}
	if text, err := os.ReadFile("../../results/targets.md"); err != nil {
		t.Error(err)
	} else {
		var want strings.Builder
		if err := writeTable(&want, now, all); err != nil {
			t.Fatal(err)
		}
		if want.String() != string(text) {
			t.Error("bench/results/targets.md is not what raw.txt says")
		}
	}
	if text, err := os.ReadFile("../../results/benchmarks.svg"); err != nil || string(text) != drawing(now) {
		t.Errorf("bench/results/benchmarks.svg is not what raw.txt says (%v)", err)
	}
}

func TestRenew(t *testing.T) {
	t.Parallel()
	now, err := read(nil, strings.NewReader("BenchmarkRepeatedToken/ginclerk-2 1 500 ns/op 960 B/op 2 allocs/op\nBenchmarkRepeatedToken/echoclerk-2 1 600 ns/op\n"+
		"BenchmarkRepeatedToken/rsa-2 1 10000 ns/op\nBenchmarkRepeatedToken/gin-jwt-2 1 20000 ns/op\nBenchmarkRepeatedToken/router-gin-2 1 100 ns/op\n"))
	if err != nil {
		t.Fatal(err)
	}
	all := verdicts(now, new(results.Set))
	page := "a\n" + beginMark("table") + "old\n" + endMark + "b\n" + beginMark("missed") + endMark + beginMark("allocations") + endMark
	got, err := renew(page, now, all)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| a token seen before | 0.050 to 0.060 |",
		"| repeated token, rsa / an adapter over its router | ≥ 65 | 25 (ginclerk) |",
		"| a token seen before | 2 (960 B) |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if again, err := renew(got, now, all); err != nil || again != got {
		t.Errorf("written twice it is another page (%v)", err)
	}
	for _, page := range []string{"", beginMark("table")} {
		if _, err := renew(page, now, all); err == nil {
			t.Errorf("%q: no error", page)
		}
	}
}
