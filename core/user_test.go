package core_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

const userRoute = "GET /v1/users/{id}"

// signedInAs is a request of a user, on an instance that waits for nothing it is
// not asked to.
func signedInAs(tb testing.TB, s *clerktest.Server, user string, opts ...clerktest.TokenOption) *core.RequestAuth {
	tb.Helper()
	o := plain(s)
	o.Retry.BaseDelay, o.Outage = -1, persistent
	return attach(tb, newClerk(tb, o), get("/", "Authorization", "Bearer "+s.SessionToken(user, opts...)))
}

func TestCurrentUserIsAskedForOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	s.AddUser(clerktest.User{ID: "user_ada", FirstName: "Ada"})
	ra := signedInAs(t, s, "user_ada")
	release := make(chan struct{})
	s.Inject(userRoute, clerktest.Fault{Wait: release})
	var wg sync.WaitGroup
	var started sync.WaitGroup
	for range 16 {
		started.Add(1)
		wg.Go(func() {
			started.Done()
			user, err := ra.CurrentUser(t.Context())
			if err != nil || user == nil || user.ID != "user_ada" {
				t.Errorf("got %v, %v", user, err)
			}
		})
	}
	started.Wait()
	close(release)
	wg.Wait()
	if _, err := ra.CurrentUser(t.Context()); err != nil {
		t.Error(err)
	}
	if n := s.Requests(userRoute); n != 1 {
		t.Errorf("got %d calls, want 1", n)
	}
	// Another request asks again.
	if _, err := signedInAs(t, s, "user_ada").CurrentUser(t.Context()); err != nil {
		t.Error(err)
	}
	if n := s.Requests(userRoute); n != 2 {
		t.Errorf("got %d calls for two requests, want 2", n)
	}
}

func TestCurrentUserIsNobodyWithoutASession(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	clerk := newClerk(t, plain(s))
	machine := attach(t, clerk, get("/", "Authorization", "Bearer "+s.APIKey(clerktest.MachineToken{Subject: "user_ada"})))
	if o := adapter.Guard("Protect", core.AcceptTokens(core.APIKey)).Check(t.Context(), machine); !o.Allowed() || machine.Auth().UserID != "user_ada" {
		t.Fatalf("the key does not speak for its user: %v", o)
	}
	for name, ra := range map[string]*core.RequestAuth{
		"signed out":                    attach(t, clerk, get("/")),
		"a forged token":                attach(t, clerk, get("/", "Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyX2FkYSJ9.")),
		"a pending session":             signedInAs(t, s, "user_ada", clerktest.Pending()),
		"a machine that a guard let in": machine,
	} {
		if user, err := ra.CurrentUser(t.Context()); user != nil || err != nil {
			t.Errorf("%s: got %v, %v, want nobody", name, user, err)
		}
	}
	if n := s.Requests(userRoute); n != 0 {
		t.Errorf("got %d calls, want none", n)
	}
	user, err := signedInAs(t, s, "user_ada", clerktest.Pending()).CurrentUser(t.Context(), core.PendingAsSignedIn)
	if err != nil || user == nil || user.ID != "user_ada" {
		t.Errorf("a pending session on request: got %v, %v", user, err)
	}
}

func TestCurrentUserWhoIsGoneIsNobody(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	ra := signedInAs(t, s, "user_ada")
	s.Inject(userRoute, clerktest.Fault{Status: http.StatusNotFound, Body: []byte(`{"errors":[{"code":"resource_not_found"}]}`), ContentType: "application/json"})
	for range 2 {
		if user, err := ra.CurrentUser(t.Context()); user != nil || err != nil {
			t.Errorf("got %v, %v, want nobody", user, err)
		}
	}
	if n := s.Requests(userRoute); n != 1 {
		t.Errorf("got %d calls, want 1: that there is no user is an answer", n)
	}
}

