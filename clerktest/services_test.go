package clerktest_test

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestMachinesAndTheirTokens(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	play(t, s, []step{
		{route: "POST /v1/machines", body: doc{}, status: 422, code: "form_param_missing", param: "name"},
		{route: "POST /v1/machines", body: doc{"name": "x", "default_token_ttl": 0}, status: 422, code: "form_param_format_invalid", param: "default_token_ttl"},
		{route: "POST /v1/machines", body: doc{"name": "x", "scoped_machines": []string{"mch_none"}}, status: 422, code: "resource_not_found", param: "scoped_machines"},
		{route: "GET /v1/machines/mch_none", status: 404, code: "resource_not_found"},
	})
	create := func(name string, scoped ...string) (id, secret string) {
		t.Helper()
		var got struct {
			ID     string
			Secret string `json:"secret_key"`
		}
		if status := call(t, s, http.MethodPost, "/v1/machines", doc{"name": name, "scoped_machines": scoped, "default_token_ttl": 60}, &got); status != 200 || got.Secret == "" {
			t.Fatalf("%s: %d %+v", name, status, got)
		}
		return got.ID, got.Secret
	}
	one, oneKey := create("one")
	two, twoKey := create("two", one)
	_, threeKey := create("three")
	play(t, s, []step{
		{route: "GET /v1/machines?query=TWO&order_by=-name", status: 200, want: doc{"total_count": 1.0}},
		{route: "GET /v1/machines/" + two, status: 200, want: doc{"object": "machine", "name": "two", "default_token_ttl": 60.0, "secret_key": nil}},
		{route: "GET /v1/machines/" + two + "/secret_key", status: 200, want: doc{"object": "machine_secret_key", "secret": twoKey}},
		{route: "POST /v1/machines/" + one + "/scopes", body: doc{"to_machine_id": two}, status: 200, want: doc{"object": "machine_scope", "from_machine_id": one, "to_machine_id": two}},
		{route: "POST /v1/machines/" + one + "/scopes", body: doc{"to_machine_id": two}, status: 409, code: "duplicate_record", param: "to_machine_id"},
		{route: "DELETE /v1/machines/" + one + "/scopes/" + two, status: 200, want: doc{"deleted": true}},
		{route: "DELETE /v1/machines/" + one + "/scopes/" + two, status: 404, code: "resource_not_found"},
		{route: "PATCH /v1/machines/" + one, body: doc{"name": "first"}, status: 200, want: doc{"name": "first"}},
	})

	var token struct {
		ID, Token, Subject string
		Scopes             []string
	}
	if status := callWith(t, s, twoKey, http.MethodPost, "/m2m_tokens", doc{"claims": doc{"a": 1}}, &token); status != 200 || token.Subject != two || len(token.Scopes) != 1 || token.Scopes[0] != one {
		t.Fatalf("a token of a machine: %d %+v", status, token)
	}
	first := token.Token
	callWith(t, s, twoKey, http.MethodPost, "/m2m_tokens", doc{"claims": doc{"a": 1}, "min_remaining_ttl_seconds": 30}, &token)
	if token.Token != first {
		t.Error("a token that lasts long enough was not used again")
	}
	callWith(t, s, twoKey, http.MethodPost, "/m2m_tokens", doc{"claims": doc{"a": 2}, "min_remaining_ttl_seconds": 30}, &token)
	if token.Token == first {
		t.Error("a token was used again for other claims")
	}
	if status := callWith(t, s, twoKey, http.MethodPost, "/m2m_tokens", doc{"min_remaining_ttl_seconds": 60}, nil); status != 400 {
		t.Errorf("a lifetime that no token has: %d", status)
	}
	for key, want := range map[string]int{oneKey: 200, twoKey: 200, threeKey: 404, s.SecretKey(): 200, s.MachineSecretKey(): 200, "ak_wrong": 401} {
		if status := callWith(t, s, key, http.MethodPost, "/m2m_tokens/verify", doc{"token": first}, nil); status != want {
			t.Errorf("verification answered %d, want %d", status, want)
		}
	}
	if status := callWith(t, s, oneKey, http.MethodGet, "/v1/users", nil, nil); status != 401 {
		t.Errorf("a machine may list users: %d", status)
	}
	var list struct {
		Total int `json:"total_count"`
	}
	callWith(t, s, oneKey, http.MethodGet, "/m2m_tokens?subject="+one, nil, &list)
	if list.Total != 0 {
		t.Error("a machine sees tokens of others")
	}
	callWith(t, s, twoKey, http.MethodGet, "/m2m_tokens?subject="+two, nil, &list)
	if list.Total != 2 {
		t.Errorf("a machine sees %d tokens of its own, want 2", list.Total)
	}
	if status := callWith(t, s, threeKey, http.MethodPost, "/m2m_tokens/"+token.ID+"/revoke", doc{}, nil); status != 404 {
		t.Errorf("a machine revoked another's token: %d", status)
	}
	if status := callWith(t, s, twoKey, http.MethodPost, "/m2m_tokens/"+token.ID+"/revoke", doc{"revocation_reason": "lost"}, nil); status != 200 {
		t.Errorf("revocation: %d", status)
	}
	for query, want := range map[string]int{"": 1, "&revoked=true": 2, "&expired=true": 1} {
		call(t, s, http.MethodGet, "/m2m_tokens?subject="+two+query, nil, &list)
		if list.Total != want {
			t.Errorf("%q lists %d tokens, want %d", query, list.Total, want)
		}
	}

	play(t, s, []step{{route: "POST /v1/machines/" + one + "/secret_key/rotate", body: doc{"previous_token_ttl": 60}, status: 200, want: doc{"object": "machine_secret_key"}}})
	if status := callWith(t, s, oneKey, http.MethodPost, "/m2m_tokens", doc{}, nil); status != 200 {
		t.Errorf("a former key during its grace: %d", status)
	}
	s.Clock().Advance(time.Minute)
	if status := callWith(t, s, oneKey, http.MethodPost, "/m2m_tokens", doc{}, nil); status != 401 {
		t.Errorf("a former key after its grace: %d", status)
	}
	if status := call(t, s, http.MethodPost, "/m2m_tokens/verify", doc{"token": first}, nil); status != 404 {
		t.Errorf("a token past its machine's lifetime: %d", status)
	}
	play(t, s, []step{{route: "DELETE /v1/machines/" + one, status: 200, want: doc{"object": "machine", "deleted": true}}, {route: "GET /v1/machines/" + two, status: 200, want: doc{"scoped_machines": []any{}}}})
}

