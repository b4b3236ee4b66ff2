package core

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkapi"
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/redact"
)

// BackendError is a failed call to Clerk's Backend API.
type BackendError struct {
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// Items are the errors that the answer lists.
	Items []BackendErrorItem
	// TraceID identifies the call to Clerk's support.
	TraceID string
	// RetryAfter is how long Clerk asks to wait, 0 when it does not say.
	RetryAfter time.Duration

	cause   error
	answer  engine.Answer // what it says about what was asked
	json    bool          // the answer is JSON
	unasked bool          // the call was not made
}

// BackendErrorItem is one error of a [BackendError], as Clerk words it.
type BackendErrorItem struct {
	Code        string `json:"code"`
	Message     string `json:"message"`
	LongMessage string `json:"long_message"`
}

// Error describes the failure without anything of the request.
func (e *BackendError) Error() string {
	text := "core: Backend API call failed"
	if e.Status != 0 {
		text += " with status " + strconv.Itoa(e.Status)
	}
	if code := e.Code(); code != "" {
		text += " (code=" + code + ")"
	}
	if e.cause != nil {
		text += ": " + redact.Redactor{}.Redact(e.cause.Error()) // Transports quote addresses, with nonces in them.
	}
	return text
}

// Unwrap returns the transport's error, or nil.
func (e *BackendError) Unwrap() error { return e.cause }

// Code returns the first error's code. A call without an answer has the code
// unexpected_error, as in Clerk's SDKs.
func (e *BackendError) Code() string {
	switch {
	case len(e.Items) > 0:
		return e.Items[0].Code
	case e.Status == 0:
		return engine.CodeNetworkError
	}
	return ""
}

// publicError gives the failure of a call the type that callers know, and leaves other
// errors as they are.
func publicError(err error) error {
	failure, ok := errors.AsType[*clerkapi.Failure](err)
	switch {
	case errors.Is(err, clerkapi.ErrOverBudget):
		return errOverBudget
	case errors.Is(err, clerkapi.ErrFrontendDown):
		return errFrontendDown
	case !ok:
		return err
	}
	e := &BackendError{
		Status: failure.Status, TraceID: failure.TraceID, RetryAfter: failure.RetryAfter,
		cause: failure.Cause, answer: failure.Answer(), json: failure.JSON, unasked: failure.Refused,
	}
	if len(failure.Items) > 0 {
		e.Items = make([]BackendErrorItem, len(failure.Items))
		for i, item := range failure.Items {
			e.Items[i] = BackendErrorItem(item)
		}
	}
	return e
}

// wasNotAsked reports whether Clerk was not asked, for a reason that is logged otherwise.
func wasNotAsked(err error) bool {
	failure, ok := errors.AsType[*BackendError](err)
	return ok && failure.unasked || errors.Is(err, errOverBudget) || errors.Is(err, errFrontendDown)
}

var errFrontendDown = &Error{
	class: ErrUnavailable, status: http.StatusServiceUnavailable,
	message: "a handshake would be needed, and Clerk's Frontend API does not answer (see Options.Outage)",
}

var errOverBudget = &Error{
	class: ErrUnavailable, status: http.StatusServiceUnavailable,
	message: "Clerk was not asked: too many credentials that it does not know came lately (see Options.CallBudget)",
}
