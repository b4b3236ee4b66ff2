package echoclerk

import (
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/core"
)

// routePath says how Echo reads the path: the raw path where Go keeps one, the
// decoded one elsewhere. The last parameter of a route takes all that is left, and
// parameters take empty segments too, which no pattern's parameter does.
func routePath(c echo.Context) core.RoutePath {
	r := c.Request()
	p := core.RoutePath{Escaped: r.URL.EscapedPath(), Router: []string{echo.GetPath(r)}}
	names := c.ParamNames()
	for i, value := range c.ParamValues() {
		if i < len(names) && names[i] != "*" && (value == "" || strings.Contains(value, "/")) {
			p.Unusual = true
		}
	}
	return p
}
