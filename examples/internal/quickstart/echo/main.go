package main

import (
	"log"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/echoclerk"
)

func main() {
	log.Fatal(newApp().Start("localhost:8080")) // keys from the environment
}

func newApp(options ...core.Options) *echo.Echo {
	e := echo.New()
	e.Use(echoclerk.Middleware(options...))
	e.GET("/", func(c echo.Context) error { // open to everybody
		auth := echoclerk.Auth(c)
		return c.JSON(http.StatusOK, map[string]any{"signedIn": auth.IsAuthenticated(), "user": auth.UserID})
	})
	hello := func(c echo.Context) error { return c.String(http.StatusOK, "Hello, "+echoclerk.Auth(c).UserID) }
	e.GET("/dashboard", hello, echoclerk.Protect())
	e.GET("/admin", hello, echoclerk.Protect(core.Role("org:admin")))
	return e
}
