package generate

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// tokenFamilies aim at the header, the signature and the time claims of a session token.
func tokenFamilies() []family {
	return []family{
		{name: "token-valid", make: func(s *scene) {
			s.carry(s.session().String())
			s.ask(`{}`)
		}},
		{name: "token-alg", make: func(s *scene) {
			t := s.session()
			switch s.IntN(4) {
			case 0:
				t.header.del("alg")
			case 1:
				t.header.set("alg", s.one(`null`, `256`, `["RS256"]`, `{}`, `true`, `""`))
			default:
				t.header.set("alg", js(s.one("none", "None", "HS256", "HS384", "HS512", "ES256", "ES384", "ES512", "PS256",
					"EdDSA", "rs256", "RS256 ", "RS1", "RS255")))
			}
			if s.chance(60) {
				t.signature = pick(s, []byte{}, []byte("signature"), make([]byte, 64), make([]byte, 256))
			}
			if s.chance(30) {
				s.c.Options.JWTKey = new(s.keys.instance.public())
			}
			s.carry(t.String())
		}},
		{name: "token-alg-longer-hash", make: func(s *scene) {
			t := s.session()
			t.alg = s.one("RS384", "RS512")
			t.header.set("alg", js(t.alg))
			jwk := s.keys.instance.jwk()
			switch s.IntN(4) {
			case 0:
				jwk.del("alg")
			case 1:
				jwk.set("alg", js(t.alg))
			case 2:
				jwk.set("alg", js(s.one("RS384", "RS512")))
			}
			s.c.Backend.JWKS = s.jwks(jwk)
			if s.chance(20) {
				s.c.Options.JWTKey = new(s.keys.instance.public())
			}
			s.carry(t.String())
		}},
		{name: "token-alg-and-hash-differ", make: func(s *scene) {
			t := s.session()
			t.alg = s.one("RS256", "RS384", "RS512")
			t.header.set("alg", js(s.one("RS256", "RS384", "RS512")))
			jwk := s.keys.instance.jwk()
			jwk.del("alg")
			s.c.Backend.JWKS = s.jwks(jwk)
			s.carry(t.String())
		}},
		{name: "token-typ", make: func(s *scene) {
			t := s.session()
			if s.chance(20) {
				t.header.del("typ")
			} else {
				t.header.set("typ", s.one(`"jwt"`, `"Jwt"`, `""`, `null`, `1`, `["JWT"]`, `"JWS"`, `"at+jwt"`, `"JWT "`,
					`"application/jwt"`, `"application/at+jwt"`, `"AT+JWT"`))
			}
			s.carry(t.String())
		}},
		{name: "token-kid", make: func(s *scene) {
			t := s.session()
			switch s.IntN(5) {
			case 0:
				t.header.del("kid")
			case 1:
				t.header.set("kid", s.one(`"ins_rotated"`, `"INS_INSTANCE"`, `""`, `" ins_instance"`, `"ins_instance "`, `"local-ins_instance"`, `"<kid>&'"`, `"käy"`))
			case 2:
				t.header.set("kid", `"ins_other"`)
				s.c.Backend.JWKS = s.jwks(s.keys.instance.jwk(), s.keys.other.jwk())
			case 3:
				t.header.set("kid", `"ins_other"`)
				t.key = s.keys.other
				s.c.Backend.JWKS = s.jwks(s.keys.instance.jwk(), s.keys.other.jwk())
			default:
				t.header.set("kid", s.one(`null`, `5`, `true`, `{}`, `[]`))
			}
			if s.chance(20) {
				s.c.Options.JWTKey = new(s.keys.instance.public())
			}
			s.carry(t.String())
		}},
		{name: "quirk-token-kid-coerced", make: func(s *scene) {
			t := s.session()
			kid := s.one("5", "true", "null", "undefined", "ins_instance", "[object Object]", "")
			jwk := s.keys.instance.jwk()
			jwk.set("kid", js(kid))
			switch kid {
			case "undefined":
				t.header.del("kid")
			case "ins_instance":
				t.header.set("kid", `["ins_instance"]`)
			case "[object Object]":
				t.header.set("kid", `{}`)
			case "":
				t.header.set("kid", s.one(`[]`, `""`))
			default:
				t.header.set("kid", kid)
			}
			s.c.Backend.JWKS = s.jwks(jwk)
			s.carry(t.String())
		}},
		{name: "quirk-token-kid-prototype", make: func(s *scene) {
			t := s.session()
			t.header.set("kid", js(s.one("toString", "constructor", "__proto__", "hasOwnProperty", "valueOf")))
			s.carry(t.String())
		}},
		{name: "quirk-token-critical", make: func(s *scene) {
			t := s.session()
			t.header.set("crit", s.one(`["exp"]`, `["b64"]`, `["alg"]`, `[]`, `null`, `"exp"`, `{}`))
			s.carry(t.String())
		}},
		{name: "token-wrong-key", make: func(s *scene) {
			t := s.session()
			t.key = pick(s, s.keys.other, s.keys.large)
			if s.chance(40) {
				s.c.Options.JWTKey = new(s.keys.instance.public())
			}
			if s.chance(30) {
				t.claims("exp", s.secs()-100)
			}
			s.carry(t.String())
		}},
		{name: "token-signature", make: func(s *scene) {
			t := s.session()
			header, payload, signature := t.parts()
			raw, err := base64.RawURLEncoding.DecodeString(signature)
			if err != nil {
				return
			}
			switch s.IntN(8) {
			case 0:
				raw[s.IntN(len(raw))] ^= 1 << s.IntN(8)
			case 1:
				raw = raw[:len(raw)-1-s.IntN(20)]
			case 2:
				raw = append(raw, 0)
			case 3:
				raw = append([]byte{0}, raw...)
			case 4:
				raw = nil
			case 5:
				raw = make([]byte, len(raw))
			case 6:
				payload = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(t.payload.String(), "user_2xyz", "user_root", 1)))
			default:
				header = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(t.header.String(), `"JWT"`, `"JWT" `, 1)))
			}
			s.carry(header + "." + payload + "." + base64.RawURLEncoding.EncodeToString(raw))
		}},
		{name: "token-exp-edge", make: func(s *scene) { s.timeEdge("exp") }},
		{name: "token-nbf-edge", make: func(s *scene) { s.timeEdge("nbf") }},
		{name: "token-iat-edge", make: func(s *scene) { s.timeEdge("iat") }},
		{name: "token-times-all", make: func(s *scene) {
			t := s.session()
			for _, claim := range []string{"exp", "nbf", "iat"} {
				if s.chance(50) {
					t.claims(claim, s.secs()+pick[int64](s, -100000, -100, -6, -5, -4, -1, 0, 1, 4, 5, 6, 7, 100, 100000))
				}
			}
			s.skew()
			s.carry(t.String())
		}},
		{name: "token-time-fraction", make: func(s *scene) {
			t := s.session()
			claim := s.one("exp", "nbf", "iat")
			at := float64(s.secs()) + pick(s, -5.0, -4.0, 0, 5.0, 6.0) + pick(s, 0.1, 0.5, 0.999, -0.1, -0.5, -0.999)
			t.payload.set(claim, js(at))
			s.skew()
			s.carry(t.String())
		}},
		{name: "token-time-notation", make: func(s *scene) {
			t := s.session()
			t.payload.set(s.one("exp", "nbf", "iat"), s.one("0", "-1", "1", "1e3", "1E9", "1.7250421e9", "-0", "1e-3", "0.5",
				"1725042151.0", "253402300799", "8640000000000", "-62135596800"))
			s.skew()
			s.carry(t.String())
		}},
		{name: "quirk-token-time-huge", make: func(s *scene) {
			t := s.session()
			t.payload.set(s.one("exp", "exp", "nbf", "iat"), s.one("8640000000001", "1e15", "1e20", "-1e20", "1e308", "9223372036854775808",
				"18446744073709551616", "-8640000000001"))
			s.carry(t.String())
		}},
		{name: "token-claim-types", make: func(s *scene) {
			t := s.session()
			claim := s.one("exp", "nbf", "iat", "sub", "azp")
			if s.chance(25) {
				t.payload.del(claim)
			} else {
				t.payload.set(claim, s.one(`null`, `"1725042200"`, `""`, `true`, `false`, `[]`, `{}`, `[1725042200]`, `"x"`))
			}
			s.carry(t.String())
		}},
		{name: "token-sub", make: func(s *scene) {
			t := s.session()
			switch s.IntN(3) {
			case 0:
				t.payload.del("sub")
			case 1:
				t.payload.set("sub", s.one(`null`, `5`, `true`, `["user_1"]`, `{}`))
			default:
				t.payload.set("sub", s.one(`""`, `" "`, `"mch"`, `"Mch_1"`, `" mch_1"`, `"user_\u00e9\ud83d\ude00"`))
			}
			s.carry(t.String())
			s.ask(`{"role":"org:admin"}`)
		}},
		{name: "token-aud", make: func(s *scene) {
			t := s.session()
			if s.chance(85) {
				t.payload.set("aud", s.one(`"a"`, `"b"`, `""`, `["a"]`, `["b"]`, `["b","a"]`, `[]`, `[""]`, `["",  "b"]`, `5`, `0`, `null`,
					`{"a":1}`, `["b",1]`, `[null,"b"]`, `[["a"]]`, `[["b"]]`, `true`, `false`, `"ab"`, `"A"`))
			}
			s.c.Options.Audience = json.RawMessage(s.one(`"a"`, `["a"]`, `["a","c"]`, `""`, `[]`, `["","a"]`, `["x"]`))
			s.carry(t.String())
		}},
		{name: "token-azp", make: func(s *scene) {
			t := s.session()
			if s.chance(20) {
				t.payload.del("azp")
			} else {
				t.payload.set("azp", s.one(`"https://app.example.com"`, `"https://app.example.com/"`, `"HTTPS://app.example.com"`,
					`"https://app.example.com:443"`, `"https://evil.example.com"`, `""`, `null`, `5`, `["https://app.example.com"]`, `"a,b"`))
			}
			s.c.Options.AuthorizedParties = pick(s, []string{"https://app.example.com"}, []string{"https://app.example.com", "https://b.example.com"},
				[]string{"", "https://b.example.com"}, []string{""}, []string{"a", "b"}, []string{"https://app.example.com/"}, nil)
			s.carry(t.String())
		}},
		{name: "token-issuer", weight: 3, make: func(s *scene) {
			s.issuer()
			if s.chance(30) {
				s.c.Options.ProxyURL = s.one("/__clerk", "https://app.example.com/__clerk")
			}
			if s.chance(30) {
				s.c.Options.AuthorizedParties = []string{s.one("https://app.example.com", "https://b.example.com")}
			}
			t := s.session()
			s.issued(t)
			if s.chance(20) {
				t.claims("exp", s.secs()-100)
			}
			s.carry(t.String())
		}},
		{name: "token-issuer-handshake", make: func(s *scene) {
			s.issuer()
			t := s.session()
			s.issued(t)
			s.returnedCookie(s.directives(t.String()))
			s.otherwise()
		}},
		{name: "token-issuer-refresh", make: func(s *scene) {
			s.issuer()
			old, renewed := s.session(), s.session()
			old.claims("exp", s.secs()-100, "iat", s.secs()-200)
			if s.chance(30) {
				s.issued(old)
			}
			s.issued(renewed)
			s.browser(old.String(), s.secs()-300)
			s.cookie(s.suffixed("__refresh"), "rt_1")
			s.c.Backend.Refresh = s.refreshed(renewed.String())
			s.document()
		}},
		{name: "token-issuer-satellite", make: func(s *scene) {
			s.satellite()
			s.issuer()
			t := s.session()
			s.issued(t)
			s.carry(t.String())
		}},
		{name: "quirk-token-issuer-blank", make: func(s *scene) {
			s.c.Options.Issuer = rawJSON(pick(s, []string{""}, []string{"", "https://" + s.fapi}, []string{"https://" + s.fapi, ""}, []string{"", ""}))
			t := s.session()
			s.issued(t)
			s.carry(t.String())
		}},
		{name: "quirk-token-issuer-no-url", make: func(s *scene) {
			s.c.Options.Issuer = rawJSON(pick[any](s, s.fapi, []string{s.fapi, "https://" + s.fapi}, "clerk", []string{"urn:clerk"}, "https://", " "))
			t := s.session()
			s.issued(t)
			s.carry(t.String())
		}},
		{name: "token-cat", make: func(s *scene) {
			t := s.session()
			t.header.set("cat", s.category())
			if s.chance(15) {
				t.header.del("cat")
			}
			if s.chance(20) {
				t.claims("exp", s.secs()-100)
			}
			s.anyAccept()
			s.carry(t.String())
		}},
		{name: "token-m2m-cat-without-network", make: func(s *scene) {
			t := s.session()
			t.header.set("cat", js(categoryM2M))
			s.c.Backend = nil
			s.anyAccept()
			s.carry(t.String())
		}},
	}
}

