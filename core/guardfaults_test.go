package core_test

import (
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/core"
)

// TestGuardsRefuseOptionsWithoutEffect: what a guard would leave out is a fault at
// start-up, and 500 inside of a handler.
func TestGuardsRefuseOptionsWithoutEffect(t *testing.T) {
	t.Parallel()
	machines := core.AcceptTokens(core.APIKey, core.OAuthToken)
	c := newClerk(t, plain(newServer(t, true)))
	for _, test := range []struct {
		name string
		opts []core.ProtectOption
		want string // in the error
	}{
		{name: "nil", opts: []core.ProtectOption{nil}, want: "an option is nil"},
		{name: "two pages for strangers", opts: []core.ProtectOption{core.UnauthenticatedURL("/a"), core.UnauthenticatedURL("/b")}, want: "UnauthenticatedURL is given twice"},
		{name: "two pages for users", opts: []core.ProtectOption{core.UnauthorizedURL("/a"), core.UnauthorizedURL("/a")}, want: "UnauthorizedURL is given twice"},
		{name: "two lists of tokens", opts: []core.ProtectOption{core.AcceptTokens(core.SessionToken), machines}, want: "AcceptTokens is given twice"},
		{name: "two lists of tokens, the first empty", opts: []core.ProtectOption{core.AcceptTokens(), machines}, want: "AcceptTokens is given twice"},
		{name: "two descriptions", opts: []core.ProtectOption{machines, core.ResourceMetadataURL("/a"), core.ResourceMetadataURL("/b")}, want: "ResourceMetadataURL is given twice"},
		{name: "no page for strangers", opts: []core.ProtectOption{core.UnauthenticatedURL("")}, want: "UnauthenticatedURL is empty"},
		{name: "a page for strangers that is a script", opts: []core.ProtectOption{core.UnauthenticatedURL("javascript:alert(1)")}, want: `UnauthenticatedURL ("javascript:alert(1)") is not an http or https URL, nor a path`},
		{name: "a page for users without a host", opts: []core.ProtectOption{core.UnauthorizedURL("https://")}, want: "UnauthorizedURL (\"https://\") is not an http or https URL"},
		{name: "a page for users of no host", opts: []core.ProtectOption{core.UnauthorizedURL("http://%zz")}, want: "UnauthorizedURL (\"http://%zz\") is not an http or https URL"},
		{name: "a description that is a file", opts: []core.ProtectOption{machines, core.ResourceMetadataURL("file:///a")}, want: "ResourceMetadataURL (\"file:///a\") is not an http or https URL"},
		{name: "no page for users", opts: []core.ProtectOption{core.UnauthorizedURL("")}, want: "UnauthorizedURL is empty"},
		{name: "no description", opts: []core.ProtectOption{machines, core.ResourceMetadataURL("")}, want: "ResourceMetadataURL is empty"},
		{name: "a type twice", opts: []core.ProtectOption{core.AcceptTokens(core.APIKey, core.SessionToken, core.APIKey)}, want: "AcceptTokens names api_key twice"},
		{name: "no type of token", opts: []core.ProtectOption{core.AcceptTokens("api-key")}, want: `"api-key", which is no type of token`},
		{name: "a page for users, of machines", opts: []core.ProtectOption{machines, core.UnauthorizedURL("/a")}, want: "UnauthorizedURL has no effect"},
		{name: "a page for strangers, of machines", opts: []core.ProtectOption{core.UnauthenticatedURL("/a"), machines}, want: "UnauthenticatedURL has no effect"},
		{name: "a verification of machines", opts: []core.ProtectOption{machines, core.Reverification(core.Strict)}, want: "Reverification never holds"},
		{name: "scopes of sessions", opts: []core.ProtectOption{core.Scopes("read", "write")}, want: `Scopes("read", "write") never holds for sessions`},
		{name: "scopes of sessions that are named", opts: []core.ProtectOption{core.AcceptTokens(core.SessionToken), core.Scopes("read")}, want: `Scopes("read") never holds for sessions`},
		{name: "a description for users", opts: []core.ProtectOption{core.ResourceMetadataURL("/a")}, want: "ResourceMetadataURL has no effect"},
		{name: "a description for other machines", opts: []core.ProtectOption{core.AcceptTokens(core.APIKey), core.ResourceMetadataURL("/a")}, want: "ResourceMetadataURL has no effect"},
		{name: "no role", opts: []core.ProtectOption{core.Role("")}, want: "Role names no role"},
		{name: "no role behind the prefix", opts: []core.ProtectOption{core.Role("org:")}, want: "Role names no role"},
		{name: "no permission", opts: []core.ProtectOption{core.Permission("")}, want: "Permission names no permission"},
		{name: "no feature", opts: []core.ProtectOption{core.Feature("")}, want: "Feature names no feature"},
		{name: "no plan", opts: []core.ProtectOption{core.Plan("")}, want: "Plan names no plan"},
		{name: "no role in metadata", opts: []core.ProtectOption{core.MetadataRole("")}, want: "MetadataRole names no role"},
		{name: "no scopes", opts: []core.ProtectOption{core.AcceptTokens(core.APIKey), core.Scopes()}, want: "Scopes names no scope"},
		{name: "a scope without a name", opts: []core.ProtectOption{core.AcceptTokens(core.APIKey), core.Scopes("read", "")}, want: "Scopes names no scope, or an empty one"},
		{name: "no function", opts: []core.ProtectOption{core.Where(nil)}, want: "Where has no function"},
		{name: "no factors", opts: []core.ProtectOption{core.Reverification(core.ReverificationConfig{AfterMinutes: 10})}, want: "Reverification names no level"},
		{name: "factors that there are not", opts: []core.ProtectOption{core.Reverification(core.ReverificationConfig{Level: "third_factor", AfterMinutes: 10})}, want: "Reverification names no level"},
		{name: "factors of an age that is none", opts: []core.ProtectOption{core.Reverification(core.ReverificationConfig{Level: core.FirstFactor, AfterMinutes: math.NaN()})}, want: "no positive AfterMinutes"},
		{name: "factors of the future", opts: []core.ProtectOption{core.Reverification(core.ReverificationConfig{Level: core.FirstFactor})}, want: "no positive AfterMinutes"},
		{name: "no role among others", opts: []core.ProtectOption{core.AnyOf(core.Role("org:admin"), core.AllOf(core.Plan("pro"), core.Role("")))}, want: "Role names no role"},
		{name: "nil among others", opts: []core.ProtectOption{core.AnyOf(core.Role("org:admin"), nil)}, want: "a requirement of AnyOf is nil"},
		{name: "nil among all", opts: []core.ProtectOption{core.AllOf(nil)}, want: "a requirement of AllOf is nil"},
		{name: "an adapter's own", opts: []core.ProtectOption{adapter.Option("Router", 1)}, want: "core_test.Router is for core_test.ProtectRoutes alone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := panicked(func() { adapter.Guard("Protect", test.opts...) })
			if !errors.Is(err, core.ErrConfiguration) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "core_test.Protect") {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
			ra := attach(t, c, get("/"))
			out := adapter.Require(t.Context(), ra.NewContext(t.Context()).Value, test.opts...)
			if out.Status != http.StatusInternalServerError || out.Err == nil || !strings.Contains(out.Err.Error(), test.want) {
				t.Errorf("inside of a handler: got %+v", out)
			}
		})
	}
}

