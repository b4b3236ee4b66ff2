package httpclerk_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

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
