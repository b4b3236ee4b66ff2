package clerkapi

import (
	"context"
	"errors"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/quota"
)

// ErrLimit says that Clerk was not asked, because it would be asked more often than it allows.
var ErrLimit = errors.New("the call was not made, because there are as many as Clerk's rate limit allows (see Options.BackendLimit)")

// class is what a kind of call may use of the quota: people sign in by the signing keys, the
// nonces and the refreshes.
func (k Kind) class() quota.Class {
	switch k {
	case Keys, Nonce, Refresh:
		return quota.First
	case Machine, User, SessionToken, Application:
	}
	return quota.Others
}

// takeFor takes a call out of the quota, or says why it is not made.
func (a *API) takeFor(ctx context.Context, c call, attempt int) *Failure {
	wait, ok := a.gate.config.Quota.Take(c.kind.class()) //nolint:contextcheck // What it asks the fleet belongs to no request.
	if ok {
		return nil
	}
	return a.limited(ctx, c, attempt, wait)
}

// unlessFull takes a call out of the quota that nothing else stops, or says why it is not made.
func (a *API) unlessFull(ctx context.Context, c call) *Failure {
	if a.gate.config.Quota == nil {
		return nil
	}
	if failure := a.gate.held(c.kind, now()); failure != nil {
		a.gate.observe(Event{Kind: c.kind, Endpoint: c.endpoint, Outcome: Limited, Attempt: 1})
		return failure
	}
	return a.takeFor(ctx, c, 1)
}

// limited answers instead of Clerk where the quota is used up. It says nothing about Clerk.
func (a *API) limited(ctx context.Context, c call, attempt int, wait time.Duration) *Failure {
	g := a.gate
	g.observe(Event{Kind: c.kind, Endpoint: c.endpoint, Outcome: Limited, Attempt: attempt})
	if g.config.Limited != nil {
		g.config.Limited(ctx, c.kind)
	}
	return &Failure{Cause: ErrLimit, RetryAfter: wait, Refused: true}
}

// Holds are until when Clerk asks not to be called.
func (g *Gate) Holds() *Holds { return g.holds }

// QuotaStats tell what is used of the quota.
func (g *Gate) QuotaStats() quota.Stats { return g.config.Quota.Stats() }
