package store

import (
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Accepted is the state of what was accepted: see [Offer].
const Accepted = "accepted"

// Offer is what may be accepted once, until it is revoked or expires. Its secret
// is what links have as their ticket.
type Offer struct {
	Status    string `api:"status"` // Pending also when it has expired: see [Instance.StatusOf].
	ExpiresAt Time   `api:"expires_at" list:"order"`
	Secret    string `api:"ticket" show:"never" rule:"unique"`
}

// Offered returns the offer itself; it makes any resource with one an [Offering].
func (o *Offer) Offered() *Offer { return o }

// Offering is a row that may be accepted once.
type Offering interface {
	Row
	Offered() *Offer
}

// StatusOf is the state of an offer by the instance's clock.
func (in *Instance) StatusOf(o *Offer) string {
	if o.Status == Pending && o.ExpiresAt != 0 && in.Now() >= o.ExpiresAt {
		return Expired
	}
	return o.Status
}

// open makes a new offer, which lasts for some seconds.
func (in *Instance) open(o *Offer, seconds int64) {
	o.Status, o.ExpiresAt, o.Secret = Pending, in.Now()+Time(seconds*1000), rand.Text()
}

// TicketURL is the link that accepts an offer.
func (in *Instance) TicketURL(o *Offer) string {
	return in.URL + "/v1/tickets/accept?ticket=" + o.Secret
}

// Offer finds the offer of a ticket and its table, nil if there is none.
func (in *Instance) Offer(ticket string) (*Table, Offering) {
	for _, t := range []*Table{in.SignInTokens.Table, in.ActorTokens.Table, in.AgentTasks.Table, in.Invitations.Table, in.OrganizationInvitations.Table} {
		row, _ := t.By("ticket", ticket).(Offering)
		if row != nil && row.Offered().Secret == ticket {
			return t, row
		}
	}
	return nil, nil
}

// Settle gives an offer its last state: Accepted or Revoked.
func (in *Instance) Settle(t *Table, row Offering, status string) {
	t.Touched(row, func() { row.Offered().Status = status })
	if event := t.event + "." + status; isEvent(event) {
		in.Emit(event, t.Show(row, Backend))
	}
}

const day = 24 * 60 * 60

// showOffer shows the state of an offer, and its link while it is open.
func (in *Instance) showOffer(o *Offer, doc wire.Doc) {
	doc["status"], doc["url"] = in.StatusOf(o), nil
	if doc["status"] == Pending {
		doc["url"] = in.TicketURL(o)
	}
}

// byStatus filters offers by their state.
func byStatus[T any](of func(*T) *Offer) Filter[T] {
	return Filter[T]{
		Match: func(in *Instance, row *T, status string) bool { return in.StatusOf(of(row)) == status },
		Check: func(status string) bool {
			return status == Pending || status == Accepted || status == Revoked || status == Expired
		},
	}
}

// Invitation invites somebody to sign up.
type Invitation struct {
	Record
	Offer

	EmailAddress   string   `api:"email_address" backend:"create" list:"order,query" rule:"required,email"`
	PublicMetadata wire.Doc `api:"public_metadata" backend:"create"`
	RedirectURL    string   `api:"redirect_url" backend:"create" show:"never" rule:"url,max=2048"`
	Notify         bool     `api:"notify" backend:"create" show:"never"`
	TemplateSlug   string   `api:"template_slug" backend:"create" show:"never" rule:"one=invitation|waitlist_invitation"`
}

var invitations = describe(Resource[Invitation]{
	Object: "invitation", Prefix: "inv", Title: "Invitation", Silent: Updated | Deleted,
	Params:  []Param{{"expires_in_days", Create, Backend, int64(0)}, {"ignore_existing", Create, Backend, false}},
	Filters: map[string]Filter[Invitation]{"status": byStatus(func(i *Invitation) *Offer { return &i.Offer })},
	Fill:    func(_ *Write, i *Invitation) { i.Notify = true },
	Check: func(w *Write, i *Invitation) error {
		days, err := daysOf(w, 30)
		if err != nil {
			return err
		}
		if !w.Flag("ignore_existing") {
			if w.userOfEmail(i.EmailAddress) != nil {
				return wire.Taken("email_address")
			}
			for other := range w.Invitations.All {
				if strings.EqualFold(other.EmailAddress, i.EmailAddress) && w.StatusOf(&other.Offer) == Pending {
					return duplicateInvitation(i.EmailAddress)
				}
			}
		}
		w.open(&i.Offer, days*day)
		return nil
	},
	Wrote: func(w *Write, i *Invitation) {
		if i.Notify {
			w.Send(Message{To: i.EmailAddress, Slug: "invitation", Subject: "You are invited", Link: w.TicketURL(&i.Offer)})
		}
	},
	Show: func(in *Instance, i *Invitation, _ View, doc wire.Doc) {
		in.showOffer(&i.Offer, doc)
		doc["revoked"] = i.Status == Revoked
	},
})

// daysOf is how long an invitation lasts.
func daysOf(w *Write, otherwise int64) (int64, error) {
	days, _ := w.Given["expires_in_days"].(int64)
	switch {
	case days < 0 || days > 365:
		return 0, wire.WrongFormat("expires_in_days", "a number of days from 1 to 365")
	case days == 0:
		days = otherwise
	}
	return days, nil
}

func duplicateInvitation(email string) error {
	return &wire.Error{
		Status: http.StatusBadRequest, Code: "duplicate_record", Message: "There are already pending invitations for the following email addresses: " + email,
		Meta: wire.Doc{"email_addresses": []string{email}},
	}
}

// OrganizationInvitation invites somebody into an organization.
type OrganizationInvitation struct {
	Record
	Offer

	EmailAddress    string   `api:"email_address" backend:"create" frontend:"create" list:"order,query,filter" rule:"required,email"`
	Role            string   `api:"role" backend:"create" frontend:"create" rule:"required" of:"roles"`
	OrganizationID  string   `api:"organization_id" of:"organizations"`
	InviterUserID   string   `api:"inviter_user_id" backend:"create" show:"never" of:"users"`
	PublicMetadata  wire.Doc `api:"public_metadata" backend:"create"`
	PrivateMetadata wire.Doc `api:"private_metadata" backend:"create" show:"backend"`
	RedirectURL     string   `api:"redirect_url" backend:"create" show:"never" rule:"url,max=2048"`
	UserID          string   `api:"user_id" rule:"omit" of:"users"` // Who accepted it.
}

var organizationInvitations = describe(Resource[OrganizationInvitation]{
	Object: "organization_invitation", Prefix: "orginv", Title: "Organization invitation", Event: "organizationInvitation", Silent: Updated | Deleted,
	Params:  []Param{{"expires_in_days", Create, Backend, int64(0)}},
	Filters: map[string]Filter[OrganizationInvitation]{"status": byStatus(func(i *OrganizationInvitation) *Offer { return &i.Offer })},
	Check: func(w *Write, i *OrganizationInvitation) error {
		o := w.Organizations.Get(i.OrganizationID)
		days, err := daysOf(w, 30)
		switch {
		case err != nil:
			return err
		case o == nil:
			return wire.Missing("organization_id")
		case w.checkRole(o, i.Role) != nil:
			return w.checkRole(o, i.Role)
		case i.InviterUserID != "" && o.Member(i.InviterUserID) == nil:
			return wire.Refused("resource_not_found", "inviter_user_id", "The inviting user is no member of the organization.")
		case i.InviterUserID != "" && w.From == Backend && !w.may(o.Member(i.InviterUserID), "org:sys_memberships:manage"):
			return &wire.Error{Status: http.StatusForbidden, Code: "not_an_admin_in_organization", Message: "The inviting user may not manage members.", Param: "inviter_user_id"}
		}
		if u := w.userOfEmail(i.EmailAddress); u != nil && o.Member(u.ID) != nil {
			return wire.Refused("already_a_member_in_organization", "email_address", "The user is a member already.")
		}
		for _, other := range o.invitations {
			if strings.EqualFold(other.EmailAddress, i.EmailAddress) && w.StatusOf(&other.Offer) == Pending {
				return duplicateInvitation(i.EmailAddress)
			}
		}
		if o.MaxAllowedMemberships > 0 && int64(len(o.members)+w.pendingInvitations(o)) >= o.MaxAllowedMemberships {
			return &wire.Error{Status: http.StatusForbidden, Code: "organization_membership_quota_exceeded", Message: "The organization has as many members and invitations as it may have."}
		}
		w.open(&i.Offer, days*day)
		return nil
	},
	Wrote: func(w *Write, i *OrganizationInvitation) {
		w.Send(Message{
			To: i.EmailAddress, Slug: "organization_invitation", Link: w.TicketURL(&i.Offer),
			Subject: "You are invited to join " + w.Organizations.Get(i.OrganizationID).Name,
		})
	},
	Link: func(in *Instance, i *OrganizationInvitation, there bool) {
		if o := in.Organizations.Get(i.OrganizationID); o != nil {
			o.invitations = linked(o.invitations, i, there)
		}
	},
	Show: func(in *Instance, i *OrganizationInvitation, _ View, doc wire.Doc) {
		in.showOffer(&i.Offer, doc)
		doc["role_name"] = in.RoleName(i.Role)
		if o := in.Organizations.Get(i.OrganizationID); o != nil {
			doc["public_organization_data"] = in.PublicOrganizationData(o)
		}
	},
})

// Invitations returns an organization's invitations, oldest first. The caller must
// not change the slice.
func (o *Organization) Invitations() []*OrganizationInvitation { return o.invitations }

func (in *Instance) pendingInvitations(o *Organization) (n int) {
	for _, i := range o.invitations {
		if in.StatusOf(&i.Offer) == Pending {
			n++
		}
	}
	return n
}

// PublicOrganizationData is what those see who are not members yet.
func (in *Instance) PublicOrganizationData(o *Organization) wire.Doc {
	return wire.Doc{"id": o.ID, "name": o.Name, "slug": o.Slug, "image_url": in.ImageURL(o.ImageURL, o.ID, o.Name), "has_image": o.ImageURL != ""}
}

// InvitationsOf returns the invitations of a user's verified addresses into
// organizations, oldest first.
func (in *Instance) InvitationsOf(u *User) []Row {
	rows := []Row{}
	for i := range in.OrganizationInvitations.All {
		if i.UserID == u.ID || (in.userOfEmail(i.EmailAddress) == u && in.EmailAddresses.By("email_address", i.EmailAddress).Verification != "") {
			rows = append(rows, i)
		}
	}
	return rows
}

// AcceptInvitation makes a user a member as an invitation says.
func (in *Instance) AcceptInvitation(i *OrganizationInvitation, u *User) (*Membership, error) {
	if status := in.StatusOf(&i.Offer); status != Pending {
		return nil, &wire.Error{Status: http.StatusBadRequest, Code: "organization_invitation_already_" + status, Message: "The invitation is " + status + "."}
	}
	o := in.Organizations.Get(i.OrganizationID)
	var row Row
	var err error
	tell := in.Held(func() {
		row, err = in.Memberships.Make(Backend, wire.Doc{"user_id": u.ID, "role": i.Role}, func(row Row) {
			m, _ := row.(*Membership)
			m.OrganizationID, m.PublicMetadata, m.PrivateMetadata = o.ID, i.PublicMetadata, i.PrivateMetadata
		})
	})
	if err != nil {
		return nil, err
	}
	i.UserID = u.ID
	in.Settle(in.OrganizationInvitations.Table, i, Accepted)
	tell()
	return rowOf[Membership](row), nil
}

// WaitlistEntry is somebody who waits to be invited.
type WaitlistEntry struct {
	Record

	EmailAddress string `api:"email_address" backend:"create" frontend:"create" list:"order,query" rule:"required,unique,email"`
	Status       string `api:"status" list:"filter" rule:"one=pending|invited|completed|rejected"`
	InvitedAt    Time   `api:"invited_at" list:"order" show:"never"`
	InvitationID string `api:"invitation_id" show:"never" of:"invitations"`
	Notify       bool   `api:"notify" backend:"create" show:"never"`
}

var waitlist = describe(Resource[WaitlistEntry]{
	Object: "waitlist_entry", Prefix: "wle", Title: "Waitlist entry", Event: "waitlistEntry", Silent: Deleted,
	Wrote: func(w *Write, e *WaitlistEntry) {
		if w.Before == nil && e.Notify {
			w.Send(Message{To: e.EmailAddress, Slug: "waitlist_confirmation", Subject: "You are on the waitlist", Text: "You are on the waitlist."})
		}
	},
	Fill: func(_ *Write, e *WaitlistEntry) { e.Status, e.Notify = Pending, true },
	Show: func(in *Instance, e *WaitlistEntry, _ View, doc wire.Doc) {
		doc["invitation"], doc["is_locked"] = nil, false
		if i := in.Invitations.Get(e.InvitationID); i != nil {
			doc["invitation"] = in.Invitations.Show(i, Backend)
		}
	},
})

// InvitationOf finds the address that an invitation with a ticket was sent to, and
// where its link leads; nil if the ticket is not one of an open invitation.
func (in *Instance) InvitationOf(ticket string) (email *string, redirect string) {
	_, offer := in.Offer(ticket)
	if offer == nil || in.StatusOf(offer.Offered()) != Pending {
		return nil, ""
	}
	switch i := offer.(type) {
	case *Invitation:
		return &i.EmailAddress, i.RedirectURL
	case *OrganizationInvitation:
		return &i.EmailAddress, i.RedirectURL
	default:
		return nil, ""
	}
}
