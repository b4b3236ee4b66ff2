// Package sharedtest checks implementations of [core.Shared], and has one in memory. Who writes
// another one over what the fleet has runs its table:
//
//	func TestShared(t *testing.T) {
//		sharedtest.Run(t, func(t *testing.T, processes int) []core.Shared { … })
//	}
package sharedtest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core"
)

// within is how long may pass until what one process does is seen by another.
const within = 5 * time.Second

// Run checks all that core relies on. newFleet returns what so many processes share, which is
// empty, and closes it when its test ends.
func Run(t *testing.T, newFleet func(t *testing.T, processes int) []core.Shared) {
	t.Helper()
	for _, test := range []struct {
		name      string
		processes int
		run       func(*testing.T, []core.Shared)
	}{
		{"values", 2, values},
		{"a process reads what it wrote", 1, ownWrites},
		{"a value that others keep in memory disappears", 2, changedByOthers},
		{"values expire", 2, expiry},
		{"messages reach every process", 3, messages},
		{"late subscribers hear what is kept", 2, late},
		{"what has expired is not delivered", 2, expiredMessages},
		{"topics are apart", 1, apart},
		{"a subscriber is called once at a time", 2, onceAtATime},
		{"nothing comes after stop", 2, stopped},
		{"a subscriber may publish", 1, reentrant},
		{"budgets", 2, budgets},
		{"a budget is never overdrawn", 3, overdrawn},
		{"contexts are heeded", 1, contexts},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newFleet(t, test.processes)) })
	}
}

func values(t *testing.T, fleet []core.Shared) {
	t.Helper()
	ctx := t.Context()
	a, b := fleet[0], fleet[1]
	expectValue(t, a, "k", nil)
	for _, value := range [][]byte{[]byte("one"), []byte("two\x00\xff\r\n"), bytes.Repeat([]byte("x"), 1<<20)} {
		must(t, a.Set(ctx, "k", value, time.Minute))
		expectValue(t, a, "k", value)
		eventually(t, "the other process reads the value", func() bool { return bytes.Equal(get(t, b, "k"), value) })
	}
	got := get(t, a, "k")
	got[0] = 'y' // The caller's.
	expectValue(t, a, "k", bytes.Repeat([]byte("x"), 1<<20))
	must(t, b.Delete(ctx, "k"))
	must(t, b.Delete(ctx, "k"))
	expectValue(t, b, "k", nil)
	eventually(t, "the value is gone for the other process", func() bool { return get(t, a, "k") == nil })
}

func ownWrites(t *testing.T, fleet []core.Shared) {
	t.Helper()
	ctx, s := t.Context(), fleet[0]
	for i := range 100 {
		value := fmt.Appendf(nil, "%d", i)
		must(t, s.Set(ctx, "k", value, time.Minute))
		expectValue(t, s, "k", value)
		must(t, s.Delete(ctx, "k"))
		expectValue(t, s, "k", nil)
	}
}

func changedByOthers(t *testing.T, fleet []core.Shared) {
	t.Helper()
	ctx, a, b := t.Context(), fleet[0], fleet[1]
	for i := range 20 {
		key, value := fmt.Sprintf("k%d", i), fmt.Appendf(nil, "%d", i)
		must(t, a.Set(ctx, key, value, time.Minute))
		for range 3 {
			expectValue(t, b, key, value)
		}
		must(t, a.Set(ctx, key, []byte("other"), time.Minute))
		eventually(t, "the change is seen", func() bool { return string(get(t, b, key)) == "other" })
		must(t, a.Delete(ctx, key))
		eventually(t, "the value is gone", func() bool { return get(t, b, key) == nil })
	}
}

func expiry(t *testing.T, fleet []core.Shared) {
	t.Helper()
	ctx, a, b := t.Context(), fleet[0], fleet[1]
	began := time.Now()
	must(t, a.Set(ctx, "k", []byte("v"), 300*time.Millisecond))
	if get(t, b, "k") == nil && time.Since(began) < 200*time.Millisecond {
		t.Error("the value is gone before its time")
	}
	for _, s := range fleet {
		eventually(t, "the value has expired", func() bool { return get(t, s, "k") == nil })
	}
	if time.Since(began) < 200*time.Millisecond {
		t.Errorf("it has expired after %v", time.Since(began))
	}
	must(t, a.Set(ctx, "k", []byte("v"), 50*time.Millisecond))
	must(t, a.Set(ctx, "k", []byte("longer"), time.Minute))
	time.Sleep(100 * time.Millisecond)
	expectValue(t, a, "k", []byte("longer"))
}

