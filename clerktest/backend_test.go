package clerktest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
)

type doc = map[string]any

// pick returns the fields of got that want names, so that a diff shows only them.
func pick(got, want doc) doc {
	out := doc{}
	for k := range want {
		out[k] = got[k]
		if inner, is := want[k].(doc); is {
			if g, both := got[k].(doc); both {
				out[k] = pick(g, inner)
			}
		}
	}
	return out
}

func TestBackendAPI(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		route  string
		body   doc
		status int
		want   doc
	}{
		{
			name: "a user", route: "GET /v1/users/user_ada", status: 200,
			want: doc{"object": "user", "id": "user_ada", "first_name": "Ada", "last_name": nil, "password_enabled": true, "banned": false, "private_metadata": doc{}, "created_at": 1795217577000.0},
		},
		{name: "no such user", route: "GET /v1/users/user_eve", status: 404, want: nil},
		{
			name: "how many users", route: "GET /v1/users/count", status: 200,
			want: doc{"object": "total_count", "total_count": 1.0},
		},
		{
			name: "how many users of an address", route: "GET /v1/users/count?email_address=eve@example.com",
			status: 200, want: doc{"total_count": 0.0},
		},
		{
			name: "a new user", route: "POST /v1/users",
			body:   doc{"email_address": []string{"new@example.com"}, "first_name": "New", "public_metadata": doc{"a": 1}, "password": "long enough"},
			status: 200,
			want:   doc{"object": "user", "first_name": "New", "public_metadata": doc{"a": 1.0}, "password_enabled": true},
		},
		{name: "a new user without an identifier", route: "POST /v1/users", body: doc{}, status: 422, want: nil},
		{
			name: "a new user of a taken address", route: "POST /v1/users",
			body: doc{"email_address": []string{"ADA@example.com"}}, status: 422, want: nil,
		},
		{
			name: "a new user with a short password", route: "POST /v1/users",
			body: doc{"email_address": []string{"new@example.com"}, "password": "short"}, status: 422, want: nil,
		},
		{
			name: "a short password that is not checked", route: "POST /v1/users",
			body:   doc{"email_address": []string{"new@example.com"}, "password": "short", "skip_password_checks": true},
			status: 200, want: doc{"password_enabled": true},
		},
		{
			name: "a changed user", route: "PATCH /v1/users/user_ada",
			body: doc{"last_name": "L", "external_id": "x1"}, status: 200,
			want: doc{"first_name": "Ada", "last_name": "L", "external_id": "x1", "password_enabled": true},
		},
		{
			name: "a deleted user", route: "DELETE /v1/users/user_ada", status: 200,
			want: doc{"object": "user", "id": "user_ada", "deleted": true},
		},
		{name: "a banned user", route: "POST /v1/users/user_ada/ban", status: 200, want: doc{"banned": true}},
		{name: "a locked user", route: "POST /v1/users/user_ada/lock", status: 200, want: doc{"locked": true}},
		{
			name: "a right password", route: "POST /v1/users/user_ada/verify_password",
			body: doc{"password": "correct horse"}, status: 200, want: doc{"verified": true},
		},
		{
			name: "a wrong password", route: "POST /v1/users/user_ada/verify_password", body: doc{"password": "x"},
			status: 422, want: nil,
		},
		{
			name: "a user's memberships", route: "GET /v1/users/user_ada/organization_memberships", status: 200,
			want: doc{"total_count": 1.0},
		},
		{
			name: "an organization by id", route: "GET /v1/organizations/org_acme", status: 200,
			want: doc{"object": "organization", "id": "org_acme", "name": "Acme", "slug": "acme", "members_count": 1.0, "created_by": "user_ada"},
		},
		{
			name: "an organization by slug", route: "GET /v1/organizations/acme", status: 200,
			want: doc{"id": "org_acme"},
		},
		{name: "no such organization", route: "GET /v1/organizations/nothing", status: 404, want: nil},
		{
			name: "a new organization", route: "POST /v1/organizations",
			body: doc{"name": "New Co", "created_by": "user_ada"}, status: 200,
			want: doc{"name": "New Co", "slug": "new-co", "members_count": 1.0},
		},
		{
			name: "a new organization without a name", route: "POST /v1/organizations", body: doc{}, status: 422,
			want: nil,
		},
		{
			name: "a new organization of a taken slug", route: "POST /v1/organizations",
			body: doc{"name": "x", "slug": "acme"}, status: 422, want: nil,
		},
		{
			name: "a new organization of nobody", route: "POST /v1/organizations",
			body: doc{"name": "x", "created_by": "user_eve"}, status: 422, want: nil,
		},
		{
			name: "a changed organization", route: "PATCH /v1/organizations/org_acme", body: doc{"name": "Acme Ltd"},
			status: 200, want: doc{"name": "Acme Ltd", "slug": "acme"},
		},
		{
			name: "a deleted organization", route: "DELETE /v1/organizations/org_acme", status: 200,
			want: doc{"object": "organization", "deleted": true},
		},
		{
			name: "members", route: "GET /v1/organizations/org_acme/memberships", status: 200,
			want: doc{"total_count": 1.0},
		},
		{
			name: "members of another role", route: "GET /v1/organizations/org_acme/memberships?role=org:member",
			status: 200, want: doc{"total_count": 0.0, "data": []any{}},
		},
		{
			name: "a member that is nobody", route: "POST /v1/organizations/org_acme/memberships",
			body: doc{"user_id": "user_bob", "role": "org:member"}, status: 422, want: nil,
		},
		{
			name: "a member twice", route: "POST /v1/organizations/org_acme/memberships",
			body: doc{"user_id": "user_ada", "role": "org:member"}, status: 422, want: nil,
		},
		{
			name: "a member's new role", route: "PATCH /v1/organizations/org_acme/memberships/user_ada",
			body: doc{"role": "org:member"}, status: 200,
			want: doc{"role": "org:member", "object": "organization_membership"},
		},
		{
			name: "a member's metadata", route: "PATCH /v1/organizations/org_acme/memberships/user_ada/metadata",
			body: doc{"private_metadata": doc{"a": 1}}, status: 200, want: doc{"private_metadata": doc{"a": 1.0}},
		},
		{
			name: "a member removed", route: "DELETE /v1/organizations/org_acme/memberships/user_ada", status: 200,
			want: doc{"role": "org:admin"},
		},
		{
			name: "no such member", route: "DELETE /v1/organizations/org_acme/memberships/user_eve", status: 404,
			want: nil,
		},
		{name: "clients", route: "GET /v1/clients", status: 200, want: doc{"total_count": 0.0, "data": []any{}}},
		{name: "no such client", route: "GET /v1/clients/client_nobody", status: 404, want: nil},
		{
			name: "no client to verify", route: "POST /v1/clients/verify", body: doc{"token": "x.y.z"}, status: 401,
			want: nil,
		},
		{
			name: "a new session", route: "POST /v1/sessions", body: doc{"user_id": "user_ada"}, status: 200,
			want: doc{"object": "session", "status": "active", "user_id": "user_ada"},
		},
		{
			name: "a session of nobody", route: "POST /v1/sessions", body: doc{"user_id": "user_eve"}, status: 422,
			want: nil,
		},
		{name: "no such session", route: "GET /v1/sessions/sess_nobody", status: 404, want: nil},
		{name: "no such session to revoke", route: "POST /v1/sessions/sess_nobody/revoke", status: 404, want: nil},
		{
			name: "a ticket for nobody", route: "POST /v1/sign_in_tokens", body: doc{"user_id": "user_eve"},
			status: 422, want: nil,
		},
		{name: "no such ticket", route: "POST /v1/sign_in_tokens/sit_nothing/revoke", status: 404, want: nil},
		{
			name: "an impersonation by nobody", route: "POST /v1/actor_tokens", body: doc{"user_id": "user_ada"},
			status: 422, want: nil,
		},
		{name: "a testing token", route: "POST /v1/testing_tokens", status: 200, want: doc{"object": "testing_token"}},
		{name: "no such path", route: "GET /v1/nothing", status: 404, want: nil},
		{name: "no such method", route: "DELETE /v1/jwks", status: 404, want: nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := seeded(t)
			method, path, _ := strings.Cut(tt.route, " ")
			var body any
			if tt.body != nil {
				body = tt.body
			}
			var got doc
			status := call(t, s, method, path, body, &got)
			if status != tt.status {
				t.Fatalf("answered %d %v, want %d", status, got, tt.status)
			}
			if status >= 400 {
				list, _ := got["errors"].([]any)
				if trace, _ := got["clerk_trace_id"].(string); len(list) == 0 || len(trace) != 32 {
					t.Fatalf("error envelope %v", got)
				}
				e, _ := list[0].(doc)
				if e["code"] == "" || e["message"] == "" || e["long_message"] == "" || e["meta"] == nil {
					t.Errorf("error %v", e)
				}
				return
			}
			if diff := cmp.Diff(tt.want, pick(got, tt.want)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBackendWantsTheSecretKey(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	tests := []struct {
		name   string
		route  string
		bearer string
		status int
	}{
		{name: "the secret key", route: "GET /v1/jwks", bearer: "Bearer " + s.SecretKey(), status: 200},
		{name: "nothing", route: "GET /v1/jwks", status: 401},
		{name: "a wrong key", route: "GET /v1/jwks", bearer: "Bearer sk_test_wrong", status: 401},
		{name: "the key without its scheme", route: "GET /v1/jwks", bearer: s.SecretKey(), status: 401},
		{name: "a longer key", route: "GET /v1/jwks", bearer: "Bearer " + s.SecretKey() + "x", status: 401},
		{
			name: "a machine's key for a user", route: "GET /v1/users/user_ada",
			bearer: "Bearer " + s.MachineSecretKey(), status: 401,
		},
		{
			name: "a machine's key for a token", route: "POST /m2m_tokens/verify",
			bearer: "Bearer " + s.MachineSecretKey(), status: 404,
		},
		{name: "nothing, for a nonce", route: "GET /v1/clients/handshake_payload?nonce=x", status: 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			method, path, _ := strings.Cut(tt.route, " ")
			req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if tt.bearer != "" {
				req.Header.Set("Authorization", tt.bearer)
			}
			res := do(t, plain(t), req)
			if res.StatusCode != tt.status || (tt.status == 401) != strings.Contains(string(res.body), `"clerk_key_invalid"`) {
				t.Errorf("answered %d %s, want %d", res.StatusCode, res.body, tt.status)
			}
		})
	}
}

func TestBackendListsUsers(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	for _, id := range []string{"user_a", "user_b", "user_c"} {
		s.AddUser(clerktest.User{ID: id, FirstName: "F" + id, ExternalID: "x_" + id})
	}
	s.AddMember("org_x", clerktest.Member{UserID: "user_b", Role: "admin"})
	for query, want := range map[string]string{
		"":                                  "user_c user_b user_a",
		"?limit=1&offset=1":                 "user_b",
		"?offset=9":                         "",
		"?order_by=created_at":              "user_a user_b user_c",
		"?order_by=%2Bcreated_at":           "user_a user_b user_c",
		"?user_id=user_a&user_id=user_c":    "user_c user_a",
		"?email_address=user_a@example.com": "user_a",
		"?external_id=x_user_b":             "user_b",
		"?organization_id=org_x":            "user_b",
		"?query=fuser_c":                    "user_c",
		"?username=nobody":                  "",
		"?phone_number=%2B15555550100":      "",
	} {
		var list []struct{ ID string }
		call(t, s, http.MethodGet, "/v1/users"+query, nil, &list)
		ids := make([]string, 0, len(list))
		for _, u := range list {
			ids = append(ids, u.ID)
		}
		if got := strings.Join(ids, " "); got != want || list == nil {
			t.Errorf("users%s are %q, want %q", query, got, want)
		}
	}
	var made doc
	call(t, s, http.MethodPost, "/v1/organizations/org_x/memberships", doc{"user_id": "user_a", "role": "org:admin"}, &made)
	if made["role"] != "org:admin" {
		t.Errorf("a new member: %v", made)
	}
	if !s.RemoveMember("org_x", "user_b") || s.RemoveMember("org_x", "user_b") || s.RemoveMember("org_y", "user_b") {
		t.Error("RemoveMember did not report what it did")
	}
}

func TestBackendMergesMetadata(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"/v1/users/user_ada", "/v1/organizations/org_acme", "/v1/organizations/org_acme/memberships/user_ada"} {
		s := seeded(t)
		for _, step := range []struct {
			method string
			body   doc
			want   doc
		}{
			{
				method: http.MethodPatch, body: doc{"a": doc{"b": 1, "c": 2}, "n": nil},
				want: doc{"a": doc{"b": 1.0, "c": 2.0}},
			},
			{
				method: http.MethodPatch, body: doc{"a": doc{"b": nil, "d": doc{"e": nil}}},
				want: doc{"a": doc{"c": 2.0, "d": doc{}}},
			},
			{method: http.MethodPatch, body: doc{"a": 5}, want: doc{"a": 5.0}},
			{method: http.MethodPatch, body: doc{}, want: doc{"a": 5.0}},
			{method: http.MethodPut, body: doc{"z": 1}, want: doc{"z": 1.0}},
		} {
			var got struct {
				Public  doc `json:"public_metadata"`
				Private doc `json:"private_metadata"`
			}
			call(t, s, step.method, base+"/metadata", doc{"public_metadata": step.body}, &got)
			if diff := cmp.Diff(step.want, got.Public); diff != "" || len(got.Private) != 0 {
				t.Errorf("%s %s %v (-want +got):\n%s", step.method, base, step.body, diff)
			}
		}
	}
}

func TestBackendEndsSessions(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	c := s.Client(t, "user_ada", "http://localhost:3000")
	dvb := devBrowserOf(t, c, "http://localhost:3000")
	sid := s.Sessions("user_ada")[0].ID
	var got doc
	call(t, s, http.MethodGet, "/v1/sessions/"+sid, nil, &got)
	if diff := cmp.Diff(doc{"object": "session", "id": sid, "user_id": "user_ada", "status": "active", "last_active_organization_id": nil},
		pick(got, doc{"object": 0, "id": 0, "user_id": 0, "status": 0, "last_active_organization_id": 0})); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	clientID := s.Sessions("user_ada")[0].ClientID
	token := s.SessionToken("user_ada", clerktest.SessionID(sid))
	for _, route := range []string{"GET /v1/clients/" + clientID, "POST /v1/clients/verify"} {
		method, path, _ := strings.Cut(route, " ")
		var client doc
		call(t, s, method, path, doc{"token": token}, &client)
		if client["id"] != clientID || !cmp.Equal(texts(client["session_ids"]), []string{sid}) {
			t.Errorf("%s: %v", route, client)
		}
	}
	s.Clock().Advance(time.Minute)
	if status := call(t, s, http.MethodPost, "/v1/clients/verify", doc{"token": token}, nil); status != http.StatusUnauthorized {
		t.Errorf("an expired token's client answered %d, want 401", status)
	}
	call(t, s, http.MethodPost, "/v1/sessions/"+sid+"/revoke", nil, &got)
	if got["status"] != "revoked" {
		t.Errorf("status %v after revoke", got["status"])
	}
	_, list := shake(t, s, noFollow(c), map[string][]string{"redirect_url": {"http://localhost:3000/"}, "__clerk_db_jwt": {dvb}})
	if !mentions(list, "__client_uat=0;") || !mentions(list, "__session=;") {
		t.Errorf("the next handshake hands over %q", list)
	}
	var page struct {
		Total int `json:"total_count"`
		Data  []doc
	}
	call(t, s, http.MethodGet, "/v1/sessions?user_id=user_ada&status=revoked&paginated=true", nil, &page)
	if page.Total != 1 || page.Data[0]["id"] != sid {
		t.Errorf("revoked sessions %+v", page)
	}
	for _, route := range []string{"POST /v1/users/user_ada/ban", "DELETE /v1/users/user_ada"} {
		s.Client(t, "user_ada", "http://localhost:3000")
		method, path, _ := strings.Cut(route, " ")
		call(t, s, method, path, nil, nil)
		if got := len(active(s)); got != 0 {
			t.Errorf("%s left %d sessions active", route, got)
		}
	}
}

func TestBodiesAreLimited(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	for name, tt := range map[string]struct {
		body   string
		status int
	}{
		"a body of 2 MiB": {
			body: `{"token":"` + strings.Repeat("x", 2<<20) + `"}`, status: http.StatusRequestEntityTooLarge,
		},
		"a body of no JSON": {body: `{"token":`, status: http.StatusBadRequest},
		"an empty body":     {status: http.StatusNotFound},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/m2m_tokens/verify", strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.SecretKey())
		res := do(t, plain(t), req)
		if res.StatusCode != tt.status || !json.Valid(res.body) {
			t.Errorf("%s answered %d %.80s, want %d", name, res.StatusCode, res.body, tt.status)
		}
	}
}
