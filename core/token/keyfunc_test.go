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
		{"a template's token", set, sign(t, ourKey(), `{"alg":"RS256","kid":"k1","typ":"JWT","cat":"cl_B7d4PD222AAA"}`, claims), ""},
		{"another algorithm of a free key", set, sign(t, ourKey(), `{"alg":"RS512","kid":"free"}`, claims), ""},
		{"a type of its own", set, sign(t, ourKey(), `{"alg":"RS256","kid":"k1","typ":"at+jwt"}`, claims), ""},
		{"with a PEM key", pem, sign(t, ourKey(), `{"alg":"RS256","kid":"any"}`, claims), ""},
		{"with a PEM key, another algorithm", pem, sign(t, ourKey(), `{"alg":"RS384","kid":"any"}`, claims), "token-verification-failed"},
		{"expired", set, sign(t, ourKey(), `{"alg":"RS256","kid":"k1"}`, `{"sub":"u","exp":1}`), "golang-jwt"},
		{"signed by another key", set, sign(t, theirKey(), `{"alg":"RS256","kid":"k1"}`, claims), "golang-jwt"},
		{"an unknown key", set, sign(t, ourKey(), `{"alg":"RS256","kid":"k2"}`, claims), "jwk-kid-mismatch"},
		{"no kid", set, sign(t, ourKey(), `{"alg":"RS256"}`, claims), "jwk-kid-mismatch"},
		{"a kid that is a number", set, sign(t, ourKey(), `{"alg":"RS256","kid":1}`, claims), "jwk-kid-mismatch"},
		{"a key for encryption", set, sign(t, ourKey(), `{"alg":"RS256","kid":"enc"}`, claims), "token-verification-failed"},
		{"an algorithm that is not the key's", set, sign(t, ourKey(), `{"alg":"RS512","kid":"k1"}`, claims), "token-verification-failed"},
		{"a shared secret", set, hmac, "token-invalid-algorithm"},
		{"an outage", down, sign(t, ourKey(), `{"alg":"RS256","kid":"k1"}`, claims), "unavailable"},
		{"no keys at all", nil, sign(t, ourKey(), `{"alg":"RS256","kid":"k1"}`, claims), "jwk-failed-to-resolve"},
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
