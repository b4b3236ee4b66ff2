package clerktest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest/internal/backendapi"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// TestWhatClientsSendIsKnown: each filter, order and field that the types of
// @clerk/backend offer is known to the endpoint that is built from a description,
// and what they do not offer is refused.
func TestWhatClientsSendIsKnown(t *testing.T) {
	t.Parallel()
	s, err := newServer(Config{})
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for _, e := range backendapi.Endpoints() {
		described[backendapi.Shape(e.Pattern)] = true
	}
	handler := s.handler()
	ask := func(method, path string, body any) string {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(raw))
		if body == nil {
			r = httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
		}
		r.Header.Set("Authorization", "Bearer "+s.SecretKey())
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Body.String()
	}
	const unknown = `"code":"form_param_unknown"`
	calls, _ := backendapi.ClientCalls()
	for _, c := range calls {
		if !described[backendapi.Shape(c.Pattern())] {
			continue
		}
		path := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllStringFunc(c.Path, func(name string) string { return existing(t, s, c, name) })
		if c.Method == http.MethodGet {
			for _, name := range c.Query {
				values := c.Choice[name]
				if len(values) == 0 {
					values = []string{"1"}
				}
				for _, v := range values {
					if got := ask(c.Method, path+"?"+name+"="+v, nil); strings.Contains(got, unknown) || (name == "order_by" && strings.Contains(got, `"errors"`)) {
						t.Errorf("%s.%s: %s=%s: %s", c.Family, c.Name, name, v, got)
					}
				}
			}
			if got := ask(c.Method, path+"?no_such_parameter=1", nil); slices.Contains(c.Query, "limit") && !strings.Contains(got, unknown) {
				t.Errorf("%s.%s: an unknown parameter was answered with %s", c.Family, c.Name, got)
			}
			continue
		}
		fields, is := c.Body.(map[string]any)
		if !is {
			continue
		}
		for name := range fields {
			if kind := fields[name]; kind == "file" {
				continue
			}
			if got := ask(c.Method, path, map[string]any{name: nil}); strings.Contains(got, unknown) {
				t.Errorf("%s.%s: %s: %s", c.Family, c.Name, name, got)
			}
		}
		if got := ask(c.Method, path, map[string]any{"no_such_field": 1}); !strings.Contains(got, unknown) {
			t.Errorf("%s.%s: an unknown field was answered with %s", c.Family, c.Name, got)
		}
	}
}

// existing returns the id of something for a parameter of a path.
func existing(t *testing.T, s *Server, c backendapi.ClientCall, name string) string {
	t.Helper()
	made := func(table *store.Table, given map[string]any, preset func(store.Row)) string {
		row, err := table.Make(store.Backend, given, preset)
		if err != nil {
			t.Fatalf("%s.%s: %v", c.Family, c.Name, err)
		}
		return row.Base().ID
	}
	n := s.newID("n")
	switch name {
	case "{organization_role_id}":
		return s.state.Roles.By("key", "org:member").ID
	case "{permission_id}":
		return s.state.Permissions.By("key", "org:sys_profile:manage").ID
	case "{api_key_id}", "{m2m_token_id}":
		c := &store.Credential{Subject: "user_ada", Name: n}
		t := map[string]store.Of[store.Credential]{"{api_key_id}": s.state.APIKeys, "{m2m_token_id}": s.state.M2MTokens}[name]
		s.state.Issue(t, c)
		return c.ID
	case "{sign_up_attempt_id}":
		up := &store.SignUp{}
		s.state.SignUps.Put(up)
		return up.ID
	case "{machine_id}":
		return made(s.state.Machines.Table, map[string]any{"name": n}, nil)
	case "{oauth_application_id}":
		return made(s.state.OAuthApplications.Table, map[string]any{"name": n}, nil)
	case "{role_set_key_or_id}":
		return s.state.InitialRoleSet().ID
	case "{enterprise_connection_id}":
		return made(s.state.EnterpriseConnections.Table, map[string]any{"name": n, "provider": "saml_okta", "domains": []any{"acme.com"}}, nil)
	case "{saml_connection_id}":
		return made(s.state.SAMLConnections.Table, map[string]any{"name": n, "provider": "saml_okta", "domain": strings.ReplaceAll(n, "_", "-") + ".example.com"}, nil)
	case "{session_id}":
		return s.state.StartSession(s.state.NewClient(), s.ensureUser("user_ada")).ID
	case "{invitation_id}":
		o := s.ensureOrganization("org_acme")
		return made(s.state.OrganizationInvitations.Table, map[string]any{"email_address": n + "@example.com", "role": "org:member"}, func(row store.Row) {
			row.(*store.OrganizationInvitation).OrganizationID = o.ID //nolint:errcheck,forcetypeassert // The table's own rows.
		})
	case "{id}":
		return made(s.state.WaitlistEntries.Table, map[string]any{"email_address": n + "@example.com"}, nil)
	case "{domain_id}":
		if c.Family == "organizations" {
			o := s.ensureOrganization("org_acme")
			return made(s.state.OrganizationDomains.Table, map[string]any{"name": strings.ReplaceAll(n, "_", "-") + ".example.com"}, func(row store.Row) {
				row.(*store.OrganizationDomain).OrganizationID = o.ID //nolint:errcheck,forcetypeassert // The table's own rows.
			})
		}
		return s.state.Domains.Rows()[0].Base().ID
	case "{template_id}":
		s.AddTemplate(Template{Name: "t", Claims: map[string]any{"a": 1}})
		return s.state.Templates.By("name", "t").ID
	case "{user_id}":
		return s.ensureUser("user_ada").ID
	case "{organization_id}":
		o := s.ensureOrganization("org_acme")
		s.putMember(o, Member{UserID: "user_ada"})
		return o.ID
	case "{email_address_id}":
		return s.ensureUser("user_ada").PrimaryEmailAddressID
	case "{phone_number_id}":
		u := s.ensureUser("user_ada")
		if u.Phone() == "" {
			s.state.AddPhone(u, "+15555550100", "admin", false)
		}
		return u.PrimaryPhoneNumberID
	default:
		return "none"
	}
}
