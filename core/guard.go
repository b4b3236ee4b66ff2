package core

import (
	"slices"
	"sync/atomic"
)

// ProtectOption configures a [Guard]: a [Requirement], [UnauthorizedURL],
// [UnauthenticatedURL], [AcceptTokens], [ResourceMetadataURL] or [NoGrace].
type ProtectOption interface{ applyGuard(*Guard) }

type protectOption func(*Guard)

func (f protectOption) applyGuard(g *Guard) { f(g) }

// Guard is Clerk's auth.protect(): what a route requires, and how refusals are
// answered. Adapters make one ([Adapter.Guard]) when the routes are set up; it is
// immutable and safe for concurrent use. Without requirements it asks for a signed-in
// user.
//
// Options that could have no effect are errors: any given twice, an empty URL, a
// requirement that names nothing, such as Role(""), [Scopes] without [AcceptTokens], and on a
// guard for machines alone UnauthorizedURL, UnauthenticatedURL and [Reverification], which are
// for users.
//
//	| request                      | answer                                            |
//	|------------------------------|---------------------------------------------------|
//	| fulfils the requirements     | goes on                                           |
//	| signed in, but lacks one     | 404, or UnauthorizedURL                           |
//	| … only a [Reverification]    | 403 with Clerk's JSON, unless it is a page load   |
//	| signed out, page load        | sign-in page and back, or UnauthenticatedURL      |
//	| signed out, anything else    | 404, or UnauthenticatedURL                        |
//	| machine token, not accepted  | 401, or as signed out where only sessions are     |
//	| could not be checked         | 503: a page that tries again, or Clerk's JSON     |
//	| in grace, with [NoGrace]     | the same                                          |
//	| the secret key is refused    | 500                                               |
//
// With [Options].APIStatus, requests that are no page loads get 401 and 403
// instead of 404, and page loads that only a [Reverification] keeps out get its JSON
// too, where there is no UnauthorizedURL.
type Guard struct {
	adapter            string // its name
	call               string // of the adapter, that the guard is made by
	matcher            *RouteMatcher
	requirements       []Requirement
	unauthorizedURL    string
	unauthenticatedURL string
	tokens             []TokenType // nil means session tokens, empty none
	resourceMetadata   string      // where OAuth clients find the description of the route
	noGrace            bool
	framework          any // the value of [Adapter.Option]
	frameworkName      string
	faults             []error
}

// pathsCount says that the program has a guard which reads paths ([Adapter.RouteGuard]).
var pathsCount atomic.Bool

// Option returns the value of the option that [Adapter.Option] made, nil without one.
func (g *Guard) Option() any { return g.framework }

// acceptsSession reports whether session tokens are accepted.
func (g *Guard) acceptsSession() bool {
	return g.tokens == nil || slices.Contains(g.tokens, SessionToken)
}

// onlySession reports whether nothing else is.
func (g *Guard) onlySession() bool {
	return g.tokens == nil || len(g.tokens) == 1 && g.tokens[0] == SessionToken
}

// Requirement is something that a guard asks of the [Auth] of a request. Build
// one with [Role], [Permission], [Feature], [Plan], [Reverification], [Scopes],
// [AnyOf], [AllOf] or [Where].
type Requirement interface {
	ProtectOption
	// check says whether the requirement holds. It is asked only of authenticated
	// requests, and once.
	check(*Auth) verdict
	// lack says for the log what it asks for, and what somebody who does not meet it has
	// of that kind.
	lack(*Auth) string
}

// verdict is what a requirement says of a request.
type verdict struct {
	met bool
	// wants is, where the requirement does not hold but would if the user proved anew
	// who they are, what they have to prove. It is shared: do not change it.
	wants *ReverificationConfig
	// aged says that the requirement cannot be judged by a session in grace.
	aged bool
	// by is, where it does not hold, the requirement that does not.
	by Requirement
}

// requirement is a requirement that holds or does not.
type requirement struct {
	asks  string // as a program writes it
	holds func(*Auth) bool
	has   func(*Auth) string // there is to compare

	ofMachines bool // no session meets it
}

func (r *requirement) check(a *Auth) verdict {
	if r.holds(a) {
		return verdict{met: true}
	}
	return verdict{by: r}
}

func (r *requirement) lack(a *Auth) string { return r.asks + ": " + r.has(a) }

func (r *requirement) applyGuard(g *Guard) { g.requirements = append(g.requirements, r) }

// hopeless is what a requirement that names nothing is: nobody meets it. It says what is wrong.
type hopeless string

func (h hopeless) check(*Auth) verdict { return verdict{by: h} }

func (h hopeless) lack(*Auth) string { return string(h) }

func (h hopeless) applyGuard(g *Guard) { g.requirements = append(g.requirements, h) }

// reverification is what [Reverification] returns: no machine ever fulfils it. It can tell
// what a fresh verification would change.
type reverification func(*Auth) verdict

func (f reverification) check(a *Auth) verdict {
	v := f(a)
	if !v.met {
		v.by = f
	}
	return v
}

func (f reverification) lack(a *Auth) string {
	if a.TokenType != SessionToken {
		return "Reverification: a token of the type " + string(a.TokenType) + " has no factors"
	}
	return "Reverification: the session has not been verified so"
}

func (f reverification) applyGuard(g *Guard) { g.requirements = append(g.requirements, f) }

// combination is what [AnyOf] and [AllOf] return.
type combination struct {
	name   string
	of     []Requirement
	judged func(*Auth, []Requirement) verdict
}

func (c *combination) check(a *Auth) verdict {
	v := c.judged(a, c.of)
	if v.by == nil && !v.met {
		v.by = c
	}
	return v
}

func (c *combination) applyGuard(g *Guard) { g.requirements = append(g.requirements, c) }
