package webhook_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core/webhook"
)

// TestJunkFillsNoLog: everybody can send a webhook that is none.
func TestJunkFillsNoLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	clock := now
	receiver := newReceiver(t, webhook.Options{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Now:    func() time.Time { return clock },
	})
	const body = `{"type":"user.deleted","data":{}}`
	send := func(header http.Header, want error) {
		t.Helper()
		if _, err := receiver.Receive(header, strings.NewReader(body)); !errors.Is(err, want) {
			t.Fatalf("got %v, want %v", err, want)
		}
	}
	forged := signed(t, now, body)
	forged.Set("svix-signature", "v1,Zm9yZ2Vk")
	for range 1000 {
		send(http.Header{}, webhook.ErrMissingHeaders)
		send(forged, webhook.ErrSignature)
	}
	if got := strings.Count(log.String(), "\n"); got != 2 {
		t.Fatalf("got %d lines, want one for each kind of refusal:\n%.1000s", got, log.String())
	}
	clock = clock.Add(time.Minute)
	send(forged, webhook.ErrSignature)
	if got := strings.Count(log.String(), "\n"); got != 3 || !strings.Contains(log.String(), "repeated=999") {
		t.Errorf("got %d lines, want a third with the number of those left out:\n%.1000s", got, log.String())
	}
	clock = clock.Add(-time.Hour) // A clock that was set back does not silence the log.
	send(forged, webhook.ErrTimestamp)
	send(http.Header{}, webhook.ErrMissingHeaders)
	if got := strings.Count(log.String(), "\n"); got != 5 {
		t.Errorf("got %d lines, want 5:\n%.1000s", got, log.String())
	}
}

// TestTheLogSaysWhatMendsASignature: the secret of another endpoint is well-formed, and so is a body that was changed.
func TestTheLogSaysWhatMendsASignature(t *testing.T) {
	t.Parallel()
	const body, other = `{"type":"user.deleted","data":{}}`, "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcjA="
	for name, tc := range map[string]struct {
		secret, body string
		told         bool
		want         error
	}{
		"the secret of another endpoint": {other, body, true, webhook.ErrSignature},
		"another body":                   {secret, body + " ", true, webhook.ErrSignature},
		"no body":                        {secret, "", true, webhook.ErrSignature},
		"no event":                       {secret, "[]", false, webhook.ErrPayload},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			receiver := newReceiver(t, webhook.Options{Secret: tc.secret, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			header := signed(t, now, body)
			if !tc.told {
				header = signed(t, now, tc.body)
			}
			if _, err := receiver.Receive(header, strings.NewReader(tc.body)); !errors.Is(err, tc.want) || strings.Contains(err.Error(), "Options.Secret") {
				t.Fatalf("got %v, want %v", err, tc.want)
			}
			for _, part := range []string{"another endpoint or another instance", "Options.Secret", "CLERK_WEBHOOK_SIGNING_SECRET", "changed the body"} {
				if strings.Contains(log.String(), part) != tc.told {
					t.Errorf("it says %q: %v, want %v: %s", part, !tc.told, tc.told, &log)
				}
			}
			for _, hidden := range []string{other, secret, header.Get("svix-signature"), "user.deleted"} {
				if strings.Contains(log.String(), strings.TrimPrefix(hidden, "whsec_")) {
					t.Errorf("it says %q: %s", hidden, &log)
				}
			}
		})
	}
}

func TestRefusalsAreCountedOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	receiver := newReceiver(t, webhook.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for range 100 {
				_, _ = receiver.Receive(http.Header{}, nil)
			}
		})
	}
	senders.Wait()
	if got := strings.Count(log.String(), "\n"); got != 1 {
		t.Errorf("got %d lines, want 1:\n%.1000s", got, log.String())
	}
}
