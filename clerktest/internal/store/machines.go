package store

import (
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Machine is a service that calls others with tokens of its own.
type Machine struct {
	Record

	Name            string   `api:"name" backend:"create,update" list:"order,query" rule:"required"`
	DefaultTokenTTL int64    `api:"default_token_ttl" backend:"create,update"` // Seconds.
	ScopedMachines  []string `api:"scoped_machines" backend:"create" show:"never"`
	SecretKey       string   `api:"secret_key" show:"never" rule:"unique"`
	FormerKey       string   `api:"former_key" show:"never" rule:"unique"`
	FormerUntil     Time     `api:"former_until" show:"never"`
}

// TestMachine is the machine of who calls as one without being any: see
// [clerktest.Server.MachineSecretKey].
const TestMachine = "mch_clerktest"

const (
	tokenTTL  = 60 * 60
	maxScopes = 150
)

var machines = describe(Resource[Machine]{
	Object: "machine", Prefix: "mch", Title: "Machine", Silent: All,
	Fill: func(_ *Write, m *Machine) { m.DefaultTokenTTL, m.SecretKey = tokenTTL, "ak_"+NewSecret() },
	Check: func(w *Write, m *Machine) error {
		if m.DefaultTokenTTL < 1 {
			return wire.WrongFormat("default_token_ttl", "a number of seconds, at least 1")
		}
		for _, id := range m.ScopedMachines {
			if w.Machines.Get(id) == nil {
				return wire.Refused("resource_not_found", "scoped_machines", "There is no machine "+id+".")
			}
		}
		if len(m.ScopedMachines) > maxScopes {
			return wire.WrongFormat("scoped_machines", "a list of at most 150 machines")
		}
		return nil
	},
	Removed: func(in *Instance, gone *Machine) {
		for m := range in.Machines.All {
			m.ScopedMachines = slices.DeleteFunc(slices.Clone(m.ScopedMachines), func(id string) bool { return id == gone.ID })
		}
	},
	Show: func(in *Instance, m *Machine, view View, doc wire.Doc) {
		doc["instance_id"] = in.ID
		scoped := make([]any, 0, len(m.ScopedMachines))
		for _, id := range m.ScopedMachines {
			other := *in.Machines.Get(id)
			other.ScopedMachines = nil
			scoped = append(scoped, in.Machines.Show(&other, view))
		}
		doc["scoped_machines"] = scoped
	},
	Reveal: func(m *Machine, doc wire.Doc) { doc["secret_key"] = m.SecretKey },
})

// MachineOf finds the machine of a secret key, nil if there is none.
func (in *Instance) MachineOf(key string) *Machine {
	if m := in.Machines.By("secret_key", key); m != nil && m.SecretKey == key {
		return m
	}
	if m := in.Machines.By("former_key", key); m != nil && m.FormerKey == key && in.Now() < m.FormerUntil {
		return m
	}
	return nil
}

// Credential is a token of a machine, a key of a user or an organization, or what
// an OAuth application got for a user.
type Credential struct {
	Record

	Subject          string   `api:"subject" backend:"create,update" list:"filter" rule:"required" of:"users|organizations"`
	Scopes           []string `api:"scopes" backend:"create,update"`
	Claims           wire.Doc `api:"claims" backend:"create,update" rule:"null"`
	Revoked          bool     `api:"revoked"`
	RevocationReason string   `api:"revocation_reason" rule:"null"`
	ExpiresAt        Time     `api:"expiration"`
	Secret           string   `api:"secret" show:"never" rule:"unique"`

	// Of API keys.
	Name        string `api:"name" backend:"create" show:"never"`
	Description string `api:"description" backend:"create,update" show:"never"`
	CreatedBy   string `api:"created_by" backend:"create" show:"never"`
	LastUsedAt  Time   `api:"last_used_at" show:"never"`

	// Of OAuth access tokens.
	ClientID string   `api:"client_id" show:"never"`
	Actor    wire.Doc `api:"act" show:"never"`
}

func credentialKind(object, prefix, title string, show func(*Credential, wire.Doc)) *Kind {
	params, filters := []Param{{"seconds_until_expiration", Create | Update, Backend, int64(0)}}, map[string]Filter[Credential]{}
	if object == "api_key" { // The only type there is.
		params = append(params, Param{"type", Create, Backend, ""})
		filters["type"] = Filter[Credential]{Match: func(*Instance, *Credential, string) bool { return true }, Check: func(v string) bool { return v == object }}
	}
	return describe(Resource[Credential]{
		Object: object, Prefix: prefix, Title: title, Silent: All,
		Params: params, Filters: filters,
		Fill: func(_ *Write, c *Credential) { c.Secret = prefix + "_" + NewSecret() },
		Check: func(w *Write, c *Credential) error {
			if of := w.Text("type"); of != "" && of != object {
				return wire.WrongValue("type", object)
			}
			if w.Before == nil && c.Name == "" {
				return wire.Missing("name")
			}
			if !strings.HasPrefix(c.Subject, "user_") && !strings.HasPrefix(c.Subject, "org_") {
				return wire.WrongFormat("subject", "the id of a user or an organization")
			}
			if seconds, given := w.Given["seconds_until_expiration"].(int64); given {
				if seconds < 0 {
					return wire.WrongFormat("seconds_until_expiration", "a number that is not negative")
				}
				c.ExpiresAt = 0
				if seconds > 0 {
					c.ExpiresAt = w.Now() + Time(seconds*1000)
				}
			}
			return nil
		},
		Show: func(in *Instance, c *Credential, _ View, doc wire.Doc) {
			doc["expired"] = in.overdue(c)
			show(c, doc)
		},
		Reveal: func(c *Credential, doc wire.Doc) { doc["secret"] = c.Secret },
	})
}

var apiKeys = credentialKind("api_key", "ak", "API key", func(c *Credential, doc wire.Doc) {
	doc["type"], doc["name"], doc["description"], doc["created_by"], doc["last_used_at"] = "api_key", c.Name, nullText(c.Description), nullText(c.CreatedBy), nullTime(c.LastUsedAt)
	if c.Claims == nil {
		doc["claims"] = wire.Doc{}
	}
})

var m2mTokens = credentialKind("machine_to_machine_token", "mt", "Token", func(*Credential, wire.Doc) {})

var oauthTokens = credentialKind("clerk_idp_oauth_access_token", "oat", "Token", func(c *Credential, doc wire.Doc) {
	doc["type"], doc["client_id"] = "oauth_token", c.ClientID
	delete(doc, "claims")
	if c.Actor != nil {
		doc["act"] = c.Actor
	}
})

func nullText(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (in *Instance) overdue(c *Credential) bool { return c.ExpiresAt != 0 && in.Now() >= c.ExpiresAt }

// Valid reports whether a credential is good now.
func (in *Instance) Valid(c *Credential) bool { return !c.Revoked && !in.overdue(c) }

// Presented finds the credential of a secret in a table, if it is good now; nil otherwise.
func (in *Instance) Presented(t Of[Credential], secret string) *Credential {
	c := t.By("secret", secret)
	if c == nil || c.Secret != secret || !in.Valid(c) {
		return nil
	}
	c.LastUsedAt = in.Now()
	return c
}

// Issue gives out a credential as it is, with a secret of its kind.
func (in *Instance) Issue(t Of[Credential], c *Credential) {
	c.Secret = t.prefix + "_" + NewSecret()
	t.Put(c)
}

// OAuthApplication is an application that users of the instance sign in to.
type OAuthApplication struct {
	Record

	Name         string   `api:"name" backend:"create,update" list:"order" rule:"required"`
	RedirectURIs []string `api:"redirect_uris" backend:"create,update" rule:"url,max=2048"`
	Scopes       string   `api:"scopes" backend:"create,update"`
	Public       bool     `api:"public" backend:"create,update"`
	ClientID     string   `api:"client_id" rule:"unique"`
	ClientSecret string   `api:"client_secret" show:"never"`
	CallbackURL  string   `api:"callback_url" backend:"create,update" rule:"url,omit,max=2048"` // What redirect_uris was once called.
	ConsentShown bool     `api:"consent_screen_enabled" backend:"create,update"`
}

var scopesOf = []string{"profile", "email", "public_metadata", "private_metadata", "user:org:read", "openid", "offline_access"}

var oauthApplications = describe(Resource[OAuthApplication]{
	Object: "oauth_application", Prefix: "oa", Title: "OAuth application", Silent: All,
	Filters: map[string]Filter[OAuthApplication]{
		"name_query": {Match: func(_ *Instance, a *OAuthApplication, text string) bool {
			return a.ClientID == text || Contains(a.Name, strings.ToLower(text))
		}},
		"dynamically_registered": {Match: func(_ *Instance, _ *OAuthApplication, v string) bool { return v == "false" }, Check: isBool}, // None is.
	},
	Fill: func(_ *Write, a *OAuthApplication) {
		a.ClientID, a.ClientSecret, a.ConsentShown = "client_"+NewSecret(), NewSecret(), true
	},
	Check: func(_ *Write, a *OAuthApplication) error {
		if a.Scopes == "" {
			a.Scopes = "profile email"
		}
		for scope := range strings.FieldsSeq(a.Scopes) {
			if !slices.Contains(scopesOf, scope) {
				return wire.WrongValue("scopes", scopesOf...)
			}
		}
		return nil
	},
	Show: func(in *Instance, a *OAuthApplication, _ View, doc wire.Doc) {
		doc["instance_id"], doc["client_uri"], doc["client_image_url"] = in.ID, nil, nil
		doc["dynamically_registered"], doc["pkce_required"] = false, a.Public
		doc["authorize_url"], doc["token_fetch_url"], doc["user_info_url"] = in.URL+"/oauth/authorize", in.URL+"/oauth/token", in.URL+"/oauth/userinfo"
		doc["discovery_url"], doc["token_introspection_url"] = in.URL+"/.well-known/openid-configuration", in.URL+"/oauth/token_info"
	},
	Removed: func(in *Instance, a *OAuthApplication) {
		for c := range in.OAuthTokens.All {
			if c.ClientID == a.ClientID {
				c.Revoked = true
			}
		}
	},
	Reveal: func(a *OAuthApplication, doc wire.Doc) {
		if !a.Public {
			doc["client_secret"] = a.ClientSecret
		}
	},
})
