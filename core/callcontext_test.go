package core_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// spy is a transport that keeps the contexts of its calls.
type spy struct {
	mu    sync.Mutex
	calls map[string]seenCall
}

type seenCall struct {
	ctx    context.Context //nolint:containedctx // the subject of the test
	during any             // its value while the call ran
	bound  bool            // it had a deadline then
}

type requestValue struct{}

func (s *spy) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	_, bound := r.Context().Deadline()
	s.calls[r.Method+" "+r.URL.Path] = seenCall{r.Context(), r.Context().Value(requestValue{}), bound}
	s.mu.Unlock()
	return http.DefaultTransport.RoundTrip(r)
}

func (s *spy) call(tb testing.TB, name string) seenCall {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	call, ok := s.calls[name]
	if !ok {
		tb.Fatalf("got calls %v, want %s", s.calls, name)
	}
	return call
}

// The values of a request's context may be memory that the next request uses, as
// Fiber's are. So no call that goes on without its request has them, and what a
// call leaves behind (a connection that is still being dialled) has them no longer.
func TestNoCallKeepsTheValuesOfItsRequest(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	s.AddUser(clerktest.User{ID: "user_ada"})
	seen := &spy{calls: map[string]seenCall{}}
	o := plain(s)
	o.HTTPClient = &http.Client{Transport: seen}
	o.FrontendAPIProxy = core.FrontendAPIProxy{Enabled: true, FAPIURL: s.URL()}
	clerk := newClerk(t, o)
	ctx := context.WithValue(t.Context(), requestValue{}, "of the request")

	session, _ := adapter.Attach(ctx, clerk, get("/", "Authorization", "Bearer "+s.SessionToken("user_ada")))
	if user, err := session.CurrentUser(ctx); err != nil || user == nil {
		t.Fatalf("got user %v and error %v", user, err)
	}
	if _, err := session.Auth().Token(ctx, core.Template("none")); err == nil {
		t.Fatal("got a token of a template that does not exist")
	}
	machine, _ := adapter.Attach(ctx, clerk, get("/", "Authorization", "Bearer ak_unknown"))
	if adapter.Guard("Protect", core.AcceptTokens(core.APIKey)).Check(ctx, machine).Allowed() {
		t.Fatal("got an unknown key let pass")
	}
	answer := clerk.Proxy(ctx, get("/__clerk/v1/environment"), core.ProxyInput{})
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}

	for _, name := range []string{"GET /v1/jwks", "POST /api_keys/verify"} {
		if call := seen.call(t, name); call.during != nil {
			t.Errorf("%s, which other requests may wait for too, has the value %v of the first", name, call.during)
		}
	}
	for _, name := range []string{
		"GET /v1/users/user_ada", "POST /v1/sessions/" + session.Auth().SessionID + "/tokens/none",
		"GET /v1/environment",
	} {
		call := seen.call(t, name)
		if call.during != "of the request" {
			t.Errorf("%s: got value %v during the call, want that of the request", name, call.during)
		}
		if after := call.ctx.Value(requestValue{}); after != nil {
			t.Errorf("%s: got value %v after the call, want none", name, after)
		}
		if err := call.ctx.Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v after the call, want it ended", name, err)
		}
		if !call.bound {
			t.Errorf("%s: got no deadline", name)
		}
	}
}

// A caller that gives up ends its calls, whatever kind of context it has.
func TestALentContextEndsWithItsParent(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	block := make(chan struct{})
	t.Cleanup(func() { close(block) })
	o := plain(s)
	reached := make(chan struct{})
	o.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		close(reached)
		select {
		case <-r.Context().Done():
			return nil, context.Cause(r.Context())
		case <-block:
			return nil, errors.New("not ended")
		}
	})}
	o.Retry = core.Retry{Attempts: 1}
	clerk := newClerk(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-reached
		cancel()
	}()
	machine, _ := adapter.Attach(foreign{ctx}, clerk, get("/", "Authorization", "Bearer ak_unknown"))
	if out := adapter.Guard("Protect", core.AcceptTokens(core.APIKey)).Check(foreign{ctx}, machine); out.Status != http.StatusServiceUnavailable {
		t.Errorf("got status %d, want 503", out.Status)
	}
}

// foreign is a context that package context knows nothing about.
type foreign struct{ context.Context } //nolint:containedctx // it is one

// Value hides the parent's own.
func (foreign) Value(any) any { return nil }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
