package core_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"

	"github.com/clerkgo/clerkgo/core/reason"
)

// counted is a Backend API that knows the nonces and the tokens whose text has good
// in it, and counts its calls by path.
type counted struct {
	keys    []byte
	session string
	status  int    // of refusals; 0 means 404
	body    string // of refusals; empty means Clerk's own shape

	hold chan struct{} // calls wait for its end, unless nil

	mu    sync.Mutex
	calls map[string]int
	bytes int // of the longest request
}

const refusalJSON = `{"errors":[{"code":"resource_not_found","message":"not found","long_message":"not found"}]}`

func newCounted(t *testing.T, s *clerktest.Server) *counted {
	t.Helper()
	return &counted{keys: jwksOf(t, s), session: s.SessionToken("user_ada"), calls: map[string]int{}}
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body) // Of memory.
	}
	c.mu.Lock()
	c.calls[r.URL.Path]++
	c.bytes = max(c.bytes, len(body)+len(r.URL.RawQuery))
	hold := c.hold
	c.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	status, answer := http.StatusOK, ""
	known := strings.Contains(r.URL.RawQuery+string(body), "good")
	switch {
	case r.URL.Path == "/v1/jwks":
		answer = string(c.keys)
	case known && r.URL.Path == "/v1/clients/handshake_payload":
		answer = fmt.Sprintf(`{"directives":["__session=%s; Path=/"]}`, c.session)
	case known && strings.HasSuffix(r.URL.Path, "/refresh"):
		answer = fmt.Sprintf(`{"object":"cookies","cookies":["__session=%s; Path=/"]}`, c.session)
	case known && r.URL.Path == "/oauth_applications/access_tokens/verify":
		answer = `{"object":"clerk_idp_oauth_access_token","id":"oat_1","subject":"user_1","scopes":[],"expiration":null}`
	default:
		status, answer = http.StatusNotFound, refusalJSON
		if c.status != 0 {
			status = c.status
		}
		if c.body != "" {
			answer = c.body
		}
	}
	contentType := "application/json"
	if strings.HasPrefix(answer, "<") {
		contentType = "text/html"
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {contentType}},
		Body: io.NopCloser(strings.NewReader(answer)), Request: r,
	}, nil
}

func (c *counted) of(path string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[path]
}

const (
	noncePath = "/v1/clients/handshake_payload"
	oauthPath = "/oauth_applications/access_tokens/verify"
)

// countedClerk is an instance whose Backend API is counted, with a clock of its own.
func countedClerk(t *testing.T, change ...func(*core.Options)) (*core.Clerk, *counted, *clerktest.Clock) {
	t.Helper()
	s := newServer(t, true)
	backend := newCounted(t, s)
	clock := clerktest.NewClock(epoch)
	o := plain(s)
	o.HTTPClient, o.Now = &http.Client{Transport: backend}, clock.Now
	for _, c := range change {
		c(&o)
	}
	return newClerk(t, o), backend, clock
}

// redeem is a page load that brings back a nonce from an address.
func redeem(nonce, remote string) *request {
	return page("/", "Cookie", "__clerk_handshake_nonce="+nonce).from(remote)
}

// bearer is a request with a machine's token.
func bearer(token string) *request { return get("/", "Authorization", "Bearer "+token) }

// checkOAuth asks a guard for OAuth tokens about a request.
func checkOAuth(ctx context.Context, t *testing.T, c *core.Clerk, r core.Request) core.Outcome {
	t.Helper()
	return adapter.Guard("Protect", core.AcceptTokens(core.OAuthToken)).Check(ctx, attach(t, c, r))
}

