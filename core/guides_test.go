package core_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2/user"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// TestGuideRolesWithoutOrganizations follows Clerk's guide to roles in metadata:
// a customised session token, a guarded page, and guarded actions that set and
// remove roles.
func TestGuideRolesWithoutOrganizations(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{
		Clock:         clerktest.NewClock(epoch),
		SessionClaims: map[string]any{"metadata": "{{user.public_metadata}}", "email": "{{user.primary_email_address}}"},
		Users: []clerktest.User{
			{ID: "user_ada", FirstName: "Ada", Email: "ada@example.com", PublicMetadata: map[string]any{"role": "admin", "theme": "dark"}},
			{ID: "user_bob", FirstName: "Bob", Email: "bob@example.com"},
		},
	})
	clerkgo := newClerk(t, plain(s))
	admins := adapter.Guard("Protect", core.MetadataRole("admin"), core.UnauthorizedURL("/"), core.UnauthenticatedURL("/"))
	as := func(id string) *core.RequestAuth {
		return attach(t, clerkgo, get("/admin", "Authorization", "Bearer "+s.SessionToken(id)))
	}
	role := func(id string) string { role, _ := as(id).Auth().MetadataRole(); return role }
	// setRole is the action of the guide; a nil role removes it. The check comes first.
	setRole := func(ra *core.RequestAuth, id string, role any) int {
		if o := admins.Check(t.Context(), ra); !o.Allowed() {
			return o.Status
		}
		if role != nil && !slices.Contains([]any{"admin", "moderator"}, role) {
			return http.StatusBadRequest
		}
		text, err := json.Marshal(map[string]any{"role": role}) // A nil is null, which deletes the key.
		if err != nil {
			t.Fatal(err)
		}
		metadata := json.RawMessage(text)
		if _, err := ra.Client().Users().UpdateMetadata(t.Context(), id, &user.UpdateMetadataParams{PublicMetadata: &metadata}); err != nil {
			t.Fatal(err)
		}
		return http.StatusOK
	}
	steps := []struct {
		name    string
		by, of  string
		role    any
		status  int
		wantBob string
	}{
		{name: "somebody without a role cannot make himself admin", by: "user_bob", of: "user_bob", role: "admin", status: 307},
		{name: "nor remove the admin's", by: "user_bob", of: "user_ada", status: 307},
		{name: "an admin makes a moderator", by: "user_ada", of: "user_bob", role: "moderator", status: 200, wantBob: "moderator"},
		{name: "a moderator is no admin", by: "user_bob", of: "user_bob", role: "admin", status: 307, wantBob: "moderator"},
		{name: "a role that does not exist is refused", by: "user_ada", of: "user_bob", role: "owner", status: 400, wantBob: "moderator"},
		{name: "an admin removes a role", by: "user_ada", of: "user_bob", status: 200},
	}
	for _, step := range steps {
		if got := setRole(as(step.by), step.of, step.role); got != step.status || role("user_bob") != step.wantBob || role("user_ada") != "admin" {
			t.Errorf("%s: got status %d and role %q", step.name, got, role("user_bob"))
		}
	}
	if o := admins.Check(t.Context(), attach(t, clerkgo, get("/admin"))); o.Status != 307 || headerOf(o.Headers, "Location") != "http://app.example/" {
		t.Errorf("signed out: got %d to %q, want the home page", o.Status, headerOf(o.Headers, "Location"))
	}
	// The dashboard lists users by a search term, with name, address and role.
	list, err := as("user_ada").Client().Users().List(t.Context(), &user.ListParams{Query: new("bob@")})
	if err != nil || len(list.Users) != 1 {
		t.Fatalf("got %v, %v", list, err)
	}
	bob := list.Users[0]
	address := ""
	for _, e := range bob.EmailAddresses {
		if bob.PrimaryEmailAddressID != nil && e.ID == *bob.PrimaryEmailAddressID {
			address = e.EmailAddress
		}
	}
	if *bob.FirstName != "Bob" || address != "bob@example.com" {
		t.Errorf("got %s <%s>", *bob.FirstName, address)
	}
	ada, err := as("user_ada").CurrentUser(t.Context())
	if err != nil || !strings.Contains(string(ada.PublicMetadata), "dark") {
		t.Errorf("other metadata was lost: %v, %v", ada, err)
	}
}

// TestGuideHandlersWithTheirOwnAnswers is what Clerk's guides do with auth() in
// route handlers: 401, 403 and data by organization, in the application's words.
func TestGuideHandlersWithTheirOwnAnswers(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{
		Clock: clerktest.NewClock(epoch),
		Organizations: []clerktest.Organization{{ID: "org_acme", Members: []clerktest.Member{
			{UserID: "user_ada", Role: "org:admin", Permissions: []string{"org:data:read", "org:data:write"}}, {UserID: "user_bob"},
		}}},
	})
	clerkgo := newClerk(t, plain(s))
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ra, o := adapter.Attach(r.Context(), clerkgo, core.FromHTTP(r))
		if !o.Allowed() {
			t.Errorf("got %+v", o)
		}
		switch auth := ra.Auth(); {
		case auth.UserID == "":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/rename":
			renamed, err := ra.Client().Users().Update(r.Context(), auth.UserID, &user.UpdateParams{FirstName: new("John"), LastName: new("Wick")})
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprint(w, *renamed.FirstName, " ", *renamed.LastName)
		case auth.OrgID == "":
			fmt.Fprint(w, "own data of ", auth.UserID)
		case !auth.Has(core.Permission("org:data:read")):
			w.WriteHeader(http.StatusForbidden)
		default:
			fmt.Fprint(w, "data of ", auth.OrgID, ", admin link ", auth.Has(core.Role("org:admin")))
		}
	})
	for _, c := range []struct{ name, path, token, want string }{
		{name: "signed out", path: "/", want: "401 "},
		{name: "without permission", path: "/", token: s.SessionToken("user_bob", clerktest.InOrganization("org_acme")), want: "403 "},
		{name: "with permission", path: "/", token: s.SessionToken("user_ada", clerktest.InOrganization("org_acme")), want: "200 data of org_acme, admin link true"},
		{name: "a personal account", path: "/", token: s.SessionToken("user_ada"), want: "200 own data of user_ada"},
		{name: "an update", path: "/rename", token: s.SessionToken("user_ada"), want: "200 John Wick"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.path, http.NoBody)
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if got := fmt.Sprint(w.Code, " ", w.Body.String()); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
