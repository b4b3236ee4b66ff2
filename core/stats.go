package core

import (
	"context"
	"net/http"

	"github.com/clerkgo/clerkgo/core/token"
)

// Stats are counters of one instance, for metrics.
type Stats struct {
	// Keys tells about the signing keys. It is zero with Options.JWTKey.
	Keys token.Stats
	// Tokens tells how full the memory of verified tokens is.
	Tokens token.CacheStats
	// Calls tells about the calls to Clerk that strangers can cause.
	Calls CallStats
	// Backend tells how much of Clerk's rate limit the calls to the Backend API use.
	Backend BackendStats
	// Outage tells about all calls to Clerk that requests wait for, and whether there is an
	// outage. Where [Clerk.Ready] returns nil during one, the instance serves without Clerk.
	Outage OutageStats
	// Grace counts requests that passed with a session token which had expired: see
	// Options.Outage.Grace.
	Grace uint64
	// Store tells about Options.Outage.Store. It is zero without one.
	Store StoreStats
	// Revocations tells about what was revoked. It is zero with Options.Revocations.Off.
	Revocations RevocationStats
	// Watches is how many long connections are watched at present: see [Auth.Watch].
	Watches int
	// Users tells about the users that are remembered. It is zero without Options.Users.
	Users UserStats
	// Shared tells about Options.Shared. It is zero without one.
	Shared SharedStats
}

// Stats returns the counters. It is cheap, and safe for concurrent use.
func (c *Clerk) Stats() Stats {
	s := Stats{Tokens: c.verifier.CacheStats(), Calls: CallStats(c.calls.Counts()), Outage: c.outageStats()}
	q, h := c.shared.gate.QuotaStats(), c.shared.gate.Holds().Stats()
	s.Backend = BackendStats{
		Limit: q.Limit, Recent: q.Recent, Left: q.Left, Made: q.Made, Refused: q.Refused, Alone: q.Alone,
		HeldUntil: h.Until, Told: h.Told, Heard: h.Heard,
	}
	if c.remote != nil {
		s.Keys = c.remote.Stats()
	}
	s.Revocations = c.revocationStats()
	s.Watches = int(c.shared.watches.Load())
	s.Users = UserStats(c.users.Stats())
	f := c.fleet.Stats()
	s.Shared = SharedStats{Read: f.Read, Written: f.Written, Taken: f.Taken, Rejected: f.Rejected, Failed: f.Failed, Skipped: f.Skipped, Away: f.Away}
	s.Grace = c.shared.graces.uses.Load()
	if c.box != nil {
		s.Store = StoreStats(c.box.Stats())
	}
	return s
}

// Ready waits until session tokens can be verified, for readiness probes: it
// fetches the signing keys if there are none, and shares that call with requests.
// During an outage of Clerk it returns nil as long as the known keys serve. Its
// [Stats].Outage tells whether there is one. Its
// error matches [ErrUnavailable]. With Options.JWTKey, and for instances that need
// no keys, it returns nil at once.
func (c *Clerk) Ready(ctx context.Context) error {
	if c.remote == nil {
		return nil
	}
	if err := c.remote.Ready(ctx); err != nil {
		return &Error{class: ErrUnavailable, status: http.StatusServiceUnavailable, message: "the signing keys are not available", cause: err}
	}
	return nil
}
