package frontendapi

import (
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// prepareAffiliation sends a code to an address at a domain, to show that the
// organization has to do with it.
func prepareAffiliation(t *store.Table, row store.Row, call *wire.Call) error {
	given, err := store.Params(call, wire.Doc{"affiliation_email_address": ""})
	if err != nil {
		return err
	}
	in, d, email := t.Instance(), row.(*store.OrganizationDomain), text(given, "affiliation_email_address") //nolint:errcheck,forcetypeassert // The table's own rows.
	if _, host, at := strings.Cut(email, "@"); !at || !strings.EqualFold(host, d.Name) {
		return wire.WrongFormat("affiliation_email_address", "an address at "+d.Name)
	}
	t.Touched(row, func() {
		d.AffiliationEmailAddress, d.ExpiresAt, d.Attempts = email, in.Now().Add(store.CodeLifetime), 0
	})
	in.SendCode("email_code", email, "affiliation_code", "")
	return nil
}

func attemptAffiliation(t *store.Table, row store.Row, call *wire.Call) error {
	given, err := store.Params(call, wire.Doc{"code": ""})
	if err != nil {
		return err
	}
	in, d := t.Instance(), row.(*store.OrganizationDomain) //nolint:errcheck,forcetypeassert // The table's own rows.
	if err := in.CheckCode(text(given, "code"), d.ExpiresAt); err != nil {
		d.Attempts++
		return err
	}
	t.Touched(row, func() { d.Verified, d.ExpiresAt = true, 0 })
	t.Changed(row, store.Updated)
	return nil
}

func updateEnrollment(t *store.Table, row store.Row, call *wire.Call) error {
	given, err := store.Params(call, wire.Doc{"enrollment_mode": "", "delete_pending": false})
	if err != nil {
		return err
	}
	in, d := t.Instance(), row.(*store.OrganizationDomain) //nolint:errcheck,forcetypeassert // The table's own rows.
	if err := t.Change(store.Backend, row, wire.Doc{"enrollment_mode": text(given, "enrollment_mode")}); err != nil {
		return err
	}
	if given["delete_pending"] != true {
		return nil
	}
	o := in.Organizations.Get(d.OrganizationID)
	for _, i := range o.Invitations() {
		if _, host, _ := strings.Cut(i.EmailAddress, "@"); strings.EqualFold(host, d.Name) && in.StatusOf(&i.Offer) == store.Pending {
			in.Settle(in.OrganizationInvitations.Table, i, store.Revoked)
		}
	}
	for _, r := range in.RequestsOf(nil, o) {
		if r.(*store.MembershipRequest).Status == store.Pending { //nolint:errcheck,forcetypeassert // The table's own rows.
			in.MembershipRequests.Remove(r)
		}
	}
	return nil
}
