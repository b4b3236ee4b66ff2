package core_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// spanKey is under which the contexts of these tests hold the names of what they are in.
type spanKey struct{}

func inside(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, spanKey{}, where(ctx)+"/"+name)
}

func where(ctx context.Context) string {
	name, _ := ctx.Value(spanKey{}).(string)
	return name
}

// diary writes down what hooks are told.
type diary struct {
	mu       sync.Mutex
	lines    []string
	counters []func() (core.Stats, bool)
	seen     []string // where calls were made, by the transport
}

func (d *diary) add(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

// take returns what was told since the last time.
func (d *diary) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := d.lines
	d.lines = nil
	return lines
}

// RoundTrip notes in which context the transport is called.
func (d *diary) RoundTrip(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	d.seen = append(d.seen, where(r.Context()))
	d.mu.Unlock()
	return http.DefaultTransport.RoundTrip(r)
}

func (d *diary) hooks() core.Hooks {
	return core.Hooks{
		Authenticate: func(ctx context.Context) (context.Context, func(core.Decision)) {
			return inside(ctx, "decision"), func(one core.Decision) {
				if one.Duration <= 0 {
					d.add("a decision took %v", one.Duration)
				}
				one.Duration = 0
				d.add("%s: %+v", where(ctx), one)
			}
		},
		Call: func(ctx context.Context, call core.Call) (context.Context, func(core.CallEvent)) {
			if !strings.HasPrefix(call.Host, "127.0.0.1:") {
				d.add("a call to %q", call.Host)
			}
			return inside(ctx, call.Kind), func(e core.CallEvent) {
				d.add("%s: %s %s %d %s %d", where(ctx), call.Kind, call.Endpoint, call.Attempt, e.Outcome, e.Status)
				if e.Endpoint != call.Endpoint || e.Kind != call.Kind || e.Attempt != call.Attempt {
					d.add("%+v ends as %+v", call, e)
				}
			}
		},
		Carry: func(ctx context.Context) context.Context {
			return context.WithValue(context.Background(), spanKey{}, where(ctx))
		},
		KeysFetched:    func(ctx context.Context, f core.KeyFetch) { d.add("%s: keys %s %s", where(ctx), f.Source, f.Outcome) },
		BreakerChanged: func(kind string, open bool) { d.add("breaker %s %t", kind, open) },
		Revoked:        func(ctx context.Context, r core.Revocation) { d.add("%s: revoked %+v", where(ctx), r) },
		Counters: func(read func() (core.Stats, bool)) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.counters = append(d.counters, read)
		},
	}
}

