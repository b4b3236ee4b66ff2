package store

import (
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// OrganizationDomain is a domain whose people may join an organization.
type OrganizationDomain struct {
	Record

	OrganizationID          string `api:"organization_id" of:"organizations"`
	Name                    string `api:"name" backend:"create,update" frontend:"create" rule:"required,unique,host"`
	EnrollmentMode          string `api:"enrollment_mode" backend:"create,update" list:"filter" rule:"one=manual_invitation|automatic_invitation|automatic_suggestion|enterprise_sso"`
	AffiliationEmailAddress string `api:"affiliation_email_address" rule:"null"`
	Verified                bool   `api:"verified" backend:"create,update" list:"filter" show:"never"`
	ExpiresAt               Time   `api:"expire_at" show:"never"` // Of a verification under way.
	Attempts                int64  `api:"attempts" show:"never"`
}

var organizationDomains = describe(Resource[OrganizationDomain]{
	Object: "organization_domain", Prefix: "orgdmn", Title: "Organization domain", Event: "organizationDomain",
	Fill: func(_ *Write, d *OrganizationDomain) { d.EnrollmentMode = "manual_invitation" },
	Check: func(w *Write, d *OrganizationDomain) error {
		if w.Organizations.Get(d.OrganizationID) == nil {
			return wire.Missing("organization_id")
		}
		if d.EnrollmentMode == "" {
			d.EnrollmentMode = "manual_invitation"
		}
		if modes := w.OrganizationSettings.One().DomainsEnrollmentModes; w.Has("enrollment_mode") && d.EnrollmentMode != "enterprise_sso" && !slices.Contains(modes, d.EnrollmentMode) {
			return wire.WrongValue("enrollment_mode", modes...)
		}
		if w.Before == nil && !w.OrganizationSettings.One().DomainsEnabled {
			return &wire.Error{Status: 403, Code: "organization_domains_not_enabled", Message: "Verified domains are not enabled for this instance."}
		}
		return nil
	},
	Link: func(in *Instance, d *OrganizationDomain, there bool) {
		if o := in.Organizations.Get(d.OrganizationID); o != nil {
			o.domains = linked(o.domains, d, there)
		}
	},
	Show: func(_ *Instance, d *OrganizationDomain, _ View, doc wire.Doc) {
		status := "unverified"
		if d.Verified {
			status = "verified"
		}
		doc["verification"] = wire.Doc{"status": status, "strategy": "affiliation_email_code", "attempts": d.Attempts, "expire_at": nullTime(d.ExpiresAt), "expires_at": nullTime(d.ExpiresAt)}
		doc["total_pending_invitations"], doc["total_pending_suggestions"] = 0, 0
	},
})

func nullTime(t Time) any {
	if t == 0 {
		return nil
	}
	return t
}

// Domains returns an organization's domains, oldest first. The caller must not
// change the slice.
func (o *Organization) Domains() []*OrganizationDomain { return o.domains }

// DomainOf finds the verified domain of an organization that an email address is
// at, or nil.
func (in *Instance) DomainOf(email string) *OrganizationDomain {
	_, host, _ := strings.Cut(email, "@")
	if d := in.OrganizationDomains.By("name", host); d != nil && d.Verified {
		return d
	}
	return nil
}
