package clerktest

import (
	"maps"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// User describes a person. Every field is optional: an empty ID is counted, an
// empty Email is made from the ID.
type User struct {
	ID         string // For example user_ada.
	Email      string // The address that signs in, for example ada@example.com.
	FirstName  string
	LastName   string
	Username   string
	ExternalID string
	ImageURL   string
	// Password signs the user in. Empty means that the user has none, and signs in
	// with a code ([SignInCode]) or a ticket.
	Password string

	PublicMetadata  map[string]any
	PrivateMetadata map[string]any
	UnsafeMetadata  map[string]any

	// Plans and Features belong to the user's personal subscription, without a
	// scope prefix: "pro", "reports".
	Plans    []string
	Features []string

	// ActiveOrganization names the organization, by id or slug, that sessions start in
	// when the user signs in, as Clerk remembers the one that was active last. Empty,
	// or one that the user is no member of, means the personal account. In a [Config] it
	// must be one of its Organizations.
	ActiveOrganization string

	// Banned users cannot sign in.
	Banned bool
	// SecondFactor makes new sessions count as verified with a second factor too.
	SecondFactor bool
}

// Organization describes an organization. Every field is optional: an empty ID
// is counted, an empty Name or Slug is made from the other, or from the ID.
type Organization struct {
	ID   string // For example org_acme.
	Name string // For example Acme.
	Slug string // For example acme.

	PublicMetadata  map[string]any
	PrivateMetadata map[string]any

	// Plans and Features belong to the organization's subscription, without a scope
	// prefix. Features that Permissions name are added by themselves.
	Plans    []string
	Features []string

	Members []Member
}

// Member says who belongs to an organization, and as what.
type Member struct {
	// UserID names the member. A user that does not exist yet is created.
	UserID string
	// Role is spelled as in has({role}): org:admin. Empty means org:member. One that the
	// instance does not have is made, without permissions.
	Role string
	// Permissions are the role's custom permissions: org:invoices:create. System
	// permissions (org:sys_…) are shown to clients but, as with Clerk, never put
	// into a session token.
	Permissions []string

	PublicMetadata  map[string]any
	PrivateMetadata map[string]any
}

// AddUser adds a person and returns the id. A user of the same ID is replaced;
// sessions and memberships stay. Webhooks hear of it.
func (s *Server) AddUser(u User) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.state.Users.Get(u.ID) != nil
	rec := s.putUser(u)
	s.state.Users.Changed(rec, createdOrUpdated(known))
	return rec.ID
}

// AddOrganization adds an organization with its members and returns the id. An
// organization of the same ID is replaced, members included. Webhooks hear of the
// organization, not of each member.
func (s *Server) AddOrganization(o Organization) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.state.Organizations.Get(o.ID) != nil
	rec := s.putOrganization(o)
	s.state.Organizations.Changed(rec, createdOrUpdated(known))
	return rec.ID
}

// AddMember makes a user a member of an organization, or changes the role and
// permissions of one that is. Both are created if they do not exist yet. Webhooks
// hear of the membership.
func (s *Server) AddMember(organizationID string, m Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.ensureOrganization(organizationID)
	known := o.Member(m.UserID) != nil
	s.putMember(o, m)
	s.state.Memberships.Changed(o.Member(m.UserID), createdOrUpdated(known))
}

// RemoveMember ends a membership and reports whether there was one. Session
// tokens that name the organization stay valid until they expire, as with Clerk.
func (s *Server) RemoveMember(organizationID, userID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropMember(organizationID, userID)
}

// Everything below is called with s.mu held.

func createdOrUpdated(known bool) store.Changes {
	if known {
		return store.Updated
	}
	return store.Created
}

