package store

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// hints are the parameters that change nothing here, and why that is right.
var hints = map[string]string{
	"captcha_token":                "the environment says that there is no captcha",
	"captcha_error":                "as above",
	"captcha_widget_type":          "as above",
	"skip_legal_checks":            "there are none",
	"skip_password_requirement":    "a server may always make a user without a password",
	"oidc_prompt":                  "the built-in provider always asks",
	"oidc_login_hint":              "the built-in provider lists accounts",
	"action_complete_redirect_url": "the page at redirect_url goes on to it",
	"task_description":             "it is for people to read",
}

// TestParametersAreRead: whatever a caller may give beside a resource's fields is read by something, or known to
// change nothing.
func TestParametersAreRead(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	for _, room := range []string{".", "../backendapi", "../frontendapi"} {
		files, err := filepath.Glob(filepath.Join(room, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no source in %s: %v", room, err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(name, "_test.go") {
				source.Write(text)
			}
		}
	}
	in, seen := New("ins_x", "x.clerk.accounts.dev", time.Now), []string{}
	for _, table := range in.tables() {
		for _, p := range table.params {
			seen = append(seen, p.Name)
			reads := strings.Contains(source.String(), `("`+p.Name+`")`) || strings.Contains(source.String(), `["`+p.Name+`"]`) ||
				strings.Contains(source.String(), `(given, "`+p.Name+`")`) || strings.Contains(source.String(), `"`+p.Name+`": &`)
			if _, hint := hints[p.Name]; reads == hint {
				t.Errorf("%s: %s is read: %t, and known to change nothing: %t", table.name, p.Name, reads, hint)
			}
		}
	}
	for name := range hints {
		if !slices.Contains(seen, name) {
			t.Errorf("%s is no parameter any more", name)
		}
	}
}
