package routeproof_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/routeproof"
)

// Guards that users write.
var (
	guardAdmin  = []any{"/admin(.*)"}
	guardBelow  = []any{"/files/admin(.*)"}
	guardAll    = []any{"/files/:path*"}
	guardAPI    = []any{"/api/admin(.*)"}
	guardText   = []any{regexp.MustCompile("^/admin/")}
	openAssets  = []any{"/", "/assets(.*)"}
	openBelow   = []any{"/files/", "/files/assets(.*)"}
	openAPI     = []any{"/api/", "/api/assets(.*)"}
	openNothing = []any{"/about"}
)

// detours lead a file server from a public path to a guarded one.
var detours = []string{
	"/assets/../admin/secret.txt", "/assets/%2e%2e/admin/secret.txt", "/assets/..%2fadmin/secret.txt", "/assets/%2e%2e%2fadmin/secret.txt",
	"/./admin/secret.txt", "/%2e/admin/secret.txt", "/.%2fadmin/secret.txt", "/%2fadmin/secret.txt", "/%2fadmin%2fsecret.txt",
	"/assets%2f..%2fadmin/secret.txt", "/x/y/../../admin/secret.txt", "/admin/./secret.txt", "/x/../admin/deep/../secret.txt",
	"//admin/secret.txt", "/%61dmin/secret.txt", "/admin//secret.txt", "/assets/../../admin/secret.txt", "/assets/..%2f..%2fadmin%2fsecret.txt",
	"/#/../admin/secret.txt", "http://localhost/./admin/secret.txt", "http://localhost/assets/../admin/secret.txt",
	"http:/admin/secret.txt", "x:/admin/secret.txt", "http:///admin/secret.txt", "/%2561dmin/secret.txt", "/assets/%252e%252e/admin/secret.txt",
	`/assets/..\admin/secret.txt`, "/assets%5c..%5cadmin%5csecret.txt", "/x/%2e./admin/secret.txt",
	"admin/secret.txt", "./admin/secret.txt", "%2fadmin/secret.txt", "assets/../admin/secret.txt", "x/../admin/secret.txt",
	"?/admin/secret.txt", "*", "/admin/secret.txt",
}

