package guides

import (
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func tenants(r *gin.Engine, byHost map[string]core.Options) {
	r.Use(ginclerk.MiddlewareFunc(func(c *gin.Context) (core.Options, error) {
		options, ok := byHost[c.Request.Host]
		if !ok {
			return core.Options{}, fmt.Errorf("no tenant is called %q", c.Request.Host)
		}
		return options, nil
	}))
	r.GET("/dashboard", ginclerk.Protect(), whoAmI)
}
