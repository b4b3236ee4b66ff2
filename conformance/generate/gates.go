package generate

// gateFamilies aim at what decides between a handshake and being signed out.
func gateFamilies() []family {
	return []family{
		{name: "gate-eligibility", weight: 3, make: func(s *scene) {
			s.gateReason()
			s.c.Request.Method = s.one("GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")
			if s.chance(70) {
				s.header("Sec-Fetch-Dest", s.one("document", "iframe", "empty", "Document", "DOCUMENT", "frame", "", " document ", "document, document", "embed", "nested-document", "script"))
			}
			if s.chance(70) {
				s.header("Accept", s.one("text/html", "text/html,*/*", "TEXT/HTML", " text/html", "application/json, text/html", "*/*", "", "text/htmlx", "text/plain", "text/*"))
			}
			if s.chance(10) {
				s.header("Sec-Fetch-Dest", "document")
			}
		}},
		{name: "gate-method-case", make: func(s *scene) {
			s.gateReason()
			s.c.Request.Method = s.one("PROPFIND", "PURGE", "REPORT", "PATCH")
			s.header("Sec-Fetch-Dest", "document")
		}},
		{name: "gate-loop-counter", weight: 2, make: func(s *scene) {
			s.gateReason()
			s.document()
			s.cookie("__clerk_redirect_count", s.one("0", "1", "2", "3", "4", "5", "-1", "3abc", "0x3", "0b11", "0o3", "1e0", "3.0", " 3", "%203%20", "", "abc", "NaN", "Infinity", "-Infinity", "2.5", "03", "3_0",
				"30e-1", "1e21", "1e400", "123456789012345678901", "0.1", "1e-7", "+3", "--3", ".3e1", "3.", "0X3", "0x", "-0x3", "1,5", "%0A3", "%C2%A03", "%E2%80%803", "%EF%BB%BF3"))
		}},
		{name: "gate-expired", make: func(s *scene) {
			t := s.session()
			t.claims("exp", s.secs()-100, "iat", s.secs()-200)
			s.browser(t.String(), s.secs()-300)
			s.anything()
		}},
		{name: "gate-not-active-yet", make: func(s *scene) {
			t := s.session()
			t.claims(s.one("nbf", "iat"), s.secs()+100)
			if s.chance(50) {
				s.browser(t.String(), s.secs()-20)
				if s.chance(30) {
					s.cookie(s.suffixed("__refresh"), "rt_1")
				}
			} else {
				s.bearer(t.String())
			}
			s.anything()
		}},
		{name: "gate-header-token-expired", make: func(s *scene) {
			t := s.session()
			t.claims("exp", s.secs()-100)
			s.bearer(t.String())
			if s.chance(50) {
				s.sessionCookies(s.session().String())
			}
			s.anything()
			s.anyAccept()
		}},
		{name: "gate-dev-browser", weight: 2, make: func(s *scene) {
			s.instance(s.chance(20))
			switch s.IntN(4) {
			case 0:
				s.cookie("__clerk_db_jwt", s.one("dvb", "", "a b", "x&y=z"))
			case 1:
				s.cookie(s.suffixed("__clerk_db_jwt"), "dvb_s")
			case 2:
				s.cookie("__clerk_db_jwt", "dvb")
				s.cookie(s.suffixed("__clerk_db_jwt"), "dvb_s")
			}
			if s.chance(50) {
				s.query(s.one("__clerk_db_jwt=q", "__clerk_db_jwt=", "__clerk_db_jwt", "__clerk_db_jwt=a&__clerk_db_jwt=b", "__clerk_db_jwt=&__clerk_db_jwt=b", "__CLERK_DB_JWT=q", "%5f_clerk_db_jwt=q", "__clerk_db_jwt=%20",
					"__clerk_db_jwt=a%26b", "__dev_session=old", "__dev_session=old&__clerk_db_jwt=new", "__clerk_db_jwt=a+b", "__clerk_db_jwt=%zz", "__clerk_db_jwt=%C3", "__clerk_db_jwt=%FF"))
			}
			if s.chance(50) {
				s.sessionCookies(s.session().String())
			}
			s.anything()
		}},
		{name: "gate-url-in-handshake", weight: 2, make: func(s *scene) {
			s.gateReason()
			s.header("Sec-Fetch-Dest", "document")
			s.path(s.oddPath())
			s.query(s.oddQuery())
		}},
		{name: "gate-session-in-handshake", make: func(s *scene) {
			s.cookie("__session", s.one("x y", "a&b=c", "a+b", "%C3%A9", "~!*'()", "a/b?c#d", "\u00e9", "`{}|^", `"q"`, "a\\b"))
			if s.chance(30) {
				s.cookie("__client_uat", "0")
			}
			s.devBrowser()
			s.header("Sec-Fetch-Dest", "document")
		}},
		{name: "gate-header-token-in-handshake", make: func(s *scene) {
			t := s.session()
			t.claims("exp", s.secs()-100)
			s.bearer(t.String())
			s.cookie("__session", s.one("cookie-token", ""))
			s.header("Sec-Fetch-Dest", "document")
		}},
	}
}

// gateReason makes the request one that needs a handshake if it may have one.
func (s *scene) gateReason() {
	switch s.IntN(6) {
	case 0:
		s.devBrowser()
		s.cookie("__client_uat", "5")
	case 1:
		s.devBrowser()
		s.cookie("__session", s.session().String())
	case 2:
		s.browser(s.session().String(), s.secs())
	case 3:
		t := s.session()
		t.claims("exp", s.secs()-100, "iat", s.secs()-200)
		s.browser(t.String(), s.secs()-300)
	case 4:
		t := s.session()
		t.claims(s.one("nbf", "iat"), s.secs()+100)
		s.browser(t.String(), s.secs()-20)
	default:
		s.instance(false)
		if s.chance(50) {
			s.query("__clerk_db_jwt=dvb_query")
		}
	}
}

func (s *scene) oddPath() string {
	return s.one("/", "/a", "/a/b/", "/a%20b", "/a%2Fb", "/a/../b", "/a/./b", "/a/%2e%2e/b", "/a/%2E/b", "/a/..", "/..", "/%", "/%zz", "/%C3%A9", "/~x", "/!$&'()*+,;=:@", "/a;b=c", "/a//b", "/a///", "/%00",
		"/a%5Cb", "/index.php/x", "/:80", "/@x", "/%7Euser", "/[x]", "/*", "/.well-known/x", "/a%2f%2Fb", "/%252e", "/a%0Ab", "/...", "/a/%2e", "/%E2%80%AE")
}

func (s *scene) oddQuery() string {
	return s.one("a=b%20c", "a=b+c", "a", "a=", "=b", "&&", "a=1&a=2", "a=~!*'()", "a=%7E%21", "q=%C3%A9", "q=%FF", "q=%zz", "q=%", "a=b=c", "a;b", "a=1;b=2", "__clerk_synced=true", "__clerk_handshake_help=1",
		"redirect_url=https%3A%2F%2Fx.com", "x=%26y%3D1", "x[]=1&x[]=2", "?", "a?b=c", "%20", "+", "a=%2B", "x='y'", "x=%22%3C%3E", "x=%5E%60%7B%7C%7D", "x=-._*", "__dev_session=1", "__dev_session=1&z=~",
		"b=2&a=1", "%61=1", "__clerk_helper=1", "utm=a%2520b", "x=/a/b?c", "x=a:b@c", "x=%E2%82%AC", "x=%ED%A0%80")
}
