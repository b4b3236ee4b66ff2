package token_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/clerkgo/clerkgo/core/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is the time of all tests that do not say otherwise.
var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// One key per use for the whole test binary: making one takes a while.
var (
	ourKey   = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
	theirKey = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
	bigKey   = sync.OnceValue(func() *rsa.PrivateKey { return newKey(3072) })
	smallKey = sync.OnceValue(func() *rsa.PrivateKey { return newKey(1024) })
)

func newKey(bits int) *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return k
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// sign makes a token of two JSON texts as they are.
func sign(tb testing.TB, key *rsa.PrivateKey, header, payload string) string {
	tb.Helper()
	return signParts(tb, key, header, b64([]byte(header)), b64([]byte(payload)))
}

func signParts(tb testing.TB, key *rsa.PrivateKey, header, first, second string) string {
	tb.Helper()
	signed := first + "." + second
	hash, sum := crypto.SHA256, []byte(nil)
	switch {
	case strings.Contains(header, "RS384"):
		s := sha512.Sum384([]byte(signed))
		hash, sum = crypto.SHA384, s[:]
	case strings.Contains(header, "RS512"):
		s := sha512.Sum512([]byte(signed))
		hash, sum = crypto.SHA512, s[:]
	default:
		s := sha256.Sum256([]byte(signed))
		sum = s[:]
	}
	sig, err := rsa.SignPKCS1v15(nil, key, hash, sum)
	if err != nil {
		tb.Fatal(err)
	}
	return signed + "." + b64(sig)
}

const goodHeader = `{"alg":"RS256","kid":"k1","typ":"JWT"}`

// claims is a good payload with some members changed; nil takes one away.
func claims(changes map[string]any) string {
	m := map[string]any{
		"sub": "user_1", "sid": "sess_1", "iss": "https://clerk.example.com", "azp": "https://app.example.com",
		"exp": now.Unix() + 60, "nbf": now.Unix() - 10, "iat": now.Unix(),
	}
	maps.Copy(m, changes)
	for k, v := range m {
		if v == nil {
			delete(m, k)
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func publicPEM(tb testing.TB, key any) string {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func pemKeys(tb testing.TB, key *rsa.PrivateKey) *token.PEMKey {
	tb.Helper()
	k, err := token.ParsePEM(publicPEM(tb, &key.PublicKey))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// jwk is a JSON Web Key as Clerk publishes it, with some members changed; nil takes one away.
func jwk(kid string, key *rsa.PublicKey, changes map[string]any) string {
	m := map[string]any{
		"use": "sig", "kty": "RSA", "kid": kid, "alg": "RS256",
		"n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()),
	}
	maps.Copy(m, changes)
	for k, v := range m {
		if v == nil {
			delete(m, k)
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func keySet(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

// answer is a fetch that always gets the same answer.
func answer(body string) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return []byte(body), nil }
}

// fixed is a remote key set that never changes.
func fixed(body string) *token.Remote {
	return token.NewRemote(token.RemoteConfig{
		Fetch: answer(body),
		Now:   func() time.Time { return now },
	})
}

func options() token.Options {
	return token.Options{ClockSkew: 5 * time.Second, Now: func() time.Time { return now }}
}

// reason is what an error comes down to, "ok" for none.
func reason(err error) string {
	var e *token.Error
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &e) && e.Unavailable:
		return string(e.Reason) + " (unavailable)"
	case errors.As(err, &e):
		return string(e.Reason)
	case errors.Is(err, token.ErrUnavailable):
		return "unavailable"
	default:
		return fmt.Sprintf("some other error: %v", err)
	}
}

// full is the whole text of an error.
func full(err error) string {
	if e, ok := errors.AsType[*token.Error](err); ok {
		return e.FullMessage("")
	}
	return fmt.Sprint(err)
}

func mustDecode(tb testing.TB, raw string) *token.Token {
	tb.Helper()
	t, err := token.Decode(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}
