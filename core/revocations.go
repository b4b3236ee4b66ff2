package core

// Revocations says what becomes of session tokens that are valid but for what Clerk has ended
// since it issued them: whose session has ended, or was removed or revoked, whose user is
// banned or deleted, or is a member of the token's organization no longer, or has another role
// there. Clerk's tokens live on for up to a minute then. Here they are refused at once, with a
// reason of their own ([reason.SessionRevoked] and its neighbours): page loads make one
// handshake, so that Clerk tells what the user is now, other requests are signed out. Machines'
// credentials are refused whose user is banned or deleted, or whose organization is deleted.
// What does not end a session at Clerk ends none here: a lock keeps nobody out who is in.
//
// It knows what Clerk's webhooks say ([Clerk.HandleEvent]), what the application ends through
// [Clerk.Client], what Clerk's answers to those calls and to CurrentUser say is over, and what
// [Clerk.RevokeSession] and its neighbours tell it; strangers cannot tell it anything. Webhooks also
// say that a ban is over, or that somebody is a member again. That lifts what Clerk has said, by
// webhooks, answers and calls through [Clerk.Client]; what the application has revoked itself, and that a
// user is deleted, stays. Where a role has changed, a token
// passes that was issued in the same second or later, by Clerk's clock; so it is where somebody
// has become a member again. An entry lives as long as a token could that was issued before: a
// minute, or the lifetime of the token that lives longest of those that were seen, up to a day
// (for users, OAuth tokens that are JWTs count, too, and are refused for that long), and besides
// Options.ClockSkew and Outage.Grace. A token that lives longer, and is first seen when it is revoked
// already, makes the entry that refuses it live as long; one that nobody brings before the entry has
// gone passes. Where nothing is revoked this costs nothing.
//
// The zero value suits nearly everybody.
type Revocations struct {
	// Off makes tokens pass until they expire, whatever becomes known.
	Off bool
	// Required makes guards answer 503 while this process does not know what the fleet knows:
	// when it starts, and while the connection of Options.Shared is lost. Nobody is called
	// signed out then, and nobody passes. Without it what the process knows itself decides.
	Required bool
	// MaxEntries bounds what is remembered. Each takes about 130 bytes. Where there are
	// more, those that expire first are forgotten before their time, which a warning says and
	// [Stats].Revocations counts. Zero means 100,000, which are 1,500 revocations in each
	// second; negative is an error.
	MaxEntries int
}

const defaultMaxRevocations = 100_000

// RevocationStats tell about what was revoked: see [Revocations].
type RevocationStats struct {
	// Entries is how many are remembered at present.
	Entries int
	// Refused counts credentials that were refused for what is remembered.
	Refused uint64
	// Dropped counts entries that were forgotten before their time, because there were too
	// many.
	Dropped uint64
	// Published counts announcements to the fleet, and Failed those that failed, each try
	// of them.
	Published, Failed uint64
	// Received counts what was learnt from the fleet, and Rejected its messages that were not
	// believed.
	Received, Rejected uint64
	// Current says that all that the fleet knows is known here. It is false without
	// Options.Shared.
	Current bool
}
