package weburl

import "strings"

// Parse parses an absolute URL.
func Parse(s string) (URL, error) { return parse(s, nil) }

// Resolve parses ref relative to u.
func (u URL) Resolve(ref string) (URL, error) {
	if u.href == "" {
		return URL{}, ErrInvalid
	}
	return parse(ref, &u)
}

// parse is the one entry. base is nil for none.
func parse(s string, base *URL) (URL, error) {
	if len(s) > MaxLength {
		return URL{}, ErrInvalid
	}
	p := parser{base: base}
	if !p.url(dropLineEnds(trimControls(s))) {
		return URL{}, ErrInvalid
	}
	return p.u.build()
}

// parser is the standard's state machine. Each state is a method, which looks at each byte at most
// a fixed number of times and reports whether the URL is valid.
type parser struct {
	u       parts
	base    *URL
	special bool
}

// url is the start: the scheme, or what is relative to the base.
func (p *parser) url(s string) bool {
	scheme, rest, found := cutScheme(s)
	if !found {
		return p.withoutScheme(s)
	}
	p.setScheme(scheme)
	switch {
	case p.u.scheme == "file":
		return p.file(rest)
	case p.special && p.base != nil && p.base.Scheme() == p.u.scheme && !strings.HasPrefix(rest, "//"):
		return p.relative(rest)
	case p.special:
		return p.authority(trimSlashes(rest))
	case strings.HasPrefix(rest, "//"):
		return p.authority(rest[2:])
	case strings.HasPrefix(rest, "/"):
		return p.path("", rest)
	}
	p.u.opaque = true
	return p.opaquePath(rest)
}

func (p *parser) withoutScheme(s string) bool {
	switch {
	case p.base == nil:
		return false
	case p.base.IsOpaque():
		if !strings.HasPrefix(s, "#") {
			return false
		}
		p.u = p.base.parts()
		return p.fragment(s)
	}
	p.setScheme(p.base.Scheme())
	if p.u.scheme == "file" {
		return p.file(s)
	}
	return p.relative(s)
}

func (p *parser) setScheme(scheme string) {
	p.u.scheme, p.special = scheme, isSpecial(scheme)
}

// relative is what has the base's scheme, which is not file.
func (p *parser) relative(s string) bool {
	if s != "" && p.isSlash(s[0]) {
		if len(s) > 1 && p.isSlash(s[1]) && (p.special || s[1] == '/') {
			if p.special {
				return p.authority(trimSlashes(s))
			}
			return p.authority(s[2:])
		}
		p.copyAuthority()
		return p.path("", s)
	}
	p.copyAuthority()
	return p.behindBase(s, p.base.Path())
}

// behindBase is what does not start with a slash, behind the path of the base.
func (p *parser) behindBase(s, basePath string) bool {
	if s == "" || s[0] == '?' || s[0] == '#' {
		p.u.path = basePath
		if s == "" || s[0] == '#' {
			p.u.query = p.base.Search()
		}
		return p.queryAndFragment(s)
	}
	return p.path(basePath[:shortened([]byte(basePath), p.u.scheme)], "/"+s)
}

func (p *parser) copyAuthority() {
	b := p.base.parts()
	p.u.username, p.u.password, p.u.host, p.u.port, p.u.hasHost = b.username, b.password, b.host, b.port, b.hasHost
}

// authority is user, password, host and port, and what follows.
func (p *parser) authority(s string) bool {
	end := len(s)
	for i := range len(s) {
		if c := s[i]; c == '/' || c == '?' || c == '#' || p.special && c == '\\' {
			end = i
			break
		}
	}
	host := s[:end]
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		var credentials string
		credentials, host = host[:at], host[at+1:]
		if host == "" {
			return false
		}
		username, password, _ := strings.Cut(credentials, ":")
		p.u.username, p.u.password = username, password
	}
	return p.hostAndPort(host) && p.pathStart(s[end:])
}

func (p *parser) hostAndPort(s string) bool {
	inside := false
	for i := range len(s) {
		switch s[i] {
		case '[':
			inside = true
		case ']':
			inside = false
		case ':':
			if inside {
				continue
			}
			if i == 0 {
				return false
			}
			return p.host(s[:i]) && p.port(s[i+1:])
		}
	}
	if s == "" && p.special {
		return false
	}
	return p.host(s)
}

func (p *parser) host(s string) (ok bool) {
	p.u.hasHost = true
	p.u.host, ok = parseHost(s, p.special)
	return ok
}

