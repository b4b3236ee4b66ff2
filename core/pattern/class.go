package pattern

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// span is an inclusive range of characters.
type span struct{ low, high rune }

// charSet is a set of characters. It is ready for use after prepare.
type charSet struct {
	ready     bool
	any       bool
	not       bool
	sensitive bool
	ascii     [2]uint64 // bit for each ASCII character as it is in the path
	spans     []span    // folded unless sensitive, sorted, not overlapping
}

func (s *charSet) has(r rune) bool {
	if r < utf8.RuneSelf {
		return s.ascii[r>>6]&(1<<(r&63)) != 0
	}
	return s.any || s.search(s.fold(r)) != s.not
}

func (s *charSet) fold(r rune) rune {
	if s.sensitive {
		return r
	}
	return Fold(r)
}

func (s *charSet) search(r rune) bool {
	_, found := slices.BinarySearchFunc(s.spans, r, func(x span, r rune) int {
		switch {
		case x.high < r:
			return -1
		case x.low > r:
			return 1
		}
		return 0
	})
	return found
}

// prepare makes s the set of the characters that are, or fold like, a character of spans, or of
// those that do not.
func (s *charSet) prepare(sensitive bool) {
	if s.ready {
		return
	}
	s.ready, s.sensitive = true, sensitive
	if !sensitive {
		s.spans = addFolded(s.spans)
	}
	s.spans = merge(s.spans)
	for r := range rune(utf8.RuneSelf) {
		if s.any || s.search(s.fold(r)) != s.not {
			s.ascii[r>>6] |= 1 << (r & 63)
		}
	}
}

// addFolded adds what the characters in spans fold to. Those that fold to something else may stay:
// no folded character equals them.
func addFolded(spans []span) []span {
	all := slices.Clone(spans)
	for _, s := range spans {
		if s.high-s.low < 64 {
			for r := s.low; r <= s.high; r++ {
				all = append(all, span{Fold(r), Fold(r)})
			}
			continue
		}
		for _, c := range unicode.CaseRanges {
			low, high := max(s.low, rune(c.Lo)), min(s.high, rune(c.Hi))
			for r := low; r <= high; r++ {
				all = append(all, span{Fold(r), Fold(r)})
			}
		}
	}
	return all
}

func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return int(a.low - b.low) })
	merged := spans[:0]
	for _, s := range spans {
		if n := len(merged); n > 0 && s.low <= merged[n-1].high+1 {
			merged[n-1].high = max(merged[n-1].high, s.high)
		} else {
			merged = append(merged, s)
		}
	}
	return merged
}

// complement returns the characters outside spans, which do not reach to the last one, invalid
// bytes included.
func complement(spans []span) []span {
	var out []span
	next := rune(0)
	for _, s := range merge(slices.Clone(spans)) {
		if s.low > next {
			out = append(out, span{next, s.low - 1})
		}
		next = s.high + 1
	}
	return append(out, span{next, invalid})
}

// classEscape returns the set of \d, \w, \s and their complements.
func classEscape(letter byte) ([]span, bool) {
	switch letter {
	case 'd':
		return []span{{'0', '9'}}, true
	case 'w':
		return []span{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}, true
	case 's':
		return []span{
			{'\t', '\r'},
			{' ', ' '},
			{0xA0, 0xA0},
			{0x1680, 0x1680},
			{0x2000, 0x200A},
			{0x2028, 0x2029},
			{0x202F, 0x202F},
			{0x205F, 0x205F},
			{0x3000, 0x3000},
			{0xFEFF, 0xFEFF},
		}, true
	case 'D', 'W', 'S':
		spans, _ := classEscape(letter - 'A' + 'a')
		return complement(spans), true
	}
	return nil, false
}
