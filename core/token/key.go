package token

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"math"
	"sync/atomic"

	"github.com/MicahParks/jwkset"
)

// minBits is the size of the smallest usable key. Clerk's keys have 2048 bits; smaller ones are
// within reach of attacks.
const minBits = 2048

// algorithm is one of the signature algorithms that Clerk's tokens can have.
type algorithm int

const (
	otherAlgorithm algorithm = iota - 1
	rs256
	rs384
	rs512
)

// algorithmOf reads a header's alg exactly: "none", "HS256" and "rs256" are all other algorithms.
func algorithmOf(v Value) algorithm {
	switch s, _ := v.Text(); s {
	case "RS256":
		return rs256
	case "RS384":
		return rs384
	case "RS512":
		return rs512
	default:
		return otherAlgorithm
	}
}

// name is how a header spells it.
func (a algorithm) name() string {
	switch a {
	case rs384:
		return "RS384"
	case rs512:
		return "RS512"
	default:
		return "RS256"
	}
}

// verify checks a signature of what was signed.
func (a algorithm) verify(signed string, sig []byte, k *rsa.PublicKey) error {
	switch a {
	case rs384:
		sum := sha512.Sum384([]byte(signed))
		return rsa.VerifyPKCS1v15(k, crypto.SHA384, sum[:], sig)
	case rs512:
		sum := sha512.Sum512([]byte(signed))
		return rsa.VerifyPKCS1v15(k, crypto.SHA512, sum[:], sig)
	default:
		sum := sha256.Sum256([]byte(signed))
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], sig)
	}
}

// Key is the key that a token's signature is to be checked with. It may be one that cannot check
// it: that only shows when it is used, after the checks that come before. A Key is immutable;
// another key never has the same pointer.
type Key struct {
	only     algorithm // the one algorithm that it verifies; otherAlgorithm: any of them
	why      string    // why it cannot be used at all; empty if it can
	whyOther string    // why it cannot be used with other algorithms than only
	jwk      jwkset.JWK
	spec     string // everything of a JWK that counts for its use; keys with the same spec are the same
	// found is the answer of find, which is asked once.
	found atomic.Pointer[rsa.PublicKey]
	find  func(ctx context.Context, alg algorithm) (*rsa.PublicKey, error)
}

// Keys finds the key for a token. [*Remote] and [*PEMKey] are Keys; others can wrap them. It must
// be safe for concurrent use, and return the same pointer as long as the key is the same.
type Keys interface {
	// Key returns the key for t, by the header's kid where that counts. It returns an [*Error] if
	// there is none, and an
	// *Error that is Unavailable or an error that matches [ErrUnavailable] if that cannot be known.
	Key(ctx context.Context, t *Token) (*Key, error)
}

var errMismatch = errors.New("token: signature does not match")

// usable reports whether the key can verify anything.
func (k *Key) usable() bool { return k.why == "" }

// public returns the key for signatures of an algorithm. The error is a plain one that says why
// there is none, or an [*Error] or one that matches [ErrUnavailable] if the key set was replaced in
// this moment.
func (k *Key) public(ctx context.Context, alg algorithm) (*rsa.PublicKey, error) {
	switch {
	case k.why != "":
		return nil, errors.New(k.why)
	case alg == otherAlgorithm, k.only != otherAlgorithm && k.only != alg:
		return nil, errors.New(k.whyOther)
	}
	if key := k.found.Load(); key != nil {
		return key, nil
	}
	key, err := k.find(ctx, alg)
	if err == nil {
		k.found.Store(key)
	}
	return key, err
}

// verify checks the signature. The error is errMismatch if the signature is another one, and that
// of public if the key could not be used.
func (k *Key) verify(ctx context.Context, t *Token) error {
	public, err := k.public(ctx, t.alg)
	if err != nil {
		return err
	}
	err = t.alg.verify(t.signed, t.sig, public)
	if errors.Is(err, rsa.ErrVerification) {
		return errMismatch
	}
	return err
}

// checkPublic says why a public key must not be used; empty if it may be.
func checkPublic(k *rsa.PublicKey) string {
	switch {
	case k.N == nil || k.N.Sign() <= 0 || k.N.BitLen() < minBits:
		return "the key is shorter than 2048 bits"
	case k.N.Bit(0) == 0 || k.E < 3 || k.E > math.MaxInt32 || k.E%2 == 0:
		return "the key is not a valid RSA key"
	default:
		return ""
	}
}
