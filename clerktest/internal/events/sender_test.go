package events_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/clerkgo/clerkgo/clerktest/internal/events"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// bench is a sender whose webhooks are functions and whose time is a variable.
type bench struct {
	*events.Sender
	mu    sync.Mutex
	now   time.Time
	moved chan struct{}
	got   []string // "host id/type", in order
	hosts map[string]func(*http.Request) (int, error)
}

func newBench(t *testing.T, hosts map[string]func(*http.Request) (int, error)) *bench {
	t.Helper()
	b := &bench{now: time.Unix(1_800_000_000, 0), moved: make(chan struct{}), hosts: hosts}
	b.Sender = events.New(events.Config{
		InstanceID: "ins_1", Transport: b,
		Now: func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now },
		Moved: func() <-chan struct{} {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.moved
		},
		Webhook: func(id string) *store.Webhook {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.hosts[id] == nil {
				return nil
			}
			return &store.Webhook{URL: "http://" + id + "/hook", Secret: secret}
		},
	})
	return b
}

func (b *bench) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	key, _ := standardwebhooks.NewWebhook(secret)
	signed := http.Header{}
	for _, name := range []string{"id", "timestamp", "signature"} {
		signed.Set("webhook-"+name, r.Header.Get("svix-"+name))
	}
	b.mu.Lock()
	got := r.URL.Host + " " + r.Header.Get("svix-id")
	if err := key.VerifyIgnoringTimestamp(body, signed); err != nil {
		got += " " + err.Error()
	}
	if at := r.Header.Get("svix-timestamp"); at != strconv.FormatInt(b.now.Unix(), 10) {
		got += " sent at " + at
	}
	b.got = append(b.got, got)
	answer := b.hosts[r.URL.Host]
	b.mu.Unlock()
	status, err := answer(r)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("thanks")), Request: r}, nil
}

// advance sets the time forward, and lets everything run that this makes due.
func (b *bench) advance(d time.Duration) {
	b.mu.Lock()
	b.now = b.now.Add(d)
	close(b.moved)
	b.moved = make(chan struct{})
	b.mu.Unlock()
	synctest.Wait()
}

// taken returns what has been received since the last call, ids as the order of the
// events.
func (b *bench) taken() []string {
	synctest.Wait()
	var list []string
	messages := b.Messages()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, got := range b.got {
		host, id, _ := strings.Cut(got, " ")
		at := slices.IndexFunc(messages, func(m events.Message) bool { return m.ID == id })
		if at < 0 {
			list = append(list, got)
			continue
		}
		list = append(list, host+" "+messages[at].Type)
	}
	b.got = nil
	return list
}

func (b *bench) send(kind string, hosts ...string) {
	b.Send(store.Event{Type: kind, At: b.now, Data: wire.Doc{"id": "x"}}, events.Cause{}, hosts)
}

func status(code int) func(*http.Request) (int, error) {
	return func(*http.Request) (int, error) { return code, nil }
}

func hangs(r *http.Request) (int, error) {
	<-r.Context().Done()
	return 0, r.Context().Err()
}

