package core_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

const handshakeRoute = "/v1/client/handshake"

// uncertain is a page load about which only a handshake can tell.
func uncertain() *request { return page("/", "Cookie", "__client_uat=1") }

// judge authenticates a page load and says what became of it.
func (w *outageWorld) judge(t *testing.T, r *request) (what string, waited time.Duration) {
	t.Helper()
	start := time.Now()
	state := w.clerk.Authenticate(t.Context(), r)
	switch {
	case state.Unavailable() != nil && state.Location() == "" && !state.IsSignedIn():
		what = "unknown"
	case state.Unavailable() != nil:
		what = "unknown, but " + outcome(state)
	default:
		what = string(state.Status())
	}
	return what, time.Since(start)
}

func (w *outageWorld) want(t *testing.T, when string, r *request, want string, most time.Duration) {
	t.Helper()
	if got, waited := w.judge(t, r); got != want || waited > most {
		t.Errorf("%s: got %s after %v, want %s within %v", when, got, waited, want, most)
	}
}

// TestNobodyIsSentToAFrontendAPIThatIsDown breaks it alone, in each way.
func TestNobodyIsSentToAFrontendAPIThatIsDown(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(*http.Request) (*http.Response, error){
		"it is down": down,
		"it hangs":   hangs,
		"it limits":  limited("4"),
		"it answers 500": func(r *http.Request) (*http.Response, error) {
			return answers{status: http.StatusInternalServerError, contentType: "application/json", body: refusalJSON}.RoundTrip(r)
		},
		"a gateway answers": func(r *http.Request) (*http.Response, error) {
			return answers{status: http.StatusBadGateway, contentType: "text/html", body: "<html>"}.RoundTrip(r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
				w := newOutageWorld(t, s).warm(t)
				w.want(t, "in calm times", uncertain(), "handshake", 0)
				w.breaks(handshakeRoute, fault)
				w.want(t, "what was known a moment ago", uncertain(), "handshake", 0)
				time.Sleep(6 * time.Second)
				w.want(t, "first", uncertain(), "unknown", 2*time.Second)
				for range 300 {
					w.want(t, "known to be down", uncertain(), "unknown", 0)
					time.Sleep(100 * time.Millisecond)
				}
				out := adapter.Guard("Protect").Check(t.Context(), attach(t, w.clerk, uncertain()))
				if out.Status != http.StatusServiceUnavailable {
					t.Errorf("a guard answers %d, want 503", out.Status)
				}
				// A valid session needs nobody, even where Clerk would have been asked.
				session := page("/", "Cookie", "__client_uat=1; __session="+s.SessionToken("user_ada"), "Referer", "https://elsewhere.example/")
				w.want(t, "a valid session from another site", session, "signed-in", 0)
				w.want(t, "no session", page("/"), "signed-out", 0)
				if got := w.of(handshakeRoute); got > 15 {
					t.Errorf("got %d probes in half a minute", got)
				}
				if stats := w.clerk.Stats().Outage; stats.Since.IsZero() || strings.Join(stats.Down, " ") != "Frontend API" {
					t.Errorf("got %+v", stats)
				}
				w.breaks(handshakeRoute, nil)
				for range 14 { // A probe may be under way, and the next one is due in 5 s.
					w.judge(t, uncertain())
					time.Sleep(500 * time.Millisecond)
				}
				w.want(t, "back", uncertain(), "handshake", 0)
				w.want(t, "a session from another site", session, "handshake", 0)
			})
		})
	}
}

