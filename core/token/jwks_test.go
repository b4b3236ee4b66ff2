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
		{name: "good", body: keySet(us), want: "ok"},
		{name: "byte order mark", body: "\uFEFF" + keySet(us), want: "ok"},
		{
			name: "the last of several keys with a kid counts",
			body: keySet(jwk("k1", &theirKey().PublicKey, map[string]any{"use": "enc"}), us), want: "ok",
		},
		{
			name: "bad keys beside a good one",
			body: `{"keys":[null,5,"x",[],{},{"kid":5},{"kid":"a"},{"kid":"b","kty":"RSA","n":"AA","e":"AQAB"},` + us + `]}`,
			want: "ok",
		},
		{name: "not JSON", body: "<html>", want: "unavailable"},
		{name: "cut off", body: keySet(us)[:100], want: "unavailable"},
		{name: "empty", want: "unavailable"},
		{name: "null", body: "null", want: "unavailable"},
		{name: "keys of another type", body: `{"keys":"none"}`, want: "jwk-remote-failed-to-load (unavailable)"},
		{name: "keys an object", body: `{"keys":{}}`, want: "jwk-remote-failed-to-load (unavailable)"},
		{name: "no keys member", body: `{}`, want: "jwk-remote-failed-to-load (unavailable)"},
		{
			name: "member in another case", body: `{"KEYS":[` + us + `]}`,
			want: "jwk-remote-failed-to-load (unavailable)",
		},
		{name: "keys null", body: `{"keys":null}`, want: "jwk-remote-failed-to-load (unavailable)"},
		{name: "no key", body: `{"keys":[]}`, want: "jwk-remote-failed-to-load (unavailable)"},
		{
			name: "no key that has a kid", body: keySet(jwk("x", &ourKey().PublicKey, map[string]any{"kid": nil})),
			want: "jwk-remote-failed-to-load (unavailable)",
		},
		{name: "an array", body: `[` + us + `]`, want: "jwk-remote-failed-to-load (unavailable)"},
		{name: "other keys only", body: keySet(jwk("k2", &ourKey().PublicKey, nil)), want: "jwk-kid-mismatch"},
		{
			name: "as large as allowed", body: keySet(us) + strings.Repeat(" ", token.DefaultMaxBytes-len(keySet(us))),
			want: "ok",
		},
		{
			name: "too large", body: keySet(us) + strings.Repeat(" ", token.DefaultMaxBytes-len(keySet(us))+1),
			want: "unavailable",
		},
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
		{name: "as Clerk publishes it", jwk: jwk("k1", k, nil), alg: "RS256", want: "ok"},
		{
			name: "another algorithm than the key's", jwk: jwk("k1", k, nil), alg: "RS512",
			want: `the key's "alg" is another one than the token's`,
		},
		{name: "no alg", jwk: jwk("k1", k, map[string]any{"alg": nil}), alg: "RS384", want: "ok"},
		{name: "alg of the token", jwk: jwk("k1", k, map[string]any{"alg": "RS512"}), alg: "RS512", want: "ok"},
		{
			name: "empty alg", jwk: jwk("k1", k, map[string]any{"alg": ""}), alg: "RS256",
			want: `the key's "alg" is another one than the token's`,
		},
		{
			name: "alg of another kind", jwk: jwk("k1", k, map[string]any{"alg": "PS256"}), alg: "RS256",
			want: `the key's "alg" is another one than the token's`,
		},
		{
			name: "alg no string", jwk: jwk("k1", k, map[string]any{"alg": 5}), alg: "RS256",
			want: `the key's "alg" is another one than the token's`,
		},
		{
			name: "for encryption", jwk: jwk("k1", k, map[string]any{"use": "enc"}), alg: "RS256",
			want: `the key's "use" is not sig`,
		},
		{
			name: "use no string", jwk: jwk("k1", k, map[string]any{"use": []string{"sig"}}), alg: "RS256",
			want: `the key's "use" is not sig`,
		},
		{name: "no use", jwk: jwk("k1", k, map[string]any{"use": nil}), alg: "RS256", want: "ok"},
		{
			name: "for signing", jwk: jwk("k1", k, map[string]any{"key_ops": []string{"sign"}}), alg: "RS256",
			want: `the key's "key_ops" do not include verify`,
		},
		{
			name: "for verifying", jwk: jwk("k1", k, map[string]any{"key_ops": []string{"verify"}}), alg: "RS256",
			want: "ok",
		},
		{
			name: "for signing and verifying",
			jwk:  jwk("k1", k, map[string]any{"key_ops": []string{"sign", "verify"}}), alg: "RS256", want: "ok",
		},
		{
			name: "operations twice",
			jwk:  jwk("k1", k, map[string]any{"key_ops": []string{"verify", "sign", "verify"}}), alg: "RS256",
			want: `the key's "key_ops" have duplicates`,
		},
		{
			name: "operations empty", jwk: jwk("k1", k, map[string]any{"key_ops": []string{}}), alg: "RS256",
			want: `the key's "key_ops" do not include verify`,
		},
		{
			name: "operations no list", jwk: jwk("k1", k, map[string]any{"key_ops": "verify"}), alg: "RS256",
			want: `the key's "key_ops" do not include verify`,
		},
		{
			name: "operations mixed", jwk: jwk("k1", k, map[string]any{"key_ops": []any{"verify", 1}}), alg: "RS256",
			want: `the key's "key_ops" do not include verify`,
		},
		{
			name: "symmetric", jwk: `{"kid":"k1","kty":"oct","k":"AAAA"}`, alg: "RS256",
			want: `the key's "kty" is not RSA`,
		},
		{
			name: "elliptic", jwk: `{"kid":"k1","kty":"EC","crv":"P-256","x":"AA","y":"AA"}`, alg: "RS256",
			want: `the key's "kty" is not RSA`,
		},
		{
			name: "type in lower case", jwk: jwk("k1", k, map[string]any{"kty": "rsa"}), alg: "RS256",
			want: `the key's "kty" is not RSA`,
		},
		{
			name: "type in another member", jwk: jwk("k1", k, map[string]any{"kty": nil, "KTY": "RSA"}), alg: "RS256",
			want: `the key's "kty" is not RSA`,
		},
		{
			name: "private", jwk: jwk("k1", k, map[string]any{"d": "AAAA"}), alg: "RS256",
			want: "the key is a private key",
		},
		{
			name: "no modulus", jwk: jwk("k1", k, map[string]any{"n": nil}), alg: "RS256",
			want: "the key is not a valid RSA key",
		},
		{
			name: "modulus not base64", jwk: jwk("k1", k, map[string]any{"n": "***"}), alg: "RS256",
			want: "the key is not a valid RSA key",
		},
		{
			name: "exponent 1", jwk: jwk("k1", k, map[string]any{"e": "AQ"}), alg: "RS256",
			want: "the key is not a valid RSA key",
		},
		{
			name: "exponent even", jwk: jwk("k1", k, map[string]any{"e": "BA"}), alg: "RS256",
			want: "the key is not a valid RSA key",
		},
		{
			name: "exponent beyond 64 bits", jwk: jwk("k1", k, map[string]any{"e": "AQAAAAAAAAAAAQAB"}), alg: "RS256",
			want: "the key is not a valid RSA key",
		},
		{
			name: "no exponent", jwk: jwk("k1", k, map[string]any{"e": nil}), alg: "RS256",
			want: "the key is not a valid RSA key",
		},
		{name: "too short", jwk: jwk("k1", small, nil), alg: "RS256", want: "the key is shorter than 2048 bits"},
		{name: "longer", jwk: jwk("k1", large, nil), alg: "RS256", want: "ok"},
		{
			name: "certificates and their addresses are ignored",
			jwk:  jwk("k1", k, map[string]any{"x5c": []string{"x"}, "x5u": "http://127.0.0.1:1"}), alg: "RS256",
			want: "ok",
		},
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
