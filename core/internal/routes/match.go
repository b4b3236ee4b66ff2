package routes

import (
	"regexp"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/pattern"
)

// Matcher asks for the paths of a list, or for all others.
type Matcher struct {
	*Routes

	// Negated says that the paths which match are the others. The answers are about the
	// list all the same.
	Negated bool
}

// Match compares the views of the path of a request.
func (m *Matcher) Match(r request.Request, p Path) Answer {
	if m.set == nil && len(m.expressions) == 0 {
		return NoMatch
	}
	target := r.Target()
	if p.Unusual || p.IsTooLong() || !IsPath(p.Escaped) || hasEmptySegment(p.Escaped) || request.IsOddTarget(r, target) {
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
		if !IsPath(view) {
			return CannotTell
		}
		if view != reference && m.test(view) != result {
			return CannotTell
		}
		if p.IgnoresCase && result != m.testFolded(view) {
			return CannotTell
		}
		exact = exact && (!m.Negated || result != Match || m.testExact(view, p))
		if !m.Negated && result == NoMatch && m.testWide(view) {
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
func (m *Matcher) testBehind(target string, p Path, result Answer) bool {
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
func (m *Matcher) testAs(view string, p Path) Answer {
	view = delimiters.Replace(view)
	result := m.test(view)
	switch {
	case p.IgnoresCase && result != m.testFolded(view):
		return CannotTell
	case result == NoMatch && !m.Negated && m.testWide(view):
		return Match
	}
	return result
}

// testAliases matches the other spellings of a path. They are plain paths, so
// where they differ the request is not refused for good: it is guarded, as the
// route that serves them may need.
func (m *Matcher) testAliases(p Path, result Answer) Answer {
	if result == CannotTell || m.Negated != (result == Match) {
		return result // It is guarded anyway.
	}
	if !m.Negated && p.Wildcard != "" {
		if other := m.testAlias(p.Wildcard, p); other != result {
			return other
		}
	}
	if p.Alias != "" {
		if other := m.testAlias(p.Alias, p); other != result {
			return other
		}
	}
	if other := m.testSlashless(p); other != result && !m.Negated {
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
func (m *Matcher) testSlashless(p Path) Answer {
	if len(m.expressions) == 0 {
		return NoMatch
	}
	text := p.Escaped
	for range maxDecodings {
		if bare := strings.TrimRight(Clean(text), `/\`); bare != "" && bare != text {
			if other := m.testAlias(bare, p); other != NoMatch {
				return other
			}
		}
		decoded := decode(text)
		if decoded == text {
			break
		}
		text = decoded
	}
	return NoMatch
}

// testAlias matches another spelling, in doubt as one that is guarded.
func (m *Matcher) testAlias(view string, p Path) Answer {
	view = delimiters.Replace(view)
	switch {
	case m.Negated:
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
func (m *Matcher) test(view string) Answer { return m.testWith(m.expressions, view) }

// testFolded matches one view in any letter case.
func (m *Matcher) testFolded(view string) Answer { return m.testWith(m.folded, view) }

func (m *Matcher) testWith(expressions []*regexp.Regexp, view string) Answer {
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
func (m *Matcher) testWide(view string) bool {
	return m.wide != nil && m.wide.Test(view) != pattern.No
}

// testExact reports whether a view still matches when letter case and a trailing
// slash count as they do for the router. Patterns ignore both, so a path that a
// list of public routes matches may lead a strict router to another route, which
// everybody would then take for protected.
func (m *Matcher) testExact(view string, p Path) bool {
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
