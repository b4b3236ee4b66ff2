package token

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// What bounds the pauses after failed fetches, besides [RemoteConfig].MinInterval.
const (
	firstRest     = time.Second // where there are no keys
	longestRest   = 30 * time.Second
	maxRetryAfter = time.Minute
)

// flight is a fetch that runs, with all its attempts.
type flight struct {
	done chan struct{} // closed when it has landed
	late chan struct{} // closed when it takes longer than requests wait that need not
	err  error         // to be read after done
}

// resting reports whether no fetch may begin yet: the last one failed too recently, or the server is
// known to be down. r.mu is held.
func (r *Remote) resting(now time.Time, down bool) bool {
	was := r.down
	r.down = down
	switch {
	case down:
		return true
	case was: // It answers again: there is nothing to wait for.
		r.rest, r.failed = 0, 0
	}
	return r.failure != nil && since(now, r.failedAt) < r.rest
}

// errDown is the failure of a fetch that was not tried.
var errDown = fmt.Errorf("%w: the server is known to be down", ErrUnavailable)

// whyResting returns what the last fetch failed with, or that none was tried. r.mu is held.
func (r *Remote) whyResting(down bool) error {
	if r.failure == nil && down {
		return errDown
	}
	return r.failure
}

// start returns the fetch that runs, after starting one if none does. r.mu is held. The fetch
// outlives the request that starts it, so it has nothing of its context: not even the values, whose
// memory some frameworks use again.
func (r *Remote) start() *flight {
	if r.flight == nil {
		r.flight = &flight{done: make(chan struct{}), late: make(chan struct{})}
		attempts := 1
		// Who has no key has to wait. Who has one, or comes to an outage that is known, need not.
		if r.snap.Load() == nil && r.failure == nil {
			attempts = r.cfg.Attempts
		}
		go r.fly(context.Background(), r.flight, attempts)
	}
	return r.flight
}

var errLate = fmt.Errorf("%w: the server has not answered yet", ErrUnavailable)

// wait waits until the fetch has ended or ctx has, or, for who has something to fall back on, until
// it takes long.
func (r *Remote) wait(ctx context.Context, f *flight, fallback bool) error {
	ctx, done := r.cfg.Wait(ctx)
	defer done()
	var late <-chan struct{}
	if fallback {
		late = f.late
	}
	select {
	case <-f.done:
		return f.err
	case <-late:
		return errLate
	case <-ctx.Done():
		return fmt.Errorf("%w: gave up waiting: %w", ErrUnavailable, context.Cause(ctx))
	}
}

// fly runs one fetch to its end.
func (r *Remote) fly(ctx context.Context, f *flight, attempts int) {
	late := time.AfterFunc(r.cfg.FetchTimeout/2, func() { close(f.late) })
	defer late.Stop()
	old := r.snap.Load()
	var known map[string]*Key
	if old != nil {
		known = old.keys
	}
	asked, keys, err := r.try(ctx, known, attempts)
	r.report(ctx, err, known, keys)

	r.mu.Lock()
	if err != nil {
		r.failedAt = r.cfg.Now()
		r.failed++
		r.rest = r.restAfter(err, r.failed, r.usableStale(old, r.failedAt, ErrUnavailable))
		if !isUnavailable(err) {
			r.refused.Store(true)
		}
	} else {
		r.failed = 0
		r.refused.Store(false)
		r.snap.Store(&keySet{
			keys:    keys,
			asked:   asked,
			renew:   asked.Add(r.cfg.TTL * 4 / 5),
			expires: asked.Add(r.cfg.TTL),
		})
	}
	r.failure, f.err = err, err
	r.flight = nil
	r.mu.Unlock()
	close(f.done)
}

// restAfter returns the pause after the nth failure in a row.
func (r *Remote) restAfter(err error, n int, served bool) time.Duration {
	first, longest := min(firstRest, r.cfg.MinInterval), r.cfg.MinInterval
	if served {
		first, longest = r.cfg.MinInterval, max(longestRest, r.cfg.MinInterval)
	}
	rest := longest
	if n <= 16 {
		rest = min(first<<(n-1), longest)
	}
	rest -= rand.N(rest/2 + 1) //nolint:gosec // spreads load; nothing depends on its secrecy
	return max(rest, min(r.cfg.RetryAfter(err), maxRetryAfter))
}

