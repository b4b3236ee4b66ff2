package pattern

import "strings"

// Options change how patterns compare with paths. The zero value is what Clerk's route matchers and
// organization patterns use.
type Options struct {
	// CaseSensitive tells upper and lower case apart, as path-to-regexp's option "sensitive" does.
	CaseSensitive bool
	// Strict allows no delimiter after what the pattern matches, as path-to-regexp's option
	// "strict" does: "/a" does not match "/a/".
	Strict bool
}

// hasPrefix reports whether path has literal at pos, and where it ends there.
func (o Options) hasPrefix(path string, pos int, literal string) (int, bool) {
	if !o.CaseSensitive {
		return foldPrefix(path, pos, literal)
	}
	return pos + len(literal), strings.HasPrefix(path[pos:], literal)
}

// atEnd reports whether nothing, or one delimiter where it is allowed, comes in path at pos.
func (o Options) atEnd(path string, pos int) bool {
	return pos == len(path) ||
		!o.Strict && pos == len(path)-1 && strings.IndexByte(delimiters, path[pos]) >= 0
}
