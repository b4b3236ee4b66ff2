// Package quota keeps the calls to Clerk within a number in each window of time, and leaves the
// last of them to those that people sign in by.
package quota

import (
	"sync"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/fleet"
)

// Config says how many calls there may be.
type Config struct {
	Limit  int           // in a window; not positive: any number
	Window time.Duration // its length
	// Fleet has the processes that share the limit; nil is this one alone.
	Fleet *fleet.Fleet
	// Alone is how many this process makes in a window where the fleet cannot be asked.
	Alone int
}

// Class is a class of calls.
type Class uint8

// The classes.
const (
	First  Class = iota // what people sign in by: it may use everything
	Others              // all else: it leaves a fifth
)

// share is how many of so many calls a class may make: of one, both.
func (c Class) share(limit int) int {
	const of = 5
	if c == First {
		return limit
	}
	return limit - limit/of
}

// Quota counts calls. A nil one has no limit. Safe for concurrent use.
type Quota struct {
	config Config

	mu                   sync.Mutex
	all                  window // calls of this process
	alone                window // those that the fleet does not know of
	shared               lease
	made, refused, byOwn uint64
}

// New returns a quota of which nothing is used, nil where there is no limit.
func New(c Config) *Quota {
	if c.Limit <= 0 || c.Window < slices {
		return nil
	}
	return &Quota{config: c}
}

// now is the time in which calls are counted.
func now() time.Time { return time.Now() } //nolint:forbidigo // Tests stop Options.Now, and Clerk's time goes on.

// Take takes one call, or says after which time there may be some again.
func (q *Quota) Take(class Class) (wait time.Duration, ok bool) {
	if q == nil {
		return 0, true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		at := now()
		if wait, full := q.full(class, at); full {
			q.refused++
			return wait, false
		}
		if q.config.Fleet == nil || q.use(class, at) {
			q.spend(at)
			return 0, true
		}
		if !q.ask(class) {
			return q.takeAlone(class)
		}
	}
}

// takeAlone is Take where the fleet cannot be asked. q.mu is held.
func (q *Quota) takeAlone(class Class) (wait time.Duration, ok bool) {
	at := now()
	if q.alone.left(at, q.config.Window, class.share(q.config.Alone)) == 0 {
		q.refused++
		return q.alone.until(at, q.config.Window), false
	}
	q.alone.add(at, q.config.Window)
	q.byOwn++
	q.spend(at)
	return 0, true
}

// full is Full. q.mu is held.
func (q *Quota) full(class Class, at time.Time) (wait time.Duration, full bool) {
	if q.all.left(at, q.config.Window, class.share(q.config.Limit)) == 0 {
		return q.all.until(at, q.config.Window), true
	}
	return q.fleetFull(class, at)
}

// Full reports whether Take would refuse at present, as far as this process knows. It counts as
// a refusal then.
func (q *Quota) Full(class Class) (wait time.Duration, full bool) {
	if q == nil {
		return 0, false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if wait, full = q.full(class, now()); full {
		q.refused++
	}
	return wait, full
}

// Count counts a call that is made in any case.
func (q *Quota) Count() {
	if q == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	at := now()
	q.use(First, at)
	q.spend(at)
}

// spend counts a call. q.mu is held.
func (q *Quota) spend(at time.Time) {
	q.all.add(at, q.config.Window)
	q.made++
}

// Stats are the state and the counters of a [Quota].
type Stats struct {
	Limit  int // in a window; 0 where there is none
	Recent int // calls of this process in the window that ends now
	Left   int // as far as this process knows

	// Made counts calls, Alone those of them that the fleet does not know of.
	Made, Refused, Alone uint64
}

// Stats returns them.
func (q *Quota) Stats() Stats {
	if q == nil {
		return Stats{}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	at := now()
	left := min(q.all.left(at, q.config.Window, q.config.Limit), q.fleetLeft(at))
	return Stats{Limit: q.config.Limit, Recent: q.all.sum, Left: left, Made: q.made, Refused: q.refused, Alone: q.byOwn}
}
