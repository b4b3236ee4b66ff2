package core

import "time"

// Users says what is remembered of the users whom [RequestAuth.CurrentUser] asks for. Without it
// each request that wants its user costs a call to Clerk, which counts towards its rate limit.
//
// A user is forgotten at once when Clerk's webhooks say that they, or their memberships, have
// changed ([Clerk.HandleEvent]), and when a call through [Clerk.Client] may have changed them; with
// Options.Shared in all processes of the fleet. What was asked for before is then not remembered
// either. Requests that want the same user at the same time share one call.
//
// Each request gets a copy of its own, which it may change. Private metadata stays in memory, and
// goes to Options.Shared, if there is one, encrypted.
type Users struct {
	// MaxAge is how long a user is remembered at most, whether Clerk can be asked or not; where
	// webhooks get lost, it is how late a change may be. Zero and negative mean that Clerk is
	// asked in each request; more than an hour is an error.
	MaxAge time.Duration
	// MaxEntries bounds how many are remembered, besides 64 MiB of them; those that were asked for
	// first go first. Users of more than 64 KiB are not remembered. Zero means 10,000; negative
	// is an error.
	MaxEntries int
}

const (
	maxUserAge      = time.Hour
	defaultMaxUsers = 10_000
)

// UserStats tell about the users that are remembered: see [Users].
type UserStats struct {
	// Entries is how many are remembered at present.
	Entries int
	// Hits counts the requests whose user was remembered, Shared the questions that another
	// process of the fleet had asked already, and Coalesced the requests that shared the
	// question of another.
	Hits, Shared, Coalesced uint64
	// Asked counts the questions to Clerk.
	Asked uint64
	// Changed counts the changes that made users be forgotten.
	Changed uint64
}
