package core_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// throughOutage runs f in a bubble, with an application that has served somebody, while an
// API of Clerk's answers 500 from the tenth to the twentieth minute.
func throughOutage(t *testing.T, on surface, f func(t *testing.T, s *simulation, end time.Time)) {
	t.Helper()
	t.Parallel()
	server := clerktest.New(t, clerktest.Config{Production: true, TokenLifetime: time.Minute})
	synctest.Test(t, func(t *testing.T) {
		s := newSimulation(t, 1, server)
		from, to := s.start.Add(10*time.Minute), s.start.Add(20*time.Minute)
		s.clerk.windows = []window{{on, from, to, status500}}
		for _, name := range []string{"guarded page, valid session", "guarded page, no session in a signed-in browser"} {
			s.wantAll(name, 1, kindNamed(name).right)
		}
		time.Sleep(time.Until(from.Add(time.Second)))
		f(t, s, to)
		time.Sleep(time.Minute) // for the last probes to end
	})
}

func kindNamed(name string) *queryKind {
	return kinds[slices.IndexFunc(kinds, func(k *queryKind) bool { return k.name == name })]
}

// wantAll makes requests of a kind at the same time.
func (s *simulation) wantAll(name string, n int, want string) {
	s.t.Helper()
	kind := kindNamed(name)
	var wg sync.WaitGroup
	replies := make([]*reply, n)
	for i := range replies {
		a := kind.make(s)
		wg.Go(func() { replies[i] = s.ask(a) })
	}
	wg.Wait()
	for i, got := range replies {
		if got.word != want {
			s.t.Errorf("at %v, %s, %d of %d: got %s after %v, want %s", got.from.Sub(s.start), name, i+1, n, got.word, got.to.Sub(got.from), want)
		}
	}
}

// askingForCalls are kinds of requests of which each needs a call of the Backend API.
var askingForCalls = []string{"API key", "back from a handshake", "script, session expired", "current user"}

// TestACrowdAfterAnOutageIsServed: nobody came for ten minutes, then several at once.
func TestACrowdAfterAnOutageIsServed(t *testing.T) {
	for _, name := range askingForCalls {
		t.Run(name, func(t *testing.T) {
			throughOutage(t, backendAPI, func(_ *testing.T, s *simulation, end time.Time) {
				for range 5 {
					s.wantAll(name, 1, isBusy)
				}
				time.Sleep(time.Until(end.Add(10 * time.Minute)))
				s.wantAll(name, 5, isPage)
			})
		})
	}
	t.Run("the Frontend API", func(t *testing.T) {
		const name = "guarded page, no session in a signed-in browser"
		throughOutage(t, frontendAPI, func(_ *testing.T, s *simulation, end time.Time) {
			for range 5 {
				time.Sleep(probeInterval)
				s.wantAll(name, 1, isBusy)
			}
			time.Sleep(time.Until(end.Add(10 * time.Minute)))
			s.wantAll(name, 5, isHandshake)
		})
	})
}

// TestRecoveryTakesNoLongerThanAnInterval: the last probe failed just before the end of
// the outage, and nobody came since.
func TestRecoveryTakesNoLongerThanAnInterval(t *testing.T) {
	for _, name := range askingForCalls {
		t.Run(name, func(t *testing.T) {
			throughOutage(t, backendAPI, func(_ *testing.T, s *simulation, end time.Time) {
				for time.Now().Before(end.Add(-time.Second)) {
					s.wantAll(name, 1, isBusy)
					time.Sleep(time.Second)
				}
				time.Sleep(time.Until(end.Add(probeInterval + aMoment)))
				s.wantAll(name, 1, isPage)
			})
		})
	}
	t.Run("the Frontend API", func(t *testing.T) {
		const name = "guarded page, no session in a signed-in browser"
		throughOutage(t, frontendAPI, func(_ *testing.T, s *simulation, end time.Time) {
			time.Sleep(probeInterval)
			for time.Now().Before(end.Add(-time.Second)) {
				s.wantAll(name, 1, isBusy)
				time.Sleep(time.Second)
			}
			time.Sleep(time.Until(end.Add(probeInterval + aMoment)))
			s.wantAll(name, 1, isHandshake)
		})
	})
}

