package routeproof

import (
	"net"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// ginFramework is Gin.
func ginFramework() framework {
	return framework{
		name: "gin",
		settings: []string{
			"UseRawPath", "UseEscapedPath", "UnescapePathValues", "RemoveExtraSlash", "RedirectFixedPath",
			"HandleMethodNotAllowed", "NoRedirectTrailingSlash",
		},
		serve:    func(s *site, l net.Listener) (func() error, error) { return serveHTTP(l, s.gin) },
		register: func(s *site) error { _, err := s.gin(); return err },
		places:   ginPlaces(),
	}
}

// newEngine makes an engine with settings.
func newEngine(on func(setting string) bool) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.UseRawPath = on("UseRawPath")
	engine.UseEscapedPath = on("UseEscapedPath")
	engine.UnescapePathValues = on("UnescapePathValues")
	engine.RemoveExtraSlash = on("RemoveExtraSlash")
	engine.RedirectFixedPath = on("RedirectFixedPath")
	engine.HandleMethodNotAllowed = on("HandleMethodNotAllowed")
	engine.RedirectTrailingSlash = !on("NoRedirectTrailingSlash")
	return engine
}

// gin builds a table's application on Gin.
func (s *site) gin() (http.Handler, error) {
	engine := newEngine(s.On)
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
