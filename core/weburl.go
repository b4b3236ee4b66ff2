package core

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	whatwg "github.com/nlnwa/whatwg-url/url"
)

// webURL is a URL with the semantics of browsers (the WHATWG standard), which
// Clerk's redirects are specified in. Package net/url parses other addresses,
// keeps dot segments and sorts query parameters. It is immutable.
//
// Addresses come from requests, so their cost matters: what the parser takes
// quadratic time for, long hosts and paths, does not reach it.
type webURL struct {
	u      *whatwg.Url // for everything up to the path
	prefix string      // everything before the path
	path   string
	search string // with its question mark, which an empty query may have too
	hash   string // with its #
}

const (
	// maxURL bounds the URLs that are parsed, in bytes.
	maxURL = 8 << 10
	// maxAuthority bounds user, host and port together. Host names have 253 at most.
	maxAuthority = 512
	// maxBasePath bounds the path that a relative URL is resolved against.
	maxBasePath = 1 << 10
)

var errInvalidURL = errors.New("invalid URL")

var urlParser = whatwg.NewParser()

// parseURL parses an absolute URL.
func parseURL(s string) (webURL, error) {
	if len(s) > maxURL || len(authority(s)) > maxAuthority {
		return webURL{}, errInvalidURL
	}
	return newWebURL(urlParser.Parse(s))
}

func newWebURL(u *whatwg.Url, err error) (webURL, error) {
	if err != nil {
		return webURL{}, errInvalidURL // The parser's error would hold the URL, and with it perhaps a token.
	}
	rest, hash := cutHash(u.Href(false))
	search := ""
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		rest, search = rest[:i], rest[i:]
	}
	path := u.Pathname()
	return webURL{u: u, prefix: strings.TrimSuffix(rest, path), path: path, search: search, hash: hash}, nil
}

// authority returns what may be user, host and port of a URL.
func authority(s string) string {
	if i := strings.IndexByte(s, ':'); i >= 0 {
		s = s[i+1:]
	}
	s = strings.TrimLeft(s, `/\`)
	if i := strings.IndexAny(s, `/\?#`); i >= 0 {
		s = s[:i]
	}
	return s
}

// resolve parses ref relative to w.
func (w webURL) resolve(ref string) (webURL, error) {
	if len(ref) > maxURL || strings.Contains(ref, ":") && len(authority(ref)) > maxAuthority {
		return webURL{}, errInvalidURL
	}
	base := w.u
	if len(w.path)+len(w.search) <= maxBasePath {
		full, err := urlParser.Parse(w.String())
		if err != nil {
			return webURL{}, errInvalidURL
		}
		base = full
	}
	return newWebURL(base.Parse(ref))
}

// String returns the whole URL, its fragment included.
func (w webURL) String() string { return w.prefix + w.path + w.search + w.hash }

func (w webURL) hostname() string { return w.u.Hostname() }

func (w webURL) pathname() string { return w.path }

// hostPort returns hostname:port with an empty port where the scheme's default
// applies, the form in which redirects compare hosts.
func (w webURL) hostPort() string { return w.u.Hostname() + ":" + w.u.Port() }

// origin returns scheme://host[:port], or "null" for schemes without an origin.
func (w webURL) origin() string {
	switch w.u.Scheme() {
	case "http", "https", "ws", "wss", "ftp":
		return w.u.Scheme() + "://" + w.u.Host()
	case "blob":
		if inner, err := parseURL(w.path); err == nil && inner.isHTTP() {
			return inner.origin()
		}
	}
	return "null"
}

// isHTTP reports whether the URL is one that a browser may be sent to.
func (w webURL) isHTTP() bool {
	s := w.u.Scheme()
	return s == "http" || s == "https"
}

// param is one query parameter, decoded.
type param struct{ name, value string }

// rawQuery returns the query without its question mark.
func (w webURL) rawQuery() string { return strings.TrimPrefix(w.search, "?") }

// edit returns w with other query parameters. The whole query is written anew, as
// browsers do after any change, in the original order.
func (w webURL) edit(change func([]param) []param) webURL {
	query := encodeQuery(change(parseQuery(w.rawQuery())))
	w.search = ""
	if query != "" {
		w.search = "?" + query
	}
	return w
}

