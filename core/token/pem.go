package token

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"
)

// PEMKey is the one public key of an instance, as the dashboard shows it. It needs no network. It
// verifies RS256 only, and whatever kid a token names. It is immutable and safe for concurrent use.
type PEMKey struct {
	key *Key
}

// ParsePEM reads an RSA public key of at least 2048 bits in PEM form (SubjectPublicKeyInfo). The
// lines that begin and end the block may be missing, line ends may be missing or written out as \n,
// as they often are in environment variables. The error never quotes the text.
func ParsePEM(text string) (*PEMKey, error) {
	s := strings.NewReplacer(`\r`, "", `\n`, "").Replace(text)
	s = strings.Replace(s, "-----BEGIN PUBLIC KEY-----", "", 1)
	s = strings.Replace(s, "-----END PUBLIC KEY-----", "", 1)
	if strings.Contains(s, "-----") {
		return nil, errors.New("token: the PEM text is not a public key (it should begin with BEGIN PUBLIC KEY)")
	}
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n':
			return -1
		case '-':
			return '+'
		case '_':
			return '/'
		default:
			return r
		}
	}, s)
	der, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil || len(der) == 0 {
		return nil, errors.New("token: the PEM text is not a public key (its base64 does not decode)")
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, errors.New("token: the PEM text is not a public key (it holds something else)")
	}
	public, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("token: the PEM text is not an RSA public key")
	}
	if why := checkPublic(public); why != "" {
		return nil, errors.New("token: the PEM text is not usable: " + why)
	}
	key := &Key{only: rs256, whyOther: "the key verifies RS256 only"}
	key.found.Store(public)
	return &PEMKey{key}, nil
}

// Public returns the key itself. Do not change it.
func (p *PEMKey) Public() *rsa.PublicKey { return p.key.found.Load() }

// Key returns the key, for every token.
func (p *PEMKey) Key(context.Context, *Token) (*Key, error) { return p.key, nil }
