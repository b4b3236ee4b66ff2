package main

import (
	"math"
	"strings"
	"testing"
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
		"| pass | repeated token, ginclerk over its router | ≤ 1500 ns | 1000 ns |",
		"| MISS | repeated token, allocations of ginclerk | ≤ 4 | 5 |",
		"| MISS | repeated token, auth0 / ginclerk | ≥ 150 | 99.09 |",
		"| MISS | repeated token, clerk-sdk-go / ginclerk | ≥ 200 | 101 |",
		"| not measured | repeated token, fastest JWT middleware / ginclerk | ≥ 90 |  |",
		"| MISS | two processors, ginclerk / arithmetic | ≥ 0.90 | 0.83 |",
		"| MISS | 100000 live tokens / one, hit in ginclerk | ≤ 3 | 4 |",
		"| pass | 100000 live tokens / one, hit in the verifier alone | ≤ 4 | 3 |",
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

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		samples []float64
		want    float64
	}{
		{samples: []float64{3}, want: 3},
		{samples: []float64{9, 1}, want: 5},
		{samples: []float64{9, 1, 2}, want: 2},
	} {
		if got := median(tt.samples); got != tt.want {
			t.Errorf("median of %v: got %v, want %v", tt.samples, got, tt.want)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing: got %v", got)
	}
}