// TestInventedNoncesCauseFewCalls is a stranger's flood of handshakes that never were.
func TestInventedNoncesCauseFewCalls(t *testing.T) {
	t.Parallel()
	var log logBuffer
	c, backend, _ := countedClerk(t, func(o *core.Options) { o.Logger = log.logger() })
	unavailable, guard := 0, adapter.Guard("Protect")
	for n := range 200 {
		state := c.Authenticate(t.Context(), redeem(fmt.Sprintf("made-up-%d", n), "203.0.113.66:4711"))
		if state.IsSignedIn() {
			t.Fatal("signed in by a made-up nonce")
		}
		if state.Unavailable() != nil {
			unavailable++
		}
	}
	if unavailable != 180 {
		t.Errorf("got %d requests that could not be checked, want those over budget, 180", unavailable)
	}
	if out := guard.Check(t.Context(), attach(t, c, redeem("one-more", "203.0.113.66:4711"))); out.Status != http.StatusServiceUnavailable || headerOf(out.Headers, "Retry-After") == "" {
		t.Errorf("over budget, a guard: got %d %v, want 503 with Retry-After", out.Status, out.Headers)
	}
	if got := strings.Count(log.String(), "bound=address"); got != 1 {
		t.Errorf("got %d lines about the budget, want one: %s", got, log.String())
	}
	if got := backend.of(noncePath); got != 20 {
		t.Errorf("got %d calls, want the share of one address, 20", got)
	}
	if got := c.Stats().Calls; got.Made != 20 || got.OverBudget != 181 {
		t.Errorf("got %+v", got)
	}
}

// TestOneSendersNoncesLeaveOthersAlone sends 1,000 nonces a second for ten seconds,
// from one sender in several guises, while users of other addresses sign in.
func TestOneSendersNoncesLeaveOthersAlone(t *testing.T) {
	t.Parallel()
	const seconds, rate = 10, 1000
	for name, tt := range map[string]struct {
		attacker func(n int) *request
		user     func(n int) *request
		most     int // calls of the attacker's
	}{
		"from one address": {
			attacker: func(n int) *request { return redeem(fmt.Sprint("bad-", n), "203.0.113.66:4711") },
			user:     func(n int) *request { return redeem(fmt.Sprint("good-", n), fmt.Sprintf("198.51.%d.7:4711", n)) },
			most:     20 + 2*seconds,
		},
		"behind a proxy, with a chain of its own": {
			attacker: func(n int) *request {
				r := redeem(fmt.Sprint("bad-", n), "10.0.0.1:4711")
				r.header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.7, 203.0.113.66", n%250))
				return r
			},
			user: func(n int) *request {
				r := redeem(fmt.Sprint("good-", n), "10.0.0.1:4711")
				r.header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.7", n))
				return r
			},
			most: 20 + 2*seconds,
		},
		"without a proxy, with invented addresses": {
			attacker: func(n int) *request {
				r := redeem(fmt.Sprint("bad-", n), "203.0.113.66:4711")
				r.header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", n%250, n/250))
				return r
			},
			user: func(n int) *request { return redeem(fmt.Sprint("good-", n), fmt.Sprintf("198.51.%d.7:4711", n)) },
			most: 4 * (20 + 2*seconds),
		},
		"from one /64": {
			attacker: func(n int) *request { return redeem(fmt.Sprint("bad-", n), fmt.Sprintf("[2001:db8::%x]:4711", n)) },
			user:     func(n int) *request { return redeem(fmt.Sprint("good-", n), fmt.Sprintf("[2001:db9:%x::1]:4711", n)) },
			most:     20 + 2*seconds,
		},
		"from one /48": {
			attacker: func(n int) *request { return redeem(fmt.Sprint("bad-", n), fmt.Sprintf("[2001:db8:0:%x::1]:4711", n)) },
			user:     func(n int) *request { return redeem(fmt.Sprint("good-", n), fmt.Sprintf("[2001:db9:%x::1]:4711", n)) },
			most:     4 * (20 + 2*seconds),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, backend, clock := countedClerk(t)
			users := 0
			for n := range rate * seconds {
				if state := c.Authenticate(t.Context(), tt.attacker(n)); state.IsSignedIn() {
					t.Fatal("signed in by a made-up nonce")
				}
				clock.Advance(time.Second / rate)
				if n%100 == 0 {
					users++
					if state := c.Authenticate(t.Context(), tt.user(users)); !state.IsSignedIn() {
						t.Fatalf("after %d nonces, user %d: got %s, %v", n, users, outcome(state), state.Unavailable())
					}
				}
			}
			if got := backend.of(noncePath) - users; got > tt.most || got < 20 {
				t.Errorf("got %d calls for made-up nonces, want the share, at most %d", got, tt.most)
			}
		})
	}
}

