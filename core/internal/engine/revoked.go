package engine

import (
	"errors"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/revocations"
	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// errUncertain says that nobody passes for now, because somebody may have been revoked.
var errUncertain = errors.New("core: what the fleet has revoked is not known at present, and Options.Revocations.Required is set")

// heed refuses who was signed in by a credential that Clerk has revoked. It is the last
// step of every path, so that none forgets it: tokens in headers and cookies, those in grace,
// and those that a refresh or a handshake has just brought.
func (a *Authentication) heed(v *Verdict) {
	if v.Status != SignedIn || v.Session == nil || a.engine.Revocations.Idle() {
		return // As usual, or a machine, which was heeded when it was verified.
	}
	*v = a.heedRevocations(*v)
}

func (a *Authentication) heedRevocations(v Verdict) Verdict {
	m := a.engine.Revocations
	subject := a.engine.SubjectOf(v.Session)
	match, revoked := m.Find(subject)
	var instead Verdict
	switch {
	case revoked && !v.Returned:
		return a.revoked(subject.SessionID, match)
	case revoked: // Clerk was asked just now. Its cookies are the browser's.
		instead = signedOut(SessionToken, ReasonOf(match), "")
	case m.Uncertain():
		instead = unanswered(reason.RevocationsUnknown, "", errUncertain)
	default:
		return v
	}
	instead.Returned, instead.Location, instead.SetCookie = v.Returned, v.Location, v.SetCookie
	return instead
}

// revoked is the verdict on a session token that does not count. A page load is sent to Clerk
// for a fresh one, once for each session and what happened to it: whatever clocks say, and
// whatever Clerk hands out, no loop arises.
func (a *Authentication) revoked(sessionID string, why revocations.Match) Verdict {
	refused := signedOut(SessionToken, ReasonOf(why), "")
	v := a.handshake(refused.Reason, "")
	switch {
	case v.Status == Handshake:
		if !a.engine.Revocations.Ask(sessionID, why) {
			return refused
		}
	case v.Why != nil && v.Why.Unavailable != nil && !why.NeedsFresh():
		return refused // Clerk does not answer, and need not: what it would say is known.
	}
	return v
}

// ReasonOf is why a session's token does not count.
func ReasonOf(why revocations.Match) reason.Reason {
	switch why.Kind {
	case revocations.Session:
		return reason.SessionRevoked
	case revocations.User:
		return reason.UserRevoked
	case revocations.Role:
		return reason.RoleChanged
	case revocations.Organization, revocations.Membership:
	}
	return reason.MembershipRevoked
}

// RevocationSubject is whom a machine's credential speaks for, for what was revoked.
func (m *Machine) RevocationSubject() revocations.Subject {
	s := revocations.Subject{UserID: m.Subject, OrgID: m.Subject, Machine: true}
	if !m.Opaque && !m.Expires.IsZero() { // Clerk is asked about the others.
		s.IssuedAt, s.Expires = m.issued, float64(m.Expires.Unix())
	}
	return s
}

// heedMachine is why a machine's credential does not count: its user is banned or deleted, its
// organization is deleted, or that is not known.
func (a *Authentication) heedMachine(m *Machine) *machineError {
	if a.engine.Revocations.Idle() {
		return nil
	}
	why, revoked := a.engine.Revocations.Find(m.RevocationSubject())
	switch {
	case revoked && why.Kind == revocations.User:
		return &machineError{code: reason.UserRevoked, message: "The user of this credential is banned or deleted"}
	case revoked:
		return &machineError{code: reason.MembershipRevoked, message: "The organization of this credential is deleted"}
	case a.engine.Revocations.Uncertain():
		return &machineError{code: reason.RevocationsUnknown, message: "Unexpected error", unavailable: errUncertain}
	}
	return nil
}

// sawMachine notes how long a token lives that a machine has from a user, and about which nobody is
// asked: for so long its user stays revoked.
func (e *Engine) sawMachine(t *token.Token) {
	exp, ok := t.Claims().Get("exp").Number()
	if !ok {
		return
	}
	from, ok := t.IssuedAt()
	if !ok {
		from = float64(e.Now().Unix())
	}
	const most = 24 * 60 * 60 // as much as is remembered
	if lives := exp - from; lives > 0 {
		e.Revocations.Saw(revocations.Lifetimes{Machine: time.Duration(min(lives, most) * float64(time.Second))})
	}
}
