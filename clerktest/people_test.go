package clerktest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestBackendPeople(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		steps []step
	}{
		{name: "every field of a new user", steps: []step{
			{route: "u = POST /v1/users", status: 200, body: doc{
				"email_address": []string{"a@example.com", "b@example.com"}, "phone_number": []string{"+15555550100"}, "username": "ann", "external_id": "x1",
				"email_address_identification_status": []string{"verified", "reserved"}, "first_name": "Ann", "last_name": "B", "locale": "en-GB", "timezone": "Europe/Berlin",
				"created_at": "2024-01-02T03:04:05Z", "legal_accepted_at": "2024-01-02T03:04:05Z", "banned": true, "locked": true, "skip_legal_checks": true, "skip_password_requirement": true,
				"totp_secret": "JBSWY3DPEHPK3PXP", "backup_codes": []string{"one", "two"}, "unsafe_metadata": doc{"a": 1}, "private_metadata": doc{"b": 2},
			}, want: doc{
				"username": "ann", "external_id": "x1", "locale": "en-GB", "timezone": "Europe/Berlin", "created_at": 1704164645000.0, "legal_accepted_at": 1704164645000.0,
				"banned": true, "locked": true, "totp_enabled": true, "backup_code_enabled": true, "two_factor_enabled": true, "password_enabled": false,
				"unsafe_metadata": doc{"a": 1.0}, "private_metadata": doc{"b": 2.0}, "create_organization_enabled": true, "delete_self_enabled": true,
			}},
			{route: "GET /v1/users?email_address=b@example.com&username=ann&phone_number=%2B15555550100", status: 200},
			{route: "POST /v1/users", body: doc{"username": "x", "external_id": "x1"}, status: 422, code: "form_identifier_exists", param: "external_id"},
			{route: "POST /v1/users", body: doc{"username": "ANN"}, status: 422, code: "form_identifier_exists", param: "username"},
			{route: "POST /v1/users", body: doc{"email_address": []string{"B@example.com"}}, status: 422, code: "form_identifier_exists", param: "email_address"},
			{route: "POST /v1/users", body: doc{"phone_number": []string{"+15555550100"}}, status: 422, code: "form_identifier_exists", param: "phone_number"},
			{route: "POST /v1/users", body: doc{"phone_number": []string{"0555"}}, status: 422, code: "form_param_format_invalid", param: "phone_number"},
			{route: "POST /v1/users", body: doc{"email_address": "c@example.com"}, status: 422, code: "form_param_type_invalid", param: "email_address"},
			{route: "POST /v1/users", body: doc{"username": "y", "color": "red"}, status: 422, code: "form_param_unknown", param: "color"},
			{route: "POST /v1/users/{u}/verify_totp", body: doc{"code": "two"}, status: 200, want: doc{"verified": true, "code_type": "backup_code"}},
			{route: "POST /v1/users/{u}/verify_totp", body: doc{"code": "two"}, status: 422, code: "form_code_incorrect", param: "code"},
			{route: "DELETE /v1/users/{u}/backup_code", status: 200, want: doc{"user_id": "user_test0000000000000000001"}},
			{route: "DELETE /v1/users/{u}/mfa", status: 200},
			{route: "GET /v1/users/{u}", status: 200, want: doc{"totp_enabled": false, "backup_code_enabled": false, "two_factor_enabled": false}},
			{route: "DELETE /v1/users/{u}/passkeys/none", status: 404, code: "resource_not_found"},
		}},
		{name: "a user with a username alone has no address", steps: []step{
			{route: "POST /v1/users", body: doc{"username": "solo"}, status: 200, want: doc{"email_addresses": []any{}, "primary_email_address_id": nil}},
		}},
		{name: "a changed user", steps: []step{
			{route: "u = POST /v1/users", body: doc{"username": "ann", "password": "correct horse"}, status: 200, want: doc{"password_enabled": true}},
			{route: "PATCH /v1/users/{u}", body: doc{"create_organization_enabled": false, "create_organizations_limit": 3, "delete_self_enabled": false, "first_name": nil}, status: 200, want: doc{"create_organization_enabled": false, "create_organizations_limit": 3.0, "delete_self_enabled": false, "first_name": nil}},
			{route: "PATCH /v1/users/{u}", body: doc{"primary_email_address_id": "idn_none"}, status: 422, code: "resource_not_found", param: "primary_email_address_id"},
			{route: "PATCH /v1/users/{u}", body: doc{"banned": true}, status: 422, code: "form_param_unknown", param: "banned"},
			{route: "PATCH /v1/users/{u}/metadata", body: doc{"public_metadata": doc{"a": doc{"b": 1, "c": 2}}}, status: 200},
			{route: "PATCH /v1/users/{u}/metadata", body: doc{"public_metadata": doc{"a": doc{"b": nil}}}, status: 200, want: doc{"public_metadata": doc{"a": doc{"c": 2.0}}}},
			{route: "PUT /v1/users/{u}/metadata", body: doc{"public_metadata": doc{"z": 1}}, status: 200, want: doc{"public_metadata": doc{"z": 1.0}}},
			{route: "PATCH /v1/users/{u}/metadata", body: doc{"first_name": "x"}, status: 422, code: "form_param_unknown", param: "first_name"},
			{route: "POST /v1/users/{u}/remove_password", body: doc{"sign_out_of_other_sessions": true}, status: 200, want: doc{"password_enabled": false}},
			{route: "POST /v1/users/{u}/verify_password", body: doc{"password": "correct horse"}, status: 422, code: "no_password_set", param: "password"},
		}},
		{name: "addresses and numbers", steps: []step{
			{route: "u = POST /v1/users", body: doc{"email_address": []string{"a@example.com"}}, status: 200},
			{route: "e = POST /v1/email_addresses", body: doc{"user_id": "user_test0000000000000000001", "email_address": "b@example.com", "verified": true, "primary": true}, status: 200, want: doc{"object": "email_address", "verification": doc{"status": "verified"}}},
			{route: "GET /v1/users/{u}", status: 200, want: doc{"primary_email_address_id": "idn_test0000000000000000002"}},
			{route: "PATCH /v1/email_addresses/{e}", body: doc{"verified": false}, status: 200, want: doc{"verification": nil}},
			{route: "POST /v1/email_addresses", body: doc{"user_id": "user_none", "email_address": "c@example.com"}, status: 422, code: "resource_not_found", param: "user_id"},
			{route: "POST /v1/email_addresses", body: doc{"user_id": "user_test0000000000000000001", "email_address": "nobody"}, status: 422, code: "form_param_format_invalid", param: "email_address"},
			{route: "DELETE /v1/email_addresses/{e}", status: 200, want: doc{"deleted": true}},
			{route: "GET /v1/users/{u}", status: 200, want: doc{"primary_email_address_id": "idn_test0000000000000000001"}},
			{route: "PUT /v1/users/{u}/email_address", body: doc{"email_address": "new@example.com"}, status: 200, want: doc{"email_address": "new@example.com"}},
			{route: "GET /v1/users?email_address=a@example.com", status: 200, want: doc{"list": []any{}}},
			{route: "p = POST /v1/phone_numbers", body: doc{"user_id": "user_test0000000000000000001", "phone_number": "+15555550101", "verified": true, "reserved_for_second_factor": true}, status: 200, want: doc{"object": "phone_number", "reserved_for_second_factor": true}},
			{route: "GET /v1/users/{u}", status: 200, want: doc{"two_factor_enabled": true}},
			{route: "PATCH /v1/phone_numbers/{p}", body: doc{"reserved_for_second_factor": false}, status: 200, want: doc{"reserved_for_second_factor": false}},
			{route: "PUT /v1/users/{u}/phone_number", body: doc{"phone_number": "+15555550102"}, status: 200, want: doc{"phone_number": "+15555550102"}},
			{route: "GET /v1/phone_numbers/{p}", status: 404, code: "resource_not_found"},
			{route: "DELETE /v1/users/{u}", status: 200},
			{route: "POST /v1/users", body: doc{"email_address": []string{"new@example.com"}}, status: 200},
		}},
		{name: "organizations and their members", steps: []step{
			{route: "u = POST /v1/users", body: doc{"username": "ann"}, status: 200},
			{route: "v = POST /v1/users", body: doc{"username": "bob"}, status: 200},
			{route: "o = POST /v1/organizations", body: doc{"name": "One", "created_by": "user_test0000000000000000001", "max_allowed_memberships": 2}, status: 200, want: doc{"slug": "one", "members_count": 1.0, "max_allowed_memberships": 2.0, "admin_delete_enabled": true}},
			{route: "POST /v1/organizations", body: doc{"name": "One"}, status: 200, want: doc{"slug": "one-2", "members_count": 0.0}},
			{route: "GET /v1/organizations?query=one&order_by=-members_count&limit=1", status: 200, want: doc{"total_count": 2.0}},
			{route: "GET /v1/organizations?organization_id=one&include_members_count=true", status: 200, want: doc{"total_count": 1.0}},
			{route: "GET /v1/organizations?user_id=user_test0000000000000000001", status: 200, want: doc{"total_count": 1.0}},
			{route: "GET /v1/organizations?user_id=-user_test0000000000000000001", status: 200, want: doc{"total_count": 1.0}},
			{route: "PATCH /v1/organizations/{o}", body: doc{"admin_delete_enabled": false, "slug": "uno"}, status: 200, want: doc{"admin_delete_enabled": false, "slug": "uno"}},
			{route: "PATCH /v1/organizations/{o}", body: doc{"slug": "one-2"}, status: 422, code: "form_identifier_exists", param: "slug"},
			{route: "PATCH /v1/organizations/{o}", body: doc{"slug": "Not a slug"}, status: 422, code: "form_param_format_invalid", param: "slug"},
			{route: "GET /v1/organizations/{o}/memberships", status: 200, want: doc{"total_count": 1.0}},
			{route: "POST /v1/organizations/uno/memberships", body: doc{"user_id": "user_test0000000000000000002", "role": "org:nothing"}, status: 422, code: "resource_not_found", param: "role"},
			{route: "POST /v1/organizations/uno/memberships", body: doc{"user_id": "user_test0000000000000000002", "role": "org:admin"}, status: 200, want: doc{"role": "org:admin", "role_name": "Admin"}},
			{route: "w = POST /v1/users", body: doc{"username": "cat"}, status: 200},
			{route: "POST /v1/organizations/uno/memberships", body: doc{"user_id": "user_test0000000000000000003", "role": "org:member"}, status: 403, code: "organization_membership_quota_exceeded"},
			{route: "GET /v1/organizations/uno/memberships?username_query=BO", status: 200, want: doc{"total_count": 1.0}},
			{route: "GET /v1/organizations/uno/memberships?order_by=username&query=nn", status: 200, want: doc{"total_count": 1.0}},
			{route: "GET /v1/organizations/uno/memberships?created_at_after=never", status: 422, code: "form_param_format_invalid", param: "created_at_after"},
			{route: "GET /v1/organization_memberships", status: 200, want: doc{"total_count": 2.0}},
			{route: "DELETE /v1/users/{u}", status: 200},
			{route: "GET /v1/organizations/uno", status: 200, want: doc{"members_count": 1.0}},
			{route: "DELETE /v1/organizations/{o}", status: 200},
			{route: "GET /v1/users/{v}/organization_memberships", status: 200, want: doc{"total_count": 0.0}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			play(t, clerktest.New(t), tt.steps)
		})
	}
}

