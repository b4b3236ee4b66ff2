package clerktest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
)

// step is one call of a story: what came before it stays.
type step struct {
	route  string
	body   any
	status int
	code   string // of the error, for a status of 400 and above
	param  string // that the error names
	want   doc
}

// play makes the calls of a story as a server does, one after the other. A text
// {x} in a route is the id that step "x = …" made.
func play(t *testing.T, s *clerktest.Server, steps []step) {
	t.Helper()
	playAs(t, func(route string, body any) (int, any) {
		var got any
		method, path, _ := strings.Cut(route, " ")
		return call(t, s, method, path, body, &got), got
	}, steps)
}

// play is [play] as a page's script does it; what is looked at is the response in
// the envelope.
func (sc *script) play(steps []step) {
	sc.t.Helper()
	playAs(sc.t, func(route string, body any) (int, any) {
		form := url.Values{}
		fields, _ := body.(doc)
		for name, v := range fields {
			text, is := v.(string)
			if !is {
				raw, err := json.Marshal(v)
				if err != nil {
					sc.t.Fatal(err)
				}
				text = string(raw)
			}
			form.Set(name, text)
		}
		var got doc
		status := sc.send(route, form, &got)
		if response, enveloped := got["response"]; enveloped {
			return status, response
		}
		return status, got
	}, steps)
}

func playAs(t *testing.T, ask func(route string, body any) (int, any), steps []step) {
	t.Helper()
	ids := map[string]string{}
	for _, st := range steps {
		name, route, named := strings.Cut(st.route, " = ")
		if !named {
			route = st.route
		}
		for k, id := range ids {
			route = strings.ReplaceAll(route, "{"+k+"}", id)
		}
		status, got := ask(route, st.body)
		if status != st.status {
			t.Fatalf("%s answered %d %v, want %d", route, status, got, st.status)
		}
		answer, _ := got.(doc)
		if named {
			ids[name], _ = answer["id"].(string)
		}
		if status >= http.StatusBadRequest {
			list, _ := answer["errors"].([]any)
			first, _ := list[0].(doc)
			meta, _ := first["meta"].(doc)
			param, _ := meta["param_name"].(string)
			if first["code"] != st.code || param != st.param {
				t.Fatalf("%s was refused with %v, want the code %s of %q", route, first, st.code, st.param)
			}
			continue
		}
		if list, is := got.([]any); is {
			answer = doc{"list": list}
		}
		if st.want == nil {
			continue
		}
		if diff := cmp.Diff(st.want, pick(answer, st.want)); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", route, diff)
		}
	}
}

