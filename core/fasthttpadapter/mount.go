package fasthttpadapter

import "strings"

// Mount is the path of a Fiber route whose handler may take it off a request's path as text, and
// not segment by segment: the route /files* serves /filesadmin too, and a file server opens admin
// for it.
type Mount struct {
	before []string // its segments before the last, as routes spell them
	last   string   // the text that it ends with, "" for none
}

// NewMount returns the mount of a route, which ends where its path has a wildcard.
func NewMount(path string) Mount {
	if i := Wildcard(path); i >= 0 {
		path = path[:i]
	}
	segments := strings.Split(path, "/")
	end := len(segments) - 1
	m := Mount{before: segments[:end]}
	if !isDynamic(segments[end]) { // A parameter takes the whole segment.
		m.last = unescaped(segments[end])
	}
	return m
}

// HasText reports whether the mount ends with a text that can end within a segment.
func (m *Mount) HasText() bool { return m.last != "" }

// Prefix returns how much of a path is the mount's, which may have parameters; ok is false for a
// path that does not begin with it.
func (m *Mount) Prefix(path string, caseSensitive bool) (length int, ok bool) {
	for _, segment := range m.before {
		i := strings.IndexByte(path[length:], '/')
		if i < 0 {
			i = len(path) - length
		}
		if !isDynamic(segment) && !same(path[length:length+i], unescaped(segment), caseSensitive) {
			return 0, false
		}
		length = min(length+i+1, len(path))
	}
	end := length + len(m.last)
	if len(path) < end || !same(path[length:end], m.last, caseSensitive) {
		return 0, false
	}
	return end, true
}

// Reading returns what the handler may take a path for that goes on within the segment with which
// the mount ends, with a slash there; ok is false for every other path.
func (m *Mount) Reading(path string, caseSensitive bool) (reading string, ok bool) {
	end, ok := m.Prefix(path, caseSensitive)
	if !ok || m.last == "" || len(path) == end || path[end] == '/' {
		return "", false
	}
	return path[:end] + "/" + path[end:], true
}

// Wildcard returns where a route's path has its first wildcard, or -1.
func Wildcard(path string) int { return special(path, "*+") }

// isDynamic reports whether a segment of a route stands for other texts.
func isDynamic(segment string) bool { return special(segment, ":*+") >= 0 }

// special returns where a route's path has the first of some characters that stands for itself
// where a backslash precedes it, or -1.
func special(path, characters string) int {
	for i := 0; i < len(path); i++ {
		switch {
		case path[i] == '\\':
			i++
		case strings.IndexByte(characters, path[i]) >= 0:
			return i
		}
	}
	return -1
}

// unescaped is the text that a segment without parameters stands for.
func unescaped(segment string) string { return strings.ReplaceAll(segment, `\`, "") }

func same(a, b string, caseSensitive bool) bool {
	return a == b || !caseSensitive && strings.EqualFold(a, b)
}
