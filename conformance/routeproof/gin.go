package routeproof

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// gin builds a table's application on Gin.
func (s *site) gin() (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.UseRawPath = s.On("UseRawPath")
	engine.UseEscapedPath = s.On("UseEscapedPath")
	engine.UnescapePathValues = s.On("UnescapePathValues")
	engine.RemoveExtraSlash = s.On("RemoveExtraSlash")
	engine.RedirectFixedPath = s.On("RedirectFixedPath")
	engine.HandleMethodNotAllowed = s.On("HandleMethodNotAllowed")
	engine.RedirectTrailingSlash = !s.On("NoRedirectTrailingSlash")
	guards := map[string]gin.HandlerFunc{}
	for name, m := range s.matchers {
		if name == protectOn || name == notOn {
			guards[name] = ginclerk.ProtectRoutes(m, ginclerk.Router(engine))
		} else {
			guards[name] = ginclerk.ProtectRoutes(m)
		}
	}
	engine.Use(ginclerk.With(s.clerk), ginclerk.OnRefuse(func(c *gin.Context, refusal core.Refusal) {
		c.Header(refusedHeader, strconv.Itoa(refusal.StatusCode()))
	}), func(c *gin.Context) {
		if guard, ok := guards[c.GetHeader(modeHeader)]; ok {
			guard(c)
			return
		}
		c.Next()
	})
	err := recovered(func() {
		for i, r := range s.Routes {
			handler := func(c *gin.Context) {
				c.Header(routeHeader, strconv.Itoa(i))
				c.Status(http.StatusOK)
			}
			group, rest := r.split()
			switch {
			case r.Kind == Any:
				engine.Any(r.Path, handler)
			case r.Kind == Grouped && group != "":
				engine.Group(group).GET(rest, handler)
			default:
				engine.GET(r.Path, handler)
				engine.HEAD(r.Path, handler)
			}
		}
	})
	return engine, err
}
