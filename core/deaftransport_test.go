package core_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// TestATransportThatHeedsNoContextHoldsNobodyUp, neither a request nor the recovery.
func TestATransportThatHeedsNoContextHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s).warm(t)
		w.want(t, "calm", uncertain(), "handshake", 0)
		time.Sleep(10 * time.Second)
		release := make(chan struct{})
		defer close(release)
		w.breaks("/", func(*http.Request) (*http.Response, error) {
			<-release
			return nil, errors.New("much too late")
		})
		expired := get("/", "Cookie", inCookies(s, s.SessionToken("user_ada", expiredBy(time.Hour)), 1, "good"))
		for i := range 10 {
			for what, ask := range map[string]func(){
				"page":    func() { w.judge(t, uncertain()) },
				"refresh": func() { w.judge(t, expired) },
				"nonce":   func() { w.judge(t, redeem(fmt.Sprint("nonce-", i), "203.0.113.66:1")) },
				"machine": func() { w.machine(t, fmt.Sprint("oat_", i)) },
				"user":    func() { _, _ = attach(t, w.clerk, w.signedIn()).CurrentUser(t.Context()) },
			} {
				start := time.Now()
				ask()
				if waited := time.Since(start); waited > 2*time.Second {
					t.Errorf("%s waited %v", what, waited)
				}
			}
			time.Sleep(time.Second)
		}
		w.breaks("/", nil) // New calls work; those that hang, hang on.
		for range 6 {
			w.judge(t, uncertain())
			w.judge(t, expired)
			_, _ = attach(t, w.clerk, w.signedIn()).CurrentUser(t.Context())
			time.Sleep(time.Second)
		}
		w.want(t, "afterwards", uncertain(), "handshake", 0)
		w.want(t, "afterwards", expired, "signed-in", 0)
		if _, err := attach(t, w.clerk, w.signedIn()).CurrentUser(t.Context()); err != nil {
			t.Errorf("the user: %v", err)
		}
	})
}
