package guides

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func stepUp(r *gin.Engine) {
	fresh := core.Reverification(core.ReverificationConfig{Level: core.FirstFactor, AfterMinutes: 10})
	r.DELETE("/projects/:id", ginclerk.Protect(fresh), func(c *gin.Context) { c.Status(http.StatusNoContent) })
}
