package core

import (
	"slices"

	"github.com/clerkgo/clerkgo/core/internal/routes"
)

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