// TestManySendersLeaveRoomForKnownAddresses floods from more addresses than the whole
// budget has calls.
func TestManySendersLeaveRoomForKnownAddresses(t *testing.T) {
	t.Parallel()
	c, backend, _ := countedClerk(t)
	user := "198.51.100.7:4711"
	if state := c.Authenticate(t.Context(), redeem("good-first", user)); !state.IsSignedIn() {
		t.Fatal(outcome(state))
	}
	for n := range 5000 {
		c.Authenticate(t.Context(), redeem(fmt.Sprint("bad-", n), fmt.Sprintf("20.%d.%d.1:4711", n%250, n/250)))
	}
	if got := backend.of(noncePath) - 1; got != 100 {
		t.Errorf("got %d calls, want half of the instance's budget, 100", got)
	}
	if state := c.Authenticate(t.Context(), redeem("good-second", user)); !state.IsSignedIn() {
		t.Errorf("a known address: got %s, %v", outcome(state), state.Unavailable())
	}
}

// TestSignInsGiveBackWhatTheyTake signs in more users from one address than its share
// has calls, at one moment.
func TestSignInsGiveBackWhatTheyTake(t *testing.T) {
	t.Parallel()
	c, _, _ := countedClerk(t)
	for n := range 500 {
		if state := c.Authenticate(t.Context(), redeem(fmt.Sprint("good-", n), "203.0.113.66:4711")); !state.IsSignedIn() {
			t.Fatalf("user %d: got %s", n, outcome(state))
		}
	}
}

// TestARefusedTokenIsRememberedForAWhile presents one made-up token again and again.
func TestARefusedTokenIsRememberedForAWhile(t *testing.T) {
	t.Parallel()
	c, backend, clock := countedClerk(t)
	try := func(want int) {
		t.Helper()
		for range 20 {
			out := checkOAuth(t.Context(), t, c, bearer("oat_madeup"))
			if out.Status != http.StatusUnauthorized || out.Err.Reason() != reason.TokenInvalid {
				t.Fatalf("got %d %v", out.Status, out.Err)
			}
		}
		if got := backend.of(oauthPath); got != want {
			t.Errorf("got %d calls, want %d", got, want)
		}
	}
	try(1)
	clock.Advance(9 * time.Second)
	try(1)
	clock.Advance(time.Second)
	try(2)
	clock.Advance(-time.Hour) // Set back: nothing is known of then.
	try(3)
	if got := c.Stats().Calls; got.Made != 3 || got.Remembered != 77 {
		t.Errorf("got %+v", got)
	}
}

// TestOnlyRefusalsAreRemembered tries the answers that say nothing about a token.
func TestOnlyRefusalsAreRemembered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		body   string
		calls  int
	}{
		{status: 404, calls: 1},
		{status: 400, calls: 1},
		{status: 410, calls: 1},
		{status: 422, calls: 1},
		{status: 401, body: `{"errors":[{"code":"clerk_key_invalid","message":"no"}]}`, calls: 3},
		{status: 401, calls: 3},
		{status: 408, calls: 3},
		{status: 429, calls: 3},
		{status: 500, calls: 3},
		{status: 503, calls: 3},
		{status: 404, body: "<html>", calls: 3},
		{status: 404, body: `{"message":"no route"}`, calls: 3},
		{status: 404, body: `{"errors":[]}`, calls: 1},
	} {
		c, backend, _ := countedClerk(t)
		backend.status, backend.body = tt.status, tt.body
		for range 3 {
			checkOAuth(t.Context(), t, c, bearer("oat_madeup"))
		}
		if got := backend.of(oauthPath); got != tt.calls {
			t.Errorf("%d %s: got %d calls, want %d", tt.status, tt.body, got, tt.calls)
		}
	}
	c, backend, _ := countedClerk(t, func(o *core.Options) { o.CallBudget.RefusalTTL = -1 })
	for range 3 {
		checkOAuth(t.Context(), t, c, bearer("oat_madeup"))
	}
	if got := backend.of(oauthPath); got != 3 {
		t.Errorf("with the memory off: got %d calls, want 3", got)
	}
}

