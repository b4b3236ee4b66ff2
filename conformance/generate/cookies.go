package generate

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// cookieFamilies aim at the parsing and the reading of cookies.
func cookieFamilies() []family {
	return []family{
		{name: "cookie-presence", make: func(s *scene) {
			for _, name := range []string{"__session", "__client_uat", "__clerk_db_jwt", "__refresh"} {
				value := map[string]string{"__session": s.session().String(), "__client_uat": s.one("0", "1", js(s.secs()-20)), "__clerk_db_jwt": "dvb_1", "__refresh": "rt_1"}[name]
				if s.chance(50) {
					s.cookie(name, value)
				}
				if s.chance(50) {
					s.cookie(s.suffixed(name), value)
				}
			}
			s.anything()
		}},
		{name: "cookie-uat-number", make: func(s *scene) {
			t := s.session()
			s.cookie("__session", t.String())
			s.cookie("__client_uat", s.one("12abc", "0x1F", "0x", "0X10", "1e3", "-5", "-0", "+7", "1717490192.9", "abc", "", " ", "%20%205", "0", "00", "01", "0.9", "-0.5", ".5", "--1", "+-1",
				"1_000", "1725042100", "1725042200", "99999999999999999999", "Infinity", "NaN", "0b1", "0o7", "\u00a05", "%C2%A05", "%E2%80%835", "%EF%BB%BF5", "1725042130;", "-", "0x-5", "٣"))
			s.devBrowser()
			s.anything()
			s.headersLatin1()
		}},
		{name: "cookie-iat-and-uat", make: func(s *scene) {
			t := s.session()
			iat := s.secs() - 15
			switch s.IntN(4) {
			case 0:
				t.payload.del("iat")
			case 1:
				t.payload.set("iat", js(float64(iat)+0.5))
			}
			s.browser(t.String(), iat+pick[int64](s, -1000, -1, 0, 0, 1, 1, 2, 1000))
			s.anything()
		}},
		{name: "cookie-iat-and-uat-order-of-checks", make: func(s *scene) {
			t := s.session()
			switch s.IntN(4) {
			case 0:
				t.claims("exp", s.secs()-100)
				s.cookie(s.suffixed("__refresh"), "rt_1")
			case 1:
				t.key = s.keys.other
			case 2:
				t.header.set("kid", `"gone"`)
			}
			s.browser(t.String(), s.secs())
			s.anything()
		}},
		{name: "quirk-cookie-iat-type", make: func(s *scene) {
			t := s.session()
			t.payload.set("iat", s.one(`"1"`, `"1725042150"`, `null`, `true`, `[]`, `[1]`, `{}`, `"x"`))
			s.browser(t.String(), pick[int64](s, 1, 5, s.secs()))
			s.anything()
		}},
		{name: "cookie-duplicate", make: func(s *scene) {
			t := s.session().String()
			s.cookie("__session", s.one(t, "", "x"))
			s.cookie("__session", s.one(t, "", "x"))
			s.cookie("__client_uat", s.one("", "0", "5"))
			s.cookie("__client_uat", s.one("0", "5"))
			s.devBrowser()
			s.Shuffle(len(s.cookies), func(i, j int) { s.cookies[i], s.cookies[j] = s.cookies[j], s.cookies[i] })
			s.manyCookieHeaders = s.chance(50)
			s.anything()
		}},
		{name: "cookie-many-headers", make: func(s *scene) {
			s.sessionCookies(s.session().String())
			s.cookie("other", "1")
			s.manyCookieHeaders = true
			s.anything()
		}},
		{name: "cookie-percent", make: func(s *scene) {
			t := s.session().String()
			s.cookie("__session", s.one(t+"%", "%41"+t, strings.Replace(t, ".", "%2E", 1), strings.Replace(t, ".", "%2e", 2), url.QueryEscape(t), "%"+t, t+"%zz", t+"%C3", t+"%FF", t+"%20", t+"%00", t+"%3D"))
			s.cookie("__client_uat", s.one("5", "%35", "%2B5", "5%", "%", "0%"))
			s.cookie("__clerk_db_jwt", s.one("dvb", "a%20b", "a+b", "%C3%A9", "a%26b%3Dc", "%E2%82%AC", "%ED%A0%80", "%C0%80", "%F4%90%80%80", "%0A", "a%3Bb", "%25", "%2525"))
			s.anything()
		}},
		{name: "cookie-quotes", make: func(s *scene) {
			t := s.session().String()
			s.cookie("__session", s.one(`"`+t+`"`, `"`+t, t+`"`, `""`, `'`+t+`'`))
			s.cookie("__client_uat", s.one(`"5"`, `5`, `"0"`, `""`))
			s.cookie("__clerk_db_jwt", s.one(`"dvb"`, `"`, `""`))
			s.anything()
		}},
		{name: "cookie-separators", make: func(s *scene) {
			t := s.session().String()
			s.cookies = nil
			text := "__session" + s.one("=", " = ", "\t=\t", "= ", " =", "==", " ") + t + s.one(";", "; ", ";;", " ; ", ", ", ";\t", "&") +
				"__client_uat" + s.one("=", " =") + s.one("5", " 5 ", "5\t", "5 5") + s.one(";", ";;;", "; ;", "") + s.one("", "=x;", "novalue;", "=;", ";") +
				s.one("__clerk_db_jwt=dvb", " __clerk_db_jwt=dvb", "__clerk_db_jwt = a b", "__clerk_db_jwt", "x=1")
			s.header("Cookie", text)
			s.anything()
		}},
		{name: "cookie-name-case", make: func(s *scene) {
			t := s.session().String()
			s.cookie(s.one("__session", "__Session", "__SESSION", " __session", "__session "), t)
			s.cookie(s.one("__client_uat", "__Client_Uat", "__client_uat"), "5")
			s.cookie(s.one("__clerk_db_jwt", "__clerk_DB_jwt"), "dvb")
			s.anything()
		}},
		{name: "cookie-encoded-names", make: func(s *scene) {
			t := s.session().String()
			s.cookie(s.one("%5F_session", "__session%20", "a", "__session"), s.one("x%3B__session%3D"+t, t, "x%3D"+t))
			s.cookie("__client_uat", "5")
			s.devBrowser()
			s.anything()
		}},
		{name: "cookie-others", make: func(s *scene) {
			for range s.IntN(30) {
				s.cookie(s.one("a", "b", "__proto__", "constructor", "toString", "hasOwnProperty", "_ga", "csrf", "__session_other123", "__client_uat_other123", "__host-x", "__sessio"),
					s.one("", "1", "a=b=c", "x y", "{}", "[object]", "%7B%7D", strings.Repeat("z", 200)))
			}
			if s.chance(60) {
				s.sessionCookies(s.session().String())
			}
			s.Shuffle(len(s.cookies), func(i, j int) { s.cookies[i], s.cookies[j] = s.cookies[j], s.cookies[i] })
			s.anything()
		}},
		{name: "cookie-latin1", make: func(s *scene) {
			t := s.session().String()
			s.cookie("__session", s.one(t, t+"\u00e9", "\u00ff", "\u00a0"+t, t+"\u00a0", "\u0085"+t))
			s.cookie("__client_uat", s.one("5", "5\u00e9", "\u00a05"))
			s.cookie("__clerk_db_jwt", s.one("dvb\u00e9", "\u00c3\u00a9", "\u00ff\u00fe", "\u00e9%41", "\u00a0"))
			s.anything()
		}},
		{name: "cookie-refresh-name", make: func(s *scene) {
			t := s.session()
			t.claims("exp", s.secs()-100, "iat", s.secs()-200)
			s.browser(t.String(), s.secs()-300)
			s.cookie(s.one("__refresh", s.suffixed("__refresh"), "__refresh_", "__refresh_other123"), s.one("rt_1", "", "rt%2B1"))
			s.c.Backend.Refresh = s.refreshed(s.session().String())
			s.anything()
		}},
		{name: "cookie-suffix-of-padded-key", make: func(s *scene) {
			s.publishable(s.pk + strings.Repeat("=", (4-len(s.pk[len("pk_live_"):])%4)%4))
			s.cookie(s.suffixed("__session"), s.session().String())
			s.cookie(s.suffixed("__client_uat"), "5")
			s.cookie(s.suffixed("__clerk_db_jwt"), "dvb")
			s.anything()
		}},
		{name: "cookie-session-is-no-session", make: func(s *scene) {
			t := s.session()
			switch s.IntN(4) {
			case 0:
				t.header.set("cat", s.category())
			case 1:
				t.header.set("typ", s.one(`"at+jwt"`, `"application/at+jwt"`))
			case 2:
				t.claims("sub", s.one("mch_1", "mch_", "mch"))
			default:
				s.sessionCookies(s.machineToken())
				s.anything()
				return
			}
			s.sessionCookies(t.String())
			s.anything()
			s.anyAccept()
		}},
		{name: "cookie-azp-missing", make: func(s *scene) {
			t := s.session()
			t.payload.del("azp")
			if s.chance(50) {
				s.c.Options.AuthorizedParties = []string{"https://app.example.com"}
			}
			s.sessionCookies(t.String())
			s.anything()
		}},
	}
}

