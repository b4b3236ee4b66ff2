package core_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/organizationmembership"
	"github.com/clerk/clerk-sdk-go/v2/session"
	"github.com/clerk/clerk-sdk-go/v2/user"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/sharedtest"
	"github.com/clerkgo/clerkgo/core"
)

// inFleet are processes of one application that share a store.
func inFleet(t *testing.T, n int, change ...func(*core.Options)) (*clerktest.Server, []*core.Clerk) {
	t.Helper()
	s := newServer(t, true)
	shared := new(sharedtest.Fleet)
	processes := make([]*core.Clerk, n)
	for i := range processes {
		o := plain(s)
		o.Shared = shared
		for _, f := range change {
			f(&o)
		}
		processes[i] = newClerk(t, o)
	}
	return s, processes
}

// TestClientCallsRevokeAtOnce: what the application ends through the client, and what Clerk says
// on the way is over, is refused by the process that called, and by its fleet.
func TestClientCallsRevokeAtOnce(t *testing.T) {
	t.Parallel()
	type world struct {
		*clerktest.Server

		api     *core.Client
		clerk   *core.Clerk
		session string
	}
	refresh := func(ctx context.Context, w world) error {
		_, err := w.api.Users().Get(ctx, "user_ada")
		return err
	}
	const (
		revoked, banned, left, other = "signed-out session-revoked", "signed-out user-revoked", "signed-out membership-revoked", "signed-out role-changed"
		passes                       = "signed-in"
	)
	for name, tt := range map[string]struct {
		before func(w world)
		call   func(ctx context.Context, w world) error
		fails  bool
		want   string
	}{
		"a session is revoked": {want: revoked, call: func(ctx context.Context, w world) error {
			_, err := w.api.Sessions().Revoke(ctx, &session.RevokeParams{ID: w.session})
			return err
		}},
		"a session that was revoked is read": {want: revoked, before: func(w world) { w.RevokeSession(w.session) }, call: func(ctx context.Context, w world) error {
			_, err := w.api.Sessions().Get(ctx, w.session)
			return err
		}},
		"sessions are listed of which one was revoked": {want: revoked, before: func(w world) { w.RevokeSession(w.session) }, call: func(ctx context.Context, w world) error {
			_, err := w.api.Sessions().List(ctx, &session.ListParams{UserID: new("user_ada")})
			return err
		}},
		"a session is read": {want: passes, call: func(ctx context.Context, w world) error {
			_, err := w.api.Sessions().Get(ctx, w.session)
			return err
		}},
		"a session that has a task is read": {want: passes, before: func(w world) { w.RequireTask("user_ada", "choose-organization") }, call: func(ctx context.Context, w world) error {
			got, err := w.api.Sessions().Get(ctx, w.session)
			if err == nil && got.Status != "pending" {
				t.Errorf("got %s", got.Status)
			}
			return err
		}},
		"a user is banned": {want: banned, call: func(ctx context.Context, w world) error {
			_, err := w.api.Users().Ban(ctx, "user_ada")
			return err
		}},
		"a user is deleted": {want: banned, call: func(ctx context.Context, w world) error {
			_, err := w.api.Users().Delete(ctx, "user_ada")
			return err
		}},
		"a user who was banned is read": {want: banned, before: func(w world) { w.AddUser(clerktest.User{ID: "user_ada", Banned: true}) }, call: refresh},
		"users are listed of whom one was banned": {want: banned, before: func(w world) { w.AddUser(clerktest.User{ID: "user_ada", Banned: true}) }, call: func(ctx context.Context, w world) error {
			_, err := w.api.Users().List(ctx, new(user.ListParams))
			return err
		}},
		"the current user was banned": {want: banned, before: func(w world) { w.AddUser(clerktest.User{ID: "user_ada", Banned: true}) }, call: func(ctx context.Context, w world) error {
			_, err := attachTo(w.clerk, bearer(w.SessionToken("user_ada", clerktest.SessionID("sess_current")))).CurrentUser(ctx)
			return err
		}},
		"a user is changed who was banned": {want: banned, before: func(w world) { w.AddUser(clerktest.User{ID: "user_ada", Banned: true}) }, call: func(ctx context.Context, w world) error {
			_, err := w.api.Users().Update(ctx, "user_ada", &user.UpdateParams{FirstName: new("Ada")})
			return err
		}},
		"a user is read": {want: passes, call: refresh},
		"a user is locked": {want: passes, call: func(ctx context.Context, w world) error {
			if _, err := w.api.Users().Lock(ctx, "user_ada"); err != nil {
				return err
			}
			return refresh(ctx, w)
		}},
		"a user is banned no longer": {want: passes, before: func(w world) { w.AddUser(clerktest.User{ID: "user_ada", Banned: true}) }, call: func(ctx context.Context, w world) error {
			_, err := w.api.Users().Unban(ctx, "user_ada")
			return err
		}},
		"a user is banned, and then is no longer": {want: banned, call: func(ctx context.Context, w world) error {
			if _, err := w.api.Users().Ban(ctx, "user_ada"); err != nil {
				return err
			}
			_, err := w.api.Users().Unban(ctx, "user_ada") // Sessions from before the ban are over.
			return err
		}},
		"another user is banned": {want: passes, call: func(ctx context.Context, w world) error {
			_, err := w.api.Users().Ban(ctx, "user_bob")
			return err
		}},
		"a member goes": {want: left, call: func(ctx context.Context, w world) error {
			_, err := organizationmembership.NewClient(w.api.Config()).Delete(ctx, &organizationmembership.DeleteParams{OrganizationID: "org_a", UserID: "user_ada"})
			return err
		}},
		"another member goes": {want: passes, call: func(ctx context.Context, w world) error {
			_, err := organizationmembership.NewClient(w.api.Config()).Delete(ctx, &organizationmembership.DeleteParams{OrganizationID: "org_a", UserID: "user_bob"})
			return err
		}},
		"a member has another role": {want: other, call: func(ctx context.Context, w world) error {
			_, err := organizationmembership.NewClient(w.api.Config()).Update(ctx, &organizationmembership.UpdateParams{OrganizationID: "org_a", UserID: "user_ada", Role: new("org:member")})
			return err
		}},
		"an organization is deleted": {want: left, call: func(ctx context.Context, w world) error {
			_, err := w.api.Organizations().Delete(ctx, "org_a")
			return err
		}},
		"another organization is deleted": {want: passes, call: func(ctx context.Context, w world) error {
			_, err := w.api.Organizations().Delete(ctx, "org_b")
			return err
		}},
		"a call that Clerk refuses": {want: passes, fails: true, before: func(w world) {
			w.Inject("POST /v1/users/{id}/ban", clerktest.Fault{Status: http.StatusForbidden})
		}, call: func(ctx context.Context, w world) error {
			_, err := w.api.Users().Ban(ctx, "user_ada")
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, processes := inFleet(t, 2)
			s.AddOrganization(clerktest.Organization{ID: "org_a", Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin"}, {UserID: "user_bob"}}})
			s.AddOrganization(clerktest.Organization{ID: "org_b"})
			created, err := processes[0].Client().Sessions().Create(t.Context(), &session.CreateParams{UserID: "user_ada"})
			if err != nil {
				t.Fatal(err)
			}
			r := bearer(s.SessionToken("user_ada", clerktest.SessionID(created.ID), clerktest.Claim("o", map[string]any{"id": "org_a", "slg": "a", "rol": "admin"})))
			for i, c := range processes {
				if got := outcome(c.Authenticate(t.Context(), r)); got != passes {
					t.Fatalf("process %d, before: got %s", i, got)
				}
			}
			s.Clock().Advance(2 * time.Second)
			w := world{s, processes[0].Client(), processes[0], created.ID}
			if tt.before != nil {
				tt.before(w)
			}
			if err := tt.call(t.Context(), w); (err != nil) != tt.fails {
				t.Fatalf("the call: got %v", err)
			}
			for i, c := range processes {
				if got := outcome(c.Authenticate(t.Context(), r)); got != tt.want {
					t.Errorf("process %d: got %s, want %s", i, got, tt.want)
				}
			}
		})
	}
}

// attachTo is the way of a request up to its guards.
func attachTo(c *core.Clerk, r core.Request) *core.RequestAuth {
	ra, _ := adapter.Attach(context.Background(), c, r)
	return ra
}

// answering is a Backend API that says one thing.
type answering string

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(a))), Request: r,
	}, nil
}

