package pattern

import (
	"strings"
	"unicode/utf8"
)

const unlimited = -1

type nodeOp uint8

const (
	nodeEmpty nodeOp = iota
	nodeLiteral
	nodeSet
	nodeConcat
	nodeAlternate
	nodeRepeat
	nodeCapture
	nodeNotAhead // a literal that must not start here
	nodeLook
	nodeBegin
	nodeEnd
	nodeWordBoundary
	nodeNotWordBoundary
)

// node is an expression. Which fields count depends on op.
type node struct {
	op        nodeOp
	subs      []*node
	text      string
	set       *charSet
	low, high int // high may be unlimited
	lazy      bool
	not       bool
	param     int
}

func literal(text string) *node {
	if text == "" {
		return &node{op: nodeEmpty}
	}
	return &node{op: nodeLiteral, text: text}
}

func concat(subs ...*node) *node {
	var flat []*node
	for _, sub := range subs {
		switch sub.op {
		case nodeEmpty:
		case nodeConcat:
			flat = append(flat, sub.subs...)
		default:
			flat = append(flat, sub)
		}
	}
	// Adjacent literals become one.
	merged := flat[:0]
	for _, sub := range flat {
		if n := len(merged); n > 0 && sub.op == nodeLiteral && merged[n-1].op == nodeLiteral {
			merged[n-1] = &node{op: nodeLiteral, text: merged[n-1].text + sub.text}
		} else {
			merged = append(merged, sub)
		}
	}
	switch len(merged) {
	case 0:
		return &node{op: nodeEmpty}
	case 1:
		return merged[0]
	}
	return &node{op: nodeConcat, subs: merged}
}

func repeat(sub *node, low, high int) *node {
	return &node{op: nodeRepeat, subs: []*node{sub}, low: low, high: high}
}

// mayBeEmpty reports whether n can match without consuming anything. It may err towards true.
func (n *node) mayBeEmpty() bool {
	switch n.op {
	case nodeLiteral, nodeSet:
		return false
	case nodeConcat:
		for _, sub := range n.subs {
			if !sub.mayBeEmpty() {
				return false
			}
		}
		return true
	case nodeAlternate:
		for _, sub := range n.subs {
			if sub.mayBeEmpty() {
				return true
			}
		}
		return false
	case nodeRepeat:
		return n.low == 0 || n.subs[0].mayBeEmpty()
	case nodeCapture:
		return n.subs[0].mayBeEmpty()
	default:
		return true
	}
}

// param is a parameter of a pattern.
type param struct {
	name      string
	separator string // between the values of one that repeats
	repeats   bool
}

// assemble turns the tokens of a pattern into an expression and the parameters that its captures
// are for.
func assemble(pattern string, tokens []token) (*node, []param, error) {
	for i := range tokens {
		g := &tokens[i].group
		if g.isParam() && g.repeats() && g.prefix == "" && g.suffix == "" {
			return nil, nil, &Error{pattern, g.offset, `Can not repeat "` + g.name + `" without a prefix and suffix`}
		}
	}
	var params []param
	parts := make([]*node, 0, len(tokens))
	for i := range tokens {
		g := &tokens[i].group
		switch {
		case tokens[i].literal != "":
			parts = append(parts, literal(tokens[i].literal))
		case !g.isParam():
			parts = append(parts, modified(literal(g.prefix+g.suffix), g.modifier))
		default:
			n, err := capture(pattern, g, len(params))
			if err != nil {
				return nil, nil, err
			}
			parts = append(parts, n)
			params = append(params, param{name: g.name, separator: g.prefix + g.suffix, repeats: g.repeats()})
		}
	}
	return concat(parts...), params, nil
}

// capture returns the expression of a parameter.
func capture(pattern string, g *group, index int) (*node, error) {
	body := defaultBody(g.before)
	if g.body != "" {
		var err error
		if body, err = parseExpression(pattern, g); err != nil {
			return nil, err
		}
	}
	modifier := g.modifier
	if g.repeats() {
		body = concat(body, repeat(concat(literal(g.suffix+g.prefix), body), 0, unlimited))
		modifier = map[string]string{"+": "", "*": "?"}[modifier]
	}
	captured := &node{op: nodeCapture, subs: []*node{body}, param: index}
	return modified(concat(literal(g.prefix), captured, literal(g.suffix)), modifier), nil
}

// defaultBody returns the expression of a parameter that has none: as few characters as possible,
// no delimiter, and the text before the parameter does not start at any of them.
func defaultBody(before string) *node {
	excluded := make([]span, 0, len(delimiters)+1)
	for _, d := range delimiters {
		excluded = append(excluded, span{d, d})
	}
	check := false
	if before != "" && !strings.ContainsAny(before, delimiters) {
		r, size := utf8.DecodeRuneInString(before)
		if check = size < len(before); !check {
			excluded = append(excluded, span{r, r})
		}
	}
	char := &node{op: nodeSet, set: &charSet{spans: excluded, not: true}}
	if check {
		char = concat(&node{op: nodeNotAhead, text: before}, char)
	}
	return &node{op: nodeRepeat, subs: []*node{char}, low: 1, high: unlimited, lazy: true}
}

func modified(n *node, modifier string) *node {
	switch modifier {
	case "?":
		return repeat(n, 0, 1)
	case "*":
		return repeat(n, 0, unlimited)
	case "+":
		return repeat(n, 1, unlimited)
	}
	return n
}
