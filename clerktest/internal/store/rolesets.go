package store

import (
	"net/http"
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// RoleSet is the roles that an organization's members may have. An instance has
// one initial set, that of organizations without another.
type RoleSet struct {
	Record

	Name        string   `api:"name" backend:"create,update" list:"order,query" rule:"required"`
	Key         string   `api:"key" backend:"create,update" list:"order,query" rule:"unique,roleset"`
	Description string   `api:"description" backend:"create,update" rule:"null"`
	Type        string   `api:"type" backend:"create,update" rule:"one=initial|custom"`
	RoleIDs     []string `api:"roles" backend:"create" show:"never" rule:"required" of:"roles"`
	DefaultRole string   `api:"default_role_key" backend:"create,update" show:"never" rule:"required" of:"roles"` // Ids.
	CreatorRole string   `api:"creator_role_key" backend:"create,update" show:"never" rule:"required" of:"roles"`
}

const maxRolesOfSet = 10

var roleSets = describe(Resource[RoleSet]{
	Object: "role_set", Prefix: "rset", Title: "Role set", Silent: All,
	Key:  func(in *Instance, key string) *RoleSet { return in.RoleSets.By("key", key) },
	Fill: func(_ *Write, s *RoleSet) { s.Type = "custom" },
	Check: func(w *Write, s *RoleSet) error {
		if s.Key == "" {
			s.Key = "role_set:" + slugKey(s.Name)
			if w.RoleSets.By("key", s.Key) != nil {
				return wire.Taken("key")
			}
		}
		return w.fitRoles(s)
	},
	Wrote: func(w *Write, s *RoleSet) {
		for other := range w.RoleSets.All {
			if s.Type == "initial" && other != s && other.Type == "initial" {
				other.Type = "custom"
			}
		}
	},
	Show: func(in *Instance, s *RoleSet, _ View, doc wire.Doc) {
		items := make([]any, 0, len(s.RoleIDs))
		for _, id := range s.RoleIDs {
			items = append(items, in.roleItem(id))
		}
		doc["roles"], doc["default_role"], doc["creator_role"] = items, in.roleItem(s.DefaultRole), in.roleItem(s.CreatorRole)
		doc["role_set_migration"] = nil
	},
})

func slugKey(name string) string {
	key := []byte(SlugOf(name))
	for i, c := range key {
		if c == '-' {
			key[i] = '_'
		}
	}
	return string(key)
}

// fitRoles turns the keys of a set's roles into ids, and checks that they fit.
func (in *Instance) fitRoles(s *RoleSet) error {
	s.RoleIDs = slices.Clone(s.RoleIDs)
	for i, name := range s.RoleIDs {
		r := in.Roles.Get(name)
		if r == nil {
			return wire.Refused("resource_not_found", "roles", "There is no role "+name+".")
		}
		s.RoleIDs[i] = r.ID
	}
	if len(s.RoleIDs) > maxRolesOfSet {
		return wire.WrongFormat("roles", "a list of 1 to 10 roles")
	}
	for name, role := range map[string]*string{"default_role_key": &s.DefaultRole, "creator_role_key": &s.CreatorRole} {
		r := in.Roles.Get(*role)
		if r == nil || !slices.Contains(s.RoleIDs, r.ID) {
			return wire.Refused("form_param_value_invalid", name, "The role is not one of the set's.")
		}
		*role = r.ID
	}
	return nil
}

func (in *Instance) roleItem(id string) any {
	r := in.Roles.Get(id)
	if r == nil {
		return nil
	}
	return wire.Doc{
		"object": "role_set_item", "id": r.ID, "name": r.Name, "key": r.Key, "description": nullText(r.Description),
		"members_count": nil, "has_members": nil, "created_at": r.CreatedAt, "updated_at": r.UpdatedAt,
	}
}

// InitialRoleSet is the one of organizations that have no other.
func (in *Instance) InitialRoleSet() *RoleSet {
	for s := range in.RoleSets.All {
		if s.Type == "initial" {
			return s
		}
	}
	return nil
}

// RoleSetOf is the role set of an organization.
func (in *Instance) RoleSetOf(o *Organization) *RoleSet {
	if s := in.RoleSets.Get(o.RoleSetID); s != nil {
		return s
	}
	return in.InitialRoleSet()
}

// checkRole refuses a role that the members of an organization cannot have.
func (in *Instance) checkRole(o *Organization, key string) error {
	r, s := in.Roles.By("key", key), in.RoleSetOf(o)
	switch {
	case r == nil:
		return wire.Refused("resource_not_found", "role", "There is no such role.")
	case s != nil && !slices.Contains(s.RoleIDs, r.ID):
		return wire.Refused("form_param_value_invalid", "role", "The role "+key+" is not one of the organization's role set, "+s.Key+".")
	default:
		return nil
	}
}

// RolesOf are the roles that the members of an organization can have.
func (in *Instance) RolesOf(o *Organization) []Row {
	rows, s := []Row{}, in.RoleSetOf(o)
	for r := range in.Roles.All {
		if s == nil || slices.Contains(s.RoleIDs, r.ID) {
			rows = append(rows, r)
		}
	}
	return rows
}

// include makes a role one of the initial set.
func (in *Instance) include(r *Role) {
	if s := in.InitialRoleSet(); s != nil {
		in.RoleSets.Touched(s, func() { s.RoleIDs = append(slices.Clone(s.RoleIDs), r.ID) })
	}
}

// MoveRole gives the members with a role of a set another of its roles, and takes
// the role out of the set.
func (in *Instance) MoveRole(s *RoleSet, from, to *Role) {
	in.RoleSets.Touched(s, func() {
		s.RoleIDs = slices.DeleteFunc(slices.Clone(s.RoleIDs), func(id string) bool { return id == from.ID })
		for _, held := range []*string{&s.DefaultRole, &s.CreatorRole} {
			if *held == from.ID {
				*held = to.ID
			}
		}
	})
	in.RoleSets.Changed(s, Updated)
	for o := range in.Organizations.All {
		if in.RoleSetOf(o) == s {
			in.moveMembers(o, map[string]string{from.Key: to.Key})
		}
	}
}

func (in *Instance) moveMembers(o *Organization, roles map[string]string) {
	for _, m := range o.members {
		if to := roles[m.Role]; to != "" {
			in.Memberships.Touched(m, func() { m.Role = to })
			in.Memberships.Changed(m, Updated)
		}
	}
}

// ReplaceRoleSet gives a set's organizations another set, whose roles their members
// get as mapped, and deletes it.
func (in *Instance) ReplaceRoleSet(from, to *RoleSet, roles map[string]string) (wire.Doc, error) {
	var moved []*Organization
	for o := range in.Organizations.All {
		if in.RoleSetOf(o) != from {
			continue
		}
		moved = append(moved, o)
		for _, m := range o.members {
			key := m.Role
			if mapped := roles[key]; mapped != "" {
				key = mapped
			}
			if r := in.Roles.By("key", key); r == nil || !slices.Contains(to.RoleIDs, r.ID) {
				return nil, &wire.Error{
					Status: http.StatusUnprocessableEntity, Code: "form_param_missing", Param: "reassignment_mappings",
					Message: "There are members with the role " + key + ", which is not one of the other set's: map it.",
				}
			}
		}
	}
	for _, o := range moved {
		in.Organizations.Touched(o, func() { o.RoleSetID = to.ID })
		in.moveMembers(o, roles)
	}
	if from.Type == "initial" {
		to.Type = "initial"
	}
	return in.RoleSets.Delete(from), nil
}

// PutRoles gives a set the roles of another value of it, if they fit, and a default
// and a creator's role, if any are named.
func (in *Instance) PutRoles(s, changed *RoleSet, defaultRole, creatorRole string) error {
	if defaultRole != "" {
		changed.DefaultRole = defaultRole
	}
	if creatorRole != "" {
		changed.CreatorRole = creatorRole
	}
	if err := in.fitRoles(changed); err != nil {
		return err
	}
	in.RoleSets.Touched(s, func() { *s = *changed })
	in.RoleSets.Changed(s, Updated)
	return nil
}
