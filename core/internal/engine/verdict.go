package engine

import (
	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// Status is the outcome.
type Status uint8

// The statuses.
const (
	SignedOut Status = iota
	SignedIn
	Handshake // only Clerk can tell: the browser is redirected
)

// Verdict is what the engine decides about a request.
type Verdict struct {
	Status    Status
	Type      TokenType // that was judged, "" where the presented one is not accepted at all
	Reason    reason.Reason
	Session   *token.Token // of a signed-in session, the presented or the refreshed one
	Machine   *Machine     // of a signed-in machine
	Why       *Why         // nil where there is no more to say; shared: do not change it
	Returned  bool         // the browser comes back from a handshake
	Location  string       // where the browser must be sent, or ""
	SetCookie []string     // of the response
	Grace     *Grace       // of a session token that has expired and passes; nil for all others
}

// Why says more about a request that is not signed in.
type Why struct {
	Message string // for developers, and for the client unless Quotes is set
	// Quotes says that the message is made of what Clerk answered.
	Quotes bool
	Err    error // a fault that makes any answer impossible
	// Unavailable says that the credential could not be checked: the answer is
	// unknown, not no.
	Unavailable error
	// Looped says that a handshake was due, but there were too many already.
	Looped bool
	Hint   string // a usual cause that the request shows, for developers
}

// Fault is a fault of the configuration that a request brings to light.
type Fault struct {
	Reason  reason.Reason
	Message string
}

// Error returns the message.
func (f *Fault) Error() string { return f.Message }

// signIn makes v, which is the zero Verdict, the one on a verified session.
func (v *Verdict) signIn(t *token.Token) { v.Status, v.Type, v.Session = SignedIn, SessionToken, t }

// signedIn is the verdict on a verified session, with the cookies that come with it.
func signedIn(t *token.Token, cookies ...string) Verdict {
	return Verdict{Status: SignedIn, Type: SessionToken, Session: t, SetCookie: cookies}
}

// signedOut is the verdict on a request without a user.
func signedOut(kind TokenType, why reason.Reason, message string) Verdict {
	v := Verdict{Type: kind, Reason: why}
	if message != "" {
		v.Why = &Why{Message: message}
	}
	return v
}

// failed is the verdict on a request that cannot be answered.
func failed(err error) Verdict {
	return Verdict{Type: SessionToken, Reason: reason.UnexpectedError, Why: &Why{Err: err}}
}

// unanswered is the verdict on a request whose credential could not be checked.
func unanswered(why reason.Reason, message string, err error) Verdict {
	return Verdict{Type: SessionToken, Reason: why, Why: &Why{Message: message, Unavailable: err}}
}
