package routeproof

import "strings"

// relation says what counts as the same path.
type relation struct {
	ignoreCase, ignoreSlash bool
	// bare says of each of two templates whether a wildcard at its end takes the path without its
	// slash too.
	bare [2]bool
}

// overlap reports whether there may be a path that belongs to both templates, as their authors mean
// them. Patterns for one of them then cannot leave out the other, and a table must treat both
// alike.
func (r relation) overlap(a, b template) bool {
	as, bs := a.flat(), b.flat()
	r.bare[0] = r.bare[0] || b.slash && !r.ignoreSlash
	r.bare[1] = r.bare[1] || a.slash && !r.ignoreSlash
	if !r.segments(as, bs) {
		return false
	}
	endless := as[len(as)-1].kind.ends() || bs[len(bs)-1].kind.ends()
	return endless || r.ignoreSlash || a.slash == b.slash
}

// flat returns the segments with prefixes spelled as what they match.
func (t template) flat() []segment {
	if t.kind != Prefix {
		return t.segments
	}
	last := len(t.segments) - 1
	flat := append([]segment(nil), t.segments...)
	flat[last] = segment{kind: restOfText, text: flat[last].text}
	return flat
}

func (r relation) segments(as, bs []segment) bool {
	if len(as) == 0 && len(bs) == 0 {
		return true
	}
	for i, pair := range [][2][]segment{{bs, as}, {as, bs}} {
		if len(pair[0]) == 0 {
			// Only what may match nothing can follow.
			kind := pair[1][0].kind
			return kind == optional || r.bare[i] && (kind == rest || kind == someRest)
		}
	}
	a, b := as[0], bs[0]
	if a.kind == twoParams || b.kind == twoParams {
		return true // Fiber lets the first of them reach beyond its segment.
	}
	for _, pair := range [][2]segment{{a, b}, {b, a}} {
		switch pair[0].kind {
		case rest, someRest, optional:
			return true
		case restOfText:
			return r.compatible(pair[0].text, pair[1])
		case literal, param, twoParams:
		}
	}
	if !r.one(a, b) {
		return false
	}
	return r.segments(as[1:], bs[1:])
}

// compatible reports whether a segment may start with a text.
func (r relation) compatible(text string, s segment) bool {
	if s.kind == literal {
		return r.hasPrefix(s.text, text)
	}
	return r.hasPrefix(s.text, text) || r.hasPrefix(text, s.text)
}

// one reports whether two segments may be equal.
func (r relation) one(a, b segment) bool {
	switch {
	case a.kind == literal && b.kind == literal:
		return a.text == b.text || r.ignoreCase && strings.EqualFold(a.text, b.text)
	case a.kind == literal:
		return r.hasPrefix(a.text, b.text)
	case b.kind == literal:
		return r.hasPrefix(b.text, a.text)
	}
	return r.hasPrefix(a.text, b.text) || r.hasPrefix(b.text, a.text)
}

func (r relation) hasPrefix(text, prefix string) bool {
	if r.ignoreCase {
		text, prefix = strings.ToLower(text), strings.ToLower(prefix)
	}
	return strings.HasPrefix(text, prefix)
}
