package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/clerkgo/clerkgo/core/internal/patience"
)

// When calls are not made.
const (
	maxFailures  = 3 // in a row
	judgedPeriod = 10 * time.Second
	judgedSlices = 5
	judgedCalls  = 8
	failedShare  = 2           // half of those that were judged
	pause        = time.Second // before one is tried again, which a request pays for
	maxCalls     = 256         // that have not returned
)

// guard bounds what a request waits, and makes no calls for a while where they fail.
type guard struct {
	wait    time.Duration
	log     *slog.Logger
	redact  func(string) string
	breaker *gobreaker.CircuitBreaker[struct{}]
	under   atomic.Int32 // calls that have not returned, given up or not
	failing atomic.Bool  // what was logged

	failed, skipped atomic.Uint64
}

func (g *guard) init(c Config) {
	g.wait, g.log, g.redact = c.Wait, c.Log, c.Redact
	g.breaker = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Interval:     judgedPeriod,
		BucketPeriod: judgedPeriod / judgedSlices,
		// Processes must not come back together.
		Timeout: pause + rand.N(pause/4), //nolint:gosec // spreads load; nothing depends on its secrecy
		ReadyToTrip: func(c gobreaker.Counts) bool {
			ended := c.TotalFailures + c.TotalSuccesses
			return c.ConsecutiveFailures >= maxFailures || ended >= judgedCalls && c.TotalFailures >= ended/failedShare
		},
		IsExcluded: func(err error) bool { return errors.Is(err, errAbandoned) },
	})
}

func (g *guard) away() bool { return g.breaker.State() == gobreaker.StateOpen }

var (
	errAbandoned = errors.New("nobody waits for the answer")
	errEnded     = errors.New("it has ended its goroutine")
	errSkipped   = errors.New("earlier calls have failed, or have not returned")
	errLate      = errors.New("it takes too long")
)

// call makes a call, if such calls are made at present. What is not ok is not known.
func call[T any](ctx context.Context, f *Fleet, ask func(context.Context) (T, error)) (answer T, ok bool) {
	answer, err := attempt(ctx, f, ask)
	return answer, err == nil
}

// attempt is call for who tells others why there is no answer.
func attempt[T any](ctx context.Context, f *Fleet, ask func(context.Context) (T, error)) (answer T, err error) {
	g := &f.guard
	wait := g.wait
	_, slow := ctx.Value(unhurriedKey{}).(bool)
	if slow {
		wait = unhurried
	}
	if g.under.Add(1) > maxCalls {
		g.under.Add(-1)
		g.skipped.Add(1)
		return answer, errSkipped
	}
	made := false
	run := func() (_ struct{}, err error) {
		made = true
		answer, err = bounded(ctx, wait, &g.under, ask)
		return struct{}{}, err
	}
	if slow {
		_, err = run() // It tells nothing about those that are in a hurry.
	} else {
		_, err = g.breaker.Execute(run)
	}
	switch {
	case !made:
		g.under.Add(-1)
		g.skipped.Add(1)
		return answer, errSkipped
	case err == nil:
		if !slow && g.failing.Load() && g.failing.Swap(false) {
			g.log.InfoContext(ctx, "core: what the fleet shares can be had again")
		}
	case !errors.Is(err, errAbandoned):
		g.failed.Add(1)
		if !g.failing.Swap(true) {
			g.log.WarnContext(ctx, "core: what the fleet shares cannot be had in time, and this process goes by what it knows itself", "error", g.redact(err.Error()), "within", wait)
		}
	}
	return answer, err
}

// bounded makes a call and leaves it alone if it takes long: it may know of no deadlines.
func bounded[T any](ctx context.Context, wait time.Duration, under *atomic.Int32, ask func(context.Context) (T, error)) (T, error) {
	bound, cancel := context.WithTimeoutCause(patience.Held(ctx), wait, errLate)
	defer cancel()
	type result struct {
		answer T
		err    error
	}
	done := make(chan result, 1)
	go func() {
		r := result{err: errEnded}
		defer func() {
			if p := recover(); p != nil { // In the application's code: it would end the program.
				r.err = fmt.Errorf("it panicked: %v", p)
			}
			under.Add(-1)
			done <- r
		}()
		r.answer, r.err = ask(bound)
	}()
	select {
	case r := <-done:
		if r.err != nil && ctx.Err() != nil {
			r.err = errAbandoned
		}
		return r.answer, r.err
	case <-bound.Done():
		var none T
		if ctx.Err() != nil {
			return none, errAbandoned
		}
		return none, context.Cause(bound)
	}
}
