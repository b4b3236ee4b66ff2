package core

import (
	"math"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/request"
)

// The names of Clerk's cookies, in the order of cookieJar's fields.
const (
	cookieSession        = "__session"
	cookieRefresh        = "__refresh"
	cookieClientUAT      = "__client_uat"
	cookieDevBrowser     = "__clerk_db_jwt"
	cookieHandshake      = "__clerk_handshake"
	cookieHandshakeNonce = "__clerk_handshake_nonce"
	cookieRedirectCount  = "__clerk_redirect_count"
)

// cookieNames are the names that one instance reads, computed once.
type cookieNames struct {
	session, refresh, clientUAT, devBrowser string // suffixed
}

func newCookieNames(suffix string) cookieNames {
	return cookieNames{
		session:    cookieSession + "_" + suffix,
		refresh:    cookieRefresh + "_" + suffix,
		clientUAT:  cookieClientUAT + "_" + suffix,
		devBrowser: cookieDevBrowser + "_" + suffix,
	}
}

// cookie is the value of one cookie. An empty value is the same as absence, but
// it shadows later cookies of its name.
type cookie struct {
	value string
	seen  bool
}

// cookieJar holds Clerk's cookies of one request.
type cookieJar struct {
	session, sessionSuffixed       cookie
	clientUAT, clientUATSuffixed   cookie
	devBrowser, devBrowserSuffixed cookie
	refreshSuffixed                cookie
	handshake, handshakeNonce      cookie
	redirectCount                  cookie
}

// parseCookies reads Clerk's cookies in one pass over the Cookie headers. The
// first occurrence of a name wins, even with an empty value.
func parseCookies(headers []string, names *cookieNames) cookieJar {
	var jar cookieJar
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
				c.seen = true
				c.value = decodeCookieValue(request.TrimOWS(pair[equals+1:]))
			}
		}
	}
	return jar
}

// slot returns where the cookie of that name is kept, nil for others' cookies.
func (j *cookieJar) slot(name string, names *cookieNames) *cookie {
	if len(name) < len(cookieSession) || name[:2] != "__" {
		return nil
	}
	switch name {
	case cookieSession:
		return &j.session
	case cookieClientUAT:
		return &j.clientUAT
	case cookieDevBrowser:
		return &j.devBrowser
	case cookieHandshake:
		return &j.handshake
	case cookieHandshakeNonce:
		return &j.handshakeNonce
	case cookieRedirectCount:
		return &j.redirectCount
	case names.session:
		return &j.sessionSuffixed
	case names.clientUAT:
		return &j.clientUATSuffixed
	case names.devBrowser:
		return &j.devBrowserSuffixed
	case names.refresh:
		return &j.refreshSuffixed
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

// number reads the number in a cookie, 0 where there is none.
func number(s string) float64 {
	if f := jstext.Number(s); !math.IsNaN(f) {
		return f
	}
	return 0
}
