package core_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/core"
)

// TestOutageMaxWaitBoundsWhatARequestWaits asks everything that Clerk can be asked,
// while it never answers.
func TestOutageMaxWaitBoundsWhatARequestWaits(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	asked := questions(s, true)
	for _, limit := range []struct {
		name          string
		maxWait, want time.Duration
	}{
		{name: "zero", maxWait: 0, want: 2 * time.Second},
		{name: "a second", maxWait: time.Second, want: time.Second},
		{name: "longer than a call may take", maxWait: time.Hour, want: 10 * time.Second},
		{name: "none", maxWait: -1, want: 10 * time.Second},
	} {
		t.Run(limit.name, func(t *testing.T) {
			t.Parallel()
			backend := newCounted(t, s)
			synctest.Test(t, func(t *testing.T) {
				for _, q := range asked {
					o := plain(s)
					o.HTTPClient = &http.Client{Transport: backend}
					o.Outage.MaxWait = limit.maxWait
					c := newClerk(t, o)
					if !q.cold && !c.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+s.SessionToken("user_warm"))).IsSignedIn() {
						t.Fatal("the keys cannot be had")
					}
					backend.mu.Lock()
					backend.hold = make(chan struct{})
					backend.mu.Unlock()
					start := time.Now()
					out := q.guards()["plain"].Check(t.Context(), attach(t, c, q.request))
					if waited := time.Since(start); waited > limit.want || out.Status != http.StatusServiceUnavailable {
						t.Errorf("%s: got %d after %v, want 503 after %v at most", q.name, out.Status, waited, limit.want)
					}
					backend.mu.Lock()
					backend.hold = nil
					backend.mu.Unlock()
				}
			})
		})
	}
}

// TestOutageMaxWaitBoundsTheSearchForTheUser asks for the user, while Clerk never answers.
func TestOutageMaxWaitBoundsTheSearchForTheUser(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	backend := newCounted(t, s)
	synctest.Test(t, func(t *testing.T) {
		o := plain(s)
		o.HTTPClient = &http.Client{Transport: backend}
		c := newClerk(t, o)
		ra := attach(t, c, get("/", "Authorization", "Bearer "+s.SessionToken("user_ada")))
		backend.hold = make(chan struct{})
		start := time.Now()
		_, err := ra.CurrentUser(t.Context())
		if waited := time.Since(start); waited > 2*time.Second || core.AsError(err).StatusCode() != http.StatusServiceUnavailable {
			t.Errorf("got %v after %v, want 503 after 2 s at most", err, waited)
		}
	})
}
