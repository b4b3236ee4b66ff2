package doctor

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
)

// Key is a public key of an instance.
type Key struct {
	ID   string
	n, e string // big-endian, without leading zeros
}

// Keys reads the keys of a key set. It is empty for everything else.
func (a *Answer) Keys() []Key {
	if a.Err != nil || a.Status != 200 {
		return nil
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(a.Body, &set) != nil {
		return nil
	}
	var keys []Key
	for _, raw := range set.Keys {
		var jwk struct{ Kid, N, E string }
		if json.Unmarshal(raw, &jwk) != nil || jwk.Kid == "" || jwk.N == "" {
			continue
		}
		n, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(jwk.N, "="))
		e, err2 := base64.RawURLEncoding.DecodeString(strings.TrimRight(jwk.E, "="))
		if err == nil && err2 == nil {
			keys = append(keys, Key{jwk.Kid, strings.TrimLeft(string(n), "\x00"), strings.TrimLeft(string(e), "\x00")})
		}
	}
	return keys
}

// IsClerks reports whether an answer has the shape of Clerk's errors.
func (a *Answer) IsClerks() bool {
	var answer struct{ Errors []json.RawMessage }
	return a.Err == nil && json.Unmarshal(a.Body, &answer) == nil && len(answer.Errors) > 0
}

// Is reports whether a key is this public one.
func (k Key) Is(public *rsa.PublicKey) bool {
	return k.n == string(public.N.Bytes()) && k.e == string(big.NewInt(int64(public.E)).Bytes())
}

// Common counts the keys that two sets have in common.
func Common(x, y []Key) int {
	n := 0
	for _, k := range x {
		if slices.Contains(y, k) {
			n++
		}
	}
	return n
}