// TestAcceptedTokensGoFirst drains the budget and the share of an address beside a
// token that Clerk accepts.
func TestAcceptedTokensGoFirst(t *testing.T) {
	t.Parallel()
	c, backend, clock := countedClerk(t)
	ask := func(token string) core.Outcome {
		return checkOAuth(t.Context(), t, c, bearer(token).from("203.0.113.66:4711"))
	}
	if out := ask("oat_good"); !out.Allowed() {
		t.Fatalf("got %d", out.Status)
	}
	for n := range 100 {
		ask(fmt.Sprint("oat_bad", n))
	}
	for range 50 {
		if out := ask("oat_good"); !out.Allowed() {
			t.Fatalf("a token that was accepted lately: got %d", out.Status)
		}
	}
	out := ask("oat_goodbutnew")
	if out.Status != http.StatusServiceUnavailable || headerOf(out.Headers, "Retry-After") == "" {
		t.Errorf("over budget: got %d %v, want 503 with Retry-After", out.Status, out.Headers)
	}
	clock.Advance(time.Second)
	if out := ask("oat_goodbutnew"); !out.Allowed() {
		t.Errorf("a second later: got %d", out.Status)
	}
	if got := backend.of(oauthPath); got != 1+19+50+1 && got != 1+20+50+1 {
		t.Errorf("got %d calls", got)
	}
}

// TestWhatIsTooLongCausesNoCall sends what is longer than any credential.
func TestWhatIsTooLongCausesNoCall(t *testing.T) {
	t.Parallel()
	c, backend, _ := countedClerk(t)
	long := strings.Repeat("x", 500<<10)
	for _, nonce := range []string{long[:300<<10], "good-" + long[:1020]} {
		if state := c.Authenticate(t.Context(), redeem(nonce, "")); state.IsSignedIn() || state.Unavailable() != nil {
			t.Errorf("nonce %.20q: got %s, %v", nonce, outcome(state), state.Unavailable())
		}
	}
	for _, token := range []string{"oat_" + long, "oat_good" + long[:1017]} {
		out := checkOAuth(t.Context(), t, c, bearer(token))
		if out.Status != http.StatusUnauthorized {
			t.Errorf("token %.20q: got %d", token, out.Status)
		}
	}
	for kind, token := range map[core.TokenType]string{core.APIKey: "ak_" + long, core.M2MToken: "mt_" + long} {
		if out := adapter.Guard("Protect", core.AcceptTokens(kind)).Check(t.Context(), attach(t, c, bearer(token))); out.Status != http.StatusUnauthorized {
			t.Errorf("%s: got %d", kind, out.Status)
		}
	}
	if backend.bytes != 0 || len(backend.calls) != 0 {
		t.Errorf("got calls %v, the longest of %d bytes", backend.calls, backend.bytes)
	}
	if got := c.Stats().Calls; got.TooLong != 6 || got.Made != 0 {
		t.Errorf("got %+v", got)
	}
	if state := c.Authenticate(t.Context(), redeem("good"+long[:1020], "")); !state.IsSignedIn() {
		t.Errorf("the longest nonce: got %s", outcome(state))
	}
	if out := checkOAuth(t.Context(), t, c, bearer("oat_good"+long[:1016])); !out.Allowed() {
		t.Errorf("the longest token: got %d", out.Status)
	}
}

// TestTheSameQuestionIsAskedOnce lets many requests wait for one answer.
func TestTheSameQuestionIsAskedOnce(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]func() *request{
		noncePath: func() *request { return redeem("good", "203.0.113.66:4711") },
		oauthPath: func() *request { return bearer("oat_good") },
	} {
		c, backend, _ := countedClerk(t)
		backend.hold = make(chan struct{})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				ra := attach(t, c, r())
				out := adapter.Guard("Protect", core.AcceptTokens(core.OAuthToken, core.SessionToken)).Check(t.Context(), ra)
				if !out.Allowed() {
					t.Errorf("%s: got %d %v", name, out.Status, out.Err)
				}
			})
		}
		waitFor(t, func() bool { return c.Stats().Calls.Coalesced == 19 })
		close(backend.hold)
		wg.Wait()
		if got := backend.of(name); got != 1 {
			t.Errorf("%s: got %d calls, want 1", name, got)
		}
	}
}