// appendParams adds parameters at the end.
func (w webURL) appendParams(params ...param) webURL {
	return w.edit(func(query []param) []param { return append(query, params...) })
}

// setParam replaces the first parameter of that name and drops the others, or
// appends one.
func (w webURL) setParam(name, value string) webURL {
	return w.edit(func(query []param) []param {
		out, set := query[:0], false
		for _, p := range query {
			if p.name == name {
				if set {
					continue
				}
				set, p.value = true, value
			}
			out = append(out, p)
		}
		if !set {
			out = append(out, param{name, value})
		}
		return out
	})
}

// deleteParams drops all parameters of those names.
func (w webURL) deleteParams(names ...string) webURL {
	return w.edit(func(query []param) []param {
		return slices.DeleteFunc(query, func(p param) bool { return slices.Contains(names, p.name) })
	})
}

// queryParam returns the first value of a parameter in a raw query.
func queryParam(query, name string) (value string, found bool) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if pair == "" {
			continue
		}
		key, val, _ := strings.Cut(pair, "=")
		if key == name || strings.ContainsAny(key, "%+") && decodeQuery(key) == name {
			return decodeQuery(val), true
		}
	}
	return "", false
}

func parseQuery(query string) []param {
	if query == "" {
		return nil
	}
	params := make([]param, 0, strings.Count(query, "&")+1)
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		key, val, _ := strings.Cut(pair, "=")
		params = append(params, param{decodeQuery(key), decodeQuery(val)})
	}
	return params
}

// decodeQuery decodes application/x-www-form-urlencoded text. Malformed escapes
// stay, bytes that are not UTF-8 become U+FFFD.
func decodeQuery(s string) string {
	if strings.IndexByte(s, '%') >= 0 || strings.IndexByte(s, '+') >= 0 {
		out := make([]byte, 0, len(s))
		for i := 0; i < len(s); i++ {
			switch b, ok := unhexEscape(s, i); {
			case ok:
				out = append(out, b)
				i += 2
			case s[i] == '+':
				out = append(out, ' ')
			default:
				out = append(out, s[i])
			}
		}
		s = string(out)
	}
	return toValidUTF8(s)
}

// toValidUTF8 replaces what is no UTF-8 as browsers' decoders do: one U+FFFD for
// each maximal part of an ill-formed sequence.
func toValidUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			size = illFormed(s[i:])
		}
		b.WriteRune(r)
		i += size
	}
	return b.String()
}

// illFormed returns the length of the maximal subpart at the start of s, which
// does not start with a valid character.
func illFormed(s string) int {
	lo, hi, n := byte(0x80), byte(0xBF), 0
	switch c := s[0]; {
	case 0xE0 <= c && c <= 0xEF:
		n = 1 // Two continuation bytes are due; the second cannot be valid here.
		switch c {
		case 0xE0:
			lo = 0xA0
		case 0xED:
			hi = 0x9F
		}
	case 0xF0 <= c && c <= 0xF4:
		n = 2
		switch c {
		case 0xF0:
			lo = 0x90
		case 0xF4:
			hi = 0x8F
		}
	}
	size := 1
	for ; n > 0 && size < len(s) && lo <= s[size] && s[size] <= hi; n-- {
		size++
		lo, hi = 0x80, 0xBF
	}
	return size
}

// encodeQuery is the serializer of application/x-www-form-urlencoded. It differs
// from url.QueryEscape in ~ and *, and keeps the order.
func encodeQuery(params []param) string {
	var b strings.Builder
	for i, p := range params {
		if i > 0 {
			b.WriteByte('&')
		}
		writeFormEncoded(&b, p.name)
		b.WriteByte('=')
		writeFormEncoded(&b, p.value)
	}
	return b.String()
}

func writeFormEncoded(b *strings.Builder, s string) {
	const upperhex = "0123456789ABCDEF"
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '*', c == '-', c == '.', c == '_':
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('+')
		default:
			b.WriteByte('%')
			b.WriteByte(upperhex[c>>4])
			b.WriteByte(upperhex[c&15])
		}
	}
}

// placeholderOrigin stands for the public origin of a request whose Host header
// and forwarded headers cannot form one.
const placeholderOrigin = "http://localhost"

