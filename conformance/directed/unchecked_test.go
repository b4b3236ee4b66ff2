package directed_test

import (
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/directed"
	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// uncheckedDifferences are about handshakes and refreshes that Clerk cannot be asked about, that it
// refuses, or that are stale.
func uncheckedDifferences(i *directed.Instance) map[string]difference {
	own, theirs := i.Session(nil, nil), i.Session(nil, members{"sid": "sess_theirs"})
	in, out := i.Cookies(own), "__client_uat=5; __clerk_db_jwt=dvb_1"
	nonce := func(family, cookies string, reply *protocol.Reply) *protocol.Case {
		return change(i.Case(family, "Cookie", "__clerk_handshake_nonce=n1; "+cookies), func(c *protocol.Case) {
			c.Backend.HandshakePayload = map[string]*protocol.Reply{"n1": reply}
		})
	}
	posted := func(c *protocol.Case) *protocol.Case {
		c.Request.Method = "POST"
		return c
	}
	refusal := func(status int, code string) *protocol.Reply {
		reply := directed.Reply(members{"errors": []any{members{"code": code, "message": "m"}}})
		reply.Status = status
		return reply
	}
	stale := i.Key.Sign(i.SessionHeader(nil).String(), members{"handshake": []string{"__session=" + theirs + "; Path=/"}, "iat": directed.Now - 3601}.String())
	down, refused := refusal(503, "x"), refusal(401, "clerk_key_invalid")
	return map[string]difference{
		"quirk-handshake-nonce-unanswered":   {c: nonce("quirk-handshake-nonce-unanswered", out, down), status: signedOut, reason: "unexpected-error", check: nowhere},
		"quirk-handshake-nonce-unanswered 2": {c: nonce("quirk-handshake-nonce-unanswered", in, refused), status: signedIn, check: member("sessionId", "sess_1")},
		"quirk-handshake-nonce-refused":      {c: nonce("quirk-handshake-nonce-refused", out, refusal(404, "resource_not_found")), status: handshake, reason: "client-uat-but-no-session-token"},
		"quirk-handshake-nonce-refused 2":    {c: nonce("quirk-handshake-nonce-refused", in, refusal(422, "x")), status: signedIn, check: member("sessionId", "sess_1")},
		"quirk-handshake-token-expired": {
			c: i.Case("quirk-handshake-token-expired", "Cookie", out+"; __clerk_handshake="+stale), status: handshake, reason: "client-uat-but-no-session-token",
			check: func(t *testing.T, a *protocol.Answer) {
				t.Helper()
				if strings.Contains(string(directed.JSON(a.Headers)), theirs) {
					t.Error("the session of the expired handshake is handed to the browser")
				}
			},
		},
		"quirk-handshake-token-expired 2": {c: i.Case("quirk-handshake-token-expired", "Cookie", in+"; __clerk_handshake="+stale), status: signedIn, check: member("sessionId", "sess_1")},
		"quirk-handshake-token-without-keys": {c: change(i.Case("quirk-handshake-token-without-keys", "Cookie", out+"; __clerk_handshake="+i.Handshake("__session="+theirs)), func(c *protocol.Case) {
			c.Backend.JWKS = &protocol.Reply{NetworkError: true}
		}), status: signedOut, reason: "unexpected-error", check: nowhere},
		"quirk-handshake-without-page-load": {
			c: posted(nonce("quirk-handshake-without-page-load", "", directed.Reply(members{"directives": []string{"__session=" + theirs}}))), status: signedOut, reason: "session-token-and-uat-missing",
			check: noCalls,
		},
		"quirk-handshake-without-page-load 2": {
			c: posted(i.Case("quirk-handshake-without-page-load", "Cookie", in+"; __clerk_handshake="+i.Handshake("__session="+theirs))), status: signedIn, check: both(member("sessionId", "sess_1"), nowhere),
		},
		"quirk-handshake-again": {c: change(i.Case("quirk-handshake-again", "Cookie", out), func(c *protocol.Case) {
			c.Request.URL += "?a=b&__clerk_handshake=" + stale + "&__clerk_help=1"
		}), status: handshake, reason: "client-uat-but-no-session-token", check: located("https%3A%2F%2Fapp.example.com%2Fdashboard%3Fa%3Db")},
		"quirk-refresh-unanswered": {c: change(i.Case("quirk-refresh-unanswered", "Cookie", i.Expired(nil)), func(c *protocol.Case) {
			c.Backend.Refresh = down
		}), status: signedOut, reason: refresh + "x", check: nowhere},
		"quirk-machine-opaque-not-found": {c: change(i.Case("quirk-machine-opaque-not-found", "Authorization", "Bearer ak_1"), func(c *protocol.Case) {
			c.Options.AcceptsToken, c.Backend.APIKeys = directed.JSON("any"), &protocol.Reply{Status: 404, Text: "<html>"}
		}), status: signedOut, reason: "unexpected-error"},
		"quirk-machine-jwt-secret-key": {c: change(i.Case("quirk-machine-jwt-secret-key", "Authorization", "Bearer "+i.M2M(nil, nil)), func(c *protocol.Case) {
			c.Options.AcceptsToken, c.Backend.JWKS = directed.JSON("any"), refused
		}), status: signedOut, reason: "secret-key-invalid"},
	}
}

// nowhere checks that the browser is neither sent elsewhere nor given cookies.
func nowhere(t *testing.T, a *protocol.Answer) {
	t.Helper()
	for _, name := range []string{"location", "set-cookie"} {
		if value := headerOf(a, name); value != "" {
			t.Errorf("got %s: %s", name, value)
		}
	}
}
