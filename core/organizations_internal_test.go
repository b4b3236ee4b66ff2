package core

import (
	"strings"
	"testing"
)

func TestOrganizationPatternsThatDoNotCompile(t *testing.T) {
	t.Parallel()
	_, err := newOrganizations(OrganizationSync{OrganizationPatterns: []string{"/orgs/*"}, PersonalAccountPatterns: []string{"/me("}})
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{
		`OrganizationSync.OrganizationPatterns: Invalid pattern "/orgs/*"`,
		`OrganizationSync.PersonalAccountPatterns: Invalid pattern "/me("`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want it to name %q", err, want)
		}
	}
}
