package guides

import (
	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func plans(r *gin.Engine) {
	r.GET("/export", ginclerk.Protect(core.Feature("export")), whoAmI)    // of a plan of the user's, or of the active organization's
	r.GET("/pro", ginclerk.Protect(core.Plan("pro")), whoAmI)             // as well
	r.GET("/team/audit", ginclerk.Protect(core.Plan("org:team")), whoAmI) // of the active organization alone
	r.GET("/me/avatar", ginclerk.Protect(core.Plan("user:gold")), whoAmI) // of the user alone
}
