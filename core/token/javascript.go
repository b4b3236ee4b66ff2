package token

import (
	"bytes"
	"cmp"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// What JavaScript prints and reads differently from Go, as far as messages and comparisons need it.

// appendJSON appends the value that starts at s[i], which is valid JSON, as JSON.stringify prints it.
func appendJSON(b []byte, s string, i int) (out []byte, end int) {
	switch c := s[i]; {
	case c == '"':
		end, _ = scanString(s, i)
		return appendString(b, s[i:end]), end
	case c == '{':
		return appendObject(b, s, i)
	case c == '[':
		b = append(b, '[')
		for i = skipSpace(s, i+1); s[i] != ']'; {
			if s[i] == ',' {
				b = append(b, ',')
				i = skipSpace(s, i+1)
			}
			b, i = appendJSON(b, s, i)
			i = skipSpace(s, i)
		}
		return append(b, ']'), i + 1
	case c == 't' || c == 'f' || c == 'n':
		end, _ = scanScalar(s, i)
		return append(b, s[i:end]...), end
	default:
		end, _ = scanNumber(s, i)
		f := parseFloat(s[i:end])
		if math.IsInf(f, 0) {
			return append(b, "null"...), end
		}
		return append(b, formatNumber(f)...), end
	}
}

// printed is one member of an object as it was appended.
type printed struct {
	name       string
	first      int // the place of the name's first appearance
	index      int // the name as an array index, -1 if it is none
	start, end int // where "name":value is in the output
}

func appendObject(b []byte, s string, i int) (out []byte, end int) {
	b = append(b, '{')
	begin := len(b)
	var members []printed
	places := map[string]int{}
	plain := true // the order of appearance is the order to print
	for i = skipSpace(s, i+1); s[i] != '}'; {
		if s[i] == ',' {
			i = skipSpace(s, i+1)
		}
		end, _ = scanString(s, i)
		m := printed{name: unquote(s[i:end]), start: len(b)}
		m.index = arrayIndex(m.name)
		b = append(appendString(b, s[i:end]), ':')
		b, i = appendJSON(b, s, skipSpace(s, skipSpace(s, end)+1))
		i = skipSpace(s, i)
		m.end = len(b)
		b = append(b, ',')
		if at, dup := places[m.name]; dup {
			m.first = members[at].first
			members[at] = m // a later value takes the place of an earlier one
			plain = false
			continue
		}
		m.first = len(members)
		places[m.name] = m.first
		members = append(members, m)
		plain = plain && m.index < 0
	}
	if !plain {
		// JavaScript puts array indexes first, in their numeric order.
		slices.SortFunc(members, func(x, y printed) int {
			switch {
			case x.index >= 0 && y.index >= 0:
				return cmp.Compare(x.index, y.index)
			case x.index >= 0:
				return -1
			case y.index >= 0:
				return 1
			default:
				return cmp.Compare(x.first, y.first)
			}
		})
		was := bytes.Clone(b[begin:])
		b = b[:begin]
		for _, m := range members {
			b = append(append(b, was[m.start-begin:m.end-begin]...), ',')
		}
	}
	if len(members) > 0 {
		b = b[:len(b)-1] // the last comma
	}
	return append(b, '}'), i + 1
}

// arrayIndex returns the number that a name spells if JavaScript counts it among array indexes, else -1.
func arrayIndex(name string) int {
	if name == "" || len(name) > 10 || (name[0] == '0' && name != "0") || scanDigits(name, 0) != len(name) {
		return -1
	}
	n, err := strconv.ParseInt(name, 10, 64)
	if err != nil || n >= math.MaxUint32 {
		return -1
	}
	return int(n)
}

// appendString appends a valid JSON string with the escapes that JSON.stringify uses, and no others.
func appendString(b []byte, quoted string) []byte {
	s := quoted[1 : len(quoted)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return append(b, quoted...) // a control character, a quote or a backslash cannot be in it
	}
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			b = append(b, s[i])
			i++
			continue
		}
		r, n := unescape(s[i:])
		i += n
		if at := strings.IndexRune("\"\\\b\f\n\r\t", r); at >= 0 && r < 0x80 {
			b = append(b, '\\', `"\bfnrt`[at])
		} else if r < ' ' || utf16.IsSurrogate(r) {
			b = append(b, '\\', 'u', digits[r>>12], digits[r>>8&15], digits[r>>4&15], digits[r&15])
		} else {
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}

// formatNumber prints a finite or infinite number as JavaScript's String does.
func formatNumber(f float64) string {
	switch abs := math.Abs(f); {
	case f == 0:
		return "0" // also for minus zero
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case abs >= 1e-6 && abs < 1e21:
		return strconv.FormatFloat(f, 'f', -1, 64)
	default:
		s := strconv.FormatFloat(f, 'e', -1, 64)
		if at := len(s) - 2; s[at] == '0' { // Go writes e-07 where JavaScript writes e-7
			s = s[:at] + s[at+1:]
		}
		return s
	}
}

// numberFromText is JavaScript's Number for strings.
func numberFromText(s string) float64 {
	s = strings.TrimFunc(s, isSpace)
	if s == "" {
		return 0
	}
	if len(s) > 2 && s[0] == '0' {
		if base := map[byte]int{'x': 16, 'o': 8, 'b': 2}[s[1]|0x20]; base != 0 {
			if strings.ContainsAny(s[2:], "+-_") {
				return math.NaN()
			}
			n, ok := new(big.Int).SetString(s[2:], base)
			if !ok {
				return math.NaN()
			}
			f, _ := new(big.Float).SetInt(n).Float64()
			return f
		}
	}
	unsigned := s
	if s[0] == '+' || s[0] == '-' {
		unsigned = s[1:]
	}
	if unsigned != "Infinity" && !isDecimal(unsigned) {
		return math.NaN()
	}
	return parseFloat(s)
}

// isDecimal reports whether s is digits with at most one point and an exponent, with a digit before or after the point.
func isDecimal(s string) bool {
	i := scanDigits(s, 0)
	digits := i
	if i < len(s) && s[i] == '.' {
		end := scanDigits(s, i+1)
		digits += end - i - 1
		i = end
	}
	if digits == 0 {
		return false
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		start := i
		if i = scanDigits(s, i); i == start {
			return false
		}
	}
	return i == len(s)
}

// isSpace reports whether JavaScript's string trimming takes r away.
func isSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
		return true
	default:
		return r >= 0x2000 && r <= 0x200A
	}
}

// formatDate prints milliseconds since 1970 as Date.toUTCString does; NaN is what JavaScript calls an invalid date.
func formatDate(ms float64) string {
	if math.IsNaN(ms) {
		return "Invalid Date"
	}
	return time.UnixMilli(int64(ms)).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
}
