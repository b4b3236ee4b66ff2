package core

import (
	"errors"
	"net/http"
	"slices"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/request"
)

// What becomes of the engine's verdicts: statuses, errors and headers.

// statusOf is the status of a verdict.
func statusOf(s engine.Status) Status {
	switch s {
	case engine.SignedIn:
		return StatusSignedIn
	case engine.Handshake:
		return StatusHandshake
	case engine.SignedOut:
	}
	return StatusSignedOut
}

// ownError gives an error of the engine's own the type that callers know.
func ownError(err error) error {
	if err == nil {
		return nil // As usual: before fault, which is kept on the heap.
	}
	var fault *engine.Fault
	switch {
	case errors.As(err, &fault):
		return &Error{class: ErrConfiguration, reason: fault.Reason, message: fault.Message}
	case errors.Is(err, engine.ErrNoMachine):
		return &BackendError{Status: http.StatusOK, cause: err}
	}
	return err
}

// readyHeaders are those of the verdicts that are always the same, by their Why: made
// once, and shared by all requests. Nothing changes them, and appending to them
// copies.
var readyHeaders = newReadyHeaders()

func newReadyHeaders() map[*engine.Why][]Header {
	ready := make(map[*engine.Why][]Header)
	for _, v := range engine.ReadyMade() {
		ready[v.Why] = newHeaders(&v)
	}
	return ready
}

// headersOf says a verdict in headers.
func headersOf(v *engine.Verdict) []Header {
	if v.Status == engine.SignedIn && !v.Returned && len(v.SetCookie) == 0 {
		return nil // As usual.
	}
	if ready, ok := readyHeaders[v.Why]; ok {
		return ready
	}
	return newHeaders(v)
}

func newHeaders(v *engine.Verdict) []Header {
	if v.Why != nil && v.Why.Err != nil {
		return nil // The request is answered otherwise.
	}
	const others = 7
	headers := make([]Header, 0, len(v.SetCookie)+others)
	if v.Returned {
		headers = append(headers, Header{headerACAO, "null"}, Header{headerACAC, "true"})
	}
	for _, cookie := range v.SetCookie {
		headers = append(headers, Header{headerSetCookie, cookie})
	}
	if v.Location != "" {
		headers = append(headers, Header{headerLocation, v.Location}, Header{headerCacheControl, "no-store"})
	}
	if v.Status != engine.SignedIn {
		headers = appendExplanation(headers, v)
	}
	return slices.Clip(headers)
}

// appendExplanation appends the headers that tell developers what happened. Values
// that do not fit a header are left out.
func appendExplanation(headers []Header, v *engine.Verdict) []Header {
	message := ""
	if v.Why != nil && !v.Why.Quotes {
		message = v.Why.Message
	}
	for _, h := range [...]Header{
		{headerAuthMessage, message},
		{headerAuthReason, string(v.Reason)},
		{headerAuthStatus, string(statusOf(v.Status))},
	} {
		if value, ok := request.HeaderValue(h.Value); ok && value != "" {
			headers = append(headers, Header{h.Name, value})
		}
	}
	return headers
}

// Status is the outcome of authenticating a request.
type Status string

// The statuses of a [State].
const (
	// StatusSignedIn means that the request carries a valid credential.
	StatusSignedIn Status = "signed-in"
	// StatusSignedOut means that it carries none, or one that is not valid.
	StatusSignedOut Status = "signed-out"
	// StatusHandshake means that only Clerk can tell: the browser is redirected.
	StatusHandshake Status = "handshake"
)
