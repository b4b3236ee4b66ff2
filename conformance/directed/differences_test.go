package directed_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/directed"
	"github.com/clerkgo/clerkgo/conformance/protocol"
)

type members = directed.Members

const (
	signedIn  = "signed-in"
	signedOut = "signed-out"
	handshake = "handshake"
	refresh   = "session-token-expired-refresh-"
)

func bearer(i *directed.Instance, family, token string) *protocol.Case {
	return i.Case(family, "Authorization", "Bearer "+token)
}

// ask adds authorization queries.
func ask(c *protocol.Case, queries ...string) *protocol.Case {
	for _, query := range queries {
		c.Has = append(c.Has, json.RawMessage(query))
	}
	return c
}

// tokenDifferences are about session tokens, keys and claims.
func tokenDifferences(i *directed.Instance) map[string]difference {
	const other = "__client_uat=5; __clerk_handshake="
	template := i.Template()
	keys := func(c *protocol.Case, keys ...any) *protocol.Case {
		c.Backend.JWKS = directed.Reply(members{"keys": keys})
		return c
	}
	pem := func(c *protocol.Case, text string) *protocol.Case {
		c.Options.JWTKey = &text
		return c
	}
	return map[string]difference{
		"quirk-token-json-not-object": {c: bearer(i, "quirk-token-json-not-object", i.Key.Sign(i.SessionHeader(nil).String(), "null")), status: signedOut, reason: "token-invalid", check: noCalls},
		"quirk-handshake-session-is-no-session": {
			c: i.Case("quirk-handshake-session-is-no-session", "Cookie", other+i.Handshake("__session="+template+"; Path=/")), status: handshake, reason: "client-uat-but-no-session-token",
			check: func(t *testing.T, a *protocol.Answer) {
				t.Helper()
				if strings.Contains(string(directed.JSON(a.Headers)), template) {
					t.Error("the token that is no session token is handed to the browser")
				}
			},
		},
		"quirk-handshake-session-is-no-session 2": {
			c: i.Case("quirk-handshake-session-is-no-session", "Cookie", i.Cookies(i.Session(nil, nil))+"; __clerk_handshake="+i.Handshake("__session="+template+"; Path=/")), status: signedIn, check: member("sessionId", "sess_1"),
		},
		"quirk-refresh-new-token-is-no-session": {c: change(i.Case("quirk-refresh-new-token-is-no-session", "Cookie", i.Expired(nil)), func(c *protocol.Case) {
			c.Backend.Refresh = directed.Refreshed("__session=" + template + "; Path=/")
		}), status: handshake, reason: refresh + "invalid-session-token"},
		"quirk-token-time-huge":   {c: bearer(i, "quirk-token-time-huge", i.Session(nil, members{"exp": 1e15})), status: handshake, reason: refresh + "non-eligible-no-refresh-cookie"},
		"quirk-token-kid-coerced": {c: bearer(i, "quirk-token-kid-coerced", i.Session(members{"kid": []string{i.Key.ID}}, nil)), status: signedOut, reason: "jwk-kid-mismatch"},
		"quirk-token-critical":    {c: bearer(i, "quirk-token-critical", i.Session(members{"crit": []string{"exp"}}, nil)), status: signedOut, reason: "token-invalid"},
		"quirk-token-kid-prototype": {
			c: bearer(i, "quirk-token-kid-prototype", i.Session(members{"kid": "constructor"}, nil)), status: signedOut, reason: "jwk-kid-mismatch",
		},
		"quirk-token-larger-than-a-header": {c: bearer(i, "quirk-token-larger-than-a-header", i.Session(nil, members{"x": strings.Repeat("x", 20000)})), status: signedOut, reason: "token-invalid", check: noCalls},
		"quirk-suffix-iat-type": {c: i.Case("quirk-suffix-iat-type", "Cookie", "__client_uat=1; __session="+i.Session(nil, members{"iat": "x"})+"; "+i.Suffixed("__client_uat")+"=1; "+
			i.Suffixed("__session")+"="+i.Session(nil, members{"iat": []int{}})), status: handshake, reason: "session-token-iat-before-client-uat", check: noCalls},
		"quirk-claims-factor-age-malformed": {c: bearer(i, "quirk-claims-factor-age-malformed", i.Session(nil, members{"fva": []any{"0", 0}})), status: signedIn, check: member("factorVerificationAge", nil)},
		"quirk-claims-v1-types": {
			c: ask(bearer(i, "quirk-claims-v1-types", i.Session(nil, members{"org_id": 5, "org_role": "org:admin"})), `{"role":"org:admin"}`), status: signedIn, check: both(member("orgId", nil), holds(false)),
		},
		"quirk-claims-v2-types": {
			c: ask(bearer(i, "quirk-claims-v2-types", i.Session(nil, members{"v": 2, "o": members{"id": true, "rol": "admin"}})), `{"role":"org:admin"}`), status: signedIn, check: both(member("orgId", nil), holds(false)),
		},
		"quirk-has-empty-name": {c: ask(bearer(i, "quirk-has-empty-name", i.Session(nil, members{"org_id": "org_1", "org_role": "org:", "org_permissions": []string{"org:"}})),
			`{"role":""}`, `{"role":"org:"}`, `{"permission":""}`, `{"permission":"org:"}`, `{"feature":""}`, `{"plan":""}`), status: signedIn, check: holds(false, false, false, false, false, false)},
		"quirk-jwt-key-escaped-lines": {c: pem(bearer(i, "quirk-jwt-key-escaped-lines", i.Session(nil, nil)), strings.ReplaceAll(i.Key.PEM(), "\n", `\n`)), status: signedIn, check: member("userId", "user_1")},
		"quirk-jwt-key-garbage":       {c: pem(bearer(i, "quirk-jwt-key-garbage", i.Session(nil, nil)), "garbage"), status: "error"},
		"quirk-jwt-key-garbage 2":     {c: pem(bearer(i, "quirk-jwt-key-garbage", i.Session(nil, nil)), " "), status: signedIn},
		"quirk-jwt-key-larger":        {c: pem(bearer(i, "quirk-jwt-key-larger", i.Large.Sign(i.SessionHeader(nil).String(), i.SessionClaims(nil).String())), i.Large.PEM()), status: signedIn},
		"quirk-jwk-member-types":      {c: keys(bearer(i, "quirk-jwk-member-types", i.Session(nil, nil)), i.Key.JWK().With(members{"n": 5})), status: signedOut, reason: "token-verification-failed"},
		"quirk-jwk-weak": {
			c: keys(bearer(i, "quirk-jwk-weak", i.Session(nil, nil)), i.Key.JWK().With(members{"e": "AQ"})), status: signedOut, reason: "token-verification-failed",
		},
		"quirk-jwks-bad-neighbour-type": {c: keys(bearer(i, "quirk-jwks-bad-neighbour-type", i.Session(nil, nil)), nil, "key", i.Key.JWK()), status: signedIn},
		"quirk-jwks-error-shape": {c: change(bearer(i, "quirk-jwks-error-shape", i.Session(nil, nil)), func(c *protocol.Case) {
			c.Backend.JWKS = &protocol.Reply{Status: 500, JSON: json.RawMessage(`null`)}
		}), status: signedOut, reason: "unexpected-error"},
		"jwks-*": {c: change(bearer(i, "jwks-status", i.Session(nil, nil)), func(c *protocol.Case) {
			c.Backend.JWKS = &protocol.Reply{Status: 400, JSON: json.RawMessage(`{"errors":[{"code":"x","message":"words"}]}`)}
		}), status: signedOut, reason: "jwk-remote-failed-to-load", check: noMessage},
		"quirk-jwks-error-shape 2": {c: change(bearer(i, "quirk-jwks-error-shape", i.Session(nil, nil)), func(c *protocol.Case) {
			c.Backend.JWKS = &protocol.Reply{Status: 400, JSON: json.RawMessage(`{"errors":5}`)}
		}), status: signedOut, reason: "jwk-remote-failed-to-load", check: noMessage},
		"machine-*": {c: change(bearer(i, "machine-opaque-failures", "ak_secret"), func(c *protocol.Case) {
			c.Options.AcceptsToken = directed.JSON("any")
			c.Backend.APIKeys = &protocol.Reply{Status: 401, JSON: json.RawMessage(`{"errors":[{"code":"clerk_key_invalid","message":"words"}]}`)}
		}), status: signedOut, reason: "secret-key-invalid", check: noMessage},
		"quirk-jwks-shape": {c: change(bearer(i, "quirk-jwks-shape", i.Session(nil, nil)), func(c *protocol.Case) {
			c.Backend.JWKS = directed.Reply(members{"keys": "abc"})
		}), status: signedOut, reason: "jwk-remote-failed-to-load"},
		"quirk-token-issuer-blank": {c: change(bearer(i, "quirk-token-issuer-blank", i.Session(nil, nil)), func(c *protocol.Case) {
			c.Options.Issuer = directed.JSON([]string{"https://clerk.example.com", ""})
		}), status: "error", check: noCalls},
		"quirk-token-issuer-no-url": {c: change(bearer(i, "quirk-token-issuer-no-url", i.Session(nil, nil)), func(c *protocol.Case) {
			c.Options.Issuer = directed.JSON("clerk.example.com")
		}), status: "error", check: noCalls},
		"quirk-organization-sync-empty-list 2": {c: change(i.Case("quirk-organization-sync-empty-list", "Cookie", i.Cookies(i.Session(nil, nil))), func(c *protocol.Case) {
			c.Options.OrganizationSync = &protocol.OrganizationSync{OrganizationPatterns: []string{""}}
		}), status: "error"},
		"quirk-organization-sync-empty-list": {c: change(i.Case("quirk-organization-sync-empty-list", "Cookie", i.Cookies(i.Session(nil, members{"org_id": "org_1"}))), func(c *protocol.Case) {
			c.Options.OrganizationSync = &protocol.OrganizationSync{PersonalAccountPatterns: []string{}}
		}), status: signedIn, check: member("orgId", "org_1")},
	}
}

