package store

import (
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Template is a JWT template.
type Template struct {
	Record

	Name             string   `api:"name" backend:"create,update" rule:"required,unique"`
	Claims           wire.Doc `api:"claims" backend:"create,update" rule:"required"`
	Lifetime         int64    `api:"lifetime" backend:"create,update"` // Seconds.
	AllowedClockSkew int64    `api:"allowed_clock_skew" backend:"create,update"`
	CustomSigningKey bool     `api:"custom_signing_key" backend:"create,update"`
	SigningAlgorithm string   `api:"signing_algorithm" backend:"create,update" rule:"one=RS256|RS384|RS512|HS256|HS384|HS512"`
	SigningKey       string   `api:"signing_key" backend:"create,update" show:"never" rule:"max=8192"`
}

const (
	minTemplateLifetime = 30
	maxTemplateLifetime = 10 * 365 * 24 * 60 * 60
	maxClockSkew        = 300
	defaultLifetime     = 60
	defaultClockSkew    = 5
)

var templates = describe(Resource[Template]{
	Object: "jwt_template", Prefix: "jtmp", Title: "JWT template", Silent: All,
	Fill: func(_ *Write, t *Template) { t.Lifetime, t.AllowedClockSkew = defaultLifetime, defaultClockSkew },
	Check: func(w *Write, t *Template) error {
		if w.Null("lifetime") {
			t.Lifetime = defaultLifetime
		}
		if w.Null("allowed_clock_skew") {
			t.AllowedClockSkew = defaultClockSkew
		}
		if t.SigningAlgorithm == "" {
			t.SigningAlgorithm = "RS256"
		}
		switch {
		case t.Lifetime < minTemplateLifetime || t.Lifetime > maxTemplateLifetime:
			return wire.WrongFormat("lifetime", "a number of seconds from 30 to ten years")
		case t.AllowedClockSkew < 0 || t.AllowedClockSkew > maxClockSkew:
			return wire.WrongFormat("allowed_clock_skew", "a number of seconds from 0 to 300")
		case t.CustomSigningKey && t.SigningKey == "":
			return wire.Missing("signing_key")
		case !t.CustomSigningKey && t.SigningAlgorithm != "RS256":
			return wire.Refused("form_param_value_invalid", "signing_algorithm", "Another algorithm than RS256 needs a signing key of its own.")
		}
		if t.CustomSigningKey {
			if _, err := t.Sign(""); err != nil {
				return wire.WrongFormat("signing_key", "a key for "+t.SigningAlgorithm+": for RS… an RSA private key in PEM form")
			}
		}
		for _, name := range []string{"iss", "sub", "azp", "exp", "iat", "nbf", "jti"} {
			if _, has := t.Claims[name]; has {
				return wire.Refused("jwt_template_reserved_claim", "claims", "The claim "+name+" is set for every token and cannot be given.")
			}
		}
		return nil
	},
})
