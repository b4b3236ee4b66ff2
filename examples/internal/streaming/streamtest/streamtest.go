// Package streamtest tests the event streams of the programs beside it, by a client on a socket.
package streamtest

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// New returns a Clerk whose clock stands still, and the instance of an application.
func New(t *testing.T) (*clerktest.Server, *core.Clerk) {
	t.Helper()
	t.Setenv("CLERK_WEBHOOK_SIGNING_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	s := clerktest.New(t, clerktest.Config{Clock: clerktest.NewClock(time.Unix(1795217577, 0)), Users: []clerktest.User{{ID: "user_ada"}, {ID: "user_bob"}}})
	clerk, err := core.New(s.Options())
	if err != nil {
		t.Fatal(err)
	}
	return s, clerk
}

// Run opens event streams at address, renews them, revokes them and lets them expire.
func Run(t *testing.T, s *clerktest.Server, clerk *core.Clerk, address string) {
	t.Helper()
	ada := func() string { return s.SessionToken("user_ada", clerktest.SessionID("sess_ada")) }
	ask := func(method, path, token string) (status int, kind string, body io.Reader) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		return resp.StatusCode, resp.Header.Get("Content-Type"), resp.Body
	}
	renew := func(id, token string, want int) {
		t.Helper()
		if got, _, _ := ask(http.MethodPost, "/events/"+id, token); got != want {
			t.Errorf("renewing: got %d, want %d", got, want)
		}
	}
	open := func() (stream *bufio.Reader, id string) {
		t.Helper()
		status, kind, body := ask(http.MethodGet, "/events", ada())
		if status != http.StatusOK || !strings.HasPrefix(kind, "text/event-stream") {
			t.Fatalf("got %d %s", status, kind)
		}
		stream = bufio.NewReader(body)
		return stream, Event(t, stream, "opened")
	}
	ended := func(stream *bufio.Reader, want string) {
		t.Helper()
		if got := Event(t, stream, "end"); got != want {
			t.Errorf("the stream ended for %q, want %q", got, want)
		}
		if rest, err := io.ReadAll(stream); err != nil || len(strings.TrimSpace(string(rest))) > 0 {
			t.Errorf("behind the end: %q, %v", rest, err)
		}
	}

	stream, id := open()
	for range 5 { // Far longer than a token lives.
		s.Clock().Advance(50 * time.Second)
		renew(id, ada(), http.StatusNoContent)
	}
	renew(id, s.SessionToken("user_bob"), http.StatusForbidden)
	renew("unknown", ada(), http.StatusNotFound)
	if got := clerk.Stats().Watches; got != 1 {
		t.Errorf("got %d watches, want that of the stream", got)
	}
	begin := time.Now()
	if err := clerk.RevokeSession(context.Background(), "sess_ada"); err != nil {
		t.Fatal(err)
	}
	ended(stream, "session-revoked")
	t.Logf("the client saw the end %v after the revocation", time.Since(begin).Round(time.Microsecond))

	s.Clock().Advance(time.Hour) // Nobody knows of the revocation any more.
	stream, id = open()
	s.Clock().Advance(80 * time.Second)
	renew(id, ada(), http.StatusUnauthorized)
	ended(stream, "token-expired")
	if got, _, _ := ask(http.MethodGet, "/events", "nobody"); got == http.StatusOK {
		t.Error("somebody without a session got a stream")
	}
}

// Event returns the data of the next event of a name, and skips ticks.
func Event(t *testing.T, stream *bufio.Reader, name string) string {
	t.Helper()
	event := ""
	for {
		line, err := stream.ReadString('\n')
		if err != nil {
			t.Fatalf("no event %s: %v", name, err)
		}
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch value = strings.TrimPrefix(value, " "); key {
		case "event":
			event = value
		case "data":
			if event == name {
				return value
			}
			if event != "tick" {
				t.Fatalf("got the event %s, want %s", event, name)
			}
		}
	}
}
