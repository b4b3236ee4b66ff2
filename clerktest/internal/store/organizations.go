package store

import (
	"slices"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Organization is a group of users.
type Organization struct {
	Record

	Name                  string   `api:"name" backend:"create,update" frontend:"create,update" list:"order,query" rule:"required"`
	Slug                  string   `api:"slug" backend:"create,update" frontend:"create,update" list:"query" rule:"unique,slug"`
	ImageURL              string   `api:"image_url" rule:"max=4096"`
	MaxAllowedMemberships int64    `api:"max_allowed_memberships" backend:"create,update"` // 0: no limit.
	AdminDeleteEnabled    bool     `api:"admin_delete_enabled" backend:"update"`
	PublicMetadata        wire.Doc `api:"public_metadata" backend:"create,update"`
	PrivateMetadata       wire.Doc `api:"private_metadata" backend:"create,update" show:"backend"`
	CreatedBy             string   `api:"created_by" backend:"create" show:"backend" rule:"null" of:"users"`

	RoleSetID string `api:"role_set_id" show:"never" of:"role_sets"` // "" for the initial one.

	// What only tests and seeds say.
	Plans    []string `api:"-"`
	Features []string `api:"-"`

	members     []*Membership // Oldest first.
	byMember    map[string]*Membership
	invitations []*OrganizationInvitation
	domains     []*OrganizationDomain
}

// DefaultMaxMemberships is how many members an organization may have.
const DefaultMaxMemberships = 100

var organizations = describe(Resource[Organization]{
	Object: "organization", Prefix: "org", Title: "Organization",
	Params: []Param{{"role_set_key", Create | Update, Backend, ""}},
	Filters: map[string]Filter[Organization]{
		"organization_id": {Find: func(in *Instance, id string) []*Organization { return []*Organization{in.Organizations.Get(id)} }},
		"user_id": {Match: func(_ *Instance, o *Organization, v string) bool {
			id, out := strings.CutPrefix(v, "-")
			return (o.Member(strings.TrimPrefix(id, "+")) != nil) != out
		}},
		"include_members_count": {Match: func(*Instance, *Organization, string) bool { return true }}, // It is always shown.
	},
	Named: func(_ *Instance, o *Organization, is func(string) bool) bool {
		return is(o.ID) || is(o.Name) || is(o.Slug)
	},
	Orders: map[string]func(*Instance, *Organization) any{
		"members_count": func(_ *Instance, o *Organization) any { return int64(len(o.members)) },
	},
	Key: func(in *Instance, key string) *Organization { return in.Organizations.By("slug", key) },
	Fill: func(w *Write, o *Organization) {
		settings := w.OrganizationSettings.One()
		o.MaxAllowedMemberships, o.AdminDeleteEnabled = settings.MaxAllowedMemberships, settings.AdminDeleteEnabled
	},
	Check: func(w *Write, o *Organization) error {
		if before, _ := w.Before.(*Organization); w.OrganizationSettings.One().SlugDisabled && w.Text("slug") != "" && (before == nil || before.Slug != o.Slug) {
			return &wire.Error{Status: 403, Code: "organization_slugs_disabled", Message: "Slugs of organizations are not enabled for this instance.", Param: "slug"}
		}
		if o.Slug == "" {
			o.Slug = w.freeSlug(SlugOf(o.Name), o.ID)
		}
		if w.Before == nil && !w.OrganizationSettings.One().Enabled {
			return &wire.Error{Status: 403, Code: "organization_not_enabled_in_instance", Message: "Organizations are not enabled for this instance."}
		}
		if w.Before == nil && o.CreatedBy != "" && w.Users.Get(o.CreatedBy) == nil {
			return wire.Refused("resource_not_found", "created_by", "There is no such user.")
		}
		if o.MaxAllowedMemberships < 0 {
			return wire.WrongFormat("max_allowed_memberships", "a number that is not negative")
		}
		return w.setRoleSet(o)
	},
	Wrote: func(w *Write, o *Organization) {
		if w.Before == nil && o.CreatedBy != "" {
			m := &Membership{OrganizationID: o.ID, UserID: o.CreatedBy, Role: w.OrganizationSettings.One().CreatorRole}
			w.Memberships.Put(m)
			w.Memberships.Changed(m, Created)
		}
	},
	Removing: func(in *Instance, o *Organization) {
		for _, m := range slices.Clone(o.members) {
			in.Memberships.Delete(m)
		}
		for _, i := range o.invitations {
			in.OrganizationInvitations.Remove(i)
		}
		for _, d := range o.domains {
			in.OrganizationDomains.Remove(d)
		}
		for _, r := range in.allRequestsOf(o) {
			in.MembershipRequests.Remove(r)
		}
	},
	Show: func(in *Instance, o *Organization, _ View, doc wire.Doc) {
		doc["role_set_key"] = nil
		if s := in.RoleSetOf(o); s != nil {
			doc["role_set_key"] = s.Key
		}
		doc["image_url"] = in.ImageURL(o.ImageURL, o.ID, o.Name)
		doc["has_image"], doc["members_count"], doc["pending_invitations_count"] = o.ImageURL != "", len(o.members), in.pendingInvitations(o)
	},
})

// setRoleSet gives an organization the role set that was asked for, if its members' roles are in it.
func (w *Write) setRoleSet(o *Organization) error {
	key := w.Text("role_set_key")
	if key == "" {
		return nil
	}
	s := w.RoleSets.Get(key)
	if s == nil {
		return wire.Refused("resource_not_found", "role_set_key", "There is no such role set.")
	}
	o.RoleSetID = s.ID
	for _, m := range o.members {
		if err := w.checkRole(o, m.Role); err != nil {
			return wire.Refused("form_param_value_invalid", "role_set_key", "A member has the role "+m.Role+", which is not one of the role set, "+s.Key+".")
		}
	}
	return nil
}

// SlugOf turns a name into a slug: lower case letters, digits and dashes.
func SlugOf(name string) string {
	made := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		default:
			return '-'
		}
	}, name)
	return strings.Trim(made, "-")
}