func wantTaken(t *testing.T, b *bench, want ...string) {
	t.Helper()
	if got := b.taken(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOrderAndRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]func(*http.Request) (int, error){"a": status(204), "b": status(500)})
		defer b.Close()
		for _, kind := range []string{"one", "two", "three"} {
			b.send(kind, "a")
		}
		wantTaken(t, b, "a one", "a two", "a three")

		b.send("four", "b")
		wantTaken(t, b, "b four")
		b.advance(5*time.Second - time.Millisecond)
		wantTaken(t, b)
		b.advance(time.Millisecond)
		wantTaken(t, b, "b four")
		b.send("five", "b") // Passes what waits.
		wantTaken(t, b, "b five")
		var pauses int
		for range 60 { // Five sixths of an hour each.
			b.advance(50 * time.Minute)
			pauses += len(b.taken())
		}
		if pauses != 6+7 {
			t.Errorf("the rest of both messages was %d attempts, want 13", pauses)
		}
		last := b.Messages()[3].Deliveries[0]
		if last.State != events.Failed || len(last.Attempts) != 8 || last.Attempts[7].Status != 500 || last.Attempts[7].Answer != "thanks" {
			t.Errorf("at last: %+v", last)
		}

		b.hosts["b"] = status(200)
		id := b.Messages()[3].ID
		if err := b.Replay(id, ""); err != nil {
			t.Fatal(err)
		}
		wantTaken(t, b, "b four")
		if m := b.Messages()[3]; m.Deliveries[0].State != events.Delivered || m.ID != id {
			t.Errorf("after the replay: %+v", m.Deliveries[0])
		}
		if err := b.Replay(id, "a"); err != nil { // Which it did not go to before.
			t.Fatal(err)
		}
		wantTaken(t, b, "a four")
		if err := b.Replay("msg_unknown", ""); !errors.Is(err, events.ErrUnknown) {
			t.Errorf("the replay of nothing: %v", err)
		}
	})
}

func TestReplayOfWhatWaitsSendsItOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]func(*http.Request) (int, error){"a": status(500)})
		defer b.Close()
		b.send("one", "a")
		wantTaken(t, b, "a one")
		b.hosts["a"] = status(200)
		for range 3 {
			if err := b.Replay(b.Messages()[0].ID, ""); err != nil {
				t.Fatal(err)
			}
		}
		got := b.taken()
		b.advance(time.Hour)
		if rest := b.taken(); len(got) == 0 || len(rest) != 0 {
			t.Errorf("got %q, then %q", got, rest)
		}
	})
}

func TestDeadWebhookHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, map[string]func(*http.Request) (int, error){
			"dead": hangs, "gone": func(*http.Request) (int, error) { return 0, errors.New("connection refused") }, "fine": status(200),
		})
		b.send("one", "dead", "gone", "removed", "fine")
		b.send("two", "dead", "gone", "fine")
		got := b.taken()
		for _, want := range []string{"dead one", "gone one", "gone two", "fine one", "fine two"} {
			if !slices.Contains(got, want) {
				t.Errorf("%s is missing in %q", want, got)
			}
		}
		if d := b.Messages()[0].Deliveries; d[0].State != events.Sending || d[1].State != events.Waiting || d[2].State != events.Failed || d[3].State != events.Delivered ||
			!strings.Contains(d[1].Attempts[0].Error, "refused") || !strings.Contains(d[2].Attempts[0].Error, "removed") {
			t.Errorf("got %+v %+v %+v %+v", d[0], d[1], d[2], d[3])
		}
		b.Close() // synctest fails where a goroutine is left.
		b.send("three", "fine")
		wantTaken(t, b)
	})
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		b := newBench(t, map[string]func(*http.Request) (int, error){"slow": func(*http.Request) (int, error) { <-release; return 200, nil }})
		defer b.Close()
		for i := range 3000 {
			b.send(strconv.Itoa(i), "slow")
		}
		messages := b.Messages()
		if len(messages) != 1000 || messages[0].Type != "2000" {
			t.Fatalf("%d are kept, from %s on", len(messages), messages[0].Type)
		}
		close(release)
		if got := b.taken(); len(got) > 1001 || got[len(got)-1] != "slow 2999" {
			t.Errorf("%d were sent, the last one is %s", len(got), got[len(got)-1])
		}
		for range 40 {
			b.Send(store.Event{Type: "big", Data: wire.Doc{"x": strings.Repeat("x", 1<<20)}}, events.Cause{}, nil)
		}
		if n := len(b.Messages()); n > 32 {
			t.Errorf("%d messages of 1 MiB are kept", n)
		}
		b.Clear()
		b.send("one", "slow")
		wantTaken(t, b, "slow one")
	})
}
