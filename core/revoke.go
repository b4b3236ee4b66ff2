package core

import (
	"context"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/revocations"
)

// RevokeSession makes the tokens of a session count no longer, from now on: see [Revocations].
// Clerk is not told: where the session goes on there, its next token passes once those are
// expired that it has now. To end it there, too, use Client().Sessions(). Nothing that Clerk tells
// meanwhile lifts it. It has no effect with Revocations.Off.
func (c *Clerk) RevokeSession(ctx context.Context, sessionID string) error {
	return c.revoke(ctx, "the session id", revocations.Event{Kind: revocations.Session, ID: sessionID})
}

// RevokeUser is [Clerk.RevokeSession] for all sessions of a user, and for OAuth tokens and API
// keys that are the user's. Sessions that begin meanwhile are refused, too, and that Clerk says the
// user is not banned changes nothing: it is for users who are banned or deleted. To sign users out who may come back, revoke their sessions.
func (c *Clerk) RevokeUser(ctx context.Context, userID string) error {
	return c.revoke(ctx, "the user id", revocations.Event{Kind: revocations.User, ID: userID})
}

// RevokeMembership makes the tokens of a user count no longer in which an organization is the
// active one, from now on: page loads and clerk-js ask for a fresh token, which is of another
// organization, or of none. As with [Clerk.RevokeSession], Clerk is not told, and who becomes a
// member again is refused like all others until those tokens have expired.
func (c *Clerk) RevokeMembership(ctx context.Context, userID, orgID string) error {
	return c.revoke(ctx, "the user id or the organization id", revocations.Event{Kind: revocations.Membership, ID: userID, OrgID: orgID})
}

// revoke notes what the application says, and tells the fleet.
func (c *Clerk) revoke(ctx context.Context, what string, e revocations.Event) error {
	if !engine.ValidID(e.ID) || e.OrgID != "" && !engine.ValidID(e.OrgID) || !e.Valid() {
		return &Error{class: ErrConfiguration, message: what + " cannot be one of Clerk's"}
	}
	e.Stays = true
	return c.note(ctx, e, byApplication)
}
