package clerktest

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

const (
	cookieYear  = "; Max-Age=31536000"
	cookieEpoch = "; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
)

// directives returns the Set-Cookie texts that tell the application at target
// about the state of a client: what a handshake or a refresh hands over. With a
// dev browser its cookies are included. The caller holds s.mu.
func (s *Server) directives(c *store.Client, target *url.URL, devBrowser string) []string {
	secure := ""
	if target.Scheme == "https" {
		secure = "; Secure"
	}
	domain := ""
	if d := siteDomain(target.Hostname()); d != "" {
		domain = "; Domain=" + d
	}
	var list []string
	both := func(name, rest string) {
		list = append(list, name+rest, name+"_"+s.suffix+rest)
	}

	sess := s.state.ActiveSession(c)
	// Lax, not Strict: the chain of redirects that brings the browser back is
	// cross-site, and a Strict cookie would be withheld on its next hop.
	both("__client_uat", "="+strconv.FormatInt(s.state.ClientUAT(c), 10)+"; Path=/"+domain+cookieYear+secure+"; SameSite=Lax")
	if sess != nil {
		token := s.mintSession(sess, &tokenSpec{azp: origin(target)})
		both("__session", "="+token+"; Path=/"+cookieYear+secure+"; SameSite=Lax")
		list = append(list, "__refresh_"+s.suffix+"="+s.newRefresh(sess)+"; Path=/"+cookieYear+secure+"; HttpOnly; SameSite=Lax")
	} else {
		both("__session", "=; Path=/"+cookieEpoch+secure+"; SameSite=Lax")
		list = append(list, "__refresh_"+s.suffix+"=; Path=/"+cookieEpoch+secure+"; HttpOnly; SameSite=Lax")
	}
	if devBrowser != "" {
		both("__clerk_db_jwt", "="+devBrowser+"; Path=/"+cookieYear+secure+"; SameSite=Lax")
	}
	return list
}

func (s *Server) newRefresh(sess *store.Session) string {
	token := store.NewSecret()
	sess.Refresh = append(sess.Refresh, token)
	return token
}

// commonDomain returns the longest domain of at least two labels that both hosts
// are under, for cookies that one sets and the other reads; "" if there is none.
func commonDomain(a, b string) string {
	if net.ParseIP(a) != nil || net.ParseIP(b) != nil {
		return ""
	}
	la, lb := strings.Split(a, "."), strings.Split(b, ".")
	n := 0
	for n < len(la) && n < len(lb) && la[len(la)-1-n] == lb[len(lb)-1-n] {
		n++
	}
	if n < 2 {
		return ""
	}
	return strings.Join(la[len(la)-n:], ".")
}
