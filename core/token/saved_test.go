package token_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/core/token"
)

// shelf is where Save puts things and Load finds them.
type shelf struct {
	mu           sync.Mutex
	body         string
	asked        time.Time
	full         bool
	saves, loads int
	delay        time.Duration
	panicing     bool
}

func (s *shelf) save(_ context.Context, body []byte, asked time.Time) {
	s.mu.Lock()
	s.saves++
	delay, panicing := s.delay, s.panicing
	s.mu.Unlock()
	time.Sleep(delay)
	if panicing {
		panic("in Save")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.body, s.asked, s.full = string(body), asked, true
}

func (s *shelf) load(context.Context) (body []byte, asked time.Time, ok bool) {
	s.mu.Lock()
	s.loads++
	delay, panicing := s.delay, s.panicing
	s.mu.Unlock()
	time.Sleep(delay)
	if panicing {
		panic("in Load")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return []byte(s.body), s.asked, s.full
}

func (s *shelf) put(body string, asked time.Time) { s.save(context.Background(), []byte(body), asked) }

func (s *shelf) want(t *testing.T, saves, loads int) {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.saves != saves || s.loads != loads {
		t.Errorf("%d times saved and %d times loaded, want %d and %d", s.saves, s.loads, saves, loads)
	}
}

// withShelf is inBubbleWith for a Remote that saves. ours is the key set that the server has at
// first.
func withShelf(t *testing.T, f func(s store, sh *shelf, ours string)) {
	t.Helper()
	sh := new(shelf)
	inBubbleWith(t, func(cfg *token.RemoteConfig) { cfg.Save, cfg.Load = sh.save, sh.load }, func(s store) { f(s, sh, s.body) })
}

func TestRemoteCalmStartAsksTheServerAlone(t *testing.T) {
	withShelf(t, func(s store, sh *shelf, _ string) {
		sh.put(keySet(jwk("k2", &theirKey().PublicKey, nil)), time.Now())
		s.want("k2", "jwk-kid-mismatch", answerTime, 1)
		s.want("k1", "ok", 0, 1)
		sh.want(s.t, 2, 0)
		if sh.body != s.body {
			t.Errorf("saved is %q", sh.body)
		}
	})
}

func TestRemoteStartsFromWhatWasSavedInAnOutage(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fault   func(*server)
		took    time.Duration
		fetches int
	}{
		{"it fails at once", func(s *server) { s.err = errRefused }, answerTime, 1},
		{"it hangs", func(s *server) { s.delay = time.Hour }, token.DefaultFetchTimeout / 2, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			withShelf(t, func(s store, sh *shelf, ours string) {
				t := s.t
				sh.put(ours, time.Now().Add(-10*time.Hour))
				s.set(tt.fault)
				s.want("k1", "ok", tt.took, tt.fetches)
				s.want("k1", "ok", 0, tt.fetches)
				time.Sleep(token.DefaultFetchTimeout)
				before := s.count()
				s.want("k1", "ok", 0, before)
				if err := s.Ready(t.Context()); err != nil {
					t.Errorf("Ready: %v", err)
				}
				s.set(func(s *server) { s.err, s.delay = nil, answerTime })
				s.set(func(s *server) { s.body = keySet(jwk("k2", &theirKey().PublicKey, nil)) })
				time.Sleep(2 * token.DefaultMinInterval)
				s.want("k1", "ok", 0, before+1)
				time.Sleep(answerTime)
				s.want("k1", "jwk-kid-mismatch", answerTime, before+2)
				s.want("k2", "ok", 0, before+2)
			})
		})
	}
}

func TestRemoteReadyLooksAtWhatWasSaved(t *testing.T) {
	withShelf(t, func(s store, sh *shelf, ours string) {
		sh.put(ours, time.Now())
		s.set(func(s *server) { s.delay = time.Hour })
		if err := s.Ready(s.t.Context()); err != nil {
			s.t.Error(err)
		}
	})
}

