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
		{"a user", "GET /v1/users/user_ada", nil, 200, doc{"object": "user", "id": "user_ada", "first_name": "Ada", "last_name": nil, "password_enabled": true, "banned": false, "private_metadata": doc{}, "created_at": 1795217577000.0}},
		{"no such user", "GET /v1/users/user_eve", nil, 404, nil},
		{"how many users", "GET /v1/users/count", nil, 200, doc{"object": "total_count", "total_count": 1.0}},
		{"how many users of an address", "GET /v1/users/count?email_address=eve@example.com", nil, 200, doc{"total_count": 0.0}},
		{"a new user", "POST /v1/users", doc{"email_address": []string{"new@example.com"}, "first_name": "New", "public_metadata": doc{"a": 1}, "password": "long enough"}, 200, doc{"object": "user", "first_name": "New", "public_metadata": doc{"a": 1.0}, "password_enabled": true}},
		{"a new user without an identifier", "POST /v1/users", doc{}, 422, nil},
		{"a new user of a taken address", "POST /v1/users", doc{"email_address": []string{"ADA@example.com"}}, 422, nil},
		{"a new user with a short password", "POST /v1/users", doc{"email_address": []string{"new@example.com"}, "password": "short"}, 422, nil},
		{"a short password that is not checked", "POST /v1/users", doc{"email_address": []string{"new@example.com"}, "password": "short", "skip_password_checks": true}, 200, doc{"password_enabled": true}},
		{"a changed user", "PATCH /v1/users/user_ada", doc{"last_name": "L", "external_id": "x1"}, 200, doc{"first_name": "Ada", "last_name": "L", "external_id": "x1", "password_enabled": true}},
		{"a deleted user", "DELETE /v1/users/user_ada", nil, 200, doc{"object": "user", "id": "user_ada", "deleted": true}},
		{"a banned user", "POST /v1/users/user_ada/ban", nil, 200, doc{"banned": true}},
		{"a locked user", "POST /v1/users/user_ada/lock", nil, 200, doc{"locked": true}},
		{"a right password", "POST /v1/users/user_ada/verify_password", doc{"password": "correct horse"}, 200, doc{"verified": true}},
		{"a wrong password", "POST /v1/users/user_ada/verify_password", doc{"password": "x"}, 422, nil},
		{"a user's memberships", "GET /v1/users/user_ada/organization_memberships", nil, 200, doc{"total_count": 1.0}},
		{"an organization by id", "GET /v1/organizations/org_acme", nil, 200, doc{"object": "organization", "id": "org_acme", "name": "Acme", "slug": "acme", "members_count": 1.0, "created_by": "user_ada"}},
		{"an organization by slug", "GET /v1/organizations/acme", nil, 200, doc{"id": "org_acme"}},
		{"no such organization", "GET /v1/organizations/nothing", nil, 404, nil},
		{"a new organization", "POST /v1/organizations", doc{"name": "New Co", "created_by": "user_ada"}, 200, doc{"name": "New Co", "slug": "new-co", "members_count": 1.0}},
		{"a new organization without a name", "POST /v1/organizations", doc{}, 422, nil},
		{"a new organization of a taken slug", "POST /v1/organizations", doc{"name": "x", "slug": "acme"}, 422, nil},
		{"a new organization of nobody", "POST /v1/organizations", doc{"name": "x", "created_by": "user_eve"}, 422, nil},
		{"a changed organization", "PATCH /v1/organizations/org_acme", doc{"name": "Acme Ltd"}, 200, doc{"name": "Acme Ltd", "slug": "acme"}},
		{"a deleted organization", "DELETE /v1/organizations/org_acme", nil, 200, doc{"object": "organization", "deleted": true}},
		{"members", "GET /v1/organizations/org_acme/memberships", nil, 200, doc{"total_count": 1.0}},
		{"members of another role", "GET /v1/organizations/org_acme/memberships?role=org:member", nil, 200, doc{"total_count": 0.0, "data": []any{}}},
		{"a member that is nobody", "POST /v1/organizations/org_acme/memberships", doc{"user_id": "user_bob", "role": "org:member"}, 422, nil},
		{"a member twice", "POST /v1/organizations/org_acme/memberships", doc{"user_id": "user_ada", "role": "org:member"}, 422, nil},
		{"a member's new role", "PATCH /v1/organizations/org_acme/memberships/user_ada", doc{"role": "org:member"}, 200, doc{"role": "org:member", "object": "organization_membership"}},
		{"a member's metadata", "PATCH /v1/organizations/org_acme/memberships/user_ada/metadata", doc{"private_metadata": doc{"a": 1}}, 200, doc{"private_metadata": doc{"a": 1.0}}},
		{"a member removed", "DELETE /v1/organizations/org_acme/memberships/user_ada", nil, 200, doc{"role": "org:admin"}},
		{"no such member", "DELETE /v1/organizations/org_acme/memberships/user_eve", nil, 404, nil},
		{"clients", "GET /v1/clients", nil, 200, doc{"total_count": 0.0, "data": []any{}}},
		{"no such client", "GET /v1/clients/client_nobody", nil, 404, nil},
		{"no client to verify", "POST /v1/clients/verify", doc{"token": "x.y.z"}, 401, nil},
		{"a new session", "POST /v1/sessions", doc{"user_id": "user_ada"}, 200, doc{"object": "session", "status": "active", "user_id": "user_ada"}},
		{"a session of nobody", "POST /v1/sessions", doc{"user_id": "user_eve"}, 422, nil},
		{"no such session", "GET /v1/sessions/sess_nobody", nil, 404, nil},
		{"no such session to revoke", "POST /v1/sessions/sess_nobody/revoke", nil, 404, nil},
		{"a ticket for nobody", "POST /v1/sign_in_tokens", doc{"user_id": "user_eve"}, 422, nil},
		{"no such ticket", "POST /v1/sign_in_tokens/sit_nothing/revoke", nil, 404, nil},
		{"an impersonation by nobody", "POST /v1/actor_tokens", doc{"user_id": "user_ada"}, 422, nil},
		{"a testing token", "POST /v1/testing_tokens", nil, 200, doc{"object": "testing_token"}},
		{"no such path", "GET /v1/nothing", nil, 404, nil},
		{"no such method", "DELETE /v1/jwks", nil, 404, nil},
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
		{"the secret key", "GET /v1/jwks", "Bearer " + s.SecretKey(), 200},
		{"nothing", "GET /v1/jwks", "", 401},
		{"a wrong key", "GET /v1/jwks", "Bearer sk_test_wrong", 401},
		{"the key without its scheme", "GET /v1/jwks", s.SecretKey(), 401},
		{"a longer key", "GET /v1/jwks", "Bearer " + s.SecretKey() + "x", 401},
		{"a machine's key for a user", "GET /v1/users/user_ada", "Bearer " + s.MachineSecretKey(), 401},
		{"a machine's key for a token", "POST /m2m_tokens/verify", "Bearer " + s.MachineSecretKey(), 404},
		{"nothing, for a nonce", "GET /v1/clients/handshake_payload?nonce=x", "", 401},
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
			{http.MethodPatch, doc{"a": doc{"b": 1, "c": 2}, "n": nil}, doc{"a": doc{"b": 1.0, "c": 2.0}}},
			{http.MethodPatch, doc{"a": doc{"b": nil, "d": doc{"e": nil}}}, doc{"a": doc{"c": 2.0, "d": doc{}}}},
			{http.MethodPatch, doc{"a": 5}, doc{"a": 5.0}},
			{http.MethodPatch, doc{}, doc{"a": 5.0}},
			{http.MethodPut, doc{"z": 1}, doc{"z": 1.0}},
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

