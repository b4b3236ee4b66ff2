package core_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
)

// hears makes an instance hear of an event, which happened then.
func hears(t *testing.T, c *core.Clerk, at time.Time, kind webhook.Type, data string) {
	t.Helper()
	if err := c.HandleEvent(t.Context(), &webhook.Event{Type: kind, Data: []byte(data), OccurredAt: at}); err != nil {
		t.Fatal(err)
	}
}

// membershipJSON is the data of events about the membership that these tests revoke.
const membershipJSON = `{"id":"orgmem_a","organization":{"id":"` + revokedOrg + `"},"public_user_data":{"user_id":"` + revokedUser + `"}}`

// revokedThings are what these tests revoke, now.
var revokedThings = map[string]func(t *testing.T, c *core.Clerk){
	"session": func(t *testing.T, c *core.Clerk) {
		t.Helper()
		hears(t, c, epoch, webhook.SessionRevoked, `{"id":"`+revokedSession+`"}`)
	},
	"user": func(t *testing.T, c *core.Clerk) {
		t.Helper()
		hears(t, c, epoch, webhook.UserUpdated, `{"id":"`+revokedUser+`","banned":true}`)
	},
	"membership": func(t *testing.T, c *core.Clerk) {
		t.Helper()
		hears(t, c, epoch, webhook.MembershipDeleted, membershipJSON)
	},
	"organization": func(t *testing.T, c *core.Clerk) {
		t.Helper()
		hears(t, c, epoch, webhook.OrganizationDeleted, `{"id":"`+revokedOrg+`"}`)
	},
	"role": func(t *testing.T, c *core.Clerk) {
		t.Helper()
		hears(t, c, epoch, webhook.MembershipUpdated, membershipJSON)
	},
}

// came is what became of a request, whatever credential it has.
func came(t *testing.T, c *core.Clerk, r *request) string {
	t.Helper()
	state := c.Authenticate(t.Context(), r)
	switch {
	case state.Unavailable() != nil:
		return "unknown " + string(state.Reason())
	case state.Auth().InGrace():
		return "grace"
	case state.Auth().IsAuthenticated() != state.IsSignedIn():
		t.Errorf("the state says %s, and the Auth %t", outcome(state), state.Auth().IsAuthenticated())
	}
	return outcome(state)
}

