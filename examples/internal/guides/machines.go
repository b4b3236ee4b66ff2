package guides

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func machines(r *gin.Engine) {
	reads := ginclerk.Protect(core.AcceptTokens(core.APIKey), core.Scopes("reports:read"))
	r.GET("/api/reports", reads, func(c *gin.Context) {
		auth := ginclerk.Auth(c)
		c.JSON(http.StatusOK, gin.H{"for": auth.Subject, "key": auth.Name})
	})
	r.GET("/api/both", ginclerk.Protect(core.AcceptTokens(core.SessionToken, core.APIKey)), func(c *gin.Context) {
		c.String(http.StatusOK, string(ginclerk.Auth(c).TokenType))
	})
}
