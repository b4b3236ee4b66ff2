package generate

import (
	"encoding/json"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// mixFamilies combine what the other families vary one at a time.
func mixFamilies() []family {
	return []family{
		{name: "mix-production", weight: 8, make: func(s *scene) {
			s.instance(true)
			s.mix()
		}},
		{name: "mix-development", weight: 8, make: func(s *scene) {
			s.instance(false)
			s.mix()
		}},
		{name: "mix-satellite", weight: 6, make: func(s *scene) {
			s.satellite()
			s.mix()
		}},
		{name: "mix-machine", weight: 6, make: func(s *scene) {
			s.machineReplies()
			s.mix()
			s.someAcceptance()
			if s.chance(70) {
				s.bearer(s.one(s.machineToken(), s.mixedToken()))
			}
		}},
	}
}

// mix varies everything a little.
func (s *scene) mix() {
	if s.chance(40) {
		s.suffixCookies()
	} else if s.chance(70) {
		s.browser(s.mixedToken(), pick(s, 0, 5, s.secs()-300, s.secs()-15, s.secs()))
	}
	if s.chance(25) {
		s.bearer(s.mixedToken())
	}
	if s.chance(30) {
		s.cookie(s.suffixed("__refresh"), "rt_1")
		s.c.Backend.Refresh = pick(s, s.refreshed(s.issuedToken()), apiError(401, "refresh_token_expired"), nil)
	}
	back := s.chance(15)
	if back {
		if s.chance(60) {
			s.returnedCookie(s.directives(s.issuedToken()))
		} else {
			s.cookie("__clerk_handshake_nonce", "n1")
			s.c.Backend.HandshakePayload = map[string]*protocol.Reply{"n1": s.payload(s.issuedToken())}
		}
	}
	if s.chance(15) {
		s.cookie("__clerk_redirect_count", s.one("1", "2", "3", "4"))
	}
	if s.chance(15) {
		s.query(s.one("__clerk_db_jwt=dvb_q", "__clerk_synced=false", "__clerk_synced=true", "__clerk_redirect_url=https%3A%2F%2Fsat.example.org%2Fx"))
	}
	if s.chance(30) {
		s.organizationPatterns()
	}
	if s.chance(25) {
		s.header("Referer", s.referer())
	}
	if s.chance(20) {
		s.header("X-Forwarded-Host", s.one("public.example.com", "app.example.com"))
		s.header("X-Forwarded-Proto", s.one("https", "http"))
	}
	if s.chance(10) {
		s.header("Origin", s.one("https://app.example.com", "https://primary.example.com"))
	}
	if s.chance(15) {
		s.c.Options.ProxyURL = s.one("/__clerk", "https://app.example.com/__clerk")
	}
	if s.chance(15) {
		s.c.Options.Audience = json.RawMessage(s.one(`"a"`, `["a","b"]`))
	}
	if s.chance(15) {
		s.c.Options.AuthorizedParties = []string{s.one("https://app.example.com", "https://other.example.com")}
	}
	if s.chance(12) {
		s.issuer()
	}
	if s.chance(15) {
		s.skew()
	}
	if s.chance(15) {
		s.pem(pick(s, s.keys.instance, s.keys.other))
	}
	if s.chance(30) {
		s.signURLs()
		s.redirect()
	}
	if s.chance(50) {
		s.ask(s.queries(3)...)
	}
	if back {
		s.document() // Elsewhere what a handshake has left is stale.
		return
	}
	s.anything()
}

// issuedToken is a mixedToken as Clerk could hand it out itself: it says that it is a session
// token.
func (s *scene) issuedToken() string { return s.faultyToken(false) }

// mixedToken returns a session token with up to three faults.
func (s *scene) mixedToken() string { return s.faultyToken(true) }

func (s *scene) faultyToken(kinds bool) string {
	t := s.session()
	if s.chance(50) {
		s.organizationV2(t)
	} else if s.chance(50) {
		s.organizationV1(t)
	}
	for range s.IntN(4) {
		switch s.IntN(16) {
		case 0, 1:
			t.claims("exp", s.secs()-pick[int64](s, 5, 6, 100), "iat", s.secs()-200)
		case 2:
			t.claims(s.one("nbf", "iat"), s.secs()+pick[int64](s, 5, 6, 100))
		case 3:
			t.key = s.keys.other
		case 4:
			t.header.set("kid", `"gone"`)
		case 5:
			if kinds {
				t.header.set("cat", s.category())
			}
		case 6:
			t.header.set("typ", s.one(`"at+jwt"`, `"jwt"`))
		case 7:
			if kinds {
				t.claims("sub", s.one("mch_1", ""))
			}
		case 8:
			t.claims("sts", "pending")
		case 9:
			t.claims("azp", "https://other.example.com")
		case 10:
			t.payload.set("aud", s.one(`"a"`, `"z"`, `["z"]`))
		case 11:
			t.claims("iss", s.one("https://clerk.foreign.com", ""))
		case 12:
			t.header.set("alg", s.one(`"none"`, `"HS256"`))
		case 13:
			t.payload.del(s.one("sid", "azp", "iat", "nbf", "exp", "sub", "iss"))
		case 14:
			t.claims("fea", s.one("nocolon", "o:reports"))
		}
	}
	if s.chance(3) {
		return s.one("garbage", "a.b.c", "e30.e30.AA")
	}
	return t.String()
}
