package request

import (
	"net/http"
	"strings"
)

// target is a request target, taken apart.
type target struct {
	path  string // as it came, "/" where an address ends after its host
	query string // without its question mark
	// form says how the target was written.
	form targetForm
}

// targetForm is how a request target is written.
type targetForm uint8

const (
	originForm   targetForm = iota // /a?b
	absoluteForm                   // http://host/a?b
	// otherForm is any other text: an address without a host, which some servers
	// route by its path (http:/a, http:///a), and what is no address at all (a/b, *).
	otherForm
)

// parseTarget takes a request target apart. A fragment, which no browser sends, is
// dropped.
func parseTarget(s string) target {
	s, _, _ = strings.Cut(s, "#")
	var t target
	t.path, t.query, _ = strings.Cut(s, "?")
	if strings.HasPrefix(t.path, "/") {
		return t
	}
	t.form = otherForm
	scheme, rest, found := strings.Cut(t.path, "://")
	if !found {
		t.path = "/" + t.path
		return t
	}
	host := rest
	t.path = "/"
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, t.path = rest[:i], rest[i:]
	}
	if IsScheme(scheme) && host != "" {
		t.form = absoluteForm
	}
	return t
}

// SplitTarget returns the path and the query of a request target.
func SplitTarget(s string) (path, query string) {
	t := parseTarget(s)
	return t.path, t.query
}

// IsOddTarget reports whether a request has a target that no browser and no proxy
// sends. Middleware may have put another in its place; what net/http read of it goes
// on to a proxy's upstream all the same. Of CONNECT, net/http takes a target without
// a slash for an authority, and what comes behind its first slash for the path.
func IsOddTarget(r Request, s string) bool {
	if h, ok := r.(HTTP); ok && (h.R.URL.Opaque != "" || h.R.URL.Scheme != "" && h.R.URL.Host == "") {
		return true
	}
	return !strings.HasPrefix(s, "/") && (r.Method() == http.MethodConnect || parseTarget(s).form == otherForm)
}

// IsScheme reports whether a text can be the scheme of an address.
func IsScheme(s string) bool {
	for i := range len(s) {
		switch c := s[i] | 0x20; {
		case 'a' <= c && c <= 'z':
		case i > 0 && ('0' <= s[i] && s[i] <= '9' || strings.IndexByte("+-.", s[i]) >= 0):
		default:
			return false
		}
	}
	return s != ""
}
