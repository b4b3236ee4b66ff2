package core_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"

	"github.com/clerkgo/clerkgo/core/reason"
)

// TestGuardOfMachines is Clerk's table of auth.protect(), rows 16 to 24 and 26,
// however the middleware is configured. Unlike in Clerk's SDKs, requirements of a
// machine's token are evaluated.
func TestGuardOfMachines(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	machine := clerktest.MachineToken{Scopes: []string{"read", "write"}}
	key, revoked, oat, mt := s.APIKey(machine), s.APIKey(machine), s.OAuthToken(machine), s.M2MToken(machine)
	s.RevokeToken(revoked)
	m2mJWT, oauthJWT := s.M2MJWT(machine), s.OAuthJWT(machine)
	expiredJWT := s.M2MJWT(clerktest.MachineToken{Lifetime: -time.Hour})
	session := s.SessionToken("user_1")
	type tokens = []core.TokenType
	all := tokens{core.SessionToken, core.APIKey, core.M2MToken, core.OAuthToken}
	const challenge = `Unauthorized Bearer resource_metadata="https://clerk.example.test/.well-known/oauth-protected-resource"`
	for _, test := range []struct {
		name  string
		want  tokens
		token string
		guard []core.ProtectOption
		out   string
	}{
		{"16 API key", tokens{core.APIKey}, key, nil, "next"},
		{"16 opaque M2M token", tokens{core.M2MToken}, mt, nil, "next"},
		{"16 M2M JWT", tokens{core.M2MToken}, m2mJWT, nil, "next"},
		{"16 opaque OAuth token", tokens{core.OAuthToken}, oat, nil, "next"},
		{"16 OAuth JWT", tokens{core.OAuthToken}, oauthJWT, nil, "next"},
		{"17 no token", tokens{core.APIKey}, "", nil, "Unauthorized"},
		{"17 session", tokens{core.APIKey}, session, nil, "Unauthorized"},
		{"17 unknown API key", tokens{core.APIKey}, "ak_no", nil, "Unauthorized"},
		{"17 revoked API key", tokens{core.APIKey}, revoked, nil, "Unauthorized"},
		{"17 another machine type", tokens{core.APIKey}, mt, nil, "Unauthorized"},
		{"17 expired JWT", tokens{core.M2MToken}, expiredJWT, nil, "Unauthorized"},
		{"18 list", tokens{core.APIKey, core.M2MToken}, mt, nil, "next"},
		{"19 list, something else", tokens{core.APIKey, core.M2MToken}, session, nil, "Unauthorized"},
		{"19 list, nothing", tokens{core.APIKey, core.M2MToken}, "", nil, "Unauthorized"},
		{"20 list with sessions", tokens{core.SessionToken, core.APIKey}, key, nil, "next"},
		{"21 list with sessions, type that is not in it", tokens{core.SessionToken, core.APIKey}, mt, nil, "Unauthorized"},
		{"21 URL options mean nothing", tokens{core.SessionToken, core.APIKey}, mt, []core.ProtectOption{core.UnauthenticatedURL("/b")}, "Unauthorized"},
		{"23 any type", all, m2mJWT, nil, "next"},
		{"24 any type, invalid", all, "mt_no", nil, "Unauthorized"},
		{"26 unknown OAuth token", tokens{core.OAuthToken}, "oat_no", nil, challenge},
		{"26 OAuth token where others are accepted", tokens{core.APIKey}, oat, nil, challenge},
		{"26 OAuth JWT where others are accepted", tokens{core.APIKey, core.SessionToken}, oauthJWT, nil, challenge},
		{"role", tokens{core.APIKey}, key, []core.ProtectOption{core.Role("org:admin")}, "Unauthorized"},
		{"permission", tokens{core.APIKey}, key, []core.ProtectOption{core.Permission("org:a:b")}, "Unauthorized"},
		{"feature", tokens{core.APIKey}, key, []core.ProtectOption{core.Feature("a")}, "Unauthorized"},
		{"plan", tokens{core.OAuthToken}, oauthJWT, []core.ProtectOption{core.Plan("a")}, challenge},
		{"reverification", tokens{core.SessionToken, core.M2MToken}, mt, []core.ProtectOption{core.Reverification(core.Lax)}, "Unauthorized"},
		{"scopes", tokens{core.APIKey}, key, []core.ProtectOption{core.Scopes("read", "write")}, "next"},
		{"one scope", tokens{core.OAuthToken}, oauthJWT, []core.ProtectOption{core.Scopes("write")}, "next"},
		{"scope that it lacks", tokens{core.APIKey}, key, []core.ProtectOption{core.Scopes("read", "admin")}, "Unauthorized"},
		{"empty scope", tokens{core.APIKey}, key, []core.ProtectOption{core.Scopes("")}, "Unauthorized"},
		{"prefix of a scope", tokens{core.APIKey}, key, []core.ProtectOption{core.Scopes("rea")}, "Unauthorized"},
		{
			"function",
			tokens{core.APIKey},
			key,
			[]core.ProtectOption{core.Where(func(a *core.Auth) bool { return a.TokenType == core.APIKey && a.IsAuthenticated() })},
			"next",
		},
		{"function that says no", tokens{core.APIKey}, key, []core.ProtectOption{core.Where(func(*core.Auth) bool { return false })}, "Unauthorized"},
		{"scope or role", all, mt, []core.ProtectOption{core.AnyOf(core.Role("org:admin"), core.Scopes("read"))}, "next"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for name, accepts := range map[string]core.TokenChoice{"unset": {}, "any": core.AnyToken(), "list": core.TokenList(test.want...)} {
				o := plain(s)
				o.AcceptsToken = accepts
				r := page("/p")
				if test.token != "" {
					r.header.Set("Authorization", "Bearer "+test.token)
				}
				ra := attach(t, newClerk(t, o), r)
				guard := adapter.Guard("Protect", append([]core.ProtectOption{core.AcceptTokens(test.want...)}, test.guard...)...)
				got := guard.Check(t.Context(), ra)
				text := strings.TrimSpace(told(got) + " " + headerOf(got.Headers, "WWW-Authenticate"))
				want := test.out
				if name == "list" && strings.HasPrefix(test.name, "26 OAuth") {
					want = "Unauthorized" // The state of a type that is not accepted at all tells nothing of it.
				}
				if text != want {
					t.Errorf("middleware accepts %s: got %q, want %q", name, text, want)
				}
				checkRefusal(t, got)
				if got.Allowed() && (!ra.Auth().IsAuthenticated() || ra.Auth().TokenType == core.SessionToken || ra.State().Token() != test.token) {
					t.Errorf("middleware accepts %s: behind the guard the Auth is %+v", name, exported(ra.Auth()))
				}
				if !got.Allowed() && name == "unset" && ra.Auth().IsAuthenticated() && test.token != session {
					t.Errorf("a machine that was refused counts as signed in: %+v", exported(ra.Auth()))
				}
			}
		})
	}
}

func TestMachineTokensAreCheckedOnceAndOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	c := newClerk(t, plain(s))
	ra, out := adapter.Attach(t.Context(), c, get("/", "Authorization", "Bearer "+s.APIKey(clerktest.MachineToken{})))
	if len(out.Headers) != 0 || ra.Auth().IsAuthenticated() || ra.State().Reason() != reason.TokenTypeMismatch {
		t.Errorf("got %+v and reason %q before anybody asked", out, ra.State().Reason())
	}
	if o := adapter.Guard("Protect").Check(t.Context(), ra); o.Allowed() || s.Requests("POST /api_keys/verify") != 0 {
		t.Errorf("a guard of sessions: got %+v and %d calls", o, s.Requests("POST /api_keys/verify"))
	}
	guard := adapter.Guard("Protect", core.AcceptTokens(core.APIKey))
	for range 3 {
		if o := guard.Check(t.Context(), ra); !o.Allowed() {
			t.Errorf("got %+v", o)
		}
	}
	if got := s.Requests("POST /api_keys/verify"); got != 1 {
		t.Errorf("got %d calls, want one", got)
	}
	if o := adapter.Guard("Protect").Check(t.Context(), ra); o.Allowed() {
		t.Error("a guard of sessions behind one of machines let the machine pass")
	}
}

