package httpclerk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// The defaults of core.Outage.
const (
	longestWait   = 2 * time.Second
	probeInterval = 5 * time.Second
)

// outageClerk is a Clerk in memory, for time that is faked, and a fault in front of it.
type outageClerk struct {
	server *clerktest.Server
	begin  time.Time     // of the faked time
	later  time.Duration // how much of it was left out

	mu     sync.Mutex
	fault  func(c *outageClerk, r *http.Request, n int) (*http.Response, error)
	tokens map[time.Duration]issued // by their age
	calls  map[string]int
	all    int // of the Backend API
}

func (c *outageClerk) setFault(f func(c *outageClerk, r *http.Request, n int) (*http.Response, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault, c.calls, c.all = f, map[string]int{}, 0
}

func (c *outageClerk) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

func (c *outageClerk) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	c.mu.Lock()
	fault := c.fault
	c.calls[r.URL.Path]++
	c.all++
	n := c.all
	c.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if fault != nil {
		if resp, err := fault(c, r, n); resp != nil || err != nil {
			return resp, err
		}
	}
	return c.answer(r), nil
}

// answer is what Clerk says when it works.
func (c *outageClerk) answer(r *http.Request) *http.Response {
	cookie := "__session=" + c.session(0) + "; Path=/"
	switch path := r.URL.Path; {
	case path == "/v1/jwks":
		return jsonAnswer(http.StatusOK, string(c.server.JWKS()))
	case path == "/v1/clients/handshake_payload":
		return jsonAnswer(http.StatusOK, fmt.Sprintf(`{"directives":[%q]}`, cookie))
	case strings.HasSuffix(path, "/refresh"):
		return jsonAnswer(http.StatusOK, fmt.Sprintf(`{"object":"cookies","cookies":[%q]}`, cookie))
	case path == "/api_keys/verify":
		return jsonAnswer(http.StatusOK, `{"object":"api_key","id":"ak_1","subject":"user_ada","scopes":[]}`)
	case path == "/v1/users/user_ada":
		return jsonAnswer(http.StatusOK, `{"object":"user","id":"user_ada"}`)
	case path == "/v1/client/handshake":
		return jsonAnswer(http.StatusBadRequest, `{"errors":[{"code":"form_param_missing","message":"is missing"}]}`)
	}
	return jsonAnswer(http.StatusNotFound, `{"errors":[{"code":"resource_not_found","message":"not found"}]}`)
}

func jsonAnswer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

func failedAnswer(status int, headers ...string) *http.Response {
	resp := jsonAnswer(status, `{"errors":[{"code":"internal_clerk_error","message":"a fault"}]}`)
	for i := 0; i+1 < len(headers); i += 2 {
		resp.Header.Set(headers[i], headers[i+1])
	}
	return resp
}

// pause waits, unless the caller gives up.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// trickle is a body that comes byte by byte.
type trickle struct {
	io.Reader

	ctx context.Context //nolint:containedctx // of the request
}

func (t trickle) Read(p []byte) (int, error) {
	if err := pause(t.ctx, 250*time.Millisecond); err != nil {
		return 0, err
	}
	return t.Reader.Read(p[:1])
}

// isRenewal reports whether a call renews a browser's session.
func isRenewal(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/client/handshake") || strings.HasSuffix(r.URL.Path, "/handshake_payload") || strings.HasSuffix(r.URL.Path, "/refresh")
}

// clerkFault is a way in which Clerk does not work.
type clerkFault struct {
	name    string
	hangs   bool          // what was asked before its end is not answered
	asked   time.Duration // by Retry-After
	renewal bool          // it concerns renewals alone
	half    bool          // it concerns half of the calls
	answer  func(c *outageClerk, r *http.Request, n int) (*http.Response, error)
}

