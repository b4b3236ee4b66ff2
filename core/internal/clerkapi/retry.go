package clerkapi

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	defaultRetryBaseDelay = 125 * time.Millisecond
	maxRetryDelay         = time.Minute // what Clerk does not ask for itself
)

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