func TestAuthOfAMachine(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	o := plain(s)
	o.AcceptsToken = core.AnyToken()
	c := newClerk(t, o)
	scopes := []string{"a", "b"}
	custom := map[string]any{"x": 1}
	// Clerk's chains have one link; what comes before it is in the raw text only.
	chain := map[string]any{"iss": "https://a.example", "sub": "client_2", "act": map[string]any{"sub": "client_3", "act": map[string]any{"sub": "client_4"}}}
	actor := &core.Actor{
		Issuer: "https://a.example", Subject: "client_2",
		Actor: &core.Actor{Subject: "client_3", Raw: json.RawMessage(`{"act":{"sub":"client_4"},"sub":"client_3"}`)},
		Raw:   json.RawMessage(`{"act":{"act":{"sub":"client_4"},"sub":"client_3"},"iss":"https://a.example","sub":"client_2"}`),
	}
	for _, test := range []struct {
		name, token string
		want        core.Auth
		claims      string
	}{
		{
			"API key of a user", s.APIKey(clerktest.MachineToken{ID: "ak_1", Subject: "user_1", Scopes: scopes, Claims: custom, Name: "CI"}),
			core.Auth{TokenType: core.APIKey, ID: "ak_1", Subject: "user_1", UserID: "user_1", Scopes: scopes, Name: "CI"},
			`{"x":1}`,
		},
		{
			"API key of an organization", s.APIKey(clerktest.MachineToken{ID: "ak_2", Subject: "org_1", Scopes: scopes, Name: "CI"}),
			core.Auth{TokenType: core.APIKey, ID: "ak_2", Subject: "org_1", OrgID: "org_1", Scopes: scopes, Name: "CI"},
			"",
		},
		{
			"opaque M2M token", s.M2MToken(clerktest.MachineToken{ID: "mt_1", Subject: "mch_1", Scopes: scopes}),
			core.Auth{TokenType: core.M2MToken, ID: "mt_1", Subject: "mch_1", MachineID: "mch_1", Scopes: scopes},
			"",
		},
		{
			"M2M JWT", s.M2MJWT(clerktest.MachineToken{ID: "mt_2", Subject: "mch_1", Scopes: scopes}),
			core.Auth{TokenType: core.M2MToken, ID: "mt_2", Subject: "mch_1", MachineID: "mch_1", Scopes: scopes},
			"-",
		},
		{
			"opaque OAuth token", s.OAuthToken(clerktest.MachineToken{ID: "oat_1", Subject: "user_1", Scopes: scopes, ClientID: "client_1"}),
			core.Auth{TokenType: core.OAuthToken, ID: "oat_1", Subject: "user_1", UserID: "user_1", Scopes: scopes, ClientID: "client_1"},
			"",
		},
		{
			"OAuth JWT", s.OAuthJWT(clerktest.MachineToken{ID: "oat_2", Subject: "user_1", Scopes: scopes, ClientID: "client_1"}),
			core.Auth{TokenType: core.OAuthToken, ID: "oat_2", Subject: "user_1", UserID: "user_1", Scopes: scopes, ClientID: "client_1"},
			"",
		},
		{
			"opaque OAuth token that was delegated", s.OAuthToken(clerktest.MachineToken{ID: "oat_3", Subject: "user_1", Scopes: scopes, ClientID: "client_1", Actor: chain}),
			core.Auth{TokenType: core.OAuthToken, ID: "oat_3", Subject: "user_1", UserID: "user_1", Scopes: scopes, ClientID: "client_1", Actor: actor},
			"",
		},
		{
			"OAuth JWT that was delegated", s.OAuthJWT(clerktest.MachineToken{ID: "oat_4", Subject: "user_1", Scopes: scopes, ClientID: "client_1", Actor: chain}),
			core.Auth{TokenType: core.OAuthToken, ID: "oat_4", Subject: "user_1", UserID: "user_1", Scopes: scopes, ClientID: "client_1", Actor: actor},
			"",
		},
		{
			"M2M JWT with an act claim", s.M2MJWT(clerktest.MachineToken{ID: "mt_3", Subject: "mch_1", Scopes: scopes}, clerktest.Claim("act", chain)),
			core.Auth{TokenType: core.M2MToken, ID: "mt_3", Subject: "mch_1", MachineID: "mch_1", Scopes: scopes},
			"-",
		},
		{"unknown API key", "ak_no", core.Auth{TokenType: core.APIKey}, ""},
		{"unknown M2M token", "mt_no", core.Auth{TokenType: core.M2MToken}, ""},
	} {
		state := c.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+test.token))
		got := state.Auth()
		if diff := cmp.Diff(exported(&test.want), exported(got)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
		in := test.want.ID != ""
		if got.IsAuthenticated() != in || state.IsSignedIn() != in || (got.Reason() == "") != in {
			t.Errorf("%s: got authenticated %v, reason %q", test.name, got.IsAuthenticated(), got.Reason())
		}
		if claims := string(got.Claims()); test.claims != "-" && claims != test.claims && !json.Valid(got.Claims()) {
			t.Errorf("%s: got claims %s, want %s", test.name, claims, test.claims)
		}
		if got.Has(core.Role("admin")) || got.Has() {
			t.Errorf("%s: a machine has a role", test.name)
		}
	}
}