func TestAPIKeysThatNobodyMisunderstands(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	play(t, s, []step{
		{route: "POST /api_keys", body: doc{"name": "ci", "subject": "somebody"}, status: 422, code: "form_param_format_invalid", param: "subject"},
		{route: "POST /api_keys", body: doc{"name": "ci", "subject": "user_ada", "nothing": 1}, status: 422, code: "form_param_unknown", param: "nothing"},
		{route: "key = POST /api_keys", body: doc{"name": "ci", "subject": "user_ada", "description": "d", "created_by": "user_ada", "scopes": []string{"a"}, "seconds_until_expiration": 60}, status: 200, want: doc{"object": "api_key", "type": "api_key", "description": "d", "created_by": "user_ada", "expired": false, "claims": doc{}, "last_used_at": nil}},
		{route: "PATCH /api_keys/{key}", body: doc{"subject": "user_ada", "scopes": []string{"b"}, "seconds_until_expiration": nil}, status: 200, want: doc{"scopes": []any{"b"}, "expiration": nil}},
		{route: "PATCH /api_keys/{key}", body: doc{"name": "other"}, status: 422, code: "form_param_unknown", param: "name"},
		{route: "GET /api_keys?subject=org_acme", status: 200, want: doc{"total_count": 0.0}},
		{route: "POST /api_keys/{key}/revoke", body: doc{"revocation_reason": "lost"}, status: 200, want: doc{"revoked": true, "revocation_reason": "lost"}},
		{route: "GET /api_keys?subject=user_ada", status: 200, want: doc{"total_count": 0.0}},
		{route: "GET /api_keys?subject=user_ada&include_invalid=true", status: 200, want: doc{"total_count": 1.0}},
		{route: "DELETE /api_keys/{key}", status: 200, want: doc{"object": "api_key", "deleted": true}},
	})
}

