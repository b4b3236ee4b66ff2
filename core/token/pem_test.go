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
		{name: "as the dashboard shows it", text: text, want: ""},
		{name: "without line ends", text: strings.ReplaceAll(text, "\n", ""), want: ""},
		{name: "with CRLF", text: strings.ReplaceAll(text, "\n", "\r\n"), want: ""},
		{name: "with line ends written out", text: strings.ReplaceAll(text, "\n", `\n`), want: ""},
		{name: "with CRLF written out", text: strings.ReplaceAll(text, "\n", `\r\n`), want: ""},
		{name: "without armour", text: body, want: ""},
		{name: "indented", text: "\t " + strings.ReplaceAll(text, "\n", "\n\t  "), want: ""},
		{name: "in the alphabet for URLs", text: strings.NewReplacer("+", "-", "/", "_").Replace(body), want: ""},
		{name: "a larger key", text: publicPEM(t, &bigKey().PublicKey), want: ""},
		{name: "nothing", want: "token: the PEM text is not a public key (its base64 does not decode)"},
		{
			name: "armour only", text: "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----",
			want: "token: the PEM text is not a public key (its base64 does not decode)",
		},
		{
			name: "garbage", text: "no key at all!",
			want: "token: the PEM text is not a public key (its base64 does not decode)",
		},
		{
			name: "base64 of something else", text: "AAAA",
			want: "token: the PEM text is not a public key (it holds something else)",
		},
		{name: "cut off", text: body[:200], want: "token: the PEM text is not a public key (it holds something else)"},
		{
			name: "something after the key", text: body + "AAAA",
			want: "token: the PEM text is not a public key (it holds something else)",
		},
		{
			name: "a private key", text: block("PRIVATE KEY", pkcs8),
			want: "token: the PEM text is not a public key (it should begin with BEGIN PUBLIC KEY)",
		},
		{
			name: "a private key that says it is public", text: block("PUBLIC KEY", pkcs8),
			want: "token: the PEM text is not a public key (it holds something else)",
		},
		{
			name: "a PKCS #1 key", text: block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&ourKey().PublicKey)),
			want: "token: the PEM text is not a public key (it should begin with BEGIN PUBLIC KEY)",
		},
		{
			name: "two keys", text: text + text,
			want: "token: the PEM text is not a public key (it should begin with BEGIN PUBLIC KEY)",
		},
		{
			name: "an elliptic key", text: publicPEM(t, &ec.PublicKey),
			want: "token: the PEM text is not an RSA public key",
		},
		{name: "an Edwards key", text: publicPEM(t, ed), want: "token: the PEM text is not an RSA public key"},
		{
			name: "exponent 1", text: publicPEM(t, &rsa.PublicKey{N: ourKey().N, E: 1}),
			want: "token: the PEM text is not usable: the key is not a valid RSA key",
		},
		{
			name: "exponent even", text: publicPEM(t, &rsa.PublicKey{N: ourKey().N, E: 65536}),
			want: "token: the PEM text is not usable: the key is not a valid RSA key",
		},
		{
			name: "modulus even", text: publicPEM(t, &rsa.PublicKey{N: new(big.Int).Lsh(ourKey().N, 1), E: 65537}),
			want: "token: the PEM text is not usable: the key is not a valid RSA key",
		},
		{
			name: "too short", text: publicPEM(t, &smallKey().PublicKey),
			want: "token: the PEM text is not usable: the key is shorter than 2048 bits",
		},
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
