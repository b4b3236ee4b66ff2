package core_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// grace is how long the sessions of these tests may have expired.
const grace = 10 * time.Minute

func withGrace(o *core.Options) { o.Outage.Grace = grace }

// expiredBy issues the token that expired so long ago. A token is good for a minute.
func expiredBy(ago time.Duration) clerktest.TokenOption {
	return clerktest.IssuedAt(epoch.Add(-ago - time.Minute))
}

// inCookies returns cookies with a session token, by the names that an instance gives
// them. refresh is the value of the refresh token, or "".
func inCookies(s *clerktest.Server, session string, uat int64, refresh string) string {
	cookies := fmt.Sprintf("__session_%[1]s=%[2]s; __client_uat_%[1]s=%[3]d", s.CookieSuffix(), session, uat)
	if refresh != "" {
		cookies += fmt.Sprintf("; __refresh_%s=%s", s.CookieSuffix(), refresh)
	}
	return cookies
}

// known makes the outage known.
func (w *outageWorld) known(t *testing.T) {
	t.Helper()
	expired := w.server.SessionToken("user_first", expiredBy(time.Minute))
	for range 4 {
		w.judge(t, get("/", "Cookie", inCookies(w.server, expired, 1, "first")))
		time.Sleep(time.Second)
	}
	if w.clerk.Stats().Outage.Since.IsZero() {
		t.Fatal("the outage is not known")
	}
}

// graced is what became of a request: in grace, or whatever else.
func (w *outageWorld) graced(t *testing.T, r *request) string {
	t.Helper()
	state := w.clerk.Authenticate(t.Context(), r)
	if state.Auth().InGrace() {
		if !state.IsSignedIn() || state.Unavailable() != nil || state.Location() != "" || headerOf(state.Headers(), "Set-Cookie") != "" {
			t.Errorf("in grace, but %s with %v", outcome(state), state.Headers())
		}
		return "grace " + state.Auth().UserID
	}
	if state.Unavailable() != nil {
		return "unknown"
	}
	return outcome(state)
}

// TestExpiredSessionsPassInGrace on each way that a session comes, in each outage of which
// they could not be renewed.
func TestExpiredSessionsPassInGrace(t *testing.T) {
	t.Parallel()
	type way struct {
		name   string
		make   func(s *clerktest.Server, session string) *request
		calm   string // what becomes of it otherwise
		renews bool   // by a refresh
	}
	ways := []way{
		{
			name: "a page load", calm: "handshake session-token-expired-refresh-non-eligible-no-refresh-cookie",
			make: func(s *clerktest.Server, session string) *request {
				return page("/", "Cookie", inCookies(s, session, 1, ""))
			},
		},
		{
			name: "a page load that can be refreshed", calm: "signed-in", renews: true,
			make: func(s *clerktest.Server, session string) *request {
				return page("/", "Cookie", inCookies(s, session, 1, "good"))
			},
		},
		{
			name: "a script", calm: "signed-in", renews: true,
			make: func(s *clerktest.Server, session string) *request {
				return get("/", "Cookie", inCookies(s, session, 1, "good"))
			},
		},
		{
			name: "a form", calm: "signed-out session-token-expired-refresh-non-eligible-non-get",
			make: func(s *clerktest.Server, session string) *request {
				return page("/", "Cookie", inCookies(s, session, 1, "good")).as(http.MethodPost)
			},
		},
		{
			name: "a bearer", calm: "signed-out session-token-expired-refresh-non-eligible-no-refresh-cookie",
			make: func(_ *clerktest.Server, session string) *request {
				return get("/", "Authorization", "Bearer "+session)
			},
		},
	}
	for name, tt := range map[string]struct {
		fault  func(r *http.Request) (*http.Response, error)
		breaks []string
		spared bool // sessions are renewed all the same
	}{
		"everything is down":         {fault: down, breaks: []string{"/"}},
		"everything hangs":           {fault: hangs, breaks: []string{"/"}},
		"everything is limited":      {fault: limited("30"), breaks: []string{"/"}},
		"the Backend API is down":    {fault: down, breaks: []string{"/jwks", "/refresh"}},
		"the Frontend API is down":   {fault: down, breaks: []string{handshakeRoute}, spared: true},
		"handshake and refresh fail": {fault: down, breaks: []string{handshakeRoute, "/refresh"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
				w := newOutageWorld(t, s, withGrace).warm(t)
				w.want(t, "the Frontend API is seen", uncertain(), "handshake", 0)
				session := s.SessionToken("user_ada", expiredBy(time.Minute))
				for _, way := range ways {
					if got := w.graced(t, way.make(s, session)); got != way.calm {
						t.Errorf("%s in calm times: got %s, want %s", way.name, got, way.calm)
					}
				}
				time.Sleep(10 * time.Second)
				for _, part := range tt.breaks {
					w.breaks(part, tt.fault)
				}
				if !tt.spared {
					w.known(t)
				} else {
					w.want(t, "the outage", uncertain(), "unknown", 2*time.Second)
				}
				for _, way := range ways {
					want := "grace user_ada"
					if tt.spared && way.renews {
						want = "signed-in"
					}
					if got := w.graced(t, way.make(s, session)); got != want {
						t.Errorf("%s: got %s, want %s", way.name, got, want)
					}
				}
				for range 3 { // Nobody may have come for long.
					time.Sleep(time.Hour)
					if got := w.graced(t, ways[4].make(s, session)); got != "grace user_ada" {
						t.Errorf("an hour later: got %s", got)
					}
				}
				for _, part := range tt.breaks {
					w.breaks(part, nil)
				}
				for range 30 {
					w.judge(t, uncertain())
					w.graced(t, ways[2].make(s, session))
					time.Sleep(time.Second)
				}
				for _, way := range ways {
					if got := w.graced(t, way.make(s, session)); got != way.calm {
						t.Errorf("%s when Clerk is back: got %s, want %s", way.name, got, way.calm)
					}
				}
			})
		})
	}
}

