package core

import (
	"context"
	"net/http"
	"slices"
	"weak"

	"github.com/clerkgo/clerkgo/core/token"
)

// Stats returns the counters. It is cheap, and safe for concurrent use.
func (c *Clerk) Stats() Stats {
	s := c.shared.stats()
	s.Tokens = c.verifier.CacheStats()
	if c.remote == nil { // Those of the same keys may have them.
		s.Keys, s.Store = token.Stats{}, StoreStats{}
	}
	return s
}

// stats are the counters that instances have in common.
func (s *source) stats() Stats {
	s.mu.Lock()
	calls, remote, box, memory, feed, cache, shared := s.calls, s.remote, s.box, s.revocations, s.feed, s.users, s.fleet
	s.mu.Unlock()
	f, q, h := shared.Stats(), s.gate.QuotaStats(), s.gate.Holds().Stats()
	stats := Stats{
		Calls: CallStats(calls.Counts()), Outage: s.outageStats(), Grace: s.graces.uses.Load(), Watches: int(s.watches.Load()),
		Backend:     BackendStats{Limit: q.Limit, Recent: q.Recent, Left: q.Left, Made: q.Made, Refused: q.Refused, Alone: q.Alone, HeldUntil: h.Until, Told: h.Told, Heard: h.Heard},
		Revocations: revocationStats(memory, feed), Users: UserStats(cache.Stats()),
		Shared: SharedStats{Read: f.Read, Written: f.Written, Taken: f.Taken, Rejected: f.Rejected, Failed: f.Failed, Skipped: f.Skipped, Away: f.Away},
	}
	if remote != nil {
		stats.Keys = remote.Stats()
	}
	if box != nil {
		stats.Store = StoreStats(box.Stats())
	}
	return stats
}

// countedBy hands the counters to hooks, once, and adds to them the tokens that an instance
// remembers.
func (s *source) countedBy(h *Hooks, v *token.Verifier) {
	if h.Counters == nil {
		return
	}
	s.mu.Lock()
	if len(s.verifiers) == cap(s.verifiers) { // Seldom: those that are gone go before there are more.
		s.verifiers = slices.DeleteFunc(s.verifiers, func(one weak.Pointer[token.Verifier]) bool { return one.Value() == nil })
	}
	s.verifiers = append(s.verifiers, weak.Make(v))
	first := !s.counted
	s.counted = true
	s.mu.Unlock()
	if !first {
		return
	}
	self := weak.Make(s)
	h.Counters(func() (Stats, bool) {
		s := self.Value()
		if s == nil {
			return Stats{}, false
		}
		stats := s.stats()
		s.mu.Lock()
		verifiers := slices.Clone(s.verifiers)
		s.mu.Unlock()
		for _, one := range verifiers {
			if v := one.Value(); v != nil {
				tokens := v.CacheStats()
				stats.Tokens.Entries += tokens.Entries
				stats.Tokens.Bytes += tokens.Bytes
			}
		}
		return stats, true
	})
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
