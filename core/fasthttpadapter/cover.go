package fasthttpadapter

import "strings"

// Misses reports whether a Fiber route serves paths for which the router leaves out what Use, or a
// group, registers for another path, below which the route is. StrictRouting is strict. There are
// two kinds of such paths:
//
//   - The route /* serves what does not begin with a slash, and an empty path; routes of optional
//     parameters serve the latter. A path is empty for targets such as ?x, and for // unless slashes
//     at the end count. What is registered for / is left out.
//   - Where slashes at the end count, the route /files/* serves /files, for which what is registered
//     for /files/ is left out.
func Misses(use, route string, strict bool) bool {
	bare, optional := withoutOptional(route)
	if use == "/" {
		return bare == "" && (optional || !strict && len(route) > 1)
	}
	return strict && optional && strings.EqualFold(bare+"/", use)
}

// NeverRuns reports whether the router leaves out always what Use registers for a path in a mounted
// application: it does where the mount's path has parameters, unless the path has some of its own.
func NeverRuns(use string, params []string) bool { return len(params) == 0 && special(use, ":*+") >= 0 }

// withoutOptional is a route's path without what of it may be missing in a request's, and says
// whether that is more than slashes at the end.
func withoutOptional(route string) (bare string, optional bool) {
	bare = strings.TrimRight(unescaped(route), "/")
	for {
		i := strings.LastIndexByte(bare, '/')
		if i < 0 {
			return bare, optional
		}
		if last := bare[i+1:]; !strings.HasPrefix(last, "*") && (!strings.HasPrefix(last, ":") || !strings.HasSuffix(last, "?")) {
			return bare, optional
		}
		bare, optional = bare[:i], true
	}
}
