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

// TestFirstSightAllocatesLittle counts what a token costs that was not seen before. crypto/rsa allocates nine
// times in each verification. It is not parallel: see above.
func TestFirstSightAllocatesLittle(t *testing.T) { //nolint:paralleltest // See above.
	s := clerktest.New(t, clerktest.Config{Organizations: []clerktest.Organization{{ID: "org_1", Slug: "acme", Members: []clerktest.Member{
		{UserID: "user_1", Role: "org:admin", Permissions: []string{"org:docs:read", "org:docs:write"}},
	}}}})
	clerk := newClerk(t, plain(s))
	const runs, most = 50, 22
	requests := make([]core.Request, 0, runs+2)
	for range cap(requests) {
		requests = append(requests, get("/", "Authorization", "Bearer "+s.SessionToken("user_1", clerktest.InOrganization("acme"))))
	}
	next := 0
	show := func() {
		if auth := clerk.Authenticate(t.Context(), requests[next]).Auth(); auth.UserID != "user_1" {
			t.Errorf("got %+v", auth)
		}
		next++
	}
	show() // It fetches the keys.
	if got := testing.AllocsPerRun(runs, show); got > most {
		t.Errorf("got %v allocations, want %d at most", got, most)
	}
}
