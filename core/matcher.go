package core

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/pattern"
)

// MatchResult is the answer of a [RouteMatcher].
type MatchResult uint8

// The answers of a [RouteMatcher].
const (
	// NoMatch means that the route is not one of the matcher's.
	NoMatch MatchResult = iota
	// Match means that it is.
	Match
	// CannotTell means that the router and the matcher may read the path
	// differently, or that an expression ran out of its budget. Treat it neither as
	// a match nor as a miss: refuse the request.
	CannotTell
)

// String returns "no match", "match" or "cannot tell".
func (m MatchResult) String() string {
	switch m {
	case NoMatch:
		return "no match"
	case Match:
		return "match"
	case CannotTell:
	}
	return "cannot tell"
}

// RouteMatcher tells whether a request visits one of a list of routes: Clerk's
// createRouteMatcher(). Make one with [NewRouteMatcher]; it is immutable and safe
// for concurrent use.
//
// A guard by path is only as good as its agreement with the router and with what is
// behind it, and a path has many spellings: /admin%2Fx, /./admin/x, /ADMIN/x. A
// RouteMatcher looks at a path as it came, decoded once and more often where that
// differs, and with its dot segments resolved and backslashes read as slashes; in
// any letter case for routers that ignore it; and, for mounts that compare prefixes
// as text, as those cut it. These are all: a server behind a proxy that reads more
// into a path, such as parameters after a semicolon, needs a guard on the proxy's
// route. It answers [CannotTell] where the readings differ, for paths with a
// segment of two dots or an empty one, malformed escapes, targets without a host
// (http:/admin), and paths longer than 8 KiB.
//
// Guards on routes and groups do not depend on any of this: prefer them.
type RouteMatcher struct {
	negated bool
	*routes
}

// routes is what a matcher and its negation share.
type routes struct {
	// set matches as Clerk does: in any letter case, with or without a trailing
	// slash. exact hold the same patterns for routers that distinguish.
	set *pattern.Set
	// wide holds the patterns whose parameters can hold less than a router's, with
	// parameters that hold more; nil without any.
	wide        *pattern.Set
	exact       [2][2]*pattern.Set // by letter case, by trailing slash
	expressions []*regexp.Regexp
	folded      []*regexp.Regexp // the same in any letter case
	predicates  []func(Request) bool
}

// NewRouteMatcher returns a matcher of routes. Each element is one of
//
//   - a string: a pattern such as /dashboard/:path* or /forum(.*), in the language
//     of package pattern, that matches in any letter case;
//   - a [*regexp.Regexp], applied to the decoded path; anchor it yourself. A path
//     with a slash at its end is guarded as without one, because file servers open
//     the same file. Letter case counts unless the router ignores it: write (?i) where
//     something behind it does;
//   - a func(core.Request) bool, which decides by itself. It sees the target as the
//     client sent it, in whatever spelling: let it decide by anything but the path.
//
// The error names every element that is wrong. Patterns that can match no path at
// all are wrong here, because they protect nothing: one without a leading slash,
// an empty one, and a glob such as /admin/*, which is spelled /admin/(.*).
func NewRouteMatcher(elements ...any) (*RouteMatcher, error) {
	r := &routes{}
	var patterns []string
	var faults []error
	for _, element := range elements {
		var err error
		switch e := element.(type) {
		case string:
			err = checkPattern(e)
			patterns = append(patterns, e)
		case *regexp.Regexp:
			err = r.addExpression(e)
		case func(Request) bool:
			if e == nil {
				err = optionError("a nil func matches nothing")
			}
			r.predicates = append(r.predicates, e)
		default:
			err = optionError(fmt.Sprintf("a %T is neither a pattern nor a *regexp.Regexp nor a func(core.Request) bool", element))
		}
		if err != nil {
			faults = append(faults, err)
		}
	}
	if len(elements) == 0 {
		faults = append(faults, optionError("no routes given: the matcher would match nothing"))
	}
	if len(faults) == 0 && len(patterns) > 0 {
		if err := r.compile(patterns); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return nil, &Error{class: ErrConfiguration, message: "invalid route matcher", cause: errors.Join(faults...)}
	}
	return &RouteMatcher{routes: r}, nil
}

// MustRouteMatcher is [NewRouteMatcher] for matchers that are written down in a
// program: it panics where that would fail.
func MustRouteMatcher(elements ...any) *RouteMatcher {
	m, err := NewRouteMatcher(elements...)
	if err != nil {
		panic(err) //nolint:forbidigo // documented; at start-up only
	}
	return m
}

