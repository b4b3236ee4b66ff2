package core_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"

	"github.com/clerkgo/clerkgo/core/reason"
)

const (
	payloadRoute = "GET /v1/clients/handshake_payload"
	refreshRoute = "POST /v1/sessions/{id}/refresh"
)

// outage is a way in which the Backend API does not answer.
type outage struct {
	name  string
	fault clerktest.Fault
	hangs bool // nobody waits for the answer
}

func outages() []outage {
	html := []byte("<!doctype html><title>Log in to the network</title>")
	return []outage{
		{name: "it is down", fault: clerktest.Fault{Drop: true}},
		{name: "it answers 500", fault: clerktest.Fault{Status: http.StatusInternalServerError}},
		{name: "a gateway answers 502", fault: clerktest.Fault{Status: http.StatusBadGateway, Body: html, ContentType: "text/html"}},
		{name: "it answers 503", fault: clerktest.Fault{Status: http.StatusServiceUnavailable}},
		{name: "it limits the rate", fault: clerktest.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3600"}}}},
		{name: "it answers 408", fault: clerktest.Fault{Status: http.StatusRequestTimeout}},
		{name: "somebody else answers 404", fault: clerktest.Fault{Status: http.StatusNotFound, Body: html, ContentType: "text/html"}},
		{name: "somebody else answers 403 in JSON", fault: clerktest.Fault{Status: http.StatusForbidden, Body: []byte(`{"message":"blocked"}`)}},
		{name: "somebody sends it elsewhere", fault: clerktest.Fault{Status: http.StatusFound, Body: []byte{}, Header: http.Header{"Location": {"/login"}}}},
		{name: "its answer is a web page", fault: clerktest.Fault{Status: http.StatusOK, Body: html, ContentType: "text/html"}},
		{name: "its answer calls itself JSON", fault: clerktest.Fault{Status: http.StatusOK, Body: html}},
		{name: "its answer is empty", fault: clerktest.Fault{Status: http.StatusOK, Body: []byte{}}},
		{name: "its answer is null", fault: clerktest.Fault{Status: http.StatusOK, Body: []byte("null")}},
		{name: "its answer is an object of another kind", fault: clerktest.Fault{Status: http.StatusOK, Body: []byte(`{"object":"list"}`)}},
		{name: "its answer is a list", fault: clerktest.Fault{Status: http.StatusOK, Body: []byte(`[]`)}},
		{name: "its answer has no body", fault: clerktest.Fault{Status: http.StatusNoContent, Body: []byte{}}},
		{name: "its answer is half sent", fault: clerktest.Fault{Truncate: true}},
		{name: "its answer is too long", fault: clerktest.Fault{PadTo: 2 << 20}},
		{name: "its answer does not come", fault: clerktest.Fault{Wait: make(chan struct{})}, hangs: true},
	}
}

// question is something that Clerk has to be asked about a request.
type question struct {
	name    string
	route   string
	request *request
	cold    bool // the instance must not have keys yet
	token   core.TokenType
}

// questions are all of them. Nothing else in these requests signs anybody in.
func questions(s *clerktest.Server, production bool) []question {
	uat, dev := "__client_uat=1; __clerk_db_jwt=d", "__clerk_db_jwt=d"
	session := s.SessionToken("user_ada")
	stale := uat + "; __session=" + aged(s, "user_ada", time.Hour, time.Minute) + "; __refresh_" + s.CookieSuffix() + "=r"
	list := []question{
		{name: "nonce in the URL", route: payloadRoute, request: page("/?__clerk_handshake_nonce=n", "Cookie", uat)},
		{name: "nonce in the URL of a stranger", route: payloadRoute, request: page("/?a=b&__clerk_handshake_nonce=n", "Cookie", dev)},
		{name: "nonce by HEAD", route: payloadRoute, request: page("/?__clerk_handshake_nonce=n", "Cookie", uat).as(http.MethodHead)},
		{name: "nonce in a frame", route: payloadRoute, request: get("/?__clerk_handshake_nonce=n", "Sec-Fetch-Dest", "iframe")},
		{name: "nonce and an expired session", route: payloadRoute, request: page("/?__clerk_handshake_nonce=n", "Cookie", stale)},
		{name: "nonce and a dev browser in the URL", route: payloadRoute, request: page("/?__clerk_handshake_nonce=n&__clerk_db_jwt=e", "Cookie", uat)},
		{name: "refresh of a page", route: refreshRoute, request: page("/", "Cookie", stale)},
		{name: "refresh of a call", route: refreshRoute, request: get("/", "Cookie", stale)},
		{name: "refresh of a bearer", route: refreshRoute, request: page("/", "Authorization", "Bearer "+aged(s, "user_ada", time.Hour, time.Minute), "Cookie", "__refresh_"+s.CookieSuffix()+"=r")},
		{name: "keys for a bearer", route: jwksRoute, cold: true, request: page("/", "Authorization", "Bearer "+session)},
		{name: "keys for a cookie", route: jwksRoute, cold: true, request: page("/", "Cookie", uat+"; __session="+session)},
		{name: "keys for a handshake token", route: jwksRoute, cold: true, request: page("/?__clerk_handshake="+s.HandshakeToken([]string{"__session=" + session}), "Cookie", uat)},
		{name: "keys for a machine", route: jwksRoute, cold: true, token: core.M2MToken, request: get("/", "Authorization", "Bearer "+s.M2MJWT(clerktest.MachineToken{}))},
		{name: "API key", route: "POST /api_keys/verify", token: core.APIKey, request: get("/", "Authorization", "Bearer "+s.APIKey(clerktest.MachineToken{}))},
		{name: "M2M token", route: "POST /m2m_tokens/verify", token: core.M2MToken, request: page("/", "Authorization", "Bearer "+s.M2MToken(clerktest.MachineToken{}))},
		{name: "OAuth token", route: "POST /oauth_applications/access_tokens/verify", token: core.OAuthToken, request: get("/", "Authorization", "Bearer "+s.OAuthToken(clerktest.MachineToken{}))},
	}
	if production {
		list = append(list,
			question{name: "nonce in a cookie", route: payloadRoute, request: page("/", "Cookie", "__clerk_handshake_nonce=n")},
			question{name: "nonce in a cookie and a session before its time", route: payloadRoute, request: page("/", "Cookie",
				"__clerk_handshake_nonce=n; __client_uat=1795217578; __session="+session)})
	}
	return list
}

// askWith is an instance whose question meets a fault, and the context to ask in,
// until the fault is mended.
func askWith(t *testing.T, s *clerktest.Server, q question, f clerktest.Fault, hangs bool, change func(*core.Options)) (c *core.Clerk, ctx context.Context, mend func()) {
	t.Helper()
	o := plain(s)
	o.Retry = core.Retry{Attempts: -1}
	if change != nil {
		change(&o)
	}
	c = newClerk(t, o)
	if !q.cold {
		if state := c.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+s.SessionToken("user_warm"))); !state.IsSignedIn() {
			t.Fatal("the keys cannot be had")
		}
	}
	mend = s.Inject(q.route, f)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	if hangs {
		cancel()
	}
	return c, ctx, mend
}

