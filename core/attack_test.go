package core_test

import (
	"context"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// withHeader replaces a token's header, and its signature by what sign makes of
// the new text.
func withHeader(tb testing.TB, token, header string, sign func(text string) string) string {
	tb.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		tb.Fatalf("got a token of %d parts", len(parts))
	}
	text := b64(header) + "." + parts[1]
	return text + "." + sign(text)
}

func hs256(key string) func(string) string {
	return func(text string) string {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(text))
		return b64(string(mac.Sum(nil)))
	}
}

// forgery is a token that must sign nobody in.
type forgery struct {
	name, token string
	early       bool // only time separates it from validity, or has done so
}

// forgeries are tokens that an attacker could make or get.
func forgeries(tb testing.TB, s *clerktest.Server) []forgery {
	tb.Helper()
	foreign, err := clerktest.OtherKey()
	if err != nil {
		tb.Fatal(err)
	}
	genuine := s.SessionToken("user_1")
	parts := strings.Split(genuine, ".")
	none := func(string) string { return "" }
	kept := func(string) string { return parts[2] }
	kid := `"kid":"` + s.KeyID() + `"`
	cat := `,"cat":"` + clerktest.CategorySession + `"`
	signedBy := func(key *rsa.PrivateKey) string {
		return s.SessionToken("user_1", clerktest.SignedWith(key, s.KeyID()))
	}
	m2m, oauth := s.M2MJWT(clerktest.MachineToken{}), s.OAuthJWT(clerktest.MachineToken{})
	uncategorized := s.M2MJWT(clerktest.MachineToken{}, clerktest.Category(""))
	list := []forgery{
		{name: "alg none", token: withHeader(tb, genuine, `{"alg":"none",`+kid+`,"typ":"JWT"`+cat+`}`, none), early: false},
		{name: "alg None with the old signature", token: withHeader(tb, genuine, `{"alg":"None",`+kid+`,"typ":"JWT"`+cat+`}`, kept), early: false},
		{name: "no alg", token: withHeader(tb, genuine, `{`+kid+`,"typ":"JWT"`+cat+`}`, kept), early: false},
		{name: "HS256 with the public key as secret", token: withHeader(tb, genuine, `{"alg":"HS256",`+kid+`,"typ":"JWT"`+cat+`}`, hs256(s.PEM())), early: false},
		{name: "HS256 with the publishable key as secret", token: withHeader(tb, genuine, `{"alg":"HS256",`+kid+`,"typ":"JWT"`+cat+`}`, hs256(s.PublishableKey())), early: false},
		{name: "RS384 named, RS256 signed", token: withHeader(tb, genuine, `{"alg":"RS384",`+kid+`,"typ":"JWT"`+cat+`}`, kept), early: false},
		{name: "alg twice", token: withHeader(tb, genuine, `{"alg":"RS256","alg":"none",`+kid+`,"typ":"JWT"}`, none), early: false},
		{name: "critical extension", token: withHeader(tb, genuine, `{"alg":"RS256",`+kid+`,"typ":"JWT","crit":["b64"],"b64":false}`, none), early: false},
		{name: "key in the header", token: withHeader(tb, genuine, `{"alg":"RS256","jwk":{"kty":"RSA"},"typ":"JWT"}`, kept), early: false},
		{name: "another instance's key under our kid", token: signedBy(foreign), early: false},
		{name: "another instance's key and kid", token: s.SessionToken("user_1", clerktest.SignedWith(foreign, "ins_other")), early: false},
		{name: "no kid", token: s.SessionToken("user_1", clerktest.SignedWith(foreign, s.KeyID()), clerktest.HeaderField("kid", nil)), early: false},
		{name: "kid of a list", token: s.SessionToken("user_1", clerktest.HeaderField("kid", []string{s.KeyID()})), early: false},
		{name: "another payload", token: parts[0] + "." + b64(`{"sub":"user_admin","exp":9999999999,"iat":1,"iss":"`+s.Issuer()+`"}`) + "." + parts[2], early: false},
		{name: "no signature", token: parts[0] + "." + parts[1] + ".", early: false},
		{name: "signature of zeros", token: parts[0] + "." + parts[1] + "." + b64(strings.Repeat("\x00", 256)), early: false},
		{name: "short signature", token: parts[0] + "." + parts[1] + "." + parts[2][:8], early: false},
		{name: "long signature", token: genuine + "AAAA", early: false},
		{name: "four parts", token: genuine + ".x", early: false},
		{name: "line end inside", token: parts[0] + ".\n" + parts[1] + "." + parts[2], early: false},
		{name: "space inside", token: parts[0] + ". " + parts[1] + "." + parts[2], early: false},
		{name: "M2M token", token: m2m, early: false},
		{name: "M2M token, padded", token: strings.Join(strings.Split(m2m, "."), "=.") + "==", early: false},
		{name: "M2M token without category", token: uncategorized, early: false},
		{name: "M2M token without category, padded", token: uncategorized + "=", early: false},
		{name: "M2M token without category, padded everywhere", token: strings.Join(strings.Split(uncategorized, "."), "==.") + "=", early: false},
		{name: "M2M token with a session's category", token: s.M2MJWT(clerktest.MachineToken{}, clerktest.Category(clerktest.CategorySession)), early: false},
		{name: "OAuth token", token: oauth, early: false},
		{name: "OAuth token, padded", token: oauth + "==", early: false},
		{name: "OAuth token with a session's category", token: s.OAuthJWT(clerktest.MachineToken{}, clerktest.Category(clerktest.CategorySession)), early: false},
		{name: "template token", token: s.TemplateToken("user_1", "supabase"), early: false},
		{name: "template token, padded", token: s.TemplateToken("user_1", "supabase") + "=", early: false},
		{name: "unknown category", token: s.SessionToken("user_1", clerktest.Category("cl_unknown")), early: false},
		{name: "category that is no text", token: s.SessionToken("user_1", clerktest.HeaderField("cat", []string{clerktest.CategorySession})), early: false},
		{name: "another type", token: s.SessionToken("user_1", clerktest.HeaderField("typ", "at+jwt")), early: false},
		{name: "handshake token", token: s.HandshakeToken([]string{"__session=" + genuine}), early: false},
		{name: "expired", token: s.SessionToken("user_1", clerktest.Lifetime(-time.Minute)), early: true},
		{name: "expired at the edge of the skew", token: s.SessionToken("user_1", clerktest.Claim("exp", epoch.Unix()-5)), early: true},
		{name: "not valid yet", token: s.SessionToken("user_1", clerktest.Claim("nbf", epoch.Unix()+6)), early: true},
		{name: "from the future", token: s.SessionToken("user_1", clerktest.Claim("iat", epoch.Unix()+6)), early: true},
		{name: "expiry that is text", token: s.SessionToken("user_1", clerktest.Claim("exp", "9999999999")), early: false},
		{name: "no expiry", token: s.SessionToken("user_1", clerktest.Claim("exp", nil)), early: false},
		{name: "expiry beyond all dates", token: s.SessionToken("user_1", clerktest.Claim("exp", 1e18)), early: false},
		{name: "no subject", token: s.SessionToken("user_1", clerktest.Claim("sub", nil)), early: false},
		{name: "subject that is no text", token: s.SessionToken("user_1", clerktest.Claim("sub", []string{"user_1"})), early: false},
		{name: "64 KiB", token: "a" + strings.Repeat("A", 64<<10) + ".e30.AA", early: false},
		{name: "64 KiB of dots", token: strings.Repeat(".", 64<<10), early: false},
		{name: "64 KiB, genuine", token: s.SessionToken("user_1", clerktest.Claim("x", strings.Repeat("x", 64<<10))), early: false},
		{name: "null", token: b64("null") + "." + b64("null") + ".AA", early: false},
		{name: "deep", token: b64(strings.Repeat("[", 9000)) + ".e30.AA", early: false},
		{name: "empty objects", token: "e30.e30.", early: false},
		{name: "dots", token: "..", early: false},
	}
	return list
}

