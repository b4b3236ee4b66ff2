// Package routes tells whether a path is one of a list of routes, in every way in which a
// router, and what is behind it, may read the path.
package routes

import (
	"errors"
	"regexp"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/pattern"
)

// Answer says whether a path is one of a list.
type Answer uint8

// The answers: those of core.MatchResult.
const (
	NoMatch Answer = iota
	Match
	CannotTell
)

// Routes is a compiled list. It is immutable once it is complete, and safe for concurrent
// use.
type Routes struct {
	// set matches as Clerk does: in any letter case, with or without a trailing
	// slash. exact hold the same patterns for routers that distinguish.
	set *pattern.Set
	// wide holds the patterns whose parameters can hold less than a router's, with
	// parameters that hold more; nil without any.
	wide        *pattern.Set
	exact       [2][2]*pattern.Set // by letter case, by trailing slash
	expressions []*regexp.Regexp
	folded      []*regexp.Regexp // the same in any letter case
}

// SetPatterns compiles the patterns of the list, once for each kind of router.
func (r *Routes) SetPatterns(patterns []string) error {
	var err error
	for i, sensitive := range [...]bool{false, true} {
		for j, strict := range [...]bool{false, true} {
			r.exact[i][j], err = pattern.CompileWith(pattern.Options{CaseSensitive: sensitive, Strict: strict}, patterns...)
			if err != nil {
				return err
			}
		}
	}
	r.set = r.exact[0][0]
	var wide []string
	for _, p := range patterns {
		if w := widen(p); w != p {
			wide = append(wide, w)
		}
	}
	if len(wide) > 0 {
		r.wide, err = pattern.Compile(wide...)
	}
	return err
}

// AddExpression adds a regular expression.
func (r *Routes) AddExpression(e *regexp.Regexp) error {
	if e == nil {
		return errors.New("a nil *regexp.Regexp matches nothing")
	}
	folded, err := regexp.Compile("(?i:" + e.String() + ")")
	if err != nil {
		return errors.New("expression " + e.String() + " is not in the syntax of package regexp: " + err.Error())
	}
	r.expressions, r.folded = append(r.expressions, e), append(r.folded, folded)
	return nil
}

// CheckPattern refuses patterns that no path can match, and says what was
// probably meant.
func CheckPattern(p string) error {
	quoted := `pattern "` + p + `"`
	switch {
	case p == "":
		return errors.New("an empty pattern matches nothing: leave it out, or write / for the root")
	case strings.HasSuffix(p, "/**") || strings.HasSuffix(p, "/*"):
		return errors.New(quoted + ` is a glob: write "` + strings.TrimRight(p, "*") + `(.*)" for everything below, or "` +
			strings.TrimRight(p, "/*") + `/:path*" to include the path itself`)
	case strings.TrimSpace(p) != p:
		return errors.New(quoted + " has white space around it, which no path has: remove it")
	case strings.Contains(p, "://"):
		return errors.New(quoted + " is an address: write its path only, because a pattern matches paths")
	case strings.HasPrefix(p, ":"), !strings.ContainsRune(`/({\`, rune(p[0])):
		return errors.New(quoted + ` matches no path, because paths start with a slash: write "/` + p + `"`)
	}
	return nil
}

// widen returns a pattern whose parameters hold what the parameters of routers do.
// In a pattern, a parameter that follows a text within its segment (/v1.:id,
// /:from-:to) cannot hold that text again; in routes it can. Fiber's even reach
// beyond their segment where a text follows them.
func widen(p string) string {
	var out strings.Builder
	before := byte('/')
	for i := 0; i < len(p); {
		start := i
		switch p[i] {
		case '\\':
			i = min(i+2, len(p))
		case '(':
			i = closing(p, i)
		case ':':
			for i++; i < len(p) && jstext.IsWordByte(p[i]); i++ {
			}
			out.WriteString(p[start:i])
			switch after := strings.TrimLeft(p[i:], "}?*+"); {
			case strings.HasPrefix(p[i:], "("):
			case after != "" && after[0] != '/' && after[0] != '{':
				out.WriteString("(.+)")
			case before != '/':
				out.WriteString("([^/]+)")
			}
			before = ':'
			continue
		default:
			i++
		}
		before = p[i-1]
		out.WriteString(p[start:i])
	}
	return out.String()
}

// closing returns the index after the parenthesis that closes the one at p[i].
func closing(p string, i int) int {
	depth := 0
	for ; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(p)
}
