package users_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/sharedtest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/internal/fleet"
	"github.com/clerkgo/clerkgo/core/internal/users"
)

const maxAge = time.Minute

func newCache(change ...func(*users.Config)) *users.Cache {
	c := users.Config{MaxAge: maxAge, Max: 100, Now: time.Now, Timeout: time.Second}
	for _, f := range change {
		f(&c)
	}
	return users.New(c)
}

// newFleet returns caches of processes that share something. Each is current.
func newFleet(t *testing.T, n int, shared core.Shared, change ...func(*users.Config)) []*users.Cache {
	t.Helper()
	caches := make([]*users.Cache, n)
	for i := range caches {
		f, err := fleet.New(fleet.Config{
			Shared: shared, Secret: "sk_test_invented", Instance: "https://api.clerk.test/v1", Now: time.Now,
			Redact: func(s string) string { return s }, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		caches[i] = newCache(append([]func(*users.Config){func(c *users.Config) { c.Fleet = f }}, change...)...)
		shared.Subscribe(caches[i].Topic(), caches[i])
	}
	synctest.Wait()
	return caches
}

// says is an answer of Clerk's.
func says(text string) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return []byte(text), nil }
}

func find(t *testing.T, c *users.Cache, id string, ask func(context.Context) ([]byte, error), want string) {
	t.Helper()
	if got, err := c.Find(t.Context(), id, ask); err != nil || string(got) != want {
		t.Errorf("%s: got %.40q, %v, want %.40q", id, got, err, want)
	}
}

// TestUsersAreNotServedBeyondTheirAge, which counts from before the question, whatever Clerk answers and
// wherever the clock goes.
func TestUsersAreNotServedBeyondTheirAge(t *testing.T) {
	t.Parallel()
	down := func(context.Context) ([]byte, error) { return nil, errors.New("connection refused") }
	for name, tt := range map[string]struct {
		asking, later time.Duration
		kept          bool
	}{
		"at once":                    {kept: true},
		"at the end":                 {later: maxAge - 1, kept: true},
		"too old":                    {later: maxAge},
		"the answer took its time":   {asking: time.Second - 1, later: maxAge - time.Second, kept: true},
		"and the age began before":   {asking: time.Second - 1, later: maxAge - time.Second + 1},
		"the clock was set back":     {later: -1},
		"the clock was set far back": {later: -time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var set time.Duration
				c := newCache(func(c *users.Config) { c.Now = func() time.Time { return time.Now().Add(set) } })
				find(t, c, "user_a", func(context.Context) ([]byte, error) { time.Sleep(tt.asking); return []byte("ada"), nil }, "ada")
				set = tt.later
				got, err := c.Find(t.Context(), "user_a", down)
				if (err == nil) != tt.kept || tt.kept && string(got) != "ada" {
					t.Errorf("got %q, %v, kept: %t", got, err, tt.kept)
				}
			})
		})
	}
}

// TestTheFleetMakesNobodyOlder: what another process asked for has the age that it has there, and where
// clocks differ none that lasts longer.
func TestTheFleetMakesNobodyOlder(t *testing.T) {
	t.Parallel()
	for _, apart := range []time.Duration{0, 20 * time.Second, -20 * time.Second, time.Hour, -time.Hour} {
		t.Run(apart.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				shared := new(sharedtest.Fleet)
				first := newFleet(t, 1, shared)[0]
				second := newFleet(t, 1, shared, func(c *users.Config) { c.Now = func() time.Time { return time.Now().Add(apart) } })[0]
				find(t, first, "user_a", says("old"), "old")
				time.Sleep(10 * time.Second)
				for time.Since(began) < 3*time.Minute {
					got, err := second.Find(t.Context(), "user_a", says("new"))
					if err != nil {
						t.Fatal(err)
					}
					// By its own clock the second one may believe it a minute from when it has it.
					if age := time.Since(began); string(got) == "old" && age > 10*time.Second+maxAge {
						t.Fatalf("served after %v", age)
					}
					time.Sleep(time.Second)
				}
				if shared := second.Stats().Shared > 0; shared != (apart < maxAge) {
					t.Errorf("got what the first one asked for: %t", shared)
				}
			})
		})
	}
}

