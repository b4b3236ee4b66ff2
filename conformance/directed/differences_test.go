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
		"quirk-token-json-not-object": {bearer(i, "quirk-token-json-not-object", i.Key.Sign(i.SessionHeader(nil).String(), "null")), signedOut, "token-invalid", noCalls},
		"quirk-handshake-session-is-no-session": {
			i.Case("quirk-handshake-session-is-no-session", "Cookie", other+i.Handshake("__session="+template+"; Path=/")), handshake, "client-uat-but-no-session-token",
			func(t *testing.T, a *protocol.Answer) {
				t.Helper()
				if strings.Contains(string(directed.JSON(a.Headers)), template) {
					t.Error("the token that is no session token is handed to the browser")
				}
			},
		},
		"quirk-handshake-session-is-no-session 2": {
			i.Case("quirk-handshake-session-is-no-session", "Cookie", i.Cookies(i.Session(nil, nil))+"; __clerk_handshake="+i.Handshake("__session="+template+"; Path=/")), signedIn, "",
			member("sessionId", "sess_1"),
		},
		"quirk-refresh-new-token-is-no-session": {change(i.Case("quirk-refresh-new-token-is-no-session", "Cookie", i.Expired(nil)), func(c *protocol.Case) {
			c.Backend.Refresh = directed.Refreshed("__session=" + template + "; Path=/")
		}), handshake, refresh + "invalid-session-token", nil},
		"quirk-token-time-huge":   {bearer(i, "quirk-token-time-huge", i.Session(nil, members{"exp": 1e15})), handshake, refresh + "non-eligible-no-refresh-cookie", nil},
		"quirk-token-kid-coerced": {bearer(i, "quirk-token-kid-coerced", i.Session(members{"kid": []string{i.Key.ID}}, nil)), signedOut, "jwk-kid-mismatch", nil},
		"quirk-token-critical":    {bearer(i, "quirk-token-critical", i.Session(members{"crit": []string{"exp"}}, nil)), signedOut, "token-invalid", nil},
		"quirk-token-kid-prototype": {
			bearer(i, "quirk-token-kid-prototype", i.Session(members{"kid": "constructor"}, nil)), signedOut, "jwk-kid-mismatch",
			nil,
		},
		"quirk-token-larger-than-a-header": {bearer(i, "quirk-token-larger-than-a-header", i.Session(nil, members{"x": strings.Repeat("x", 20000)})), signedOut, "token-invalid", noCalls},
		"quirk-suffix-iat-type": {i.Case("quirk-suffix-iat-type", "Cookie", "__client_uat=1; __session="+i.Session(nil, members{"iat": "x"})+"; "+i.Suffixed("__client_uat")+"=1; "+
			i.Suffixed("__session")+"="+i.Session(nil, members{"iat": []int{}})), handshake, "session-token-iat-before-client-uat", noCalls},
		"quirk-claims-factor-age-malformed": {bearer(i, "quirk-claims-factor-age-malformed", i.Session(nil, members{"fva": []any{"0", 0}})), signedIn, "", member("factorVerificationAge", nil)},
		"quirk-claims-v1-types": {
			ask(bearer(i, "quirk-claims-v1-types", i.Session(nil, members{"org_id": 5, "org_role": "org:admin"})), `{"role":"org:admin"}`), signedIn, "",
			both(member("orgId", nil), holds(false)),
		},
		"quirk-claims-v2-types": {
			ask(bearer(i, "quirk-claims-v2-types", i.Session(nil, members{"v": 2, "o": members{"id": true, "rol": "admin"}})), `{"role":"org:admin"}`), signedIn, "",
			both(member("orgId", nil), holds(false)),
		},
		"quirk-has-empty-name": {ask(bearer(i, "quirk-has-empty-name", i.Session(nil, members{"org_id": "org_1", "org_role": "org:", "org_permissions": []string{"org:"}})),
			`{"role":""}`, `{"role":"org:"}`, `{"permission":""}`, `{"permission":"org:"}`, `{"feature":""}`, `{"plan":""}`), signedIn, "", holds(false, false, false, false, false, false)},
		"quirk-jwt-key-escaped-lines": {pem(bearer(i, "quirk-jwt-key-escaped-lines", i.Session(nil, nil)), strings.ReplaceAll(i.Key.PEM(), "\n", `\n`)), signedIn, "", member("userId", "user_1")},
		"quirk-jwt-key-garbage":       {pem(bearer(i, "quirk-jwt-key-garbage", i.Session(nil, nil)), "garbage"), "error", "", nil},
		"quirk-jwt-key-garbage 2":     {pem(bearer(i, "quirk-jwt-key-garbage", i.Session(nil, nil)), " "), signedIn, "", nil},
		"quirk-jwt-key-larger":        {pem(bearer(i, "quirk-jwt-key-larger", i.Large.Sign(i.SessionHeader(nil).String(), i.SessionClaims(nil).String())), i.Large.PEM()), signedIn, "", nil},
		"quirk-jwk-member-types":      {keys(bearer(i, "quirk-jwk-member-types", i.Session(nil, nil)), i.Key.JWK().With(members{"n": 5})), signedOut, "token-verification-failed", nil},
		"quirk-jwk-weak": {
			keys(bearer(i, "quirk-jwk-weak", i.Session(nil, nil)), i.Key.JWK().With(members{"e": "AQ"})), signedOut, "token-verification-failed",
			nil,
		},
		"quirk-jwks-bad-neighbour-type": {keys(bearer(i, "quirk-jwks-bad-neighbour-type", i.Session(nil, nil)), nil, "key", i.Key.JWK()), signedIn, "", nil},
		"quirk-jwks-error-shape": {change(bearer(i, "quirk-jwks-error-shape", i.Session(nil, nil)), func(c *protocol.Case) {
			c.Backend.JWKS = &protocol.Reply{Status: 500, JSON: json.RawMessage(`null`)}
		}), signedOut, "unexpected-error", nil},
		"jwks-*": {change(bearer(i, "jwks-status", i.Session(nil, nil)), func(c *protocol.Case) {
			c.Backend.JWKS = &protocol.Reply{Status: 400, JSON: json.RawMessage(`{"errors":[{"code":"x","message":"words"}]}`)}
		}), signedOut, "jwk-remote-failed-to-load", noMessage},
		"quirk-jwks-error-shape 2": {change(bearer(i, "quirk-jwks-error-shape", i.Session(nil, nil)), func(c *protocol.Case) {
			c.Backend.JWKS = &protocol.Reply{Status: 400, JSON: json.RawMessage(`{"errors":5}`)}
		}), signedOut, "jwk-remote-failed-to-load", noMessage},
		"machine-*": {change(bearer(i, "machine-opaque-failures", "ak_secret"), func(c *protocol.Case) {
			c.Options.AcceptsToken = directed.JSON("any")
			c.Backend.APIKeys = &protocol.Reply{Status: 401, JSON: json.RawMessage(`{"errors":[{"code":"clerk_key_invalid","message":"words"}]}`)}
		}), signedOut, "secret-key-invalid", noMessage},
		"quirk-jwks-shape": {change(bearer(i, "quirk-jwks-shape", i.Session(nil, nil)), func(c *protocol.Case) {
			c.Backend.JWKS = directed.Reply(members{"keys": "abc"})
		}), signedOut, "jwk-remote-failed-to-load", nil},
		"quirk-token-issuer-blank": {change(bearer(i, "quirk-token-issuer-blank", i.Session(nil, nil)), func(c *protocol.Case) {
			c.Options.Issuer = directed.JSON([]string{"https://clerk.example.com", ""})
		}), "error", "", noCalls},
		"quirk-token-issuer-no-url": {change(bearer(i, "quirk-token-issuer-no-url", i.Session(nil, nil)), func(c *protocol.Case) {
			c.Options.Issuer = directed.JSON("clerk.example.com")
		}), "error", "", noCalls},
		"quirk-organization-sync-empty-list 2": {change(i.Case("quirk-organization-sync-empty-list", "Cookie", i.Cookies(i.Session(nil, nil))), func(c *protocol.Case) {
			c.Options.OrganizationSync = &protocol.OrganizationSync{OrganizationPatterns: []string{""}}
		}), "error", "", nil},
		"quirk-organization-sync-empty-list": {change(i.Case("quirk-organization-sync-empty-list", "Cookie", i.Cookies(i.Session(nil, members{"org_id": "org_1"}))), func(c *protocol.Case) {
			c.Options.OrganizationSync = &protocol.OrganizationSync{PersonalAccountPatterns: []string{}}
		}), signedIn, "", member("orgId", "org_1")},
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
		"quirk-machine-jwt-padded":   {accepting(bearer(i, "quirk-machine-jwt-padded", i.M2M(nil, nil)+"="), "any"), signedIn, "", both(member("tokenType", "m2m_token"), member("machineId", "mch_1"))},
		"quirk-machine-jwt-padded 2": {accepting(bearer(i, "quirk-machine-jwt-padded", i.M2M(members{"cat": nil}, nil)+"="), "session_token"), signedOut, "token-type-mismatch", noCalls},
		"quirk-machine-jwt-padded-cookie": {
			i.Case("quirk-machine-jwt-padded-cookie", "Cookie", i.Cookies(i.M2M(members{"cat": nil}, nil)+"=")), signedOut, "token-type-mismatch",
			nil,
		},
		"quirk-machine-jwt-claim-types":   {accepting(bearer(i, "quirk-machine-jwt-claim-types", i.OAuth(nil, members{"client_id": 5})), "any"), signedIn, "", member("clientId", "")},
		"quirk-machine-jwt-scope-types":   {accepting(bearer(i, "quirk-machine-jwt-scope-types", i.OAuth(nil, members{"scope": []int{5}})), "any"), signedIn, "", member("scopes", []string{})},
		"quirk-machine-jwt-scope-types 2": {accepting(bearer(i, "quirk-machine-jwt-scope-types", i.M2M(nil, members{"scopes": 5})), "any"), signedIn, "", member("scopes", []string{})},
		"quirk-machine-opaque-revoked":    {verified("quirk-machine-opaque-revoked", directed.Reply(key.With(members{"revoked": true}))), signedOut, "token-invalid", nil},
		"quirk-machine-opaque-shape":      {verified("quirk-machine-opaque-shape", &protocol.Reply{Text: "ok"}), signedOut, "unexpected-error", nil},
		"quirk-machine-opaque-shape 2":    {verified("quirk-machine-opaque-shape", directed.Reply(key.With(members{"scopes": nil}))), signedIn, "", member("scopes", []string{})},
		"quirk-configuration-accepts-unknown": {
			accepting(bearer(i, "quirk-configuration-accepts-unknown", i.Session(nil, nil)), "bogus"), signedOut, "No token in header",
			noCalls,
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
		"quirk-handshake-nonce-content-type": {nonce("quirk-handshake-nonce-content-type", typed(directed.Reply(members{"directives": []string{fresh}}))), signedIn, "", member("userId", "user_1")},
		"quirk-handshake-nonce-shape": {
			nonce("quirk-handshake-nonce-shape", directed.Reply(members{"directives": members{"0": fresh}})), signedOut, "unexpected-error",
			func(t *testing.T, a *protocol.Answer) {
				t.Helper()
				if headerOf(a, "set-cookie") != "" {
					t.Errorf("got headers %q, want no cookie", a.Headers)
				}
			},
		},
		"quirk-handshake-nonce-shape 2": {
			beside(nonce("quirk-handshake-nonce-shape", directed.Reply(members{"directives": members{"0": fresh}}))), signedIn, "",
			member("sessionId", "sess_1"),
		},
		"quirk-refresh-shape 2":        {expired("quirk-refresh-shape", directed.Reply(members{"object": "cookies", "cookies": members{"0": fresh}})), signedOut, refresh + "unexpected-sdk-error", nowhere},
		"quirk-refresh-content-type":   {expired("quirk-refresh-content-type", typed(directed.Refreshed(fresh))), signedIn, "", member("userId", "user_1")},
		"quirk-refresh-content-type 2": {expired("quirk-refresh-content-type", typed(failed("refresh_token_expired"))), handshake, refresh + "refresh_token_expired", nil},
		"quirk-refresh-shape":          {expired("quirk-refresh-shape", directed.Reply(members{"object": "cookies", "cookies": []any{5, nil}})), handshake, refresh + "unexpected-sdk-error", nil},
		"quirk-refresh-error-shape":    {expired("quirk-refresh-error-shape", failed(5)), handshake, refresh + "unexpected-sdk-error", nil},
		"quirk-refresh-error-code-control": {
			expired("quirk-refresh-error-code-control", failed("a\u0001b")), handshake, refresh + "a\u0001b",
			func(t *testing.T, a *protocol.Answer) {
				t.Helper()
				for _, header := range a.Headers {
					if strings.ContainsFunc(header[1], func(r rune) bool { return r < ' ' || r == 0x7f }) {
						t.Errorf("header %q holds a control character", header)
					}
				}
			},
		},
		"quirk-refresh-session-id": {change(i.Case("quirk-refresh-session-id", "Cookie", i.Expired(members{"sid": "../users"})), func(c *protocol.Case) {
			c.Backend.Refresh = directed.Refreshed(fresh)
		}), handshake, refresh + "unexpected-bapi-error", func(t *testing.T, a *protocol.Answer) {
			t.Helper()
			for _, call := range a.BackendCalls {
				if strings.HasPrefix(call, "POST") {
					t.Errorf("got the call %q", call)
				}
			}
		}},
		"mix-*": {change(i.Case("mix-production", "Cookie", i.Expired(nil)), func(c *protocol.Case) {
			c.Backend.Refresh = directed.Refreshed("__session=" + i.Session(members{"kid": nil}, nil) + "; Path=/")
		}), handshake, refresh + "invalid-session-token", func(t *testing.T, a *protocol.Answer) {
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
		"quirk-url-double-slash": {at(lost("quirk-url-double-slash"), "https://app.example.com//evil.example.com/p"), handshake, uat, located("https%3A%2F%2Fapp.example.com%2F%2Fevil.example.com%2Fp")},
		"quirk-url-forwarded":    {lost("quirk-url-forwarded", "X-Forwarded-Host", ",evil.example.com"), handshake, uat, located("https%3A%2F%2Fapp.example.com%2Fdashboard")},
		"quirk-url-host":         {lost("quirk-url-host", "Host", "a b"), handshake, uat, located("http%3A%2F%2Flocalhost%2Fdashboard")},
		"url-quirk-path":         {at(lost("url-quirk-path"), "https://app.example.com/\\evil.example.com/x"), handshake, uat, located("https%3A%2F%2Fapp.example.com%2F%2Fevil.example.com%2Fx")},
		"quirk-auto-proxy-env": {change(lost("quirk-auto-proxy-env"), func(c *protocol.Case) {
			c.Env = map[string]string{"VERCEL_TARGET_ENV": "production", "VERCEL_PROJECT_PRODUCTION_URL": "x.vercel.app"}
		}), handshake, uat, func(t *testing.T, a *protocol.Answer) {
			t.Helper()
			if location := headerOf(a, "location"); !strings.HasPrefix(location, "https://clerk.example.com/v1/client/handshake?") {
				t.Errorf("got location %q, want the instance's own", location)
			}
		}},
		"quirk-configuration-publishable-key 2": {change(lost("quirk-configuration-publishable-key"), func(c *protocol.Case) {
			key := i.PublishableKey() + " "
			c.Options.PublishableKey = &key
		}), handshake, uat, nil},
		"configuration-secret-key-odd": {change(bearer(i, "configuration-secret-key-odd", i.Session(nil, nil)), func(c *protocol.Case) {
			key := i.PublishableKey()
			c.Options.SecretKey = &key
		}), "error", "", nil},
		"token-azp":   {parties(bearer(i, "token-azp", i.Session(nil, nil)), "a", "b"), "error", "", nil},
		"token-azp 2": {parties(bearer(i, "token-azp", i.Session(nil, members{"azp": "https://app.example.com"})), "https://app.example.com/"), signedIn, "", nil},
		"token-azp 3": {
			parties(bearer(i, "token-azp", i.Session(nil, members{"azp": "https://app.example.com/"})), "https://app.example.com/"), signedOut, "token-invalid-authorized-parties",
			nil,
		},
		"satellite-configuration":        {change(lost("satellite-configuration"), func(c *protocol.Case) { c.Options.SignInURL = "mailto:a@b.c" }), "error", "", nil},
		"satellite-sign-in-url-relative": {change(lost("satellite-sign-in-url-relative"), func(c *protocol.Case) { c.Options.SignInURL = "https://" }), "error", "", nil},
		"quirk-redirect-unparsable":      {change(lost("quirk-redirect-unparsable"), func(c *protocol.Case) { c.Options.SignInURL = "https://" }), "error", "", nil},
		"configuration-publishable-key-malformed": {change(lost("configuration-publishable-key-malformed"), func(c *protocol.Case) {
			key := " " + i.PublishableKey()
			c.Options.PublishableKey = &key
		}), handshake, uat, nil},
		"quirk-proxy-without-scheme": {change(lost("quirk-proxy-without-scheme"), func(c *protocol.Case) { c.Options.ProxyURL = "http://" }), "error", "", nil},
		"quirk-configuration-publishable-key": {change(lost("quirk-configuration-publishable-key"), func(c *protocol.Case) {
			key := "pk_live_YSBiLmMk"
			c.Options.PublishableKey = &key
		}), "error", "", nil},
		"redirect-return-back": {redirecting(i, "redirect-return-back", func(c *protocol.Case) {
			c.Redirect.ReturnBackURL = json.RawMessage(`"javascript:alert(1)"`)
		}), signedOut, "session-token-and-uat-missing", redirected("!throws", "!throws")},
		"redirect-pending":   {pending(i, "redirect-pending"), signedIn, "", pendingRedirects},
		"redirect-pending 2": {pending(i, "redirect-pending"), signedIn, "", pendingRedirects},
		"mix-* 2":            {pending(i, "mix-production"), signedIn, "", pendingRedirects},
		"mix-* 3":            {pending(i, "mix-production"), signedIn, "", pendingRedirects},
		"quirk-primary-responds-target": {change(i.Case("quirk-primary-responds-target", "Cookie", "__clerk_db_jwt=dvb_1"), func(c *protocol.Case) {
			development := directed.Instance{Key: i.Key}
			key, secret := development.PublishableKey(), "sk_test_directed"
			c.Options.PublishableKey, c.Options.SecretKey = &key, &secret
			c.Request.URL += "?__clerk_redirect_url=javascript%3Aalert(1)"
		}), signedOut, "session-token-and-uat-missing", func(t *testing.T, a *protocol.Answer) {
			t.Helper()
			if location := headerOf(a, "location"); location != "" {
				t.Errorf("got location %q, want none", location)
			}
		}},
	}
}
