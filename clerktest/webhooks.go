package clerktest

import (
	"net"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/events"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// Webhook is an address that hears of what happens in the instance.
type Webhook struct {
	// URL gets a POST for each event.
	URL string
	// Secret signs them: whsec_ and base64. Empty means one that is made up.
	Secret string
	// Events are the events to send: user.created, or user.* for all about users. None
	// means all.
	Events []string
}

// Event is something that happened, as webhooks hear of it.
type Event struct {
	ID   string // As the header svix-id has it.
	Type string // For example user.created.
	At   time.Time
	Body []byte // The JSON that is sent.
	// Deliveries has an entry for each webhook that the event goes to.
	Deliveries []Delivery
}

// Delivery is an event's way to one webhook.
type Delivery struct {
	Webhook  string // The webhook's id.
	Attempts int
	Status   int       // Of the last answer, 0 for none.
	Error    string    // Why there was no answer to the last attempt.
	Next     time.Time // When the next attempt is due by the instance's clock, zero for none.
}

// AddWebhook has events sent to an address from now on, and returns the webhook's id
// and its secret. Failures are sent again by the instance's clock, with the pauses
// that Clerk makes: 5 seconds, 5 minutes, half an hour and so on. The error says
// what is wrong with w.
func (s *Server) AddWebhook(w Webhook) (id, secret string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addWebhook(w)
}

func (s *Server) addWebhook(w Webhook) (id, secret string, err error) {
	row, err := s.state.Webhooks.Make(store.Backend, wire.Doc{"url": w.URL, "secret": w.Secret, "events": w.Events}, nil)
	if err != nil {
		return "", "", err
	}
	id = row.Base().ID
	return id, s.state.Webhooks.Get(id).Secret, nil
}

// Events returns what happened, oldest first, whether there are webhooks or not. The
// last 1,000 events are kept.
func (s *Server) Events() []Event {
	messages := s.hooks.Messages()
	list := make([]Event, 0, len(messages))
	for _, m := range messages {
		e := Event{ID: m.ID, Type: m.Type, At: m.At, Body: m.Body}
		for _, d := range m.Deliveries {
			one := Delivery{Webhook: d.Webhook, Attempts: len(d.Attempts)}
			if n := len(d.Attempts); n > 0 {
				one.Status, one.Error = d.Attempts[n-1].Status, d.Attempts[n-1].Error
			}
			if d.State == events.Waiting {
				one.Next = d.Next
			}
			e.Deliveries = append(e.Deliveries, one)
		}
		list = append(list, e)
	}
	return list
}

// ReplayEvent sends an event again, with the same id, to the webhooks that it went to.
// The error says that it is not kept any more.
func (s *Server) ReplayEvent(id string) error { return s.hooks.Replay(id, "") }

// notify hands an event to the webhooks that want it. The caller holds s.mu.
func (s *Server) notify(e store.Event) {
	var wanted []string
	for h := range s.state.Webhooks.All {
		if h.Wants(e.Type) {
			wanted = append(wanted, h.ID)
		}
	}
	s.hooks.Send(e, s.cause, wanted)
}

// newSender makes what sends the instance's events.
func (s *Server) newSender() *events.Sender {
	return events.New(events.Config{
		InstanceID: s.instanceID, Now: s.clock.Now, Moved: s.clock.moved,
		Webhook: func(id string) *store.Webhook {
			s.mu.Lock()
			defer s.mu.Unlock()
			if h := s.state.Webhooks.Get(id); h != nil && !h.Disabled {
				found := *h
				return &found
			}
			return nil
		},
	})
}

// causeOf is what webhooks hear of the request that made something happen.
func causeOf(c *call) events.Cause {
	host, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		host = c.r.RemoteAddr
	}
	return events.Cause{IP: host, UserAgent: c.r.UserAgent()}
}
