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
	if len(r.URL.Path) > core.MaxRoutePath {
		return core.RoutePath{Escaped: r.URL.Path}
	}
	path := echo.GetPath(r)
	p := core.RoutePath{Escaped: r.URL.EscapedPath(), Router: []string{path}}
	if i := strings.IndexAny(r.URL.Path, "?#"); i > 0 {
		// AddTrailingSlash and RemoveTrailingSlash write the decoded path into the
		// address, and the rewrite rules of a proxy read it again.
		p.Mounted = append(p.Mounted, r.URL.Path[:i])
	}
	routed := c
	if c.Path() == "" {
		// In middleware of Pre, no route has been looked for yet.
		routed = c.Echo().AcquireContext()
		defer c.Echo().ReleaseContext(routed)
		routed.Reset(r, nil)
		routerOf(c.Echo(), r.Host).Find(r.Method, path, routed)
	}
	names := routed.ParamNames()
	for i, value := range routed.ParamValues() {
		switch {
		case i >= len(names):
		case names[i] != "*":
			p.Unusual = p.Unusual || value == "" || strings.Contains(value, "/")
		case value != "":
			// The route of Static("/files", dir) is /files*, and takes /filesadmin.
			if mount, found := strings.CutSuffix(path, value); found && !strings.HasSuffix(mount, "/") && value[0] != '/' {
				p.Mounted = append(p.Mounted, mount+"/"+value)
			}
		}
	}
	return p
}

// routerOf returns the router of a host, which Echo picks as it does.
func routerOf(e *echo.Echo, host string) *echo.Router {
	if router, ok := e.Routers()[host]; ok {
		return router
	}
	return e.Router()
}