// TestNoCredentialBringsBackWhatIsRevoked, neither one that Clerk hands out in spite of it, nor one
// of a machine, nor one in grace. A role that has changed is all right again with a fresh token.
func TestNoCredentialBringsBackWhatIsRevoked(t *testing.T) {
	t.Parallel()
	const (
		in     = "signed-in"
		inPart = "in"
	)
	organization := clerktest.Claim("o", map[string]any{"id": revokedOrg, "slg": "s", "rol": "admin"})
	issue := func(s *clerktest.Server, ago time.Duration) string {
		return s.SessionToken(revokedUser, clerktest.SessionID(revokedSession), organization, clerktest.IssuedAt(epoch.Add(-ago)))
	}
	cookies := func(s *clerktest.Server, session string) []string {
		return []string{"__session=" + session + "; Path=/", "__session_" + s.CookieSuffix() + "=" + session + "; Path=/"}
	}
	brings := func(w *outageWorld, route, list string) {
		w.breaks(route, func(*http.Request) (*http.Response, error) {
			return listAnswer(list, cookies(w.server, issue(w.server, 0))), nil
		})
	}
	machine := func(subject string) clerktest.MachineToken {
		return clerktest.MachineToken{Subject: subject, Lifetime: time.Hour}
	}
	// opaque has Clerk say that a token is a subject's.
	opaque := func(w *outageWorld, token, kind, subject string) *request {
		w.breaks("/verify", func(*http.Request) (*http.Response, error) {
			return clerkAnswer(200, fmt.Sprintf(`{"object":%q,"id":"id_1","subject":%q,"scopes":[],"expiration":null}`, kind, subject)), nil
		})
		return get("/", "Authorization", "Bearer "+token)
	}
	bearing := func(token string) *request { return get("/", "Authorization", "Bearer "+token) }
	// What becomes of it, by what was revoked; "in" is signed in, and a page load makes the handshake once.
	for name, way := range map[string]struct {
		prepare                                       func(t *testing.T, w *outageWorld) *request
		before                                        string
		session, user, membership, organization, role string
	}{
		"a refresh, of a script": {
			prepare: func(_ *testing.T, w *outageWorld) *request {
				brings(w, "/refresh", "cookies")
				return get("/", "Cookie", inCookies(w.server, issue(w.server, 2*time.Minute), 1, "r"))
			},
			session: "signed-out session-revoked", user: "signed-out user-revoked", membership: "signed-out membership-revoked", organization: "signed-out membership-revoked", role: inPart,
		},
		"a refresh, of a page load": {
			prepare: func(_ *testing.T, w *outageWorld) *request {
				brings(w, "/refresh", "cookies")
				return page("/", "Cookie", inCookies(w.server, issue(w.server, 2*time.Minute), 1, "r"))
			},
			session: "handshake session-revoked", user: "handshake user-revoked", membership: "handshake membership-revoked", organization: "handshake membership-revoked", role: inPart,
		},
		"a handshake, by nonce": {
			prepare: func(_ *testing.T, w *outageWorld) *request {
				brings(w, "/handshake_payload", "directives")
				return page("/?__clerk_handshake_nonce=n")
			},
			session: "signed-out session-revoked", user: "signed-out user-revoked", membership: "signed-out membership-revoked", organization: "signed-out membership-revoked", role: inPart,
		},
		"a handshake, by token": {
			prepare: func(_ *testing.T, w *outageWorld) *request {
				return page("/?__clerk_handshake=" + w.server.HandshakeToken(cookies(w.server, issue(w.server, 0))))
			},
			session: "signed-out session-revoked", user: "signed-out user-revoked", membership: "signed-out membership-revoked", organization: "signed-out membership-revoked", role: inPart,
		},
		"a handshake that is older than what happened": {
			prepare: func(_ *testing.T, w *outageWorld) *request {
				return page("/?__clerk_handshake=" + w.server.HandshakeToken(cookies(w.server, issue(w.server, time.Second))))
			},
			session: "signed-out session-revoked", user: "signed-out user-revoked", membership: "signed-out membership-revoked", organization: "signed-out membership-revoked", role: "signed-out role-changed",
		},
		"a nonce that cannot be redeemed, beside cookies": {
			prepare: func(_ *testing.T, w *outageWorld) *request {
				w.breaks("/handshake_payload", func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") })
				return page("/?__clerk_handshake_nonce=n", "Cookie", inCookies(w.server, issue(w.server, time.Second), 1, ""))
			},
			session: "handshake session-revoked", user: "handshake user-revoked", membership: "handshake membership-revoked", organization: "handshake membership-revoked", role: "handshake role-changed",
		},
		"grace, in a header": {
			prepare: func(t *testing.T, w *outageWorld) *request {
				t.Helper()
				w.breaks("/", down)
				w.known(t)
				return bearing(issue(w.server, 2*time.Minute))
			},
			before:  "grace",
			session: "signed-out session-revoked", user: "signed-out user-revoked", membership: "signed-out membership-revoked", organization: "signed-out membership-revoked", role: "signed-out role-changed",
		},
		"grace, of a script": {
			prepare: func(t *testing.T, w *outageWorld) *request {
				t.Helper()
				w.breaks("/", down)
				w.known(t)
				return get("/", "Cookie", inCookies(w.server, issue(w.server, 2*time.Minute), 1, "r"))
			},
			before:  "grace",
			session: "signed-out session-revoked", user: "signed-out user-revoked", membership: "signed-out membership-revoked", organization: "signed-out membership-revoked", role: "signed-out role-changed",
		},
		// Clerk, who could tell of what organization the session is now, does not answer.
		"grace, of a page load": {
			prepare: func(t *testing.T, w *outageWorld) *request {
				t.Helper()
				w.breaks("/", down)
				w.known(t)
				time.Sleep(10 * time.Second) // What was seen of it counts no longer.
				w.want(t, "the Frontend API is down, too", uncertain(), "unknown", 2*time.Second)
				return page("/", "Cookie", inCookies(w.server, issue(w.server, 2*time.Minute), 1, "r"))
			},
			before:  "grace",
			session: "signed-out session-revoked", user: "signed-out user-revoked", membership: "unknown membership-revoked", organization: "unknown membership-revoked", role: "unknown role-changed",
		},
		"grace, of a page load, when the Frontend API may be there": {
			prepare: func(t *testing.T, w *outageWorld) *request {
				t.Helper()
				w.breaks("/refresh", down)
				w.breaks("/jwks", down)
				w.known(t)
				return page("/", "Cookie", inCookies(w.server, issue(w.server, 2*time.Minute), 1, "r"))
			},
			before:  "grace",
			session: "handshake session-revoked", user: "handshake user-revoked", membership: "handshake membership-revoked", organization: "handshake membership-revoked", role: "handshake role-changed",
		},
		"an OAuth token, a JWT": {
			prepare: func(_ *testing.T, w *outageWorld) *request { return bearing(w.server.OAuthJWT(machine(revokedUser))) },
			session: inPart, user: "signed-out user-revoked", membership: inPart, organization: inPart, role: inPart,
		},
		"an OAuth token": {
			prepare: func(_ *testing.T, w *outageWorld) *request {
				return opaque(w, "oat_a", "clerk_idp_oauth_access_token", revokedUser)
			},
			session: inPart, user: "signed-out user-revoked", membership: inPart, organization: inPart, role: inPart,
		},
		"an API key of the user": {
			prepare: func(_ *testing.T, w *outageWorld) *request { return opaque(w, "ak_a", "api_key", revokedUser) },
			session: inPart, user: "signed-out user-revoked", membership: inPart, organization: inPart, role: inPart,
		},
		"an API key of the organization": {
			prepare: func(_ *testing.T, w *outageWorld) *request { return opaque(w, "ak_a", "api_key", revokedOrg) },
			session: inPart, user: inPart, membership: inPart, organization: "signed-out membership-revoked", role: inPart,
		},
		"an M2M token, a JWT": {
			prepare: func(_ *testing.T, w *outageWorld) *request { return bearing(w.server.M2MJWT(machine("mch_a"))) },
			session: inPart, user: inPart, membership: inPart, organization: inPart, role: inPart,
		},
		"an M2M token": {
			prepare: func(_ *testing.T, w *outageWorld) *request {
				return opaque(w, "mt_a", "machine_to_machine_token", "mch_a")
			},
			session: inPart, user: inPart, membership: inPart, organization: inPart, role: inPart,
		},
	} {
		for what, want := range map[string]string{"session": way.session, "user": way.user, "membership": way.membership, "organization": way.organization, "role": way.role} {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
					w := newOutageWorld(t, s, func(o *core.Options) {
						o.Outage.Grace, o.AcceptsToken, o.MachineTokens.MaxAge = grace, core.AnyToken(), 10*time.Second // Verdicts are kept, too.
					}).warm(t)
					w.want(t, "the Frontend API is seen", uncertain(), "handshake", 0)
					r := way.prepare(t, w)
					before := way.before
					if before == "" {
						before = in
					}
					if got := came(t, w.clerk, r); got != before {
						t.Fatalf("before: got %s, want %s", got, before)
					}
					revokedThings[what](t, w.clerk)
					then := want
					if want == inPart {
						want, then = before, before
					} else if reason, ok := strings.CutPrefix(want, "handshake "); ok {
						then = "signed-out " + reason // It is asked once.
					}
					for i := range 3 {
						if got := came(t, w.clerk, r); got != want {
							t.Errorf("request %d: got %s, want %s", i, got, want)
						}
						want = then
					}
				})
			})
		}
	}
}

