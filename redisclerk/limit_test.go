//go:build unix

package redisclerk_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
	"github.com/clerkgo/clerkgo/redisclerk"
	"github.com/clerkgo/clerkgo/redisclerk/redistest"
)

// TestAFleetStaysWithinClerksLimit: three processes have one limit, whoever asks first, and Redis
// is asked far less often than Clerk could be.
func TestAFleetStaysWithinClerksLimit(t *testing.T) {
	t.Parallel()
	const limit, processes, requests = 100, 3, 100
	clerk, server := clerktest.New(t), redistest.Start(t)
	tokens := make([]string, requests)
	for i := range tokens {
		tokens[i] = clerk.OAuthToken(clerktest.MachineToken{Subject: fmt.Sprintf("user_%d", i)})
	}
	calls := func() (n int) {
		for _, r := range clerk.RequestLog() {
			if strings.HasSuffix(r.Path, "/verify") {
				n++
			}
		}
		return n
	}
	var all sync.WaitGroup
	var passed atomic.Int64
	instances := make([]*core.Clerk, processes)
	for i := range instances {
		o := clerk.Options()
		o.BackendLimit.Calls, o.CallBudget = limit, core.CallBudget{Rate: -1, AddressRate: -1}
		o.SharedTimeout = 100 * time.Millisecond // The machine is busy with other tests.
		o.Logger = slog.New(slog.DiscardHandler)
		o.Shared = open(t, redistest.Client(t, nil, server.Addr), func(o *redisclerk.Options) { o.Prefix = "limit:" })
		instance, err := core.New(o)
		if err != nil {
			t.Fatal(err)
		}
		instances[i] = instance
		app := httpclerk.With(instance)(httpclerk.Protect(core.AcceptTokens(core.OAuthToken))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed.Add(1) })))
		all.Go(func() {
			for _, token := range tokens {
				ask(t, app, token)
			}
		})
	}
	began := time.Now()
	all.Wait()
	taken := uint64(0)
	for i, c := range instances {
		s := c.Stats()
		taken += s.Shared.Taken
		if s.Backend.Alone != 0 || s.Shared.Failed != 0 {
			t.Errorf("process %d could not ask: %+v %+v", i, s.Backend, s.Shared)
		}
	}
	made := calls()
	t.Logf("%d calls of %d wanted in %v, Redis was asked %d times", made, processes*requests, time.Since(began), taken)
	const most = limit * 4 / 5 // in a window, which begins with its first call
	windows := 1 + int(time.Since(began)/(10*time.Second))
	if made > windows*most || made < most*9/10 || int64(made) != passed.Load() {
		t.Errorf("%d calls were made and %d requests passed, want %d in each of %d windows at most", made, passed.Load(), most, windows)
	}
	if taken > uint64(windows*most) {
		t.Errorf("Redis was asked %d times", taken)
	}
}

// ask sends a request with a machine's token, which passes or could not be checked.
func ask(t *testing.T, app http.Handler, token string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	if w.Code != http.StatusOK && w.Code != http.StatusServiceUnavailable {
		t.Errorf("got %d", w.Code)
	}
}

// TestABudgetEndsWithItsWindow, whatever somebody else has written in its place.
func TestABudgetEndsWithItsWindow(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := redistest.Client(t, nil, server.Addr)
	s := open(t, client, func(o *redisclerk.Options) { o.Prefix = "window:" })
	for name, write := range map[string][]string{
		"without an end":     {"SET", "window:b:a", "1000000"},
		"with a distant end": {"SET", "window:b:b", "1000000", "PX", "100000000"},
		"that is no number":  {"SET", "window:b:c", "much", "PX", "100000000"},
	} {
		if err := client.Do(t.Context(), client.B().Arbitrary(write...).Build()).Error(); err != nil {
			t.Fatal(err)
		}
		budget := strings.TrimPrefix(write[1], "window:b:")
		for want := 9; want >= 8; want-- {
			if left, err := s.Take(t.Context(), budget, 1, 10, time.Minute); err != nil || left != want {
				t.Errorf("a budget %s: got %d, %v, want %d", name, left, err, want)
			}
		}
		left, err := client.Do(t.Context(), client.B().Arbitrary("PTTL", write[1]).Build()).AsInt64()
		if err != nil || left <= 0 || left > time.Minute.Milliseconds() {
			t.Errorf("a budget %s ends in %d ms: %v", name, left, err)
		}
	}
}
