// Package events sends an instance's events to webhooks, as Svix does for Clerk:
// signed, again and again with growing pauses until they are taken, and kept to be
// sent once more.
package events

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// pauses are how long a message waits after each attempt that failed, as with Svix.
var pauses = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
}

const (
	attemptTimeout = 15 * time.Second
	maxMessages    = 1000
	maxBytes       = 32 << 20 // of the bodies of all messages
	maxAttempts    = 20       // that are remembered of one delivery
	maxAnswer      = 1 << 10  // that is remembered of one answer
)

// Config says what a [Sender] needs to know.
type Config struct {
	InstanceID string
	// Now is the instance's time. Moved returns a channel that is closed when that is
	// set, instead of just passing.
	Now   func() time.Time
	Moved func() <-chan struct{}
	// Webhook returns a webhook as it is now, nil if there is none or it is disabled. It
	// is called without any lock of the sender.
	Webhook func(id string) *store.Webhook
	// Transport sends; nil means one of its own.
	Transport http.RoundTripper
}

// State says how far a delivery is.
type State string

// The states of a delivery.
const (
	Waiting   State = "waiting"
	Sending   State = "sending"
	Delivered State = "delivered"
	Failed    State = "failed"
)

// Message is an event on its way.
type Message struct {
	ID         string // msg_…; the same whenever it is sent.
	Type       string
	At         time.Time
	Body       json.RawMessage
	Deliveries []*Delivery // One for each webhook that wants it.
}

// Delivery is a message's way to one webhook.
type Delivery struct {
	Webhook  string // whwh_…
	State    State
	Next     time.Time // Of the attempt that it waits for.
	Attempts []Attempt // Oldest first; the last ones of many.

	failures int // since the first attempt, or the last replay
}

// Attempt is one request to a webhook.
type Attempt struct {
	At     time.Time
	Took   time.Duration
	Status int    // Of the answer, 0 for none.
	Answer string // How its body begins.
	Error  string // Why there is no answer.
}

// Sender sends events. First attempts reach each webhook in the order of the events,
// one at a time; messages that wait for another attempt are passed by later ones. No
// webhook waits for another. All methods are safe for concurrent use.
type Sender struct {
	cfg     Config
	client  *http.Client
	ctx     context.Context //nolint:containedctx // It ends with the sender, as its workers do.
	cancel  context.CancelFunc
	workers sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	messages []*Message // oldest first
	bytes    int
	queues   map[string]*queue // by webhook; each has a worker
}

// queue is what is to be sent to one webhook, in order.
type queue struct {
	webhook string
	jobs    []job
	woken   chan struct{}
}

type job struct {
	message  *Message
	delivery *Delivery
}

// New makes a sender, which has no goroutine as long as there is nothing to send.
func New(cfg Config) *Sender {
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport.(*http.Transport).Clone() //nolint:errcheck,forcetypeassert // It is one.
	}
	s := &Sender{cfg: cfg, queues: map[string]*queue{}, client: &http.Client{
		Transport: cfg.Transport, Timeout: attemptTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close gives up what has not been sent, and waits until nothing runs any more.
func (s *Sender) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.workers.Wait()
	s.client.CloseIdleConnections()
}

// Cause is the request that made an event happen.
type Cause struct{ IP, UserAgent string }

// Send keeps an event, and sends it to webhooks. It does not wait.
func (s *Sender) Send(e store.Event, cause Cause, webhooks []string) {
	body, err := json.Marshal(wire.Doc{
		"object": "event", "type": e.Type, "data": e.Data, "timestamp": e.At.UnixMilli(), "instance_id": s.cfg.InstanceID,
		"event_attributes": wire.Doc{"http_request": wire.Doc{"client_ip": cause.IP, "user_agent": cause.UserAgent}},
	})
	if err != nil {
		body = nil // What came as JSON goes as JSON.
	}
	m := &Message{ID: "msg_" + rand.Text(), Type: e.Type, At: e.At, Body: body}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.messages, s.bytes = append(s.messages, m), s.bytes+len(body)
	for len(s.messages) > 1 && (len(s.messages) > maxMessages || s.bytes > maxBytes) {
		s.forget(s.messages[0])
		s.messages = slices.Delete(s.messages, 0, 1)
	}
	for _, id := range webhooks {
		s.queue(m, &Delivery{Webhook: id}, true)
	}
}

// forget gives up what has not been sent of a message. The caller holds s.mu.
func (s *Sender) forget(m *Message) {
	s.bytes -= len(m.Body)
	for _, d := range m.Deliveries {
		if q := s.queues[d.Webhook]; q != nil {
			q.jobs = slices.DeleteFunc(q.jobs, func(j job) bool { return j.message == m })
		}
	}
}

// queue has a message sent as soon as possible. The caller holds s.mu.
func (s *Sender) queue(m *Message, d *Delivery, isNew bool) {
	if isNew {
		m.Deliveries = append(m.Deliveries, d)
	}
	waits := d.State == Waiting
	d.State, d.Next, d.failures = Waiting, s.cfg.Now(), 0
	q := s.queues[d.Webhook]
	if q == nil {
		q = &queue{webhook: d.Webhook, woken: make(chan struct{}, 1)}
		s.queues[d.Webhook] = q
		s.workers.Go(func() { s.work(q) })
	}
	if !waits {
		q.jobs = append(q.jobs, job{m, d})
	}
	select {
	case q.woken <- struct{}{}:
	default: // It will look anyway.
	}
}

// ErrUnknown says that there is no such message any more.
var ErrUnknown = errors.New("there is no such message, or no longer")

// Replay sends a message once more, under the same id: to one webhook, or for "" to all
// that it went to.
func (s *Sender) Replay(id, webhook string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.messages, func(m *Message) bool { return m.ID == id })
	if at < 0 || s.closed {
		return ErrUnknown
	}
	m, found := s.messages[at], false
	for _, d := range m.Deliveries {
		if webhook == "" || d.Webhook == webhook {
			found = true
			if d.State != Sending {
				s.queue(m, d, false)
			}
		}
	}
	if !found && webhook != "" {
		s.queue(m, &Delivery{Webhook: webhook}, true)
	}
	return nil
}