// TestFewRequestsCauseNoMoreCallsThanInCalmTimes: they come so seldom that no failures
// of theirs add up.
func TestFewRequestsCauseNoMoreCallsThanInCalmTimes(t *testing.T) {
	for _, name := range askingForCalls {
		t.Run(name, func(t *testing.T) {
			throughOutage(t, backendAPI, func(t *testing.T, s *simulation, end time.Time) { //nolint:thelper // It is the test.
				s.wantAll(name, 1, isBusy) // may be tried again
				n := 0
				before := len(s.clerk.callsSince(0))
				for time.Now().Before(end.Add(-time.Minute)) {
					time.Sleep(45 * time.Second)
					s.wantAll(name, 1, isBusy)
					n++
				}
				calls := 0
				for _, c := range s.clerk.callsSince(before) {
					if c.path != "/v1/jwks" {
						calls++
					}
				}
				if calls > n {
					t.Errorf("%d requests cause %d calls", n, calls)
				}
			})
		})
	}
}

// TestTheProbeIsTheOnlyOneToAskForKeys: they are old, and those who have a session come
// twice a second.
func TestTheProbeIsTheOnlyOneToAskForKeys(t *testing.T) {
	throughOutage(t, backendAPI, func(t *testing.T, s *simulation, end time.Time) { //nolint:thelper // It is the test.
		for time.Now().Before(end.Add(-time.Second)) {
			s.wantAll("guarded page, valid session", 1, isPage)
			time.Sleep(time.Second / 2)
		}
		known := s.start.Add(11 * time.Minute)
		keys, probes := 0, 0
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range s.made {
			switch {
			case c.at.Before(known) || c.at.After(end) || c.Outcome == "refused":
			case c.Kind == "keys":
				keys++
			case c.Kind == "probe":
				probes++
			}
		}
		if most := int(end.Sub(known)/(probeInterval*5/8)) + 1; keys > 0 || probes == 0 || probes > most {
			t.Errorf("got %d fetches of the keys and %d probes, want none and %d at most", keys, probes, most)
		}
	})
}

// TestAFrontendAPIThatNeverAnsweredIsDownWithTheBackendAPI, for those also who come so
// seldom that what is known of either is old.
func TestAFrontendAPIThatNeverAnsweredIsDownWithTheBackendAPI(t *testing.T) {
	t.Parallel()
	server := clerktest.New(t, clerktest.Config{Production: true, TokenLifetime: time.Minute})
	synctest.Test(t, func(t *testing.T) {
		s := newSimulation(t, 1, server)
		s.wantAll("guarded page, valid session", 1, isPage)
		from, to := s.start.Add(10*time.Minute), s.start.Add(20*time.Minute)
		s.clerk.windows = []window{{backendAPI, from, to, status500}, {frontendAPI, from, to, status500}}
		time.Sleep(time.Until(from.Add(time.Second)))
		for time.Now().Before(to.Add(-time.Minute)) {
			s.wantAll("guarded page, no session in a signed-in browser", 1, isBusy)
			time.Sleep(30 * time.Second)
		}
		time.Sleep(time.Minute) // for the last probes to end
	})
}

// TestRecoveryFromAKindOfCallThatHangsAlone: the last call hangs as it ends.
func TestRecoveryFromAKindOfCallThatHangsAlone(t *testing.T) {
	t.Parallel()
	server := clerktest.New(t, clerktest.Config{Production: true, TokenLifetime: time.Minute})
	synctest.Test(t, func(t *testing.T) {
		s := newSimulation(t, 1, server)
		s.wantAll("guarded page, valid session", 1, isPage)
		from := s.start.Add(10 * time.Minute)
		time.Sleep(time.Until(from.Add(time.Second)))
		for n := range 20 {
			// Each time it ends somewhat later.
			end := from.Add(time.Minute + time.Duration(n)*250*time.Millisecond)
			s.clerk.set(window{backendAPI, from, end, renewalHangs})
			for time.Now().Before(end) {
				s.wantAll("back from a handshake", 1, isBusy)
				time.Sleep(100 * time.Millisecond)
			}
			time.Sleep(time.Until(end.Add(probeInterval + aMoment)))
			s.wantAll("back from a handshake", 1, isPage)
			from = time.Now()
		}
		time.Sleep(time.Minute) // for the last probes to end
	})
}
