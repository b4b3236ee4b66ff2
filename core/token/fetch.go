package token

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
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
	late chan struct{} // closed when it fails, or takes longer than requests wait that need not
	slow atomic.Bool   // that is so, late is going to be closed
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
		r.pause, r.failed = 0, 0
	}
	return r.failure != nil && since(now, r.failedAt) < r.pause
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

// start returns the fetch that runs, after starting one if none does; one that rests asks no server.
// r.mu is held. The fetch outlives the request that starts it, so it has nothing of its context but
// copies: some frameworks use the memory of values again.
func (r *Remote) start(ctx context.Context, resting bool) *flight {
	if r.flight != nil {
		return r.flight
	}
	ctx = r.cfg.Carry(ctx)
	r.flight = &flight{done: make(chan struct{}), late: make(chan struct{})}
	if resting {
		go r.look(ctx, r.flight, r.whyResting(true))
		return r.flight
	}
	attempts := 1
	// Who has no key has to wait. Who has one, or comes to an outage that is known, need not.
	if r.snap.Load() == nil && r.failure == nil {
		attempts = r.cfg.Attempts
	}
	r.fetches.Add(1) // The first attempt: who counts need not wait for its goroutine.
	go r.fly(ctx, r.flight, attempts)
	return r.flight
}

var errLate = fmt.Errorf("%w: the server has not answered yet", ErrUnavailable)

// await waits until a fetch has ended, or ctx has. When it fails or takes long, whatever will do
// ends the wait, too: will is asked about the set that is known by then. landed is false then.
func (r *Remote) await(ctx context.Context, f *flight, will func(set *keySet, err error) bool) (landed bool, err error) {
	ctx, done := r.cfg.Wait(ctx)
	defer done()
	err = f.wait(ctx, f.late)
	for err != nil {
		if set := r.snap.Load(); set != nil && will(set, err) {
			return false, nil
		}
		if !errors.Is(err, errLate) {
			return false, err
		}
		err = f.wait(ctx, nil)
	}
	return true, nil
}

func (f *flight) wait(ctx context.Context, late <-chan struct{}) error {
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
	late := time.AfterFunc(r.cfg.FetchTimeout/2, func() { r.fallBack(ctx, f) })
	old := r.snap.Load()
	var known map[string]*Key
	if old != nil {
		known = old.keys
	}
	set, err := r.try(ctx, f, known, attempts)
	late.Stop()
	r.report(ctx, err, known, set.keys)

	r.mu.Lock()
	if err != nil {
		r.failedAt = r.cfg.Now()
		r.failed++
		r.pause = r.pauseAfter(err, r.failed, r.usableStale(r.snap.Load(), r.failedAt, ErrUnavailable))
		if !isUnavailable(err) {
			r.refuse(r.failedAt)
		}
	} else {
		r.failed = 0
		r.refused.Store(false)
		r.snap.Store(&set)
	}
	r.failure, f.err = err, err
	r.flight = nil
	r.mu.Unlock()
	close(f.done)
	if err == nil || !isUnavailable(err) {
		r.save(ctx)
	}
}

// pauseAfter returns the pause after the nth failure in a row.
func (r *Remote) pauseAfter(err error, n int, served bool) time.Duration {
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
func (r *Remote) try(ctx context.Context, f *flight, known map[string]*Key, attempts int) (keySet, error) {
	left := r.cfg.FetchTimeout
	timeout := left
	if attempts > 1 {
		timeout /= 2
	}
	for attempt := 1; ; attempt++ {
		began := time.Now() //nolint:forbidigo // what is measured is real: the server's time
		set, err := r.attempt(ctx, known, timeout)
		if err == nil || !isUnavailable(err) {
			return set, err
		}
		r.fallBack(ctx, f)
		took, wait := time.Since(began), r.cfg.RetryAfter(err)
		pause := max(r.retryDelay(attempt)-took, wait, 0)
		if left -= took + pause; left <= 0 || wait < 0 || attempt >= attempts || errors.Is(err, errNoKeys) {
			return keySet{}, err
		}
		time.Sleep(pause)
		timeout = left
		r.fetches.Add(1)
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

// attempt asks for the key set once, and reads it. The error is an *Error or matches ErrUnavailable.
func (r *Remote) attempt(ctx context.Context, known map[string]*Key, timeout time.Duration) (keySet, error) {
	began := time.Now() //nolint:forbidigo // as in try
	asked := r.cfg.Now()
	body, err := r.fetch(ctx, timeout)
	if err == nil && len(body) > r.cfg.MaxBytes {
		err = fmt.Errorf("the key set has more than %d bytes", r.cfg.MaxBytes)
	}
	var set keySet
	if err == nil {
		set, err = r.read(body, asked, known)
	}
	r.cfg.Observe(ctx, FetchEvent{Err: err, Duration: time.Since(began)})
	if err == nil {
		return set, nil
	}
	r.failures.Add(1)
	var typed *Error
	if !errors.As(err, &typed) && !errors.Is(err, ErrUnavailable) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return keySet{}, err
}

// read makes a set of the body of an answer.
func (r *Remote) read(body []byte, asked time.Time, known map[string]*Key) (keySet, error) {
	keys, err := r.parseKeySet(body, known)
	set := keySet{keys: keys, asked: asked, renew: asked.Add(r.cfg.TTL * 4 / 5), expires: asked.Add(r.cfg.TTL)}
	if r.cfg.Save != nil {
		set.body = body
	}
	return set, err
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
