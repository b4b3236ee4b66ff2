package clerktest

import (
	"sync"
	"time"
)

// Clock tells an instance's time. The zero value runs with the system's clock;
// [Clock.Set] stops it, [Clock.Advance] moves it. All methods are safe for
// concurrent use.
type Clock struct {
	mu     sync.Mutex
	fixed  time.Time
	offset time.Duration
}

// NewClock returns a clock that stands still at t.
func NewClock(t time.Time) *Clock {
	return &Clock{fixed: t}
}

// Now returns the current time of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.fixed.IsZero() {
		return c.fixed
	}
	return time.Now().Add(c.offset)
}

// Set stops the clock at t. A zero t lets it run with the system's clock again.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fixed, c.offset = t, 0
}

// Advance moves the clock forward by d, or back if d is negative. A clock that
// stands still stands still afterwards too.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.fixed.IsZero() {
		c.fixed = c.fixed.Add(d)
		return
	}
	c.offset += d
}

// setting returns where the clock stands still, zero if it runs, and how far it is off.
func (c *Clock) setting() (fixed time.Time, offset time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fixed, c.offset
}

// restore is the reverse of setting.
func (c *Clock) restore(fixed time.Time, offset time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fixed, c.offset = fixed, offset
}
