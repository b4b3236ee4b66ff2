package token_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/core/token"
)

// defaults changes nothing.
func defaults(*token.RemoteConfig) {}

var errRefused = errors.New("connection refused")

// TestRemoteDoesNotWaitLongForAServerThatHangs: who has a key to fall back on waits for half of a
// fetch, and nobody waits any more when one has failed.
func TestRemoteDoesNotWaitLongForAServerThatHangs(t *testing.T) {
	inBubbleWith(t, defaults, func(s store) {
		s.want("k1", "ok", answerTime, 1)
		s.set(func(s *server) { s.delay = time.Hour })
		time.Sleep(6 * time.Minute)
		s.want("k1", "ok", token.DefaultFetchTimeout/2, 2)
		s.want("k1", "ok", 0, 2)
		time.Sleep(token.DefaultFetchTimeout / 2)
		s.want("k1", "ok", 0, 2)
		s.want("x", "unavailable", 0, 2)
		time.Sleep(token.DefaultMinInterval)
		s.want("k1", "ok", 0, 3)
		s.want("x", "unavailable", token.DefaultFetchTimeout, 3)
	})
}

// TestRemoteAsksAHangingServerAgain: a connection that hangs does not keep the keys away when the
// server is back.
func TestRemoteAsksAHangingServerAgain(t *testing.T) {
	for _, begins := range []time.Duration{0, 300 * time.Millisecond, 900 * time.Millisecond} {
		t.Run(begins.String(), func(t *testing.T) {
			inBubbleWith(t, defaults, func(s store) {
				t := s.t
				const hole = 990 * time.Millisecond
				start := time.Now()
				s.set(func(s *server) { s.delay = time.Hour })
				time.AfterFunc(hole, func() { s.set(func(s *server) { s.delay = answerTime }) })
				time.Sleep(begins)
				var wg sync.WaitGroup
				var wrong atomic.Int32
				for range 100 {
					wg.Go(func() {
						if _, err := s.Key(t.Context(), withKID("k1")); err != nil {
							wrong.Add(1)
						}
					})
					time.Sleep(time.Millisecond)
				}
				wg.Wait()
				if took := time.Since(start); wrong.Load() > 0 || took > hole+begins+2*answerTime {
					t.Errorf("%d of 100 requests failed, the last answer came after %v", wrong.Load(), took)
				}
				if s.count() != 2 {
					t.Errorf("%d fetches, want 2", s.count())
				}
			})
		})
	}
}

// TestRemoteLeavesAFetchAloneThatHearsNoDeadline: transports of applications may be like that.
func TestRemoteLeavesAFetchAloneThatHearsNoDeadline(t *testing.T) {
	t.Parallel()
	us := jwk("k1", &ourKey().PublicKey, nil)
	synctest.Test(t, func(t *testing.T) {
		s := server{body: keySet(us), delay: time.Minute, deaf: true}
		r := token.NewRemote(token.RemoteConfig{Fetch: s.fetch})
		if _, err := r.Key(t.Context(), withKID("k1")); reason(err) != "unavailable" {
			t.Errorf("got %v, want unavailable", err)
		}
		s.set(func(s *server) { s.delay = answerTime })
		time.Sleep(time.Second)
		if _, err := r.Key(t.Context(), withKID("k1")); err != nil {
			t.Errorf("got %v, want a key", err)
		}
		time.Sleep(time.Minute)
	})
}

// TestRemoteTriesAgainWhereThereAreNoKeys: there alone, and not for longer than requests wait.
func TestRemoteTriesAgainWhereThereAreNoKeys(t *testing.T) {
	inBubbleWith(t, defaults, func(s store) {
		t := s.t
		s.set(func(s *server) { s.err, s.delay = errRefused, 0 })
		start := time.Now()
		time.AfterFunc(300*time.Millisecond, func() { s.set(func(s *server) { s.err = nil }) })
		if _, err := s.Key(t.Context(), withKID("k1")); err != nil {
			t.Errorf("got %v, want a key as soon as there is one", err)
		}
		if took := time.Since(start); took > 800*time.Millisecond || s.count() > token.DefaultAttempts {
			t.Errorf("it took %v and %d fetches", took, s.count())
		}
	})
}