// TestQuestionsAreShared, each with a deadline of its own, and failures are not remembered.
func TestQuestionsAreShared(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ask   func(ctx context.Context) ([]byte, error)
		fails bool
		took  time.Duration
	}{
		"an answer": {ask: func(context.Context) ([]byte, error) { time.Sleep(100 * time.Millisecond); return []byte("ada"), nil }, took: 100 * time.Millisecond},
		"a failure": {ask: func(context.Context) ([]byte, error) {
			time.Sleep(100 * time.Millisecond)
			return nil, errors.New("no")
		}, fails: true, took: 100 * time.Millisecond},
		"no answer":  {ask: func(ctx context.Context) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }, fails: true, took: time.Second},
		"a panic":    {ask: func(context.Context) ([]byte, error) { panic("of the transport") }, fails: true},
		"no user":    {ask: func(context.Context) ([]byte, error) { return nil, nil }, fails: true}, // It is asked again.
		"it is over": {ask: func(context.Context) ([]byte, error) { return []byte("ada"), nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newCache()
				var asked atomic.Int32
				ask := func(ctx context.Context) ([]byte, error) { asked.Add(1); return tt.ask(ctx) }
				gaveUp, cancel := context.WithCancel(t.Context())
				began := time.Now()
				var all sync.WaitGroup
				for i := range 20 {
					ctx := t.Context()
					if i == 0 {
						ctx = gaveUp
					}
					all.Go(func() {
						got, err := c.Find(ctx, "user_a", ask)
						switch {
						case i == 0 && tt.took > 0 && !errors.Is(err, context.Canceled):
							t.Errorf("who gave up: got %v", err)
						case i > 0 && time.Since(began) != tt.took:
							t.Errorf("waited %v, want %v", time.Since(began), tt.took)
						case i > 0 && (err != nil || got == nil) != tt.fails:
							t.Errorf("got %q, %v", got, err)
						}
					})
				}
				if tt.took > 0 {
					synctest.Wait()
					cancel() // Nobody else is failed by it.
				}
				all.Wait()
				cancel()
				if n := asked.Load(); n != 1 && tt.took > 0 {
					t.Errorf("asked %d times", n)
				}
				before := asked.Load()
				_, _ = c.Find(t.Context(), "user_a", ask)
				if again := asked.Load() > before; again != tt.fails {
					t.Errorf("asked again: %t, want %t", again, tt.fails)
				}
			})
		})
	}
}

// TestCachesAreBounded in number and in bytes; who was asked for first goes first, and who is too large is
// not kept at all.
func TestCachesAreBounded(t *testing.T) {
	t.Parallel()
	const largest = 64 << 10
	for name, tt := range map[string]struct {
		most, n, size, kept int
	}{
		"number":    {most: 10, n: 25, size: 10, kept: 10},
		"bytes":     {most: 10_000, n: 1100, size: largest, kept: 1024}, // 64 MiB
		"too large": {most: 10, n: 5, size: largest + 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCache(func(c *users.Config) { c.Max = tt.most })
			body := bytes.Repeat([]byte("a"), tt.size)
			asked := 0
			ask := func(context.Context) ([]byte, error) { asked++; return body, nil }
			for i := range tt.n {
				find(t, c, strconv.Itoa(i), ask, string(body))
			}
			if got := c.Stats().Entries; got != tt.kept || asked != tt.n {
				t.Errorf("got %d entries after %d questions, want %d", got, asked, tt.kept)
			}
			asked = 0
			for i := tt.n - tt.kept; i < tt.n; i++ { // The last ones are there.
				find(t, c, strconv.Itoa(i), ask, string(body))
			}
			if asked != 0 {
				t.Errorf("%d of the last ones are gone", asked)
			}
			find(t, c, "0", ask, string(body))
			if asked != 1 {
				t.Error("the first one is kept")
			}
			if err := c.Changed(t.Context(), ""); err != nil || c.Stats().Entries != 0 {
				t.Errorf("everybody has changed: %v, %+v", err, c.Stats())
			}
		})
	}
}

