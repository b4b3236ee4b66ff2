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
		{"no token", "/mcp", nil, 401, ours, 401, ours},
		{"a page load", "/mcp", page("Cookie", "__clerk_db_jwt="+f.devBrowser), 401, ours, 401, ours},
		{"a token that does not exist", "/mcp", bearer("oat_unknown"), 401, ours, 401, ours + `, error="invalid_token"`},
		{"a token without the scope", "/mcp", bearer(weak), 401, ours, 403, ours + `, error="insufficient_scope"`},
		{"a session", "/mcp", bearer(f.admin), 401, ours, 401, ours + `, error="invalid_token"`},
		{"a key", "/mcp", bearer(key), 401, ours, 401, ours + `, error="invalid_token"`},
		{
			"behind a proxy", "/mcp",
			[]string{"X-Forwarded-Host", "mcp.example", "X-Forwarded-Proto", "https"},
			401, `Bearer resource_metadata="https://mcp.example/.well-known/oauth-protected-resource"`,
			401, `Bearer resource_metadata="https://mcp.example/.well-known/oauth-protected-resource"`,
		},
		{"no token where sessions are accepted too", "/both", nil, 404, "", 401, ours},
		{"a bad token where sessions are accepted too", "/both", bearer("oat_unknown"), 401, ours, 401, ours + `, error="invalid_token"`},
		{"no token where keys are accepted", "/keys", nil, 401, "", 401, "Bearer"},
		{"a token where keys are accepted", "/keys", bearer("oat_unknown"), 401, clerks, 401, clerks + `, error="invalid_token"`},
		{
			"a document at another path", "/path", nil,
			401, `Bearer resource_metadata="` + appURL + `/.well-known/oauth-protected-resource/mcp"`,
			401, `Bearer resource_metadata="` + appURL + `/.well-known/oauth-protected-resource/mcp"`,
		},
		{"a document on another host", "/elsewhere", nil, 401, `Bearer resource_metadata="https://id.example/a%22b"`, 401, `Bearer resource_metadata="https://id.example/a%22b"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, s := range []struct {
				app    App
				status int
				want   string
			}{{app, c.status, c.want}, {api, c.apiStatus, c.wantAPI}} {
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
