package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bomb is a few lines of aliases that would be 9^10 values.
func bomb() string {
	var out strings.Builder
	out.WriteString("users: []\na: &a [1,1,1,1,1,1,1,1,1]\n")
	for name, last := 'b', 'a'; name <= 'j'; name, last = name+1, name {
		fmt.Fprintf(&out, "%c: &%c [%s*%c]\n", name, name, strings.Repeat("*"+string(last)+",", 8), last)
	}
	return out.String()
}

// TestSeedFaultsHaveLines: what is wrong with a seed is named with its line.
func TestSeedFaultsHaveLines(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ seed, want string }{
		"no YAML":          {"users:\n  - a: [", ":2: "},
		"a tab":            {"users:\n\t- username: x\n", ":2: "},
		"no text":          {"\xff\xfe\x00", "seed.yaml: "},
		"two documents":    {"users: []\n---\nusers: []\n", ":2: a seed is one document"},
		"in itself":        {"users: &a\n  - username: x\n    public_metadata: {x: *a}\n", ":3: a contains itself"},
		"too many aliases": {bomb(), ": aliases bring more than a million values"},
		"no number":        {"users:\n  - username: x\n    public_metadata:\n      x: .inf\n", ":4: .inf is no number that JSON knows"},
		"a list as a key":  {"users:\n  - ? [a]\n    : b\n", ":2: only plain names can be keys"},
		"a wrong event":    {"webhooks:\n  - url: http://localhost/\n    events: [user.flown]\n", ":3: webhooks[0].events: "},
		"a wrong lifetime": {"templates:\n  - name: a\n    claims: {}\n    lifetime: 1\n", ":4: templates[0].lifetime: "},
		"no permission":    {"roles:\n  - key: org:x\n    name: X\n    permissions: [org:none:read]\n", ":4: roles[0].permissions: "},
		"no mapping":       {"- users\n", ":1: a seed is a mapping"},
		"an unknown list":  {"users: []\npeople: []\n", ":2: people: "},
		"an unknown field": {"users:\n  - username: ada\n  - username: bea\n    nickname: x\n", ":4: users[1].nickname: "},
		"a wrong type":     {"users:\n  - username: ada\n    first_name: [x]\n", ":3: users[0].first_name: "},
		"a key twice":      {"users: []\nusers: []\n", ":2: users is there twice"},
		"a missing field":  {"organizations:\n  - slug: acme\n", ":2: organizations[0]: name is required."},
		"a deep fault":     {"organizations:\n  - name: Acme\n    members:\n      - user_id: nobody@example.com\n", ":4: organizations[0].members[0].user_id: "},
		"an unknown role":  {"users:\n  - username: ada\norganizations:\n  - name: Acme\n    members:\n      - user_id: ada\n        role: org:boss\n", `:7: organizations[0].members[0].role: There is no "org:boss" among the roles. List it there, or name another by its key`},
		"a later fault":    {"users:\n  - username: ada\n    active_organization: acme\n", `:3: users[0].active_organization: There is no "acme" among the organizations. List it there, or name another by its id or slug`},
		"behind an alias":  {"x: &u\n", ":1: "},
		"a wrong webhook":  {"webhooks:\n  - url: ftp://x\n", ":2: webhooks[0].url: "},
		"a wrong factor":   {"authentication:\n  first_factors: [password, sms]\n", ":2: authentication.first_factors: first_factors must be one of password, email_code"},
		"a wrong mode":     {"authentication:\n  sign_up_mode: closed\n", ":2: authentication.sign_up_mode: sign_up_mode must be one of public"},
		"no time at all":   {"authentication:\n  session_lifetime: -1\n", ":2: authentication.session_lifetime: "},
		"a wrong setting":  {"organization_settings:\n  colour: red\n", ":2: organization_settings.colour: "},
		"a short password": {"users:\n  - username: ada\n    password: x\n", ":3: users[0].password: "},
		"a taken id":       {"users:\n  - {id: user_a, username: a}\n  - {id: user_a, username: b}\n", ":3: users[1].id: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "seed.yaml")
			if err := os.WriteFile(file, []byte(tc.seed), 0o600); err != nil {
				t.Fatal(err)
			}
			if said := fails(t, 1, "--seed", file, "--port", "0"); !strings.Contains(said, tc.want) {
				t.Errorf("got %q, want %q", said, tc.want)
			}
		})
	}
}
