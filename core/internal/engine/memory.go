package engine

import (
	"errors"

	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// What makes the engine fast, and nothing that it decides: tokens and the public URL are
// read once, and the verdicts that most refusals are come ready made. The benchmark
// core.BenchmarkAttach shows what each saves, in allocations for a request:
//
//	the token of the header      forged         34 -> 24
//	the tokens of cookies        forged cookie  57 -> 45
//	the public URL               handshake      59 -> 56
//	the verdicts that are ready  garbage        7 -> 2
//
// The module bench has the same as requests through each framework: RepeatedToken,
// CookieSession, Garbage and NoToken.

// memory is what was read of a request already.
type memory struct {
	header      *token.Token // of the Authorization header
	headerErr   error
	cookie      *token.Token // of the last session cookie that could be decoded
	cookiesRead bool
	url         weburl.URL
	hasURL      bool
}

// header decodes the token of the Authorization header.
func (a *Authentication) header() (*token.Token, error) {
	m := &a.memory
	if m.header == nil && m.headerErr == nil {
		m.header, m.headerErr = a.engine.Verifier.Decode(a.headerToken)
	}
	return m.header, m.headerErr
}

// decodeCookie decodes a session cookie. The bare and the suffixed one are usually
// equal.
func (a *Authentication) decodeCookie(session string) (*token.Token, error) {
	if t := a.memory.cookie; t != nil && t.Raw() == session {
		return t, nil
	}
	t, err := a.engine.Verifier.Decode(session)
	if err == nil {
		a.memory.cookie = t
	}
	return t, err
}

// publicURL is the address under which the client reached the application.
func (a *Authentication) publicURL() weburl.URL {
	if m := &a.memory; !m.hasURL {
		m.url, m.hasURL = request.PublicURL(a.request, a.engine.IgnoreForwarded), true
	}
	return a.memory.url
}

// readyMade are the verdicts that are always the same.
var readyMade = newReadyMade(token.ErrTooLong, token.ErrForm, token.ErrUndecodable)

// stranger is the verdict on a request that presents nothing.
var stranger = Verdict{Type: SessionToken, Reason: reason.SessionTokenAndUATMissing, Why: new(Why)}

// readyVerdict is the verdict on a token in a carrier that cannot be read.
type readyVerdict struct {
	err     error
	carrier string
	verdict Verdict
}

func newReadyMade(errs ...error) []readyVerdict {
	var ready []readyVerdict
	for _, err := range errs {
		var failure *token.Error
		if !errors.As(err, &failure) {
			continue
		}
		for _, carrier := range [...]string{inHeader, inCookie} {
			ready = append(ready, readyVerdict{err, carrier, signedOut(SessionToken, reason.Reason(failure.Reason), failure.FullMessage(carrier))})
		}
	}
	return ready
}

// ready returns the verdict on a token that cannot be read, if it is ready made.
func ready(err error, carrier string) (Verdict, bool) {
	for i := range readyMade {
		if r := &readyMade[i]; r.err == err && r.carrier == carrier { //nolint:errorlint // identity is the point
			return r.verdict, true
		}
	}
	return Verdict{}, false
}

// ReadyMade returns the verdicts that are always the same, to be told by their Why
// from all others: what is made of them can be made once.
func ReadyMade() []Verdict {
	all := append(make([]Verdict, 0, 1+len(readyMade)), stranger)
	for _, r := range readyMade {
		all = append(all, r.verdict)
	}
	return all
}