// Messages returns what is kept, oldest first: the last 1,000 events.
func (s *Sender) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Message, 0, len(s.messages))
	for _, m := range s.messages {
		shown := *m
		shown.Deliveries = make([]*Delivery, 0, len(m.Deliveries))
		for _, d := range m.Deliveries {
			one := *d
			one.Attempts = slices.Clone(d.Attempts)
			shown.Deliveries = append(shown.Deliveries, &one)
		}
		list = append(list, shown)
	}
	return list
}

// Clear forgets all messages.
func (s *Sender) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		s.forget(m)
	}
	s.messages = nil
}

// work sends what is in a queue, until that is empty.
func (s *Sender) work(q *queue) {
	for s.ctx.Err() == nil {
		moved := s.cfg.Moved()
		j, pause := s.next(q)
		switch {
		case j.message != nil:
			s.attempt(j)
			continue
		case pause == 0:
			return
		}
		timer := time.NewTimer(pause)
		select {
		case <-s.ctx.Done():
		case <-q.woken:
		case <-moved:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// next takes the first job that is due out of a queue, or says how long there is none.
// For neither the worker ends.
func (s *Sender) next(q *queue) (job, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var pause time.Duration
	now := s.cfg.Now()
	for i, j := range q.jobs {
		wait := j.delivery.Next.Sub(now)
		if wait <= 0 {
			j.delivery.State = Sending
			q.jobs = slices.Delete(q.jobs, i, i+1)
			return j, 0
		}
		if pause == 0 || wait < pause {
			pause = wait
		}
	}
	if pause == 0 {
		delete(s.queues, q.webhook)
	}
	return job{}, pause
}

// attempt sends a message once, and decides how it goes on.
func (s *Sender) attempt(j job) {
	began, hook := s.cfg.Now(), s.cfg.Webhook(j.delivery.Webhook)
	a := Attempt{At: began, Error: "the webhook has been removed or disabled"}
	if hook != nil {
		a = s.request(j.message, hook, began)
	}
	if s.ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := j.delivery
	d.Attempts = append(d.Attempts, a)
	if over := len(d.Attempts) - maxAttempts; over > 0 {
		d.Attempts = slices.Delete(d.Attempts, 0, over)
	}
	switch q := s.queues[d.Webhook]; {
	case a.Status >= 200 && a.Status < 300:
		d.State = Delivered
	case hook == nil, d.failures >= len(pauses), !slices.Contains(s.messages, j.message):
		d.State = Failed
	default:
		d.State, d.Next = Waiting, s.cfg.Now().Add(pauses[d.failures])
		d.failures++
		q.jobs = append(q.jobs, j)
	}
}

func (s *Sender) request(m *Message, hook *store.Webhook, at time.Time) Attempt {
	a, real := Attempt{At: at}, time.Now()
	fail := func(err error) Attempt {
		a.Took, a.Error = time.Since(real), err.Error()
		return a
	}
	key, err := standardwebhooks.NewWebhook(hook.Secret)
	if err != nil {
		return fail(errors.New("the webhook's secret is not whsec_ and base64"))
	}
	signature, err := key.Sign(m.ID, at, m.Body)
	if err != nil {
		return fail(err)
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, hook.URL, strings.NewReader(string(m.Body)))
	if err != nil {
		return fail(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "Svix-Webhooks/1.0 (clerktest)",
		"Svix-Id": m.ID, "Svix-Timestamp": strconv.FormatInt(at.Unix(), 10), "Svix-Signature": signature,
	} {
		req.Header.Set(name, value)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = resp.Body.Close() }()                      // It has been read.
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // What matters is the status.
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // So that the connection can be used again.
	a.Took, a.Status, a.Answer = time.Since(real), resp.StatusCode, strings.ToValidUTF8(string(answer), "")
	return a
}
