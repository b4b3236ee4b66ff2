package generate

import (
	"encoding/base64"
	"strings"
)

// encodingFamilies aim at the text of a token: its parts, their base64 and their JSON.
func encodingFamilies() []family {
	return []family{
		{name: "token-parts", make: func(s *scene) {
			whole := s.session().String()
			parts := strings.Split(whole, ".")
			s.carry(s.one("a", "a.b", "..", "...", ".", "a.b.c.d", parts[0]+"."+parts[1], whole+".", "."+whole, parts[0]+".."+parts[2],
				"."+parts[1]+"."+parts[2], whole+".x", strings.ReplaceAll(whole, ".", ".."), parts[0]+","+parts[1]+","+parts[2],
				parts[0]+"."+parts[1]+".", "undefined", "null", "Bearer", parts[1]+"."+parts[0]+"."+parts[2]))
		}},
		{name: "token-base64", make: func(s *scene) {
			t := s.session()
			header, payload, signature := t.parts()
			parts := []string{header, payload, signature}
			i := s.IntN(3)
			switch s.IntN(9) {
			case 0:
				parts[i] += s.one("=", "==", "====")
			case 1:
				parts[i] = parts[i][:5] + s.one("+", "/", "=", "!", "%", "~", "\u00e9") + parts[i][6:]
			case 2:
				parts[i] = parts[i][:5] + s.one(" ", "\t") + parts[i][5:]
			case 3:
				parts[i] = parts[i][:len(parts[i])-1]
			case 4:
				parts[i] += s.one("A", "AA", "AAA", "B")
			case 5:
				parts[i] = s.dirtyBits(parts[i])
			case 6:
				parts[i] = "=" + parts[i]
			case 7:
				parts[i] = s.one("", "=", "==", "A", "A=", "AA", "AB", "e30", "e31", "e30=")
			default:
				parts[0], parts[1], parts[2] = parts[0]+"=", parts[1]+"=", parts[2]+"=="
			}
			token := strings.Join(parts, ".")
			if s.chance(50) && i < 2 {
				token = t.resign(parts[0], parts[1])
			}
			s.carry(token)
		}},
		{name: "token-json", make: func(s *scene) {
			t := s.session()
			text := t.payload.String()
			if s.chance(50) {
				text = t.header.String()
			}
			bad := s.one(text[:len(text)-1], text+"x", text+" ", " "+text, "\n"+text+"\n", "\ufeff"+text, "\ufeff\ufeff"+text, text+",", "", " ",
				strings.Replace(text, ":", "=", 1), strings.ReplaceAll(text, `"`, `'`), strings.Replace(text, "}", ",}", 1),
				strings.Replace(text, `":`, `" :`, 1), strings.Replace(text, `{`, `{"x":01,`, 1), strings.Replace(text, `{`, `{"x":NaN,`, 1),
				strings.Replace(text, `{`, `{"x":"`+"\x01"+`",`, 1), strings.Replace(text, `{`, `{"x":"`+"\xff\xfe"+`",`, 1),
				strings.Replace(text, `{`, `{"x":"\q",`, 1), strings.Replace(text, `{`, `{"x":+1,`, 1), strings.Replace(text, `{`, `{"x":.5,`, 1),
				strings.Replace(text, `{`, `{"x":1.,`, 1), strings.Replace(text, `{`, `{/**/`, 1), strings.Replace(text, `{`, `{"x":"`+"\u2028"+`",`, 1),
				strings.Replace(text, `{`, `{"x":tru,`, 1), strings.Replace(text, `{`, "{\v", 1), strings.Replace(text, `{`, `{"":1,`, 1))
			if strings.Contains(text, `"alg"`) {
				t.headerText = bad
			} else {
				t.payloadText = bad
			}
			if bad == "" {
				parts := strings.Split(t.String(), ".")
				parts[s.IntN(2)] = ""
				s.carry(strings.Join(parts, "."))
				return
			}
			s.carry(t.String())
		}},
		{name: "quirk-token-json-not-object", make: func(s *scene) {
			t := s.session()
			value := s.one("null", "[]", `[1]`, "1", `"text"`, "true", "false", `""`, "0")
			if s.chance(50) {
				t.headerText = value
			} else {
				t.payloadText = value
			}
			s.anyAccept()
			s.carry(t.String())
		}},
		{name: "token-key-case", make: func(s *scene) {
			t := s.session()
			o := &t.payload
			name := s.one("sub", "exp", "nbf", "iat", "azp", "iss", "sid", "sts", "org_id")
			if s.chance(40) {
				o, name = &t.header, s.one("alg", "kid", "typ", "cat")
			}
			value := o.get(name)
			if value == "" {
				value = `"x"`
			}
			variant := s.one(strings.ToUpper(name), strings.ToUpper(name[:1])+name[1:], name+" ", strings.Replace(name, "s", "\u017f", 1))
			if s.chance(60) {
				o.del(name)
			} else if s.chance(50) {
				value = s.one(`"other"`, `0`, `null`, `"pending"`)
			}
			o.add(variant, value)
			s.carry(t.String())
			s.ask(`{"role":"org:admin"}`)
		}},
		{name: "token-duplicate-keys", make: func(s *scene) {
			t := s.session()
			switch s.IntN(6) {
			case 0:
				t.payload.add("sub", `"user_second"`)
			case 1:
				t.payload = append(object{{"exp", "1"}}, t.payload...)
			case 2:
				t.payload.add("exp", "1")
			case 3:
				t.header.add("alg", `"none"`)
			case 4:
				t.header = append(object{{"cat", js(categoryM2M)}}, t.header...)
			default:
				t.header.add("kid", `"ins_other"`)
			}
			s.carry(t.String())
		}},
		{name: "token-unicode", make: func(s *scene) {
			t := s.session()
			t.payload.set("name", s.one(`"\u0000"`, `"é"`, `"\u2028\u2029"`, `"😀"`, `"<script>&"`, `"\ud83d\ude00"`, `"ffi"`, `"\/\b\f"`))
			t.payload.set(s.one("ключ", "a.b", "__proto__", "constructor", "a\"b", "\u0000"), `{"deep":[1,{"er":null}]}`)
			t.payload.set("metadata", `{"n":1.50,"big":12345678901234567890,"e":1e21,"neg":-0.0,"list":[[],{}]}`)
			s.carry(t.String())
		}},
		{name: "token-large", make: func(s *scene) {
			t := s.session()
			t.payload.set("padding", js(strings.Repeat("x", pick(s, 1000, 3000, 6000))))
			s.bearer(t.String())
		}},
		{name: "quirk-token-larger-than-a-header", make: func(s *scene) {
			t := s.session()
			t.payload.set("padding", js(strings.Repeat("x", 20000)))
			s.bearer(t.String())
		}},
		{name: "token-deep", make: func(s *scene) {
			t := s.session()
			depth := pick(s, 10, 100, 1000)
			t.payload.set("deep", strings.Repeat("[", depth)+strings.Repeat("]", depth))
			s.bearer(t.String())
		}},
		{name: "authorization-header-form", make: func(s *scene) {
			t := s.session().String()
			if s.chance(30) {
				t = s.one("x", "a.b.c", "Bearer", s.machineToken())
			}
			s.header(s.one("Authorization", "authorization", "AUTHORIZATION"), s.one(t, "Bearer "+t, "Bearer "+t+" x", "bearer "+t, "BEARER "+t, "Basic "+t,
				"Token "+t, "Bearer  "+t, "Bearer", "Bearer ", " Bearer "+t, "Bearer "+t+" ", "Bearer\t"+t, "Bearer\t "+t, "", " ", "Bearer,"+t,
				"Bearer "+t+",x", "x "+t, t+" x", t+" ", "Bearer: "+t, "\tBearer "+t+"\t"))
			if s.chance(50) {
				s.sessionCookies(s.session().String())
			}
			s.anyAccept()
		}},
		{name: "authorization-header-repeated", make: func(s *scene) {
			t := s.session().String()
			s.bearer(s.one(t, "x", ""))
			s.header("Authorization", s.one("Bearer "+t, "Bearer x", "", "Basic x"))
			if s.chance(50) {
				s.sessionCookies(t)
			}
		}},
		{name: "authorization-header-shadows-cookies", make: func(s *scene) {
			s.sessionCookies(s.session().String())
			t := s.session()
			t.claims("exp", s.secs()-1000)
			s.header("Authorization", s.one("Bearer x", "Bearer "+t.String(), "x.y.z", "Basic dXNlcjpwYXNz", "Bearer ak_x", "Negotiate"))
			s.anything()
			s.anyAccept()
		}},
	}
}

// dirtyBits changes the unused bits of the last character, or appends a character that has some.
func (s *scene) dirtyBits(part string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, part[len(part)-1])
	if last < 0 || base64.RawURLEncoding.DecodedLen(len(part)) == 0 {
		return part
	}
	return part[:len(part)-1] + string(alphabet[last^(1<<s.IntN(2))])
}