// TestRefreshesAreBounded refreshes an expired session in all the ways that a stranger
// who has one can.
func TestRefreshesAreBounded(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	long := strings.Repeat("x", 80<<10)
	for _, tt := range []struct {
		name   string
		tokens []string // refresh tokens, one after the other
		extra  []string // headers
		calls  int
		in     bool // the last one is signed in
	}{
		{name: "good", tokens: []string{"good", "good", "good"}, calls: 3, in: true},
		{name: "refused", tokens: []string{"bad", "bad", "bad"}, calls: 1, in: false},
		{name: "too long", tokens: []string{"good" + long[:4093], "good" + long}, calls: 0, in: false},
		{name: "with headers that are too long", tokens: []string{"good"}, extra: []string{"X-Long", long}, calls: 0, in: false},
		{name: "of a host that is too long", tokens: []string{"good"}, extra: []string{"Host", long}, calls: 0, in: false},
		{name: "from one address", tokens: numbered("bad", 50), calls: 20, in: false},
	} {
		backend := newCounted(t, s)
		o := plain(s)
		o.HTTPClient = &http.Client{Transport: backend}
		c := newClerk(t, o)
		suffix := s.CookieSuffix()
		expired := s.SessionToken("user_ada", clerktest.IssuedAt(epoch.Add(-time.Hour)))
		var state *core.State
		for _, token := range tt.tokens {
			cookies := fmt.Sprintf("__session_%[1]s=%[2]s; __client_uat_%[1]s=1; __refresh_%[1]s=%[3]s", suffix, expired, token)
			r := get("/", append([]string{"Cookie", cookies}, tt.extra...)...).from("203.0.113.66:1")
			if host := r.header.Get("Host"); host != "" {
				r.header.Del("Host")
				r.on(host)
			}
			state = c.Authenticate(t.Context(), r)
		}
		got := 0
		for path, n := range backend.calls {
			if strings.HasSuffix(path, "/refresh") {
				got += n
			}
		}
		if got != tt.calls || state.IsSignedIn() != tt.in {
			t.Errorf("%s: got %d calls and %s, want %d", tt.name, got, outcome(state), tt.calls)
		}
		if over := len(tt.tokens) > 20; over != (state.Unavailable() != nil) {
			t.Errorf("%s: got %v", tt.name, state.Unavailable())
		}
	}
}

// numbered are texts that differ in their numbers.
func numbered(text string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(text, i)
	}
	return out
}

// TestWhoGivesUpLeavesTheCallToTheOthers gives up waiting for a machine token's check,
// beside other guards of the same request and beside other requests.
func TestWhoGivesUpLeavesTheCallToTheOthers(t *testing.T) {
	t.Parallel()
	c, backend, _ := countedClerk(t)
	backend.hold = make(chan struct{})
	guard := adapter.Guard("Protect", core.AcceptTokens(core.OAuthToken))
	ra := attach(t, c, bearer("oat_good"))
	impatient, giveUp := context.WithCancel(t.Context())
	first := make(chan core.Outcome, 1)
	go func() { first <- guard.Check(impatient, ra) }()
	waitFor(t, func() bool { return backend.of(oauthPath) == 1 })

	others := make(chan core.Outcome, 2)
	go func() { others <- guard.Check(t.Context(), ra) }()
	go func() { others <- guard.Check(t.Context(), attach(t, c, bearer("oat_good"))) }()
	waitFor(t, func() bool { return c.Stats().Calls.Coalesced >= 1 })
	giveUp()
	if out := <-first; out.Status != http.StatusServiceUnavailable {
		t.Errorf("who gave up: got %d, want 503", out.Status)
	}
	waitFor(t, func() bool { return c.Stats().Calls.Coalesced == 2 }) // The other of that request had to wait for its turn.
	close(backend.hold)
	for range 2 {
		if out := <-others; !out.Allowed() {
			t.Errorf("another: got %d %v", out.Status, out.Err)
		}
	}
	if out := guard.Check(t.Context(), ra); !out.Allowed() {
		t.Errorf("later on: got %d", out.Status)
	}
	if out := guard.Check(impatient, attach(t, c, bearer("oat_good"))); out.Status != http.StatusServiceUnavailable {
		t.Errorf("whose context has ended before: got %d", out.Status)
	}
	if got := backend.of(oauthPath); got != 1 {
		t.Errorf("got %d calls, want 1", got)
	}
}

