package generate

import "net/url"

// satelliteFamilies aim at applications that span several domains.
func satelliteFamilies() []family {
	return []family{
		{name: "satellite", weight: 4, make: func(s *scene) {
			s.satellite()
			s.satelliteCookies()
			s.anything()
		}},
		{name: "satellite-synced", weight: 3, make: func(s *scene) {
			s.satellite()
			s.satelliteCookies()
			s.query(s.one("__clerk_synced=false", "__clerk_synced=true", "__clerk_synced=", "__clerk_synced", "__clerk_synced=False", "__clerk_synced=true&__clerk_synced=false", "__clerk_synced=false&__clerk_synced=true", "__clerk_synced=false&__clerk_db_jwt=dvb_q",
				"__clerk_synced=true&__clerk_db_jwt=dvb_q", "__clerk_synced=1"))
			s.header("Sec-Fetch-Dest", s.one("document", "document", "document", "iframe", "empty"))
			if s.chance(15) {
				s.c.Request.Method = "POST"
			}
		}},
		{name: "satellite-navigation", make: func(s *scene) {
			s.satellite()
			s.c.Request.Method = s.one("GET", "GET", "POST", "HEAD")
			if s.chance(70) {
				s.header("Sec-Fetch-Dest", s.one("document", "iframe", "empty", "Document"))
			}
			if s.chance(60) {
				s.header("Accept", "text/html")
			}
			s.c.Options.SatelliteAutoSync = new(s.chance(80))
			s.devBrowser()
		}},
		{name: "satellite-loop", make: func(s *scene) {
			s.satellite()
			s.c.Options.SatelliteAutoSync = new(true)
			s.cookie("__clerk_redirect_count", s.one("0", "1", "2", "3", "4"))
			s.header("Sec-Fetch-Dest", "document")
			if s.chance(50) {
				s.query("__clerk_synced=false")
			}
			s.devBrowser()
		}},
		{name: "satellite-sign-in-url", weight: 2, make: func(s *scene) {
			s.instance(s.chance(30))
			s.satellite()
			s.c.Options.SignInURL = s.one("https://primary.example.com/sign-in", "https://primary.example.com/sign-in?x=1#h", "https://primary.example.com", "https://primary.example.com/s?a=b%20c&__clerk_redirect_url=old", "http://localhost:3000/sign-in",
				"HTTPS://Primary.Example.COM/x", "https://primary.example.com:443/x", "https://primary.example.com/a/../b", "https://primary.example.com/%7Ex?q=~'")
			s.c.Options.SatelliteAutoSync = new(true)
			s.path(s.oddPath())
			if s.chance(60) {
				s.query(s.oddQuery())
			}
			s.header("Sec-Fetch-Dest", "document")
		}},
		{name: "satellite-sign-in-url-relative", make: func(s *scene) {
			s.instance(false)
			s.satellite()
			s.c.Options.SignInURL = s.one("/sign-in", "sign-in", "//primary.example.com/sign-in", "primary.example.com", "https://", "https:/x", "://x")
			s.c.Options.SatelliteAutoSync = new(s.chance(70))
			if s.chance(70) {
				s.header("Sec-Fetch-Dest", "document")
			}
			if s.chance(40) {
				s.header("Origin", "https://app.example.com")
			}
			s.devBrowser()
		}},
		{name: "satellite-configuration", weight: 2, make: func(s *scene) {
			s.c.Options.IsSatellite = new(s.chance(90))
			s.c.Options.SecretKey = new(s.one("sk_test_x", "sk_live_x", "test_x", "live_x", "sk_other"))
			if s.chance(50) {
				s.c.Options.SignInURL = s.one("https://primary.example.com/sign-in", "https://app.example.com/sign-in", "/sign-in", "https://APP.example.com:443/x", "mailto:a@b.c", "not a url", "javascript:alert(1)")
			}
			if s.chance(50) {
				s.header("Origin", s.one("https://app.example.com", "https://primary.example.com", "null", "https://app.example.com/", "", "https://APP.example.com"))
			}
			if s.chance(40) {
				s.c.Options.Domain = "satellite.example.org"
			}
			if s.chance(30) {
				s.c.Options.ProxyURL = s.one("https://satellite.example.org/__clerk", "/__clerk")
			}
			s.anyAccept()
			s.satelliteCookies()
			s.anything()
		}},
		{name: "satellite-issuer", make: func(s *scene) {
			s.satellite()
			s.fapi = s.one("clerk.satellite.example.org", s.fapi, "satellite.example.org")
			s.sessionCookies(s.session().String())
			s.anything()
		}},
		{name: "satellite-cross-origin", make: func(s *scene) {
			s.satellite()
			s.sessionCookies(s.session().String())
			s.header("Sec-Fetch-Dest", "document")
			s.header("Referer", "https://primary.example.com/")
		}},
		{name: "domain-without-satellite", make: func(s *scene) {
			s.c.Options.Domain = "satellite.example.org"
			if s.chance(50) {
				s.c.Options.IsSatellite = new(false)
			}
			s.gateReason()
			s.anything()
		}},
		{name: "primary-responds", weight: 3, make: func(s *scene) {
			s.instance(s.chance(10))
			target := s.one("http://sat.example.org/d?__clerk_synced=false&a=b%20c&__clerk_db_jwt=old", "https://sat.example.org/", "https://sat.example.org", "https://sat.example.org/p?q=~#frag", "http://localhost:4000/x?__clerk_synced=true&__clerk_synced=false",
				"https://SAT.example.org:443/a/../b", "https://user:pw@sat.example.org/", "https://sat.example.org/%zz?x=%zz", "https://sat.example.org/é?é=ü", "https://münchen.example/")
			s.query("__clerk_redirect_url=" + url.QueryEscape(target))
			switch s.IntN(4) {
			case 0:
				s.query("__clerk_db_jwt=dvb_q")
			case 1, 2:
				s.cookie("__clerk_db_jwt", s.one("dvb", "a b&c", "\u00e9"))
			}
			if s.chance(30) {
				s.sessionCookies(s.session().String())
			}
			if s.chance(15) {
				s.satellite()
			}
			if s.chance(20) {
				s.cookie("__clerk_redirect_count", s.one("2", "3"))
			}
			s.anything()
		}},
		{name: "quirk-primary-responds-target", make: func(s *scene) {
			s.instance(false)
			s.query("__clerk_redirect_url=" + s.one("%2Frelative", "x", "javascript%3Aalert(1)", "mailto%3Aa%40b.c", "data%3A%2C", "myapp%3A%2F%2Fopen%3Fa%3Db", "%20", "https%3A%2F%2F", "http%3A%2F%2F%5B", "https%3A%2F%2Fa%20b%2F", "file%3A%2F%2F%2Fetc", "ftp%3A%2F%2Fx%2F"))
			s.devBrowser()
			s.anything()
		}},
		{name: "primary-responds-empty", make: func(s *scene) {
			s.instance(s.chance(30))
			s.query(s.one("__clerk_redirect_url=", "__clerk_redirect_url", "__clerk_redirect_url=&__clerk_redirect_url=https%3A%2F%2Fsat.example.org"))
			s.satelliteCookies()
			s.anything()
		}},
	}
}

