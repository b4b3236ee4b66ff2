package core

import (
	"time"
)

// Outage says what becomes of requests while Clerk is down, slow, or refuses to answer.
// The zero value suits nearly everybody.
//
// Calls to Clerk are judged by kind (signing keys, handshake nonces, refreshes, machine
// tokens, the current user, session tokens), together by all instances with the same keys.
// A call fails where there is no answer of Clerk's: a network error, a time-out, 5xx, 429,
// a body that is none. What Clerk refuses is an answer, and what a firewall on the way
// refuses (another 4xx) says nothing, so nobody can make calls fail with credentials that
// he made up. After a few failures calls of that kind are made
// no longer, and what needs one could not be checked, at once: [State.Unavailable] says
// so, guards answer 503, open routes are served, and nobody is called signed out, or sent
// to a page of Clerk's that does not answer. One call at a time then finds out whether it
// is over, not before the Backend API answers a probe again; those who come meanwhile wait
// for it for a moment.
type Outage struct {
	// MaxWait bounds how long a request waits for Clerk, in all: for signing keys, for what
	// a handshake brought, for a fresh session, about a machine's token, for the current
	// user and for a session's token. What the application does in between does not count.
	// Retries take place within it, and what takes longer could not be checked. Zero means
	// 2 s; negative means no other bound than that of each call, 10 s or the time-out of
	// Options.HTTPClient. A call that takes longer has failed.
	MaxWait time.Duration
	// Failures is how many calls of a kind must fail in a row for calls of that kind to stop;
	// half of those within ten seconds, where that are eight or more, do it too. Zero means
	// 3, negative means that calls are always made.
	Failures int
	// MaxRetryAfter is how long Clerk's Retry-After is obeyed at most: until then no call of
	// that kind is made, and after a 429 others neither (see [BackendLimit]). Zero means a minute, negative means that it is not obeyed.
	MaxRetryAfter time.Duration
	// ProbeInterval is how often Clerk is asked whether it is there again, while something
	// fails: the Backend API for the signing keys, without a secret the Frontend API at its
	// handshake endpoint, which is also asked before a browser is sent there if that was not
	// done for so long. It is somewhat less each time. Nothing runs in the background:
	// requests cause probes, and do not wait for them where the outage is known.
	// A Frontend API that never answered counts as up, as long as the Backend API is: perhaps
	// this server alone cannot reach it, which a warning says once. Zero means 5 s, negative
	// means no probes: browsers are sent into handshakes whatever is known.
	ProbeInterval time.Duration
	// Client makes the application's own calls ([Client]) fail at once, too, where such
	// calls failed before. Without it they are always made, within [BackendLimit].
	Client bool
	// Observe is told about each call to Clerk that was made or refused, for metrics and
	// traces; nil is nobody. It is called where the call was made, perhaps while a request
	// waits: it must be fast, and safe for concurrent use.
	Observe func(CallEvent)
	// Store keeps the signing keys for the next process that starts while Clerk cannot be
	// asked; one that can ask Clerk does not look there first. Keys are used from it as long
	// as they would be if the process had run on: see [KeyRefresh].StaleIfError. Nil means
	// that a process which starts in an outage answers 503 until Clerk answers. It has no
	// effect with JWTKey.
	Store Store
	// Grace lets a session token pass that was valid and has expired less than this ago,
	// while Clerk is known to be down: its Backend API does not answer a probe, its
	// Frontend API does not, or calls for fresh sessions are refused because they failed.
	// Its age alone may be wrong, all else is checked as ever, and it ends when Clerk
	// answers. Meanwhile users stay signed in whom Clerk would sign out: whose session was
	// revoked or ended, who were banned or lost a role. [Auth.InGrace] tells, and guards
	// with [NoGrace] or [Reverification] answer 503. Each use is counted ([Stats].Grace),
	// and each session is logged once. Zero and negative mean that no expired token
	// passes. Machines' tokens have no grace.
	Grace time.Duration
}

// CallEvent is a call to Clerk that was made, or was not: because calls like it fail, or because
// of [BackendLimit]. It holds no token and no id.
type CallEvent struct {
	// Kind is keys, nonce, refresh, machine, user, token or application, or probe.
	Kind string
	// Endpoint is the method and the path, with {id} where that has one: what is no word of
	// Clerk's own. It is the method alone where the path is none of Clerk's.
	Endpoint string
	// Outcome is answered, also where the answer is a no, failed, unclear where somebody
	// between here and Clerk has refused it, abandoned where nobody waited for it, refused
	// where the call was not made because others failed, or limited where it was not because of
	// [BackendLimit].
	Outcome string
	// Status is that of the answer, 0 without one.
	Status int
	// Attempt counts the tries of one call, from 1.
	Attempt int
	// Duration is how long it took.
	Duration time.Duration
}

// OutageStats tell about calls to Clerk, and about the outage that is under way.
type OutageStats struct {
	// Since is when the outage began, zero while there is none.
	Since time.Time
	// Down names what is known not to work: Backend API, Frontend API, and kinds of calls as
	// [CallEvent] has them.
	Down []string
	// Unchecked counts requests that could not be checked, since the start.
	Unchecked uint64
	// Calls are the counters of each kind of call, by its name.
	Calls map[string]CallKindStats
}

// CallKindStats are counters of the calls of one kind.
type CallKindStats struct {
	// Open says that such calls are refused at present, or that one is on trial.
	Open bool
	// Calls, Failures and Refused count calls that were made, that failed, and that were not
	// made because others failed.
	Calls, Failures, Refused uint64
	// Waited is how long they took, in all.
	Waited time.Duration
}

// The defaults of [Outage].
const (
	defaultMaxWait       = 2 * time.Second
	defaultMaxRetryAfter = time.Minute
	defaultProbeInterval = 5 * time.Second
	defaultHeaderTimeout = 15 * time.Second // of FrontendAPIProxy
)

// orDefault is a duration of options: zero means the default, negative zero.
func orDefault(d, fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return max(d, 0)
}

// maxWait is the bound for a request, 0 without one.
func (o *Outage) maxWait() time.Duration { return orDefault(o.MaxWait, defaultMaxWait) }

// within is d, or the bound for a request where that is shorter.
func (o *Outage) within(d time.Duration) time.Duration {
	if most := o.maxWait(); most > 0 {
		return min(d, most)
	}
	return d
}
