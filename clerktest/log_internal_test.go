package clerktest

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
)

func TestRequestLogIsBounded(t *testing.T) {
	t.Parallel()
	s, err := newServer(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxLog + 3 {
		s.record("GET /", httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/"+strconv.Itoa(i), http.NoBody), nil)
	}
	log := s.RequestLog()
	if len(log) != maxLog || log[0].Path != "/3" || log[maxLog-1].Path != "/"+strconv.Itoa(maxLog+2) {
		t.Errorf("the log has %d entries from %s on", len(log), log[0].Path)
	}
}
