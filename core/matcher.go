package core

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/clerkgo/clerkgo/core/internal/routes"
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
	negated    bool
	routes     *routes.Routes
	predicates []func(Request) bool
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
	m := &RouteMatcher{routes: new(routes.Routes)}
	var patterns []string
	var faults []error
	for _, element := range elements {
		var err error
		switch e := element.(type) {
		case string:
			err = routes.CheckPattern(e)
			patterns = append(patterns, e)
		case *regexp.Regexp:
			err = m.routes.AddExpression(e)
		case func(Request) bool:
			if e == nil {
				err = optionError("a nil func matches nothing")
			}
			m.predicates = append(m.predicates, e)
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
		if err := m.routes.SetPatterns(patterns); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return nil, &Error{class: ErrConfiguration, message: "invalid route matcher", cause: errors.Join(faults...)}
	}
	return m, nil
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

// Not returns the matcher of all other routes: what m cannot tell, it cannot
// tell either.
func (m *RouteMatcher) Not() *RouteMatcher {
	return &RouteMatcher{negated: !m.negated, routes: m.routes, predicates: m.predicates}
}

// Match answers for a request in front of an unknown router, by the target as the
// client sent it: it does not see another URL that a middleware, or Gin's
// HandleContext, has put in its place. Adapters use [RouteMatcher.MatchPath], because
// they know theirs.
func (m *RouteMatcher) Match(r Request) MatchResult {
	return m.MatchPath(r, RoutePath(routes.UnknownServer(r.Target())))
}

// MatchPath answers for a request whose router reads the path as p says.
func (m *RouteMatcher) MatchPath(r Request, p RoutePath) MatchResult {
	judge := routes.Matcher{Routes: m.routes, Negated: m.negated}
	result := MatchResult(judge.Match(r, routes.Path(p)))
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

// RoutePath is how a router reads the path of a request. Adapters fill it.
type RoutePath struct {
	// Escaped is the path with its escapes as they came.
	Escaped string
	// Router lists what the router may compare with its routes: one text where its
	// settings are known, all that are possible where they are not.
	Router []string
	// Alias is another spelling that the router serves with the same handler, "" for
	// none.
	Alias string
	// Wildcard is the spelling that belongs to a wildcard route which serves the path
	// as well, "" for none: /files/ for /files where /files/* serves it.
	Wildcard string
	// Mounted lists what handlers may take the path for that cut the prefix of their
	// mount off as text: /files/admin for /filesadmin where something is mounted at
	// /files.
	Mounted []string
	// IgnoresCase and IgnoresTrailingSlash say that the router does.
	IgnoresCase, IgnoresTrailingSlash bool
	// Unusual says that the router bound a parameter to what no parameter of a
	// pattern can hold: nothing, or several segments.
	Unusual bool
}

// IsTooLong reports whether a path is longer than anybody's. It is refused: adapters
// need not read it closer.
func (p *RoutePath) IsTooLong() bool { return (*routes.Path)(p).IsTooLong() }

// Cleaned returns p for a router that resolves dot segments and repeated slashes
// first.
func (p RoutePath) Cleaned() RoutePath {
	p.Router = slices.Clone(p.Router)
	for i, path := range p.Router {
		p.Router[i] = routes.Clean(path)
	}
	return p
}
