package core_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core"
)

// failing is a transport whose error holds the address, as those of wrappers that
// retry do.
type failing struct{}

func (failing) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, errors.New(r.Method + " " + r.URL.String() + " giving up after 5 attempts: proxyconnect http://proxyuser:proxypassword@proxy.internal:3128")
}

// TestBackendFaultsStayOutOfResponses makes the Backend API fail in every way and
// looks at all that a caller gets, and at the log for what even that must not hold.
func TestBackendFaultsStayOutOfResponses(t *testing.T) {
	t.Parallel()
	const nonce, words = "nonce_9z8y7x6w5v4u3t2s", "internal words of the backend"
	list := func(code string) string {
		return `{"errors":[{"code":"` + code + `","message":"` + words + `","long_message":"` + words + `"}]}`
	}
	for name, client := range map[string]*http.Client{
		"400":                  answers{http.StatusBadRequest, "application/json", list("bad_request")}.client(),
		"401 of the key":       answers{http.StatusUnauthorized, "application/json", list("clerk_key_invalid")}.client(),
		"404":                  answers{http.StatusNotFound, "application/json", list("resource_not_found")}.client(),
		"500":                  answers{http.StatusInternalServerError, "application/json", list("internal")}.client(),
		"502 with a page":      answers{http.StatusBadGateway, "text/html", words}.client(),
		"what is no key set":   answers{http.StatusOK, "application/json", `{"keys":"` + words + `"}`}.client(),
		"a failing connection": {Transport: failing{}},
	} {
		for _, production := range []bool{false, true} {
			s := newServer(t, production)
			var log logBuffer
			o := plain(s)
			o.APIURL, o.HTTPClient, o.Logger, o.Debug, o.Retry.Attempts = "https://backend.internal:8443/base", client, log.logger(), true, -1
			clerk := newClerk(t, o)
			suffix := "_" + s.CookieSuffix()
			session := s.SessionToken("user_ada")
			for _, r := range []core.Request{
				get("/", "Authorization", "Bearer "+session), page("/", "Cookie", "__session="+session+"; __client_uat=1; __clerk_db_jwt=dvb_1"),
				page("/?__clerk_handshake_nonce="+nonce, "Cookie", "__clerk_db_jwt=dvb_1"), get("/", "Authorization", "Bearer ak_1"), get("/", "Authorization", "Bearer mt_1"),
				get("/", "Authorization", "Bearer oat_1"), page("/?__clerk_handshake="+s.HandshakeToken(nil), "Cookie", "__clerk_db_jwt=dvb_1"),
				page("/", "Cookie", "__session"+suffix+"="+session+"; __client_uat"+suffix+"=1; __refresh"+suffix+"=refresh_1; __clerk_db_jwt"+suffix+"=dvb_1"),
			} {
				ra, out := adapter.Attach(t.Context(), clerk, r)
				outs := []core.Outcome{out}
				if out.Allowed() {
					for _, types := range [][]core.TokenType{{core.SessionToken}, {core.APIKey, core.M2MToken, core.OAuthToken}} {
						outs = append(outs, adapter.Guard("Protect", core.AcceptTokens(types...)).Check(t.Context(), ra))
					}
				}
				all := o
				all.AcceptsToken, all.Debug = core.AnyToken(), false
				outs = append(outs, core.Outcome{Headers: newClerk(t, all).Authenticate(t.Context(), r).Headers()})
				for _, out := range outs {
					for _, h := range append(out.Headers, out.SetHeaders...) {
						if strings.Contains(h.Value, "backend.internal") || strings.Contains(h.Value, words) || strings.Contains(h.Value, "proxy") {
							t.Errorf("%s: a response has %s: %s", name, h.Name, h.Value)
						}
					}
					if strings.Contains(out.Body, "backend.internal") || strings.Contains(out.Body, words) || strings.Contains(out.Body, "proxy.internal") {
						t.Errorf("%s: a response has the body %s", name, out.Body)
					}
				}
			}
			for _, secret := range []string{nonce, "proxypassword", session[20:60], s.SecretKey()} {
				if strings.Contains(log.String(), secret) || strings.Contains(log.String(), url.QueryEscape(secret)) {
					t.Errorf("%s: the log holds %s: %s", name, secret, log.String())
				}
			}
		}
	}
}

// TestDebugShowsQueriesByAllowList has values that no list of bad names would know.
func TestDebugShowsQueriesByAllowList(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	const secret = "4f6b7c8d9e0a1b2c"
	for _, target := range []string{
		"/?reset_token=" + secret, "/?X-Amz-Signature=" + secret + "&X-Amz-Credential=x", "/?" + secret, "/?a=b&" + secret + "&c=d", "/?otp=" + secret, "/?email=" + secret + "%40example.com",
		"/?state=" + secret, "/?redirect_url=" + url.QueryEscape("https://y.example/?invite="+secret), "/?redirect_url=" + secret, "/?redirect_url=" + url.QueryEscape("/x#"+secret),
		"/?redirect_url=" + url.QueryEscape("/?redirect_url="+url.QueryEscape("/?"+secret)), "/?__clerk_ticket=" + secret, "/?__clerk_synced=a%20" + secret, "/?" + strings.Repeat(secret, 8) + "=x",
		"/?__clerk_hs_reason=" + strings.Repeat(secret, 5), "/?x=1#access=" + secret, "/?x=1#" + secret,
	} {
		for _, r := range []core.Request{get(target), page(target), page(target, "Cookie", "__clerk_db_jwt=dvb_1; __client_uat=5"), get(target, "Authorization", "Bearer "+s.SessionToken("user_ada"))} {
			if log := debugged(t, plain(s), r); strings.Contains(log, secret) {
				t.Errorf("%s: the log has the value: %s", target, log)
			}
		}
	}
	log := debugged(t, plain(s), page("/orgs/acme?page=2&__clerk_synced=true&redirect_url=%2Fcart", "Cookie", "__clerk_db_jwt=dvb_1; __client_uat=5"))
	for _, want := range []string{"/orgs/acme?page=...&__clerk_synced=true&redirect_url=%2Fcart", "__clerk_hs_reason=client-uat-but-no-session-token", "suffixed_cookies=false", "format=nonce"} {
		if !strings.Contains(log, want) {
			t.Errorf("got no %s in %s", want, log)
		}
	}
}

// TestErrorsOfTheBackendHoldNoSecret reads the errors that applications get and log
// themselves.
func TestErrorsOfTheBackendHoldNoSecret(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	o := plain(s)
	o.HTTPClient, o.Retry.Attempts = &http.Client{Transport: failing{}}, -1
	ra := attach(t, newClerk(t, o), get("/", "Authorization", "Bearer "+s.SessionToken("user_ada")))
	err := ra.State().Unavailable()
	if err == nil || strings.Contains(err.Error(), "proxypassword") || !strings.Contains(err.Error(), "proxy.internal") {
		t.Errorf("got %v, want the proxy without its credentials", err)
	}
	ra = attach(t, newClerk(t, o), page("/?__clerk_handshake_nonce=nonce_9z8y7x6w5v4u3t2s"))
	if err = ra.State().Unavailable(); err == nil || strings.Contains(err.Error(), "nonce_9z8y7x6w5v4u3t2s") || strings.Contains(core.Explain(ra.State()), "nonce_9z8y7x6w5v4u3t2s") {
		t.Errorf("got %v, want an error without the nonce", err)
	}
}
