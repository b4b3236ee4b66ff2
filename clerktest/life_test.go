package clerktest_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

// TestARevokedSessionSignsOut: clerk-js signs out when a token call answers 401,
// and only then.
func TestARevokedSessionSignsOut(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	sc := signedIn(t, s, "ada@example.com", "correct horse")
	id := s.Sessions("user_ada")[0].ID
	sc.play([]step{{route: "POST /v1/client/sessions/" + id + "/touch", status: 200}})
	s.RevokeSession(id)
	sc.play([]step{
		{route: "POST /v1/client/sessions/" + id + "/tokens", status: 401, code: "authentication_invalid"},
		{route: "POST /v1/client/sessions/" + id + "/touch", status: 401, code: "authentication_invalid"},
		{route: "POST /v1/client/sessions/sess_none/tokens", status: 404, code: "resource_not_found"},
	})
}

// TestTheUsersOwnLife: what UserProfile asks for.
func TestTheUsersOwnLife(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		steps []step
	}{
		{name: "password", steps: []step{
			{route: "POST /v1/me/change_password", body: doc{"current_password": "wrong", "new_password": "another horse"}, status: 422, code: "form_password_incorrect", param: "current_password"},
			{route: "POST /v1/me/change_password", body: doc{"current_password": "correct horse", "new_password": "short"}, status: 422, code: "form_password_length_too_short", param: "new_password"},
			{route: "POST /v1/me/change_password", body: doc{"current_password": "correct horse", "new_password": "another horse", "sign_out_of_other_sessions": true}, status: 200, want: doc{"object": "user", "password_enabled": true}},
			{route: "POST /v1/me/remove_password", body: doc{"current_password": "correct horse"}, status: 422, code: "form_password_incorrect", param: "current_password"},
			{route: "POST /v1/me/remove_password", body: doc{"current_password": "another horse"}, status: 200, want: doc{"password_enabled": false}},
			{route: "POST /v1/me/change_password", body: doc{"new_password": "a third horse"}, status: 200, want: doc{"password_enabled": true}},
		}},
		{name: "addresses", steps: []step{
			{route: "POST /v1/me/email_addresses/", body: doc{"email_address": "bob@example.com"}, status: 422, code: "form_identifier_exists", param: "email_address"},
			{route: "e = POST /v1/me/email_addresses/", body: doc{"email_address": "second@example.com"}, status: 200, want: doc{"object": "email_address", "verification": nil}},
			{route: "PATCH /v1/me", body: doc{"primary_email_address_id": "idn_of_another"}, status: 422, code: "resource_not_found", param: "primary_email_address_id"},
			{route: "POST /v1/me/email_addresses/{e}/attempt_verification", body: doc{"code": "424242"}, status: 422, code: "verification_missing", param: "strategy"},
			{route: "POST /v1/me/email_addresses/{e}/prepare_verification", body: doc{"strategy": "phone_code"}, status: 422, code: "form_param_value_invalid", param: "strategy"},
			{route: "POST /v1/me/email_addresses/{e}/prepare_verification", body: doc{"strategy": "email_code"}, status: 200},
			{route: "POST /v1/me/email_addresses/{e}/attempt_verification", body: doc{"code": "111111"}, status: 422, code: "form_code_incorrect", param: "code"},
			{route: "POST /v1/me/email_addresses/{e}/attempt_verification", body: doc{"code": "424242"}, status: 200, want: doc{"verification": doc{"status": "verified", "strategy": "email_code"}}},
			{route: "GET /v1/me/email_addresses", status: 200},
			{route: "DELETE /v1/me/email_addresses/{e}", status: 200, want: doc{"deleted": true}},
			{route: "GET /v1/me/email_addresses/{e}", status: 404, code: "resource_not_found"},
		}},
		{name: "numbers", steps: []step{
			{route: "p = POST /v1/me/phone_numbers/", body: doc{"phone_number": "+15555550100"}, status: 200},
			{route: "POST /v1/me/phone_numbers/{p}/prepare_verification", body: doc{"strategy": "phone_code"}, status: 200},
			{route: "POST /v1/me/phone_numbers/{p}/attempt_verification", body: doc{"code": "424242"}, status: 200, want: doc{"verification": doc{"status": "verified"}}},
			{route: "PATCH /v1/me/phone_numbers/{p}", body: doc{"reserved_for_second_factor": true, "default_second_factor": true}, status: 200, want: doc{"reserved_for_second_factor": true, "default_second_factor": true}},
			{route: "GET /v1/me", status: 200, want: doc{"two_factor_enabled": true}},
			{route: "DELETE /v1/me/phone_numbers/{p}", status: 200},
		}},
		{name: "authenticator app", steps: []step{
			{route: "POST /v1/me/totp", status: 200, want: doc{"object": "totp", "verified": false}},
			{route: "POST /v1/me/totp/attempt_verification", body: doc{"code": "000000"}, status: 422, code: "form_code_incorrect", param: "code"},
			{route: "POST /v1/me/backup_codes/", status: 200, want: doc{"object": "backup_code"}},
			{route: "GET /v1/me", status: 200, want: doc{"backup_code_enabled": true, "totp_enabled": false}},
			{route: "DELETE /v1/me/totp", status: 200, want: doc{"deleted": true}},
			{route: "GET /v1/me", status: 200, want: doc{"backup_code_enabled": false}},
		}},
		{name: "the end", steps: []step{
			{route: "DELETE /v1/me", status: 200, want: doc{"object": "user", "deleted": true}},
			{route: "GET /v1/me", status: 401, code: "authentication_invalid"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := seeded(t)
			s.AddUser(clerktest.User{Email: "bob@example.com"})
			signedIn(t, s, "ada@example.com", "correct horse").play(tt.steps)
		})
	}
}

