package token

import (
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

// node is a value on its way to being printed, and the name it has in its object.
type node struct {
	name, quoted string
	raw          string // of a scalar
	open         byte   // '{', '[' or none
	inside       []node
}

// parseNode reads the value at s[i], which is valid JSON.
func parseNode(s string, i int) (n node, end int) {
	if s[i] != '{' && s[i] != '[' {
		end, _ = scanScalar(s, i)
		return node{raw: s[i:end]}, end
	}
	n.open = s[i]
	for i = skipSpace(s, i+1); s[i] != n.open+2; {
		if s[i] == ',' {
			i = skipSpace(s, i+1)
		}
		var quoted string
		if n.open == '{' {
			end, _ = scanString(s, i)
			quoted = s[i:end]
			i = skipSpace(s, skipSpace(s, end)+1)
		}
		var v node
		v, i = parseNode(s, i)
		if quoted != "" {
			v.name, v.quoted = unquote(quoted), quoted
		}
		n.inside = append(n.inside, v)
		i = skipSpace(s, i)
	}
	if n.open == '{' {
		n.inside = ordered(n.inside)
	}
	return n, i + 1
}

// ordered returns members as a JavaScript object keeps them: array indexes first, in their numeric order, then the others
// in the order of their first appearance, each with the last value it was given.
func ordered(members []node) []node {
	var places map[string]int
	if len(members) > 1 {
		places = make(map[string]int, len(members))
	}
	kept := members[:0]
	indexes := false
	for _, m := range members {
		indexes = indexes || arrayIndex(m.name) >= 0
		if at, dup := places[m.name]; dup {
			kept[at] = m
			continue
		}
		if places != nil {
			places[m.name] = len(kept)
		}
		kept = append(kept, m)
	}
	if indexes {
		slices.SortStableFunc(kept, func(x, y node) int {
			// As unsigned numbers, names that are no index come last and are all equal.
			return cmp.Compare(uint(arrayIndex(x.name)), uint(arrayIndex(y.name)))
		})
	}
	return kept
}

// appendJSON prints the value as JSON.stringify does.
func (n node) appendJSON(b []byte) []byte {
	switch {
	case n.open != 0:
		b = append(b, n.open)
		for i, v := range n.inside {
			if i > 0 {
				b = append(b, ',')
			}
			if v.quoted != "" {
				b = append(appendString(b, v.quoted), ':')
			}
			b = v.appendJSON(b)
		}
		return append(b, n.open+2)
	case n.raw[0] == '"':
		return appendString(b, n.raw)
	case n.raw[0] == 't' || n.raw[0] == 'f' || n.raw[0] == 'n':
		return append(b, n.raw...)
	default:
		f := parseFloat(n.raw)
		if math.IsInf(f, 0) {
			return append(b, "null"...)
		}
		return append(b, formatNumber(f)...)
	}
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
