package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// The servers that this program can be.
const (
	withClerk = "ginclerk"
	bare      = "router-gin"
)

// serve is the server process: it prints its address and serves until it is
// killed.
func serve(ctx context.Context, name string) error {
	handler, err := application(name)
	if err != nil {
		return err
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(l)
}

// application answers 204 to the user of the environment and 401 to all others;
// the bare router answers 204 to everybody. Clerk's keys are in the environment.
func application(name string) (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	switch name {
	case bare:
		r.GET(path, func(c *gin.Context) { c.Status(http.StatusNoContent) })
	case withClerk:
		clerk, err := core.New(core.Options{AuthorizedParties: []string{os.Getenv(envParty)}})
		if err != nil {
			return nil, err
		}
		user := os.Getenv(envUser)
		r.Use(ginclerk.With(clerk))
		r.GET(path, func(c *gin.Context) {
			if ginclerk.Auth(c).UserID != user {
				c.Status(http.StatusUnauthorized)
				return
			}
			c.Status(http.StatusNoContent)
		})
	default:
		return nil, fmt.Errorf("there is no server %q", name)
	}
	return r, nil
}