func TestRemoteServerKnownToBeDownFromTheStart(t *testing.T) {
	sh := new(shelf)
	inBubbleWith(t, func(cfg *token.RemoteConfig) {
		cfg.Save, cfg.Load = sh.save, sh.load
		cfg.Down = func() bool { return true }
	}, func(s store) {
		s.want("k1", "unavailable", 0, 0)
		s.want("k1", "unavailable", 0, 0)
		sh.want(s.t, 0, 1) // not again so soon
		sh.put(s.body, time.Now())
		time.Sleep(token.DefaultMinInterval)
		s.want("x", "unavailable", 0, 0)
		s.want("k1", "ok", 0, 0)
		time.Sleep(24 * time.Hour)
		s.want("k1", "ok", 0, 0)
		time.Sleep(5 * time.Minute)
		s.want("k1", "unavailable", 0, 0)
	})
}

// TestRemoteSavedKeysAreNoYoungerThanTheyAre: neither for having been kept, nor for a clock that
// was ahead.
func TestRemoteSavedKeysAreNoYoungerThanTheyAre(t *testing.T) {
	const life = token.DefaultTTL + token.DefaultStaleIfError
	for _, tt := range []struct {
		name string
		age  time.Duration
		left time.Duration
	}{
		{"a minute left", life - time.Minute, time.Minute},
		{"too old", life, 0},
		{"of a clock that was a week ahead", -7 * 24 * time.Hour, life},
	} {
		t.Run(tt.name, func(t *testing.T) {
			withShelf(t, func(s store, sh *shelf, ours string) {
				t := s.t
				sh.put(ours, time.Now().Add(-tt.age))
				s.set(func(s *server) { s.err, s.delay = errRefused, 0 })
				start := time.Now()
				_, err := s.Key(t.Context(), withKID("k1"))
				if (err == nil) != (tt.left > 0) {
					t.Errorf("got %v at first", err)
				}
				sh.put("", time.Time{})
				time.Sleep(time.Until(start.Add(tt.left)) + time.Second)
				if _, err := s.Key(t.Context(), withKID("k1")); reason(err) != "unavailable" {
					t.Errorf("got %v afterwards, want unavailable", err)
				}
			})
		})
	}
}

// TestRemoteTakesNothingOlderThanItKnows: who puts back what was saved once brings no withdrawn key
// back.
func TestRemoteTakesNothingOlderThanItKnows(t *testing.T) {
	withShelf(t, func(s store, sh *shelf, ours string) {
		t := s.t
		s.want("k1", "ok", answerTime, 1)
		sh.want(t, 1, 0)
		sh.mu.Lock()
		first := sh.asked
		sh.mu.Unlock()
		s.set(func(s *server) { s.body = keySet(jwk("k2", &theirKey().PublicKey, nil)) })
		time.Sleep(5 * time.Minute)
		s.want("k1", "jwk-kid-mismatch", answerTime, 2)
		sh.want(t, 2, 0)
		sh.put(ours, first)
		s.set(func(s *server) { s.err = errRefused })
		time.Sleep(5 * time.Minute)
		s.want("k2", "ok", answerTime, 3)
		s.want("k1", "unavailable", 0, 3)
		time.Sleep(token.DefaultMinInterval)
		s.want("k1", "unavailable", answerTime, 4)
		sh.want(t, 3, 2)

		// Another process has seen more.
		sh.put(keySet(jwk("k3", &theirKey().PublicKey, nil)), time.Now())
		time.Sleep(2 * token.DefaultMinInterval)
		s.want("k3", "ok", answerTime, 5)
		s.want("k2", "unavailable", 0, 5)
	})
}