// noMessage is what a caller is told of a fault of the Backend API.
func noMessage(t *testing.T, a *protocol.Answer) {
	t.Helper()
	if message := headerOf(a, "x-clerk-auth-message"); message != "" {
		t.Errorf("got message %q, want none", message)
	}
}

func parties(c *protocol.Case, origins ...string) *protocol.Case {
	c.Options.AuthorizedParties = origins
	return c
}

func both(checks ...func(*testing.T, *protocol.Answer)) func(*testing.T, *protocol.Answer) {
	return func(t *testing.T, a *protocol.Answer) {
		t.Helper()
		for _, check := range checks {
			check(t, a)
		}
	}
}

// machineDifferences are about tokens of machines.
func machineDifferences(i *directed.Instance) map[string]difference {
	accepting := func(c *protocol.Case, accepts any) *protocol.Case {
		c.Options.AcceptsToken = directed.JSON(accepts)
		return c
	}
	verified := func(family string, reply *protocol.Reply) *protocol.Case {
		return change(accepting(bearer(i, family, "ak_secret"), "any"), func(c *protocol.Case) { c.Backend.APIKeys = reply })
	}
	key := members{"object": "api_key", "id": "ak_1", "subject": "user_1", "scopes": []string{"read"}, "revoked": false, "expired": false, "expiration": nil, "name": "ci", "claims": nil}
	return map[string]difference{
		"quirk-machine-jwt-padded":   {c: accepting(bearer(i, "quirk-machine-jwt-padded", i.M2M(nil, nil)+"="), "any"), status: signedIn, check: both(member("tokenType", "m2m_token"), member("machineId", "mch_1"))},
		"quirk-machine-jwt-padded 2": {c: accepting(bearer(i, "quirk-machine-jwt-padded", i.M2M(members{"cat": nil}, nil)+"="), "session_token"), status: signedOut, reason: "token-type-mismatch", check: noCalls},
		"quirk-machine-jwt-padded-cookie": {
			c: i.Case("quirk-machine-jwt-padded-cookie", "Cookie", i.Cookies(i.M2M(members{"cat": nil}, nil)+"=")), status: signedOut, reason: "token-type-mismatch",
		},
		"quirk-machine-jwt-claim-types":   {c: accepting(bearer(i, "quirk-machine-jwt-claim-types", i.OAuth(nil, members{"client_id": 5})), "any"), status: signedIn, check: member("clientId", "")},
		"quirk-machine-jwt-scope-types":   {c: accepting(bearer(i, "quirk-machine-jwt-scope-types", i.OAuth(nil, members{"scope": []int{5}})), "any"), status: signedIn, check: member("scopes", []string{})},
		"quirk-machine-jwt-scope-types 2": {c: accepting(bearer(i, "quirk-machine-jwt-scope-types", i.M2M(nil, members{"scopes": 5})), "any"), status: signedIn, check: member("scopes", []string{})},
		"quirk-machine-opaque-revoked":    {c: verified("quirk-machine-opaque-revoked", directed.Reply(key.With(members{"revoked": true}))), status: signedOut, reason: "token-invalid"},
		"quirk-machine-opaque-shape":      {c: verified("quirk-machine-opaque-shape", &protocol.Reply{Text: "ok"}), status: signedOut, reason: "unexpected-error"},
		"quirk-machine-opaque-shape 2":    {c: verified("quirk-machine-opaque-shape", directed.Reply(key.With(members{"scopes": nil}))), status: signedIn, check: member("scopes", []string{})},
		"quirk-configuration-accepts-unknown": {
			c: accepting(bearer(i, "quirk-configuration-accepts-unknown", i.Session(nil, nil)), "bogus"), status: signedOut, reason: "No token in header",
			check: noCalls,
		},
	}
}