func (s *Server) putUser(u User) *store.User {
	if u.ID == "" {
		u.ID = s.newID("user")
	}
	if u.Email == "" {
		u.Email = strings.ToLower(u.ID) + "@example.com"
	}
	rec := s.state.Users.Get(u.ID)
	if rec == nil {
		rec = &store.User{Record: store.Record{ID: u.ID}, CreateOrganizationEnabled: true, DeleteSelfEnabled: true}
		s.state.Users.Put(rec)
	}
	if rec.Email() != u.Email {
		for _, e := range slices.Clone(rec.Emails()) {
			s.state.EmailAddresses.Remove(e)
		}
		s.state.AddEmail(rec, u.Email, "admin", false)
	}
	s.state.Users.Touched(rec, func() {
		rec.Username, rec.FirstName, rec.LastName, rec.ExternalID, rec.ImageURL = u.Username, u.FirstName, u.LastName, u.ExternalID, u.ImageURL
		rec.PublicMetadata, rec.PrivateMetadata, rec.UnsafeMetadata = maps.Clone(u.PublicMetadata), maps.Clone(u.PrivateMetadata), maps.Clone(u.UnsafeMetadata)
		rec.Password = s.state.HashPassword(u.Password)
		rec.Banned, rec.SecondFactor, rec.ActiveOrganization = u.Banned, u.SecondFactor, u.ActiveOrganization
		rec.Plans, rec.Features = slices.Clone(u.Plans), slices.Clone(u.Features)
	})
	return rec
}

func (s *Server) ensureUser(id string) *store.User {
	if rec := s.state.Users.Get(id); rec != nil {
		return rec
	}
	return s.putUser(User{ID: id})
}

func (s *Server) putOrganization(o Organization) *store.Organization {
	if o.ID == "" {
		o.ID = s.newID("org")
	}
	if o.Name == "" {
		o.Name = o.Slug
	}
	if o.Name == "" {
		o.Name = strings.TrimPrefix(o.ID, "org_")
	}
	if o.Slug == "" {
		o.Slug = store.SlugOf(o.Name)
	}
	rec := s.state.Organizations.Get(o.ID)
	if rec == nil || rec.ID != o.ID {
		rec = &store.Organization{Record: store.Record{ID: o.ID}, MaxAllowedMemberships: store.DefaultMaxMemberships, AdminDeleteEnabled: true}
		s.state.Organizations.Put(rec)
	}
	for _, m := range slices.Clone(rec.Members()) {
		s.state.Memberships.Remove(m)
	}
	s.state.Organizations.Touched(rec, func() {
		rec.Name, rec.Slug = o.Name, o.Slug
		rec.PublicMetadata, rec.PrivateMetadata = maps.Clone(o.PublicMetadata), maps.Clone(o.PrivateMetadata)
		rec.Plans, rec.Features = slices.Clone(o.Plans), slices.Clone(o.Features)
	})
	for _, m := range o.Members {
		s.putMember(rec, m)
		if rec.CreatedBy == "" {
			rec.CreatedBy = m.UserID
		}
	}
	return rec
}

func (s *Server) ensureOrganization(id string) *store.Organization {
	if rec := s.state.Organizations.Get(id); rec != nil {
		return rec
	}
	return s.putOrganization(Organization{ID: id})
}

func (s *Server) putMember(o *store.Organization, m Member) {
	m.UserID = s.ensureUser(m.UserID).ID
	if m.Role == "" {
		m.Role = store.MemberRole
	}
	if !strings.Contains(m.Role, ":") {
		m.Role = "org:" + m.Role
	}
	s.state.EnsureRole(m.Role)
	rec := o.Member(m.UserID)
	if rec == nil {
		rec = &store.Membership{OrganizationID: o.ID, UserID: m.UserID}
		s.state.Memberships.Put(rec)
	}
	s.state.Memberships.Touched(rec, func() {
		rec.Role, rec.Extra = m.Role, slices.Clone(m.Permissions)
		rec.PublicMetadata, rec.PrivateMetadata = maps.Clone(m.PublicMetadata), maps.Clone(m.PrivateMetadata)
	})
}

func (s *Server) dropMember(orgID, userID string) bool {
	o := s.state.Organizations.Get(orgID)
	if o == nil || o.Member(userID) == nil {
		return false
	}
	s.state.Memberships.Delete(o.Member(userID))
	return true
}
