package backendapi

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/rest"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

func roleSets() []rest.Endpoint {
	sets := rest.Collection{Path: "/v1/role_sets", Table: func(in *store.Instance) *store.Table { return in.RoleSets.Table }}
	return slices.Concat(
		sets.Serve(rest.Pages, rest.Creates, rest.Gets),
		[]rest.Endpoint{
			sets.On("PATCH", "", func(t *store.Table, row store.Row, call *wire.Call) error {
				given, err := given(t, call, "description")
				if err != nil {
					return err
				}
				return t.Change(store.Backend, row, given)
			}),
			sets.On("POST", "/roles", addRoles),
			sets.On("POST", "/roles/replace", replaceRole),
			{Pattern: "POST /v1/role_sets/{id}/replace", Serve: func(in *store.Instance, call *wire.Call) (any, error) {
				_, row, err := sets.Row(in, call)
				if err != nil {
					return nil, err
				}
				given, err := store.Params(call, wire.Doc{"dest_role_set_key": "", "reassignment_mappings": map[string]string(nil)})
				if err != nil {
					return nil, err
				}
				from, to := row.(*store.RoleSet), in.RoleSets.Get(text(given, "dest_role_set_key")) //nolint:errcheck,forcetypeassert // The table's own rows.
				if to == nil || to == from {
					return nil, wire.Refused("resource_not_found", "dest_role_set_key", "There is no such other role set.")
				}
				roles, _ := given["reassignment_mappings"].(map[string]string)
				return in.ReplaceRoleSet(from, to, roles)
			}},
		},
	)
}

// given is what a call gives. What is null stays as it is, but for some fields.
func given(t *store.Table, call *wire.Call, nullable ...string) (wire.Doc, error) {
	fields, err := call.Fields()
	if err != nil {
		return nil, err
	}
	for name, v := range fields {
		if v == nil && t.Takes(name) && !slices.Contains(nullable, name) {
			delete(fields, name)
		}
	}
	return fields, nil
}

func addRoles(t *store.Table, row store.Row, call *wire.Call) error {
	given, err := store.Params(call, wire.Doc{"role_keys": []string(nil), "default_role_key": "", "creator_role_key": ""})
	if err != nil {
		return err
	}
	keys, _ := given["role_keys"].([]string)
	if len(keys) == 0 {
		return wire.Missing("role_keys")
	}
	changed := *row.(*store.RoleSet) //nolint:errcheck,forcetypeassert // The table's own rows.
	for _, key := range keys {
		r := t.Instance().Roles.Get(key)
		switch {
		case r == nil:
			return wire.Refused("resource_not_found", "role_keys", "There is no role "+key+".")
		case slices.Contains(changed.RoleIDs, r.ID):
			return wire.Taken("role_keys")
		}
		changed.RoleIDs = append(slices.Clone(changed.RoleIDs), r.ID)
	}
	return t.Instance().PutRoles(row.(*store.RoleSet), &changed, text(given, "default_role_key"), text(given, "creator_role_key")) //nolint:errcheck,forcetypeassert // The table's own rows.
}

func replaceRole(t *store.Table, row store.Row, call *wire.Call) error {
	given, err := store.Params(call, wire.Doc{"role_key": "", "to_role_key": ""})
	if err != nil {
		return err
	}
	in, s := t.Instance(), row.(*store.RoleSet) //nolint:errcheck,forcetypeassert // The table's own rows.
	var found [2]*store.Role
	for i, name := range []string{"role_key", "to_role_key"} {
		found[i] = in.Roles.Get(text(given, name))
		if found[i] == nil || !slices.Contains(s.RoleIDs, found[i].ID) {
			return wire.Refused("resource_not_found", name, "The role set has no such role.")
		}
	}
	if found[0] == found[1] {
		return wire.Refused("form_param_value_invalid", "to_role_key", "A role cannot be replaced by itself.")
	}
	in.MoveRole(s, found[0], found[1])
	return nil
}
