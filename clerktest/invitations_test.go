package clerktest_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestOrganizationInvitations(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	const base = "/v1/organizations/org_acme/invitations"
	play(t, s, []step{
		{route: "POST " + base, body: doc{"email_address": "new@example.com"}, status: 422, code: "form_param_missing", param: "role"},
		{route: "POST " + base, body: doc{"email_address": "new", "role": "org:member"}, status: 422, code: "form_param_format_invalid", param: "email_address"},
		{route: "POST " + base, body: doc{"email_address": "new@example.com", "role": "org:none"}, status: 422, code: "resource_not_found", param: "role"},
		{route: "POST " + base, body: doc{"email_address": "ada@example.com", "role": "org:member"}, status: 422, code: "already_a_member_in_organization", param: "email_address"},
		{
			route: "new = POST " + base, body: doc{"email_address": "new@example.com", "role": "org:admin", "inviter_user_id": "user_ada", "public_metadata": doc{"a": 1}, "expires_in_days": 2}, status: 200,
			want: doc{
				"object": "organization_invitation", "status": "pending", "role": "org:admin", "role_name": "Admin", "organization_id": "org_acme", "public_metadata": doc{"a": 1.0},
				"private_metadata": doc{}, "expires_at": 1795217577000.0 + 2*24*60*60*1000, "public_organization_data": doc{"id": "org_acme", "name": "Acme", "slug": "acme"},
			},
		},
		{route: "POST " + base, body: doc{"email_address": "NEW@example.com", "role": "org:member"}, status: 400, code: "duplicate_record"},
		{route: "GET /v1/organizations/org_acme", status: 200, want: doc{"pending_invitations_count": 1.0}},
		{route: "POST " + base + "/bulk", body: []doc{{"email_address": "b@example.com", "role": "org:member"}, {"email_address": "new@example.com", "role": "org:member"}}, status: 400, code: "duplicate_record"},
		{route: "GET " + base, status: 200, want: doc{"total_count": 1.0}},
		{route: "GET " + base + "/{new}", status: 200, want: doc{"email_address": "new@example.com"}},
		{route: "GET /v1/organization_invitations?status=pending", status: 200, want: doc{"total_count": 1.0}},
		{route: "GET " + base + "?status=nothing", status: 422, code: "form_param_format_invalid", param: "status"},
		{route: "POST " + base + "/{new}/revoke", body: doc{"requesting_user_id": "user_ada"}, status: 200, want: doc{"status": "revoked", "url": nil}},
		{route: "POST " + base + "/{new}/revoke", status: 400, code: "organization_invitation_not_pending"},
		{route: "GET " + base + "?status=pending", status: 200, want: doc{"total_count": 0.0}},
		{route: "GET " + base + "?status=revoked", status: 200, want: doc{"total_count": 1.0}},
		{route: "POST /v1/users", body: doc{"email_address": []string{"bob@example.com"}}, status: 200},
		{route: "POST " + base, body: doc{"email_address": "bob@example.com", "role": "org:member", "expires_in_days": 1}, status: 200},
	})
	var bob []doc
	call(t, s, http.MethodGet, "/v1/users?email_address=bob@example.com", nil, &bob)
	path := fmt.Sprint("/v1/users/", bob[0]["id"], "/organization_invitations")
	play(t, s, []step{{route: "GET " + path + "?status=pending", status: 200, want: doc{"total_count": 1.0}}})
	s.Clock().Advance(25 * time.Hour)
	play(t, s, []step{
		{route: "GET " + path + "?status=pending", status: 200, want: doc{"total_count": 0.0}},
		{route: "GET " + path + "?status=expired", status: 200, want: doc{"total_count": 1.0}},
		{route: "DELETE /v1/organizations/org_acme", status: 200},
		{route: "GET /v1/organization_invitations", status: 200, want: doc{"total_count": 0.0}},
	})
}

