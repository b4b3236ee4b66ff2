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

// sealedContent is a message of any content that happened at a time.
func sealedContent(tb testing.TB, secret string, happened time.Time, content string) []byte {
	tb.Helper()
	box, err := sealed.New(sealed.Config{Secret: secret, Instance: "https://api.clerk.test/v1", Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	return box.Seal("revocation", "", sealed.Entry{At: happened, Expires: time.Now().Add(time.Minute), Content: []byte(content)})
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

// TestMessagesTellWhatMayBeLifted: the end of a ban lifts what Clerk has told to another process, and not what
// the application has revoked there. Messages from before there was a mark do not say whose it is, and are
// taken for the application's.
func TestMessagesTellWhatMayBeLifted(t *testing.T) {
	t.Parallel()
	const before = "\x01" // version
	event := func(seconds int, lifted, stays bool) revocations.Event {
		return revocations.Event{Kind: revocations.User, ID: "user_a", At: at.Add(time.Duration(seconds) * time.Second), Lifted: lifted, Stays: stays}
	}
	unmarked := func(seconds int, kind byte, mark string) []byte {
		return sealedContent(t, "sk_test_a", event(seconds, false, false).At, before+string(kind)+mark+"\x00\x00\x00\x3c\x00\x00\x00\x00\x06user_a")
	}
	marked := func(e revocations.Event) []byte { return sealedBy(t, "sk_test_a", e) }
	// A lift is news only to who knows what it lifts.
	lift := func() []byte {
		var sent []byte
		feed, m := newFeed(t, "sk_test_a", func(_ context.Context, _ string, message []byte, _ time.Duration) error {
			sent = bytes.Clone(message)
			return nil
		})
		m.Note(event(1, false, false))
		if err := feed.Announce(t.Context(), event(9, true, false)); err != nil {
			t.Fatal(err)
		}
		return sent
	}()
	user := byte(revocations.User)
	for name, tt := range map[string]struct {
		messages [][]byte
		revoked  bool
		rejected uint64
	}{
		"a ban":                                 {messages: [][]byte{marked(event(1, false, false))}, revoked: true},
		"a ban that ended":                      {messages: [][]byte{marked(event(1, false, false)), lift}},
		"what the application revoked":          {messages: [][]byte{marked(event(1, false, true)), lift}, revoked: true},
		"both":                                  {messages: [][]byte{marked(event(1, false, true)), marked(event(2, false, false)), lift}, revoked: true},
		"both, in another order":                {messages: [][]byte{lift, marked(event(2, false, false)), lift, marked(event(1, false, true))}, revoked: true},
		"one without a mark":                    {messages: [][]byte{unmarked(1, user, "\x00"), lift}, revoked: true},
		"a ban that ended, told without a mark": {messages: [][]byte{marked(event(1, false, false)), unmarked(9, user, "\x01")}},
		"a mark that there was not in that version": {messages: [][]byte{unmarked(1, user, "\x02")}, rejected: 1},
		"a mark that nobody knows": {
			messages: [][]byte{sealedContent(t, "sk_test_a", at, "\x02"+string(user)+"\x03\x00\x00\x00\x3c\x00\x00\x00\x00\x06user_a")}, rejected: 1,
		},
		"a version that nobody knows": {
			messages: [][]byte{sealedContent(t, "sk_test_a", at, "\x03"+string(user)+"\x00\x00\x00\x00\x3c\x00\x00\x00\x00\x06user_a")}, rejected: 1,
		},
		"less than a head": {messages: [][]byte{sealedContent(t, "sk_test_a", at, ""), sealedContent(t, "sk_test_a", at, "\x02")}, rejected: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			feed, m := newFeed(t, "sk_test_a", nil)
			for range 2 {
				for _, message := range tt.messages {
					feed.Deliver(message)
				}
			}
			if _, revoked := m.Find(revocations.Subject{UserID: "user_a"}); revoked != tt.revoked {
				t.Errorf("revoked: got %t, want %t", revoked, tt.revoked)
			}
			if got := feed.Stats().Rejected; got != 2*tt.rejected {
				t.Errorf("got %d messages that are not believed, want %d", got, 2*tt.rejected)
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
