package clerktest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strconv"
	"sync"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// The token classes that Clerk writes into the header "cat" of a token.
const (
	// CategorySession marks session tokens and handshake tokens.
	CategorySession = "cl_B7d4PD111AAA"
	// CategoryTemplate marks tokens made from a JWT template.
	CategoryTemplate = "cl_B7d4PD222AAA"
	// CategoryM2M marks machine-to-machine tokens.
	CategoryM2M = "cl_B7d4PD333AAA"
	// CategoryIgnore is used by instances that switched class checks off.
	CategoryIgnore = "cl_I7d4PD111III"
)

const rsaBits = 2048

// The keys are made once per process, when first needed, because making one
// costs more than a whole test.
var (
	firstKey  = sync.OnceValues(generateKey)
	secondKey = sync.OnceValues(generateKey)
)

func generateKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return nil, fmt.Errorf("clerktest: generate key: %w", err)
	}
	return key, nil
}

// OtherKey returns the process's second signing key, which no server uses unless
// it was started with [Config.SecondKey] or its key was rotated. Tokens signed
// with it are forgeries to everybody else. The error is that of the system's
// random source.
func OtherKey() (*rsa.PrivateKey, error) {
	return secondKey()
}

// signingKey is one published key of an instance.
type signingKey struct {
	kid string
	key *rsa.PrivateKey
}

// jwk is the public half of a signing key as the key set shows it.
type jwk struct {
	Use string `json:"use"`
	Kty string `json:"kty"`
	Kid string `json:"kid"`
	Alg string `json:"alg"`
	N   string `json:"n"`
	E   string `json:"e"`
}

func (k signingKey) jwk() jwk {
	return jwk{
		Use: "sig",
		Kty: "RSA",
		Kid: k.kid,
		Alg: "RS256",
		N:   base64.RawURLEncoding.EncodeToString(k.key.N.Bytes()),
		E:   base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.key.E)).Bytes()),
	}
}

// verifies reports whether the key made a signature of a token's text.
func (k signingKey) verifies(text string, signature []byte) bool {
	sum := sha256.Sum256([]byte(text))
	return rsa.VerifyPKCS1v15(&k.key.PublicKey, crypto.SHA256, sum[:], signature) == nil
}

type keySet struct {
	Keys []jwk `json:"keys"`
}

// keySet returns the published keys. The caller holds s.mu.
func (s *Server) keySet() keySet {
	set := keySet{Keys: make([]jwk, 0, len(s.keys))}
	for _, k := range s.keys {
		set.Keys = append(set.Keys, k.jwk())
	}
	return set
}

// JWKS returns the JSON document of the instance's public keys, as GET /v1/jwks
// answers it.
func (s *Server) JWKS() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return mustJSON(s.keySet())
}

// PEM returns the current public key in PEM form, fit for the option JWTKey.
// After [Server.RotateKey] it is the new key.
func (s *Server) PEM() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	der, err := x509.MarshalPKIXPublicKey(&s.signer.key.PublicKey)
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// KeyID returns the id of the key that signs new tokens, for example ins_….
func (s *Server) KeyID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signer.kid
}

// RotateKey makes a new key sign from now on and returns its id. The old key
// stays in the key set, so that older tokens still verify, until
// [Server.RemoveKey].
func (s *Server) RotateKey() (kid string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, err := secondKey()
	if err != nil {
		return "", err
	}
	for _, k := range s.everKeys {
		if k.key == key {
			if key, err = generateKey(); err != nil {
				return "", err
			}
			break
		}
	}
	next := signingKey{kid: s.instanceID + "_" + strconv.Itoa(len(s.everKeys)+1), key: key}
	s.signer = next
	s.keys = append(s.keys, next)
	s.everKeys = append(s.everKeys, next)
	return next.kid, nil
}

// RemoveKey takes the key kid out of the key set and reports whether it was
// there. A removed key that still is the current one goes on signing: its tokens
// then name a key that nobody can find.
func (s *Server) RemoveKey(kid string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, k := range s.keys {
		if k.kid == kid {
			s.keys = append(s.keys[:i:i], s.keys[i+1:]...)
			return true
		}
	}
	return false
}

// signJWT returns the compact form of a token signed with RS256.
func signJWT(key *rsa.PrivateKey, header, claims map[string]any) string {
	text := base64.RawURLEncoding.EncodeToString(mustJSON(header)) + "." +
		base64.RawURLEncoding.EncodeToString(mustJSON(claims))
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		// Unreachable with keys made here; a key of the caller's that is too small
		// to sign gives a token that does not verify.
		signature = nil
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// signWithOwnKey signs a token of a template that has a key of its own; such a
// token names no key. The key was checked when the template was made.
func signWithOwnKey(tmpl *store.Template, claims map[string]any) string {
	header := map[string]any{"alg": tmpl.SigningAlgorithm, "typ": "JWT", "cat": CategoryTemplate}
	text := base64.RawURLEncoding.EncodeToString(mustJSON(header)) + "." + base64.RawURLEncoding.EncodeToString(mustJSON(claims))
	signature, err := tmpl.Sign(text)
	if err != nil {
		signature = nil // As in signJWT.
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// mustJSON encodes v without escaping HTML. A value that JSON cannot express
// becomes null; callers pass plain data.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return b
}
