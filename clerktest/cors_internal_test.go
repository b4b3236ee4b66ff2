package clerktest

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// TestEveryAnswerToABrowserCanBeRead: whatever a page asks for below /v1/, of either API, it can read
// the answer: refusals, paths that do not exist and faults too. A page of a foreign origin cannot.
func TestEveryAnswerToABrowserCanBeRead(t *testing.T) {
	t.Parallel()
	s := New(t, Config{})
	segment := regexp.MustCompile(`\{[^}]*\}`)
	ask := func(method, path, origin string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, s.url+path+"?__clerk_api_version=2026-08-20", http.NoBody)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		s.http.Handler.ServeHTTP(w, r)
		return w
	}
	check := func(method, path string) {
		t.Helper()
		w := ask(method, path, "http://localhost:3000")
		h := w.Result().Header
		if h.Get("Access-Control-Allow-Origin") != "http://localhost:3000" || h.Get("Access-Control-Allow-Credentials") != "true" || h.Get("Vary") != "Origin" {
			t.Errorf("%s %s answered %d with %v", method, path, w.Code, h)
		}
		if got := ask(method, path, "https://evil.example.com").Result().Header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s %s may be read by %s", method, path, got)
		}
	}
	n := 0
	for _, list := range [][]route{builtFrontendRoutes(), builtBackendRoutes(), unbuiltBackendRoutes(builtBackendRoutes())} {
		for _, rt := range list {
			method, path, _ := strings.Cut(rt.pattern, " ")
			if strings.HasPrefix(path, "/v1/") {
				n++
				check(method, segment.ReplaceAllString(path, "x"))
			}
		}
	}
	if n < 250 {
		t.Errorf("only %d routes were asked", n)
	}
	check(http.MethodGet, "/v1/nothing/at/all")
	check(http.MethodDelete, "/v1/environment")
	s.Inject("GET /v1/client", Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"7"}}})
	check(http.MethodGet, "/v1/client")
	s.Inject("", Fault{Status: http.StatusServiceUnavailable, Body: []byte("gone")})
	check(http.MethodGet, "/v1/nothing/at/all")
	check(http.MethodPost, "/v1/client/sign_ins")
	check(http.MethodGet, "/v1/users")
}
