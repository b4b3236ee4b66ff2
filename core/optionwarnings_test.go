package core_test

import (
	"strings"
	"testing"
)

func TestOrganizationPatternsThatNameNone(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	var log logBuffer
	o := plain(s)
	o.Logger = log.logger()
	o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:slug", "/orgs/:id/(.*)", "/teams/:team", "/wide/:slug(.*)", "/fine/:slug{/(.*)}?"}
	newClerk(t, o)
	if got := log.String(); !strings.Contains(got, "/teams/:team names no organization") || strings.Count(got, "names no organization") != 1 {
		t.Errorf("got %s", got)
	}
	if got := log.String(); strings.Count(got, "the group is what the parameter may be") != 1 || !strings.Contains(got, "or /wide/:slug{/(.*)}?") {
		t.Errorf("got %s", got)
	}
}
