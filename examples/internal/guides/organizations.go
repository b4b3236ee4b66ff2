package guides

import (
	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func organizations(r *gin.Engine, options core.Options) {
	options.OrganizationSync = core.OrganizationSync{
		OrganizationPatterns:    []string{"/orgs/:slug", "/orgs/:slug/(.*)"},
		PersonalAccountPatterns: []string{"/me", "/me/(.*)"},
	}
	r.Use(ginclerk.Middleware(options))

	member := core.Where(func(a *core.Auth) bool { return a.OrgID != "" })
	r.GET("/orgs/:slug", ginclerk.Protect(member), func(c *gin.Context) {
		if auth := ginclerk.Auth(c); auth.OrgSlug != c.Param("slug") {
			ginclerk.Require(c, core.Where(func(*core.Auth) bool { return false })) // not this organization's
			return
		}
		whoAmI(c)
	})
	r.GET("/invoices", ginclerk.Protect(core.Permission("org:invoices:read")), whoAmI)
}