func (p *parser) port(s string) bool {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		if n = n*10 + int(s[i]-'0'); n > 0xFFFF {
			return false
		}
	}
	if s == "" || n == defaultPort(p.u.scheme) {
		return true
	}
	for len(s) > 1 && s[0] == '0' {
		s = s[1:]
	}
	p.u.port = s
	return true
}

// pathStart is what follows a host.
func (p *parser) pathStart(s string) bool {
	if !p.special && (s == "" || s[0] == '?' || s[0] == '#') {
		return p.queryAndFragment(s)
	}
	if s == "" || !p.isSlash(s[0]) {
		s = "/" + s
	}
	return p.path("", s)
}

// path is a slash and segments behind those of base, and what follows.
func (p *parser) path(base, s string) bool {
	end := strings.IndexAny(s, "?#")
	if end < 0 {
		end = len(s)
	}
	p.u.path = resolvePath(base, s[:end], p.u.scheme)
	return p.queryAndFragment(s[end:])
}

// opaquePath is what follows a scheme that is no slash.
func (p *parser) opaquePath(s string) bool {
	end := strings.IndexAny(s, "?#")
	if end < 0 {
		end = len(s)
	}
	p.u.path = s[:end]
	return p.queryAndFragment(s[end:])
}

// queryAndFragment is empty or starts with a question mark or a #.
func (p *parser) queryAndFragment(s string) bool {
	if s == "" || s[0] == '#' {
		return p.fragment(s)
	}
	end := strings.IndexByte(s, '#')
	if end < 0 {
		end = len(s)
	}
	p.u.query = s[:end]
	return p.fragment(s[end:])
}

func (p *parser) fragment(s string) bool {
	p.u.fragment = s
	return true
}

// file is a URL of a file, which has no port and may name a drive of Windows.
func (p *parser) file(s string) bool {
	p.u.hasHost = true
	base := p.base
	if base != nil && base.Scheme() != "file" {
		base = nil
	}
	if s != "" && p.isSlash(s[0]) {
		if len(s) > 1 && p.isSlash(s[1]) {
			return p.fileHost(s[2:])
		}
		start := ""
		if base != nil {
			p.u.host = base.Hostname()
			if !startsWithDrive(s[1:]) {
				start = drive(base.Path())
			}
		}
		return p.path(start, s)
	}
	if base == nil {
		return p.path("", "/"+s)
	}
	p.u.host = base.Hostname()
	if s != "" && s[0] != '?' && s[0] != '#' && startsWithDrive(s) {
		return p.path("", "/"+s)
	}
	return p.behindBase(s, base.Path())
}

func (p *parser) fileHost(s string) bool {
	end := strings.IndexAny(s, `/\?#`)
	if end < 0 {
		end = len(s)
	}
	host := s[:end]
	if isDrive(host) {
		return p.path("", "/"+s)
	}
	if host != "" {
		if !p.host(host) {
			return false
		}
		if p.u.host == "localhost" {
			p.u.host = ""
		}
	}
	return p.pathStart(s[end:])
}

func (p *parser) isSlash(c byte) bool { return c == '/' || c == '\\' && p.special }

// cutScheme cuts a scheme off, which it returns in lower case.
func cutScheme(s string) (scheme, rest string, found bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case isLetter(c):
		case c == ':' && i > 0:
			return strings.ToLower(s[:i]), s[i+1:], true
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return "", s, false
		}
	}
	return "", s, false
}

// isSpecial reports whether a scheme is one that browsers know.
func isSpecial(scheme string) bool {
	switch scheme {
	case "http", "https", "ws", "wss", "ftp", "file":
		return true
	}
	return false
}

func defaultPort(scheme string) int {
	switch scheme {
	case "http", "ws":
		return 80
	case "https", "wss":
		return 443
	case "ftp":
		return 21
	}
	return -1
}

// trimControls cuts spaces and control characters at the ends.
func trimControls(s string) string {
	for s != "" && s[0] <= ' ' {
		s = s[1:]
	}
	for s != "" && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// dropLineEnds drops tabs and line ends, wherever they are.
func dropLineEnds(s string) string {
	if strings.IndexByte(s, '\t') < 0 && strings.IndexByte(s, '\n') < 0 && strings.IndexByte(s, '\r') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := s[i]; c != '\t' && c != '\n' && c != '\r' {
			b = append(b, c)
		}
	}
	return string(b)
}

func trimSlashes(s string) string {
	for s != "" && (s[0] == '/' || s[0] == '\\') {
		s = s[1:]
	}
	return s
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