func TestMachineTokens(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	type kind struct {
		name, path, field string
		issue             func(clerktest.MachineToken) string
		want              doc
	}
	kinds := []kind{
		{"M2M", "/m2m_tokens/verify", "token", s.M2MToken, doc{"object": "machine_to_machine_token", "subject": "mch_clerktest", "expiration": 1795221177000.0}},
		{"OAuth", "/oauth_applications/access_tokens/verify", "access_token", s.OAuthToken, doc{"object": "clerk_idp_oauth_access_token", "type": "oauth_token", "client_id": "client_clerktest"}},
		{"API key", "/api_keys/verify", "secret", s.APIKey, doc{"object": "api_key", "type": "api_key", "name": "clerktest", "expiration": nil}},
	}
	for _, k := range kinds {
		for _, version := range []string{"", "/v1"} {
			verify := func(token string) (int, doc) {
				var got doc
				return call(t, s, http.MethodPost, version+k.path, doc{k.field: token}, &got), got
			}
			token := k.issue(clerktest.MachineToken{Scopes: []string{"a", "b"}})
			status, got := verify(token)
			k.want["scopes"], k.want["revoked"], k.want["expired"] = []any{"a", "b"}, false, false
			if diff := cmp.Diff(k.want, pick(got, k.want)); status != 200 || diff != "" {
				t.Errorf("%s: %d (-want +got):\n%s", k.name, status, diff)
			}
			for _, other := range kinds {
				if other.name != k.name {
					if status := call(t, s, http.MethodPost, version+other.path, doc{other.field: token}, nil); status != 404 {
						t.Errorf("%s verified as %s: %d", k.name, other.name, status)
					}
				}
			}
			if !s.RevokeToken(token) || s.RevokeToken(token) {
				t.Errorf("%s: RevokeToken did not report what it did", k.name)
			}
			expired := k.issue(clerktest.MachineToken{Lifetime: -time.Second})
			for what, token := range map[string]string{"revoked": token, "expired": expired, "unknown": token + "x", "empty": ""} {
				if status, _ := verify(token); status != http.StatusNotFound {
					t.Errorf("%s, %s: answered %d, want 404", k.name, what, status)
				}
			}
			if status := call(t, s, http.MethodPost, version+k.path, []string{"x"}, nil); status != http.StatusBadRequest {
				t.Errorf("%s: a body of another shape answered %d", k.name, status)
			}
		}
	}
}

