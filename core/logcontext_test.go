package core_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// whereHandler notes in which context lines are logged.
type whereHandler struct {
	mu    sync.Mutex
	lines map[string]string // contexts by messages
}

func (*whereHandler) Enabled(context.Context, slog.Level) bool { return true }
func (h *whereHandler) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h *whereHandler) WithGroup(string) slog.Handler          { return h }

func (h *whereHandler) Handle(ctx context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lines == nil {
		h.lines = map[string]string{}
	}
	h.lines[r.Message] = where(ctx)
	return nil
}

// TestLinesAboutRequestsHaveTheirContext logs what a request shows in the request's context, for
// handlers that add its trace.
func TestLinesAboutRequestsHaveTheirContext(t *testing.T) {
	t.Parallel()
	ada := func(s *clerktest.Server, opts ...clerktest.TokenOption) string {
		return "Bearer " + s.SessionToken("user_ada", opts...)
	}
	attach := func(ctx context.Context, c *core.Clerk, r core.Request) { adapter.Attach(ctx, c, r) }
	for name, test := range map[string]struct {
		set func(*clerktest.Server, *core.Options)
		do  func(context.Context, *core.Clerk, *clerktest.Server)
	}{
		"the secret key is refused": {
			set: func(s *clerktest.Server, _ *core.Options) {
				s.Inject("POST /api_keys/verify", clerktest.Fault{Status: http.StatusUnauthorized, Body: []byte(`{"errors":[{"code":"clerk_key_invalid"}]}`)})
			},
			do: func(ctx context.Context, c *core.Clerk, _ *clerktest.Server) {
				ra, _ := adapter.Attach(ctx, c, get("/", "Authorization", "Bearer ak_1"))
				adapter.Guard("Protect", core.AcceptTokens(core.APIKey)).Check(ctx, ra)
			},
		},
		"a redirect loop": {do: func(ctx context.Context, c *core.Clerk, _ *clerktest.Server) {
			attach(ctx, c, page("/", "Cookie", "__clerk_redirect_count=3"))
		}},
		"requests are not signed in": {
			set: func(_ *clerktest.Server, o *core.Options) { o.AuthorizedParties = []string{"https://other.example"} },
			do: func(ctx context.Context, c *core.Clerk, s *clerktest.Server) {
				attach(ctx, c, get("/", "Authorization", ada(s, clerktest.AuthorizedParty("https://app.example"))))
			},
		},
		"debug": {
			set: func(_ *clerktest.Server, o *core.Options) { o.Debug = true },
			do: func(ctx context.Context, c *core.Clerk, s *clerktest.Server) {
				attach(ctx, c, get("/", "Authorization", ada(s)))
			},
		},
		"a session cookie without azp": {do: func(ctx context.Context, c *core.Clerk, s *clerktest.Server) {
			attach(ctx, c, get("/", "Cookie", "__session="+s.SessionToken("user_ada")+"; __client_uat=1; __clerk_db_jwt=dvb"))
		}},
		"keys that cannot be fetched": {
			set: func(s *clerktest.Server, o *core.Options) {
				s.Inject("GET /v1/jwks", clerktest.Fault{Status: http.StatusServiceUnavailable})
				o.Retry.Attempts = -1
			},
			do: func(ctx context.Context, c *core.Clerk, s *clerktest.Server) {
				attach(ctx, c, get("/", "Authorization", ada(s)))
			},
		},
		"over budget": {
			set: func(_ *clerktest.Server, o *core.Options) { o.CallBudget = core.CallBudget{Rate: 1, Burst: 1} },
			do: func(ctx context.Context, c *core.Clerk, _ *clerktest.Server) {
				for _, made := range []string{"ak_1", "ak_2", "ak_3"} {
					ra, _ := adapter.Attach(ctx, c, get("/", "Authorization", "Bearer "+made))
					adapter.Guard("Protect", core.AcceptTokens(core.APIKey)).Check(ctx, ra)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, h := newServer(t, false), &whereHandler{}
			o := plain(s)
			o.Logger = slog.New(h)
			o.Hooks.Carry = func(ctx context.Context) context.Context { return inside(context.Background(), where(ctx)[1:]) }
			if test.set != nil {
				test.set(s, &o)
			}
			clerk := newClerk(t, o)
			h.lines = nil // Those of the start are no request's.
			test.do(inside(t.Context(), "request"), clerk, s)
			h.mu.Lock()
			defer h.mu.Unlock()
			if len(h.lines) == 0 {
				t.Error("nothing was logged")
			}
			for message, got := range h.lines {
				if got != "/request" {
					t.Errorf("%q was logged in the context %q, want the request's", message, got)
				}
			}
		})
	}
	t.Run("no options for a request", func(t *testing.T) {
		t.Parallel()
		h := &whereHandler{}
		adapter.Instances(core.Options{Logger: slog.New(h)}).For(inside(t.Context(), "request"), get("/"), core.Options{}, errors.New("no tenant"))
		for message, got := range h.lines {
			if got != "/request" {
				t.Errorf("%q was logged in the context %q", message, got)
			}
		}
		if len(h.lines) != 1 {
			t.Errorf("got %v", h.lines)
		}
	})
}
