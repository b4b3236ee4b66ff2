package core

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkapi"
	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/quota"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// newGate returns what decides which of an instance's calls are made.
func (c *Clerk) newGate() *clerkapi.Gate {
	o := &c.opts.Outage
	config := clerkapi.GateConfig{
		Failures: o.Failures,
		Holds: clerkapi.NewHolds(clerkapi.HoldsConfig{
			Max: orDefault(o.MaxRetryAfter, defaultMaxRetryAfter), Fleet: c.fleet, Now: c.now, Log: c.log,
		}),
		Interval: orDefault(o.ProbeInterval, defaultProbeInterval),
		Timeout:  o.within(clerkapi.CallTimeout),
		Gated:    o.Client,
		Quota:    c.newQuota(),
		Limited: func(ctx context.Context, kind clerkapi.Kind) {
			c.logOften(ctx, slog.LevelWarn, "backend limit", "core: Clerk is not asked, because its rate limit would be exceeded: "+
				"what needs it could not be checked (see Options.BackendLimit)", "kind", kind.String())
		},
		Began: func(what string) { c.logOutage(&c.shared.before, what) },
		Ended: func(o clerkapi.Outage) { c.logRecovery(&c.shared.before, o) },
	}
	if o.Observe != nil {
		config.Observe = func(e clerkapi.Event) { o.Observe(publicEvent(e)) }
	}
	c.opts.Hooks.watch(&config)
	return clerkapi.NewGate(config)
}

const (
	// limitWindow is that of Clerk's rate limit.
	limitWindow = 10 * time.Second
	// aloneShare is the part of the limit that a process takes which cannot ask its fleet.
	aloneShare = 4
)

// newQuota returns what an instance's calls may use of Clerk's rate limit, nil where there is none.
func (c *Clerk) newQuota() *quota.Quota {
	limit, alone := backendLimit(&c.opts, c.key.Instance), c.opts.BackendLimit.Alone
	if alone == 0 {
		alone = max(limit/aloneShare, 1)
	}
	if alone < 0 || alone > limit {
		alone = limit
	}
	return quota.New(quota.Config{Limit: limit, Window: limitWindow, Fleet: c.fleet, Alone: alone})
}

// backendLimit is how many calls there may be, not positive for any number.
func backendLimit(o *Options, instance clerkkey.Type) int {
	development := clerkkey.IsDevelopmentSecret(o.SecretKey) || !clerkkey.IsProductionSecret(o.SecretKey) && instance == clerkkey.Development
	api, err := weburl.Parse(o.APIURL)
	switch {
	case o.BackendLimit.Calls != 0:
		return o.BackendLimit.Calls
	case err == nil && api.IsLoopback():
		return 0 // Clerk is elsewhere.
	case development:
		return developmentLimit
	}
	return productionLimit
}

// hearHolds makes an instance hear what Clerk has told others of its fleet.
func (c *Clerk) hearHolds() {
	if c.fleet == nil || c.opts.Outage.MaxRetryAfter < 0 {
		return
	}
	holds, shared := c.shared.gate.Holds(), c.opts.Shared
	c.shared.hear(func() (stop func()) { return shared.Subscribe(holds.Topic(), holds) })
}

// watch makes calls to Clerk known.
func (h Hooks) watch(config *clerkapi.GateConfig) {
	if h.Call != nil {
		config.Call = func(ctx context.Context, e clerkapi.Event) (context.Context, func(clerkapi.Event)) {
			public := publicEvent(e)
			own, end := h.Call(ctx, Call{Kind: public.Kind, Endpoint: e.Endpoint, Attempt: e.Attempt, Host: e.Host})
			if own == nil {
				own = ctx
			}
			if end == nil {
				return own, nil
			}
			return own, func(e clerkapi.Event) { end(publicEvent(e)) }
		}
	}
	if h.BreakerChanged != nil {
		config.Breaker = func(kind clerkapi.Kind, open bool) { h.BreakerChanged(kind.String(), open) }
	}
}

func publicEvent(e clerkapi.Event) CallEvent {
	event := CallEvent{Kind: e.Kind.String(), Endpoint: e.Endpoint, Outcome: e.Outcome.String(), Status: e.Status, Attempt: e.Attempt, Duration: e.Duration}
	if e.Probe {
		event.Kind = "probe"
	}
	return event
}

// staleKeys counts requests that were served with old keys.
func (c *Clerk) staleKeys() uint64 {
	if c.remote == nil {
		return 0
	}
	return c.remote.Stats().Stale
}

func (c *Clerk) logOutage(before *outageTally, what string) {
	before.unchecked.Store(c.shared.unchecked.Load())
	before.stale.Store(c.staleKeys())
	before.graces.Store(c.shared.graces.uses.Load())
	c.log.Warn("core: an outage of Clerk begins: what needs it cannot be checked, and is answered at once", "down", what, "instance", c.key.Host)
}

func (c *Clerk) logRecovery(before *outageTally, o clerkapi.Outage) {
	c.log.Info("core: the outage of Clerk is over: requests are checked as ever", "length", o.Length,
		"unchecked", c.shared.unchecked.Load()-before.unchecked.Load(), "oldKeys", c.staleKeys()-before.stale.Load(), "inGrace", c.shared.graces.uses.Load()-before.graces.Load(),
		"failedCalls", o.Failed, "refusedCalls", o.Refused, "instance", c.key.Host)
}

// couldNotCheck counts a request that could not be checked, and finds out whether that
// goes on.
func (c *Clerk) couldNotCheck() {
	c.shared.unchecked.Add(1)
	if c.backend != nil {
		c.backend.Probe()
	}
}

// probedFrontend is the address of the Frontend API that is asked whether it is there:
// the one that browsers are sent to, or what is behind the application's own proxy.
func (c *Clerk) probedFrontend() string {
	o := &c.opts
	switch {
	case c.key.Raw == "":
		return ""
	case c.proxy != nil:
		return c.proxy.Upstream()
	case weburl.IsAbsolute(o.ProxyURL):
		return strings.TrimRight(o.ProxyURL, "/")
	}
	host := c.key.FrontendAPI("", o.Domain, o.IsSatellite)
	if weburl.IsAbsolute(host) {
		return strings.TrimRight(host, "/")
	}
	return "https://" + host
}

// warnFrontendUnseen says once that nothing is known of the Frontend API. Where strangers
// make up the hosts of instances, all of these together say it seldom.
func (c *Clerk) warnFrontendUnseen() {
	c.warnUnseen.Do(func() {
		c.logOften(context.Background(), slog.LevelWarn, "frontend unseen", "core: Clerk's Frontend API has not answered this server yet, so browsers are sent there without knowing whether it is up: "+
			"let the server reach it, or turn the probe off by a negative Options.Outage.ProbeInterval", "address", c.probedFrontend())
	})
}

// Stats of the calls.
func (s *source) outageStats() OutageStats {
	gate := s.gate.Stats()
	stats := OutageStats{Since: gate.Since, Down: gate.Down, Unchecked: s.unchecked.Load(), Calls: make(map[string]CallKindStats, len(gate.Kinds))}
	for k, one := range gate.Kinds {
		stats.Calls[clerkapi.Kind(k).String()] = CallKindStats(one)
	}
	return stats
}