// freeSlug returns a slug, with a number if it is another organization's.
func (in *Instance) freeSlug(wish, id string) string {
	if wish == "" {
		wish = "organization"
	}
	for n, try := 2, wish; ; n++ {
		if o := in.Organizations.By("slug", try); o == nil || o.ID == id {
			return try
		}
		try = wish + "-" + strconv.Itoa(n)
	}
}

// Members returns an organization's members, oldest first. The caller must not
// change the slice.
func (o *Organization) Members() []*Membership { return o.members }

// Member returns the membership of a user, or nil.
func (o *Organization) Member(userID string) *Membership { return o.byMember[userID] }

// Membership is a user's place in an organization.
type Membership struct {
	Record

	OrganizationID  string   `api:"organization_id" show:"never" of:"organizations"`
	UserID          string   `api:"user_id" backend:"create" frontend:"create" show:"never" rule:"required" of:"users"`
	Role            string   `api:"role" backend:"create,update" frontend:"create,update" rule:"required" of:"roles"`
	PublicMetadata  wire.Doc `api:"public_metadata"`
	PrivateMetadata wire.Doc `api:"private_metadata" show:"backend"`
	// Extra permissions that a test gave this member beside those of the role.
	Extra []string `api:"-" of:"permissions"`
}

var memberships = describe(Resource[Membership]{
	Object: "organization_membership", Prefix: "orgmem", Title: "Membership", Event: "organizationMembership", Whole: true,
	Filters: map[string]Filter[Membership]{
		"user_id":               {Match: func(_ *Instance, m *Membership, id string) bool { return m.UserID == id }},
		"role":                  {Match: func(_ *Instance, m *Membership, key string) bool { return m.Role == key }},
		"email_address":         member(func(in *Instance, u *User, v string) bool { return in.userOfEmail(v) == u }),
		"phone_number":          member(func(in *Instance, u *User, v string) bool { return in.userOfPhone(v) == u }),
		"username":              member(func(in *Instance, u *User, v string) bool { return in.Users.By("username", v) == u }),
		"web3_wallet":           member(func(*Instance, *User, string) bool { return false }),
		"query":                 member(func(_ *Instance, u *User, v string) bool { return u.Matches(strings.ToLower(v)) }),
		"username_query":        member(partOf["username_query"]),
		"name_query":            member(partOf["name_query"]),
		"email_address_query":   member(partOf["email_address_query"]),
		"phone_number_query":    member(partOf["phone_number_query"]),
		"last_active_at_after":  checked(member(func(in *Instance, u *User, v string) bool { return after(lastActive)(in, u, v) })),
		"last_active_at_before": checked(member(func(in *Instance, u *User, v string) bool { return before(lastActive)(in, u, v) })),
		"created_at_after":      {Match: after(func(m *Membership) Time { return m.CreatedAt }), Check: isNumber},
		"created_at_before":     {Match: before(func(m *Membership) Time { return m.CreatedAt }), Check: isNumber},
	},
	Orders: map[string]func(*Instance, *Membership) any{
		"email_address": ofMember(func(u *User) string { return u.Email() }),
		"phone_number":  ofMember(func(u *User) string { return u.Phone() }),
		"first_name":    ofMember(func(u *User) string { return u.FirstName }),
		"last_name":     ofMember(func(u *User) string { return u.LastName }),
		"username":      ofMember(func(u *User) string { return u.Username }),
	},
	Link: func(in *Instance, m *Membership, there bool) {
		if u := in.Users.Get(m.UserID); u != nil {
			u.memberships = linked(u.memberships, m, there)
		}
		o := in.Organizations.Get(m.OrganizationID)
		switch {
		case o == nil:
			return
		case there:
			if o.byMember == nil {
				o.byMember = map[string]*Membership{}
			}
			o.members, o.byMember[m.UserID] = append(o.members, m), m
		default:
			o.members = linked(o.members, m, false)
			delete(o.byMember, m.UserID)
		}
		in.Organizations.mark(o)
	},
	Check: func(w *Write, m *Membership) error {
		o := w.Organizations.Get(m.OrganizationID)
		switch {
		case o == nil:
			return wire.Missing("organization_id")
		case w.Before == nil && w.Users.Get(m.UserID) == nil:
			return wire.Refused("resource_not_found", "user_id", "There is no such user.")
		case w.checkRole(o, m.Role) != nil:
			return w.checkRole(o, m.Role)
		case w.Before != nil:
		case o.Member(m.UserID) != nil:
			return wire.Refused("already_a_member_in_organization", "user_id", "The user is a member already.")
		case o.MaxAllowedMemberships > 0 && int64(len(o.members)) >= o.MaxAllowedMemberships:
			return &wire.Error{Status: 403, Code: "organization_membership_quota_exceeded", Message: "The organization has as many members as it may have."}
		}
		return nil
	},
	Removed: func(in *Instance, m *Membership) { in.leftOrganization(m.UserID, m.OrganizationID) },
	Show: func(in *Instance, m *Membership, view View, doc wire.Doc) {
		doc["role_name"] = in.RoleName(m.Role)
		doc["permissions"] = in.PermissionsOf(m)
		doc["public_user_data"] = in.PublicUserData(m.UserID)
		if o := in.Organizations.Get(m.OrganizationID); o != nil {
			doc["organization"] = in.Organizations.Show(o, view)
		}
	},
})