// TestMembersWhoComeBackNeedAFreshToken: the tokens of the membership that has ended may have another
// role than the new one.
func TestMembersWhoComeBackNeedAFreshToken(t *testing.T) {
	t.Parallel()
	deleted, created := epoch.Add(-20*time.Second), epoch.Add(-10*time.Second)
	for name, tt := range map[string]struct {
		unknown bool // that it ended
		issued  time.Time
		want    string
	}{
		"a token from before the end":                {issued: deleted.Add(-time.Second), want: "role-changed"},
		"a token from in between":                    {issued: created.Add(-time.Second), want: "role-changed"},
		"a token of the second in which they return": {issued: created},
		"a token from later":                         {issued: created.Add(time.Second)},
		"members of whom no end is known":            {unknown: true, issued: created.Add(-time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRevocationWorld(t)
			if !tt.unknown {
				hears(t, w.clerk, deleted, webhook.MembershipDeleted, membershipJSON)
			}
			for range 2 {
				hears(t, w.clerk, created.Add(400*time.Millisecond), webhook.MembershipCreated, membershipJSON)
			}
			session := w.session(clerktest.IssuedAt(tt.issued))
			want, first := "signed-in", "signed-in"
			if tt.want != "" {
				want, first = "signed-out "+tt.want, "handshake "+tt.want
			}
			if got := outcome(w.clerk.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+session))); got != want {
				t.Errorf("a call: got %s, want %s", got, want)
			}
			for range 3 {
				if got := outcome(w.clerk.Authenticate(t.Context(), page("/", "Cookie", inCookies(w.Server, session, 1, "")))); got != first {
					t.Errorf("a page load: got %s, want %s", got, first)
				}
				first = want
			}
		})
	}
}

