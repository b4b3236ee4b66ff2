package endtoend

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// newApplication is an application of the instance, whose pages ask for a fresh verification of the
// user.
func newApplication(s *clerktest.Server) (http.Handler, error) {
	clerk, err := core.New(s.Options())
	if err != nil {
		return nil, err
	}
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(ginclerk.With(clerk))
	for path, config := range map[string]core.ReverificationConfig{
		"/strict_mfa": core.StrictMFA, "/strict": core.Strict, "/moderate": core.Moderate, "/lax": core.Lax,
		"/own": {Level: core.FirstFactor, AfterMinutes: 2.5},
	} {
		r.Any(path, ginclerk.Protect(core.Reverification(config)), func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"user": ginclerk.Auth(c).UserID}) })
	}
	r.GET("/admin", ginclerk.Protect(core.Role("org:admin"), core.Reverification(core.Strict)), func(c *gin.Context) { c.Status(http.StatusOK) })
	return r, nil
}
