package generate

import (
	"encoding/json"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// machineFamilies aim at opaque machine tokens, which only the Backend API can judge, and at what
// is accepted where.
func machineFamilies() []family {
	return []family{
		{name: "machine-opaque", weight: 3, make: func(s *scene) {
			s.machineReplies()
			prefix := s.prefix()
			s.bearer(prefix + "secret123")
			if s.chance(60) {
				s.accepts(typeOfPrefix(prefix))
			} else {
				s.someAcceptance()
			}
			if s.chance(40) {
				s.c.Options.MachineSecretKey = new("ak_machine")
			}
		}},
		{name: "machine-opaque-failures", weight: 3, make: func(s *scene) {
			prefix := s.prefix()
			s.bearer(prefix + "secret123")
			s.acceptMachine(prefix)
			s.replyTo(prefix, pick(s, apiError(401, "clerk_key_invalid"), apiError(404, "resource_not_found"), apiError(400, "bad"), apiError(403, "forbidden"), apiError(422, "x"), apiError(429, "too_many"), apiError(500, "x"), apiError(503, "x"), nil,
				&protocol.Reply{NetworkError: true}, &protocol.Reply{Status: 401, Text: "no"}, &protocol.Reply{Status: 500, Text: "<html>"}, &protocol.Reply{Status: 401, JSON: []byte(`{}`)}, &protocol.Reply{Status: 401, JSON: []byte(`{"errors":[]}`)},
				&protocol.Reply{Status: 401, JSON: []byte(`{"errors":[{"code":"x","message":"the key is wrong"}]}`)}))
		}},
		{name: "quirk-machine-opaque-not-found", make: func(s *scene) {
			prefix := s.prefix()
			s.bearer(prefix + "secret123")
			s.acceptMachine(prefix)
			s.replyTo(prefix, pick(s, &protocol.Reply{Status: 404, Text: ""}, &protocol.Reply{Status: 404, Text: "<html>"}, &protocol.Reply{Status: 404, JSON: []byte(`[]`)}, &protocol.Reply{Status: 404, JSON: []byte(`{"message":"no route"}`)}))
		}},
		{name: "machine-opaque-fields", weight: 2, make: func(s *scene) {
			prefix := s.prefix()
			s.bearer(prefix + "secret123")
			s.acceptMachine(prefix)
			reply := s.machineReply(prefix)
			switch s.IntN(6) {
			case 0:
				reply.set("subject", js(s.one("user_1", "org_1", "mch_1", "User_1", "user_", "x", " user_1", "org_user_1")))
			case 1:
				reply.set("scopes", s.one(`[]`, `["read","write"]`, `["a b"]`))
			case 2:
				reply.set("claims", s.one(`null`, `{}`, `{"a":{"b":[1,2.5,null]}}`))
			case 3:
				reply.set("name", js(s.one("", "key", "k\u00e9y \U0001f600")))
			case 4:
				reply.set("extra", `{"x":1}`)
			}
			s.replyTo(prefix, &protocol.Reply{JSON: json.RawMessage(reply.String())})
		}},
		{name: "quirk-machine-opaque-revoked", make: func(s *scene) {
			prefix := s.prefix()
			s.bearer(prefix + "secret123")
			s.acceptMachine(prefix)
			reply := s.machineReply(prefix)
			switch s.IntN(4) {
			case 0:
				reply.set("revoked", "true")
				reply.set("revocation_reason", `"compromised"`)
			case 1:
				reply.set("expired", "true")
			case 2:
				reply.set("expiration", js(s.c.Now-pick[int64](s, 0, 1, 4999, 5000, 5001, 1000000)))
			default:
				reply.set("expiration", js(s.c.Now/1000))
			}
			s.replyTo(prefix, &protocol.Reply{JSON: json.RawMessage(reply.String())})
		}},
		{name: "quirk-machine-opaque-shape", weight: 2, make: func(s *scene) {
			prefix := s.prefix()
			s.bearer(prefix + "secret123")
			s.acceptMachine(prefix)
			reply := s.machineReply(prefix)
			switch s.IntN(5) {
			case 0:
				reply.del(s.one("object", "id", "subject", "scopes", "client_id", "name", "claims"))
			case 1:
				reply.set(s.one("object", "id", "subject", "scopes", "revoked", "expired"), s.one(`null`, `5`, `""`, `"x"`, `[]`, `{}`, `true`, `"true"`))
			case 2:
				s.replyTo(prefix, &protocol.Reply{JSON: json.RawMessage(s.one(`null`, `[]`, `{}`, `5`, `"x"`, `{"object":"session"}`, `{"data":[]}`, `{"object":"api_key","deleted":true}`))})
				return
			case 3:
				s.replyTo(prefix, pick(s, &protocol.Reply{Status: 204}, &protocol.Reply{Text: "ok"}, &protocol.Reply{Text: "{", ContentType: "application/json"}, &protocol.Reply{Status: 302, Text: ""}, &protocol.Reply{Status: 201, JSON: json.RawMessage(reply.String())}))
				return
			default:
				s.replyTo(prefix, &protocol.Reply{JSON: json.RawMessage(reply.String()), ContentType: s.one("application/json; charset=utf-8", "text/plain", "Application/Json", "text/html")})
				return
			}
			s.replyTo(prefix, &protocol.Reply{JSON: json.RawMessage(reply.String())})
		}},
		{name: "machine-oauth-audience", weight: 2, make: func(s *scene) {
			s.c.Options.Audience = json.RawMessage(s.one(`"a"`, `["a","c"]`, `""`, `[]`, `["",  "a"]`))
			if s.chance(50) {
				s.bearer("oat_secret123")
				reply := s.machineReply("oat_")
				if s.chance(80) {
					reply.set("aud", s.one(`["a"]`, `["b"]`, `["b","a"]`, `[]`, `null`, `"a"`, `"b"`, `[""]`, `["a",""]`, `["a",5]`, `5`, `{}`, `""`, `false`))
				}
				s.replyTo("oat_", &protocol.Reply{JSON: json.RawMessage(reply.String())})
			} else {
				t := s.oauthJWT()
				if s.chance(85) {
					t.payload.set("aud", s.one(`"a"`, `"b"`, `["a"]`, `["b"]`, `["b","a"]`, `[]`, `null`, `""`, `[""]`, `["a",""]`, `["a",5]`, `5`, `{}`, `[["a"]]`, `true`, `0`))
				}
				s.bearer(t.String())
			}
			s.acceptMachine("oat_")
		}},
		{name: "machine-token-mismatch", weight: 2, make: func(s *scene) {
			s.machineReplies()
			s.bearer(s.one(s.machineToken(), s.session().String(), "garbage", "a.b.c", "MT_x", "mt", "mt_", "ak_", "oat_", "Ak_x", "mtx", "sk_live_x"))
			s.accepts(s.one("api_key", "m2m_token", "oauth_token"))
		}},
		{name: "machine-no-token", make: func(s *scene) {
			s.accepts(s.one("api_key", "m2m_token", "oauth_token"))
			if s.chance(50) {
				s.sessionCookies(s.session().String())
			}
			if s.chance(30) {
				s.header("Authorization", s.one("", "Basic x", "bearer ak_x"))
			}
			s.anything()
		}},
		{name: "machine-list", weight: 2, make: func(s *scene) {
			s.machineReplies()
			s.someListOf()
			switch s.IntN(4) {
			case 0:
				s.bearer(s.machineToken())
			case 1:
				s.bearer(s.session().String())
			case 2:
				s.bearer(s.one("garbage", "a.b.c", "mt", "ak_", "oat_x y"))
			}
			if s.chance(40) {
				s.sessionCookies(s.session().String())
			}
			s.anything()
		}},
		{name: "machine-list-empty", make: func(s *scene) {
			s.acceptsList()
			s.someToken()
			s.anything()
		}},
		{name: "machine-any", weight: 2, make: func(s *scene) {
			s.machineReplies()
			s.accepts("any")
			s.someToken()
			s.anything()
		}},
		{name: "machine-any-falls-to-cookies", make: func(s *scene) {
			s.accepts("any")
			s.gateReason()
			s.anything()
		}},
		{name: "machine-for-session-only", make: func(s *scene) {
			s.machineReplies()
			s.bearer(s.machineToken())
			if s.chance(50) {
				s.sessionCookies(s.session().String())
			}
			s.accepts("session_token")
			s.anything()
		}},
		{name: "machine-no-publishable-key", make: func(s *scene) {
			s.c.Options.PublishableKey = nil
			s.machineReplies()
			s.bearer(s.machineToken())
			s.accepts(s.one("api_key", "m2m_token", "oauth_token"))
		}},
		{name: "machine-api-url", make: func(s *scene) {
			s.c.Options.APIURL = s.one("/base", "/base/", "/a/b", "/v1")
			s.c.Options.APIVersion = s.one("", "v2")
			s.machineReplies()
			s.bearer(s.prefix() + "x")
			s.accepts("any")
		}},
		{name: "machine-user-agent", make: func(s *scene) {
			s.header("User-Agent", s.one("curl/8", "Mozilla/5.0", "", "\u00e9"))
			s.machineReplies()
			s.bearer(s.prefix() + "x")
			s.accepts("any")
		}},
		{name: "machine-opaque-text", make: func(s *scene) {
			s.machineReplies()
			s.bearer(s.prefix() + s.one("", "a.b", "a.b.c", "a.b.c.d", "=", "e30.e30.AA", ".."))
			s.someAcceptance()
		}},
		{name: "machine-opaque-characters", make: func(s *scene) {
			prefix := s.prefix()
			s.replyTo(prefix, &protocol.Reply{JSON: json.RawMessage(s.machineReply(prefix).String())})
			s.bearer(prefix + s.one("\u00e9", `"`, "%20", "a,b", "{}"))
			s.acceptMachine(prefix)
		}},
	}
}

func (s *scene) prefix() string { return s.one("mt_", "oat_", "ak_") }

func typeOfPrefix(prefix string) string {
	return map[string]string{"mt_": "m2m_token", "oat_": "oauth_token", "ak_": "api_key"}[prefix]
}

// acceptMachine accepts the type of token that the prefix tells.
func (s *scene) acceptMachine(prefix string) {
	switch s.IntN(3) {
	case 0:
		s.accepts("any")
	case 1:
		s.acceptsList("session_token", typeOfPrefix(prefix))
	default:
		s.accepts(typeOfPrefix(prefix))
	}
}

func (s *scene) someListOf() {
	var types []string
	for _, t := range []string{"session_token", "api_key", "m2m_token", "oauth_token"} {
		if s.chance(50) {
			types = append(types, t)
		}
	}
	s.acceptsList(types...)
}

// machineToken returns some token of a machine.
func (s *scene) machineToken() string {
	switch s.IntN(5) {
	case 0:
		return s.machineJWT().String()
	case 1:
		return s.oauthJWT().String()
	default:
		return s.prefix() + "secret123"
	}
}

// machineReply is the Backend API's view of an opaque token.
func (s *scene) machineReply(prefix string) object {
	o := object{
		{"id", `"` + prefix + `id"`},
		{"scopes", `["read","write"]`},
		{"revoked", "false"},
		{"revocation_reason", "null"},
		{"expired", "false"},
		{"expiration", s.one("null", js(s.c.Now+100000))},
		{"created_at", js(s.c.Now - 100000)},
		{"updated_at", js(s.c.Now - 50000)},
	}
	switch prefix {
	case "mt_":
		o.set("object", `"machine_to_machine_token"`)
		o.set("subject", `"mch_1"`)
		o.set("claims", s.one(`null`, `{"role":"worker"}`))
	case "oat_":
		o.set("object", `"clerk_idp_oauth_access_token"`)
		o.set("subject", `"user_1"`)
		o.set("client_id", `"client_1"`)
		o.set("type", `"oauth:access_token"`)
	default:
		o.set("object", `"api_key"`)
		o.set("subject", js(s.one("user_1", "org_1")))
		o.set("type", `"api_key"`)
		o.set("name", `"my key"`)
		o.set("claims", s.one(`null`, `{"tier":"gold"}`))
	}
	return o
}

func (s *scene) machineReplies() {
	if s.c.Backend == nil {
		s.c.Backend = new(protocol.Backend)
	}
	for _, prefix := range []string{"mt_", "oat_", "ak_"} {
		s.replyTo(prefix, &protocol.Reply{JSON: json.RawMessage(s.machineReply(prefix).String())})
	}
}

func (s *scene) replyTo(prefix string, reply *protocol.Reply) {
	switch prefix {
	case "mt_":
		s.c.Backend.M2M = reply
	case "oat_":
		s.c.Backend.OAuth = reply
	default:
		s.c.Backend.APIKeys = reply
	}
}
