package clerktest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"maps"
	"slices"
	"strings"
	"time"
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
	// or one that the user is no member of, means the personal account.
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
	// Role is spelled as in has({role}): org:admin. Empty means org:member.
	Role string
	// Permissions are the role's custom permissions: org:invoices:create. System
	// permissions (org:sys_…) are shown to clients but, as with Clerk, never put
	// into a session token.
	Permissions []string

	PublicMetadata  map[string]any
	PrivateMetadata map[string]any
}

type userRecord struct {
	User
	emailID   string
	password  []byte // keyed hash; nil means none
	createdAt time.Time
	updatedAt time.Time
	signedIn  time.Time
	locked    bool
}

type orgRecord struct {
	Organization
	createdBy string
	members   []*memberRecord
	createdAt time.Time
	updatedAt time.Time
}

type memberRecord struct {
	Member
	id        string
	createdAt time.Time
	updatedAt time.Time
}

// AddUser adds a person and returns the id. A user of the same ID is replaced;
// sessions and memberships stay.
func (s *Server) AddUser(u User) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.putUser(u).ID
}

// AddOrganization adds an organization with its members and returns the id. An
// organization of the same ID is replaced, members included.
func (s *Server) AddOrganization(o Organization) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.putOrganization(o).ID
}

// AddMember makes a user a member of an organization, or changes the role and
// permissions of one that is. Both are created if they do not exist yet.
func (s *Server) AddMember(organizationID string, m Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putMember(s.ensureOrganization(organizationID), m)
}

// RemoveMember ends a membership and reports whether there was one. Session
// tokens that name the organization stay valid until they expire, as with Clerk.
func (s *Server) RemoveMember(organizationID, userID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropMember(organizationID, userID)
}

// Everything below is called with s.mu held.

func (s *Server) putUser(u User) *userRecord {
	now := s.clock.Now()
	if u.ID == "" {
		u.ID = s.newID("user")
	}
	if u.Email == "" {
		u.Email = strings.ToLower(u.ID) + "@example.com"
	}
	u.PublicMetadata = maps.Clone(u.PublicMetadata)
	u.PrivateMetadata = maps.Clone(u.PrivateMetadata)
	u.UnsafeMetadata = maps.Clone(u.UnsafeMetadata)
	u.Plans, u.Features = slices.Clone(u.Plans), slices.Clone(u.Features)

	rec := s.users[u.ID]
	if rec == nil {
		rec = &userRecord{emailID: s.newID("idn"), createdAt: now}
		s.users[u.ID] = rec
		s.userOrder = append(s.userOrder, u.ID)
	}
	rec.password = s.hashPassword(u.Password)
	u.Password = ""
	rec.User, rec.updatedAt = u, now
	return rec
}

func (s *Server) ensureUser(id string) *userRecord {
	if rec := s.users[id]; rec != nil && id != "" {
		return rec
	}
	return s.putUser(User{ID: id})
}

func (s *Server) userByIdentifier(identifier string) *userRecord {
	identifier = strings.TrimSpace(identifier)
	if identifier == "" {
		return nil
	}
	for _, id := range s.userOrder {
		u := s.users[id]
		if strings.EqualFold(u.Email, identifier) || (u.Username != "" && strings.EqualFold(u.Username, identifier)) {
			return u
		}
	}
	return nil
}

func (s *Server) dropUser(id string) {
	for _, sess := range s.sessions {
		if sess.userID == id {
			s.endSession(sess, statusRevoked)
		}
	}
	for _, orgID := range s.orgOrder {
		s.dropMember(orgID, id)
	}
	delete(s.users, id)
	s.userOrder = slices.DeleteFunc(s.userOrder, func(x string) bool { return x == id })
}

// hashPassword keeps passwords out of memory dumps and makes their comparison
// one of equal lengths.
func (s *Server) hashPassword(password string) []byte {
	if password == "" {
		return nil
	}
	mac := hmac.New(sha256.New, s.secret[:])
	mac.Write([]byte(password))
	return mac.Sum(nil)
}

