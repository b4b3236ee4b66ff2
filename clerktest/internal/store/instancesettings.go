package store

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Settings are those of the whole instance.
type Settings struct {
	Record

	TestMode                     bool     `api:"test_mode" backend:"update" show:"never"`
	HIBP                         bool     `api:"hibp" backend:"update" show:"never"`
	EnhancedEmailDeliverability  bool     `api:"enhanced_email_deliverability" backend:"update" show:"never"`
	SupportEmail                 string   `api:"support_email" backend:"update" show:"never" rule:"email"`
	ClerkJSVersion               string   `api:"clerk_js_version" backend:"update" show:"never"`
	DevelopmentOrigin            string   `api:"development_origin" backend:"update" show:"never" rule:"url"`
	AllowedOrigins               []string `api:"allowed_origins" backend:"update" rule:"null"`
	URLBasedSessionSyncing       bool     `api:"url_based_session_syncing" backend:"update" show:"never"`
	PreferredStrategyForPassword string   `api:"preferred_sign_in_strategy_when_password_required" backend:"update" show:"never" rule:"one=password|otp"`
}

var instanceSettings = describe(Resource[Settings]{
	Object: "instance", Prefix: "ins", Title: "Instance", Silent: All,
	Check: func(w *Write, s *Settings) error {
		switch {
		case !s.TestMode && w.Has("test_mode"):
			return wire.NotBuilt("test_mode", "codes are those of the test mode, always.")
		case s.EnhancedEmailDeliverability && w.Has("enhanced_email_deliverability"):
			return wire.NotBuilt("enhanced_email_deliverability", "no email is delivered.")
		case s.URLBasedSessionSyncing == w.Production && w.Has("url_based_session_syncing"):
			return wire.NotBuilt("url_based_session_syncing", "sessions are synced by URL in development, and only there.")
		}
		for _, origin := range s.AllowedOrigins {
			if u, err := url.Parse(origin); err != nil || u.Scheme == "" || u.Host == "" || strings.TrimSuffix(origin, "/") != u.Scheme+"://"+u.Host {
				return wire.WrongFormat("allowed_origins", "a list of origins, such as https://app.example.com")
			}
		}
		return nil
	},
	Show: func(in *Instance, _ *Settings, _ View, doc wire.Doc) {
		doc["environment_type"] = "development"
		if in.Production {
			doc["environment_type"] = "production"
		}
	},
})

// AllowsOrigin reports whether the settings name an origin.
func (in *Instance) AllowsOrigin(origin string) bool {
	s := in.Settings.One()
	return slices.ContainsFunc(append([]string{s.DevelopmentOrigin}, s.AllowedOrigins...), func(allowed string) bool {
		return strings.EqualFold(strings.TrimSuffix(allowed, "/"), origin)
	})
}

// HasHost reports whether a host is, or is below, one of the instance's satellites.
func (in *Instance) HasHost(host string) bool {
	for d := range in.Domains.All {
		if d.IsSatellite && (host == d.Name || strings.HasSuffix(host, "."+d.Name)) {
			return true
		}
	}
	return false
}

// Restrictions say who may sign up.
type Restrictions struct {
	Record

	Allowlist                   bool `api:"allowlist" backend:"update"`
	Blocklist                   bool `api:"blocklist" backend:"update"`
	BlockEmailSubaddresses      bool `api:"block_email_subaddresses" backend:"update"`
	BlockDisposableEmailDomains bool `api:"block_disposable_email_domains" backend:"update"`
	IgnoreDotsForGmailAddresses bool `api:"ignore_dots_for_gmail_addresses" backend:"update"`
}

var restrictions = describe(Resource[Restrictions]{Object: "instance_restrictions", Prefix: "insres", Title: "Restrictions", Silent: All})

