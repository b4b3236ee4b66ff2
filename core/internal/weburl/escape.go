package weburl

import (
	"strings"
	"unicode/utf8"
)

// set is a percent-encode set of the standard: what is escaped in a part of a URL.
type set uint8

const (
	controlSet set = 1 << iota // in opaque hosts and paths
	fragmentSet
	querySet
	specialQuerySet // of the schemes that browsers know
	pathSet
	userinfoSet
	formSet // all but letters, digits and *-._
)

// sets tells for each byte in which sets it is.
var sets = func() (table [256]set) {
	for c := range table {
		if c < ' ' || c > '~' {
			table[c] = controlSet | fragmentSet | querySet | specialQuerySet | pathSet | userinfoSet
		}
		if c := byte(c); !isLetter(c) && (c < '0' || c > '9') && strings.IndexByte("*-._", c) < 0 {
			table[c] |= formSet
		}
	}
	for chars, in := range map[string]set{
		" \"<>":      fragmentSet | querySet | specialQuerySet | pathSet | userinfoSet,
		"`":          fragmentSet | pathSet | userinfoSet,
		"#":          querySet | specialQuerySet | pathSet | userinfoSet,
		"'":          specialQuerySet,
		"?{}":        pathSet | userinfoSet,
		`/:;=@[\]^|`: userinfoSet,
	} {
		for i := range len(chars) {
			table[chars[i]] |= in
		}
	}
	return table
}()

// writer builds a text, after it counted how long it will be.
type writer struct {
	strings.Builder
	n        int // the length so far
	counting bool
}

func (w *writer) add(s string) {
	w.n += len(s)
	if !w.counting {
		w.WriteString(s)
	}
}

// addEscape adds an escaped byte.
func (w *writer) addEscape(c byte) {
	const upperhex = "0123456789ABCDEF"
	w.n += 3
	if !w.counting {
		w.WriteByte('%')
		w.WriteByte(upperhex[c>>4])
		w.WriteByte(upperhex[c&15])
	}
}

// replacement is an escaped U+FFFD.
const replacement = "%EF%BF%BD"

// escape adds s with what is in the set escaped. Bytes that are not UTF-8 become
// U+FFFD, as in [ToValidUTF8].
func (w *writer) escape(s string, in set) {
	for i := 0; i < len(s); {
		start := i
		for i < len(s) && sets[s[i]]&in == 0 {
			i++
		}
		w.add(s[start:i])
		for i < len(s) && sets[s[i]]&in != 0 {
			if s[i] < utf8.RuneSelf {
				w.addEscape(s[i])
				i++
				continue
			}
			size, valid := runeLen(s[i:])
			if !valid {
				w.add(replacement)
				i += size
				continue
			}
			for end := i + size; i < end; i++ {
				w.addEscape(s[i])
			}
		}
	}
}

// runeLen returns the length of the character at the start of s. Where there is
// none, it returns the length of what stands for one U+FFFD.
func runeLen(s string) (size int, valid bool) {
	if r, size := utf8.DecodeRuneInString(s); r != utf8.RuneError || size > 1 {
		return size, true
	}
	return illFormed(s), false
}

// ToValidUTF8 replaces what is no UTF-8 as browsers' decoders do: one U+FFFD for
// each maximal part of an ill-formed sequence.
func ToValidUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/2)
	for i := 0; i < len(s); {
		size, valid := runeLen(s[i:])
		if valid {
			b.WriteString(s[i : i+size])
		} else {
			b.WriteRune(utf8.RuneError)
		}
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

// unescape undoes percent-encoding. Malformed escapes stay.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c, ok := unhexEscape(s, i)
		if ok {
			i += 2
		} else {
			c = s[i]
		}
		b.WriteByte(c)
	}
	return b.String()
}

// unhexEscape reads the escape %XX at s[i:].
func unhexEscape(s string, i int) (byte, bool) {
	if i+2 >= len(s) || s[i] != '%' {
		return 0, false
	}
	hi, ok1 := unhex(s[i+1])
	lo, ok2 := unhex(s[i+2])
	return hi<<4 | lo, ok1 && ok2
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
