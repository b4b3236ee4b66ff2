package core_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// byHost are options whose Domain is the request's Host, which anybody can make up.
func byHost(s *clerktest.Server, host string) core.Options {
	o := tenant(s)
	o.Domain = host
	return o
}

// TestInventedHostsShareTheKeys presents forged tokens to hosts that nobody has.
func TestInventedHostsShareTheKeys(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	backend := newCounted(t, s)
	var log logBuffer
	instances := newInstances(t, core.Options{HTTPClient: &http.Client{Transport: backend}, Now: s.Clock().Now, Logger: log.logger()})
	forger := clerktest.New(t, clerktest.Config{Clock: s.Clock(), Production: true, SecondKey: true})
	tokens := []string{forger.SessionToken("user_x"), s.SessionToken("user_x") + "x"}
	for n := range 500 {
		clerk, err := instances.Get(byHost(s, fmt.Sprintf("invented-%d.example", n)))
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range tokens {
			if state := clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+token)); state.IsSignedIn() {
				t.Fatal("signed in by a forged token")
			}
		}
	}
	if got := strings.Count(log.String(), "perhaps because of the configuration"); got < 1 || got > 2 {
		t.Errorf("got %d warnings, want one for each of two reasons:\n%s", got, log.String())
	}
	if got := backend.of("/v1/jwks"); got < 1 || got > 2 {
		t.Errorf("got %d fetches of keys, want one, and one more for the unknown kid", got)
	}
}

// TestInventedHostsShareTheBudget presents made-up tokens and nonces to hosts that
// nobody has.
func TestInventedHostsShareTheBudget(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	backend := newCounted(t, s)
	instances := newInstances(t, core.Options{HTTPClient: &http.Client{Transport: backend}, Now: s.Clock().Now})
	for n := range 200 {
		clerk, err := instances.Get(byHost(s, fmt.Sprintf("invented-%d.example", n)))
		if err != nil {
			t.Fatal(err)
		}
		checkOAuth(t.Context(), t, clerk, bearer("oat_the_same").from("203.0.113.66:1"))
		clerk.Authenticate(t.Context(), redeem(fmt.Sprint("bad-", n), "203.0.113.66:1"))
	}
	if got := backend.of(oauthPath); got != 1 {
		t.Errorf("got %d calls for one token, want 1", got)
	}
	if got := backend.of(noncePath); got != 19 {
		t.Errorf("got %d calls for nonces, want the rest of the address's share, 19", got)
	}
}

// TestInstancesShareOnlyWhatIsTheSame changes one option after the other.
func TestInstancesShareOnlyWhatIsTheSame(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	for _, tt := range []struct {
		name   string
		change func(*core.Options)
		calls  int
	}{
		{name: "Domain", change: func(o *core.Options) { o.Domain = "b.example" }, calls: 1},
		{name: "SignInURL", change: func(o *core.Options) { o.SignInURL = "/sign-in" }, calls: 1},
		{name: "Audience", change: func(o *core.Options) { o.Audience = []string{"a"} }, calls: 1},
		{name: "IgnoreForwarded", change: func(o *core.Options) { o.IgnoreForwarded = true }, calls: 1},
		{name: "SecretKey", change: func(o *core.Options) { o.SecretKey = "sk_test_another" }, calls: 2},
		{name: "MachineSecretKey", change: func(o *core.Options) { o.MachineSecretKey = "ak_another" }, calls: 2},
		{name: "APIURL", change: func(o *core.Options) { o.APIURL += "/b" }, calls: 2},
		{name: "APIVersion", change: func(o *core.Options) { o.APIVersion = "v2" }, calls: 2},
		{name: "Retry", change: func(o *core.Options) { o.Retry.Attempts = 1 }, calls: 2},
		{name: "KeyRefresh", change: func(o *core.Options) { o.KeyRefresh.TTL = 1 }, calls: 2},
		{name: "CallBudget", change: func(o *core.Options) { o.CallBudget.Rate = 3 }, calls: 2},
	} {
		backend := newCounted(t, s)
		instances := newInstances(t, core.Options{HTTPClient: &http.Client{Transport: backend}, Now: s.Clock().Now})
		one, other := tenant(s), tenant(s)
		tt.change(&other)
		for _, o := range []core.Options{one, other} {
			clerk, err := instances.Get(o)
			if err != nil {
				t.Fatal(err)
			}
			checkOAuth(t.Context(), t, clerk, bearer("oat_the_same"))
		}
		if got := backend.of(oauthPath) + backend.of("/b"+oauthPath); got != tt.calls {
			t.Errorf("%s: got %d calls, want %d", tt.name, got, tt.calls)
		}
	}
}