var clerkFaults = []clerkFault{
	{name: "it answers 500", answer: func(*outageClerk, *http.Request, int) (*http.Response, error) {
		return failedAnswer(http.StatusInternalServerError), nil
	}},
	{name: "it answers 429 and asks to wait", asked: 20 * time.Second, answer: func(*outageClerk, *http.Request, int) (*http.Response, error) {
		return failedAnswer(http.StatusTooManyRequests, "Retry-After", "20"), nil
	}},
	{name: "it refuses connections", answer: func(*outageClerk, *http.Request, int) (*http.Response, error) {
		return nil, errors.New("connection refused")
	}},
	{name: "it accepts and hangs", hangs: true, answer: func(_ *outageClerk, r *http.Request, _ int) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}},
	{name: "it trickles", hangs: true, answer: func(c *outageClerk, r *http.Request, _ int) (*http.Response, error) {
		resp := c.answer(r)
		resp.Body = io.NopCloser(trickle{resp.Body, r.Context()})
		return resp, nil
	}},
	{name: "it is slow by 3 s", hangs: true, answer: func(_ *outageClerk, r *http.Request, _ int) (*http.Response, error) {
		return nil, pause(r.Context(), 3*time.Second)
	}},
	{name: "half of the calls fail", half: true, answer: func(_ *outageClerk, _ *http.Request, n int) (*http.Response, error) {
		if n%3 == 0 || n%7 == 1 || n%5 == 4 {
			return failedAnswer(http.StatusServiceUnavailable), nil
		}
		return nil, nil //nolint:nilnil // Clerk answers.
	}},
	{name: "handshake and refresh fail", renewal: true, answer: func(_ *outageClerk, r *http.Request, _ int) (*http.Response, error) {
		if isRenewal(r) {
			return failedAnswer(http.StatusInternalServerError), nil
		}
		return nil, nil //nolint:nilnil // Clerk answers.
	}},
}

// What an application answers.
const (
	isUser      = "200 user_ada"
	isStranger  = "200 -"
	isUnknown   = "200 unknown"
	isHandshake = "307 handshake"
	isRefused   = "503"
)

// outageRow is a kind of request.
type outageRow struct {
	name    string
	cold    bool          // the process has just started
	later   time.Duration // since the keys were fetched
	request func(c *outageClerk) *http.Request
	calm    string // the answer in calm times
	outage  string // in an outage
	renewal string // while only handshakes and refreshes fail; as in calm times unless given
	calls   int    // to the Backend API that are wanted at most, of a hundred requests; one each unless given
}

var outageRows = []outageRow{
	{
		name: "public page, nothing presented", calm: isStranger, outage: isStranger,
		request: func(*outageClerk) *http.Request { return pageLoad("/") },
	},
	{
		name: "public page, session expired a minute ago", calm: isUser, outage: isUnknown, renewal: isUnknown,
		request: func(c *outageClerk) *http.Request { return pageLoad("/", c.cookies(true)...) },
	},
	{
		name: "public page, session expired, no refresh", calm: isHandshake, outage: isUnknown, renewal: isUnknown,
		request: func(c *outageClerk) *http.Request { return pageLoad("/", c.cookies(false)...) },
	},
	{name: "valid session, keys known", calm: isUser, outage: isUser, request: func(c *outageClerk) *http.Request { return c.valid("/dashboard") }},
	{name: "valid session, keys 6 min old", later: 6 * time.Minute, calm: isUser, outage: isUser, request: func(c *outageClerk) *http.Request { return c.valid("/dashboard") }},
	{name: "valid session, process just started", cold: true, calm: isUser, outage: isRefused, request: func(c *outageClerk) *http.Request { return c.valid("/dashboard") }},
	{
		name: "guarded page, session expired", calm: isUser, outage: isRefused, renewal: isRefused,
		request: func(c *outageClerk) *http.Request { return pageLoad("/dashboard", c.cookies(true)...) },
	},
	{
		name: "guarded page, session expired, no refresh", calm: isHandshake, outage: isRefused, renewal: isRefused,
		request: func(c *outageClerk) *http.Request { return pageLoad("/dashboard", c.cookies(false)...) },
	},
	{
		name: "the same by script", calm: isUser, outage: isRefused, renewal: isRefused,
		request: func(c *outageClerk) *http.Request { return script(pageLoad("/dashboard", c.cookies(true)...)) },
	},
	{
		name: "back from a handshake with a nonce", calm: isUser, outage: isRefused, renewal: isRefused,
		request: func(c *outageClerk) *http.Request {
			return pageLoad("/dashboard", fmt.Sprint("__clerk_handshake_nonce=nonce-", c.now().UnixNano()))
		},
	},
	{
		name: "opaque machine token", calm: isUser, outage: isRefused,
		request: func(*outageClerk) *http.Request {
			r := script(pageLoad("/machine"))
			r.Header.Set("Authorization", "Bearer ak_secret")
			return r
		},
	},
	{name: "current user", calm: isUser, outage: isRefused, request: func(c *outageClerk) *http.Request { return c.valid("/user") }},
	{
		name: "100 made-up key ids", calm: "404", outage: isRefused, calls: 1,
		request: func(c *outageClerk) *http.Request {
			key, _ := clerktest.OtherKey() // It is made once.
			r := script(pageLoad("/dashboard"))
			r.Header.Set("Authorization", "Bearer "+c.server.SessionToken("user_ada", clerktest.SignedWith(key, fmt.Sprintf("ins_%p", r)), clerktest.IssuedAt(c.now())))
			return r
		},
	},
}