func lastActive(u *User) Time { return u.LastActiveAt }

// member filters memberships by their users.
func member(match func(*Instance, *User, string) bool) Filter[Membership] {
	return Filter[Membership]{Match: func(in *Instance, m *Membership, value string) bool {
		u := in.Users.Get(m.UserID)
		return u != nil && match(in, u, value)
	}}
}

func checked(f Filter[Membership]) Filter[Membership] {
	f.Check = isNumber
	return f
}

func ofMember(text func(*User) string) func(*Instance, *Membership) any {
	return func(in *Instance, m *Membership) any {
		u := in.Users.Get(m.UserID)
		if u == nil {
			return ""
		}
		return strings.ToLower(text(u))
	}
}

// RoleName is what a role is called.
func (in *Instance) RoleName(key string) string {
	if r := in.Roles.By("key", key); r != nil {
		return r.Name
	}
	return strings.TrimPrefix(key, "org:")
}

// PermissionsOf returns the keys of what a member may do.
func (in *Instance) PermissionsOf(m *Membership) []string {
	keys := slices.Clone(m.Extra)
	if r := in.Roles.By("key", m.Role); r != nil {
		for _, key := range in.PermissionKeys(r) {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	if keys == nil {
		keys = []string{}
	}
	return keys
}

// may reports whether a member has a permission.
func (in *Instance) may(m *Membership, permission string) bool {
	return m != nil && slices.Contains(in.PermissionsOf(m), permission)
}

// MayManage refuses a user, "" for none, on whose behalf members of an organization are
// managed and who may not.
func (in *Instance) MayManage(userID, organizationID string) error {
	o := in.Organizations.Get(organizationID)
	if userID == "" || (o != nil && in.may(o.Member(userID), "org:sys_memberships:manage")) {
		return nil
	}
	return &wire.Error{Status: 403, Code: "not_an_admin_in_organization", Message: "The requesting user may not manage members.", Param: "requesting_user_id"}
}

// EnsureRole makes a role of a key, if there is none.
func (in *Instance) EnsureRole(key string) {
	if in.Roles.By("key", key) == nil {
		r := &Role{Key: key, Name: strings.TrimPrefix(key, "org:")}
		in.Roles.Put(r)
		in.include(r)
	}
}
