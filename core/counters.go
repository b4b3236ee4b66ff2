package core

import "github.com/clerkgo/clerkgo/core/token"

// Stats are counters of one instance, for metrics.
type Stats struct {
	// Keys tells about the signing keys. It is zero with Options.JWTKey.
	Keys token.Stats
	// Tokens tells how full the memory of verified tokens is.
	Tokens token.CacheStats
	// Calls tells about the calls to Clerk that strangers can cause.
	Calls CallStats
	// Backend tells how much of Clerk's rate limit the calls to the Backend API use.
	Backend BackendStats
	// Outage tells about all calls to Clerk that requests wait for, and whether there is an
	// outage. Where [Clerk.Ready] returns nil during one, the instance serves without Clerk.
	Outage OutageStats
	// Grace counts requests that passed with a session token which had expired: see
	// Options.Outage.Grace.
	Grace uint64
	// Store tells about Options.Outage.Store. It is zero without one.
	Store StoreStats
	// Revocations tells about what was revoked. It is zero with Options.Revocations.Off.
	Revocations RevocationStats
	// Watches is how many long connections are watched at present: see [Auth.Watch].
	Watches int
	// Users tells about the users that are remembered. It is zero without Options.Users.
	Users UserStats
	// Shared tells about Options.Shared. It is zero without one.
	Shared SharedStats
}
