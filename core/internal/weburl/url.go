// Package weburl reads, resolves and writes URLs as browsers and Node.js do: the WHATWG URL
// standard. Package net/url reads other addresses, keeps dot segments and sorts query parameters.
//
// Addresses come from strangers, so time and memory are linear in what is given, and the bounds are
// part of the one parser that everything goes through: see [MaxLength] and [MaxHost]. They are
// where this package differs from the standard.
package weburl

import (
	"errors"
	"net"
	"strings"
)

const (
	// MaxLength bounds a URL in bytes, as it is given and as it is written out. It is what Node.js
	// accepts for all headers of a request together.
	MaxLength = 16 << 10
	// MaxHost bounds a host in bytes, as it is given. Host names have 253 at most.
	MaxHost = 512
)

// ErrInvalid is every failure of this package. It does not quote the URL, which may hold a token.
var ErrInvalid = errors.New("invalid URL")

// URL is a parsed URL. It is immutable. The zero URL is none, and all its parts are empty.
type URL struct {
	href string
	// Where the parts end in href.
	scheme, username, password, host, port, path, query int32
	flags                                               uint8
}

const (
	hasHost uint8 = 1 << iota
	opaque        // the path is no list of segments, as in mailto:a@b
)

// String returns the whole URL, its fragment included.
func (u URL) String() string { return u.href }

// Scheme returns the scheme in lower case, without the colon.
func (u URL) Scheme() string { return u.href[:u.scheme] }

// Username returns the user name, escaped.
func (u URL) Username() string {
	if !u.HasCredentials() {
		return ""
	}
	return u.href[u.scheme+3 : u.username]
}

// Password returns the password, escaped.
func (u URL) Password() string {
	if u.password == u.username {
		return ""
	}
	return u.href[u.username+1 : u.password]
}

// HasCredentials reports whether there is a user name or a password.
func (u URL) HasCredentials() bool { return u.flags&hasHost != 0 && u.password > u.scheme+3 }

// Hostname returns the host without port; IPv6 addresses have their brackets.
func (u URL) Hostname() string {
	if u.flags&hasHost == 0 {
		return ""
	}
	return u.href[u.hostStart():u.host]
}

func (u URL) hostStart() int32 {
	if u.HasCredentials() {
		return u.password + 1
	}
	return u.password
}

// Port returns the port, "" for the scheme's own.
func (u URL) Port() string {
	if u.port == u.host {
		return ""
	}
	return u.href[u.host+1 : u.port]
}

// Host returns the host with its port, unless that is the scheme's own.
func (u URL) Host() string {
	if u.flags&hasHost == 0 {
		return ""
	}
	return u.href[u.hostStart():u.port]
}

// HostPort returns hostname:port with an empty port where the scheme's own applies: the form in
// which redirects compare hosts.
func (u URL) HostPort() string { return u.Hostname() + ":" + u.Port() }

// Path returns the path, escaped.
func (u URL) Path() string { return u.href[u.pathStart():u.path] }

func (u URL) pathStart() int32 {
	switch {
	case u.flags&hasHost != 0:
		return u.port
	case u.href == "":
		return 0
	case u.flags&opaque == 0 && u.path > u.scheme+3 && u.href[u.scheme+1] == '/' && u.href[u.scheme+2] == '.' && u.href[u.scheme+3] == '/':
		return u.scheme + 3 // Behind the /. that keeps the path from reading as a host.
	}
	return u.scheme + 1
}

// IsOpaque reports whether the path is no list of segments, as in mailto:a@b.
func (u URL) IsOpaque() bool { return u.flags&opaque != 0 }

// Search returns the query as it is written: an empty one may be "?" or "".
func (u URL) Search() string { return u.href[u.path:u.query] }

// Query returns the query without its question mark.
func (u URL) Query() string {
	if u.path == u.query {
		return ""
	}
	return u.href[u.path+1 : u.query]
}

// Hash returns the fragment as it is written: an empty one may be "#" or "".
func (u URL) Hash() string { return u.href[u.query:] }

// IsHTTP reports whether the URL is one that a browser may be sent to.
func (u URL) IsHTTP() bool { return u.Scheme() == "http" || u.Scheme() == "https" }