// guardFor accepts what the question is about, and would send everybody else away.
func (q question) guards() map[string]*core.Guard {
	accept := func(opts ...core.ProtectOption) *core.Guard {
		if q.token != "" {
			opts = append(opts, core.AcceptTokens(core.SessionToken, q.token))
		}
		return adapter.Guard("Protect", opts...)
	}
	return map[string]*core.Guard{
		"plain": accept(), "role": accept(core.Role("org:admin")),
		"urls": accept(core.UnauthenticatedURL("/welcome"), core.UnauthorizedURL("/denied")),
	}
}

func TestWhatCouldNotBeCheckedIsNotSignedOut(t *testing.T) {
	t.Parallel()
	for _, production := range []bool{true, false} {
		for _, o := range outages() {
			t.Run(fmt.Sprintf("production %v, %s", production, o.name), func(t *testing.T) {
				t.Parallel()
				s := newServer(t, production)
				for _, q := range questions(s, production) {
					c, ctx, mend := askWith(t, s, q, o.fault, o.hangs, nil)
					ra, out := adapter.Attach(ctx, c, q.request)
					if !out.Allowed() {
						t.Errorf("%s: an open route answers %d %q", q.name, out.Status, out.Headers)
					}
					if q.token == "" && (ra.State().Unavailable() == nil || ra.State().Location() != "" || ra.State().IsSignedIn()) {
						t.Errorf("%s: got %s, unavailable %v, location %q", q.name, outcome(ra.State()), ra.State().Unavailable(), ra.State().Location())
					}
					for name, guard := range q.guards() {
						out := guard.Check(ctx, ra)
						if out.Status != http.StatusServiceUnavailable || headerOf(out.Headers, "Retry-After") == "" || !errors.Is(out.Err, core.ErrUnavailable) {
							t.Errorf("%s: the guard %q answers %d %q", q.name, name, out.Status, out.Headers)
						}
					}
					mend()
				}
			})
		}
	}
}

