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
	routed := c
	if c.Path() == "" {
		// In middleware of Pre, no route has been looked for yet.
		routed = c.Echo().AcquireContext()
		defer c.Echo().ReleaseContext(routed)
		routed.Reset(r, nil)
		c.Echo().Router().Find(r.Method, p.Router[0], routed)
	}
	names := routed.ParamNames()
	for i, value := range routed.ParamValues() {
		if i < len(names) && names[i] != "*" && (value == "" || strings.Contains(value, "/")) {
			p.Unusual = true
		}
	}
	return p
}