func (s *scene) category() string {
	return js(s.one(categorySession, categoryTemplate, categoryM2M, categoryIgnore, "", "cl_unknown", strings.ToLower(categorySession))) + s.one("", "", " ")
}

// anyAccept makes the case accept session tokens in one of the ways that can be said.
func (s *scene) anyAccept() {
	switch s.IntN(5) {
	case 0:
		s.accepts("any")
	case 1:
		s.acceptsList("session_token")
	case 2:
		s.acceptsList("api_key", "session_token", "m2m_token", "oauth_token")
	case 3:
		s.accepts("session_token")
	}
}

// skew sets the clock skew or leaves the default.
func (s *scene) skew() {
	if s.chance(60) {
		s.c.Options.ClockSkew = new(pick(s, 0, 1, 999, 1000, 1500, 5000, 10000, 86400000, -1000, -5000, 0.5, 5000.5))
	}
}

// timeEdge puts a time claim around the exact edge of the clock skew.
func (s *scene) timeEdge(claim string) {
	s.skew()
	skew := 5000.0
	if s.c.Options.ClockSkew != nil {
		skew = *s.c.Options.ClockSkew
	}
	edge := s.c.Now
	if claim == "exp" {
		edge -= int64(skew)
	} else {
		edge += int64(skew)
	}
	t := s.session()
	at := edge/1000 + pick[int64](s, -2, -1, 0, 0, 1, 1, 2)
	if s.chance(20) {
		t.payload.set(claim, js(float64(at)+pick(s, 0.25, 0.5, 0.75)))
	} else {
		t.claims(claim, at)
	}
	if s.chance(30) {
		s.c.Now = s.secs()*1000 + pick[int64](s, 0, 1, 500, 999)
	}
	s.carry(t.String())
}

