package core

import (
	"bytes"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/request"
)

// RoutePath is how a router reads the path of a request. Adapters fill it.
type RoutePath struct {
	// Escaped is the path with its escapes as they came.
	Escaped string
	// Router lists what the router may compare with its routes: one text where its
	// settings are known, all that are possible where they are not.
	Router []string
	// Alias is another spelling that the router serves with the same handler, "" for
	// none.
	Alias string
	// Wildcard is the spelling that belongs to a wildcard route which serves the path
	// as well, "" for none: /files/ for /files where /files/* serves it.
	Wildcard string
	// Mounted lists what handlers may take the path for that cut the prefix of their
	// mount off as text: /files/admin for /filesadmin where something is mounted at
	// /files.
	Mounted []string
	// IgnoresCase and IgnoresTrailingSlash say that the router does.
	IgnoresCase, IgnoresTrailingSlash bool
	// Unusual says that the router bound a parameter to what no parameter of a
	// pattern can hold: nothing, or several segments.
	Unusual bool
}

// unknownRouter returns every way in which a router, or a handler that forwards
// requests, may read an escaped path.
func unknownRouter(escaped string) RoutePath {
	if len(escaped) > maxRoutePath {
		return RoutePath{Escaped: escaped}
	}
	decoded := decodePath(escaped)
	return RoutePath{Escaped: escaped, Router: []string{
		escaped, decoded, cleanPath(escaped), cleanPath(decoded), cleanPath(strings.ReplaceAll(decoded, `\`, "/")),
	}}
}

// unknownServer returns every way in which a server may read a request target.
func unknownServer(s string) RoutePath {
	head, _, _ := strings.Cut(s, "?")
	if len(head) > 2*maxRoutePath {
		return RoutePath{Escaped: head}
	}
	path, _ := request.SplitTarget(head)
	return unknownRouter(path)
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
	if len(head) > 2*maxRoutePath {
		return "//" // Nobody's, and refused as such.
	}
	path, _ := request.SplitTarget(strings.ReplaceAll(head, "#", "%23"))
	return path
}

// IsTooLong reports whether a path is longer than anybody's. It is refused: adapters
// need not read it closer.
func (p *RoutePath) IsTooLong() bool {
	return len(p.Escaped) > maxRoutePath ||
		slices.ContainsFunc(p.Router, func(view string) bool { return len(view) > maxRoutePath })
}

// delimiters escapes what ends a path in a URL and is text like any other for
// routers that have decoded it.
var delimiters = strings.NewReplacer("#", "%23", "?", "%3F")

// isPath reports whether a text is a path. Routers serve others with wildcards:
// the target admin of a raw request, or nothing where a URL ends after its host.
func isPath(view string) bool { return strings.HasPrefix(view, "/") }

// hasEmptySegment reports whether a path has an empty segment before its last
// one. Some routers bind it to a parameter, while patterns take repeated slashes
// for one.
func hasEmptySegment(path string) bool { return strings.Contains(path, "//") }

// decodePath decodes every valid escape, once.
func decodePath(escaped string) string {
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

// cleanPath resolves dot segments and repeated slashes, as Gin's router does when
// told to: a slash at the end stays, and one takes the place of a last dot.
func cleanPath(path string) string {
	if isPath(path) && !strings.Contains(path, "//") && !strings.Contains(path, "/.") {
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
