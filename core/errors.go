package core

import (
	"errors"
	"net/http"

	"github.com/clerkgo/clerkgo/core/reason"
)

// What a caller can do about an [Error], for use with errors.Is.
var (
	// ErrUnauthenticated means that the request has no valid credential.
	ErrUnauthenticated = errors.New("core: not authenticated")
	// ErrForbidden means that its user may not do this.
	ErrForbidden = errors.New("core: forbidden")
	// ErrUnavailable means that the credential could not be checked just now.
	ErrUnavailable = errors.New("core: authentication unavailable")
	// ErrMiddlewareMissing means that a guard or an accessor was used on a request
	// that the middleware did not see: a programming error.
	ErrMiddlewareMissing = errors.New("core: middleware missing")
	// ErrAmbiguousPath means that a path guard cannot tell which route a request
	// visits.
	ErrAmbiguousPath = errors.New("core: ambiguous path")
	// ErrConfiguration means that the configuration or a key is wrong.
	ErrConfiguration = errors.New("core: configuration")
)

// Error is a refusal or a failure that knows its meaning in HTTP. Its text is for
// logs; it holds no token and no key, but do not send it to clients.
type Error struct {
	class   error // one of the Err… values
	reason  reason.Reason
	status  int
	message string
	cause   error
	wants   *ReverificationConfig // what would do, where only that is missing
}

// Error returns the text for logs.
func (e *Error) Error() string {
	text := "core: " + e.message
	if e.reason != "" {
		text += " (reason=" + string(e.reason) + ")"
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap gives errors.Is the class and the cause.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.class}
	}
	return []error{e.class, e.cause}
}

// Reason says why, in the words of Clerk's SDKs. It may be empty.
func (e *Error) Reason() reason.Reason { return e.reason }

// StatusCode returns the HTTP status that the error means; for a nil one, which
// [AsError] returns for errors of others, it is 500.
func (e *Error) StatusCode() int {
	if e == nil || e.status == 0 {
		return http.StatusInternalServerError
	}
	return e.status
}

// AsError returns the *Error in err's chain, or nil.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return nil
}

// optionError is a fault in the options. Its text starts with Clerk's own words
// where there are such, because users search for them.
type optionError string

func (e optionError) Error() string { return string(e) }

// middlewareMissing is the error of a guard or an accessor that was used on a request
// which the adapter's middleware did not see; call is the adapter's function.
func middlewareMissing(adapter, call string) *Error {
	return &Error{
		class:  ErrMiddlewareMissing,
		status: http.StatusInternalServerError,
		message: adapter + "." + call + " was called but " + adapter + ".Middleware did not run for this request. " +
			"Register " + adapter + ".Middleware() on the router or group before the routes that it covers, " +
			"and check that Options.Skip does not leave this route out",
	}
}