// TestInventedHostsDriveOutNoTenant floods with more hosts than are kept.
func TestInventedHostsDriveOutNoTenant(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	backend := newCounted(t, s)
	instances := newInstances(t, core.Options{HTTPClient: &http.Client{Transport: backend}, Now: s.Clock().Now})
	at := func(host string) *core.Clerk {
		t.Helper()
		clerk, err := instances.Get(byHost(s, host))
		if err != nil {
			t.Fatal(err)
		}
		return clerk
	}
	valid := get("/", "Authorization", "Bearer "+s.SessionToken("user_ada"))
	tenants := map[string]*core.Clerk{}
	for n := range 50 {
		host := fmt.Sprintf("tenant-%d.example", n)
		tenants[host] = at(host)
		if state := tenants[host].Authenticate(t.Context(), valid); !state.IsSignedIn() {
			t.Fatal(outcome(state))
		}
	}
	visited := at("never-signed-in.example")
	for n := range 11_000 {
		clerk := at(fmt.Sprintf("invented-%d.example", n))
		if n%1000 == 0 {
			clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer forged"))
		}
	}
	for host, clerk := range tenants {
		if at(host) != clerk {
			t.Errorf("%s was driven out", host)
		}
	}
	if at("never-signed-in.example") == visited {
		t.Error("more instances are kept than the bound says")
	}
	if got := backend.of("/v1/jwks"); got != 1 {
		t.Errorf("got %d fetches of keys, want 1", got)
	}
}

// TestLongOptionsAreRefused gives texts that no option has.
func TestLongOptionsAreRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	long := strings.Repeat("x", 900<<10)
	many := make([]string, 20_000)
	for i := range many {
		many[i] = "https://app.example"
	}
	for name, change := range map[string]func(*core.Options){
		"Domain":            func(o *core.Options) { o.Domain = long[:513] },
		"ProxyURL":          func(o *core.Options) { o.ProxyURL = "https://app.example/" + long },
		"SignInURL":         func(o *core.Options) { o.SignInURL = "/" + long[:16<<10] },
		"JWTKey":            func(o *core.Options) { o.JWTKey = long },
		"AuthorizedParties": func(o *core.Options) { o.AuthorizedParties = many },
		"Audience":          func(o *core.Options) { o.Audience = []string{"a", long} },
		"OrganizationSync":  func(o *core.Options) { o.OrganizationSync.OrganizationPatterns = []string{"/" + long} },
		"ContentSecurityPolicy": func(o *core.Options) {
			o.ContentSecurityPolicy = &core.ContentSecurityPolicy{ReportTo: long}
		},
		"AcceptsToken": func(o *core.Options) { o.AcceptsToken = core.TokenList(core.TokenType(long)) },
	} {
		o := tenant(s)
		change(&o)
		instances := newInstances(t, core.Options{})
		_, err := instances.Get(o)
		_, err2 := core.New(o)
		for _, err := range []error{err, err2} {
			if !errors.Is(err, core.ErrConfiguration) || !strings.Contains(err.Error(), "Options."+name+" holds ") || len(err.Error()) > 300 {
				t.Errorf("%s: got %.300v", name, err)
			}
		}
	}
}

// TestInventedHostsKeepLittleMemory measures what hosts leave behind that are as long
// as they may be, and longer.
func TestInventedHostsKeepLittleMemory(t *testing.T) { //nolint:paralleltest // it measures the heap
	s := newServer(t, false)
	instances := newInstances(t, core.Options{})
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	for n := range 100 {
		if _, err := instances.Get(byHost(s, fmt.Sprint(n, strings.Repeat("h", 900<<10)))); err == nil {
			t.Fatal("a Host of 900 KB is a Domain")
		}
	}
	if kept := heap() - before; kept > 1<<20 {
		t.Errorf("100 hosts of 900 KB keep %d bytes", kept)
	}
	// Only a lookup that copies other texts from requests gets so far.
	path := strings.Repeat("p", 15<<10)
	for n := range 1000 {
		o := byHost(s, fmt.Sprint(n))
		o.SignInURL, o.SignUpURL = "/"+path, "/"+path
		o.ProxyURL = "https://app.example/" + path
		if _, err := instances.Get(o); err != nil {
			t.Fatal(err)
		}
	}
	if kept := heap() - before; kept > 128<<20 {
		t.Errorf("1000 instances of long options keep %d bytes, want at most 128 MiB", kept)
	}
	runtime.KeepAlive(instances)
}

// TestInventedHostsDoNotFillTheLog sends browsers to the Frontend APIs of satellites that
// nobody has, and that therefore never answer.
func TestInventedHostsDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	var log logBuffer
	calm := newCounted(t, s)
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Host, "invented") {
			return down(r)
		}
		return calm.RoundTrip(r)
	})
	instances := newInstances(t, core.Options{HTTPClient: &http.Client{Transport: transport}, Now: s.Clock().Now, Logger: log.logger()})
	for n := range 50 {
		o := byHost(s, fmt.Sprintf("invented-%d.example", n))
		o.Outage, o.IsSatellite, o.SignInURL = core.Outage{}, true, "https://primary.example/sign-in"
		clerk, err := instances.Get(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := outcome(clerk.Authenticate(t.Context(), uncertain())); !strings.HasPrefix(got, "handshake") {
			t.Fatal(got)
		}
	}
	if got := strings.Count(log.String(), "has not answered this server"); got != 1 {
		t.Errorf("got %d warnings, want 1:\n%s", got, log.String())
	}
}
