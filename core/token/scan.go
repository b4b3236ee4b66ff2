package token

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may nest; the same as in encoding/json.
const maxDepth = 10000

// The scan functions walk over JSON text (RFC 8259, as strict as JSON.parse) and return the index
// after what they read. They never build values: those are read later, and only where somebody
// asks.

func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

// scanValue reads one value, whose nesting counts from depth.
func scanValue(s string, i, depth int) (end int, ok bool) {
	var room [32]byte
	open := room[:0] // the closing brackets that are due
	for {
		i = skipSpace(s, i)
		if i >= len(s) {
			return i, false
		}
		switch c := s[i]; c {
		case '{', '[':
			if depth+len(open) >= maxDepth {
				return i, false
			}
			i = skipSpace(s, i+1)
			if i >= len(s) {
				return i, false
			}
			closing := c + 2 // in ASCII, ']' follows '[' and '}' follows '{' by two
			if s[i] == closing {
				i++
				break
			}
			open = append(open, closing)
			if c == '{' {
				if i, ok = scanName(s, i); !ok {
					return i, false
				}
			}
			continue
		default:
			if i, ok = scanScalar(s, i); !ok {
				return i, false
			}
		}
		// A value ended before i: close what ends here, or go on to the next one.
		for {
			if len(open) == 0 {
				return i, true
			}
			if i = skipSpace(s, i); i >= len(s) {
				return i, false
			}
			closing := open[len(open)-1]
			if s[i] == closing {
				open = open[:len(open)-1]
				i++
				continue
			}
			if s[i] != ',' {
				return i, false
			}
			i++
			if closing == '}' {
				if i, ok = scanName(s, skipSpace(s, i)); !ok {
					return i, false
				}
			}
			break
		}
	}
}

// scanName reads a member's name and the colon after it.
func scanName(s string, i int) (end int, ok bool) {
	if i, ok = scanString(s, i); !ok {
		return i, false
	}
	i = skipSpace(s, i)
	if i >= len(s) || s[i] != ':' {
		return i, false
	}
	return i + 1, true
}

func scanScalar(s string, i int) (end int, ok bool) {
	switch s[i] {
	case '"':
		return scanString(s, i)
	case 't':
		return scanWord(s, i, "true")
	case 'f':
		return scanWord(s, i, "false")
	case 'n':
		return scanWord(s, i, "null")
	default:
		return scanNumber(s, i)
	}
}

func scanWord(s string, i int, word string) (end int, ok bool) {
	if !strings.HasPrefix(s[i:], word) {
		return i, false
	}
	return i + len(word), true
}

func scanString(s string, i int) (end int, ok bool) {
	if i >= len(s) || s[i] != '"' {
		return i, false
	}
	for i++; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1, true
		case c < ' ':
			return i, false
		case c != '\\':
		case i+1 >= len(s):
			return i, false
		case s[i+1] == 'u':
			if i+6 > len(s) || hex4(s[i+2:i+6]) < 0 {
				return i, false
			}
			i += 5
		case strings.IndexByte(`"\/bfnrt`, s[i+1]) < 0:
			return i, false
		default:
			i++
		}
	}
	return i, false
}

func scanNumber(s string, i int) (end int, ok bool) {
	if i < len(s) && s[i] == '-' {
		i++
	}
	start := i
	if i = scanDigits(s, i); i == start || (s[start] == '0' && i > start+1) {
		return i, false
	}
	if i < len(s) && s[i] == '.' {
		start = i + 1
		if i = scanDigits(s, start); i == start {
			return i, false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		start = i
		if i = scanDigits(s, start); i == start {
			return i, false
		}
	}
	return i, true
}

func scanDigits(s string, i int) int {
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

// hex4 reads four hexadecimal digits, or returns -1.
func hex4(s string) rune {
	var r rune
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// unquote returns the text of a valid JSON string. Half of a surrogate pair, which no Go string can
// hold, becomes U+FFFD, as in encoding/json.
func unquote(quoted string) string {
	s := quoted[1 : len(quoted)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			b = append(b, s[i])
			i++
			continue
		}
		r, n := unescape(s[i:])
		b = utf8.AppendRune(b, r)
		i += n
	}
	return string(b)
}

// unescape reads the escape sequence at the start of s, a surrogate pair as one, and returns the
// code point, which may be half of a surrogate pair, and the length.
func unescape(s string) (r rune, n int) {
	switch c := s[1]; c {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
	default:
		return rune(c), 2
	}
	r = hex4(s[2:6])
	if utf16.IsSurrogate(r) && len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if pair := utf16.DecodeRune(r, hex4(s[8:12])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return r, 6
}