// TestWhatIsReadIsToldOnce: reads of what is over already cost the fleet one message, and lists of
// users who were banned long ago cost neither messages nor memory: no token of theirs is left.
func TestWhatIsReadIsToldOnce(t *testing.T) {
	t.Parallel()
	const lately, long = `"updated_at":1795217570000`, `"updated_at":1700000000000`
	for name, tt := range map[string]struct {
		answer, path  string
		entries, told int
	}{
		"a user who was banned lately":      {`{"object":"user","id":"user_a","banned":true,` + lately + `}`, "/users/user_a", 1, 1},
		"a user who was banned long ago":    {`{"object":"user","id":"user_a","banned":true,` + long + `}`, "/users/user_a", 1, 1},
		"a list of users":                   {`[{"object":"user","id":"user_a","banned":true,` + lately + `},{"object":"user","id":"user_b","banned":true,` + long + `}]`, "/users", 1, 1},
		"a page of sessions":                {`{"data":[{"object":"session","id":"sess_a","status":"ended",` + lately + `},{"object":"session","id":"sess_b","status":"replaced",` + long + `}],"total_count":2}`, "/sessions", 1, 1},
		"a client with its sessions":        {`{"object":"client","id":"client_a","sessions":[{"object":"session","id":"sess_a","status":"removed",` + lately + `},{"object":"session","id":"sess_b","status":"active",` + lately + `}]}`, "/clients/client_a", 1, 1},
		"a session in an unknown state":     {`{"object":"session","id":"sess_a","status":"paused",` + lately + `}`, "/sessions/sess_a", 0, 0},
		"something else that has a status":  {`{"object":"invitation","id":"inv_a","status":"revoked",` + lately + `}`, "/invitations", 0, 0},
		"an id that is none":                {`{"object":"user","id":"user/a","banned":true,` + lately + `}`, "/users/user_a", 0, 0},
		"what has another form than known":  {`{"object":"user","id":7,"banned":"yes"}`, "/users/user_a", 0, 0},
		"a list of what nobody has thought": {`[1,"a",null,{"object":"user","id":"user_a","banned":true,` + lately + `}]`, "/users", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, processes := inFleet(t, 1, func(o *core.Options) { o.HTTPClient = &http.Client{Transport: answering(tt.answer)} })
			config := processes[0].Client().Config()
			for range 3 {
				if err := call(t, config, http.MethodGet, tt.path); err != nil {
					t.Fatal(err)
				}
			}
			if got := processes[0].Stats().Revocations; got.Entries != tt.entries || got.Published != uint64(tt.told) {
				t.Errorf("got %d entries and %d messages, want %d and %d", got.Entries, got.Published, tt.entries, tt.told)
			}
		})
	}
}