// TestAServerThatReachesTheBackendAPIAloneKeepsItsSignIns has a firewall.
func TestAServerThatReachesTheBackendAPIAloneKeepsItsSignIns(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s).warm(t)
		w.breaks(handshakeRoute, hangs)
		w.want(t, "first", uncertain(), "handshake", 2*time.Second)
		for range 100 {
			w.want(t, "then", uncertain(), "handshake", 0)
			time.Sleep(time.Second)
		}
		log := w.log.String()
		if strings.Count(log, "has not answered this server") != 1 || !strings.Contains(log, "ProbeInterval") {
			t.Errorf("got log %s, want one warning that names the option", log)
		}
		if stats := w.clerk.Stats().Outage; !stats.Since.IsZero() {
			t.Errorf("got %+v: there is no outage", stats)
		}
		// Later it is seen, and then believed.
		w.breaks(handshakeRoute, nil)
		time.Sleep(10 * time.Second)
		w.want(t, "reachable", uncertain(), "handshake", 0)
		time.Sleep(10 * time.Second)
		w.want(t, "reachable", uncertain(), "handshake", 0)
		w.breaks(handshakeRoute, down)
		time.Sleep(10 * time.Second)
		w.want(t, "down", uncertain(), "unknown", 0)
	})
}

// TestAnOutageMayBeOlderThanTheProcess starts one in it.
func TestAnOutageMayBeOlderThanTheProcess(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s)
		w.breaks("/", hangs)
		w.want(t, "first", uncertain(), "unknown", 2*time.Second)
		for range 100 {
			time.Sleep(100 * time.Millisecond)
			w.want(t, "then", uncertain(), "unknown", 0)
		}
		w.breaks("/", nil)
		for range 8 { // A probe may be under way, and the next one is due in 5 s.
			w.judge(t, uncertain())
			time.Sleep(time.Second)
		}
		w.want(t, "back", uncertain(), "handshake", 0)
	})
}

// TestProbesCarryNoSecret looks at what is asked, how often, and of whom.
func TestProbesCarryNoSecret(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(o *core.Options)
		want   string
	}{
		"the key's own":             {func(*core.Options) {}, "https://clerk.example.test/v1/client/handshake"},
		"an address of the options": {func(o *core.Options) { o.ProxyURL = "https://app.example/__clerk/" }, "https://app.example/__clerk/v1/client/handshake"},
		"a path of the application": {func(o *core.Options) { o.ProxyURL = "/__clerk" }, "https://clerk.example.test/v1/client/handshake"},
		"behind the application's own proxy": {func(o *core.Options) {
			o.FrontendAPIProxy = core.FrontendAPIProxy{Enabled: true, FAPIURL: "https://fapi.example"}
		}, "https://fapi.example/v1/client/handshake"},
		"a satellite's": {func(o *core.Options) {
			o.IsSatellite, o.Domain, o.SignInURL = true, "sat.example", "https://primary.example/sign-in"
		}, "https://clerk.sat.example/v1/client/handshake"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
				w := newOutageWorld(t, s, test.change)
				w.breaks(handshakeRoute, func(r *http.Request) (*http.Response, error) {
					resp, err := answers{status: http.StatusFound, contentType: "text/html"}.RoundTrip(r)
					resp.Header.Set("Location", "https://elsewhere.example/")
					time.Sleep(time.Second)
					return resp, err
				})
				var pages sync.WaitGroup
				for range 100 {
					pages.Go(func() { w.want(t, "at once", uncertain(), "handshake", time.Second) })
				}
				pages.Wait()
				w.mu.Lock()
				defer w.mu.Unlock()
				probes := 0
				for _, r := range w.seen {
					if !strings.HasSuffix(r.URL.Path, handshakeRoute) {
						continue
					}
					probes++
					if got := r.URL.String(); got != test.want || r.Method != http.MethodGet {
						t.Errorf("got %s %s, want %s", r.Method, got, test.want)
					}
					if len(r.Header) != 1 || r.Header.Get("User-Agent") == "" || r.URL.RawQuery != "" {
						t.Errorf("got headers %v and query %q", r.Header, r.URL.RawQuery)
					}
				}
				if probes != 1 {
					t.Errorf("got %d probes for 100 requests at once, want one", probes)
				}
			})
		})
	}
}

