package core_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

func TestChallenges(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	const metadata = `resource_metadata="https://calm-otter-42.clerk.accounts.dev/.well-known/oauth-protected-resource"`
	session := "Bearer " + s.SessionToken("user_ada")
	oauth := "Bearer " + s.OAuthToken(clerktest.MachineToken{Scopes: []string{"read"}})
	apiKey := "Bearer " + s.APIKey(clerktest.MachineToken{Scopes: []string{"read"}})
	reader := []core.ProtectOption{core.AcceptTokens(core.APIKey, core.OAuthToken), core.Scopes("read")}
	writer := []core.ProtectOption{core.AcceptTokens(core.APIKey, core.OAuthToken), core.Scopes("write")}
	for _, c := range []struct {
		name          string
		authorization string
		guard         []core.ProtectOption
		status        int // without APIStatus
		challenge     string
		apiStatus     int // with it
		apiChallenge  string
	}{
		{name: "no credential", status: 404, apiStatus: 401, apiChallenge: "Bearer"},
		{name: "no credential where a machine is wanted", guard: reader, status: 401, apiStatus: 401, apiChallenge: "Bearer"},
		{name: "a password", authorization: "Basic dXNlcjpwYXNz", guard: reader, status: 401, apiStatus: 401, apiChallenge: "Bearer"},
		{name: "a bad session", authorization: "Bearer eyJx.y.z", status: 404, apiStatus: 401, apiChallenge: `Bearer error="invalid_token"`},
		{name: "a session where a machine is wanted", authorization: session, guard: reader, status: 401, apiStatus: 401, apiChallenge: `Bearer error="invalid_token"`},
		{name: "a session without the role", authorization: session, guard: []core.ProtectOption{core.Role("org:admin")}, status: 404, apiStatus: 403, apiChallenge: `Bearer error="insufficient_scope"`},
		{name: "an OAuth token", authorization: oauth, guard: reader, status: 0, apiStatus: 0},
		{name: "an unknown OAuth token", authorization: "Bearer oat_unknown", guard: reader, status: 401, challenge: "Bearer " + metadata, apiStatus: 401, apiChallenge: "Bearer " + metadata + `, error="invalid_token"`},
		{name: "an OAuth token at a route for keys", authorization: "Bearer oat_123", guard: []core.ProtectOption{core.AcceptTokens(core.APIKey)}, status: 401, challenge: "Bearer " + metadata, apiStatus: 401, apiChallenge: "Bearer " + metadata + `, error="invalid_token"`},
		{name: "an OAuth token without the scope", authorization: oauth, guard: writer, status: 401, challenge: "Bearer " + metadata, apiStatus: 403, apiChallenge: "Bearer " + metadata + `, error="insufficient_scope"`},
		{name: "an API key", authorization: apiKey, guard: reader, status: 0, apiStatus: 0},
		{name: "an unknown API key", authorization: "Bearer ak_unknown", guard: reader, status: 401, apiStatus: 401, apiChallenge: `Bearer error="invalid_token"`},
		{name: "an API key without the scope", authorization: apiKey, guard: writer, status: 401, apiStatus: 403, apiChallenge: `Bearer error="insufficient_scope"`},
		{name: "an M2M token at a route for keys", authorization: "Bearer mt_123", guard: []core.ProtectOption{core.AcceptTokens(core.APIKey)}, status: 401, apiStatus: 401, apiChallenge: `Bearer error="invalid_token"`},
	} {
		for _, apiStatus := range []bool{false, true} {
			o := plain(s)
			o.APIStatus = apiStatus
			var headers []string
			if c.authorization != "" {
				headers = []string{"Authorization", c.authorization}
			}
			got := adapter.Guard("Protect", c.guard...).Check(t.Context(), attach(t, newClerk(t, o), get("/", headers...)))
			status, challenge := c.status, c.challenge
			if apiStatus {
				status, challenge = c.apiStatus, c.apiChallenge
			}
			if header := headerOf(got.Headers, "WWW-Authenticate"); got.Status != status || header != challenge {
				t.Errorf("%s, APIStatus %v: got %d %q, want %d %q", c.name, apiStatus, got.Status, header, status, challenge)
			}
		}
	}
}

func TestProtectedResource(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	ra := attach(t, newClerk(t, plain(s)), get("/x", "X-Forwarded-Host", "api.example", "X-Forwarded-Proto", "https"))
	scopes := []string{"read"}
	got := ra.ProtectedResource("", scopes...)
	scopes[0] = "changed"
	want := core.ProtectedResource{
		Resource: "https://api.example", AuthorizationServers: []string{s.Issuer()}, JWKSURI: s.Issuer() + "/.well-known/jwks.json",
		ScopesSupported: []string{"read"}, BearerMethods: []string{"header"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := ra.ProtectedResource("https://mcp.example/mcp").Resource; got != "https://mcp.example/mcp" {
		t.Errorf("got %s", got)
	}
	o := plain(s)
	o.PublishableKey, o.AcceptsToken = "", core.OnlyToken(core.M2MToken)
	text, err := json.Marshal(attach(t, newClerk(t, o), get("/x")).ProtectedResource("https://a.example"))
	if err != nil || string(text) != `{"resource":"https://a.example","bearer_methods_supported":["header"]}` {
		t.Errorf("without a publishable key: got %s, %v", text, err)
	}
}

// TestChallengesOfOddHosts keeps a quotation mark in a host, which a URL may have, from
// ending the text in which the challenge says where the metadata is.
func TestChallengesOfOddHosts(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	guard := adapter.Guard("Protect", core.AcceptTokens(core.OAuthToken), core.ResourceMetadataURL("/metadata"))
	for host, want := range map[string]string{
		"example.com":         `Bearer resource_metadata="http://example.com/metadata"`,
		`a"b`:                 `Bearer resource_metadata="http://a%22b/metadata"`,
		`a";error="b, c.test`: `Bearer resource_metadata="http://a%22;error=%22b/metadata"`,
	} {
		got := guard.Check(t.Context(), attach(t, newClerk(t, plain(s)), get("/", "X-Forwarded-Host", host)))
		if header := headerOf(got.Headers, "WWW-Authenticate"); header != want {
			t.Errorf("%s: got %s, want %s", host, header, want)
		}
	}
}
