package pattern

import (
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxRepeat  = 1000 // in {n,m}
	maxNesting = 200  // of groups in a custom expression
)

// exprParser parses a custom expression.
type exprParser struct {
	pattern string
	base    int // of src in pattern, in bytes
	src     string
	i       int
	depth   int
}

func (p *exprParser) fail(i int, what string) error {
	return &Error{p.pattern, units(p.pattern[:p.base+i]), "Invalid regular expression: /" + p.src + "/: " + what}
}

// parseExpression turns the body of a group into a node.
func parseExpression(pattern string, g *group) (*node, error) {
	p := &exprParser{pattern: pattern, base: g.bodyAt, src: g.body}
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.i < len(p.src) {
		return nil, p.fail(p.i, "Unmatched ')'")
	}
	return n, nil
}

func (p *exprParser) peek() byte {
	if p.i < len(p.src) {
		return p.src[p.i]
	}
	return 0
}

func (p *exprParser) alternatives() (*node, error) {
	var branches []*node
	for {
		var sequence []*node
		for p.i < len(p.src) && p.src[p.i] != '|' && p.src[p.i] != ')' {
			n, err := p.term()
			if err != nil {
				return nil, err
			}
			sequence = append(sequence, n)
		}
		branches = append(branches, concat(sequence...))
		if p.i == len(p.src) || p.src[p.i] != '|' {
			break
		}
		p.i++
	}
	if len(branches) == 1 {
		return branches[0], nil
	}
	return &node{op: nodeAlternate, subs: branches}, nil
}

// term parses an assertion, or an atom with its quantifier.
func (p *exprParser) term() (*node, error) {
	start := p.i
	var n *node
	var err error
	switch c := p.src[p.i]; c {
	case '^', '$':
		p.i++
		n = &node{op: nodeBegin}
		if c == '$' {
			n = &node{op: nodeEnd}
		}
		return n, p.noQuantifier("Nothing to repeat")
	case '*', '+', '?':
		return nil, p.fail(start, "Nothing to repeat")
	case '(':
		n, err = p.group()
	case '[':
		n, err = p.class()
	case '\\':
		n, err = p.escape()
	case '.':
		p.i++
		n = &node{op: nodeSet, set: &charSet{any: true}}
	case '{':
		if _, _, _, ok := p.braces(); ok {
			return nil, p.fail(start, "Nothing to repeat")
		}
		p.i++
		n = literal("{")
	default:
		_, size := utf8.DecodeRuneInString(p.src[p.i:])
		n = literal(p.src[p.i : p.i+size])
		p.i += size
	}
	if err != nil {
		return nil, err
	}
	switch source := p.src[start:]; {
	case source[0] == '\\' && (n.op == nodeWordBoundary || n.op == nodeNotWordBoundary):
		return n, p.noQuantifier("Nothing to repeat")
	case strings.HasPrefix(source, "(?=") || strings.HasPrefix(source, "(?!"):
		return n, p.noQuantifier("Repeated lookahead is not supported")
	}
	return p.quantified(n)
}

func (p *exprParser) noQuantifier(what string) error {
	switch p.peek() {
	case '*', '+', '?':
		return p.fail(p.i, what)
	case '{':
		if _, _, _, ok := p.braces(); ok {
			return p.fail(p.i, what)
		}
	}
	return nil
}

func (p *exprParser) quantified(n *node) (*node, error) {
	start, low, high := p.i, 0, unlimited
	switch p.peek() {
	case '*':
		p.i++
	case '+':
		low = 1
		p.i++
	case '?':
		high = 1
		p.i++
	case '{':
		var length int
		var ok bool
		if low, high, length, ok = p.braces(); !ok {
			return n, nil
		}
		p.i += length
	default:
		return n, nil
	}
	if low > maxRepeat || high > maxRepeat {
		return nil, p.fail(start, "Repetition of more than 1000 times is not supported")
	}
	if high != unlimited && low > high {
		return nil, p.fail(start, "numbers out of order in {} quantifier")
	}
	rep := &node{op: nodeRepeat, subs: []*node{n}, low: low, high: high}
	if p.peek() == '?' {
		rep.lazy = true
		p.i++
	}
	return rep, p.noQuantifier("Nothing to repeat")
}

// braces reads {n}, {n,} or {n,m} without consuming it. Anything else is literal text.
func (p *exprParser) braces() (low, high, length int, ok bool) {
	s := p.src[p.i+1:]
	low, s, ok = number(s)
	if !ok {
		return 0, 0, 0, false
	}
	high = low
	if rest, comma := strings.CutPrefix(s, ","); comma {
		var bounded bool
		if high, s, bounded = number(rest); !bounded {
			high = unlimited
		}
	}
	if !strings.HasPrefix(s, "}") {
		return 0, 0, 0, false
	}
	return low, high, len(p.src) - p.i - len(s) + 1, true
}

// number reads decimal digits; what exceeds maxRepeat is maxRepeat+1.
func number(s string) (value int, rest string, ok bool) {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		value = min(10*value+int(s[i]-'0'), maxRepeat+1)
		i++
	}
	return value, s[i:], i > 0
}

