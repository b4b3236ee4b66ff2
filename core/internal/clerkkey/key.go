// Package clerkkey reads the keys of a Clerk instance, and knows the addresses that
// belong to it.
package clerkkey

import (
	"crypto/sha1" //nolint:gosec // the cookie suffix is defined over SHA-1; nothing secret depends on it
	"encoding/base64"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
)

// Type tells a development instance from a production one.
type Type uint8

// The types of instances.
const (
	Development Type = iota
	Production
)

// What publishable keys start with.
const (
	LivePrefix = "pk_live_"
	TestPrefix = "pk_test_"
)

// Publishable is a parsed publishable key.
type Publishable struct {
	Raw      string
	Host     string // the Frontend API host that the key encodes
	Instance Type
}

// KeysPage is where Clerk's dashboard shows the keys of an instance.
const KeysPage = "https://dashboard.clerk.com/last-active?path=api-keys"

// Parse parses a publishable key; ok is false for a malformed one.
func Parse(raw string) (key Publishable, ok bool) {
	key.Raw = raw
	switch {
	case strings.HasPrefix(raw, LivePrefix):
		key.Instance = Production
	case strings.HasPrefix(raw, TestPrefix):
		key.Instance = Development
	default:
		return key, false
	}
	encoded := raw[len(LivePrefix):]
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
	key.Host = jstext.Latin1(host)
	return key, true
}

// CookieSuffix returns the suffix that tells the cookies of instances on one
// domain apart. Without a key it is empty.
func (k Publishable) CookieSuffix() string {
	if k.Raw == "" {
		return ""
	}
	sum := sha1.Sum([]byte(k.Raw)) //nolint:gosec // see the import
	return base64.URLEncoding.EncodeToString(sum[:])[:8]
}

// FrontendAPI returns the address of the Frontend API: a host, or a URL when a
// proxy is configured.
func (k Publishable) FrontendAPI(proxyURL, domain string, satellite bool) string {
	switch {
	case proxyURL != "":
		return proxyURL
	case k.Instance == Production && domain != "" && satellite:
		return "clerk." + domain
	}
	return k.Host
}

// IsDevelopmentSecret reports whether a secret key belongs to a development instance.
func IsDevelopmentSecret(key string) bool {
	return strings.HasPrefix(key, "test_") || strings.HasPrefix(key, "sk_test_")
}

// IsProductionSecret reports whether a secret key belongs to a production instance.
func IsProductionSecret(key string) bool {
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

// IsDevAccountPortal reports whether host serves a Development instance's
// Account Portal.
func IsDevAccountPortal(host string) bool {
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

// AccountsURL returns the base address of the Account Portal that belongs to a
// Frontend API.
func AccountsURL(frontendAPI string) string {
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

// BackendAPIURL returns the Backend API that serves the instance of a Frontend
// API host.
func BackendAPIURL(host string) string {
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

// FrontendAPIURL returns the Frontend API that serves the instance of a Frontend
// API host to proxies.
func FrontendAPIURL(host string) string {
	switch {
	case strings.HasPrefix(host, "clerk.") && hasAnySuffix(host, legacyDevSuffixes):
		return "https://frontend-api.clerk.dev"
	case hasAnySuffix(host, localSuffixes):
		return "https://frontend-api.lclclerk.com"
	case hasAnySuffix(host, stagingSuffixes):
		return "https://frontend-api.clerkstage.dev"
	}
	return "https://frontend-api.clerk.dev"
}
