package otelclerk

import (
	"context"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/clerkgo/clerkgo/core"
)

// counters are the metrics that core counts itself, summed up over all instances.
type counters struct {
	instruments []metric.Int64Observable // of observables, by index
	observables []observable

	mu      sync.Mutex
	sources []*source
	most    int             // of them, until those that are gone are looked for
	retired map[point]int64 // what those had counted that are gone
}

// source is what instances with the same keys have counted.
type source struct {
	read func() (core.Stats, bool)
	last map[point]int64 // of its counters
}

// point is a value: of an observable, and of its attribute where it has one.
type point struct {
	observable int
	label      string
}

// observable is one metric of [core.Stats].
type observable struct {
	name, unit, description string
	key                     attribute.Key // "" without an attribute
	level                   bool          // it goes down, too
	read                    func(s *core.Stats, put func(label string, value int64))
}

// add is core's hook.
func (c *counters) add(read func() (core.Stats, bool)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sources) >= c.most { // Nobody may ever collect.
		c.sources = slices.DeleteFunc(c.sources, func(s *source) bool { _, ok := s.read(); return c.retire(s, ok) })
		c.most = 2*len(c.sources) + 16
	}
	c.sources = append(c.sources, &source{read: read})
}

// retire keeps what a source had counted when it was read last, if it is gone. c.mu is held.
func (c *counters) retire(s *source, there bool) (gone bool) {
	if !there {
		for at, value := range s.last {
			c.retired[at] += value
		}
	}
	return !there
}

// register makes the metrics.
func (c *counters) register(m metric.Meter) {
	c.retired = map[point]int64{}
	for _, o := range observables() {
		var made metric.Int64Observable
		var err error
		if o.level {
			made, err = m.Int64ObservableUpDownCounter(o.name, metric.WithUnit(o.unit), metric.WithDescription(o.description))
		} else {
			made, err = m.Int64ObservableCounter(o.name, metric.WithUnit(o.unit), metric.WithDescription(o.description))
		}
		if handle(err); err != nil {
			continue
		}
		c.observables, c.instruments = append(c.observables, o), append(c.instruments, made)
	}
	all := make([]metric.Observable, len(c.instruments))
	for i, one := range c.instruments {
		all[i] = one
	}
	_, err := m.RegisterCallback(c.observe, all...)
	handle(err)
}

// observe reads all counters. What instances that are gone had counted is kept: a counter never
// goes down.
func (c *counters) observe(_ context.Context, to metric.Observer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	sums := map[point]int64{}
	c.sources = slices.DeleteFunc(c.sources, func(s *source) bool {
		stats, ok := s.read()
		if c.retire(s, ok) {
			return true
		}
		s.last = map[point]int64{}
		for i := range c.observables {
			o := &c.observables[i]
			o.read(&stats, func(label string, value int64) {
				at := point{i, label}
				sums[at] += value
				if !o.level {
					s.last[at] = value
				}
			})
		}
		return false
	})
	for at, value := range c.retired {
		sums[at] += value
	}
	for at, value := range sums {
		if key := c.observables[at.observable].key; key != "" {
			to.ObserveInt64(c.instruments[at.observable], value, metric.WithAttributes(key.String(at.label)))
		} else {
			to.ObserveInt64(c.instruments[at.observable], value)
		}
	}
	return nil
}

// count is the reading of an observable without an attribute.
func count[T uint64 | int | int64](value func(s *core.Stats) T) func(*core.Stats, func(string, int64)) {
	return func(s *core.Stats, put func(string, int64)) { put("", int64(value(s))) }
}

// flag is 1 where something is so.
func flag(value func(s *core.Stats) bool) func(*core.Stats, func(string, int64)) {
	return func(s *core.Stats, put func(string, int64)) {
		n := int64(0)
		if value(s) {
			n = 1
		}
		put("", n)
	}
}

// labelled is the reading of an observable with an attribute: pairs of its value and the count.
func labelled(values func(s *core.Stats) map[string]uint64) func(*core.Stats, func(string, int64)) {
	return func(s *core.Stats, put func(string, int64)) {
		for label, value := range values(s) {
			put(label, int64(value))
		}
	}
}

