package clerktest

import (
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // The cookie suffix is defined with SHA-1; it protects nothing.
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// CookieSuffix returns the eight characters that Clerk appends, after an
// underscore, to the names of the cookies that belong to a publishable key.
func CookieSuffix(publishableKey string) string {
	sum := sha1.Sum([]byte(publishableKey)) //nolint:gosec // See the import.
	return base64.URLEncoding.EncodeToString(sum[:])[:8]
}

// PublishableKey returns the key that names the Frontend API host: pk_test_… for
// a development instance, pk_live_… for a production one.
func PublishableKey(frontendAPI string, production bool) string {
	prefix := "pk_test_"
	if production {
		prefix = "pk_live_"
	}
	return prefix + base64.RawStdEncoding.EncodeToString([]byte(frontendAPI+"$"))
}

// fingerprint returns a short text that depends on s only.
func fingerprint(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:12]
}

// newID returns the next id of a kind. The caller holds s.mu.
func (s *Server) newID(prefix string) string { return s.state.NewID(prefix) }

// newHex returns an unguessable text of n hexadecimal digits.
func newHex(n int) string {
	b := make([]byte, (n+1)/2)
	_, _ = rand.Read(b) // Never fails: crypto/rand ends the process instead.
	return hex.EncodeToString(b)[:n]
}
