package core_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/reason"
)

const (
	revokedSession, revokedUser, revokedOrg = "sess_revoked", "user_revoked", "org_revoked"
)

// revocationWorld is an instance and its clock.
type revocationWorld struct {
	*clerktest.Server

	clerk *core.Clerk
}

func newRevocationWorld(t *testing.T, change ...func(*core.Options)) *revocationWorld {
	t.Helper()
	s := newServer(t, true)
	o := plain(s)
	o.Logger = slog.New(slog.DiscardHandler)
	for _, f := range change {
		f(&o)
	}
	return &revocationWorld{s, newClerk(t, o)}
}

// session issues a token of the session that these tests revoke.
func (w *revocationWorld) session(opts ...clerktest.TokenOption) string {
	return w.SessionToken(revokedUser, append([]clerktest.TokenOption{
		clerktest.SessionID(revokedSession), clerktest.Claim("o", map[string]any{"id": revokedOrg, "slg": "s", "rol": "admin"}),
	}, opts...)...)
}

// TestRevokedTokensAreRefused on each way that a session comes.
func TestRevokedTokensAreRefused(t *testing.T) {
	t.Parallel()
	ways := map[string]struct {
		request func(w *revocationWorld, session string) *request
		page    bool
	}{
		"a bearer": {request: func(_ *revocationWorld, session string) *request {
			return get("/", "Authorization", "Bearer "+session)
		}},
		"a script": {request: func(w *revocationWorld, session string) *request {
			return get("/", "Cookie", inCookies(w.Server, session, 1, ""), "Sec-Fetch-Dest", "empty")
		}},
		"a websocket": {request: func(w *revocationWorld, session string) *request {
			return get("/", "Cookie", inCookies(w.Server, session, 1, ""), "Sec-Fetch-Dest", "websocket", "Upgrade", "websocket", "Connection", "Upgrade")
		}},
		"a form": {request: func(w *revocationWorld, session string) *request {
			return page("/", "Cookie", inCookies(w.Server, session, 1, "")).as("POST")
		}},
		"a page load": {page: true, request: func(w *revocationWorld, session string) *request {
			return page("/", "Cookie", inCookies(w.Server, session, 1, ""))
		}},
	}
	for what, tt := range map[string]struct {
		revoke func(t *testing.T, c *core.Clerk) error
		want   reason.Reason
	}{
		"a session": {want: reason.SessionRevoked, revoke: func(t *testing.T, c *core.Clerk) error {
			t.Helper()
			return c.RevokeSession(t.Context(), revokedSession)
		}},
		"a user": {want: reason.UserRevoked, revoke: func(t *testing.T, c *core.Clerk) error {
			t.Helper()
			return c.RevokeUser(t.Context(), revokedUser)
		}},
		"a membership": {want: reason.MembershipRevoked, revoke: func(t *testing.T, c *core.Clerk) error {
			t.Helper()
			return c.RevokeMembership(t.Context(), revokedUser, revokedOrg)
		}},
	} {
		for way, one := range ways {
			t.Run(what+"/"+way, func(t *testing.T) {
				t.Parallel()
				w := newRevocationWorld(t)
				r := one.request(w, w.session())
				if got := outcome(w.clerk.Authenticate(t.Context(), r)); got != "signed-in" {
					t.Fatalf("before: got %s", got)
				}
				if err := tt.revoke(t, w.clerk); err != nil {
					t.Fatal(err)
				}
				want := "signed-out " + string(tt.want)
				if one.page { // Once.
					if got := outcome(w.clerk.Authenticate(t.Context(), r)); got != "handshake "+string(tt.want) {
						t.Errorf("got %s, want a handshake for %s", got, tt.want)
					}
				}
				for range 3 {
					if got := outcome(w.clerk.Authenticate(t.Context(), r)); got != want {
						t.Errorf("got %s, want %s", got, want)
					}
				}
				for name, other := range map[string]string{
					"another session":      w.session(clerktest.SessionID("sess_b")),
					"another user":         w.SessionToken("user_b", clerktest.SessionID("sess_b"), clerktest.Claim("o", map[string]any{"id": revokedOrg, "slg": "s", "rol": "admin"})),
					"another organization": w.session(clerktest.SessionID("sess_c"), clerktest.Claim("o", map[string]any{"id": "org_b", "slg": "b", "rol": "admin"})),
				} {
					passes := what == "a session" || name == "another user" || what == "a membership" && name == "another organization"
					got := w.clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+other)).IsSignedIn()
					if got != passes {
						t.Errorf("%s: signed in: %t, want %t", name, got, passes)
					}
				}
			})
		}
	}
}

