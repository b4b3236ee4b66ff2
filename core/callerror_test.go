package core_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// TestFailedCallsOfHandlersKnowTheirStatus: a handler tells an outage from a user who
// does not exist.
func TestFailedCallsOfHandlersKnowTheirStatus(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	var log logBuffer
	o := plain(s)
	o.Logger, o.Retry, o.Outage = log.logger(), core.Retry{Attempts: -1, BaseDelay: -1}, persistent
	c := newClerk(t, o)
	r := get("/", "Authorization", "Bearer "+s.SessionToken("user_ada"))
	calls := map[string]struct {
		route string
		make  func(ctx context.Context, ra *core.RequestAuth) (none bool, err error)
	}{
		"CurrentUser": {route: "GET /v1/users/{id}", make: func(ctx context.Context, ra *core.RequestAuth) (bool, error) {
			user, err := ra.CurrentUser(ctx)
			return user == nil, err
		}},
		"Token": {route: "POST /v1/sessions/{id}/tokens/{template}", make: func(ctx context.Context, ra *core.RequestAuth) (bool, error) {
			token, err := ra.Auth().Token(ctx, core.Template("supabase"))
			return token == "", err
		}},
	}
	for name, call := range calls {
		for _, outage := range outages() {
			ra := attach(t, c, r)
			mend := s.Inject(call.route, outage.fault)
			ctx, cancel := context.WithCancel(t.Context())
			if outage.hangs {
				cancel()
			}
			none, err := call.make(ctx, ra)
			cancel()
			mend()
			var failure *core.BackendError
			if !none || !errors.Is(err, core.ErrUnavailable) || core.AsError(err).StatusCode() != http.StatusServiceUnavailable || !errors.As(err, &failure) {
				t.Errorf("%s, %s: got %v (status %d), want one that matches ErrUnavailable and means 503", name, outage.name, err, core.AsError(err).StatusCode())
			}
		}
		refusals := []struct {
			status int
			code   string
			want   error
		}{{status: 401, code: "clerk_key_invalid", want: core.ErrConfiguration}, {status: 422, code: "no"}, {status: 403, code: "no"}}
		for _, refusal := range refusals {
			ra := attach(t, c, r)
			mend := s.Inject(call.route, clerktest.Fault{Status: refusal.status, Body: []byte(`{"errors":[{"code":"` + refusal.code + `","message":"m"}]}`)})
			_, err := call.make(t.Context(), ra)
			mend()
			var failure *core.BackendError
			if !errors.As(err, &failure) || failure.Status != refusal.status || errors.Is(err, core.ErrUnavailable) || core.AsError(err).StatusCode() != http.StatusInternalServerError {
				t.Errorf("%s, %d: got %v", name, refusal.status, err)
			}
			if refusal.want != nil && !errors.Is(err, refusal.want) {
				t.Errorf("%s, %d: got %v, want one that matches %v", name, refusal.status, err, refusal.want)
			}
		}
		ra := attach(t, c, r)
		mend := s.Inject(call.route, clerktest.Fault{Status: 404, Body: []byte(`{"errors":[{"code":"resource_not_found","message":"m"}]}`)})
		if none, err := call.make(t.Context(), ra); !none || errors.Is(err, core.ErrUnavailable) || name == "CurrentUser" && err != nil {
			t.Errorf("%s of what does not exist: got %v", name, err)
		}
		mend()
	}
	if got := strings.Count(log.String(), "level=ERROR"); got != 1 {
		t.Errorf("got %d lines of ERROR, want one about the secret key", got)
	}
}
