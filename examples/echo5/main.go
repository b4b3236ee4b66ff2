// Command echo5 is a small web application with Echo v5: an open page, a page for
// signed-in users, one for admins, and a JSON endpoint.
//
//	go run ./echo5
//
// Without keys it runs against a built-in Clerk. With CLERK_PUBLISHABLE_KEY and
// CLERK_SECRET_KEY it runs against yours.
package main

import (
	"html/template"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
	"github.com/clerkgo/clerkgo/examples/internal/demo"
)

func main() {
	demo.Main("Echo v5", newServer)
}

func newServer(site *demo.Site) (demo.Server, error) {
	app, err := newApp(site)
	if err != nil {
		return nil, err
	}
	return &http.Server{Handler: app, ReadHeaderTimeout: 10 * time.Second}, nil
}

func newApp(site *demo.Site) (*echo.Echo, error) {
	// In an application of your own, e.Use(echo5clerk.Middleware()) does all of this:
	// it reads the keys from the environment and panics at start-up without them.
	clerk, err := core.New(site.Options)
	if err != nil {
		return nil, err
	}

	e := echo.New()
	e.Use(middleware.Recover())
	e.Use(echo5clerk.With(clerk))
	e.Renderer = renderer{site.Templates}

	page := func(name string) echo.HandlerFunc {
		return func(c *echo.Context) error {
			c.Response().Header().Set(echo.HeaderCacheControl, "no-store") // It says who is signed in.
			return c.Render(http.StatusOK, name, site.Page(name, echo5clerk.Auth(c)))
		}
	}

	e.GET("/", page("home"))
	e.GET("/dashboard", page("dashboard"), echo5clerk.Protect())
	e.GET("/admin", page("admin"), echo5clerk.Protect(core.Role("org:admin")))

	api := e.Group("/api", echo5clerk.Protect())
	api.GET("/me", me)

	e.GET("/sign-in", func(c *echo.Context) error {
		return echo5clerk.RedirectToSignIn(c, core.ReturnBackURL("/dashboard"))
	})
	e.GET("/sign-up", func(c *echo.Context) error {
		return echo5clerk.RedirectToSignUp(c, core.ReturnBackURL("/dashboard"))
	})
	e.GET("/sign-out", func(c *echo.Context) error {
		if u := site.SignOutURL(); u != "" {
			return c.Redirect(http.StatusSeeOther, u)
		}
		return page("sign-out")(c)
	})
	return e, nil
}

func me(c *echo.Context) error {
	auth := echo5clerk.Auth(c)
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return c.JSON(http.StatusOK, map[string]string{
		"userId":    auth.UserID,
		"sessionId": auth.SessionID,
		"orgId":     auth.OrgID,
		"orgRole":   auth.OrgRole,
	})
}

// renderer makes Echo render the templates of html/template.
type renderer struct{ templates *template.Template }

func (r renderer) Render(_ *echo.Context, w io.Writer, name string, data any) error {
	return r.templates.ExecuteTemplate(w, name, data)
}
