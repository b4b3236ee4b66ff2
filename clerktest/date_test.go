package clerktest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// TestAnswersSayTheInstancesTime reads the clock of an instance as a server does, which
// compares it with its own.
func TestAnswersSayTheInstancesTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	s := clerktest.New(t, clerktest.Config{Clock: clerktest.NewClock(at)})
	for _, path := range []string{"/v1/jwks", "/.well-known/jwks.json"} {
		resp, err := http.Get(s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got, want := resp.Header.Get("Date"), at.Format(http.TimeFormat); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}
