package core_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// TestEachRequestOwnsItsPermissions changes and extends what one request says, and looks at
// others, with few permissions and with many.
func TestEachRequestOwnsItsPermissions(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 3, 4, 5, 30} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			var permissions []string
			for i := range n {
				permissions = append(permissions, fmt.Sprintf("org:docs:p%02d", i))
			}
			s := clerktest.New(t, clerktest.Config{Organizations: []clerktest.Organization{{ID: "org_1", Slug: "acme", Members: []clerktest.Member{
				{UserID: "user_1", Role: "org:admin", Permissions: permissions},
			}}}})
			clerk := newClerk(t, plain(s))
			r := get("/", "Authorization", "Bearer "+s.SessionToken("user_1", clerktest.InOrganization("acme")))
			var all []*core.State
			for range 3 {
				all = append(all, clerk.Authenticate(t.Context(), r))
			}
			first := all[0].Auth()
			want := slices.Clone(first.OrgPermissions)
			if len(want) != n {
				t.Fatalf("got %q, want %d permissions", want, n)
			}
			_ = append(first.OrgPermissions, "org:docs:more")
			for i := range first.OrgPermissions {
				first.OrgPermissions[i] = "org:docs:all"
			}
			for i := range 3 {
				other := all[min(i+1, 2)] // Those from before at first: a new one would fill shared memory anew.
				if i == 2 {
					other = clerk.Authenticate(t.Context(), r)
				}
				for _, auth := range []*core.Auth{other.Auth(), other.Auth(core.PendingAsSignedIn)} {
					if !slices.Equal(auth.OrgPermissions, want) {
						t.Errorf("got %q, want %q", auth.OrgPermissions, want)
					}
				}
			}
		})
	}
}

// TestEachResponseOwnsItsHeaders changes the headers of one answer in place, and looks at the
// next.
func TestEachResponseOwnsItsHeaders(t *testing.T) {
	t.Parallel()
	clerk := newClerk(t, plain(newServer(t, true)))
	write := func(token string) http.Header {
		r := get("/")
		if token != "" {
			r = get("/", "Authorization", "Bearer "+token)
		}
		_, outcome := core.Adapter{Name: "core_test"}.Attach(t.Context(), clerk, r)
		h := http.Header{}
		outcome.WriteHeaders(h)
		return h
	}
	for _, token := range []string{"", "garbage", strings.Repeat("x", 20<<10)} {
		want := fmt.Sprint(write(token))
		for _, values := range write(token) {
			values[0] = "changed"
			_ = append(values, "more")
		}
		if got := fmt.Sprint(write(token)); got != want || !strings.Contains(got, "signed-out") {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
