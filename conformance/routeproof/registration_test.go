package routeproof_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/clerkgo/clerkgo/conformance/routeproof"
)

// TestRegistrations has the three ways to register middleware and guards for everything on Fiber v3.
// Where one leaves something out for a target that a place serves, all ordinary requests are answered
// with 500; in all other places it does as Use("/*") does.
func TestRegistrations(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	for _, place := range []struct {
		name, mount   string
		protect, open []any
		star          bool // the place serves targets without a slash at the start
	}{
		{name: "static of a star", protect: guardAdmin, open: openAssets, star: true},
		{name: "Do", protect: guardAdmin, open: openAssets, star: true},
		{name: "static at the root", protect: guardAdmin, open: openAssets},
		{name: "Balancer", protect: guardAdmin, open: openAssets},
		{name: "adaptor of a FileServer", protect: guardAdmin, open: openAssets},
		{name: "static", mount: "/files", protect: guardBelow, open: openBelow},
		{name: "static of a wildcard", mount: "/files", protect: guardBelow, open: openBelow},
		{name: "static of a wildcard at text", mount: "/files", protect: guardBelow, open: openBelow},
		{name: "static in a mounted application", mount: "/files", protect: guardBelow, open: openBelow},
		{name: "adaptor of StripPrefix at text", mount: "/files", protect: guardBelow, open: openBelow},
	} {
		for _, registration := range []string{"Use", "UseSlash", "UseNothing"} {
			t.Run(place.name+"/"+registration, func(t *testing.T) {
				t.Parallel()
				targets := slices.Concat(mounted(place.mount, detours), detours, []string{"//", "///", "?x", "x", "#"})
				for _, settings := range [][]string{nil, on("StrictRouting"), on("UnescapePath"), on("CaseSensitive", "StrictRouting")} {
					for guard, elements := range map[string][]any{"protect": place.protect, "not": place.open} {
						rows := routeproof.BehindRows{
							Framework: "fiber3", Place: place.name, Settings: append([]string{registration}, settings...),
							Guard: guard, Elements: elements, Targets: targets,
						}
						answers, err := rows.Check(t.Context(), i)
						if err != nil {
							t.Fatal(err)
						}
						plain, refuses := answers[len(detours)-1], place.star && registration != "Use"
						if got := plain.Status == http.StatusInternalServerError; got != refuses || (plain.SignedIn == routeproof.Secret) == refuses {
							t.Errorf("%s %q: %q is answered %d, and %s to a signed-in caller", guard, settings, targets[len(detours)-1], plain.Status, plain.SignedIn)
						}
						for n, a := range answers {
							if a.Stranger == routeproof.Secret && !refuses {
								t.Errorf("%s %q: %q: a stranger got %s with %d", guard, settings, targets[n], a.Stranger, a.Status)
							}
						}
					}
				}
			})
		}
	}
}

// TestTargetsWithoutSlash shows that net/http's server refuses what Fiber serves, so that no
// framework on it has to know such targets.
func TestTargetsWithoutSlash(t *testing.T) {
	t.Parallel()
	for framework, place := range map[string]string{
		"http": "FileServer", "chi": "catch-all FileServer", "gin": "catch-all FileServer", "echo": "catch-all FileServer", "echo5": "catch-all FileServer",
	} {
		t.Run(framework, func(t *testing.T) {
			t.Parallel()
			i := newInstance(t)
			for _, target := range []string{
				"admin/secret.txt", "./admin/secret.txt", "%2fadmin/secret.txt", "assets/../admin/secret.txt", "x/../admin/secret.txt", "x",
				"?/admin/secret.txt", "?x", "#",
			} {
				rows := routeproof.BehindRows{Framework: framework, Place: place, Guard: "protect", Elements: guardAdmin, Targets: []string{target}}
				answers, err := rows.Check(t.Context(), i)
				if err != nil {
					t.Fatal(err)
				}
				// It closes the connection, and its answer may be lost with that.
				a := answers[0]
				if a.Open != routeproof.Nothing || a.Stranger != routeproof.Nothing || a.SignedIn != routeproof.Nothing ||
					a.Status != 0 && a.Status != http.StatusBadRequest {
					t.Errorf("%q brings out %s without a guard, and %s in front of one with %d", target, a.Open, a.Stranger, a.Status)
				}
			}
		})
	}
}
