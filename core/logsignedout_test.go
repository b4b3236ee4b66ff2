package core_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// warnings are the lines of a log that say a reason, as they are.
func warnings(log *logBuffer, reason string) []string {
	var found []string
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "level=WARN") && strings.Contains(line, "reason="+reason) {
			found = append(found, line)
		}
	}
	return found
}

// TestMisconfigurationIsTold makes each fault of a configuration that New cannot
// know, and expects one warning a minute with its explanation, path and count.
func TestMisconfigurationIsTold(t *testing.T) {
	t.Parallel()
	clock := clerktest.NewClock(epoch)
	s := clerktest.New(t, clerktest.Config{Clock: clock, Production: true})
	other := clerktest.New(t, clerktest.Config{FrontendAPI: "clerk.other.test", Clock: clock, Production: true, SecondKey: true})
	down := answers{http.StatusBadGateway, "text/html", "<html>"}.client()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	const secret = "a_secret_of_the_application_42"
	for name, test := range map[string]struct {
		edit   func(*core.Options)
		token  string
		reason string
		remedy string
	}{
		"keys of two instances":    {edit: func(o *core.Options) { o.SecretKey, o.APIURL = other.SecretKey(), other.URL() }, token: s.SessionToken("user_ada"), reason: "jwk-kid-mismatch", remedy: "different instances"},
		"PEM of another instance":  {edit: func(o *core.Options) { o.JWTKey = other.PEM() }, token: s.SessionToken("user_ada"), reason: "token-invalid-signature", remedy: "Options.JWTKey"},
		"party that is not listed": {edit: func(o *core.Options) { o.AuthorizedParties = []string{"https://app.example"} }, token: s.SessionToken("user_ada", clerktest.AuthorizedParty("https://www.app.example")), reason: "token-invalid-authorized-parties", remedy: "Options.AuthorizedParties"},
		"no azp where parties are": {edit: func(o *core.Options) { o.AuthorizedParties = []string{"https://app.example"} }, token: s.SessionToken("user_ada", clerktest.Claim("azp", nil)), reason: "token-invalid-authorized-parties", remedy: "Options.AuthorizedParties"},
		"issuer that is not":       {edit: func(o *core.Options) { o.Issuer = []string{"https://clerk.else.test"} }, token: s.SessionToken("user_ada"), reason: "token-invalid-issuer", remedy: "Options.Issuer"},
		"another audience":         {edit: func(o *core.Options) { o.Audience = []string{"api"} }, token: s.SessionToken("user_ada", clerktest.Claim("aud", "web")), reason: "token-verification-failed", remedy: "Options.Audience"},
		"clock that is behind":     {edit: func(o *core.Options) { o.Now = func() time.Time { return epoch.Add(-10 * time.Minute) } }, token: s.SessionToken("user_ada"), reason: "session-token-nbf", remedy: "clock"},
		"secret key that is none":  {edit: func(o *core.Options) { o.SecretKey = "sk_live_of_nobody" }, token: s.SessionToken("user_ada"), reason: "secret-key-invalid", remedy: "dashboard"},
		"key set that is away":     {edit: func(o *core.Options) { o.HTTPClient, o.Retry.Attempts = down, -1 }, token: s.SessionToken("user_ada"), reason: "unexpected-error", remedy: "guards answer 503"},
		"address that is not Clerk": {edit: func(o *core.Options) {
			o.HTTPClient = answers{http.StatusNotFound, "application/json", `{"a":1}`}.client()
			o.Retry.Attempts = -1
		}, token: s.SessionToken("user_ada"), reason: "jwk-remote-failed-to-load", remedy: "Options.APIURL"},
		"token of another key": {edit: func(*core.Options) {}, token: s.SessionToken("user_ada", clerktest.SignedWith(key, s.KeyID())), reason: "token-invalid-signature", remedy: "another instance"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log logBuffer
			o := plain(s)
			now := clock.Now()
			o.Now = func() time.Time { return now }
			o.Logger = log.logger()
			test.edit(&o)
			skewed := o.Now()
			tick := time.Duration(0)
			o.Now = func() time.Time { return skewed.Add(tick) }
			clerk := newClerk(t, o)
			visit := func(n int) {
				for range n {
					adapter.Attach(t.Context(), clerk, get("/api/items?reset="+secret, "Authorization", "Bearer "+test.token, "Cookie", "app="+secret))
				}
			}
			visit(5)
			got := warnings(&log, test.reason)
			if len(got) != 1 {
				t.Fatalf("got %d warnings, want 1: %s", len(got), log.String())
			}
			for _, want := range []string{test.remedy, "path=/api/items ", "explanation=", "docs/troubleshooting.md#" + test.reason + `"`} {
				if !strings.Contains(got[0], want) {
					t.Errorf("got %s, want %q in it", got[0], want)
				}
			}
			tick = time.Minute // Tokens live for as long, and 5 s more.
			visit(2)
			if got = warnings(&log, test.reason); len(got) != 2 || !strings.Contains(got[1], "repeated=4") {
				t.Errorf("a minute later: got %s, want another that counts 4", strings.Join(got, ""))
			}
			if strings.Contains(log.String(), secret) || strings.Contains(log.String(), test.token[20:60]) || strings.Contains(log.String(), test.token[len(test.token)-20:]) {
				t.Errorf("the log shows what it must not: %s", log.String())
			}
		})
	}
}