// TestRefreshesThatFailAlone give grace to those who need one, and others the handshake.
func TestRefreshesThatFailAlone(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s, withGrace).warm(t)
		w.breaks("/refresh", down)
		session := s.SessionToken("user_ada", expiredBy(time.Minute))
		for _, want := range []string{"unknown", "unknown", "grace user_ada", "grace user_ada"} { // Three failures stop such calls.
			if got := w.graced(t, get("/", "Cookie", inCookies(s, session, 1, "good"))); got != want {
				t.Errorf("by a script: got %s, want %s", got, want)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if got := w.graced(t, page("/", "Cookie", inCookies(s, session, 1, ""))); !strings.HasPrefix(got, "handshake") {
			t.Errorf("a page load without a refresh token: got %s", got)
		}
		if got := w.graced(t, get("/", "Authorization", "Bearer "+session)); !strings.HasPrefix(got, "signed-out") {
			t.Errorf("a bearer: got %s", got)
		}
	})
}

// TestGraceIsJudgedAnew where the cookie is gone that could have refreshed the session.
func TestGraceIsJudgedAnew(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s, withGrace).warm(t)
		w.breaks("/refresh", down)
		bearer := "Bearer " + s.SessionToken("user_ada", expiredBy(time.Minute))
		refresh := "__refresh_" + s.CookieSuffix() + "=good"
		for range 3 { // So many failures stop such calls.
			w.graced(t, get("/", "Authorization", bearer, "Cookie", refresh))
			time.Sleep(100 * time.Millisecond)
		}
		before, _ := adapter.Attach(t.Context(), w.clerk, get("/", "Authorization", bearer, "Cookie", refresh))
		if !before.Auth().InGrace() {
			t.Fatalf("got %s, want grace", outcome(before.State()))
		}
		after, _ := adapter.Attach(before.NewContext(t.Context()), w.clerk, get("/", "Authorization", bearer))
		if after.State().IsSignedIn() {
			t.Errorf("got %s without the cookie", outcome(after.State()))
		}
	})
}

// TestOldTokensCauseNoProbes: those alone do for which it matters.
func TestOldTokensCauseNoProbes(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s, withGrace).warm(t)
		for range 30 {
			if got := w.graced(t, get("/", "Authorization", "Bearer "+s.SessionToken("user_ada", expiredBy(time.Hour)))); !strings.HasPrefix(got, "signed-out") {
				t.Errorf("got %s", got)
			}
			time.Sleep(time.Second)
		}
		if got := w.of(handshakeRoute); got != 0 {
			t.Errorf("got %d probes for old tokens", got)
		}
		for range 30 {
			if got := w.graced(t, get("/", "Authorization", "Bearer "+s.SessionToken("user_ada", expiredBy(time.Minute)))); !strings.HasPrefix(got, "signed-out") {
				t.Errorf("got %s", got)
			}
			time.Sleep(time.Second)
		}
		if got := w.of(handshakeRoute); got == 0 || got > 6 {
			t.Errorf("got %d probes in half a minute, want one in 5 s", got)
		}
	})
}