func TestARefusedSecretKeyIsNobodysSignOut(t *testing.T) {
	t.Parallel()
	refused := clerktest.Fault{Status: http.StatusUnauthorized, Body: []byte(`{"errors":[{"code":"clerk_key_invalid","message":"The provided Clerk Secret Key is invalid."}]}`)}
	for _, production := range []bool{true, false} {
		s := newServer(t, production)
		for _, q := range questions(s, production) {
			var log logBuffer
			c, ctx, mend := askWith(t, s, q, refused, false, func(o *core.Options) { o.Logger = log.logger() })
			ra, out := adapter.Attach(ctx, c, q.request)
			if !out.Allowed() || ra.State().Location() != "" {
				t.Errorf("%s: an open route answers %d %q", q.name, out.Status, out.Headers)
			}
			if q.token == "" && (ra.State().Reason() != reason.SecretKeyInvalid || ra.State().Unavailable() != nil) {
				t.Errorf("%s: got %s, unavailable %v", q.name, outcome(ra.State()), ra.State().Unavailable())
			}
			for name, guard := range q.guards() {
				if out := guard.Check(ctx, ra); out.Status != http.StatusInternalServerError || !errors.Is(out.Err, core.ErrConfiguration) {
					t.Errorf("%s: the guard %q answers %d %q", q.name, name, out.Status, out.Headers)
				}
			}
			for range 10 {
				again, _ := adapter.Attach(ctx, c, q.request)
				q.guards()["plain"].Check(ctx, again)
			}
			if got := strings.Count(log.String(), "level=ERROR"); got != 1 || !strings.Contains(log.String(), "CLERK_SECRET_KEY") {
				t.Errorf("%s: got %d lines of ERROR, want one that names the remedy:\n%s", q.name, got, log.String())
			}
			mend()
		}
	}
}

// TestClerksOwnRefusals are answers: the request is judged by its cookies, as if
// there had been no nonce and no refresh token.
func TestClerksOwnRefusals(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 409, 410, 422} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			s := newServer(t, true)
			refusal := clerktest.Fault{Status: status, Body: []byte(`{"errors":[{"code":"no","message":"m"}]}`)}
			for _, q := range questions(s, true) {
				var want string
				guard := http.StatusTemporaryRedirect
				switch q.name {
				case "nonce in the URL", "nonce and a dev browser in the URL":
					want = "handshake client-uat-but-no-session-token"
				case "nonce in the URL of a stranger", "nonce in a frame", "nonce in a cookie":
					want = "signed-out session-token-and-uat-missing"
				case "nonce by HEAD":
					want = "signed-out client-uat-but-no-session-token"
				case "nonce and a session before its time":
					want = "handshake session-token-iat-before-client-uat"
				case "refresh of a page", "refresh of a bearer":
					want = "handshake session-token-expired-refresh-no"
				case "refresh of a call":
					want, guard = "signed-out session-token-expired-refresh-no", http.StatusNotFound
				default:
					continue
				}
				c, ctx, mend := askWith(t, s, q, refusal, false, nil)
				ra, _ := adapter.Attach(ctx, c, q.request)
				if got := outcome(ra.State()); got != want || ra.State().Unavailable() != nil {
					t.Errorf("%s: got %s, unavailable %v, want %s", q.name, got, ra.State().Unavailable(), want)
				}
				if out := adapter.Guard("Protect").Check(ctx, ra); out.Status != guard {
					t.Errorf("%s: a guard answers %d, want %d", q.name, out.Status, guard)
				}
				mend()
			}
		})
	}
}

