package dashboard

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"time"
)

// jwk is a public key of the instance.
type jwk struct{ Kid, N, E string }

func decodePart(part string) doc {
	out := doc{}
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || json.Unmarshal(raw, &out) != nil {
		return doc{}
	}
	return out
}

// verdict says whether a token is one of the instance's, and valid now.
func verdict(parts []string, keys []jwk, now time.Time) (says string, good bool) {
	header, claims := decodePart(parts[0]), decodePart(parts[1])
	for _, k := range keys {
		if k.Kid != text(header, "kid") {
			continue
		}
		n, err1 := base64.RawURLEncoding.DecodeString(k.N)
		e, err2 := base64.RawURLEncoding.DecodeString(k.E)
		signature, err3 := base64.RawURLEncoding.DecodeString(parts[2])
		if err1 != nil || err2 != nil || err3 != nil {
			return "The signature cannot be read.", false
		}
		sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) != nil {
			return "The signature is not by this instance's key " + k.Kid + ".", false
		}
		expires, _ := claims["exp"].(float64)
		starts, _ := claims["nbf"].(float64)
		switch {
		case expires != 0 && now.Unix() >= int64(expires):
			return "Signed by this instance, and expired at " + moment(expires*1000) + " UTC.", false
		case starts != 0 && now.Unix() < int64(starts):
			return "Signed by this instance, and not valid before " + moment(starts*1000) + " UTC.", false
		}
		return "Signed by this instance, and valid.", true
	}
	return "No key of this instance has the key id " + text(header, "kid") + ".", false
}
