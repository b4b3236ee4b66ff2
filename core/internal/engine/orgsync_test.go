package engine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core/pattern"
)

// TestOrganizationTargets compares with what Clerk's own library finds in a path.
func TestOrganizationTargets(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "pattern", "testdata", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Rows []struct {
			OrganizationPatterns    []string
			PersonalAccountPatterns []string
			Path                    string
			Target                  *struct {
				OrganizationID, OrganizationSlug any // a text, or a list of texts
			}
		} `json:"organizationTarget"`
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors.Rows) == 0 {
		t.Fatal("no rows")
	}
	for _, row := range vectors.Rows {
		if row.PersonalAccountPatterns != nil && len(row.PersonalAccountPatterns) == 0 {
			continue // An empty list makes every page personal there, and is no list here.
		}
		m := Organizations{Organization: compiled(t, row.OrganizationPatterns), Personal: compiled(t, row.PersonalAccountPatterns)}
		var want organizationTarget
		if row.Target != nil {
			want.id, want.list = joined(row.Target.OrganizationID)
			if want.id == "" {
				want.slug, want.list = joined(row.Target.OrganizationSlug)
			}
		}
		got, ok := m.find(row.Path)
		if got != want || ok != (row.Target != nil) {
			t.Errorf("%q %q at %q: got %+v %t, want %+v %t",
				row.OrganizationPatterns, row.PersonalAccountPatterns, row.Path, got, ok, want, row.Target != nil)
		}
	}
}

// joined returns a captured text, or a list of them as one.
func joined(value any) (text string, list bool) {
	switch v := value.(type) {
	case string:
		return v, false
	case []any:
		var parts []string
		for _, part := range v {
			s, _ := part.(string)
			parts = append(parts, s)
		}
		return strings.Join(parts, ","), true
	}
	return "", false
}

func TestOrganizationTargetsBeyondTheVectors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                   string
		organization, personal []string
		path                   string
		want                   organizationTarget
		found                  bool
	}{
		{name: "no patterns", path: "/orgs/acme", found: false},
		{name: "empty lists are no patterns", organization: []string{}, personal: []string{}, path: "/orgs/acme", found: false},
		{name: "an id wins over a slug", organization: []string{"/:slug/:id"}, path: "/acme/org_1", want: organizationTarget{id: "org_1"}, found: true},
		{name: "organizations win over the personal account", organization: []string{"/:slug"}, personal: []string{"/(.*)"}, path: "/acme", want: organizationTarget{slug: "acme"}, found: true},
		{name: "neither id nor slug is no match", organization: []string{"/:name"}, personal: []string{"/(.*)"}, path: "/acme", found: true},
		{name: "names have a letter case", organization: []string{"/:ID"}, path: "/acme", found: false},
		{name: "nothing is decoded", organization: []string{"/:slug"}, path: "/acme%20corp", want: organizationTarget{slug: "acme%20corp"}, found: true},
		{name: "a repeated parameter is a list", organization: []string{"/:slug+"}, path: "/a/b", want: organizationTarget{slug: "a,b", list: true}, found: true},
	} {
		m := Organizations{Organization: compiled(t, test.organization), Personal: compiled(t, test.personal)}
		if got, ok := m.find(test.path); got != test.want || ok != test.found {
			t.Errorf("%s: got %+v %t, want %+v %t", test.name, got, ok, test.want, test.found)
		}
	}
}

// compiled returns the patterns of a list, nil for none.
func compiled(t *testing.T, patterns []string) *pattern.Set {
	t.Helper()
	if len(patterns) == 0 {
		return nil
	}
	set, err := pattern.Compile(patterns...)
	if err != nil {
		t.Fatalf("%q: %v", patterns, err)
	}
	return set
}
