package webhook

import (
	"errors"
	"net/http"
)

// Why a webhook is refused, for use with errors.Is.
var (
	// ErrMissingHeaders means that the signature, or a part of it, is not there.
	ErrMissingHeaders = errors.New("missing required webhook headers")
	// ErrInvalidHeaders means that a part of the signature has not its form.
	ErrInvalidHeaders = errors.New("invalid webhook header")
	// ErrTimestamp means that the signature is not of the present.
	ErrTimestamp = errors.New("webhook timestamp outside the window")
	// ErrSignature means that no signature was made with the secret over this body.
	ErrSignature = errors.New("no matching webhook signature")
	// ErrTooLarge means that the body exceeds Options.MaxBody.
	ErrTooLarge = errors.New("webhook body too large")
	// ErrBody means that the body could not be read.
	ErrBody = errors.New("cannot read webhook body")
	// ErrPayload means that a body, though signed, is no event.
	ErrPayload = errors.New("webhook body is not an event")
	// ErrType means that an event's data was asked for as another type than it has.
	ErrType = errors.New("webhook data has another type")
	// ErrNotLearnt means that Options.Clerk could not tell its fleet of an event.
	ErrNotLearnt = errors.New("webhook not learnt by all")
)

// Error is a refused webhook. Its text is for logs; it holds neither the secret nor anything of the
// body.
type Error struct {
	kind   error // one of the Err… values
	detail string
	cause  error
}

// Error returns the text for logs.
func (e *Error) Error() string {
	text := "webhook: " + e.kind.Error()
	if e.detail != "" {
		text += ": " + e.detail
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap gives errors.Is one of the Err… values, and the cause.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.kind}
	}
	return []error{e.kind, e.cause}
}

// StatusCode returns the HTTP status to answer with: 413 for a body that is too large, 503 where
// [Options].Clerk failed, else 400.
func (e *Error) StatusCode() int {
	switch {
	case errors.Is(e.kind, ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(e.kind, ErrNotLearnt):
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// StatusOf returns the HTTP status for an error of [Receiver.Receive] or
// [Receiver.Verify]: the one of an [*Error] in its chain, else 400.
func StatusOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.StatusCode()
	}
	return http.StatusBadRequest
}
