package routeproof

import (
	"fmt"
	"slices"
	"strings"
)

// Table is an application under test: its router's settings, its routes, and the matchers that
// guard it.
type Table struct {
	// Framework is one of [Frameworks] that has tables.
	Framework string
	// Settings names the router settings that are on.
	Settings []string
	// Routes are the application's routes, in the order of their registration.
	Routes []Route
	// Protect and Public are the elements of the two matchers. An empty list means that this
	// direction is not tried.
	Protect, Public []Element
}

// Element is an element of a matcher: a pattern or, with Expression, a regular expression.
type Element struct {
	Text       string
	Expression bool
}

// Patterns returns the elements of a matcher of patterns.
func Patterns(texts ...string) []Element {
	elements := make([]Element, 0, len(texts))
	for _, text := range texts {
		elements = append(elements, Element{Text: text})
	}
	return elements
}

// Kind is how a route is registered.
type Kind string

// The kinds of routes.
const (
	Get     Kind = ""        // GET, or GET and HEAD
	Any     Kind = "any"     // all methods
	Prefix  Kind = "prefix"  // Fiber: Use, which serves a prefix
	Grouped Kind = "grouped" // in a group, whose prefix is the first segment
	Mounted Kind = "mounted" // Fiber: in an application that is mounted at the first segment
)

// Route is a route of an application, in the syntax of its framework.
type Route struct {
	Kind      Kind
	Path      string
	Protected bool
}

// String prints a route.
func (r Route) String() string {
	kind, class := "", "public"
	if r.Kind != Get {
		kind = " (" + string(r.Kind) + ")"
	}
	if r.Protected {
		class = "protected"
	}
	return fmt.Sprintf("%q%s %s", r.Path, kind, class)
}

// split cuts a path into its first segment and the rest, for groups.
func (r Route) split() (group, rest string) {
	if i := strings.IndexByte(r.Path[1:], '/'); i >= 0 {
		return r.Path[:i+1], r.Path[i+1:]
	}
	return "", r.Path
}

// On reports whether a setting is on.
func (t *Table) On(setting string) bool { return slices.Contains(t.Settings, setting) }

// String prints a table so that it can be copied into a test.
func (t *Table) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q\n", t.Framework, t.Settings)
	for i, r := range t.Routes {
		fmt.Fprintf(&b, "  route %d: %s\n", i, r)
	}
	for _, list := range []struct {
		name     string
		elements []Element
	}{{"protect", t.Protect}, {"public", t.Public}} {
		for _, e := range list.elements {
			if e.Expression {
				fmt.Fprintf(&b, "  %s: expression %q\n", list.name, e.Text)
			} else {
				fmt.Fprintf(&b, "  %s: %q\n", list.name, e.Text)
			}
		}
	}
	return b.String()
}

// ignoresCase reports whether the router compares paths in any letter case.
func (t *Table) ignoresCase() bool {
	return family(t.Framework) == "fiber" && !t.On("CaseSensitive")
}

// ignoresTrailingSlash reports whether the router serves a path with and without a slash at its
// end.
func (t *Table) ignoresTrailingSlash() bool {
	return family(t.Framework) == "fiber" && !t.On("StrictRouting")
}