func TestMachineTokenManagement(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	var key doc
	if status := call(t, s, http.MethodPost, "/api_keys", doc{"name": "ci"}, nil); status != 422 {
		t.Errorf("a key without a subject answered %d", status)
	}
	call(t, s, http.MethodPost, "/v1/api_keys", doc{"name": "ci", "subject": "user_ada", "scopes": []string{"read"}, "seconds_until_expiration": 60}, &key)
	id, _ := key["id"].(string)
	secret, _ := key["secret"].(string)
	if !strings.HasPrefix(secret, "ak_") || key["expiration"] != 1795217637000.0 {
		t.Fatalf("new key %v", key)
	}
	var got doc
	call(t, s, http.MethodGet, "/api_keys/"+id+"/secret", nil, &got)
	if got["secret"] != secret {
		t.Errorf("secret %v", got)
	}
	call(t, s, http.MethodPatch, "/api_keys/"+id, doc{"description": "d", "scopes": []string{}}, &got)
	if got["description"] != "d" || len(texts(got["scopes"])) != 0 || got["name"] != "ci" {
		t.Errorf("changed key %v", got)
	}
	count := func(path, name string) int {
		var list doc
		call(t, s, http.MethodGet, path, nil, &list)
		rows, _ := list[name].([]any)
		return len(rows)
	}
	if n := count("/api_keys?subject=user_ada", "data"); n != 1 {
		t.Errorf("%d keys of Ada's, want 1", n)
	}
	call(t, s, http.MethodPost, "/api_keys/"+id+"/revoke", doc{"revocation_reason": "leaked"}, &got)
	if got["revoked"] != true || got["revocation_reason"] != "leaked" || count("/api_keys", "data") != 0 || count("/api_keys?include_invalid=true", "data") != 1 {
		t.Errorf("revoked key %v", got)
	}
	if status := call(t, s, http.MethodDelete, "/api_keys/"+id, nil, nil); status != 200 {
		t.Errorf("DELETE answered %d", status)
	}
	if status := call(t, s, http.MethodGet, "/api_keys/"+id, nil, nil); status != 404 {
		t.Errorf("a deleted key answered %d", status)
	}

	var m2m doc
	call(t, s, http.MethodPost, "/m2m_tokens", doc{"token_format": "jwt", "claims": doc{"x": 1}, "seconds_until_expiration": 10}, &m2m)
	token, _ := m2m["token"].(string)
	if header, claims := decode(t, s, token); header["cat"] != clerktest.CategoryM2M || claims["x"] != 1.0 || claims["exp"] != 1795217587.0 {
		t.Errorf("M2M JWT %v %v", header, claims)
	}
	if n := count("/m2m_tokens?subject=mch_clerktest", "m2m_tokens"); n != 1 {
		t.Errorf("%d M2M tokens, want 1", n)
	}
	id, _ = m2m["id"].(string)
	if status := call(t, s, http.MethodPost, "/m2m_tokens/"+id+"/revoke", nil, nil); status != 200 || count("/m2m_tokens", "m2m_tokens") != 0 {
		t.Errorf("revoke answered %d", status)
	}
}

func TestBodiesAreLimited(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	for name, tt := range map[string]struct {
		body   string
		status int
	}{
		"a body of 2 MiB":   {`{"token":"` + strings.Repeat("x", 2<<20) + `"}`, http.StatusRequestEntityTooLarge},
		"a body of no JSON": {`{"token":`, http.StatusBadRequest},
		"an empty body":     {"", http.StatusNotFound},
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
