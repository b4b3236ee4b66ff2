package core_test

import (
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// TestGraceEndsWithinAnInterval of Clerk's return, however long nobody has come.
func TestGraceEndsWithinAnInterval(t *testing.T) {
	t.Parallel()
	for _, pause := range []time.Duration{5500 * time.Millisecond, 9 * time.Second, 11900 * time.Millisecond, time.Hour} {
		inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
			w := newOutageWorld(t, s, withGrace).warm(t)
			w.breaks("/", down)
			w.known(t)
			r := get("/", "Authorization", "Bearer "+s.SessionToken("user_ada", expiredBy(time.Minute)))
			for range 20 {
				w.graced(t, r)
				time.Sleep(time.Second)
			}
			if got := w.graced(t, r); got != "grace user_ada" {
				t.Errorf("in the outage: got %s", got)
			}
			w.breaks("/", nil)
			time.Sleep(pause)
			if got := w.graced(t, r); !strings.HasPrefix(got, "signed-out") {
				t.Errorf("%v after the end: got %s", pause, got)
			}
		})
	}
}

// TestGraceLastsWhileClerkAsksToWait: nobody comes and goes because Clerk may not be asked.
func TestGraceLastsWhileClerkAsksToWait(t *testing.T) {
	t.Parallel()
	for _, seconds := range []string{"20", "60", "3600"} {
		inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
			w := newOutageWorld(t, s, withGrace).warm(t)
			w.want(t, "calm", uncertain(), "handshake", 0)
			w.breaks("/jwks", limited(seconds))
			w.breaks("/refresh", limited(seconds))
			session := s.SessionToken("user_ada", expiredBy(time.Minute))
			for i := range 200 {
				got := w.graced(t, get("/", "Cookie", inCookies(s, session, 1, "good")))
				if i > 2 && got != "grace user_ada" {
					t.Errorf("Retry-After %s, after %d s: got %s", seconds, i, got)
				}
				time.Sleep(time.Second)
			}
			w.breaks("/jwks", nil)
			w.breaks("/refresh", nil)
			time.Sleep(time.Minute)
			for range 2 { // The first may come to a probe.
				w.graced(t, get("/", "Cookie", inCookies(s, session, 1, "good")))
				time.Sleep(time.Second)
			}
			if got := w.graced(t, get("/", "Cookie", inCookies(s, session, 1, "good"))); got != "signed-in" {
				t.Errorf("afterwards: got %s", got)
			}
		})
	}
}
