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
