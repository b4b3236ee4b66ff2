// Package jstext holds JavaScript's and the web's rules for text that differ from Go's: numbers in
// text, white space, percent-encoding, the encodings of headers. Clerk's cookies, keys and tokens
// are read by them.
package jstext

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// IsSpace reports whether JavaScript's trim takes r away.
func IsSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
		return true
	}
	return r >= 0x2000 && r <= 0x200A
}

// Trim is JavaScript's trim.
func Trim(s string) string {
	if s == "" || isGraphic(s[0]) && isGraphic(s[len(s)-1]) {
		return s // As usual.
	}
	return strings.TrimFunc(s, IsSpace)
}

// isGraphic reports whether a byte is a character of ASCII that leaves a mark.
func isGraphic(b byte) bool { return ' ' < b && b <= '~' }

// TrimLeft is JavaScript's trimStart.
func TrimLeft(s string) string { return strings.TrimLeftFunc(s, IsSpace) }

// IsWordByte reports whether a byte is one of \w in a regular expression: a letter of
// ASCII, a digit or an underscore.
func IsWordByte(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z'
}

// HasPrefixFold reports whether s starts with a prefix, in whatever letter case.
func HasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// Latin1 reads s as ISO 8859-1, the encoding of header values, and returns it in UTF-8. ASCII
// strings come back as they are.
func Latin1(s string) string {
	if isASCII(s) {
		return s
	}
	high := 0
	for i := range len(s) {
		high += int(s[i] >> 7)
	}
	out := make([]byte, 0, len(s)+high) // Two bytes for each that is not ASCII.
	for i := range len(s) {
		out = utf8.AppendRune(out, rune(s[i]))
	}
	return string(out)
}

// isASCII looks at eight bytes at a time: session tokens are long.
func isASCII(s string) bool {
	for len(s) >= 8 {
		word := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56 // The compiler reads this at once.
		if word&0x8080808080808080 != 0 {
			return false
		}
		s = s[8:]
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Base64 decodes standard base64 as browsers do: white space is ignored, padding is optional but
// must be complete, leftover bits are ignored.
func Base64(s string) (string, bool) {
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\n', '\f', '\r':
			return -1
		}
		return r
	}, s)
	if len(s)%4 == 0 {
		s = strings.TrimSuffix(strings.TrimSuffix(s, "="), "=")
	}
	if len(s)%4 == 1 || strings.Contains(s, "=") {
		return "", false
	}
	decoded, err := base64.RawStdEncoding.DecodeString(s)
	return string(decoded), err == nil
}

// DecodeURIComponent undoes percent-encoding. It fails on a malformed escape and on escapes that
// are not valid UTF-8.
func DecodeURIComponent(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] != '%' {
			out = append(out, s[i])
			i++
			continue
		}
		// The escapes of one character must stand together.
		var char [utf8.UTFMax]byte
		n := 0
		for {
			b, ok := UnhexEscape(s, i)
			if !ok || n == len(char) {
				return "", false
			}
			char[n] = b
			n++
			i += 3
			if utf8.FullRune(char[:n]) {
				break
			}
		}
		if r, size := utf8.DecodeRune(char[:n]); r == utf8.RuneError && size == 1 || size != n {
			return "", false
		}
		out = append(out, char[:n]...)
	}
	return string(out), true
}

// UnhexEscape reads the escape %XX at s[i:].
func UnhexEscape(s string, i int) (byte, bool) {
	if i+2 >= len(s) || s[i] != '%' {
		return 0, false
	}
	hi, ok1 := Unhex(s[i+1])
	lo, ok2 := Unhex(s[i+2])
	return hi<<4 | lo, ok1 && ok2
}

// Unhex reads a hexadecimal digit.
func Unhex(c byte) (byte, bool) {
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

// ToValidUTF8 replaces what is no UTF-8 as browsers' decoders do: one U+FFFD for each maximal part
// of an ill-formed sequence.
func ToValidUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/2)
	for i := 0; i < len(s); {
		size, valid := RuneLen(s[i:])
		if valid {
			b.WriteString(s[i : i+size])
		} else {
			b.WriteRune(utf8.RuneError)
		}
		i += size
	}
	return b.String()
}

// RuneLen returns the length of the character at the start of s. Where there is none, it returns
// the length of what stands for one U+FFFD.
func RuneLen(s string) (size int, valid bool) {
	if r, size := utf8.DecodeRuneInString(s); r != utf8.RuneError || size > 1 {
		return size, true
	}
	return illFormed(s), false
}

// illFormed returns the length of the maximal subpart at the start of s, which does not start with
// a valid character.
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
