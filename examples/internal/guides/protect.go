package guides

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func protect(r *gin.Engine) {
	r.GET("/dashboard", ginclerk.Protect(), whoAmI)

	admin := r.Group("/admin", ginclerk.Protect(core.Role("org:admin")))
	admin.GET("/members", whoAmI)

	r.GET("/reports", ginclerk.Protect(core.AnyOf(core.Role("org:admin"), core.Permission("org:reports:read"))), whoAmI)

	r.POST("/posts/:id", func(c *gin.Context) { // what only the handler can decide
		owner := c.Query("owner")
		if !ginclerk.Require(c, core.Where(func(a *core.Auth) bool { return a.UserID == owner })) {
			return // answered already
		}
		c.String(http.StatusOK, "saved")
	})
}

func whoAmI(c *gin.Context) {
	auth := ginclerk.Auth(c)
	c.JSON(http.StatusOK, gin.H{"user": auth.UserID, "organization": auth.OrgSlug, "role": auth.OrgRole})
}

func profile(c *gin.Context) {
	user, err := ginclerk.CurrentUser(c) // asks Clerk; once per request
	switch {
	case err != nil:
		c.String(http.StatusBadGateway, "please try again")
	case user == nil:
		c.String(http.StatusOK, "nobody is signed in")
	case user.FirstName == nil: // Clerk's fields that may be missing are pointers.
		c.String(http.StatusOK, user.ID)
	default:
		c.String(http.StatusOK, *user.FirstName)
	}
}

func forward(c *gin.Context) {
	token, err := ginclerk.Auth(c).Token(c.Request.Context(), core.Template("ledger"))
	if err != nil {
		c.String(http.StatusBadGateway, "please try again")
		return
	}
	c.JSON(http.StatusOK, gin.H{"bytes": len(token)})
}