// TestOrdinarySignOutsAreNotTold visits in every way that is no fault.
func TestOrdinarySignOutsAreNotTold(t *testing.T) {
	t.Parallel()
	for _, production := range []bool{false, true} {
		s := newServer(t, production)
		var log logBuffer
		o := plain(s)
		o.Logger = log.logger()
		clerk := newClerk(t, o)
		expired := s.SessionToken("user_ada", clerktest.IssuedAt(epoch.Add(-time.Hour)))
		for _, r := range []core.Request{
			get("/"), page("/"), get("/", "Authorization", "Bearer junk"), get("/", "Authorization", "Bearer a.b.c"), get("/", "Authorization", "Bearer "+expired),
			get("/", "Cookie", "__session="+expired+"; __client_uat=1"), page("/", "Cookie", "__session="+expired+"; __client_uat=1"),
			get("/", "Cookie", "__client_uat=5"), page("/", "Cookie", "__client_uat=0"), get("/", "Authorization", "Bearer mt_1"),
			get("/", "Authorization", "Bearer "+s.SessionToken("user_ada")), get("/", "Cookie", "__session=junk; __client_uat=1; __clerk_db_jwt=x"),
		} {
			adapter.Attach(t.Context(), clerk, r)
		}
		if log.String() != "" {
			t.Errorf("production %v: got %s", production, log.String())
		}
	}
}

// TestForgedTokensDoNotFillTheLog sends what a stranger can make up, between the
// requests of users.
func TestForgedTokensDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	forged := func(n int) core.Request {
		kid := s.KeyID()
		if n%2 == 0 {
			kid = fmt.Sprint("ins_", n)
		}
		return get(fmt.Sprint("/", n), "Authorization", "Bearer "+s.SessionToken("user_ada", clerktest.SignedWith(key, kid)))
	}
	var log logBuffer
	o := plain(s)
	o.Logger = log.logger()
	clerk := newClerk(t, o)
	session := s.SessionToken("user_ada")
	for n := range 20 {
		adapter.Attach(t.Context(), clerk, get("/", "Authorization", "Bearer "+session))
		adapter.Attach(t.Context(), clerk, forged(n))
	}
	if log.String() != "" {
		t.Errorf("users are signed in, and yet: %s", log.String())
	}
	for n := range 200 {
		adapter.Attach(t.Context(), clerk, forged(n))
	}
	if n := strings.Count(log.String(), "\n"); n > 2 {
		t.Errorf("got %d lines for 200 forged tokens: %s", n, log.String())
	}
	if !strings.Contains(log.String(), "forged") {
		t.Errorf("the warnings do not say that the token may be forged: %s", log.String())
	}
}

