package clerktest_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestSessionClaimsAreInEverySessionToken(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{
		Users:         []clerktest.User{{ID: "user_ada", FirstName: "Ada", LastName: "Lovelace"}, {ID: "user_bob"}},
		SessionClaims: map[string]any{"name": "{{user.full_name}}", "tier": 3, "sub": "user_eve", "sts": "pending"},
	})
	for user, want := range map[string]string{"user_ada": "Ada Lovelace", "user_bob": ""} {
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(s.SessionToken(user), ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		var claims struct {
			Name, Sub, Sts string
			Tier           int
		}
		if err := json.Unmarshal(payload, &claims); err != nil {
			t.Fatal(err)
		}
		if claims.Name != want || claims.Tier != 3 {
			t.Errorf("%s: got name %q and tier %d, want %q and 3", user, claims.Name, claims.Tier, want)
		}
		if claims.Sub != user || claims.Sts != "active" {
			t.Errorf("%s: custom claims replaced Clerk's own: %s", user, payload)
		}
	}
}

func TestSignInStartsInTheOrganizationThatWasActiveLast(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{
		Users: []clerktest.User{
			{ID: "user_ada", Email: "ada@example.com", Password: "ada-password", ActiveOrganization: "acme"},
			{ID: "user_eve", Email: "eve@example.com", Password: "eve-password", ActiveOrganization: "acme"},
			{ID: "user_bob", Email: "bob@example.com", Password: "bob-password"},
		},
		Organizations: []clerktest.Organization{{
			ID: "org_acme", Slug: "acme",
			Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin"}, {UserID: "user_bob"}},
		}},
	})
	for _, tc := range []struct{ name, user, want string }{
		{name: "of a member", user: "ada", want: "org_acme"},
		{name: "of a user who is no member", user: "eve", want: ""},
		{name: "of a member who has none", user: "bob", want: ""},
	} {
		c := s.Browser(t)
		form := with(fields(get(t, c, s.SignInURL())), "identifier", tc.user+"@example.com", "password", tc.user+"-password")
		postForm(t, c, s.SignInURL(), form)
		sessions := s.Sessions("user_" + tc.user)
		if len(sessions) != 1 || sessions[0].OrganizationID != tc.want {
			t.Errorf("%s: got sessions %+v, want one in %q", tc.name, sessions, tc.want)
		}
	}
}
