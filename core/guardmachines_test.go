package core_test

import (
	"net/http"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// TestGuardsOnTokensThatTheyDoNotAccept is the table of [core.Guard]: a guard for users alone takes
// a machine's token for nobody's, and others say that it is of the wrong kind.
func TestGuardsOnTokensThatTheyDoNotAccept(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	users, listed := []core.ProtectOption(nil), []core.ProtectOption{core.AcceptTokens(core.SessionToken)}
	both, machines := []core.ProtectOption{core.AcceptTokens(core.SessionToken, core.M2MToken)}, []core.ProtectOption{core.AcceptTokens(core.M2MToken)}
	for _, test := range []struct {
		name      string
		guard     []core.ProtectOption
		apiStatus bool
		page      bool
		want      int
	}{
		{name: "users", guard: users, want: http.StatusNotFound},
		{name: "users, page load", guard: users, page: true, want: http.StatusTemporaryRedirect},
		{name: "users, API statuses", guard: users, apiStatus: true, want: http.StatusUnauthorized},
		{name: "users, listed", guard: listed, want: http.StatusNotFound},
		{name: "users, listed, page load", guard: listed, page: true, want: http.StatusTemporaryRedirect},
		{name: "users and machines", guard: both, want: http.StatusUnauthorized},
		{name: "users and machines, page load", guard: both, page: true, want: http.StatusUnauthorized},
		{name: "machines", guard: machines, want: http.StatusUnauthorized},
		{name: "machines, API statuses", guard: machines, apiStatus: true, want: http.StatusUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := plain(s)
			o.APIStatus = test.apiStatus
			headers := []string{"Authorization", "Bearer " + s.APIKey(clerktest.MachineToken{Subject: "user_ada"})}
			r := get("/", headers...)
			if test.page {
				r = page("/", headers...)
			}
			outcome := adapter.Guard("Protect", test.guard...).Check(t.Context(), attach(t, newClerk(t, o), r))
			if outcome.Status != test.want {
				t.Errorf("got %d, want %d: %v", outcome.Status, test.want, outcome.Err)
			}
		})
	}
}
