package adaptertest

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// Shown is what the route /shown of [RunUnanswered] answers with.
const Shown = "closed"

// RunUnanswered checks what becomes of the errors of handlers that could not ask Clerk, on
// frameworks whose handlers return errors. The application has the middleware and two routes for
// GET, whose handlers ask for the adapter's CurrentUser: /me returns its error with the text
// profile around it, /own an error of the framework's own with status 418, which has that error for
// its cause.
func RunUnanswered(t *testing.T, newApp func(t testing.TB, clerk *core.Clerk) App) {
	t.Helper()
	s := clerktest.New(t)
	o := s.Options()
	o.Logger, o.Retry = slog.New(slog.DiscardHandler), core.Retry{Attempts: -1, BaseDelay: -1}
	o.Outage.Failures = -1 // Each row asks.
	o.Outage.Failures = -1 // Each call is made.
	clerk, err := core.New(o)
	if err != nil {
		t.Fatal(err)
	}
	app := newApp(t, clerk)
	for _, test := range []struct {
		path          string
		fault, status int
		body          string
		retry, page   bool
	}{
		{path: "/me", fault: 503, status: 503, retry: true},
		{path: "/me", fault: 503, status: 503, retry: true, page: true},
		{path: "/me", fault: 429, status: 503, retry: true},
		{path: "/me", fault: 401, status: 500, body: `{"errors":[{"code":"clerk_key_invalid","message":"secret detail"}]}`},
		{path: "/me", fault: 422, status: 500, body: `{"errors":[{"code":"no","message":"secret detail"}]}`},
		{path: "/own", fault: 503, status: 418},
		{path: "/shown", fault: 503, status: 503, retry: true},
	} {
		fault := clerktest.Fault{Status: test.fault}
		if test.body != "" {
			fault.Body = []byte(test.body)
		}
		mend := s.Inject("GET /v1/users/{id}", fault)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, test.path, http.NoBody)
		r.Header.Set("Authorization", "Bearer "+s.SessionToken("user_ada"))
		if test.page {
			r.Header.Set("Sec-Fetch-Dest", "document")
		}
		resp, err := app(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // It was read.
		mend()
		if resp.StatusCode != test.status || (resp.Header.Get("Retry-After") != "") != test.retry {
			t.Errorf("%s, Clerk answers %d: got %d, Retry-After %q, want %d", test.path, test.fault, resp.StatusCode, resp.Header.Get("Retry-After"), test.status)
		}
		switch wait := resp.Header.Get("Retry-After"); {
		case test.page:
			outageClient{reloads: true}.checkPage(t, resp.Header, string(body), wait)
		case test.path == "/shown":
			if string(body) != Shown {
				t.Errorf("got %q, want the application's own answer", body)
			}
		case test.retry:
			checkUnavailableJSON(t, resp.Header, string(body), wait)
		}
		if text := string(body); test.path == "/me" && (strings.Contains(text, "profile") || strings.Contains(text, "Backend API") || strings.Contains(text, "secret")) {
			t.Errorf("Clerk answers %d: the client is told %q", test.fault, text)
		}
	}
}
