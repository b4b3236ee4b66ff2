package store

import "github.com/clerkgo/clerkgo/clerktest/internal/wire"

// MembershipRequest is the wish of a user to join an organization, at one of whose
// domains the user has an address. The user sees it as a suggestion, which becomes
// a request when it is accepted.
type MembershipRequest struct {
	Record

	OrganizationID string `api:"organization_id" rule:"required" of:"organizations"`
	UserID         string `api:"user_id" show:"never" rule:"required" of:"users"`
	Suggestion     string `api:"suggestion" show:"never"` // pending, accepted or completed
	Status         string `api:"status"`                  // pending, accepted or revoked
}

// requestsSeen describes the two sides of a request, which differ in what they show.
func requestsSeen(object, prefix, title string, status func(*MembershipRequest) string, show func(*Instance, *MembershipRequest, wire.Doc)) *Kind {
	return describe(Resource[MembershipRequest]{
		Object: object, Prefix: prefix, Title: title, Silent: All,
		Filters: map[string]Filter[MembershipRequest]{
			"status": {Match: func(_ *Instance, r *MembershipRequest, want string) bool { return status(r) == want }},
		},
		Show: func(in *Instance, r *MembershipRequest, _ View, doc wire.Doc) {
			doc["status"] = status(r)
			show(in, r, doc)
		},
	})
}

var membershipRequests = requestsSeen("organization_membership_request", "orgmemreq", "Membership request",
	func(r *MembershipRequest) string { return r.Status },
	func(in *Instance, r *MembershipRequest, doc wire.Doc) {
		doc["public_user_data"] = in.PublicUserData(r.UserID)
	})

var suggestions = requestsSeen("organization_suggestion", "orgmemreq", "Suggestion",
	func(r *MembershipRequest) string { return r.Suggestion },
	func(in *Instance, r *MembershipRequest, doc wire.Doc) {
		if o := in.Organizations.Get(r.OrganizationID); o != nil {
			doc["public_organization_data"] = in.PublicOrganizationData(o)
		}
	})

// Suggestions is the table of a user's side of the requests.
func (in *Instance) Suggestions() *Table {
	t := *in.MembershipRequests.Table
	t.Kind = suggestions
	return &t
}

// Enroll gives a user what the domains of verified addresses bring: invitations
// and suggestions.
func (in *Instance) Enroll(u *User) {
	for _, e := range u.emails {
		d := in.DomainOf(e.EmailAddress)
		if d == nil || e.Verification == "" || d.EnrollmentMode == "manual_invitation" {
			continue
		}
		o := in.Organizations.Get(d.OrganizationID)
		if o == nil || o.Member(u.ID) != nil {
			continue
		}
		if d.EnrollmentMode == "automatic_invitation" {
			given := wire.Doc{"email_address": e.EmailAddress, "role": in.OrganizationSettings.One().DomainsDefaultRole}
			// It is refused where there is one already.
			_, _ = in.OrganizationInvitations.Make(Backend, given, func(row Row) { row.(*OrganizationInvitation).OrganizationID = o.ID }) //nolint:errcheck,forcetypeassert // The table's own rows.
			continue
		}
		if len(in.RequestsOf(u, o)) == 0 {
			in.MembershipRequests.Put(&MembershipRequest{OrganizationID: o.ID, UserID: u.ID, Suggestion: Pending})
		}
	}
}

// RequestsOf returns the requests of a user (nil for all) for an organization (nil
// for all). Of what is only suggested, an organization sees nothing.
func (in *Instance) RequestsOf(u *User, o *Organization) []Row {
	rows := []Row{}
	for r := range in.MembershipRequests.All {
		if (u == nil && r.Status != "" || u != nil && r.UserID == u.ID) && (o == nil || r.OrganizationID == o.ID) {
			rows = append(rows, r)
		}
	}
	return rows
}

// allRequestsOf returns the requests for an organization, those included that are only
// suggested.
func (in *Instance) allRequestsOf(o *Organization) []Row {
	rows := []Row{}
	for r := range in.MembershipRequests.All {
		if r.OrganizationID == o.ID {
			rows = append(rows, r)
		}
	}
	return rows
}
