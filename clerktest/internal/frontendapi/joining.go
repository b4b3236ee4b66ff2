package frontendapi

import (
	"net/http"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// joining are the organizations of who calls: those they are in, and those they may join.
func joining() []rest.Endpoint {
	return []rest.Endpoint{
		{Pattern: "GET /v1/me/organization_memberships", Serve: with(func(in *store.Instance, u *store.User, call *wire.Call) (any, error) {
			return rest.Listed(in.Memberships.Table, store.RowsOf(u.Memberships()), store.Frontend, call)
		})},
		{Pattern: "DELETE /v1/me/organization_memberships/{organization}", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
			o, m, err := place(in, call, "")
			if err != nil {
				return nil, err
			}
			if onlyAdmin(in, o, m) {
				return nil, tooFewAdmins
			}
			return in.Memberships.Delete(m), nil
		}},
		{Pattern: "GET /v1/me/organization_invitations", Serve: with(func(in *store.Instance, u *store.User, call *wire.Call) (any, error) {
			in.Enroll(u)
			return rest.Listed(in.OrganizationInvitations.Table, in.InvitationsOf(u), store.Frontend, call)
		})},
		{Pattern: "POST /v1/me/organization_invitations/{id}/accept", Serve: with(func(in *store.Instance, u *store.User, call *wire.Call) (any, error) {
			for _, row := range in.InvitationsOf(u) {
				if i := row.(*store.OrganizationInvitation); i.ID == call.Param("id") { //nolint:errcheck,forcetypeassert // The table's own rows.
					_, err := in.AcceptInvitation(i, u)
					return in.OrganizationInvitations.Show(i, store.Frontend), err
				}
			}
			return nil, wire.NotFound("Organization invitation")
		})},
		{Pattern: "GET /v1/me/organization_suggestions", Serve: with(func(in *store.Instance, u *store.User, call *wire.Call) (any, error) {
			in.Enroll(u)
			return rest.Listed(in.Suggestions(), in.RequestsOf(u, nil), store.Frontend, call)
		})},
		{Pattern: "POST /v1/me/organization_suggestions/{id}/accept", Serve: with(func(in *store.Instance, u *store.User, call *wire.Call) (any, error) {
			r := in.MembershipRequests.Get(call.Param("id"))
			switch {
			case r == nil || r.UserID != u.ID:
				return nil, wire.NotFound("Suggestion")
			case r.Suggestion != store.Pending:
				return nil, &wire.Error{Status: http.StatusBadRequest, Code: "organization_suggestion_already_accepted", Message: "The suggestion is " + r.Suggestion + "."}
			}
			r.Suggestion, r.Status = store.Accepted, store.Pending
			return in.Suggestions().Show(r, store.Frontend), nil
		})},
	}
}