// headersLatin1 drops what a header cannot carry.
func (s *scene) headersLatin1() {
	for i, cookie := range s.cookies {
		s.cookies[i] = strings.Map(func(r rune) rune {
			if r > 0xff {
				return '?'
			}
			return r
		}, cookie)
	}
}

// refreshed is the Backend API's answer with a new session token.
func (s *scene) refreshed(token string) *protocol.Reply {
	return s.cookiesReply("__session="+token+"; Path=/; SameSite=Lax", "__client_uat="+js(s.secs())+"; Path=/", s.suffixed("__session")+"="+token+"; Path=/; Secure")
}

func (s *scene) cookiesReply(cookies ...string) *protocol.Reply {
	return &protocol.Reply{JSON: json.RawMessage(`{"object":"cookies","cookies":` + js(cookies) + `}`)}
}

// suffixFamilies aim at the choice between the cookies with and without suffix.
func suffixFamilies() []family {
	return []family{
		{name: "suffix-rules", weight: 6, make: func(s *scene) {
			s.suffixCookies()
			s.anything()
		}},
		{name: "suffix-rules-handshake", weight: 2, make: func(s *scene) {
			s.suffixCookies()
			s.header("Sec-Fetch-Dest", "document")
			if s.chance(50) {
				s.query("__clerk_db_jwt=dvb_query")
			}
		}},
		{name: "suffix-rules-satellite", weight: 2, make: func(s *scene) {
			s.satellite()
			if s.chance(50) {
				s.fapi = "clerk." + s.c.Options.Domain
			}
			s.suffixCookies()
			s.anything()
		}},
		{name: "suffix-rules-proxy", make: func(s *scene) {
			s.c.Options.ProxyURL = s.one("https://app.example.com/__clerk", "/__clerk")
			if s.chance(30) {
				s.fapi = "app.example.com/__clerk"
			}
			s.suffixCookies()
			s.anything()
		}},
		{name: "suffix-issuer", weight: 2, make: func(s *scene) {
			t := s.session()
			if s.chance(10) {
				t.payload.del("iss")
			} else {
				t.payload.set("iss", s.one(js("https://"+s.fapi), js("http://"+s.fapi), js("HTTPS://"+s.fapi), js(s.fapi), js("https://"+s.fapi+"/"), js("https://"+strings.ToUpper(s.fapi)),
					js("https://https://"+s.fapi), js("https://"+strings.Replace(s.fapi, ".", ".https://", 1)), js("https://"+s.fapi+":443"), `"https://clerk.foreign.com"`, `""`, `null`, `0`, `5`,
					`true`, `[]`, `{}`, js([]string{"https://" + s.fapi}), js("hhttps://ttps://"+s.fapi), js("ftp://"+s.fapi)))
			}
			s.cookie("__session", t.String())
			if s.chance(70) {
				s.cookie("__client_uat", "5")
			}
			if s.chance(60) {
				s.cookie(s.suffixed("__client_uat"), s.one("0", "5", "7"))
			}
			if s.chance(60) {
				other := s.session()
				other.claims("sub", "user_suffixed")
				s.cookie(s.suffixed("__session"), other.String())
			}
			s.devBrowser()
			s.anything()
		}},
		{name: "quirk-suffix-iat-type", make: func(s *scene) {
			a, b := s.session(), s.session()
			a.payload.set("iat", s.one(`"5"`, `null`, `true`, `[]`, `1`, `"x"`))
			b.payload.set("iat", s.one(`"5"`, `null`, `true`, `[]`, `2`, `"10"`))
			b.claims("sub", "user_suffixed")
			s.cookie("__session", a.String())
			s.cookie(s.suffixed("__session"), b.String())
			s.cookie("__client_uat", "1")
			s.cookie(s.suffixed("__client_uat"), "1")
			s.devBrowser()
			s.anything()
		}},
	}
}

