package clerktest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{})
	close(closed)
	tests := []struct {
		name   string
		fault  clerktest.Fault
		status int // 0: no answer at all
		body   func(string) bool
		ct     string
		broken bool // the body ends too early
	}{
		{name: "a status", fault: clerktest.Fault{Status: 503}, status: 503, ct: "application/json", body: func(s string) bool { return strings.Contains(s, `"internal_clerk_error"`) }},
		{name: "a status with a body and a type", fault: clerktest.Fault{Status: 502, Body: []byte("<h1>"), ContentType: "text/html"}, status: 502, ct: "text/html", body: func(s string) bool { return s == "<h1>" }},
		{name: "a body only", fault: clerktest.Fault{Body: []byte(`{"keys":[]}`)}, status: 200, ct: "application/json", body: func(s string) bool { return s == `{"keys":[]}` }},
		{name: "an empty body", fault: clerktest.Fault{Body: []byte{}}, status: 200, ct: "application/json", body: func(s string) bool { return s == "" }},
		{name: "another type on the real answer", fault: clerktest.Fault{ContentType: "text/plain"}, status: 200, ct: "text/plain", body: func(s string) bool { return strings.Contains(s, `"RS256"`) }},
		{name: "a huge body", fault: clerktest.Fault{PadTo: 5 << 20}, status: 200, ct: "application/json", body: func(s string) bool { return len(s) == 5<<20 && strings.HasPrefix(s, `{"keys"`) }},
		{name: "half of the real answer", fault: clerktest.Fault{Truncate: true}, status: 200, ct: "application/json", broken: true, body: func(s string) bool { return strings.HasPrefix(s, `{"keys"`) && !strings.HasSuffix(s, "]}") }},
		{name: "half of an error", fault: clerktest.Fault{Status: 500, Truncate: true}, status: 500, ct: "application/json", broken: true, body: func(s string) bool { return strings.HasPrefix(s, `{"errors"`) }},
		{name: "a dropped connection", fault: clerktest.Fault{Drop: true}},
		{name: "a wait that is over", fault: clerktest.Fault{Wait: closed}, status: 200, ct: "application/json", body: func(s string) bool { return strings.Contains(s, `"RS256"`) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t)
			tt.fault.Header = http.Header{"Retry-After": {"7"}}
			remove := s.Inject("GET /v1/jwks", tt.fault)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/v1/jwks", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+s.SecretKey())
			res, err := plain(t).Do(req)
			if tt.status == 0 {
				if err == nil {
					_ = res.Body.Close()
					t.Fatalf("answered %d, want a dropped connection", res.StatusCode)
				}
			} else {
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if (err != nil) != tt.broken || res.StatusCode != tt.status || res.Header.Get("Content-Type") != tt.ct || !tt.body(string(body)) || res.Header.Get("Retry-After") != "7" {
					t.Errorf("answered %d %v %.200s (%v)", res.StatusCode, res.Header, body, err)
				}
			}
			if log := s.RequestLog(); len(log) != 1 || log[0].Status != tt.status {
				t.Errorf("log %+v, want status %d", log, tt.status)
			}
			remove()
			if len(kids(t, s)) != 1 {
				t.Error("the fault outlives its removal")
			}
		})
	}
}

func TestFaultsChoose(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	status := func(path string) int { return call(t, s, http.MethodGet, path, nil, nil) }

	s.Inject("GET /v1/jwks", clerktest.Fault{Status: 500, Times: 2})
	if got := []int{status("/v1/jwks"), status("/v1/jwks"), status("/v1/jwks")}; !cmp.Equal(got, []int{500, 500, 200}) {
		t.Errorf("two faults give %v", got)
	}
	s.Inject("GET /v1/users/user_ada", clerktest.Fault{Status: 429})
	remove := s.Inject("GET /v1/users/{id}", clerktest.Fault{Status: 418})
	if got := []int{status("/v1/users/user_ada"), status("/v1/users/user_bob")}; !cmp.Equal(got, []int{418, 418}) {
		t.Errorf("the newest fault does not win: %v", got)
	}
	remove()
	if got := []int{status("/v1/users/user_ada"), status("/v1/users/user_bob")}; !cmp.Equal(got, []int{429, 404}) {
		t.Errorf("a fault by path gives %v", got)
	}
	s.Inject("", clerktest.Fault{Status: 503})
	if got := status("/v1/organizations"); got != 503 {
		t.Errorf("a fault for everything gives %d", got)
	}
}

func TestWaitHoldsTheAnswerBack(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	gate := make(chan struct{})
	s.Inject("GET /v1/jwks", clerktest.Fault{Wait: gate})
	done := make(chan int)
	go func() { done <- call(t, s, http.MethodGet, "/v1/jwks", nil, nil) }()
	for s.Requests("GET /v1/jwks") == 0 {
		<-time.After(time.Millisecond)
	}
	select {
	case <-done:
		t.Fatal("answered before the gate opened")
	default:
	}
	if status := call(t, s, http.MethodGet, "/v1/organizations", nil, nil); status != http.StatusOK {
		t.Errorf("another route meanwhile answered %d", status)
	}
	close(gate)
	if status := <-done; status != http.StatusOK {
		t.Errorf("answered %d, want 200", status)
	}
}

func TestRequestLog(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	call(t, s, http.MethodGet, "/v1/users/user_ada?x=1", nil, nil)
	call(t, s, http.MethodPost, "/m2m_tokens/verify", doc{"token": "mt_x"}, nil)
	call(t, s, http.MethodGet, "/nothing/here", nil, nil)
	for route, want := range map[string]int{"": 3, "GET /v1/users/{id}": 1, "GET /v1/users/user_ada": 1, "GET /v1/users/user_bob": 0, "POST /m2m_tokens/verify": 1, "/": 1, "GET /nothing/here": 1} {
		if got := s.Requests(route); got != want {
			t.Errorf("Requests(%q) = %d, want %d", route, got, want)
		}
	}
	log := s.RequestLog()
	if r := log[0]; r.Status != 200 || r.Query.Get("x") != "1" || r.Header.Get("Authorization") == "" || !r.Time.Equal(epoch) {
		t.Errorf("first entry %+v", r)
	}
	if r := log[1]; r.Status != 404 || string(r.Body) != `{"token":"mt_x"}` {
		t.Errorf("second entry %+v", r)
	}
	s.ResetRequests()
	if got := s.Requests(""); got != 0 || len(s.RequestLog()) != 0 {
		t.Errorf("%d requests after the reset", got)
	}
}