// TestValidCookiesBesideAHandshake: nothing that a handshake has left, or that
// somebody has put there, signs out who is signed in.
func TestValidCookiesBesideAHandshake(t *testing.T) {
	t.Parallel()
	type fault struct {
		name string
		clerktest.Fault

		hangs bool
	}
	faults := []fault{
		{name: "used"}, // The server knows no nonce n.
		{name: "refused", Fault: clerktest.Fault{Status: http.StatusUnprocessableEntity}},
		{name: "key refused", Fault: clerktest.Fault{Status: http.StatusUnauthorized, Body: []byte(`{"errors":[{"code":"clerk_key_invalid"}]}`)}},
		{name: "no text in it", Fault: clerktest.Fault{Status: http.StatusOK, Body: []byte(`{"directives":[5]}`)}},
		{name: "an expired session in it", Fault: clerktest.Fault{Status: http.StatusOK, Body: []byte(`{"directives":["__session=x"]}`)}},
	}
	for _, o := range outages() {
		faults = append(faults, fault{o.name, o.fault, o.hangs})
	}
	for _, production := range []bool{true, false} {
		for _, f := range faults {
			t.Run(fmt.Sprintf("production %v, %s", production, f.name), func(t *testing.T) {
				t.Parallel()
				s := newServer(t, production)
				cookies := "__clerk_db_jwt=d; __client_uat=1; __session=" + s.SessionToken("user_ada")
				for name, r := range map[string]*request{
					"URL":       page("/?__clerk_handshake_nonce=n", "Cookie", cookies),
					"cookie":    page("/", "Cookie", cookies+"; __clerk_handshake_nonce=n"),
					"URL, HEAD": page("/?__clerk_handshake_nonce=n", "Cookie", cookies).as(http.MethodHead),
					"from another site": page("/?__clerk_handshake_nonce=n", "Cookie", cookies,
						"Referer", "https://mail.example/"),
				} {
					c, ctx, mend := askWith(t, s, question{route: payloadRoute}, f.Fault, f.hangs, nil)
					ra, out := adapter.Attach(ctx, c, r)
					mend()
					if f.name == "used" || f.name == "refused" || f.name == "no text in it" || f.name == "an expired session in it" {
						if name == "from another site" {
							continue // The cookies decide as ever, and it is their turn to ask.
						}
					}
					if !out.Allowed() || ra.Auth().UserID != "user_ada" {
						t.Errorf("%s: got %s, %d %q", name, outcome(ra.State()), out.Status, out.Headers)
					}
					if out := adapter.Guard("Protect").Check(ctx, ra); !out.Allowed() {
						t.Errorf("%s: a guard answers %d", name, out.Status)
					}
				}
			})
		}
	}
}

// TestHandshakesAreForPageLoads: beside anything else they cost no call and decide
// nothing.
func TestHandshakesAreForPageLoads(t *testing.T) {
	t.Parallel()
	for _, production := range []bool{true, false} {
		s := newServer(t, production)
		o := plain(s)
		o.IsPageRequest = func(core.Request) bool { return true } // It has no say.
		c := newClerk(t, o)
		own := s.SessionToken("user_ada")
		theirs := "__session=" + s.SessionToken("user_mallory")
		signedIn := "__clerk_db_jwt=d; __client_uat=1; __session=" + own
		for name, change := range map[string]func(*request) *request{
			"script":          func(r *request) *request { r.header.Set("Sec-Fetch-Dest", "empty"); return r },
			"image":           func(r *request) *request { r.header.Set("Sec-Fetch-Dest", "image"); return r },
			"curl":            func(r *request) *request { r.header.Set("Accept", "*/*"); return r },
			"API call":        func(r *request) *request { r.header.Set("Accept", "application/json, text/html"); return r },
			"form":            func(r *request) *request { r.header.Set("Sec-Fetch-Dest", "document"); return r.as("POST") },
			"form in a frame": func(r *request) *request { r.header.Set("Sec-Fetch-Dest", "iframe"); return r.as("PUT") },
			"old browser's form": func(r *request) *request {
				r.header.Set("Accept", "text/html,*/*")
				return r.as("POST")
			},
			"preflight":    func(r *request) *request { r.header.Set("Sec-Fetch-Dest", "document"); return r.as("OPTIONS") },
			"small method": func(r *request) *request { r.header.Set("Sec-Fetch-Dest", "document"); return r.as("get") },
		} {
			for what, param := range map[string]string{
				"nonce": "__clerk_handshake_nonce=n", "token": "__clerk_handshake=" + s.HandshakeToken([]string{theirs}), "forged token": "__clerk_handshake=a.b.c",
			} {
				s.ResetRequests()
				for _, r := range []*request{get("/?"+param, "Cookie", signedIn), get("/", "Cookie", signedIn+"; "+param)} {
					if ra, out := adapter.Attach(t.Context(), c, change(r)); !out.Allowed() || ra.Auth().UserID != "user_ada" || len(out.Headers) != 0 {
						t.Errorf("%s, %s: got %s as %q, %d %q", name, what, outcome(ra.State()), ra.Auth().UserID, out.Status, out.Headers)
					}
				}
				for _, r := range []*request{get("/?"+param, "Cookie", "__clerk_db_jwt=d"), get("/", "Cookie", "__clerk_db_jwt=d; "+param)} {
					if state := c.Authenticate(t.Context(), change(r)); outcome(state) != "signed-out session-token-and-uat-missing" {
						t.Errorf("%s, %s of a stranger: got %s", name, what, outcome(state))
					}
				}
				if got := s.Requests(payloadRoute); got != 0 {
					t.Errorf("%s, %s: it cost %d calls", name, what, got)
				}
			}
		}
	}
}

