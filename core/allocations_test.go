package core_test

import (
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// TestWhatEveryRequestAsksAllocatesNothing counts what guards and MiddlewareFunc ask for each
// request. It is not parallel: allocations are counted for the whole process.
func TestWhatEveryRequestAsksAllocatesNothing(t *testing.T) { //nolint:paralleltest // See above.
	s := clerktest.New(t, clerktest.Config{Organizations: []clerktest.Organization{{ID: "org_1", Slug: "acme", Plans: []string{"pro"}, Members: []clerktest.Member{
		{UserID: "user_1", Role: "org:admin", Permissions: []string{"org:docs:read", "org:docs:write"}},
	}}}})
	o := plain(s)
	r := get("/", "Authorization", "Bearer "+s.SessionToken("user_1", clerktest.InOrganization("acme")))
	auth := newClerk(t, o).Authenticate(t.Context(), r).Auth()
	requirements := []core.Requirement{core.Permission("org:docs:read"), core.Feature("org:docs"), core.Plan("pro")}
	if !auth.Has(requirements...) {
		t.Fatalf("%+v lacks a requirement", auth)
	}
	instances := core.Adapter{Name: "core_test"}.Instances()
	o = core.Options{PublishableKey: s.PublishableKey(), SecretKey: s.SecretKey(), APIURL: s.URL(), AuthorizedParties: []string{"https://app.example"}}
	if _, err := instances.Get(o); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func() bool{
		"a guard with permission, feature and plan": func() bool { return auth.Has(requirements...) },
		"an instance that is known": func() bool {
			_, err := instances.Get(o)
			return err == nil
		},
	} {
		held := true
		if got := testing.AllocsPerRun(100, func() { held = held && f() }); got != 0 || !held {
			t.Errorf("%s: got %v allocations and %v", name, got, held)
		}
	}
}
