package routes

import (
	"bytes"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/request"
)

// MaxPath is the length in bytes of the longest path that is looked at. Nobody can tell
// about longer ones.
const MaxPath = 8 << 10

// Path is how a router reads the path of a request: core.RoutePath, which describes its
// fields.
type Path struct {
	Escaped                           string
	Router                            []string
	Alias                             string
	Wildcard                          string
	Mounted                           []string
	IgnoresCase, IgnoresTrailingSlash bool
	Unusual                           bool
}

// UnknownRouter returns every way in which a router, or a handler that forwards
// requests, may read an escaped path.
func UnknownRouter(escaped string) Path {
	if len(escaped) > MaxPath {
		return Path{Escaped: escaped}
	}
	decoded := decode(escaped)
	return Path{Escaped: escaped, Router: []string{
		escaped, decoded, Clean(escaped), Clean(decoded), Clean(strings.ReplaceAll(decoded, `\`, "/")),
	}}
}

// UnknownServer returns every way in which a server may read a request target.
func UnknownServer(s string) Path {
	head, _, _ := strings.Cut(s, "?")
	if len(head) > 2*MaxPath {
		return Path{Escaped: head}
	}
	path, _ := request.SplitTarget(head)
	return UnknownRouter(path)
}

// wholePath returns the path of a target for servers that take a number sign and
// what follows it for a part of it, escaped; "" for a target without one. Others cut
// it off, and have handlers behind them that do not.
func wholePath(s string) string {
	i := strings.IndexByte(s, '#')
	if i < 0 || strings.IndexByte(s[:i], '?') >= 0 {
		return ""
	}
	head, _, _ := strings.Cut(s, "?")
	if len(head) > 2*MaxPath {
		return "//" // Nobody's, and refused as such.
	}
	path, _ := request.SplitTarget(strings.ReplaceAll(head, "#", "%23"))
	return path
}

// IsTooLong reports whether a path is longer than anybody's.
func (p *Path) IsTooLong() bool {
	return len(p.Escaped) > MaxPath ||
		slices.ContainsFunc(p.Router, func(view string) bool { return len(view) > MaxPath })
}

// delimiters escapes what ends a path in a URL and is text like any other for
// routers that have decoded it.
var delimiters = strings.NewReplacer("#", "%23", "?", "%3F")

// IsPath reports whether a text is a path. Routers serve others with wildcards:
// the target admin of a raw request, or nothing where a URL ends after its host.
func IsPath(view string) bool { return strings.HasPrefix(view, "/") }

// hasEmptySegment reports whether a path has an empty segment before its last
// one. Some routers bind it to a parameter, while patterns take repeated slashes
// for one.
func hasEmptySegment(path string) bool { return strings.Contains(path, "//") }

// decode decodes every valid escape, once.
func decode(escaped string) string {
	if strings.IndexByte(escaped, '%') < 0 {
		return escaped
	}
	out := make([]byte, 0, len(escaped))
	for i := 0; i < len(escaped); i++ {
		if b, ok := jstext.UnhexEscape(escaped, i); ok {
			out = append(out, b)
			i += 2
			continue
		}
		out = append(out, escaped[i])
	}
	return string(out)
}

// Clean resolves dot segments and repeated slashes, as Gin's router does when
// told to: a slash at the end stays, and one takes the place of a last dot.
func Clean(path string) string {
	if IsPath(path) && !strings.Contains(path, "//") && !strings.Contains(path, "/.") {
		return path
	}
	b, last := make([]byte, 0, len(path)+len("//")), ""
	for last = range strings.SplitSeq(path, "/") {
		switch last {
		case "", ".":
		case "..":
			b = b[:max(bytes.LastIndexByte(b, '/'), 0)]
		default:
			b = append(append(b, '/'), last...)
		}
	}
	if len(b) == 0 || last == "" || last == "." {
		b = append(b, '/')
	}
	return string(b)
}
