package core_test

import (
	"errors"
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
		{"nil", []core.ProtectOption{nil}, "an option is nil"},
		{"two pages for strangers", []core.ProtectOption{core.UnauthenticatedURL("/a"), core.UnauthenticatedURL("/b")}, "UnauthenticatedURL is given twice"},
		{"two pages for users", []core.ProtectOption{core.UnauthorizedURL("/a"), core.UnauthorizedURL("/a")}, "UnauthorizedURL is given twice"},
		{"two lists of tokens", []core.ProtectOption{core.AcceptTokens(core.SessionToken), machines}, "AcceptTokens is given twice"},
		{"two lists of tokens, the first empty", []core.ProtectOption{core.AcceptTokens(), machines}, "AcceptTokens is given twice"},
		{"two descriptions", []core.ProtectOption{machines, core.ResourceMetadataURL("/a"), core.ResourceMetadataURL("/b")}, "ResourceMetadataURL is given twice"},
		{"no page for strangers", []core.ProtectOption{core.UnauthenticatedURL("")}, "UnauthenticatedURL is empty"},
		{"no page for users", []core.ProtectOption{core.UnauthorizedURL("")}, "UnauthorizedURL is empty"},
		{"no description", []core.ProtectOption{machines, core.ResourceMetadataURL("")}, "ResourceMetadataURL is empty"},
		{"a type twice", []core.ProtectOption{core.AcceptTokens(core.APIKey, core.SessionToken, core.APIKey)}, "AcceptTokens names api_key twice"},
		{"no type of token", []core.ProtectOption{core.AcceptTokens("api-key")}, `"api-key", which is no type of token`},
		{"a page for users, of machines", []core.ProtectOption{machines, core.UnauthorizedURL("/a")}, "UnauthorizedURL has no effect"},
		{"a page for strangers, of machines", []core.ProtectOption{core.UnauthenticatedURL("/a"), machines}, "UnauthenticatedURL has no effect"},
		{"a verification of machines", []core.ProtectOption{machines, core.Reverification(core.Strict)}, "Reverification never holds"},
		{"a description for users", []core.ProtectOption{core.ResourceMetadataURL("/a")}, "ResourceMetadataURL has no effect"},
		{"a description for other machines", []core.ProtectOption{core.AcceptTokens(core.APIKey), core.ResourceMetadataURL("/a")}, "ResourceMetadataURL has no effect"},
		{"an adapter's own", []core.ProtectOption{adapter.Option("Router", 1)}, "core_test.Router is for core_test.ProtectRoutes alone"},
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
	} {
		if err := panicked(make); !errors.Is(err, core.ErrConfiguration) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
