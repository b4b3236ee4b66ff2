package token_test

import (
	"maps"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core/token"
)

// TestExpiredSession forgives the age of a session token, so far, and nothing else.
func TestExpiredSession(t *testing.T) {
	t.Parallel()
	const grace = 10 * time.Minute
	ago := func(d time.Duration) int64 { return now.Add(-d).Unix() }
	keys := fixed(keySet(jwk("k1", &ourKey().PublicKey, nil)))
	o := options()
	o.AuthorizedParties = []string{"https://app.example"}
	for _, tt := range []struct {
		name    string
		changes map[string]any
		within  bool
		want    string
	}{
		{name: "a minute", changes: map[string]any{"exp": ago(time.Minute)}, within: true, want: "ok"},
		{name: "not at all", within: true, want: "ok"},
		{name: "as long as may be", changes: map[string]any{"exp": ago(grace + o.ClockSkew - time.Second)}, within: true, want: "ok"},
		{name: "too long", changes: map[string]any{"exp": ago(grace + o.ClockSkew)}, want: "token-expired"},
		{name: "no date", changes: map[string]any{"exp": nil}, want: "token-verification-failed"},
		{name: "a date that is none", changes: map[string]any{"exp": "x"}, want: "token-verification-failed"},
		{name: "another party", changes: map[string]any{"exp": ago(time.Minute), "azp": "https://evil.example"}, within: true, want: "token-invalid-authorized-parties"},
		{name: "not active yet", changes: map[string]any{"exp": ago(time.Minute), "nbf": ago(-grace / 2)}, want: "token-not-active-yet"},
		{name: "issued in the future", changes: map[string]any{"exp": ago(time.Minute), "iat": ago(-grace / 2)}, want: "token-iat-in-the-future"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := token.NewVerifier(keys, o)
			changes := map[string]any{"azp": "https://app.example"}
			maps.Copy(changes, tt.changes)
			decoded := mustDecode(t, sign(t, ourKey(), goodHeader, claims(changes)))
			if got := v.ExpiredWithin(decoded, grace); got != tt.within {
				t.Errorf("ExpiredWithin: got %v", got)
			}
			if _, err := v.ExpiredSession(t.Context(), decoded, grace); reason(err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if _, err := v.SessionToken(t.Context(), decoded); tt.name != "not at all" && err == nil {
				t.Error("it passes without grace, too")
			}
			if _, err := v.ExpiredSession(t.Context(), decoded, -time.Hour); tt.name != "not at all" && err == nil {
				t.Error("it passes with a negative one, too")
			}
			if got := v.CacheStats().Entries; got > 0 && tt.name != "not at all" {
				t.Errorf("%d entries are remembered", got)
			}
		})
	}
	t.Run("another key", func(t *testing.T) {
		t.Parallel()
		v := token.NewVerifier(keys, o)
		forged := mustDecode(t, sign(t, theirKey(), goodHeader, claims(map[string]any{"azp": "https://app.example", "exp": ago(time.Minute)})))
		if _, err := v.ExpiredSession(t.Context(), forged, grace); reason(err) != "token-invalid-signature" {
			t.Errorf("got %v", err)
		}
	})
}
