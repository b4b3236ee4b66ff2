package main

import (
	"log"
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echo5clerk"
)

func main() {
	log.Fatal(newApp().Start("localhost:8080")) // keys from the environment
}

func newApp(options ...core.Options) *echo.Echo {
	e := echo.New()
	e.Use(echo5clerk.Middleware(options...))
	e.GET("/", func(c *echo.Context) error { // open to everybody
		auth := echo5clerk.Auth(c)
		return c.JSON(http.StatusOK, map[string]any{"signedIn": auth.IsAuthenticated(), "user": auth.UserID})
	})
	hello := func(c *echo.Context) error { return c.String(http.StatusOK, "Hello, "+echo5clerk.Auth(c).UserID) }
	e.GET("/dashboard", hello, echo5clerk.Protect())
	e.GET("/admin", hello, echo5clerk.Protect(core.Role("org:admin")))
	return e
}
