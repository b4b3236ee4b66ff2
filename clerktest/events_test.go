package clerktest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/clerkgo/clerkgo/clerktest"
)

// change is a call of a server, or with a bar before the route of a browser's script, and the events that it
// sends: each once, in this order.
type change struct {
	route  string
	body   any
	events string
	status int // 200 if it is 0.
}

// TestEveryChangeIsAnEventOnce performs changes through both APIs. All events reach a webhook whose
// signatures an outside verifier checks.
func TestEveryChangeIsAnEventOnce(t *testing.T) {
	t.Parallel()
	const password = "correct horse"
	tests := []struct {
		name    string
		nobody  bool
		changes []change
	}{
		{name: "users", changes: []change{
			{route: "u = POST /v1/users", body: doc{"email_address": []string{"eve@example.com"}, "phone_number": []string{"+15555550123"}, "external_id": "e1", "password": password}, events: "user.created"},
			{route: "POST /v1/users", body: doc{"username": "other", "external_id": "e1"}, status: 422},
			{route: "PATCH /v1/users/{u}", body: doc{"first_name": "Eve"}, events: "user.updated"},
			{route: "PATCH /v1/users/{u}/metadata", body: doc{"public_metadata": doc{"a": 1}}, events: "user.updated"},
			{route: "PUT /v1/users/{u}/metadata", body: doc{"public_metadata": doc{}}, events: "user.updated"},
			{route: "PUT /v1/users/{u}/email_address", body: doc{"email_address": "eva@example.com"}, events: "user.updated"},
			{route: "PUT /v1/users/{u}/phone_number", body: doc{"phone_number": "+15555550124"}, events: "user.updated"},
			{route: "e = POST /v1/email_addresses", body: doc{"user_id": "user_ada", "email_address": "ada@work.example"}, events: "user.updated"},
			{route: "PATCH /v1/email_addresses/{e}", body: doc{"verified": true}, events: "user.updated"},
			{route: "DELETE /v1/email_addresses/{e}", events: "user.updated"},
			{route: "p = POST /v1/phone_numbers", body: doc{"user_id": "user_ada", "phone_number": "+15555550125"}, events: "user.updated"},
			{route: "DELETE /v1/phone_numbers/{p}", events: "user.updated"},
			{route: "POST /v1/users/{u}/lock", events: "user.updated"},
			{route: "POST /v1/users/{u}/unlock", events: "user.updated"},
			{route: "POST /v1/users/{u}/remove_password", body: doc{}, events: "user.updated"},
			{route: "POST /v1/sessions", body: doc{"user_id": "user_bob"}, events: "session.created"},
			{route: "POST /v1/users/user_bob/ban", events: "session.revoked user.updated"},
			{route: "DELETE /v1/users/{u}", events: "user.deleted"},
		}},
		{name: "a user who is a member and signed in goes", changes: []change{
			{route: "DELETE /v1/users/user_ada", events: "session.revoked organizationMembership.deleted user.deleted"},
		}},
		{name: "sessions", nobody: true, changes: []change{
			{route: "| POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com", "password": password}, events: "session.created"},
			{route: "| POST /v1/client/sessions/sess_test0000000000000000001/touch", body: doc{"active_organization_id": "org_acme"}},
			{route: "| POST /v1/client/sessions/sess_test0000000000000000001/end", events: "session.ended"},
			{route: "| POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com", "password": password}, events: "session.created"},
			{route: "| POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com", "password": password}, events: "session.ended session.created"},
			{route: "POST /v1/sessions/sess_test0000000000000000003/revoke", events: "session.revoked"},
			{route: "POST /v1/sessions/sess_test0000000000000000003/revoke"},
			{route: "| POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com", "password": password}, events: "session.created"},
			{route: "| DELETE /v1/client/sessions", events: "session.removed"},
			{route: "k = POST /v1/sign_in_tokens", body: doc{"user_id": "user_ada"}},
			{route: "i = | POST /v1/client/sign_ins", body: doc{"identifier": "bob@example.com"}},
			{route: "| POST /v1/client/sign_ins/{i}/prepare_first_factor", body: doc{"strategy": "email_code"}, events: "email.created"},
			{route: "| POST /v1/client/sign_ins/{i}/attempt_first_factor", body: doc{"strategy": "email_code", "code": "1"}, status: 422},
			{route: "| POST /v1/client/sign_ins/{i}/attempt_first_factor", body: doc{"strategy": "email_code", "code": "424242"}, events: "session.created"},
		}},
		{name: "sign-ups", nobody: true, changes: []change{
			{route: "POST /v1/waitlist_entries", body: doc{"email_address": "new@example.com"}, events: "email.created waitlistEntry.created"},
			{route: "s = | POST /v1/client/sign_ups", body: doc{"email_address": "new@example.com", "password": "long enough"}},
			{route: "| POST /v1/client/sign_ups/{s}/prepare_verification", body: doc{"strategy": "email_code"}, events: "email.created"},
			{route: "| POST /v1/client/sign_ups/{s}/attempt_verification", body: doc{"strategy": "email_code", "code": "424242"}, events: "user.created waitlistEntry.updated session.created"},
			{route: "v = POST /v1/invitations", body: doc{"email_address": "x@example.com"}, events: "email.created invitation.created"},
			{route: "POST /v1/invitations/{v}/revoke", events: "invitation.revoked"},
			{route: "POST /v1/invitations/bulk", body: []doc{{"email_address": "y@example.com"}, {"email_address": "z@example.com"}}, events: "email.created invitation.created email.created invitation.created"},
			{route: "POST /v1/invitations/bulk", body: []doc{{"email_address": "w@example.com"}, {"email_address": "z@example.com"}}, status: 400},
			{route: "POST /v1/invitations", body: doc{"email_address": "w@example.com"}, events: "email.created invitation.created"},
		}},
		{name: "profiles", changes: []change{
			{route: "| PATCH /v1/me", body: doc{"first_name": "Ada"}, events: "user.updated"},
			{route: "| PATCH /v1/me/metadata", body: doc{"unsafe_metadata": `{"a":1}`}, events: "user.updated"},
			{route: "e = | POST /v1/me/email_addresses", body: doc{"email_address": "ada@work.example"}, events: "user.updated"},
			{route: "| POST /v1/me/email_addresses/{e}/prepare_verification", body: doc{"strategy": "email_code"}, events: "email.created"},
			{route: "| POST /v1/me/email_addresses/{e}/attempt_verification", body: doc{"code": "424242"}, events: "user.updated"},
			{route: "| DELETE /v1/me/email_addresses/{e}", events: "user.updated"},
			{route: "p = | POST /v1/me/phone_numbers", body: doc{"phone_number": "+15555550126"}, events: "user.updated"},
			{route: "| POST /v1/me/phone_numbers/{p}/prepare_verification", body: doc{"strategy": "phone_code"}, events: "sms.created"},
			{route: "| POST /v1/me/phone_numbers/{p}/attempt_verification", body: doc{"code": "424242"}, events: "user.updated"},
			{route: "| POST /v1/me/change_password", body: doc{"current_password": password, "new_password": "another horse"}, events: "user.updated"},
			{route: "| POST /v1/me/backup_codes", events: "user.updated"},
			{route: "| DELETE /v1/me", events: "session.revoked organizationMembership.deleted user.deleted"},
		}},
		{name: "organizations", changes: []change{
			{route: "o = POST /v1/organizations", body: doc{"name": "New", "created_by": "user_ada"}, events: "organizationMembership.created organization.created"},
			{route: "PATCH /v1/organizations/{o}", body: doc{"name": "Newer"}, events: "organization.updated"},
			{route: "PATCH /v1/organizations/{o}/metadata", body: doc{"public_metadata": doc{"a": 1}}, events: "organization.updated"},
			{route: "POST /v1/organizations/{o}/memberships", body: doc{"user_id": "user_bob", "role": "org:member"}, events: "organizationMembership.created"},
			{route: "POST /v1/organizations/{o}/memberships", body: doc{"user_id": "user_bob", "role": "org:member"}, status: 422},
			{route: "PATCH /v1/organizations/{o}/memberships/user_bob", body: doc{"role": "org:admin"}, events: "organizationMembership.updated"},
			{route: "PATCH /v1/organizations/{o}/memberships/user_bob/metadata", body: doc{"public_metadata": doc{"a": 1}}, events: "organizationMembership.updated"},
			{route: "DELETE /v1/organizations/{o}/memberships/user_bob", events: "organizationMembership.deleted"},
			{route: "i = POST /v1/organizations/{o}/invitations", body: doc{"email_address": "x@example.com", "role": "org:member"}, events: "email.created organizationInvitation.created"},
			{route: "POST /v1/organizations/{o}/invitations/{i}/revoke", body: doc{}, events: "organizationInvitation.revoked"},
			{route: "d = POST /v1/organizations/{o}/domains", body: doc{"name": "new.example"}, events: "organizationDomain.created"},
			{route: "PATCH /v1/organizations/{o}/domains/{d}", body: doc{"verified": true}, events: "organizationDomain.updated"},
			{route: "DELETE /v1/organizations/{o}/domains/{d}", events: "organizationDomain.deleted"},
			{route: "DELETE /v1/organizations/{o}", events: "organizationMembership.deleted organization.deleted"},
		}},
		{name: "organizations of browsers", changes: []change{
			{route: "o = | POST /v1/organizations", body: doc{"name": "New"}, events: "organizationMembership.created organization.created"},
			{route: "| PATCH /v1/organizations/{o}", body: doc{"name": "Newer"}, events: "organization.updated"},
			{route: "| POST /v1/organizations/{o}/invitations", body: doc{"email_address": "bob@example.com", "role": "org:member"}, events: "email.created organizationInvitation.created"},
			{route: "| POST /v1/organizations/{o}/invitations/bulk", body: doc{"email_address": "c@example.com", "role": "org:member"}, events: "email.created organizationInvitation.created"},
			{route: "| POST /v1/organizations/{o}/invitations/bulk", body: doc{"email_address": "c@example.com", "role": "org:member"}, status: 400},
			{route: "d = | POST /v1/organizations/{o}/domains", body: doc{"name": "new.example"}, events: "organizationDomain.created"},
			{route: "| POST /v1/organizations/{o}/domains/{d}/prepare_affiliation_verification", body: doc{"affiliation_email_address": "ada@new.example"}, events: "email.created"},
			{route: "| POST /v1/organizations/{o}/domains/{d}/attempt_affiliation_verification", body: doc{"code": "424242"}, events: "organizationDomain.updated"},
			{route: "| POST /v1/organizations/{o}/domains/{d}/update_enrollment_mode", body: doc{"enrollment_mode": "automatic_suggestion"}, events: "organizationDomain.updated"},
			{route: "| DELETE /v1/organizations/{o}/domains/{d}", events: "organizationDomain.deleted"},
			{route: "| DELETE /v1/me/organization_memberships/org_acme", events: "organizationMembership.deleted"},
			{route: "| DELETE /v1/organizations/{o}", events: "organizationMembership.deleted organization.deleted"},
		}},
		{name: "roles", changes: []change{
			{route: "p = POST /v1/organization_permissions", body: doc{"name": "Read", "key": "org:invoices:read"}, events: "permission.created"},
			{route: "PATCH /v1/organization_permissions/{p}", body: doc{"name": "See"}, events: "permission.updated"},
			{route: "r = POST /v1/organization_roles", body: doc{"name": "Lead", "key": "org:lead", "include_in_initial_role_set": true}, events: "role.created"},
			{route: "POST /v1/organization_roles/{r}/permissions/{p}", events: "role.updated"},
			{route: "PATCH /v1/organization_roles/{r}", body: doc{"name": "Leader"}, events: "role.updated"},
			{route: "PATCH /v1/organizations/org_acme/memberships/user_ada", body: doc{"role": "org:lead"}, events: "organizationMembership.updated"},
			{route: "POST /v1/role_sets/role_set:default/roles/replace", body: doc{"role_key": "org:lead", "to_role_key": "org:admin"}, events: "organizationMembership.updated"},
			{route: "DELETE /v1/organization_roles/{r}", events: "role.deleted"},
			{route: "DELETE /v1/organization_permissions/{p}", events: "permission.deleted"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t, clerktest.Config{
				Users:         []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: password}, {ID: "user_bob", Email: "bob@example.com"}},
				Organizations: []clerktest.Organization{{ID: "org_acme", Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin"}}}},
			})
			sc := newScript(t, s)
			if !tt.nobody {
				sc.send("POST /v1/client/sign_ins", urlForm(t, doc{"identifier": "ada@example.com", "password": password}), nil)
			}
			received := verified(t, s)
			before, ids := len(s.Events()), map[string]string{}
			early := before // Before the webhook was there.
			for _, c := range tt.changes {
				name, route, named := strings.Cut(c.route, " = ")
				if !named {
					route = c.route
				}
				for k, id := range ids {
					route = strings.ReplaceAll(route, "{"+k+"}", id)
				}
				var status int
				var answer any
				if script, is := strings.CutPrefix(route, "| "); is {
					fields, _ := c.body.(doc)
					status = sc.send(script, urlForm(t, fields), &answer)
				} else {
					method, path, _ := strings.Cut(route, " ")
					status = call(t, s, method, path, c.body, &answer)
				}
				if want := max(c.status, http.StatusOK); status != want {
					t.Fatalf("%s answered %d, want %d", route, status, want)
				}
				if named {
					one, _ := answer.(map[string]any)
					if response, is := one["response"].(map[string]any); is {
						one = response
					}
					ids[name], _ = one["id"].(string)
				}
				var sent []string
				for _, e := range s.Events()[before:] {
					sent = append(sent, e.Type)
					shaped(t, route, e)
				}
				before += len(sent)
				if diff := cmp.Diff(strings.Fields(c.events), append([]string{}, sent...)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", route, diff)
				}
			}
			until(t, func() bool { return received() == before-early })
		})
	}
}

