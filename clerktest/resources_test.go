package clerktest_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

// signedIn is a page's script in which a user has signed in.
func signedIn(t *testing.T, s *clerktest.Server, identifier, password string) *script {
	t.Helper()
	sc := newScript(t, s)
	if status := sc.send("POST /v1/client/sign_ins", url.Values{"strategy": {"password"}, "identifier": {identifier}, "password": {password}}, nil); status != http.StatusOK {
		t.Fatalf("sign-in answered %d", status)
	}
	return sc
}

func TestFrontendResources(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		steps []step
	}{
		{name: "the user", steps: []step{
			{route: "GET /v1/me", status: 200, want: doc{"object": "user", "id": "user_ada", "first_name": "Ada", "private_metadata": nil}},
			{route: "PATCH /v1/me", body: doc{"first_name": "Augusta", "username": "ada"}, status: 200, want: doc{"first_name": "Augusta", "username": "ada"}},
			{route: "PATCH /v1/me", body: doc{"public_metadata": "{}"}, status: 422, code: "form_param_unknown", param: "public_metadata"},
			{route: "PATCH /v1/me", body: doc{"banned": true}, status: 422, code: "form_param_unknown", param: "banned"},
			{route: "PATCH /v1/me/metadata", body: doc{"unsafe_metadata": doc{"a": 1, "b": 2}}, status: 200},
			{route: "PATCH /v1/me/metadata", body: doc{"unsafe_metadata": `{"a":null}`}, status: 200, want: doc{"unsafe_metadata": doc{"b": 2.0}}},
			{route: "PATCH /v1/me/metadata", body: doc{"public_metadata": doc{"a": 1}}, status: 422, code: "form_param_unknown", param: "public_metadata"},
		}},
		{name: "organizations", steps: []step{
			{route: "GET /v1/me/organization_memberships?paginated=true&limit=10&offset=0", status: 200, want: doc{"total_count": 1.0}},
			{route: "o = POST /v1/organizations", body: doc{"name": "Made"}, status: 200, want: doc{"object": "organization", "name": "Made", "slug": "made", "members_count": 1.0, "private_metadata": nil}},
			{route: "GET /v1/me/organization_memberships?paginated=true", status: 200, want: doc{"total_count": 2.0}},
			{route: "GET /v1/organizations/{o}", status: 200, want: doc{"name": "Made"}},
			{route: "PATCH /v1/organizations/{o}", body: doc{"name": "Made again"}, status: 200, want: doc{"name": "Made again"}},
			{route: "PATCH /v1/organizations/{o}", body: doc{"max_allowed_memberships": 7}, status: 422, code: "form_param_unknown", param: "max_allowed_memberships"},
			{route: "GET /v1/organizations/{o}/roles?limit=10&offset=0", status: 200, want: doc{"total_count": 2.0}},
			{route: "POST /v1/organizations/{o}/memberships", body: doc{"user_id": "user_bob", "role": "org:member"}, status: 200, want: doc{"role": "org:member"}},
			{route: "PATCH /v1/organizations/{o}/memberships/user_bob", body: doc{"role": "org:admin"}, status: 200, want: doc{"role": "org:admin"}},
			{route: "GET /v1/organizations/{o}/memberships?query=BOB", status: 200, want: doc{"total_count": 1.0}},
			{route: "DELETE /v1/organizations/{o}/memberships/user_bob", status: 200, want: doc{"object": "organization_membership", "role": "org:admin"}},
			{route: "GET /v1/organizations/org_none", status: 404, code: "organization_not_found_or_unauthorized"},
			{route: "DELETE /v1/organizations/{o}", status: 200, want: doc{"deleted": true}},
			{route: "GET /v1/organizations/{o}", status: 404, code: "organization_not_found_or_unauthorized"},
			{route: "DELETE /v1/me/organization_memberships/org_acme", status: 200, want: doc{"deleted": true}},
			{route: "GET /v1/me/organization_memberships?paginated=true", status: 200, want: doc{"total_count": 0.0, "data": []any{}}},
		}},
		{name: "what a mere member may not", steps: []step{
			{route: "GET /v1/organizations/org_other", status: 404, code: "organization_not_found_or_unauthorized"},
			{route: "GET /v1/organizations/org_club/memberships", status: 200, want: doc{"total_count": 2.0}},
			{route: "PATCH /v1/organizations/org_club", body: doc{"name": "x"}, status: 403, code: "missing_permission"},
			{route: "POST /v1/organizations/org_club/memberships", body: doc{"user_id": "user_bob", "role": "org:admin"}, status: 403, code: "missing_permission"},
			{route: "DELETE /v1/organizations/org_club", status: 403, code: "missing_permission"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := seeded(t)
			s.AddUser(clerktest.User{ID: "user_bob", Email: "bob@example.com"})
			s.AddOrganization(clerktest.Organization{ID: "org_other"})
			if tt.name == "what a mere member may not" {
				s.AddOrganization(clerktest.Organization{ID: "org_club", Members: []clerktest.Member{{UserID: "user_bob", Role: "org:admin"}, {UserID: "user_ada"}}})
			}
			signedIn(t, s, "ada@example.com", "correct horse").play(tt.steps)
		})
	}
}

// TestFrontendWantsASession: without one the answer is 401, which makes clerk-js
// look again and sign out.
func TestFrontendWantsASession(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	newScript(t, s).play([]step{
		{route: "GET /v1/me", status: 401, code: "authentication_invalid"},
		{route: "POST /v1/organizations", body: doc{"name": "x"}, status: 401, code: "authentication_invalid"},
	})
	sc := signedIn(t, s, "ada@example.com", "correct horse")
	sc.play([]step{{route: "GET /v1/me?_clerk_session_id=sess_of_another", status: 401, code: "authentication_invalid"}})
	s.RevokeSession(s.Sessions("user_ada")[0].ID)
	sc.play([]step{{route: "GET /v1/me", status: 401, code: "authentication_invalid"}})
}
