package token_test

import (
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core/token"
)

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

func TestSignature(t *testing.T) {
	t.Parallel()
	good := sign(t, ourKey(), goodHeader, claims(nil))
	h, rest, _ := strings.Cut(good, ".")
	p, s, _ := strings.Cut(rest, ".")
	other := b64([]byte(claims(map[string]any{"sub": "user_2"})))
	rs512 := `{"alg":"RS512","kid":"free"}`
	bad := "JWT signature is invalid." + because("token-invalid-signature")
	tests := []struct{ name, raw, want string }{
		{name: "ours", raw: good, want: ""},
		{name: "padding after the signature changes nothing", raw: good + "==", want: ""},
		{name: "padding after the payload changes what is signed", raw: h + "." + p + "=." + s, want: bad},
		{name: "none", raw: h + "." + p + ".", want: bad},
		{name: "one byte", raw: h + "." + p + ".AA", want: bad},
		{name: "another payload", raw: h + "." + other + "." + s, want: bad},
		{name: "another key under the same kid", raw: sign(t, theirKey(), goodHeader, claims(nil)), want: bad},
		{name: "a key of another size", raw: sign(t, bigKey(), goodHeader, claims(nil)), want: bad},
		{name: "bad signature before bad claims", raw: sign(t, theirKey(), goodHeader, `{}`), want: bad},
		{name: "RS512 with a key without alg", raw: sign(t, ourKey(), rs512, claims(nil)), want: ""},
		{
			name: "RS384 with a key without alg", raw: sign(t, ourKey(), `{"alg":"RS384","kid":"free"}`, claims(nil)),
			want: "",
		},
		{
			name: "RS512 signature that says RS384",
			raw:  signParts(t, ourKey(), rs512, b64([]byte(`{"alg":"RS384","kid":"free"}`)), p), want: bad,
		},
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
		{name: "no claim is checked", raw: sign(t, ourKey(), goodHeader, `{"handshake":["a"]}`), want: "", keys: keys},
		{name: "expired", raw: sign(t, ourKey(), goodHeader, `{"exp":1}`), want: "", keys: keys},
		{name: "configured types do not count", raw: sign(t, ourKey(), goodHeader, `{}`), want: "", keys: keys},
		{name: "no typ", raw: sign(t, ourKey(), `{"alg":"RS256","kid":"k1"}`, `{}`), want: "", keys: keys},
		{name: "malformed", raw: "x", want: badForm, keys: keys},
		{
			name: "no keys", raw: sign(t, ourKey(), goodHeader, `{}`),
			want: "Failed to resolve JWK during handshake verification. Set the CLERK_JWT_KEY environment variable." + because("jwk-failed-to-resolve"),
		},
		{
			name: "other type", raw: sign(t, ourKey(), `{"alg":"RS256","kid":"k1","typ":"x"}`, `{}`),
			want: `Invalid JWT type "x". Expected "JWT".` + ensure + because("token-invalid"), keys: keys,
		},
		{
			name: "other algorithm", raw: sign(t, ourKey(), `{"alg":"none","kid":"k1"}`, `{}`),
			want: `Invalid JWT algorithm "none". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"),
			keys: keys,
		},
		{
			name: "template category, before the signature",
			raw:  sign(t, theirKey(), `{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD222AAA"}`, `{}`),
			want: "Invalid handshake token category." + ensure + because("token-invalid"), keys: keys,
		},
		{
			name: "algorithm before category", raw: sign(t, ourKey(), `{"alg":"x","kid":"k1","cat":null}`, `{}`),
			want: `Invalid JWT algorithm "x". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"),
			keys: keys,
		},
		{
			name: "session category",
			raw:  sign(t, ourKey(), `{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD111AAA"}`, `{}`), want: "", keys: keys,
		},
		{
			name: "wrong key", raw: sign(t, theirKey(), goodHeader, `{}`),
			want: "Handshake signature is invalid." + because("token-invalid-signature"), keys: keys,
		},
		{
			name: "unusable key", raw: sign(t, ourKey(), `{"alg":"RS256","kid":"enc"}`, `{}`),
			want: `Error verifying handshake token. the key's "use" is not sig` + because("token-verification-failed"),
			keys: keys,
		},
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
		{name: "m2m", header: goodHeader, payload: mch, oauth: "Invalid JWT type: JWT" + notMachine},
		{
			name: "m2m category", header: `{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD333AAA"}`, payload: mch,
			oauth: "Invalid JWT type: missing" + notMachine,
		},
		{
			name: "m2m with ignored category", header: `{"alg":"RS256","kid":"k1","cat":"cl_I7d4PD111III"}`,
			payload: mch, m2m: "Invalid M2M JWT category." + because("token-invalid"),
			oauth: "Invalid JWT type: missing" + notMachine,
		},
		{
			name: "m2m with null category", header: `{"alg":"RS256","kid":"k2","cat":null}`, payload: mch,
			m2m:   "Invalid M2M JWT category." + because("token-invalid"),
			oauth: "Invalid JWT type: missing" + notMachine,
		},
		{
			name: "m2m as access token", header: at, payload: mch,
			m2m:   `Invalid JWT type "at+jwt". Expected "JWT".` + ensure + because("token-invalid"),
			oauth: "Invalid JWT type: at+jwt" + notMachine,
		},
		{name: "access token", header: at, payload: user, m2m: "Invalid JWT type: at+jwt" + notMachine},
		{
			name: "access token, long type", header: `{"alg":"RS256","kid":"k1","typ":"application/at+jwt"}`,
			payload: user, m2m: "Invalid JWT type: application/at+jwt" + notMachine,
		},
		{
			name: "access token of any category", header: `{"alg":"RS256","kid":"k1","typ":"at+jwt","cat":"x"}`,
			payload: user, m2m: "Invalid JWT type: at+jwt" + notMachine,
		},
		{
			name: "access token without subject", header: at, payload: claims(map[string]any{"sub": nil}),
			m2m:   "Invalid JWT type: at+jwt" + notMachine,
			oauth: "Subject claim (sub) is required and must be a string. Received undefined." + ensure + because("token-verification-failed"),
		},
		{
			name: "session token", header: goodHeader, payload: user, m2m: "Invalid JWT type: JWT" + notMachine,
			oauth: "Invalid JWT type: JWT" + notMachine,
		},
		{
			name: "null type", header: `{"alg":"RS256","kid":"k1","typ":null}`, payload: user,
			m2m: "Invalid JWT type: missing" + notMachine, oauth: "Invalid JWT type: missing" + notMachine,
		},
		{
			name: "m2m without audience", header: goodHeader, payload: mch, audience: []string{"x"},
			oauth: "Invalid JWT type: JWT" + notMachine,
		},
		{
			name: "access token without audience", header: at, payload: user, audience: []string{"x"},
			m2m: "Invalid JWT type: at+jwt" + notMachine, oauth: "Invalid OAuth audience claim (aud) undefined." + odd,
		},
		{
			name: "access token with an empty audience", header: at, payload: withAud(""), audience: []string{"x"},
			m2m: "Invalid JWT type: at+jwt" + notMachine, oauth: `Invalid OAuth audience claim (aud) "".` + odd,
		},
		{
			name: "access token with an empty audience among others", header: at, payload: withAud([]string{"x", ""}),
			audience: []string{"x"}, m2m: "Invalid JWT type: at+jwt" + notMachine,
			oauth: `Invalid OAuth audience claim (aud) ["x",""].` + odd,
		},
		{
			name: "access token with no audience in a list", header: at, payload: withAud([]string{}),
			audience: []string{"x"}, m2m: "Invalid JWT type: at+jwt" + notMachine,
			oauth: `Invalid OAuth audience claim (aud) [].` + odd,
		},
		{
			name: "access token with a number as audience", header: at, payload: withAud(5), audience: []string{"x"},
			m2m: "Invalid JWT type: at+jwt" + notMachine, oauth: `Invalid OAuth audience claim (aud) 5.` + odd,
		},
		{
			name: "access token for another audience", header: at, payload: withAud("z"),
			audience: []string{"x", "", "y"}, m2m: "Invalid JWT type: at+jwt" + notMachine,
			oauth: `OAuth audience mismatch. Verification expected audience ["x","y"], but incoming token has aud "z".` + because("token-verification-failed"),
		},
		{
			name: "access token for this audience", header: at, payload: withAud([]string{"z", "x"}),
			audience: []string{"x"}, m2m: "Invalid JWT type: at+jwt" + notMachine,
		},
		{
			name: "access token, audience empty in the configuration", header: at, payload: user,
			audience: []string{""}, m2m: "Invalid JWT type: at+jwt" + notMachine,
		},
		{
			name: "expiry before audience", header: at, payload: claims(map[string]any{"exp": 0}),
			audience: []string{"x"}, m2m: "Invalid JWT type: at+jwt" + notMachine,
			oauth: "JWT is expired. Expiry date: Thu, 01 Jan 1970 00:00:00 GMT, Current date: Fri, 02 Jan 2026 03:04:05 GMT." + because("token-expired"),
		},
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
