package main

import (
	"log"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func main() {
	log.Fatal(newApp().Run("localhost:8080")) // keys from the environment
}

func newApp(options ...core.Options) *gin.Engine {
	r := gin.Default()
	r.Use(ginclerk.Middleware(options...))
	r.GET("/", func(c *gin.Context) { // open to everybody
		auth := ginclerk.Auth(c)
		c.JSON(http.StatusOK, gin.H{"signedIn": auth.IsAuthenticated(), "user": auth.UserID})
	})
	hello := func(c *gin.Context) { c.String(http.StatusOK, "Hello, "+ginclerk.Auth(c).UserID) }
	r.GET("/dashboard", ginclerk.Protect(), hello)
	r.GET("/admin", ginclerk.Protect(core.Role("org:admin")), hello)
	return r
}
