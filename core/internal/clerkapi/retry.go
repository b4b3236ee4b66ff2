package clerkapi

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"
)

// Retry says how a call is tried again that is safe to repeat.
type Retry struct {
	BaseDelay time.Duration // zero means 125 ms, negative means no wait
}

// How often calls are made at most that are tried again: a request waits for them. All
// others are made once here: who fetches the signing keys tries again by itself (see
// token.RemoteConfig).
const (
	machineAttempts = 2
	userAttempts    = 3
)

const (
	defaultRetryBaseDelay = 125 * time.Millisecond
	maxRetryDelay         = time.Minute // what Clerk does not ask for itself
)

// through makes a call where that is allowed, again where that may help.
func through[T any](ctx context.Context, a *API, c call, ask func(ctx context.Context) (T, error)) (T, error) {
	st := &a.gate.kinds[c.kind]
	begin := now()
	defer func() { st.waited.Add(uint64(max(now().Sub(begin), 0))) }()
	tries := c.tries
	if st.suspect.Load() {
		tries = 1 // Others have tried in vain.
	}
	var answer T
	var last error
	for attempt := 1; ; attempt++ {
		err := a.once(ctx, c, attempt, func(ctx context.Context) (err error) {
			answer, err = ask(ctx)
			return err
		})
		failure, ok := errors.AsType[*Failure](err)
		if ok && failure.Refused && last != nil {
			return answer, last
		}
		last = err
		if !ok || attempt >= tries || failure.Refused || !failure.temporary() || ctx.Err() != nil ||
			failure.RetryAfter > a.gate.config.Timeout || // Longer than anybody waits for a call, who may have no deadline.
			a.retry.wait(ctx, attempt, failure.RetryAfter) != nil {
			return answer, err
		}
	}
}

// temporary reports whether another try may succeed.
func (e *Failure) temporary() bool {
	return e.Status == 0 || e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
}

// wait sleeps before the next try: the base delay, doubled each time, with a
// random factor between one and two, and never less than Clerk asks for. It does
// not sleep when ctx would end first.
func (r Retry) wait(ctx context.Context, attempt int, atLeast time.Duration) error {
	base := r.BaseDelay
	if base == 0 {
		base = defaultRetryBaseDelay
	}
	delay := time.Duration(0)
	if base > 0 {
		delay = min(min(base, maxRetryDelay)<<min(attempt-1, 10), maxRetryDelay)
		delay += rand.N(delay) //nolint:gosec // spreads load; nothing depends on its secrecy
	}
	delay = max(delay, atLeast)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < delay {
		return context.DeadlineExceeded
	}
	if delay == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
