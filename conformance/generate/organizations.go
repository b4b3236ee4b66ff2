package generate

import "github.com/clerkgo/clerkgo/conformance/protocol"

// organizationFamilies aim at the activation of the organization that the path names.
func organizationFamilies() []family {
	return []family{
		{name: "organization-sync", weight: 4, make: func(s *scene) {
			t := s.session()
			s.someOrganization(t)
			s.organizationPatterns()
			s.sessionCookies(t.String())
			s.header("Sec-Fetch-Dest", "document")
		}},
		{name: "organization-sync-eligibility", make: func(s *scene) {
			t := s.session()
			s.someOrganization(t)
			s.organizationPatterns()
			s.sessionCookies(t.String())
			s.anything()
		}},
		{name: "organization-sync-loop", make: func(s *scene) {
			t := s.session()
			s.organizationPatterns()
			s.path("/orgs/other")
			s.sessionCookies(t.String())
			s.cookie("__clerk_redirect_count", s.one("0", "1", "2", "3", "4", "2.9", "-1", "x", "0x3"))
			s.header("Sec-Fetch-Dest", "document")
		}},
		{name: "organization-sync-paths", weight: 2, make: func(s *scene) {
			t := s.session()
			s.someOrganization(t)
			s.c.Options.OrganizationSync = &protocol.OrganizationSync{
				OrganizationPatterns:    []string{s.one("/orgs/:slug", "/orgs/:slug/(.*)", "/orgs/:slug(.*)", "/orgs/:id/:rest*", "/:slug", "/o/:slug+", "/o{/:slug}?", "/orgs/:slug-:id", "/orgs/:slug.:ext")},
				PersonalAccountPatterns: []string{s.one("/me", "/me/(.*)", "/me(.*)", "/:any*")},
			}
			s.path(s.one("/orgs/acme", "/orgs/acme/", "/orgs/acme//", "/orgs/acme/x", "/ORGS/Acme", "/orgs/a%20b", "/orgs/a%2Fb", "/orgs/acme?x=1", "/orgs//acme", "/orgs/", "/orgs", "/acme", "/me", "/me/", "/me/x", "/ME", "/o/a/b", "/o", "/o/x", "/orgs/org_1/x/y", "/orgs/./acme",
				"/orgs/acme/..", "/orgs/%61cme", "/orgs/acme;v=1", "/orgs/a-b", "/orgs/a.b", "/orgs/%E2%82%AC", "/orgs/%"))
			s.sessionCookies(t.String())
			s.header("Sec-Fetch-Dest", "document")
		}},
		{name: "organization-in-handshake", make: func(s *scene) {
			s.organizationPatterns()
			s.gateReason()
			s.header("Sec-Fetch-Dest", "document")
		}},
		{name: "organization-sync-pending", make: func(s *scene) {
			t := s.session()
			t.claims("sts", "pending")
			s.someOrganization(t)
			s.organizationPatterns()
			s.sessionCookies(t.String())
			s.document()
		}},
		{name: "organization-sync-header-token", make: func(s *scene) {
			t := s.session()
			s.someOrganization(t)
			s.organizationPatterns()
			s.bearer(t.String())
			s.document()
		}},
		{name: "organization-sync-after-refresh", make: func(s *scene) {
			s.organizationPatterns()
			s.expired()
			s.c.Backend.Refresh = s.refreshed(s.session().String())
			s.document()
		}},
		{name: "organization-sync-lists", make: func(s *scene) {
			t := s.session()
			s.someOrganization(t)
			s.c.Options.OrganizationSync = &protocol.OrganizationSync{OrganizationPatterns: pick(s, []string{"/orgs/:slug", "/orgs/:id"}, []string{"/orgs/:id", "/orgs/:slug"}, []string{"/orgs/:other", "/orgs/:slug"}, []string{"/x", "/orgs/:slug"}, []string{"/orgs/:slug/:id"}, nil)}
			if s.chance(50) {
				s.c.Options.OrganizationSync.PersonalAccountPatterns = []string{"/orgs/:x", "/me"}
			}
			s.path(s.one("/orgs/acme", "/orgs/org_1", "/orgs/acme/org_1", "/me", "/x"))
			s.sessionCookies(t.String())
			s.header("Sec-Fetch-Dest", "document")
		}},
		{name: "quirk-organization-sync-empty-list", make: func(s *scene) {
			t := s.session()
			s.someOrganization(t)
			s.c.Options.OrganizationSync = pick(s, &protocol.OrganizationSync{PersonalAccountPatterns: []string{}}, &protocol.OrganizationSync{OrganizationPatterns: []string{}},
				&protocol.OrganizationSync{OrganizationPatterns: []string{"/orgs/:slug"}, PersonalAccountPatterns: []string{}}, &protocol.OrganizationSync{OrganizationPatterns: []string{""}})
			s.sessionCookies(t.String())
			s.document()
		}},
		{name: "organization-sync-pattern-invalid", make: func(s *scene) {
			bad := s.one("/orgs/:id/***", "/orgs/:", "/orgs/(", "/orgs/)", "/orgs/{", "/orgs/:id(", "/orgs/(?x)", "/orgs/()", "/orgs/:a:b", "+", "*", "?", "/orgs/:id/+", "/[", "/a(b(c))", "/:id(?=x)")
			if s.chance(50) {
				s.c.Options.OrganizationSync = &protocol.OrganizationSync{OrganizationPatterns: []string{"/ok", bad}}
			} else {
				s.c.Options.OrganizationSync = &protocol.OrganizationSync{PersonalAccountPatterns: []string{bad}}
			}
			s.carry(s.session().String())
		}},
	}
}