// compile compiles the patterns, once for each kind of router.
func (r *routes) compile(patterns []string) error {
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

// addExpression adds a regular expression.
func (r *routes) addExpression(e *regexp.Regexp) error {
	if e == nil {
		return optionError("a nil *regexp.Regexp matches nothing")
	}
	folded, err := regexp.Compile("(?i:" + e.String() + ")")
	if err != nil {
		return optionError("expression " + e.String() + " is not in the syntax of package regexp: " + err.Error())
	}
	r.expressions, r.folded = append(r.expressions, e), append(r.folded, folded)
	return nil
}

// checkPattern refuses patterns that no path can match, and says what was
// probably meant.
func checkPattern(p string) error {
	quoted := `pattern "` + p + `"`
	switch {
	case p == "":
		return optionError("an empty pattern matches nothing: leave it out, or write / for the root")
	case strings.HasSuffix(p, "/**") || strings.HasSuffix(p, "/*"):
		return optionError(quoted + ` is a glob: write "` + strings.TrimRight(p, "*") + `(.*)" for everything below, or "` +
			strings.TrimRight(p, "/*") + `/:path*" to include the path itself`)
	case strings.TrimSpace(p) != p:
		return optionError(quoted + " has white space around it, which no path has: remove it")
	case strings.Contains(p, "://"):
		return optionError(quoted + " is an address: write its path only, because a pattern matches paths")
	case strings.HasPrefix(p, ":"), !strings.ContainsRune(`/({\`, rune(p[0])):
		return optionError(quoted + ` matches no path, because paths start with a slash: write "/` + p + `"`)
	}
	return nil
}

// Not returns the matcher of all other routes: what m cannot tell, it cannot
// tell either.
func (m *RouteMatcher) Not() *RouteMatcher {
	return &RouteMatcher{negated: !m.negated, routes: m.routes}
}

// Match answers for a request in front of an unknown router, by the target as the
// client sent it: it does not see another URL that a middleware, or Gin's
// HandleContext, has put in its place. Adapters use [RouteMatcher.MatchPath], because
// they know theirs.
func (m *RouteMatcher) Match(r Request) MatchResult {
	return m.MatchPath(r, unknownServer(r.Target()))
}

// MatchPath answers for a request whose router reads the path as p says.
func (m *RouteMatcher) MatchPath(r Request, p RoutePath) MatchResult {
	result := m.matchPath(r, p)
	for _, predicate := range m.predicates {
		if result != NoMatch {
			break
		}
		if predicate(r) {
			result = Match
		}
	}
	if m.negated && result != CannotTell {
		return Match - result
	}
	return result
}

// matchPath compares the views of a path.
func (m *RouteMatcher) matchPath(r Request, p RoutePath) MatchResult {
	if m.set == nil && len(m.expressions) == 0 {
		return NoMatch
	}
	target := r.Target()
	if p.Unusual || p.IsTooLong() || !isPath(p.Escaped) || hasEmptySegment(p.Escaped) || request.IsOddTarget(r, target) {
		return CannotTell
	}
	reference, err := pattern.Normalize(p.Escaped)
	if err != nil {
		return CannotTell
	}
	result := m.test(reference)
	exact, plain := true, true
	for i, view := range p.Router {
		plain = plain && view == p.Router[0] && (view == p.Escaped || view == reference)
		if i > 0 && view == p.Router[i-1] {
			continue
		}
		view = delimiters.Replace(view)
		if !isPath(view) {
			return CannotTell
		}
		if view != reference && m.test(view) != result {
			return CannotTell
		}
		if p.IgnoresCase && result != m.testFolded(view) {
			return CannotTell
		}
		exact = exact && (!m.negated || result != Match || m.testExact(view, p))
		if !m.negated && result == NoMatch && m.testWide(view) {
			return Match
		}
	}
	switch {
	case !m.testBehind(target, p, result):
		return CannotTell
	case exact:
		return m.testAliases(p, result)
	case plain:
		return NoMatch
	}
	return CannotTell
}

// testBehind reports whether the path has the same answer in every way in which
// handlers behind the router may read it. A catch-all route may open files or
// forward the request, so that no setting of the router makes this needless.
func (m *RouteMatcher) testBehind(target string, p RoutePath, result MatchResult) bool {
	views, ok := readings(nil, p.Escaped)
	for i := 0; ok && i < len(p.Router); i++ {
		if view := p.Router[i]; view != p.Escaped && !slices.Contains(views, view) {
			views, ok = readings(views, view)
		}
	}
	if whole := wholePath(target); ok && whole != "" && whole != p.Escaped {
		ok = !hasEmptySegment(whole)
		views = append(views, whole)
		if ok {
			views, ok = readings(views, whole)
		}
	}
	for _, view := range views {
		if ok = ok && m.testAs(view, p) == result; !ok {
			break
		}
	}
	return ok
}

// testAs matches a view that the router itself may not have, as its letter case
// and its parameters demand.
func (m *RouteMatcher) testAs(view string, p RoutePath) MatchResult {
	view = delimiters.Replace(view)
	result := m.test(view)
	switch {
	case p.IgnoresCase && result != m.testFolded(view):
		return CannotTell
	case result == NoMatch && !m.negated && m.testWide(view):
		return Match
	}
	return result
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

// testAliases matches the other spellings of a path. They are plain paths, so
// where they differ the request is not refused for good: it is guarded, as the
// route that serves them may need.
func (m *RouteMatcher) testAliases(p RoutePath, result MatchResult) MatchResult {
	if result == CannotTell || m.negated != (result == Match) {
		return result // It is guarded anyway.
	}
	if !m.negated && p.Wildcard != "" {
		if other := m.testAlias(p.Wildcard, p); other != result {
			return other
		}
	}
	if p.Alias != "" {
		if other := m.testAlias(p.Alias, p); other != result {
			return other
		}
	}
	if other := m.testSlashless(p); other != result && !m.negated {
		return other
	}
	for _, mounted := range p.Mounted {
		views, ok := readings([]string{mounted}, mounted)
		if !ok {
			return CannotTell
		}
		for _, view := range views {
			if other := m.testAlias(view, p); other != result {
				return other
			}
		}
	}
	return result
}

// testSlashless matches a path without the slash at its end, as far as decoding
// brings one out: file servers open a file for it. Patterns ignore the slash.
func (m *RouteMatcher) testSlashless(p RoutePath) MatchResult {
	if len(m.expressions) == 0 {
		return NoMatch
	}
	text := p.Escaped
	for range maxDecodings {
		if bare := strings.TrimRight(cleanPath(text), `/\`); bare != "" && bare != text {
			if other := m.testAlias(bare, p); other != NoMatch {
				return other
			}
		}
		decoded := decodePath(text)
		if decoded == text {
			break
		}
		text = decoded
	}
	return NoMatch
}

// testAlias matches another spelling, in doubt as one that is guarded.
func (m *RouteMatcher) testAlias(view string, p RoutePath) MatchResult {
	view = delimiters.Replace(view)
	switch {
	case m.negated:
		return m.test(view)
	case p.IgnoresCase:
		if result := m.testFolded(view); result != NoMatch {
			return result
		}
	default:
		if result := m.test(view); result != NoMatch {
			return result
		}
	}
	if m.testWide(view) {
		return Match
	}
	return NoMatch
}

// test matches one view.
func (m *RouteMatcher) test(view string) MatchResult { return m.testWith(m.expressions, view) }

// testFolded matches one view in any letter case.
func (m *RouteMatcher) testFolded(view string) MatchResult { return m.testWith(m.folded, view) }

func (m *RouteMatcher) testWith(expressions []*regexp.Regexp, view string) MatchResult {
	result := NoMatch
	if m.set != nil {
		switch m.set.Test(view) {
		case pattern.Yes:
			return Match
		case pattern.Unknown:
			result = CannotTell
		case pattern.No:
		}
	}
	for _, e := range expressions {
		if e.MatchString(view) {
			return Match
		}
	}
	return result
}

// testWide reports whether a view matches where parameters hold what a router's do.
func (m *RouteMatcher) testWide(view string) bool {
	return m.wide != nil && m.wide.Test(view) != pattern.No
}

// testExact reports whether a view still matches when letter case and a trailing
// slash count as they do for the router. Patterns ignore both, so a path that a
// list of public routes matches may lead a strict router to another route, which
// everybody would then take for protected.
func (m *RouteMatcher) testExact(view string, p RoutePath) bool {
	for _, e := range m.expressions {
		if e.MatchString(view) {
			return true
		}
	}
	if m.set == nil {
		return true
	}
	sensitive, strict := 1, 1
	if p.IgnoresCase {
		sensitive = 0
	}
	if p.IgnoresTrailingSlash {
		strict = 0
	}
	return m.exact[sensitive][strict].Test(view) == pattern.Yes
}
