package token_test

import (
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core/token"
)

const (
	ensure   = " Make sure that this is a valid Clerk-generated JWT."
	mismatch = " of the provided session token. Please make sure that the __session cookie or the HTTP authorization " +
		"header contain a Clerk-generated session JWT. Go to your Dashboard and validate your secret and public keys are " +
		"correct. Contact support@clerk.com if the issue persists. (reason=jwk-kid-mismatch, token-carrier=undefined)"
)

func because(reason string) string { return " (reason=" + reason + ", token-carrier=undefined)" }

// TestHeader covers key, type and algorithm, in this order, and category.
func TestHeader(t *testing.T) {
	t.Parallel()
	noKID := "Unable to find a signing key in JWKS that matches the kid="
	tests := []struct {
		name, header string
		types        []string
		wantPEM      string // "": accepted
		wantRemote   string // "same": as with a PEM
	}{
		{"usual", goodHeader, nil, "", "same"},
		{"no typ", `{"alg":"RS256","kid":"k1"}`, nil, "", "same"},
		{
			"no typ where types are configured", `{"alg":"RS256","kid":"k1"}`,
			[]string{"JWT"},
			`Invalid JWT type undefined. Expected "JWT".` + ensure + because("token-invalid"), "same",
		},
		{"no type at all is allowed", goodHeader, []string{}, `Invalid JWT type "JWT". Expected "".` + ensure + because("token-invalid"), "same"},
		{"one of the configured types", `{"alg":"RS256","kid":"k1","typ":"x"}`, []string{"JWT", "x"}, "", "same"},
		{
			"none of the configured types", `{"alg":"RS256","kid":"k1","typ":"y"}`,
			[]string{"JWT", "x"},
			`Invalid JWT type "y". Expected "JWT, x".` + ensure + because("token-invalid"), "same",
		},
		{"typ in lower case", `{"alg":"RS256","kid":"k1","typ":"jwt"}`, nil, `Invalid JWT type "jwt". Expected "JWT".` + ensure + because("token-invalid"), "same"},
		{"typ null", `{"alg":"RS256","kid":"k1","typ":null}`, nil, `Invalid JWT type null. Expected "JWT".` + ensure + because("token-invalid"), "same"},
		{"typ empty", `{"alg":"RS256","kid":"k1","typ":""}`, nil, `Invalid JWT type "". Expected "JWT".` + ensure + because("token-invalid"), "same"},
		{"typ in an array", `{"alg":"RS256","kid":"k1","typ":["JWT"]}`, nil, `Invalid JWT type ["JWT"]. Expected "JWT".` + ensure + because("token-invalid"), "same"},
		{"typ escaped", `{"alg":"RS256","kid":"k1","typ":"\u004aWT"}`, nil, "", "same"},
		{"typ with HTML", `{"alg":"RS256","kid":"k1","typ":"<&>"}`, nil, `Invalid JWT type "<&>". Expected "JWT".` + ensure + because("token-invalid"), "same"},
		{"access token", `{"alg":"RS256","kid":"k1","typ":"at+jwt"}`, nil, `Invalid JWT type "at+jwt". Expected "JWT".` + ensure + because("token-invalid"), "same"},
		{"alg none", `{"alg":"none","kid":"k1"}`, nil, `Invalid JWT algorithm "none". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"), "same"},
		{"alg None", `{"alg":"None","kid":"k1"}`, nil, `Invalid JWT algorithm "None". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"), "same"},
		{"alg NONE", `{"alg":"NONE","kid":"k1"}`, nil, `Invalid JWT algorithm "NONE". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"), "same"},
		{"alg in lower case", `{"alg":"rs256","kid":"k1"}`, nil, `Invalid JWT algorithm "rs256". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"), "same"},
		{"alg with space", `{"alg":"RS256 ","kid":"k1"}`, nil, `Invalid JWT algorithm "RS256 ". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"), "same"},
		{"HMAC", `{"alg":"HS256","kid":"k1"}`, nil, `Invalid JWT algorithm "HS256". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"), "same"},
		{"PSS", `{"alg":"PS256","kid":"k1"}`, nil, `Invalid JWT algorithm "PS256". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"), "same"},
		{"no alg", `{"kid":"k1"}`, nil, `Invalid JWT algorithm undefined. Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"), "same"},
		{"ALG", `{"ALG":"RS256","kid":"k1"}`, nil, `Invalid JWT algorithm undefined. Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"), "same"},
		{"alg in an array", `{"alg":["RS256"],"kid":"k1"}`, nil, `Invalid JWT algorithm ["RS256"]. Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"), "same"},
		{"type before algorithm", `{"alg":"none","kid":"k1","typ":"x"}`, nil, `Invalid JWT type "x". Expected "JWT".` + ensure + because("token-invalid"), "same"},
		{
			"RS512 where the key says RS256", `{"alg":"RS512","kid":"k1"}`, nil,
			"Error verifying JWT signature. the key verifies RS256 only" + ensure + because("token-verification-failed"),
			`Error verifying JWT signature. the key's "alg" is another one than the token's` + ensure + because("token-verification-failed"),
		},
		{"unknown kid", `{"alg":"RS256","kid":"k2"}`, nil, "", noKID + "'k2'" + mismatch},
		{"unknown kid before algorithm", `{"alg":"none","kid":"k2"}`, nil, `Invalid JWT algorithm "none". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"), noKID + "'k2'" + mismatch},
		{"no kid", `{"alg":"RS256"}`, nil, "", noKID + "'undefined'" + mismatch},
		{"KID", `{"alg":"RS256","KID":"k1"}`, nil, "", noKID + "'undefined'" + mismatch},
		{"kid null", `{"alg":"RS256","kid":null}`, nil, "", noKID + "'null'" + mismatch},
		{"kid a number", `{"alg":"RS256","kid":1.50}`, nil, "", noKID + "'1.5'" + mismatch},
		{"kid an object", `{"alg":"RS256","kid":{}}`, nil, "", noKID + "'[object Object]'" + mismatch},
		{"kid in an array", `{"alg":"RS256","kid":["k1"]}`, nil, "", noKID + "'k1'" + mismatch},
		{"kid of a JavaScript prototype", `{"alg":"RS256","kid":"constructor"}`, nil, "", noKID + "'constructor'" + mismatch},
		{"kid with case changed", `{"alg":"RS256","kid":"K1"}`, nil, "", noKID + "'K1'" + mismatch},
		{"the last kid counts", `{"alg":"RS256","kid":"k2","kid":"k1"}`, nil, "", "same"},
		{"key material in the header is ignored", `{"alg":"RS256","kid":"k1","jku":"http://127.0.0.1:1/","x5u":"http://127.0.0.1:1/","jwk":{"kty":"RSA"},"x5c":["x"]}`, nil, "", "same"},
		{"a critical extension", `{"alg":"RS256","kid":"k1","crit":["exp","b64"],"b64":false}`, nil, `Invalid JWT header crit ["exp","b64"]. No critical extension is supported.` + ensure + because("token-invalid"), "same"},
		{"a critical extension that is not there", `{"alg":"RS256","kid":"k1","crit":["x"]}`, nil, `Invalid JWT header crit ["x"]. No critical extension is supported.` + ensure + because("token-invalid"), "same"},
		{"a critical member that everybody understands", `{"alg":"RS256","kid":"k1","crit":["alg"]}`, nil, `Invalid JWT header crit ["alg"]. No critical extension is supported.` + ensure + because("token-invalid"), "same"},
		{"crit without an extension", `{"alg":"RS256","kid":"k1","crit":[]}`, nil, `Invalid JWT header crit []. No critical extension is supported.` + ensure + because("token-invalid"), "same"},
		{"crit null", `{"alg":"RS256","kid":"k1","crit":null}`, nil, `Invalid JWT header crit null. No critical extension is supported.` + ensure + because("token-invalid"), "same"},
		{"crit a text", `{"alg":"RS256","kid":"k1","crit":"exp"}`, nil, `Invalid JWT header crit "exp". No critical extension is supported.` + ensure + because("token-invalid"), "same"},
		{"CRIT is another member", `{"alg":"RS256","kid":"k1","CRIT":["exp"]}`, nil, "", "same"},
		{"session category", `{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD111AAA"}`, nil, "", "same"},
		{"template category is the caller's to judge", `{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD222AAA"}`, nil, "", "same"},
		{"machine category", `{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD333AAA"}`, nil, "Invalid session token category." + ensure + because("token-invalid"), "same"},
		{"machine category before key", `{"alg":"RS256","kid":"k2","cat":"cl_B7d4PD333AAA"}`, nil, "Invalid session token category." + ensure + because("token-invalid"), "same"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := options()
			o.Types = tt.types
			raw := sign(t, ourKey(), tt.header, claims(nil))
			check(t, token.NewVerifier(pemKeys(t, ourKey()), o), raw, tt.wantPEM)
			if tt.wantRemote == "same" {
				tt.wantRemote = tt.wantPEM
			}
			check(t, token.NewVerifier(fixed(keySet(jwk("k1", &ourKey().PublicKey, nil))), o), raw, tt.wantRemote)
		})
	}
}

// check verifies a session token in all ways there are.
func check(t *testing.T, v *token.Verifier, raw, want string) {
	t.Helper()
	tok, err := v.Session(t.Context(), raw)
	if want == "" {
		if err != nil || tok.Raw() != raw {
			t.Errorf("Session(%s) failed: %v", raw, err)
		}
	} else if tok != nil || full(err) != want {
		t.Errorf("Session(%s)\n got %v\nwant %s", raw, full(err), want)
	}
	decoded, decodeErr := token.Decode(raw)
	if decodeErr != nil {
		return
	}
	tok2, err2 := v.SessionToken(t.Context(), decoded)
	if (tok == nil) != (tok2 == nil) || full(err) != full(err2) {
		t.Errorf("SessionToken(%s) = %v, %v, but Session = %v, %v", raw, tok2, err2, tok, err)
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	sec := now.Unix()
	failed := ensure + because("token-verification-failed")
	tests := []struct {
		name    string
		claims  map[string]any
		options func(*token.Options)
		want    string
	}{
		{"good", nil, nil, ""},
		{"sub missing", map[string]any{"sub": nil}, nil, "Subject claim (sub) is required and must be a string. Received undefined." + failed},
		{"sub in another case", map[string]any{"sub": nil, "SUB": "user_1"}, nil, "Subject claim (sub) is required and must be a string. Received undefined." + failed},
		{"sub empty", map[string]any{"sub": ""}, nil, ""},
		{"sub a number", map[string]any{"sub": 1}, nil, "Subject claim (sub) is required and must be a string. Received 1." + failed},
		{"sub an object", map[string]any{"sub": map[string]any{"a": []any{1, "<"}}}, nil, `Subject claim (sub) is required and must be a string. Received {"a":[1,"<"]}.` + failed},
		{"no audience in the token", nil, audience("x"), ""},
		{"audience", map[string]any{"aud": "x"}, audience("y", "x"), ""},
		{"audience not configured", map[string]any{"aud": "x"}, nil, ""},
		{"only empty audiences configured", map[string]any{"aud": "x"}, audience("", ""), ""},
		{"other audience", map[string]any{"aud": "z"}, audience("x", "", "y"), `Invalid JWT audience claim (aud) "z". Is not included in "["x","y"]".` + failed},
		{"prefix of an audience", map[string]any{"aud": "x"}, audience("xy"), `Invalid JWT audience claim (aud) "x". Is not included in "["xy"]".` + failed},
		{"empty audience in the token", map[string]any{"aud": ""}, audience("x"), ""},
		{"one of several audiences", map[string]any{"aud": []string{"z", "x"}}, audience("x"), ""},
		{"none of several audiences", map[string]any{"aud": []string{"z", ""}}, audience("x<"), `Invalid JWT audience claim array (aud) ["z",""]. Is not included in "["x<"]".` + failed},
		{"empty audience list", map[string]any{"aud": []string{}}, audience("x"), ""},
		{"list of an empty audience", map[string]any{"aud": []string{""}}, audience("x"), ""},
		{"audience of odd shape", map[string]any{"aud": 5}, audience("x"), ""},
		{"mixed audience", map[string]any{"aud": []any{"y", 1}}, audience("x"), ""},
		{"authorized party", nil, parties("https://app.example.com"), ""},
		{"another party", nil, parties("https://a", "https://b"), `Invalid JWT Authorized party claim (azp) "https://app.example.com". Expected "https://a,https://b".` + because("token-invalid-authorized-parties")},
		{"party as prefix", nil, parties("https://app.example.com.evil"), `Invalid JWT Authorized party claim (azp) "https://app.example.com". Expected "https://app.example.com.evil".` + because("token-invalid-authorized-parties")},
		{"no party in the token", map[string]any{"azp": nil}, parties("a"), `Invalid JWT Authorized party claim (azp) undefined. Expected "a".` + because("token-invalid-authorized-parties")},
		{"empty party never matches", map[string]any{"azp": ""}, parties("", "https://a"), `Invalid JWT Authorized party claim (azp) "". Expected ",https://a".` + because("token-invalid-authorized-parties")},
		{"party in an array", map[string]any{"azp": []string{"a"}}, parties("a"), `Invalid JWT Authorized party claim (azp) ["a"]. Expected "a".` + because("token-invalid-authorized-parties")},
		{"issuer", nil, issuer("https://clerk.example.com"), ""},
		{"issuer among others", nil, issuer("https://a", "https://clerk.example.com"), ""},
		{"another issuer", nil, issuer("https://a", "https://b"), `Invalid JWT issuer claim (iss) "https://clerk.example.com". Expected "https://a,https://b".` + ensure + because("token-invalid-issuer")},
		{"issuer with a slash more", nil, issuer("https://clerk.example.com/"), `Invalid JWT issuer claim (iss) "https://clerk.example.com". Expected "https://clerk.example.com/".` + ensure + because("token-invalid-issuer")},
		{"issuer with a slash less", map[string]any{"iss": "https://a/"}, issuer("https://a"), `Invalid JWT issuer claim (iss) "https://a/". Expected "https://a".` + ensure + because("token-invalid-issuer")},
		{"issuer in other letters", map[string]any{"iss": "https://A"}, issuer("https://a"), `Invalid JWT issuer claim (iss) "https://A". Expected "https://a".` + ensure + because("token-invalid-issuer")},
		{"no issuer in the token", map[string]any{"iss": nil}, issuer("a"), `Invalid JWT issuer claim (iss) undefined. Expected "a".` + ensure + because("token-invalid-issuer")},
		{"issuer in an array", map[string]any{"iss": []string{"a"}}, issuer("a"), `Invalid JWT issuer claim (iss) ["a"]. Expected "a".` + ensure + because("token-invalid-issuer")},
		{"empty issuer never matches", map[string]any{"iss": ""}, issuer("", "a"), `Invalid JWT issuer claim (iss) "". Expected "a".` + ensure + because("token-invalid-issuer")},
		{"empty issuers are none", map[string]any{"iss": "z"}, issuer("", ""), ""},
		{"azp before iss", nil, func(o *token.Options) { o.AuthorizedParties, o.Issuer = []string{"a"}, []string{"a"} }, `Invalid JWT Authorized party claim (azp) "https://app.example.com". Expected "a".` + because("token-invalid-authorized-parties")},
		{"iss before exp", map[string]any{"exp": 0}, issuer("a"), `Invalid JWT issuer claim (iss) "https://clerk.example.com". Expected "a".` + ensure + because("token-invalid-issuer")},
		{"no parties configured", map[string]any{"azp": 5}, parties(), ""},
		{"exp missing", map[string]any{"exp": nil}, nil, "Invalid JWT expiry date claim (exp) undefined. Expected number." + failed},
		{"exp a string", map[string]any{"exp": "9999999999"}, nil, `Invalid JWT expiry date claim (exp) "9999999999". Expected number.` + failed},
		{"exp 4 seconds ago", map[string]any{"exp": sec - 4}, nil, ""},
		{"exp 5 seconds ago", map[string]any{"exp": sec - 5}, nil, "JWT is expired. Expiry date: Fri, 02 Jan 2026 03:04:00 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired")},
		{"exp 4.1 seconds ago is cut to 5", map[string]any{"exp": float64(sec) - 4.1}, nil, "JWT is expired. Expiry date: Fri, 02 Jan 2026 03:04:00 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired")},
		{"exp now, without skew", map[string]any{"exp": sec}, skew(0), "JWT is expired. Expiry date: Fri, 02 Jan 2026 03:04:05 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired")},
		{"exp in a second, without skew", map[string]any{"exp": sec + 1}, skew(0), ""},
		{"exp in a second, negative skew", map[string]any{"exp": sec + 1}, skew(-time.Second), "JWT is expired. Expiry date: Fri, 02 Jan 2026 03:04:06 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired")},
		{"exp 5 seconds ago, a millisecond more skew", map[string]any{"exp": sec - 5}, skew(5001 * time.Millisecond), ""},
		{"exp negative", map[string]any{"exp": -62167219200 - 86400}, nil, "JWT is expired. Expiry date: Fri, 31 Dec -0001 00:00:00 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired")},
		{"exp in far future", map[string]any{"exp": 8.64e12}, nil, ""},
		{"exp too large for a date", map[string]any{"exp": 8.64e12 + 1}, nil, "JWT is expired. Expiry date: Invalid Date, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired")},
		{"exp huge", map[string]any{"exp": 1e20}, nil, "JWT is expired. Expiry date: Invalid Date, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired")},
		{"exp zero", map[string]any{"exp": 0}, nil, "JWT is expired. Expiry date: Thu, 01 Jan 1970 00:00:00 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired")},
		{"nbf missing", map[string]any{"nbf": nil}, nil, ""},
		{"nbf a string", map[string]any{"nbf": "1"}, nil, `Invalid JWT not before date claim (nbf) "1". Expected number.` + failed},
		{"nbf in 5 seconds", map[string]any{"nbf": sec + 5}, nil, ""},
		{"nbf in 6 seconds", map[string]any{"nbf": sec + 6}, nil, "JWT cannot be used prior to not before date claim (nbf). Not before date: Fri, 02 Jan 2026 03:04:11 GMT; Current date: Fri, 02 Jan 2026 03:04:05 GMT;" + because("token-not-active-yet")},
		{"nbf too large for a date", map[string]any{"nbf": 1e20}, nil, "JWT cannot be used prior to not before date claim (nbf). Not before date: Invalid Date; Current date: Fri, 02 Jan 2026 03:04:05 GMT;" + because("token-not-active-yet")},
		{"iat missing", map[string]any{"iat": nil}, nil, ""},
		{"iat a boolean", map[string]any{"iat": true}, nil, `Invalid JWT issued at date claim (iat) true. Expected number.` + failed},
		{"iat in 5.9 seconds is cut to 5", map[string]any{"iat": float64(sec) + 5.9}, nil, ""},
		{"iat in 6 seconds", map[string]any{"iat": sec + 6}, nil, "JWT issued at date claim (iat) is in the future. Issued at date: Fri, 02 Jan 2026 03:04:11 GMT; Current date: Fri, 02 Jan 2026 03:04:05 GMT;" + because("token-iat-in-the-future")},
		{"iat too small for a date", map[string]any{"iat": -1e20}, nil, "JWT issued at date claim (iat) is in the future. Issued at date: Invalid Date; Current date: Fri, 02 Jan 2026 03:04:05 GMT;" + because("token-iat-in-the-future")},
		{"sub before everything", map[string]any{"sub": nil, "aud": "z", "exp": nil}, audience("x"), "Subject claim (sub) is required and must be a string. Received undefined." + failed},
		{"azp before exp", map[string]any{"exp": 0}, parties("a"), `Invalid JWT Authorized party claim (azp) "https://app.example.com". Expected "a".` + because("token-invalid-authorized-parties")},
		{"exp before nbf", map[string]any{"exp": 0, "nbf": 1e20, "iat": 1e20}, nil, "JWT is expired. Expiry date: Thu, 01 Jan 1970 00:00:00 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired")},
		{"nbf before iat", map[string]any{"nbf": sec + 6, "iat": "x"}, nil, "JWT cannot be used prior to not before date claim (nbf). Not before date: Fri, 02 Jan 2026 03:04:11 GMT; Current date: Fri, 02 Jan 2026 03:04:05 GMT;" + because("token-not-active-yet")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := options()
			if tt.options != nil {
				tt.options(&o)
			}
			check(t, token.NewVerifier(pemKeys(t, ourKey()), o), sign(t, ourKey(), goodHeader, claims(tt.claims)), tt.want)
		})
	}
	t.Run("null is not absent", func(t *testing.T) {
		t.Parallel()
		v := token.NewVerifier(pemKeys(t, ourKey()), options())
		raw := sign(t, ourKey(), goodHeader, `{"sub":"u","exp":9999999999,"nbf":null}`)
		check(t, v, raw, "Invalid JWT not before date claim (nbf) null. Expected number."+failed)
		raw = sign(t, ourKey(), goodHeader, `{"sub":"u","exp":9999999999,"iat":null}`)
		check(t, v, raw, "Invalid JWT issued at date claim (iat) null. Expected number."+failed)
		raw = sign(t, ourKey(), goodHeader, `{"sub":"u","exp":1e999}`)
		check(t, v, raw, "JWT is expired. Expiry date: Invalid Date, Current date: Fri, 02 Jan 2026 03:04:05 GMT."+because("token-expired"))
	})
}

