package core_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// TestARepeatedRefreshIsNoSignIn: a user may keep an expired session and its refresh
// token, and send them over and over, each time to another name of the host. Clerk
// says yes each time, and is asked no more often for it than for anything else.
func TestARepeatedRefreshIsNoSignIn(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	backend := newCounted(t, s)
	clock := clerktest.NewClock(epoch)
	o := plain(s)
	o.HTTPClient, o.Now = &http.Client{Transport: backend}, clock.Now
	c := newClerk(t, o)
	refresh := func(session, host string) *core.State {
		expired := s.SessionToken("user_ada", clerktest.SessionID(session), clerktest.IssuedAt(epoch.Add(-time.Hour)))
		cookies := fmt.Sprintf("__session_%[1]s=%[2]s; __client_uat_%[1]s=1; __refresh_%[1]s=good", s.CookieSuffix(), expired)
		r := get("/", "Cookie", cookies).from("203.0.113.66:1")
		r.on(host)
		return c.Authenticate(t.Context(), r)
	}
	calls := func() (n int) {
		backend.mu.Lock()
		defer backend.mu.Unlock()
		for path, of := range backend.calls {
			if strings.HasSuffix(path, "/refresh") {
				n += of
			}
		}
		return n
	}
	for n := range 200 {
		refresh("sess_1", fmt.Sprint("h", n, ".example.com"))
	}
	if got := calls(); got != 21 { // The address's 20 at once, and the first.
		t.Errorf("got %d calls for one session, want 21", got)
	}
	// Who comes back with each new session is never over budget.
	before := calls()
	clock.Advance(10 * time.Second)
	for n := range 100 {
		if state := refresh(fmt.Sprint("sess_of_others_", n), "app.example.com"); !state.IsSignedIn() {
			t.Fatalf("session %d: got %s", n, outcome(state))
		}
	}
	if got := calls() - before; got != 100 {
		t.Errorf("got %d calls for 100 sessions, want 100", got)
	}
}