// TestGraceForgivesAgeAlone.
func TestGraceForgivesAgeAlone(t *testing.T) {
	t.Parallel()
	key, err := clerktest.OtherKey()
	if err != nil {
		t.Fatal(err)
	}
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s, withGrace, func(o *core.Options) {
			o.AuthorizedParties = []string{"https://app.example"}
		})
		azp := clerktest.AuthorizedParty("https://app.example")
		warm := get("/", "Authorization", "Bearer "+s.SessionToken("user_ada", azp))
		if got := w.graced(t, warm); got != "signed-in" {
			t.Fatal(got)
		}
		w.breaks("/", down)
		expired := func(opts ...clerktest.TokenOption) string {
			return s.SessionToken("user_ada", append([]clerktest.TokenOption{azp, expiredBy(time.Minute)}, opts...)...)
		}
		for range 4 {
			w.judge(t, get("/", "Cookie", inCookies(s, expired(), 1, "first")))
			time.Sleep(time.Second)
		}
		const skew = 5 * time.Second
		for _, tt := range []struct {
			name, session, want string
			uat                 int64
		}{
			{name: "expired a minute ago", session: expired(), want: "grace user_ada"},
			{name: "expired nearly too long ago", session: expired(expiredBy(grace + skew - time.Second)), want: "grace user_ada"},
			{name: "expired too long ago", session: expired(expiredBy(grace + skew)), want: "unknown"},
			{name: "not expired", session: s.SessionToken("user_ada", azp), want: "signed-in"},
			{name: "of another party", session: expired(clerktest.AuthorizedParty("https://evil.example")), want: "signed-out token-invalid-authorized-parties"},
			{name: "before the last sign-out", session: expired(), uat: epoch.Add(-30 * time.Second).Unix(), want: "unknown"},
			{name: "signed with another key", session: expired(clerktest.SignedWith(key, s.KeyID())), want: badSignature},
			{name: "not active yet", session: expired(clerktest.Claim("nbf", epoch.Add(grace/2).Unix())), want: "unknown"},
			{name: "issued in the future", session: expired(clerktest.Claim("iat", epoch.Add(grace/2).Unix())), want: "unknown"},
			{name: "of a template", session: s.TemplateToken("user_ada", "x", azp, expiredBy(time.Minute)), want: "signed-out token-type-mismatch"},
			{name: "of another type", session: expired(clerktest.HeaderField("typ", "at+jwt")), want: "signed-out token-type-mismatch"},
			{name: "pending", session: expired(clerktest.Pending()), want: "grace "},
		} {
			uat := max(tt.uat, 1)
			if got := w.graced(t, page("/", "Cookie", inCookies(s, tt.session, uat, ""))); got != tt.want {
				t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
			}
		}
		state := w.clerk.Authenticate(t.Context(), page("/", "Cookie", inCookies(s, expired(clerktest.Pending()), 1, "")))
		if state.Auth().IsAuthenticated() || state.Auth().SessionStatus != "pending" {
			t.Error("a pending session is authenticated in grace")
		}
		// Without __client_uat there is no session.
		if got := w.graced(t, page("/", "Cookie", "__session="+expired())); got != "unknown" {
			t.Errorf("without a client: got %s", got)
		}
		// Machines have none.
		old := []clerktest.TokenOption{expiredBy(time.Minute), clerktest.Lifetime(time.Minute)}
		for name, token := range map[string]string{
			"M2M":   s.M2MJWT(clerktest.MachineToken{Subject: "mch_a"}, old...),
			"OAuth": s.OAuthJWT(clerktest.MachineToken{Subject: "user_ada"}, old...),
		} {
			ra := attach(t, w.clerk, get("/", "Authorization", "Bearer "+token))
			out := adapter.Guard("Protect", core.AcceptTokens(core.M2MToken, core.OAuthToken)).Check(t.Context(), ra)
			if out.Status != http.StatusUnauthorized {
				t.Errorf("%s: got %d, want 401", name, out.Status)
			}
		}
	})
}