// call makes a call with a client's configuration.
func call(t *testing.T, config *clerk.ClientConfig, method, path string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, *config.URL+path, http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+*config.Key)
	resp, err := config.HTTPClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// TestCallsAboutOtherInstancesRevokeNothing: applications may change the configuration that they
// are given.
func TestCallsAboutOtherInstancesRevokeNothing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change       func(c *clerk.ClientConfig)
		method, path string
		want         int
	}{
		"this instance":               {method: "DELETE", path: "/users/user_a", want: 1},
		"a bulk of slashes":           {method: "DELETE", path: "/users/user_a/", want: 1},
		"an id in an unusual writing": {method: "DELETE", path: "/users/user%5Fa", want: 1},
		"another secret key":          {method: "DELETE", path: "/users/user_a", change: func(c *clerk.ClientConfig) { c.Key = new("sk_test_other") }},
		"another host":                {method: "DELETE", path: "/users/user_a", change: func(c *clerk.ClientConfig) { c.URL = new("https://other.example/v1") }},
		"another version":             {method: "DELETE", path: "/users/user_a", change: func(c *clerk.ClientConfig) { c.URL = new(strings.TrimSuffix(*c.URL, "/v1") + "/v2") }},
		"an id that is none":          {method: "DELETE", path: "/users/a%2Fb"},
		"a part of a user":            {method: "DELETE", path: "/users/user_a/totp"},
		"another thing's revocation":  {method: "POST", path: "/invitations/inv_a/revoke"},
		"a page of that name":         {method: "GET", path: "/sessions/sess_a/revoke"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, processes := inFleet(t, 1, func(o *core.Options) { o.HTTPClient = &http.Client{Transport: answering(`{"object":"thing"}`)} })
			config := processes[0].Client().Config()
			if tt.change != nil {
				tt.change(config)
			}
			if err := call(t, config, tt.method, tt.path); err != nil {
				t.Fatal(err)
			}
			if got := processes[0].Stats().Revocations.Entries; got != tt.want {
				t.Errorf("got %d entries, want %d", got, tt.want)
			}
		})
	}
}
