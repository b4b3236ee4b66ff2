package core_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/core"
)

// tooOften answers calls whose path holds a text with 429.
func tooOften(part, seconds string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		if !strings.Contains(r.URL.Path, part) {
			return nil, nil
		}
		return limited(seconds)(r)
	}
}

// paths are for each kind of call a part of its path.
var paths = map[string]string{"user": "/users/", "machine": "/oauth_applications/", "nonce": "/handshake_payload"}

// cause makes a process call Clerk, and reports whether it does.
func (w *limitedWorld) cause(t *testing.T, kind string) (called bool) {
	t.Helper()
	before := w.backend.calls.Load()
	switch kind {
	case "machine":
		checkOAuth(t.Context(), t, w.clerk, bearer("oat_good"))
	case "nonce":
		w.clerk.Authenticate(t.Context(), redeem("nonce", "203.0.113.9:1"))
	case "application":
		_, err := w.clerk.Client().Users().Get(t.Context(), "user_eve")
		var failure *core.BackendError
		if called := w.backend.calls.Load() != before; !called && (!errors.As(err, &failure) || failure.RetryAfter <= 0) {
			t.Errorf("the application is told %v", err)
		}
	case "user":
		if _, err := attach(t, w.clerk, get("/", "Authorization", "Bearer "+w.token)).CurrentUser(t.Context()); err != nil && !errors.Is(err, core.ErrUnavailable) {
			t.Errorf("the user: got %v", err)
		}
	}
	synctest.Wait() // Until the fleet knows.
	return w.backend.calls.Load() != before
}

// TestTooManyRequestsAreObeyedByTheFleet: what Clerk answers one process counts for all of them and
// for those that begin later, for as long as it says, whoever signs in last.
func TestTooManyRequestsAreObeyedByTheFleet(t *testing.T) {
	t.Parallel()
	for told, calls := range map[string]map[string]bool{ // which kinds are called then
		"user":        {"user": false, "machine": false, "application": false, "nonce": true},
		"machine":     {"user": false, "machine": false, "application": false, "nonce": true},
		"nonce":       {"user": false, "machine": false, "application": false, "nonce": false},
		"application": {"user": true, "machine": true, "application": true, "nonce": true},
	} {
		t.Run(told, func(t *testing.T) {
			t.Parallel()
			inLimitedFleet(t, nil, func(t *testing.T, f *limitedFleet) { //nolint:thelper // It is the test.
				for _, p := range f.processes {
					for kind := range calls {
						if !p.cause(t, kind) {
							t.Fatalf("%s: no call is made as usual", kind)
						}
					}
				}
				part := paths[told]
				if part == "" {
					part = paths["user"]
				}
				f.backend.answers(tooOften(part, "20"))
				f.cause(t, told)
				f.backend.answers(nil)
				f.add(t)
				for i, p := range f.processes {
					for kind, want := range calls {
						if got := p.cause(t, kind); got != want {
							t.Errorf("process %d, %s: calls Clerk %v, want %v", i, kind, got, want)
						}
					}
					held := told != "application"
					s := p.clerk.Stats()
					if until := s.Backend.HeldUntil; until.IsZero() == held || held && time.Until(until) != 20*time.Second {
						t.Errorf("process %d: held until %v", i, until)
					}
					if (s.Backend.Told != 0) != (held && i == 0) || (s.Backend.Heard != 0) != held || s.Shared.Rejected != 0 {
						t.Errorf("process %d: counted %+v", i, s.Backend)
					}
					if strings.Contains(p.log.String(), "429") != held {
						t.Errorf("process %d: told\n%s", i, p.log)
					}
				}
				time.Sleep(20 * time.Second)
				for i, p := range f.processes {
					for kind := range calls {
						if !p.cause(t, kind) {
							t.Errorf("process %d, %s: no call is made afterwards", i, kind)
						}
					}
					if until := p.clerk.Stats().Backend.HeldUntil; !until.IsZero() {
						t.Errorf("process %d: held until %v afterwards", i, until)
					}
				}
			})
		})
	}
}

// TestNobodyIsHeldForLong: by Clerk, or by a fleet whose clocks differ.
func TestNobodyIsHeldForLong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change     func(*core.Options) // of the process that hears
		seconds    string
		first, own time.Duration // how long it holds the one that is told, and the one that hears
	}{
		"an hour":                     {seconds: "3600", first: time.Minute, own: time.Minute},
		"this process allows less":    {change: func(o *core.Options) { o.Outage.MaxRetryAfter = 10 * time.Second }, seconds: "40", first: 40 * time.Second, own: 10 * time.Second},
		"this process does not obey":  {change: func(o *core.Options) { o.Outage.MaxRetryAfter = -1 }, seconds: "40", first: 40 * time.Second},
		"its clock is behind":         {change: clockBy(-time.Hour), seconds: "40", first: 40 * time.Second, own: 40 * time.Second},
		"its clock is somewhat ahead": {change: clockBy(10 * time.Second), seconds: "40", first: 40 * time.Second, own: 30 * time.Second},
		"its clock is far ahead":      {change: clockBy(time.Hour), seconds: "40", first: 40 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inLimitedFleet(t, nil, func(t *testing.T, f *limitedFleet) { //nolint:thelper // It is the test.
				if c.change != nil {
					c.change(&f.options)
				}
				f.processes = nil
				hears := f.add(t)
				f.backend.answers(tooOften(paths["machine"], c.seconds))
				f.cause(t, "machine")
				for p, want := range map[*limitedWorld]time.Duration{f.limitedWorld: c.first, hears: c.own} {
					if got := max(time.Until(p.clerk.Stats().Backend.HeldUntil), 0); got != want {
						t.Errorf("held for %v, want %v", got, want)
					}
				}
			})
		})
	}
}

