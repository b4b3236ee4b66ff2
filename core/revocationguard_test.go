package core_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/sharedtest"
	"github.com/clerkgo/clerkgo/core"
)

// deafFleet never returns, whatever its context says.
type deafFleet struct {
	sharedtest.Fleet

	forever chan struct{}
	calls   atomic.Int32
}

func (f *deafFleet) Publish(context.Context, string, []byte, time.Duration) error {
	f.calls.Add(1)
	<-f.forever
	return nil
}

func (f *deafFleet) Subscribe(string, core.Subscriber) (stop func()) { return func() {} }

// TestADeafFleetHoldsNoAnnouncementUp: more tries follow, as with one that fails, and the calls that
// never return are counted and bounded with all others.
func TestADeafFleetHoldsNoAnnouncementUp(t *testing.T) {
	t.Parallel()
	options := plain(newServer(t, true))
	synctest.Test(t, func(t *testing.T) {
		deaf := &deafFleet{forever: make(chan struct{})}
		o := options
		o.Now, o.Shared = time.Now, deaf
		c := newClerk(t, o)
		began := time.Now()
		if err := c.RevokeSession(t.Context(), "sess_a"); !errors.Is(err, core.ErrUnavailable) || time.Since(began) != 50*time.Millisecond {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		stats := c.Stats()
		if deaf.calls.Load() != 4 || stats.Revocations.Failed != 4 || stats.Shared.Failed != 4 {
			t.Errorf("%d calls, counted %+v and %+v", deaf.calls.Load(), stats.Revocations, stats.Shared)
		}
		close(deaf.forever)
	})
}