// IsLoopback reports whether the host is this machine.
func (u URL) IsLoopback() bool {
	host := u.Hostname()
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// Origin returns scheme://host[:port], or "null" for schemes without an origin.
func (u URL) Origin() string {
	switch u.Scheme() {
	case "http", "https", "ws", "wss", "ftp":
		if !u.HasCredentials() {
			return u.href[:u.port]
		}
		return u.Scheme() + "://" + u.Host()
	case "blob":
		if inner, err := Parse(u.Path()); err == nil && inner.IsHTTP() {
			return inner.Origin()
		}
	}
	return "null"
}

// WithTarget returns u with another path, query and fragment, each given as it may stand in a URL;
// query and fragment are empty or start with their mark. The path is joined and not resolved:
// //evil.example stays a path.
func (u URL) WithTarget(path, query, fragment string) (URL, error) {
	if u.IsOpaque() || u.href == "" || len(path)+len(query)+len(fragment) > MaxLength {
		return URL{}, ErrInvalid
	}
	p := u.parts()
	p.query, p.fragment = dropLineEnds(query), dropLineEnds(fragment)
	path, special := dropLineEnds(path), isSpecial(p.scheme)
	if path == "" && special || path != "" && path[0] != '/' && (path[0] != '\\' || !special) {
		path = "/" + path
	}
	p.path = resolvePath("", path, p.scheme)
	return p.build()
}

// Join returns u with a segment behind its path, whether or not the path ends in a slash. Query and
// fragment stay.
func (u URL) Join(segment string) (URL, error) {
	path := u.Path()
	for path != "" && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	return u.WithTarget(path+"/"+segment, u.Search(), u.Hash())
}

// parts are the parts of a URL on its way to being written. Except for the host they need not be
// escaped yet; what is escaped stays.
type parts struct {
	scheme, username, password string
	host                       string // serialized
	port                       string // "" for the scheme's own
	path                       string // "", or with a slash first, unless it is opaque
	query                      string // with its question mark, which an empty query has too
	fragment                   string // with its #, which an empty fragment has too
	hasHost, opaque            bool
}

func (u URL) parts() parts {
	return parts{
		scheme: u.Scheme(), username: u.Username(), password: u.Password(), host: u.Hostname(), port: u.Port(),
		path: u.Path(), query: u.Search(), fragment: u.Hash(), hasHost: u.flags&hasHost != 0, opaque: u.IsOpaque(),
	}
}

// build writes a URL out, unless it is too long to be read again.
func (p *parts) build() (URL, error) {
	w := writer{counting: true}
	p.write(&w)
	if w.n > MaxLength {
		return URL{}, ErrInvalid
	}
	w.counting = false
	w.text.Grow(w.n)
	w.n = 0
	u := p.write(&w)
	u.href = w.text.String()
	return u, nil
}

func (p *parts) write(w *writer) (u URL) {
	w.add(p.scheme)
	u.scheme = int32(w.n)
	w.add(":")
	switch {
	case p.hasHost:
		u.flags |= hasHost
		w.add("//")
		w.escape(p.username, userinfoSet)
		u.username = int32(w.n)
		if p.password != "" {
			w.add(":")
			w.escape(p.password, userinfoSet)
		}
		u.password = int32(w.n)
		if p.username != "" || p.password != "" {
			w.add("@")
		}
		w.add(p.host)
		u.host = int32(w.n)
		if p.port != "" {
			w.add(":")
			w.add(p.port)
		}
	case !p.opaque && len(p.path) > 1 && p.path[1] == '/':
		w.add("/.") // Otherwise the path would read as a host.
	}
	u.port = int32(w.n)
	if !p.hasHost {
		u.username, u.password, u.host = u.port, u.port, u.port
	}
	if p.opaque {
		u.flags |= opaque
		w.escape(p.path, controlSet)
	} else {
		w.escape(p.path, pathSet)
	}
	u.path = int32(w.n)
	if p.query != "" {
		w.add("?")
		if isSpecial(p.scheme) {
			w.escape(p.query[1:], specialQuerySet)
		} else {
			w.escape(p.query[1:], querySet)
		}
	}
	u.query = int32(w.n)
	if p.fragment != "" {
		w.add("#")
		w.escape(p.fragment[1:], fragmentSet)
	}
	return u
}

// IsAbsolute reports whether a text starts as an http or https URL does.
func IsAbsolute(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}
