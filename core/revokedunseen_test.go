package core_test

import (
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// TestATokenFirstSeenWhenItIsRevokedStaysRefused: until somebody brings one, nobody knows that
// tokens live for longer than a minute. That they were refused must not end before they do.
func TestATokenFirstSeenWhenItIsRevokedStaysRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		token func(w *revocationWorld) string
	}{
		"an OAuth token, a JWT": {
			token: func(w *revocationWorld) string {
				return w.OAuthJWT(clerktest.MachineToken{Subject: revokedUser, Lifetime: time.Hour})
			},
		},
		"a session token": {
			token: func(w *revocationWorld) string { return w.session(clerktest.Lifetime(time.Hour)) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRevocationWorld(t, func(o *core.Options) { o.AcceptsToken = core.AnyToken() })
			token := tt.token(w)
			if err := w.clerk.RevokeUser(t.Context(), revokedUser); err != nil {
				t.Fatal(err)
			}
			for _, after := range []time.Duration{time.Second, 2 * time.Minute, 50 * time.Minute} {
				w.Clock().Advance(after)
				if s := w.clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+token)); s.IsSignedIn() || s.Reason() != "user-revoked" {
					t.Errorf("%v later: got %s", after, outcome(s))
				}
			}
			w.Clock().Advance(time.Hour)
			if got := w.clerk.Stats().Revocations.Entries; got != 0 {
				t.Errorf("got %d entries when all tokens have expired, want none", got)
			}
		})
	}
}
