// Command echo serves server-sent events to signed-in users, with Echo. They end when the user's
// session does.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/echoclerk"
)

func main() {
	clerk := core.Must() // keys from the environment
	log.Fatal(newApp(clerk).Start("localhost:8080"))
}

func newApp(clerk *core.Clerk) *echo.Echo {
	e := echo.New()
	events := webhook.Must(webhook.Options{Clerk: clerk}) // Clerk tells who is revoked
	e.POST("/webhooks/clerk", echoclerk.Webhook(events, func(echo.Context, *webhook.Event) error { return nil }))

	signedIn := e.Group("", echoclerk.With(clerk), echoclerk.Protect())
	var all streams
	signedIn.GET("/events", all.serve)
	signedIn.POST("/events/:id", all.renew)
	return e
}

// streams are the watches of the event streams that are open, by an id that only their clients know.
type streams struct{ byID sync.Map }

func (s *streams) serve(c echo.Context) error {
	watch := echoclerk.Auth(c).Watch(c.Request().Context())
	defer watch.Stop()
	id := rand.Text()
	s.byID.Store(id, watch)
	defer s.byID.Delete(id)

	w := c.Response()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprintf(w, "event: opened\ndata: %s\n\n", id)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		w.Flush()
		select {
		case now := <-tick.C:
			fmt.Fprintf(w, "event: tick\ndata: %s\n\n", now.Format(time.TimeOnly))
		case <-watch.Context().Done(): // the session's end, or the client's
			_, err := fmt.Fprintf(w, "event: end\ndata: %s\n\n", why(context.Cause(watch.Context())))
			return err
		}
	}
}

// renew takes the fresher token with which the client makes this request.
func (s *streams) renew(c echo.Context) error {
	found, _ := s.byID.Load(c.Param("id"))
	watch, ok := found.(*core.Watch)
	if !ok {
		return echo.ErrNotFound
	}
	token, err := echoclerk.Auth(c).Token(c.Request().Context())
	if err == nil {
		err = watch.Renew(token)
	}
	if err != nil {
		return echo.NewHTTPError(core.AsError(err).StatusCode())
	}
	return c.NoContent(http.StatusNoContent)
}

// why is what the client is told of the end.
func why(cause error) string {
	if err := core.AsError(cause); err != nil {
		return string(err.Reason())
	}
	return "closed"
}
