package routeproof

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// segmentKind is what a segment of a route matches.
type segmentKind uint8

const (
	literal    segmentKind = iota
	param                  // one segment, perhaps after a text: user_:name
	twoParams              // Fiber: two parameters with a text between them
	optional               // Fiber: a segment or nothing, at the end
	someRest               // Fiber: all that is left, not nothing
	rest                   // all that is left after the slash
	restOfText             // all that is left, directly after a text: static*
)

// segment is a part of a route between slashes.
type segment struct {
	kind segmentKind
	text string // literal text, or what comes before or between parameters
}

// template is a route that no framework has spelled yet.
type template struct {
	segments []segment
	slash    bool // ends in a slash
	kind     Kind
}

// ends reports whether nothing can follow a segment of this kind.
func (k segmentKind) ends() bool { return k >= optional }

// words are the literal segments. Some hold what patterns, escapes or letter cases make special.
var words = []string{
	"admin", "admin", "api", "api", "users", "me", "edit", "kiosk", "sessions", "a", "b", "x", "public", "new",
	"Admin", "ADMIN", "Mixed", "static", "files", "id", "a.b", "x-y", "v1.0", "user_", "sign-in", "old", "v1",
	"café", "straße", "日本", "a b", "a+b", "(x)", "a;b", "@me", "~u", "$x", "a,b", "a=b", "a&b", "it's", "50%off",
	"a:b", "{y}", "[z]", "x|y",
}

