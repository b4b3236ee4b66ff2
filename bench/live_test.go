package bench_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/token"
)

// The bounds of the cache in BenchmarkLiveTokens.
const (
	liveTokens = 100_000
	liveBytes  = 512 << 20
)

var (
	manyTokens = sync.OnceValues(func() ([]string, error) { return mint(liveTokens) })
	fewTokens  = sync.OnceValues(func() ([]string, error) { return mint(liveTokens / 10) })
)

// BenchmarkLiveTokens shows so many different tokens in turn, all of which are
// remembered: to the whole middleware on Gin, and to a verifier alone. For the
// latter each is copied first, as a server reads it from a connection; what that
// costs is the benchmark copy. With -short it is a tenth of the tokens.
func BenchmarkLiveTokens(b *testing.B) {
	f, mint := setUp(b), manyTokens
	if testing.Short() {
		mint = fewTokens
	}
	tokens, err := mint()
	if err != nil {
		b.Fatal(err)
	}
	for _, tokens := range [][]string{tokens[:1], tokens} {
		name := fmt.Sprintf("tokens=%d/", len(tokens))
		b.Run(name+"ginclerk", func(b *testing.B) { benchmarkLiveGin(b, f, tokens) })
		b.Run(name+"hit", func(b *testing.B) { benchmarkLive(b, f, tokens) })
		b.Run(name+"copy", func(b *testing.B) {
			i := 0
			for b.Loop() {
				if strings.Clone(tokens[i]) == "" {
					b.Fatal("nothing was copied")
				}
				if i++; i == len(tokens) {
					i = 0
				}
			}
		})
	}
}

// benchmarkLiveGin also weighs what the middleware keeps of the tokens.
func benchmarkLiveGin(b *testing.B, f *fixture, tokens []string) {
	b.Helper()
	o := f.options()
	o.TokenCache = core.TokenCache{Entries: 2 * liveTokens, Bytes: liveBytes}
	clerk, err := core.New(o)
	if err != nil {
		b.Fatal(err)
	}
	values := make([]string, len(tokens))
	for i, t := range tokens {
		values[i] = "Bearer " + t
	}
	sc := scenarios["RepeatedToken"]
	x := newNetHTTP(b, ginClerkOf(clerk), requestText(sc.path, tokens[0], sc.where, f))
	before, i := heap(), 0
	show := func() {
		x.authorize(values[i])
		if got := x.do(); got != http.StatusNoContent {
			b.Fatalf("got %d", got)
		}
		if i++; i == len(values) {
			i = 0
		}
	}
	for range values {
		show()
	}
	used := heap() - before
	if used > liveBytes {
		b.Fatalf("%d tokens take %d bytes, more than the bound of %d", len(tokens), used, liveBytes)
	}
	if got := clerk.Stats().Tokens.Entries; got != len(tokens) {
		b.Fatalf("%d tokens are remembered, want %d", got, len(tokens))
	}
	b.ReportAllocs()
	for b.Loop() {
		show()
	}
	b.ReportMetric(float64(used)/float64(len(tokens)), "held-B/token")
	b.ReportMetric(float64(clerk.Stats().Tokens.Bytes)/float64(len(tokens)), "counted-B/token")
}

func benchmarkLive(b *testing.B, f *fixture, tokens []string) {
	b.Helper()
	v, used := fill(b, f, tokens, liveBytes)
	if used > liveBytes {
		b.Fatalf("%d tokens take %d bytes, more than the bound of %d", len(tokens), used, liveBytes)
	}
	if got := v.CacheStats().Entries; got != len(tokens) {
		b.Fatalf("%d tokens are remembered, want %d", got, len(tokens))
	}
	ctx, i := b.Context(), 0
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Session(ctx, strings.Clone(tokens[i])); err != nil {
			b.Fatal(err)
		}
		if i++; i == len(tokens) {
			i = 0
		}
	}
	b.ReportMetric(float64(used)/float64(len(tokens)), "held-B/token")
}

// fill verifies tokens on all processors with a cache of so many bytes, and
// returns how many bytes that took in truth.
func fill(tb testing.TB, f *fixture, tokens []string, bound int64) (*token.Verifier, int64) {
	tb.Helper()
	key, err := token.ParsePEM(f.server.PEM())
	if err != nil {
		tb.Fatal(err)
	}
	before := heap()
	v := token.NewVerifier(key, token.Options{
		Audience:          []string{audience},
		AuthorizedParties: []string{party},
		ClockSkew:         skew,
		CacheSize:         2 * liveTokens,
		CacheBytes:        bound,
	})
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(tokens) && errs[w] == nil; i += workers {
				_, errs[w] = v.Session(tb.Context(), tokens[i])
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		tb.Fatal(err)
	}
	used := heap() - before
	runtime.KeepAlive(v)
	return v, used
}

// heap returns how many bytes are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemoryBound fills a cache with more than it may hold and weighs it.
func TestMemoryBound(t *testing.T) {
	const bound = 2 << 20
	f := setUp(t)
	tokens, err := mint(2000)
	if err != nil {
		t.Fatal(err)
	}
	v, used := fill(t, f, tokens, bound)
	if got := v.CacheStats().Entries; got < 100 || got >= len(tokens) {
		t.Errorf("%d of %d tokens are remembered in %d bytes", got, len(tokens), bound)
	}
	if used > bound {
		t.Errorf("the cache takes %d bytes, more than its bound of %d", used, bound)
	}
}
