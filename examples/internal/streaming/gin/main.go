// Command gin serves server-sent events and a WebSocket to signed-in users, with Gin. Both end when
// the user's session does.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/ginclerk"
)

func main() {
	clerk := core.Must() // keys from the environment
	log.Fatal(newApp(clerk).Run("localhost:8080"))
}

func newApp(clerk *core.Clerk) *gin.Engine {
	r := gin.New()
	events := webhook.Must(webhook.Options{Clerk: clerk}) // Clerk tells who is revoked
	r.POST("/webhooks/clerk", ginclerk.Webhook(events, func(*gin.Context, *webhook.Event) error { return nil }))

	r.Use(ginclerk.With(clerk))
	var all streams
	r.GET("/events", ginclerk.Protect(), all.serve)
	r.POST("/events/:id", ginclerk.Protect(), all.renew)
	r.GET("/ws", ginclerk.Protect(), socket)
	return r
}

// streams are the watches of the event streams that are open, by an id that only their clients know.
type streams struct{ byID sync.Map }

func (s *streams) serve(c *gin.Context) {
	watch := ginclerk.Auth(c).Watch(c.Request.Context())
	defer watch.Stop()
	id := rand.Text()
	s.byID.Store(id, watch)
	defer s.byID.Delete(id)

	c.Header("Cache-Control", "no-store")
	c.SSEvent("opened", id)
	c.Writer.Flush()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			c.SSEvent("tick", now.Format(time.TimeOnly))
			c.Writer.Flush()
		case <-watch.Context().Done():
			c.SSEvent("end", why(context.Cause(watch.Context())))
			return
		}
	}
}

// renew takes the fresher token with which the client makes this request.
func (s *streams) renew(c *gin.Context) {
	found, _ := s.byID.Load(c.Param("id"))
	watch, ok := found.(*core.Watch)
	if !ok {
		c.Status(http.StatusNotFound)
		return
	}
	token, err := ginclerk.Auth(c).Token(c.Request.Context())
	if err == nil {
		err = watch.Renew(token)
	}
	if err != nil {
		c.Status(core.AsError(err).StatusCode())
		return
	}
	c.Status(http.StatusNoContent)
}

// why is what the client is told of the end.
func why(cause error) string {
	if err := core.AsError(cause); err != nil {
		return string(err.Reason())
	}
	return "closed"
}

// socket answers messages, and takes tokens among them.
func socket(c *gin.Context) {
	conn, err := websocket.Accept(c.Writer, c.Request, nil) // refuses pages of other origins
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	watch := ginclerk.Auth(c).Watch(c.Request.Context())
	defer watch.Stop()
	context.AfterFunc(watch.Context(), func() {
		_ = conn.Close(websocket.StatusPolicyViolation, why(context.Cause(watch.Context())))
	})
	for {
		kind, message, err := conn.Read(c.Request.Context())
		if err != nil {
			return // the client has gone, or the session has ended
		}
		answer := append([]byte(watch.Auth().UserID+": "), message...)
		if token, ok := bytes.CutPrefix(message, []byte("token ")); ok {
			answer = []byte("renewed")
			if err := watch.Renew(string(token)); err != nil {
				answer = []byte("not renewed")
			}
		}
		if conn.Write(c.Request.Context(), kind, answer) != nil {
			return
		}
	}
}
