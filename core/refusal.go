package core

import (
	"net/http"

	"github.com/clerkgo/clerkgo/core/reason"
)

// Refusal is a request that a guard refused with a status of its own, as opposed
// to a redirect, for handlers that show refusals their own way. It is read-only.
type Refusal struct {
	outcome Outcome
}

// Refusal returns the refusal that an outcome is; ok is false for requests that go on
// or are redirected.
func (o Outcome) Refusal() (refusal Refusal, ok bool) {
	return Refusal{o}, o.Status >= http.StatusBadRequest
}

// StatusCode returns the HTTP status: 400, 401, 403, 404, 500 or 503.
func (r Refusal) StatusCode() int { return r.outcome.Status }

// IsPage reports whether the request is a page load of a browser, which wants HTML, as guards
// tell it ([Options].IsPageRequest); false for scripts, programs and machines, and where no
// middleware ran.
func (r Refusal) IsPage() bool { return r.outcome.page }

// Reason says why, in the words of Clerk's SDKs. It may be empty.
func (r Refusal) Reason() reason.Reason {
	if r.outcome.Err == nil {
		return ""
	}
	return r.outcome.Err.Reason()
}

// Err returns the error for logs. Do not send its text to clients.
func (r Refusal) Err() error {
	if r.outcome.Err == nil {
		return nil
	}
	return r.outcome.Err
}

// Reverification returns what the user must prove anew, and how recently, where
// nothing else keeps them out; ok is false for every other refusal. Its status is 403
// or, for page loads, 404.
func (r Refusal) Reverification() (c ReverificationConfig, ok bool) {
	if r.outcome.Err == nil || r.outcome.Err.wants == nil {
		return ReverificationConfig{}, false
	}
	return *r.outcome.Err.wants, true
}

// Body returns the body that is sent by default, and its media type: Clerk's JSON
// for a reverification, a page for developers on a development instance, and for what
// could not be checked a page that tries again by itself, or JSON in the shape of Clerk's
// errors. Both are empty for most refusals.
func (r Refusal) Body() (body, contentType string) { return r.outcome.Body, r.outcome.ContentType }
