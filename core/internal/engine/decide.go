package engine

import (
	"errors"
	"strings"

	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// Where a token is found, in the words of messages.
const (
	inHeader = "header"
	inCookie = "cookie"
)

// Decide makes v, which is the zero Verdict, the verdict on the request. On the usual ways it is
// written in its place, since copying it from function to function costs more than to look.
func (a *Authentication) Decide(v *Verdict) {
	a.decide(v)
	a.heed(v)
}

// decide looks at what was presented, and what is accepted.
func (a *Authentication) decide(v *Verdict) {
	accepts := &a.engine.Accepts
	if fault := a.checkSatelliteOrigin(); fault != nil {
		*v = failed(fault)
		return
	}
	if accepts.refuses(a.presentedType()) {
		*v = signedOut("", reason.TokenTypeMismatch, "")
		return
	}
	if a.headerToken != "" {
		switch accepts.One {
		case SessionToken:
			a.sessionInHeader(v)
			return
		case "":
			a.anyInHeader(v)
			return
		case APIKey, M2MToken, OAuthToken:
			*v = a.machineInHeader(accepts.One)
			return
		}
	}
	if accepts.One != "" && accepts.One != SessionToken {
		*v = signedOut(accepts.One, reason.NoTokenInHeader, "")
		return
	}
	a.cookie(v)
}

// presentedType classifies what the Authorization header holds. No token counts
// as a session, which may be in a cookie.
func (a *Authentication) presentedType() TokenType {
	if kind := a.MachineType(); kind != "" {
		return kind
	}
	return SessionToken
}

// MachineType returns the type of the machine token in the Authorization header,
// "" where it holds none. It verifies nothing.
func (a *Authentication) MachineType() TokenType {
	if a.headerToken == "" {
		return ""
	}
	if kind := OpaqueType(a.headerToken); kind != "" {
		return kind
	}
	switch t, err := a.header(); {
	case err != nil:
		return ""
	case t.IsM2M():
		return M2MToken
	case t.IsOAuth():
		return OAuthToken
	}
	return ""
}

// OpaqueType returns the type of a machine's token that is no JWT, "" for every other.
func OpaqueType(raw string) TokenType {
	switch {
	case strings.HasPrefix(raw, "mt_"):
		return M2MToken
	case strings.HasPrefix(raw, "oat_"):
		return OAuthToken
	case strings.HasPrefix(raw, "ak_"):
		return APIKey
	}
	return ""
}

// sessionInHeader is the path of a header token where only sessions are accepted.
func (a *Authentication) sessionInHeader(v *Verdict) {
	t, err := a.header()
	if err != nil {
		*v = a.sessionError(nil, err, inHeader)
		return
	}
	if isOtherKind(t) {
		*v = signedOut(SessionToken, reason.TokenTypeMismatch, "")
		return
	}
	a.watch(t)
	verified, err := a.engine.Verifier.SessionToken(a.ctx, t)
	if err != nil {
		*v = a.sessionError(t, err, inHeader)
		return
	}
	v.signIn(verified)
}

// isOtherKind reports whether a token is one of a machine, or of a template.
func isOtherKind(t *token.Token) bool { return t.IsMachine() || t.IsNonSessionCategory() }

// anyInHeader is the path of a header token where several types are accepted.
func (a *Authentication) anyInHeader(v *Verdict) {
	if kind := a.MachineType(); kind != "" {
		*v = a.VerifyMachine(kind)
		return
	}
	a.sessionInHeader(v)
}

// machineInHeader is the path where exactly one machine type is accepted.
func (a *Authentication) machineInHeader(want TokenType) Verdict {
	if a.MachineType() != want {
		return signedOut(want, reason.TokenTypeMismatch, "")
	}
	return a.VerifyMachine(want)
}

// sessionError is the verdict on a session token that fails, nil where it cannot be read. Expired tokens may be
// refreshed; tokens that only time separates from validity lead to a handshake.
func (a *Authentication) sessionError(t *token.Token, err error, carrier string) Verdict {
	if v, ok := ready(err, carrier); ok {
		return v
	}
	var failure *token.Error
	if !errors.As(err, &failure) {
		return unanswered(reason.UnexpectedError, "", err)
	}
	message := failure.FullMessage(carrier)
	switch failure.Reason {
	case token.ReasonExpired:
		v, why, unknown := a.refresh()
		switch {
		case v.Status == SignedIn:
			return v
		case unknown != nil:
			v = a.unchecked(reason.ExpiredPrefix+why, message, unknown)
		case !a.sessionRefused && !a.eligibleForHandshake() && a.engine.Clerk.KnownDown():
			// It is not this request that renews the session, but who would cannot, either.
			v = unanswered(reason.ExpiredPrefix+why, message, errExpired)
		default:
			v = a.handshake(reason.ExpiredPrefix+why, message)
		}
		return a.grace(t, carrier, v)
	case token.ReasonNotActiveYet:
		return a.handshake(reason.SessionTokenNBF, message)
	case token.ReasonIATInTheFuture:
		return a.handshake(reason.SessionTokenIATInTheFuture, message)
	default: // The others are final.
	}
	v := signedOut(SessionToken, reason.Reason(failure.Reason), message)
	v.Why.Quotes = a.quotesClerk(failure)
	if failure.Unavailable {
		v.Why.Unavailable = failure
	}
	return v
}
