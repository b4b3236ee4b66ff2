package engine

import (
	"context"
	"errors"
	"time"

	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// VerifySession is the verdict on a session token that comes in no request, but in a message of a
// connection that is open already. It is judged as one in the Authorization header, but nothing can
// be refreshed, and no handshake made. It has no memory of raw.
func (e *Engine) VerifySession(ctx context.Context, raw string) Verdict {
	t, err := e.Verifier.Decode(raw)
	if err == nil && isOtherKind(t) {
		return signedOut(SessionToken, reason.TokenTypeMismatch, "")
	}
	if err == nil {
		t, err = e.Verifier.SessionToken(ctx, t)
	}
	if failure, ok := errors.AsType[*token.Error](err); ok {
		a := Authentication{engine: e, ctx: ctx}
		why := reason.Reason(failure.Reason)
		switch failure.Reason {
		case token.ReasonNotActiveYet:
			why = reason.SessionTokenNBF
		case token.ReasonIATInTheFuture:
			why = reason.SessionTokenIATInTheFuture
		default: // The others are the same.
		}
		v := signedOut(SessionToken, why, "")
		v.Why = &Why{Message: failure.Message, Quotes: a.quotesClerk(failure)}
		if failure.Unavailable {
			v.Why.Unavailable = failure
		}
		return v
	}
	if err != nil {
		return unanswered(reason.UnexpectedError, "", err)
	}
	if why, revoked := e.Revocations.Find(e.SubjectOf(t)); revoked {
		return signedOut(SessionToken, ReasonOf(why), "")
	}
	if e.Revocations.Uncertain() {
		return unanswered(reason.RevocationsUnknown, "", errUncertain)
	}
	return signedIn(t)
}

// SessionExpiry returns when a verified session token expires.
func SessionExpiry(t *token.Token) time.Time { return expiryOf(t) }
