package clerktest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestControlResetPutsTheInstanceToItsStart(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t, clerktest.Config{
		Users:         []clerktest.User{{ID: "user_ada", FirstName: "Ada"}},
		Organizations: []clerktest.Organization{{ID: "org_acme", Members: []clerktest.Member{{UserID: "user_ada"}}}},
		Templates:     []clerktest.Template{{Name: "api", Claims: map[string]any{"x": 1}}},
	})
	seed := func(id string) map[string]any {
		return map[string]any{"users": []any{map[string]any{"id": id, "username": id}}}
	}
	if status, doc := control(t, clerk, "POST", "/seed?keep=true", seed("user_kept")); status != 204 {
		t.Fatalf("seed: %d %v", status, doc)
	}
	if status, doc := control(t, clerk, "POST", "/seed", seed("user_gone")); status != 204 {
		t.Fatalf("seed: %d %v", status, doc)
	}
	clerk.AddUser(clerktest.User{ID: "user_ada", FirstName: "Changed"})
	clerk.SessionToken("user_ada")
	clerk.Inject("GET /v1/jwks", clerktest.Fault{Status: 500})
	clerk.Clock().Advance(time.Hour)
	if status, doc := control(t, clerk, "POST", "/reset", nil); status != 204 {
		t.Fatalf("reset: %d %v", status, doc)
	}
	for path, want := range map[string]int{"/v1/users/user_ada": 200, "/v1/users/user_kept": 200, "/v1/users/user_gone": 404, "/v1/organizations/org_acme": 200, "/v1/jwks": 200} {
		if got, _ := control(t, clerk, "GET", path, nil); got != want {
			t.Errorf("%s: got %d, want %d", path, got, want)
		}
	}
	if _, doc := control(t, clerk, "GET", "/v1/users/user_ada", nil); doc["first_name"] != "Ada" {
		t.Errorf("first_name: got %v", doc["first_name"])
	}
	if n := len(clerk.Sessions("")); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	if _, doc := control(t, clerk, "GET", "/faults", nil); doc["total_count"] != 0.0 {
		t.Errorf("faults: got %v", doc)
	}
	if _, doc := control(t, clerk, "GET", "/clock", nil); doc["offset_seconds"] != 0.0 || doc["frozen"] != false {
		t.Errorf("clock: got %v", doc)
	}
}

func TestControlSeedNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	user := func(more map[string]any) map[string]any {
		doc := map[string]any{"email_address": "x@example.com"}
		maps.Copy(doc, more)
		return map[string]any{"users": []any{map[string]any{"username": "first"}, doc}}
	}
	for name, tc := range map[string]struct {
		seed map[string]any
		want string
	}{
		"a setting that is none": {map[string]any{"organization_settings": map[string]any{"colour": "red"}}, "seed_invalid organization_settings.colour"},
		"a list of settings":     {map[string]any{"organization_settings": []any{map[string]any{"enabled": true}}}, "seed_invalid organization_settings"},
		"an unknown list":        {map[string]any{"people": []any{}}, "seed_invalid people"},
		"no list":                {map[string]any{"users": "ada"}, "seed_invalid users"},
		"no object":              {map[string]any{"users": []any{"ada"}}, "seed_invalid users[0]"},
		"an unknown field":       {user(map[string]any{"nickname": "x"}), "seed_invalid users[1].nickname"},
		"a wrong type":           {user(map[string]any{"first_name": []any{}}), "seed_invalid users[1].first_name"},
		"a wrong address":        {user(map[string]any{"email_address": "nobody"}), "seed_invalid users[1].email_address"},
		"a short password":       {user(map[string]any{"password": "x"}), "seed_invalid users[1].password"},
		"a name that is taken":   {user(map[string]any{"username": "first"}), "seed_invalid users[1].username"},
		"an id that is taken":    {user(map[string]any{"id": "user_ada"}), "seed_invalid users[1].id"},
		"a missing field":        {map[string]any{"organizations": []any{map[string]any{"slug": "x"}}}, "seed_invalid organizations[0]"},
		"a member who is nobody": {map[string]any{"organizations": []any{map[string]any{"name": "X", "members": []any{map[string]any{"user_id": "nobody@example.com"}}}}}, "seed_invalid organizations[0].members[0].user_id"},
		"a role that is none":    {map[string]any{"organizations": []any{map[string]any{"name": "X", "members": []any{map[string]any{"user_id": "user_ada", "role": "org:boss"}}}}}, "seed_invalid organizations[0].members[0].role"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clerk := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{ID: "user_ada"}}})
			status, doc := control(t, clerk, "POST", "/seed", tc.seed)
			if got := refusedAt(doc); status != 422 || got != tc.want {
				t.Errorf("got %d %q, want 422 %q: %v", status, got, tc.want, doc)
			}
			if _, count := control(t, clerk, "GET", "/v1/users/count", nil); count["total_count"] != 1.0 {
				t.Errorf("after a refused seed there are %v users, want 1", count["total_count"])
			}
		})
	}
}

