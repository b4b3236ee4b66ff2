package clerktest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

// TestSettingsHaveEffect: what the Backend API is told about the instance is what browsers meet, or it is
// refused. A row changes something as a server, and then is a browser: nobody's, or that of user_ada.
func TestSettingsHaveEffect(t *testing.T) {
	t.Parallel()
	signUp := func(email string) doc { return doc{"email_address": email, "password": "long enough"} }
	tests := []struct {
		name            string
		settings        clerktest.Settings
		server, browser []step
		nobody          bool
		seed            doc
	}{
		{name: "hibp", nobody: true, server: []step{
			{route: "POST /v1/users", body: doc{"username": "a", "password": "password123"}, status: 422, code: "form_password_pwned", param: "password"},
			{route: "PATCH /v1/instance", body: doc{"hibp": false}, status: 204},
			{route: "POST /v1/users", body: doc{"username": "a", "password": "password123"}, status: 200},
		}, browser: []step{
			{route: "POST /v1/client/sign_ups", body: doc{"password": "password123"}, status: 200},
			{route: "GET /v1/environment", status: 200, want: doc{"user_settings": doc{"password_settings": doc{"disable_hibp": true}}}},
		}},
		{name: "what components are told", nobody: true, server: []step{{route: "PATCH /v1/instance", status: 204, body: doc{
			"support_email": "help@example.com", "clerk_js_version": "6.40.0", "development_origin": "https://dev.example.com", "preferred_sign_in_strategy_when_password_required": "otp",
		}}}, browser: []step{{route: "GET /v1/environment", status: 200, want: doc{"display_config": doc{
			"support_email": "help@example.com", "clerk_js_version": "6.40.0", "home_url": "https://dev.example.com", "preferred_sign_in_strategy": "otp",
		}}}}},
		{name: "what is not built", server: []step{
			{route: "PATCH /v1/instance", body: doc{"test_mode": false}, status: 501, code: "not_implemented", param: "test_mode"},
			{route: "PATCH /v1/instance", body: doc{"enhanced_email_deliverability": true}, status: 501, code: "not_implemented", param: "enhanced_email_deliverability"},
			{route: "PATCH /v1/instance", body: doc{"url_based_session_syncing": false}, status: 501, code: "not_implemented", param: "url_based_session_syncing"},
			{route: "PATCH /v1/instance", body: doc{"test_mode": true, "enhanced_email_deliverability": false, "url_based_session_syncing": true}, status: 204},
		}, nobody: true, browser: []step{
			{route: "POST /v1/client/sign_ins", body: doc{"identifier": "new@example.com", "sign_up_if_missing": true}, status: 501, code: "not_implemented", param: "sign_up_if_missing"},
			{route: "i = POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com"}, status: 200},
			{route: "POST /v1/client/sign_ins/{i}/prepare_first_factor", body: doc{"strategy": "email_code", "channel": "whatsapp"}, status: 501, code: "not_implemented", param: "channel"},
		}},
		{name: "a blocklist and an allowlist", nobody: true, server: []step{
			{route: "POST /v1/blocklist_identifiers", body: doc{"identifier": "*@blocked.example"}, status: 200},
			{route: "POST /v1/allowlist_identifiers", body: doc{"identifier": "guest@example.com", "notify": true}, status: 200},
			{route: "GET /v1/invitations?query=guest", status: 200},
			{route: "PATCH /v1/instance/restrictions", body: doc{"allowlist": true}, status: 200},
		}, browser: []step{
			{route: "POST /v1/client/sign_ups", body: signUp("mal@blocked.example"), status: 403, code: "not_allowed_access", param: "email_address"},
			{route: "POST /v1/client/sign_ups", body: signUp("new@example.com"), status: 403, code: "not_allowed_access", param: "email_address"},
			{route: "POST /v1/client/sign_ups", body: signUp("guest@example.com"), status: 200},
		}},
		{name: "subaddresses, throw-away addresses and dots", nobody: true, server: []step{
			{route: "POST /v1/users", body: doc{"email_address": []string{"ada.l@gmail.com"}}, status: 200},
			{route: "PATCH /v1/instance/restrictions", body: doc{"block_email_subaddresses": true, "block_disposable_email_domains": true, "ignore_dots_for_gmail_addresses": true}, status: 200},
		}, browser: []step{
			{route: "POST /v1/client/sign_ups", body: signUp("a+b@example.com"), status: 422, code: "form_email_address_blocked", param: "email_address"},
			{route: "POST /v1/client/sign_ups", body: signUp("a@mailinator.com"), status: 422, code: "form_email_address_blocked", param: "email_address"},
			{route: "POST /v1/client/sign_ups", body: signUp("a.dal@gmail.com"), status: 422, code: "form_identifier_exists", param: "email_address"},
		}},
		{name: "fields that a sign-up does not have", nobody: true, settings: clerktest.Settings{Optional: []string{"first_name"}}, browser: []step{
			{route: "POST /v1/client/sign_ups", body: doc{"username": "new"}, status: 422, code: "form_param_unknown", param: "username"},
			{route: "POST /v1/client/sign_ups", body: doc{"phone_number": "+15555550100"}, status: 422, code: "form_param_unknown", param: "phone_number"},
		}},
		{name: "a compromised password", nobody: true, server: []step{{route: "POST /v1/users/user_ada/password/set_compromised", status: 200}}, browser: []step{
			{route: "POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com", "password": "correct horse"}, status: 422, code: "form_password_compromised", param: "password"},
			{route: "i = POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com"}, status: 200},
			{route: "POST /v1/client/sign_ins/{i}/prepare_first_factor", body: doc{"strategy": "reset_password_email_code"}, status: 200},
			{route: "POST /v1/client/sign_ins/{i}/attempt_first_factor", body: doc{"strategy": "reset_password_email_code", "code": "424242"}, status: 200},
			{route: "POST /v1/client/sign_ins/{i}/reset_password", body: doc{"password": "another horse"}, status: 200, want: doc{"status": "complete"}},
			{route: "POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com", "password": "another horse"}, status: 200, want: doc{"status": "complete"}},
		}},
		{name: "as many roles and permissions as there may be", settings: clerktest.Settings{}, seed: doc{
			"organization_settings": doc{"max_allowed_roles": 3, "max_allowed_permissions": 1},
		}, server: []step{
			{route: "POST /v1/organization_roles", body: doc{"name": "A", "key": "org:a"}, status: 200},
			{route: "POST /v1/organization_roles", body: doc{"name": "B", "key": "org:b"}, status: 403, code: "organization_instance_roles_quota_exceeded"},
			{route: "p = POST /v1/organization_permissions", body: doc{"name": "A", "key": "org:a:read"}, status: 200},
			{route: "POST /v1/organization_permissions", body: doc{"name": "B", "key": "org:b:read"}, status: 403, code: "organization_instance_permissions_quota_exceeded"},
			{route: "DELETE /v1/organization_permissions/{p}", status: 200},
			{route: "POST /v1/organization_permissions", body: doc{"name": "B", "key": "org:b:read"}, status: 200},
		}},
		{name: "no slugs", seed: doc{"organization_settings": doc{"slug_disabled": true}}, server: []step{
			{route: "POST /v1/organizations", body: doc{"name": "New", "slug": "new"}, status: 403, code: "organization_slugs_disabled", param: "slug"},
			{route: "POST /v1/organizations", body: doc{"name": "New"}, status: 200},
		}, browser: []step{
			{route: "GET /v1/environment", status: 200, want: doc{"organization_settings": doc{"slug": doc{"disabled": true}}}},
			{route: "POST /v1/organizations", body: doc{"name": "Newer", "slug": "newer"}, status: 403, code: "organization_slugs_disabled", param: "slug"},
			{route: "PATCH /v1/organizations/org_acme", body: doc{"slug": "newer"}, status: 403, code: "organization_slugs_disabled", param: "slug"},
		}},
		{name: "on whose behalf an invitation is revoked", server: []step{
			{route: "u = POST /v1/users", body: doc{"username": "bob"}, status: 200},
			{route: "POST /v1/organizations/org_acme/memberships", body: doc{"user_id": "user_test0000000000000000001", "role": "org:member"}, status: 200},
			{route: "i = POST /v1/organizations/org_acme/invitations", body: doc{"email_address": "x@example.com", "role": "org:member"}, status: 200},
			{route: "POST /v1/organizations/org_acme/invitations/{i}/revoke", body: doc{"requesting_user_id": "user_test0000000000000000001"}, status: 403, code: "not_an_admin_in_organization", param: "requesting_user_id"},
			{route: "POST /v1/organizations/org_acme/invitations/{i}/revoke", body: doc{"requesting_user_id": "user_ada"}, status: 200},
		}},
		{name: "what sign-ins and sign-ups cannot begin with", nobody: true, browser: []step{
			{route: "POST /v1/client/sign_ins", body: doc{"strategy": "passkey"}, status: 501, code: "not_implemented", param: "strategy"},
			{route: "POST /v1/client/sign_ins", body: doc{"strategy": "oauth_token_google"}, status: 501, code: "not_implemented", param: "strategy"},
			{route: "POST /v1/client/sign_ups", body: doc{"strategy": "enterprise_sso", "email_address": "new@example.com"}, status: 501, code: "not_implemented", param: "strategy"},
			{route: "s = POST /v1/client/sign_ups", body: doc{"email_address": "new@example.com", "password": "long enough", "locale": "fr-FR", "timezone": "Europe/Paris"}, status: 200},
			{route: "PATCH /v1/client/sign_ups/{s}", body: doc{"ticket": "x"}, status: 501, code: "not_implemented", param: "ticket"},
			{route: "PATCH /v1/client/sign_ups/{s}", body: doc{"strategy": "oauth_google"}, status: 422, code: "strategy_for_user_invalid", param: "strategy"},
			{route: "POST /v1/client/sign_ups/{s}/prepare_verification", body: doc{"strategy": "email_code", "channel": "whatsapp"}, status: 501, code: "not_implemented", param: "channel"},
		}},
		{name: "no organizations", server: []step{
			{route: "PATCH /v1/instance/organization_settings", body: doc{"enabled": false}, status: 200},
			{route: "POST /v1/organizations", body: doc{"name": "New"}, status: 403, code: "organization_not_enabled_in_instance"},
		}, browser: []step{
			{route: "POST /v1/organizations", body: doc{"name": "New"}, status: 403, code: "organization_not_enabled_in_instance"},
			{route: "GET /v1/environment", status: 200, want: doc{"organization_settings": doc{"enabled": false}}},
		}},
		{name: "small organizations that live for ever", server: []step{
			{route: "PATCH /v1/instance/organization_settings", body: doc{"max_allowed_memberships": 1, "admin_delete_enabled": false}, status: 200},
		}, browser: []step{
			{route: "o = POST /v1/organizations", body: doc{"name": "New"}, status: 200, want: doc{"max_allowed_memberships": 1.0}},
			{route: "POST /v1/organizations/{o}/invitations", body: doc{"email_address": "b@example.com", "role": "org:member"}, status: 403, code: "organization_membership_quota_exceeded"},
			{route: "DELETE /v1/organizations/{o}", status: 403, code: "organization_admin_delete_not_enabled"},
		}},
		{name: "another role for creators", server: []step{
			{route: "r = POST /v1/organization_roles", body: doc{"name": "Owner", "key": "org:owner", "permissions": []string{"org:sys_profile:delete", "org:sys_memberships:manage", "org:sys_memberships:read"}, "include_in_initial_role_set": true}, status: 200},
			{route: "PATCH /v1/instance/organization_settings", body: doc{"creator_role_id": "org:owner"}, status: 200},
		}, browser: []step{
			{route: "POST /v1/organizations", body: doc{"name": "New"}, status: 200},
			{route: "GET /v1/me/organization_memberships", status: 200, want: doc{"total_count": 2.0}},
			{route: "DELETE /v1/organizations/new", status: 200},
		}},
		{name: "domains", server: []step{
			{route: "PATCH /v1/instance/organization_settings", body: doc{"domains_enrollment_modes": []string{"manual_invitation"}}, status: 200},
		}, browser: []step{
			{route: "d = POST /v1/organizations/org_acme/domains", body: doc{"name": "acme.example"}, status: 200},
			{route: "POST /v1/organizations/org_acme/domains/{d}/update_enrollment_mode", body: doc{"enrollment_mode": "automatic_invitation"}, status: 422, code: "form_param_value_invalid", param: "enrollment_mode"},
			{route: "POST /v1/organizations/org_acme/domains/{d}/update_enrollment_mode", body: doc{"enrollment_mode": "manual_invitation"}, status: 200},
		}},
		{name: "no domains", server: []step{
			{route: "PATCH /v1/instance/organization_settings", body: doc{"domains_enabled": false}, status: 200},
			{route: "POST /v1/organizations/org_acme/domains", body: doc{"name": "acme.example"}, status: 403, code: "organization_domains_not_enabled"},
		}, browser: []step{{route: "POST /v1/organizations/org_acme/domains", body: doc{"name": "acme.example"}, status: 403, code: "organization_domains_not_enabled"}}},
		{name: "roles of the role set only", server: []step{
			{route: "POST /v1/organization_roles", body: doc{"name": "Guest", "key": "org:guest"}, status: 200},
			{route: "POST /v1/organization_roles", body: doc{"name": "Lead", "key": "org:lead", "include_in_initial_role_set": true}, status: 200},
			{route: "PATCH /v1/organizations/org_acme/memberships/user_ada", body: doc{"role": "org:guest"}, status: 422, code: "form_param_value_invalid", param: "role"},
			{route: "POST /v1/organizations/org_acme/invitations", body: doc{"email_address": "x@example.com", "role": "org:guest"}, status: 422, code: "form_param_value_invalid", param: "role"},
		}, browser: []step{
			{route: "GET /v1/organizations/org_acme/roles", status: 200, want: doc{"total_count": 3.0}},
			{route: "POST /v1/organizations/org_acme/invitations", body: doc{"email_address": "b@example.com", "role": "org:guest"}, status: 422, code: "form_param_value_invalid", param: "role"},
			{route: "POST /v1/organizations/org_acme/invitations", body: doc{"email_address": "b@example.com", "role": "org:lead"}, status: 200},
		}},
		{name: "what a user may", server: []step{
			{route: "PATCH /v1/users/user_ada", body: doc{"create_organization_enabled": false, "delete_self_enabled": false}, status: 200},
		}, browser: []step{
			{route: "POST /v1/organizations", body: doc{"name": "New"}, status: 403, code: "organization_creation_not_allowed"},
			{route: "DELETE /v1/me", status: 403, code: "user_delete_self_not_enabled"},
		}},
		{name: "how many organizations a user may make", server: []step{
			{route: "PATCH /v1/users/user_ada", body: doc{"create_organizations_limit": 2}, status: 200},
		}, browser: []step{
			{route: "POST /v1/organizations", body: doc{"name": "Two"}, status: 200},
			{route: "POST /v1/organizations", body: doc{"name": "Three"}, status: 403, code: "organization_quota_exceeded"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t, clerktest.Config{
				Settings: tt.settings, Users: []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: "correct horse"}},
				Organizations: []clerktest.Organization{{ID: "org_acme", Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin"}}}},
			})
			sc := newScript(t, s)
			if !tt.nobody {
				sc.play([]step{{route: "POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com", "password": "correct horse"}, status: 200}})
			}
			if status, answer := control(t, s, http.MethodPost, "/seed", tt.seed); tt.seed != nil && status != http.StatusNoContent {
				t.Fatalf("the seed was answered with %d %v", status, answer)
			}
			play(t, s, tt.server)
			sc.play(tt.browser)
		})
	}
}

