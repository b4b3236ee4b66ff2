package clerktest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestMachineTokens(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	type kind struct {
		name, path, field string
		issue             func(clerktest.MachineToken) string
		want              doc
	}
	kinds := []kind{
		{
			name: "M2M", path: "/m2m_tokens/verify", field: "token", issue: s.M2MToken,
			want: doc{"object": "machine_to_machine_token", "subject": "mch_clerktest", "expiration": 1795221177000.0},
		},
		{
			name: "OAuth", path: "/oauth_applications/access_tokens/verify", field: "access_token",
			issue: s.OAuthToken,
			want:  doc{"object": "clerk_idp_oauth_access_token", "type": "oauth_token", "client_id": "client_clerktest"},
		},
		{
			name: "API key", path: "/api_keys/verify", field: "secret", issue: s.APIKey,
			want: doc{"object": "api_key", "type": "api_key", "name": "clerktest", "expiration": nil},
		},
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