func (d *diary) expect(t *testing.T, what string, want ...string) {
	t.Helper()
	if got := d.take(); !slices.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestHooksAreTold looks at what each hook is told of the requests that it is about, and in
// which context.
func TestHooksAreTold(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	var d diary
	o := plain(s)
	o.Hooks, o.HTTPClient, o.Users.MaxAge = d.hooks(), &http.Client{Transport: &d}, time.Minute
	clerk := newClerk(t, o)
	ctx := inside(t.Context(), "request")
	signedIn := func(remembered bool) string {
		return fmt.Sprintf("/request: {Status:signed-in Reason: TokenType:session_token Unchecked:false Failed:false InGrace:false Remembered:%t Duration:0s UserID:user_ada}", remembered)
	}
	bearer := get("/", "Authorization", "Bearer "+s.SessionToken("user_ada", clerktest.SessionID("sess_1")))
	clerk.Authenticate(ctx, bearer)
	d.expect(t, "the first request", "/request/decision: keys GET /v1/jwks 1 answered 200", "/request/decision: keys clerk fetched", signedIn(false))
	clerk.Authenticate(ctx, bearer)
	d.expect(t, "a token that was seen before", signedIn(true))
	clerk.Authenticate(ctx, get("/", "Authorization", "Bearer what.ever.itis"))
	d.expect(t, "garbage", "/request: {Status:signed-out Reason:token-invalid TokenType:session_token Unchecked:false Failed:false InGrace:false Remembered:false Duration:0s UserID:}")

	ra, _ := adapter.Attach(ctx, clerk, bearer)
	d.expect(t, "by an adapter", signedIn(true))
	if _, err := ra.CurrentUser(ctx); err != nil {
		t.Fatal(err)
	}
	d.expect(t, "the current user", "/request: user GET /v1/users/{id} 1 answered 200")

	key := s.APIKey(clerktest.MachineToken{Subject: "user_ada"})
	ra, _ = adapter.Attach(ctx, clerk, get("/", "Authorization", "Bearer "+key))
	d.expect(t, "a machine that nobody asks about")
	adapter.Guard("Protect", core.AcceptTokens(core.APIKey)).Check(inside(ctx, "guard"), ra)
	d.expect(t, "a machine", "/request/guard/decision: machine POST /api_keys/verify 1 answered 200",
		"/request/guard: {Status:signed-in Reason: TokenType:api_key Unchecked:false Failed:false InGrace:false Remembered:false Duration:0s UserID:user_ada}")

	if err := clerk.RevokeSession(ctx, "sess_1"); err != nil {
		t.Fatal(err)
	}
	d.expect(t, "a session is revoked", "/request: revoked {Kind:session Source:application Lifted:false}")
	clerk.Authenticate(ctx, bearer)
	d.expect(t, "its token", "/request: {Status:signed-out Reason:session-revoked TokenType:session_token Unchecked:false Failed:false InGrace:false Remembered:true Duration:0s UserID:}")

	if _, err := clerk.Client().Users().Get(inside(ctx, "handler"), "user_ada"); err != nil {
		t.Fatal(err)
	}
	d.expect(t, "a call of the application", "/request/handler: application GET /v1/users/{id} 1 answered 200")
	for _, got := range d.seen {
		if !strings.HasPrefix(got, "/request/") {
			t.Errorf("the transport was called in %q, want the context of a hook", got)
		}
	}
	if len(d.counters) != 1 {
		t.Fatalf("counters were given %d times", len(d.counters))
	}
	if got, ok := d.counters[0](); !ok || got.Tokens.Entries != 1 || got.Keys.Fetches != 1 || got.Users.Asked != 1 || got.Revocations.Entries != 1 {
		t.Errorf("got counters %+v, %t", got, ok)
	}
}

// TestApplicationsEndpointsNameNobody looks at the endpoints of an application's calls.
func TestApplicationsEndpointsNameNobody(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	var d diary
	o := plain(s)
	o.Hooks.Call = d.hooks().Call
	clerk := newClerk(t, o)
	config := clerk.Client().Config()
	for path, want := range map[string]string{
		"/v1/users/user_2abc":                                      "GET /v1/users/{id}",
		"/v1/users/user_2abc/organization_memberships":             "GET /v1/users/{id}/organization_memberships",
		"/v1/organizations/acme/memberships/user_1/metadata":       "GET /v1/organizations/{id}/memberships/{id}/metadata",
		"/v1/users?email_address=ada%40example.com":                "GET /v1/users",
		"/v1/ada@example.com":                                      "GET",
		"/elsewhere/user_1":                                        "GET",
		"/v1/users/1/2/3/4/5/6":                                    "GET",
		"/v1/sessions/sess_1/tokens/" + strings.Repeat("x", 1<<10): "GET /v1/sessions/{id}/tokens/{id}",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := config.HTTPClient.Do(req); err == nil {
			_ = resp.Body.Close()
		}
		got := d.take()
		if len(got) != 1 || !strings.HasPrefix(got[0], ": application "+want+" 1 ") {
			t.Errorf("%s: got %q, want %s", path, got, want)
		}
	}
}

// TestHooksSeeBreakers counts how often calls of a kind stop and are made again.
func TestHooksSeeBreakers(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		var d diary
		w := newOutageWorld(t, s, func(o *core.Options) { o.Hooks.BreakerChanged = d.hooks().BreakerChanged }).warm(t)
		d.expect(t, "in calm times")
		w.breaks("/", down)
		for range 20 {
			w.machine(t, "oat_secret_token")
			time.Sleep(200 * time.Millisecond)
		}
		d.expect(t, "in an outage", "breaker machine true")
		w.breaks("/", nil)
		for range 100 {
			w.machine(t, "oat_good")
			time.Sleep(200 * time.Millisecond)
		}
		d.expect(t, "after it", "breaker machine false")
	})
}

// TestHooksSeeWhereKeysComeFrom starts a process without Clerk.
func TestHooksSeeWhereKeysComeFrom(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		store func(*testing.T, *clerktest.Server) core.Store
		fault clerktest.Fault
		want  []string
	}{
		"no keys": {
			store: func(*testing.T, *clerktest.Server) core.Store { return emptyStore{} }, fault: clerktest.Fault{Status: http.StatusServiceUnavailable},
			want: []string{": keys clerk failed", ": keys store none"},
		},
		"kept keys": {
			store: func(t *testing.T, s *clerktest.Server) core.Store {
				t.Helper()
				store := core.FileStore(t.TempDir())
				o := plain(s)
				o.Outage.Store = store
				before := newClerk(t, o)
				if err := before.Ready(t.Context()); err != nil {
					t.Fatal(err)
				}
				for before.Stats().Store.Written == 0 {
					runtime.Gosched()
				}
				return store
			},
			fault: clerktest.Fault{Status: http.StatusServiceUnavailable},
			want:  []string{": keys clerk failed", ": keys store fetched"},
		},
		"a secret key that Clerk refuses": {
			store: func(*testing.T, *clerktest.Server) core.Store { return nil },
			fault: clerktest.Fault{Status: http.StatusUnauthorized, Body: []byte(`{"errors":[{"code":"clerk_key_invalid"}]}`)},
			want:  []string{": keys clerk refused"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, false)
			var d diary
			o := plain(s)
			o.Hooks.KeysFetched, o.Outage.Store, o.Retry.Attempts = d.hooks().KeysFetched, test.store(t, s), -1
			s.Inject("GET /v1/jwks", test.fault)
			newClerk(t, o).Authenticate(t.Context(), get("/", "Authorization", "Bearer "+s.SessionToken("user_ada")))
			d.expect(t, name, test.want...)
		})
	}
}

