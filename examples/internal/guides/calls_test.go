package guides

import (
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/ginclerk"
)

// TestCallsToClerk counts what the FAQ says about calls for each request.
func TestCallsToClerk(t *testing.T) {
	t.Parallel()
	clerk := newClerk(t)
	withPEM := clerk.Options()
	withPEM.JWTKey = clerk.PEM()
	r, pem := engine(ginclerk.Middleware(clerk.Options())), engine(ginclerk.Middleware(withPEM))
	protect(r)
	protect(pem)
	machines(r)
	r.GET("/profile", profile)
	key := clerk.APIKey(clerktest.MachineToken{Subject: "user_ada", Scopes: []string{"reports:read"}})

	check := func(what string, want int, f func()) {
		t.Helper()
		before := len(clerk.RequestLog())
		f()
		if got := len(clerk.RequestLog()) - before; got != want {
			t.Errorf("%s: %d calls, want %d", what, got, want)
		}
	}
	times := func(n int, f func()) func() {
		return func() {
			for range n {
				f()
			}
		}
	}
	check("with a PEM key", 0, times(10, func() { want(t, ask(pem, "GET", "/dashboard", clerk.SessionToken("user_ada")), 200, "") }))
	check("the first session token", 1, func() { want(t, ask(r, "GET", "/dashboard", clerk.SessionToken("user_ada")), 200, "") })
	check("others, of other users too", 0, times(10, func() { want(t, ask(r, "GET", "/dashboard", clerk.SessionToken("user_grace")), 200, "") }))
	check("signed out", 0, times(10, func() { want(t, ask(r, "GET", "/dashboard", ""), 404, "") }))
	check("the user's record", 3, times(3, func() { want(t, ask(r, "GET", "/profile", clerk.SessionToken("user_ada")), 200, "") }))
	check("an API key", 3, times(3, func() { want(t, ask(r, "GET", "/api/reports", key), 200, "") }))
}
