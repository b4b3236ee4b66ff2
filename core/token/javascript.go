package token

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
)

// What JavaScript prints and reads differently from Go, as far as messages and comparisons need it.

// printer prints a value as JSON.stringify does. Its nodes are the values in the order of the text,
// as places in it: much smaller than values, which strangers may send many of.
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
		f := jstext.ParseFloat(p.s[n.start:n.end])
		if math.IsInf(f, 0) {
			return append(b, "null"...)
		}
		return append(b, jstext.FormatNumber(f)...)
	}
}

// ordered returns the members of an object as a JavaScript object keeps them: array indexes first,
// in their numeric order, then the others in the order of their first appearance, each with the
// last value it was given.
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

// arrayIndex returns the number that a name spells if JavaScript counts it among array indexes,
// else -1.
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

// appendString appends a valid JSON string with the escapes that JSON.stringify uses, and no
// others.
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

// formatDate prints milliseconds since 1970 as Date.toUTCString does; NaN is what JavaScript calls
// an invalid date.
func formatDate(ms float64) string {
	if math.IsNaN(ms) {
		return "Invalid Date"
	}
	return time.UnixMilli(int64(ms)).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
}
