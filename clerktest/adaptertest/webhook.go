package adaptertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core/webhook"
)

// NewWebhook builds an application with one route, POST /webhook, handled by the adapter's Webhook
// with receiver and handle.
type NewWebhook func(tb testing.TB, receiver *webhook.Receiver, handle func(*webhook.Event) error) App

// webhookLimit is the size limit of the table's receiver.
const webhookLimit = 64 << 10

// RunWebhook drives an adapter's Webhook.
func RunWebhook(t *testing.T, newWebhook NewWebhook) {
	t.Helper()
	t.Run("answers 503 where the fleet could not be told", func(t *testing.T) { checkNotLearnt(t, newWebhook) })
	now := time.Unix(1795217577, 0)
	receiver, err := webhook.New(webhook.Options{
		Secret:  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		Now:     func() time.Time { return now },
		MaxBody: webhookLimit,
		Logger:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	event := `{"type":"user.created","data":{"id":"user_1","first_name":"Ada"}}`
	long := event + strings.Repeat(" ", webhookLimit-len(event))
	for _, tt := range []struct {
		name   string
		body   string // that is signed
		change func(*http.Request)
		fail   bool
		status int
		empty  bool // the answer's body must be
		called bool
	}{
		{name: "hands an event over", body: event, status: http.StatusOK, empty: true, called: true},
		{name: "hands an event of the largest size over", body: long, status: http.StatusOK, empty: true, called: true},
		{name: "reads the standard spelling", body: event, change: func(r *http.Request) {
			for _, name := range [...]string{"id", "timestamp", "signature"} {
				r.Header.Set("webhook-"+name, r.Header.Get("svix-"+name))
				r.Header.Del("svix-" + name)
			}
		}, status: http.StatusOK, empty: true, called: true},
		{name: "verifies the raw body, whatever its encoding is said to be", body: event, change: func(r *http.Request) {
			r.Header.Set("Content-Encoding", "gzip")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}, status: http.StatusOK, empty: true, called: true},
		{name: "answers 500 where the handler fails", body: event, fail: true, status: http.StatusInternalServerError, called: true},
		{name: "refuses another body", body: event, change: func(r *http.Request) { setBody(r, event+" ") }, status: http.StatusBadRequest, empty: true},
		{name: "refuses no body", body: event, change: func(r *http.Request) { setBody(r, "") }, status: http.StatusBadRequest, empty: true},
		{name: "refuses missing headers", body: event, change: func(r *http.Request) { r.Header.Del("svix-signature") }, status: http.StatusBadRequest, empty: true},
		{name: "refuses what is signed and no event", body: "{}", status: http.StatusBadRequest, empty: true},
		{name: "refuses a body that is too large", body: long + " ", status: http.StatusRequestEntityTooLarge, empty: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got *webhook.Event
			app := newWebhook(t, receiver, func(e *webhook.Event) error {
				got = e
				if tt.fail {
					return errors.New("s3cret cause")
				}
				return nil
			})
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://app.example/webhook", nil)
			if err != nil {
				t.Fatal(err)
			}
			if req.Header, err = receiver.Sign("msg_1", now, []byte(tt.body)); err != nil {
				t.Fatal(err)
			}
			setBody(req, tt.body)
			if tt.change != nil {
				tt.change(req)
			}
			resp, err := app(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }() // It was read.
			answer, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.status || tt.empty && len(answer) > 0 || bytes.Contains(answer, []byte("s3cret")) {
				t.Errorf("got status %d, body %q, want status %d", resp.StatusCode, answer, tt.status)
			}
			if (got != nil) != tt.called {
				t.Fatalf("got event %+v, want one: %t", got, tt.called)
			}
			if got != nil && (got.ID != "msg_1" || got.Type != webhook.UserCreated || string(got.Raw) != tt.body) {
				t.Errorf("got event %+v", got)
			}
		})
	}
}

// forgetful learns of no event.
type forgetful struct{}

func (forgetful) HandleEvent(context.Context, *webhook.Event) error {
	return errors.New("s3cret cause")
}

// checkNotLearnt delivers an event of which the fleet could not be told: it is to come again.
func checkNotLearnt(t *testing.T, newWebhook NewWebhook) {
	t.Helper()
	now := time.Unix(1795217577, 0)
	receiver, err := webhook.New(webhook.Options{
		Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Clerk: forgetful{}, Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	const event = `{"type":"user.deleted","data":{"id":"user_1"}}`
	app := newWebhook(t, receiver, func(*webhook.Event) error {
		t.Error("the event was handed over")
		return nil
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://app.example/webhook", nil)
	if err != nil {
		t.Fatal(err)
	}
	if req.Header, err = receiver.Sign("msg_1", now, []byte(event)); err != nil {
		t.Fatal(err)
	}
	setBody(req, event)
	resp, err := app(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // It was read.
	if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusServiceUnavailable || len(answer) > 0 {
		t.Errorf("got status %d, body %q, %v", resp.StatusCode, answer, err)
	}
}

// RunWebhookAnswer drives an application whose webhook's handler answers 202 with the text "later"
// itself.
func RunWebhookAnswer(t *testing.T, receiver *webhook.Receiver, app App) {
	t.Helper()
	const event = `{"type":"user.created","data":{"id":"user_1"}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://app.example/webhook", strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	if req.Header, err = receiver.Sign("msg_1", time.Now(), []byte(event)); err != nil {
		t.Fatal(err)
	}
	resp, err := app(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // It was read.
	if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusAccepted || string(answer) != "later" {
		t.Errorf("got status %d, body %q, error %v", resp.StatusCode, answer, err)
	}
}

func setBody(r *http.Request, body string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
}