func TestSessionsOfTheUser(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	here, there := signedIn(t, s, "ada@example.com", "correct horse"), signedIn(t, s, "ada@example.com", "correct horse")
	var list []struct {
		ID       string
		Activity struct{ Object string } `json:"latest_activity"`
	}
	if status := here.send("GET /v1/me/sessions/active", nil, &list); status != http.StatusOK || len(list) != 2 || list[0].Activity.Object != "session_activity" {
		t.Fatalf("active sessions: %d %+v", status, list)
	}
	if status := here.send("POST /v1/me/sessions/"+list[0].ID+"/revoke", nil, nil); status != http.StatusOK {
		t.Errorf("revoke answered %d", status)
	}
	there.play([]step{{route: "GET /v1/me", status: 401, code: "authentication_invalid"}})
	here.play([]step{{route: "GET /v1/me", status: 200}, {route: "POST /v1/me/sessions/sess_none/revoke", status: 404, code: "resource_not_found"}})
}

func TestProfileImage(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	sc := signedIn(t, s, "ada@example.com", "correct horse")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "me.png")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("\x89PNG\r\n\x1a\n0000"))
	_ = form.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/v1/me/profile_image?__clerk_db_jwt="+sc.dvb, &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	if res := do(t, plain(t), req); res.StatusCode != http.StatusOK || !strings.Contains(string(res.body), `"public_url":"http`) {
		t.Fatalf("profile_image answered %d %s", res.StatusCode, res.body)
	}
	sc.play([]step{
		{route: "GET /v1/me", status: 200, want: doc{"has_image": true}},
		{route: "DELETE /v1/me/profile_image", status: 200, want: doc{"deleted": true}},
		{route: "GET /v1/me", status: 200, want: doc{"has_image": false}},
	})
}

// TestJoiningOrganizations: by invitation, and by a suggestion that an
// administrator accepts.
func TestJoiningOrganizations(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	s.AddUser(clerktest.User{ID: "user_bob", Email: "bob@corp.example", Password: "correct horse"})
	s.AddUser(clerktest.User{ID: "user_cat", Email: "cat@corp.example", Password: "correct horse"})
	ada, bob, cat := signedIn(t, s, "ada@example.com", "correct horse"), signedIn(t, s, "bob@corp.example", "correct horse"), signedIn(t, s, "cat@corp.example", "correct horse")
	ada.play([]step{
		{route: "i = POST /v1/organizations/acme/invitations", body: doc{"email_address": "bob@corp.example", "role": "org:admin"}, status: 200, want: doc{"status": "pending"}},
		{route: "POST /v1/organizations/acme/invitations", body: doc{"email_address": "bob@corp.example", "role": "org:admin"}, status: 400, code: "duplicate_record"},
		{route: "POST /v1/organizations/acme/invitations/bulk", body: doc{"email_address": "x@example.com", "role": "org:nothing"}, status: 422, code: "resource_not_found", param: "role"},
		{route: "j = POST /v1/organizations/acme/invitations/bulk", body: doc{"email_address": "x@example.com", "role": "org:member"}, status: 200},
		{route: "GET /v1/organizations/acme/invitations?status[]=pending", status: 200, want: doc{"total_count": 2.0}},
	})
	var list struct {
		Response struct {
			Data []struct {
				ID           string
				Organization struct{ Name string } `json:"public_organization_data"`
			}
		}
	}
	bob.send("GET /v1/me/organization_invitations?status=pending", nil, &list)
	if len(list.Response.Data) != 1 || list.Response.Data[0].Organization.Name != "Acme" {
		t.Fatalf("invitations of the user: %+v", list)
	}
	bob.play([]step{
		{route: "POST /v1/me/organization_invitations/" + list.Response.Data[0].ID + "/accept", status: 200, want: doc{"status": "accepted"}},
		{route: "GET /v1/organizations/acme", status: 200, want: doc{"members_count": 2.0}},
		{route: "POST /v1/me/organization_invitations/orginv_none/accept", status: 404, code: "resource_not_found"},
		{route: "d = POST /v1/organizations/acme/domains", body: doc{"name": "corp.example"}, status: 200, want: doc{"enrollment_mode": "manual_invitation"}},
		{route: "POST /v1/organizations/acme/domains/{d}/prepare_affiliation_verification", body: doc{"affiliation_email_address": "bob@elsewhere.example"}, status: 422, code: "form_param_format_invalid", param: "affiliation_email_address"},
		{route: "POST /v1/organizations/acme/domains/{d}/prepare_affiliation_verification", body: doc{"affiliation_email_address": "bob@corp.example"}, status: 200},
		{route: "POST /v1/organizations/acme/domains/{d}/attempt_affiliation_verification", body: doc{"code": "000000"}, status: 422, code: "form_code_incorrect", param: "code"},
		{route: "POST /v1/organizations/acme/domains/{d}/attempt_affiliation_verification", body: doc{"code": "424242"}, status: 200, want: doc{"verification": doc{"status": "verified"}}},
		{route: "POST /v1/organizations/acme/domains/{d}/update_enrollment_mode", body: doc{"enrollment_mode": "automatic_suggestion"}, status: 200, want: doc{"enrollment_mode": "automatic_suggestion"}},
	})
	cat.send("GET /v1/me/organization_suggestions?status[]=pending", nil, &list)
	if len(list.Response.Data) != 1 {
		t.Fatalf("suggestions: %+v", list)
	}
	bob.play([]step{{route: "GET /v1/organizations/acme/membership_requests?status=pending", status: 200, want: doc{"total_count": 0.0}}})
	request := list.Response.Data[0].ID
	cat.play([]step{
		{route: "POST /v1/me/organization_suggestions/" + request + "/accept", status: 200, want: doc{"object": "organization_suggestion", "status": "accepted"}},
		{route: "POST /v1/me/organization_suggestions/" + request + "/accept", status: 400, code: "organization_suggestion_already_accepted"},
		{route: "GET /v1/organizations/acme", status: 404, code: "organization_not_found_or_unauthorized"},
	})
	bob.play([]step{
		{route: "GET /v1/organizations/acme/membership_requests?status=pending", status: 200, want: doc{"total_count": 1.0}},
		{route: "POST /v1/organizations/acme/membership_requests/" + request + "/accept", status: 200, want: doc{"status": "accepted"}},
		{route: "POST /v1/organizations/acme/membership_requests/" + request + "/accept", status: 400, code: "organization_membership_request_not_pending"},
		{route: "PATCH /v1/organizations/acme/memberships/user_ada", body: doc{"role": "org:member"}, status: 200},
		{route: "DELETE /v1/me/organization_memberships/org_acme", status: 400, code: "organization_minimum_permissions_needed"},
		{route: "PATCH /v1/organizations/acme/memberships/user_bob", body: doc{"role": "org:member"}, status: 400, code: "organization_minimum_permissions_needed"},
		{route: "DELETE /v1/organizations/acme/domains/orgdmn_test0000000000000000001", status: 200, want: doc{"deleted": true}},
	})
	cat.play([]step{{route: "GET /v1/organizations/acme/memberships?role[]=org:member", status: 200, want: doc{"total_count": 2.0}}, {route: "DELETE /v1/me/organization_memberships/org_acme", status: 200}})
}
