package engine

import (
	"errors"

	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// Grace is what a request would have come to that passes with a session token which has
// expired, because Clerk is down.
type Grace struct {
	Reason reason.Reason
	Err    error // why the session could not be checked
}

var errExpired = errors.New("core: the session token has expired, and Clerk cannot be asked for a fresh one")

// grace lets a session token pass that was valid, and has expired lately, where Clerk is
// known to be down. Its age alone may be wrong: all else is checked as ever. instead is the
// verdict on it otherwise. Clerk's JavaScript SDK has no such thing.
func (a *Authentication) grace(t *token.Token, carrier string, instead Verdict) Verdict {
	e := a.engine
	unanswered := instead.Why != nil && instead.Why.Unavailable != nil
	switch {
	case e.Grace <= 0, t == nil, instead.Status == SignedIn, instead.Reason == reason.SecretKeyInvalid:
		return instead
	case a.sessionRefused, instead.Why != nil && instead.Why.Err != nil: // Clerk has answered, or nobody can.
		return instead
	case !e.Verifier.ExpiredWithin(t, e.Grace), !e.Clerk.Down(a.ctx, unanswered):
		return instead
	}
	verified, err := e.Verifier.ExpiredSession(a.ctx, t, e.Grace)
	if err != nil {
		return instead
	}
	var v Verdict
	if carrier == inCookie {
		a.verifiedCookie(&v, verified)
	} else {
		v.signIn(verified)
	}
	if v.Status != SignedIn {
		return instead
	}
	v.Grace = &Grace{Reason: instead.Reason, Err: errExpired}
	if unanswered {
		v.Grace.Err = instead.Why.Unavailable
	}
	return v
}