func TestForgeriesSignNobodyIn(t *testing.T) {
	t.Parallel()
	for _, production := range []bool{true, false} {
		s := newServer(t, production)
		for name, options := range map[string]func(*core.Options){
			"remote keys": func(*core.Options) {},
			"PEM":         func(o *core.Options) { o.JWTKey = s.PEM() },
			"any token":   func(o *core.Options) { o.AcceptsToken = core.AnyToken() },
		} {
			var log logBuffer
			o := plain(s)
			o.Logger, o.AuthorizedParties = log.logger(), nil
			options(&o)
			c := newClerk(t, o)
			for _, f := range append(forgeries(t, s), forgery{"64 KiB of percent signs", strings.Repeat("%", 64<<10), false}) {
				if name == "PEM" && strings.Contains(f.name, "kid of a list") {
					continue // With one key in the options, the token need not name it.
				}
				for way, r := range map[string]*request{
					"header":            page("/", "Authorization", "Bearer "+f.token),
					"bare header":       page("/", "Authorization", f.token),
					"cookie":            page("/", "Cookie", "__client_uat=1; __clerk_db_jwt=d; __session="+f.token),
					"suffixed cookie":   get("/", "Cookie", "__clerk_db_jwt_"+s.CookieSuffix()+"=d; __client_uat_"+s.CookieSuffix()+"=1; __session_"+s.CookieSuffix()+"="+f.token),
					"handshake":         page("/", "Cookie", "__clerk_handshake="+f.token),
					"handshake in URL":  page("/?__clerk_handshake=" + f.token),
					"forged directives": page("/", "Cookie", "__clerk_handshake="+s.HandshakeToken([]string{"__session=" + f.token})),
				} {
					if f.name == "handshake token" && (way == "handshake" || way == "handshake in URL") {
						continue // There it is genuine.
					}
					if way == "forged directives" && !production && f.early {
						continue // A fresh session from Clerk may differ by a day: clocks of development machines are wrong.
					}
					state := c.Authenticate(t.Context(), r)
					machine := state.TokenType() != core.SessionToken && name == "any token"
					if state.IsSignedIn() && !machine || state.Auth().SessionID != "" || state.Auth(core.PendingAsSignedIn).SessionID != "" {
						t.Errorf("%s, %s, production %v: %s signs in %q", f.name, way, production, name, state.Auth().UserID)
					}
					if o := adapter.Guard("Protect").Check(t.Context(), attach(t, c, r)); o.Allowed() {
						t.Errorf("%s, %s, production %v: %s passes a guard", f.name, way, production, name)
					}
					checkSilence(t, f.name+", "+way, state, &log, f.token, o.SecretKey)
				}
			}
		}
	}
}

