package token_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core/token"
)

func TestParsePEM(t *testing.T) {
	t.Parallel()
	text := publicPEM(t, &ourKey().PublicKey)
	body := strings.ReplaceAll(strings.TrimSpace(strings.NewReplacer(
		"-----BEGIN PUBLIC KEY-----", "", "-----END PUBLIC KEY-----", "").Replace(text)), "\n", "")
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(ourKey())
	if err != nil {
		t.Fatal(err)
	}
	block := func(typ string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: der}))
	}
	tests := []struct{ name, text, want string }{
		{"as the dashboard shows it", text, ""},
		{"without line ends", strings.ReplaceAll(text, "\n", ""), ""},
		{"with CRLF", strings.ReplaceAll(text, "\n", "\r\n"), ""},
		{"with line ends written out", strings.ReplaceAll(text, "\n", `\n`), ""},
		{"with CRLF written out", strings.ReplaceAll(text, "\n", `\r\n`), ""},
		{"without armour", body, ""},
		{"indented", "\t " + strings.ReplaceAll(text, "\n", "\n\t  "), ""},
		{"in the alphabet for URLs", strings.NewReplacer("+", "-", "/", "_").Replace(body), ""},
		{"a larger key", publicPEM(t, &bigKey().PublicKey), ""},
		{"nothing", "", "token: the PEM text is not a public key (its base64 does not decode)"},
		{"armour only", "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----", "token: the PEM text is not a public key (its base64 does not decode)"},
		{"garbage", "no key at all!", "token: the PEM text is not a public key (its base64 does not decode)"},
		{"base64 of something else", "AAAA", "token: the PEM text is not a public key (it holds something else)"},
		{"cut off", body[:200], "token: the PEM text is not a public key (it holds something else)"},
		{"something after the key", body + "AAAA", "token: the PEM text is not a public key (it holds something else)"},
		{"a private key", block("PRIVATE KEY", pkcs8), "token: the PEM text is not a public key (it should begin with BEGIN PUBLIC KEY)"},
		{"a private key that says it is public", block("PUBLIC KEY", pkcs8), "token: the PEM text is not a public key (it holds something else)"},
		{"a PKCS #1 key", block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&ourKey().PublicKey)), "token: the PEM text is not a public key (it should begin with BEGIN PUBLIC KEY)"},
		{"two keys", text + text, "token: the PEM text is not a public key (it should begin with BEGIN PUBLIC KEY)"},
		{"an elliptic key", publicPEM(t, &ec.PublicKey), "token: the PEM text is not an RSA public key"},
		{"an Edwards key", publicPEM(t, ed), "token: the PEM text is not an RSA public key"},
		{"exponent 1", publicPEM(t, &rsa.PublicKey{N: ourKey().N, E: 1}), "token: the PEM text is not usable: the key is not a valid RSA key"},
		{"exponent even", publicPEM(t, &rsa.PublicKey{N: ourKey().N, E: 65536}), "token: the PEM text is not usable: the key is not a valid RSA key"},
		{"modulus even", publicPEM(t, &rsa.PublicKey{N: new(big.Int).Lsh(ourKey().N, 1), E: 65537}), "token: the PEM text is not usable: the key is not a valid RSA key"},
		{"too short", publicPEM(t, &smallKey().PublicKey), "token: the PEM text is not usable: the key is shorter than 2048 bits"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			keys, err := token.ParsePEM(tt.text)
			if tt.want != "" {
				if keys != nil || err == nil || err.Error() != tt.want {
					t.Fatalf("got %v, %v, want %q", keys, err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			key := ourKey()
			if tt.name == "a larger key" {
				key = bigKey()
			}
			v := token.NewVerifier(keys, options())
			check(t, v, sign(t, key, `{"alg":"RS256","kid":"any"}`, claims(nil)), "")
			check(t, v, sign(t, theirKey(), goodHeader, claims(nil)), "JWT signature is invalid."+because("token-invalid-signature"))
			check(t, v, sign(t, key, `{"alg":"RS512"}`, claims(nil)),
				"Error verifying JWT signature. the key verifies RS256 only"+ensure+because("token-verification-failed"))
		})
	}
}
