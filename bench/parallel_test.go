package bench_test

import (
	"sync/atomic"
	"testing"
)

// BenchmarkParallel shows one token on all processors at once. Run it with
// -cpu 1,2: what the others gain from the second processor is to be compared with
// what a loop gains that shares nothing.
func BenchmarkParallel(b *testing.B) {
	f, sc := setUp(b), scenarios["RepeatedToken"]
	for _, s := range ours() {
		b.Run(s.name, func(b *testing.B) {
			shared := s.share(b, f, sc)
			want := sc.want(s, f.good)
			if got := shared().do(); got != want {
				b.Fatalf("got %d, want %d", got, want)
			}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				x := shared()
				for pb.Next() {
					if got := x.do(); got != want {
						b.Errorf("got %d, want %d", got, want)
						return
					}
				}
			})
		})
	}
	b.Run("arithmetic", func(b *testing.B) {
		var sink atomic.Uint64
		b.RunParallel(func(pb *testing.PB) {
			x := uint64(88172645463325252)
			for pb.Next() {
				for range 512 { // about as long as a request
					x ^= x << 13
					x ^= x >> 7
					x ^= x << 17
				}
			}
			sink.Add(x)
		})
		if sink.Load() == 0 {
			b.Fatal("the loop computed nothing")
		}
	})
}

// share makes one application, and returns what makes exchanges with it.
func (s subject) share(tb testing.TB, f *fixture, sc scenario) func() exchange {
	tb.Helper()
	text := requestText(sc.path, sc.token(f), sc.where, f)
	if s.fiber != nil {
		handler := s.fiber(tb, f, sc.where)
		return func() exchange { return newFast(tb, handler, text, sc.where == inCookie) }
	}
	handler := s.http(tb, f, sc.where)
	return func() exchange { return newNetHTTP(tb, handler, text) }
}
