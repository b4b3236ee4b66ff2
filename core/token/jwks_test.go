package token_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/core/token"
)

func TestRemoteAnswers(t *testing.T) {
	t.Parallel()
	us := jwk("k1", &ourKey().PublicKey, nil)
	tests := []struct{ name, body, want string }{
		{"good", keySet(us), "ok"},
		{"byte order mark", "\uFEFF" + keySet(us), "ok"},
		{"the last of several keys with a kid counts", keySet(jwk("k1", &theirKey().PublicKey, map[string]any{"use": "enc"}), us), "ok"},
		{"bad keys beside a good one", `{"keys":[null,5,"x",[],{},{"kid":5},{"kid":"a"},{"kid":"b","kty":"RSA","n":"AA","e":"AQAB"},` + us + `]}`, "ok"},
		{"not JSON", "<html>", "unavailable"},
		{"cut off", keySet(us)[:100], "unavailable"},
		{"empty", "", "unavailable"},
		{"null", "null", "unavailable"},
		{"keys of another type", `{"keys":"none"}`, "jwk-remote-failed-to-load (unavailable)"},
		{"keys an object", `{"keys":{}}`, "jwk-remote-failed-to-load (unavailable)"},
		{"no keys member", `{}`, "jwk-remote-failed-to-load (unavailable)"},
		{"member in another case", `{"KEYS":[` + us + `]}`, "jwk-remote-failed-to-load (unavailable)"},
		{"keys null", `{"keys":null}`, "jwk-remote-failed-to-load (unavailable)"},
		{"no key", `{"keys":[]}`, "jwk-remote-failed-to-load (unavailable)"},
		{"no key that has a kid", keySet(jwk("x", &ourKey().PublicKey, map[string]any{"kid": nil})), "jwk-remote-failed-to-load (unavailable)"},
		{"an array", `[` + us + `]`, "jwk-remote-failed-to-load (unavailable)"},
		{"other keys only", keySet(jwk("k2", &ourKey().PublicKey, nil)), "jwk-kid-mismatch"},
		{"as large as allowed", keySet(us) + strings.Repeat(" ", token.DefaultMaxBytes-len(keySet(us))), "ok"},
		{"too large", keySet(us) + strings.Repeat(" ", token.DefaultMaxBytes-len(keySet(us))+1), "unavailable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := fixed(tt.body).Key(t.Context(), withKID("k1"))
			if got := reason(err); got != tt.want {
				t.Errorf("got %v (%v), want %s", got, err, tt.want)
			}
		})
	}
	_, err := fixed(`{}`).Key(t.Context(), withKID("k1"))
	want := "The JWKS endpoint did not contain any signing keys. Contact support@clerk.com. Contact support@clerk.com" + because("jwk-remote-failed-to-load")
	if diff := cmp.Diff(want, full(err)); diff != "" {
		t.Errorf("no keys (-want +got):\n%s", diff)
	}
}

