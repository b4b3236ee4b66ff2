package clerktest

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// jar keeps cookies as a browser does, but by the instance's clock: advancing the
// clock lets them expire.
type jar struct {
	now func() time.Time

	mu      sync.Mutex
	cookies []stored
	serial  int
}

type stored struct {
	name, value, domain, path string
	hostOnly, secure          bool
	expireAt                  time.Time // zero: with the browser
	serial                    int
}

// SetCookies implements [http.CookieJar].
func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range cookies {
		entry, fine := j.parse(u, c)
		if !fine {
			continue
		}
		same := func(x stored) bool { return x.name == entry.name && x.domain == entry.domain && x.path == entry.path }
		if i := slices.IndexFunc(j.cookies, same); i >= 0 {
			entry.serial = j.cookies[i].serial
			j.cookies = slices.Delete(j.cookies, i, i+1)
		}
		if entry.expireAt.IsZero() || entry.expireAt.After(j.now()) {
			j.cookies = append(j.cookies, entry)
		}
	}
}

// parse applies the rules under which a browser takes a cookie.
func (j *jar) parse(u *url.URL, c *http.Cookie) (stored, bool) {
	host := strings.ToLower(u.Hostname())
	j.serial++
	entry := stored{name: c.Name, value: c.Value, domain: host, path: c.Path, hostOnly: true, secure: c.Secure, serial: j.serial}
	if d := strings.ToLower(strings.TrimPrefix(c.Domain, ".")); d != "" && d != host {
		if net.ParseIP(host) != nil || !strings.HasSuffix(host, "."+d) || !strings.Contains(d, ".") {
			return stored{}, false
		}
		entry.domain, entry.hostOnly = d, false
	} else if d == host && net.ParseIP(host) == nil && strings.Contains(host, ".") {
		entry.hostOnly = false
	}
	if c.Secure && u.Scheme != "https" {
		return stored{}, false
	}
	if !strings.HasPrefix(entry.path, "/") {
		entry.path = "/"
		if i := strings.LastIndexByte(u.Path, '/'); i > 0 {
			entry.path = u.Path[:i]
		}
	}
	switch {
	case c.MaxAge < 0:
		entry.expireAt = time.Unix(1, 0)
	case c.MaxAge > 0:
		entry.expireAt = j.now().Add(time.Duration(c.MaxAge) * time.Second)
	case !c.Expires.IsZero():
		entry.expireAt = c.Expires
	}
	return entry, true
}

// Cookies implements [http.CookieJar].
func (j *jar) Cookies(u *url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	host, path := strings.ToLower(u.Hostname()), u.Path
	if path == "" {
		path = "/"
	}
	now := j.now()
	j.cookies = slices.DeleteFunc(j.cookies, func(c stored) bool { return !c.expireAt.IsZero() && !c.expireAt.After(now) })
	var hits []stored
	for _, c := range j.cookies {
		if c.sentTo(host) && matchesPath(c.path, path) && (!c.secure || u.Scheme == "https") {
			hits = append(hits, c)
		}
	}
	slices.SortFunc(hits, func(a, b stored) int {
		return cmp.Or(cmp.Compare(len(b.path), len(a.path)), cmp.Compare(a.serial, b.serial))
	})
	list := make([]*http.Cookie, 0, len(hits))
	for _, c := range hits {
		list = append(list, &http.Cookie{Name: c.name, Value: c.value}) //nolint:gosec // A cookie to send has no attributes.
	}
	return list
}

func (c *stored) sentTo(host string) bool {
	return c.domain == host || (!c.hostOnly && strings.HasSuffix(host, "."+c.domain))
}

func matchesPath(cookie, path string) bool {
	return cookie == path || (strings.HasPrefix(path, cookie) && (strings.HasSuffix(cookie, "/") || path[len(cookie)] == '/'))
}

// value returns one cookie's value for a URL, or "".
func (j *jar) value(u *url.URL, name string) string {
	for _, c := range j.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// set takes Set-Cookie texts for a URL.
func (j *jar) set(u *url.URL, texts ...string) {
	list := make([]*http.Cookie, 0, len(texts))
	for _, text := range texts {
		if c, err := http.ParseSetCookie(text); err == nil {
			list = append(list, c)
		}
	}
	j.SetCookies(u, list)
}
