package engine

import (
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/request"
)

// The names of Clerk's cookies, in the order of [Jar]'s fields.
const (
	CookieSession        = "__session"
	cookieRefresh        = "__refresh"
	CookieClientUAT      = "__client_uat"
	CookieDevBrowser     = "__clerk_db_jwt"
	cookieHandshake      = "__clerk_handshake"
	cookieHandshakeNonce = "__clerk_handshake_nonce"
	cookieRedirectCount  = "__clerk_redirect_count"
)

// CookieNames are the names that one instance reads, computed once.
type CookieNames struct {
	session, refresh, clientUAT, devBrowser string // suffixed
}

// NewCookieNames returns the names for an instance, from the suffix of its publishable key.
func NewCookieNames(suffix string) CookieNames {
	return CookieNames{
		session:    CookieSession + "_" + suffix,
		refresh:    cookieRefresh + "_" + suffix,
		clientUAT:  CookieClientUAT + "_" + suffix,
		devBrowser: CookieDevBrowser + "_" + suffix,
	}
}

// Cookie is the value of one cookie. An empty value is the same as absence, but
// it shadows later cookies of its name.
type Cookie struct {
	Value string
	seen  bool
}

// Jar holds Clerk's cookies of one request.
type Jar struct {
	Session, SessionSuffixed       Cookie
	ClientUAT, ClientUATSuffixed   Cookie
	DevBrowser, DevBrowserSuffixed Cookie
	RefreshSuffixed                Cookie
	Handshake, HandshakeNonce      Cookie
	RedirectCount                  Cookie
}

// ParseCookies reads Clerk's cookies in one pass over the Cookie headers. The
// first occurrence of a name wins, even with an empty value.
func ParseCookies(headers []string, names *CookieNames) Jar {
	var jar Jar
	var raw, value string // of the last cookie: the next one, of the other spelling, is usually equal
	for _, h := range headers {
		for h != "" {
			var pair string
			if i := strings.IndexByte(h, ';'); i >= 0 {
				pair, h = h[:i], h[i+1:]
			} else {
				pair, h = h, ""
			}
			equals := strings.IndexByte(pair, '=')
			if equals < 0 {
				continue
			}
			if c := jar.slot(request.TrimOWS(pair[:equals]), names); c != nil && !c.seen {
				if now := request.TrimOWS(pair[equals+1:]); now != raw {
					raw, value = now, decodeCookieValue(now)
				}
				c.seen, c.Value = true, value
			}
		}
	}
	return jar
}

// slot returns where the cookie of that name is kept, nil for others' cookies.
func (j *Jar) slot(name string, names *CookieNames) *Cookie {
	if len(name) < len(CookieSession) || name[:2] != "__" {
		return nil
	}
	switch name {
	case CookieSession:
		return &j.Session
	case CookieClientUAT:
		return &j.ClientUAT
	case CookieDevBrowser:
		return &j.DevBrowser
	case cookieHandshake:
		return &j.Handshake
	case cookieHandshakeNonce:
		return &j.HandshakeNonce
	case cookieRedirectCount:
		return &j.RedirectCount
	case names.session:
		return &j.SessionSuffixed
	case names.clientUAT:
		return &j.ClientUATSuffixed
	case names.devBrowser:
		return &j.DevBrowserSuffixed
	case names.refresh:
		return &j.RefreshSuffixed
	}
	return nil
}

// decodeCookieValue undoes percent-encoding. A value that is not wholly valid
// stays as it came.
func decodeCookieValue(s string) string {
	s = jstext.Latin1(s)
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	if decoded, ok := jstext.DecodeURIComponent(s); ok {
		return decoded
	}
	return s
}
