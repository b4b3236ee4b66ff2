package ginclerk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
)

// refuseKey is the key of the handler of [OnRefuse] in Gin's contexts.
type refuseKey struct{}

// stored looks into the request's context: Gin's own would be a map for each request.
func stored(c *gin.Context) func(key any) any { return c.Request.Context().Value }

// deliver writes an outcome and reports whether the request goes on.
func deliver(c *gin.Context, o core.Outcome) bool {
	o.WriteHeaders(c.Writer.Header())
	if o.Allowed() {
		return true
	}
	c.Abort()
	if o.Err != nil {
		_ = c.Error(o.Err)
	}
	refusal, isRefusal := o.Refusal()
	value, _ := c.Get(refuseKey{})
	f, isShown := value.(func(*gin.Context, core.Refusal))
	switch {
	case isRefusal && isShown:
		c.Status(o.Status)
		f(c, refusal)
		c.Writer.WriteHeaderNow()
	case o.IsAbsent():
		// What Gin itself answers for a route that does not exist.
		c.Header("Content-Type", gin.MIMEPlain)
		c.Status(http.StatusNotFound)
		_, _ = c.Writer.WriteString("404 page not found") // It reaches a client or nobody.
	default:
		_ = o.WriteHTTP(c.Writer)
		c.Writer.WriteHeaderNow()
	}
	return false
}

// Router tells [ProtectRoutes], and no other guard, which engine routes the requests: Gin's
// contexts do not. Of the ways in which its UseRawPath, UseEscapedPath and RemoveExtraSlash could
// read a path only its own count then, and fewer paths are refused. How files and proxies behind a
// catch-all route may read it counts all the same.
func Router(engine *gin.Engine) core.ProtectOption { return adapter.Option("Router", engine) }

// routePath says how Gin reads the path. Without an engine, any settings are possible.
func routePath(c *gin.Context, r *http.Request, guard *core.Guard) (p core.RoutePath) {
	u := r.URL
	engine, _ := guard.Option().(*gin.Engine)
	switch {
	case engine == nil:
		p = adapter.HTTPPath(r)
	case engine.UseEscapedPath:
		p = adapter.HTTPPath(r, u.EscapedPath())
	case engine.UseRawPath && u.RawPath != "":
		p = adapter.HTTPPath(r, u.RawPath)
	default:
		p = adapter.HTTPPath(r, u.Path)
	}
	if engine != nil && engine.RemoveExtraSlash {
		p = p.Cleaned()
	}
	for _, param := range c.Params {
		p.Unusual = p.Unusual || param.Value == ""
	}
	return p
}
