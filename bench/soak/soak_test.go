package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core"
)

// TestKinds makes each request once, through each adapter, before and after a rotation.
func TestKinds(t *testing.T) {
	t.Parallel()
	w, err := newWorld()
	if err != nil {
		t.Fatal(err)
	}
	defer w.clerk.Close()
	addrs, closeAll, err := startAll(t.Context(), w)
	defer closeAll()
	if err != nil {
		t.Fatal(err)
	}
	l := newLoad(w, addrs, 1)
	defer l.hangUp()
	for k := range kinds {
		for app := range addrs {
			l.ask(l.http[0], k, app)
		}
	}
	for o, n := range l.unexpected {
		t.Errorf("%v: %d times", o, n)
	}
	if got, want := l.total.Load(), uint64(len(kinds)*len(addrs)); got != want {
		t.Errorf("%d requests were made, want %d", got, want)
	}
}

// TestJudgement has a wrong answer, and growth, reported.
func TestJudgement(t *testing.T) {
	t.Parallel()
	l := newLoad(&world{}, nil, 1)
	run := func(of func(i int) (heap, goroutines float64)) *report {
		r := &report{load: l, length: 10 * time.Minute}
		for i := range 600 {
			heap, goroutines := of(i)
			r.samples = append(r.samples, sample{at: time.Duration(i) * time.Second, heap: heap, goroutines: goroutines})
		}
		return r
	}
	unrest := func(i int) float64 { return float64(i*7919%13) - 6 }
	for name, tt := range map[string]struct {
		of   func(i int) (heap, goroutines float64)
		want int
	}{
		"steady":                          {func(int) (float64, float64) { return 50, 300 }, 0},
		"unrest":                          {func(i int) (float64, float64) { return 50 + unrest(i)/2, 300 + 5*unrest(i) }, 0},
		"what fills in the first half":    {func(i int) (float64, float64) { return 20 + float64(min(i, 300))/10, float64(min(i, 250)) }, 0},
		"outages, after which it is less": {func(i int) (float64, float64) { return 50, 300 + float64(100*(i/45%2)) }, 0},
		"a leak, a fifth in all": {func(i int) (float64, float64) {
			return 50 + float64(i)/60 + unrest(i)/2, 300 + float64(i)/10 + unrest(i)
		}, 1},
		"larger leaks": {func(i int) (float64, float64) { return 50 + float64(i)/20, 300 + float64(i)/2 }, 2},
	} {
		if got := run(tt.of).faults(); len(got) != tt.want {
			t.Errorf("%s: got the faults %q, want %d", name, got, tt.want)
		}
	}
	l.unexpected[outcome{"webhook", "ginclerk", "500"}] = 3
	steady := run(func(int) (float64, float64) { return 50, 300 })
	if got := strings.Join(steady.faults(), ""); got != "webhook through ginclerk was answered 3 times: 500" {
		t.Errorf("a wrong answer is reported as %q", got)
	}
}

// TestLine: worked out by hand.
func TestLine(t *testing.T) {
	t.Parallel()
	samples := []sample{{at: 0, heap: 1}, {at: time.Second, heap: 2}, {at: 2 * time.Second, heap: 6}}
	if slope, mean := line(samples, heapOf); math.Abs(slope-2.5) > 1e-9 || math.Abs(mean-3) > 1e-9 {
		t.Errorf("got a slope of %v and a mean of %v, want 2.5 and 3", slope, mean)
	}
	if slope, mean := line(samples[2:], heapOf); slope != 0 || mean != 6 {
		t.Errorf("one sample has a slope of %v and a mean of %v", slope, mean)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	var h histogram
	if got := h.quantile(0.5); got != 0 {
		t.Errorf("nothing took %s", got)
	}
	for i := 1; i <= 1000; i++ {
		h.add(time.Duration(i) * time.Millisecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Millisecond, 0.99: 990 * time.Millisecond, 1: time.Second} {
		if got := h.quantile(q); got < want || got > want+want/16 {
			t.Errorf("the quantile %v is %s, want %s", q, got, want)
		}
	}
}

// TestFound: a session's user, or a machine's subject.
func TestFound(t *testing.T) {
	t.Parallel()
	if got := found(&core.Auth{UserID: "user_1", Subject: "x"}); got != "user_1" {
		t.Errorf("got %q", got)
	}
	if got := found(&core.Auth{Subject: "mch_1"}); got != "mch_1" {
		t.Errorf("got %q", got)
	}
}