// checkSilence looks for secrets in everything that is not meant to hold them.
func checkSilence(t *testing.T, name string, state *core.State, log *logBuffer, secrets ...string) {
	t.Helper()
	texts := map[string]string{"the message": state.Message(), "the reason": string(state.Reason()), "the log": log.String()}
	for _, err := range []error{state.Err(), state.Unavailable()} {
		if err != nil {
			texts["an error"] += err.Error()
		}
	}
	for _, h := range state.Headers() {
		if strings.HasPrefix(h.Name, "X-Clerk-") {
			texts["a header"] += h.Value
		}
		if strings.ContainsAny(h.Name+h.Value, "\r\n\x00") {
			t.Errorf("%s: header %q breaks the response", name, h)
		}
	}
	for _, secret := range secrets {
		for where, text := range texts {
			if leaks(text, secret) {
				t.Errorf("%s: %s holds a token or key: %.200q", name, where, text)
			}
		}
	}
}

// leaks reports whether a text holds a secret, or the part of a token that would
// let somebody use it: its signature.
func leaks(text, secret string) bool {
	if len(secret) < 12 {
		return false
	}
	if i := strings.LastIndexByte(secret, '.'); i >= 0 && len(secret)-i > 40 {
		if strings.Contains(text, secret[i+1:]) {
			return true
		}
	}
	return strings.Contains(text, secret)
}

func TestErrorsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	const nonce, dev = "nonce_1234567890", "browser_1234567890"
	expired := aged(s, "user_1", time.Hour, time.Minute)
	genuine := s.SessionToken("user_1")
	key, refresh := s.APIKey(clerktest.MachineToken{}), "refresh_1234567890"
	secrets := []string{expired, genuine, key, refresh, nonce, dev, s.SecretKey(), s.MachineSecretKey()}
	for name, client := range map[string]*http.Client{
		"nobody there":  (&recorder{}).client(),
		"no address":    {Transport: &http.Transport{}},
		"server error":  answers{500, "text/html", "<html>"}.client(),
		"echoing error": answers{422, "application/json", `{"errors":[{"code":"x","message":"m"}]}`}.client(),
		"no JSON":       answers{200, "application/json", "<html>"}.client(),
		"wrong JSON":    answers{200, "application/json", "[]"}.client(),
		"redirect":      answers{302, "text/html", ""}.client(),
		"invalid key":   answers{401, "application/json", `{"errors":[{"code":"clerk_key_invalid"}]}`}.client(),
	} {
		var log logBuffer
		o := plain(s)
		o.HTTPClient, o.Logger, o.Retry = client, log.logger(), core.Retry{Attempts: -1}
		o.MachineSecretKey, o.AcceptsToken = s.MachineSecretKey(), core.AnyToken()
		if name == "no address" {
			o.APIURL = "http://127.0.0.1:1"
		}
		c := newClerk(t, o)
		for way, r := range map[string]*request{
			"session":   get("/", "Authorization", "Bearer "+genuine),
			"cookie":    page("/", "Cookie", "__client_uat=1; __session="+genuine),
			"API key":   get("/", "Authorization", "Bearer "+key),
			"nonce":     page("/?__clerk_handshake_nonce="+nonce, "Cookie", "__clerk_db_jwt="+dev),
			"handshake": page("/?__clerk_handshake=" + s.HandshakeToken([]string{"__session=" + genuine})),
			"refresh":   get("/", "Cookie", "__client_uat=1; __session="+expired+"; __refresh_"+s.CookieSuffix()+"="+refresh),
		} {
			state := c.Authenticate(t.Context(), r)
			if state.IsSignedIn() {
				t.Errorf("%s, %s: signed in without keys", name, way)
			}
			checkSilence(t, name+", "+way, state, &log, secrets...)
			out := adapter.Guard("Protect", core.AcceptTokens(core.SessionToken, core.APIKey)).Check(t.Context(), attach(t, c, r))
			if out.Err == nil {
				t.Errorf("%s, %s: a guard let it pass", name, way)
				continue
			}
			for _, secret := range secrets {
				if leaks(out.Err.Error(), secret) {
					t.Errorf("%s, %s: the guard's error holds a secret: %v", name, way, out.Err)
				}
			}
		}
	}
}

func TestForgedHeadersOfOurOwnMeanNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	token := s.SessionToken("user_1")
	c := newClerk(t, plain(s))
	r := get("/",
		"X-Clerk-Auth-Status", "signed-in", "X-Clerk-Auth-Token", token, "X-Clerk-Auth-Signature", "x", "X-Clerk-Auth-Reason", "",
		"X-Clerk-Request-Data", "x", "X-Clerk-Clerk-Url", "http://evil.example/", "X-Clerk-Redirect-To", "true", "X-Clerk-Debug", "1")
	ra, out := adapter.Attach(t.Context(), c, r)
	if ra.Auth().IsAuthenticated() || ra.State().IsSignedIn() || headerOf(out.Headers, "X-Clerk-Auth-Status") != "signed-out" {
		t.Errorf("got user %q", ra.Auth().UserID)
	}
	for _, query := range []string{"__session=" + token, "token=" + token, "access_token=" + token} {
		if state := c.Authenticate(t.Context(), get("/?"+query)); state.IsSignedIn() {
			t.Errorf("a session in the query signs in: %s", query)
		}
	}
}

func TestCancelledRequests(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	o := plain(s)
	o.Retry = core.Retry{Attempts: -1}
	r := get("/", "Authorization", "Bearer "+s.SessionToken("user_1"))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()

	c := newClerk(t, o)
	state := c.Authenticate(cancelled, r)
	if state.IsSignedIn() || state.Unavailable() == nil {
		t.Errorf("without keys: got %s, unavailable %v", outcome(state), state.Unavailable())
	}
	ra, _ := adapter.Attach(cancelled, c, get("/", "Authorization", "Bearer "+s.APIKey(clerktest.MachineToken{})))
	if out := adapter.Guard("Protect", core.AcceptTokens(core.APIKey)).Check(cancelled, ra); out.Status != http.StatusServiceUnavailable {
		t.Errorf("machine: got %+v", out)
	}
	// Somebody who gave up spoils it for nobody else.
	if state := c.Authenticate(t.Context(), r); !state.IsSignedIn() {
		t.Errorf("after a cancelled request: got %s, %v", outcome(state), state.Unavailable())
	}
	if state := c.Authenticate(cancelled, r); !state.IsSignedIn() {
		t.Errorf("with the keys at hand: got %s", outcome(state))
	}
}

func TestUnknownKeysCauseNoFlood(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	c := newClerk(t, plain(s))
	for range 50 {
		token := s.SessionToken("user_1", clerktest.HeaderField("kid", "ins_unknown"))
		if got := outcome(c.Authenticate(t.Context(), get("/", "Authorization", token))); got != "signed-out jwk-kid-mismatch" {
			t.Errorf("got %q", got)
		}
	}
	if got := s.Requests("GET /v1/jwks"); got > 2 {
		t.Errorf("got %d fetches for 50 tokens of unknown keys", got)
	}
}

func TestAuthorizedParties(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	o := plain(s)
	o.AuthorizedParties = []string{"https://app.example"}
	c := newClerk(t, o)
	for azp, want := range map[string]bool{
		"https://app.example": true, "https://APP.example": false, "https://app.example/": false, "https://evil.example": false, "": false, "https://app.example.evil": false,
	} {
		token := s.SessionToken("user_1", clerktest.Claim("azp", azp))
		for _, r := range []*request{get("/", "Authorization", token), get("/", "Cookie", "__client_uat=1; __session="+token)} {
			if got := c.Authenticate(t.Context(), r).IsSignedIn(); got != want {
				t.Errorf("azp %q: got %v, want %v", azp, got, want)
			}
		}
	}
}
