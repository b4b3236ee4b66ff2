package httpclerk_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/adaptertest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

func TestProxy(t *testing.T) { adaptertest.RunProxy(t, serveProxy, false) }

func TestCalls(t *testing.T) { adaptertest.RunCalls(t, serveProxy) }

func serveProxy(tb testing.TB, clerk *core.Clerk) (address string) {
	tb.Helper()
	mux := http.NewServeMux()
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Handler", "ran")
		_, _ = io.WriteString(w, httpclerk.Nonce(r))
	}
	mux.HandleFunc("GET /", handler)
	mux.HandleFunc("POST /", handler)
	outer := before(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Security-Policy", "outer") })
	s := httptest.NewServer(wrap(mux, outer, httpclerk.With(clerk)))
	tb.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// TestBrokenAnswerBehindTimeoutHandler has a writer that knows no deadlines: a part of the
// upstream's answer must not come as the whole.
func TestBrokenAnswerBehindTimeoutHandler(t *testing.T) {
	t.Parallel()
	upstream := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "part")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	o := clerktest.New(t).Options()
	o.ProxyURL = ""
	o.FrontendAPIProxy = core.FrontendAPIProxy{Enabled: true, FAPIURL: upstream.URL}
	clerk, err := core.New(o)
	if err != nil {
		t.Fatal(err)
	}
	app := newServer(t, http.TimeoutHandler(httpclerk.With(clerk)(http.NewServeMux()), time.Minute, "late"))
	resp, err := app.Client().Get(app.URL + "/__clerk/v1")
	if err != nil {
		return // It broke before anything of it was on its way.
	}
	defer func() { _ = resp.Body.Close() }() // It was read.
	if text, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("a broken answer came as a whole one: %d %q", resp.StatusCode, text)
	}
}
