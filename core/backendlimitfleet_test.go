package core_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/sharedtest"
	"github.com/clerkgo/clerkgo/core"
)

// budgetFleet is a fleet that counts the questions about its budget, and can answer something else.
type budgetFleet struct {
	sharedtest.Fleet

	takes  atomic.Int64
	mu     sync.Mutex
	answer func(ctx context.Context, n, limit int) (left int, err error)
}

func (f *budgetFleet) Take(ctx context.Context, budget string, n, limit int, window time.Duration) (int, error) {
	f.takes.Add(1)
	f.mu.Lock()
	answer := f.answer
	f.mu.Unlock()
	if answer != nil {
		return answer(ctx, n, limit)
	}
	return f.Fleet.Take(ctx, budget, n, limit, window)
}

func (f *budgetFleet) answers(answer func(ctx context.Context, n, limit int) (int, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// limitedFleet are three processes with one secret key, in a bubble of time.
type limitedFleet struct {
	*limitedWorld // the first

	shared    *budgetFleet
	options   core.Options // of those that are added
	processes []*limitedWorld
	made      []time.Time // calls
}

func inLimitedFleet(t *testing.T, change func(*core.Options), test func(t *testing.T, f *limitedFleet)) {
	t.Helper()
	f := &limitedFleet{shared: new(budgetFleet)}
	inLimit(t, false, func(o *core.Options) {
		o.Revocations.Off = true // They would stay subscribed when the bubble ends.
		o.Shared = f.shared
		if change != nil {
			change(o)
		}
		f.options = *o
	}, func(t *testing.T, w *limitedWorld) { //nolint:thelper // It is the test.
		f.limitedWorld, f.processes = w, []*limitedWorld{w}
		for range 2 {
			f.add(t)
		}
		test(t, f)
	})
}

// add starts one more process.
func (f *limitedFleet) add(t *testing.T) *limitedWorld {
	t.Helper()
	other := &limitedWorld{backend: f.backend, log: &logBuffer{}, token: f.token}
	f.options.Logger = other.log.logger()
	other.clerk = newClerk(t, f.options)
	f.processes = append(f.processes, other)
	synctest.Wait() // Until it hears the others.
	return other
}

// turns asks about so many machine tokens, process by process, and counts those that pass.
func (f *limitedFleet) turns(t *testing.T, n int) (passed int) {
	t.Helper()
	for i := range n {
		if one := f.processes[i%len(f.processes)].machines(t, 1); one > 0 {
			passed++
			f.made = append(f.made, time.Now())
		}
	}
	return passed
}

func TestAFleetSharesTheLimit(t *testing.T) {
	t.Parallel()
	inLimitedFleet(t, nil, func(t *testing.T, f *limitedFleet) { //nolint:thelper // It is the test.
		for round := range 3 {
			before, asked := f.backend.calls.Load(), f.shared.takes.Load()
			passed := f.turns(t, 300)
			if passed > 80 || passed < 75 { // What a process has taken beforehand others do not get.
				t.Errorf("round %d: %d machine tokens pass, want 80", round, passed)
			}
			signIns := 0
			for _, p := range f.processes {
				signIns += p.nonces(t, 100)
			}
			if all := f.backend.calls.Load() - before; all > 100 || all < 95 || int64(passed+signIns) != all {
				t.Errorf("round %d: %d calls, of which %d are nonces, want 100", round, all, signIns)
			}
			if asked = f.shared.takes.Load() - asked; asked > 70 {
				t.Errorf("round %d: the fleet is asked %d times", round, asked)
			}
			time.Sleep(11 * time.Second)
		}
		for i, p := range f.processes {
			if s := p.clerk.Stats(); s.Backend.Limit != 100 || s.Backend.Alone != 0 || s.Backend.Refused == 0 || s.Shared.Taken == 0 || s.Shared.Failed != 0 {
				t.Errorf("process %d: counted %+v, %+v", i, s.Backend, s.Shared)
			}
		}
	})
}

// TestAFleetIsBusyForLong: it uses what Clerk allows, and hardly more in any ten seconds.
func TestAFleetIsBusyForLong(t *testing.T) {
	t.Parallel()
	inLimitedFleet(t, func(o *core.Options) { o.BackendLimit.Calls = 1000 }, func(t *testing.T, f *limitedFleet) { //nolint:thelper // It is the test.
		begin := time.Now()
		for time.Since(begin) < time.Minute {
			f.turns(t, 30)
			time.Sleep(200 * time.Millisecond) // 150 a second are wanted, 80 allowed.
		}
		const most, slack = 800, 3 * 40 // what processes take beforehand
		for i := most + slack; i < len(f.made); i++ {
			if within := f.made[i].Sub(f.made[i-most-slack]); within < 10*time.Second {
				t.Fatalf("%d calls within %v", most+slack+1, within)
			}
		}
		if len(f.made) < 6*most*85/100 {
			t.Errorf("%d calls in a minute, want nearly %d", len(f.made), 6*most)
		}
		if asked := f.shared.takes.Load(); asked > int64(len(f.made))/5 {
			t.Errorf("the fleet is asked %d times for %d calls", asked, len(f.made))
		}
	})
}

// TestManyAtOnceAskTheFleetSeldom, and wait together.
func TestManyAtOnceAskTheFleetSeldom(t *testing.T) {
	t.Parallel()
	inLimitedFleet(t, func(o *core.Options) { o.BackendLimit.Calls = 1000 }, func(t *testing.T, f *limitedFleet) { //nolint:thelper // It is the test.
		f.shared.answers(func(ctx context.Context, n, limit int) (int, error) {
			time.Sleep(time.Millisecond)
			return f.shared.Fleet.Take(ctx, "b", n, limit, 10*time.Second)
		})
		begin := time.Now()
		var all sync.WaitGroup
		var passed atomic.Int64
		for i := range 300 {
			all.Go(func() {
				if checkOAuth(t.Context(), t, f.clerk, bearer(fmt.Sprint("oat_", i))).Allowed() {
					passed.Add(1)
				}
			})
		}
		all.Wait()
		if took := time.Since(begin); passed.Load() != 300 || f.shared.takes.Load() > 10 || took > 10*time.Millisecond {
			t.Errorf("%d pass, after %d questions and %v", passed.Load(), f.shared.takes.Load(), took)
		}
	})
}

// TestWithoutItsFleetAProcessGoesOn with a share of its own, and with the fleet when that is there
// again.
func TestWithoutItsFleetAProcessGoesOn(t *testing.T) {
	t.Parallel()
	fail := func(context.Context, int, int) (int, error) { return 0, errors.New("no connection") }
	hang := func(ctx context.Context, _, _ int) (int, error) { <-ctx.Done(); return 0, ctx.Err() }
	for name, c := range map[string]struct {
		answer  func(context.Context, int, int) (int, error)
		alone   int
		others  int // of each process
		signIns int // besides
	}{
		"it fails":             {answer: fail, others: 20, signIns: 5},
		"it hangs":             {answer: hang, others: 20, signIns: 5},
		"a share as told":      {answer: fail, alone: 50, others: 40, signIns: 10},
		"no share":             {answer: fail, alone: -1, others: 80, signIns: 20},
		"more than the limit":  {answer: fail, alone: 1000, others: 80, signIns: 20},
		"it panics, all alone": {answer: func(context.Context, int, int) (int, error) { panic("in the application's code") }, others: 20, signIns: 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inLimitedFleet(t, func(o *core.Options) { o.BackendLimit.Alone = c.alone }, func(t *testing.T, f *limitedFleet) { //nolint:thelper // It is the test.
				f.shared.answers(c.answer)
				begin := time.Now()
				for i, p := range f.processes {
					if passed := p.machines(t, 200); passed != c.others {
						t.Errorf("process %d: %d machine tokens pass, want %d", i, passed, c.others)
					}
					if asked := p.nonces(t, 200); asked != c.signIns {
						t.Errorf("process %d: %d nonces are asked about besides, want %d", i, asked, c.signIns)
					}
					if s := p.clerk.Stats(); s.Backend.Alone != uint64(c.others+c.signIns) || !s.Shared.Away {
						t.Errorf("process %d: counted %+v, %+v", i, s.Backend, s.Shared)
					}
					if !strings.Contains(p.log.String(), "cannot be had in time") {
						t.Errorf("process %d: told\n%s", i, p.log)
					}
				}
				if took := time.Since(begin); took > 3*3*5*time.Millisecond {
					t.Errorf("it took %v in all", took)
				}
				f.shared.answers(nil)
				time.Sleep(12 * time.Second)
				if passed := f.turns(t, 300); passed < 75 || passed > 80 {
					t.Errorf("afterwards %d pass, want 80", passed)
				}
				time.Sleep(time.Second) // Until what hangs has ended.
			})
		})
	}
}

// TestAFleetThatTalksNonsense neither stops a process for good nor lets it go beyond the limit.
func TestAFleetThatTalksNonsense(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]int{"nothing left": -1, "less than that": math.MinInt, "too much": math.MaxInt, "more each time": 100, "always the same": 7} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inLimitedFleet(t, nil, func(t *testing.T, f *limitedFleet) { //nolint:thelper // It is the test.
				f.shared.answers(func(context.Context, int, int) (int, error) { return left, nil })
				if passed := f.machines(t, 200); passed > 80 || left >= 0 && passed != 80 {
					t.Errorf("%d pass", passed)
				}
				if s := f.clerk.Stats().Backend; s.Left < 0 || s.Left > 100 {
					t.Errorf("counted %+v", s)
				}
				f.shared.answers(nil)
				time.Sleep(11 * time.Second)
				if passed := f.machines(t, 100); passed != 80 {
					t.Errorf("afterwards %d pass", passed)
				}
			})
		})
	}
}