// TestWhatClerkAnswersEndsTheGrace: the Frontend API is down, and the Backend API says that
// the session is no more.
func TestWhatClerkAnswersEndsTheGrace(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s, withGrace).warm(t)
		w.want(t, "the Frontend API is seen", uncertain(), "handshake", 0)
		time.Sleep(10 * time.Second)
		w.breaks(handshakeRoute, down)
		w.want(t, "the outage", uncertain(), "unknown", 2*time.Second)
		session := s.SessionToken("user_ada", expiredBy(time.Minute))
		for range 2 { // The second time, that is remembered.
			if got := w.graced(t, get("/", "Cookie", inCookies(s, session, 1, "revoked"))); strings.HasPrefix(got, "grace") {
				t.Errorf("a revoked session: got %s", got)
			}
		}
		if got := w.graced(t, get("/", "Authorization", "Bearer "+session)); got != "grace user_ada" {
			t.Errorf("of which nothing is known: got %s", got)
		}

		// A refused secret key is no outage.
		w.breaks("/refresh", func(r *http.Request) (*http.Response, error) {
			return answers{status: http.StatusUnauthorized, contentType: "application/json", body: `{"errors":[{"code":"clerk_key_invalid","message":"x"}]}`}.RoundTrip(r)
		})
		if got := w.graced(t, get("/", "Cookie", inCookies(s, session, 1, "good"))); got != "signed-out secret-key-invalid" {
			t.Errorf("with a refused secret key: got %s", got)
		}
	})
}

// TestGraceIsOffUnlessAskedFor, and without what would end it.
func TestGraceIsOffUnlessAskedFor(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*core.Options){
		"by default":    func(*core.Options) {},
		"negative":      func(o *core.Options) { o.Outage.Grace = -time.Hour },
		"nobody probes": func(o *core.Options) { withGrace(o); o.Outage.ProbeInterval, o.Outage.Failures = -1, -1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
				w := newOutageWorld(t, s, change).warm(t)
				w.breaks("/", down)
				session := s.SessionToken("user_ada", expiredBy(time.Minute))
				for range 10 {
					if got := w.graced(t, get("/", "Cookie", inCookies(s, session, 1, "good"))); got != "unknown" {
						t.Errorf("got %s, want unknown", got)
					}
					time.Sleep(time.Second)
				}
				if got := w.clerk.Stats().Grace; got != 0 {
					t.Errorf("got %d uses", got)
				}
			})
		})
	}
}

// TestGraceIsCountedAndLogged: each use, and each session.
func TestGraceIsCountedAndLogged(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s, withGrace).warm(t)
		w.breaks("/", down)
		w.known(t)
		before := w.clerk.Stats().Grace
		for range 5 {
			for _, id := range []string{"sess_one", "sess_two"} {
				session := s.SessionToken("user_ada", expiredBy(time.Minute), clerktest.SessionID(id))
				if got := w.graced(t, get("/", "Authorization", "Bearer "+session)); got != "grace user_ada" {
					t.Fatal(got)
				}
			}
		}
		if got := w.clerk.Stats().Grace - before; got != 10 {
			t.Errorf("got %d uses, want 10", got)
		}
		log := w.log.String()
		for _, id := range []string{"sess_one", "sess_two"} {
			if got := strings.Count(log, id); got != 1 {
				t.Errorf("%s is logged %d times, want once", id, got)
			}
		}
		w.breaks("/", nil)
		for range 20 {
			w.judge(t, uncertain())
			time.Sleep(time.Second)
		}
		if end := w.log.String(); !strings.Contains(end, fmt.Sprint("inGrace=", before+10)) {
			t.Errorf("the end of the outage does not tell of grace:\n%s", end)
		}
		if strings.Contains(log, "eyJ") {
			t.Errorf("the log holds a token:\n%s", log)
		}
	})
}

// TestNothingOfGraceIsRemembered: neither what passed before, nor what passed in grace.
func TestNothingOfGraceIsRemembered(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(time.Minute)
		clock := clerktest.NewClock(epoch)
		w := newOutageWorld(t, s, withGrace, func(o *core.Options) { o.Now = clock.Now }).warm(t)
		session := get("/", "Authorization", "Bearer "+s.SessionToken("user_ada", clerktest.IssuedAt(epoch)))
		for range 3 {
			if got := w.graced(t, session); got != "signed-in" {
				t.Fatal(got)
			}
		}
		w.breaks("/", down)
		w.known(t)
		clock.Advance(2 * time.Minute)
		for range 3 {
			if got := w.graced(t, session); got != "grace user_ada" {
				t.Errorf("in the outage: got %s", got)
			}
		}
		if got := w.clerk.Stats().Tokens.Entries; got > 1 { // the one that made it warm
			t.Errorf("%d tokens are remembered", got)
		}
		w.breaks("/", nil)
		for range 10 {
			w.judge(t, uncertain())
			time.Sleep(time.Second)
		}
		if got := w.graced(t, session); !strings.HasPrefix(got, "signed-out session-token-expired") {
			t.Errorf("when Clerk is back: got %s", got)
		}
	})
}
