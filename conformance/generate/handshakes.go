package generate

import (
	"encoding/json"
	"strings"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// handshakeFamilies aim at the return from a handshake.
func handshakeFamilies() []family {
	return []family{
		{name: "handshake-token", weight: 2, make: func(s *scene) {
			s.returned(s.directives(s.session().String()))
			s.document()
		}},
		{name: "handshake-token-without-session", make: func(s *scene) {
			s.returned(pick(s, []string{}, []string{"__session=; Path=/; Max-Age=0"}, []string{"__client_uat=0; Path=/"}, []string{"other=1"}, []string{"__session="}))
			if s.chance(40) {
				s.sessionCookies(s.session().String())
			}
			s.document()
		}},
		{name: "handshake-token-faults", weight: 2, make: func(s *scene) {
			h := s.handshake(s.directives(s.session().String()))
			switch s.IntN(8) {
			case 0:
				h.key = s.keys.other
			case 1:
				h.header.set("kid", s.one(`"gone"`, `null`))
			case 2:
				h.header.set("alg", s.one(`"none"`, `"HS256"`, `null`))
			case 3:
				h.header.set("typ", s.one(`"jwt"`, `"at+jwt"`, `null`))
			case 4:
				h.header.set("cat", s.category())
			case 5:
				h.header.del(s.one("cat", "typ", "kid", "alg"))
			case 6:
				h.alg = "RS512"
				h.header.set("alg", `"RS512"`)
			default:
				s.handshakeCookie(s.one("garbage", "a.b.c", "", "..", h.String()+"x", h.String()+".x", h.String()+"="))
				s.otherwise()
				return
			}
			s.handshakeCookie(h.String())
			s.otherwise()
		}},
		{name: "handshake-token-claims-unchecked", make: func(s *scene) {
			h := s.handshake(s.directives(s.session().String()))
			h.claims("exp", pick[any](s, s.secs()-4, s.secs()+60, nil), "nbf", pick[any](s, 9999999999, "x"), "iat", pick[any](s, 9999999999, s.secs()-3590, nil), "sub", 5, "aud", "x", "azp", "https://evil.example.com")
			s.c.Options.AuthorizedParties = []string{"https://app.example.com"}
			s.handshakeToken(h.String())
			s.document()
		}},
		{name: "quirk-handshake-token-expired", make: func(s *scene) {
			h := s.handshake(s.directives(s.session().String()))
			if s.chance(50) {
				h.claims("exp", pick[any](s, 1, s.secs()-6, s.secs()-86400, "x"))
			} else {
				h.claims("iat", pick[any](s, 1, s.secs()-3601, s.secs()-90000, "x"), "exp", pick[any](s, nil, s.secs()+60))
			}
			s.handshakeToken(h.String())
			s.otherwise()
		}},
		{name: "quirk-handshake-token-without-keys", make: func(s *scene) {
			s.c.Backend.JWKS = pick(s, apiError(401, "clerk_key_invalid"), apiError(500, "x"), &protocol.Reply{NetworkError: true}, &protocol.Reply{JSON: json.RawMessage(`{"keys":[]}`)}, &protocol.Reply{Text: "x"})
			s.handshakeToken(s.handshake(s.directives(s.session().String())).String())
			s.otherwise()
		}},
		{name: "handshake-by-head", make: func(s *scene) {
			s.c.Request.Method = "HEAD"
			s.returned(s.directives(s.session().String()))
			s.document()
		}},
		{name: "quirk-handshake-without-page-load", weight: 2, make: func(s *scene) {
			switch s.IntN(3) {
			case 0:
				s.nonce("n1")
				s.c.Backend.HandshakePayload = map[string]*protocol.Reply{"n1": pick(s, s.payload(s.session().String()), apiError(404, "resource_not_found"), nil)}
			case 1:
				s.handshakeToken(s.one("garbage", "a.b.c"))
			default:
				s.returned(s.directives(s.session().String()))
			}
			if s.chance(50) {
				s.sessionCookies(s.session().String())
			}
			if s.chance(50) {
				s.c.Request.Method = s.one("POST", "PUT", "DELETE", "OPTIONS", "PATCH")
				s.document()
				return
			}
			switch s.IntN(4) {
			case 0:
				s.header("Sec-Fetch-Dest", s.one("empty", "image", "Document", "script"))
			case 1:
				s.header("Accept", s.one("*/*", "application/json, text/html", "TEXT/HTML"))
			case 2:
				s.header("Sec-Fetch-Dest", "empty")
				s.header("Accept", "text/html")
			}
		}},
		{name: "quirk-handshake-again", make: func(s *scene) {
			// The URL holds an earlier handshake, which does not help.
			t := s.session()
			t.key = s.keys.other
			s.path(s.one("/", "/dashboard?a=b%20c", "/p?__clerk_help=1"))
			s.query(s.one("__clerk_handshake="+s.handshake(s.directives(t.String())).String(), "__clerk_help=1", "__clerk_handshake_nonce=&x=1", "__clerk_handshake=&__clerk_help"))
			s.gateReason()
			s.document()
		}},
		{name: "handshake-token-payload", make: func(s *scene) {
			h := s.handshake(nil)
			h.payload.set("handshake", s.one(`[]`, `null`, `"__session=x"`, `{}`, `5`, `{"0":"__session=x"}`, `true`))
			if s.chance(15) {
				h.payload.del("handshake")
			}
			s.handshakeToken(h.String())
			s.otherwise()
		}},
		{name: "quirk-handshake-directive-types", make: func(s *scene) {
			h := s.handshake(nil)
			h.payload.set("handshake", s.one(`[null]`, `[5]`, `[{}]`, `["a=1",5]`, `[["__session=x"]]`, `[true]`, `[[]]`))
			s.handshakeCookie(h.String())
			s.otherwise()
		}},
		{name: "handshake-session-outside-its-time", weight: 2, make: func(s *scene) {
			t := s.session()
			switch s.IntN(4) {
			case 0:
				t.claims("exp", s.secs()-pick[int64](s, 10, 1000, 86399, 86400, 86401, 90000))
			case 1:
				t.claims("nbf", s.secs()+pick[int64](s, 10, 1000, 86399, 86400, 86401, 90000))
			case 2:
				t.claims("iat", s.secs()+pick[int64](s, 10, 1000, 86399, 86400, 86401, 90000))
			default:
				t.claims("exp", s.secs()-10, s.one("nbf", "iat"), s.secs()+pick[int64](s, 10, 90000))
			}
			if s.chance(30) {
				s.skew()
			}
			s.returnedCookie(s.directives(t.String()))
			s.otherwise()
		}},
		{name: "handshake-session-invalid", make: func(s *scene) {
			t := s.session()
			switch s.IntN(6) {
			case 0:
				t.key = s.keys.other
			case 1:
				t.header.set("kid", `"gone"`)
			case 2:
				t.payload.del("sub")
			case 3:
				t.claims("azp", "https://evil.example.com")
				s.c.Options.AuthorizedParties = []string{"https://app.example.com"}
			case 4:
				s.returnedCookie(s.directives(s.one("garbage", "a.b.c", "..", s.machineToken())))
				s.otherwise()
				return
			default:
				t.header.set("typ", `"at+jwt"`)
			}
			s.returnedCookie(s.directives(t.String()))
			s.otherwise()
		}},
		{name: "quirk-handshake-session-is-no-session", make: func(s *scene) {
			s.returnedCookie(s.directives(s.noSession()))
			s.otherwise()
		}},
		{name: "handshake-fall-through", make: func(s *scene) {
			t := s.session()
			t.key = s.keys.other
			s.returnedCookie(s.directives(t.String()))
			s.satellite()
			s.gateReason()
			s.document()
		}},
		{name: "handshake-nonce", weight: 2, make: func(s *scene) {
			nonce := s.one("n1", "nonce-2", "0", "a.b", "x_y~z")
			s.nonce(nonce)
			s.c.Backend.HandshakePayload = map[string]*protocol.Reply{nonce: {JSON: json.RawMessage(`{"directives":` + js(s.directives(s.session().String())) + `}`)}}
			if s.chance(30) {
				s.handshakeToken(s.handshake(s.directives("x")).String())
			}
			s.document()
		}},
		{name: "handshake-nonce-encoded", make: func(s *scene) {
			plain := s.one("a+b", "a&b=c", "a/b", "%", "a#b", "..", "a'b", "a;b", "~!*()")
			s.cookie("__clerk_handshake_nonce", s.percent(plain))
			s.c.Backend.HandshakePayload = map[string]*protocol.Reply{plain: {JSON: json.RawMessage(`{"directives":` + js(s.directives(s.session().String())) + `}`)}}
			s.document()
		}},
		{name: "handshake-nonce-characters", make: func(s *scene) {
			plain := s.one("a b", "\u00e9", "\u20ac", "a\tb")
			s.cookie("__clerk_handshake_nonce", s.percent(plain))
			s.c.Backend.HandshakePayload = map[string]*protocol.Reply{plain: s.payload(s.session().String())}
			s.document()
		}},
		{name: "handshake-nonce-without-directives", make: func(s *scene) {
			s.nonce("n1")
			s.c.Backend.HandshakePayload = map[string]*protocol.Reply{"n1": {JSON: json.RawMessage(`{"directives":[]}`)}}
			s.otherwise()
		}},
		{name: "quirk-handshake-nonce-refused", weight: 2, make: func(s *scene) {
			s.nonce("n1")
			s.c.Backend.HandshakePayload = map[string]*protocol.Reply{"n1": pick(s, apiError(404, "resource_not_found"), apiError(400, "x"), apiError(401, "x"), apiError(403, "x"), apiError(422, "x"), nil)}
			s.otherwise()
			if s.chance(30) {
				s.handshakeToken(s.handshake(s.directives(s.session().String())).String())
			}
		}},
		{name: "quirk-handshake-nonce-unanswered", weight: 2, make: func(s *scene) {
			s.nonce("n1")
			s.c.Backend.HandshakePayload = map[string]*protocol.Reply{"n1": pick(s, apiError(401, "clerk_key_invalid"), apiError(500, "x"), apiError(429, "too_many"), apiError(408, "x"), &protocol.Reply{NetworkError: true},
				&protocol.Reply{Status: 204}, &protocol.Reply{Status: 503, Text: "<html>"}, &protocol.Reply{Status: 404, Text: "<html>"}, &protocol.Reply{JSON: json.RawMessage(`{"directives":null}`)},
				&protocol.Reply{JSON: json.RawMessage(`{}`)}, &protocol.Reply{JSON: json.RawMessage(`{"directives":5}`)}, &protocol.Reply{Text: "", ContentType: "application/json"})}
			if s.chance(30) {
				s.c.Backend.HandshakePayload["n1"] = s.payload(s.session().String())
				s.c.Backend.HandshakePayload["n1"].ContentType = s.one("text/plain", "text/json", "application/problem+json", "application/jsonp", "nonsense")
			}
			s.otherwise()
		}},
		{name: "quirk-handshake-nonce-shape", make: func(s *scene) {
			s.cookie("__clerk_handshake_nonce", "n1")
			s.c.Backend.HandshakePayload = map[string]*protocol.Reply{"n1": {JSON: json.RawMessage(s.one(`{"directives":"abc"}`, `{"directives":{"0":"__session=x"}}`, `[]`, `null`, `"x"`, `5`, `{"directives":[5]}`, `{"directives":[null]}`, `{"directives":[["__session=x"]]}`,
				`{"data":[{"directives":["a=b"]}]}`))}}
			s.otherwise()
		}},
		{name: "quirk-handshake-nonce-content-type", make: func(s *scene) {
			s.nonce("n1")
			s.c.Backend.HandshakePayload = map[string]*protocol.Reply{"n1": {
				JSON:        json.RawMessage(`{"directives":` + js(s.directives(s.session().String())) + `}`),
				ContentType: s.one("application/json; charset=utf-8", "application/json;charset=utf-8", "Application/JSON"),
			}}
			s.otherwise()
		}},
		{name: "handshake-directives", weight: 2, make: func(s *scene) {
			t, second := s.session(), s.session()
			second.claims("sub", "user_second")
			list := []string{
				"__session=" + t.String() + "; Path=/", "__session_suffix=" + second.String() + "; Path=/", "__sessionx=" + s.one("x", second.String()), " __session=" + second.String(), "__Session=" + second.String(),
				"__session =" + second.String(), "__session=" + second.String() + "=extra; a=b", "__session=; Max-Age=0", "", "x", ";", "=", "a=b; HttpOnly", "__session=\"" + second.String() + "\"", "__session= " + second.String(),
				"__client_uat=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", " a=b ",
			}
			s.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			s.returnedCookie(list[:1+s.IntN(5)])
			s.document()
		}},
		{name: "handshake-directives-latin1", make: func(s *scene) {
			s.returned([]string{"\u00e9=\u00ff", "__session=" + s.session().String() + "; X=\u00fc"})
			s.document()
		}},
		{name: "quirk-handshake-directive-without-value", make: func(s *scene) {
			s.returnedCookie([]string{s.one("a=b", "__session="+s.session().String()), s.one("__session", "__session; Path=/", "__sessionx")})
			s.otherwise()
		}},
		{name: "quirk-handshake-directive-not-a-header", make: func(s *scene) {
			s.returnedCookie([]string{s.one("a=\n", "a=\r\nx: y", "a=\u0000", "a=\u20ac", "a=\U0001f600"), "__session=" + s.session().String()})
			s.otherwise()
		}},
		{name: "handshake-location", weight: 2, make: func(s *scene) {
			s.instance(s.chance(15))
			s.path(s.oddPath())
			if s.chance(70) {
				s.query(s.oddQuery())
			}
			h := s.handshake(s.directives(s.session().String())).String()
			s.query(s.one("__clerk_handshake="+h, "__clerk_handshake="+h+"&__clerk_help=1", "__clerk_help&__clerk_handshake="+h+"&__clerk_db_jwt=x", "__clerk_handshake="+h+"&__clerk_handshake=y", "__clerk_handshake="+h+"&__clerk_synced=true&__clerk_redirect_url=x"))
			if s.chance(50) {
				s.query(s.oddQuery())
			}
			s.document()
		}},
		{name: "handshake-both-carriers", make: func(s *scene) {
			a, b := s.session(), s.session()
			b.claims("sub", "user_b")
			s.query("__clerk_handshake=" + s.one(s.handshake(s.directives(a.String())).String(), ""))
			s.cookie("__clerk_handshake", s.handshake(s.directives(b.String())).String())
			s.document()
		}},
		{name: "handshake-jwt-key", make: func(s *scene) {
			s.c.Backend = nil
			s.pem(pick(s, s.keys.instance, s.keys.instance, s.keys.other))
			s.returnedCookie(s.directives(s.session().String()))
			s.otherwise()
		}},
		{name: "handshake-header-token-wins", make: func(s *scene) {
			s.bearer(s.one(s.session().String(), "x"))
			s.returned(s.directives(s.session().String()))
			s.anything()
		}},
		{name: "handshake-pending-or-organization", make: func(s *scene) {
			t := s.session()
			s.organizationV2(t)
			if s.chance(50) {
				t.claims("sts", "pending")
			}
			s.organizationPatterns()
			s.returned(s.directives(t.String()))
			s.document()
		}},
		{name: "handshake-features-malformed", make: func(s *scene) {
			t := s.session()
			s.organizationV2(t)
			t.claims("fea", "nocolon")
			s.returned(s.directives(t.String()))
			s.document()
			s.ask(`{"feature":"a"}`)
		}},
	}
}

// noSession returns a token of this instance that is not a session token, or does not say so.
func (s *scene) noSession() string {
	t := s.session()
	if s.chance(70) {
		t.header.set("cat", s.category())
	} else {
		t.header.del("cat")
		t.claims("sub", s.one("mch_1", "user_1"))
	}
	return t.String()
}

// handshake returns a handshake token with the directives.
func (s *scene) handshake(directives []string) *token {
	h := s.session()
	h.payload = object{{"handshake", js(directives)}}
	return h
}

func (s *scene) directives(session string) []string {
	all := []string{
		"__session=" + session + "; Path=/; SameSite=Lax; Secure",
		s.suffixed("__session") + "=" + session + "; Path=/; SameSite=Lax",
		"__client_uat=" + js(s.secs()) + "; Path=/; Domain=example.com; Max-Age=315360000",
		"__clerk_db_jwt=dvb_new; Path=/",
		"__clerk_handshake=; Path=/; Max-Age=0",
	}
	from := s.IntN(2)
	return all[from : 2+s.IntN(4)]
}

// payload is the reply with the directives for a session.
func (s *scene) payload(session string) *protocol.Reply {
	return &protocol.Reply{JSON: json.RawMessage(`{"directives":` + js(s.directives(session)) + `}`)}
}

// returned sends a handshake token with the directives.
func (s *scene) returned(directives []string) {
	if directives == nil {
		directives = []string{}
	}
	s.handshakeToken(s.handshake(directives).String())
}

// returnedCookie is returned for a handshake that may have to be made again: in the URL, the
// reference would keep it.
func (s *scene) returnedCookie(directives []string) {
	if directives == nil {
		directives = []string{}
	}
	s.handshakeCookie(s.handshake(directives).String())
}

func (s *scene) handshakeCookie(token string) { s.cookie("__clerk_handshake", token) }

func (s *scene) handshakeToken(token string) {
	if s.chance(50) {
		s.cookie("__clerk_handshake", token)
		return
	}
	s.query("__clerk_handshake=" + strings.ReplaceAll(token, "=", "%3D"))
}

func (s *scene) nonce(nonce string) {
	if s.chance(50) {
		s.cookie("__clerk_handshake_nonce", nonce)
		return
	}
	s.query("__clerk_handshake_nonce=" + nonce)
}

// otherwise adds what decides when the handshake did not.
func (s *scene) otherwise() {
	switch s.IntN(4) {
	case 0:
		s.sessionCookies(s.session().String())
	case 1:
		s.gateReason()
	case 2:
		s.devBrowser()
	}
	s.document()
}

// percent encodes every byte that is not a letter or a digit.
func (s *scene) percent(plain string) string {
	const hex = "0123456789ABCDEF"
	var text strings.Builder
	for i := range len(plain) {
		c := plain[i]
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			text.WriteByte(c)
			continue
		}
		text.WriteByte('%')
		text.WriteByte(hex[c>>4])
		text.WriteByte(hex[c&15])
	}
	return text.String()
}
