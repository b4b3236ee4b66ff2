package fasthttpadapter

import (
	"strings"

	"github.com/clerkgo/clerkgo/core"
)

// RoutePath says how Fiber's router reads a path by its settings for letter case and for slashes at
// the end. A wildcard route (/files/*) serves the path without its slash too, whatever the settings.
func RoutePath(path string, caseSensitive, strict bool) core.RoutePath {
	p := core.RoutePath{Escaped: path, Router: []string{path}, IgnoresCase: !caseSensitive, IgnoresTrailingSlash: !strict}
	bare := strings.TrimRight(path, "/")
	switch {
	case p.IsTooLong():
	case bare == path:
		p.Wildcard = path + "/"
	case !strict && bare != "":
		p.Alias = bare
	}
	return p
}
