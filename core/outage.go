package core

import "time"

// Outage says what becomes of requests while Clerk is down, slow, or refuses to answer.
// The zero value suits nearly everybody.
type Outage struct {
	// MaxWait bounds how long a request waits for Clerk: for signing keys, for what a
	// handshake brought, for a fresh session, about a machine's token, and for the current
	// user. Retries take place within it, and what takes longer could not be checked.
	// Zero means 2 s; negative means no other bound than the 10 s of a call, or the time-out
	// of Options.HTTPClient.
	MaxWait time.Duration
}

// defaultMaxWait is the bound where Outage.MaxWait is zero.
const defaultMaxWait = 2 * time.Second

// maxWait is the bound for a request, 0 without one.
func (o *Outage) maxWait() time.Duration {
	if o.MaxWait == 0 {
		return defaultMaxWait
	}
	return max(o.MaxWait, 0)
}

// within is d, or the bound for a request where that is shorter.
func (o *Outage) within(d time.Duration) time.Duration {
	if most := o.maxWait(); most > 0 {
		return min(d, most)
	}
	return d
}