// TestFleetsOfOtherKeysHaveTheirOwnLimit.
func TestFleetsOfOtherKeysHaveTheirOwnLimit(t *testing.T) {
	t.Parallel()
	shared := new(budgetFleet)
	one, two := plain(newServer(t, false)), plain(newServer(t, false))
	two.SecretKey = "sk_test_" + strings.Repeat("another", 6)
	synctest.Test(t, func(t *testing.T) {
		for _, o := range []core.Options{one, two} {
			w := &limitedWorld{backend: &busyClerk{}}
			o.APIURL, o.HTTPClient, o.Now, o.Shared = "https://api.clerk.example", &http.Client{Transport: w.backend}, time.Now, shared
			o.CallBudget, o.Revocations.Off = core.CallBudget{Rate: -1, AddressRate: -1}, true
			w.clerk = newClerk(t, o)
			if passed := w.machines(t, 100); passed != 80 {
				t.Errorf("%d pass, want 80", passed)
			}
		}
	})
}

// TestSharedTimeout is how long a request waits for its fleet.
func TestSharedTimeout(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]time.Duration{
		0: 5 * time.Millisecond, time.Millisecond: time.Millisecond, 20 * time.Millisecond: 20 * time.Millisecond, 100 * time.Millisecond: 100 * time.Millisecond,
	} {
		inLimitedFleet(t, func(o *core.Options) { o.SharedTimeout = wait }, func(t *testing.T, f *limitedFleet) { //nolint:thelper // It is the test.
			for i, takes := range []time.Duration{want - 1, want + 1} {
				f.shared.answers(func(_ context.Context, n, limit int) (int, error) {
					time.Sleep(takes)
					return limit - n, nil
				})
				p, begin := f.processes[i], time.Now()
				p.machines(t, 1)
				took, s := time.Since(begin), p.clerk.Stats()
				if late := takes > want; took != min(takes, want) || (s.Shared.Failed == 1) != late || (s.Backend.Alone == 1) != late {
					t.Errorf("%v, and the fleet takes %v: waited %v, counted %+v, %+v", wait, takes, took, s.Shared, s.Backend)
				}
			}
			time.Sleep(time.Second)
		})
	}
	for _, wait := range []time.Duration{-1, 101 * time.Millisecond} {
		o := plain(newServer(t, true))
		o.SharedTimeout = wait
		if _, err := core.New(o); err == nil || !strings.Contains(err.Error(), "Options.SharedTimeout") {
			t.Errorf("%v: got %v", wait, err)
		}
	}
}
