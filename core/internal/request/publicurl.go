package request

import (
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// Headers in which a proxy says whom it serves.
const (
	HeaderForwardedFor   = "X-Forwarded-For"
	HeaderForwardedHost  = "X-Forwarded-Host"
	HeaderForwardedProto = "X-Forwarded-Proto"
)

// PlaceholderOrigin stands for the public origin of a request whose Host header
// and forwarded headers cannot form one.
const PlaceholderOrigin = "http://localhost"

// PublicURL derives the address under which the client reached the application. It
// is always an http or https URL. The origin comes from the forwarded headers
// (unless they are ignored) or from the Host header; path and query from the request
// target, unless they are too long for a URL.
//
// Four points differ from Clerk's JavaScript SDK on purpose: forwarded values are
// trimmed, an empty one counts as absent, a protocol counts only as http or https,
// and origin and path are joined by concatenation, so that a target such as
// //evil.example stays a path.
func PublicURL(r Request, ignoreForwarded bool) weburl.URL {
	target, hash := CutHash(r.Target())
	path, query := SplitTarget(target)
	search := ""
	if query != "" || strings.HasSuffix(target, "?") {
		search = "?" + query
	}
	scheme, host := "http", jstext.Latin1(TrimOWS(r.Host()))
	if r.TLS() {
		scheme = "https"
	}
	own := scheme + "://" + host
	for _, origin := range [...]string{forwardedOrigin(r, ignoreForwarded, scheme, host), own, PlaceholderOrigin} {
		base, err := weburl.Parse(origin)
		if err != nil || !base.IsHTTP() {
			continue
		}
		if origin != own {
			hash = "" // Only the request's own address keeps it; no browser sends one.
		}
		u, err := base.WithTarget(path, search, hash)
		if err != nil {
			u, _ = base.WithTarget("/", "", "") // It was too long.
		}
		return u
	}
	return weburl.URL{} // Never: the placeholder is a URL.
}

// forwardedOrigin is the origin that a proxy in front names, "" where none does.
func forwardedOrigin(r Request, ignore bool, scheme, host string) string {
	if ignore {
		return ""
	}
	fwdHost, fwdProto := FirstElement(Header(r, HeaderForwardedHost)), ForwardedProto(r)
	switch {
	case fwdHost == "" && fwdProto == "":
		return ""
	case fwdHost == "":
		fwdHost = host
	case fwdProto == "":
		fwdProto = scheme
	}
	return fwdProto + "://" + fwdHost
}

// ForwardedProto is the protocol that a proxy in front names, "" where it names none
// that a browser can be sent to. WebSockets come from the origin of http or https.
func ForwardedProto(r Request) string {
	switch proto := FirstElement(Header(r, HeaderForwardedProto)); {
	case strings.EqualFold(proto, "https"), strings.EqualFold(proto, "wss"):
		return "https"
	case strings.EqualFold(proto, "http"), strings.EqualFold(proto, "ws"):
		return "http"
	}
	return ""
}

// CutHash cuts a fragment off a request target.
func CutHash(target string) (before, hash string) {
	if i := strings.IndexByte(target, '#'); i >= 0 {
		return target[:i], target[i:]
	}
	return target, ""
}

// FirstElement returns the first element of a comma-separated header value.
func FirstElement(value string) string {
	first, _, _ := strings.Cut(jstext.Latin1(value), ",")
	return TrimOWS(first)
}