func TestOAuthApplications(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	var app struct {
		ID       string
		ClientID string `json:"client_id"`
		Secret   string `json:"client_secret"`
	}
	call(t, s, http.MethodPost, "/v1/oauth_applications", doc{"name": "App", "redirect_uris": []string{"https://app.example.com/cb"}, "scopes": "profile"}, &app)
	if app.Secret == "" {
		t.Fatalf("got %+v", app)
	}
	first, token := app.Secret, s.OAuthToken(clerktest.MachineToken{ClientID: app.ClientID})
	other := s.OAuthToken(clerktest.MachineToken{})
	base := "/v1/oauth_applications/" + app.ID
	play(t, s, []step{
		{route: "POST /v1/oauth_applications", body: doc{"name": "x", "redirect_uris": []string{"nowhere"}}, status: 422, code: "form_param_format_invalid", param: "redirect_uris"},
		{route: "POST /v1/oauth_applications", body: doc{"name": "x", "scopes": "everything"}, status: 422, code: "form_param_value_invalid", param: "scopes"},
		{route: "POST /v1/oauth_applications", body: doc{"name": "Public", "public": true}, status: 200, want: doc{"public": true, "pkce_required": true, "client_secret": nil, "scopes": "profile email"}},
		{route: "GET " + base, status: 200, want: doc{"object": "oauth_application", "name": "App", "client_secret": nil, "scopes": "profile", "redirect_uris": []any{"https://app.example.com/cb"}}},
		{route: "GET /v1/oauth_applications?name_query=app&order_by=name", status: 200, want: doc{"total_count": 1.0}},
		{route: "GET /v1/oauth_applications?name_query=" + app.ClientID, status: 200, want: doc{"total_count": 1.0}},
		{route: "PATCH " + base, body: doc{"name": "Other"}, status: 200, want: doc{"name": "Other", "scopes": "profile"}},
		{route: "POST " + base + "/revoke_token", body: doc{"token": token}, status: 204},
		{route: "POST " + base + "/revoke_token", body: doc{"token": other}, status: 204},
		{route: "POST /oauth_applications/access_tokens/verify", body: doc{"access_token": token}, status: 404, code: "resource_not_found"},
		{route: "POST /oauth_applications/access_tokens/verify", body: doc{"access_token": other}, status: 200},
	})
	call(t, s, http.MethodPost, base+"/rotate_secret", nil, &app)
	if app.Secret == "" || app.Secret == first {
		t.Error("the secret did not change")
	}
	play(t, s, []step{{route: "DELETE " + base, status: 200, want: doc{"deleted": true}}, {route: "GET " + base, status: 404, code: "resource_not_found"}})
}

