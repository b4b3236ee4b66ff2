package core_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// busyClerk is a Backend API that accepts OAuth tokens, has every user and knows no nonce.
type busyClerk struct {
	calls  atomic.Int64
	answer atomic.Pointer[func(*http.Request) (*http.Response, error)]
}

// answers makes it answer something else, where that is anything; nil ends it.
func (b *busyClerk) answers(answer func(*http.Request) (*http.Response, error)) {
	if answer == nil {
		answer = func(*http.Request) (*http.Response, error) { return nil, nil }
	}
	b.answer.Store(&answer)
}

func (b *busyClerk) RoundTrip(r *http.Request) (*http.Response, error) {
	b.calls.Add(1)
	if answer := b.answer.Load(); answer != nil {
		if resp, err := (*answer)(r); resp != nil || err != nil {
			return resp, err
		}
	}
	status, answer := http.StatusOK, `{"object":"clerk_idp_oauth_access_token","id":"oat_1","subject":"user_1","scopes":["read"],"expiration":null}`
	switch _, user, _ := strings.Cut(r.URL.Path, "/users/"); {
	case user != "":
		answer = `{"object":"user","id":"` + user + `"}`
	case strings.HasSuffix(r.URL.Path, "/handshake_payload"):
		status, answer = http.StatusNotFound, refusalJSON
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// limitedWorld is a process in front of a Backend API that is somewhere else, in a bubble of time.
type limitedWorld struct {
	clerk   *core.Clerk
	backend *busyClerk
	log     *logBuffer
	token   string // of user_ada's session
}

// inLimit runs a test with an instance that bounds nothing else than its calls to Clerk.
func inLimit(t *testing.T, production bool, change func(*core.Options), test func(t *testing.T, w *limitedWorld)) {
	t.Helper()
	server := newServer(t, production)
	options, token := plain(server), server.SessionToken("user_ada")
	options.JWTKey = server.PEM()
	synctest.Test(t, func(t *testing.T) {
		w := &limitedWorld{backend: &busyClerk{}, log: &logBuffer{}, token: token}
		o, begin := options, time.Now()
		o.Now = func() time.Time { return epoch.Add(time.Since(begin)) }
		o.APIURL, o.HTTPClient, o.Logger = "https://api.clerk.example", &http.Client{Transport: w.backend}, w.log.logger()
		o.CallBudget = core.CallBudget{Rate: -1, AddressRate: -1, RefusalTTL: -1}
		if change != nil {
			change(&o)
		}
		w.clerk = newClerk(t, o)
		test(t, w)
	})
}

// machines asks about so many machine tokens, and counts those that pass.
func (w *limitedWorld) machines(t *testing.T, n int) (passed int) {
	t.Helper()
	for i := range n {
		switch o := checkOAuth(t.Context(), t, w.clerk, bearer(fmt.Sprint("oat_", i))); {
		case o.Allowed():
			passed++
		case o.Status != http.StatusServiceUnavailable || headerOf(o.Headers, "Retry-After") == "" || !errors.Is(o.Err, core.ErrUnavailable) || !errors.Is(o.Err, core.ErrBackendLimit):
			t.Fatalf("over the limit: got %d %v, %v", o.Status, o.Headers, o.Err)
		}
	}
	return passed
}

// nonces lets so many browsers come with a nonce, and counts those that Clerk is asked about.
func (w *limitedWorld) nonces(t *testing.T, n int) (asked int) {
	t.Helper()
	for i := range n {
		state := w.clerk.Authenticate(t.Context(), redeem(fmt.Sprint("nonce-", i), "203.0.113.9:1"))
		switch err := state.Unavailable(); {
		case err == nil:
			asked++
		case !errors.Is(err, core.ErrBackendLimit):
			t.Fatalf("got %v", err)
		}
	}
	return asked
}

// TestCallsStayWithinClerksLimit: that of the secret key's kind of instance, four fifths for what
// is no sign-in.
func TestCallsStayWithinClerksLimit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		production bool
		change     func(*core.Options)
		limit      int // 0: none
	}{
		"production":        {production: true, limit: 1000},
		"development":       {limit: 100},
		"as configured":     {change: func(o *core.Options) { o.BackendLimit.Calls = 20 }, limit: 20},
		"off":               {change: func(o *core.Options) { o.BackendLimit.Calls = -1 }},
		"Clerk is at hand":  {change: func(o *core.Options) { o.APIURL = "http://127.0.0.1:1" }},
		"at hand, and told": {change: func(o *core.Options) { o.APIURL, o.BackendLimit.Calls = "http://localhost:1", 10 }, limit: 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inLimit(t, c.production, c.change, func(t *testing.T, w *limitedWorld) { //nolint:thelper // It is the test.
				if c.limit == 0 {
					if passed := w.machines(t, 1200); passed != 1200 || w.clerk.Stats().Backend != (core.BackendStats{}) {
						t.Errorf("%d pass, and counted %+v", passed, w.clerk.Stats().Backend)
					}
					return
				}
				others := c.limit * 4 / 5
				if passed := w.machines(t, c.limit+1); passed != others {
					t.Errorf("%d machine tokens pass, want %d", passed, others)
				}
				if calls := w.nonces(t, c.limit); calls != c.limit-others {
					t.Errorf("%d nonces are asked about besides, want %d", calls, c.limit-others)
				}
				s := w.clerk.Stats().Backend
				if want := (core.BackendStats{Limit: c.limit, Recent: c.limit, Made: uint64(c.limit), Refused: uint64(c.limit + 1)}); s != want || w.backend.calls.Load() != int64(c.limit) {
					t.Errorf("counted %+v, want %+v, and %d calls", s, want, w.backend.calls.Load())
				}
				if warned := strings.Count(w.log.String(), "Options.BackendLimit"); warned != 1 {
					t.Errorf("warned %d times:\n%s", warned, w.log)
				}
				time.Sleep(11 * time.Second)
				if passed := w.machines(t, 3); passed != 3 {
					t.Errorf("afterwards %d pass, want 3", passed)
				}
				if o := w.clerk.Stats().Outage; !o.Since.IsZero() || len(o.Down) != 0 {
					t.Errorf("it counts as an outage: %+v", o)
				}
			})
		})
	}
}