// TestBehindRows holds the targets that brought what is guarded out for strangers, and their
// neighbours. Each place is asked for all of them; those that bring it out where no guard stands
// must not where one does.
func TestBehindRows(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	for _, group := range []struct {
		name, framework, place string
		settings               []string
		mount                  string
		protect, open          []any
		also                   []string
		least                  int // how many of the targets bring it out without a guard
	}{
		{name: "gin: NoRoute", framework: "gin", place: "NoRoute(FileServer)", protect: guardAdmin, open: openAssets, least: 18},
		{name: "gin: expression", framework: "gin", place: "NoRoute(FileServer)", protect: guardText, open: openAssets, least: 18},
		{name: "gin: Static", framework: "gin", place: "Static", mount: "/files", protect: guardBelow, open: openBelow, least: 8},
		{name: "gin: Static at the root", framework: "gin", place: "Static at the root", protect: guardAdmin, open: openAssets, least: 8},
		{name: "gin: RemoveExtraSlash", framework: "gin", place: "Static", settings: on("RemoveExtraSlash"), mount: "/files", protect: guardBelow, open: openBelow, least: 8},
		{name: "gin: UseRawPath", framework: "gin", place: "Static", settings: on("UseRawPath"), mount: "/files", protect: guardBelow, open: openBelow, least: 8},
		{name: "gin: UseEscapedPath", framework: "gin", place: "catch-all FileServer", settings: on("UseEscapedPath"), protect: guardAdmin, open: openAssets, least: 18},
		{name: "gin: ReverseProxy", framework: "gin", place: "ReverseProxy in NoRoute", protect: guardAdmin, open: openAssets, least: 18},
		{name: "gin: ReverseProxy that is decoded twice", framework: "gin", place: "catch-all ReverseProxy", settings: on("Twice"), protect: guardAdmin, open: openAssets, least: 18},
		{name: "gin: ReverseProxy below a prefix", framework: "gin", place: "ReverseProxy below a prefix", mount: "/api", protect: guardAPI, open: openAPI, least: 10},
		{name: "gin: StripPrefix", framework: "gin", place: "StripPrefix in NoRoute", mount: "/files", protect: guardBelow, open: openBelow, least: 8},
		{name: "echo: FileServer", framework: "echo", place: "catch-all FileServer", protect: guardAdmin, open: openAssets, least: 18},
		{name: "echo: FileServer, guard in Pre", framework: "echo", place: "catch-all FileServer", settings: on("GuardInPre"), protect: guardAdmin, open: openAssets, least: 18},
		{name: "echo: Proxy", framework: "echo", place: "Proxy", protect: guardAdmin, open: openAssets, least: 18},
		{name: "echo: Proxy, guard in Pre", framework: "echo", place: "Proxy", settings: on("GuardInPre", "Twice"), protect: guardAdmin, open: openAssets, least: 18},
		{name: "echo: Proxy behind other targets", framework: "echo", place: "Proxy", settings: on("PreAddTrailingSlash"), protect: guardAdmin, open: openAssets, also: []string{"http:http://x/admin/", "x:http://x/admin/secret.txt"}, least: 18},
		{name: "echo: Proxy of a group", framework: "echo", place: "Proxy of a group", mount: "/api", protect: guardAPI, open: openAPI, least: 5},
		{name: "echo: Proxy of a group that reads a path again", framework: "echo", place: "Proxy of a group", settings: on("PreAddTrailingSlash", "Twice"), mount: "/api", protect: []any{"/api/admin", "/api/admin/(.*)"}, open: openAPI, also: []string{`/api/admin%3f\`, "/api/ad%6din#/s%65cret.txt", "/api/admin%3Fx"}, least: 5},
		{name: "echo: Static that unescapes", framework: "echo", place: "Static at the root", settings: on("EnablePathUnescaping"), protect: guardAdmin, open: openAssets, least: 3},
		{name: "echo: Static middleware that unescapes", framework: "echo", place: "Static middleware", settings: on("EnablePathUnescaping"), protect: guardAdmin, open: openAssets, least: 3},
		{name: "echo: Static at text", framework: "echo", place: "Static", mount: "/files", protect: guardBelow, open: openBelow, also: []string{"/filesadmin/secret.txt", "/files%61dmin/secret.txt"}, least: 3},
		{name: "echo: Static at text, guard in Pre", framework: "echo", place: "Static of a vault", settings: on("GuardInPre"), mount: "/files", protect: guardAll, open: openNothing, also: []string{"/filesadmin/secret.txt"}, least: 2},
		{name: "echo: StripPrefix at text", framework: "echo", place: "StripPrefix at text", mount: "/files", protect: guardBelow, open: openBelow, also: []string{"/filesadmin/secret.txt", "/files../admin/secret.txt"}, least: 8},
		{name: "echo: FileServer of a host", framework: "echo", place: "FileServer of a host", settings: on("GuardInPre"), protect: guardAdmin, open: openAssets, least: 18},
		{name: "echo: a parameter of a host", framework: "echo", place: "a parameter of a host", mount: "/files", protect: []any{"/files/:name"}, open: openNothing, also: []string{"/files/x/secret.txt", "/files/secret.txt", "/files//secret.txt"}, least: 3},
		{name: "echo: a parameter of a host, guard in Pre", framework: "echo", place: "a parameter of a host", settings: on("GuardInPre"), mount: "/files", protect: []any{"/files/:name"}, open: openNothing, also: []string{"/files/x/secret.txt", "/files/secret.txt", "/files//secret.txt"}, least: 3},
		{name: "fiber: Static at the root", framework: "fiber", place: "Static at the root", protect: guardAdmin, open: openAssets, least: 18},
		{name: "fiber: UnescapePath", framework: "fiber", place: "Static at the root", settings: on("UnescapePath"), protect: guardAdmin, open: openAssets, least: 18},
		{name: "fiber: filesystem", framework: "fiber", place: "filesystem at the root", protect: guardAdmin, open: openAssets, least: 5},
		{name: "fiber: Balancer", framework: "fiber", place: "Balancer", protect: guardAdmin, open: openAssets, least: 15},
		{name: "fiber: Do", framework: "fiber", place: "Do", settings: on("Twice"), protect: guardAdmin, open: openAssets, least: 10},
		{name: "fiber: adaptor", framework: "fiber", place: "adaptor of a FileServer", protect: guardAdmin, open: openAssets, least: 15},
		{name: "fiber: Static at text", framework: "fiber", place: "Static", mount: "/files", protect: guardBelow, open: openBelow, also: []string{"/filesadmin/secret.txt", "/FILESadmin/secret.txt", "/files%61dmin/secret.txt", "/files/../aaaaa/admin/secret.txt"}, least: 12},
		{name: "fiber: Static at text, a vault", framework: "fiber", place: "Static of a vault", mount: "/files", protect: guardAll, open: openNothing, also: []string{"/filesadmin/secret.txt", "/filesadmin/deep/plan.txt", "/FiLeSadmin/secret.txt"}, least: 12},
		{name: "fiber: Static of a wildcard", framework: "fiber", place: "Static of a wildcard", mount: "/files", protect: guardAll, open: openNothing, also: []string{"/xxxxx/admin/secret.txt", "/", "/xxxxxadmin/secret.txt", "/admin"}, least: 12},
		{name: "fiber: filesystem in a mounted application", framework: "fiber", place: "filesystem in a mounted application", mount: "/files", protect: guardBelow, open: openBelow, also: []string{"/filesadmin/secret.txt"}, least: 4},
		{name: "fiber: filesystem at text", framework: "fiber", place: "filesystem", mount: "/files", protect: guardBelow, open: openBelow, also: []string{"/filesadmin/secret.txt", "/files../admin/secret.txt"}, least: 4},
		{name: "fiber: filesystem at text, a vault", framework: "fiber", place: "filesystem of a vault", settings: on("CaseSensitive", "StrictRouting"), mount: "/files", protect: guardAll, open: openNothing, also: []string{"/filesadmin/secret.txt"}, least: 4},
		{name: "fiber: adaptor of StripPrefix at text", framework: "fiber", place: "adaptor of StripPrefix", mount: "/files", protect: guardBelow, open: openBelow, also: []string{"/filesadmin/secret.txt"}, least: 8},
		{name: "fiber: a prefix with a parameter", framework: "fiber", place: "a prefix with a parameter", mount: "/acme/files", protect: []any{"/:tenant/files/admin(.*)"}, open: []any{"/:tenant/files/assets(.*)"}, also: []string{"/acme/filesadmin/secret.txt"}, least: 2},
		{name: "fiber: a wildcard at text", framework: "fiber", place: "a wildcard at text", mount: "/files", protect: guardBelow, open: openBelow, also: []string{"/filesadmin/secret.txt"}, least: 2},
		{name: "fiber: Balancer that cuts its prefix", framework: "fiber", place: "Balancer that cuts its prefix", mount: "/api", protect: guardAPI, open: openAPI, also: []string{"/apiadmin/secret.txt"}, least: 5},
		{name: "echo5: FileServer", framework: "echo5", place: "catch-all FileServer", protect: guardAdmin, open: openAssets, least: 18},
		{name: "echo5: Proxy, guard in Pre", framework: "echo5", place: "Proxy", settings: on("GuardInPre", "Twice"), protect: guardAdmin, open: openAssets, least: 18},
		{name: "echo5: Static at text", framework: "echo5", place: "Static", settings: on("EnablePathUnescaping"), mount: "/files", protect: guardBelow, open: openBelow, also: []string{"/filesadmin/secret.txt", "/files%61dmin/secret.txt"}, least: 2},
		{name: "fiber3: static", framework: "fiber3", place: "static at the root", protect: guardAdmin, open: openAssets, least: 10},
		{name: "fiber3: static of a star", framework: "fiber3", place: "static of a star", protect: guardAdmin, open: openAssets, least: 14},
		{name: "fiber3: static of a star, strict", framework: "fiber3", place: "static of a star", settings: on("StrictRouting"), protect: guardAdmin, open: openAssets, least: 14},
		{name: "fiber3: Do", framework: "fiber3", place: "Do", protect: guardAdmin, open: openAssets, least: 18},
		{name: "fiber3: static at text", framework: "fiber3", place: "static of a wildcard at text", mount: "/files", protect: guardBelow, open: openBelow, also: []string{"/filesadmin/secret.txt"}, least: 5},
		{name: "fiber3: static below a parameter", framework: "fiber3", place: "static below a parameter", mount: "/acme/files", protect: []any{"/:tenant/files/admin(.*)"}, open: []any{"/:tenant/files/assets(.*)"}, also: []string{"/a/files/xadmin/secret.txt"}, least: 2},
		{name: "http: FileServer", framework: "http", place: "FileServer", protect: guardAdmin, open: openAssets, least: 18},
		{name: "http: FileServer of a mux", framework: "http", place: "FileServer of a mux", protect: guardAdmin, open: openAssets, least: 4},
		{name: "http: StripPrefix", framework: "http", place: "StripPrefix", mount: "/files", protect: guardBelow, open: openBelow, least: 3},
		{name: "http: guards below StripPrefix", framework: "http", place: "guards below StripPrefix", mount: "/files", protect: guardAdmin, open: openAssets, least: 3},
		{name: "http: guards below StripPrefix with a slash", framework: "http", place: "guards below StripPrefix with a slash", mount: "/files", protect: guardAdmin, open: openAssets, also: []string{"/files//admin/secret.txt"}, least: 3},
		{name: "chi: FileServer", framework: "chi", place: "catch-all FileServer", protect: guardAdmin, open: openAssets, least: 18},
		{name: "chi: FileServer behind CleanPath", framework: "chi", place: "catch-all FileServer", settings: on("CleanPath", "StripSlashes"), protect: guardAdmin, open: openAssets, least: 18},
		{name: "chi: StripPrefix", framework: "chi", place: "StripPrefix", mount: "/files", protect: guardBelow, open: openBelow, least: 3},
		{name: "chi: ReverseProxy", framework: "chi", place: "ReverseProxy in NotFound", settings: on("Twice"), protect: guardAdmin, open: openAssets, least: 18},
		{name: "http: ReverseProxy", framework: "http", place: "ReverseProxy", settings: on("Twice"), protect: guardAdmin, open: openAssets, least: 18},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			targets := slices.Concat(mounted(group.mount, detours), group.also)
			brought := 0
			for n, guard := range guardsOf(group.framework) {
				rows := routeproof.BehindRows{
					Framework: group.framework, Place: group.place, Settings: group.settings,
					Guard: guard, Elements: group.protect, Targets: targets,
				}
				if strings.HasPrefix(guard, "not") {
					rows.Elements = group.open
				}
				answers, err := rows.Check(t.Context(), i)
				if err != nil {
					t.Fatal(err)
				}
				for k, a := range answers {
					if n == 0 && a.Open == routeproof.Secret {
						brought++
					}
					if a.Stranger == routeproof.Secret {
						t.Errorf("%q under %s: a stranger got %s with %d", targets[k], guard, a.Stranger, a.Status)
					}
				}
				if plain := answers[len(detours)-1]; group.protect[0] != "/files/:name" && plain.Open == routeproof.Secret && plain.SignedIn != routeproof.Secret {
					t.Errorf("%q under %s: a signed-in caller got %s", targets[len(detours)-1], guard, plain.SignedIn)
				}
			}
			if brought < group.least {
				t.Errorf("only %d targets bring out what is guarded: the rows show nothing", brought)
			}
		})
	}
}

func guardsOf(framework string) []string {
	if framework == "gin" {
		return []string{"protect", "not", "protect+router", "not+router"}
	}
	return []string{"protect", "not"}
}

// mounted puts a mount before targets.
func mounted(mount string, targets []string) []string {
	if mount == "" {
		return targets
	}
	var list []string
	for _, target := range targets {
		below := strings.TrimPrefix(mount, "/") + "/" + target
		for _, scheme := range []string{"http://localhost", "http://", "http:", "x:", ""} {
			if rest, found := strings.CutPrefix(target, scheme+"/"); found {
				below = scheme + mount + "/" + rest
				break
			}
		}
		list = append(list, below)
	}
	return list
}