func messages(t *testing.T, fleet []core.Shared) {
	t.Helper()
	heard := make([]*Listener, len(fleet))
	for i, s := range fleet {
		heard[i] = Listen(t, s, "topic")
		heard[i].AwaitCurrent(t)
	}
	for i, s := range fleet {
		message := fmt.Sprintf("from %d \x00\xff %s", i, bytes.Repeat([]byte("x"), 4000))
		must(t, s.Publish(t.Context(), "topic", []byte(message), time.Minute))
		for _, l := range heard {
			l.Await(t, message)
		}
	}
}

func late(t *testing.T, fleet []core.Shared) {
	t.Helper()
	const many = 2500 // more than an implementation reads at a time
	for i := range many {
		must(t, fleet[0].Publish(t.Context(), "topic", fmt.Appendf(nil, "message %d", i), time.Minute))
	}
	for _, s := range fleet {
		l := Listen(t, s, "topic")
		l.AwaitCurrent(t)
		if n := l.Heard(); n != many {
			t.Errorf("it is current after %d messages of %d", n, many)
		}
	}
}

func expiredMessages(t *testing.T, fleet []core.Shared) {
	t.Helper()
	ctx := t.Context()
	must(t, fleet[0].Publish(ctx, "topic", []byte("short"), 20*time.Millisecond))
	must(t, fleet[0].Publish(ctx, "topic", []byte("longer"), 20*time.Millisecond))
	must(t, fleet[0].Publish(ctx, "topic", []byte("longer"), time.Minute))
	must(t, fleet[0].Publish(ctx, "topic", []byte("longer"), 10*time.Millisecond)) // It keeps the longest.
	time.Sleep(100 * time.Millisecond)
	l := Listen(t, fleet[1], "topic")
	l.AwaitCurrent(t)
	if got := l.Messages(); !slices.Equal(got, []string{"longer"}) {
		t.Errorf("heard %q, want what is kept alone", got)
	}
}

func apart(t *testing.T, fleet []core.Shared) {
	t.Helper()
	one, other := Listen(t, fleet[0], "one"), Listen(t, fleet[0], "other")
	one.AwaitCurrent(t)
	other.AwaitCurrent(t)
	must(t, fleet[0].Publish(t.Context(), "one", []byte("1"), time.Minute))
	must(t, fleet[0].Publish(t.Context(), "other", []byte("2"), time.Minute))
	one.Await(t, "1")
	other.Await(t, "2")
	if slices.Contains(one.Messages(), "2") || slices.Contains(other.Messages(), "1") {
		t.Error("a message was delivered to another topic")
	}
	third := Listen(t, fleet[0], "one") // The same topic once more, later.
	third.AwaitCurrent(t)
	third.Await(t, "1")
}

