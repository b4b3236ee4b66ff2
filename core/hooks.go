package core

import (
	"context"
	"time"

	"github.com/clerkgo/clerkgo/core/reason"
)

// Hooks are told what an instance does, for metrics and traces: package otelclerk has them for
// OpenTelemetry. Each may be nil, which is nobody and costs nothing. They are called where
// something happens, perhaps while a request waits: they must be fast and safe for concurrent
// use, and must not panic. Nothing that they are told holds a token or a claim, but for
// [Decision].UserID.
//
// A context that one returns is used in place of the one it was given, which it must be derived
// from; a nil one changes nothing, and a nil function is told nothing.
type Hooks struct {
	// Authenticate is called when a request is about to be judged, in the request's context, or
	// a machine's token because a guard asks for it. What is returned is the context in which that
	// is done, and who is told the decision.
	Authenticate func(ctx context.Context) (context.Context, func(Decision))
	// Call is called when a call to Clerk begins, each try of it, and each probe; the returned
	// context is the call's, which Options.HTTPClient gets. It is not called for calls that are
	// not made.
	Call func(ctx context.Context, call Call) (context.Context, func(CallEvent))
	// Carry returns what a call needs of the request that causes it, for those that others
	// share and that outlive the request. It is a context with copies of values of ctx: where it
	// refers to ctx itself, other requests may see what they should not. Nil means that such
	// calls know nothing of the request.
	Carry func(ctx context.Context) context.Context
	// KeysFetched is told how the signing keys were fetched, each try of it.
	KeysFetched func(ctx context.Context, fetch KeyFetch)
	// BreakerChanged is told that calls of a kind, as [CallEvent] has them, are made no longer
	// (open), or again.
	BreakerChanged func(kind string, open bool)
	// Revoked is told what was revoked, or is revoked no longer, when this process learns of it.
	Revoked func(ctx context.Context, revocation Revocation)
	// Counters is given the counters of the instances that share them: once for each instance
	// that [New] makes, or for all that have the same keys where options are given per request.
	// read is cheap; ok is false once those instances are gone, and read does not keep them.
	Counters func(read func() (stats Stats, ok bool))
}

// Decision is how a request was judged.
type Decision struct {
	// Status is signed in, signed out or handshake, and Reason why it is not signed in.
	Status Status
	Reason reason.Reason
	// TokenType is the kind of credential that was judged, "" where the presented kind is not
	// accepted at all.
	TokenType TokenType
	// Unchecked says that the credential could not be checked: see [State.Unavailable].
	Unchecked bool
	// Failed says that a fault made authentication impossible: see [State.Err].
	Failed bool
	// InGrace says that the session has expired and passes: see [Outage].Grace.
	InGrace bool
	// Remembered says that the signature was not verified anew: see [TokenCache].
	Remembered bool
	// Duration is how long it took, waiting for Clerk included.
	Duration time.Duration
	// UserID is who makes the request, "" where nobody is signed in. It is personal data.
	UserID string
}

// Call is a call to Clerk that begins.
type Call struct {
	// Kind and Endpoint are as in [CallEvent]; Attempt counts the tries, from 1.
	Kind, Endpoint string
	Attempt        int
	// Host is that of the Backend API's address, with a port where that has one. It is empty for
	// probes of the Frontend API, of which there may be many.
	Host string
}

// KeyFetch is one try to fetch the signing keys.
type KeyFetch struct {
	// Source is clerk, or store for Options.Outage.Store.
	Source string
	// Outcome is fetched, refused where Clerk refuses the secret key, none where the store has
	// no keys, or failed.
	Outcome string
	// Duration is how long it took.
	Duration time.Duration
}

// Revocation is what was revoked: see [Revocations].
type Revocation struct {
	// Kind is session, user, organization, membership or role.
	Kind string
	// Source is webhook, application ([Clerk.RevokeSession] and its neighbours), client (a call
	// through [Clerk.Client] has ended it), answer (Clerk said so in one), or fleet.
	Source string
	// Lifted says that Clerk has revoked it no longer. What the application has revoked itself stays.
	Lifted bool
}

// carried is the context of a call that may outlive its request.
func (h Hooks) carried(ctx context.Context) context.Context {
	if h.Carry == nil {
		return context.Background()
	}
	own := h.Carry(ctx)
	if own == nil {
		return context.Background()
	}
	return context.WithoutCancel(own)
}