// answerDifferences are about answers of the Backend API to handshakes and refreshes.
func answerDifferences(i *directed.Instance) map[string]difference {
	expired := func(family string, reply *protocol.Reply) *protocol.Case {
		return change(i.Case(family, "Cookie", i.Expired(nil)), func(c *protocol.Case) { c.Backend.Refresh = reply })
	}
	nonce := func(family string, reply *protocol.Reply) *protocol.Case {
		return change(i.Case(family, "Cookie", "__clerk_handshake_nonce=n1"), func(c *protocol.Case) { c.Backend.HandshakePayload = map[string]*protocol.Reply{"n1": reply} })
	}
	fresh := "__session=" + i.Session(nil, nil) + "; Path=/"
	// beside adds a session that is valid by its cookies.
	beside := func(c *protocol.Case) *protocol.Case {
		return change(c, func(c *protocol.Case) {
			c.Request.Headers = append(c.Request.Headers, [2]string{"Cookie", i.Cookies(i.Session(nil, nil))})
		})
	}
	typed := func(reply *protocol.Reply) *protocol.Reply {
		reply.ContentType = "Application/JSON; charset=utf-8"
		return reply
	}
	failed := func(code any) *protocol.Reply {
		reply := directed.Reply(members{"errors": []any{members{"code": code, "message": "m"}}})
		reply.Status = 400
		return reply
	}
	return map[string]difference{
		"quirk-handshake-nonce-content-type": {c: nonce("quirk-handshake-nonce-content-type", typed(directed.Reply(members{"directives": []string{fresh}}))), status: signedIn, check: member("userId", "user_1")},
		"quirk-handshake-nonce-shape": {
			c: nonce("quirk-handshake-nonce-shape", directed.Reply(members{"directives": members{"0": fresh}})), status: signedOut, reason: "unexpected-error",
			check: func(t *testing.T, a *protocol.Answer) {
				t.Helper()
				if headerOf(a, "set-cookie") != "" {
					t.Errorf("got headers %q, want no cookie", a.Headers)
				}
			},
		},
		"quirk-handshake-nonce-shape 2": {
			c: beside(nonce("quirk-handshake-nonce-shape", directed.Reply(members{"directives": members{"0": fresh}}))), status: signedIn, check: member("sessionId", "sess_1"),
		},
		"quirk-refresh-shape 2":        {c: expired("quirk-refresh-shape", directed.Reply(members{"object": "cookies", "cookies": members{"0": fresh}})), status: signedOut, reason: refresh + "unexpected-sdk-error", check: nowhere},
		"quirk-refresh-content-type":   {c: expired("quirk-refresh-content-type", typed(directed.Refreshed(fresh))), status: signedIn, check: member("userId", "user_1")},
		"quirk-refresh-content-type 2": {c: expired("quirk-refresh-content-type", typed(failed("refresh_token_expired"))), status: handshake, reason: refresh + "refresh_token_expired"},
		"quirk-refresh-shape":          {c: expired("quirk-refresh-shape", directed.Reply(members{"object": "cookies", "cookies": []any{5, nil}})), status: handshake, reason: refresh + "unexpected-sdk-error"},
		"quirk-refresh-error-shape":    {c: expired("quirk-refresh-error-shape", failed(5)), status: handshake, reason: refresh + "unexpected-sdk-error"},
		"quirk-refresh-error-code-control": {
			c: expired("quirk-refresh-error-code-control", failed("a\u0001b")), status: handshake, reason: refresh + "a\u0001b",
			check: func(t *testing.T, a *protocol.Answer) {
				t.Helper()
				for _, header := range a.Headers {
					if strings.ContainsFunc(header[1], func(r rune) bool { return r < ' ' || r == 0x7f }) {
						t.Errorf("header %q holds a control character", header)
					}
				}
			},
		},
		"quirk-refresh-session-id": {c: change(i.Case("quirk-refresh-session-id", "Cookie", i.Expired(members{"sid": "../users"})), func(c *protocol.Case) {
			c.Backend.Refresh = directed.Refreshed(fresh)
		}), status: handshake, reason: refresh + "unexpected-bapi-error", check: func(t *testing.T, a *protocol.Answer) {
			t.Helper()
			for _, call := range a.BackendCalls {
				if strings.HasPrefix(call, "POST") {
					t.Errorf("got the call %q", call)
				}
			}
		}},
		"mix-*": {c: change(i.Case("mix-production", "Cookie", i.Expired(nil)), func(c *protocol.Case) {
			c.Backend.Refresh = directed.Refreshed("__session=" + i.Session(members{"kid": nil}, nil) + "; Path=/")
		}), status: handshake, reason: refresh + "invalid-session-token", check: func(t *testing.T, a *protocol.Answer) {
			t.Helper()
			if got := strings.Join(a.BackendCalls, ", "); got != "GET /v1/jwks, POST /v1/sessions/sess_1/refresh" {
				t.Errorf("got the calls %s", got)
			}
		}},
	}
}