// TestNoProbesWhereTurnedOff sends browsers into handshakes as the reference does.
func TestNoProbesWhereTurnedOff(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s, func(o *core.Options) { o.Outage.ProbeInterval = -1 }).warm(t)
		w.breaks(handshakeRoute, down)
		w.breaks("/users/", down)
		for range 50 {
			w.want(t, "whatever is known", uncertain(), "handshake", 0)
			if _, err := attach(t, w.clerk, w.signedIn()).CurrentUser(t.Context()); !errors.Is(err, core.ErrUnavailable) {
				t.Errorf("got %v", err)
			}
			time.Sleep(time.Second)
		}
		if got := w.of(handshakeRoute); got != 0 {
			t.Errorf("got %d probes", got)
		}
		// Calls find out by themselves whether it is over: three that open the breaker, and then one
		// that is tried twice, in five seconds or up to a quarter less.
		if got := w.of("/users/"); got < 8 || got > 3+2*13 {
			t.Errorf("got %d calls in 50 s, want three, and then two in 5 s or up to a quarter less", got)
		}
		w.breaks("/users/", nil)
		time.Sleep(5 * time.Second)
		if _, err := attach(t, w.clerk, w.signedIn()).CurrentUser(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// TestWhatStandsInFrontOfTheFrontendAPIMayRefuseServers sends browsers there all the same.
func TestWhatStandsInFrontOfTheFrontendAPIMayRefuseServers(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s).warm(t)
		for _, answer := range []answers{
			{status: http.StatusBadRequest, contentType: "application/json", body: refusalJSON},
			{status: http.StatusForbidden, contentType: "text/html", body: "<html>Are you human?"},
			{status: http.StatusNotFound, contentType: "text/plain"},
		} {
			w.breaks(handshakeRoute, answer.RoundTrip)
			w.want(t, "refused", uncertain(), "handshake", 0)
			time.Sleep(10 * time.Second)
			w.want(t, "refused", uncertain(), "handshake", 0)
		}
		if got := w.of(handshakeRoute); got < 3 {
			t.Errorf("got %d probes", got)
		}
	})
}

// TestHandshakesNeedNoBackendAPIThatIsDown breaks the Backend API alone: a browser can still
// be signed in, by a handshake that brings back a signed token.
func TestHandshakesNeedNoBackendAPIThatIsDown(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s).warm(t)
		format := func(when, want string) {
			t.Helper()
			at, err := url.Parse(w.clerk.Authenticate(t.Context(), uncertain()).Location())
			if err != nil || at.Query().Get("format") != want {
				t.Errorf("%s: got %v (%v), want a handshake that brings back a %s", when, at, err, want)
			}
		}
		format("in calm times", "nonce")
		for _, path := range [...]string{"/jwks", "/handshake_payload", "/refresh", "/users/"} {
			w.breaks(path, down)
		}
		for n := range 3 { // Calls fail, and then a probe.
			w.judge(t, redeem(fmt.Sprint("nonce-", n), "203.0.113.9:1"))
			time.Sleep(time.Second)
		}
		format("while the Backend API is down", "token")
		back := page("/", "Cookie", "__clerk_handshake="+s.HandshakeToken([]string{
			"__session=" + s.SessionToken("user_ada") + "; Path=/; SameSite=Lax", "__client_uat=1; Path=/; SameSite=Lax",
		}))
		w.want(t, "back from it", back, "signed-in", 0)
		for _, path := range [...]string{"/jwks", "/handshake_payload", "/refresh", "/users/"} {
			w.breaks(path, nil)
		}
		for range 14 {
			w.judge(t, uncertain())
			time.Sleep(500 * time.Millisecond)
		}
		format("when it is back", "nonce")
	})
}

// TestAFrontendAPIIsLeftAloneAsLongAsItAsks: longer than an interval, and a minute at most.
func TestAFrontendAPIIsLeftAloneAsLongAsItAsks(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s).warm(t)
		w.want(t, "before", uncertain(), "handshake", 0)
		time.Sleep(10 * time.Second)
		before := w.of(handshakeRoute)
		w.breaks(handshakeRoute, limited("3600"))
		for range 60 {
			w.want(t, "limited", uncertain(), "unknown", 0)
			time.Sleep(time.Second)
		}
		if got := w.of(handshakeRoute) - before; got != 1 {
			t.Errorf("got %d probes in the minute, want 1", got)
		}
		w.breaks(handshakeRoute, nil)
		w.want(t, "a minute later", uncertain(), "handshake", 0)
	})
}
