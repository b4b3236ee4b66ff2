package ginclerk

import (
	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
)

// routerOption tells [ProtectRoutes] which engine routes the requests. Gin's
// contexts do not.
type routerOption struct {
	core.ProtectOption
	engine *gin.Engine
}

// Router tells [ProtectRoutes] which engine routes the requests, so that of the
// ways in which its UseRawPath, UseEscapedPath and RemoveExtraSlash could read a
// path only its own count, and fewer paths are refused. How the files and proxies
// behind a catch-all route may read it counts all the same. Other guards ignore it.
func Router(engine *gin.Engine) core.ProtectOption {
	return routerOption{core.NoOption, engine}
}

func engineOf(opts []core.ProtectOption) *gin.Engine {
	for _, opt := range opts {
		if r, ok := opt.(routerOption); ok {
			return r.engine
		}
	}
	return nil
}

// routePath says how Gin reads the path. A nil engine may have any settings.
func routePath(c *gin.Context, engine *gin.Engine) core.RoutePath {
	u := c.Request.URL
	if len(u.Path) > core.MaxRoutePath {
		return core.RoutePath{Escaped: u.Path}
	}
	p := core.RoutePath{Escaped: u.EscapedPath()}
	switch {
	case engine == nil:
		p = core.UnknownRouter(p.Escaped)
		p.Router = append(p.Router, u.Path, core.CleanPath(u.Path))
		if u.RawPath != "" {
			p.Router = append(p.Router, u.RawPath, core.CleanPath(u.RawPath))
		}
	case engine.UseEscapedPath:
		p.Router = []string{p.Escaped}
	case engine.UseRawPath && u.RawPath != "":
		p.Router = []string{u.RawPath}
	default:
		p.Router = []string{u.Path}
	}
	if engine != nil && engine.RemoveExtraSlash {
		p.Router[0] = core.CleanPath(p.Router[0])
	}
	for _, param := range c.Params {
		p.Unusual = p.Unusual || param.Value == ""
	}
	return p
}
