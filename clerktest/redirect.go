package clerktest

import (
	"crypto/subtle"
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
)

var errRedirect = errors.New("clerktest: this instance does not redirect there; it redirects to http(s) addresses on loopback, " +
	".test, the hosts of Config.RedirectHosts, satellites, and the redirect URLs of the instance")

// checkRedirect parses a return address and refuses those that a fake instance
// has no business with.
func (s *Server) checkRedirect(raw string) (*url.URL, error) {
	raw = strings.TrimSpace(raw)
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errRedirect
	}
	if s.state.RedirectURLs.By("url", raw) != nil { // As of a native application.
		return u, nil
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Opaque != "" || u.User != nil || !s.knownHost(u.Hostname()) {
		return nil, errRedirect
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

// knownHost reports whether a host may be redirected to: satellites' may, too. The
// caller holds s.mu.
func (s *Server) knownHost(host string) bool {
	return s.allowedHost(host) || s.state.HasHost(strings.ToLower(host))
}

// allowedHost reports whether a host may be redirected to and may call the
// Frontend API from a page.
func (s *Server) allowedHost(host string) bool {
	host = strings.ToLower(host)
	if host == "" {
		return false
	}
	if isLoopback(host) || strings.HasSuffix(host, ".test") || slices.Contains(s.redirectHosts, host) {
		return true
	}
	base := strings.TrimPrefix(s.frontendAPI, "clerk.")
	return s.production && strings.Contains(base, ".") && (host == base || strings.HasSuffix(host, "."+base))
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// allowedOrigin reports whether pages of an origin may read Frontend API answers.
func (s *Server) allowedOrigin(origin string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.AllowsOrigin(origin) {
		return true
	}
	u, err := s.checkRedirect(origin)
	return err == nil && u.RawQuery == "" && u.Path == "/"
}

// originOf returns the origin of a URL, or "".
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	return origin(u)
}

// origin spells scheme and host as browsers do: lower case, no default port.
func origin(u *url.URL) string {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch scheme {
	case "http":
		host = strings.TrimSuffix(host, ":80")
	case "https":
		host = strings.TrimSuffix(host, ":443")
	}
	return scheme + "://" + host
}

// withParam returns u with one query parameter set; the rest of the query keeps
// its order and spelling. An older value is replaced: a server reads the first.
func withParam(u *url.URL, name, value string) string {
	out := *u
	var kept []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(key); err == nil {
			key = decoded
		}
		if pair != "" && key != name {
			kept = append(kept, pair)
		}
	}
	out.RawQuery = strings.Join(append(kept, name+"="+url.QueryEscape(value)), "&")
	return out.String()
}

// siteDomain returns the Domain attribute that clerk-js would give __client_uat
// on a host: none for localhost, IP addresses and names without a dot, otherwise
// the registrable domain.
func siteDomain(host string) string {
	if host == "localhost" || net.ParseIP(host) != nil || !strings.Contains(host, ".") {
		return ""
	}
	labels := strings.Split(host, ".")
	n := 2
	// Country domains with a short second level (co.uk, com.au) register a third.
	if l := len(labels); l > 2 && len(labels[l-1]) == 2 && len(labels[l-2]) <= 3 {
		n = 3
	}
	return strings.Join(labels[len(labels)-min(n, len(labels)):], ".")
}

func constantEqual(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