// satellite makes the application a satellite.
func (s *scene) satellite() {
	s.c.Options.IsSatellite = new(true)
	s.c.Options.SignInURL = s.one("https://primary.example.com/sign-in", "https://primary.example.com/sign-in?x=1#h")
	if s.chance(75) {
		s.c.Options.Domain = s.one("satellite.example.org", "sat.com")
	} else {
		s.c.Options.ProxyURL = s.one("https://satellite.example.org/__clerk", "/__clerk")
	}
	switch s.IntN(3) {
	case 0:
		s.c.Options.SatelliteAutoSync = new(true)
	case 1:
		s.c.Options.SatelliteAutoSync = new(false)
	}
	if s.chance(10) && s.prod {
		s.c.Options.SignInURL = ""
	}
}

func (s *scene) satelliteCookies() {
	switch s.IntN(6) {
	case 0, 1:
		if s.c.Options.Domain != "" && s.prod {
			s.fapi = "clerk." + s.c.Options.Domain
		}
		s.sessionCookies(s.session().String())
	case 2:
		s.cookie("__client_uat", s.one("0", "5"))
	case 3:
		s.cookie("__session", s.session().String())
	}
	if s.chance(60) {
		s.devBrowser()
	}
}

// crossOriginFamilies aim at navigations to the primary domain from elsewhere.
func crossOriginFamilies() []family {
	return []family{
		{name: "referer-cross-origin", weight: 2, make: func(s *scene) {
			s.sessionCookies(s.session().String())
			s.header("Referer", s.referer())
			s.navigation()
		}},
		{name: "referer-development-portal", make: func(s *scene) {
			s.sessionCookies(s.session().String())
			s.header("Referer", s.one("https://accounts.foo.lcl.dev/x", "https://foo.accounts.dev/sign-in", "https://foo.clerk.accounts.dev/x", "https://accounts.dev", "https://x.accountsstage.dev", "https://x.clerk.accountsstage.dev",
				"https://x.accounts.lclclerk.com", "https://x.clerk.accounts.lclclerk.com", "https://accounts.x.lclstage.dev", "https://accounts.lcl.dev", "https://accountsx.lcl.dev", "https://foo.accounts.dev.evil.com",
				"https://ACCOUNTS.foo.LCL.dev", "http://foo.accounts.dev:8080", "https://evilaccounts.dev", "https://evil.accounts.dev", "https://accounts.lclclerk.com", "https://clerk.accounts.dev", "https://x.y.clerk.accounts.dev"))
			s.navigation()
		}},
		{name: "referer-of-this-instance", make: func(s *scene) {
			s.sessionCookies(s.session().String())
			s.header("Referer", s.one("https://"+s.fapi+"/v1/x", "http://"+s.fapi+":8443/", "https://accounts.example.com/sign-in", "http://accounts.example.com", "https://accounts.example.com:8443", "https://ACCOUNTS.example.com",
				"https://my-accounts.example.net/", "https://accounts.example.org/x", "https://foo-bar-13.accounts.dev/", "https://x."+s.fapi, "https://"+s.fapi+".evil.com"))
			s.navigation()
		}},
		{name: "referer-and-proxy", make: func(s *scene) {
			s.c.Options.ProxyURL = s.one("https://proxy.example.com/__clerk", "/__clerk", "https://proxy.example.com:8443")
			s.sessionCookies(s.session().String())
			s.header("Referer", s.one("https://proxy.example.com/x", "https://"+s.fapi+"/", "https://accounts.example.com/", "https://app.example.com/x", "https://other.example.com", "http://proxy.example.com:1"))
			s.navigation()
		}},
		{name: "referer-loop-counter", make: func(s *scene) {
			s.sessionCookies(s.session().String())
			s.header("Referer", "https://other.example.org/")
			s.cookie("__clerk_redirect_count", s.one("0", "1", "2", "3", "4", "x", ""))
			s.header("Sec-Fetch-Dest", "document")
		}},
		{name: "referer-and-header-token", make: func(s *scene) {
			s.bearer(s.session().String())
			s.header("Referer", "https://other.example.org/")
			s.header("Sec-Fetch-Dest", "document")
		}},
		{name: "referer-pending-or-organization", make: func(s *scene) {
			t := s.session()
			s.organizationV2(t)
			if s.chance(40) {
				t.claims("sts", "pending")
			}
			s.organizationPatterns()
			s.sessionCookies(t.String())
			s.header("Referer", s.referer())
			s.navigation()
		}},
	}
}

func (s *scene) referer() string {
	return s.one("https://other.example.org/page", "https://www.google.com/", "https://app.example.com/other", "https://app.example.com:443/", "http://app.example.com/", "https://app.example.com:8443/", "https://APP.example.com/", "about:blank", "about:client",
		"android-app://com.google.android.googlequicksearchbox/", "not a url", "/relative", "", "https://", "null", "data:text/html,x", "blob:https://app.example.com/uuid", "https://user@app.example.com/", "https://app.example.com.", "file:///x", "https://app.example.com@evil.com",
		"https://evil.com#https://app.example.com", "http://[::1]:3000/", "https://127.1/", "https://0x7f.1/", " https://other.example.org ", "https:/other.example.org", "https:other.example.org", "\\\\elsewhere", "https://xn--mnchen-3ya.de/", "https://ex%61mple.com", "https://a b/")
}

func (s *scene) navigation() {
	if s.chance(80) {
		s.header("Sec-Fetch-Dest", "document")
		if s.chance(10) {
			s.c.Request.Method = s.one("POST", "HEAD")
		}
		return
	}
	s.anything()
}
