package adaptertest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// RunResource runs what an OAuth client, such as one of an MCP server, meets at an application that
// serves the adapter's ProtectedResource("", "read") under /.well-known/oauth-protected-resource.
func RunResource(t *testing.T, newApp NewApp) {
	t.Helper()
	f := newFixture(t)
	o := options(f.server)
	o.APIStatus = true
	var (
		mcp  = core.AcceptTokens(core.OAuthToken)
		ours = `Bearer resource_metadata="` + appURL + `/.well-known/oauth-protected-resource"`
		key  = f.server.APIKey(clerktest.MachineToken{Subject: "user_ada"})
		weak = f.server.OAuthToken(clerktest.MachineToken{Subject: "user_ada"})
	)
	routes := []Route{
		{Path: "/mcp", Protect: Protected(mcp, core.Scopes("read")), Handler: who},
		{Path: "/both", Protect: Protected(core.AcceptTokens(core.SessionToken, core.OAuthToken)), Handler: who},
		{Path: "/keys", Protect: Protected(core.AcceptTokens(core.APIKey)), Handler: who},
		{Path: "/path", Protect: Protected(mcp, core.ResourceMetadataURL("/.well-known/oauth-protected-resource/mcp")), Handler: who},
		{Path: "/elsewhere", Protect: Protected(mcp, core.ResourceMetadataURL(`https://id.example/a"b`)), Handler: who},
	}
	app := newApp(t, Setup{Middleware: []*core.Clerk{f.clerk}, Routes: routes})
	api := newApp(t, Setup{Middleware: []*core.Clerk{newClerk(t, o)}, Routes: routes})
	clerks := `Bearer resource_metadata="https://calm-otter-42.clerk.accounts.dev/.well-known/oauth-protected-resource"`
	for _, c := range []struct {
		name, path string
		headers    []string
		status     int
		want       string
		apiStatus  int // with Options.APIStatus
		wantAPI    string
	}{
		{name: "no token", path: "/mcp", status: 401, want: ours, apiStatus: 401, wantAPI: ours},
		{name: "a page load", path: "/mcp", headers: page("Cookie", "__clerk_db_jwt="+f.devBrowser), status: 401, want: ours, apiStatus: 401, wantAPI: ours},
		{name: "a token that does not exist", path: "/mcp", headers: bearer("oat_unknown"), status: 401, want: ours, apiStatus: 401, wantAPI: ours + `, error="invalid_token"`},
		{name: "a token without the scope", path: "/mcp", headers: bearer(weak), status: 401, want: ours, apiStatus: 403, wantAPI: ours + `, error="insufficient_scope"`},
		{name: "a session", path: "/mcp", headers: bearer(f.admin), status: 401, want: ours, apiStatus: 401, wantAPI: ours + `, error="invalid_token"`},
		{name: "a key", path: "/mcp", headers: bearer(key), status: 401, want: ours, apiStatus: 401, wantAPI: ours + `, error="invalid_token"`},
		{
			name: "behind a proxy", path: "/mcp",
			headers: []string{"X-Forwarded-Host", "mcp.example", "X-Forwarded-Proto", "https"},
			status:  401, want: `Bearer resource_metadata="https://mcp.example/.well-known/oauth-protected-resource"`,
			apiStatus: 401, wantAPI: `Bearer resource_metadata="https://mcp.example/.well-known/oauth-protected-resource"`,
		},
		{name: "no token where sessions are accepted too", path: "/both", status: 404, apiStatus: 401, wantAPI: ours},
		{name: "a bad token where sessions are accepted too", path: "/both", headers: bearer("oat_unknown"), status: 401, want: ours, apiStatus: 401, wantAPI: ours + `, error="invalid_token"`},
		{name: "no token where keys are accepted", path: "/keys", status: 401, apiStatus: 401, wantAPI: "Bearer"},
		{name: "a token where keys are accepted", path: "/keys", headers: bearer("oat_unknown"), status: 401, want: clerks, apiStatus: 401, wantAPI: clerks + `, error="invalid_token"`},
		{
			name: "a document at another path", path: "/path", status: 401, want: `Bearer resource_metadata="` + appURL + `/.well-known/oauth-protected-resource/mcp"`,
			apiStatus: 401, wantAPI: `Bearer resource_metadata="` + appURL + `/.well-known/oauth-protected-resource/mcp"`,
		},
		{name: "a document on another host", path: "/elsewhere", status: 401, want: `Bearer resource_metadata="https://id.example/a%22b"`, apiStatus: 401, wantAPI: `Bearer resource_metadata="https://id.example/a%22b"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, s := range []struct {
				app    App
				status int
				want   string
			}{{app: app, status: c.status, want: c.want}, {app: api, status: c.apiStatus, want: c.wantAPI}} {
				got := visit(t, s.app, http.MethodGet, c.path, c.headers)
				var want []string
				if s.want != "" {
					want = []string{s.want}
				}
				if diff := cmp.Diff(want, got.Header.Values("Www-Authenticate")); diff != "" || got.Status != s.status {
					t.Errorf("got status %d, want %d, challenge (-want +got):\n%s", got.Status, s.status, diff)
				}
			}
		})
	}
	t.Run("the document is there", func(t *testing.T) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, appURL+"/.well-known/oauth-protected-resource", http.NoBody)
		resp, err := app(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // It was read.
		var document core.ProtectedResource
		if err := json.Unmarshal(body, &document); err != nil || document.Resource != appURL {
			t.Errorf("got %d %s (%v), want the description of %s", resp.StatusCode, body, err, appURL)
		}
	})
}