func TestRemoteGivesUpInTime(t *testing.T) {
	inBubbleWith(t, defaults, func(s store) {
		t := s.t
		s.set(func(s *server) { s.err, s.delay = errRefused, 0 })
		start := time.Now()
		if _, err := s.Key(t.Context(), withKID("k1")); reason(err) != "unavailable" {
			t.Errorf("got %v, want unavailable", err)
		}
		if took := time.Since(start); took >= token.DefaultFetchTimeout {
			t.Errorf("it took %v, want less than %v", took, token.DefaultFetchTimeout)
		}
		first := s.count()
		time.Sleep(time.Second)
		s.want("k1", "unavailable", 0, first+1) // The outage is known: once.
	})
}

// TestRemoteAsksOnceAboutMadeUpKeyIDs, as in calm times.
func TestRemoteAsksOnceAboutMadeUpKeyIDs(t *testing.T) {
	for name, fault := range map[string]func(*server){
		"it fails at once": func(s *server) { s.err, s.delay = errRefused, 0 },
		"it hangs":         func(s *server) { s.delay = time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			inBubbleWith(t, defaults, func(s store) {
				t := s.t
				s.want("k1", "ok", answerTime, 1)
				s.set(fault)
				start := time.Now()
				for i := range 100 {
					if _, err := s.Key(t.Context(), withKID(fmt.Sprint("x", i))); reason(err) != "unavailable" {
						t.Fatalf("got %v, want that it could not be checked", err)
					}
				}
				if took := time.Since(start); took > token.DefaultFetchTimeout || s.count() != 2 {
					t.Errorf("it took %v and %d fetches, want one more than the first", took, s.count()-1)
				}
			})
		})
	}
}

// TestRemotePausesGrow: what is asked in an outage becomes less.
func TestRemotePausesGrow(t *testing.T) {
	for _, tt := range []struct {
		name        string
		known       bool
		least, most int // fetches in ten minutes
		minute      int // at most, in the first one
	}{
		{"with keys to go on with", true, 10 * 60 / 30, 5 + 10*60/15, 8},
		{"without", false, 10 * 60 / 6, 5 + 10*60*2/5, 26},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(s store) {
				t := s.t
				if tt.known {
					s.want("k1", "ok", answerTime, 1)
				}
				s.set(func(s *server) { s.err = errRefused })
				time.Sleep(5 * time.Minute)
				before := s.count()
				var asked []time.Time
				for seen := before; len(asked) < 1000 && time.Since(epochOf(asked)) < 10*time.Minute; time.Sleep(50 * time.Millisecond) {
					if _, err := s.Key(t.Context(), withKID("k1")); (err == nil) != tt.known {
						t.Fatal(err)
					}
					synctest.Wait()
					if n := s.count(); n > seen {
						asked, seen = append(asked, time.Now()), n
					}
				}
				if got := s.count() - before; got < tt.least || got > tt.most {
					t.Errorf("%d fetches in ten minutes, want %d to %d", got, tt.least, tt.most)
				}
				if got := inFirstMinute(asked); got > tt.minute {
					t.Errorf("%d fetches in the first minute, want %d at most", got, tt.minute)
				}
				if first, last := asked[1].Sub(asked[0]), asked[len(asked)-1].Sub(asked[len(asked)-2]); last <= first {
					t.Errorf("the first pause is %v, the last %v", first, last)
				}
			})
		})
	}
}

func inFirstMinute(times []time.Time) (n int) {
	for _, at := range times {
		if at.Sub(times[0]) < time.Minute {
			n++
		}
	}
	return n
}

// epochOf is when the first of these times was; now where there are none.
func epochOf(times []time.Time) time.Time {
	if len(times) == 0 {
		return time.Now()
	}
	return times[0]
}