func pageLoad(target string, cookies ...string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, target, http.NoBody)
	r.Header.Set("Sec-Fetch-Dest", "document")
	r.Header.Set("Accept", "text/html")
	if len(cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(cookies, "; "))
	}
	return r
}

func script(r *http.Request) *http.Request {
	r.Header.Set("Sec-Fetch-Dest", "empty")
	r.Header.Set("Accept", "application/json")
	return r
}

// now is Clerk's time.
func (c *outageClerk) now() time.Time {
	return c.server.Clock().Now().Add(c.later + time.Since(c.begin))
}

// session is the token of a session. One of the last half minute may be another's.
func (c *outageClerk) session(age time.Duration) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.tokens[age]
	if now := c.now(); last.text == "" || now.Sub(last.at) > 30*time.Second {
		last = issued{c.sign(age), now}
		c.tokens[age] = last
	}
	return last.text
}

// issued is a token, and when it was made.
type issued struct {
	text string
	at   time.Time
}

func (c *outageClerk) sign(age time.Duration) string {
	return c.server.SessionToken("user_ada", clerktest.IssuedAt(c.now().Add(-age)), clerktest.Lifetime(time.Minute))
}

// cookies are those of a browser whose session has expired a minute ago.
func (c *outageClerk) cookies(refresh bool) []string {
	cookies := []string{"__session=" + c.session(2*time.Minute), "__client_uat=1"}
	if refresh {
		cookies = append(cookies, "__refresh_"+c.server.CookieSuffix()+"=r")
	}
	return cookies
}

// valid is a request of a browser that is signed in.
func (c *outageClerk) valid(target string) *http.Request {
	return pageLoad(target, "__session="+c.session(0), "__client_uat=1")
}

// outageApp is an application in front of a Clerk, and the log of it.
type outageApp struct {
	http.Handler

	clerk *core.Clerk
	log   *bytes.Buffer
}

// newOutageApp makes one.
func newOutageApp(t *testing.T, c *outageClerk, change ...func(*core.Options)) outageApp {
	t.Helper()
	app := outageApp{log: &bytes.Buffer{}}
	o := c.server.Options()
	o.ProxyURL, o.HTTPClient, o.Now = "", &http.Client{Transport: c}, c.now
	o.Logger = slog.New(slog.NewTextHandler(app.log, nil))
	o.CallBudget = core.CallBudget{Rate: -1, AddressRate: -1}
	for _, f := range change {
		f(&o)
	}
	var err error
	if app.clerk, err = core.New(o); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	show := func(w http.ResponseWriter, r *http.Request) {
		auth := httpclerk.Auth(r)
		switch {
		case httpclerk.State(r).Unavailable() != nil:
			_, _ = io.WriteString(w, "unknown") // To memory.
		case auth.IsAuthenticated():
			_, _ = io.WriteString(w, auth.UserID+auth.Subject)
		default:
			_, _ = io.WriteString(w, "-")
		}
	}
	mux.HandleFunc("/", show)
	mux.Handle("/dashboard", httpclerk.Protect()(http.HandlerFunc(show)))
	mux.Handle("/machine", httpclerk.Protect(core.AcceptTokens(core.APIKey))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "user_ada")
	})))
	mux.HandleFunc("/user", func(w http.ResponseWriter, r *http.Request) {
		user, err := httpclerk.CurrentUser(r)
		if err != nil {
			w.WriteHeader(core.AsError(err).StatusCode())
			return
		}
		_, _ = io.WriteString(w, user.ID)
	})
	app.Handler = httpclerk.With(app.clerk)(mux)
	return app
}

