package fleet

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// Bounds of announcements.
const (
	maxPending   = 256
	announceWait = 50 * time.Millisecond // of who announces
)

// pauses are how long an announcement that failed waits for each try that follows.
var pauses = [...]time.Duration{100 * time.Millisecond, time.Second, 5 * time.Second}

// ErrBusy says that an announcement was not made.
var ErrBusy = errors.New("too many announcements are under way")

var errSlow = errors.New("it takes too long, and goes on in the background")

// Announcer tells others something without holding anybody up for long. The zero value is
// ready. Safe for concurrent use.
type Announcer struct {
	pending atomic.Int32 // announcements that are under way
}

// Announce publishes, which must return after a while. It does not wait for long: an error says
// that others may not know. A few more tries are made in the background.
func (a *Announcer) Announce(ctx context.Context, publish func(context.Context) error) error {
	if a.pending.Add(1) > maxPending {
		a.pending.Add(-1)
		return ErrBusy
	}
	first := make(chan error, 1)
	go a.announce(context.WithoutCancel(ctx), publish, first)
	timer := time.NewTimer(announceWait)
	defer timer.Stop()
	select {
	case err := <-first:
		return err
	case <-timer.C:
		return errSlow
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (a *Announcer) announce(ctx context.Context, publish func(context.Context) error, first chan<- error) {
	defer a.pending.Add(-1)
	err := publish(ctx)
	first <- err
	for _, pause := range pauses {
		if err == nil {
			return
		}
		timer := time.NewTimer(pause)
		<-timer.C
		err = publish(ctx)
	}
}
