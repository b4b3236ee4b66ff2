package store

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	_ "crypto/sha256" // Of RS256 and HS256.
	_ "crypto/sha512" // Of the longer ones.
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
)

// Sign signs a text with the template's own key, by its algorithm.
func (t *Template) Sign(text string) ([]byte, error) {
	hash, known := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[t.SigningAlgorithm[2:]]
	if !known {
		return nil, errors.New("the algorithm is not known")
	}
	if strings.HasPrefix(t.SigningAlgorithm, "HS") {
		mac := hmac.New(hash.New, []byte(t.SigningKey))
		mac.Write([]byte(text))
		return mac.Sum(nil), nil
	}
	block, _ := pem.Decode([]byte(t.SigningKey))
	if block == nil {
		return nil, errors.New("the key is not PEM")
	}
	key, err := rsaKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	h := hash.New()
	h.Write([]byte(text))
	return rsa.SignPKCS1v15(nil, key, hash, h.Sum(nil))
}

func rsaKey(der []byte) (*rsa.PrivateKey, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	key, is := parsed.(*rsa.PrivateKey)
	if !is {
		return nil, errors.New("the key is not an RSA key")
	}
	return key, nil
}
