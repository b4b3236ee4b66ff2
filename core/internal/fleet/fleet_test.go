package fleet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/fleet"
	"github.com/clerkgo/clerkgo/core/internal/sealed"
)

// shared is what processes share, in memory, with faults.
type shared struct {
	mu       sync.Mutex
	entries  map[string][]byte
	messages [][]byte
	taken    int
	calls    atomic.Int32
	fault    func(ctx context.Context) error
}

// begin counts a call, and lets it fail.
func (s *shared) begin(ctx context.Context) error {
	s.calls.Add(1)
	s.mu.Lock()
	fault := s.fault
	s.mu.Unlock()
	if fault == nil {
		return nil
	}
	return fault(ctx)
}

func (s *shared) Get(ctx context.Context, key string) ([]byte, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.entries[key]), nil
}

func (s *shared) Set(ctx context.Context, key string, value []byte, _ time.Duration) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries[key] = bytes.Clone(value)
	return nil
}

func (s *shared) Delete(ctx context.Context, key string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entries, key)
	return nil
}

func (s *shared) Publish(ctx context.Context, _ string, message []byte, _ time.Duration) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, bytes.Clone(message))
	return nil
}

func (s *shared) Take(ctx context.Context, _ string, n, limit int, _ time.Duration) (int, error) {
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken+n > limit {
		return -1, nil
	}
	s.taken += n
	return limit - s.taken, nil
}

// world is a process of a fleet, and its surroundings.
type world struct {
	*fleet.Fleet

	log *bytes.Buffer
	now time.Time
}

func newWorld(t *testing.T, of *shared, change func(*fleet.Config)) *world {
	t.Helper()
	w := &world{log: new(bytes.Buffer), now: time.Unix(1795217577, 0)}
	c := fleet.Config{
		Shared: of, Secret: "sk_test_of_this_instance_and_no_other", Instance: "https://api.clerk.com/v1",
		Now:    func() time.Time { return w.now },
		Redact: func(s string) string { return strings.ReplaceAll(s, "password", "***") },
		Log:    slog.New(slog.NewTextHandler(w.log, nil)),
	}
	if change != nil {
		change(&c)
	}
	var err error
	if w.Fleet, err = fleet.New(c); err != nil {
		t.Fatal(err)
	}
	return w
}

func newShared() *shared { return &shared{entries: map[string][]byte{}} }

func (w *world) entry(content string) sealed.Entry {
	return sealed.Entry{At: w.now, Expires: w.now.Add(time.Minute), Content: []byte(content)}
}

func TestProcessesOfAnInstanceShareEntriesAndMessages(t *testing.T) {
	t.Parallel()
	of := newShared()
	one, two := newWorld(t, of, nil), newWorld(t, of, nil)
	other := newWorld(t, of, func(c *fleet.Config) { c.Secret = "sk_test_of_another" })
	if !one.Set(t.Context(), "verdict", "a", one.entry("yes")) || !one.Publish(t.Context(), "user", one.entry("user_1")) {
		t.Fatal("nothing was shared")
	}
	if e, ok := two.Get(t.Context(), "verdict", "a"); !ok || string(e.Content) != "yes" || !e.At.Equal(one.now) {
		t.Errorf("the other process reads %q, %v", e.Content, ok)
	}
	if _, ok := two.Get(t.Context(), "verdict", "b"); ok {
		t.Error("an entry stands under two names")
	}
	if e, ok := two.Open("user", of.messages[0]); !ok || string(e.Content) != "user_1" {
		t.Errorf("the other process is told %q, %v", e.Content, ok)
	}
	if _, ok := two.Open("session", of.messages[0]); ok {
		t.Error("a message counts as one of another kind")
	}
	if _, ok := other.Open("user", of.messages[0]); ok {
		t.Error("the message of another instance is believed")
	}
	if _, ok := other.Get(t.Context(), "verdict", "a"); ok {
		t.Error("another instance finds the entry")
	}
	two.now = one.now.Add(time.Minute)
	if _, ok := two.Open("user", of.messages[0]); ok {
		t.Error("an expired message is believed")
	}
	if _, ok := two.Get(t.Context(), "verdict", "a"); ok {
		t.Error("an expired entry is believed")
	}
	if !two.Delete(t.Context(), "verdict", "a") || len(of.entries) != 0 {
		t.Error("the entry was not forgotten")
	}
	if left, ok := one.Take(t.Context(), "calls", 3, 4, time.Second); !ok || left != 1 {
		t.Errorf("got %d, %v of the budget", left, ok)
	}
	if left, ok := two.Take(t.Context(), "calls", 3, 4, time.Second); !ok || left >= 0 {
		t.Errorf("got %d, %v over the budget", left, ok)
	}
	if s := two.Stats(); s.Rejected != 1 || s.Delivered != 1 || s.Taken != 1 || s.Failed != 0 || s.Skipped != 0 {
		t.Errorf("counted %+v", s)
	}
}

