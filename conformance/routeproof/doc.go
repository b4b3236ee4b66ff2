// Package routeproof looks for a spelling of a URL that gets past a guard by path.
//
// It builds random applications on each framework, under each of their router settings, guards them
// with the patterns that a user would write for their routes, and sends them mutated request
// targets over TCP, byte for byte. Two things must hold: a handler that the patterns protect never
// runs for a caller who is signed out, and a route that they leave public is served, or refused
// with 400 where the path is one that can be read in several ways.
//
// Every guard is tried in both directions: a matcher of the protected routes, and the negation of a
// matcher of the public ones. What a request reaches without a guard is what the same server
// answers when told to leave the guard out, so the routers themselves say what they do.
//
// The second part is about what is behind the routers: file servers, static mounts, file system
// middleware and reverse proxies of each framework, in groups, below wildcards and parameters, on
// hosts, and with guards in Pre. There a target counts by what comes out for it, a secret in a file
// or in a header of the upstream, and not by the route that matched:
//
//	go test ./routeproof -run TestProofBehind -proof.targets=1000000 -proof.framework=fiber -proof.seed=1
//
// What brings a secret out without a guard must not for a stranger in front of one; how much of it
// does for a signed-in caller shows that this says something. A framework is one file and a line in
// the list of all.
package routeproof