// TestRevocationsLiveAsLongAsTokens and no longer.
func TestRevocationsLiveAsLongAsTokens(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lifetime, grace time.Duration
		want            time.Duration
	}{
		"Clerk's minute":  {lifetime: time.Minute, want: 67 * time.Second},
		"longer tokens":   {lifetime: 10 * time.Minute, want: 607 * time.Second},
		"grace":           {lifetime: time.Minute, grace: 5 * time.Minute, want: 367 * time.Second},
		"shorter tokens":  {lifetime: time.Second, want: 67 * time.Second},
		"tokens for ever": {lifetime: 10_000 * time.Hour, want: 24*time.Hour + 7*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRevocationWorld(t, func(o *core.Options) { o.Outage.Grace = tt.grace })
			bearer := func(session string) string {
				return outcome(w.clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+session)))
			}
			if got := bearer(w.SessionToken("user_a", clerktest.Lifetime(tt.lifetime))); got != "signed-in" {
				t.Fatalf("got %s", got)
			}
			if err := w.clerk.RevokeSession(t.Context(), revokedSession); err != nil {
				t.Fatal(err)
			}
			w.Clock().Advance(tt.want - time.Second)
			if got, want := bearer(w.session()), "signed-out session-revoked"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if got := w.clerk.Stats().Revocations.Entries; got != 1 {
				t.Errorf("got %d entries, want 1", got)
			}
			w.Clock().Advance(time.Second)
			if got := bearer(w.session()); got != "signed-in" {
				t.Errorf("when all tokens have expired: got %s", got)
			}
			if got := w.clerk.Stats().Revocations.Entries; got != 0 {
				t.Errorf("got %d entries, want none", got)
			}
		})
	}
}

// TestRevocationsAreBounded and say so.
func TestRevocationsAreBounded(t *testing.T) {
	t.Parallel()
	var log logBuffer
	w := newRevocationWorld(t, func(o *core.Options) { o.Revocations.MaxEntries, o.Logger = 2, log.logger() })
	for _, id := range []string{"sess_1", "sess_2", "sess_3"} {
		if err := w.clerk.RevokeSession(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.Clock().Advance(time.Second)
	}
	for id, want := range map[string]string{"sess_1": "signed-in", "sess_2": "signed-out session-revoked", "sess_3": "signed-out session-revoked"} {
		got := outcome(w.clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+w.SessionToken("user_a", clerktest.SessionID(id)))))
		if got != want {
			t.Errorf("%s: got %s, want %s", id, got, want)
		}
	}
	stats := w.clerk.Stats().Revocations
	if stats.Entries != 2 || stats.Dropped != 1 || stats.Refused != 2 {
		t.Errorf("got %+v", stats)
	}
	if got := strings.Count(log.String(), "more is revoked than can be remembered"); got != 1 {
		t.Errorf("got %d warnings, want 1", got)
	}
}

// TestRevocationsCanBeOff but only explicitly.
func TestRevocationsCanBeOff(t *testing.T) {
	t.Parallel()
	w := newRevocationWorld(t, func(o *core.Options) { o.Revocations.Off = true })
	if err := w.clerk.RevokeSession(t.Context(), revokedSession); err != nil {
		t.Fatal(err)
	}
	if got := outcome(w.clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+w.session()))); got != "signed-in" {
		t.Errorf("got %s", got)
	}
}

// TestIDsOfRevocationsAreClerks: what is none is an error, and makes no entry.
func TestIDsOfRevocationsAreClerks(t *testing.T) {
	t.Parallel()
	w := newRevocationWorld(t)
	for name, revoke := range map[string]func(id string) error{
		"session":      func(id string) error { return w.clerk.RevokeSession(t.Context(), id) },
		"user":         func(id string) error { return w.clerk.RevokeUser(t.Context(), id) },
		"member":       func(id string) error { return w.clerk.RevokeMembership(t.Context(), id, "org_a") },
		"organization": func(id string) error { return w.clerk.RevokeMembership(t.Context(), "user_a", id) },
	} {
		for _, id := range []string{"", "a/b", "a b", string(make([]byte, 200))} {
			if err := revoke(id); !errors.Is(err, core.ErrConfiguration) {
				t.Errorf("%s %q: got %v", name, id, err)
			}
		}
	}
	if got := w.clerk.Stats().Revocations.Entries; got != 0 {
		t.Errorf("got %d entries", got)
	}
}
