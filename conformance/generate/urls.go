package generate

// urlFamilies aim at the public URL of the request.
func urlFamilies() []family {
	return []family{
		{name: "url-forwarded", weight: 3, make: func(s *scene) {
			s.seen()
			if s.chance(60) {
				s.header("X-Forwarded-Host", s.one("public.example.com", "public.example.com:8443", "public.example.com:443", "public.example.com:80", "a.example.com,b.example.com", "a.example.com, b.example.com", "PUBLIC.example.com", "[::1]:3000", "127.0.0.1:3000", "app.example.com",
					"xn--mnchen-3ya.de", "public.example.com.", "1.2.3", "0x7f000001", "localhost"))
			}
			if s.chance(60) {
				s.header("X-Forwarded-Proto", s.one("https", "http", "https,http", "http,https", "HTTPS", "Http"))
			}
			if s.chance(30) {
				s.header("Host", s.one("internal:8080", "app.example.com", "app.example.com:443", "app.example.com:80"))
			}
			s.c.Request.URL = s.one("https", "http") + "://" + s.one("app.example.com", "internal:8080", "localhost:3000") + s.one("/", "/p", "/p?q=1", "/p?a=b%20c&d")
		}},
		{name: "quirk-url-forwarded", weight: 2, make: func(s *scene) {
			s.seen()
			if s.chance(70) {
				s.header("X-Forwarded-Host", s.one("", " ", ",", ",b.example.com", "a.example.com ,b.example.com", "user@h.example.com", "h.example.com/evil", "<invalid>", "a b", `"h"`, "h.example.com?x=1", "h.example.com#x", "h.example.com\\x", "h.example.com:port", "h.example.com:99999", ":8080", "[::1", "%61.example.com",
					"a.example.com;b", "é.example.com", "h.example.com:", "//h.example.com", "http://h.example.com", ".", "..", "a..b", "-a.example.com", "a_b.example.com", "*"))
			}
			if s.chance(50) {
				s.header("X-Forwarded-Proto", s.one("", " ", ",https", "https , http", "javascript", "wss", "ws", "ftp", "file", "https:", "https://", "1http", "ht tp", "data", "blob", "mailto", "é"))
			}
		}},
		{name: "url-forwarded-repeated", make: func(s *scene) {
			s.seen()
			s.header("X-Forwarded-Host", "a.example.com")
			s.header("X-Forwarded-Host", "b.example.com")
			if s.chance(50) {
				s.header("X-Forwarded-Proto", "http")
				s.header("X-Forwarded-Proto", "https")
			}
		}},
		{name: "url-headers-never-read", make: func(s *scene) {
			s.seen()
			s.header("X-Forwarded-Port", "8443")
			s.header("Forwarded", "host=evil.example.com;proto=http")
			s.header("CloudFront-Forwarded-Proto", s.one("http", "https"))
			s.header("X-Forwarded-For", "1.2.3.4")
			s.header("Sec-Fetch-Site", "cross-site")
			s.header("X-Original-Host", "evil.example.com")
			s.header("Origin", "https://evil.example.com")
		}},
		{name: "url-host", weight: 2, make: func(s *scene) {
			s.seen()
			s.header("Host", s.one("app.example.com", "APP.example.com", "app.example.com:443", "app.example.com:80", "app.example.com:8443", "localhost:3000", "127.0.0.1", "[::1]", "[::1]:8080", "", "app.example.com."))
			s.c.Request.URL = s.one("https", "http") + "://" + s.one("app.example.com", "clerk-dummy") + s.one("/", "/p?q=1")
		}},
		{name: "quirk-url-host", make: func(s *scene) {
			s.seen()
			s.header("Host", s.one("a b", "a/b", "user@h", "h:port", "h:99999", "<h>", "1.2.3.4.5", "256.1.1.1", "0x7f.1", "017700000001", "a%b", "%41", "h?x", "h#x", "[", "[::1]:", "é.com", "a_b.com", "xn--", "xn--a", "a,b"))
		}},
		{name: "url-path", weight: 2, make: func(s *scene) {
			s.seen()
			s.path(s.oddPath())
			if s.chance(50) {
				s.header("X-Forwarded-Host", "public.example.com")
			}
			s.organizationMaybe()
		}},
		{name: "url-quirk-path", weight: 2, make: func(s *scene) {
			s.seen()
			s.path(s.one("/a|b", "/a^b`c", "/{x}", "/a\\b", "/\\evil.com/x", `/"q"`, "/<x>", "/a b", "/é", "/a?x=\"y\"", "/a?x=<y>", "/a?x={y}|^`", "/a?x=\\", "/a?x=é", "/a?x= y", "/a\tb", "/a?x=y#frag", "/a#frag", "/\u00a0", "/a?\u00e9=1"))
			if s.chance(50) {
				s.header("X-Forwarded-Host", "public.example.com")
			}
		}},
		{name: "quirk-url-double-slash", make: func(s *scene) {
			s.seen()
			s.path(s.one("//evil.com/p", "//", "///", "//evil.com", "/\\evil.com", "//user@evil.com/x?y", "///evil.com/p", "//evil.com:8080/", "/.//evil.com/p", "/a/..//evil.com", "//%65vil.com/"))
			if s.chance(60) {
				s.header("X-Forwarded-Host", s.one("public.example.com", "app.example.com"))
			}
			if s.chance(40) {
				s.header("X-Forwarded-Proto", "http")
			}
		}},
		{name: "url-query", weight: 2, make: func(s *scene) {
			s.seen()
			s.query(s.oddQuery())
			if s.chance(50) {
				s.query(s.oddQuery())
			}
			if s.chance(30) {
				s.header("X-Forwarded-Proto", "http")
			}
		}},
		{name: "url-empty-query", make: func(s *scene) {
			s.seen()
			s.c.Request.URL += s.one("?", "?&", "?__dev_session=1", "?__clerk_db_jwt=", "?__dev_session")
		}},
		{name: "url-ports", make: func(s *scene) {
			s.seen()
			s.c.Request.URL = s.one("http://app.example.com:80/", "https://app.example.com:443/x", "http://app.example.com:443/x", "https://app.example.com:80/", "http://app.example.com:8080/?a", "https://APP.Example.com/")
		}},
	}
}

