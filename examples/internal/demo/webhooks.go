package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/clerk/clerk-sdk-go/v2/user"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core/webhook"
)

// arrived is an event that Clerk has sent.
type arrived struct {
	ID, Type, Subject, Body string
	At                      time.Time
}

const keptEvents = 20

// inbox keeps the last events, and wakes those who wait for the next.
type inbox struct {
	mu     sync.Mutex
	events []arrived // newest first
	news   chan struct{}
	tried  int // users that were made
}

// webhooks is what /webhooks shows.
type webhooks struct {
	Events []arrived
	Ready  bool // there is a secret to verify with
	URL    string
}

// receiveWebhooks makes the receiver, and subscribes it at the built-in Clerk.
func (s *Site) receiveWebhooks(env environment) error {
	s.inbox.news = make(chan struct{})
	o := webhook.Options{Secret: env.get(webhookSecret), Now: s.Options.Now, Logger: s.Options.Logger, LookupEnv: func(string) (string, bool) { return "", false }}
	if s.clerk != nil {
		o.Now = s.clerk.Clock().Now
		_, secret, err := s.clerk.AddWebhook(clerktest.Webhook{URL: strings.Replace(s.url, "localhost", "127.0.0.1", 1) + "/webhooks/clerk"})
		if err != nil {
			return err
		}
		o.Secret = secret
	}
	if s.verifies = o.Secret != ""; !s.verifies {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret) // Never fails. Nobody knows this one, so everything is refused.
		o.Secret = "whsec_" + base64.StdEncoding.EncodeToString(secret)
	}
	receiver, err := webhook.New(o)
	s.Webhooks = receiver
	return err
}

// Received keeps an event. Clerk may send one twice: the same id is kept once.
func (s *Site) Received(event *webhook.Event) error {
	var body bytes.Buffer
	if err := json.Indent(&body, event.Raw, "", "  "); err != nil {
		return err
	}
	var subject struct{ ID string }
	if err := json.Unmarshal(event.Data, &subject); err != nil {
		return err
	}
	b := &s.inbox
	b.mu.Lock()
	defer b.mu.Unlock()
	if slices.ContainsFunc(b.events, func(e arrived) bool { return e.ID == event.ID }) {
		return nil
	}
	at := event.OccurredAt
	if at.IsZero() {
		at = event.Time
	}
	b.events = append([]arrived{{event.ID, string(event.Type), subject.ID, body.String(), at}}, b.events...)
	b.events = b.events[:min(len(b.events), keptEvents)]
	close(b.news)
	b.news = make(chan struct{})
	return nil
}

func (b *inbox) all() (events []arrived, news <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.events), b.news
}

// WebhookLog shows what has arrived, and keeps itself current.
func (s *Site) WebhookLog(v Visit) Answer {
	events, _ := s.inbox.all()
	return s.page(v, "webhooks", "Webhooks", webhooks{Events: events, Ready: s.verifies, URL: s.url + "/webhooks/clerk"})
}

// CreateUser makes something happen of which Clerk tells.
func (s *Site) CreateUser(v Visit) Answer {
	s.inbox.mu.Lock()
	s.inbox.tried++
	n := strconv.Itoa(s.inbox.tried)
	s.inbox.mu.Unlock()
	addresses := []string{"visitor-" + n + "-" + time.Now().Format("150405") + "@example.com"}
	params := &user.CreateParams{EmailAddresses: &addresses, FirstName: new("Visitor"), LastName: &n, SkipPasswordRequirement: new(true)}
	if _, err := v.Client.Users().Create(v.Context, params); err != nil {
		return s.failed(v, err)
	}
	return redirect("/webhooks?done=user-created")
}

// ForgeWebhook sends an event that Clerk did not sign.
func (s *Site) ForgeWebhook(v Visit) Answer {
	ctx, cancel := context.WithTimeout(v.Context, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/webhooks/clerk", strings.NewReader(`{"type":"user.deleted","data":{"id":"user_ada"}}`))
	if err != nil {
		return s.failed(v, err)
	}
	req.Header.Set("Svix-Id", "msg_forged")
	req.Header.Set("Svix-Timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	req.Header.Set("Svix-Signature", "v1,"+base64.StdEncoding.EncodeToString(make([]byte, 32)))
	res, err := s.local.Do(req)
	if err != nil {
		return s.failed(v, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		return s.WebhookLog(v).refused(http.StatusInternalServerError, fmt.Sprint("The forgery was answered ", res.StatusCode, "."))
	}
	return redirect("/webhooks?done=forged")
}

// WriteEvents writes the list of events, and again whenever one arrives, as server-sent
// events, until ctx ends, the program stops, or nobody reads any more. flush sends what
// was written.
func (s *Site) WriteEvents(ctx context.Context, w io.Writer, flush func() error) {
	alive := time.NewTicker(15 * time.Second)
	defer alive.Stop()
	for {
		events, news := s.inbox.all()
		var list strings.Builder
		if err := s.Templates.ExecuteTemplate(&list, "events", events); err != nil {
			return
		}
		text, err := json.Marshal(list.String())
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil || flush() != nil {
			return
		}
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return
			case <-s.stopped:
				return
			case <-news:
				waiting = false
			case <-alive.C: // A comment, to notice that nobody listens.
				if _, err := io.WriteString(w, ":\n\n"); err != nil || flush() != nil {
					return
				}
			}
		}
	}
}

// ServeEvents is [Site.WriteEvents] for frameworks on net/http.
func (s *Site) ServeEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	s.WriteEvents(r.Context(), w, http.NewResponseController(w).Flush)
}
