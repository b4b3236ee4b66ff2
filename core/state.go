package core

import (
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/reason"
)

// State is the result of authenticating one request. It is immutable and safe
// for concurrent use.
type State struct {
	authResult

	headers []Header
	auth    Auth // with a pending session as signed out
	room    room
}

// take makes s what a verdict says.
func (s *State) take(c *Clerk, v *engine.Verdict) *State {
	s.status, s.tokenType, s.reason = v.Status, TokenType(v.Type), v.Reason
	s.session, s.machine, s.why, s.grace = v.Session, v.Machine, v.Why, v.Grace
	s.headers = headersOf(v)
	if v.Why != nil && v.Why.Unavailable != nil && c != nil {
		c.couldNotCheck()
	}
	return s.complete(c)
}

// withoutGrace is what the state of a session in grace is where that does not count.
func (s *State) withoutGrace() *State {
	instead := &State{authResult: authResult{
		status: engine.SignedOut, reason: s.grace.Reason, tokenType: SessionToken,
		why: &engine.Why{Unavailable: s.grace.Err},
	}}
	return instead.complete(s.clerk)
}

// addHint tells developers what the request shows besides.
func (s *State) addHint(hint string) {
	var why engine.Why
	if s.why != nil {
		why = *s.why // It is shared.
	}
	why.Hint = strings.TrimSpace(why.Hint + " " + hint)
	s.why = &why
}

// isLoop reports whether a redirect loop ended here. Signing in and out fast enough
// may end here too; that is no fault to explain.
func (s *State) isLoop() bool {
	return s.why != nil && s.why.Looped && s.reason != reason.DevBrowserSync
}

// complete ends the making of a state: it belongs to an instance, and has its Auth.
func (s *State) complete(c *Clerk) *State {
	s.clerk = c
	if s.status == engine.SignedIn && c != nil && !c.hasServed.Load() {
		c.hasServed.Store(true)
	}
	switch {
	case s.session != nil:
		s.auth.fromSession(&s.authResult, &s.room)
		if s.auth.SessionStatus == "pending" {
			s.auth = Auth{TokenType: SessionToken, SessionStatus: "pending", result: &s.authResult}
		}
	case s.machine != nil:
		s.auth.fromMachine(&s.authResult)
	default:
		s.auth.TokenType, s.auth.result = s.tokenType, &s.authResult
	}
	return s
}

// Status returns the outcome.
func (s *State) Status() Status { return statusOf(s.status) }

// IsSignedIn reports whether the request carries a valid credential. A session
// that is still pending counts, as in Clerk's SDKs: ask [Auth.IsAuthenticated]
// whether its user may pass.
func (s *State) IsSignedIn() bool { return s.status == engine.SignedIn }

// Reason says why the request is not signed in; it is empty when it is.
func (s *State) Reason() reason.Reason { return s.reason }

// Message explains the reason to a developer. It holds no token, but may quote
// claims of one: show it to developers only. It is often empty.
func (s *State) Message() string {
	if s.why == nil {
		return ""
	}
	return s.why.Message
}

// TokenType returns the kind of credential that was judged. It is empty when the
// presented kind is not accepted at all.
func (s *State) TokenType() TokenType { return s.tokenType }

// Headers returns the header fields that belong on the response, in order. The
// caller may change the slice.
func (s *State) Headers() []Header { return append([]Header(nil), s.headers...) }

// Location returns where the browser must be sent, or "".
func (s *State) Location() string {
	for _, h := range s.headers {
		if h.Name == headerLocation {
			return h.Value
		}
	}
	return ""
}

// Token returns the token that signs the request in, or "". It is a secret.
func (s *State) Token() string { return s.token() }

// Err returns the fault that made authentication impossible, such as a satellite
// whose sign-in page is on its own origin. Such a request must be answered 500.
func (s *State) Err() error {
	if s.why == nil {
		return nil
	}
	return ownError(s.why.Err)
}

// Unavailable returns why the credential could not be checked, or nil: Clerk could
// not be asked for its keys, for what a handshake brought, for a fresh session or
// about a machine's token, or a handshake would be needed and Clerk does not answer.
// Such a request is signed out, but a guard answers 503 instead of sending its user to
// sign in, and no handshake is made. Where Clerk refuses the secret key, the reason is
// [reason.SecretKeyInvalid] instead, and guards answer 500.
func (s *State) Unavailable() error {
	if s.why == nil {
		return nil
	}
	return ownError(s.why.Unavailable)
}

// Auth returns who makes the request. It is never nil. Claims that cannot be
// understood make the request signed out with [reason.UnexpectedError].
func (s *State) Auth(opts ...AuthOption) *Auth {
	if len(opts) == 0 {
		return &s.auth // As usual: before the options, which are kept on the heap.
	}
	return s.authWith(opts)
}

func (s *State) authWith(opts []AuthOption) *Auth {
	var o authOptions
	for _, opt := range opts {
		if opt != nil {
			opt.applyAuth(&o)
		}
	}
	if o.pendingAsSignedIn && s.session != nil {
		auth := new(Auth)
		auth.fromSession(&s.authResult, nil)
		return auth
	}
	return &s.auth
}
