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

// printer prints a value as JSON.stringify does. Its nodes are the values in the order of
// the text, as places in it: much smaller than values, which strangers may send many of.
type printer struct {
	s     string // valid JSON
	nodes []node
}

// node is one value.
type node struct {
	start, end         int32 // of a scalar
	nameStart, nameEnd int32 // of the quoted name that it has in its object
	next               int32 // the node behind the value and what is in it
}

// printJSON prints a valid JSON text.
func printJSON(s string) string {
	p := printer{s: s}
	p.nodes = make([]node, 0, 1+strings.Count(s, ",")+strings.Count(s, "[")+strings.Count(s, "{"))
	p.parse(0)
	return string(p.append(make([]byte, 0, len(s)), 0))
}

// parse reads the value at s[i].
func (p *printer) parse(i int) (end int) {
	s, at := p.s, len(p.nodes)
	p.nodes = append(p.nodes, node{start: int32(i)})
	if s[i] != '{' && s[i] != '[' {
		end, _ = scanScalar(s, i)
		p.nodes[at].end, p.nodes[at].next = int32(end), int32(len(p.nodes))
		return end
	}
	closing := s[i] + 2
	for i = skipSpace(s, i+1); s[i] != closing; i = skipSpace(s, i) {
		if s[i] == ',' {
			i = skipSpace(s, i+1)
		}
		name, nameEnd := i, i
		if closing == '}' {
			nameEnd, _ = scanString(s, i)
			i = skipSpace(s, skipSpace(s, nameEnd)+1)
		}
		inside := len(p.nodes)
		i = p.parse(i)
		p.nodes[inside].nameStart, p.nodes[inside].nameEnd = int32(name), int32(nameEnd)
	}
	p.nodes[at].next = int32(len(p.nodes))
	return i + 1
}

// append appends the value of a node.
func (p *printer) append(b []byte, at int32) []byte {
	n := p.nodes[at]
	switch c := p.s[n.start]; c {
	case '[':
		b = append(b, '[')
		for i := at + 1; i < n.next; i = p.nodes[i].next {
			if i > at+1 {
				b = append(b, ',')
			}
			b = p.append(b, i)
		}
		return append(b, ']')
	case '{':
		b = append(b, '{')
		for i, member := range p.ordered(at) {
			if i > 0 {
				b = append(b, ',')
			}
			m := p.nodes[member]
			b = append(appendString(b, p.s[m.nameStart:m.nameEnd]), ':')
			b = p.append(b, member)
		}
		return append(b, '}')
	case '"':
		return appendString(b, p.s[n.start:n.end])
	case 't', 'f', 'n':
		return append(b, p.s[n.start:n.end]...)
	default:
		f := parseFloat(p.s[n.start:n.end])
		if math.IsInf(f, 0) {
			return append(b, "null"...)
		}
		return append(b, formatNumber(f)...)
	}
}

// ordered returns the members of an object as a JavaScript object keeps them: array indexes first, in their numeric order,
// then the others in the order of their first appearance, each with the last value it was given.
func (p *printer) ordered(at int32) []int32 {
	n := 0
	for i := at + 1; i < p.nodes[at].next; i = p.nodes[i].next {
		n++
	}
	name := func(i int32) string { return unquote(p.s[p.nodes[i].nameStart:p.nodes[i].nameEnd]) }
	kept := make([]int32, 0, n)
	var places map[string]int
	if n > 1 {
		places = make(map[string]int)
	}
	indexes := false
	for i := at + 1; i < p.nodes[at].next; i = p.nodes[i].next {
		text := name(i)
		indexes = indexes || arrayIndex(text) >= 0
		if place, dup := places[text]; dup {
			kept[place] = i
			continue
		}
		if places != nil {
			places[text] = len(kept)
		}
		kept = append(kept, i)
	}
	if indexes {
		slices.SortStableFunc(kept, func(x, y int32) int {
			// As unsigned numbers, names that are no index come last and are all equal.
			return cmp.Compare(uint(arrayIndex(name(x))), uint(arrayIndex(name(y))))
		})
	}
	return kept
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
