package core

import (
	"strings"
	"unicode/utf8"
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
			if c := jar.slot(trimOWS(pair[:equals]), names); c != nil && !c.seen {
				c.seen = true
				c.value = decodeCookieValue(trimOWS(pair[equals+1:]))
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
	s = latin1(s)
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	if decoded, ok := decodeURIComponent(s); ok {
		return decoded
	}
	return s
}

// decodeURIComponent undoes percent-encoding. It fails on a malformed escape and
// on escapes that are not valid UTF-8.
func decodeURIComponent(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] != '%' {
			out = append(out, s[i])
			i++
			continue
		}
		// The escapes of one character must stand together.
		var char [utf8.UTFMax]byte
		n := 0
		for {
			b, ok := unhexEscape(s, i)
			if !ok || n == len(char) {
				return "", false
			}
			char[n] = b
			n++
			i += 3
			if utf8.FullRune(char[:n]) {
				break
			}
		}
		if r, size := utf8.DecodeRune(char[:n]); r == utf8.RuneError && size == 1 || size != n {
			return "", false
		}
		out = append(out, char[:n]...)
	}
	return string(out), true
}

// unhexEscape reads the escape %XX at s[i:].
func unhexEscape(s string, i int) (byte, bool) {
	if i+2 >= len(s) || s[i] != '%' {
		return 0, false
	}
	hi, ok1 := unhex(s[i+1])
	lo, ok2 := unhex(s[i+2])
	return hi<<4 | lo, ok1 && ok2
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