// TestAnOldHandshakeInTheURLDoesNotComeBack: on a development instance it would win
// over the new one, for ever.
func TestAnOldHandshakeInTheURLDoesNotComeBack(t *testing.T) {
	t.Parallel()
	for _, production := range []bool{true, false} {
		s := newServer(t, production)
		c := newClerk(t, plain(s))
		old := "__clerk_handshake_nonce=used&q=1&__clerk_help=1&__clerk_handshake_nonce=again&__clerk_db_jwt=d"
		expired := s.HandshakeToken([]string{"__session=x"}, clerktest.Claim("exp", epoch.Unix()-60))
		for _, query := range []string{old, old + "&__clerk_handshake=", "q=1&__clerk_handshake=" + expired} {
			state := c.Authenticate(t.Context(), page("/p?"+query, "Cookie", "__clerk_db_jwt=d; __client_uat=5"))
			if state.Status() != core.StatusHandshake {
				t.Errorf("production %v, %s: got %s", production, query, outcome(state))
				continue
			}
			if back := locationQuery(t, state).Get("redirect_url"); back != "http://app.example/p?q=1" {
				t.Errorf("production %v: it comes back to %s", production, back)
			}
		}
	}
	s := newServer(t, false)
	o := plain(s)
	o.IsSatellite, o.SatelliteAutoSync, o.Domain, o.SignInURL = true, true, "satellite.example", "https://primary.example/sign-in"
	state := newClerk(t, o).Authenticate(t.Context(), page("/p?a=b%20c&__clerk_handshake_nonce=used"))
	if back := locationQuery(t, state).Get("__clerk_redirect_url"); back != "http://app.example/p?a=b+c" {
		t.Errorf("a satellite's primary sends back to %s", back)
	}
}

// TestABrowserWithAnOldNonceArrives follows the redirects.
func TestABrowserWithAnOldNonceArrives(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	c := newClerk(t, plain(s))
	fapi, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(client.CloseIdleConnections)
	target, jar := "/p?__clerk_handshake_nonce=used&q=1", map[string]string{"__client_uat": "5", "__clerk_db_jwt": "unknown"}
	for hop := 0; ; hop++ {
		if hop == 5 {
			t.Fatalf("still on the way, at %s", target)
		}
		var cookies []string
		for name, value := range jar {
			cookies = append(cookies, name+"="+value)
		}
		state := c.Authenticate(t.Context(), page(target, "Cookie", strings.Join(cookies, "; ")).on("app.test"))
		for _, h := range state.Headers() {
			if h.Name == "Set-Cookie" {
				pair, _, _ := strings.Cut(h.Value, ";")
				name, value, _ := strings.Cut(pair, "=")
				jar[name] = value
			}
		}
		location := state.Location()
		if location == "" {
			if target != "/p?q=1" || outcome(state) != "signed-out session-token-and-uat-missing" {
				t.Errorf("arrived at %s: %s", target, outcome(state))
			}
			return
		}
		u, err := url.Parse(location)
		if err != nil {
			t.Fatal(err)
		}
		if u.Path == "/v1/client/handshake" {
			u.Scheme, u.Host = fapi.Scheme, fapi.Host
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.String(), http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if u, err = url.Parse(resp.Header.Get("Location")); err != nil || u.Host != "app.test" {
				t.Fatalf("the handshake answers %d %q", resp.StatusCode, resp.Header)
			}
		}
		target = u.RequestURI()
	}
}

