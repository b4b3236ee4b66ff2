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
	o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:slug", "/orgs/:id/(.*)", "/teams/:team"}
	newClerk(t, o)
	if got := log.String(); !strings.Contains(got, "/teams/:team names no organization") || strings.Count(got, "names no organization") != 1 {
		t.Errorf("got %s", got)
	}
}