func TestRoleSets(t *testing.T) {
	t.Parallel()
	set := func(more doc) doc {
		d := doc{"name": "Teams", "default_role_key": "org:member", "creator_role_key": "org:admin", "roles": []string{"org:admin", "org:member"}}
		maps.Copy(d, more)
		return d
	}
	play(t, seeded(t), []step{
		{route: "GET /v1/role_sets", status: 200, want: doc{"total_count": 1.0}},
		{route: "GET /v1/organizations/org_acme", status: 200, want: doc{"role_set_key": "role_set:default"}},
		{route: "POST /v1/role_sets", body: set(doc{"roles": []string{}}), status: 422, code: "form_param_nil", param: "roles"},
		{route: "POST /v1/role_sets", body: set(doc{"roles": []string{"org:admin"}}), status: 422, code: "form_param_value_invalid", param: "default_role_key"},
		{route: "POST /v1/role_sets", body: set(doc{"key": "teams"}), status: 422, code: "form_param_format_invalid", param: "key"},
		{route: "role = POST /v1/organization_roles", body: doc{"key": "org:lead", "name": "Lead"}, status: 200},
		{route: "set = POST /v1/role_sets", body: set(doc{"description": "d"}), status: 200, want: doc{"object": "role_set", "key": "role_set:teams", "type": "custom", "default_role": doc{"object": "role_set_item", "key": "org:member"}, "creator_role": doc{"key": "org:admin"}}},
		{route: "POST /v1/role_sets/{set}/roles", body: doc{"role_keys": []string{"org:lead"}, "default_role_key": "org:lead"}, status: 200, want: doc{"default_role": doc{"key": "org:lead"}}},
		{route: "POST /v1/role_sets/{set}/roles", body: doc{"role_keys": []string{"org:lead"}}, status: 422, code: "form_identifier_exists", param: "role_keys"},
		{route: "DELETE /v1/organization_roles/{role}", status: 403, code: "organization_role_used_by_role_set"},
		{route: "small = POST /v1/role_sets", body: doc{"name": "Small", "default_role_key": "org:lead", "creator_role_key": "org:lead", "roles": []string{"org:lead"}}, status: 200},
		{route: "PATCH /v1/organizations/org_acme", body: doc{"role_set_key": "role_set:teams"}, status: 200, want: doc{"role_set_key": "role_set:teams"}},
		{route: "PATCH /v1/organizations/org_acme", body: doc{"role_set_key": "role_set:small"}, status: 422, code: "form_param_value_invalid", param: "role_set_key"},
		{route: "PATCH /v1/organizations/org_acme", body: doc{"role_set_key": "role_set:none"}, status: 422, code: "resource_not_found", param: "role_set_key"},
		{route: "POST /v1/organizations", body: doc{"name": "Led", "role_set_key": "role_set:small"}, status: 200, want: doc{"role_set_key": "role_set:small"}},
		{route: "PATCH /v1/role_sets/role_set:teams", body: doc{"type": "initial", "name": nil, "description": nil}, status: 200, want: doc{"name": "Teams", "type": "initial", "description": nil}},
		{route: "GET /v1/role_sets/role_set:default", status: 200, want: doc{"type": "custom"}},
		{route: "GET /v1/organizations/org_acme", status: 200, want: doc{"role_set_key": "role_set:teams"}},
		{route: "POST /v1/role_sets/{set}/roles/replace", body: doc{"role_key": "org:admin", "to_role_key": "org:lead"}, status: 200, want: doc{"creator_role": doc{"key": "org:lead"}}},
		{route: "GET /v1/organizations/org_acme/memberships?role=org:lead", status: 200, want: doc{"total_count": 1.0}},
		{route: "POST /v1/role_sets/{set}/replace", body: doc{"dest_role_set_key": "role_set:default"}, status: 422, code: "form_param_missing", param: "reassignment_mappings"},
		{route: "POST /v1/role_sets/{set}/replace", body: doc{"dest_role_set_key": "role_set:default", "reassignment_mappings": doc{"org:lead": "org:member"}}, status: 200, want: doc{"object": "role_set", "deleted": true}},
		{route: "GET /v1/organizations/org_acme", status: 200, want: doc{"role_set_key": "role_set:default"}},
		{route: "GET /v1/organizations/org_acme/memberships?role=org:member", status: 200, want: doc{"total_count": 1.0}},
		{route: "DELETE /v1/organization_roles/org:member", status: 403, code: "organization_role_built_in"},
		{route: "two = POST /v1/organization_roles", body: doc{"key": "org:two", "name": "Two", "include_in_initial_role_set": true}, status: 200},
		{route: "DELETE /v1/organization_roles/{two}", status: 200},
	})
}

