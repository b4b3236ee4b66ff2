package generate

import (
	"encoding/json"
	"strings"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// machineTokenFamilies aim at machine tokens that are JWTs.
func machineTokenFamilies() []family {
	return []family{
		{name: "machine-jwt", weight: 2, make: func(s *scene) {
			if s.chance(50) {
				s.bearer(s.machineJWT().String())
			} else {
				s.bearer(s.oauthJWT().String())
			}
			s.someAcceptance()
		}},
		{name: "machine-jwt-category", make: func(s *scene) {
			t := s.someMachineJWT()
			t.header.set("cat", s.category())
			if s.chance(10) {
				t.header.set("cat", s.one("null", "5", "[]"))
			}
			s.bearer(t.String())
			s.acceptAnyMachine()
		}},
		{name: "machine-jwt-type", make: func(s *scene) {
			t := s.someMachineJWT()
			if s.chance(20) {
				t.header.del("typ")
			} else {
				t.header.set("typ", s.one(`"at+jwt"`, `"application/at+jwt"`, `"AT+JWT"`, `"JWT"`, `"jwt"`, `null`, `""`, `"at+jwt "`, `["at+jwt"]`))
			}
			s.bearer(t.String())
			s.acceptAnyMachine()
		}},
		{name: "machine-jwt-subject", make: func(s *scene) {
			t := s.someMachineJWT()
			if s.chance(20) {
				t.payload.del("sub")
			} else {
				t.payload.set("sub", s.one(`"mch_"`, `"mch"`, `"MCH_1"`, `"user_1"`, `""`, `null`, `5`, `["mch_1"]`, `" mch_1"`))
			}
			s.bearer(t.String())
			s.acceptAnyMachine()
		}},
		{name: "machine-jwt-times", make: func(s *scene) {
			t := s.someMachineJWT()
			switch s.IntN(4) {
			case 0:
				t.claims("exp", s.secs()+pick[int64](s, -100, -6, -5, -4, 0))
			case 1:
				t.claims(s.one("nbf", "iat"), s.secs()+pick[int64](s, 4, 5, 6, 100))
			case 2:
				t.payload.del(s.one("exp", "nbf", "iat"))
			default:
				t.payload.set(s.one("exp", "nbf", "iat"), s.one(`null`, `"x"`, `1.5`))
			}
			s.skew()
			s.bearer(t.String())
			s.acceptAnyMachine()
			s.document()
		}},
		{name: "machine-jwt-signature", make: func(s *scene) {
			t := s.someMachineJWT()
			switch s.IntN(5) {
			case 0:
				t.key = s.keys.other
			case 1:
				t.header.set("kid", s.one(`"gone"`, `null`))
			case 2:
				t.header.set("alg", s.one(`"none"`, `"HS256"`, `"ES256"`))
			case 3:
				t.signature = pick(s, []byte("x"), make([]byte, 256))
			default:
				t.alg = "RS512"
				t.header.set("alg", `"RS512"`)
			}
			s.bearer(t.String())
			s.acceptAnyMachine()
		}},
		{name: "machine-jwt-keys", make: func(s *scene) {
			s.bearer(s.someMachineJWT().String())
			s.acceptAnyMachine()
			switch s.IntN(4) {
			case 0:
				s.c.Backend.JWKS = apiError(pick(s, 401, 500), "x")
			case 1:
				s.c.Backend.JWKS.NetworkError = true
			case 2:
				s.pem(pick(s, s.keys.instance, s.keys.other))
				s.c.Backend = nil
			default:
				s.c.Options.SecretKey = nil
				s.c.Options.MachineSecretKey = new("ak_machine")
				s.accepts("m2m_token")
			}
		}},
		{name: "quirk-machine-jwt-secret-key", make: func(s *scene) {
			s.bearer(s.someMachineJWT().String())
			s.acceptAnyMachine()
			s.c.Backend.JWKS = apiError(401, "clerk_key_invalid")
		}},
		{name: "machine-jwt-scopes", weight: 2, make: func(s *scene) {
			t := s.someMachineJWT()
			for _, name := range []string{"scopes", "scope", "scp", "aud"} {
				if s.chance(40) {
					t.payload.del(name)
					if name == "scp" {
						t.payload.set(name, s.one(`["a","b"]`, `[]`))
						continue
					}
					if name == "aud" {
						t.payload.set(name, s.one(`["mch_2","mch_3"]`, `[]`))
						continue
					}
					t.payload.set(name, s.one(`"a b"`, `"a  b"`, `""`, `" a"`, `"a"`, `"a\tb"`))
				}
			}
			s.bearer(t.String())
			s.acceptAnyMachine()
		}},
		{name: "quirk-machine-jwt-scope-types", make: func(s *scene) {
			t := s.someMachineJWT()
			t.payload.set(s.one("scopes", "scope", "scp", "aud"), s.one(`null`, `5`, `"a b"`, `["a"]`, `[5]`, `{}`, `true`, `"x"`))
			s.bearer(t.String())
			s.acceptAnyMachine()
		}},
		{name: "machine-jwt-claims", make: func(s *scene) {
			t := s.someMachineJWT()
			switch s.IntN(3) {
			case 0:
				t.payload.del(s.one("jti", "client_id", "iss"))
			case 1:
				t.payload.set("custom", s.one(`{"a":1}`, `"x"`, `null`, `[1,2]`))
			default:
				t.payload = object{{"sub", t.payload.get("sub")}, {"exp", t.payload.get("exp")}, {"iat", t.payload.get("iat")}}
			}
			s.bearer(t.String())
			s.acceptAnyMachine()
		}},
		{name: "quirk-machine-jwt-claim-types", make: func(s *scene) {
			t := s.someMachineJWT()
			t.payload.set(s.one("jti", "client_id"), s.one(`null`, `5`, `true`, `[]`, `{}`))
			s.bearer(t.String())
			s.acceptAnyMachine()
		}},
		{name: "machine-jwt-audience", make: func(s *scene) {
			t := s.machineJWT()
			t.payload.set("aud", s.one(`"a"`, `"b"`, `["a"]`, `["b"]`, `[]`))
			s.c.Options.Audience = json.RawMessage(s.one(`"a"`, `["a"]`))
			if s.chance(40) {
				s.c.Options.AuthorizedParties = []string{"https://app.example.com"}
			}
			s.bearer(t.String())
			s.acceptAnyMachine()
		}},
		{name: "machine-jwt-party", weight: 2, make: func(s *scene) {
			t := s.someMachineJWT()
			if s.chance(60) {
				t.payload.set("azp", s.one(`"https://app.example.com"`, `"https://evil.example.com"`, `""`, `null`, `5`, `["https://app.example.com"]`))
			}
			s.c.Options.AuthorizedParties = pick(s, []string{"https://app.example.com"}, []string{"https://app.example.com", "https://b.example.com"}, []string{"https://b.example.com"})
			if s.chance(20) {
				t.claims("exp", s.secs()-100)
			}
			s.bearer(t.String())
			s.acceptAnyMachine()
		}},
		{name: "machine-jwt-issuer", make: func(s *scene) {
			s.issuer()
			t := s.someMachineJWT()
			s.issued(t)
			s.bearer(t.String())
			s.acceptAnyMachine()
		}},
		{name: "machine-oauth-act", weight: 3, make: func(s *scene) {
			act := s.act(3)
			if s.chance(50) {
				t := s.oauthJWT()
				t.payload.set("act", act)
				s.bearer(t.String())
			} else {
				s.bearer("oat_secret123")
				reply := s.machineReply("oat_")
				reply.set("act", act)
				s.replyTo("oat_", &protocol.Reply{JSON: json.RawMessage(reply.String())})
			}
			s.acceptMachine("oat_")
		}},
		{name: "machine-other-act", make: func(s *scene) {
			if s.chance(50) {
				t := s.machineJWT()
				t.payload.set("act", s.act(2))
				s.bearer(t.String())
				s.acceptMachine("mt_")
				return
			}
			prefix := s.one("mt_", "ak_")
			s.bearer(prefix + "secret123")
			reply := s.machineReply(prefix)
			reply.set("act", s.act(2))
			s.replyTo(prefix, &protocol.Reply{JSON: json.RawMessage(reply.String())})
			s.acceptMachine(prefix)
		}},
		{name: "machine-jwt-text", make: func(s *scene) {
			whole := s.someMachineJWT().String()
			s.bearer(s.one("mt_a.b.c", "oat_a.b.c", "ak_a.b.c", "mt_"+whole, "oat_"+whole, whole+"x", whole[:len(whole)-1], "mt_e30.e30.AA", strings.Replace(whole, ".", "..", 1), "mt_"+s.session().String(), whole+"."))
			s.acceptAnyMachine()
		}},
		{name: "quirk-machine-jwt-padded", make: func(s *scene) {
			whole := s.someMachineJWT()
			if s.chance(60) {
				whole.header.del("cat")
			}
			s.header("Authorization", "Bearer "+whole.String()+s.one("=", "=="))
			s.someAcceptance()
		}},
		{name: "quirk-machine-jwt-padded-cookie", make: func(s *scene) {
			whole := s.someMachineJWT()
			if s.chance(60) {
				whole.header.del("cat")
			}
			s.sessionCookies(whole.String() + "=")
			s.anything()
		}},
		{name: "machine-jwt-key-case", make: func(s *scene) {
			t := s.someMachineJWT()
			sub := t.payload.get("sub")
			t.payload.del("sub")
			t.payload.add(s.one("SUB", "Sub"), sub)
			if s.chance(50) {
				t.payload.add("sub", `"user_1"`)
			}
			s.bearer(t.String())
			s.acceptAnyMachine()
		}},
		{name: "machine-session-token", make: func(s *scene) {
			t := s.session()
			if s.chance(50) {
				t.header.set("cat", s.category())
			}
			s.bearer(t.String())
			s.acceptAnyMachine()
		}},
	}
}

// machineJWT returns a token of a machine of this instance.
func (s *scene) machineJWT() *token {
	t := s.session()
	t.header.set("cat", js(categoryM2M))
	t.payload = object{
		{"iss", js("https://" + s.fapi)},
		{"sub", `"mch_2abc"`},
		{"exp", js(s.secs() + 300)},
		{"iat", js(s.secs() - 30)},
		{"nbf", js(s.secs() - 30)},
		{"jti", `"mt_1"`},
		{"aud", `["mch_3"]`},
		{"scopes", `"mch_3"`},
	}
	return t
}

// oauthJWT returns an OAuth access token of this instance.
func (s *scene) oauthJWT() *token {
	t := s.session()
	t.header = object{{"alg", `"RS256"`}, {"kid", js(s.keys.instance.kid)}, {"typ", js(s.one("at+jwt", "application/at+jwt"))}}
	t.payload = object{
		{"iss", js("https://" + s.fapi)},
		{"sub", `"user_2xyz"`},
		{"exp", js(s.secs() + 300)},
		{"iat", js(s.secs() - 30)},
		{"nbf", js(s.secs() - 30)},
		{"jti", `"oat_1"`},
		{"client_id", `"client_1"`},
		{"scope", `"profile email"`},
	}
	return t
}

func (s *scene) someMachineJWT() *token {
	if s.chance(50) {
		return s.machineJWT()
	}
	return s.oauthJWT()
}

func (s *scene) acceptAnyMachine() {
	s.machineReplies()
	switch s.IntN(4) {
	case 0:
		s.accepts("any")
	case 1:
		s.acceptsList("m2m_token", "oauth_token", "api_key")
	default:
		s.accepts(s.one("m2m_token", "oauth_token"))
	}
}

// act returns the text of an act claim with so many links at most.
func (s *scene) act(links int) string {
	if s.chance(15) {
		return s.one(`null`, `"client_1"`, `5`, `[]`, `[{"sub":"client_1"}]`, `{}`, `true`, `{"sub":null}`, `{"sub":5}`, `{"SUB":"client_1"}`, `{"iss":"https://a.example"}`)
	}
	o := object{{"sub", s.one(`"client_1"`, `"user_2abc"`, `""`, `"k\u00e9y \ud83d\ude00"`)}}
	if s.chance(50) {
		o.set("iss", s.one(`"https://clerk.example.com"`, `"x"`, `null`, `5`, `{}`))
	}
	if s.chance(20) {
		o.set(s.one("type", "extra", "exp"), s.one(`"agent"`, `{"a":1}`, `5`))
	}
	if s.chance(10) {
		o.add("sub", s.one(`"client_9"`, `5`))
	}
	if links > 0 && s.chance(70) {
		o.set("act", s.act(links-1))
	}
	return o.String()
}