// generator makes tables and targets from one seed.
type generator struct {
	*rand.Rand
	framework string
	settings  []string
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// chance reports true once in n times.
func (g *generator) chance(n int) bool { return g.IntN(n) == 0 }

func (g *generator) word() string {
	if g.chance(2) {
		return words[g.IntN(14)]
	}
	word := pick(g.Rand, words)
	if strings.Contains(word, ":") && g.framework == "echo" {
		return "a.b"
	}
	return word
}

// template makes a route.
func (g *generator) template() template {
	var t template
	n := 1 + g.IntN(4)
	for i := range n {
		last := i == n-1
		s := segment{kind: literal, text: g.word()}
		if i > 0 || g.chance(4) {
			switch g.IntN(12) {
			case 0, 1, 2, 3:
				s = segment{kind: param}
			case 4:
				s = segment{kind: param, text: pick(g.Rand, []string{"user_", "x", "v1."})}
			case 5:
				if g.framework == "fiber" {
					s = segment{kind: twoParams, text: pick(g.Rand, []string{"-", ".", "-x-"})}
				}
			}
		}
		if last && g.chance(3) {
			s = g.ending()
		}
		t.segments = append(t.segments, s)
	}
	end := t.segments[n-1]
	t.slash = !end.kind.ends() && g.chance(8)
	switch g.IntN(10) {
	case 0:
		t.kind = Any
	case 1, 2:
		t.kind = Grouped
	case 3:
		if g.framework == "fiber" {
			t.kind = Mounted
		}
	case 4:
		if g.framework == "fiber" && end.kind == literal {
			t.kind, t.slash = Prefix, false
		}
	}
	if first := t.segments[0]; t.kind == Grouped || t.kind == Mounted {
		if n == 1 || first.kind != literal || strings.ContainsAny(first.text, ":+") { // Fiber reads the prefix of a mount twice.
			t.kind = Get
		}
	}
	return t
}

// ending makes a last segment.
func (g *generator) ending() segment {
	kinds := []segmentKind{rest}
	switch g.framework {
	case "echo":
		kinds = append(kinds, restOfText)
	case "fiber":
		kinds = append(kinds, restOfText, optional, someRest)
	}
	s := segment{kind: pick(g.Rand, kinds)}
	if s.kind == restOfText {
		s.text = pick(g.Rand, []string{"static", "files", "admin"})
	}
	return s
}

// escapeText escapes what is special to a framework's routes or to patterns.
func escapeText(text, special string) string {
	var b strings.Builder
	for i := range len(text) {
		if strings.IndexByte(special, text[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// raw reports whether the router compares literals with undecoded paths.
func (g *generator) raw() bool {
	return g.framework == "fiber" && !slices.Contains(g.settings, "UnescapePath") ||
		slices.Contains(g.settings, "UseEscapedPath")
}

// literalText is how the framework's routes spell a literal.
func (g *generator) literalText(text string) string {
	if g.raw() {
		text = escapeWord(text)
	}
	switch g.framework {
	case "fiber":
		return escapeText(text, `:*+?`)
	case "gin":
		return escapeText(text, `:`)
	}
	return text
}

// escapeWord escapes a literal as browsers do.
func escapeWord(text string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"#%<>?`{}", c) >= 0 {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// route spells a template in the syntax of the framework.
func (g *generator) route(t template) string {
	var b strings.Builder
	for i, s := range t.segments {
		b.WriteByte('/')
		name := ":p" + string(rune('a'+i))
		switch s.kind {
		case literal:
			b.WriteString(g.literalText(s.text))
		case param:
			b.WriteString(g.literalText(s.text) + name)
		case twoParams:
			b.WriteString(name + s.text + ":q")
		case optional:
			b.WriteString(name + "?")
		case someRest:
			b.WriteByte('+')
		case rest:
			b.WriteByte('*')
			if g.framework == "gin" {
				b.WriteString("rest")
			}
		case restOfText:
			b.WriteString(s.text + "*")
		}
	}
	if t.slash {
		b.WriteByte('/')
	}
	return b.String()
}

// elements are the elements of a matcher that a user would write for a template.
// Literals that browsers escape have two spellings where routes are compared with
// undecoded paths.
func (g *generator) elements(t template) []Element {
	plain := g.element(t, func(s string) string { return s })
	if !g.raw() {
		return []Element{plain}
	}
	escaped := g.element(t, escapeWord)
	if escaped == plain {
		return []Element{plain}
	}
	return []Element{plain, escaped}
}

// element spells a template as a pattern.
func (g *generator) element(t template, spell func(string) string) Element {
	var b strings.Builder
	for i, s := range t.segments {
		name := ":p" + string(rune('a'+i))
		text := escapeText(spell(s.text), `\:*+?(){}`)
		switch s.kind {
		case literal:
			b.WriteString("/" + text)
		case param:
			b.WriteString("/" + text + name)
		case twoParams:
			b.WriteString("/" + name + s.text + ":q")
		case optional:
			b.WriteString("/" + name + "?")
		case someRest:
			b.WriteString("/(.+)")
		case rest:
			b.WriteString("/(.*)")
		case restOfText:
			b.WriteString("/" + text + "(.*)")
		}
	}
	switch {
	case t.kind == Prefix:
		b.WriteString("(.*)")
	case t.slash && (g.framework != "fiber" || slices.Contains(g.settings, "StrictRouting")):
		b.WriteByte('/')
	}
	return Element{Text: b.String()}
}

// expression spells a template as a regular expression, or as a pattern where
// that would be too much to write.
func (g *generator) expression(t template) []Element {
	var b strings.Builder
	b.WriteByte('^')
	for _, s := range t.segments {
		text := regexp.QuoteMeta(s.text)
		switch s.kind {
		case literal:
			b.WriteString("/" + text)
		case param:
			b.WriteString("/" + text + "[^/]+")
		case rest:
			b.WriteString("/(?s:.*)")
		case restOfText:
			b.WriteString("/" + text + "(?s:.*)")
		case twoParams, optional, someRest:
			return g.elements(t)
		}
		if escapeWord(s.text) != s.text {
			return g.elements(t)
		}
	}
	switch {
	case t.kind == Prefix:
		b.WriteString("(?s:.*)")
	case g.framework == "fiber" && !slices.Contains(g.settings, "StrictRouting"):
		b.WriteString("/?")
	case t.slash:
		b.WriteByte('/')
	}
	b.WriteByte('$')
	return []Element{{Text: b.String(), Expression: true}}
}