// suffixCookies sends all combinations that the choice between the two sets of cookies looks at.
func (s *scene) suffixCookies() {
	for _, suffixed := range []bool{false, true} {
		name := func(base string) string {
			if suffixed {
				return s.suffixed(base)
			}
			return base
		}
		switch s.IntN(6) {
		case 0, 1:
		case 2:
			s.cookie(name("__client_uat"), "0")
		case 3:
			s.cookie(name("__client_uat"), s.one("", "x", "-1", "00"))
		default:
			s.cookie(name("__client_uat"), js(s.secs()-pick[int64](s, 0, 15, 16, 20, 100)))
		}
		t := s.session()
		t.claims("sub", s.one("user_a", "user_b"))
		switch s.IntN(10) {
		case 0, 1:
			t = nil
		case 2:
			s.cookie(name("__session"), s.one("garbage", "a.b.c", "", "e30.e30.AA", "%"))
			t = nil
		case 3:
			t.claims("iss", "https://clerk.foreign.com")
		case 4:
			t.payload.del("iss")
		case 5:
			t.claims("exp", s.secs()-pick[int64](s, 0, 1, 4, 5, 100), "iat", s.secs()-200)
		case 6:
			t.claims("iat", s.secs()-pick[int64](s, 10, 15, 16, 20))
		case 7:
			t.payload.del(s.one("iat", "exp"))
		}
		if t != nil {
			s.cookie(name("__session"), t.String())
		}
		if s.chance(60) {
			s.cookie(name("__clerk_db_jwt"), "dvb_"+s.one("a", "b"))
		}
	}
	if s.chance(20) {
		s.cookie(s.suffixed("__refresh"), "rt_1")
		s.c.Backend.Refresh = s.refreshed(s.session().String())
	}
	s.Shuffle(len(s.cookies), func(i, j int) { s.cookies[i], s.cookies[j] = s.cookies[j], s.cookies[i] })
}