// ask makes a request, and says what came back after how long.
func (a outageApp) ask(r *http.Request) (answer string, waited time.Duration) {
	start := time.Now()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	switch {
	case strings.Contains(w.Header().Get("Location"), "/v1/client/handshake?"):
		answer = isHandshake
	case w.Code == http.StatusOK:
		answer = "200 " + w.Body.String()
	default:
		answer = fmt.Sprint(w.Code)
	}
	return answer, time.Since(start)
}

// newOutageServer is made outside of faked time. It signs tokens.
func newOutageServer(t *testing.T) *clerktest.Server {
	t.Helper()
	return clerktest.New(t, clerktest.Config{Clock: clerktest.NewClock(time.Unix(1795217577, 0)), Production: true})
}

func newOutageClerk(s *clerktest.Server) *outageClerk {
	return &outageClerk{server: s, begin: time.Now(), tokens: map[time.Duration]issued{}, calls: map[string]int{}}
}

// prepare makes an application for a row, that knows what it needs to know.
func (row outageRow) prepare(t *testing.T, c *outageClerk) outageApp {
	t.Helper()
	app := newOutageApp(t, c)
	if row.cold {
		return app
	}
	if got, _ := app.ask(c.valid("/dashboard")); got != isUser {
		t.Fatalf("in calm times: got %s", got)
	}
	if got, _ := app.ask(pageLoad("/", c.cookies(false)...)); got != isHandshake {
		t.Fatalf("in calm times: got %s", got)
	}
	c.later = row.later
	clear(c.tokens)
	time.Sleep(time.Minute) // What is known of the Frontend API grows old.
	return app
}

// TestOutages asks, for each kind of request and each fault, a hundred times: nobody waits
// too long, nobody is told what is not known, and Clerk is not asked more often than in
// calm times. When the fault is over, so is the outage, at the next probe.
func TestOutages(t *testing.T) {
	t.Parallel()
	s := newOutageServer(t)
	for _, fault := range clerkFaults {
		for _, row := range outageRows {
			t.Run(fault.name+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := newOutageClerk(s)
					app := row.prepare(t, c)
					c.setFault(fault.answer)
					row.suffer(t, c, app, fault)
					c.setFault(nil)
					row.recover(t, c, app, fault)
					time.Sleep(time.Minute) // What is under way ends.
				})
			})
		}
	}
}

// suffer makes the requests of an outage.
func (row outageRow) suffer(t *testing.T, c *outageClerk, app outageApp, fault clerkFault) {
	t.Helper()
	const requests = 100
	want := map[string]bool{row.outage: true}
	switch {
	case fault.half:
		want[row.calm] = true
	case fault.renewal && row.renewal == "":
		want = map[string]bool{row.calm: true}
	case fault.renewal:
		want = map[string]bool{row.renewal: true}
	}
	waits := 0
	for n := range requests {
		got, waited := app.ask(row.request(c))
		if !want[got] {
			t.Fatalf("request %d: got %s after %v, want one of %v\n%s", n, got, waited, want, app.log)
		}
		if waited > longestWait {
			t.Errorf("request %d: waited %v", n, waited)
		}
		if waited > 0 {
			waits++
		}
		if row.calls != 1 {
			time.Sleep(100 * time.Millisecond)
		}
	}
	most := requests
	if row.calls > 0 {
		most = row.calls
	}
	if fault.half && row.calls > 0 {
		most = 2 // The one that failed, or that and one that did not.
	}
	if got := c.total(); got > most {
		t.Errorf("got %d calls for %d requests, want %d at most: %v", got, requests, most, c.calls)
	}
	if !fault.half && waits > 4 {
		t.Errorf("%d of %d requests waited", waits, requests)
	}
}

// recover makes the first requests after an outage.
func (row outageRow) recover(t *testing.T, c *outageClerk, app outageApp, fault clerkFault) {
	t.Helper()
	most := fault.asked + probeInterval
	if fault.hangs {
		most += longestWait
	}
	for begin := time.Now(); ; time.Sleep(500 * time.Millisecond) {
		got, waited := app.ask(row.request(c))
		if waited > longestWait {
			t.Errorf("afterwards: waited %v", waited)
		}
		if got == row.calm {
			if took := time.Since(begin); took > most {
				t.Errorf("recovered after %v, want %v at most", took, most)
			}
			return
		}
		if got != row.outage && got != row.renewal {
			t.Fatalf("afterwards: got %s", got)
		}
		if time.Since(begin) > time.Minute {
			t.Fatalf("got %s a minute later: %v\n%s", got, c.calls, app.log)
		}
	}
}
