package main

import (
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
	steady := &report{load: l, length: time.Minute}
	leaking := &report{load: l, length: time.Minute}
	for i := range 60 {
		at := time.Duration(i) * time.Second
		steady.samples = append(steady.samples, sample{at: at, heap: 50, goroutines: 300})
		leaking.samples = append(leaking.samples, sample{at: at, heap: 50 + float64(i), goroutines: 300 + 10*float64(i)})
	}
	if got := steady.faults(); len(got) != 0 {
		t.Errorf("a steady run has the faults %q", got)
	}
	if got := leaking.faults(); len(got) != 2 {
		t.Errorf("a leaking run has the faults %q, want two", got)
	}
	l.unexpected[outcome{"webhook", "ginclerk", "500"}] = 3
	if got := strings.Join(steady.faults(), ""); got != "webhook through ginclerk was answered 3 times: 500" {
		t.Errorf("a wrong answer is reported as %q", got)
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
