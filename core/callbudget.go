package core

import "time"

// CallBudget bounds the calls to Clerk that requests can cause which no verified
// credential backs: those for a handshake's nonce, for a machine's opaque token that
// Clerk did not accept within the last hour, and for a session that has expired. Only
// calls count that Clerk does not answer with a yes: a sign-in gives back what it took,
// and so does the renewal of a session, but not twice within ten seconds.
//
// A request over budget could not be checked: [State.Unavailable] says so and guards
// answer 503, at once; nobody is signed out for it. Tokens that Clerk accepted lately
// are never over budget. Half of the instance's budget is kept for addresses of which
// Clerk accepted something within the last hour, and for expired sessions.
//
// Each process has a budget of its own, also with Options.Shared. Strangers who reach all processes
// of a fleet have as many, and nonces that they make up may use all of [BackendLimit]: where the
// processes times Rate come near that, lower Rate and AddressRate; the least is 1.
//
// Concurrent questions about the same credential share one call whatever the budget,
// and what is longer than any credential causes none. The zero value suits nearly everybody.
// See [Options].ClientAddress for which address counts.
type CallBudget struct {
	// Rate is how many such calls an instance makes a second, in the long run. Zero
	// means 20, negative means that the instance has no budget.
	Rate int
	// Burst is how many it makes at once. Zero means ten times Rate, negative means
	// that the instance has no budget.
	Burst int
	// AddressRate is the share of one client address a second, where an address of
	// IPv6 is its /64. A network (/24, or /48 of IPv6) has four times as much. Zero
	// means 2, negative means that addresses have no shares.
	AddressRate int
	// AddressBurst is how many calls an address causes at once. Zero means ten times
	// AddressRate, negative means that addresses have no shares.
	AddressBurst int
	// RefusalTTL is how long a credential that Clerk has refused is refused without
	// another call. Zero means 10 s, negative means not at all. At most 2048 refusals
	// are remembered.
	RefusalTTL time.Duration
}

// CallStats counts what became of questions for Clerk that a stranger can cause:
// about a handshake's nonce, a machine's opaque token, or an expired session.
type CallStats struct {
	// Made counts the calls that were made.
	Made uint64
	// Coalesced counts the questions that shared the call of another.
	Coalesced uint64
	// Remembered counts those about a credential that Clerk had refused shortly before.
	Remembered uint64
	// TooLong counts those about what is longer than any credential.
	TooLong uint64
	// OverBudget counts those that were not asked: see Options.CallBudget.
	OverBudget uint64
	// Kept counts those about a machine token that Clerk had accepted shortly before: see
	// [MachineTokens].
	Kept uint64
}

// MachineTokens says what is remembered of machines' opaque tokens (API keys, M2M tokens,
// OAuth access tokens). Each use of one costs a call to Clerk, which counts towards its rate
// limit.
type MachineTokens struct {
	// MaxAge is how long a token that Clerk has accepted passes without another call, never
	// longer than the token lives; with Options.Shared in all processes of the fleet, whose
	// clocks agree. Nothing tells that Clerk has revoked a token: it passes for so long after
	// that. The token itself is kept nowhere, nor sent to the fleet. Zero and negative mean
	// that Clerk is asked each time; more than ten seconds is an error.
	MaxAge time.Duration
}

const maxMachineTokenAge = 10 * time.Second
