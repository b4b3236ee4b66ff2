package core_test

import (
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core/token"
)

// TestANewKeyBetweenTwoFetches: a key id that nobody may ask about yet is not refused
// where the token is younger than the keys.
func TestANewKeyBetweenTwoFetches(t *testing.T) {
	t.Parallel()
	w := newKeyWorld(t, nil)
	w.want(t.Context(), t, "the first key", w.SessionToken("user_ada"), in)
	w.want(t.Context(), t, "an invented key", w.invented(t, 1), mismatch) // Costs the fetch.
	if _, err := w.RotateKey(); err != nil {
		t.Fatal(err)
	}
	old := w.SessionToken("user_ada", clerktest.HeaderField("kid", "ins_gone"))
	w.Clock().Advance(2 * time.Second)
	fresh := w.SessionToken("user_ada")
	w.want(t.Context(), t, "a token of the new key", fresh, "unavailable")
	w.want(t.Context(), t, "an unknown key's token from before the fetch", old, mismatch)
	w.wantFetches(t, 2)
	w.Clock().Advance(token.DefaultMinInterval)
	w.want(t.Context(), t, "a token of the new key, later", fresh, in)
}
