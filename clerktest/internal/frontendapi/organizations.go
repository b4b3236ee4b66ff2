package frontendapi

import (
	"net/http"
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

const (
	manageProfile = "org:sys_profile:manage"
	deleteProfile = "org:sys_profile:delete"
	manageMembers = "org:sys_memberships:manage"
	manageDomains = "org:sys_domains:manage"
)

func organizations() []rest.Endpoint {
	members := rest.Collection{
		Path:  "/v1/organizations/{organization}/memberships",
		View:  store.Frontend,
		Table: func(in *store.Instance) *store.Table { return in.Memberships.Table },
		Scope: func(in *store.Instance, call *wire.Call) (rest.Scope, error) {
			o, _, err := place(in, call, manageMembers)
			if err != nil {
				return rest.Scope{}, err
			}
			given, _ := call.Body.(wire.Doc)
			if m := o.Member(call.Param("id")); m != nil && given["role"] != m.Role && onlyAdmin(in, o, m) {
				return rest.Scope{}, tooFewAdmins
			}
			return rest.Scope{
				Rows:   store.RowsOf(o.Members()),
				Preset: func(row store.Row) { row.(*store.Membership).OrganizationID = o.ID }, //nolint:errcheck,forcetypeassert // The table's own rows.
				Find:   func(user string) store.Row { return store.RowOf(o.Member(user)) },
			}, nil
		},
	}
	roles := rest.Collection{
		Path: "/v1/organizations/{organization}/roles", View: store.Frontend, Table: func(in *store.Instance) *store.Table { return in.Roles.Table },
		Scope: func(in *store.Instance, call *wire.Call) (rest.Scope, error) {
			o, _, err := place(in, call, "")
			if err != nil {
				return rest.Scope{}, err
			}
			return rest.Scope{Rows: in.RolesOf(o)}, nil
		},
	}
	invitations := rest.Collection{
		Path: "/v1/organizations/{organization}/invitations", View: store.Frontend, Table: func(in *store.Instance) *store.Table { return in.OrganizationInvitations.Table },
		Scope: within(manageMembers, func(_ *store.Instance, o *store.Organization) []store.Row { return store.RowsOf(o.Invitations()) }, func(o *store.Organization, call *wire.Call, row store.Row) {
			i := row.(*store.OrganizationInvitation) //nolint:errcheck,forcetypeassert // The table's own rows.
			i.OrganizationID, i.InviterUserID = o.ID, call.UserID
		}),
	}
	hosts := rest.Collection{
		Path: "/v1/organizations/{organization}/domains", View: store.Frontend, Table: func(in *store.Instance) *store.Table { return in.OrganizationDomains.Table },
		Scope: within(manageDomains, func(_ *store.Instance, o *store.Organization) []store.Row { return store.RowsOf(o.Domains()) }, func(o *store.Organization, _ *wire.Call, row store.Row) {
			row.(*store.OrganizationDomain).OrganizationID = o.ID //nolint:errcheck,forcetypeassert // The table's own rows.
		}),
	}
	requests := rest.Collection{
		Path: "/v1/organizations/{organization}/membership_requests", View: store.Frontend, Table: func(in *store.Instance) *store.Table { return in.MembershipRequests.Table },
		Scope: within(manageMembers, func(in *store.Instance, o *store.Organization) []store.Row { return in.RequestsOf(nil, o) }, nil),
	}
	return slices.Concat(
		members.Serve(rest.Pages, rest.Creates, rest.Updates, rest.Removes),
		roles.Serve(rest.Pages),
		invitations.Serve(rest.Pages, rest.Creates),
		hosts.Serve(rest.Pages, rest.Creates, rest.Gets, rest.Deletes),
		requests.Serve(rest.Pages),
		[]rest.Endpoint{
			{Pattern: "POST /v1/organizations", Serve: createOrganization},
			{Pattern: "GET /v1/organizations/{organization}", Serve: group("", nil)},
			{Pattern: "PATCH /v1/organizations/{organization}", Serve: group(manageProfile, func(in *store.Instance, o *store.Organization, call *wire.Call) error {
				given, err := call.Fields()
				if err != nil {
					return err
				}
				return in.Organizations.Change(store.Frontend, o, given)
			})},
			{Pattern: "PUT /v1/organizations/{organization}/logo", Serve: group(manageProfile, func(in *store.Instance, o *store.Organization, call *wire.Call) error {
				return rest.Uploads("image_url")(in.Organizations.Table, o, call)
			})},
			{Pattern: "DELETE /v1/organizations/{organization}/logo", Serve: group(manageProfile, func(in *store.Instance, o *store.Organization, call *wire.Call) error {
				return rest.Clears("image_url")(in.Organizations.Table, o, call)
			})},
			{Pattern: "DELETE /v1/organizations/{organization}", Serve: deleteOrganization},
			{Pattern: "POST /v1/organizations/{organization}/invitations/bulk", Serve: inviteMany},
			invitations.On("POST", "/revoke", func(t *store.Table, row store.Row, _ *wire.Call) error {
				i := row.(*store.OrganizationInvitation) //nolint:errcheck,forcetypeassert // The table's own rows.
				if status := t.Instance().StatusOf(&i.Offer); status != store.Pending {
					return &wire.Error{Status: http.StatusBadRequest, Code: "organization_invitation_not_pending", Message: "The invitation is " + status + "."}
				}
				t.Instance().Settle(t, i, store.Revoked)
				return nil
			}),
			hosts.On("POST", "/prepare_affiliation_verification", prepareAffiliation),
			hosts.On("POST", "/attempt_affiliation_verification", attemptAffiliation),
			hosts.On("POST", "/update_enrollment_mode", updateEnrollment),
			requests.On("POST", "/accept", acceptRequest),
			requests.On("POST", "/reject", func(_ *store.Table, row store.Row, _ *wire.Call) error {
				row.(*store.MembershipRequest).Status = store.Revoked //nolint:errcheck,forcetypeassert // The table's own rows.
				return nil
			}),
		},
	)
}

// within narrows a collection to what belongs to the organization that the path names.
func within(permission string, rows func(*store.Instance, *store.Organization) []store.Row, preset func(*store.Organization, *wire.Call, store.Row)) func(*store.Instance, *wire.Call) (rest.Scope, error) {
	return func(in *store.Instance, call *wire.Call) (rest.Scope, error) {
		o, _, err := place(in, call, permission)
		if err != nil {
			return rest.Scope{}, err
		}
		return rest.Scope{Rows: rows(in, o), Preset: func(row store.Row) { preset(o, call, row) }}, nil
	}
}

// group is an endpoint of one organization, which it answers with after act has run.
func group(permission string, act func(*store.Instance, *store.Organization, *wire.Call) error) rest.Serve {
	return func(in *store.Instance, call *wire.Call) (any, error) {
		o, _, err := place(in, call, permission)
		if err != nil {
			return nil, err
		}
		if act != nil {
			if err := act(in, o, call); err != nil {
				return nil, err
			}
		}
		return in.Organizations.Show(o, store.Frontend), nil
	}
}

var tooFewAdmins = &wire.Error{
	Status: http.StatusBadRequest, Code: "organization_minimum_permissions_needed",
	Message: "An organization needs a member who may manage members. Make somebody else one first.",
}

// onlyAdmin reports whether nobody but a member may manage the other members.
func onlyAdmin(in *store.Instance, o *store.Organization, m *store.Membership) bool {
	others := func(other *store.Membership) bool {
		return other != m && slices.Contains(in.PermissionsOf(other), manageMembers)
	}
	return len(o.Members()) > 1 && slices.Contains(in.PermissionsOf(m), manageMembers) && !slices.ContainsFunc(o.Members(), others)
}

// createOrganization makes an organization whose administrator is the caller.
func createOrganization(in *store.Instance, call *wire.Call) (any, error) {
	u, err := caller(in, call)
	if err != nil {
		return nil, err
	}
	if !u.CreateOrganizationEnabled {
		return nil, &wire.Error{Status: http.StatusForbidden, Code: "organization_creation_not_allowed", Message: "This user may not create organizations."}
	}
	made := int64(0)
	for _, m := range u.Memberships() {
		if in.Organizations.Get(m.OrganizationID).CreatedBy == u.ID {
			made++
		}
	}
	if u.CreateOrganizationsLimit != nil && made >= *u.CreateOrganizationsLimit && *u.CreateOrganizationsLimit > 0 {
		return nil, &wire.Error{Status: http.StatusForbidden, Code: "organization_quota_exceeded", Message: "This user has created as many organizations as allowed."}
	}
	given, err := call.Fields()
	if err != nil {
		return nil, err
	}
	row, err := in.Organizations.Make(store.Frontend, given, func(row store.Row) {
		row.(*store.Organization).CreatedBy = u.ID //nolint:errcheck,forcetypeassert // The table's own rows.
	})
	if err != nil {
		return nil, err
	}
	return in.Organizations.Show(row, store.Frontend), nil
}

func deleteOrganization(in *store.Instance, call *wire.Call) (any, error) {
	o, _, err := place(in, call, deleteProfile)
	if err != nil {
		return nil, err
	}
	if !o.AdminDeleteEnabled {
		return nil, &wire.Error{Status: http.StatusForbidden, Code: "organization_admin_delete_not_enabled", Message: "This organization cannot be deleted by its members."}
	}
	return in.Organizations.Delete(o), nil
}

// inviteMany makes an invitation for each address: for all, or for none.
func inviteMany(in *store.Instance, call *wire.Call) (any, error) {
	o, m, err := place(in, call, manageMembers)
	if err != nil {
		return nil, err
	}
	given, err := store.Params(listed(call, "email_address"), wire.Doc{"email_address": []string(nil), "role": ""})
	if err != nil {
		return nil, err
	}
	emails, _ := given["email_address"].([]string)
	return rest.Together(in, in.OrganizationInvitations.Table, emails, func(email string) (wire.Doc, error) {
		row, err := in.OrganizationInvitations.Make(store.Frontend, wire.Doc{"email_address": email, "role": text(given, "role")}, func(row store.Row) {
			i := row.(*store.OrganizationInvitation) //nolint:errcheck,forcetypeassert // The table's own rows.
			i.OrganizationID, i.InviterUserID = o.ID, m.UserID
		})
		if err != nil {
			return nil, err
		}
		return in.OrganizationInvitations.Show(row, store.Frontend), nil
	})
}

// acceptRequest makes the user a member who asked to be one.
func acceptRequest(t *store.Table, row store.Row, _ *wire.Call) error {
	in, r := t.Instance(), row.(*store.MembershipRequest) //nolint:errcheck,forcetypeassert // The table's own rows.
	if r.Status != store.Pending {
		return &wire.Error{Status: http.StatusBadRequest, Code: "organization_membership_request_not_pending", Message: "The request is " + r.Status + "."}
	}
	given := wire.Doc{"user_id": r.UserID, "role": in.OrganizationSettings.One().DomainsDefaultRole}
	if _, err := in.Memberships.Make(store.Backend, given, func(row store.Row) { row.(*store.Membership).OrganizationID = r.OrganizationID }); err != nil { //nolint:errcheck,forcetypeassert // The table's own rows.
		return err
	}
	r.Status, r.Suggestion = store.Accepted, "completed"
	return nil
}
