package engine

import (
	"errors"

	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/core/token"
)

// Answer is what a failed question to Clerk says about the credential.
type Answer uint8

// The answers.
const (
	// None says nothing: Clerk could not be asked, or what came back is no answer of
	// Clerk's.
	None Answer = iota
	// No is Clerk's own refusal.
	No
	// KeyRefused says that Clerk refuses the secret key: nothing about the credential,
	// but it will not pass by itself.
	KeyRefused
)

// answerOf tells a refusal from a question that was not answered. What is not
// known to be a refusal is none.
func (a *Authentication) answerOf(err error) Answer {
	var verification *token.Error
	switch {
	case errors.Is(err, errNotSession), errors.Is(err, ErrBadDirective), errors.Is(err, errHandshakeExpired):
		return No
	case errors.As(err, &verification):
		switch {
		case verification.Reason == token.ReasonSecretKeyInvalid:
			return KeyRefused
		case verification.Unavailable:
			return None
		}
		return No
	case errors.Is(err, token.ErrUnavailable):
		return None
	}
	f, _ := a.engine.Clerk.Failure(err)
	return f.Answer
}

// unchecked is the verdict on a request whose session could not be checked. It is
// signed out, but nobody may take that for a no.
func (a *Authentication) unchecked(why reason.Reason, message string, err error) Verdict {
	if a.answerOf(err) == KeyRefused {
		a.engine.SecretKeyRefused(a.ctx, err)
		return signedOut(SessionToken, reason.SecretKeyInvalid, "")
	}
	return unanswered(why, message, err)
}

// quotesClerk reports whether the message of a failure is made of what Clerk
// answered, or of its address. Both are for logs alone: Clerk's JavaScript SDK sends
// them to every caller.
func (a *Authentication) quotesClerk(err error) bool {
	var failure *token.Error
	if !errors.As(err, &failure) || failure.Err == nil {
		return false
	}
	_, quotes := a.engine.Clerk.Failure(failure.Err)
	return quotes
}
