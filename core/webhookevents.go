package core

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/clerkgo/clerkgo/core/internal/revocations"
	"github.com/clerkgo/clerkgo/core/webhook"
)

// HandleEvent learns from an event of this instance's webhooks, which a [webhook.Receiver] has
// verified: set [webhook.Options].Clerk, and it is called for each. What an event revokes is
// refused from then on, by this process and by its fleet: see [Revocations]; users who have
// changed are forgotten: see [Users]. Events may come
// in any order, and several times; those that revoke nothing cost nothing.
//
// An error matches [ErrUnavailable]: this process knows, but the fleet may not. The event should
// then be delivered again.
func (c *Clerk) HandleEvent(ctx context.Context, e *webhook.Event) error {
	var err error
	if c.users != nil {
		err = c.usersChanged(ctx, usersIn(e)...)
	}
	if c.revocations == nil {
		return err
	}
	said, ok := revocationIn(e)
	if !ok {
		return err
	}
	if untold := c.note(ctx, said, byWebhook); untold != nil {
		return untold
	}
	return err
}

// usersIn returns the users whom an event is about.
func usersIn(e *webhook.Event) []string {
	var data struct {
		ID   string `json:"id"`
		User struct {
			ID string `json:"user_id"`
		} `json:"public_user_data"`
	}
	id := &data.ID
	switch e.Type {
	case webhook.UserCreated, webhook.UserUpdated, webhook.UserDeleted:
	case webhook.MembershipCreated, webhook.MembershipUpdated, webhook.MembershipDeleted:
		id = &data.User.ID
	default:
		return nil
	}
	if json.Unmarshal(e.Data, &data) != nil || *id == "" {
		return nil // It is signed, and of a form that is not known yet.
	}
	return []string{*id}
}

// revocationIn returns what an event revokes, or lifts.
func revocationIn(e *webhook.Event) (revocations.Event, bool) {
	var data struct {
		ID           string `json:"id"`
		Banned       *bool  `json:"banned"`
		Organization struct {
			ID string `json:"id"`
		} `json:"organization"`
		User struct {
			ID string `json:"user_id"`
		} `json:"public_user_data"`
	}
	var said revocations.Event
	switch e.Type {
	case webhook.SessionEnded, webhook.SessionRemoved, webhook.SessionRevoked:
		said.Kind = revocations.Session
	case webhook.UserDeleted, webhook.UserUpdated:
		said.Kind = revocations.User
		said.Stays = e.Type == webhook.UserDeleted
	case webhook.OrganizationDeleted:
		said.Kind = revocations.Organization
	case webhook.MembershipDeleted, webhook.MembershipCreated:
		said.Kind = revocations.Membership
		said.Lifted = e.Type == webhook.MembershipCreated
	case webhook.MembershipUpdated:
		said.Kind = revocations.Role
	default: // All others revoke nothing.
		return said, false
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return said, false // It is signed, and of a form that is not known yet.
	}
	switch {
	case e.Type == webhook.UserUpdated && data.Banned == nil:
		return said, false
	case e.Type == webhook.UserUpdated:
		said.Lifted = !*data.Banned
	}
	said.ID = data.ID
	if said.Kind == revocations.Membership || said.Kind == revocations.Role {
		said.ID, said.OrgID = data.User.ID, data.Organization.ID
	}
	if said.At = e.OccurredAt; said.At.IsZero() {
		said.At = e.Time // Events that are delivered again seem later than they are, and may lift nothing.
		return said, said.Valid() && !said.Lifted
	}
	return said, said.Valid()
}

// note remembers what was revoked, and tells the fleet: again where it was known, because the
// fleet may not have been told.
func (c *Clerk) note(ctx context.Context, e revocations.Event, source string) error {
	e, news := c.revocations.Note(e)
	if news == revocations.Fresh {
		c.revoked(ctx, e, source)
	}
	if news == revocations.Nothing {
		return nil
	}
	return c.announce(ctx, e)
}

// announce tells the fleet of what was revoked.
func (c *Clerk) announce(ctx context.Context, e revocations.Event) error {
	if c.feed == nil {
		return nil
	}
	if err := c.feed.Announce(ctx, e); err != nil {
		return &Error{
			class: ErrUnavailable, status: http.StatusServiceUnavailable,
			message: "what was revoked is refused by this process, but others of the fleet may not know", cause: err,
		}
	}
	return nil
}