func TestInvitationsAndTheWaitlist(t *testing.T) {
	t.Parallel()
	play(t, seeded(t), []step{
		{route: "POST /v1/invitations", body: doc{"email_address": "ada@example.com"}, status: 422, code: "form_identifier_exists", param: "email_address"},
		{route: "POST /v1/invitations", body: doc{"email_address": "ada@example.com", "ignore_existing": true}, status: 200},
		{route: "new = POST /v1/invitations", body: doc{"email_address": "new@example.com", "public_metadata": doc{"a": 1}, "redirect_url": "http://app.test/", "notify": false}, status: 200, want: doc{"object": "invitation", "status": "pending", "revoked": false}},
		{route: "POST /v1/invitations", body: doc{"email_address": "new@example.com"}, status: 400, code: "duplicate_record"},
		{route: "POST /v1/invitations", body: doc{"email_address": "n@example.com", "template_slug": "other"}, status: 422, code: "form_param_value_invalid", param: "template_slug"},
		{route: "GET /v1/invitations?paginated=true&query=NEW@&status=pending&order_by=-email_address", status: 200, want: doc{"total_count": 1.0}},
		{route: "POST /v1/invitations/{new}/revoke", status: 200, want: doc{"status": "revoked", "revoked": true}},
		{route: "POST /v1/invitations/{new}/revoke", status: 400, code: "invitation_not_revocable"},
		{route: "DELETE /v1/invitations/{new}", status: 200, want: doc{"object": "invitation", "deleted": true}},
		{route: "GET /v1/invitations?paginated=true", status: 200, want: doc{"total_count": 1.0}},

		{route: "one = POST /v1/waitlist_entries", body: doc{"email_address": "one@example.com"}, status: 200, want: doc{"object": "waitlist_entry", "status": "pending", "invitation": nil, "is_locked": false}},
		{route: "POST /v1/waitlist_entries", body: doc{"email_address": "ONE@example.com"}, status: 200, want: doc{"email_address": "one@example.com"}},
		{route: "POST /v1/waitlist_entries/bulk", body: []doc{{"email_address": "one@example.com"}, {"email_address": "two@example.com"}}, status: 200},
		{route: "GET /v1/waitlist_entries?order_by=-invited_at&query=one", status: 200, want: doc{"total_count": 1.0}},
		{route: "POST /v1/waitlist_entries/{one}/invite", body: doc{}, status: 200, want: doc{"status": "invited", "invitation": doc{"email_address": "one@example.com", "status": "pending"}}},
		{route: "POST /v1/waitlist_entries/{one}/invite", body: doc{}, status: 400, code: "waitlist_entry_already_invited"},
		{route: "POST /v1/waitlist_entries/{one}/reject", status: 200, want: doc{"status": "rejected", "invitation": doc{"status": "revoked"}}},
		{route: "GET /v1/waitlist_entries?status=pending", status: 200, want: doc{"total_count": 1.0}},
		{route: "DELETE /v1/waitlist_entries/{one}", status: 200, want: doc{"deleted": true}},
	})
}

func TestSettingsOfTheInstance(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	play(t, s, []step{
		{route: "GET /v1/instance", status: 200, want: doc{"object": "instance", "environment_type": "development", "allowed_origins": nil}},
		{route: "PATCH /v1/instance", body: doc{"allowed_origins": []string{"chrome-extension://abcdef"}, "hibp": nil}, status: 204},
		{route: "PATCH /v1/instance", body: doc{"allowed_origins": []string{"nowhere"}}, status: 422, code: "form_param_format_invalid", param: "allowed_origins"},
		{route: "PATCH /v1/instance", body: doc{"nothing": nil}, status: 422, code: "form_param_unknown", param: "nothing"},
		{route: "GET /v1/instance", status: 200, want: doc{"allowed_origins": []any{"chrome-extension://abcdef"}}},
		{route: "PATCH /v1/instance/restrictions", body: doc{"allowlist": true, "block_email_subaddresses": true}, status: 200, want: doc{"object": "instance_restrictions", "allowlist": true, "blocklist": true, "block_email_subaddresses": true}},
		{route: "POST /v1/allowlist_identifiers", body: doc{"identifier": "*@example.com"}, status: 200},
		{route: "POST /v1/blocklist_identifiers", body: doc{"identifier": "bad@example.com"}, status: 200},
		{route: "GET /v1/instance/organization_settings", status: 200, want: doc{"object": "organization_settings", "enabled": true, "max_allowed_memberships": 100.0, "creator_role": "org:admin"}},
		{route: "PATCH /v1/instance/organization_settings", body: doc{"max_allowed_memberships": 2, "creator_role_id": "org:member", "admin_delete_enabled": false}, status: 200, want: doc{"max_allowed_memberships": 2.0, "creator_role": "org:member"}},
		{route: "PATCH /v1/instance/organization_settings", body: doc{"creator_role_id": "org:none"}, status: 422, code: "resource_not_found", param: "creator_role_id"},
		{route: "new = POST /v1/organizations", body: doc{"name": "New", "created_by": "user_ada"}, status: 200, want: doc{"max_allowed_memberships": 2.0, "admin_delete_enabled": false}},
		{route: "GET /v1/organizations/{new}/memberships?role=org:member", status: 200, want: doc{"total_count": 1.0}},
		{route: "PATCH /v1/instance/organization_settings", body: doc{"enabled": false}, status: 200},
		{route: "POST /v1/organizations", body: doc{"name": "Another"}, status: 403, code: "organization_not_enabled_in_instance"},
		{route: "POST /v1/beta_features/change_domain", body: doc{"home_url": "https://other.example.com"}, status: 403, code: "operation_not_allowed_on_development_instance"},
	})
	sc := newScript(t, s)
	for email, want := range map[string]int{"new@example.com": 200, "bad@example.com": 403, "new@elsewhere.com": 403, "new+1@example.com": 422} {
		if status := sc.send("POST /v1/client/sign_ups", map[string][]string{"email_address": {email}}, nil); status != want {
			t.Errorf("sign-up of %s: %d, want %d", email, status, want)
		}
	}
}