func TestCurrentUserNeverHidesAFailure(t *testing.T) {
	t.Parallel()
	envelope := []byte(`{"errors":[{"code":"a_code","message":"no"}]}`)
	for name, c := range map[string]struct {
		fault  clerktest.Fault
		status int
		calls  int
	}{
		"a 500 is tried three times":            {fault: clerktest.Fault{Status: 500}, status: 500, calls: 3},
		"a 503 without JSON":                    {fault: clerktest.Fault{Status: 503, Body: []byte("<html>"), ContentType: "text/html"}, status: 503, calls: 3},
		"a 429 without Retry-After":             {fault: clerktest.Fault{Status: 429}, status: 429, calls: 3},
		"a 429 that asks for too much patience": {fault: clerktest.Fault{Status: 429, Header: http.Header{"Retry-After": {"30"}}}, status: 429, calls: 1},
		"a 429 that names a date far off": {fault: clerktest.Fault{Status: 429, Header: http.Header{
			"Date": {"Sat, 21 Nov 2026 00:00:00 GMT"}, "Retry-After": {"Sat, 21 Nov 2026 00:00:30 GMT"},
		}}, status: 429, calls: 1},
		"a Retry-After beyond all numbers": {fault: clerktest.Fault{Status: 429, Header: http.Header{"Retry-After": {"99999999999999999999"}}}, status: 429, calls: 3},
		"a 401 is not tried again":         {fault: clerktest.Fault{Status: 401, Body: envelope, ContentType: "application/json"}, status: 401, calls: 1},
		"a 403":                            {fault: clerktest.Fault{Status: 403}, status: 403, calls: 1},
		"a redirect":                       {fault: clerktest.Fault{Status: 302, Header: http.Header{"Location": {"/v1/users/user_eve"}}}, status: 302, calls: 1},
		"a dropped connection":             {fault: clerktest.Fault{Drop: true}, status: 0, calls: 0},
		"half an answer":                   {fault: clerktest.Fault{Truncate: true}, status: 0, calls: 3},
		"an answer without end":            {fault: clerktest.Fault{PadTo: 2 << 20}, status: 0, calls: 3},
		"another user":                     {fault: clerktest.Fault{Body: []byte(`{"id":"user_eve","object":"user"}`), ContentType: "application/json"}, status: 200, calls: 1},
		"a user without id":                {fault: clerktest.Fault{Body: []byte(`{}`), ContentType: "application/json"}, status: 200, calls: 1},
		"null":                             {fault: clerktest.Fault{Body: []byte(`null`), ContentType: "application/json"}, status: 0, calls: 3},
		"an empty answer":                  {fault: clerktest.Fault{Body: []byte{}, ContentType: "text/plain"}, status: 200, calls: 1},
		"a page":                           {fault: clerktest.Fault{Body: []byte("<html>"), ContentType: "text/html"}, status: 200, calls: 1},
		"a user of another shape":          {fault: clerktest.Fault{Body: []byte(`{"id":["user_ada"]}`), ContentType: "application/json"}, status: 200, calls: 1},
		"a list":                           {fault: clerktest.Fault{Body: []byte(`[{"id":"user_ada"}]`), ContentType: "application/json"}, status: 200, calls: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, false)
			s.AddUser(clerktest.User{ID: "user_ada"})
			ra := signedInAs(t, s, "user_ada")
			remove := s.Inject(userRoute, c.fault)
			user, err := ra.CurrentUser(t.Context())
			var failure *core.BackendError
			if user != nil || !errors.As(err, &failure) || failure.Status != c.status {
				t.Fatalf("got %v, %v, want a *core.BackendError with status %d", user, err, c.status)
			}
			if strings.Contains(err.Error(), s.SecretKey()) || strings.Contains(err.Error(), "<html>") {
				t.Errorf("the error says too much: %v", err)
			}
			if n := s.Requests(userRoute); n != c.calls && c.calls != 0 { // net/http itself tries again where a connection is dropped
				t.Errorf("got %d calls, want %d", n, c.calls)
			}
			remove()
			if user, err = ra.CurrentUser(t.Context()); err != nil || user == nil || user.ID != "user_ada" {
				t.Errorf("afterwards: got %v, %v: failures must not be remembered", user, err)
			}
		})
	}
}

func TestCurrentUserWaitsAsLongAsClerkAsks(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	s.AddUser(clerktest.User{ID: "user_ada"})
	ra := signedInAs(t, s, "user_ada")
	s.Inject(userRoute, clerktest.Fault{Status: 429, Header: http.Header{"Retry-After": {"1"}}, Times: 1})
	began := time.Now()
	if user, err := ra.CurrentUser(t.Context()); err != nil || user == nil {
		t.Fatalf("got %v, %v", user, err)
	}
	if waited := time.Since(began); waited < time.Second {
		t.Errorf("waited %v, want at least the second that Clerk asks for", waited)
	}

	// A context that would end before the wait does is not slept through.
	ra = signedInAs(t, s, "user_ada")
	s.Inject(userRoute, clerktest.Fault{Status: 429, Header: http.Header{"Retry-After": {"2"}}})
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	_, err := ra.CurrentUser(ctx)
	var failure *core.BackendError
	if !errors.As(err, &failure) || failure.Status != 429 || failure.RetryAfter != 2*time.Second {
		t.Errorf("got %v, want the 429 with its Retry-After", err)
	}
	if ctx.Err() != nil {
		t.Error("the context was slept through")
	}
}

func TestCurrentUserEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	s.AddUser(clerktest.User{ID: "user_ada"})
	asked := make(chan struct{}, 8)
	o := plain(s)
	var held atomic.Bool // the first call about the user, which is not answered
	o.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		asked <- struct{}{}
		if strings.Contains(r.URL.Path, "/users/") && held.CompareAndSwap(false, true) {
			<-r.Context().Done()
			return nil, context.Cause(r.Context())
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
	ra := attach(t, newClerk(t, o), get("/", "Authorization", "Bearer "+s.SessionToken("user_ada")))
	<-asked // the signing keys
	leader, stop := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := ra.CurrentUser(leader)
		first <- err
	}()
	<-asked
	// One who waits may give up, and gets a typed error too.
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	var failure *core.BackendError
	if _, err := ra.CurrentUser(impatient); !errors.As(err, &failure) || !errors.Is(err, context.Canceled) {
		t.Errorf("the impatient: got %v", err)
	}
	second := make(chan error, 1)
	go func() {
		user, err := ra.CurrentUser(t.Context())
		if err == nil && (user == nil || user.ID != "user_ada") {
			err = errors.New("no user")
		}
		second <- err
	}()
	stop()
	if err := <-first; !errors.As(err, &failure) || !errors.Is(err, context.Canceled) {
		t.Errorf("the one who gave up: got %v", err)
	}
	if err := <-second; err != nil {
		t.Errorf("the one who waited must not suffer from the other's end: %v", err)
	}
}

func TestCurrentUserTimesOut(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	o := plain(s)
	o.JWTKey = s.PEM() // Only the call below is in a hurry.
	o.HTTPClient = &http.Client{Timeout: 30 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	o.Retry.BaseDelay = -1
	ra := attach(t, newClerk(t, o), get("/", "Authorization", "Bearer "+s.SessionToken("user_ada")))
	if !ra.Auth().IsAuthenticated() {
		t.Fatalf("got %s", outcome(ra.State()))
	}
	s.Inject(userRoute, clerktest.Fault{Wait: make(chan struct{})})
	var failure *core.BackendError
	if _, err := ra.CurrentUser(t.Context()); !errors.As(err, &failure) || failure.Status != 0 {
		t.Errorf("got %v", err)
	}
	if _, err := ra.Client().Users().Get(t.Context(), "user_ada"); !errors.As(err, &failure) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the client: got %v", err)
	}
}

func TestCurrentUserTakesNoPathFromAToken(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	for _, id := range []string{"../sessions", "user_1/../user_2", "user?x=1", "user#", "..", "user%2f", "user 1", strings.Repeat("u", 200)} {
		ra := signedInAs(t, s, "user_ada", clerktest.Claim("sub", id))
		if user, err := ra.CurrentUser(t.Context()); user != nil || !errors.Is(err, core.ErrConfiguration) {
			t.Errorf("%q: got %v, %v", id, user, err)
		}
	}
	if n := s.Requests(userRoute); n != 0 {
		t.Errorf("got %d calls", n)
	}
}

func TestCurrentUserFromAContext(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	ra := signedInAs(t, s, "user_ada")
	if user, err := core.CurrentUser(ra.NewContext(t.Context())); err != nil || user == nil || user.ID != "user_ada" {
		t.Errorf("got %v, %v", user, err)
	}
	if _, err := core.CurrentUser(t.Context()); !errors.Is(err, core.ErrMiddlewareMissing) {
		t.Errorf("without a middleware: got %v", err)
	}
}

// TestClientNeverUsesTheSDKsGlobals runs alone: it looks at clerk-sdk-go's
// package-level state.
func TestClientNeverUsesTheSDKsGlobals(t *testing.T) {
	const trap = "sk_test_the_globals_must_not_be_used"
	clerk.SetKey(trap)
	defer clerk.SetKey("")
	before := clerk.GetBackend()
	s := newServer(t, false)
	s.AddOrganization(clerktest.Organization{ID: "org_acme"})
	ra := signedInAs(t, s, "user_ada")
	client := ra.Client()
	if _, err := client.Users().Get(t.Context(), "user_ada"); err != nil {
		t.Error(err)
	}
	if _, err := client.Organizations().Get(t.Context(), "org_acme"); err != nil {
		t.Error(err)
	}
	if _, err := client.Sessions().Get(t.Context(), ra.Auth().SessionID); err != nil {
		t.Error(err)
	}
	for _, r := range s.RequestLog() {
		if got := r.Header.Get("Authorization"); got != "Bearer "+s.SecretKey() {
			t.Errorf("%s %s was asked with %q", r.Method, r.Path, got)
		}
	}
	if clerk.GetBackend() != before {
		t.Error("the SDK's global backend was replaced")
	}
	// Configurations are copies: one caller cannot change another's key.
	*client.Config().Key = "sk_test_changed"
	if got := *client.Config().Key; got != s.SecretKey() {
		t.Errorf("got key %q", got)
	}
	var failure *core.BackendError
	if _, err := client.Users().Get(t.Context(), "user_absent"); !errors.As(err, &failure) || failure.Status != 404 || failure.Code() != "resource_not_found" {
		t.Errorf("got %v, want a *core.BackendError", err)
	}
}