// issuer says which issuers are accepted.
func (s *scene) issuer() {
	ours := "https://" + s.fapi
	s.c.Options.Issuer = rawJSON(pick[any](s, ours, []string{ours}, []string{ours, "https://b.example.com"}, []string{"https://b.example.com", ours},
		"https://b.example.com", []string{"https://b.example.com", "https://c.example.com"}, ours+"/", "https://app.example.com/__clerk",
		[]string{ours, "https://app.example.com/__clerk"}, "http://"+s.fapi, []string{}, ""))
}

// issued gives the token an issuer, usually its own.
func (s *scene) issued(t *token) {
	switch s.IntN(8) {
	case 0:
		t.payload.del("iss")
	case 1, 2:
		t.payload.set("iss", s.one(`""`, `null`, `5`, `true`, `{}`, `[]`, js([]string{"https://" + s.fapi}), js([]string{"https://" + s.fapi, "https://b.example.com"})))
	case 3, 4:
		t.claims("iss", s.one("https://"+s.fapi+"/", "https://"+strings.ToUpper(s.fapi), "http://"+s.fapi, s.fapi, "https://b.example.com",
			"https://app.example.com/__clerk", "https://"+s.fapi+".evil.com", " https://"+s.fapi, "https://b.example.com,https://"+s.fapi))
	}
}