func TestOnlyWhatTheInstanceWroteIsBelieved(t *testing.T) {
	t.Parallel()
	of := newShared()
	w := newWorld(t, of, func(c *fleet.Config) { c.Wait = time.Minute }) // It is not about time.
	w.Set(t.Context(), "verdict", "a", w.entry("yes"))
	w.Set(t.Context(), "verdict", "b", w.entry("other"))
	keys := map[string]string{}
	for key, value := range of.entries {
		keys[map[bool]string{true: "a", false: "b"}[bytes.Contains(value, []byte("yes"))]] = key
	}
	good := bytes.Clone(of.entries[keys["a"]])
	for what, value := range map[string][]byte{
		"garbage": []byte("yes"), "one bit": append(bytes.Clone(good[:len(good)-1]), good[len(good)-1]^1),
		"cut off": good[:len(good)-1], "another's": of.entries[keys["b"]], "with more": append(bytes.Clone(good), 0),
	} {
		before := w.Stats().Rejected
		of.entries[keys["a"]] = value
		if e, ok := w.Get(t.Context(), "verdict", "a"); ok || w.Stats().Rejected != before+1 {
			t.Errorf("%s: read %q, %v, and %d rejected", what, e.Content, ok, w.Stats().Rejected-before)
		}
	}
	if lines := strings.Count(w.log.String(), "\n"); lines != 1 || !strings.Contains(w.log.String(), "WARN") {
		t.Errorf("it is told in %d lines, want one:\n%s", lines, w.log)
	}
}

func TestWhatIsHiddenIsShownToTheInstance(t *testing.T) {
	t.Parallel()
	one, two := newWorld(t, newShared(), nil), newWorld(t, newShared(), nil)
	other := newWorld(t, newShared(), func(c *fleet.Config) { c.Instance = "https://api.other.example/v1" })
	hidden := one.Hide("user", "user_1", []byte("private metadata"))
	if bytes.Contains(hidden, []byte("private")) {
		t.Errorf("it can be read: %q", hidden)
	}
	if shown, ok := two.Show(t.Context(), "user", "user_1", hidden); !ok || string(shown) != "private metadata" {
		t.Errorf("got %q, %v", shown, ok)
	}
	for what, show := range map[string]func() ([]byte, bool){
		"another user":     func() ([]byte, bool) { return two.Show(t.Context(), "user", "user_2", hidden) },
		"another instance": func() ([]byte, bool) { return other.Show(t.Context(), "user", "user_1", hidden) },
		"nothing":          func() ([]byte, bool) { return two.Show(t.Context(), "user", "user_1", nil) },
	} {
		if shown, ok := show(); ok {
			t.Errorf("%s is shown %q", what, shown)
		}
	}
}

// TestASlowFleetCostsRequestsLittle: three wait, each as long as one may, and the others not
// at all, until one a second finds out that it is over.
func TestASlowFleetCostsRequestsLittle(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for what, fault := range map[string]struct {
		fault func(context.Context) error
		each  time.Duration
	}{
		"frozen":            {hang, fleet.DefaultWait},
		"heeds no deadline": {func(context.Context) error { time.Sleep(time.Hour); return nil }, fleet.DefaultWait},
		"fails":             {func(context.Context) error { return errors.New("the password is wrong") }, 0},
		"panics":            {func(context.Context) error { panic("in the application's code") }, 0},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				of := newShared()
				w := newWorld(t, of, nil)
				of.fault = fault.fault
				begin := time.Now()
				for range 100 {
					if _, ok := w.Get(t.Context(), "verdict", "a"); ok {
						t.Fatal("it was read")
					}
				}
				if took := time.Since(begin); of.calls.Load() != 3 || took != 3*fault.each || !w.Away() {
					t.Errorf("%d calls took %v", of.calls.Load(), took)
				}
				if s := w.Stats(); s.Failed != 3 || s.Skipped != 97 || !s.Away {
					t.Errorf("counted %+v", s)
				}
				if log := w.log.String(); strings.Count(log, "WARN") != 1 || strings.Contains(log, "password") {
					t.Errorf("told:\n%s", log)
				}
				time.Sleep(2 * time.Second)
				for range 100 {
					w.Get(t.Context(), "verdict", "a")
				}
				if of.calls.Load() != 4 {
					t.Errorf("%d calls after a second, want one more", of.calls.Load()-3)
				}
				of.mu.Lock()
				of.fault = nil
				of.mu.Unlock()
				time.Sleep(2 * time.Second)
				if !w.Set(t.Context(), "verdict", "a", w.entry("yes")) || w.Away() {
					t.Error("it is not used again")
				}
				if !strings.Contains(w.log.String(), "again") {
					t.Errorf("told:\n%s", w.log)
				}
				time.Sleep(time.Hour) // Until what hangs has ended.
			})
		})
	}
}

