package store

import (
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// AllowlistIdentifier is who may sign up where sign-up is restricted.
type AllowlistIdentifier struct {
	Record

	Identifier     string `api:"identifier" backend:"create" rule:"required,unique"`
	IdentifierType string `api:"identifier_type"`
	InvitationID   string `api:"invitation_id" rule:"omit" of:"invitations"`
}

var allowlist = describe(Resource[AllowlistIdentifier]{
	Object: "allowlist_identifier", Prefix: "alid", Title: "Allowlist identifier", Silent: All,
	Params: []Param{{"notify", Create, Backend, false}},
	Check: func(_ *Write, a *AllowlistIdentifier) error {
		var known bool
		a.IdentifierType, known = identifierType(a.Identifier)
		return wrongIdentifier(known)
	},
	Wrote: func(w *Write, a *AllowlistIdentifier) {
		if w.Flag("notify") && emailAddress.MatchString(a.Identifier) && !strings.HasPrefix(a.Identifier, "*") {
			// Whoever is invited already, or has an account, needs no other invitation.
			if i, err := w.Invitations.Make(Backend, wire.Doc{"email_address": a.Identifier}, nil); err == nil {
				a.InvitationID = i.Base().ID
			}
		}
	},
	Show: func(in *Instance, _ *AllowlistIdentifier, _ View, doc wire.Doc) { doc["instance_id"] = in.ID },
})

// BlocklistIdentifier is who may not sign up.
type BlocklistIdentifier struct {
	Record

	Identifier     string `api:"identifier" backend:"create" rule:"required,unique"`
	IdentifierType string `api:"identifier_type"`
}

var blocklist = describe(Resource[BlocklistIdentifier]{
	Object: "blocklist_identifier", Prefix: "blid", Title: "Blocklist identifier", Silent: All,
	Check: func(_ *Write, b *BlocklistIdentifier) error {
		var known bool
		b.IdentifierType, known = identifierType(b.Identifier)
		return wrongIdentifier(known)
	},
	Show: func(in *Instance, _ *BlocklistIdentifier, _ View, doc wire.Doc) { doc["instance_id"] = in.ID },
})

// identifierType tells what an identifier is: an email address, or *@ and a host
// for all of a host's; a phone number; or a wallet.
func identifierType(identifier string) (string, bool) {
	host, wild := strings.CutPrefix(identifier, "*@")
	switch {
	case wild && hostName.MatchString(host), emailAddress.MatchString(identifier):
		return "email_address", true
	case phone.MatchString(identifier):
		return "phone_number", true
	case strings.HasPrefix(identifier, "0x") && len(identifier) == 42:
		return "web3_wallet", true
	default:
		return "", false
	}
}

func wrongIdentifier(known bool) error {
	if known {
		return nil
	}
	return wire.WrongFormat("identifier", "an email address, a phone number, a wallet's address, or *@ and a host")
}

// RedirectURL is where native applications may be sent back to.
type RedirectURL struct {
	Record

	URL string `api:"url" backend:"create" rule:"required,unique,url,max=2048"`
}

var redirectURLs = describe(Resource[RedirectURL]{
	Object: "redirect_url", Prefix: "ru", Title: "Redirect URL", Silent: All,
})

// Domain is one of the instance's domains: the primary one, or a satellite's.
type Domain struct {
	Record

	Name        string `api:"name" backend:"create,update" rule:"required,unique,host"`
	IsSatellite bool   `api:"is_satellite" backend:"create"`
	IsSecondary bool   `api:"is_secondary" backend:"update" show:"never"`
	ProxyURL    string `api:"proxy_url" backend:"create,update" rule:"url,omit,max=2048"`
}

var domains = describe(Resource[Domain]{
	Object: "domain", Prefix: "dmn", Title: "Domain", Silent: All,
	Check: func(w *Write, d *Domain) error {
		if w.Before == nil && !d.IsSatellite {
			return wire.Refused("form_param_value_invalid", "is_satellite", "Only satellites can be added: an instance has one primary domain.")
		}
		if w.Before != nil && (w.Has("name") || w.Has("is_secondary")) && !d.IsSecondary && !d.IsSatellite {
			// Of the only application of a domain the subdomain says nothing.
			if whole, err := publicsuffix.EffectiveTLDPlusOne(d.Name); err == nil {
				d.Name = whole
			}
		}
		return nil
	},
	Show: func(in *Instance, d *Domain, _ View, doc wire.Doc) {
		host := d.Name
		if d.IsSatellite {
			host = "clerk." + d.Name
		}
		doc["frontend_api_url"] = "https://" + host
		if d.ProxyURL != "" {
			doc["frontend_api_url"] = d.ProxyURL
		}
		doc["accounts_portal_url"], doc["development_origin"] = in.URL, ""
		doc["cname_targets"] = []any{wire.Doc{"host": host, "value": "frontend-api.clerk.services", "required": d.ProxyURL == ""}}
		if !d.IsSatellite {
			doc["cname_targets"] = []any{}
		}
	},
})