// TestControlSeedNamesWhatThereIs: a row that names another one that is nowhere is refused with its field, the name and
// what to do, and nothing of the seed is made.
func TestControlSeedNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	type row = map[string]any
	for _, tc := range []struct {
		field, list string
		row         row
	}{
		{"active_organization", "users", row{"username": "eve", "active_organization": "nowhere"}},
		{"primary_email_address_id", "users", row{"username": "eve", "primary_email_address_id": "nowhere"}},
		{"primary_phone_number_id", "users", row{"username": "eve", "primary_phone_number_id": "nowhere"}},
		{"primary_web3_wallet_id", "users", row{"username": "eve", "primary_web3_wallet_id": "nowhere"}},
		{"created_by", "organizations", row{"name": "X", "created_by": "nowhere"}},
		{"role_set_id", "organizations", row{"name": "X", "role_set_id": "nowhere"}},
		{"user_id", "memberships", row{"organization_id": "org_acme", "role": "org:member", "user_id": "nowhere"}},
		{"organization_id", "memberships", row{"organization_id": "nowhere", "role": "org:member", "user_id": "user_ada"}},
		{"role", "memberships", row{"organization_id": "org_acme", "role": "nowhere", "user_id": "user_bob"}},
		{"permissions", "memberships", row{"organization_id": "org_acme", "role": "org:member", "user_id": "user_bob", "permissions": []any{"nowhere"}}},
		{"permissions", "roles", row{"key": "org:x", "name": "X", "permissions": []any{"org:sys_domains:read", "nowhere"}}},
		{"user_id", "email_addresses", row{"email_address": "x@example.com", "user_id": "nowhere"}},
		{"user_id", "phone_numbers", row{"phone_number": "+15555550100", "user_id": "nowhere"}},
		{"user_id", "external_accounts", row{"provider": "oauth_google", "user_id": "nowhere"}},
		{"user_id", "sign_in_tokens", row{"user_id": "nowhere"}},
		{"user_id", "actor_tokens", row{"user_id": "nowhere", "actor": row{"sub": "user_ada"}}},
		{"user_id", "membership_requests", row{"user_id": "nowhere", "organization_id": "org_acme"}},
		{"organization_id", "membership_requests", row{"user_id": "user_ada", "organization_id": "nowhere"}},
		{"organization_id", "organization_domains", row{"name": "x.example", "organization_id": "nowhere"}},
		{"organization_id", "organization_invitations", row{"email_address": "x@example.com", "role": "org:member", "organization_id": "nowhere"}},
		{"role", "organization_invitations", row{"email_address": "x@example.com", "role": "nowhere", "organization_id": "org_acme"}},
		{"inviter_user_id", "organization_invitations", row{"email_address": "x@example.com", "role": "org:member", "organization_id": "org_acme", "inviter_user_id": "nowhere"}},
		{"organization_id", "enterprise_connections", row{"name": "X", "provider": "saml_okta", "domains": []any{"x.example"}, "organization_id": "nowhere"}},
		{"subject", "api_keys", row{"name": "X", "subject": "nowhere"}},
		{"roles", "role_sets", row{"name": "X", "roles": []any{"nowhere"}, "default_role_key": "org:member", "creator_role_key": "org:admin"}},
		{"default_role_key", "role_sets", row{"name": "X", "roles": []any{"org:admin"}, "default_role_key": "nowhere", "creator_role_key": "org:admin"}},
		{"invitation_id", "waitlist_entries", row{"email_address": "x@example.com", "invitation_id": "nowhere"}},
		{"client_id", "sessions", row{"client_id": "nowhere", "user_id": "user_ada"}},
		{"creator_role_id", "organization_settings", row{"creator_role_id": "nowhere"}},
	} {
		t.Run(tc.list+" "+tc.field, func(t *testing.T) {
			t.Parallel()
			clerk := clerktest.New(t, clerktest.Config{
				Users:         []clerktest.User{{ID: "user_ada"}, {ID: "user_bob"}},
				Organizations: []clerktest.Organization{{ID: "org_acme", Members: []clerktest.Member{{UserID: "user_ada"}}}},
			})
			_, before := control(t, clerk, "GET", "/export", nil)
			seed, path := row{"permissions": []any{row{"key": "org:new:read", "name": "New"}}, tc.list: []any{tc.row}}, tc.list+"[0]."+tc.field
			if tc.list == "organization_settings" {
				seed[tc.list], path = tc.row, tc.list+"."+tc.field
			}
			status, doc := control(t, clerk, "POST", "/seed", seed)
			if got := refusedAt(doc); status != 422 || got != "seed_invalid "+path {
				t.Errorf("got %d %q, want 422 at %s: %v", status, got, path, doc)
			}
			if said := fmt.Sprint(doc["errors"]); !strings.Contains(said, `There is no "nowhere" among the `) || !strings.Contains(said, "List it there, or name another by its ") {
				t.Errorf("it does not say what is missing, and what to do: %s", said)
			}
			if _, after := control(t, clerk, "GET", "/export", nil); !cmp.Equal(before, after) {
				t.Errorf("something of the seed is there:\n%s", cmp.Diff(before, after))
			}
		})
	}
}

