package frontendapi

import (
	"net/http"
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

func organizations() []rest.Endpoint {
	members := rest.Collection{
		Path:  "/v1/organizations/{organization}/memberships",
		View:  store.Frontend,
		Table: func(in *store.Instance) *store.Table { return in.Memberships.Table },
		Scope: func(in *store.Instance, call *wire.Call) (rest.Scope, error) {
			o, _, err := place(in, call, "org:sys_memberships:manage")
			if err != nil {
				return rest.Scope{}, err
			}
			return rest.Scope{
				Rows:   store.RowsOf(o.Members()),
				Preset: func(row store.Row) { row.(*store.Membership).OrganizationID = o.ID }, //nolint:errcheck,forcetypeassert // The table's own rows.
				Find:   func(user string) store.Row { return store.RowOf(o.Member(user)) },
			}, nil
		},
	}
	roles := rest.Collection{
		Path:  "/v1/organizations/{organization}/roles",
		View:  store.Frontend,
		Table: func(in *store.Instance) *store.Table { return in.Roles.Table },
		Scope: func(in *store.Instance, call *wire.Call) (rest.Scope, error) {
			_, _, err := place(in, call, "")
			return rest.Scope{}, err
		},
	}
	return slices.Concat(
		members.Serve(rest.Pages, rest.Creates, rest.Updates, rest.Removes),
		roles.Serve(rest.Pages),
		[]rest.Endpoint{
			{Pattern: "POST /v1/organizations", Serve: createOrganization},
			{Pattern: "GET /v1/organizations/{organization}", Serve: group("", nil)},
			{Pattern: "PATCH /v1/organizations/{organization}", Serve: group("org:sys_profile:manage", func(in *store.Instance, o *store.Organization, call *wire.Call) error {
				given, err := call.Fields()
				if err != nil {
					return err
				}
				return in.Organizations.Change(store.Frontend, o, given)
			})},
			{Pattern: "DELETE /v1/organizations/{organization}", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
				o, _, err := place(in, call, "org:sys_profile:delete")
				if err != nil {
					return nil, err
				}
				if !o.AdminDeleteEnabled {
					return nil, &wire.Error{Status: http.StatusForbidden, Code: "organization_admin_delete_not_enabled", Message: "This organization cannot be deleted by its members."}
				}
				return in.Organizations.Delete(o), nil
			}},
		},
	)
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

// createOrganization makes an organization whose administrator is the caller.
func createOrganization(in *store.Instance, call *wire.Call) (any, error) {
	u, err := caller(in, call)
	if err != nil {
		return nil, err
	}
	if !u.CreateOrganizationEnabled {
		return nil, &wire.Error{Status: http.StatusForbidden, Code: "organization_creation_not_allowed", Message: "This user may not create organizations."}
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
