package store

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Permission is what a role may allow.
type Permission struct {
	Record

	Key         string `api:"key" backend:"create,update" list:"order,query" rule:"required,unique,permission"`
	Name        string `api:"name" backend:"create,update" list:"order,query" rule:"required"`
	Description string `api:"description" backend:"create,update" list:"query"`
}

var permissions = describe(Resource[Permission]{
	Object: "permission", Prefix: "perm", Title: "Permission", Whole: true,
	Key: func(in *Instance, key string) *Permission { return in.Permissions.By("key", key) },
	Show: func(_ *Instance, p *Permission, _ View, doc wire.Doc) {
		doc["type"] = "user"
		if p.System() {
			doc["type"] = "system"
		}
	},
	Check: func(w *Write, p *Permission) error {
		own := 0
		for other := range w.Permissions.All {
			if !other.System() {
				own++
			}
		}
		if most := w.OrganizationSettings.One().MaxAllowedPermissions; w.Before == nil && most > 0 && int64(own) >= most {
			return &wire.Error{Status: http.StatusForbidden, Code: "organization_instance_permissions_quota_exceeded", Message: fmt.Sprintf("The instance has its %d permissions, as many as it may have.", most)}
		}
		if before, _ := w.Before.(*Permission); p.System() || (before != nil && before.System()) {
			return wire.Refused("form_param_value_invalid", "key", "System permissions, org:sys_…, cannot be made or changed.")
		}
		return nil
	},
	Removed: func(in *Instance, p *Permission) {
		for r := range in.Roles.All {
			r.PermissionIDs = slices.DeleteFunc(slices.Clone(r.PermissionIDs), func(id string) bool { return id == p.ID })
		}
	},
})

// System reports whether a permission is one of Clerk's own.
func (p *Permission) System() bool { return strings.HasPrefix(p.Key, "org:sys_") }

// Role is what a member of an organization is.
type Role struct {
	Record

	Key           string   `api:"key" backend:"create,update" list:"order,query" rule:"required,unique,key"`
	Name          string   `api:"name" backend:"create,update" list:"order,query" rule:"required"`
	Description   string   `api:"description" backend:"create,update" list:"query" rule:"null"`
	PermissionIDs []string `api:"permissions" backend:"create,update" show:"never" of:"permissions"`
}

// The keys of the roles that every new instance has.
const (
	AdminRole  = "org:admin"
	MemberRole = "org:member"
)

// creatorNeeds are the permissions without which a role cannot be that of who
// makes an organization.
var creatorNeeds = []string{"org:sys_memberships:manage", "org:sys_memberships:read", "org:sys_profile:delete"}

var roles = describe(Resource[Role]{
	Object: "role", Prefix: "role", Title: "Organization role", Whole: true,
	Params: []Param{{"include_in_initial_role_set", Create, Backend, false}},
	Key:    func(in *Instance, key string) *Role { return in.Roles.By("key", key) },
	Show: func(in *Instance, r *Role, _ View, doc wire.Doc) {
		list := make([]any, 0, len(r.PermissionIDs))
		for _, id := range r.PermissionIDs {
			if p := in.Permissions.Get(id); p != nil {
				list = append(list, in.Permissions.Show(p, Backend))
			}
		}
		doc["permissions"] = list
		held := in.PermissionKeys(r)
		doc["is_creator_eligible"] = !slices.ContainsFunc(creatorNeeds, func(key string) bool { return !slices.Contains(held, key) })
	},
	Wrote: func(w *Write, r *Role) {
		if w.Flag("include_in_initial_role_set") {
			w.include(r)
		}
	},
	Removed: func(in *Instance, r *Role) {
		for s := range in.RoleSets.All {
			s.RoleIDs = slices.DeleteFunc(slices.Clone(s.RoleIDs), func(id string) bool { return id == r.ID })
		}
	},
	Check: func(w *Write, r *Role) error {
		if most := w.OrganizationSettings.One().MaxAllowedRoles; w.Before == nil && most > 0 && int64(w.Roles.Len()) >= most {
			return &wire.Error{Status: http.StatusForbidden, Code: "organization_instance_roles_quota_exceeded", Message: fmt.Sprintf("The instance has its %d roles, as many as it may have.", most)}
		}
		for i, id := range r.PermissionIDs {
			p := w.Permissions.Get(id) // By id or by key.
			if p == nil {
				return wire.Refused("resource_not_found", "permissions", "There is no permission "+id+".")
			}
			r.PermissionIDs[i] = p.ID
		}
		if before, _ := w.Before.(*Role); before != nil && before.Key != r.Key && before.builtIn() {
			return wire.Refused("form_param_value_invalid", "key", "The key of a built-in role cannot change.")
		}
		return nil
	},
})

