package engine

import (
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/reason"
)

// MaxHandshakes is how many handshakes may follow each other before the request
// is answered as signed out: redirect sees to it, and orgsync.go before it sends anybody.
const MaxHandshakes = 3

// redirect sends the browser away, unless that happened too often already.
func (a *Authentication) redirect(why reason.Reason, message, location string) Verdict {
	if a.loopCounter == MaxHandshakes {
		v := signedOut(SessionToken, why, message)
		v.Why = &Why{Message: message, Looped: true, Hint: a.loopAdvice(why)}
		return v
	}
	v := signedOut(SessionToken, why, message)
	v.Status, v.Location = Handshake, location
	v.SetCookie = []string{cookieRedirectCount + "=" + jstext.FormatNumber(a.loopCounter+1) + "; SameSite=Lax; HttpOnly; Max-Age=2"}
	return v
}

// The usual causes of a redirect loop.
const (
	loopClock = "The clock of this machine differs from Clerk's, so that what Clerk has just issued is not valid here: " +
		"set it right, for example with automatic time synchronization."
	loopKeys = "The publishable key and the secret key probably belong to different instances: copy both from the same page of Clerk's dashboard."
	loopSent = "What Clerk sent back with the browser could not be used here. " + loopKeys
	loopSite = "Check that the request uses a domain that is configured as primary or satellite of this production instance; " +
		"preview deployments need a development instance."
	loopCookies = "The cookies that Clerk sets do not come back: something drops them, or the application is reached under several host names. " +
		"Or the keys belong to different instances: copy both from the same page of Clerk's dashboard."
)

// loopAdvice names the cause of a redirect loop that its own reasons show: why the
// browser would be sent to Clerk again, and what became of what it brought back.
func (a *Authentication) loopAdvice(why reason.Reason) string {
	switch {
	case isClockFault(a.handshakeFault), why == reason.SessionTokenNBF, why == reason.SessionTokenIATInTheFuture:
		return loopClock
	case why == reason.SatelliteNeedsSyncing:
		return loopSite
	case strings.HasPrefix(string(why), reason.ExpiredPrefix):
		return loopClock
	case a.handshakeFault != nil:
		return loopSent
	}
	switch why {
	case reason.DevBrowserMissing, reason.SessionTokenWithoutClientUAT, reason.SessionTokenIATBeforeClientUAT:
		return loopCookies
	default:
		return loopKeys
	}
}
