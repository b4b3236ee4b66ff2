//go:build browser

package browser

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// page loads clerk-js and the components as the lines of Clerk's quickstart for JavaScript do.
var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Title}}</title><link rel="icon" href="data:,">
<style>body { font-family: system-ui, sans-serif; }</style></head>
<body><h1>{{.Title}}</h1><p id="server">{{.Server}}</p><div id="component"></div>
<script src="https://{{.Host}}/npm/@clerk/ui@1/dist/ui.browser.js" crossorigin="anonymous"></script>
<script src="https://{{.Host}}/npm/@clerk/clerk-js@6/dist/clerk.browser.js" crossorigin="anonymous" data-clerk-publishable-key="{{.Key}}"></script>
<script>
window.loaded = (async () => {
  await window.Clerk.load({ ui: { ClerkUI: window.__internal_ClerkUICtor } });
  window.ready = true;
})();
</script></body></html>`))

// app is an application with an open page and a guarded one.
func app(clerk *clerktest.Server) http.Handler {
	show := func(title string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			auth := httpclerk.Auth(r)
			server := "signed out"
			if auth.IsAuthenticated() {
				server = fmt.Sprintf("signed in as %s, organization %q, role %q", auth.UserID, auth.OrgID, auth.OrgRole)
			}
			_ = page.Execute(w, map[string]string{"Title": title, "Server": server, "Host": strings.TrimPrefix(clerk.Issuer(), "https://"), "Key": clerk.PublishableKey()})
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", show("Home"))
	mux.Handle("GET /dashboard", httpclerk.Protect()(show("Dashboard")))
	mux.Handle("GET /admin", httpclerk.Protect(core.Role("org:admin"))(show("Admin")))
	return httpclerk.Middleware(clerk.Options())(mux)
}

func TestSignIn(t *testing.T) {
	clerk := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: "correct horse battery"}}})
	s := newSite(t, clerk, app(clerk))
	tab := newTab(t, s)

	tab.open(s.URL + "/")
	tab.waitForText("signed out")
	tab.waitFor("window.ready")
	tab.run(`Clerk.mountSignIn(document.getElementById("component"))`)
	tab.fill("input[name=identifier]", "ada@example.com")
	tab.clickText("Continue")
	tab.expect("422") // Chromium logs every answer that is an error.
	tab.fill("input[name=password]", "wrong")
	tab.clickText("Continue")
	tab.waitForText("The password is not right")
	tab.fill("input[name=password]", "correct horse battery")
	tab.clickText("Continue")
	tab.waitFor(`Clerk.user?.id === "user_ada"`)
	tab.open(s.URL + "/dashboard")
	tab.waitForText("signed in as user_ada")
	tab.waitFor("window.ready")
	tab.run("Clerk.signOut()")
	tab.open(s.URL + "/")
	tab.waitForText("signed out")
}
