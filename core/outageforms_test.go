package core_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// TestExpiredSessionsOfRequestsThatRenewNothing could be renewed by the browser or the
// application in calm times, and by nobody while Clerk is down.
func TestExpiredSessionsOfRequestsThatRenewNothing(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{"/", handshakeRoute} {
		for name, fault := range map[string]func(*http.Request) (*http.Response, error){"down": down, "limited": limited("60")} {
			inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
				w := newOutageWorld(t, s).warm(t)
				w.want(t, "calm", uncertain(), "handshake", 0)
				cookies := inCookies(s, s.SessionToken("user_ada", expiredBy(time.Minute)), 1, "good")
				requests := map[string]*request{
					"form":   page("/", "Cookie", cookies).as(http.MethodPost),
					"HEAD":   page("/", "Cookie", cookies).as(http.MethodHead),
					"script": get("/", "Cookie", cookies).as(http.MethodPost),
					"bearer": get("/", "Authorization", "Bearer "+s.SessionToken("user_ada", expiredBy(time.Minute))),
				}
				guard := questions(s, true)[0].guards()["plain"]
				check := func(when string, want bool) {
					t.Helper()
					for what, r := range requests {
						out := guard.Check(t.Context(), attach(t, w.clerk, r))
						if got := out.Status == http.StatusServiceUnavailable && headerOf(out.Headers, "Location") == ""; got != want {
							t.Errorf("%s is %s, %s, %s: got %d to %q, want 503 %t", broken, name, when, what, out.Status, headerOf(out.Headers, "Location"), want)
						}
					}
				}
				check("in calm times", false)
				time.Sleep(10 * time.Second)
				w.breaks(broken, fault)
				for range 4 {
					w.judge(t, uncertain())
					w.judge(t, get("/", "Cookie", cookies))
					time.Sleep(time.Second)
				}
				before := w.of("/")
				check("in the outage", true)
				for range 100 {
					guard.Check(t.Context(), attach(t, w.clerk, requests["script"]))
				}
				if got := w.of("/") - before; got > 1 {
					t.Errorf("they made %d calls", got)
				}
				w.breaks(broken, nil)
				time.Sleep(time.Minute)
				w.judge(t, uncertain())
				w.judge(t, get("/", "Cookie", cookies))
				time.Sleep(time.Second)
				check("afterwards", false)
			})
		}
	}
}