func TestAProductionInstanceMoves(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{Production: true})
	play(t, s, []step{
		{route: "GET /v1/instance", status: 200, want: doc{"environment_type": "production"}},
		{route: "POST /v1/beta_features/change_domain", body: doc{"home_url": "http://other.example.com"}, status: 422, code: "form_param_format_invalid", param: "home_url"},
		{route: "POST /v1/beta_features/change_domain", body: doc{"home_url": "https://other.example.com"}, status: 204},
	})
	primary := func() string {
		var list struct{ Data []struct{ Name string } }
		call(t, s, http.MethodGet, "/v1/domains", nil, &list)
		if len(list.Data) != 1 {
			t.Fatalf("got %d domains, want 1", len(list.Data))
		}
		return list.Data[0].Name
	}
	if got := primary(); got != "example.com" {
		t.Errorf("got %s: of a domain's only application the subdomain says nothing", got)
	}
	play(t, s, []step{
		{route: "POST /v1/beta_features/change_domain", body: doc{"home_url": "https://app.example.com", "is_secondary": true}, status: 204},
	})
	if got := primary(); got != "app.example.com" {
		t.Errorf("got %s, want the domain of a secondary application with its subdomain", got)
	}
}

func TestOrganizationDomainsAndPictures(t *testing.T) {
	t.Parallel()
	const base = "/v1/organizations/org_acme/domains"
	play(t, seeded(t), []step{
		{route: "POST " + base, body: doc{"name": "no host"}, status: 422, code: "form_param_format_invalid", param: "name"},
		{route: "new = POST " + base, body: doc{"name": "acme.com", "enrollment_mode": "automatic_suggestion"}, status: 200, want: doc{"object": "organization_domain", "organization_id": "org_acme", "enrollment_mode": "automatic_suggestion", "verification": doc{"status": "unverified"}}},
		{route: "POST " + base, body: doc{"name": "acme.com"}, status: 422, code: "form_identifier_exists", param: "name"},
		{route: "PATCH " + base + "/{new}", body: doc{"verified": true, "enrollment_mode": "automatic_invitation"}, status: 200, want: doc{"verification": doc{"status": "verified"}, "enrollment_mode": "automatic_invitation"}},
		{route: "GET " + base + "?verified=true", status: 200, want: doc{"total_count": 1.0}},
		{route: "DELETE " + base + "/{new}", status: 200, want: doc{"deleted": true}},
		{route: "GET " + base, status: 200, want: doc{"total_count": 0.0}},
		{route: "PUT /v1/organizations/org_acme/logo", status: 422, code: "form_param_missing", param: "file"},
		{route: "DELETE /v1/organizations/org_acme/logo", status: 200, want: doc{"has_image": false}},
	})
}

func TestAgentTasks(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	task := func(more doc) doc {
		d := doc{"on_behalf_of": doc{"identifier": "ada@example.com"}, "permissions": "*", "agent_name": "Test Agent", "task_description": "look", "redirect_url": "http://app.test/in"}
		maps.Copy(d, more)
		return d
	}
	play(t, s, []step{
		{route: "POST /v1/agents/tasks", body: task(doc{"on_behalf_of": doc{"user_id": "user_nobody"}}), status: 422, code: "resource_not_found", param: "on_behalf_of"},
		{route: "POST /v1/agents/tasks", body: task(doc{"redirect_url": "https://evil.example.com/"}), status: 422, code: "form_param_format_invalid", param: "redirect_url"},
		{route: "POST /v1/agents/tasks", body: task(doc{"permissions": "read"}), status: 422, code: "form_param_value_invalid", param: "permissions"},
		{route: "one = POST /v1/agents/tasks", body: task(nil), status: 200, want: doc{"object": "agent_task", "agent_id": "agent_test-agent"}},
		{route: "POST /v1/agents/tasks/{one}/revoke", status: 200, want: doc{"url": nil}},
	})
	var made struct{ URL string }
	call(t, s, http.MethodPost, "/v1/agents/tasks", task(doc{"session_max_duration_in_seconds": 60}), &made)
	for _, want := range []int{http.StatusSeeOther, http.StatusUnprocessableEntity} { // A task starts once.
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, made.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res := do(t, plain(t), req)
		if res.StatusCode != want || (want == http.StatusSeeOther && !strings.HasPrefix(res.Header.Get("Location"), "http://app.test/in?")) {
			t.Errorf("the link of a task answered %d, to %q", res.StatusCode, res.Header.Get("Location"))
		}
	}
	play(t, s, []step{{route: "GET /v1/sessions?user_id=user_ada&paginated=true", status: 200, want: doc{"total_count": 1.0}}})
}