func TestExpiredHandshakeTokensAreNotBelieved(t *testing.T) {
	t.Parallel()
	now := epoch.Unix()
	for _, test := range []struct {
		name    string
		claims  map[string]any
		expired bool
	}{
		{name: "no times", expired: false},
		{name: "fresh", claims: map[string]any{"iat": now, "exp": now + 60}, expired: false},
		{name: "expired", claims: map[string]any{"exp": now - 6}, expired: true},
		{name: "expired long ago, just issued", claims: map[string]any{"iat": now, "exp": 1}, expired: true},
		{name: "expired within the tolerance", claims: map[string]any{"exp": now - 4}, expired: false},
		{name: "an hour old", claims: map[string]any{"iat": now - 3600}, expired: false},
		{name: "older", claims: map[string]any{"iat": now - 3601}, expired: true},
		{name: "older, but valid", claims: map[string]any{"iat": now - 86400, "exp": now + 86400}, expired: true},
		{name: "from a clock that is ahead", claims: map[string]any{"iat": now + 60, "exp": now + 120}, expired: false},
		{name: "exp is no number", claims: map[string]any{"exp": "later"}, expired: true},
		{name: "exp is a number as text", claims: map[string]any{"exp": fmt.Sprint(now + 60)}, expired: true},
		{name: "iat is no number", claims: map[string]any{"iat": []int{1}}, expired: true},
		{name: "null", claims: map[string]any{"iat": nil, "exp": nil}, expired: false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, production := range []bool{true, false} {
				s := newServer(t, production)
				var opts []clerktest.TokenOption
				for name, value := range test.claims {
					opts = append(opts, clerktest.Claim(name, value))
				}
				theirs := s.SessionToken("user_mallory", clerktest.Lifetime(48*time.Hour))
				token := s.HandshakeToken([]string{"__session=" + theirs, "evil=1"}, opts...)
				c := newClerk(t, plain(s))
				cookies := "__clerk_db_jwt=d; __client_uat=1; __session=" + s.SessionToken("user_ada")
				for _, r := range []*request{page("/?__clerk_handshake="+token, "Cookie", cookies), page("/", "Cookie", cookies+"; __clerk_handshake="+token)} {
					state := c.Authenticate(t.Context(), r)
					got := state.Auth().UserID
					if believed := got == "user_mallory"; believed == test.expired || got == "" || strings.Contains(headerOf(state.Headers(), "Set-Cookie"), "evil") == test.expired {
						t.Errorf("production %v: got %s as %q, %q", production, outcome(state), got, state.Headers())
					}
				}
				state := c.Authenticate(t.Context(), page("/?__clerk_handshake="+token, "Cookie", "__clerk_db_jwt=d"))
				if state.IsSignedIn() == test.expired || state.Err() != nil {
					t.Errorf("production %v: a stranger is %s, %v", production, outcome(state), state.Err())
				}
			}
		})
	}
}

func TestJunkHandshakesFillNoLog(t *testing.T) {
	t.Parallel()
	for name, junk := range map[string]func(int) string{
		"tokens": func(i int) string { return fmt.Sprintf("__clerk_handshake=%d.b.c", i) },
		"nonces": func(i int) string { return fmt.Sprintf("__clerk_handshake_nonce=n%d", i) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, true)
			var log logBuffer
			o := plain(s)
			o.Logger = log.logger()
			o.CallBudget = core.CallBudget{Rate: -1, AddressRate: -1} // It would leave most of them unasked, and say so.
			c := newClerk(t, o)
			send := func(n int) {
				for i := range n {
					c.Authenticate(t.Context(), page("/", "Cookie", junk(i)))
				}
			}
			send(1000)
			if got := strings.Count(log.String(), "\n"); got != 1 || !strings.Contains(log.String(), "level=WARN") {
				t.Errorf("got %d lines, want one WARN:\n%.2000s", got, log.String())
			}
			s.Clock().Advance(time.Minute)
			send(3)
			if got := strings.Count(log.String(), "\n"); got != 2 || !strings.Contains(log.String(), "repeated=999") {
				t.Errorf("got %d lines a minute later, want two, with the number of those left out:\n%.2000s", got, log.String())
			}
			s.Clock().Advance(-time.Hour)
			send(2)
			if got := strings.Count(log.String(), "\n"); got != 3 {
				t.Errorf("got %d lines when the clock was set back, want three", got)
			}
		})
	}
}
