package token_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/core/token"
)

// server is a key server whose time is that of a synctest bubble.
type server struct {
	mu       sync.Mutex
	body     string
	err      error
	delay    time.Duration // how long an answer takes
	fetches  int
	running  int
	tooMany  bool // there were two fetches at a time
	panicing bool
	deaf     bool // deadlines mean nothing to it
}

func (s *server) set(f func(*server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetches
}

func (s *server) fetch(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	s.fetches++
	s.running++
	s.tooMany = s.tooMany || s.running > 1
	delay, hears := s.delay, ctx.Done()
	if s.deaf {
		hears = nil
	}
	s.mu.Unlock()
	defer s.set(func(s *server) { s.running-- })
	select {
	case <-time.After(delay):
	case <-hears:
		return nil, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.panicing {
		panic("in the transport")
	}
	return []byte(s.body), s.err
}

// store is what most tests here look at.
type store struct {
	*token.Remote
	*server

	t   *testing.T
	log *bytes.Buffer
}

// inBubble runs a test with a server that has key k1 and answers after 100 ms. It is asked once,
// whatever comes.
func inBubble(t *testing.T, f func(s store)) {
	t.Helper()
	inBubbleWith(t, func(cfg *token.RemoteConfig) { cfg.Attempts = -1 }, f)
}

// inBubbleWith is inBubble with the defaults, and what change makes of them.
func inBubbleWith(t *testing.T, change func(*token.RemoteConfig), f func(s store)) {
	t.Helper()
	t.Parallel()
	us := jwk("k1", &ourKey().PublicKey, nil) // made outside, where time runs
	synctest.Test(t, func(t *testing.T) {
		s := store{server: &server{body: keySet(us), delay: 100 * time.Millisecond}, t: t, log: &bytes.Buffer{}}
		cfg := token.RemoteConfig{
			Fetch:  s.fetch,
			Logger: slog.New(slog.NewTextHandler(s.log, nil)),
		}
		change(&cfg)
		s.Remote = token.NewRemote(cfg)
		f(s)
		time.Sleep(2 * token.DefaultFetchTimeout) // what is still under way ends by itself
		synctest.Wait()
		if s.tooMany {
			t.Error("there were two fetches at a time")
		}
	})
}

// withKID is a decoded token that names a key.
func withKID(kid string) *token.Token {
	t, err := token.Decode(b64(fmt.Appendf(nil, `{"alg":"RS256","kid":%q}`, kid)) + ".e30.")
	if err != nil {
		panic(err)
	}
	return t
}

// want asks for a key and compares how it goes, how long it takes, and how often the server has
// been asked so far.
func (s store) want(kid, outcome string, took time.Duration, fetches int) {
	s.t.Helper()
	synctest.Wait() // for what is due now to happen
	start := time.Now()
	_, err := s.Key(s.t.Context(), withKID(kid))
	elapsed := time.Since(start)
	synctest.Wait() // for a fetch in the background to begin
	if got := reason(err); got != outcome || elapsed != took || s.count() != fetches {
		s.t.Errorf("key %s: got %s in %v after %d fetches, want %s in %v after %d", kid, got, elapsed, s.count(), outcome, took, fetches)
	}
}

const answerTime = 100 * time.Millisecond

func TestRemoteLoadsOnce(t *testing.T) {
	inBubble(t, func(s store) {
		s.want("k1", "ok", answerTime, 1)
		s.want("k1", "ok", 0, 1)
		time.Sleep(4*time.Minute - answerTime - 1)
		s.want("k1", "ok", 0, 1)
	})
}

func TestRemoteRefreshesBeforeExpiryWithoutWaiting(t *testing.T) {
	inBubble(t, func(s store) {
		s.want("k1", "ok", answerTime, 1)
		time.Sleep(4*time.Minute - answerTime)
		s.want("k1", "ok", 0, 2)
		s.want("k1", "ok", 0, 2) // one refresh is enough
		time.Sleep(answerTime)
		s.want("k1", "ok", 0, 2)
		time.Sleep(4*time.Minute - 2*answerTime)
		s.want("k1", "ok", 0, 2)
		time.Sleep(answerTime)
		s.want("k1", "ok", 0, 3)
	})
}

func TestRemoteWaitsAfterExpiry(t *testing.T) {
	inBubble(t, func(s store) {
		s.want("k1", "ok", answerTime, 1)
		time.Sleep(5 * time.Minute)
		s.set(func(s *server) { s.body = keySet(jwk("k2", &theirKey().PublicKey, nil)) })
		s.want("k1", "jwk-kid-mismatch", answerTime, 2) // removed keys go
		s.want("k2", "ok", 0, 2)
	})
}

func TestRemoteFetchesOnceForManyRequests(t *testing.T) {
	inBubble(t, func(s store) {
		t := s.t
		for _, kid := range []string{"k1", "new"} {
			var wg sync.WaitGroup
			var bad atomic.Int32
			for range 500 {
				wg.Go(func() {
					_, err := s.Key(t.Context(), withKID(kid))
					if (err == nil) != (kid == "k1") {
						bad.Add(1)
					}
				})
			}
			wg.Wait()
			if bad.Load() > 0 {
				t.Errorf("%d requests for %s got the wrong answer", bad.Load(), kid)
			}
		}
		if s.count() != 2 {
			t.Errorf("%d fetches, want 2: one to begin with, one for the unknown kid", s.count())
		}
	})
}

func TestRemoteFetchOutlivesTheRequestThatStartedIt(t *testing.T) {
	inBubble(t, func(s store) {
		t := s.t
		ctx, cancel := context.WithTimeout(t.Context(), answerTime/2)
		defer cancel()
		_, err := s.Key(ctx, withKID("k1"))
		if reason(err) != "unavailable" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want unavailable because the deadline is exceeded", err)
		}
		s.want("k1", "ok", answerTime/2, 1) // joins the same fetch
	})
}

func TestRemoteFetchHasItsOwnDeadline(t *testing.T) {
	inBubble(t, func(s store) {
		s.set(func(s *server) { s.delay = time.Hour })
		s.want("k1", "unavailable", token.DefaultFetchTimeout, 1)
		s.want("k1", "unavailable", 0, 1) // fails fast for a while
	})
}

func TestRemoteUnknownKeyIDs(t *testing.T) {
	inBubble(t, func(s store) {
		t := s.t
		s.want("k1", "ok", answerTime, 1)
		s.want("x1", "jwk-kid-mismatch", answerTime, 2) // the first one is always worth a question
		for i := range 100 {
			s.want(fmt.Sprint("x", i), "jwk-kid-mismatch", 0, 2)
		}
		// A new key appears while made-up ones keep coming.
		s.set(func(s *server) {
			s.body = keySet(jwk("k1", &ourKey().PublicKey, nil), jwk("k2", &theirKey().PublicKey, nil))
		})
		start := time.Now()
		for i := 0; ; i++ {
			_, _ = s.Key(t.Context(), withKID(fmt.Sprint("y", i)))
			if _, err := s.Key(t.Context(), withKID("k2")); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if took := time.Since(start); took > token.DefaultMinInterval+answerTime {
			t.Errorf("the new key was seen after %v, want at most %v", took, token.DefaultMinInterval+answerTime)
		}
		if s.count() != 3 {
			t.Errorf("%d fetches, want 3", s.count())
		}
		// At most one fetch per interval in the long run.
		before := s.count()
		for range 600 {
			_, _ = s.Key(t.Context(), withKID("z"))
			time.Sleep(100 * time.Millisecond)
		}
		if got := s.count() - before; got > 13 {
			t.Errorf("%d fetches in a minute of unknown key ids, want at most 13", got)
		}
		if s.Stats().Unknown < 500 {
			t.Errorf("Stats().Unknown = %d, want most of 600", s.Stats().Unknown)
		}
	})
}

// TestRemoteNewKeyWhileAFetchRuns: a fetch that began before the token was issued does not know its
// key, and says nothing about it.
func TestRemoteNewKeyWhileAFetchRuns(t *testing.T) {
	inBubble(t, func(s store) {
		t := s.t
		s.want("k1", "ok", answerTime, 1)
		s.set(func(s *server) { s.delay = 3 * time.Second })
		go func() { _, _ = s.Key(t.Context(), withKID("x")) }()
		time.Sleep(2 * time.Second)
		issued := fmt.Appendf(nil, `{"iat":%d}`, time.Now().Unix())
		fresh, err := token.Decode(b64([]byte(`{"alg":"RS256","kid":"k2"}`)) + "." + b64(issued) + ".")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Key(t.Context(), fresh); !errors.Is(err, token.ErrUnavailable) {
			t.Errorf("got %v, want that it could not be checked", err)
		}
		s.set(func(s *server) {
			s.body = keySet(jwk("k1", &ourKey().PublicKey, nil), jwk("k2", &theirKey().PublicKey, nil))
			s.delay = answerTime
		})
		time.Sleep(token.DefaultMinInterval)
		if _, err := s.Key(t.Context(), fresh); err != nil {
			t.Errorf("got %v after the next fetch", err)
		}
	})
}

func TestRemoteNewKeyIsSeenAtOnceAfterAnUnrelatedRefresh(t *testing.T) {
	inBubble(t, func(s store) {
		s.want("k1", "ok", answerTime, 1)
		s.set(func(s *server) { s.body = keySet(jwk("k2", &ourKey().PublicKey, nil)) })
		s.want("k2", "ok", answerTime, 2)
		s.want("k1", "jwk-kid-mismatch", 0, 2) // and the old one is gone
	})
}

func TestRemoteTokensWithoutKeyIDCauseNoFetch(t *testing.T) {
	inBubble(t, func(s store) {
		t := s.t
		s.want("k1", "ok", answerTime, 1)
		for _, header := range []string{`{}`, `{"kid":1}`, `{"kid":null}`, `{"kid":["k1"]}`} {
			if _, err := s.Key(t.Context(), mustDecode(t, b64([]byte(header))+".e30.")); reason(err) != "jwk-kid-mismatch" {
				t.Errorf("header %s: got %v, want jwk-kid-mismatch", header, err)
			}
		}
		if s.count() != 1 {
			t.Errorf("%d fetches, want 1", s.count())
		}
	})
}

func TestRemoteEmptyKeyIDIsAKeyID(t *testing.T) {
	inBubble(t, func(s store) {
		s.want("", "jwk-kid-mismatch", answerTime, 1)
		s.set(func(s *server) { s.body = keySet(jwk("", &ourKey().PublicKey, nil)) })
		s.want("", "ok", answerTime, 2)
	})
}

func TestRemoteServesKnownKeysDuringAnOutage(t *testing.T) {
	inBubble(t, func(s store) {
		t := s.t
		s.want("k1", "ok", answerTime, 1)
		s.set(func(s *server) { s.err = errors.New("connection refused") })
		time.Sleep(5 * time.Minute)
		s.want("k1", "ok", answerTime, 2) // notices
		s.want("k1", "ok", 0, 2)          // and then nobody waits
		s.want("x", "unavailable", 0, 2)  // who knows
		time.Sleep(token.DefaultMinInterval)
		s.want("k1", "ok", 0, 3) // tries again in the background
		s.set(func(s *server) { s.delay = time.Hour })
		time.Sleep(answerTime + 2*token.DefaultMinInterval)
		s.want("k1", "ok", 0, 4) // also while the server hangs
		time.Sleep(time.Second)
		s.want("k1", "ok", 0, 4)
		if got := s.Stats(); got.Stale != 5 || got.Failures != 2 || got.Fetches != 4 {
			t.Errorf("Stats() = %+v, want 5 stale, 2 failures, 4 fetches", got)
		}
		if err := s.Ready(t.Context()); err != nil {
			t.Errorf("Ready failed in the outage: %v", err)
		}
		time.Sleep(token.DefaultFetchTimeout)

		// It goes on for long, but not for ever.
		time.Sleep(23 * time.Hour)
		s.want("k1", "ok", 0, 5)
		time.Sleep(time.Hour)
		s.want("k1", "unavailable", token.DefaultFetchTimeout, 6)
		s.want("k1", "unavailable", 0, 6)
		if err := s.Ready(t.Context()); reason(err) != "unavailable" {
			t.Errorf("Ready: got %v, want unavailable", err)
		}

		// And it ends.
		s.set(func(s *server) { s.err, s.delay = nil, answerTime })
		time.Sleep(token.DefaultMinInterval)
		s.want("k1", "ok", answerTime, 7)
		if got := strings.Count(s.log.String(), "\n"); got != 2 {
			t.Errorf("the outage took %d log lines, want 2, one for each end:\n%s", got, s.log)
		}
	})
}

func TestRemoteDeadServerFromTheStart(t *testing.T) {
	inBubble(t, func(s store) {
		t := s.t
		s.set(func(s *server) { s.err = errors.New("connection refused") })
		s.want("k1", "unavailable", answerTime, 1)
		for range 100 {
			s.want("k1", "unavailable", 0, 1)
		}
		if err := s.Ready(t.Context()); reason(err) != "unavailable" || s.count() != 1 {
			t.Errorf("Ready: got %v after %d fetches, want unavailable after 1", err, s.count())
		}
		time.Sleep(token.DefaultMinInterval)
		s.set(func(s *server) { s.err = nil })
		s.want("k1", "ok", answerTime, 2)
	})
}

func TestRemoteTypedErrors(t *testing.T) {
	inBubble(t, func(s store) {
		down := &token.Error{Reason: token.ReasonRemoteFailedToLoad, Unavailable: true}
		invalid := &token.Error{Reason: token.ReasonSecretKeyInvalid}
		s.set(func(s *server) { s.err = fmt.Errorf("wrapped: %w", down) })
		s.want("k1", "jwk-remote-failed-to-load (unavailable)", answerTime, 1)
		time.Sleep(token.DefaultMinInterval)
		s.set(func(s *server) { s.err = nil })
		s.want("k1", "ok", answerTime, 2)
		// An answer of 500 is an outage.
		s.set(func(s *server) { s.err = down })
		time.Sleep(5 * time.Minute)
		s.want("k1", "ok", answerTime, 3)
		// "This secret key is not valid" is an answer.
		s.set(func(s *server) { s.err = invalid })
		time.Sleep(token.DefaultMinInterval)
		s.want("k1", "ok", 0, 4) // while it is on its way
		time.Sleep(answerTime)
		s.want("k1", "secret-key-invalid", 0, 4)
	})
}

func TestRemoteLogsUnusableKeysOncePerChange(t *testing.T) {
	inBubble(t, func(s store) {
		t := s.t
		us := jwk("k1", &ourKey().PublicKey, nil)
		s.set(func(s *server) { s.body = keySet(us, jwk("bad", &ourKey().PublicKey, map[string]any{"use": "enc"})) })
		for range 3 {
			for range 10 {
				if _, err := s.Key(t.Context(), withKID("bad")); err != nil {
					t.Fatalf("a key that cannot be used is known all the same, but got %v", err)
				}
			}
			time.Sleep(5 * time.Minute)
		}
		if got := strings.Count(s.log.String(), "\n"); got != 1 {
			t.Errorf("got %d log lines, want 1:\n%s", got, s.log)
		}
		s.set(func(s *server) { s.body = keySet(us, jwk("bad", &smallKey().PublicKey, nil)) })
		_, _ = s.Key(t.Context(), withKID("bad"))
		if got := strings.Count(s.log.String(), "\n"); got != 2 || !strings.Contains(s.log.String(), "shorter than 2048 bits") {
			t.Errorf("got %d log lines after a change, want 2:\n%s", got, s.log)
		}
		if got := s.Stats(); got.Keys != 2 || got.Unusable != 1 || got.Fetched.IsZero() {
			t.Errorf("Stats() = %+v, want 2 keys, 1 unusable", got)
		}
	})
}

func TestRemoteKeepsTheKeyItHas(t *testing.T) {
	inBubble(t, func(s store) {
		t := s.t
		get := func() *token.Key {
			k, err := s.Key(t.Context(), withKID("k1"))
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
		first := get()
		time.Sleep(5 * time.Minute)
		if get() != first {
			t.Error("a refresh without changes made another key")
		}
		s.set(func(s *server) { s.body = keySet(jwk("k1", &theirKey().PublicKey, nil)) })
		time.Sleep(5 * time.Minute)
		if get() == first {
			t.Error("another key under the same kid is the same key")
		}
	})
}

func TestRemoteSurvivesAPanicInFetch(t *testing.T) {
	inBubble(t, func(s store) {
		s.set(func(s *server) { s.panicing = true })
		s.want("k1", "unavailable", answerTime, 1)
		s.set(func(s *server) { s.panicing = false })
		time.Sleep(token.DefaultMinInterval)
		s.want("k1", "ok", answerTime, 2)
	})
}

func TestRemoteClockSetBack(t *testing.T) {
	t.Parallel()
	clock := now
	fetches := 0
	r := token.NewRemote(token.RemoteConfig{
		Now: func() time.Time { return clock },
		Fetch: func(context.Context) ([]byte, error) {
			fetches++
			return []byte(keySet(jwk("k1", &ourKey().PublicKey, nil))), nil
		},
	})
	for i, step := range []time.Duration{0, -24 * time.Hour, time.Minute} {
		clock = clock.Add(step)
		if _, err := r.Key(t.Context(), withKID("k1")); err != nil {
			t.Fatal(err)
		}
		if want := min(i+1, 2); fetches != want {
			t.Errorf("step %d: %d fetches, want %d", i, fetches, want)
		}
	}
}

func TestRemoteWithoutFetch(t *testing.T) {
	t.Parallel()
	if _, err := token.NewRemote(token.RemoteConfig{}).Key(t.Context(), withKID("k1")); reason(err) != "unavailable" {
		t.Errorf("got %v, want unavailable", err)
	}
}

func TestRemoteReady(t *testing.T) {
	inBubble(t, func(s store) {
		t := s.t
		if err := s.Ready(t.Context()); err != nil || s.count() != 1 {
			t.Errorf("Ready: got %v after %d fetches, want nil after 1", err, s.count())
		}
		if err := s.Ready(t.Context()); err != nil || s.count() != 1 {
			t.Errorf("Ready again: got %v after %d fetches, want nil after 1", err, s.count())
		}
		s.want("x", "jwk-kid-mismatch", answerTime, 2) // the first unknown kid after the start is worth a fetch
		s.set(func(s *server) { s.body = keySet(jwk("k1", &smallKey().PublicKey, nil)) })
		time.Sleep(5 * time.Minute)
		if err := s.Ready(t.Context()); reason(err) != "unavailable" {
			t.Errorf("Ready with unusable keys only: got %v, want unavailable", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		time.Sleep(5 * time.Minute)
		s.set(func(s *server) { s.err = errors.New("x") })
		if err := token.NewRemote(token.RemoteConfig{Fetch: s.fetch}).Ready(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Ready with a cancelled context: got %v, want canceled", err)
		}
		time.Sleep(time.Second)
	})
}
