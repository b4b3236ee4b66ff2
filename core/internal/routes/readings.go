package routes

import (
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core/pattern"
)

// maxDecodings is how often a path is decoded at most: by middleware, a router, a
// proxy's upstream and what that has in front of its files. maxMixed bounds the
// segments of a path that have escaped slashes, maxMixedTwice those behind them that
// are escaped twice, and maxMixedBytes the length of all that can be made of them.
const (
	maxDecodings  = 4
	maxMixed      = 16
	maxMixedTwice = 4
	maxMixedBytes = 3 * MaxPath
)

// readings appends to views what handlers behind a router may make of a path: file
// servers, static mounts and proxies decode it, resolve its dot segments and take
// a backslash for a slash, and some decode it twice. A path that can be read in
// one way only has none.
//
// ok is false for a path that climbs, because where two dots lead depends on the
// mount in which they are resolved, and for one that is escaped without end.
func readings(views []string, path string) (all []string, ok bool) {
	if isPlain(path) {
		return views, true
	}
	if reference, err := pattern.Normalize(path); err == nil {
		// A router leaves escaped slashes in what it binds, and a handler cleans the rest.
		views = appendNew(views, path, Clean(reference))
	}
	for decodings := range maxDecodings {
		if views, ok = mixed(views, path, decodings > 0); !ok {
			return views, false
		}
		decoded := decode(path)
		slashed := strings.ReplaceAll(decoded, `\`, "/")
		if climbs(slashed) {
			return views, false
		}
		views = appendNew(views, path, decoded)
		for _, text := range [...]string{decoded, slashed} {
			if hasEmptySegment(text) {
				views = appendNew(views, path, text)
				views = appendNew(views, path, collapse(text, "/"))
				// What a router binds to a parameter, as an upstream's may.
				views = appendNew(views, path, collapse(text, "/-/"))
				views = appendNew(views, path, strings.ReplaceAll(strings.ReplaceAll(text, "//", "/-/"), "//", "/-/"))
			}
		}
		views = appendNew(views, path, Clean(decoded))
		views = appendNew(views, path, Clean(slashed))
		if !strings.Contains(decoded, "%") || decode(decoded) == decoded {
			return views, true
		}
		path = decoded
	}
	return views, false
}

// mixed appends the views of handlers that decode what a wildcard takes, once or
// more often, while the router in front of them leaves the escaped slashes of the
// segments before it. again says that the path has been decoded before.
func mixed(views []string, path string, again bool) (all []string, ok bool) {
	slashes, deep := 0, 0
	for start := 0; start < len(path); {
		end := len(path)
		if i := strings.IndexByte(path[start+1:], '/'); i >= 0 {
			end = start + 1 + i
		}
		segment := path[start:end]
		slashed := strings.Contains(segment, "%2f") || strings.Contains(segment, "%2F")
		if slashes > 0 && (slashed || isEscaped(segment, again)) {
			if !slashed {
				deep++
			}
			views = appendMixed(views, path, start)
		}
		if slashed {
			slashes++
		}
		if slashes > maxMixed || deep > maxMixedTwice || slashes > 0 && lengthOf(views) > maxMixedBytes {
			return views, false
		}
		start = end
	}
	return views, true
}

// appendMixed appends the views of a path of which only what comes behind start is
// decoded, slashes and all.
func appendMixed(views []string, path string, start int) []string {
	before, err := pattern.Normalize(path[:start])
	if err != nil {
		before = path[:start] // A percent sign, decoded.
	}
	after := path[start:]
	for range maxDecodings {
		decoded := decode(after)
		if decoded == after {
			break
		}
		after = decoded
		views = appendNew(views, path, before+after)
		views = appendNew(views, path, Clean(before+after))
		views = appendNew(views, path, Clean(before+strings.ReplaceAll(after, `\`, "/")))
	}
	return views
}

// isEscaped reports whether a text has escapes that a router which has decoded the
// path, or else one that decodes it once, leaves.
func isEscaped(text string, decoded bool) bool {
	if !decoded {
		if !strings.Contains(text, "%25") {
			return false
		}
		text = decode(text)
	}
	return decode(text) != text
}

func lengthOf(views []string) (n int) {
	for _, view := range views {
		n += len(view)
	}
	return n
}

// appendNew appends a view, unless it is the path itself or there already.
func appendNew(views []string, path, view string) []string {
	if view == path || slices.Contains(views, view) {
		return views
	}
	return append(views, view)
}

// isPlain reports whether everything behind a router reads a path as it stands.
func isPlain(path string) bool {
	return strings.IndexByte(path, '%') < 0 && strings.IndexByte(path, '\\') < 0 &&
		!hasEmptySegment(path) && !strings.Contains(path, "/.")
}

// climbs reports whether a path has a segment of two dots.
func climbs(path string) bool {
	return strings.Contains(path, "/../") || strings.HasSuffix(path, "/..")
}

// collapse puts a text in the place of every run of slashes.
func collapse(path, slash string) string {
	var out strings.Builder
	for i := 0; i < len(path); {
		run := i
		for run < len(path) && path[run] == '/' {
			run++
		}
		switch run - i {
		case 0:
			out.WriteByte(path[i])
			run++
		case 1:
			out.WriteByte('/')
		default:
			out.WriteString(slash)
		}
		i = run
	}
	return out.String()
}