func TestRemoteSavesThatTheSecretKeyIsRefused(t *testing.T) {
	withShelf(t, func(s store, sh *shelf, ours string) {
		t := s.t
		s.want("k1", "ok", answerTime, 1)
		sh.want(t, 1, 0)
		sh.mu.Lock()
		first := sh.asked
		sh.mu.Unlock()
		time.Sleep(5 * time.Minute)
		s.set(func(s *server) { s.err = &token.Error{Reason: token.ReasonSecretKeyInvalid} })
		s.want("k1", "secret-key-invalid", answerTime, 2)
		sh.want(t, 2, 0)
		if sh.body != "" || !sh.full {
			t.Errorf("saved is %q", sh.body)
		}

		// What was saved before does not come back.
		s.set(func(s *server) { s.err = errRefused })
		sh.put(ours, first)
		time.Sleep(2 * token.DefaultMinInterval)
		s.want("k1", "unavailable", answerTime, 3)
		sh.want(t, 3, 1)
	})
}

// TestRemoteForgetsNoRefusal: not even one that came before there were keys.
func TestRemoteForgetsNoRefusal(t *testing.T) {
	withShelf(t, func(s store, sh *shelf, ours string) {
		before := time.Now()
		s.set(func(s *server) { s.err = &token.Error{Reason: token.ReasonSecretKeyInvalid} })
		s.want("k1", "secret-key-invalid", answerTime, 1)
		sh.want(s.t, 1, 0)
		sh.put(ours, before)
		s.set(func(s *server) { s.err = errRefused })
		time.Sleep(token.DefaultMinInterval)
		s.want("k1", "unavailable", answerTime, 2)
		sh.want(s.t, 2, 1)
		sh.put(ours, time.Now())
		time.Sleep(token.DefaultMinInterval)
		s.want("k1", "ok", answerTime, 3)
	})
}

// TestRemoteHearsThatTheSecretKeyIsRefused from another process.
func TestRemoteHearsThatTheSecretKeyIsRefused(t *testing.T) {
	withShelf(t, func(s store, sh *shelf, _ string) {
		s.want("k1", "ok", answerTime, 1)
		time.Sleep(4*time.Minute - answerTime)
		sh.put("", time.Now())
		s.set(func(s *server) { s.err = errRefused })
		time.Sleep(time.Minute + answerTime)
		s.want("k1", "unavailable", answerTime, 2)
	})
}

// TestRemoteDoesNotWaitForSave, and does not call it twice at a time; what is newest is saved.
func TestRemoteDoesNotWaitForSave(t *testing.T) {
	withShelf(t, func(s store, sh *shelf, _ string) {
		t := s.t
		sh.delay = 20 * time.Second
		s.want("k1", "ok", answerTime, 1)
		time.Sleep(token.DefaultMinInterval)
		s.set(func(s *server) { s.body = keySet(jwk("k2", &theirKey().PublicKey, nil)) })
		s.want("k2", "ok", answerTime, 2)
		sh.want(t, 1, 0)
		time.Sleep(20 * time.Second)
		sh.want(t, 2, 0)
		time.Sleep(20 * time.Second)
		sh.want(t, 2, 0)
		s.set(func(s *server) {
			if sh.body != s.body {
				t.Errorf("saved is %q", sh.body)
			}
		})
	})
}

func TestRemoteSurvivesPanicsInSaveAndLoad(t *testing.T) {
	withShelf(t, func(s store, sh *shelf, _ string) {
		sh.panicing = true
		s.want("k1", "ok", answerTime, 1)
		sh.want(s.t, 1, 0)
		s.set(func(s *server) { s.err = errRefused })
		time.Sleep(5 * time.Minute)
		s.want("k1", "ok", answerTime, 2)
		sh.want(s.t, 1, 1)
	})
}

func TestRemoteReadsNoNonsenseThatWasSaved(t *testing.T) {
	withShelf(t, func(s store, sh *shelf, _ string) {
		sh.put(`{"keys":[]}`, time.Now())
		s.set(func(s *server) { s.err = errRefused; s.delay = 0 })
		if _, err := s.Key(s.t.Context(), withKID("k1")); reason(err) != "unavailable" {
			s.t.Errorf("got %v", err)
		}
	})
}
