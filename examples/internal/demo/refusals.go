package demo

import (
	"net/http"

	"github.com/clerkgo/clerkgo/core"
)

// Refused is the page for a request that a guard has refused, and the line in the
// terminal that says why.
func (s *Site) Refused(v Visit, refusal core.Refusal) Answer {
	s.decisions.refused(refusal.StatusCode(), refusal.Err())
	switch status := refusal.StatusCode(); status {
	case http.StatusNotFound:
		return s.NotFound(v)
	case http.StatusUnauthorized:
		return s.message(v, status, "Who are you?", "This address wants a credential that it knows, such as an API key.")
	case http.StatusForbidden:
		return s.message(v, status, "Not you, not now", "You are known, but this asks for more than you have shown.")
	case http.StatusServiceUnavailable:
		return s.message(v, status, "One moment, please", "Clerk cannot be asked just now who you are. You are not signed out: load this page again in a few seconds.")
	default:
		return s.message(v, status, "This did not work", "The fault is ours, not yours. Please try again later.")
	}
}

// NotFound is the page for what does not exist, and for what its visitor may not see: the
// two look the same, down to the headers that guards send with a refusal.
func (s *Site) NotFound(v Visit) Answer {
	a := s.message(v, http.StatusNotFound, "There is nothing here", "The page does not exist, or it is not for the account that you are signed in with.")
	a.Header.Set("Vary", "Authorization, Cookie, Accept, Sec-Fetch-Dest")
	a.Header.Set("X-Clerk-Auth-Reason", "protect-rewrite")
	return a
}

// Forged is the answer to a form of another site.
func (s *Site) Forged(v Visit) Answer {
	return s.message(v, http.StatusForbidden, "This form came from elsewhere", "A page of another site sent it, or it is out of date. Go back, load the page again, and send it from there.")
}