type emptyStore struct{}

func (emptyStore) Get(context.Context, string) ([]byte, error)              { return nil, nil }
func (emptyStore) Set(context.Context, string, []byte, time.Duration) error { return nil }

// TestCountersDoNotKeepInstances makes instances with the same keys and others, and lets go of
// them.
func TestCountersDoNotKeepInstances(t *testing.T) {
	t.Parallel()
	s, other := newServer(t, false), newServer(t, false)
	var d diary
	base := core.Options{Hooks: d.hooks(), Now: s.Clock().Now}
	options := func(s *clerktest.Server, signIn string) core.Options {
		return core.Options{PublishableKey: s.PublishableKey(), SecretKey: s.SecretKey(), APIURL: s.URL(), SignInURL: signIn, Outage: core.Outage{ProbeInterval: -1}}
	}
	instances := adapter.Instances(base)
	for _, o := range []core.Options{options(s, "/a"), options(s, "/b"), options(other, "/a")} {
		clerk, err := instances.Get(o)
		if err != nil {
			t.Fatal(err)
		}
		server := s
		if o.APIURL == other.URL() {
			server = other
		}
		clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+server.SessionToken("user_ada")))
	}
	if len(d.counters) != 2 {
		t.Fatalf("counters were given %d times, want once for the keys of each server", len(d.counters))
	}
	if got, ok := d.counters[0](); !ok || got.Tokens.Entries != 2 || got.Keys.Fetches != 1 {
		t.Errorf("of two instances: got %+v, %t", got, ok)
	}
	if got, ok := d.counters[1](); !ok || got.Tokens.Entries != 1 {
		t.Errorf("of the other one: got %+v, %t", got, ok)
	}
	runtime.KeepAlive(instances)
	instances = nil
	for _, read := range d.counters {
		for tries := 0; ; tries++ {
			if _, ok := read(); !ok {
				break
			}
			if tries > 1000 {
				t.Fatal("the counters of an instance that is gone can still be read")
			}
			runtime.GC()
		}
	}
}

// TestHooksMayReturnNothing uses hooks that return neither context nor function.
func TestHooksMayReturnNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	o := plain(s)
	o.Hooks = core.Hooks{
		Authenticate: func(context.Context) (context.Context, func(core.Decision)) { return nil, nil },
		Call:         func(context.Context, core.Call) (context.Context, func(core.CallEvent)) { return nil, nil },
		Carry:        func(context.Context) context.Context { return nil },
	}
	clerk := newClerk(t, o)
	if got := clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+s.SessionToken("user_ada"))); !got.IsSignedIn() {
		t.Errorf("got %s, want signed in", got.Reason())
	}
	if _, err := clerk.Client().Users().Get(t.Context(), "user_ada"); err != nil {
		t.Error(err)
	}
}

// TestCallsOutliveWhatTheyCarry gives calls a context of a request that is over.
func TestCallsOutliveWhatTheyCarry(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	o := plain(s)
	o.Hooks.Carry = func(ctx context.Context) context.Context {
		ctx, cancel := context.WithCancelCause(ctx)
		cancel(errors.New("the request is over"))
		return ctx
	}
	if got := newClerk(t, o).Authenticate(t.Context(), get("/", "Authorization", "Bearer "+s.SessionToken("user_ada"))); !got.IsSignedIn() {
		t.Errorf("got %s, want signed in", got.Reason())
	}
}

// TestNoHooksAllocateNothing counts what the usual request allocates with and without hooks that
// do nothing. It is not parallel: allocations are counted for the whole process.
func TestNoHooksAllocateNothing(t *testing.T) { //nolint:paralleltest // See above.
	s := newServer(t, false)
	r := get("/", "Authorization", "Bearer "+s.SessionToken("user_ada"))
	ctx := t.Context()
	count := func(h core.Hooks) float64 {
		o := plain(s)
		o.Hooks = h
		clerk := newClerk(t, o)
		return testing.AllocsPerRun(200, func() { clerk.Authenticate(ctx, r) })
	}
	if got := count(core.Hooks{}); got > 1 {
		t.Errorf("without hooks: got %v allocations, want the state alone", got)
	}
	if got := count(core.Hooks{Authenticate: func(ctx context.Context) (context.Context, func(core.Decision)) { return ctx, nil }}); got > 2 {
		t.Errorf("with a hook: got %v allocations", got)
	}
}