func TestBackendSettings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		steps []step
	}{
		{name: "permissions", steps: []step{
			{route: "GET /v1/organization_permissions?query=sys_&order_by=key&limit=1", status: 200, want: doc{"total_count": 8.0}},
			{route: "p = POST /v1/organization_permissions", body: doc{"name": "Read invoices", "key": "org:invoices:read", "description": "d"}, status: 200, want: doc{"object": "permission", "key": "org:invoices:read", "name": "Read invoices", "description": "d", "type": "user"}},
			{route: "GET /v1/organization_permissions/{p}", status: 200, want: doc{"key": "org:invoices:read"}},
			{route: "PATCH /v1/organization_permissions/{p}", body: doc{"name": "See invoices"}, status: 200, want: doc{"key": "org:invoices:read", "name": "See invoices", "description": "d"}},
			{route: "GET /v1/organization_permissions?query=INVOICE", status: 200, want: doc{"total_count": 1.0}},
			{route: "POST /v1/organization_permissions", body: doc{"name": "x", "key": "org:invoices:read"}, status: 422, code: "form_identifier_exists", param: "key"},
			{route: "POST /v1/organization_permissions", body: doc{"name": "x", "key": "invoices"}, status: 422, code: "form_param_format_invalid", param: "key"},
			{route: "POST /v1/organization_permissions", body: doc{"name": "x", "key": "org:sys_x:y"}, status: 422, code: "form_param_value_invalid", param: "key"},
			{route: "POST /v1/organization_permissions", body: doc{"key": "org:a:b"}, status: 422, code: "form_param_missing", param: "name"},
			{route: "POST /v1/organization_permissions", body: doc{"name": nil, "key": "org:a:b"}, status: 422, code: "form_param_nil", param: "name"},
			{route: "POST /v1/organization_permissions", body: doc{"name": 7, "key": "org:a:b"}, status: 422, code: "form_param_type_invalid", param: "name"},
			{route: "POST /v1/organization_permissions", body: doc{"name": strings.Repeat("x", 257), "key": "org:a:b"}, status: 422, code: "form_param_max_length_exceeded", param: "name"},
			{route: "POST /v1/organization_permissions", body: doc{"name": "x", "key": "org:a:b", "color": "red"}, status: 422, code: "form_param_unknown", param: "color"},
			{route: "POST /v1/organization_permissions", body: []any{}, status: 400, code: "request_body_invalid"},
			{route: "GET /v1/organization_permissions?color=red", status: 422, code: "form_param_unknown", param: "color"},
			{route: "GET /v1/organization_permissions?order_by=color", status: 422, code: "form_param_value_invalid", param: "order_by"},
			{route: "GET /v1/organization_permissions?limit=501", status: 422, code: "form_param_format_invalid", param: "limit"},
			{route: "GET /v1/organization_permissions?offset=-1", status: 422, code: "form_param_format_invalid", param: "offset"},
			{route: "DELETE /v1/organization_permissions/org:sys_profile:manage", status: 403, code: "organization_permission_system"},
			{route: "DELETE /v1/organization_permissions/{p}", status: 200, want: doc{"object": "permission", "deleted": true}},
			{route: "GET /v1/organization_permissions/{p}", status: 404, code: "resource_not_found"},
		}},
		{name: "roles", steps: []step{
			{route: "GET /v1/organization_roles?order_by=-name", status: 200, want: doc{"total_count": 2.0}},
			{route: "p = POST /v1/organization_permissions", body: doc{"name": "Read invoices", "key": "org:invoices:read"}, status: 200},
			{route: "r = POST /v1/organization_roles", body: doc{"name": "Clerk", "key": "org:clerk", "permissions": []string{"org:invoices:read"}, "include_in_initial_role_set": true}, status: 200, want: doc{"object": "role", "description": nil, "is_creator_eligible": false}},
			{route: "POST /v1/organization_roles", body: doc{"name": "Clerk", "key": "org:other", "permissions": []string{"perm_none"}}, status: 422, code: "resource_not_found", param: "permissions"},
			{route: "POST /v1/organization_roles/{r}/permissions/{p}", status: 422, code: "form_identifier_exists", param: "permission_id"},
			{route: "DELETE /v1/organization_roles/{r}/permissions/{p}", status: 200, want: doc{"permissions": []any{}}},
			{route: "DELETE /v1/organization_roles/{r}/permissions/{p}", status: 404, code: "resource_not_found"},
			{route: "POST /v1/organization_roles/{r}/permissions/{p}", status: 200, want: doc{"key": "org:clerk"}},
			{route: "DELETE /v1/organization_permissions/{p}", status: 200},
			{route: "GET /v1/organization_roles/{r}", status: 200, want: doc{"permissions": []any{}}},
			{route: "PATCH /v1/organization_roles/org:admin", body: doc{"key": "org:boss"}, status: 422, code: "form_param_value_invalid", param: "key"},
			{route: "GET /v1/organization_roles/org:admin", status: 200, want: doc{"name": "Admin", "is_creator_eligible": true}},
			{route: "DELETE /v1/organization_roles/org:admin", status: 403, code: "organization_role_built_in"},
			{route: "DELETE /v1/organization_roles/{r}", status: 200, want: doc{"deleted": true}},
		}},
		{name: "JWT templates", steps: []step{
			{route: "GET /v1/jwt_templates", status: 200, want: doc{"list": []any{}}},
			{route: "j = POST /v1/jwt_templates", body: doc{"name": "hasura", "claims": doc{"a": doc{"b": "{{user.id}}"}}}, status: 200, want: doc{"object": "jwt_template", "lifetime": 60.0, "allowed_clock_skew": 5.0, "custom_signing_key": false, "signing_algorithm": "RS256", "claims": doc{"a": doc{"b": "{{user.id}}"}}}},
			{route: "GET /v1/jwt_templates?paginated=true", status: 200, want: doc{"total_count": 1.0}},
			{route: "POST /v1/jwt_templates", body: doc{"name": "hasura", "claims": doc{"a": 1}}, status: 422, code: "form_identifier_exists", param: "name"},
			{route: "POST /v1/jwt_templates", body: doc{"name": "x", "claims": doc{"iss": 1}}, status: 422, code: "jwt_template_reserved_claim", param: "claims"},
			{route: "POST /v1/jwt_templates", body: doc{"name": "x", "claims": doc{"a": 1}, "lifetime": 1}, status: 422, code: "form_param_format_invalid", param: "lifetime"},
			{route: "POST /v1/jwt_templates", body: doc{"name": "x", "claims": doc{"a": 1}, "lifetime": 60.5}, status: 422, code: "form_param_type_invalid", param: "lifetime"},
			{route: "POST /v1/jwt_templates", body: doc{"name": "x", "claims": doc{"a": 1}, "custom_signing_key": true}, status: 422, code: "form_param_missing", param: "signing_key"},
			{route: "POST /v1/jwt_templates", body: doc{"name": "x", "claims": doc{"a": 1}, "custom_signing_key": true, "signing_key": "no PEM"}, status: 422, code: "form_param_format_invalid", param: "signing_key"},
			{route: "POST /v1/jwt_templates", body: doc{"name": "x", "claims": doc{"a": 1}, "signing_algorithm": "none"}, status: 422, code: "form_param_value_invalid", param: "signing_algorithm"},
			{route: "PATCH /v1/jwt_templates/{j}", body: doc{"name": "hasura2", "claims": doc{"c": 1}, "lifetime": 120}, status: 200, want: doc{"name": "hasura2", "lifetime": 120.0, "claims": doc{"c": 1.0}}},
			{route: "DELETE /v1/jwt_templates/{j}", status: 200, want: doc{"object": "jwt_template", "deleted": true}},
		}},
		{name: "who may sign up", steps: []step{
			{route: "a = POST /v1/allowlist_identifiers", body: doc{"identifier": "*@example.com", "notify": false}, status: 200, want: doc{"object": "allowlist_identifier", "identifier_type": "email_address"}},
			{route: "POST /v1/allowlist_identifiers", body: doc{"identifier": "+15555550100", "notify": true}, status: 200, want: doc{"identifier_type": "phone_number"}},
			{route: "POST /v1/allowlist_identifiers", body: doc{"identifier": "nothing"}, status: 422, code: "form_param_format_invalid", param: "identifier"},
			{route: "GET /v1/allowlist_identifiers?paginated=true&limit=1", status: 200, want: doc{"total_count": 2.0}},
			{route: "DELETE /v1/allowlist_identifiers/{a}", status: 200, want: doc{"deleted": true}},
			{route: "b = POST /v1/blocklist_identifiers", body: doc{"identifier": "eve@example.com"}, status: 200, want: doc{"object": "blocklist_identifier", "identifier_type": "email_address"}},
			{route: "POST /v1/blocklist_identifiers", body: doc{"identifier": "EVE@example.com"}, status: 422, code: "form_identifier_exists", param: "identifier"},
			{route: "GET /v1/blocklist_identifiers", status: 200, want: doc{"total_count": 1.0}},
			{route: "DELETE /v1/blocklist_identifiers/{b}", status: 200, want: doc{"deleted": true}},
		}},
		{name: "redirect URLs and domains", steps: []step{
			{route: "u = POST /v1/redirect_urls", body: doc{"url": "my-app://callback"}, status: 200, want: doc{"object": "redirect_url", "url": "my-app://callback"}},
			{route: "POST /v1/redirect_urls", body: doc{"url": "callback"}, status: 422, code: "form_param_format_invalid", param: "url"},
			{route: "GET /v1/redirect_urls/{u}", status: 200, want: doc{"url": "my-app://callback"}},
			{route: "PATCH /v1/redirect_urls/{u}", body: doc{"url": "x://y"}, status: 404, code: "resource_not_found"},
			{route: "DELETE /v1/redirect_urls/{u}", status: 200, want: doc{"deleted": true}},
			{route: "GET /v1/domains", status: 200, want: doc{"total_count": 1.0}},
			{route: "POST /v1/domains", body: doc{"name": "sat.example.com", "is_satellite": false}, status: 422, code: "form_param_value_invalid", param: "is_satellite"},
			{route: "d = POST /v1/domains", body: doc{"name": "sat.example.com", "is_satellite": true}, status: 200, want: doc{"object": "domain", "frontend_api_url": "https://clerk.sat.example.com"}},
			{route: "PATCH /v1/domains/{d}", body: doc{"proxy_url": "https://sat.example.com/__clerk"}, status: 200, want: doc{"frontend_api_url": "https://sat.example.com/__clerk"}},
			{route: "DELETE /v1/domains/{d}", status: 200, want: doc{"deleted": true}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			play(t, clerktest.New(t), tt.steps)
		})
	}
}

// TestTemplateWithAKeyOfItsOwn: a template made over the API mints tokens.
func TestTemplateWithAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	const key = "a secret of at least some length"
	s := seeded(t)
	play(t, s, []step{{route: "POST /v1/jwt_templates", status: 200, body: doc{
		"name": "own", "claims": doc{"who": "{{user.id}}"}, "custom_signing_key": true, "signing_algorithm": "HS256", "signing_key": key,
		"lifetime": 90, "allowed_clock_skew": 7,
	}}})
	claims := jwt.MapClaims{}
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithoutClaimsValidation()).
		ParseWithClaims(s.TemplateToken("user_ada", "own"), claims, func(*jwt.Token) (any, error) { return []byte(key), nil })
	if err != nil {
		t.Fatal(err)
	}
	iat, _ := claims["iat"].(float64)
	if claims["who"] != "user_ada" || claims["exp"] != iat+90 || claims["nbf"] != iat-7 {
		t.Errorf("claims %v", claims)
	}
}
