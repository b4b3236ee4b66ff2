// Command fiber3 serves server-sent events to signed-in users, with Fiber v3. They end when the
// user's session does.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"sync"
	"time"

	"github.com/gofiber/fiber/v3"

	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
	"github.com/clerkgo/clerkgo/fiber3clerk"
)

func main() {
	clerk := core.Must() // keys from the environment
	log.Fatal(newApp(context.Background(), clerk).Listen("localhost:8080"))
}

// newApp makes the application. Streams end with ctx.
func newApp(ctx context.Context, clerk *core.Clerk) *fiber.App {
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10}) // Clerk's cookies outgrow Fiber's 4 KiB
	events := webhook.Must(webhook.Options{Clerk: clerk})    // Clerk tells who is revoked
	app.Post("/webhooks/clerk", fiber3clerk.Webhook(events, func(fiber.Ctx, *webhook.Event) error { return nil }))

	app.Use("/*", fiber3clerk.With(clerk))
	all := &streams{watch: func(auth *core.Auth) *core.Watch { return auth.Watch(ctx) }}
	app.Get("/events", fiber3clerk.Protect(), all.serve)
	app.Post("/events/:id", fiber3clerk.Protect(), all.renew)
	return app
}

// streams are the watches of the event streams that are open, by an id that only their clients know.
type streams struct {
	watch func(*core.Auth) *core.Watch // with a context of the application's: Fiber uses a request's again
	byID  sync.Map
}

func (s *streams) serve(c fiber.Ctx) error {
	watch := s.watch(fiber3clerk.Auth(c)) // may be kept, unlike c
	c.Set("Content-Type", "text/event-stream")
	c.Set("Cache-Control", "no-store")
	return c.SendStreamWriter(func(w *bufio.Writer) { s.stream(w, watch) })
}

func (s *streams) stream(w *bufio.Writer, watch *core.Watch) {
	defer watch.Stop()
	id := rand.Text()
	s.byID.Store(id, watch)
	defer s.byID.Delete(id)

	fmt.Fprintf(w, "event: opened\ndata: %s\n\n", id)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for w.Flush() == nil { // else the client has gone
		select {
		case now := <-tick.C:
			fmt.Fprintf(w, "event: tick\ndata: %s\n\n", now.Format(time.TimeOnly))
		case <-watch.Context().Done():
			fmt.Fprintf(w, "event: end\ndata: %s\n\n", why(context.Cause(watch.Context())))
			_ = w.Flush()
			return
		}
	}
}

// renew takes the fresher token with which the client makes this request.
func (s *streams) renew(c fiber.Ctx) error {
	found, _ := s.byID.Load(c.Params("id"))
	watch, ok := found.(*core.Watch)
	if !ok {
		return c.SendStatus(fiber.StatusNotFound)
	}
	token, err := fiber3clerk.Auth(c).Token(c.Context())
	if err == nil {
		err = watch.Renew(token)
	}
	if err != nil {
		return c.SendStatus(core.AsError(err).StatusCode())
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// why is what the client is told of the end.
func why(cause error) string {
	if err := core.AsError(cause); err != nil {
		return string(err.Reason())
	}
	return "closed"
}