func TestRemoteObeysRetryAfter(t *testing.T) {
	for _, tt := range []struct{ asked, obeyed time.Duration }{
		{20 * time.Second, 20 * time.Second},
		{time.Hour, time.Minute},
	} {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprint(tt.asked, known), func(t *testing.T) {
				inBubbleWith(t, func(cfg *token.RemoteConfig) {
					cfg.RetryAfter = func(err error) time.Duration {
						if errors.Is(err, errRefused) {
							return tt.asked
						}
						return 0
					}
				}, func(s store) {
					outcome, fetches := "unavailable", 1
					if known {
						s.want("k1", "ok", answerTime, 1)
						outcome, fetches = "ok", 2
					}
					s.set(func(s *server) { s.err = errRefused })
					time.Sleep(6 * time.Minute)
					s.want("k1", outcome, answerTime, fetches)
					time.Sleep(tt.obeyed - 1)
					s.want("k1", outcome, 0, fetches)
					s.set(func(s *server) { s.err, s.delay = nil, 0 })
					time.Sleep(time.Nanosecond)
					s.want("k1", "ok", 0, fetches+1)
				})
			})
		}
	}
}

// TestRemoteDoesNotTryAgainWhereThatWouldNotHelp.
func TestRemoteDoesNotTryAgainWhereThatWouldNotHelp(t *testing.T) {
	inBubbleWith(t, func(cfg *token.RemoteConfig) {
		cfg.RetryAfter = func(error) time.Duration { return -1 }
	}, func(s store) {
		s.set(func(s *server) { s.err = &token.Error{Reason: token.ReasonRemoteFailedToLoad, Unavailable: true} })
		s.want("k1", "jwk-remote-failed-to-load (unavailable)", answerTime, 1)
	})
}

func TestRemoteDoesNotTryAgainForAnEmptyKeySet(t *testing.T) {
	inBubbleWith(t, defaults, func(s store) {
		s.set(func(s *server) { s.body = `{"keys":[]}` })
		s.want("k1", "jwk-remote-failed-to-load (unavailable)", answerTime, 1)
	})
}

// TestRemoteServerThatIsKnownToBeDown: others have found out that it is.
func TestRemoteServerThatIsKnownToBeDown(t *testing.T) {
	var down atomic.Bool
	inBubbleWith(t, func(cfg *token.RemoteConfig) { cfg.Down = down.Load }, func(s store) {
		t := s.t
		down.Store(true)
		s.want("k1", "unavailable", 0, 0)
		if err := s.Ready(t.Context()); reason(err) != "unavailable" {
			t.Errorf("Ready without keys: got %v, want unavailable", err)
		}
		down.Store(false)
		s.want("k1", "ok", answerTime, 1)

		s.set(func(s *server) { s.delay = time.Hour })
		down.Store(true)
		time.Sleep(6 * time.Minute)
		s.want("k1", "ok", 0, 1)
		s.want("x", "unavailable", 0, 1)
		if err := s.Ready(t.Context()); err != nil {
			t.Errorf("Ready with old keys: %v", err)
		}

		// Not even for a fetch that began before that was known.
		down.Store(false)
		go func() { _, _ = s.Key(t.Context(), withKID("k1")) }()
		synctest.Wait()
		down.Store(true)
		s.want("k1", "ok", 0, 2)
		time.Sleep(token.DefaultFetchTimeout)

		// Nothing that failed before keeps it from being asked when it is back.
		down.Store(false)
		s.set(func(s *server) { s.err, s.delay = errRefused, 0 })
		s.want("k1", "ok", 0, 3)
		s.want("x", "unavailable", 0, 3)
		down.Store(true)
		s.want("x", "unavailable", 0, 3)
		down.Store(false)
		s.set(func(s *server) { s.err = nil })
		s.want("x", "jwk-kid-mismatch", 0, 4)
		time.Sleep(24 * time.Hour)
		down.Store(true)
		s.want("k1", "ok", 0, 4)
		time.Sleep(5 * time.Minute)
		s.want("k1", "unavailable", 0, 4)
	})
}