// TestRemoteKeys covers what a published key may look like.
func TestRemoteKeys(t *testing.T) {
	t.Parallel()
	k, small, large := &ourKey().PublicKey, &smallKey().PublicKey, &bigKey().PublicKey
	tests := []struct {
		name, jwk, alg, want string
	}{
		{"as Clerk publishes it", jwk("k1", k, nil), "RS256", "ok"},
		{"another algorithm than the key's", jwk("k1", k, nil), "RS512", `the key's "alg" is another one than the token's`},
		{"no alg", jwk("k1", k, map[string]any{"alg": nil}), "RS384", "ok"},
		{"alg of the token", jwk("k1", k, map[string]any{"alg": "RS512"}), "RS512", "ok"},
		{"empty alg", jwk("k1", k, map[string]any{"alg": ""}), "RS256", `the key's "alg" is another one than the token's`},
		{"alg of another kind", jwk("k1", k, map[string]any{"alg": "PS256"}), "RS256", `the key's "alg" is another one than the token's`},
		{"alg no string", jwk("k1", k, map[string]any{"alg": 5}), "RS256", `the key's "alg" is another one than the token's`},
		{"for encryption", jwk("k1", k, map[string]any{"use": "enc"}), "RS256", `the key's "use" is not sig`},
		{"use no string", jwk("k1", k, map[string]any{"use": []string{"sig"}}), "RS256", `the key's "use" is not sig`},
		{"no use", jwk("k1", k, map[string]any{"use": nil}), "RS256", "ok"},
		{"for signing", jwk("k1", k, map[string]any{"key_ops": []string{"sign"}}), "RS256", `the key's "key_ops" do not include verify`},
		{"for verifying", jwk("k1", k, map[string]any{"key_ops": []string{"verify"}}), "RS256", "ok"},
		{"for signing and verifying", jwk("k1", k, map[string]any{"key_ops": []string{"sign", "verify"}}), "RS256", "ok"},
		{"operations twice", jwk("k1", k, map[string]any{"key_ops": []string{"verify", "sign", "verify"}}), "RS256", `the key's "key_ops" have duplicates`},
		{"operations empty", jwk("k1", k, map[string]any{"key_ops": []string{}}), "RS256", `the key's "key_ops" do not include verify`},
		{"operations no list", jwk("k1", k, map[string]any{"key_ops": "verify"}), "RS256", `the key's "key_ops" do not include verify`},
		{"operations mixed", jwk("k1", k, map[string]any{"key_ops": []any{"verify", 1}}), "RS256", `the key's "key_ops" do not include verify`},
		{"symmetric", `{"kid":"k1","kty":"oct","k":"AAAA"}`, "RS256", `the key's "kty" is not RSA`},
		{"elliptic", `{"kid":"k1","kty":"EC","crv":"P-256","x":"AA","y":"AA"}`, "RS256", `the key's "kty" is not RSA`},
		{"type in lower case", jwk("k1", k, map[string]any{"kty": "rsa"}), "RS256", `the key's "kty" is not RSA`},
		{"type in another member", jwk("k1", k, map[string]any{"kty": nil, "KTY": "RSA"}), "RS256", `the key's "kty" is not RSA`},
		{"private", jwk("k1", k, map[string]any{"d": "AAAA"}), "RS256", "the key is a private key"},
		{"no modulus", jwk("k1", k, map[string]any{"n": nil}), "RS256", "the key is not a valid RSA key"},
		{"modulus not base64", jwk("k1", k, map[string]any{"n": "***"}), "RS256", "the key is not a valid RSA key"},
		{"exponent 1", jwk("k1", k, map[string]any{"e": "AQ"}), "RS256", "the key is not a valid RSA key"},
		{"exponent even", jwk("k1", k, map[string]any{"e": "BA"}), "RS256", "the key is not a valid RSA key"},
		{"exponent beyond 64 bits", jwk("k1", k, map[string]any{"e": "AQAAAAAAAAAAAQAB"}), "RS256", "the key is not a valid RSA key"},
		{"no exponent", jwk("k1", k, map[string]any{"e": nil}), "RS256", "the key is not a valid RSA key"},
		{"too short", jwk("k1", small, nil), "RS256", "the key is shorter than 2048 bits"},
		{"longer", jwk("k1", large, nil), "RS256", "ok"},
		{"certificates and their addresses are ignored", jwk("k1", k, map[string]any{"x5c": []string{"x"}, "x5u": "http://127.0.0.1:1"}), "RS256", "ok"},
	}
	signers := map[string]func() string{}
	for _, alg := range []string{"RS256", "RS384", "RS512"} {
		header := `{"alg":"` + alg + `","kid":"k1"}`
		signers[alg] = sync.OnceValue(func() string { return sign(t, ourKey(), header, claims(nil)) })
		signers[alg+" longer"] = sync.OnceValue(func() string { return sign(t, bigKey(), header, claims(nil)) })
		signers[alg+" too short"] = sync.OnceValue(func() string { return sign(t, smallKey(), header, claims(nil)) })
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			signer, ok := signers[tt.alg+" "+tt.name]
			if !ok {
				signer = signers[tt.alg]
			}
			remote := fixed(keySet(tt.jwk))
			_, err := token.NewVerifier(remote, options()).Session(t.Context(), signer())
			got, want := "ok", tt.want
			if err != nil {
				got = full(err)
				want = "Error verifying JWT signature. " + tt.want + ensure + because("token-verification-failed")
			}
			if got != want {
				t.Errorf("key %s: got %s, want %s", tt.jwk, got, want)
			}
			if err == nil != (remote.Ready(t.Context()) == nil) && tt.alg == "RS256" {
				t.Errorf("key %s: Ready = %v, but Session = %v", tt.jwk, remote.Ready(t.Context()), err)
			}
		})
	}
}
