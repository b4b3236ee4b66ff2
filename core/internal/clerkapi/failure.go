package clerkapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/engine"
)

// Failure is a failed call. It is shared: do not change it.
type Failure struct {
	Status     int           // of the answer, 0 when there was none
	Items      []Item        // the errors that it lists
	TraceID    string        // identifies the call to Clerk's support
	RetryAfter time.Duration // how long Clerk asks to wait, 0 when it does not say
	Cause      error         // the transport's error, or nil: it may quote addresses, with nonces in them
	JSON       bool          // the answer is JSON
	Refused    bool          // Clerk was not asked: it is known not to answer

	clerks bool // it has the shape of Clerk's errors
}

// Item is one error of a [Failure], as Clerk words it.
type Item struct {
	Code        string `json:"code"`
	Message     string `json:"message"`
	LongMessage string `json:"long_message"`
}

// Error says as much as may be shown.
func (e *Failure) Error() string {
	return "Backend API call failed with status " + strconv.Itoa(e.Status)
}

// Unwrap returns the cause.
func (e *Failure) Unwrap() error { return e.Cause }

// Code returns the first error's code. A call without an answer has the code
// unexpected_error, as in Clerk's SDKs.
func (e *Failure) Code() string {
	switch {
	case len(e.Items) > 0:
		return e.Items[0].Code
	case e.Status == 0:
		return engine.CodeNetworkError
	}
	return ""
}

// CodeKeyInvalid is how the Backend API says that it does not know the secret key.
const CodeKeyInvalid = "clerk_key_invalid"

// Answer tells what a failed call says. Only what has the shape of Clerk's errors
// is an answer: proxies and login pages of networks have statuses of their own.
func (e *Failure) Answer() engine.Answer {
	if e.Status < 400 || e.Status >= 500 {
		return engine.None
	}
	for _, item := range e.Items {
		if item.Code == CodeKeyInvalid {
			return engine.KeyRefused
		}
	}
	switch {
	case e.Status == http.StatusRequestTimeout, e.Status == http.StatusTooManyRequests:
		return engine.None
	case !e.clerks:
		return engine.None
	}
	return engine.No
}

// asFailure drops what net/http wraps around a failure: the address, which
// may hold a nonce.
func asFailure(err error) *Failure {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	return &Failure{Cause: errors.New("the call could not be made")}
}

func newFailure(resp *http.Response, body []byte) *Failure {
	e := &Failure{Status: resp.StatusCode, TraceID: resp.Header.Get("Cf-Ray"), RetryAfter: retryAfter(resp.Header), JSON: json.Valid(body)}
	if !isJSON(resp) {
		return e
	}
	var answer struct {
		Errors  []json.RawMessage `json:"errors"`
		TraceID string            `json:"clerk_trace_id"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return e
	}
	e.clerks = answer.Errors != nil
	for _, raw := range answer.Errors {
		var item Item
		_ = json.Unmarshal(raw, &item) // What is no error object counts as one without a code.
		e.Items = append(e.Items, item)
	}
	if answer.TraceID != "" {
		e.TraceID = answer.TraceID
	}
	return e
}

// retryAfter reads how long the server asks to wait: seconds, or a date, which is
// compared with the server's own clock. It is 0 where the server does not say, a
// day at most.
func retryAfter(h http.Header) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		if now, err := http.ParseTime(h.Get("Date")); err == nil {
			wait = at.Sub(now)
		}
	}
	return min(max(wait, 0), 24*time.Hour)
}
