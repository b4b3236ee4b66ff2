package backendapi

import (
	"net/http"
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// invitations are those to sign up, those into organizations, and who waits for one.
func invitations() []rest.Endpoint {
	people := rest.Collection{Path: "/v1/invitations", Table: func(in *store.Instance) *store.Table { return in.Invitations.Table }}
	into := rest.Collection{
		Path:  "/v1/organizations/{organization}/invitations",
		Table: func(in *store.Instance) *store.Table { return in.OrganizationInvitations.Table },
		Scope: within(func(o *store.Organization) []store.Row { return store.RowsOf(o.Invitations()) }, func(o *store.Organization, row store.Row) {
			row.(*store.OrganizationInvitation).OrganizationID = o.ID //nolint:errcheck,forcetypeassert // The table's own rows.
		}),
	}
	all := rest.Collection{Path: "/v1/organization_invitations", Table: into.Table}
	waiting := rest.Collection{Path: "/v1/waitlist_entries", Table: func(in *store.Instance) *store.Table { return in.WaitlistEntries.Table }, Same: "email_address"}
	return slices.Concat(
		people.Serve(rest.Lists, rest.Creates, rest.CreatesMany, rest.Deletes),
		into.Serve(rest.Pages, rest.Creates, rest.CreatesMany, rest.Gets),
		all.Serve(rest.Pages),
		waiting.Serve(rest.Pages, rest.Creates, rest.CreatesMany, rest.Deletes),
		[]rest.Endpoint{
			people.On("POST", "/revoke", revoke(nil, "invitation_not_revocable")),
			into.On("POST", "/revoke", revoke(wire.Doc{"requesting_user_id": ""}, "organization_invitation_not_pending")),
			waiting.On("POST", "/invite", inviteWaiting),
			waiting.On("POST", "/reject", rejectWaiting),
			{Pattern: "GET /v1/users/{id}/organization_invitations", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
				u, err := user(in, call)
				if err != nil {
					return nil, err
				}
				return rest.Listed(in.OrganizationInvitations.Table, in.InvitationsOf(u), store.Backend, call)
			}},
		},
	)
}

// revoke makes an action that revokes what is still open. Code is that of the refusal otherwise.
func revoke(takes wire.Doc, code string) func(*store.Table, store.Row, *wire.Call) error {
	return func(t *store.Table, row store.Row, call *wire.Call) error {
		given, err := store.Params(call, takes)
		if err != nil {
			return err
		}
		if i, is := row.(*store.OrganizationInvitation); is {
			if err := t.Instance().MayManage(text(given, "requesting_user_id"), i.OrganizationID); err != nil {
				return err
			}
		}
		offer, _ := row.(store.Offering)
		if status := t.Instance().StatusOf(offer.Offered()); status != store.Pending {
			return &wire.Error{Status: http.StatusBadRequest, Code: code, Message: t.Title + " cannot be revoked: it is " + status + "."}
		}
		t.Instance().Settle(t, offer, store.Revoked)
		return nil
	}
}

func inviteWaiting(t *store.Table, row store.Row, call *wire.Call) error {
	given, err := store.Params(call, wire.Doc{"ignore_existing": false})
	if err != nil {
		return err
	}
	in, e := t.Instance(), row.(*store.WaitlistEntry) //nolint:errcheck,forcetypeassert // The table's own rows.
	if e.Status == "completed" || (e.Status == "invited" && given["ignore_existing"] != true) {
		return &wire.Error{Status: http.StatusBadRequest, Code: "waitlist_entry_already_invited", Message: "The waitlist entry is " + e.Status + "."}
	}
	made, err := in.Invitations.Make(store.Backend, wire.Doc{"email_address": e.EmailAddress, "ignore_existing": given["ignore_existing"] == true, "template_slug": "waitlist_invitation"}, nil)
	if err != nil {
		return err
	}
	t.Touched(row, func() { e.Status, e.InvitedAt, e.InvitationID = "invited", in.Now(), made.Base().ID })
	t.Changed(row, store.Updated)
	return nil
}

func rejectWaiting(t *store.Table, row store.Row, _ *wire.Call) error {
	e := row.(*store.WaitlistEntry) //nolint:errcheck,forcetypeassert // The table's own rows.
	if e.Status != store.Pending && e.Status != "invited" {
		return &wire.Error{Status: http.StatusBadRequest, Code: "waitlist_entry_not_rejectable", Message: "The waitlist entry is " + e.Status + "."}
	}
	in := t.Instance()
	if i := in.Invitations.Get(e.InvitationID); i != nil && in.StatusOf(&i.Offer) == store.Pending {
		in.Settle(in.Invitations.Table, i, store.Revoked)
	}
	t.Touched(row, func() { e.Status = "rejected" })
	t.Changed(row, store.Updated)
	return nil
}