// seen makes the public URL visible in the answer: in a handshake, and in the redirects.
func (s *scene) seen() {
	s.cookie("__client_uat", "5")
	s.devBrowser()
	s.header("Sec-Fetch-Dest", "document")
	s.c.Redirect = redirectDefault()
}

func (s *scene) organizationMaybe() {
	if s.chance(50) {
		path := s.c.Request.URL
		s.organizationPatterns()
		s.c.Request.URL = path
		s.c.Options.OrganizationSync.OrganizationPatterns = []string{s.one("/:slug", "/:slug/(.*)", "/a/:id", "/(.*)", "/:slug*")}
	}
}

// proxyFamilies aim at a Frontend API behind a proxy.
func proxyFamilies() []family {
	return []family{
		{name: "proxy-absolute", make: func(s *scene) {
			s.c.Options.ProxyURL = s.one("https://proxy.example.com/__clerk", "https://proxy.example.com/__clerk/", "https://proxy.example.com/clerk//", "http://localhost:3000/__clerk", "https://proxy.example.com", "https://proxy.example.com:443/x", "HTTPS://Proxy.example.com/Y",
				"https://proxy.example.com/a%20b", "https://proxy.example.com/a?b=c", "https://proxy.example.com/a#b")
			s.gateReason()
			s.anything()
			s.c.Redirect = redirectDefault()
		}},
		{name: "proxy-relative", make: func(s *scene) {
			s.c.Options.ProxyURL = s.one("/__clerk", "/__clerk/", "/", "/a/b", "//x", "/__clerk//", "/a?b=c", "/a/../b")
			s.gateReason()
			s.anything()
			if s.chance(40) {
				s.header("X-Forwarded-Host", "public.example.com")
			}
		}},
		{name: "quirk-proxy-without-scheme", make: func(s *scene) {
			s.c.Options.ProxyURL = s.one("proxy.example.com/__clerk", "ftp://proxy.example.com", "httpx", "http:/x", "https:x", "proxy", "HTTP://x", ":", "http://", "a b")
			s.gateReason()
			s.anything()
		}},
		{name: "proxy-signed-in", make: func(s *scene) {
			s.c.Options.ProxyURL = s.one("https://proxy.example.com/__clerk", "/__clerk")
			s.sessionCookies(s.session().String())
			s.anything()
		}},
		{name: "quirk-auto-proxy-env", weight: 2, make: func(s *scene) {
			s.instance(s.chance(80))
			s.c.Env = map[string]string{"VERCEL_TARGET_ENV": s.one("production", "production", "production", "preview", "Production")}
			if s.chance(85) {
				s.c.Env["VERCEL_PROJECT_PRODUCTION_URL"] = s.one("x.vercel.app", "https://x.vercel.app", "x.vercel.app/path", "example.com", "vercel.app", ".vercel.app", "x.vercel.app.evil.com", "http://x.vercel.app:80/y", "X.VERCEL.APP", "https://")
			}
			if s.chance(30) {
				s.c.Env["CLERK_DISABLE_AUTO_PROXY"] = s.one("true", "1", "false", "0", "yes", "TRUE", "2abc", "")
			}
			if s.chance(20) {
				s.c.Options.Domain = "satellite.example.org"
			}
			if s.chance(15) {
				s.c.Options.ProxyURL = "https://proxy.example.com/__clerk"
			}
			s.gateReason()
			s.document()
		}},
	}
}
