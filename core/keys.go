package core

import (
	"crypto/sha1" //nolint:gosec // the cookie suffix is defined over SHA-1; nothing secret depends on it
	"encoding/base64"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
)

// instanceType tells a development instance from a production one.
type instanceType uint8

const (
	development instanceType = iota
	production
)

const (
	liveKeyPrefix = "pk_live_"
	testKeyPrefix = "pk_test_"
)

// publishableKey is a parsed publishable key.
type publishableKey struct {
	raw      string
	host     string // the Frontend API host that the key encodes
	instance instanceType
}

// parsePublishableKey parses a publishable key; ok is false for a malformed one.
func parsePublishableKey(raw string) (key publishableKey, ok bool) {
	key.raw = raw
	switch {
	case strings.HasPrefix(raw, liveKeyPrefix):
		key.instance = production
	case strings.HasPrefix(raw, testKeyPrefix):
		key.instance = development
	default:
		return key, false
	}
	encoded := raw[len(liveKeyPrefix):]
	if encoded == "" || strings.Contains(encoded, "_") {
		return key, false
	}
	decoded, ok := jstext.Base64(encoded)
	if !ok {
		return key, false
	}
	host, found := strings.CutSuffix(decoded, "$")
	if !found || strings.Contains(host, "$") || !strings.Contains(host, ".") {
		return key, false
	}
	key.host = jstext.Latin1(host)
	return key, true
}

// cookieSuffix returns the suffix that tells the cookies of instances on one
// domain apart. Without a key it is empty.
func (k publishableKey) cookieSuffix() string {
	if k.raw == "" {
		return ""
	}
	sum := sha1.Sum([]byte(k.raw)) //nolint:gosec // see the import
	return base64.URLEncoding.EncodeToString(sum[:])[:8]
}

// frontendAPI returns the address of the Frontend API: a host, or a URL when a
// proxy is configured.
func (k publishableKey) frontendAPI(proxyURL, domain string, satellite bool) string {
	switch {
	case proxyURL != "":
		return proxyURL
	case k.instance == production && domain != "" && satellite:
		return "clerk." + domain
	}
	return k.host
}

func isDevelopmentSecretKey(key string) bool {
	return strings.HasPrefix(key, "test_") || strings.HasPrefix(key, "sk_test_")
}

func isProductionSecretKey(key string) bool {
	return strings.HasPrefix(key, "live_") || strings.HasPrefix(key, "sk_live_")
}

// Domains of Clerk's own environments.
var (
	legacyDevSuffixes  = []string{".lcl.dev", ".lclstage.dev", ".lclclerk.com"}
	currentDevSuffixes = []string{".accounts.dev", ".accountsstage.dev", ".accounts.lclclerk.com"}
	localSuffixes      = []string{".lcl.dev", "lclstage.dev", ".lclclerk.com", ".accounts.lclclerk.com"}
	stagingSuffixes    = []string{".accountsstage.dev"}
)

func hasAnySuffix(s string, suffixes []string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return false
}

// isDevAccountPortal reports whether host serves a development instance's
// Account Portal.
func isDevAccountPortal(host string) bool {
	if strings.HasPrefix(host, "accounts.") && hasAnySuffix(host, legacyDevSuffixes) {
		return true
	}
	for _, suffix := range currentDevSuffixes {
		if strings.HasSuffix(host, suffix) && !strings.HasSuffix(host, ".clerk"+suffix) {
			return true
		}
	}
	return false
}

// accountsURL returns the base address of the Account Portal that belongs to a
// Frontend API.
func accountsURL(frontendAPI string) string {
	if frontendAPI == "" {
		return ""
	}
	s := strings.Replace(frontendAPI, "clerk.accountsstage.", "accountsstage.", 1)
	// The first occurrence of either spelling, the longer one where both start.
	if i := strings.Index(s, "clerk."); i >= 0 {
		rest := s[i+len("clerk."):]
		rest = strings.TrimPrefix(rest, "accounts.")
		s = s[:i] + "accounts." + rest
	}
	return "https://" + s
}

// backendAPIURL returns the Backend API that serves the instance of a Frontend
// API host.
func backendAPIURL(host string) string {
	switch {
	case strings.HasPrefix(host, "clerk.") && hasAnySuffix(host, legacyDevSuffixes):
		return "https://api.clerk.com"
	case hasAnySuffix(host, localSuffixes):
		return "https://api.lclclerk.com"
	case hasAnySuffix(host, stagingSuffixes):
		return "https://api.clerkstage.dev"
	}
	return "https://api.clerk.com"
}