// TestTheLimitCountsEverything: the application's calls, the current user, retries, and what is
// said of them.
func TestTheLimitCountsEverything(t *testing.T) {
	t.Parallel()
	outcomes := map[string]int{}
	inLimit(t, true, func(o *core.Options) {
		o.BackendLimit.Calls = 5
		o.Outage.Observe = func(e core.CallEvent) { outcomes[e.Kind+" "+e.Outcome]++ }
	}, func(t *testing.T, w *limitedWorld) { //nolint:thelper // It is the test.
		for i := range 6 {
			_, err := w.clerk.Client().Users().Get(t.Context(), "user_eve")
			var failure *core.BackendError
			if over := errors.Is(err, core.ErrBackendLimit); over != (i >= 4) || over && (!errors.As(err, &failure) || failure.RetryAfter <= 0 || failure.RetryAfter > 11*time.Second) {
				t.Errorf("call %d of the application: got %v", i, err)
			}
		}
		if calls := w.nonces(t, 2); calls != 1 {
			t.Errorf("%d nonces are asked about, want 1", calls)
		}
		if outcomes["application limited"] != 2 || outcomes["nonce limited"] != 1 || len(outcomes) != 3 {
			t.Errorf("told of %v", outcomes)
		}
	})
}

// TestTheCurrentUserLeavesRoom for who signs in, and retries count.
func TestTheCurrentUserLeavesRoom(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s, func(o *core.Options) { o.BackendLimit.Calls, o.Outage = 6, persistent }).warm(t)
		w.breaks("/users/", down)
		user := func() error {
			_, err := attach(t, w.clerk, w.signedIn()).CurrentUser(t.Context())
			return err
		}
		if err := user(); errors.Is(err, core.ErrBackendLimit) || !errors.Is(err, core.ErrUnavailable) {
			t.Errorf("the first user: got %v", err)
		}
		w.breaks("/users/", nil)
		if err := user(); err != nil { // After the keys and three tries it is the fifth call.
			t.Errorf("within the limit: got %v", err)
		}
		if err := user(); !errors.Is(err, core.ErrBackendLimit) || !errors.Is(err, core.ErrUnavailable) || core.AsError(err).StatusCode() != http.StatusServiceUnavailable {
			t.Errorf("over the limit: got %v", err)
		}
		if got := w.of("/users/"); got != 4 {
			t.Errorf("%d calls for users, want 4", got)
		}
		w.clerk.Authenticate(t.Context(), redeem("nonce", "203.0.113.9:1"))
		if got := w.of("/clients/"); got != 1 {
			t.Errorf("%d calls for nonces, want 1", got)
		}
	})
}