func TestBackendAnswersAboutMachines(t *testing.T) {
	t.Parallel()
	good := `{"object":"api_key","id":"ak_1","subject":"user_1","scopes":["a"]}`
	const no, unavailable = "signed-out unexpected-error", "signed-out unexpected-error 503"
	for _, test := range []struct {
		name        string
		status      int
		contentType string
		body        string
		want        string
	}{
		{"good", 200, "application/json", good, "signed-in"},
		{"good with charset", 200, "Application/JSON; charset=utf-8", good, "signed-in"},
		{"not found", 404, "application/json", `{"errors":[]}`, "signed-out token-invalid"},
		{"not found, not by Clerk", 404, "text/html", "<html>", unavailable},
		{"not found, by another API", 404, "application/json", `{"message":"no route"}`, "signed-out unexpected-error 503"},
		{"not a token", 400, "application/json", `{"errors":[{"code":"bad","message":"m"}]}`, no},
		{"not such a token", 422, "application/json", `{"errors":[{"code":"bad","message":"m"}]}`, no},
		{"not a token, not by Clerk", 400, "text/html", "<html>", unavailable},
		{"may not ask", 403, "application/json", `{"errors":[{"code":"forbidden","message":"m"}]}`, unavailable},
		{"too late", 408, "application/json", `{"errors":[{"code":"timeout","message":"m"}]}`, unavailable},
		{"server error by Clerk", 503, "application/json", `{"errors":[{"code":"bad","message":"m"}]}`, unavailable},
		{"no authorization", 401, "application/json", `{"errors":[{"code":"x","message":"m"}]}`, "signed-out secret-key-invalid"},
		{"revoked", 200, "application/json", `{"object":"api_key","id":"ak_1","subject":"user_1","revoked":true}`, "signed-out token-invalid"},
		{"expired", 200, "application/json", `{"object":"api_key","id":"ak_1","subject":"user_1","expired":true}`, "signed-out token-invalid"},
		{"past its expiration", 200, "application/json", `{"object":"api_key","id":"ak_1","subject":"user_1","expiration":1795217572000}`, "signed-out token-invalid"},
		{"before its expiration", 200, "application/json", `{"object":"api_key","id":"ak_1","subject":"user_1","expiration":1795217578000}`, "signed-in"},
		{"no subject", 200, "application/json", `{"object":"api_key","id":"ak_1"}`, no},
		{"another object", 200, "application/json", `{"object":"session","id":"ak_1","subject":"user_1"}`, unavailable},
		{"null", 200, "application/json", "null", unavailable},
		{"no JSON", 200, "application/json", "<html>", unavailable},
		{"list", 200, "application/json", "[]", unavailable},
		{"empty", 200, "application/json", "", unavailable},
		{"text", 200, "text/html", "<html>", unavailable},
		{"server error", 500, "text/html", "<html>", unavailable},
		{"too many requests", 429, "application/json", "{}", unavailable},
		{"redirect", 302, "text/html", "", unavailable},
		{"huge", 200, "application/json", `{"object":"` + strings.Repeat("x", 2<<20) + `"}`, unavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := core.Options{
				PublishableKey: liveKey, SecretKey: liveSK, LookupEnv: noEnv, AcceptsToken: core.AnyToken(), Now: clerktest.NewClock(epoch).Now,
				HTTPClient: answers{test.status, test.contentType, test.body}.client(),
			}
			state := newClerk(t, o).Authenticate(t.Context(), get("/", "Authorization", "Bearer ak_x"))
			got := outcome(state)
			if state.Unavailable() != nil {
				got += " 503"
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// reused is a request whose memory is written to once its handler has returned,
// as Fiber does.
func reused(token string) (r *request, overwrite func()) {
	memory := []byte("Bearer " + token)
	r = get("/")
	r.header["Authorization"] = []string{unsafe.String(&memory[0], len(memory))}
	return r, func() {
		for i := range memory {
			memory[i] = 'x'
		}
	}
}

func TestNothingOfTheRequestIsKept(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	o := plain(s)
	o.AcceptsToken = core.AnyToken()
	c := newClerk(t, o)
	for name, token := range map[string]string{
		"session": s.SessionToken("user_1"), "API key": s.APIKey(clerktest.MachineToken{}),
		"opaque M2M token": s.M2MToken(clerktest.MachineToken{}), "M2M JWT": s.M2MJWT(clerktest.MachineToken{}),
	} {
		r, overwrite := reused(token)
		state := c.Authenticate(t.Context(), r)
		auth := state.Auth()
		want := exported(auth)
		overwrite()
		if state.Token() != token {
			t.Errorf("%s: the state's token changed with the request's memory", name)
		}
		if diff := cmp.Diff(want, exported(auth)); diff != "" {
			t.Errorf("%s: the Auth changed with the request's memory:\n%s", name, diff)
		}
	}
}

func TestUncheckedCredentials(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	session, key := "Bearer "+s.SessionToken("user_1"), "Bearer "+s.APIKey(clerktest.MachineToken{})
	network := func(o *core.Options) { o.HTTPClient = (&recorder{}).client() }
	answer := func(status int, contentType, body string) func(*core.Options) {
		return func(o *core.Options) { o.HTTPClient = answers{status, contentType, body}.client() }
	}
	const invalidKey = `{"errors":[{"code":"clerk_key_invalid","message":"The provided Clerk Secret Key is invalid."}]}`
	for _, test := range []struct {
		name  string
		token string
		edit  func(*core.Options)
		want  int
	}{
		{"no network, session", session, network, 503},
		{"no network, API key", key, network, 503},
		{"server error, session", session, answer(500, "text/plain", "down"), 503},
		{"server error in JSON, session", session, answer(500, "application/json", `{"errors":[]}`), 503},
		{"too many requests, session", session, answer(429, "application/json", `{}`), 503},
		{"no JSON, session", session, answer(200, "application/json", "<html>"), 503},
		{"no keys, session", session, answer(200, "application/json", `{"keys":[]}`), 503},
		{"server error, API key", key, answer(500, "text/plain", "down"), 503},
		{"invalid secret key, session", session, answer(401, "application/json", invalidKey), 500},
		{"invalid secret key, API key", key, answer(401, "application/json", invalidKey), 500},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var log logBuffer
			o := plain(s)
			o.Retry, o.Logger = core.Retry{Attempts: -1}, log.logger()
			test.edit(&o)
			for _, r := range []*request{page("/"), get("/")} {
				r.header.Set("Authorization", test.token)
				ra, out := adapter.Attach(t.Context(), newClerk(t, o), r)
				if !out.Allowed() || ra.Auth().IsAuthenticated() {
					t.Errorf("an open route: got %+v, authenticated %v", out, ra.Auth().IsAuthenticated())
				}
				guard := adapter.Guard("Protect", core.AcceptTokens(core.SessionToken, core.APIKey), core.UnauthenticatedURL("/who"))
				got := guard.Check(t.Context(), ra)
				checkRefusal(t, got)
				if got.Status != test.want {
					t.Errorf("got status %d (%v), want %d", got.Status, got.Err, test.want)
				}
				if retry := headerOf(got.Headers, "Retry-After"); (retry == "5") != (test.want == 503) {
					t.Errorf("got Retry-After %q", retry)
				}
			}
			if test.want == http.StatusInternalServerError && !strings.Contains(log.String(), "CLERK_SECRET_KEY") {
				t.Errorf("got log %q, want it to name the key", log.String())
			}
			if strings.Contains(log.String(), s.SecretKey()) {
				t.Error("the log holds the secret key")
			}
		})
	}
}

func TestScopesAreFresh(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	o := plain(s)
	o.AcceptsToken = core.AnyToken()
	c := newClerk(t, o)
	r := get("/", "Authorization", "Bearer "+s.M2MJWT(clerktest.MachineToken{Scopes: []string{"a"}}))
	one := c.Authenticate(t.Context(), r).Auth()
	one.Scopes[0] = "admin"
	if two := c.Authenticate(t.Context(), r).Auth(); !slices.Equal(two.Scopes, []string{"a"}) {
		t.Errorf("got scopes %v, which another request wrote", two.Scopes)
	}
}