func audience(a ...string) func(*token.Options) { return func(o *token.Options) { o.Audience = a } }
func parties(p ...string) func(*token.Options) {
	return func(o *token.Options) { o.AuthorizedParties = p }
}

func issuer(i ...string) func(*token.Options) { return func(o *token.Options) { o.Issuer = i } }

func skew(d time.Duration) func(*token.Options) { return func(o *token.Options) { o.ClockSkew = d } }

func TestSignature(t *testing.T) {
	t.Parallel()
	good := sign(t, ourKey(), goodHeader, claims(nil))
	h, rest, _ := strings.Cut(good, ".")
	p, s, _ := strings.Cut(rest, ".")
	other := b64([]byte(claims(map[string]any{"sub": "user_2"})))
	rs512 := `{"alg":"RS512","kid":"free"}`
	bad := "JWT signature is invalid." + because("token-invalid-signature")
	tests := []struct{ name, raw, want string }{
		{"ours", good, ""},
		{"padding after the signature changes nothing", good + "==", ""},
		{"padding after the payload changes what is signed", h + "." + p + "=." + s, bad},
		{"none", h + "." + p + ".", bad},
		{"one byte", h + "." + p + ".AA", bad},
		{"another payload", h + "." + other + "." + s, bad},
		{"another key under the same kid", sign(t, theirKey(), goodHeader, claims(nil)), bad},
		{"a key of another size", sign(t, bigKey(), goodHeader, claims(nil)), bad},
		{"bad signature before bad claims", sign(t, theirKey(), goodHeader, `{}`), bad},
		{"RS512 with a key without alg", sign(t, ourKey(), rs512, claims(nil)), ""},
		{"RS384 with a key without alg", sign(t, ourKey(), `{"alg":"RS384","kid":"free"}`, claims(nil)), ""},
		{"RS512 signature that says RS384", signParts(t, ourKey(), rs512, b64([]byte(`{"alg":"RS384","kid":"free"}`)), p), bad},
	}
	keys := fixed(keySet(jwk("k1", &ourKey().PublicKey, nil), jwk("free", &ourKey().PublicKey, map[string]any{"alg": nil})))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, token.NewVerifier(keys, options()), tt.raw, tt.want)
		})
	}
	t.Run("no keys", func(t *testing.T) {
		t.Parallel()
		check(t, token.NewVerifier(nil, options()), good, "Failed to resolve JWK during verification. Set the CLERK_JWT_KEY environment variable."+because("jwk-failed-to-resolve"))
		check(t, token.NewVerifier(nil, options()), "x", badForm)
	})
	t.Run("skew of one call", func(t *testing.T) {
		t.Parallel()
		v := token.NewVerifier(keys, options())
		raw := sign(t, ourKey(), goodHeader, claims(map[string]any{"exp": now.Unix() - 3600}))
		for range 2 {
			if _, err := v.SessionWithSkew(t.Context(), raw, 24*time.Hour); err != nil {
				t.Errorf("an hour late, a day of skew: %v", err)
			}
			if _, err := v.Session(t.Context(), raw); reason(err) != "token-expired" {
				t.Errorf("an hour late: got %v, want token-expired", err)
			}
		}
	})
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	keys := fixed(keySet(jwk("k1", &ourKey().PublicKey, nil), jwk("enc", &ourKey().PublicKey, map[string]any{"use": "enc"})))
	tests := []struct {
		name, raw, want string
		keys            token.Keys
	}{
		{"no claim is checked", sign(t, ourKey(), goodHeader, `{"handshake":["a"]}`), "", keys},
		{"expired", sign(t, ourKey(), goodHeader, `{"exp":1}`), "", keys},
		{"configured types do not count", sign(t, ourKey(), goodHeader, `{}`), "", keys},
		{"no typ", sign(t, ourKey(), `{"alg":"RS256","kid":"k1"}`, `{}`), "", keys},
		{"malformed", "x", badForm, keys},
		{"no keys", sign(t, ourKey(), goodHeader, `{}`), "Failed to resolve JWK during handshake verification. Set the CLERK_JWT_KEY environment variable." + because("jwk-failed-to-resolve"), nil},
		{"other type", sign(t, ourKey(), `{"alg":"RS256","kid":"k1","typ":"x"}`, `{}`), `Invalid JWT type "x". Expected "JWT".` + ensure + because("token-invalid"), keys},
		{"other algorithm", sign(t, ourKey(), `{"alg":"none","kid":"k1"}`, `{}`), `Invalid JWT algorithm "none". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"), keys},
		{"template category, before the signature", sign(t, theirKey(), `{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD222AAA"}`, `{}`), "Invalid handshake token category." + ensure + because("token-invalid"), keys},
		{"algorithm before category", sign(t, ourKey(), `{"alg":"x","kid":"k1","cat":null}`, `{}`), `Invalid JWT algorithm "x". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"), keys},
		{"session category", sign(t, ourKey(), `{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD111AAA"}`, `{}`), "", keys},
		{"wrong key", sign(t, theirKey(), goodHeader, `{}`), "Handshake signature is invalid." + because("token-invalid-signature"), keys},
		{"unusable key", sign(t, ourKey(), `{"alg":"RS256","kid":"enc"}`, `{}`), `Error verifying handshake token. the key's "use" is not sig` + because("token-verification-failed"), keys},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := options()
			o.Types = []string{"other"}
			for range 2 {
				tok, err := token.NewVerifier(tt.keys, o).Handshake(t.Context(), tt.raw)
				if tt.want == "" && (err != nil || tok.Raw() != tt.raw) || tt.want != "" && (full(err) != tt.want || tok != nil) {
					t.Errorf("got %v, want %q", full(err), tt.want)
				}
			}
		})
	}
}

func TestMachineTokens(t *testing.T) {
	t.Parallel()
	mch, user := claims(map[string]any{"sub": "mch_1"}), claims(nil)
	withAud := func(aud any) string { return claims(map[string]any{"aud": aud}) }
	at := `{"alg":"RS256","kid":"k1","typ":"at+jwt"}`
	odd := " Expected a non-empty string or a non-empty array of non-empty strings." + because("token-verification-failed")
	notMachine := ". Expected one of: at+jwt, application/at+jwt for OAuth, or sub starting with 'mch_' for M2M" + because("token-verification-failed")
	tests := []struct {
		name, header, payload string
		audience              []string
		m2m, oauth            string
	}{
		{"m2m", goodHeader, mch, nil, "", "Invalid JWT type: JWT" + notMachine},
		{"m2m category", `{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD333AAA"}`, mch, nil, "", "Invalid JWT type: missing" + notMachine},
		{"m2m with ignored category", `{"alg":"RS256","kid":"k1","cat":"cl_I7d4PD111III"}`, mch, nil, "Invalid M2M JWT category." + because("token-invalid"), "Invalid JWT type: missing" + notMachine},
		{"m2m with null category", `{"alg":"RS256","kid":"k2","cat":null}`, mch, nil, "Invalid M2M JWT category." + because("token-invalid"), "Invalid JWT type: missing" + notMachine},
		{"m2m as access token", at, mch, nil, `Invalid JWT type "at+jwt". Expected "JWT".` + ensure + because("token-invalid"), "Invalid JWT type: at+jwt" + notMachine},
		{"access token", at, user, nil, "Invalid JWT type: at+jwt" + notMachine, ""},
		{"access token, long type", `{"alg":"RS256","kid":"k1","typ":"application/at+jwt"}`, user, nil, "Invalid JWT type: application/at+jwt" + notMachine, ""},
		{"access token of any category", `{"alg":"RS256","kid":"k1","typ":"at+jwt","cat":"x"}`, user, nil, "Invalid JWT type: at+jwt" + notMachine, ""},
		{"access token without subject", at, claims(map[string]any{"sub": nil}), nil, "Invalid JWT type: at+jwt" + notMachine, "Subject claim (sub) is required and must be a string. Received undefined." + ensure + because("token-verification-failed")},
		{"session token", goodHeader, user, nil, "Invalid JWT type: JWT" + notMachine, "Invalid JWT type: JWT" + notMachine},
		{"null type", `{"alg":"RS256","kid":"k1","typ":null}`, user, nil, "Invalid JWT type: missing" + notMachine, "Invalid JWT type: missing" + notMachine},
		{"m2m without audience", goodHeader, mch, []string{"x"}, "", "Invalid JWT type: JWT" + notMachine},
		{"access token without audience", at, user, []string{"x"}, "Invalid JWT type: at+jwt" + notMachine, "Invalid OAuth audience claim (aud) undefined." + odd},
		{"access token with an empty audience", at, withAud(""), []string{"x"}, "Invalid JWT type: at+jwt" + notMachine, `Invalid OAuth audience claim (aud) "".` + odd},
		{"access token with an empty audience among others", at, withAud([]string{"x", ""}), []string{"x"}, "Invalid JWT type: at+jwt" + notMachine, `Invalid OAuth audience claim (aud) ["x",""].` + odd},
		{"access token with no audience in a list", at, withAud([]string{}), []string{"x"}, "Invalid JWT type: at+jwt" + notMachine, `Invalid OAuth audience claim (aud) [].` + odd},
		{"access token with a number as audience", at, withAud(5), []string{"x"}, "Invalid JWT type: at+jwt" + notMachine, `Invalid OAuth audience claim (aud) 5.` + odd},
		{"access token for another audience", at, withAud("z"), []string{"x", "", "y"}, "Invalid JWT type: at+jwt" + notMachine, `OAuth audience mismatch. Verification expected audience ["x","y"], but incoming token has aud "z".` + because("token-verification-failed")},
		{"access token for this audience", at, withAud([]string{"z", "x"}), []string{"x"}, "Invalid JWT type: at+jwt" + notMachine, ""},
		{"access token, audience empty in the configuration", at, user, []string{""}, "Invalid JWT type: at+jwt" + notMachine, ""},
		{"expiry before audience", at, claims(map[string]any{"exp": 0}), []string{"x"}, "Invalid JWT type: at+jwt" + notMachine, "JWT is expired. Expiry date: Thu, 01 Jan 1970 00:00:00 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := options()
			o.Audience = tt.audience
			// What session tokens are held against says nothing about machine tokens.
			o.AuthorizedParties, o.Issuer = []string{"https://other.example.com"}, []string{"https://clerk.other.example"}
			v := token.NewVerifier(fixed(keySet(jwk("k1", &ourKey().PublicKey, nil))), o)
			tok := mustDecode(t, sign(t, ourKey(), tt.header, tt.payload))
			for range 2 {
				if got, err := v.M2M(t.Context(), tok); tt.m2m == "" && err != nil || tt.m2m != "" && (full(err) != tt.m2m || got != nil) {
					t.Errorf("M2M: got %v, want %q", full(err), tt.m2m)
				}
				if got, err := v.OAuth(t.Context(), tok); tt.oauth == "" && err != nil || tt.oauth != "" && (full(err) != tt.oauth || got != nil) {
					t.Errorf("OAuth: got %v, want %q", full(err), tt.oauth)
				}
			}
		})
	}
}
