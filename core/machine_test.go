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
		{name: "16 API key", want: tokens{core.APIKey}, token: key, out: "next"},
		{name: "16 opaque M2M token", want: tokens{core.M2MToken}, token: mt, out: "next"},
		{name: "16 M2M JWT", want: tokens{core.M2MToken}, token: m2mJWT, out: "next"},
		{name: "16 opaque OAuth token", want: tokens{core.OAuthToken}, token: oat, out: "next"},
		{name: "16 OAuth JWT", want: tokens{core.OAuthToken}, token: oauthJWT, out: "next"},
		{name: "17 no token", want: tokens{core.APIKey}, out: "Unauthorized"},
		{name: "17 session", want: tokens{core.APIKey}, token: session, out: "Unauthorized"},
		{name: "17 unknown API key", want: tokens{core.APIKey}, token: "ak_no", out: "Unauthorized"},
		{name: "17 revoked API key", want: tokens{core.APIKey}, token: revoked, out: "Unauthorized"},
		{name: "17 another machine type", want: tokens{core.APIKey}, token: mt, out: "Unauthorized"},
		{name: "17 expired JWT", want: tokens{core.M2MToken}, token: expiredJWT, out: "Unauthorized"},
		{name: "18 list", want: tokens{core.APIKey, core.M2MToken}, token: mt, out: "next"},
		{name: "19 list, something else", want: tokens{core.APIKey, core.M2MToken}, token: session, out: "Unauthorized"},
		{name: "19 list, nothing", want: tokens{core.APIKey, core.M2MToken}, out: "Unauthorized"},
		{name: "20 list with sessions", want: tokens{core.SessionToken, core.APIKey}, token: key, out: "next"},
		{name: "21 list with sessions, type that is not in it", want: tokens{core.SessionToken, core.APIKey}, token: mt, out: "Unauthorized"},
		{name: "21 URL options mean nothing", want: tokens{core.SessionToken, core.APIKey}, token: mt, guard: []core.ProtectOption{core.UnauthenticatedURL("/b")}, out: "Unauthorized"},
		{name: "23 any type", want: all, token: m2mJWT, out: "next"},
		{name: "24 any type, invalid", want: all, token: "mt_no", out: "Unauthorized"},
		{name: "26 unknown OAuth token", want: tokens{core.OAuthToken}, token: "oat_no", out: challenge},
		{name: "26 OAuth token where others are accepted", want: tokens{core.APIKey}, token: oat, out: challenge},
		{name: "26 OAuth JWT where others are accepted", want: tokens{core.APIKey, core.SessionToken}, token: oauthJWT, out: challenge},
		{name: "role", want: tokens{core.APIKey}, token: key, guard: []core.ProtectOption{core.Role("org:admin")}, out: "Unauthorized"},
		{name: "permission", want: tokens{core.APIKey}, token: key, guard: []core.ProtectOption{core.Permission("org:a:b")}, out: "Unauthorized"},
		{name: "feature", want: tokens{core.APIKey}, token: key, guard: []core.ProtectOption{core.Feature("a")}, out: "Unauthorized"},
		{name: "plan", want: tokens{core.OAuthToken}, token: oauthJWT, guard: []core.ProtectOption{core.Plan("a")}, out: challenge},
		{name: "reverification", want: tokens{core.SessionToken, core.M2MToken}, token: mt, guard: []core.ProtectOption{core.Reverification(core.Lax)}, out: "Unauthorized"},
		{name: "scopes", want: tokens{core.APIKey}, token: key, guard: []core.ProtectOption{core.Scopes("read", "write")}, out: "next"},
		{name: "one scope", want: tokens{core.OAuthToken}, token: oauthJWT, guard: []core.ProtectOption{core.Scopes("write")}, out: "next"},
		{name: "scope that it lacks", want: tokens{core.APIKey}, token: key, guard: []core.ProtectOption{core.Scopes("read", "admin")}, out: "Unauthorized"},
		{name: "prefix of a scope", want: tokens{core.APIKey}, token: key, guard: []core.ProtectOption{core.Scopes("rea")}, out: "Unauthorized"},
		{
			name:  "function",
			want:  tokens{core.APIKey},
			token: key,
			guard: []core.ProtectOption{core.Where(func(a *core.Auth) bool { return a.TokenType == core.APIKey && a.IsAuthenticated() })},
			out:   "next",
		},
		{name: "function that says no", want: tokens{core.APIKey}, token: key, guard: []core.ProtectOption{core.Where(func(*core.Auth) bool { return false })}, out: "Unauthorized"},
		{name: "scope or role", want: all, token: mt, guard: []core.ProtectOption{core.AnyOf(core.Role("org:admin"), core.Scopes("read"))}, out: "next"},
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
			name: "API key of a user", token: s.APIKey(clerktest.MachineToken{ID: "ak_1", Subject: "user_1", Scopes: scopes, Claims: custom, Name: "CI"}),
			want:   core.Auth{TokenType: core.APIKey, ID: "ak_1", Subject: "user_1", UserID: "user_1", Scopes: scopes, Name: "CI"},
			claims: `{"x":1}`,
		},
		{
			name: "API key of an organization", token: s.APIKey(clerktest.MachineToken{ID: "ak_2", Subject: "org_1", Scopes: scopes, Name: "CI"}),
			want: core.Auth{TokenType: core.APIKey, ID: "ak_2", Subject: "org_1", OrgID: "org_1", Scopes: scopes, Name: "CI"},
		},
		{
			name: "opaque M2M token", token: s.M2MToken(clerktest.MachineToken{ID: "mt_1", Subject: "mch_1", Scopes: scopes}),
			want: core.Auth{TokenType: core.M2MToken, ID: "mt_1", Subject: "mch_1", MachineID: "mch_1", Scopes: scopes},
		},
		{
			name: "M2M JWT", token: s.M2MJWT(clerktest.MachineToken{ID: "mt_2", Subject: "mch_1", Scopes: scopes}),
			want:   core.Auth{TokenType: core.M2MToken, ID: "mt_2", Subject: "mch_1", MachineID: "mch_1", Scopes: scopes},
			claims: "-",
		},
		{
			name: "opaque OAuth token", token: s.OAuthToken(clerktest.MachineToken{ID: "oat_1", Subject: "user_1", Scopes: scopes, ClientID: "client_1"}),
			want: core.Auth{TokenType: core.OAuthToken, ID: "oat_1", Subject: "user_1", UserID: "user_1", Scopes: scopes, ClientID: "client_1"},
		},
		{
			name: "OAuth JWT", token: s.OAuthJWT(clerktest.MachineToken{ID: "oat_2", Subject: "user_1", Scopes: scopes, ClientID: "client_1"}),
			want: core.Auth{TokenType: core.OAuthToken, ID: "oat_2", Subject: "user_1", UserID: "user_1", Scopes: scopes, ClientID: "client_1"},
		},
		{
			name: "opaque OAuth token that was delegated", token: s.OAuthToken(clerktest.MachineToken{ID: "oat_3", Subject: "user_1", Scopes: scopes, ClientID: "client_1", Actor: chain}),
			want: core.Auth{TokenType: core.OAuthToken, ID: "oat_3", Subject: "user_1", UserID: "user_1", Scopes: scopes, ClientID: "client_1", Actor: actor},
		},
		{
			name: "OAuth JWT that was delegated", token: s.OAuthJWT(clerktest.MachineToken{ID: "oat_4", Subject: "user_1", Scopes: scopes, ClientID: "client_1", Actor: chain}),
			want: core.Auth{TokenType: core.OAuthToken, ID: "oat_4", Subject: "user_1", UserID: "user_1", Scopes: scopes, ClientID: "client_1", Actor: actor},
		},
		{
			name: "M2M JWT with an act claim", token: s.M2MJWT(clerktest.MachineToken{ID: "mt_3", Subject: "mch_1", Scopes: scopes}, clerktest.Claim("act", chain)),
			want:   core.Auth{TokenType: core.M2MToken, ID: "mt_3", Subject: "mch_1", MachineID: "mch_1", Scopes: scopes},
			claims: "-",
		},
		{name: "unknown API key", token: "ak_no", want: core.Auth{TokenType: core.APIKey}},
		{name: "unknown M2M token", token: "mt_no", want: core.Auth{TokenType: core.M2MToken}},
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
		{name: "good", status: 200, contentType: "application/json", body: good, want: "signed-in"},
		{name: "good with charset", status: 200, contentType: "Application/JSON; charset=utf-8", body: good, want: "signed-in"},
		{name: "not found", status: 404, contentType: "application/json", body: `{"errors":[]}`, want: "signed-out token-invalid"},
		{name: "not found, not by Clerk", status: 404, contentType: "text/html", body: "<html>", want: unavailable},
		{name: "not found, by another API", status: 404, contentType: "application/json", body: `{"message":"no route"}`, want: "signed-out unexpected-error 503"},
		{name: "not a token", status: 400, contentType: "application/json", body: `{"errors":[{"code":"bad","message":"m"}]}`, want: no},
		{name: "not such a token", status: 422, contentType: "application/json", body: `{"errors":[{"code":"bad","message":"m"}]}`, want: no},
		{name: "not a token, not by Clerk", status: 400, contentType: "text/html", body: "<html>", want: unavailable},
		{name: "may not ask", status: 403, contentType: "application/json", body: `{"errors":[{"code":"forbidden","message":"m"}]}`, want: unavailable},
		{name: "too late", status: 408, contentType: "application/json", body: `{"errors":[{"code":"timeout","message":"m"}]}`, want: unavailable},
		{name: "server error by Clerk", status: 503, contentType: "application/json", body: `{"errors":[{"code":"bad","message":"m"}]}`, want: unavailable},
		{name: "no authorization", status: 401, contentType: "application/json", body: `{"errors":[{"code":"x","message":"m"}]}`, want: "signed-out secret-key-invalid"},
		{name: "revoked", status: 200, contentType: "application/json", body: `{"object":"api_key","id":"ak_1","subject":"user_1","revoked":true}`, want: "signed-out token-invalid"},
		{name: "expired", status: 200, contentType: "application/json", body: `{"object":"api_key","id":"ak_1","subject":"user_1","expired":true}`, want: "signed-out token-invalid"},
		{name: "past its expiration", status: 200, contentType: "application/json", body: `{"object":"api_key","id":"ak_1","subject":"user_1","expiration":1795217572000}`, want: "signed-out token-invalid"},
		{name: "before its expiration", status: 200, contentType: "application/json", body: `{"object":"api_key","id":"ak_1","subject":"user_1","expiration":1795217578000}`, want: "signed-in"},
		{name: "no subject", status: 200, contentType: "application/json", body: `{"object":"api_key","id":"ak_1"}`, want: no},
		{name: "another object", status: 200, contentType: "application/json", body: `{"object":"session","id":"ak_1","subject":"user_1"}`, want: unavailable},
		{name: "null", status: 200, contentType: "application/json", body: "null", want: unavailable},
		{name: "no JSON", status: 200, contentType: "application/json", body: "<html>", want: unavailable},
		{name: "list", status: 200, contentType: "application/json", body: "[]", want: unavailable},
		{name: "empty", status: 200, contentType: "application/json", want: unavailable},
		{name: "text", status: 200, contentType: "text/html", body: "<html>", want: unavailable},
		{name: "server error", status: 500, contentType: "text/html", body: "<html>", want: unavailable},
		{name: "too many requests", status: 429, contentType: "application/json", body: "{}", want: unavailable},
		{name: "redirect", status: 302, contentType: "text/html", want: unavailable},
		{name: "huge", status: 200, contentType: "application/json", body: `{"object":"` + strings.Repeat("x", 2<<20) + `"}`, want: unavailable},
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
		{name: "no network, session", token: session, edit: network, want: 503},
		{name: "no network, API key", token: key, edit: network, want: 503},
		{name: "server error, session", token: session, edit: answer(500, "text/plain", "down"), want: 503},
		{name: "server error in JSON, session", token: session, edit: answer(500, "application/json", `{"errors":[]}`), want: 503},
		{name: "too many requests, session", token: session, edit: answer(429, "application/json", `{}`), want: 503},
		{name: "no JSON, session", token: session, edit: answer(200, "application/json", "<html>"), want: 503},
		{name: "no keys, session", token: session, edit: answer(200, "application/json", `{"keys":[]}`), want: 503},
		{name: "server error, API key", token: key, edit: answer(500, "text/plain", "down"), want: 503},
		{name: "invalid secret key, session", token: session, edit: answer(401, "application/json", invalidKey), want: 500},
		{name: "invalid secret key, API key", token: key, edit: answer(401, "application/json", invalidKey), want: 500},
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
				if retry := headerOf(got.Headers, "Retry-After"); (retry != "") != (test.want == 503) {
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