// publicURL derives the address under which the client reached the application.
// The origin comes from the forwarded headers (unless they are ignored) or from
// the Host header; path and query from the request target.
//
// Three points differ from Clerk's JavaScript SDK on purpose: forwarded values
// are trimmed, an empty one counts as absent, and origin and path are joined by
// concatenation, so that a target such as //evil.example stays a path.
func publicURL(r Request, ignoreForwarded bool) webURL {
	target, hash := cutHash(r.Target())
	path, query := splitTarget(target)
	search := ""
	if query != "" || strings.HasSuffix(target, "?") {
		search = "?" + escapeURL(query, queryEscapes)
	}
	scheme, host := "http", latin1(trimOWS(r.Host()))
	if r.TLS() {
		scheme = "https"
	}
	own := scheme + "://" + host
	for _, origin := range [...]string{forwardedOrigin(r, ignoreForwarded, scheme, host), own, placeholderOrigin} {
		base, err := parseURL(origin)
		if err != nil || base.u.OpaquePath() {
			continue
		}
		u := webURL{u: base.u, prefix: base.u.Protocol() + "//" + userinfo(base) + base.u.Host(), path: cleanURLPath(path), search: search}
		if origin == own {
			u.hash = escapeURL(hash, hashEscapes) // Only the request's own address keeps it; no browser sends one.
		}
		return u
	}
	return webURL{u: &whatwg.Url{}}
}

// What browsers escape in the parts of a URL, besides control characters and
// everything that is not ASCII.
const (
	pathEscapes  = " \"#<>?`{}"
	queryEscapes = " \"#<>'"
	hashEscapes  = " \"<>`"
)

// escapeURL escapes what has to be in a part of a URL. Escapes stay as they are.
func escapeURL(s, escapes string) string {
	clean := true
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(escapes, c) >= 0 {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	const upperhex = "0123456789ABCDEF"
	s = toValidUTF8(s)
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\t' || c == '\n' || c == '\r':
		case c < ' ' || c >= 0x7F || strings.IndexByte(escapes, c) >= 0:
			b.WriteByte('%')
			b.WriteByte(upperhex[c>>4])
			b.WriteByte(upperhex[c&15])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// cleanURLPath resolves dot segments and escapes the path of a request as browsers
// do, in time linear in its length.
func cleanURLPath(path string) string {
	path = strings.ReplaceAll(escapeURL(path, pathEscapes), `\`, "/")
	if !strings.Contains(path, "/.") && !strings.Contains(path, "/%2e") && !strings.Contains(path, "/%2E") {
		return path
	}
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	kept := segments[:0]
	for i, segment := range segments {
		last := i == len(segments)-1
		switch dots(segment) {
		case 1:
			if last {
				kept = append(kept, "")
			}
		case 2:
			if len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
			if last {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, segment)
		}
	}
	return "/" + strings.Join(kept, "/")
}

// dots returns 1 for a segment that means this directory, 2 for its parent, else 0.
func dots(segment string) int {
	if len(segment) > len("%2e%2e") {
		return 0
	}
	switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
	case ".":
		return 1
	case "..":
		return 2
	}
	return 0
}

func userinfo(u webURL) string {
	switch {
	case u.u.Password() != "":
		return u.u.Username() + ":" + u.u.Password() + "@"
	case u.u.Username() != "":
		return u.u.Username() + "@"
	}
	return ""
}

// forwardedOrigin is the origin that a proxy in front names, "" where none does.
func forwardedOrigin(r Request, ignore bool, scheme, host string) string {
	if ignore {
		return ""
	}
	fwdHost := firstElement(header(r, "X-Forwarded-Host"))
	fwdProto := firstElement(header(r, "X-Forwarded-Proto"))
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

// cutHash cuts a fragment off a request target.
func cutHash(target string) (before, hash string) {
	if i := strings.IndexByte(target, '#'); i >= 0 {
		return target[:i], target[i:]
	}
	return target, ""
}

// firstElement returns the first element of a comma-separated header value.
func firstElement(value string) string {
	first, _, _ := strings.Cut(latin1(value), ",")
	return trimOWS(first)
}