// try calls Fetch until it succeeds or another attempt makes no sense. All of it takes FetchTimeout;
// the first of several attempts gets half of that, so that one that hangs leaves time for the next.
// asked is when the last one began.
func (r *Remote) try(ctx context.Context, known map[string]*Key, attempts int) (asked time.Time, keys map[string]*Key, err error) {
	left := r.cfg.FetchTimeout
	timeout := left
	if attempts > 1 {
		timeout /= 2
	}
	for attempt := 1; ; attempt++ {
		began := time.Now() //nolint:forbidigo // what is measured is real: the server's time
		asked = r.cfg.Now()
		keys, err = r.load(ctx, known, timeout)
		if err == nil || attempt >= attempts || !isUnavailable(err) || errors.Is(err, errNoKeys) {
			return asked, keys, err
		}
		took, wait := time.Since(began), r.cfg.RetryAfter(err)
		pause := max(r.retryDelay(attempt)-took, wait, 0)
		if left -= took + pause; left <= 0 || wait < 0 {
			return asked, nil, err
		}
		time.Sleep(pause)
		timeout = left
	}
}

// retryDelay returns the time between the beginnings of an attempt and the next.
func (r *Remote) retryDelay(attempt int) time.Duration {
	if r.cfg.RetryDelay < 0 {
		return 0
	}
	delay := min(r.cfg.RetryDelay, time.Minute) << min(attempt-1, 10)
	return delay + rand.N(delay) //nolint:gosec // as above
}

// load makes one attempt and reads the key set. The error is an *Error or matches ErrUnavailable.
func (r *Remote) load(ctx context.Context, known map[string]*Key, timeout time.Duration) (keys map[string]*Key, err error) {
	r.fetches.Add(1)
	body, err := r.fetch(ctx, timeout)
	if err == nil && len(body) > r.cfg.MaxBytes {
		err = fmt.Errorf("the key set has more than %d bytes", r.cfg.MaxBytes)
	}
	if err == nil {
		keys, err = r.parseKeySet(body, known)
	}
	if err == nil {
		return keys, nil
	}
	r.failures.Add(1)
	var typed *Error
	if !errors.As(err, &typed) && !errors.Is(err, ErrUnavailable) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil, err
}

// fetch calls Fetch. It is left alone if it goes on for long after its deadline: a transport that
// does not know of deadlines must not keep the keys from being asked for again.
func (r *Remote) fetch(ctx context.Context, timeout time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	done := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			if p := recover(); p != nil { // on a goroutine of ours it would end the program
				a.err = fmt.Errorf("%w: panic while fetching: %v", ErrUnavailable, p)
			}
			done <- a
		}()
		a.body, a.err = r.cfg.Fetch(ctx)
	}()
	overdue := time.NewTimer(timeout + timeout/8)
	defer overdue.Stop()
	select {
	case a := <-done:
		return a.body, a.err
	case <-overdue.C:
		return nil, errOverdue
	}
}

// answer is what Fetch returns.
type answer struct {
	body []byte
	err  error
}

var errOverdue = fmt.Errorf("%w: the fetch goes on after its deadline", ErrUnavailable)

// report logs what a fetch changed, before anybody acts on it.
func (r *Remote) report(ctx context.Context, err error, known, keys map[string]*Key) {
	log := r.cfg.Logger
	r.mu.Lock()
	was := r.failure
	r.mu.Unlock()
	switch {
	case err != nil && was == nil:
		log.WarnContext(ctx, "clerk: keys could not be fetched", "error", err)
	case err == nil && was != nil:
		log.InfoContext(ctx, "clerk: keys can be fetched again")
	}
	bad := 0
	for kid, k := range keys {
		if k == known[kid] || k.usable() {
			continue
		}
		if bad++; bad <= maxLoggedKeys {
			log.WarnContext(ctx, "clerk: a key of the key set cannot be used", "kid", kid, "why", k.why)
		}
	}
	if bad > maxLoggedKeys {
		log.WarnContext(ctx, "clerk: more keys of the key set cannot be used", "count", bad-maxLoggedKeys)
	}
}

// maxLoggedKeys is how many keys of one key set are named in the log.
const maxLoggedKeys = 8
