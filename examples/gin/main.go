// Command gin is a small web application with Gin: an open page, a page for
// signed-in users, one for admins, and a JSON endpoint.
//
//	go run ./gin
//
// Without keys it runs against a built-in Clerk. With CLERK_PUBLISHABLE_KEY and
// CLERK_SECRET_KEY it runs against yours.
package main

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/examples/internal/demo"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func main() {
	gin.SetMode(gin.ReleaseMode)
	demo.Main("Gin", newServer)
}

func newServer(site *demo.Site) (demo.Server, error) {
	app, err := newApp(site)
	if err != nil {
		return nil, err
	}
	return &http.Server{Handler: app, ReadHeaderTimeout: 10 * time.Second}, nil
}

func newApp(site *demo.Site) (*gin.Engine, error) {
	// In an application of your own, r.Use(ginclerk.Middleware()) does all of this:
	// it reads the keys from the environment and panics at start-up without them.
	clerk, err := core.New(site.Options)
	if err != nil {
		return nil, err
	}

	r := gin.New()
	r.Use(gin.Recovery())
	r.Use(ginclerk.With(clerk))
	r.SetHTMLTemplate(site.Templates)

	page := func(name string) gin.HandlerFunc {
		return func(c *gin.Context) {
			c.Header("Cache-Control", "no-store") // It says who is signed in.
			c.HTML(http.StatusOK, name, site.Page(name, ginclerk.Auth(c)))
		}
	}

	r.GET("/", page("home"))
	r.GET("/dashboard", ginclerk.Protect(), page("dashboard"))
	r.GET("/admin", ginclerk.Protect(core.Role("org:admin")), page("admin"))

	api := r.Group("/api", ginclerk.Protect())
	api.GET("/me", me)

	r.GET("/sign-in", func(c *gin.Context) {
		ginclerk.RedirectToSignIn(c, core.ReturnBackURL("/dashboard"))
	})
	r.GET("/sign-up", func(c *gin.Context) {
		ginclerk.RedirectToSignUp(c, core.ReturnBackURL("/dashboard"))
	})
	r.GET("/sign-out", func(c *gin.Context) {
		if u := site.SignOutURL(); u != "" {
			c.Redirect(http.StatusSeeOther, u)
			return
		}
		page("sign-out")(c)
	})
	return r, nil
}

func me(c *gin.Context) {
	auth := ginclerk.Auth(c)
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, gin.H{
		"userId":    auth.UserID,
		"sessionId": auth.SessionID,
		"orgId":     auth.OrgID,
		"orgRole":   auth.OrgRole,
	})
}