func TestConnectionsOfEnterprises(t *testing.T) {
	t.Parallel()
	const base = "/v1/enterprise_connections"
	play(t, seeded(t), []step{
		{route: "POST " + base, body: doc{"name": "x", "provider": "saml_okta", "domains": []string{}}, status: 422, code: "form_param_nil", param: "domains"},
		{route: "POST " + base, body: doc{"name": "x", "provider": "saml_none", "domains": []string{"a.com"}}, status: 422, code: "form_param_value_invalid", param: "provider"},
		{route: "POST " + base, body: doc{"name": "x", "provider": "saml_okta", "domains": []string{"a.com"}, "saml": doc{"nothing": 1}}, status: 422, code: "form_param_unknown", param: "saml.nothing"},
		{route: "POST " + base, body: doc{"name": "x", "provider": "saml_okta", "domains": []string{"a.com"}, "oidc": doc{"client_id": "1"}}, status: 422, code: "form_param_value_invalid", param: "oidc"},
		{route: "POST " + base, body: doc{"name": "x", "provider": "saml_okta", "domains": []string{"a.com"}, "organization_id": "org_none"}, status: 422, code: "resource_not_found", param: "organization_id"},
		{route: "one = POST " + base, body: doc{"name": "Okta", "provider": "saml_okta", "domains": []string{"a.com"}, "organization_id": "org_acme", "saml": doc{"idp_entity_id": "e", "allow_subdomains": true}}, status: 200, want: doc{"object": "enterprise_connection", "active": false, "authenticatable": true, "oauth_config": nil, "saml_connection": doc{"idp_entity_id": "e", "allow_subdomains": true, "force_authn": false}}},
		{route: "PATCH " + base + "/{one}", body: doc{"active": true, "saml": doc{"force_authn": true}}, status: 200, want: doc{"active": true, "saml_connection": doc{"idp_entity_id": "e", "force_authn": true}}},
		{route: "PATCH " + base + "/{one}", body: doc{"provider": "saml_google"}, status: 422, code: "form_param_value_invalid", param: "provider"},
		{route: "POST " + base, body: doc{"name": "OIDC", "provider": "oidc_custom", "domains": []string{"b.com"}, "oidc": doc{"client_id": "c", "client_secret": "hidden"}}, status: 200, want: doc{"saml_connection": nil, "oauth_config": doc{"client_id": "c", "client_secret": nil, "requires_pkce": false}}},
		{route: "GET " + base + "?organization_id=org_acme&active=true", status: 200, want: doc{"total_count": 1.0}},
		{route: "DELETE " + base + "/{one}", status: 200, want: doc{"object": "enterprise_connection", "name": "Okta"}},

		{route: "saml = POST /v1/saml_connections", body: doc{"name": "S", "provider": "saml_custom", "domain": "s.com", "organization_id": "org_acme", "idp_certificate": "c"}, status: 200, want: doc{"object": "saml_connection", "active": false, "idp_certificate": "c", "attribute_mapping": doc{"email_address": "mail"}}},
		{route: "POST /v1/saml_connections", body: doc{"name": "S", "provider": "saml_custom", "domain": "s.com"}, status: 422, code: "form_identifier_exists", param: "domain"},
		{route: "PATCH /v1/saml_connections/{saml}", body: doc{"active": true, "allow_subdomains": true}, status: 200, want: doc{"active": true, "allow_subdomains": true}},
		{route: "GET /v1/saml_connections?organization_id=-org_acme", status: 200, want: doc{"total_count": 0.0}},
		{route: "GET /v1/saml_connections?organization_id=%2Borg_acme&query=s", status: 200, want: doc{"total_count": 1.0}},
		{route: "DELETE /v1/saml_connections/{saml}", status: 200, want: doc{"name": "S"}},
	})
}

