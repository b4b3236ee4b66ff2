package core

import (
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkapi"
)

// BackendLimit keeps an instance's calls to the Backend API within Clerk's rate limit, which
// counts all calls with a secret key. What [CallBudget] bounds, what strangers can cause, is a
// part of them.
//
// All calls count: those that requests cause (signing keys, handshake nonces, refreshes, opaque
// machine tokens, the current user, session tokens, each retry, probes in an outage) and the
// application's own ([Clerk.Client]). What people sign in by, which is signing keys, nonces and
// refreshes, may use all of the limit; the rest leaves a fifth of it. What is over the limit is
// not asked, at once: a request could not be checked, so that guards answer 503 and nobody is
// signed out for it, and a call of the application's fails. The errors match
// [ErrBackendLimit]; [Stats].Backend counts them, and a warning says it once a minute. Probes
// are made in any case.
//
// Clerk's answer 429 with Retry-After to one of the calls for a request holds back that kind of
// calls and all that people do not sign in by, with Options.Shared in all processes of the fleet,
// for as long as [Outage].MaxRetryAfter allows. One to a call of the application's own does not:
// some of those have limits of their own.
//
// With Options.Shared all processes of the fleet share the limit. A process takes some calls at a
// time from it, so that it does not ask for each, and goes on alone while it cannot ask. Without,
// instances with the same keys that an [Instances] keeps share the limit, and those that [New]
// makes have one each.
type BackendLimit struct {
	// Calls is how many calls there are at most in any ten seconds. Zero means Clerk's own
	// limit: 1,000 with a secret key of a production instance (sk_live_), 100 with one of a
	// development instance (sk_test_), and none where APIURL is on this machine, as clerktest
	// is. Negative means no limit.
	Calls int
	// Alone is how many of them this process makes at most in any ten seconds while it cannot
	// ask Options.Shared. Zero means a quarter; negative means all of them.
	Alone int
}

// Clerk's limits for a window of time, as its documentation has them.
const (
	productionLimit  = 1000
	developmentLimit = 100
)

// ErrBackendLimit means that Clerk was not asked, because its rate limit would be exceeded: see
// [BackendLimit]. Use it with errors.Is, for errors of [Client]'s clients too. [BackendError].RetryAfter
// tells when there may be room.
var ErrBackendLimit = clerkapi.ErrLimit

// BackendStats tell how much of the Backend API's rate limit is used: see [BackendLimit].
type BackendStats struct {
	// Limit is how many calls there are at most in ten seconds, 0 where there is no limit.
	Limit int
	// Recent is how many this process has made in the last ten seconds, or somewhat more.
	Recent int
	// Left is how many may be made now, with Options.Shared by all processes, as far as this one
	// knows.
	Left int
	// Made and Refused count the calls that were made, and those that were not because of the
	// limit, Alone those that were made while Options.Shared could not be asked.
	Made, Refused, Alone uint64
	// HeldUntil is until when calls of some kind are not made because Clerk asks for it; zero
	// where all may be.
	HeldUntil time.Time
	// Told and Heard count messages to and from other processes that Clerk has answered 429.
	Told, Heard uint64
}