// Where browsers may be sent is said by the instance's redirect URLs and satellites too.
func TestRedirectURLsAndSatellitesAreAllowed(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	status := func(back string) int {
		return get(t, plain(t), s.URL()+"/v1/client/handshake?redirect_url="+url.QueryEscape(back)).StatusCode
	}
	for _, back := range []string{"my-app://callback", "https://shop.example/p", "https://www.shop.example/p"} {
		if got := status(back); got != http.StatusBadRequest {
			t.Errorf("%s answered %d before it was allowed", back, got)
		}
	}
	play(t, s, []step{
		{route: "POST /v1/redirect_urls", body: doc{"url": "my-app://callback"}, status: 200},
		{route: "POST /v1/domains", body: doc{"name": "shop.example", "is_satellite": true}, status: 200},
	})
	for _, back := range []string{"my-app://callback", "https://shop.example/p", "https://www.shop.example/p"} {
		if got := status(back); got != http.StatusTemporaryRedirect {
			t.Errorf("%s answered %d", back, got)
		}
	}
	if got := status("https://notshop.example/"); got != http.StatusBadRequest {
		t.Errorf("a foreign host answered %d", got)
	}
	sc := &script{t: t, s: s, origin: "https://shop.example"}
	sc.send("GET /v1/environment", nil, nil) // Checks that the origin is allowed.
	if r := s.RequestLog(); !strings.HasPrefix(r[len(r)-1].Path, "/v1/environment") {
		t.Error("the script did not ask")
	}
}
