package demo

import (
	"html/template"
	"strings"
	"time"
	"unicode/utf8"
)

// functions are those of the templates.
var functions = template.FuncMap{
	"initials": initials,
	"short":    func(key string) string { return strings.TrimPrefix(key, "org:") },
	"clock":    func(t time.Time) string { return t.Format("15:04:05") },
	"pair":     func(page Page, data any) pair { return pair{page, data} },
}

// pair gives a part of a page the page too.
type pair struct {
	Page Page
	Data any
}

// initials are the first letters of the first and the last word of a name.
func initials(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return "?"
	}
	first := func(word string) string {
		_, size := utf8.DecodeRuneInString(word)
		return word[:size]
	}
	if len(words) == 1 {
		return strings.ToUpper(first(words[0]))
	}
	return strings.ToUpper(first(words[0]) + first(words[len(words)-1]))
}