// TestWhoGivesUpSaysNothing: clients that go away do not make the fleet count as away.
func TestWhoGivesUpSaysNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		of := newShared()
		w := newWorld(t, of, nil)
		of.fault = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			w.Get(ctx, "verdict", "a")
			cancel()
		}
		if s := w.Stats(); s.Failed != 0 || s.Away || w.log.Len() > 0 {
			t.Errorf("counted %+v, and told %s", s, w.log)
		}
	})
}

// TestWhoIsNotInAHurryWaitsLonger and asks whatever others have found.
func TestWhoIsNotInAHurryWaitsLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		of := newShared()
		w := newWorld(t, of, nil)
		of.fault = func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(100 * time.Millisecond):
				return nil
			}
		}
		for range 3 {
			w.Get(t.Context(), "verdict", "a")
		}
		if !w.Away() {
			t.Fatal("it is not away")
		}
		if !w.Publish(fleet.Unhurried(t.Context()), "user", w.entry("user_1")) {
			t.Error("the message was not published")
		}
		if w.Set(t.Context(), "verdict", "a", w.entry("yes")) {
			t.Error("who is in a hurry did not go by what others have found")
		}
	})
}

// TestCallsThatNeverReturnAreBounded: those in a hurry and those that are not.
func TestCallsThatNeverReturnAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		of := newShared()
		w := newWorld(t, of, nil)
		forever := make(chan struct{})
		of.fault = func(context.Context) error { <-forever; return nil }
		var all sync.WaitGroup
		for i := range 1000 {
			all.Go(func() { w.Set(fleet.Unhurried(t.Context()), "verdict", fmt.Sprint(i), w.entry("yes")) })
		}
		all.Wait()
		if of.calls.Load() > 256 {
			t.Errorf("%d calls hang", of.calls.Load())
		}
		close(forever)
		synctest.Wait()
		of.mu.Lock()
		of.fault = nil
		of.mu.Unlock()
		if !w.Set(fleet.Unhurried(t.Context()), "verdict", "a", w.entry("yes")) {
			t.Error("no call is made any more")
		}
	})
}

func TestWithoutAFleetNothingIsShared(t *testing.T) {
	t.Parallel()
	var none *fleet.Fleet
	e := sealed.Entry{Expires: time.Now().Add(time.Hour)}
	_, read := none.Get(t.Context(), "verdict", "a")
	_, taken := none.Take(t.Context(), "calls", 1, 2, time.Second)
	if read || taken || none.Set(t.Context(), "verdict", "a", e) || none.Delete(t.Context(), "verdict", "a") || none.Publish(t.Context(), "user", e) || none.Away() {
		t.Error("something was shared")
	}
	if s := none.Stats(); s != (fleet.Stats{}) {
		t.Errorf("counted %+v", s)
	}
}

func TestEntriesThatCannotLiveAreNotShared(t *testing.T) {
	t.Parallel()
	of := newShared()
	w := newWorld(t, of, nil)
	dead, large := w.entry("yes"), w.entry(strings.Repeat("x", sealed.MaxContent+1))
	dead.Expires = w.now
	for what, e := range map[string]sealed.Entry{"expired": dead, "too large": large} {
		if w.Set(t.Context(), "verdict", "a", e) || w.Publish(t.Context(), "user", e) || of.calls.Load() != 0 {
			t.Errorf("%s: it is shared", what)
		}
	}
	if keys := maps.Keys(of.entries); len(of.entries) != 0 {
		t.Errorf("there is %v", keys)
	}
}