// TestRemoteWithdrawnKeyStaysAway, whatever fails afterwards.
func TestRemoteWithdrawnKeyStaysAway(t *testing.T) {
	inBubble(t, func(s store) {
		t := s.t
		s.want("k1", "ok", answerTime, 1)
		s.set(func(s *server) { s.body = keySet(jwk("k2", &theirKey().PublicKey, nil)) })
		time.Sleep(5 * time.Minute)
		s.want("k2", "ok", answerTime, 2)
		s.set(func(s *server) { s.err = errRefused })
		for range 20 {
			time.Sleep(time.Hour)
			if _, err := s.Key(t.Context(), withKID("k1")); reason(err) != "unavailable" {
				t.Fatalf("the key that was withdrawn: got %v", err)
			}
			if _, err := s.Key(t.Context(), withKID("k2")); err != nil {
				t.Fatalf("the key that was not: got %v", err)
			}
		}
	})
}

// TestRemoteRefusedSecretKeyEndsTheUse: an outage afterwards does not bring it back.
func TestRemoteRefusedSecretKeyEndsTheUse(t *testing.T) {
	inBubble(t, func(s store) {
		s.want("k1", "ok", answerTime, 1)
		s.set(func(s *server) { s.err = &token.Error{Reason: token.ReasonSecretKeyInvalid} })
		time.Sleep(5 * time.Minute)
		s.want("k1", "secret-key-invalid", answerTime, 2)
		s.set(func(s *server) { s.err = errRefused })
		time.Sleep(token.DefaultMinInterval)
		s.want("k1", "unavailable", answerTime, 3)
		s.want("k1", "unavailable", 0, 3)
		s.set(func(s *server) { s.err = nil })
		time.Sleep(2 * token.DefaultMinInterval)
		s.want("k1", "ok", answerTime, 4)
		s.set(func(s *server) { s.err = errRefused })
		time.Sleep(5 * time.Minute)
		s.want("k1", "ok", answerTime, 5)
	})
}

// TestRemoteCancelledRequestsFallBack: a request whose own deadline ends has waited long enough.
func TestRemoteCancelledRequestsFallBack(t *testing.T) {
	inBubble(t, func(s store) {
		t := s.t
		s.want("k1", "ok", answerTime, 1)
		s.set(func(s *server) { s.delay = time.Hour })
		time.Sleep(5 * time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), answerTime)
		defer cancel()
		if _, err := s.Key(ctx, withKID("k1")); err != nil {
			t.Errorf("got %v, want the old key", err)
		}
	})
}

// TestWhoReadTheClockBeforeAFetchFailedIsToldThatItDid: a made-up key id comes with others, and is
// looked at when the fetch of the first has failed already.
func TestWhoReadTheClockBeforeAFetchFailedIsToldThatItDid(t *testing.T) {
	var late atomic.Bool
	inBubbleWith(t, func(cfg *token.RemoteConfig) {
		cfg.Attempts = -1
		cfg.Down = func() bool {
			if late.Load() {
				time.Sleep(time.Second)
			}
			return false
		}
	}, func(s store) {
		if _, err := s.Key(s.t.Context(), withKID("k1")); err != nil {
			s.t.Fatal(err)
		}
		time.Sleep(time.Minute)
		s.set(func(s *server) { s.err = errors.New("status 500") })
		first := make(chan error, 1)
		go func() {
			_, err := s.Key(s.t.Context(), withKID("made-up-1"))
			first <- err
		}()
		synctest.Wait() // The first one's fetch is under way.
		late.Store(true)
		_, err := s.Key(s.t.Context(), withKID("made-up-2"))
		for _, err := range []error{<-first, err} {
			if !errors.Is(err, token.ErrUnavailable) {
				s.t.Errorf("got %v, want one that matches ErrUnavailable", err)
			}
		}
	})
}
