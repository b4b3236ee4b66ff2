package backendapi

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

func organizationRoles() []rest.Endpoint {
	permissions := rest.Collection{Path: "/v1/organization_permissions", Table: func(in *store.Instance) *store.Table { return in.Permissions.Table }}
	roles := rest.Collection{Path: "/v1/organization_roles", Table: func(in *store.Instance) *store.Table { return in.Roles.Table }}
	return slices.Concat(
		permissions.Serve(rest.Pages, rest.Creates, rest.Gets, rest.Updates),
		roles.Serve(rest.Pages, rest.Creates, rest.Gets, rest.Updates),
		[]rest.Endpoint{
			{Pattern: "DELETE /v1/organization_permissions/{id}", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
				p := in.Permissions.Get(call.Param("id"))
				if p == nil {
					return nil, wire.NotFound("Permission")
				}
				return in.RemovePermission(p)
			}},
			{Pattern: "DELETE /v1/organization_roles/{id}", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
				r := in.Roles.Get(call.Param("id"))
				if r == nil {
					return nil, wire.NotFound("Organization role")
				}
				return in.RemoveRole(r)
			}},
			{Pattern: "POST /v1/organization_roles/{id}/permissions/{permission}", Serve: rolePermission(true)},
			{Pattern: "DELETE /v1/organization_roles/{id}/permissions/{permission}", Serve: rolePermission(false)},
		},
	)
}

// rolePermission gives a role a permission, or takes it away.
func rolePermission(give bool) rest.Serve {
	return func(in *store.Instance, call *wire.Call) (any, error) {
		role, permission := in.Roles.Get(call.Param("id")), in.Permissions.Get(call.Param("permission"))
		if role == nil {
			return nil, wire.NotFound("Organization role")
		}
		if permission == nil {
			return nil, wire.NotFound("Permission")
		}
		has := slices.Contains(role.PermissionIDs, permission.ID)
		switch {
		case give && has:
			return nil, wire.Refused("form_identifier_exists", "permission_id", "The role has that permission already.")
		case !give && !has:
			return nil, wire.NotFound("Permission of the role")
		}
		in.Roles.Touched(role, func() {
			role.PermissionIDs = slices.DeleteFunc(slices.Clone(role.PermissionIDs), func(id string) bool { return id == permission.ID })
			if give {
				role.PermissionIDs = append(role.PermissionIDs, permission.ID)
			}
		})
		in.Roles.Changed(role, store.Updated)
		return in.Roles.Show(role, store.Backend), nil
	}
}