// TestAPanicOfTheTransportIsAFailedCall checks the goroutine that makes the call.
func TestAPanicOfTheTransportIsAFailedCall(t *testing.T) {
	t.Parallel()
	c, _, _ := countedClerk(t, func(o *core.Options) { o.HTTPClient = &http.Client{Transport: panics{}} })
	if out := checkOAuth(t.Context(), t, c, bearer("oat_good")); out.Status != http.StatusServiceUnavailable {
		t.Errorf("got %d, want 503", out.Status)
	}
}

// TestAPanicOfTheTransportBehindTheProxy answers as if the Frontend API were down.
func TestAPanicOfTheTransportBehindTheProxy(t *testing.T) {
	t.Parallel()
	c, _, _ := countedClerk(t, func(o *core.Options) {
		o.HTTPClient = &http.Client{Transport: panics{}}
		o.FrontendAPIProxy.Enabled = true
	})
	answer := c.Proxy(t.Context(), get("/__clerk/v1/client"), core.ProxyInput{})
	defer func() { _ = answer.Body.Close() }() // Only the status counts.
	if answer.Status != http.StatusBadGateway {
		t.Errorf("got %d, want 502", answer.Status)
	}
}

// TestRetriesWaitNoLongerThanSense takes a delay that doubles beyond what a duration
// holds.
func TestRetriesWaitNoLongerThanSense(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	o := plain(s)
	o.JWTKey, o.HTTPClient = s.PEM(), &http.Client{Transport: failing{}}
	o.Retry = core.Retry{Attempts: 5, BaseDelay: math.MaxInt64 / 2}
	ra := attach(t, newClerk(t, o), get("/", "Authorization", "Bearer "+s.SessionToken(s.AddUser(clerktest.User{}))))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := ra.CurrentUser(ctx); !errors.Is(err, core.ErrUnavailable) {
		t.Errorf("got %v, want an error that matches ErrUnavailable", err)
	}
}

type panics struct{}

func (panics) RoundTrip(*http.Request) (*http.Response, error) { panic("in the transport") }

// TestClientAddress counts requests for whom the application says.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	var c *core.Clerk
	c, backend, _ := countedClerk(t, func(o *core.Options) {
		o.CallBudget = core.CallBudget{AddressRate: 1, AddressBurst: 2}
		o.ClientAddress = func(r core.Request) string {
			c.Stats() // It holds no lock that this would wait for.
			return strings.Join(r.Header("X-Client"), "")
		}
	})
	for n, client := range []string{"203.0.113.1", "203.0.113.1:9", "203.0.113.1", "198.51.100.1", "", "", ""} {
		r := redeem(fmt.Sprint("bad-", n), "10.0.0.1:1")
		r.header.Set("X-Client", client)
		c.Authenticate(t.Context(), r)
	}
	if got := backend.of(noncePath); got != 2+1+2 {
		t.Errorf("got %d calls, want 2 of one client, 1 of another, 2 of the connection", got)
	}
}

// TestTheBudgetCanBeTurnedOff asks without bounds.
func TestTheBudgetCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	c, backend, _ := countedClerk(t, func(o *core.Options) { o.CallBudget = core.CallBudget{Rate: -1, AddressRate: -1} })
	for n := range 500 {
		c.Authenticate(t.Context(), redeem(fmt.Sprint("bad-", n), "203.0.113.66:4711"))
	}
	if got := backend.of(noncePath); got != 500 {
		t.Errorf("got %d calls, want 500", got)
	}
}

// waitFor waits for other goroutines of the test.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 10_000 {
		if done() {
			return
		}
		<-tick.C
	}
	t.Fatal("it did not come to pass")
}
