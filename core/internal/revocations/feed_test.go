package revocations_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/revocations"
	"github.com/clerkgo/clerkgo/core/internal/sealed"
)

// newFeed returns the feed of a process that publishes by a function.
func newFeed(tb testing.TB, secret string, publish func(ctx context.Context, topic string, message []byte, ttl time.Duration) error) (*revocations.Feed, *revocations.Memory) {
	tb.Helper()
	log := slog.New(slog.DiscardHandler)
	box, err := sealed.New(sealed.Config{Secret: secret, Instance: "https://api.clerk.test/v1", Now: time.Now, Log: log})
	if err != nil {
		tb.Fatal(err)
	}
	m := revocations.New(revocations.Config{Max: 1000, Now: time.Now})
	return revocations.NewFeed(revocations.FeedConfig{
		Memory: m, Publish: publish, Box: box, Now: time.Now, Redact: func(s string) string { return s }, Log: log,
	}), m
}

// sealedBy returns the message of a process with a secret.
func sealedBy(tb testing.TB, secret string, e revocations.Event) []byte {
	tb.Helper()
	var sent []byte
	feed, m := newFeed(tb, secret, func(_ context.Context, _ string, message []byte, _ time.Duration) error {
		sent = bytes.Clone(message)
		return nil
	})
	e, _ = m.Note(e)
	if err := feed.Announce(tb.Context(), e); err != nil {
		tb.Fatal(err)
	}
	return sent
}

// TestMessagesTellOtherProcesses of each kind of event, and of nothing else.
func TestMessagesTellOtherProcesses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		event   revocations.Event
		subject revocations.Subject
	}{
		"session":      {revocations.Event{Kind: revocations.Session, ID: "sess_a"}, revocations.Subject{SessionID: "sess_a"}},
		"user":         {revocations.Event{Kind: revocations.User, ID: "user_a"}, revocations.Subject{UserID: "user_a"}},
		"organization": {revocations.Event{Kind: revocations.Organization, ID: "org_a"}, revocations.Subject{OrgID: "org_a"}},
		"membership":   {revocations.Event{Kind: revocations.Membership, ID: "user_a", OrgID: "org_a"}, revocations.Subject{UserID: "user_a", OrgID: "org_a"}},
		"role":         {revocations.Event{Kind: revocations.Role, ID: "user_a", OrgID: "org_a"}, revocations.Subject{UserID: "user_a", OrgID: "org_a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message := sealedBy(t, "sk_test_a", tt.event)
			feed, m := newFeed(t, "sk_test_a", nil)
			for range 3 {
				feed.Deliver(message)
			}
			match, revoked := m.Find(tt.subject)
			if !revoked || match.Kind != tt.event.Kind || m.Stats().Entries != 1 || feed.Stats() != (revocations.FeedStats{Received: 1}) {
				t.Errorf("got %t %v, %+v, %+v", revoked, match.Kind, m.Stats(), feed.Stats())
			}
			for _, other := range []revocations.Subject{{SessionID: "user_a"}, {UserID: "sess_a"}, {SessionID: "sess_b", UserID: "user_b", OrgID: "org_b"}} {
				if _, revoked := m.Find(other); revoked {
					t.Errorf("%+v is revoked too", other)
				}
			}
			stranger, none := newFeed(t, "sk_test_b", nil)
			stranger.Deliver(message)
			if none.Stats().Entries != 0 || stranger.Stats().Rejected != 1 {
				t.Errorf("another instance believes it: %+v, %+v", none.Stats(), stranger.Stats())
			}
		})
	}
}

// TestOldMessagesSayNothing: who can put messages back cannot do so for ever.
func TestOldMessagesSayNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		message := sealedBy(t, "sk_test_a", revocations.Event{Kind: revocations.User, ID: "user_a"})
		feed, m := newFeed(t, "sk_test_a", nil)
		time.Sleep(time.Hour) // As much as clocks may differ.
		feed.Deliver(message)
		if got := m.Stats().Entries; got != 1 {
			t.Errorf("after an hour: got %d entries, want 1", got)
		}
		time.Sleep(2 * time.Hour)
		feed.Deliver(message)
		if m.Stats().Entries != 0 || feed.Stats().Rejected != 1 {
			t.Errorf("after three hours: got %+v, %+v", m.Stats(), feed.Stats())
		}
	})
}

// TestAnnouncementsAreTriedAgain and hold nobody up.
func TestAnnouncementsAreTriedAgain(t *testing.T) {
	t.Parallel()
	event := revocations.Event{Kind: revocations.Session, ID: "sess_a", At: at}
	for name, tt := range map[string]struct {
		publish func(ctx context.Context, n int) error
		waits   time.Duration
		fails   bool
		want    revocations.FeedStats
	}{
		"works":           {publish: func(context.Context, int) error { return nil }, want: revocations.FeedStats{Published: 1}},
		"fails once":      {fails: true, publish: failTimes(1), want: revocations.FeedStats{Published: 1, Failed: 1}},
		"fails always":    {fails: true, publish: failTimes(100), want: revocations.FeedStats{Failed: 4}},
		"panics":          {fails: true, publish: func(context.Context, int) error { panic("of the application") }, want: revocations.FeedStats{Failed: 4}},
		"hangs":           {fails: true, waits: 50 * time.Millisecond, publish: func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }, want: revocations.FeedStats{Failed: 4}},
		"slow, and works": {fails: true, waits: 50 * time.Millisecond, publish: func(context.Context, int) error { time.Sleep(time.Second / 2); return nil }, want: revocations.FeedStats{Published: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := 0
				feed, _ := newFeed(t, "sk_test_a", func(ctx context.Context, _ string, _ []byte, _ time.Duration) error {
					n++
					return tt.publish(ctx, n)
				})
				began := time.Now()
				if err := feed.Announce(t.Context(), event); (err != nil) != tt.fails {
					t.Errorf("got error %v, want one: %t", err, tt.fails)
				}
				if got := time.Since(began); got != tt.waits {
					t.Errorf("waited %v, want %v", got, tt.waits)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if got := feed.Stats(); got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			})
		})
	}
}

func failTimes(most int) func(context.Context, int) error {
	return func(_ context.Context, n int) error {
		if n <= most {
			return errors.New("connection refused")
		}
		return nil
	}
}

// FuzzMessages: what was not sealed with the secret makes no entry, and never panics.
func FuzzMessages(f *testing.F) {
	good := sealedBy(f, "sk_test_a", revocations.Event{Kind: revocations.Membership, ID: "user_a", OrgID: "org_a"})
	f.Add([]byte{})
	f.Add(good[:len(good)-20])
	half := bytes.Clone(good)
	clear(half[len(half)-16:]) // of the authentication code
	f.Add(half)
	f.Add(sealedBy(f, "sk_test_b", revocations.Event{Kind: revocations.User, ID: "user_a"}))
	f.Fuzz(func(t *testing.T, message []byte) {
		feed, m := newFeed(t, "sk_test_a", nil)
		feed.Deliver(message)
		if m.Stats().Entries != 0 {
			t.Errorf("%q is believed", message)
		}
	})
}
