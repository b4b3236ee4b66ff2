package core

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/clerkgo/clerkgo/core/token"
)

// answer is what a failed question to Clerk says about the credential.
type answer uint8

const (
	// answerNone says nothing: Clerk could not be asked, or what came back is no
	// answer of Clerk's.
	answerNone answer = iota
	// answerNo is Clerk's own refusal.
	answerNo
	// answerKey says that Clerk refuses the secret key: nothing about the credential,
	// but it will not pass by itself.
	answerKey
)

// answerOf tells a refusal from a question that was not answered. What is not
// known to be a refusal is none.
func answerOf(err error) answer {
	var verification *token.Error
	var call *BackendError
	switch {
	case errors.Is(err, errNotSession), errors.Is(err, errBadDirective), errors.Is(err, errHandshakeExpired):
		return answerNo
	case errors.As(err, &verification):
		switch {
		case verification.Reason == token.ReasonSecretKeyInvalid:
			return answerKey
		case verification.Unavailable:
			return answerNone
		}
		return answerNo
	case errors.Is(err, token.ErrUnavailable):
		return answerNone
	case errors.As(err, &call):
		return call.answer()
	}
	return answerNone
}

// codeKeyInvalid is how the Backend API says that it does not know the secret key.
const codeKeyInvalid = "clerk_key_invalid"

// answer tells what a failed call says. Only what has the shape of Clerk's errors
// is an answer: proxies and login pages of networks have statuses of their own.
func (e *BackendError) answer() answer {
	if e.Status < 400 || e.Status >= 500 {
		return answerNone
	}
	for _, item := range e.Items {
		if item.Code == codeKeyInvalid {
			return answerKey
		}
	}
	switch {
	case e.Status == http.StatusRequestTimeout, e.Status == http.StatusTooManyRequests:
		return answerNone
	case !e.clerks:
		return answerNone
	}
	return answerNo
}

// unchecked is the state of a request whose session could not be checked. It is
// signed out, but nobody may take that for a no: guards answer 503, or 500 where
// Clerk refuses the secret key.
func (a *authentication) unchecked(reason Reason, message string, err error) *State {
	if answerOf(err) == answerKey {
		a.clerk.logSecretKeyRefused(a.ctx, err)
		return signedOut(SessionToken, ReasonSecretKeyInvalid, "")
	}
	return signedOut(SessionToken, reason, message).because(details{message: message, unavailable: err})
}

// callError gives the failure of a call on behalf of a handler its meaning in HTTP:
// 503 where Clerk gave no answer, 500 where it refuses the secret key. A refusal of
// what was asked for stays a [*BackendError].
func (c *Clerk) callError(ctx context.Context, message string, err error) error {
	if err == nil {
		return nil
	}
	switch answerOf(err) {
	case answerNone:
		return &Error{class: ErrUnavailable, status: http.StatusServiceUnavailable, message: message, cause: err}
	case answerKey:
		c.logSecretKeyRefused(ctx, err)
		return secretKeyRefused(err)
	case answerNo:
	}
	return err
}

// secretKeyRefused is the fault of an application whose secret key Clerk does not
// know.
func secretKeyRefused(cause error) *Error {
	return &Error{
		class:   ErrConfiguration,
		reason:  ReasonSecretKeyInvalid,
		message: "Clerk refuses the secret key: set CLERK_SECRET_KEY, or Options.SecretKey, to the instance's key from " + keysPage,
		cause:   cause,
	}
}

// logSecretKeyRefused says so in the log: neither the caller nor an open route
// shows it.
func (c *Clerk) logSecretKeyRefused(ctx context.Context, cause error) {
	c.logOften(ctx, slog.LevelError, "secret key", "core: the secret key is invalid", "error", secretKeyRefused(cause))
}

// quotesBackend reports whether the message of a failure is made of what the Backend
// API answered, or of its address. Both are for logs alone: Clerk's JavaScript SDK
// sends them to every caller.
func quotesBackend(err error) bool {
	var failure *token.Error
	var call *BackendError
	return errors.As(err, &failure) && errors.As(failure.Err, &call)
}