func (r *Role) builtIn() bool { return r.Key == AdminRole || r.Key == MemberRole }

// PermissionKeys returns the keys of a role's permissions.
func (in *Instance) PermissionKeys(r *Role) []string {
	keys := make([]string, 0, len(r.PermissionIDs))
	for _, id := range r.PermissionIDs {
		if p := in.Permissions.Get(id); p != nil {
			keys = append(keys, p.Key)
		}
	}
	return keys
}

// RemoveRole deletes a role, unless it is needed.
func (in *Instance) RemoveRole(r *Role) (wire.Doc, error) {
	if r.builtIn() {
		return nil, &wire.Error{Status: http.StatusForbidden, Code: "organization_role_built_in", Message: "A built-in role cannot be deleted."}
	}
	for s := range in.RoleSets.All {
		if s.DefaultRole == r.ID || s.CreatorRole == r.ID {
			return nil, &wire.Error{Status: http.StatusForbidden, Code: "organization_role_used_by_role_set", Message: "The role is the default or the creator's of the role set " + s.Key + "."}
		}
	}
	for m := range in.Memberships.All {
		if m.Role == r.Key {
			return nil, &wire.Error{Status: http.StatusForbidden, Code: "organization_role_assigned_to_members", Message: "There are members with that role."}
		}
	}
	return in.Roles.Delete(r), nil
}

// seedRoles gives a new instance its permissions and roles.
func (in *Instance) seedRoles() {
	var admin, member []string //nolint:prealloc // A handful.
	for _, s := range []struct{ key, name, member string }{
		{"org:sys_profile:manage", "Manage organization", ""},
		{"org:sys_profile:delete", "Delete organization", ""},
		{"org:sys_memberships:read", "Read members", MemberRole},
		{"org:sys_memberships:manage", "Manage members", ""},
		{"org:sys_domains:read", "Read domains", ""},
		{"org:sys_domains:manage", "Manage domains", ""},
		{"org:sys_billing:read", "Read billing", MemberRole},
		{"org:sys_billing:manage", "Manage billing", ""},
	} {
		p := &Permission{Key: s.key, Name: s.name}
		in.Permissions.Put(p)
		admin = append(admin, p.ID)
		if s.member != "" {
			member = append(member, p.ID)
		}
	}
	in.Roles.Put(&Role{Key: AdminRole, Name: "Admin", PermissionIDs: admin})
	in.Roles.Put(&Role{Key: MemberRole, Name: "Member", PermissionIDs: member})
	first, second := in.Roles.By("key", AdminRole).ID, in.Roles.By("key", MemberRole).ID
	in.RoleSets.Put(&RoleSet{Name: "Default role set", Key: "role_set:default", Type: "initial", RoleIDs: []string{first, second}, CreatorRole: first, DefaultRole: second})
}

// RemovePermission deletes a permission, unless it is Clerk's own.
func (in *Instance) RemovePermission(p *Permission) (wire.Doc, error) {
	if p.System() {
		return nil, &wire.Error{Status: http.StatusForbidden, Code: "organization_permission_system", Message: "A system permission cannot be deleted."}
	}
	return in.Permissions.Delete(p), nil
}