func TestGuardsTakeWhatHasAnEffect(t *testing.T) {
	t.Parallel()
	matcher := core.MustRouteMatcher("/a")
	for _, opts := range [][]core.ProtectOption{
		nil,
		{core.AcceptTokens()},
		{core.AcceptTokens(core.SessionToken, core.APIKey), core.Role("org:admin"), core.UnauthorizedURL("/a"), core.UnauthenticatedURL("/a")},
		{core.AcceptTokens(core.OAuthToken), core.ResourceMetadataURL("/a"), core.Scopes("read"), core.Scopes("write")},
		{core.AcceptTokens(core.APIKey), core.AnyOf(core.Role("org:admin"), core.Scopes("read"))},
	} {
		for name, make := range map[string]func(){
			"Guard":      func() { adapter.Guard("Protect", opts...) },
			"RouteGuard": func() { adapter.RouteGuard("ProtectRoutes", matcher, opts...) },
		} {
			if err := panicked(make); err != nil {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
	if got := adapter.RouteGuard("ProtectRoutes", matcher, adapter.Option("Router", 7)).Option(); got != 7 {
		t.Errorf("got option %v, want 7", got)
	}
	if got := adapter.RouteGuard("ProtectRoutes", matcher).Option(); got != nil {
		t.Errorf("got option %v of a guard without one", got)
	}
}

func TestRouteGuardsRefuseWhatGuardsNothing(t *testing.T) {
	t.Parallel()
	matcher := core.MustRouteMatcher("/a")
	for want, make := range map[string]func(){
		"the matcher is nil":           func() { adapter.RouteGuard("ProtectRoutes", nil) },
		"the matcher is nil: make one": func() { adapter.RouteGuard("ProtectRoutes", &core.RouteMatcher{}) },
		"core_test.Router is given twice": func() {
			adapter.RouteGuard("ProtectRoutes", matcher, adapter.Option("Router", 1), adapter.Option("Router", 2))
		},
		"core_test.Router is given nil: leave the option out": func() {
			adapter.RouteGuard("ProtectRoutes", matcher, adapter.Option("Router", (*http.ServeMux)(nil)))
		},
		"core_test.Router is given nil": func() { adapter.RouteGuard("ProtectRoutes", matcher, adapter.Option("Router", nil)) },
	} {
		if err := panicked(make); !errors.Is(err, core.ErrConfiguration) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
