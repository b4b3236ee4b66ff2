package core

import (
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core/token"
)

// Header is one header field of a response. Several fields may share a name.
type Header struct{ Name, Value string }

// State is the result of authenticating one request. It is immutable and safe
// for concurrent use.
type State struct {
	status    Status
	reason    Reason
	tokenType TokenType
	headers   []Header
	session   *token.Token // of a signed-in session, the presented or the refreshed one
	machine   *machineData // of a signed-in machine
	details   *details     // of most requests that are not signed in; shared, see [State.why]
	clerk     *Clerk
	auth      Auth // with a pending session as signed out
}

// details say more about a request that is not signed in.
type details struct {
	message string
	err     error // a fault that makes any answer impossible
	// unavailable says that the credential could not be checked: the answer is
	// unknown, not no.
	unavailable error
	hint        string // a usual cause that the request shows, for developers
	loop        bool   // a handshake was due, but there were too many already
}

// why returns a copy of the details: change it and set it again.
func (s *State) why() details {
	if s.details == nil {
		return details{}
	}
	return *s.details
}

// because adds details to a state that is being made.
func (s *State) because(d details) *State {
	s.details = &d
	return s
}

// complete ends the making of a state: it belongs to an instance, and has its Auth.
func (s *State) complete(c *Clerk) *State {
	if s.auth.state == s {
		return s
	}
	s.clerk = c
	if s.status == StatusSignedIn && c != nil && !c.hasServed.Load() {
		c.hasServed.Store(true)
	}
	switch {
	case s.session != nil:
		s.auth.fromSession(s)
		if s.auth.SessionStatus == "pending" {
			s.auth = Auth{TokenType: SessionToken, SessionStatus: "pending", state: s}
		}
	case s.machine != nil:
		s.auth.fromMachine(s)
	default:
		s.auth.TokenType, s.auth.state = s.tokenType, s
	}
	return s
}

// Status returns the outcome.
func (s *State) Status() Status { return s.status }

// IsSignedIn reports whether the request carries a valid credential. A session
// that is still pending counts, as in Clerk's SDKs: ask [Auth.IsAuthenticated]
// whether its user may pass.
func (s *State) IsSignedIn() bool { return s.status == StatusSignedIn }

// Reason says why the request is not signed in; it is empty when it is.
func (s *State) Reason() Reason { return s.reason }

// Message explains the reason to a developer. It holds no token, but may quote
// claims of one: show it to developers only. It is often empty.
func (s *State) Message() string {
	if s.details == nil {
		return ""
	}
	return s.details.message
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
func (s *State) Token() string {
	switch {
	case s.session != nil:
		return s.session.Raw()
	case s.machine != nil:
		return s.machine.raw
	}
	return ""
}

// Err returns the fault that made authentication impossible, such as a satellite
// whose sign-in page is on its own origin. Such a request must be answered 500.
func (s *State) Err() error { return s.why().err }

// Unavailable returns why the credential could not be checked, or nil: Clerk could
// not be asked for its keys, for what a handshake brought, for a fresh session or
// about a machine's token. Such a request is signed out, but a guard answers 503
// instead of sending its user to sign in, and no handshake is made. Where Clerk
// refuses the secret key, the reason is [ReasonSecretKeyInvalid] instead, and guards
// answer 500.
func (s *State) Unavailable() error { return s.why().unavailable }

// Response headers that core writes.
const (
	headerLocation        = "Location"
	headerCacheControl    = "Cache-Control"
	headerVary            = "Vary"
	headerSetCookie       = "Set-Cookie"
	headerACAO            = "Access-Control-Allow-Origin"
	headerACAC            = "Access-Control-Allow-Credentials"
	headerAuthStatus      = "X-Clerk-Auth-Status"
	headerAuthReason      = "X-Clerk-Auth-Reason"
	headerAuthMessage     = "X-Clerk-Auth-Message"
	headerRedirectTo      = "X-Clerk-Redirect-To"
	headerRetryAfter      = "Retry-After"
	headerWWWAuthenticate = "WWW-Authenticate"
)

// signedIn is a state with a verified session.
func signedIn(t *token.Token, headers ...Header) *State {
	return new(State).signIn(t, headers)
}

func (s *State) signIn(t *token.Token, headers []Header) *State {
	s.status, s.tokenType, s.session, s.headers = StatusSignedIn, SessionToken, t, headers
	return s
}

// signedOut is a state without a user.
func signedOut(tokenType TokenType, reason Reason, message string, headers ...Header) *State {
	return new(State).signOut(tokenType, reason, message, headers)
}

func (s *State) signOut(tokenType TokenType, reason Reason, message string, headers []Header) *State {
	s.status, s.tokenType, s.reason = StatusSignedOut, tokenType, reason
	if reason == ReasonSessionTokenAndUATMissing && message == "" && len(headers) == 0 {
		s.headers = strangerHeaders
		return s
	}
	s.say(message, headers)
	return s
}

// signOutAs is signOut with what f has made. Its headers and details are shared:
// nothing changes them, and appending to them copies.
func (s *State) signOutAs(f *formFault) *State {
	s.status, s.tokenType, s.reason, s.headers, s.details = f.made.status, f.made.tokenType, f.made.reason, f.made.headers, f.made.details
	return s
}

// strangerHeaders are those of the usual signed-out request. They are shared by
// all of them: nothing changes them, and appending to them copies.
var strangerHeaders = []Header{
	{headerAuthReason, string(ReasonSessionTokenAndUATMissing)},
	{headerAuthStatus, string(StatusSignedOut)},
}

// handshake is a state that sends the browser elsewhere.
func handshake(reason Reason, message string, headers []Header) *State {
	s := &State{status: StatusHandshake, tokenType: SessionToken, reason: reason}
	s.say(message, headers)
	return s
}

// failed is a state of a request that cannot be answered.
func failed(err error) *State {
	s := &State{status: StatusSignedOut, tokenType: SessionToken, reason: ReasonUnexpectedError}
	return s.because(details{err: err})
}

// say sets the message and the headers, to which it adds those that tell developers
// what happened. Values that do not fit a header are left out.
func (s *State) say(message string, headers []Header) {
	if message != "" {
		s.because(details{message: message})
	}
	out := append(make([]Header, 0, len(headers)+3), headers...)
	for _, h := range [...]Header{
		{headerAuthMessage, message},
		{headerAuthReason, string(s.reason)},
		{headerAuthStatus, string(s.status)},
	} {
		if value, ok := headerValue(h.Value); ok && value != "" {
			out = append(out, Header{h.Name, value})
		}
	}
	s.headers = slices.Clip(out)
}

// headerValue encodes text as a header value: ISO 8859-1 without control
// characters.
func headerValue(s string) (string, bool) {
	s = strings.Trim(s, " \t\r\n")
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0x80:
			return latin1HeaderValue(s)
		case c < ' ' && c != '\t', c == 0x7F:
			return "", false
		}
	}
	return s, true
}

// latin1HeaderValue is headerValue for text that is not ASCII.
func latin1HeaderValue(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xFF || r < ' ' && r != '\t' || r == 0x7F {
			return "", false
		}
		out = append(out, byte(r))
	}
	return string(out), true
}