func (p *exprParser) group() (*node, error) {
	start := p.i
	rest := p.src[p.i:]
	look, not, open := false, false, 3
	switch {
	case strings.HasPrefix(rest, "(?:"):
	case strings.HasPrefix(rest, "(?="):
		look = true
	case strings.HasPrefix(rest, "(?!"):
		look, not = true, true
	case strings.HasPrefix(rest, "(?<="), strings.HasPrefix(rest, "(?<!"):
		return nil, p.fail(start, "Lookbehind is not supported")
	case strings.HasPrefix(rest, "(?<"):
		return nil, p.fail(start, "Named capturing groups are not supported")
	default:
		return nil, p.fail(start, "Invalid group")
	}
	if p.depth++; p.depth > maxNesting {
		return nil, p.fail(start, "Groups are nested too deeply")
	}
	p.i += open
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.peek() != ')' {
		return nil, p.fail(start, "Unterminated group")
	}
	p.i++
	p.depth--
	if look {
		return &node{op: nodeLook, subs: []*node{n}, not: not}, nil
	}
	return n, nil
}

// escape parses a backslash outside a class.
func (p *exprParser) escape() (*node, error) {
	if rest := p.src[p.i+1:]; rest != "" {
		if spans, ok := classEscape(rest[0]); ok {
			p.i += 2
			return &node{op: nodeSet, set: &charSet{spans: spans}}, nil
		}
		switch rest[0] {
		case 'b':
			p.i += 2
			return &node{op: nodeWordBoundary}, nil
		case 'B':
			p.i += 2
			return &node{op: nodeNotWordBoundary}, nil
		}
	}
	r, err := p.charEscape()
	if err != nil {
		return nil, err
	}
	return literal(string(r)), nil
}

// charEscape parses a backslash that stands for one character.
func (p *exprParser) charEscape() (rune, error) {
	start := p.i
	r, size := utf8.DecodeRuneInString(p.src[p.i+1:])
	p.i += 1 + size
	switch r {
	case 't':
		return '\t', nil
	case 'n':
		return '\n', nil
	case 'v':
		return '\v', nil
	case 'f':
		return '\f', nil
	case 'r':
		return '\r', nil
	case '0':
		if c := p.peek(); c < '0' || c > '9' {
			return 0, nil
		}
		return 0, p.fail(start, "Octal escapes are not supported")
	case 'x':
		return p.hexEscape(start, 2)
	case 'u':
		return p.unicodeEscape(start)
	}
	switch {
	case size == 0:
		return 0, p.fail(start, `\ at end of pattern`)
	case '1' <= r && r <= '9':
		return 0, p.fail(start, "Backreferences are not supported")
	case 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
		return 0, p.fail(start, `Escape \`+string(r)+" is not supported")
	}
	return r, nil
}

// hexEscape reads so many hexadecimal digits.
func (p *exprParser) hexEscape(start, digits int) (rune, error) {
	var r rune
	for range digits {
		digit, ok := hexDigit(p.peek())
		if !ok {
			return 0, p.fail(start, "Incomplete hexadecimal escape")
		}
		r = r<<4 | rune(digit)
		p.i++
	}
	return r, nil
}

// unicodeEscape reads four digits, and one more escape if these are half of a surrogate pair.
func (p *exprParser) unicodeEscape(start int) (rune, error) {
	r, err := p.hexEscape(start, 4)
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if strings.HasPrefix(p.src[p.i:], `\u`) {
		p.i += 2
		low, err := p.hexEscape(start, 4)
		if err != nil {
			return 0, err
		}
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			return r, nil
		}
	}
	return 0, p.fail(start, "Half of a surrogate pair is not supported")
}

// class parses a character class.
func (p *exprParser) class() (*node, error) {
	start := p.i
	p.i++
	not := p.peek() == '^'
	if not {
		p.i++
	}
	if p.peek() == ']' {
		return nil, p.fail(start, "[] and [^] are not supported; an own ] is written \\]")
	}
	var spans []span
	for p.peek() != ']' {
		from := p.i
		low, err := p.classAtom(start)
		if err != nil {
			return nil, err
		}
		spans = append(spans, low...)
		if p.peek() != '-' || strings.HasPrefix(p.src[p.i:], "-]") {
			continue
		}
		p.i++
		high, err := p.classAtom(start)
		if err != nil {
			return nil, err
		}
		if isChar(low) && isChar(high) {
			if low[0].low > high[0].low {
				return nil, p.fail(from, "Range out of order in character class")
			}
			spans = append(spans, span{low[0].low, high[0].low})
			continue
		}
		// Beside a set such as \w the hyphen stands for itself.
		spans = slices.Concat(spans, high, []span{{'-', '-'}})
	}
	p.i++
	return &node{op: nodeSet, set: &charSet{spans: spans, not: not}}, nil
}

func isChar(spans []span) bool { return len(spans) == 1 && spans[0].low == spans[0].high }

// classAtom parses a character or a set such as \w inside a class.
func (p *exprParser) classAtom(start int) ([]span, error) {
	if p.i == len(p.src) {
		return nil, p.fail(start, "Unterminated character class")
	}
	if p.src[p.i] != '\\' {
		r, size := utf8.DecodeRuneInString(p.src[p.i:])
		p.i += size
		return []span{{r, r}}, nil
	}
	if rest := p.src[p.i+1:]; rest != "" {
		if spans, ok := classEscape(rest[0]); ok {
			p.i += 2
			return spans, nil
		}
		if rest[0] == 'b' {
			p.i += 2
			return []span{{'\b', '\b'}}, nil
		}
	}
	r, err := p.charEscape()
	return []span{{r, r}}, err
}
