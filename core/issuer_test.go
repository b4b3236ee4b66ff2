package core_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"

	"github.com/clerkgo/clerkgo/core/reason"
)

// TestIssuer is the check of iss, wherever a session token comes from.
func TestIssuer(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	const ours, foreign = "https://clerk.example.test", "https://clerk.foreign.test"
	// With the suffix, because without it a token of another issuer is another
	// application's on the same domain, and not looked at.
	browser := "__client_uat_" + s.CookieSuffix() + "=1; __session_" + s.CookieSuffix() + "="
	for _, test := range []struct {
		name   string
		issuer []string
		iss    any
		want   bool
	}{
		{name: "not asked for", iss: foreign, want: true},
		{name: "an empty list", issuer: []string{}, iss: foreign, want: true},
		{name: "ours", issuer: []string{ours}, iss: ours, want: true},
		{name: "one of several", issuer: []string{"https://other.test/__clerk", ours}, iss: ours, want: true},
		{name: "of a proxy", issuer: []string{"https://other.test/__clerk"}, iss: "https://other.test/__clerk", want: true},
		{name: "white space in the options", issuer: []string{" " + ours + "\n"}, iss: ours, want: true},
		{name: "foreign", issuer: []string{ours}, iss: foreign, want: false},
		{name: "ours as a prefix", issuer: []string{ours}, iss: ours + ".evil.test", want: false},
		{name: "a slash more", issuer: []string{ours}, iss: ours + "/", want: false},
		{name: "a slash less", issuer: []string{ours + "/"}, iss: ours, want: false},
		{name: "in capitals", issuer: []string{ours}, iss: strings.ToUpper(ours), want: false},
		{name: "a list", issuer: []string{ours}, iss: []string{ours}, want: false},
		{name: "none", issuer: []string{ours}, want: false},
		{name: "empty", issuer: []string{ours}, want: false},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := plain(s)
			o.Issuer = test.issuer
			c := newClerk(t, o)
			token := func(opts ...clerktest.TokenOption) string {
				return s.SessionToken("user_1", append(opts, clerktest.Claim("iss", test.iss))...)
			}
			good, expired := token(), s.SessionToken("user_1", clerktest.Claim("iss", ours), clerktest.IssuedAt(epoch.Add(-time.Hour)))
			body, err := json.Marshal(map[string]any{"object": "cookies", "cookies": []string{"__session=" + good + "; Path=/"}})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Inject("POST /v1/sessions/{id}/refresh", clerktest.Fault{Status: http.StatusOK, Body: body, ContentType: "application/json"})()
			oursAccepted := len(test.issuer) == 0 || slices.Contains(test.issuer, ours) || strings.TrimSpace(test.issuer[0]) == ours
			for name, r := range map[string]*request{
				"header":    get("/", "Authorization", "Bearer "+good),
				"cookie":    page("/", "Cookie", browser+good),
				"handshake": page("/", "Cookie", "__client_uat=1; __clerk_handshake="+s.HandshakeToken([]string{"__session=" + good + "; Path=/"})),
				"refresh":   page("/", "Cookie", browser+expired+"; __refresh_"+s.CookieSuffix()+"=r"),
			} {
				if name == "refresh" && !oursAccepted {
					continue // The expired token itself is refused before.
				}
				state := c.Authenticate(t.Context(), r)
				if got := state.IsSignedIn(); got != test.want {
					t.Errorf("%s: got %v %q, want signed in: %v", name, state.Status(), state.Reason(), test.want)
				}
				if (name == "header" || name == "cookie") && !test.want && (state.Status() != core.StatusSignedOut || state.Reason() != reason.TokenInvalidIssuer) {
					t.Errorf("%s: got %v %q, want signed-out %q", name, state.Status(), state.Reason(), reason.TokenInvalidIssuer)
				}
			}
			// An expired token of another issuer is not refreshed but refused.
			if !test.want {
				before := s.Requests("POST /v1/sessions/{id}/refresh")
				state := c.Authenticate(t.Context(), page("/", "Cookie", browser+token(clerktest.IssuedAt(epoch.Add(-time.Hour)))+"; __refresh_"+s.CookieSuffix()+"=r"))
				if state.Reason() != reason.TokenInvalidIssuer || s.Requests("POST /v1/sessions/{id}/refresh") != before {
					t.Errorf("expired: got %v %q", state.Status(), state.Reason())
				}
			}
		})
	}
}

// TestMachineJWTsAreNotHeldAgainstSessions shows that what the options demand of
// session tokens says nothing about the tokens of machines, which have no azp and
// may have another issuer.
func TestMachineJWTsAreNotHeldAgainstSessions(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	o := plain(s)
	o.AuthorizedParties, o.Issuer = []string{"https://app.example"}, []string{"https://clerk.other.test"}
	for name, token := range map[string]string{
		"M2M JWT": s.M2MJWT(clerktest.MachineToken{}), "OAuth JWT": s.OAuthJWT(clerktest.MachineToken{}),
		"M2M JWT of another party":   s.M2MJWT(clerktest.MachineToken{}, clerktest.Claim("azp", "https://evil.example")),
		"OAuth JWT of another party": s.OAuthJWT(clerktest.MachineToken{}, clerktest.Claim("azp", "https://evil.example")),
	} {
		for way, accepts := range map[string]core.TokenChoice{"unset": {}, "any": core.AnyToken()} {
			o.AcceptsToken = accepts
			ra := attach(t, newClerk(t, o), get("/", "Authorization", "Bearer "+token))
			guard := adapter.Guard("Protect", core.AcceptTokens(core.M2MToken, core.OAuthToken))
			if out := guard.Check(t.Context(), ra); !out.Allowed() || !ra.Auth().IsAuthenticated() {
				t.Errorf("%s, middleware accepts %s: got %+v, %q", name, way, out, ra.State().Reason())
			}
		}
	}
	ra := attach(t, newClerk(t, o), get("/", "Authorization", "Bearer "+s.SessionToken("user_1")))
	if ra.Auth().IsAuthenticated() {
		t.Error("a session token of no party passes")
	}
}
