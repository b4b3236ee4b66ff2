package clerktest

import (
	"slices"
	"strings"
)

// ChangingRoutes returns all built routes of both APIs but those that only read.
func ChangingRoutes() []string {
	var list []string
	for _, rt := range slices.Concat(builtBackendRoutes(), builtFrontendRoutes()) {
		if !strings.HasPrefix(rt.pattern, "GET ") {
			list = append(list, rt.pattern)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