// MaySignUp refuses an identifier that the instance's restrictions keep out.
func (in *Instance) MaySignUp(identifier, param string) error {
	r := in.Restrictions.One()
	name, host, isEmail := strings.Cut(identifier, "@")
	_, wildBlocked := in.BlocklistIdentifiers.unique["identifier"][folded("*@"+host)]
	_, wildAllowed := in.AllowlistIdentifiers.unique["identifier"][folded("*@"+host)]
	refuse := func(message string) error {
		return &wire.Error{Status: http.StatusForbidden, Code: "not_allowed_access", Message: message, Param: param}
	}
	gmail := isEmail && (strings.EqualFold(host, "gmail.com") || strings.EqualFold(host, "googlemail.com"))
	switch {
	case r.Blocklist && (in.BlocklistIdentifiers.By("identifier", identifier) != nil || isEmail && wildBlocked):
		return refuse(identifier + " may not sign up: it is on the blocklist.")
	case r.Allowlist && in.AllowlistIdentifiers.By("identifier", identifier) == nil && (!isEmail || !wildAllowed):
		return refuse(identifier + " may not sign up: it is not on the allowlist.")
	case r.BlockEmailSubaddresses && isEmail && strings.ContainsAny(name, "+=#"):
		return wire.Refused("form_email_address_blocked", param, "Email addresses with a subaddress may not sign up.")
	case r.BlockDisposableEmailDomains && isEmail && disposable[strings.ToLower(host)]:
		return wire.Refused("form_email_address_blocked", param, "Disposable email addresses may not sign up.")
	case r.IgnoreDotsForGmailAddresses && gmail:
		for e := range in.EmailAddresses.All {
			if other, otherHost, _ := strings.Cut(e.EmailAddress, "@"); strings.EqualFold(otherHost, host) &&
				strings.EqualFold(strings.ReplaceAll(other, ".", ""), strings.ReplaceAll(name, ".", "")) {
				return wire.Taken(param)
			}
		}
	}
	return nil
}

// disposable are hosts of addresses that anybody may read. Clerk's own list is
// longer and not public.
var disposable = map[string]bool{
	"mailinator.com": true, "guerrillamail.com": true, "10minutemail.com": true, "temp-mail.org": true, "yopmail.com": true, "trashmail.com": true,
}

// OrganizationSettings say what organizations may have.
type OrganizationSettings struct {
	Record

	Enabled                bool     `api:"enabled" backend:"update"`
	MaxAllowedMemberships  int64    `api:"max_allowed_memberships" backend:"update"`
	MaxAllowedRoles        int64    `api:"max_allowed_roles"`
	MaxAllowedPermissions  int64    `api:"max_allowed_permissions"`
	CreatorRole            string   `api:"creator_role"`
	AdminDeleteEnabled     bool     `api:"admin_delete_enabled" backend:"update"`
	DomainsEnabled         bool     `api:"domains_enabled" backend:"update"`
	SlugDisabled           bool     `api:"slug_disabled"`
	DomainsEnrollmentModes []string `api:"domains_enrollment_modes" backend:"update" rule:"one=manual_invitation|automatic_invitation|automatic_suggestion"`
	DomainsDefaultRole     string   `api:"domains_default_role"`
}

var organizationSettings = describe(Resource[OrganizationSettings]{
	Object: "organization_settings", Prefix: "orgset", Title: "Organization settings", Silent: All,
	Params: []Param{{"creator_role_id", Update, Backend, ""}, {"domains_default_role_id", Update, Backend, ""}},
	Check: func(w *Write, s *OrganizationSettings) error {
		for name, role := range map[string]*string{"creator_role_id": &s.CreatorRole, "domains_default_role_id": &s.DomainsDefaultRole} {
			if !w.Has(name) {
				continue
			}
			r := w.Roles.Get(w.Text(name))
			if r == nil {
				return wire.Refused("resource_not_found", name, "There is no such role.")
			}
			*role = r.Key
		}
		for name, most := range map[string]int64{
			"max_allowed_memberships": s.MaxAllowedMemberships, "max_allowed_roles": s.MaxAllowedRoles, "max_allowed_permissions": s.MaxAllowedPermissions,
		} {
			if most < 0 {
				return wire.WrongFormat(name, "a number that is not negative")
			}
		}
		return nil
	},
})

// seedSettings gives an instance the settings that it has not.
func (in *Instance) seedSettings() {
	for t, row := range map[*Table]Row{
		in.Settings.Table:       &Settings{Record: Record{ID: in.ID}, TestMode: true, HIBP: true, URLBasedSessionSyncing: true},
		in.Authentication.Table: &Authentication{},
		in.Restrictions.Table:   &Restrictions{Blocklist: true},
		in.OrganizationSettings.Table: &OrganizationSettings{
			Enabled: true, MaxAllowedMemberships: DefaultMaxMemberships, MaxAllowedRoles: 10, MaxAllowedPermissions: 50,
			CreatorRole: AdminRole, DomainsDefaultRole: MemberRole, AdminDeleteEnabled: true, DomainsEnabled: true,
			DomainsEnrollmentModes: []string{"manual_invitation", "automatic_invitation", "automatic_suggestion"},
		},
	} {
		if t.Len() == 0 {
			t.Put(row)
		}
	}
}