// TestNobodyGetsWhatWasBeforeAChange: changes race with questions, in one process and in three that share
// what they know. Whoever asks after a change is known gets a user who is no older than it.
func TestNobodyGetsWhatWasBeforeAChange(t *testing.T) {
	t.Parallel()
	for processes := 1; processes <= 3; processes++ {
		for seed := range uint64(30) {
			t.Run(fmt.Sprintf("%d processes, seed %d", processes, seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { race(t, processes, seed) })
			})
		}
	}
}

func race(t *testing.T, processes int, seed uint64) {
	t.Helper()
	var caches []*users.Cache
	if processes == 1 {
		caches = []*users.Cache{newCache()}
	} else {
		caches = newFleet(t, processes, new(sharedtest.Fleet))
	}
	const people = 3
	var (
		atClerk, known [people]atomic.Int64 // versions
		all            sync.WaitGroup
		served, kept   atomic.Int32
	)
	rng := rand.New(rand.NewPCG(seed, uint64(processes)))
	for range 400 {
		who, cache := rng.IntN(people), caches[rng.IntN(processes)]
		id := "user_" + strconv.Itoa(who)
		before, after := time.Duration(rng.IntN(30))*time.Millisecond, time.Duration(rng.IntN(30))*time.Millisecond
		everybody := rng.IntN(40) == 0
		if rng.IntN(4) == 0 {
			all.Go(func() {
				versions := make([]int64, people)
				for i := range versions {
					versions[i] = atClerk[i].Load()
				}
				versions[who] = atClerk[who].Add(1)
				time.Sleep(before) // The webhook is on its way.
				if everybody {
					id = ""
				}
				if err := cache.Changed(t.Context(), id); err != nil {
					t.Error(err)
				}
				for i := range versions {
					if i != who && !everybody {
						continue
					}
					for v := known[i].Load(); versions[i] > v && !known[i].CompareAndSwap(v, versions[i]); v = known[i].Load() {
					}
				}
			})
		} else {
			all.Go(func() {
				least := known[who].Load()
				asked := false
				got, err := cache.Find(t.Context(), id, func(context.Context) ([]byte, error) {
					asked = true
					time.Sleep(before)
					v := atClerk[who].Load()
					time.Sleep(after)
					return []byte(strconv.FormatInt(v, 10)), nil
				})
				v, bad := strconv.ParseInt(string(got), 10, 64)
				if err != nil || bad != nil || v < least {
					t.Errorf("user %d: got version %q (%v), and version %d was known to be there", who, got, err, least)
				}
				served.Add(1)
				if !asked {
					kept.Add(1)
				}
			})
		}
		time.Sleep(time.Duration(rng.IntN(10)) * time.Millisecond)
	}
	all.Wait()
	if kept.Load() == 0 || kept.Load() == served.Load() {
		t.Errorf("%d of %d were not asked for: nothing is shown", kept.Load(), served.Load())
	}
	time.Sleep(time.Second) // Until the fleet was told of everybody.
}

// TestManyChangesLeaveTheFleetAside: what cannot be told apart any more is asked for.
func TestManyChangesLeaveTheFleetAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		caches := newFleet(t, 2, new(sharedtest.Fleet))
		for range 65 {
			if err := caches[0].Changed(t.Context(), "user_a"); err != nil {
				t.Fatal(err)
			}
		}
		find(t, caches[0], "user_a", says("1"), "1")
		find(t, caches[0], "user_b", says("1"), "1")
		time.Sleep(time.Second)
		find(t, caches[1], "user_a", says("2"), "2") // Its own answer.
		find(t, caches[1], "user_b", says("2"), "1")
		if got := caches[1].Stats(); got.Asked != 1 || got.Shared != 1 || got.Changed != 65 {
			t.Errorf("got %+v", got)
		}
		time.Sleep(3 * maxAge) // The changes are forgotten.
		find(t, caches[0], "user_a", says("3"), "3")
		time.Sleep(time.Second)
		find(t, caches[1], "user_a", says("4"), "3")
	})
}
