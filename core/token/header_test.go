package token_test

import (
	"testing"

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
		{name: "usual", header: goodHeader, wantPEM: "", wantRemote: "same"},
		{name: "no typ", header: `{"alg":"RS256","kid":"k1"}`, wantPEM: "", wantRemote: "same"},
		{
			name: "no typ where types are configured", header: `{"alg":"RS256","kid":"k1"}`, types: []string{"JWT"},
			wantPEM:    `Invalid JWT type undefined. Expected "JWT".` + ensure + because("token-invalid"),
			wantRemote: "same",
		},
		{
			name: "no type at all is allowed", header: goodHeader, types: []string{},
			wantPEM: `Invalid JWT type "JWT". Expected "".` + ensure + because("token-invalid"), wantRemote: "same",
		},
		{
			name: "one of the configured types", header: `{"alg":"RS256","kid":"k1","typ":"x"}`,
			types: []string{"JWT", "x"}, wantPEM: "", wantRemote: "same",
		},
		{
			name: "none of the configured types", header: `{"alg":"RS256","kid":"k1","typ":"y"}`,
			types:      []string{"JWT", "x"},
			wantPEM:    `Invalid JWT type "y". Expected "JWT, x".` + ensure + because("token-invalid"),
			wantRemote: "same",
		},
		{
			name: "typ in lower case", header: `{"alg":"RS256","kid":"k1","typ":"jwt"}`,
			wantPEM: `Invalid JWT type "jwt". Expected "JWT".` + ensure + because("token-invalid"), wantRemote: "same",
		},
		{
			name: "typ null", header: `{"alg":"RS256","kid":"k1","typ":null}`,
			wantPEM: `Invalid JWT type null. Expected "JWT".` + ensure + because("token-invalid"), wantRemote: "same",
		},
		{
			name: "typ empty", header: `{"alg":"RS256","kid":"k1","typ":""}`,
			wantPEM: `Invalid JWT type "". Expected "JWT".` + ensure + because("token-invalid"), wantRemote: "same",
		},
		{
			name: "typ in an array", header: `{"alg":"RS256","kid":"k1","typ":["JWT"]}`,
			wantPEM:    `Invalid JWT type ["JWT"]. Expected "JWT".` + ensure + because("token-invalid"),
			wantRemote: "same",
		},
		{name: "typ escaped", header: `{"alg":"RS256","kid":"k1","typ":"\u004aWT"}`, wantPEM: "", wantRemote: "same"},
		{
			name: "typ with HTML", header: `{"alg":"RS256","kid":"k1","typ":"<&>"}`,
			wantPEM: `Invalid JWT type "<&>". Expected "JWT".` + ensure + because("token-invalid"), wantRemote: "same",
		},
		{
			name: "access token", header: `{"alg":"RS256","kid":"k1","typ":"at+jwt"}`,
			wantPEM:    `Invalid JWT type "at+jwt". Expected "JWT".` + ensure + because("token-invalid"),
			wantRemote: "same",
		},
		{
			name: "alg none", header: `{"alg":"none","kid":"k1"}`,
			wantPEM:    `Invalid JWT algorithm "none". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"),
			wantRemote: "same",
		},
		{
			name: "alg None", header: `{"alg":"None","kid":"k1"}`,
			wantPEM:    `Invalid JWT algorithm "None". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"),
			wantRemote: "same",
		},
		{
			name: "alg NONE", header: `{"alg":"NONE","kid":"k1"}`,
			wantPEM:    `Invalid JWT algorithm "NONE". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"),
			wantRemote: "same",
		},
		{
			name: "alg in lower case", header: `{"alg":"rs256","kid":"k1"}`,
			wantPEM:    `Invalid JWT algorithm "rs256". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"),
			wantRemote: "same",
		},
		{
			name: "alg with space", header: `{"alg":"RS256 ","kid":"k1"}`,
			wantPEM:    `Invalid JWT algorithm "RS256 ". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"),
			wantRemote: "same",
		},
		{
			name: "HMAC", header: `{"alg":"HS256","kid":"k1"}`,
			wantPEM:    `Invalid JWT algorithm "HS256". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"),
			wantRemote: "same",
		},
		{
			name: "PSS", header: `{"alg":"PS256","kid":"k1"}`,
			wantPEM:    `Invalid JWT algorithm "PS256". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"),
			wantRemote: "same",
		},
		{
			name: "no alg", header: `{"kid":"k1"}`,
			wantPEM:    `Invalid JWT algorithm undefined. Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"),
			wantRemote: "same",
		},
		{
			name: "ALG", header: `{"ALG":"RS256","kid":"k1"}`,
			wantPEM:    `Invalid JWT algorithm undefined. Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"),
			wantRemote: "same",
		},
		{
			name: "alg in an array", header: `{"alg":["RS256"],"kid":"k1"}`,
			wantPEM:    `Invalid JWT algorithm ["RS256"]. Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"),
			wantRemote: "same",
		},
		{
			name: "type before algorithm", header: `{"alg":"none","kid":"k1","typ":"x"}`,
			wantPEM: `Invalid JWT type "x". Expected "JWT".` + ensure + because("token-invalid"), wantRemote: "same",
		},
		{
			name: "RS512 where the key says RS256", header: `{"alg":"RS512","kid":"k1"}`,
			wantPEM:    "Error verifying JWT signature. the key verifies RS256 only" + ensure + because("token-verification-failed"),
			wantRemote: `Error verifying JWT signature. the key's "alg" is another one than the token's` + ensure + because("token-verification-failed"),
		},
		{
			name: "unknown kid", header: `{"alg":"RS256","kid":"k2"}`, wantPEM: "",
			wantRemote: noKID + "'k2'" + mismatch,
		},
		{
			name: "unknown kid before algorithm", header: `{"alg":"none","kid":"k2"}`,
			wantPEM:    `Invalid JWT algorithm "none". Supported: RS256,RS384,RS512.` + ensure + because("token-invalid-algorithm"),
			wantRemote: noKID + "'k2'" + mismatch,
		},
		{name: "no kid", header: `{"alg":"RS256"}`, wantPEM: "", wantRemote: noKID + "'undefined'" + mismatch},
		{name: "KID", header: `{"alg":"RS256","KID":"k1"}`, wantPEM: "", wantRemote: noKID + "'undefined'" + mismatch},
		{name: "kid null", header: `{"alg":"RS256","kid":null}`, wantPEM: "", wantRemote: noKID + "'null'" + mismatch},
		{
			name: "kid a number", header: `{"alg":"RS256","kid":1.50}`, wantPEM: "",
			wantRemote: noKID + "'1.5'" + mismatch,
		},
		{
			name: "kid an object", header: `{"alg":"RS256","kid":{}}`, wantPEM: "",
			wantRemote: noKID + "'[object Object]'" + mismatch,
		},
		{
			name: "kid in an array", header: `{"alg":"RS256","kid":["k1"]}`, wantPEM: "",
			wantRemote: noKID + "'k1'" + mismatch,
		},
		{
			name: "kid of a JavaScript prototype", header: `{"alg":"RS256","kid":"constructor"}`, wantPEM: "",
			wantRemote: noKID + "'constructor'" + mismatch,
		},
		{
			name: "kid with case changed", header: `{"alg":"RS256","kid":"K1"}`, wantPEM: "",
			wantRemote: noKID + "'K1'" + mismatch,
		},
		{
			name: "the last kid counts", header: `{"alg":"RS256","kid":"k2","kid":"k1"}`, wantPEM: "",
			wantRemote: "same",
		},
		{
			name:    "key material in the header is ignored",
			header:  `{"alg":"RS256","kid":"k1","jku":"http://127.0.0.1:1/","x5u":"http://127.0.0.1:1/","jwk":{"kty":"RSA"},"x5c":["x"]}`,
			wantPEM: "", wantRemote: "same",
		},
		{
			name: "a critical extension", header: `{"alg":"RS256","kid":"k1","crit":["exp","b64"],"b64":false}`,
			wantPEM:    `Invalid JWT header crit ["exp","b64"]. No critical extension is supported.` + ensure + because("token-invalid"),
			wantRemote: "same",
		},
		{
			name: "a critical extension that is not there", header: `{"alg":"RS256","kid":"k1","crit":["x"]}`,
			wantPEM:    `Invalid JWT header crit ["x"]. No critical extension is supported.` + ensure + because("token-invalid"),
			wantRemote: "same",
		},
		{
			name: "a critical member that everybody understands", header: `{"alg":"RS256","kid":"k1","crit":["alg"]}`,
			wantPEM:    `Invalid JWT header crit ["alg"]. No critical extension is supported.` + ensure + because("token-invalid"),
			wantRemote: "same",
		},
		{
			name: "crit without an extension", header: `{"alg":"RS256","kid":"k1","crit":[]}`,
			wantPEM:    `Invalid JWT header crit []. No critical extension is supported.` + ensure + because("token-invalid"),
			wantRemote: "same",
		},
		{
			name: "crit null", header: `{"alg":"RS256","kid":"k1","crit":null}`,
			wantPEM:    `Invalid JWT header crit null. No critical extension is supported.` + ensure + because("token-invalid"),
			wantRemote: "same",
		},
		{
			name: "crit a text", header: `{"alg":"RS256","kid":"k1","crit":"exp"}`,
			wantPEM:    `Invalid JWT header crit "exp". No critical extension is supported.` + ensure + because("token-invalid"),
			wantRemote: "same",
		},
		{
			name: "CRIT is another member", header: `{"alg":"RS256","kid":"k1","CRIT":["exp"]}`, wantPEM: "",
			wantRemote: "same",
		},
		{
			name: "session category", header: `{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD111AAA"}`, wantPEM: "",
			wantRemote: "same",
		},
		{
			name:   "template category is the caller's to judge",
			header: `{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD222AAA"}`, wantPEM: "", wantRemote: "same",
		},
		{
			name: "machine category", header: `{"alg":"RS256","kid":"k1","cat":"cl_B7d4PD333AAA"}`,
			wantPEM: "Invalid session token category." + ensure + because("token-invalid"), wantRemote: "same",
		},
		{
			name: "machine category before key", header: `{"alg":"RS256","kid":"k2","cat":"cl_B7d4PD333AAA"}`,
			wantPEM: "Invalid session token category." + ensure + because("token-invalid"), wantRemote: "same",
		},
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