// TestControlSeedNamesByWhatIsKnown: rows name others, also those that their seed lists later, by what people know.
func TestControlSeedNamesByWhatIsKnown(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t)
	if status, doc := control(t, clerk, "POST", "/seed", `{
		"users": [{"id": "user_ada", "username": "ada", "phone_number": "+15555550100", "external_id": "e1", "active_organization": "acme"}],
		"email_addresses": [{"user_id": "e1", "email_address": "ada@example.com"}],
		"organizations": [{"id": "org_acme", "name": "Acme", "slug": "acme"}],
		"memberships": [{"organization_id": "acme", "user_id": "+15555550100", "role": "org:admin"}],
		"organization_domains": [{"organization_id": "acme", "name": "acme.example"}],
		"organization_invitations": [{"organization_id": "acme", "email_address": "bob@example.com", "role": "org:member", "inviter_user_id": "ada"}],
		"api_keys": [{"name": "k", "subject": "ada"}, {"name": "o", "subject": "acme"}],
		"organization_settings": {"creator_role_id": "org:member"}
	}`); status != 204 {
		t.Fatalf("got %d %v", status, doc)
	}
	_, state := control(t, clerk, "GET", "/export", nil)
	text, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"ActiveOrganization":"org_acme"`, `"InviterUserID":"user_ada"`, `"Subject":"org_acme"`, `"Subject":"user_ada"`, `"CreatorRole":"org:member"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the state lacks %s", want)
		}
	}
}