// TestUsersStayRevokedForTheirLongestToken: Clerk's OAuth tokens that are JWTs live for a day, and nobody
// is asked about them. What ends a user's sessions for a minute ends those for as long as they live.
func TestUsersStayRevokedForTheirLongestToken(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	options := plain(s)
	synctest.Test(t, func(t *testing.T) {
		fleet := new(flakyFleet)
		process := func() *core.Clerk {
			o := options
			o.JWTKey, o.Logger = s.PEM(), slog.New(slog.DiscardHandler) // Nobody is asked.
			o.Shared, o.AcceptsToken = fleet, core.AnyToken()
			return newClerk(t, o)
		}
		first, second := process(), process()
		oauth := s.OAuthJWT(clerktest.MachineToken{Subject: revokedUser, Lifetime: 24 * time.Hour})
		expect := func(when string, c *core.Clerk, token, want string) {
			t.Helper()
			if got := came(t, c, get("/", "Authorization", "Bearer "+token)); got != want {
				t.Errorf("%s: got %s, want %s", when, got, want)
			}
		}
		session := func() string { return s.SessionToken(revokedUser, clerktest.SessionID("sess_new")) }
		expect("before", first, oauth, "signed-in")
		if err := first.RevokeUser(t.Context(), revokedUser); err != nil {
			t.Fatal(err)
		}
		third := process() // It has seen no token at all.
		synctest.Wait()
		for i, c := range []*core.Clerk{first, second, third} {
			expect(fmt.Sprintf("process %d, at once", i), c, oauth, "signed-out user-revoked")
			expect(fmt.Sprintf("process %d, a session at once", i), c, session(), "signed-out user-revoked")
		}
		for range 23 {
			s.Clock().Advance(time.Hour)
			for i, c := range []*core.Clerk{first, second, third} {
				expect(fmt.Sprintf("process %d, later", i), c, oauth, "signed-out user-revoked")
				expect(fmt.Sprintf("process %d, a session later", i), c, session(), "signed-in")
			}
		}
		s.Clock().Advance(time.Hour + time.Minute)
		for i, c := range []*core.Clerk{first, second, third} {
			if got := c.Stats().Revocations.Entries; got != 0 {
				t.Errorf("process %d, when every token has expired: got %d entries", i, got)
			}
		}
	})
}
