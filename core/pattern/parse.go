package pattern

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// delimiters end the text of a parameter, and one of them may follow a path.
const delimiters = "/#?"

func at(text string, offset int) string { return text + " at " + strconv.Itoa(offset) }

// token is a part of a parsed pattern: literal text, or a group.
type token struct {
	literal string // not empty for literal text
	group
}

// group is a parameter with what belongs to it, or a group without one, whose name and body are
// empty.
type group struct {
	name           string
	prefix, suffix string
	body           string // of the custom expression
	bodyAt         int    // of body in the pattern, in bytes
	before         string // what must not start inside a parameter without body
	modifier       string
	offset         int // in UTF-16 code units
}

func (g *group) isParam() bool { return g.name != "" || g.body != "" }

func (g *group) repeats() bool { return g.modifier == "*" || g.modifier == "+" }

type parser struct {
	pattern string
	lexemes []lexeme
	next    int
	tokens  []token
	text    strings.Builder // literal text not yet in tokens
	unnamed int
}

// parse turns a pattern into tokens.
func parse(pattern string) ([]token, error) {
	if !utf8.ValidString(pattern) {
		return nil, &Error{Pattern: pattern, Inner: "Pattern is not valid UTF-8"}
	}
	lexemes, err := lex(pattern)
	if err != nil {
		return nil, err
	}
	p := &parser{pattern: pattern, lexemes: lexemes}
	for p.next < len(p.lexemes) {
		if err := p.step(); err != nil {
			return nil, err
		}
	}
	return p.tokens, nil
}

func (p *parser) step() error {
	start := p.lexemes[p.next].offset
	char := p.take(kindChar)
	name := p.take(kindName)
	body, bodyAt := p.takeBody()
	switch {
	case name != "" || body != "":
		prefix := char
		if prefix != "" && prefix != "/" && prefix != "." {
			p.text.WriteString(prefix)
			start += units(prefix)
			prefix = ""
		}
		p.flush()
		return p.add(group{name: name, prefix: prefix, body: body, bodyAt: bodyAt, offset: start})
	case char != "":
		p.text.WriteString(char)
		return nil
	}
	if escaped := p.take(kindEscaped); escaped != "" {
		p.text.WriteString(escaped)
		return nil
	}
	p.flush()
	if p.lexemes[p.next].kind == kindOpen {
		p.next++
		return p.braces(start)
	}
	return p.expect(kindEnd)
}

// braces parses a group after its opening brace.
func (p *parser) braces(start int) error {
	g := group{prefix: p.literal(), offset: start}
	g.name = p.take(kindName)
	g.body, g.bodyAt = p.takeBody()
	g.suffix = p.literal()
	if err := p.expect(kindClose); err != nil {
		return err
	}
	return p.add(g)
}

// add completes a group with its modifier, automatic name and left context.
func (p *parser) add(g group) error {
	g.modifier = p.take(kindModifier)
	switch {
	case g.name == "" && g.body != "":
		g.name = strconv.Itoa(p.unnamed)
		p.unnamed++
	case g.name != "" && g.body == "":
		before, err := p.textBefore(&g)
		if err != nil {
			return err
		}
		g.before = before
	}
	p.tokens = append(p.tokens, token{group: g})
	return nil
}

// textBefore returns the text that separates a parameter from what is before.
func (p *parser) textBefore(g *group) (string, error) {
	if g.prefix != "" || len(p.tokens) == 0 {
		return g.prefix, nil
	}
	last := p.tokens[len(p.tokens)-1]
	if last.literal == "" {
		return "", &Error{p.pattern, g.offset, `Must have text between two parameters, missing text after "` + last.name + `"`}
	}
	return last.literal, nil
}

// take consumes the next lexeme if it is of the kind, and returns its value.
func (p *parser) take(kind lexemeKind) string {
	if p.next < len(p.lexemes) && p.lexemes[p.next].kind == kind {
		p.next++
		return p.lexemes[p.next-1].value
	}
	return ""
}

func (p *parser) takeBody() (body string, bodyAt int) {
	if p.next < len(p.lexemes) {
		bodyAt = p.lexemes[p.next].at
	}
	return p.take(kindPattern), bodyAt
}

// literal consumes characters, escaped or not.
func (p *parser) literal() string {
	var text strings.Builder
	for {
		char := p.take(kindChar)
		if char == "" {
			char = p.take(kindEscaped)
		}
		if char == "" {
			return text.String()
		}
		text.WriteString(char)
	}
}

func (p *parser) expect(kind lexemeKind) error {
	found := p.lexemes[p.next]
	if found.kind != kind {
		text := "Unexpected " + string(found.kind) + " at " + strconv.Itoa(found.offset) + ", expected " + string(kind)
		return &Error{p.pattern, found.offset, text}
	}
	p.next++
	return nil
}

func (p *parser) flush() {
	if p.text.Len() > 0 {
		p.tokens = append(p.tokens, token{literal: p.text.String()})
		p.text.Reset()
	}
}
