package clerktest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

// What a page cannot read, clerk-js takes for a failure of the network, and under
// automation for success.
func TestBrowsersCanReadEveryAnswer(t *testing.T) {
	t.Parallel()
	const origin = "http://localhost:3000"
	tests := []struct {
		name   string
		route  string
		origin string
		fault  *clerktest.Fault
		status int
		code   string
	}{
		{name: "what is served", route: "GET /v1/client", status: 200},
		{name: "what is not built", route: "GET /v1/billing/plans", status: 501, code: "not_implemented"},
		{name: "what nobody has", route: "GET /v1/nothing/at/all", status: 501, code: "not_implemented"},
		{name: "a path of the Backend API only", route: "GET /v1/users", status: 501, code: "not_implemented"},
		{name: "a refusal", route: "GET /v1/client?__clerk_db_jwt=dvb_unknown", status: 401, code: "dev_browser_unauthenticated"},
		{name: "a method that is not served", route: "DELETE /v1/environment", status: 501, code: "not_implemented"},
		{name: "an injected status", route: "GET /v1/client", fault: &clerktest.Fault{Status: 503}, status: 503, code: "internal_clerk_error"},
		{name: "an injected status where nothing is", route: "GET /v1/nothing", fault: &clerktest.Fault{Status: 500}, status: 500, code: "internal_clerk_error"},
		{name: "a handshake that is refused", route: "GET /v1/client/handshake", status: 400, code: "invalid_url_parameter"},
		{name: "a page of an origin that is not allowed", route: "GET /v1/nothing", origin: "https://evil.example", status: 501, code: "not_implemented"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t)
			method, path, _ := strings.Cut(tt.route, " ")
			if tt.fault != nil {
				s.Inject(tt.route, *tt.fault)
			}
			req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			from, allowed := tt.origin, ""
			if from == "" {
				from, allowed = origin, origin
			}
			req.Header.Set("Origin", from)
			res := do(t, plain(t), req)
			if res.StatusCode != tt.status || (tt.code != "" && !strings.Contains(string(res.body), `"`+tt.code+`"`)) {
				t.Errorf("answered %d %s, want %d %s", res.StatusCode, res.body, tt.status, tt.code)
			}
			if got := res.Header.Get("Access-Control-Allow-Origin"); got != allowed {
				t.Errorf("the answer may be read by %q, want %q", got, allowed)
			}
		})
	}
}

// TestWhatIsNotBuiltNamesItself: never an answer that looks like success.
func TestWhatIsNotBuiltNamesItself(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	var got struct {
		Errors []struct{ Code, Message string }
	}
	status := call(t, s, http.MethodGet, "/v1/billing/plans", nil, &got)
	if status != http.StatusNotImplemented || len(got.Errors) != 1 || !strings.Contains(got.Errors[0].Message, "GET /v1/billing/plans") {
		t.Errorf("answered %d %v, want 501 with the method and the path", status, got)
	}
	if status := call(t, s, http.MethodGet, "/v1/nothing", nil, new(json.RawMessage)); status != http.StatusNotFound {
		t.Errorf("a path that Clerk's client does not call answered %d to a server, want 404", status)
	}
}