// TestConfigurationFaultsOfRequestsAreLoggedOnce has requests that cannot be
// answered, as strangers can make them.
func TestConfigurationFaultsOfRequestsAreLoggedOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	satellite := plain(s)
	satellite.IsSatellite, satellite.Domain, satellite.SignInURL = true, "sat.example", "https://app.example/sign-in"
	satellite.ProxyURL = "/__clerk"
	guarded := plain(s)
	guarded.SignInURL = "/sign-in"
	for name, test := range map[string]struct {
		o core.Options
		r func(n int) core.Request
	}{
		"sign-in page of the satellite itself": {o: satellite, r: func(n int) core.Request { return get(fmt.Sprint("/", n), "Origin", "https://app.example") }},
		"junk handshake tokens": {o: plain(s), r: func(n int) core.Request {
			return page("/?__clerk_handshake=" + s.HandshakeToken(nil, clerktest.HeaderField("kid", fmt.Sprint("ins_", n))))
		}},
		"guarded sign-in page": {o: guarded, r: func(n int) core.Request {
			return page(fmt.Sprintf("/sign-in?redirect_url=%%2Fsign-in%%3F%d", n), "Cookie", "__clerk_db_jwt=dvb_1")
		}},
		"loops": {o: plain(s), r: func(n int) core.Request { return looping(fmt.Sprint("x=", n)) }},
	} {
		var log logBuffer
		test.o.Logger = log.logger()
		clerk := newClerk(t, test.o)
		for n := range 20 {
			ra, out := adapter.Attach(t.Context(), clerk, test.r(n))
			if out.Allowed() {
				adapter.Guard("Protect").Check(t.Context(), ra)
			}
		}
		if n := strings.Count(log.String(), "\n"); n < 1 || n > 2 {
			t.Errorf("%s: got %d lines, want one or two: %s", name, n, log.String())
		}
	}
}

// TestLoopNamesItsCause drives a browser, step by step, into the loop that a fault
// leads to, and reads what is logged of it.
func TestLoopNamesItsCause(t *testing.T) {
	t.Parallel()
	for _, production := range []bool{false, true} {
		for _, off := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
			t.Run(fmt.Sprint("production ", production, ", clock off by ", off), func(t *testing.T) {
				t.Parallel()
				s := newServer(t, production)
				var log logBuffer
				o := plain(s)
				o.Logger = log.logger()
				o.Now = func() time.Time { return epoch.Add(off) }
				clerk := newClerk(t, o)
				session := s.SessionToken("user_ada")
				uat := fmt.Sprint("__client_uat=", epoch.Unix()-60)
				handshake := s.HandshakeToken([]string{"__session=" + session + "; Path=/", uat + "; Path=/"})
				r := page("/", "Cookie", "__clerk_redirect_count=3; __clerk_db_jwt=dvb_1; "+uat+"; __session="+session)
				if production { // Where the handshake comes along in a cookie.
					r = page("/", "Cookie", "__clerk_redirect_count=3; "+uat+"; __clerk_handshake="+handshake)
				}
				_, out := adapter.Attach(t.Context(), clerk, r)
				_, loop, found := strings.Cut(log.String(), "redirect loop stopped")
				if !found || !strings.Contains(loop, "clock of this machine") || strings.Contains(loop, "different instances") {
					t.Errorf("got log %s, want a loop that names the clock, not the keys", log.String())
				}
				if !production && (!strings.Contains(out.Body, "clock of this machine") || strings.Contains(out.Body, "secret key")) {
					t.Errorf("got page %s", out.Body)
				}
			})
		}
	}
	s := newServer(t, false)
	var log logBuffer
	o := plain(s)
	o.Logger = log.logger()
	_, out := adapter.Attach(t.Context(), newClerk(t, o), looping("__clerk_db_jwt=dvb_1; __client_uat=5"))
	for what, text := range map[string]string{"log": log.String(), "page": out.Body} {
		if !strings.Contains(text, "different instances") || strings.Contains(text, "set it right") {
			t.Errorf("got %s %s, want the keys", what, text)
		}
	}
}
