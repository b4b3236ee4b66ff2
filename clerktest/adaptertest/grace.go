package adaptertest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// cuttableTransport reaches nobody once it is cut.
type cuttableTransport struct{ cut atomic.Bool }

func (c *cuttableTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.cut.Load() {
		return nil, errors.New("connection refused")
	}
	return http.DefaultTransport.RoundTrip(r)
}

// checkGrace sends sessions that have expired while Clerk is down. Guards let them pass where the
// options say so, and not where they themselves say otherwise.
func checkGrace(t *testing.T, newApp NewApp) {
	t.Helper()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	s := clerktest.New(t, clerktest.Config{Clock: clerktest.NewClock(now), Production: true})
	who := func(c Context) error { return c.Text(fmt.Sprint(c.Auth().UserID, " ", c.Auth().InGrace())) }
	inside := func(c Context) error {
		if stop, err := c.Require(core.NoGrace); stop {
			return err
		}
		return who(c)
	}
	for _, grace := range []time.Duration{0, time.Hour} {
		transport := new(cuttableTransport)
		o := options(s)
		o.ProxyURL = ""
		o.HTTPClient, o.Outage.Grace = &http.Client{Transport: transport}, grace
		clerk := newClerk(t, o)
		if err := clerk.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		transport.cut.Store(true)
		app := newApp(t, Setup{
			Middleware: []*core.Clerk{clerk},
			Guards:     []RouteGuard{{Matcher: core.MustRouteMatcher("/by-path"), Options: []core.ProtectOption{core.NoGrace}}},
			Routes: []Route{
				{Path: "/open", Handler: who},
				{Path: "/guarded", Protect: Protected(), Handler: who},
				{Path: "/no-grace", Protect: Protected(core.NoGrace), Handler: who},
				{Path: "/fresh", Protect: Protected(core.Reverification(core.Lax)), Handler: who},
				{Path: "/by-path", Handler: who},
				{Path: "/inside", Handler: inside},
			},
		})
		token := s.SessionToken("user_ada", clerktest.IssuedAt(now.Add(-10*time.Minute)), clerktest.FactorAge(1, 1))
		for _, presented := range [][]string{
			bearer(token),
			page("Cookie", "__client_uat=1; __session="+token),
		} {
			for _, row := range []struct{ path, with, without string }{
				{"/open", "200 user_ada true", "200  false"},
				{"/guarded", "200 user_ada true", ""},
				{"/no-grace", "503", ""},
				{"/fresh", "503", ""},
				{"/by-path", "503", ""},
				{"/inside", "503", ""},
			} {
				want := row.with
				if grace == 0 {
					want = row.without
				}
				got := graceAnswer(t, app, row.path, presented)
				if want == "" && strings.HasPrefix(got, "200") || want != "" && got != want {
					t.Errorf("grace %v, %s, by %s: got %q, want %q", grace, row.path, presented[0], got, want)
				}
			}
		}
	}
}

// graceAnswer is the status of an answer, and what a handler wrote.
func graceAnswer(t *testing.T, app App, path string, headers []string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, appURL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.RequestURI = path
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	resp, err := app(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		return strconv.Itoa(resp.StatusCode)
	}
	return "200 " + string(body)
}
