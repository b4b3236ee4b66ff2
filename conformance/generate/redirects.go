package generate

import (
	"encoding/json"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// redirectFamilies aim at the redirects to the sign-in and sign-up pages.
func redirectFamilies() []family {
	return []family{
		{name: "redirect", weight: 2, make: func(s *scene) {
			s.signURLs()
			s.redirect()
			s.path(s.oddPath())
			if s.chance(50) {
				s.query(s.oddQuery())
			}
			s.redirectVisitor()
		}},
		{name: "redirect-account-portal", make: func(s *scene) {
			s.redirect()
			s.redirectVisitor()
		}},
		{name: "redirect-satellite", weight: 2, make: func(s *scene) {
			s.satellite()
			if s.chance(50) {
				s.c.Options.SignInURL = s.one("/sign-in", "https://app.example.com/sign-in", "https://primary.example.com/sign-in?redirect_url=old&z=1")
			}
			if s.chance(50) {
				s.c.Options.SignUpURL = s.one("/sign-up", "https://primary.example.com/sign-up")
			}
			s.redirect()
			if s.chance(40) {
				s.query("__clerk_synced=true&a=b%20c")
			}
			s.redirectVisitor()
		}},
		{name: "redirect-dev-browser", make: func(s *scene) {
			s.instance(s.chance(20))
			s.signURLs()
			s.redirect()
			switch s.IntN(4) {
			case 0:
				s.query("__clerk_db_jwt=dvb_query")
			case 1:
				s.cookie("__clerk_db_jwt", s.one("dvb", "a b", "a&b", "\u00e9"))
			case 2:
				s.cookie(s.suffixed("__clerk_db_jwt"), "dvb_s")
			}
			s.header("Sec-Fetch-Dest", s.one("document", "empty"))
		}},
		{name: "redirect-pending", make: func(s *scene) {
			s.signURLs()
			s.redirect()
			t := s.session()
			t.claims("sts", "pending")
			s.carry(t.String())
		}},
		{name: "redirect-relative-urls", make: func(s *scene) {
			s.c.Options.SignInURL = s.one("/si", "si", "/si/", "/si?x=1", "/si#frag", "/si/?x=1#h", "?x=1", "#h", "//other.example.com/si", "../si", "", "/si?redirect_url=old&z=1", "/a%20b", "/si?a=b%20c")
			if s.chance(50) {
				s.c.Options.SignUpURL = s.one("/su", "su", "/su/", "/su?x=1", "/su#frag", "//other.example.com/su")
			}
			s.redirect()
			s.path(s.one("/x/y", "/", "/x/y/"))
			s.redirectVisitor()
		}},
		{name: "quirk-redirect-unparsable", make: func(s *scene) {
			s.c.Options.SignInURL = s.one("https://", "http://[", "https://a b/", "http://x:99999/", "javascript:x", "mailto:a@b.c")
			if s.chance(50) {
				s.c.Options.SignUpURL = s.one("https://", "http://[::1", "data:,x")
			}
			s.redirect()
			s.redirectVisitor()
		}},
		{name: "redirect-return-back", weight: 2, make: func(s *scene) {
			s.signURLs()
			s.c.Redirect = &protocol.Redirect{ReturnBackURL: json.RawMessage(js(s.one("/back", "back", "https://app.example.com/z?q=a b", "https://other.example.com/x#h", "?x=1", "#frag", "//other.example.com", "/z?q=%zz", "z", ".", "..", "/back?__clerk_synced=true", "/b?redirect_url=x", "/é?ü=ö",
				"https://APP.example.com:443/", "mailto:a@b.c", "javascript:alert(1)", " /x ", "/a\tb", "\\x")))}
			s.redirectVisitor()
		}},
		{name: "quirk-redirect-return-back-unparsable", make: func(s *scene) {
			s.c.Redirect = &protocol.Redirect{ReturnBackURL: json.RawMessage(js(s.one("https://", "http://[", "https://a b/", "http://x:99999")))}
			s.redirectVisitor()
		}},
		{name: "redirect-forwarded", make: func(s *scene) {
			s.signURLs()
			s.redirect()
			s.header("X-Forwarded-Host", s.one("public.example.com", "public.example.com:8443"))
			s.header("X-Forwarded-Proto", s.one("http", "https"))
			s.redirectVisitor()
		}},
		{name: "redirect-machine", make: func(s *scene) {
			s.machineReplies()
			s.signURLs()
			s.redirect()
			s.bearer(s.machineToken())
			s.someAcceptance()
		}},
		{name: "redirect-no-publishable-key", make: func(s *scene) {
			s.c.Options.PublishableKey = nil
			s.accepts(s.one("api_key", "m2m_token"))
			if s.chance(50) {
				s.signURLs()
			}
			s.redirect()
			s.bearer("ak_x")
		}},
	}
}

func redirectDefault() *protocol.Redirect { return new(protocol.Redirect) }

func (s *scene) redirect() {
	s.c.Redirect = pick(s, redirectDefault(), redirectDefault(), &protocol.Redirect{ReturnBackURL: json.RawMessage(protocol.Null)}, &protocol.Redirect{ReturnBackURL: json.RawMessage(`""`)},
		&protocol.Redirect{ReturnBackURL: json.RawMessage(`"/back?x=~"`)})
}

func (s *scene) signURLs() {
	if s.chance(75) {
		s.c.Options.SignInURL = s.one("/sign-in", "https://accounts.other.com/sign-in", "http://app.example.com/si", "https://app.example.com:8443/si", "https://other.example.com/si?x=1#h", "/sign-in?redirect_url=old&z=1")
	}
	if s.chance(50) {
		s.c.Options.SignUpURL = s.one("/sign-up", "https://accounts.other.com/sign-up", "http://app.example.com/su", "https://other.example.com/su?redirect_url=old")
	}
}

// redirectVisitor is signed in, signed out, or in need of a handshake.
func (s *scene) redirectVisitor() {
	switch s.IntN(3) {
	case 0:
		s.devBrowser()
	case 1:
		s.sessionCookies(s.session().String())
	default:
		s.devBrowser()
		s.cookie("__client_uat", "5")
	}
	s.anything()
}
