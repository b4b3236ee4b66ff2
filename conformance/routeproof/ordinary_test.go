package routeproof_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/routeproof"
)

// The guards of an ordinary application, in both directions.
var (
	ordinaryGuarded = []any{"/admin", "/admin/(.*)", "/dashboard/:path*", "/orgs/:slug/settings(.*)", "/api/private/(.*)"}
	ordinaryPublic  = []any{
		"/", "/about(.*)", "/contact-us", "/contact-us/", "/pricing", "/sign-in(.*)", "/sign-up(.*)", "/:file.(txt|xml|ico|png|webmanifest)",
		"/apple-app-site-association", "/.well-known/(.*)", "/assets/(.*)", "/blog", "/blog/(.*)", "/docs/(.*)", "/api/v1/(.*)", "/shop(.*)",
		"/@:user/:rest*", "/administration", "/dashboards", "/_next/(.*)", "/__clerk/(.*)",
	}
)

// TestOrdinaryURLs keeps guards by path from refusing what is no attack.
func TestOrdinaryURLs(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	text, err := os.ReadFile("testdata/ordinary.txt")
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	var open []bool
	for line := range strings.Lines(string(text)) {
		answer, target, _ := strings.Cut(strings.TrimSpace(line), " ")
		if answer != "#" {
			targets, open = append(targets, target), append(open, answer == "open")
		}
	}
	if len(targets) < 200 {
		t.Fatalf("%d targets are too few", len(targets))
	}
	for _, where := range []struct {
		framework, place string
		settings         []string
	}{
		{framework: "gin", place: "ReverseProxy in NoRoute"},
		{framework: "gin", place: "catch-all ReverseProxy", settings: on("UseRawPath")},
		{framework: "gin", place: "catch-all ReverseProxy", settings: on("RemoveExtraSlash")},
		{framework: "echo", place: "Proxy"},
		{framework: "echo", place: "Proxy", settings: on("GuardInPre")},
		{framework: "fiber", place: "Balancer"},
		{framework: "fiber", place: "Balancer", settings: on("CaseSensitive", "StrictRouting")},
		{framework: "fiber", place: "Do", settings: on("UnescapePath")},
		{framework: "http", place: "ReverseProxy"},
	} {
		for _, guard := range guardsOf(where.framework) {
			t.Run(where.framework+"/"+where.place+"/"+strings.Join(where.settings, ",")+"/"+guard, func(t *testing.T) {
				t.Parallel()
				rows := routeproof.BehindRows{
					Framework: where.framework, Place: where.place, Settings: where.settings,
					Guard: guard, Elements: ordinaryGuarded, Targets: targets,
				}
				if strings.HasPrefix(guard, "not") {
					rows.Elements = ordinaryPublic
				}
				answers, err := rows.Check(t.Context(), i)
				if err != nil {
					t.Fatal(err)
				}
				for n, a := range answers {
					switch {
					case a.Open == routeproof.Nothing:
						t.Errorf("%q brings out nothing without a guard: the row shows nothing", targets[n])
					case open[n] && a.Stranger != a.Open:
						t.Errorf("%q: a stranger got %d", targets[n], a.Status)
					case !open[n] && (a.Stranger != routeproof.Nothing || a.Status == http.StatusBadRequest):
						t.Errorf("%q: a stranger got %s with %d", targets[n], a.Stranger, a.Status)
					case a.SignedIn != a.Open:
						t.Errorf("%q: a signed-in caller got %s", targets[n], a.SignedIn)
					}
				}
			})
		}
	}
}