func clockBy(d time.Duration) func(*core.Options) {
	return func(o *core.Options) {
		now := o.Now
		o.Now = func() time.Time { return now().Add(d) }
	}
}

// noisyFleet remembers what is published.
type noisyFleet struct {
	*budgetFleet

	mu       sync.Mutex
	topics   []string
	messages [][]byte
	cut      bool
}

func (f *noisyFleet) Publish(ctx context.Context, topic string, message []byte, ttl time.Duration) error {
	f.mu.Lock()
	cut := f.cut
	f.topics, f.messages = append(f.topics, topic), append(f.messages, bytes.Clone(message))
	f.mu.Unlock()
	if cut {
		return errors.New("no connection")
	}
	return f.budgetFleet.Publish(ctx, topic, message, ttl)
}

// TestForgedWaitsAreIgnored: who can write to what the fleet shares stops no calls.
func TestForgedWaitsAreIgnored(t *testing.T) {
	t.Parallel()
	inLimitedFleet(t, nil, func(t *testing.T, f *limitedFleet) { //nolint:thelper // It is the test.
		noisy := &noisyFleet{budgetFleet: f.shared}
		f.options.Shared = noisy
		teller := f.add(t)
		f.backend.answers(tooOften(paths["machine"], "20"))
		teller.cause(t, "machine")
		f.backend.answers(nil)
		if len(noisy.messages) != 1 {
			t.Fatalf("%d messages", len(noisy.messages))
		}
		topic, genuine := noisy.topics[0], noisy.messages[0]
		time.Sleep(21 * time.Second)
		changed := func(at int) []byte { b := bytes.Clone(genuine); b[at] ^= 1; return b }
		forged := [][]byte{nil, []byte("wait"), genuine[:len(genuine)-1], append(bytes.Clone(genuine), 0), bytes.Repeat([]byte("x"), 4096)}
		for at := range genuine {
			forged = append(forged, changed(at))
		}
		before := f.clerk.Stats()
		for _, message := range append(forged, genuine) { // What has expired does not count either.
			if err := f.shared.Publish(t.Context(), topic, message, time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		late := f.add(t) // It is delivered all of them.
		synctest.Wait()
		for what, p := range map[string]*limitedWorld{"a process": f.limitedWorld, "a later one": late} {
			s := p.clerk.Stats()
			if got := s.Shared.Rejected; got != uint64(len(forged)) || !s.Backend.HeldUntil.IsZero() || !p.cause(t, "machine") {
				t.Errorf("%s: rejected %d of %d, counted %+v", what, got, len(forged), s.Backend)
			}
			if strings.Count(p.log.String(), "not believed") != 1 {
				t.Errorf("%s: told\n%s", what, p.log)
			}
		}
		if heard := f.clerk.Stats().Backend.Heard; heard != before.Backend.Heard {
			t.Errorf("heard %d times more", heard-before.Backend.Heard)
		}
	})
}

// TestAProcessObeysAlone where there is no fleet, or it cannot be told.
func TestAProcessObeysAlone(t *testing.T) {
	t.Parallel()
	for name, shared := range map[string]core.Shared{"alone": nil, "cut off": &noisyFleet{budgetFleet: new(budgetFleet), cut: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inLimit(t, true, func(o *core.Options) { o.Shared, o.Revocations.Off = shared, true }, func(t *testing.T, w *limitedWorld) { //nolint:thelper // It is the test.
				w.backend.answers(tooOften("/users/", "20"))
				w.cause(t, "user")
				w.backend.answers(nil)
				for kind, want := range map[string]bool{"user": false, "machine": false, "application": false, "nonce": true} {
					if got := w.cause(t, kind); got != want {
						t.Errorf("%s: calls Clerk %v, want %v", kind, got, want)
					}
				}
				if s := w.clerk.Stats().Backend; s.Told != 0 || s.HeldUntil.IsZero() {
					t.Errorf("counted %+v", s)
				}
			})
		})
	}
}

// TestWithoutALimitTheApplicationsCallsAreMade whatever Clerk asks for, as they always were.
func TestWithoutALimitTheApplicationsCallsAreMade(t *testing.T) {
	t.Parallel()
	inLimit(t, true, func(o *core.Options) { o.BackendLimit.Calls = -1 }, func(t *testing.T, w *limitedWorld) { //nolint:thelper // It is the test.
		w.backend.answers(tooOften("/oauth", "20"))
		w.cause(t, "machine")
		if !w.cause(t, "application") || w.cause(t, "user") {
			t.Error("the application's calls are held back, or others are not")
		}
	})
}

// TestAnApplicationsLimitIsItsOwn: where its calls stop (Outage.Client), only they do, and only in
// the process that Clerk has answered.
func TestAnApplicationsLimitIsItsOwn(t *testing.T) {
	t.Parallel()
	inLimitedFleet(t, func(o *core.Options) { o.Outage.Client = true }, func(t *testing.T, f *limitedFleet) { //nolint:thelper // It is the test.
		f.backend.answers(tooOften(paths["user"], "20"))
		f.cause(t, "application")
		f.backend.answers(nil)
		for i, p := range f.processes {
			for kind, want := range map[string]bool{"user": true, "machine": true, "nonce": true, "application": i != 0} {
				if got := p.cause(t, kind); got != want {
					t.Errorf("process %d, %s: calls Clerk %v, want %v", i, kind, got, want)
				}
			}
			if s := p.clerk.Stats().Backend; s.Told != 0 || s.Heard != 0 || s.HeldUntil.IsZero() != (i != 0) {
				t.Errorf("process %d: counted %+v", i, s)
			}
		}
	})
}
