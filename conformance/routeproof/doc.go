// Package routeproof looks for a spelling of a URL that gets past a guard by path.
//
// It builds random applications on Gin, Echo and Fiber, under each of their router
// settings, guards them with the patterns that a user would write for their routes,
// and sends them mutated request targets over TCP, byte for byte. Two things must
// hold: a handler that the patterns protect never runs for a caller who is signed
// out, and a route that they leave public is served, or refused with 400 where the
// path is one that can be read in several ways.
//
// Every guard is tried in both directions: a matcher of the protected routes, and
// the negation of a matcher of the public ones. What a request reaches without a
// guard is what the same server answers when told to leave the guard out, so the
// routers themselves say what they do.
package routeproof