func TestControlSeedMakesWhatItLists(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t)
	status, doc := control(t, clerk, "POST", "/seed", `{
		"permissions": [{"key": "org:invoices:read", "name": "Read invoices"}, {"key": "org:extra:read", "name": "Read more"}],
		"roles": [{"key": "org:billing", "name": "Billing", "permissions": ["org:invoices:read"]}],
		"users": [{"id": "user_ada", "email_address": "ada@example.com", "password": "correct-horse", "first_name": "Ada", "plans": ["pro"], "public_metadata": {"a": 1}}],
		"organizations": [{"id": "org_acme", "name": "Acme", "created_by": "ada@example.com", "features": ["reports"]},
			{"name": "Beta", "members": [{"user_id": "ada@example.com", "role": "org:billing", "permissions": ["org:extra:read"]}]}],
		"templates": [{"name": "api", "claims": {"name": "{{user.first_name}}"}}]
	}`)
	if status != 204 {
		t.Fatalf("got %d %v", status, doc)
	}
	if _, user := control(t, clerk, "GET", "/v1/users/user_ada", nil); user["password_enabled"] != true {
		t.Errorf("user: got %v", user)
	}
	_, members := control(t, clerk, "GET", "/v1/users/user_ada/organization_memberships", nil)
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"role":"org:admin"`, `"role":"org:billing"`, `"org:invoices:read"`, `"org:extra:read"`, `"slug":"beta"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("memberships lack %s: %s", want, text)
		}
	}
	for body, want := range map[string]string{
		`{"user_id": "user_ada", "template": "api"}`:                                "jwt_template",
		`{"user_id": "user_ada", "organization_id": "acme", "lifetime_seconds": 5}`: "session_token",
		`{"type": "m2m_token", "subject": "mch_1", "scopes": ["mch_2"]}`:            "m2m_token",
		`{"type": "api_key", "subject": "user_ada", "claims": {"tier": 1}}`:         "api_key",
		`{"type": "oauth_token", "subject": "user_ada", "scopes": ["email"]}`:       "oauth_token",
		`{"type": "api_key", "subject": "", "template": "", "scopes": []}`:          "api_key", // Empty says nothing.
		`{"user_id": "user_nobody"}`:                                                "resource_not_found user_id",
		`{"user_id": "user_ada", "organization_id": "nowhere"}`:                     "resource_not_found organization_id",
		`{"user_id": "user_ada", "template": "none"}`:                               "resource_not_found template",
		`{"type": "cookie"}`:                       "form_param_value_invalid type",
		`{"user_id": "user_ada", "colour": "red"}`: "form_param_unknown colour",
	} {
		_, doc := control(t, clerk, "POST", "/tokens", body)
		if doc["type"] != want && refusedAt(doc) != want {
			t.Errorf("%s: got %v, want %s", body, doc, want)
		}
	}
}

// TestControlSeedConfiguresSigningIn: what the dashboard of Clerk configures, a seed can.
func TestControlSeedConfiguresSigningIn(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t, clerktest.Config{SessionClaims: map[string]any{"from": "config"}, Users: []clerktest.User{{ID: "user_ada", FirstName: "Ada"}}})
	status, doc := control(t, clerk, "POST", "/seed", `{"authentication": {"first_factors": ["phone_code"], "several_sessions": true, "session_lifetime": 3600,
		"session_claims": {"name": "{{user.first_name}}"}}}`)
	if status != 204 {
		t.Fatalf("got %d %v", status, doc)
	}
	res, err := http.Get(clerk.URL() + "/v1/environment")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(text), `"single_session_mode":false`) {
		t.Errorf("environment: got %s %v", text, err)
	}
	_, token := control(t, clerk, "POST", "/tokens", `{"user_id": "user_ada"}`)
	parts := strings.Split(fmt.Sprint(token["token"]), ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[min(1, len(parts)-1)])
	if err != nil || !strings.Contains(string(payload), `"name":"Ada"`) || !strings.Contains(string(payload), `"from":"config"`) {
		t.Errorf("claims: got %s %v", payload, err)
	}
	_, session := control(t, clerk, "POST", "/v1/sessions", `{"user_id": "user_ada"}`)
	made, isMade := session["created_at"].(float64)
	if ends, is := session["expire_at"].(float64); !is || !isMade || ends-made != 3600_000 {
		t.Errorf("a session lasts from %v to %v", session["created_at"], session["expire_at"])
	}
}