func urlForm(t *testing.T, fields doc) (form map[string][]string) {
	t.Helper()
	form = map[string][]string{}
	for name, v := range fields {
		text, is := v.(string)
		if !is {
			t.Fatalf("the field %s is %v", name, v)
		}
		form[name] = []string{text}
	}
	return form
}

// shaped checks what the data of an event must have, whatever it is about.
func shaped(t *testing.T, route string, e clerktest.Event) {
	t.Helper()
	var body struct {
		Object, Type string
		Timestamp    int64
		InstanceID   string `json:"instance_id"`
		Data         map[string]any
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		t.Fatal(err)
	}
	about, what, _ := strings.Cut(e.Type, ".")
	object := map[string]string{
		"organizationMembership": "organization_membership", "organizationInvitation": "organization_invitation",
		"organizationDomain": "organization_domain", "waitlistEntry": "waitlist_entry", "sms": "sms_message",
	}[about]
	if object == "" {
		object = about
	}
	must := []string{"id"}
	switch about {
	case "organizationMembership":
		must = append(must, "organization", "public_user_data", "role")
	case "session":
		must = append(must, "user", "user_id", "client_id", "status")
	case "email":
		must = append(must, "to_email_address", "data", "slug")
	}
	for _, name := range must {
		if body.Data[name] == nil {
			t.Errorf("%s sent %s without %s: %v", route, e.Type, name, body.Data)
		}
	}
	if body.Object != "event" || body.Type != e.Type || body.Timestamp == 0 || body.InstanceID == "" || body.Data["object"] != object {
		t.Errorf("%s sent %s", route, e.Body)
	}
	if user, _ := body.Data["public_user_data"].(map[string]any); about == "organizationMembership" && user["identifier"] == "" {
		t.Errorf("%s sent %s of a nameless user", route, e.Type)
	}
	if gone, _ := body.Data["deleted"].(bool); what == "deleted" && !gone && about != "organizationMembership" && about != "role" && about != "permission" {
		t.Errorf("%s sent %s that does not say deleted: %v", route, e.Type, body.Data)
	}
}

// verified counts the requests to a webhook that an outside verifier accepts.
func verified(t *testing.T, s *clerktest.Server) func() int {
	t.Helper()
	var mu sync.Mutex
	var n int
	var verifier *standardwebhooks.Webhook
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		header := http.Header{}
		for _, name := range []string{"Id", "Timestamp", "Signature"} {
			header.Set("Webhook-"+name, r.Header.Get("Svix-"+name))
		}
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = verifier.Verify(body, header)
		}
		if err != nil {
			t.Error(err)
		}
		n++
	}))
	t.Cleanup(app.Close)
	_, secret, err := s.AddWebhook(clerktest.Webhook{URL: app.URL})
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if verifier, err = standardwebhooks.NewWebhook(secret); err != nil {
		t.Fatal(err)
	}
	return func() int { mu.Lock(); defer mu.Unlock(); return n }
}
