package store

import (
	"crypto/x509"
	"encoding/pem"
	"maps"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// EnterpriseConnection lets an organization's own identity provider sign people in.
type EnterpriseConnection struct {
	Record

	Name                            string     `api:"name" backend:"create,update" list:"query" rule:"required"`
	Provider                        string     `api:"provider" backend:"create,update" rule:"required,one=saml_custom|saml_okta|saml_google|saml_microsoft|oidc_custom|oidc_github_enterprise|oidc_gitlab"`
	Domains                         []string   `api:"domains" backend:"create,update" rule:"required,host"`
	OrganizationID                  string     `api:"organization_id" backend:"create,update" list:"filter" rule:"null" of:"organizations"`
	Active                          bool       `api:"active" backend:"create,update" list:"filter"`
	SyncUserAttributes              bool       `api:"sync_user_attributes" backend:"create,update"`
	DisableAdditionalIdentification bool       `api:"disable_additional_identifications" backend:"update"`
	AllowOrganizationAccountLinking bool       `api:"allow_organization_account_linking" backend:"create,update"`
	Authenticatable                 bool       `api:"authenticatable" backend:"create,update"`
	DisableJITProvisioning          bool       `api:"disable_jit_provisioning" backend:"create,update"`
	CustomAttributes                []wire.Doc `api:"custom_attributes" backend:"create,update" rule:"omit"`
	SAML                            wire.Doc   `api:"saml" backend:"create,update" show:"never"`
	OIDC                            wire.Doc   `api:"oidc" backend:"create,update" show:"never"`
}

var (
	samlFields = []string{
		"allow_idp_initiated", "allow_subdomains", "attribute_mapping", "force_authn", "idp_certificate", "idp_certificates",
		"idp_entity_id", "idp_metadata", "idp_metadata_url", "idp_sso_url", "login_hint",
	}
	oidcFields = []string{"auth_url", "client_id", "client_secret", "discovery_url", "requires_pkce", "token_url", "user_info_url"}
)

var enterpriseConnections = describe(Resource[EnterpriseConnection]{
	Object: "enterprise_connection", Prefix: "entconn", Title: "Enterprise connection", Silent: All,
	Fill: func(_ *Write, c *EnterpriseConnection) { c.Authenticatable, c.SyncUserAttributes = true, true },
	Check: func(w *Write, c *EnterpriseConnection) error {
		before, _ := w.Before.(*EnterpriseConnection)
		if before == nil {
			before = &EnterpriseConnection{Provider: c.Provider}
		}
		if c.Provider != before.Provider {
			return wire.Refused("form_param_value_invalid", "provider", "The provider of a connection cannot change.")
		}
		if err := w.organizationOf(c.OrganizationID); err != nil {
			return err
		}
		for name, config := range map[string]struct {
			doc   *wire.Doc
			old   wire.Doc
			known []string
		}{"saml": {&c.SAML, before.SAML, samlFields}, "oidc": {&c.OIDC, before.OIDC, oidcFields}} {
			for field := range *config.doc {
				if !slices.Contains(config.known, field) {
					return wire.Unknown(name + "." + field)
				}
			}
			if len(*config.doc) > 0 && !strings.HasPrefix(c.Provider, name) {
				return wire.Refused("form_param_value_invalid", name, "The connection's provider is "+c.Provider+".")
			}
			*config.doc = Merge(config.old, *config.doc)
		}
		return nil
	},
	Show: func(in *Instance, c *EnterpriseConnection, _ View, doc wire.Doc) {
		doc["saml_connection"], doc["oauth_config"], doc["logo_public_url"] = nil, nil, nil
		if strings.HasPrefix(c.Provider, "oidc") {
			config := Merge(wire.Doc{"id": c.ID, "provider_key": c.Provider, "name": c.Name, "requires_pkce": false, "created_at": c.CreatedAt, "updated_at": c.UpdatedAt}, c.OIDC)
			delete(config, "client_secret")
			doc["oauth_config"] = config
			return
		}
		config := Merge(wire.Doc{
			"id": c.ID, "name": c.Name, "active": c.Active, "allow_subdomains": false, "allow_idp_initiated": false, "force_authn": false, "login_hint": wire.Doc{"mode": "email_address"},
		}, Merge(in.serviceProvider(c.ID), c.SAML))
		delete(config, "attribute_mapping")
		delete(config, "idp_metadata")
		config["idp_certificates"] = certificates(c.SAML["idp_certificates"], c.SAML["idp_certificate"])
		doc["saml_connection"] = config
	},
})

// organizationOf refuses an organization that does not exist.
func (in *Instance) organizationOf(id string) error {
	if id != "" && in.Organizations.Get(id) == nil {
		return wire.Refused("resource_not_found", "organization_id", "There is no such organization.")
	}
	return nil
}

// serviceProvider is what an identity provider is told of the instance.
func (in *Instance) serviceProvider(id string) wire.Doc {
	return wire.Doc{"acs_url": in.URL + "/v1/saml/acs/" + id, "sp_entity_id": in.URL + "/saml/" + id, "sp_metadata_url": in.URL + "/v1/saml/metadata/" + id}
}

// certificates shows what a list of PEM texts says about itself.
func certificates(list, single any) []any {
	texts, _ := list.([]any)
	if one, is := single.(string); is && len(texts) == 0 && one != "" {
		texts = []any{one}
	}
	shown := make([]any, 0, len(texts))
	for _, one := range texts {
		text, _ := one.(string)
		doc := wire.Doc{"certificate": text, "issued_at": nil, "expires_at": nil}
		if block, _ := pem.Decode([]byte(text)); block != nil {
			if c, err := x509.ParseCertificate(block.Bytes); err == nil {
				doc["issued_at"], doc["expires_at"] = At(c.NotBefore), At(c.NotAfter)
			}
		}
		shown = append(shown, doc)
	}
	return shown
}

// SAMLConnection is what enterprise connections were before there were others.
type SAMLConnection struct {
	Record

	Name               string   `api:"name" backend:"create,update" list:"query" rule:"required"`
	Provider           string   `api:"provider" backend:"create,update" rule:"required,one=saml_custom|saml_okta|saml_google|saml_microsoft"`
	Domain             string   `api:"domain" backend:"create,update" rule:"required,unique,host"`
	OrganizationID     string   `api:"organization_id" backend:"create,update" rule:"null" of:"organizations"`
	IdpEntityID        string   `api:"idp_entity_id" backend:"create,update" rule:"null,max=2048"`
	IdpSSOURL          string   `api:"idp_sso_url" backend:"create,update" rule:"null,url,max=2048"`
	IdpCertificate     string   `api:"idp_certificate" backend:"create,update" rule:"null,max=65536"`
	IdpCertificates    []string `api:"idp_certificates" backend:"create,update" show:"never" rule:"max=65536"`
	IdpMetadataURL     string   `api:"idp_metadata_url" backend:"create,update" rule:"null,url,max=2048"`
	IdpMetadata        string   `api:"idp_metadata" backend:"create,update" rule:"null,max=262144"`
	AttributeMapping   wire.Doc `api:"attribute_mapping" backend:"create,update"`
	Active             bool     `api:"active" backend:"update"`
	SyncUserAttributes bool     `api:"sync_user_attributes" backend:"update"`
	AllowSubdomains    bool     `api:"allow_subdomains" backend:"update"`
	AllowIdpInitiated  bool     `api:"allow_idp_initiated" backend:"update"`
	ForceAuthn         bool     `api:"force_authn" backend:"create,update"`
	NoIdentifications  bool     `api:"disable_additional_identifications" backend:"update"`
}

var samlConnections = describe(Resource[SAMLConnection]{
	Object: "saml_connection", Prefix: "samlc", Title: "SAML connection", Silent: All,
	Filters: map[string]Filter[SAMLConnection]{"organization_id": {Match: func(_ *Instance, c *SAMLConnection, v string) bool {
		id, out := strings.CutPrefix(v, "-")
		return (c.OrganizationID == strings.TrimPrefix(id, "+")) != out
	}}},
	Orders: samlOrders(),
	Fill: func(_ *Write, c *SAMLConnection) {
		c.SyncUserAttributes = true
		c.AttributeMapping = wire.Doc{"user_id": "", "email_address": "mail", "first_name": "givenName", "last_name": "surname"}
	},
	Check: func(w *Write, c *SAMLConnection) error {
		for name := range c.AttributeMapping {
			if name != "user_id" && name != "email_address" && name != "first_name" && name != "last_name" {
				return wire.Unknown("attribute_mapping." + name)
			}
		}
		return w.organizationOf(c.OrganizationID)
	},
	Show: func(in *Instance, c *SAMLConnection, _ View, doc wire.Doc) {
		maps.Copy(doc, in.serviceProvider(c.ID))
		list := make([]any, 0, len(c.IdpCertificates))
		for _, text := range c.IdpCertificates {
			list = append(list, text)
		}
		shown := certificates(list, c.IdpCertificate)
		doc["idp_certificates"], doc["idp_certificate_issued_at"], doc["idp_certificate_expires_at"] = shown, nil, nil
		if len(shown) > 0 {
			first, _ := shown[0].(wire.Doc)
			doc["idp_certificate"], doc["idp_certificate_issued_at"], doc["idp_certificate_expires_at"] = first["certificate"], first["issued_at"], first["expires_at"]
		}
		doc["user_count"] = 0
	},
})

// samlOrders are orders that the client's types offer although connections have no
// such fields: they leave the list as it is.
func samlOrders() map[string]func(*Instance, *SAMLConnection) any {
	orders := map[string]func(*Instance, *SAMLConnection) any{}
	for _, name := range []string{"phone_number", "email_address", "first_name", "last_name", "username"} {
		orders[name] = func(*Instance, *SAMLConnection) any { return "" }
	}
	return orders
}