func TestEmailsOfAnApplication(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	mail := func(more doc) doc {
		d := doc{"to": doc{"user_id": "user_ada"}, "from": doc{"address": "support@example.com"}, "subject": "Hello", "text": "Hello"}
		maps.Copy(d, more)
		return d
	}
	play(t, s, []step{
		{route: "POST /v1/email", body: mail(doc{"to": doc{"user_id": "user_ada", "address": "a@example.com"}}), status: 422, code: "form_param_missing", param: "to"},
		{route: "POST /v1/email", body: mail(doc{"text": ""}), status: 422, code: "form_param_missing", param: "html"},
		{route: "POST /v1/email", body: mail(doc{"cc": []string{"ada@example.com"}}), status: 422, code: "form_param_format_invalid", param: "to"},
		{route: "one = POST /v1/email", body: mail(nil), status: 200, want: doc{"object": "email", "to_email_address": "ada@example.com", "user_id": "user_ada", "subject": "Hello", "body_plain": "Hello", "from_email_name": "support"}},
		{route: "GET /v1/email/{one}", status: 200, want: doc{"subject": "Hello"}},
		{route: "GET /v1/email/none", status: 404, code: "resource_not_found"},
	})
	var results []struct {
		Index      int
		StatusCode int `json:"status_code"`
		Email      struct{ ID string }
		Errors     []doc
	}
	batch := doc{"messages": []doc{mail(doc{"idempotency_key": "k"}), mail(doc{"subject": ""}), mail(doc{"idempotency_key": "k"}), mail(doc{"idempotency_key": "k", "subject": "Other"})}}
	if status := call(t, s, http.MethodPost, "/v1/email/batch", batch, &results); status != 200 || len(results) != 4 {
		t.Fatalf("%d %+v", status, results)
	}
	if results[0].Email.ID == "" || results[0].Email.ID != results[2].Email.ID || results[1].StatusCode != http.StatusUnprocessableEntity || len(results[1].Errors) != 1 || results[3].StatusCode != http.StatusConflict {
		t.Errorf("got %+v", results)
	}
}

func TestSessionsVerify(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	var one, two struct{ ID string }
	call(t, s, http.MethodPost, "/v1/sessions", doc{"user_id": "user_ada"}, &one)
	call(t, s, http.MethodPost, "/v1/sessions", doc{"user_id": "user_ada"}, &two)
	var token struct{ JWT string }
	call(t, s, http.MethodPost, "/v1/sessions/"+one.ID+"/tokens", doc{"expires_in_seconds": 600}, &token)
	play(t, s, []step{
		{route: "POST /v1/sessions/" + one.ID + "/verify", body: doc{"token": token.JWT}, status: 200, want: doc{"object": "session", "id": one.ID}},
		{route: "POST /v1/sessions/" + two.ID + "/verify", body: doc{"token": token.JWT}, status: 401, code: "authentication_invalid", param: "token"},
		{route: "POST /v1/sessions/" + one.ID + "/verify", body: doc{"token": token.JWT[:50]}, status: 401, code: "authentication_invalid", param: "token"},
		{route: "POST /v1/sessions/" + one.ID + "/verify", body: doc{"other": 1}, status: 422, code: "form_param_unknown", param: "other"},
		{route: "GET /v1/sessions?status=active&paginated=true", status: 200, want: doc{"total_count": 2.0}},
		{route: "GET /v1/sessions?order_by=nothing", status: 422, code: "form_param_value_invalid", param: "order_by"},
		{route: "POST /v1/sessions/" + one.ID + "/revoke", status: 200, want: doc{"status": "revoked"}},
		{route: "POST /v1/sessions/" + one.ID + "/verify", body: doc{"token": token.JWT}, status: 401, code: "authentication_invalid", param: "token"},
	})
}