func TestUsersInOrder(t *testing.T) {
	t.Parallel()
	clock := clerktest.NewClock(epoch)
	s := clerktest.New(t, clerktest.Config{Clock: clock})
	for _, u := range []clerktest.User{
		{ID: "user_a", FirstName: "Zoe", LastName: "A", Username: "m", Email: "3@example.com"},
		{ID: "user_b", FirstName: "Adam", LastName: "C", Username: "k", Email: "1@example.com"},
		{ID: "user_c", FirstName: "mia", LastName: "B", Username: "l", Email: "2@example.com"},
	} {
		s.AddUser(u)
		clock.Advance(time.Second)
	}
	s.SessionToken("user_b")
	for query, want := range map[string]string{
		"order_by=first_name":               "user_b user_c user_a",
		"order_by=-first_name":              "user_a user_c user_b",
		"order_by=last_name&limit=2":        "user_a user_c",
		"order_by=username&offset=1":        "user_c user_a",
		"order_by=email_address":            "user_b user_c user_a",
		"order_by=-updated_at":              "user_c user_b user_a",
		"order_by=-last_sign_in_at&limit=1": "user_b",
		"last_sign_in_at_after=1":           "user_b",
		"created_at_after=1795217577000":    "user_c user_b",
		"created_at_before=1795217578000":   "user_a",
		"last_active_at_since=1":            "user_b",
		"query=ADAM+c":                      "user_b",
		"query=@EXAMPLE&user_id=user_c":     "user_c",
		"web3_wallet=0x1":                   "",
	} {
		var list []struct{ ID string }
		if status := call(t, s, http.MethodGet, "/v1/users?"+query, nil, &list); status != http.StatusOK {
			t.Fatalf("%s answered %d", query, status)
		}
		ids := make([]string, 0, len(list))
		for _, u := range list {
			ids = append(ids, u.ID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("users?%s are %q, want %q", query, got, want)
		}
	}
}

// TestAdminsOfTheBackendAPIHaveTheirPermissions: those of the role, system
// permissions included, which components need.
func TestAdminsHaveThePermissionsOfTheirRole(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	s.AddUser(clerktest.User{ID: "user_ada"})
	var made struct{ Permissions []string }
	call(t, s, http.MethodPost, "/v1/organizations", doc{"name": "Acme", "created_by": "user_ada"}, nil)
	call(t, s, http.MethodPatch, "/v1/organizations/acme/memberships/user_ada", doc{"role": "org:admin"}, &made)
	if len(made.Permissions) != 8 || made.Permissions[0] != "org:sys_profile:manage" {
		t.Errorf("permissions of an administrator: %v", made.Permissions)
	}
}