// addressDifferences are about addresses and options.
func addressDifferences(i *directed.Instance) map[string]difference {
	const uat = "client-uat-but-no-session-token"
	lost := func(family string, headers ...string) *protocol.Case {
		return i.Case(family, append([]string{"Cookie", "__client_uat=5"}, headers...)...)
	}
	at := func(c *protocol.Case, url string) *protocol.Case {
		c.Request.URL = url
		return c
	}
	return map[string]difference{
		"quirk-url-double-slash": {c: at(lost("quirk-url-double-slash"), "https://app.example.com//evil.example.com/p"), status: handshake, reason: uat, check: located("https%3A%2F%2Fapp.example.com%2F%2Fevil.example.com%2Fp")},
		"quirk-url-forwarded":    {c: lost("quirk-url-forwarded", "X-Forwarded-Host", ",evil.example.com"), status: handshake, reason: uat, check: located("https%3A%2F%2Fapp.example.com%2Fdashboard")},
		"quirk-url-host":         {c: lost("quirk-url-host", "Host", "a b"), status: handshake, reason: uat, check: located("http%3A%2F%2Flocalhost%2Fdashboard")},
		"url-quirk-path":         {c: at(lost("url-quirk-path"), "https://app.example.com/\\evil.example.com/x"), status: handshake, reason: uat, check: located("https%3A%2F%2Fapp.example.com%2F%2Fevil.example.com%2Fx")},
		"quirk-auto-proxy-env": {c: change(lost("quirk-auto-proxy-env"), func(c *protocol.Case) {
			c.Env = map[string]string{"VERCEL_TARGET_ENV": "production", "VERCEL_PROJECT_PRODUCTION_URL": "x.vercel.app"}
		}), status: handshake, reason: uat, check: func(t *testing.T, a *protocol.Answer) {
			t.Helper()
			if location := headerOf(a, "location"); !strings.HasPrefix(location, "https://clerk.example.com/v1/client/handshake?") {
				t.Errorf("got location %q, want the instance's own", location)
			}
		}},
		"quirk-configuration-publishable-key 2": {c: change(lost("quirk-configuration-publishable-key"), func(c *protocol.Case) {
			key := i.PublishableKey() + " "
			c.Options.PublishableKey = &key
		}), status: handshake, reason: uat},
		"configuration-secret-key-odd": {c: change(bearer(i, "configuration-secret-key-odd", i.Session(nil, nil)), func(c *protocol.Case) {
			key := i.PublishableKey()
			c.Options.SecretKey = &key
		}), status: "error"},
		"token-azp":   {c: parties(bearer(i, "token-azp", i.Session(nil, nil)), "a", "b"), status: "error"},
		"token-azp 2": {c: parties(bearer(i, "token-azp", i.Session(nil, members{"azp": "https://app.example.com"})), "https://app.example.com/"), status: signedIn},
		"token-azp 3": {
			c: parties(bearer(i, "token-azp", i.Session(nil, members{"azp": "https://app.example.com/"})), "https://app.example.com/"), status: signedOut, reason: "token-invalid-authorized-parties",
		},
		"satellite-configuration":        {c: change(lost("satellite-configuration"), func(c *protocol.Case) { c.Options.SignInURL = "mailto:a@b.c" }), status: "error"},
		"satellite-sign-in-url-relative": {c: change(lost("satellite-sign-in-url-relative"), func(c *protocol.Case) { c.Options.SignInURL = "https://" }), status: "error"},
		"quirk-redirect-unparsable":      {c: change(lost("quirk-redirect-unparsable"), func(c *protocol.Case) { c.Options.SignInURL = "https://" }), status: "error"},
		"configuration-publishable-key-malformed": {c: change(lost("configuration-publishable-key-malformed"), func(c *protocol.Case) {
			key := " " + i.PublishableKey()
			c.Options.PublishableKey = &key
		}), status: handshake, reason: uat},
		"quirk-proxy-without-scheme": {c: change(lost("quirk-proxy-without-scheme"), func(c *protocol.Case) { c.Options.ProxyURL = "http://" }), status: "error"},
		"quirk-configuration-publishable-key": {c: change(lost("quirk-configuration-publishable-key"), func(c *protocol.Case) {
			key := "pk_live_YSBiLmMk"
			c.Options.PublishableKey = &key
		}), status: "error"},
		"redirect-return-back": {c: redirecting(i, "redirect-return-back", func(c *protocol.Case) {
			c.Redirect.ReturnBackURL = json.RawMessage(`"javascript:alert(1)"`)
		}), status: signedOut, reason: "session-token-and-uat-missing", check: redirected("!throws", "!throws")},
		"redirect-pending":   {c: pending(i, "redirect-pending"), status: signedIn, check: pendingRedirects},
		"redirect-pending 2": {c: pending(i, "redirect-pending"), status: signedIn, check: pendingRedirects},
		"mix-* 2":            {c: pending(i, "mix-production"), status: signedIn, check: pendingRedirects},
		"mix-* 3":            {c: pending(i, "mix-production"), status: signedIn, check: pendingRedirects},
		"quirk-primary-responds-target": {c: change(i.Case("quirk-primary-responds-target", "Cookie", "__clerk_db_jwt=dvb_1"), func(c *protocol.Case) {
			development := directed.Instance{Key: i.Key}
			key, secret := development.PublishableKey(), "sk_test_directed"
			c.Options.PublishableKey, c.Options.SecretKey = &key, &secret
			c.Request.URL += "?__clerk_redirect_url=javascript%3Aalert(1)"
		}), status: signedOut, reason: "session-token-and-uat-missing", check: func(t *testing.T, a *protocol.Answer) {
			t.Helper()
			if location := headerOf(a, "location"); location != "" {
				t.Errorf("got location %q, want none", location)
			}
		}},
	}
}