func TestControlStateSurvives(t *testing.T) {
	t.Parallel()
	users := []clerktest.User{{ID: "user_ada", Password: "correct-horse", Plans: []string{"pro"}}}
	clerk := clerktest.New(t, clerktest.Config{Users: users})
	if _, err := clerk.RotateKey(); err != nil {
		t.Fatal(err)
	}
	clerk.AddMember("org_acme", clerktest.Member{UserID: "user_ada", Role: "org:admin"})
	clerk.APIKey(clerktest.MachineToken{ID: "ak_1", Claims: map[string]any{"tier": "gold"}})
	clerk.Clock().Set(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
	token := clerk.SessionToken("user_ada")
	_, state := control(t, clerk, "GET", "/export", nil)

	next := clerktest.New(t)
	if status, doc := control(t, next, "POST", "/import", state); status != 204 {
		t.Fatalf("import: %d %v", status, doc)
	}
	if _, again := control(t, next, "GET", "/export", nil); !sameJSON(t, state, again) {
		t.Errorf("what was imported is exported otherwise")
	}
	if string(next.JWKS()) != string(clerk.JWKS()) {
		t.Errorf("the keys are others")
	}
	if got := next.Sessions("user_ada"); len(got) != 1 || got[0].ID != clerk.Sessions("user_ada")[0].ID {
		t.Errorf("sessions: got %v", got)
	}
	if status, doc := control(t, next, "POST", "/v1/users/user_ada/verify_password", `{"password":"correct-horse"}`); status != 200 {
		t.Errorf("password: %d %v", status, doc)
	}
	if id := next.AddUser(clerktest.User{}); id != clerk.AddUser(clerktest.User{}) {
		t.Errorf("ids are counted from %s again", id)
	}
	if token == "" {
		t.Error("no token")
	}

	for name, change := range map[string]func(map[string]any){
		"version":  func(s map[string]any) { s["version"] = 99 },
		"instance": func(s map[string]any) { s["instance_id"] = "ins_other" },
		"table": func(s map[string]any) {
			inside(s, "store", "tables")["wishes"] = []any{map[string]any{"ID": "w"}}
		},
		"row": func(s map[string]any) {
			inside(s, "store", "tables")["users"] = []any{map[string]any{"ID": "w", "Wish": 1}}
		},
		"row's id": func(s map[string]any) {
			inside(s, "store", "tables")["users"] = []any{map[string]any{}}
		},
		"key":        func(s map[string]any) { s["keys"] = []any{map[string]any{"kid": "k", "key": "AAAA"}} },
		"secret":     func(s map[string]any) { inside(s, "store")["secret"] = "AAAA" },
		"everything": func(s map[string]any) { s["version"] = "one" },
	} {
		raw, err := json.Marshal(state)
		if err != nil {
			t.Fatal(err)
		}
		var bad map[string]any
		if err := json.Unmarshal(raw, &bad); err != nil {
			t.Fatal(err)
		}
		change(bad)
		if status, doc := control(t, next, "POST", "/import", bad); status != 422 || refusedAt(doc) != "state_invalid" {
			t.Errorf("a wrong %s: got %d %v", name, status, doc)
		}
		if len(next.Sessions("user_ada")) != 1 {
			t.Errorf("a wrong %s changed the instance", name)
		}
	}
}

func sameJSON(t *testing.T, a, b any) bool {
	t.Helper()
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(x, y)
}

func TestControlClock(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t)
	set := func(body string) map[string]any {
		_, doc := control(t, clerk, "POST", "/clock", body)
		return doc
	}
	if doc := set(`{"freeze": "2030-01-01T00:00:00Z"}`); doc["now"] != "2030-01-01T00:00:00Z" || doc["frozen"] != true {
		t.Errorf("freeze: got %v", doc)
	}
	if doc := set(`{"advance": "1h30m"}`); doc["now"] != "2030-01-01T01:30:00Z" {
		t.Errorf("advance: got %v", doc)
	}
	if doc := set(`{"freeze": true}`); doc["now"] != "2030-01-01T01:30:00Z" {
		t.Errorf("freeze again: got %v", doc)
	}
	if doc := set(`{"resume": true}`); doc["frozen"] != false || clerk.Clock().Now().Year() == 2030 {
		t.Errorf("resume: got %v", doc)
	}
	for body, want := range map[string]string{
		`{"freeze": "noon"}`:  "form_param_format_invalid freeze",
		`{"advance": "soon"}`: "form_param_format_invalid advance",
		`{"stop": true}`:      "form_param_unknown stop",
		`[]`:                  "request_body_invalid",
		`{`:                   "request_body_invalid",
	} {
		if got := refusedAt(set(body)); got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}
