package store

import (
	"bytes"
	"crypto/md5" //nolint:gosec // What others hashed with.
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// digestMark begins a [User.Password] that another system hashed; the hasher and
// the digest follow.
const digestMark = "digest:"

// digested is what is kept of a password that another system hashed. Its error
// says what is wrong with the digest, or that its hasher is not known here.
func digested(hasher, digest string) ([]byte, error) {
	if _, err := digestIs(hasher, digest, ""); err != nil {
		return nil, err
	}
	return []byte(digestMark + hasher + ":" + digest), nil
}

// isDigested compares a password with a kept digest; is says that it is one.
func isDigested(kept []byte, password string) (right, is bool) {
	rest, is := bytes.CutPrefix(kept, []byte(digestMark))
	if !is {
		return false, false
	}
	hasher, digest, _ := strings.Cut(string(rest), ":")
	right, err := digestIs(hasher, digest, password)
	return right && err == nil, true
}

// Costs above these are refused: a digest must not hold the instance up.
const (
	maxBcryptCost   = 14
	maxIterations   = 2_000_000
	maxMemory       = 256 << 10 // KiB
	maxScryptMemory = 256 << 20
)

// digestIs reports whether a digest is a password's.
func digestIs(hasher, digest, password string) (bool, error) {
	malformed := fmt.Errorf("a digest of %s in the form that it has elsewhere, of bounded cost", hasher)
	same := func(got []byte, want string, decode func(string) ([]byte, error)) (bool, error) {
		b, err := decode(want)
		if err != nil || len(b) != len(got) {
			return false, malformed
		}
		return subtle.ConstantTimeCompare(got, b) == 1, nil
	}
	parts := strings.Split(digest, "$")
	switch hasher {
	case "md5":
		sum := md5.Sum([]byte(password)) //nolint:gosec // See the import.
		return same(sum[:], digest, hex.DecodeString)
	case "sha256":
		sum := sha256.Sum256([]byte(password))
		return same(sum[:], digest, hex.DecodeString)
	case "bcrypt_sha256_django":
		sum := sha256.Sum256([]byte(password))
		password, digest = hex.EncodeToString(sum[:]), strings.TrimPrefix(digest, "bcrypt_sha256$")
		fallthrough
	case "bcrypt":
		if cost, err := bcrypt.Cost([]byte(digest)); err != nil || cost > maxBcryptCost {
			return false, malformed
		}
		return bcrypt.CompareHashAndPassword([]byte(digest), []byte(password)) == nil, nil
	case "pbkdf2_sha256_django": // pbkdf2_sha256$600000$salt$base64
		if len(parts) != 4 || parts[0] != "pbkdf2_sha256" {
			return false, malformed
		}
		n, err := strconv.Atoi(parts[1])
		if err != nil || n < 1 || n > maxIterations {
			return false, malformed
		}
		key, err := pbkdf2.Key(sha256.New, password, []byte(parts[2]), n, sha256.Size)
		if err != nil {
			return false, malformed
		}
		return same(key, parts[3], base64.StdEncoding.DecodeString)
	case "argon2i", "argon2id": // $argon2id$v=19$m=65536,t=3,p=4$salt$hash
		var memory, passes uint32
		var lanes uint8
		if len(parts) != 6 || parts[1] != hasher || parts[2] != "v=19" {
			return false, malformed
		}
		_, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes)
		salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
		want, wantErr := base64.RawStdEncoding.DecodeString(parts[5])
		if err != nil || saltErr != nil || wantErr != nil || passes < 1 || passes > 20 || lanes < 1 || memory > maxMemory || len(want) < 4 || len(want) > 1024 {
			return false, malformed
		}
		of := argon2.IDKey
		if hasher == "argon2i" {
			of = argon2.Key
		}
		return subtle.ConstantTimeCompare(of([]byte(password), salt, passes, memory, lanes, uint32(len(want))), want) == 1, nil
	case "scrypt_werkzeug": // scrypt:32768:8:1$salt$hex
		var n, r, p int
		if len(parts) != 3 {
			return false, malformed
		}
		if _, err := fmt.Sscanf(parts[0], "scrypt:%d:%d:%d", &n, &r, &p); err != nil || n < 2 || r < 1 || p < 1 || p > 16 || n > maxScryptMemory/128/r {
			return false, malformed
		}
		key, err := scrypt.Key([]byte(password), []byte(parts[1]), n, r, p, 64)
		if err != nil {
			return false, malformed
		}
		return same(key, parts[2], hex.DecodeString)
	default:
		return false, fmt.Errorf("made by a hasher that clerktest has: argon2i, argon2id, bcrypt, bcrypt_sha256_django, md5, pbkdf2_sha256_django, scrypt_werkzeug or sha256, not %q", hasher)
	}
}