// checkPassword reports whether password is u's, in a time that depends on
// neither, also when there is no such user (nil).
func (s *Server) checkPassword(u *userRecord, password string) bool {
	want := s.secret[:]
	if u != nil && u.password != nil {
		want = u.password
	}
	got := s.hashPassword(password)
	same := subtle.ConstantTimeCompare(got, want) == 1
	return same && u != nil && u.password != nil
}

func (s *Server) putOrganization(o Organization) *orgRecord {
	now := s.clock.Now()
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
		o.Slug = slugOf(o.Name)
	}
	o.PublicMetadata = maps.Clone(o.PublicMetadata)
	o.PrivateMetadata = maps.Clone(o.PrivateMetadata)
	o.Plans, o.Features = slices.Clone(o.Plans), slices.Clone(o.Features)
	members := o.Members
	o.Members = nil

	rec := s.orgs[o.ID]
	if rec == nil {
		rec = &orgRecord{createdAt: now}
		s.orgs[o.ID] = rec
		s.orgOrder = append(s.orgOrder, o.ID)
	}
	rec.Organization, rec.updatedAt, rec.members = o, now, nil
	for _, m := range members {
		s.putMember(rec, m)
		if rec.createdBy == "" {
			rec.createdBy = m.UserID
		}
	}
	return rec
}

// slugOf turns a name into a slug: lower case letters, digits and dashes.
func slugOf(name string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		default:
			return '-'
		}
	}, name)
	return strings.Trim(slug, "-")
}

func (s *Server) ensureOrganization(id string) *orgRecord {
	if rec := s.orgByIDOrSlug(id); rec != nil {
		return rec
	}
	return s.putOrganization(Organization{ID: id})
}

func (s *Server) orgByIDOrSlug(key string) *orgRecord {
	if key == "" {
		return nil
	}
	if rec := s.orgs[key]; rec != nil {
		return rec
	}
	for _, id := range s.orgOrder {
		if s.orgs[id].Slug == key {
			return s.orgs[id]
		}
	}
	return nil
}

func (s *Server) dropOrganization(id string) {
	delete(s.orgs, id)
	s.orgOrder = slices.DeleteFunc(s.orgOrder, func(x string) bool { return x == id })
	for _, sess := range s.sessions {
		if sess.orgID == id {
			sess.orgID = ""
		}
	}
}

func (s *Server) putMember(o *orgRecord, m Member) *memberRecord {
	now := s.clock.Now()
	m.UserID = s.ensureUser(m.UserID).ID
	if m.Role == "" {
		m.Role = "org:member"
	}
	if !strings.Contains(m.Role, ":") {
		m.Role = "org:" + m.Role
	}
	m.Permissions = slices.Clone(m.Permissions)
	m.PublicMetadata, m.PrivateMetadata = maps.Clone(m.PublicMetadata), maps.Clone(m.PrivateMetadata)
	rec := o.member(m.UserID)
	if rec == nil {
		rec = &memberRecord{id: s.newID("orgmem"), createdAt: now}
		o.members = append(o.members, rec)
	}
	rec.Member, rec.updatedAt = m, now
	return rec
}

func (o *orgRecord) member(userID string) *memberRecord {
	for _, m := range o.members {
		if m.UserID == userID {
			return m
		}
	}
	return nil
}

func (s *Server) dropMember(orgID, userID string) bool {
	o := s.orgs[orgID]
	if o == nil || o.member(userID) == nil {
		return false
	}
	o.members = slices.DeleteFunc(o.members, func(m *memberRecord) bool { return m.UserID == userID })
	for _, sess := range s.sessions {
		if sess.userID == userID && sess.orgID == orgID {
			sess.orgID = ""
		}
	}
	return true
}

// membership pairs an organization with one of its members.
type membership struct {
	org    *orgRecord
	member *memberRecord
}

func (s *Server) memberships(userID string) []membership {
	var list []membership
	for _, id := range s.orgOrder {
		if m := s.orgs[id].member(userID); m != nil {
			list = append(list, membership{s.orgs[id], m})
		}
	}
	return list
}
