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
	`/assets/..\admin/secret.txt`, "/assets%5c..%5cadmin%5csecret.txt", "/x/%2e./admin/secret.txt", "/admin/secret.txt",
}

// TestBehindRows holds the targets that brought what is guarded out for strangers,
// and their neighbours. Each place is asked for all of them; those that bring it out
// where no guard stands must not where one does.
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
		{"gin: NoRoute", "gin", "NoRoute(FileServer)", nil, "", guardAdmin, openAssets, nil, 18},
		{"gin: expression", "gin", "NoRoute(FileServer)", nil, "", guardText, openAssets, nil, 18},
		{"gin: Static", "gin", "Static", nil, "/files", guardBelow, openBelow, nil, 8},
		{"gin: Static at the root", "gin", "Static at the root", nil, "", guardAdmin, openAssets, nil, 8},
		{"gin: RemoveExtraSlash", "gin", "Static", on("RemoveExtraSlash"), "/files", guardBelow, openBelow, nil, 8},
		{"gin: UseRawPath", "gin", "Static", on("UseRawPath"), "/files", guardBelow, openBelow, nil, 8},
		{"gin: UseEscapedPath", "gin", "catch-all FileServer", on("UseEscapedPath"), "", guardAdmin, openAssets, nil, 18},
		{"gin: ReverseProxy", "gin", "ReverseProxy in NoRoute", nil, "", guardAdmin, openAssets, nil, 18},
		{"gin: ReverseProxy that is decoded twice", "gin", "catch-all ReverseProxy", on("Twice"), "", guardAdmin, openAssets, nil, 18},
		{"gin: ReverseProxy below a prefix", "gin", "ReverseProxy below a prefix", nil, "/api", guardAPI, openAPI, nil, 10},
		{"gin: StripPrefix", "gin", "StripPrefix in NoRoute", nil, "/files", guardBelow, openBelow, nil, 8},
		{"echo: FileServer", "echo", "catch-all FileServer", nil, "", guardAdmin, openAssets, nil, 18},
		{"echo: FileServer, guard in Pre", "echo", "catch-all FileServer", on("GuardInPre"), "", guardAdmin, openAssets, nil, 18},
		{"echo: Proxy", "echo", "Proxy", nil, "", guardAdmin, openAssets, nil, 18},
		{"echo: Proxy, guard in Pre", "echo", "Proxy", on("GuardInPre", "Twice"), "", guardAdmin, openAssets, nil, 18},
		{"echo: Proxy behind other targets", "echo", "Proxy", on("PreAddTrailingSlash"), "", guardAdmin, openAssets, []string{"http:http://x/admin/", "x:http://x/admin/secret.txt"}, 18},
		{"echo: Proxy of a group", "echo", "Proxy of a group", nil, "/api", guardAPI, openAPI, nil, 5},
		{"echo: Proxy of a group that reads a path again", "echo", "Proxy of a group", on("PreAddTrailingSlash", "Twice"), "/api", []any{"/api/admin", "/api/admin/(.*)"}, openAPI, []string{`/api/admin%3f\`, "/api/ad%6din#/s%65cret.txt", "/api/admin%3Fx"}, 5},
		{"echo: Static that unescapes", "echo", "Static at the root", on("EnablePathUnescaping"), "", guardAdmin, openAssets, nil, 3},
		{"echo: Static middleware that unescapes", "echo", "Static middleware", on("EnablePathUnescaping"), "", guardAdmin, openAssets, nil, 3},
		{"echo: Static at text", "echo", "Static", nil, "/files", guardBelow, openBelow, []string{"/filesadmin/secret.txt", "/files%61dmin/secret.txt"}, 3},
		{"echo: Static at text, guard in Pre", "echo", "Static of a vault", on("GuardInPre"), "/files", guardAll, openNothing, []string{"/filesadmin/secret.txt"}, 2},
		{"echo: StripPrefix at text", "echo", "StripPrefix at text", nil, "/files", guardBelow, openBelow, []string{"/filesadmin/secret.txt", "/files../admin/secret.txt"}, 8},
		{"echo: FileServer of a host", "echo", "FileServer of a host", on("GuardInPre"), "", guardAdmin, openAssets, nil, 18},
		{"echo: a parameter of a host", "echo", "a parameter of a host", nil, "/files", []any{"/files/:name"}, openNothing, []string{"/files/x/secret.txt", "/files/secret.txt", "/files//secret.txt"}, 3},
		{"echo: a parameter of a host, guard in Pre", "echo", "a parameter of a host", on("GuardInPre"), "/files", []any{"/files/:name"}, openNothing, []string{"/files/x/secret.txt", "/files/secret.txt", "/files//secret.txt"}, 3},
		{"fiber: Static at the root", "fiber", "Static at the root", nil, "", guardAdmin, openAssets, nil, 18},
		{"fiber: UnescapePath", "fiber", "Static at the root", on("UnescapePath"), "", guardAdmin, openAssets, nil, 18},
		{"fiber: filesystem", "fiber", "filesystem at the root", nil, "", guardAdmin, openAssets, nil, 5},
		{"fiber: Balancer", "fiber", "Balancer", nil, "", guardAdmin, openAssets, nil, 15},
		{"fiber: Do", "fiber", "Do", on("Twice"), "", guardAdmin, openAssets, nil, 10},
		{"fiber: adaptor", "fiber", "adaptor of a FileServer", nil, "", guardAdmin, openAssets, nil, 15},
		{"fiber: Static at text", "fiber", "Static", nil, "/files", guardBelow, openBelow, []string{"/filesadmin/secret.txt", "/FILESadmin/secret.txt", "/files%61dmin/secret.txt", "/files/../aaaaa/admin/secret.txt"}, 12},
		{"fiber: Static at text, a vault", "fiber", "Static of a vault", nil, "/files", guardAll, openNothing, []string{"/filesadmin/secret.txt", "/filesadmin/deep/plan.txt", "/FiLeSadmin/secret.txt"}, 12},
		{"fiber: Static of a wildcard", "fiber", "Static of a wildcard", nil, "/files", guardAll, openNothing, []string{"/xxxxx/admin/secret.txt", "/", "/xxxxxadmin/secret.txt", "/admin"}, 12},
		{"fiber: filesystem in a mounted application", "fiber", "filesystem in a mounted application", nil, "/files", guardBelow, openBelow, []string{"/filesadmin/secret.txt"}, 4},
		{"fiber: filesystem at text", "fiber", "filesystem", nil, "/files", guardBelow, openBelow, []string{"/filesadmin/secret.txt", "/files../admin/secret.txt"}, 4},
		{"fiber: filesystem at text, a vault", "fiber", "filesystem of a vault", on("CaseSensitive", "StrictRouting"), "/files", guardAll, openNothing, []string{"/filesadmin/secret.txt"}, 4},
		{"fiber: adaptor of StripPrefix at text", "fiber", "adaptor of StripPrefix", nil, "/files", guardBelow, openBelow, []string{"/filesadmin/secret.txt"}, 8},
		{"fiber: a prefix with a parameter", "fiber", "a prefix with a parameter", nil, "/acme/files", []any{"/:tenant/files/admin(.*)"}, []any{"/:tenant/files/assets(.*)"}, []string{"/acme/filesadmin/secret.txt"}, 2},
		{"fiber: a wildcard at text", "fiber", "a wildcard at text", nil, "/files", guardBelow, openBelow, []string{"/filesadmin/secret.txt"}, 2},
		{"fiber: Balancer that cuts its prefix", "fiber", "Balancer that cuts its prefix", nil, "/api", guardAPI, openAPI, []string{"/apiadmin/secret.txt"}, 5},
		{"echo5: FileServer", "echo5", "catch-all FileServer", nil, "", guardAdmin, openAssets, nil, 18},
		{"echo5: Proxy, guard in Pre", "echo5", "Proxy", on("GuardInPre", "Twice"), "", guardAdmin, openAssets, nil, 18},
		{"echo5: Static at text", "echo5", "Static", on("EnablePathUnescaping"), "/files", guardBelow, openBelow, []string{"/filesadmin/secret.txt", "/files%61dmin/secret.txt"}, 2},
		{"fiber3: static", "fiber3", "static at the root", nil, "", guardAdmin, openAssets, nil, 10},
		{"fiber3: static at text", "fiber3", "static of a wildcard at text", nil, "/files", guardBelow, openBelow, []string{"/filesadmin/secret.txt"}, 5},
		{"fiber3: static below a parameter", "fiber3", "static below a parameter", nil, "/acme/files", []any{"/:tenant/files/admin(.*)"}, []any{"/:tenant/files/assets(.*)"}, []string{"/a/files/xadmin/secret.txt"}, 2},
		{"http: FileServer", "http", "FileServer", nil, "", guardAdmin, openAssets, nil, 18},
		{"http: FileServer of a mux", "http", "FileServer of a mux", nil, "", guardAdmin, openAssets, nil, 4},
		{"http: StripPrefix", "http", "StripPrefix", nil, "/files", guardBelow, openBelow, nil, 3},
		{"http: guards below StripPrefix", "http", "guards below StripPrefix", nil, "/files", guardAdmin, openAssets, nil, 3},
		{"http: guards below StripPrefix with a slash", "http", "guards below StripPrefix with a slash", nil, "/files", guardAdmin, openAssets, []string{"/files//admin/secret.txt"}, 3},
		{"chi: FileServer", "chi", "catch-all FileServer", nil, "", guardAdmin, openAssets, nil, 18},
		{"chi: FileServer behind CleanPath", "chi", "catch-all FileServer", on("CleanPath", "StripSlashes"), "", guardAdmin, openAssets, nil, 18},
		{"chi: StripPrefix", "chi", "StripPrefix", nil, "/files", guardBelow, openBelow, nil, 3},
		{"chi: ReverseProxy", "chi", "ReverseProxy in NotFound", on("Twice"), "", guardAdmin, openAssets, nil, 18},
		{"http: ReverseProxy", "http", "ReverseProxy", on("Twice"), "", guardAdmin, openAssets, nil, 18},
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
		for _, scheme := range []string{"http://localhost", "http://", "http:", "x:", ""} {
			if rest, found := strings.CutPrefix(target, scheme+"/"); found {
				list = append(list, scheme+mount+"/"+rest)
				break
			}
		}
	}
	return list
}
