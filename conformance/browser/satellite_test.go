//go:build browser

package browser

import (
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// domains is an application on two domains: its primary one, where people sign in, and a satellite.
type domains struct {
	Primary, Satellite string
}

var satellitePage = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Title}}</title><link rel="icon" href="data:,"></head>
<body><h1>{{.Title}}</h1><p id="server">{{.Server}}</p><div id="component"></div>
<script src="https://{{.Host}}/npm/@clerk/ui@1/dist/ui.browser.js" crossorigin="anonymous"></script>
<script src="https://{{.Host}}/npm/@clerk/clerk-js@6/dist/clerk.browser.js" crossorigin="anonymous" data-clerk-publishable-key="{{.Key}}" data-clerk-domain="{{.Domain}}"></script>
<script>
window.loaded = (async () => {
  await window.Clerk.load({ ui: { ClerkUI: window.__internal_ClerkUICtor }, isSatellite: {{.IsSatellite}}, signInUrl: {{.SignInURL}}, allowedRedirectOrigins: [{{.Satellite}}] });
  if (location.pathname.startsWith("/sign-in")) Clerk.mountSignIn(document.getElementById("component"), { routing: "path", path: "/sign-in" });
  window.ready = true;
})();
</script></body></html>`))

// newDomains starts both, the satellite on a host of its own.
func newDomains(t *testing.T, clerk *clerktest.Server, satelliteHost string) (*site, domains) {
	t.Helper()
	var d domains
	serve := func(host string, satellite bool) (string, *http.ServeMux) {
		mux := http.NewServeMux()
		server := httptest.NewUnstartedServer(nil)
		server.Start()
		t.Cleanup(server.Close)
		u, _ := url.Parse(server.URL)
		base := "http://" + host + ":" + u.Port()
		server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			options := clerk.Options()
			options.SignInURL = d.Primary + "/sign-in"
			options.IsSatellite = satellite
			if satellite {
				options.Domain = strings.TrimPrefix(d.Satellite, "http://")
			}
			httpclerk.Middleware(options)(mux).ServeHTTP(w, r)
		})
		show := func(title string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				auth, state := httpclerk.Auth(r), "signed out"
				if auth.IsAuthenticated() {
					state = fmt.Sprint("signed in as ", auth.UserID)
				}
				domain := ""
				if satellite {
					domain = strings.TrimPrefix(d.Satellite, "http://")
				}
				_ = satellitePage.Execute(w, map[string]any{
					"Title": title, "Server": state, "Host": strings.TrimPrefix(clerk.Issuer(), "https://"), "Key": clerk.PublishableKey(),
					"Domain": domain, "IsSatellite": satellite, "SignInURL": d.Primary + "/sign-in", "Satellite": d.Satellite,
				})
			}
		}
		mux.Handle("GET /{$}", show("Home of "+host))
		mux.Handle("GET /sign-in/{step...}", show("Sign in on "+host))
		mux.Handle("GET /dashboard", httpclerk.Protect()(show("Dashboard of "+host)))
		return base, mux
	}
	d.Primary, _ = serve("localhost", false)
	d.Satellite, _ = serve(satelliteHost, true)
	s := newSite(t, clerk, http.NotFoundHandler())
	s.hosts += ", MAP " + satelliteHost + " 127.0.0.1"
	return s, d
}

// TestSatellites opens a page of a satellite before its guarded one, while the user is signed in on
// the primary domain only. Browsers say what a request is for (Sec-Fetch-Dest) to hosts that they
// trust, such as those of localhost, and not to others over http: the ways differ.
func TestSatellites(t *testing.T) {
	for _, host := range [...]string{"satellite.localhost", "satellite.test"} {
		t.Run(host, func(t *testing.T) {
			clerk := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: "correct horse battery"}}})
			s, d := newDomains(t, clerk, host)
			tab := newTab(t, s)

			tab.open(d.Primary + "/sign-in")
			tab.fill("input[name=identifier]", "ada@example.com")
			tab.clickText("Continue")
			tab.fill("input[name=password]", "correct horse battery")
			tab.clickText("Continue")
			tab.waitFor(`Clerk.user?.id === "user_ada"`)
			tab.open(d.Primary + "/dashboard")
			tab.waitForText("signed in as user_ada")

			tab.open(d.Satellite + "/")
			tab.waitFor("window.ready")
			tab.waitForText("signed out")
			tab.open(d.Satellite + "/dashboard")
			tab.waitForText("Dashboard of " + host)
			tab.waitForText("signed in as user_ada")
			tab.waitFor(`Clerk.user?.id === "user_ada"`)
			tab.open(d.Primary + "/dashboard")
			tab.waitForText("signed in as user_ada")
		})
	}
}
