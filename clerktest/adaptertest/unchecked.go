package adaptertest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// uncheckedFault is what the Backend API does on one route, and what guards make of it.
type uncheckedFault struct {
	name   string
	fault  clerktest.Fault
	status int
}

func uncheckedFaults() []uncheckedFault {
	return []uncheckedFault{
		{name: "down", fault: clerktest.Fault{Drop: true}, status: http.StatusServiceUnavailable},
		{name: "503", fault: clerktest.Fault{Status: http.StatusServiceUnavailable}, status: http.StatusServiceUnavailable},
		{name: "429", fault: clerktest.Fault{Status: http.StatusTooManyRequests}, status: http.StatusServiceUnavailable},
		{name: "a web page", fault: clerktest.Fault{Status: http.StatusOK, Body: []byte("<html>"), ContentType: "text/html"}, status: http.StatusServiceUnavailable},
		{name: "the secret key refused", fault: clerktest.Fault{Status: http.StatusUnauthorized, Body: []byte(`{"errors":[{"code":"clerk_key_invalid","message":"m"}]}`)}, status: http.StatusInternalServerError},
	}
}

// uncheckedQuestion is a request about which Clerk has to be asked.
type uncheckedQuestion struct {
	name, route, query string
	headers            []string
	cold               bool // the keys are not known yet
}

func uncheckedQuestions(s *clerktest.Server) []uncheckedQuestion {
	old := s.SessionToken("user_ada", clerktest.IssuedAt(s.Clock().Now().Add(-time.Hour)), clerktest.Lifetime(time.Minute))
	stale := "__clerk_db_jwt=d; __client_uat=1; __session=" + old + "; __refresh_" + s.CookieSuffix() + "=r"
	return []uncheckedQuestion{
		{name: "nonce", route: "GET /v1/clients/handshake_payload", query: "?__clerk_handshake_nonce=n", headers: page("Cookie", "__clerk_db_jwt=d; __client_uat=1")},
		{name: "refresh of a page", route: "POST /v1/sessions/{id}/refresh", headers: page("Cookie", stale)},
		{name: "refresh of a call", route: "POST /v1/sessions/{id}/refresh", headers: []string{"Cookie", stale}},
		{name: "keys", route: "GET /v1/jwks", cold: true, headers: page("Cookie", "__clerk_db_jwt=d; __client_uat=1; __session="+s.SessionToken("user_ada"))},
		{name: "handshake token", route: "GET /v1/jwks", cold: true, query: "?__clerk_handshake=" + s.HandshakeToken([]string{"__session=" + old}), headers: page("Cookie", "__clerk_db_jwt=d")},
		{name: "machine", route: "POST /api_keys/verify", headers: bearer(s.APIKey(clerktest.MachineToken{}))},
	}
}

// checkUnchecked asks every guard about requests that could not be checked: they are never sent to
// sign in, into a handshake or away.
func checkUnchecked(t *testing.T, newApp NewApp) {
	t.Helper()
	accept := core.AcceptTokens(core.SessionToken, core.APIKey)
	for _, f := range uncheckedFaults() {
		for _, own := range []bool{false, true} {
			name := f.name
			if own {
				name += ", refused in the application's way"
			}
			t.Run(name, func(t *testing.T) {
				s := clerktest.New(t)
				for _, q := range uncheckedQuestions(s) {
					o := options(s)
					o.Retry = core.Retry{Attempts: -1}
					clerk := newClerk(t, o)
					setup := Setup{
						Middleware: []*core.Clerk{clerk},
						Guards:     []RouteGuard{{Matcher: core.MustRouteMatcher("/pattern"), Options: []core.ProtectOption{accept}}},
						Routes: []Route{
							{Path: "/", Handler: who},
							{Path: "/pattern", Handler: who},
							{Path: "/route", Protect: Protected(accept), Handler: who},
							{Path: "/role", Protect: Protected(accept, core.Role("org:admin")), Handler: who},
							{Path: "/urls", Protect: Protected(accept, core.UnauthenticatedURL("/welcome"), core.UnauthorizedURL("/denied")), Handler: who},
							{Path: "/inside", Handler: func(c Context) error {
								if stop, err := c.Require(accept); stop {
									return err
								}
								return who(c)
							}},
						},
					}
					if own {
						setup.OnRefuse = func(r core.Refusal) (int, string) { return r.StatusCode(), "refused" }
					}
					app := newApp(t, setup)
					if !q.cold {
						warm := context.Background()
						if err := clerk.Ready(warm); err != nil {
							t.Fatal(err)
						}
					}
					mend := s.Inject(q.route, f.fault)
					q.ask(t, app, "/", http.StatusOK)
					for _, path := range []string{"/pattern", "/route", "/role", "/urls", "/inside"} {
						q.ask(t, app, path, f.status)
					}
					mend()
				}
			})
		}
	}
}

// ask sends the request to a path and looks at the answer.
func (q uncheckedQuestion) ask(t *testing.T, app App, path string, status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, appURL+path+q.query, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.RequestURI = path + q.query
	for i := 0; i+1 < len(q.headers); i += 2 {
		req.Header.Add(q.headers[i], q.headers[i+1])
	}
	resp, err := app(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != status || resp.Header.Get("Location") != "" || resp.Header.Get("Set-Cookie") != "" {
		t.Errorf("%s, %s: got %d %v, want %d", q.name, path, resp.StatusCode, resp.Header, status)
	}
	if retry := resp.Header.Get("Retry-After") != ""; retry != (status == http.StatusServiceUnavailable) {
		t.Errorf("%s, %s: got Retry-After %q with status %d", q.name, path, resp.Header.Get("Retry-After"), resp.StatusCode)
	}
}