func onceAtATime(t *testing.T, fleet []core.Shared) {
	t.Helper()
	l := Listen(t, fleet[0], "topic")
	var publishers sync.WaitGroup
	for i, s := range fleet {
		for j := range 4 {
			publishers.Go(func() {
				for k := range 25 {
					if err := s.Publish(t.Context(), "topic", fmt.Appendf(nil, "%d %d %d", i, j, k), time.Minute); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	publishers.Wait()
	eventually(t, "every message is heard", func() bool { return l.Heard() == len(fleet)*100 })
	if l.overlapping.Load() {
		t.Error("a subscriber was called while it was being called")
	}
}

func stopped(t *testing.T, fleet []core.Shared) {
	t.Helper()
	l := Listen(t, fleet[0], "topic")
	other := Listen(t, fleet[0], "topic")
	l.AwaitCurrent(t)
	other.AwaitCurrent(t)
	l.Stop()
	l.Stop()
	must(t, fleet[1].Publish(t.Context(), "topic", []byte("m"), time.Minute))
	other.Await(t, "m")
	if l.Heard() != 0 {
		t.Error("a subscriber heard something after stop")
	}
	again := Listen(t, fleet[0], "topic")
	again.Await(t, "m")
}

type answering struct {
	Listener

	answer func()
}

func (a *answering) Deliver(message []byte) {
	asked := string(message) == "question"
	a.Listener.Deliver(message)
	if asked {
		a.answer()
	}
}

func reentrant(t *testing.T, fleet []core.Shared) {
	t.Helper()
	a := &answering{}
	a.changed = make(chan struct{})
	a.answer = func() {
		go func() {
			_ = fleet[0].Publish(context.WithoutCancel(t.Context()), "topic", []byte("answer"), time.Minute)
		}()
	}
	t.Cleanup(fleet[0].Subscribe("topic", a))
	must(t, fleet[0].Publish(t.Context(), "topic", []byte("question"), time.Minute))
	a.Await(t, "answer")
}

func budgets(t *testing.T, fleet []core.Shared) {
	t.Helper()
	ctx := t.Context()
	const long = 10 * time.Minute
	for i, step := range []struct {
		process  int
		budget   string
		n, limit int
		left     int // any negative number is none
	}{
		{0, "b", 0, 10, 10},
		{0, "b", 3, 10, 7},
		{1, "b", 3, 10, 4},
		{0, "b", 5, 10, -1},
		{1, "b", 4, 10, 0},
		{0, "b", 1, 10, -1},
		{0, "b", 0, 10, 0},
		{0, "b", 1, 12, 1}, // another limit
		{0, "other", 1, 10, 9},
		{0, "third", 11, 10, -1},
	} {
		left, err := fleet[step.process].Take(ctx, step.budget, step.n, step.limit, long)
		if err != nil || left != step.left && (left >= 0 || step.left >= 0) {
			t.Errorf("step %d: %d is left (%v), want %d", i, left, err, step.left)
		}
	}
	if _, err := fleet[0].Take(ctx, "short", 5, 5, 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	eventually(t, "another window begins", func() bool {
		left, err := fleet[1].Take(ctx, "short", 5, 5, 200*time.Millisecond)
		return err == nil && left == 0
	})
	if time.Since(began) < 100*time.Millisecond {
		t.Errorf("the window was over after %v", time.Since(began))
	}
}

func overdrawn(t *testing.T, fleet []core.Shared) {
	t.Helper()
	var taken atomic.Int64
	var takers sync.WaitGroup
	for _, s := range fleet {
		for range 4 {
			takers.Go(func() {
				for range 20 {
					left, err := s.Take(t.Context(), "b", 1, 50, 10*time.Minute)
					if err != nil {
						t.Error(err)
					}
					if err == nil && left >= 0 {
						taken.Add(1)
					}
				}
			})
		}
	}
	takers.Wait()
	if taken.Load() != 50 {
		t.Errorf("%d were taken from a budget of 50", taken.Load())
	}
}

func contexts(t *testing.T, fleet []core.Shared) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := fleet[0]
	_, getErr := s.Get(ctx, "k")
	_, takeErr := s.Take(ctx, "b", 1, 10, time.Minute)
	for name, err := range map[string]error{
		"Get": getErr, "Take": takeErr,
		"Set":     s.Set(ctx, "k", []byte("v"), time.Minute),
		"Delete":  s.Delete(ctx, "k"),
		"Publish": s.Publish(ctx, "topic", []byte("m"), time.Minute),
	} {
		if err == nil {
			t.Errorf("%s does not look at its context", name)
		}
	}
}

func get(t *testing.T, s core.Shared, key string) []byte {
	t.Helper()
	value, err := s.Get(t.Context(), key)
	must(t, err)
	return value
}

func expectValue(t *testing.T, s core.Shared, key string, want []byte) {
	t.Helper()
	if got := get(t, s, key); !bytes.Equal(got, want) || (got == nil) != (want == nil) {
		t.Fatalf("%s is %.20q (%d bytes), want %.20q (%d bytes)", key, got, len(got), want, len(want))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not come to pass that %s", what)
		}
	}
}
