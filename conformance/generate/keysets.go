package generate

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// keyFamilies aim at where the keys come from: the key set and the configured PEM.
func keyFamilies() []family {
	return []family{
		{name: "jwk-members", make: func(s *scene) {
			jwk := s.keys.instance.jwk()
			switch s.IntN(8) {
			case 0:
				jwk.set("use", s.one(`"enc"`, `""`, `"SIG"`, `"sig"`))
			case 1:
				jwk.set("key_ops", s.one(`["sign"]`, `["verify"]`, `["sign","verify"]`, `[]`, `["encrypt"]`))
				if s.chance(50) {
					jwk.del("use")
				}
			case 2:
				jwk.set("alg", s.one(`"RS384"`, `"RS512"`, `"ES256"`, `"none"`))
			case 3:
				jwk.del("alg")
			case 4:
				jwk.set("kty", s.one(`"EC"`, `"rsa"`, `"oct"`, `"OKP"`))
			case 5:
				jwk.del(s.one("use", "alg", "kty", "n", "e"))
			case 6:
				jwk.set("ext", s.one(`true`, `false`))
				jwk.set("x5c", `[]`)
				jwk.set("x5t", `"abc"`)
			default:
				jwk.set("extra", `{"a":1}`)
			}
			s.c.Backend.JWKS = s.jwks(jwk)
			s.carry(s.session().String())
		}},
		{name: "quirk-jwk-member-types", make: func(s *scene) {
			jwk := s.keys.instance.jwk()
			jwk.set(s.one("use", "alg", "kty", "n", "e", "key_ops", "ext"), s.one(`null`, `1`, `[]`, `{}`, `true`, `""`, `"*"`))
			s.c.Backend.JWKS = s.jwks(jwk)
			s.carry(s.session().String())
		}},
		{name: "quirk-jwk-weak", make: func(s *scene) {
			jwk := s.keys.instance.jwk()
			switch s.IntN(5) {
			case 4:
				jwk.set("alg", s.one(`"PS256"`, `"rs256"`, `"RSA-OAEP-256"`))
			case 0:
				jwk.set("e", s.one(`"AQ"`, `"AA"`, `"Ag"`, `"Aw"`))
			case 1:
				jwk.set("n", s.one(`"AQ"`, `"0Q"`, js(base64.RawURLEncoding.EncodeToString(make([]byte, 256)))))
			case 2:
				jwk.set("n", js("AAAA"+strings.Trim(jwk.get("n"), `"`)))
			default:
				jwk.set("n", js(strings.Trim(jwk.get("n"), `"`)+"=="))
			}
			s.c.Backend.JWKS = s.jwks(jwk)
			s.carry(s.session().String())
		}},
		{name: "jwk-larger-key", make: func(s *scene) {
			s.c.Backend.JWKS = s.jwks(s.keys.large.jwk(), s.keys.instance.jwk())
			t := s.session()
			t.key = s.keys.large
			t.header.set("kid", js(t.key.kid))
			s.carry(t.String())
		}},
		{name: "jwks-several", make: func(s *scene) {
			other := s.keys.other.jwk()
			other.set("kid", js(s.one(s.keys.instance.kid, "ins_other")))
			s.c.Backend.JWKS = pick(s, s.jwks(other, s.keys.instance.jwk()), s.jwks(s.keys.instance.jwk(), other),
				s.jwks(s.keys.instance.jwk(), s.keys.instance.jwk()))
			t := s.session()
			if s.chance(30) {
				t.key = s.keys.other
			}
			s.carry(t.String())
		}},
		{name: "jwks-bad-neighbour", make: func(s *scene) {
			s.c.Backend.JWKS = &protocol.Reply{JSON: json.RawMessage(`{"keys":[` + s.one(
				`{"kty":"EC","crv":"P-256","kid":"ec","x":"AA","y":"AA"}`, `{}`, `{"kid":"broken","kty":"RSA","n":"!","e":"!"}`,
				`{"kty":"oct","k":"c2VjcmV0","kid":"sym"}`, `{"kty":"unknown","kid":"u"}`) + `,` + s.keys.instance.jwk().String() + `]}`)}
			s.carry(s.session().String())
		}},
		{name: "quirk-jwks-bad-neighbour-type", make: func(s *scene) {
			s.c.Backend.JWKS = &protocol.Reply{JSON: json.RawMessage(`{"keys":[` + s.one(`null`, `1`, `"key"`, `[]`) + `,` + s.keys.instance.jwk().String() + `]}`)}
			s.carry(s.session().String())
		}},
		{name: "jwks-empty", make: func(s *scene) {
			s.c.Backend.JWKS = &protocol.Reply{JSON: json.RawMessage(s.one(`{"keys":[]}`, `{}`, `{"keys":null}`, `{"Keys":[]}`, `{"errors":[]}`))}
			s.carry(s.session().String())
		}},
		{name: "jwks-shape", make: func(s *scene) {
			s.c.Backend.JWKS = &protocol.Reply{JSON: json.RawMessage(s.one(`null`, `[]`, `1`, `"keys"`, `true`, `{"keys":{}}`, `{"keys":0}`, `{"keys":false}`))}
			s.carry(s.session().String())
		}},
		{name: "quirk-jwks-shape", make: func(s *scene) {
			s.c.Backend.JWKS = &protocol.Reply{JSON: json.RawMessage(s.one(`{"keys":"abc"}`, `{"keys":5}`, `{"keys":{"length":1}}`, `{"keys":true}`))}
			s.carry(s.session().String())
		}},
		{name: "jwks-not-json", make: func(s *scene) {
			s.c.Backend.JWKS = &protocol.Reply{Text: s.one("", "<html>", "{", "nope", " "), ContentType: s.one("", "text/html", "application/json")}
			s.carry(s.session().String())
		}},
		{name: "jwks-content-type", make: func(s *scene) {
			s.c.Backend.JWKS.ContentType = s.one("text/plain", "application/json; charset=utf-8", "application/jwk-set+json", "nonsense")
			s.carry(s.session().String())
		}},
		{name: "jwks-status", make: func(s *scene) {
			s.c.Backend.JWKS = apiError(pick(s, 400, 401, 403, 404, 422, 429, 500, 502, 503, 504), s.one("resource_not_found", "authentication_invalid", "clerk_key_invalid", "internal_clerk_error"))
			if s.chance(20) {
				s.c.Backend.JWKS.JSON = json.RawMessage(s.one(`{}`, `{"errors":[]}`, `{"errors":null}`, `[]`, `"x"`, `1`))
			}
			s.carry(s.session().String())
		}},
		{name: "quirk-jwks-error-shape", make: func(s *scene) {
			s.c.Backend.JWKS = &protocol.Reply{Status: 500, JSON: json.RawMessage(s.one(`null`, `{"errors":"clerk_key_invalid"}`, `{"errors":{}}`, `{"errors":[null]}`,
				`{"errors":[{"code":"a"},{"code":"clerk_key_invalid","message":"second"}]}`, `{"errors":[{"code":"clerk_key_invalid"}]}`))}
			s.carry(s.session().String())
		}},
		{name: "jwks-secret-key-invalid", make: func(s *scene) {
			s.c.Backend.JWKS = apiError(pick(s, 401, 403, 400, 500), "clerk_key_invalid")
			s.carry(s.session().String())
		}},
		{name: "jwks-status-not-json", make: func(s *scene) {
			s.c.Backend.JWKS = &protocol.Reply{Status: pick(s, 401, 404, 429, 500, 503), Text: s.one("", "oops", "<html>")}
			s.carry(s.session().String())
		}},
		{name: "jwks-network-error", make: func(s *scene) {
			s.c.Backend.JWKS = &protocol.Reply{NetworkError: true}
			s.carry(s.session().String())
		}},
		{name: "jwks-missing", make: func(s *scene) {
			s.c.Backend = nil
			s.carry(s.session().String())
		}},
		{name: "jwks-api-url", make: func(s *scene) {
			s.c.Options.APIURL = s.one("/base", "/base/", "/a/b", "/", "//", "/v1", "/a//b/")
			s.c.Options.APIVersion = s.one("", "v1", "v2", "/v1/", "v1/beta")
			t := s.session()
			if s.chance(30) {
				t.header.set("kid", `"gone"`)
			}
			s.carry(t.String())
		}},
		{name: "jwt-key", make: func(s *scene) {
			s.c.Backend = nil
			s.pem(s.keys.instance)
			t := s.session()
			switch s.IntN(5) {
			case 0:
				t.header.set("kid", `"whatever"`)
			case 1:
				t.header.del("kid")
			case 2:
				t.alg = s.one("RS384", "RS512")
				t.header.set("alg", js(t.alg))
			case 3:
				t.key = s.keys.other
			}
			s.carry(t.String())
		}},
		{name: "jwt-key-of-another-instance", make: func(s *scene) {
			s.pem(s.keys.other)
			s.carry(s.session().String())
		}},
		{name: "quirk-jwt-key-larger", make: func(s *scene) {
			s.pem(s.keys.large)
			t := s.session()
			t.key = s.keys.large
			s.carry(t.String())
		}},
		{name: "quirk-jwt-key-garbage", make: func(s *scene) {
			s.c.Options.JWTKey = new(s.one("garbage", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----", " ", "{}",
				"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"))
			s.carry(s.session().String())
		}},
		{name: "quirk-jwt-key-escaped-lines", make: func(s *scene) {
			s.c.Options.JWTKey = new(strings.ReplaceAll(s.keys.instance.public(), "\n", `\n`))
			s.carry(s.session().String())
		}},
	}
}

// pem configures the public key, in one of the forms that are accepted.
func (s *scene) pem(k *key) {
	text := k.public()
	switch s.IntN(5) {
	case 0:
		text = strings.ReplaceAll(text, "\n", "\r\n")
	case 1:
		text = strings.TrimSpace(text)
	case 2:
		text = strings.ReplaceAll(text, "\n", "")
	case 3:
		text = strings.ReplaceAll(text, "\n", "")
		text = strings.TrimSuffix(strings.TrimPrefix(text, "-----BEGIN PUBLIC KEY-----"), "-----END PUBLIC KEY-----")
	}
	s.c.Options.JWTKey = &text
}
