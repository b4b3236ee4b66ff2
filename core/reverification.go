package core

import (
	"net/http"

	"github.com/clerkgo/clerkgo/core/reason"
)

// refusal is the refusal of a request for which only this is missing.
func (c *ReverificationConfig) refusal() *Error {
	return &Error{class: ErrForbidden, reason: reason.Reverification, message: "the user has to be verified anew", wants: c}
}

// noStore keeps an answer out of caches. It is shared.
var noStore = []Header{{headerCacheControl, personalOnly}}

// askReverification answers so that clerk-js asks the user and sends the request again.
func (g *Guard) askReverification(ra *RequestAuth, failure *Error) Outcome {
	o := empty(http.StatusForbidden, failure)
	o.Body, o.ContentType, o.SetHeaders = failure.wants.body(), "application/json", noStore
	if ra.clerk.opts.APIStatus {
		o = g.withChallenge(ra, o)
	}
	return o
}
