package main

import (
	"net/http/httptest"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestApp(t *testing.T) {
	clerk := clerktest.New(t, clerktest.Config{
		Users:         []clerktest.User{{ID: "user_ada"}},
		Organizations: []clerktest.Organization{{ID: "org_acme", Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin"}}}},
	})
	app := newApp(clerk.Options())

	check := func(path, token string, want int) {
		t.Helper()
		r := httptest.NewRequest("GET", path, nil)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", path, w.Code, want)
		}
	}
	check("/", "", 200)
	check("/dashboard", "", 404) // hidden from who is signed out; a browser is sent to sign in
	check("/dashboard", clerk.SessionToken("user_ada"), 200)
	check("/admin", clerk.SessionToken("user_ada"), 404) // no organization, no role
	check("/admin", clerk.SessionToken("user_ada", clerktest.InOrganization("org_acme")), 200)
}
