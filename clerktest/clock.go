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
	jumped chan struct{} // closed when the clock is set; nil if nobody waits
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
	c.jump()
}

// Advance moves the clock forward by d, or back if d is negative. A clock that
// stands still stands still afterwards too.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.jump()
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
	c.jump()
}

// jump wakes who waits for the clock to be set. The caller holds c.mu.
func (c *Clock) jump() {
	if c.jumped != nil {
		close(c.jumped)
		c.jumped = nil
	}
}

// moved returns a channel that is closed when the clock is set the next time.
func (c *Clock) moved() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.jumped == nil {
		c.jumped = make(chan struct{})
	}
	return c.jumped
}
