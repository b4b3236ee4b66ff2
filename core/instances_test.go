package core_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// tenant are options as a lookup by host would return them: without what can
// only stand in the base.
func tenant(s *clerktest.Server) core.Options {
	o := plain(s)
	o.Now, o.LookupEnv = nil, nil
	return o
}

func newInstances(tb testing.TB, base core.Options) *core.Instances {
	tb.Helper()
	if base.Logger == nil {
		base.Logger = slog.New(slog.DiscardHandler)
	}
	return adapter.Instances(base)
}

// keyServer answers the fetch of signing keys for any number of instances, and
// counts the fetches of each.
type keyServer struct {
	keys []byte

	mu      sync.Mutex
	fetches map[string]int // by secret key
}

func (k *keyServer) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fetches[r.Header.Get("Authorization")]++
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(k.keys)), Request: r,
	}, nil
}

func jwksOf(tb testing.TB, s *clerktest.Server) []byte {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, s.URL()+"/.well-known/jwks.json", http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

func TestAThousandTenantsCostAThousandKeySetsOnce(t *testing.T) {
	t.Parallel()
	const tenants, rounds, workers = 1000, 3, 4
	s := newServer(t, false)
	keys := &keyServer{keys: jwksOf(t, s), fetches: map[string]int{}}
	instances := newInstances(t, core.Options{HTTPClient: &http.Client{Transport: keys}, Now: s.Clock().Now})
	token := s.SessionToken("user_ada")

	var first [tenants]*core.Clerk
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for n := range tenants * rounds {
				number := (n*7 + w*131) % tenants
				o := tenant(s)
				o.SecretKey = fmt.Sprintf("sk_test_tenant_%d", number)
				clerk, err := instances.Get(o)
				if err != nil {
					t.Error(err)
					return
				}
				if state := clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+token)); !state.IsSignedIn() {
					t.Errorf("tenant %d: got %s", number, outcome(state))
					return
				}
				mu.Lock()
				if first[number] == nil {
					first[number] = clerk
				}
				same := first[number] == clerk
				mu.Unlock()
				if !same {
					t.Errorf("tenant %d has two instances", number)
					return
				}
			}
		})
	}
	wg.Wait()
	if len(keys.fetches) != tenants {
		t.Errorf("got key sets for %d tenants, want %d", len(keys.fetches), tenants)
	}
	for key, n := range keys.fetches {
		if n != 1 {
			t.Errorf("%s: got %d fetches, want 1", key, n)
		}
	}
}

// TestTenantsThatShareAKeyIDShareNoKey interleaves two instances that differ in
// nothing but where their Backend API is: publishable key, secret key, issuer and
// key id are the same, the signing keys are not.
func TestTenantsThatShareAKeyIDShareNoKey(t *testing.T) {
	t.Parallel()
	clock := clerktest.NewClock(epoch)
	const host = "shared-kid-1.clerk.accounts.dev"
	servers := [2]*clerktest.Server{
		clerktest.New(t, clerktest.Config{FrontendAPI: host, Clock: clock}),
		clerktest.New(t, clerktest.Config{FrontendAPI: host, Clock: clock, SecondKey: true}),
	}
	if servers[0].KeyID() != servers[1].KeyID() {
		t.Fatal("the instances do not share a kid")
	}
	instances := newInstances(t, core.Options{Now: clock.Now})
	tokens := [2]string{servers[0].SessionToken("user_of_0"), servers[1].SessionToken("user_of_1")}

	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for n := range 50 {
				mine := (worker + n) % 2
				clerk, err := instances.Get(tenant(servers[mine]))
				if err != nil {
					t.Error(err)
					return
				}
				for owner, token := range tokens {
					state := clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+token))
					if state.IsSignedIn() != (owner == mine) {
						t.Errorf("token of instance %d at instance %d: got %s", owner, mine, outcome(state))
						return
					}
					if want := fmt.Sprintf("user_of_%d", mine); owner == mine && state.Auth().UserID != want {
						t.Errorf("got user %s, want %s", state.Auth().UserID, want)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	for i, s := range servers {
		if n := s.Requests("GET /v1/jwks"); n == 0 || n > 4 {
			t.Errorf("instance %d: got %d fetches of keys, want few, and its own", i, n)
		}
	}
}

func TestInstancesCallTheirOwnBackend(t *testing.T) {
	t.Parallel()
	clock := clerktest.NewClock(epoch)
	const host = "shared-kid-2.clerk.accounts.dev"
	servers := [2]*clerktest.Server{
		clerktest.New(t, clerktest.Config{FrontendAPI: host, Clock: clock, Users: []clerktest.User{{ID: "user_x", FirstName: "Zero"}}}),
		clerktest.New(t, clerktest.Config{FrontendAPI: host, Clock: clock, Users: []clerktest.User{{ID: "user_x", FirstName: "One"}}, SecondKey: true}),
	}
	instances := newInstances(t, core.Options{Now: clock.Now})
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			s, want := servers[n%2], [...]string{"Zero", "One"}[n%2]
			clerk, err := instances.Get(tenant(s))
			if err != nil {
				t.Error(err)
				return
			}
			ra := attach(t, clerk, get("/", "Authorization", "Bearer "+s.SessionToken("user_x")))
			user, err := ra.CurrentUser(t.Context())
			if err != nil || user == nil || user.FirstName == nil || *user.FirstName != want {
				t.Errorf("got %v, %v, want %s", user, err, want)
			}
		})
	}
	wg.Wait()
}

