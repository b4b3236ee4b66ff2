package pattern

import (
	"unicode"
	"unicode/utf8"
)

// Fold returns the representative of the characters that a pattern does not tell apart from r: two
// characters are the same to a pattern if and only if Fold returns the same for both.
//
// It is the simple upper case, as JavaScript compares without the u flag, so it differs from
// [unicode.SimpleFold] and [strings.EqualFold]: what is not ASCII never becomes ASCII (U+017F is
// not s, U+212A is not k), a character whose upper case has several characters stands for itself
// alone (ß, ᾳ), and so does every character beyond U+FFFF.
func Fold(r rune) rune {
	if r < utf8.RuneSelf {
		if 'a' <= r && r <= 'z' {
			return r - ('a' - 'A')
		}
		return r
	}
	if r > 0xFFFF || upperIsLonger(r) {
		return r
	}
	upper := unicode.ToUpper(r)
	if upper < utf8.RuneSelf {
		return r
	}
	return upper
}

// upperIsLonger reports whether r is one of the Greek letters with iota subscript. They have a
// simple upper case, which Fold must not use, because their full upper case is two letters.
func upperIsLonger(r rune) bool {
	return 0x1F80 <= r && r <= 0x1FAF || r == 0x1FB3 || r == 0x1FC3 || r == 0x1FF3
}

// invalid is the character that a byte outside any UTF-8 sequence counts as. It belongs to "." and
// to negated classes, and equals no literal.
const invalid rune = utf8.MaxRune + 1

// decode returns the character of s at i, and its length in bytes. i must be less than len(s).
func decode(s string, i int) (rune, int) {
	if b := s[i]; b < utf8.RuneSelf {
		return rune(b), 1
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	if r == utf8.RuneError && size <= 1 {
		return invalid, 1
	}
	return r, size
}

// foldPrefix reports whether s has, at i, characters that fold to those of literal, which is folded
// already, and where in s they end.
func foldPrefix(s string, i int, literal string) (int, bool) {
	for k := 0; k < len(literal); {
		if i >= len(s) {
			return i, false
		}
		want, got := literal[k], s[i]
		if got < utf8.RuneSelf {
			if 'a' <= got && got <= 'z' {
				got -= 'a' - 'A'
			}
			if got != want {
				return i, false
			}
			i++
			k++
			continue
		}
		wide, size := decode(s, i)
		wantWide, wantSize := decode(literal, k)
		if Fold(wide) != wantWide {
			return i, false
		}
		i += size
		k += wantSize
	}
	return i, true
}

// fold returns how s is kept for comparison.
func (o Options) fold(s string) string {
	if o.CaseSensitive {
		return s
	}
	folded := make([]rune, 0, len(s))
	for _, r := range s {
		folded = append(folded, Fold(r))
	}
	return string(folded)
}