func (s *scene) someOrganization(t *token) {
	switch s.IntN(4) {
	case 0:
	case 1:
		t.claims("org_id", "org_1", "org_slug", "acme", "org_role", "org:admin")
	case 2:
		t.claims("v", 2, "o", map[string]string{"id": "org_1", "slg": "acme", "rol": "admin"})
	default:
		t.claims("org_id", "org_1")
	}
}

// organizationPatterns configures organization sync and a path that it may concern.
func (s *scene) organizationPatterns() {
	s.c.Options.OrganizationSync = &protocol.OrganizationSync{
		OrganizationPatterns:    []string{"/orgs/:slug", "/orgs/:slug/(.*)", "/organizations/:id", "/organizations/:id/(.*)"},
		PersonalAccountPatterns: []string{"/me", "/me/(.*)"},
	}
	s.path(s.one("/orgs/acme", "/orgs/other", "/orgs/acme/x", "/organizations/org_1", "/organizations/org_9/y", "/me", "/me/z", "/elsewhere", "/"))
}

// refreshFamilies aim at the exchange of an expired session token.
func refreshFamilies() []family {
	return []family{
		{name: "refresh", weight: 3, make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = s.refreshed(s.session().String())
			s.anything()
		}},
		{name: "refresh-eligibility", make: func(s *scene) {
			t := s.session()
			t.claims("exp", s.secs()-100, "iat", s.secs()-200)
			s.browser(t.String(), s.secs()-300)
			if s.chance(60) {
				s.cookie(s.suffixed("__refresh"), s.one("rt_1", ""))
			}
			s.c.Backend.Refresh = s.refreshed(s.session().String())
			s.c.Request.Method = s.one("GET", "GET", "POST", "HEAD", "OPTIONS")
			if s.chance(50) {
				s.header("Sec-Fetch-Dest", s.one("document", "empty"))
			}
		}},
		{name: "refresh-suffixed", make: func(s *scene) {
			t := s.session()
			t.claims("exp", s.secs()-100, "iat", s.secs()-200)
			suffixed := s.chance(50)
			name := func(base string) string {
				if suffixed {
					return s.suffixed(base)
				}
				return base
			}
			s.cookie(name("__session"), t.String())
			s.cookie(name("__client_uat"), js(s.secs()-300))
			s.cookie(name("__clerk_db_jwt"), "dvb")
			s.cookie(s.suffixed("__refresh"), "rt_1")
			s.c.Backend.Refresh = s.refreshed(s.session().String())
			s.anything()
		}},
		{name: "refresh-errors", weight: 2, make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = pick(s, apiError(401, "refresh_token_expired"), apiError(404, "session_not_found"), apiError(400, "unexpected_error"), apiError(422, ""), apiError(400, "with space"),
				&protocol.Reply{Status: 401, JSON: []byte(`{"errors":[{"code":"first"},{"code":"second"}]}`)}, nil)
			s.anything()
		}},
		{name: "quirk-refresh-unanswered", weight: 2, make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = pick(s, apiError(401, "clerk_key_invalid"), apiError(500, "internal"), apiError(429, "too_many_requests"), apiError(408, "x"), &protocol.Reply{NetworkError: true}, &protocol.Reply{Status: 503, Text: "<html>"},
				&protocol.Reply{Status: 500, JSON: []byte(`{}`)}, &protocol.Reply{Status: 500, JSON: []byte(`{"errors":[]}`)}, &protocol.Reply{Status: 500, Text: "", ContentType: "application/json"}, &protocol.Reply{Status: 400, JSON: []byte(`[]`)},
				&protocol.Reply{JSON: []byte(`{"object":"cookies","cookies":null}`)}, &protocol.Reply{JSON: []byte(`{"object":"cookies"}`)}, &protocol.Reply{JSON: []byte(`{"object":"token","jwt":"x"}`)}, &protocol.Reply{JSON: []byte(`{}`)},
				&protocol.Reply{Text: "ok"}, &protocol.Reply{Text: "", ContentType: "application/json"}, &protocol.Reply{Text: "{", ContentType: "application/json"})
			if s.chance(20) {
				s.c.Backend.Refresh = s.refreshed(s.session().String())
				s.c.Backend.Refresh.ContentType = s.one("text/plain", "text/html", "application/vnd.api+json", "nonsense")
			}
			s.anything()
		}},
		{name: "refresh-token-expired", make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = apiError(pick(s, 400, 401, 403), "refresh_token_expired")
			s.anything()
		}},
		{name: "refresh-with-undecodable-cookie", make: func(s *scene) {
			t := s.session()
			t.claims("exp", s.secs()-100, "iat", s.secs()-200)
			s.bearer(t.String())
			s.cookie("__session", s.one("garbage", "a.b.c", ".."))
			s.cookie(s.suffixed("__refresh"), "rt_1")
			s.anyAccept()
			s.anything()
		}},
		{name: "quirk-refresh-error-shape", make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = &protocol.Reply{Status: pick(s, 400, 500), JSON: []byte(s.one(`{"errors":null}`, `{"errors":"x"}`, `{"errors":{}}`, `{"errors":[null]}`, `{"errors":[{}]}`, `{"errors":[{"code":null}]}`, `{"errors":[{"code":5}]}`, `{"errors":["x"]}`, `null`, `"x"`))}
			s.anything()
		}},
		{name: "refresh-error-code-text", make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = apiError(400, s.one("a\nb", "a\r\nx: y", "a\u20acb", "\u00e9", " a ", "a&b=c", "a;b", "\u0000", "a\tb"))
			s.header("Sec-Fetch-Dest", s.one("document", "empty"))
		}},
		{name: "quirk-refresh-error-code-control", make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = apiError(400, s.one("a\u007f", "a\u0001b", "\u001b[0m"))
			s.anything()
		}},
		{name: "refresh-cookies", weight: 2, make: func(s *scene) {
			s.expired()
			fresh := s.session().String()
			s.c.Backend.Refresh = pick(s, s.cookiesReply("__session="+fresh), s.cookiesReply("other=1"), s.cookiesReply("__session="), s.cookiesReply("__session=a; Path=/", "__session_x="+fresh+"; Path=/"),
				s.cookiesReply("__session="+fresh, "__session_x=; Max-Age=0"), s.cookiesReply("__session= "+fresh), s.cookiesReply(" __session="+fresh), s.cookiesReply("__session="+fresh+"=x"), s.cookiesReply(""))
			s.anything()
		}},
		{name: "refresh-cookies-latin1", make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = s.cookiesReply("a=\u00e9", "__session="+s.session().String()+"; X=\u00ff")
			s.anything()
		}},
		{name: "quirk-refresh-cookie-without-value", make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = pick(s, s.cookiesReply("__session"), s.cookiesReply("__session="+s.session().String(), "__session; Path=/"))
			s.anything()
		}},
		{name: "refresh-without-cookies", make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = &protocol.Reply{JSON: []byte(`{"object":"cookies","cookies":[]}`)}
			s.anything()
		}},
		{name: "quirk-refresh-shape", make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = pick(s, &protocol.Reply{Status: 204}, &protocol.Reply{JSON: []byte(`null`)}, &protocol.Reply{JSON: []byte(`[]`)}, &protocol.Reply{JSON: []byte(`"x"`)}, &protocol.Reply{JSON: []byte(`{"object":"cookies","cookies":"abc"}`)},
				&protocol.Reply{JSON: []byte(`{"object":"cookies","cookies":[5]}`)}, &protocol.Reply{JSON: []byte(`{"object":"cookies","cookies":[null]}`)}, &protocol.Reply{JSON: []byte(`{"object":"cookies","cookies":{}}`)},
				&protocol.Reply{JSON: []byte(`{"cookies":` + js([]string{"__session=" + s.session().String()}) + `}`)}, &protocol.Reply{JSON: []byte(`{"object":"other","cookies":` + js([]string{"__session=" + s.session().String()}) + `}`)},
				&protocol.Reply{Status: 201, JSON: []byte(`{"object":"cookies","cookies":` + js([]string{"__session=" + s.session().String()}) + `}`)}, s.cookiesReply("a=\n", "__session="+s.session().String()), s.cookiesReply("a=\u20ac", "__session="+s.session().String()))
			s.anything()
		}},
		{name: "quirk-refresh-content-type", make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = s.refreshed(s.session().String())
			s.c.Backend.Refresh.ContentType = s.one("application/json; charset=utf-8", "application/json;charset=utf-8", "APPLICATION/JSON")
			if s.chance(30) {
				s.c.Backend.Refresh = apiError(401, "refresh_token_expired")
				s.c.Backend.Refresh.ContentType = "application/json; charset=utf-8"
			}
			s.anything()
		}},
		{name: "refresh-new-token-invalid", make: func(s *scene) {
			s.expired()
			t := s.session()
			switch s.IntN(5) {
			case 0:
				t.claims("exp", s.secs()-100)
			case 1:
				t.key = s.keys.other
			case 2:
				t.header.set("kid", `"gone"`)
			case 3:
				t.claims(s.one("nbf", "iat"), s.secs()+100)
			default:
				t.header.set("typ", `"at+jwt"`)
			}
			s.c.Backend.Refresh = s.refreshed(t.String())
			s.anything()
		}},
		{name: "quirk-refresh-new-token-is-no-session", make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = s.refreshed(s.noSession())
			s.anything()
		}},
		{name: "refresh-session-id", make: func(s *scene) {
			t := s.session()
			t.claims("exp", s.secs()-100, "iat", s.secs()-200)
			if s.chance(30) {
				t.payload.del("sid")
			} else {
				t.claims("sid", s.one("", "sess_1", "sess-2", "SESS_3"))
			}
			s.browser(t.String(), s.secs()-300)
			s.cookie(s.suffixed("__refresh"), "rt_1")
			s.c.Backend.Refresh = s.refreshed(s.session().String())
			s.anything()
		}},
		{name: "quirk-refresh-session-id", make: func(s *scene) {
			t := s.session()
			t.claims("exp", s.secs()-100, "iat", s.secs()-200)
			t.payload.set("sid", s.one(`"sess_A.b"`, `"sess_~x"`, `"a b"`, `"a/b"`, `"../x"`, `".."`, `"%2e%2e"`, `"a?b"`, `"a#b"`, `5`, `true`, `["sess_1"]`, `{}`, `"é"`, `"a\\b"`, `null`, `0`, `" "`, `"/"`))
			s.browser(t.String(), s.secs()-300)
			s.cookie(s.suffixed("__refresh"), "rt_1")
			s.c.Backend.Refresh = s.refreshed(s.session().String())
			s.anything()
		}},
		{name: "refresh-for-header-token", make: func(s *scene) {
			t := s.session()
			t.claims("exp", s.secs()-100, "iat", s.secs()-200)
			s.bearer(t.String())
			s.cookie(s.suffixed("__refresh"), "rt_1")
			switch s.IntN(4) {
			case 0:
				s.cookie("__session", s.one("garbage", s.session().String()))
			case 1:
				other := s.session()
				other.claims("sid", "sess_other")
				s.cookie("__session", other.String())
			}
			s.c.Backend.Refresh = s.refreshed(s.session().String())
			s.anyAccept()
			s.anything()
		}},
		{name: "refresh-no-referer-check", make: func(s *scene) {
			s.expired()
			s.c.Backend.Refresh = s.refreshed(s.session().String())
			s.header("Referer", s.referer())
			s.header("Sec-Fetch-Dest", "document")
		}},
		{name: "refresh-token-characters", make: func(s *scene) {
			t := s.session()
			t.claims("exp", s.secs()-100, "iat", s.secs()-200)
			s.browser(t.String(), s.secs()-300)
			s.cookie(s.suffixed("__refresh"), s.one("rt%201", "rt\u00e9", "rt%091"))
			s.c.Backend.Refresh = s.refreshed(s.session().String())
			s.anything()
		}},
		{name: "refresh-pending", make: func(s *scene) {
			s.expired()
			t := s.session()
			t.claims("sts", "pending")
			s.organizationV2(t)
			s.c.Backend.Refresh = s.refreshed(t.String())
			s.anything()
			s.ask(s.queries(2)...)
		}},
	}
}

// expired sends an expired session and a refresh cookie.
func (s *scene) expired() {
	t := s.session()
	t.claims("exp", s.secs()-pick[int64](s, 6, 100, 100000), "iat", s.secs()-200000)
	s.browser(t.String(), s.secs()-300000)
	s.cookie(s.suffixed("__refresh"), s.one("rt_1", "rt_2"))
}