func TestInstancesForgetWhatWasUsedLongestAgo(t *testing.T) {
	t.Parallel()
	const bound = 10_000
	s := newServer(t, false)
	instances := newInstances(t, core.Options{})
	at := func(n int) *core.Clerk {
		o := tenant(s)
		o.Domain = fmt.Sprintf("tenant-%d.example", n)
		clerk, err := instances.Get(o)
		if err != nil {
			t.Fatal(err)
		}
		return clerk
	}
	first, second := at(0), at(1)
	for n := 2; n < bound; n++ {
		at(n)
	}
	if at(0) != first {
		t.Fatal("forgotten before the bound")
	}
	at(bound) // One too many: the second is the one that was used longest ago.
	if at(0) != first {
		t.Error("what was used just now was forgotten")
	}
	if at(1) == second {
		t.Error("nothing was forgotten")
	}
}

func TestOptionsOfARequestNeverReadTheEnvironment(t *testing.T) {
	s := newServer(t, false)
	t.Setenv("CLERK_PUBLISHABLE_KEY", s.PublishableKey())
	t.Setenv("CLERK_SECRET_KEY", s.SecretKey())
	t.Setenv("CLERK_JWT_KEY", s.PEM())
	for name, base := range map[string]core.Options{
		"without a base": {},
		"with LookupEnv": {LookupEnv: env(map[string]string{"CLERK_PUBLISHABLE_KEY": s.PublishableKey(), "CLERK_SECRET_KEY": s.SecretKey()})},
	} {
		instances := newInstances(t, base)
		if _, err := instances.Get(core.Options{}); !errors.Is(err, core.ErrConfiguration) {
			t.Errorf("%s: options with nothing in them: got %v, want a configuration error", name, err)
		}
		if _, err := instances.Get(core.Options{PublishableKey: s.PublishableKey()}); err == nil {
			t.Errorf("%s: a secret key came from somewhere", name)
		}
		// An address that nobody listens at: only the environment's CLERK_JWT_KEY could
		// verify the token.
		o := tenant(s)
		o.APIURL = "http://127.0.0.1:1"
		o.Retry = core.Retry{Attempts: -1}
		clerk, err := instances.Get(o)
		if err != nil {
			t.Fatal(err)
		}
		if state := clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+s.SessionToken("user_ada"))); state.IsSignedIn() {
			t.Errorf("%s: the environment's key verified a tenant's token", name)
		}
	}
}

func TestInstancesTakeFromTheBaseWhatCannotBeCompared(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	var log logBuffer
	instances := newInstances(t, core.Options{Now: s.Clock().Now, Logger: log.logger(), IsPageRequest: func(core.Request) bool { return true }})
	token := s.SessionToken("user_ada")
	for range 2 {
		o := s.Options() // With a clock and an environment, as a test's lookup returns them.
		o.Skip = func(core.Request) bool { return true }
		clerk, err := instances.Get(o)
		if err != nil {
			t.Fatal(err)
		}
		ra := attach(t, clerk, get("/", "Authorization", "Bearer "+token))
		if !ra.Auth().IsAuthenticated() {
			t.Errorf("got %s, want a session by the base's clock, and no skip", outcome(ra.State()))
		}
		out := adapter.Guard("Protect").Check(t.Context(), attach(t, clerk, get("/")))
		if out.Status != http.StatusTemporaryRedirect {
			t.Errorf("got status %d: the base's IsPageRequest has no effect", out.Status)
		}
	}
	if got := strings.Count(log.String(), "set Skip, which have no effect there"); got != 1 {
		t.Errorf("got %d warnings, want one: %s", got, log.String())
	}
}

func TestInstancesRefuseABaseThatWouldApplyToAll(t *testing.T) {
	t.Parallel()
	skew := core.Retry{Attempts: 1}
	for name, base := range map[string]core.Options{
		"SecretKey": {SecretKey: "sk_test_x"}, "JWTKey": {JWTKey: "x"}, "Audience": {Audience: []string{"a"}},
		"Retry": {Retry: skew}, "AcceptsToken": {AcceptsToken: core.AnyToken()}, "Debug": {Debug: true},
	} {
		err := panicked(func() { adapter.Instances(base) })
		if !errors.Is(err, core.ErrConfiguration) || !strings.Contains(err.Error(), "return "+name+" from the function") {
			t.Errorf("%s: got %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "sk_test_x") {
			t.Error("the error tells the key")
		}
	}
	if err := panicked(func() { adapter.Instances(core.Options{}, core.Options{}) }); !errors.Is(err, core.ErrConfiguration) {
		t.Errorf("two bases: got %v", err)
	}
}

func TestInstancesKeepWhatTheyWereGiven(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	instances := newInstances(t, core.Options{Now: s.Clock().Now})
	o := tenant(s)
	o.AuthorizedParties = []string{"https://app.example"}
	clerk, err := instances.Get(o)
	if err != nil {
		t.Fatal(err)
	}
	o.AuthorizedParties[0] = "https://evil.example"
	token := s.SessionToken("user_ada", clerktest.AuthorizedParty("https://evil.example"))
	if state := clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+token)); state.IsSignedIn() {
		t.Error("the caller changed an instance that exists")
	}
	if again, err := instances.Get(o); err != nil || again == clerk {
		t.Errorf("changed options have the old instance (%v)", err)
	}
}

func BenchmarkInstancesGet(b *testing.B) {
	s := newServer(b, false)
	instances := newInstances(b, core.Options{})
	o := tenant(s)
	o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:slug", "/orgs/:slug/(.*)"}
	want, err := instances.Get(o)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if clerk, err := instances.Get(o); err != nil || clerk != want {
			b.Fatal("another instance", err)
		}
	}
}