// observables are the metrics that are read from [core.Stats].
func observables() []observable {
	type stats = core.Stats
	type values = map[string]uint64
	return slices.Concat(callObservables(), []observable{
		{
			name: "clerk.auth.unchecked", unit: "{request}", description: "Requests whose credential could not be checked.",
			read: count(func(s *stats) uint64 { return s.Outage.Unchecked }),
		},
		{
			name: "clerk.auth.grace", unit: "{request}", description: "Requests that passed with a session that had expired, in an outage.",
			read: count(func(s *stats) uint64 { return s.Grace }),
		},
		{
			name: "clerk.keys.count", unit: "{key}", description: "Signing keys that are known.", level: true,
			read: count(func(s *stats) int { return s.Keys.Keys }),
		},
		{
			name: "clerk.keys.stale", unit: "{request}", description: "Requests that were served with old signing keys, because new ones could not be had.",
			read: count(func(s *stats) uint64 { return s.Keys.Stale }),
		},
		{
			name: "clerk.keys.unknown", unit: "{request}", description: "Requests that named an unknown signing key and were refused without a fetch.",
			read: count(func(s *stats) uint64 { return s.Keys.Unknown }),
		},
		{
			name: "clerk.token.cache.entries", unit: "{token}", description: "Verified tokens that are remembered.", level: true,
			read: count(func(s *stats) int { return s.Tokens.Entries }),
		},
		{
			name: "clerk.token.cache.size", unit: "By", description: "Estimated size of the verified tokens that are remembered.", level: true,
			read: count(func(s *stats) int64 { return s.Tokens.Bytes }),
		},
		{
			name: "clerk.revocations.entries", unit: "{revocation}", description: "Revocations that are remembered.", level: true,
			read: count(func(s *stats) int { return s.Revocations.Entries }),
		},
		{
			name: "clerk.revocations.refused", unit: "{request}", description: "Credentials that were refused for a revocation.",
			read: count(func(s *stats) uint64 { return s.Revocations.Refused }),
		},
		{
			name: "clerk.revocations.dropped", unit: "{revocation}", description: "Revocations that were forgotten before their time.",
			read: count(func(s *stats) uint64 { return s.Revocations.Dropped }),
		},
		{
			name: "clerk.revocations.messages", unit: "{message}", description: "Announcements of revocations in the fleet.", key: "clerk.message.outcome",
			read: labelled(func(s *stats) values {
				r := &s.Revocations
				return values{"published": r.Published, "failed": r.Failed, "received": r.Received, "rejected": r.Rejected}
			}),
		},
		{
			name: "clerk.revocations.current", unit: "{instance}", description: "1 where all that the fleet has revoked is known here.", level: true,
			read: flag(func(s *stats) bool { return s.Revocations.Current }),
		},
		{
			name: "clerk.watches", unit: "{connection}", description: "Long connections that are watched.", level: true,
			read: count(func(s *stats) int { return s.Watches }),
		},
		{
			name: "clerk.users.cache.entries", unit: "{user}", description: "Current users that are remembered.", level: true,
			read: count(func(s *stats) int { return s.Users.Entries }),
		},
		{
			name: "clerk.users.lookups", unit: "{lookup}", description: "Look-ups of current users, by who had the answer.", key: "clerk.lookup.outcome",
			read: labelled(func(s *stats) values {
				u := &s.Users
				return values{"hit": u.Hits, "shared": u.Shared, "coalesced": u.Coalesced, "asked": u.Asked}
			}),
		},
		{
			name: "clerk.users.changes", unit: "{change}", description: "Changes that made users be forgotten.",
			read: count(func(s *stats) uint64 { return s.Users.Changed }),
		},
		{
			name: "clerk.store.entries", unit: "{entry}", description: "Entries of the store of signing keys, by what became of them.", key: "clerk.entry.outcome",
			read: labelled(func(s *stats) values {
				e := &s.Store
				return values{"read": e.Read, "written": e.Written, "rejected": e.Rejected, "failed": e.Failed}
			}),
		},
		{
			name: "clerk.shared.entries", unit: "{entry}", description: "Entries and budgets that the fleet shares, by what became of them.", key: "clerk.entry.outcome",
			read: labelled(func(s *stats) values {
				e := &s.Shared
				return values{"read": e.Read, "written": e.Written, "taken": e.Taken, "rejected": e.Rejected, "failed": e.Failed, "skipped": e.Skipped}
			}),
		},
		{
			name: "clerk.shared.away", unit: "{instance}", description: "1 while what the fleet shares is not asked, because it failed.", level: true,
			read: flag(func(s *stats) bool { return s.Shared.Away }),
		},
	})
}

// callObservables are those of calls to Clerk.
func callObservables() []observable {
	type stats = core.Stats
	type values = map[string]uint64
	return []observable{
		{
			name: "clerk.client.requests.refused", unit: "{request}", description: "Calls to Clerk that were not made, because such calls failed.", key: keyKind,
			read: labelled(func(s *stats) values {
				all := values{}
				for kind, calls := range s.Outage.Calls {
					all[kind] = calls.Refused
				}
				return all
			}),
		},
		{
			name: "clerk.client.breaker.open", unit: "{breaker}", description: "1 while calls of a kind are not made, because such calls failed.", key: keyKind, level: true,
			read: labelled(func(s *stats) values {
				all := values{}
				for kind, calls := range s.Outage.Calls {
					if all[kind] = 0; calls.Open {
						all[kind] = 1
					}
				}
				return all
			}),
		},
		{
			name: "clerk.outage.active", unit: "{outage}", description: "1 while Clerk cannot be asked.", level: true,
			read: flag(func(s *stats) bool { return !s.Outage.Since.IsZero() }),
		},
		{
			name: "clerk.questions", unit: "{question}", description: "Questions for Clerk that strangers can cause, by what became of them.", key: "clerk.question.outcome",
			read: labelled(func(s *stats) values {
				q := &s.Calls
				return values{
					"made": q.Made, "coalesced": q.Coalesced, "remembered": q.Remembered, "too_long": q.TooLong, "over_budget": q.OverBudget, "kept": q.Kept,
				}
			}),
		},
		{
			name: "clerk.backend.calls", unit: "{call}", description: "Calls to the Backend API that its rate limit allowed, or did not.", key: "clerk.limit.outcome",
			read: labelled(func(s *stats) values { return values{"made": s.Backend.Made, "refused": s.Backend.Refused} }),
		},
		{
			name: "clerk.backend.calls.alone", unit: "{call}", description: "Calls to the Backend API that were made while the fleet's budget could not be asked.",
			read: count(func(s *stats) uint64 { return s.Backend.Alone }),
		},
		{
			name: "clerk.backend.holds", unit: "{message}", description: "Messages in the fleet that Clerk asks to wait.", key: "clerk.message.outcome",
			read: labelled(func(s *stats) values { return values{"published": s.Backend.Told, "received": s.Backend.Heard} }),
		},
		{
			name: "clerk.backend.limit", unit: "{call}", description: "Calls to the Backend API that are allowed in ten seconds; 0 without a limit.", level: true,
			read: count(func(s *stats) int { return s.Backend.Limit }),
		},
		{
			name: "clerk.backend.left", unit: "{call}", description: "Calls to the Backend API that may be made now.", level: true,
			read: count(func(s *stats) int { return s.Backend.Left }),
		},
	}
}
