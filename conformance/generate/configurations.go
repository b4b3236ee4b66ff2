package generate

import (
	"encoding/base64"
	"strings"
)

// configurationFamilies aim at options that are wrong or odd.
func configurationFamilies() []family {
	return []family{
		{name: "configuration-publishable-key-missing", make: func(s *scene) {
			s.c.Options.PublishableKey = pick(s, nil, new(""))
			s.someAcceptance()
			s.someToken()
			s.anything()
		}},
		{name: "configuration-publishable-key-malformed", make: func(s *scene) {
			s.c.Options.PublishableKey = new(s.one("pk_test_", "pk_live", "pk_prod_"+s.encoded("a.b$"), "PK_test_"+s.encoded("a.b$"), " pk_test_"+s.encoded("a.b$"), "pk_test_"+s.encoded("a.b"), "pk_test_"+s.encoded("a.b$$"), "pk_test_"+s.encoded("$a.b$"),
				"pk_test_"+s.encoded("a.b$extra"), "pk_test_"+s.encoded("ab$"), "pk_test_"+s.encoded("a.b$")+"_x", "pk_test_!!!!", "sk_test_"+s.encoded("a.b$"), "test_"+s.encoded("a.b$"), "pk_test_Y2xlcmsuY2xlcmsuZGV2JA=", "pk_test_Y", "x"))
			s.someAcceptance()
			s.someToken()
			s.anything()
		}},
		{name: "configuration-publishable-key-odd", make: func(s *scene) {
			s.publishable(s.one("pk_test_Y2xlcmsuY2xlcmsuZGV2JA", "pk_test_Y2xlcmsuY2xlcmsuZGV2JA==", "pk_test_Y2xlcmsuY2xlcmsuZGV2JB", "pk_live_Y2xlcmsuY2xlcmsuZGV2JA"))
			s.prod = strings.HasPrefix(s.pk, "pk_live_")
			s.fapi = "clerk.clerk.dev"
			s.sessionCookies(s.session().String())
			s.anything()
			s.c.Redirect = redirectDefault()
		}},
		{name: "quirk-configuration-publishable-key", make: func(s *scene) {
			s.publishable(s.one("pk_test_"+s.encoded(".$"), "pk_live_"+s.encoded("https://a.b/c$"), "pk_live_"+s.encoded("a b.c$"), "pk_test_Y2xlcmsuY2xlcm\nsuZGV2JA", "pk_test_Y2xlcmsuY2xlcmsuZGV2JA ", "pk_live_"+s.encoded("clerk.é.com$"), "pk_live_"+s.encoded("CLERK.Example.COM$"),
				"pk_live_"+s.encoded("a.b:8080$"), "pk_live_"+s.encoded("a.b/c$"), "pk_live_"+s.encoded("http.b$"), "pk_test_"+s.encoded("clerk.\x00.b$")))
			s.prod = strings.HasPrefix(s.pk, "pk_live_")
			s.gateReasonKeepingInstance()
			s.anything()
			s.c.Redirect = redirectDefault()
		}},
		{name: "configuration-secret-key", make: func(s *scene) {
			s.c.Options.SecretKey = pick(s, nil, new(""))
			if s.chance(40) {
				s.c.Options.JWTKey = new(s.keys.instance.public())
			}
			if s.chance(40) {
				s.c.Options.MachineSecretKey = new("ak_machine")
			}
			s.someAcceptance()
			s.someToken()
			s.anything()
		}},
		{name: "configuration-secret-key-odd", make: func(s *scene) {
			s.c.Options.SecretKey = new(s.one("sk_test_x", "sk_live_x", "x", "SK_test_x", "sk_test_", "pk_test_x"))
			s.carry(s.session().String())
		}},
		{name: "configuration-machine-keys", make: func(s *scene) {
			s.c.Options.SecretKey = pick(s, nil, new(""), new("sk_test_x"))
			s.c.Options.MachineSecretKey = pick(s, nil, new(""), new("ak_machine"))
			s.c.Options.PublishableKey = pick(s, nil, s.c.Options.PublishableKey)
			s.accepts("m2m_token")
			s.machineReplies()
			s.bearer(s.machineToken())
		}},
		{name: "configuration-order-of-checks", make: func(s *scene) {
			if s.chance(40) {
				s.c.Options.PublishableKey = nil
			}
			if s.chance(40) {
				s.c.Options.SecretKey = nil
			}
			s.c.Options.IsSatellite = new(s.chance(60))
			if s.chance(40) {
				s.organizationPatterns()
				s.c.Options.OrganizationSync.OrganizationPatterns = []string{"/:"}
			}
			s.someAcceptance()
			s.someToken()
		}},
		{name: "configuration-secret-key-of-other-kind", make: func(s *scene) {
			s.c.Options.SecretKey = new(s.one("sk_test_x", "sk_live_x"))
			s.gateReason()
			s.c.Options.SecretKey = new(s.one("sk_test_x", "sk_live_x"))
			s.anything()
		}},
		{name: "quirk-configuration-accepts-unknown", make: func(s *scene) {
			s.accepts(s.one("bogus", "Session_token", "machine_token"))
			s.someToken()
			s.anything()
		}},
		{name: "quirk-configuration-accepts-unknown-in-list", make: func(s *scene) {
			s.acceptsList(s.one("bogus", "any", ""), s.one("session_token", "api_key"))
			s.machineReplies()
			s.someToken()
			s.anything()
		}},
	}
}

func (s *scene) encoded(text string) string {
	return base64.RawStdEncoding.EncodeToString([]byte(text))
}

// gateReasonKeepingInstance needs a handshake without choosing another instance.
func (s *scene) gateReasonKeepingInstance() {
	s.devBrowser()
	s.cookie(s.one("__client_uat", s.suffixed("__client_uat")), "5")
}

// someAcceptance accepts any kind of token.
func (s *scene) someAcceptance() {
	switch s.IntN(7) {
	case 0:
		s.accepts("any")
	case 1:
		s.accepts(s.one("api_key", "m2m_token", "oauth_token"))
	case 2:
		s.acceptsList(s.one("api_key", "m2m_token", "oauth_token", "session_token"))
	case 3:
		s.acceptsList("api_key", "m2m_token", "oauth_token")
	case 4:
		s.acceptsList("session_token", s.one("api_key", "m2m_token", "oauth_token"))
	case 5:
		s.accepts("session_token")
	}
}

// someToken sends some token, or none.
func (s *scene) someToken() {
	switch s.IntN(4) {
	case 0:
		s.bearer(s.machineToken())
		s.machineReplies()
	case 1:
		s.bearer(s.session().String())
	case 2:
		s.sessionCookies(s.session().String())
	}
}
