package core_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// TestGuardsInGrace: who may refuse it, answers that it could not be checked.
func TestGuardsInGrace(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s, withGrace).warm(t)
		w.breaks("/", down)
		w.known(t)
		session := s.SessionToken("user_ada", expiredBy(time.Minute), clerktest.FactorAge(1, 1))
		anybody := core.Where(func(*core.Auth) bool { return true })
		nobody := core.Where(func(*core.Auth) bool { return false })
		fresh := core.Reverification(core.Strict)
		for name, tt := range map[string]struct {
			opts []core.ProtectOption
			want int // 0 passes
		}{
			"plain":                            {want: 0},
			"a requirement that holds":         {opts: []core.ProtectOption{anybody}, want: 0},
			"a requirement that does not":      {opts: []core.ProtectOption{nobody}, want: http.StatusNotFound},
			"NoGrace":                          {opts: []core.ProtectOption{core.NoGrace}, want: http.StatusServiceUnavailable},
			"NoGrace, and what does not hold":  {opts: []core.ProtectOption{core.NoGrace, nobody}, want: http.StatusServiceUnavailable},
			"reverification":                   {opts: []core.ProtectOption{fresh}, want: http.StatusServiceUnavailable},
			"reverification and what holds":    {opts: []core.ProtectOption{fresh, anybody}, want: http.StatusServiceUnavailable},
			"what holds and reverification":    {opts: []core.ProtectOption{anybody, fresh}, want: http.StatusServiceUnavailable},
			"reverification and what does not": {opts: []core.ProtectOption{fresh, nobody}, want: http.StatusNotFound},
			"any of reverification and what holds": {
				opts: []core.ProtectOption{core.AnyOf(fresh, anybody)}, want: 0,
			},
			"any of what does not and reverification": {
				opts: []core.ProtectOption{core.AnyOf(nobody, fresh)}, want: http.StatusServiceUnavailable,
			},
			"all of reverification and what holds": {
				opts: []core.ProtectOption{core.AllOf(anybody, fresh)}, want: http.StatusServiceUnavailable,
			},
			"who says that grace will not do": {
				opts: []core.ProtectOption{core.Where(func(a *core.Auth) bool { return !a.InGrace() })}, want: http.StatusNotFound,
			},
		} {
			for what, r := range map[string]*request{
				"a page load": page("/", "Cookie", inCookies(s, session, 1, "")),
				"a bearer":    get("/", "Authorization", "Bearer "+session),
			} {
				out := adapter.Guard("Protect", tt.opts...).Check(t.Context(), attach(t, w.clerk, r))
				if out.Status != tt.want || out.Allowed() != (tt.want == 0) {
					t.Errorf("%s by %s: got %d, want %d", name, what, out.Status, tt.want)
				}
				if out.Status == http.StatusServiceUnavailable && (headerOf(out.Headers, "Retry-After") == "" || !strings.HasPrefix(string(out.Err.Reason()), "session-token-expired")) {
					t.Errorf("%s by %s: got %v because of %s", name, what, out.Headers, out.Err.Reason())
				}
			}
		}
		auth := w.clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+session)).Auth()
		if auth.Has(fresh) || !auth.Has(anybody) {
			t.Error("Has: a session in grace is verified anew, or nobody's")
		}
		// A session that is valid passes them all.
		valid := get("/", "Authorization", "Bearer "+s.SessionToken("user_ada", clerktest.FactorAge(1, 1)))
		if out := adapter.Guard("Protect", core.NoGrace, fresh).Check(t.Context(), attach(t, w.clerk, valid)); !out.Allowed() {
			t.Errorf("a valid session: got %d", out.Status)
		}
	})
}

func TestNoGraceHasNothingToDoForMachines(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]core.ProtectOption{
		"NoGrace has no effect":  {core.NoGrace, core.AcceptTokens(core.APIKey)},
		"NoGrace is given twice": {core.NoGrace, core.NoGrace},
	} {
		if err := panicked(func() { adapter.Guard("Protect", opts...) }); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want that %s", err, name)
		}
	}
}
