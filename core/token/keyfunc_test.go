package token_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/clerkgo/clerkgo/core/token"
)

// TestKeyfunc has golang-jwt verify an application's own tokens with the instance's keys.
func TestKeyfunc(t *testing.T) {
	set := fixed(keySet(
		jwk("k1", &ourKey().PublicKey, nil),
		jwk("free", &ourKey().PublicKey, map[string]any{"alg": nil}),
		jwk("enc", &ourKey().PublicKey, map[string]any{"use": "enc"}),
	))
	pem, err := token.ParsePEM(publicPEM(t, &ourKey().PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	down := token.NewRemote(token.RemoteConfig{Fetch: func(context.Context) ([]byte, error) { return nil, errors.New("down") }})
	future := time.Now().Add(time.Hour).Unix()
	claims := fmt.Sprintf(`{"sub":"user_1","exp":%d,"role":"editor"}`, future)
	hmac, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "user_1", "exp": future}).SignedString([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		keys token.Keys
		raw  string
		want string // the reason of the refusal; "" passes, "unavailable" and "golang-jwt" are what they say
	}{
		{
			name: "a template's token", keys: set,
			raw: sign(t, ourKey(), `{"alg":"RS256","kid":"k1","typ":"JWT","cat":"cl_B7d4PD222AAA"}`, claims), want: "",
		},
		{
			name: "another algorithm of a free key", keys: set,
			raw: sign(t, ourKey(), `{"alg":"RS512","kid":"free"}`, claims), want: "",
		},
		{
			name: "a type of its own", keys: set,
			raw: sign(t, ourKey(), `{"alg":"RS256","kid":"k1","typ":"at+jwt"}`, claims), want: "",
		},
		{name: "with a PEM key", keys: pem, raw: sign(t, ourKey(), `{"alg":"RS256","kid":"any"}`, claims), want: ""},
		{
			name: "with a PEM key, another algorithm", keys: pem,
			raw: sign(t, ourKey(), `{"alg":"RS384","kid":"any"}`, claims), want: "token-verification-failed",
		},
		{
			name: "expired", keys: set, raw: sign(t, ourKey(), `{"alg":"RS256","kid":"k1"}`, `{"sub":"u","exp":1}`),
			want: "golang-jwt",
		},
		{
			name: "signed by another key", keys: set, raw: sign(t, theirKey(), `{"alg":"RS256","kid":"k1"}`, claims),
			want: "golang-jwt",
		},
		{
			name: "an unknown key", keys: set, raw: sign(t, ourKey(), `{"alg":"RS256","kid":"k2"}`, claims),
			want: "jwk-kid-mismatch",
		},
		{name: "no kid", keys: set, raw: sign(t, ourKey(), `{"alg":"RS256"}`, claims), want: "jwk-kid-mismatch"},
		{
			name: "a kid that is a number", keys: set, raw: sign(t, ourKey(), `{"alg":"RS256","kid":1}`, claims),
			want: "jwk-kid-mismatch",
		},
		{
			name: "a key for encryption", keys: set, raw: sign(t, ourKey(), `{"alg":"RS256","kid":"enc"}`, claims),
			want: "token-verification-failed",
		},
		{
			name: "an algorithm that is not the key's", keys: set,
			raw: sign(t, ourKey(), `{"alg":"RS512","kid":"k1"}`, claims), want: "token-verification-failed",
		},
		{name: "a shared secret", keys: set, raw: hmac, want: "token-invalid-algorithm"},
		{
			name: "an outage", keys: down, raw: sign(t, ourKey(), `{"alg":"RS256","kid":"k1"}`, claims),
			want: "unavailable",
		},
		{
			name: "no keys at all", raw: sign(t, ourKey(), `{"alg":"RS256","kid":"k1"}`, claims),
			want: "jwk-failed-to-resolve",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := token.NewVerifier(tt.keys, token.Options{})
			parsed, err := jwt.Parse(tt.raw, v.Keyfunc)
			got := ""
			var failure *token.Error
			switch {
			case errors.As(err, &failure):
				got = string(failure.Reason)
			case errors.Is(err, token.ErrUnavailable):
				got = "unavailable"
			case err != nil:
				got = "golang-jwt"
			}
			if got != tt.want || (err == nil) != parsed.Valid {
				t.Errorf("token %s: got %q (%v), want %q", tt.raw, got, err, tt.want)
			}
		})
	}
}
