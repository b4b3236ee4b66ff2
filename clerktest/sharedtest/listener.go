package sharedtest

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core"
)

// Listener is a [core.Subscriber] that remembers what it hears. Safe for concurrent use.
type Listener struct {
	stop        func()
	calls       atomic.Int32
	overlapping atomic.Bool

	mu      sync.Mutex
	heard   map[string]bool
	order   []string // without those that were heard before
	current bool
	changed chan struct{} // is closed with the next change
}

// Listen subscribes to a topic until the test ends.
func Listen(tb testing.TB, s core.Shared, topic string) *Listener {
	tb.Helper()
	l := &Listener{changed: make(chan struct{})}
	l.stop = s.Subscribe(topic, l)
	tb.Cleanup(l.stop)
	return l
}

// Deliver implements [core.Subscriber].
func (l *Listener) Deliver(message []byte) {
	l.enter(func() {
		if text := string(message); !l.heard[text] {
			if l.heard == nil {
				l.heard = make(map[string]bool)
			}
			l.heard[text] = true
			l.order = append(l.order, text)
		}
	})
	clear(message) // It was lent.
}

// Current implements [core.Subscriber].
func (l *Listener) Current(current bool) { l.enter(func() { l.current = current }) }

func (l *Listener) enter(f func()) {
	if l.calls.Add(1) != 1 {
		l.overlapping.Store(true)
	}
	l.mu.Lock()
	f()
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
	l.calls.Add(-1)
}

// Stop ends the subscription.
func (l *Listener) Stop() { l.stop() }

// Heard is how many different messages were heard.
func (l *Listener) Heard() int { return len(l.Messages()) }

// Messages lists the different messages that were heard, in the order in which they came.
func (l *Listener) Messages() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.order)
}

// Await waits for a message.
func (l *Listener) Await(tb testing.TB, message string) {
	tb.Helper()
	l.until(tb, "the message "+message[:min(len(message), 40)], func() bool { return l.heard[message] })
}

// AwaitCurrent waits until everything that is kept was delivered.
func (l *Listener) AwaitCurrent(tb testing.TB) {
	tb.Helper()
	l.until(tb, "being current", func() bool { return l.current })
}

// AwaitLost waits until the connection is known to be lost, and returns how long that took.
func (l *Listener) AwaitLost(tb testing.TB) time.Duration {
	tb.Helper()
	began := time.Now()
	l.until(tb, "not being current", func() bool { return !l.current })
	return time.Since(began)
}

func (l *Listener) until(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	timeout := time.NewTimer(4 * within)
	defer timeout.Stop()
	for {
		l.mu.Lock()
		done, changed := holds(), l.changed
		l.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-timeout.C:
			tb.Fatalf("waited in vain for %s", what)
		}
	}
}
