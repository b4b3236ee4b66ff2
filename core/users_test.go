package core_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/emailaddress"
	"github.com/clerk/clerk-sdk-go/v2/organizationmembership"
	"github.com/clerk/clerk-sdk-go/v2/user"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
)

// heldCalls is a transport that holds the calls for users, where it is told to.
type heldCalls struct{ arrived, release chan struct{} }

func (h *heldCalls) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.arrived != nil && r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/users/") {
		resp, err := http.DefaultTransport.RoundTrip(r)
		h.arrived <- struct{}{}
		<-h.release
		return resp, err
	}
	return http.DefaultTransport.RoundTrip(r)
}

// toldFleet says when it has been told something.
type toldFleet struct {
	faultyFleet

	told chan struct{}
}

func (f *toldFleet) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	err := f.faultyFleet.Set(ctx, key, value, ttl)
	f.told <- struct{}{}
	return err
}

// userWorld are processes that remember users for a minute.
type userWorld struct {
	*clerktest.Server

	held      *heldCalls
	fleet     *toldFleet
	processes []*core.Clerk
}

func newUserWorld(t *testing.T, n int, change ...func(*core.Options)) *userWorld {
	t.Helper()
	w := &userWorld{Server: newServer(t, true), held: new(heldCalls), fleet: &toldFleet{told: make(chan struct{}, 100)}}
	w.AddUser(clerktest.User{ID: "user_ada", FirstName: "Ada", PrivateMetadata: map[string]any{"plan": "secret-plan"}})
	w.AddOrganization(clerktest.Organization{ID: "org_a", Members: []clerktest.Member{{UserID: "user_ada"}}})
	for range n {
		o := plain(w.Server)
		o.Users.MaxAge, o.Retry.BaseDelay, o.Outage = time.Minute, -1, persistent
		o.HTTPClient = &http.Client{Transport: w.held}
		if n > 1 {
			o.Shared, o.SharedTimeout = w.fleet, 100*time.Millisecond // It is not about time: as much as there may be.
		}
		for _, f := range change {
			f(&o)
		}
		w.processes = append(w.processes, newClerk(t, o))
	}
	for _, c := range w.processes { // When it has heard this, each is current.
		if err := deliver(t, c, &webhook.Event{Type: webhook.UserUpdated, Data: []byte(`{"id":"user_nobody"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// deliver hands an event over, a few times where the fleet is not told in time, as Clerk does.
func deliver(t *testing.T, c *core.Clerk, e *webhook.Event) error {
	t.Helper()
	var err error
	for range 20 {
		if err = c.HandleEvent(t.Context(), e); !errors.Is(err, core.ErrUnavailable) {
			break
		}
	}
	return err
}

// find asks a process for Ada, in a request of its own.
func (w *userWorld) find(ctx context.Context, process int) (*clerk.User, error) {
	r := bearer(w.SessionToken("user_ada", clerktest.Lifetime(time.Hour)))
	return attachTo(w.processes[process], r).CurrentUser(ctx)
}

// awaitTold waits until a process has told the fleet of a user.
func (w *userWorld) awaitTold(t *testing.T) {
	t.Helper()
	select {
	case <-w.fleet.told:
	case <-time.After(10 * time.Second):
		t.Fatal("the fleet was told of nobody")
	}
}

// expect asks a process for Ada, and counts the calls to Clerk so far.
func (w *userWorld) expect(t *testing.T, process int, name string, calls int) {
	t.Helper()
	got, err := w.find(t.Context(), process)
	if err != nil || got == nil || *got.FirstName != name {
		t.Fatalf("process %d: got %v, %v", process, got, err)
	}
	if n := w.Requests(userRoute); n != calls {
		t.Errorf("process %d: got %d calls, want %d", process, n, calls)
	}
}

// TestUsersAreRemembered for as long as the option says, in an outage no longer.
func TestUsersAreRemembered(t *testing.T) {
	t.Parallel()
	w := newUserWorld(t, 1)
	w.expect(t, 0, "Ada", 1)
	w.Clock().Advance(59 * time.Second)
	end := w.Inject(userRoute, clerktest.Fault{Status: http.StatusServiceUnavailable})
	w.expect(t, 0, "Ada", 1)
	if got := w.processes[0].Stats().Users; got.Hits != 1 || got.Asked != 1 || got.Entries != 1 {
		t.Errorf("got %+v", got)
	}
	w.Clock().Advance(time.Second)
	if got, err := w.find(t.Context(), 0); !errors.Is(err, core.ErrUnavailable) {
		t.Errorf("too old: got %v, %v", got, err)
	} else if _, ok := errors.AsType[*core.BackendError](err); !ok {
		t.Errorf("got %v, want a BackendError in it", err)
	}
	end()
	calls := w.Requests(userRoute)
	w.expect(t, 0, "Ada", calls+1)
}

// TestUsersAreNotRememberedUnasked: each request asks Clerk.
func TestUsersAreNotRememberedUnasked(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{0, -1} {
		w := newUserWorld(t, 1, func(o *core.Options) { o.Users.MaxAge = age })
		w.expect(t, 0, "Ada", 1)
		w.expect(t, 0, "Ada", 2)
		if got := w.processes[0].Stats().Users; got != (core.UserStats{}) {
			t.Errorf("got %+v", got)
		}
	}
}

// TestRequestsMayChangeTheirUser: each has a copy of its own.
func TestRequestsMayChangeTheirUser(t *testing.T) {
	t.Parallel()
	w := newUserWorld(t, 1)
	for range 3 { // The first one asks.
		got, err := w.find(t.Context(), 0)
		if err != nil || *got.FirstName != "Ada" || !bytes.Contains(got.PrivateMetadata, []byte("secret-plan")) || !bytes.Contains(got.Response.RawJSON, []byte(`"Ada"`)) {
			t.Fatalf("got %+v, %v", got, err)
		}
		*got.FirstName = "Eve"
		clear(got.PrivateMetadata)
		clear(got.Response.RawJSON)
		got.EmailAddresses[0].EmailAddress = "eve@example.com"
	}
	if n := w.Requests(userRoute); n != 1 {
		t.Errorf("got %d calls, want 1", n)
	}
}

// TestRequestsShareACall for a user, whoever of them gives up.
func TestRequestsShareACall(t *testing.T) {
	t.Parallel()
	w := newUserWorld(t, 1, func(o *core.Options) { o.Outage = core.Outage{ProbeInterval: -1} })
	w.held.arrived, w.held.release = make(chan struct{}), make(chan struct{})
	const n = 16
	results := make(chan error, n)
	first, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() {
		_, err := w.find(first, 0)
		gaveUp <- err
	}()
	<-w.held.arrived
	for range n {
		go func() {
			got, err := w.find(context.Background(), 0)
			if err == nil && *got.FirstName != "Ada" {
				err = errors.New(*got.FirstName)
			}
			results <- err
		}()
	}
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up: got %v", err)
	}
	close(w.held.release)
	for range n {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if got := w.Requests(userRoute); got != 1 {
		t.Errorf("got %d calls, want 1", got)
	}
}

// TestUsersWhoChangeAreForgotten by all processes, when webhooks say so and when the application's
// calls may have changed them.
func TestUsersWhoChangeAreForgotten(t *testing.T) {
	t.Parallel()
	event := func(kind webhook.Type, data string) func(*testing.T, *userWorld) error {
		return func(t *testing.T, w *userWorld) error {
			t.Helper()
			return deliver(t, w.processes[0], &webhook.Event{Type: kind, Data: []byte(data), Time: w.Clock().Now()})
		}
	}
	calling := func(call func(ctx context.Context, c *core.Client) error) func(*testing.T, *userWorld) error {
		return func(t *testing.T, w *userWorld) error { t.Helper(); return call(t.Context(), w.processes[0].Client()) }
	}
	const ada, member = `{"id":"user_ada","banned":false}`, `{"id":"orgmem_a","organization":{"id":"org_a"},"public_user_data":{"user_id":"user_ada"}}`
	for name, tt := range map[string]struct {
		change   func(t *testing.T, w *userWorld) error
		fails    bool
		remember bool
	}{
		"user.updated":                     {change: event(webhook.UserUpdated, ada)},
		"user.created":                     {change: event(webhook.UserCreated, ada)},
		"organizationMembership.created":   {change: event(webhook.MembershipCreated, member)},
		"organizationMembership.updated":   {change: event(webhook.MembershipUpdated, member)},
		"user.updated of somebody else":    {remember: true, change: event(webhook.UserUpdated, `{"id":"user_bob","banned":false}`)},
		"session.created":                  {remember: true, change: event(webhook.SessionCreated, `{"id":"sess_a","user_id":"user_ada"}`)},
		"what has another form than known": {remember: true, change: event(webhook.UserUpdated, `{"id":7}`)},
		"an application locks the user":    {change: calling(func(ctx context.Context, c *core.Client) error { _, err := c.Users().Lock(ctx, "user_ada"); return err })},
		"an application reads the user":    {remember: true, change: calling(func(ctx context.Context, c *core.Client) error { _, err := c.Users().Get(ctx, "user_ada"); return err })},
		"an application changes the user": {change: calling(func(ctx context.Context, c *core.Client) error {
			_, err := c.Users().Update(ctx, "user_ada", &user.UpdateParams{LastName: new("L")})
			return err
		})},
		"an application changes another": {remember: true, change: calling(func(ctx context.Context, c *core.Client) error { _, err := c.Users().Lock(ctx, "user_bob"); return err })},
		"an application adds an address": {change: calling(func(ctx context.Context, c *core.Client) error {
			_, err := emailaddress.NewClient(c.Config()).Create(ctx, &emailaddress.CreateParams{UserID: new("user_ada"), EmailAddress: new("a@example.com")})
			return err
		})},
		"an application changes membership": {change: calling(func(ctx context.Context, c *core.Client) error {
			_, err := organizationmembership.NewClient(c.Config()).Update(ctx, &organizationmembership.UpdateParams{OrganizationID: "org_a", UserID: "user_ada", Role: new("org:admin")})
			return err
		})},
		"Clerk's answer to a change gets lost": {fails: true, change: func(t *testing.T, w *userWorld) error {
			t.Helper()
			w.Inject("PATCH /v1/users/{id}", clerktest.Fault{Drop: true})
			_, err := w.processes[0].Client().Users().Update(t.Context(), "user_ada", &user.UpdateParams{LastName: new("L")})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newUserWorld(t, 2)
			w.AddUser(clerktest.User{ID: "user_bob"})
			w.expect(t, 0, "Ada", 1)
			w.awaitTold(t)
			w.expect(t, 1, "Ada", 1) // The fleet knows.
			if err := tt.change(t, w); (err != nil) != tt.fails {
				t.Fatal(err)
			}
			w.ResetRequests()
			want := 1
			if tt.remember {
				want = 0
			}
			w.expect(t, 1, "Ada", want)
			if want > 0 {
				w.awaitTold(t)
			}
			w.expect(t, 0, "Ada", want)
		})
	}
}

// TestWhatWasAskedBeforeAChangeIsNotKept, neither here nor in the fleet.
func TestWhatWasAskedBeforeAChangeIsNotKept(t *testing.T) {
	t.Parallel()
	for name, changer := range map[string]int{"the process that asks": 0, "another one": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newUserWorld(t, 2)
			w.held.arrived, w.held.release = make(chan struct{}), make(chan struct{})
			asked := make(chan error)
			go func() { // Who came before the change.
				got, err := w.find(context.Background(), 0)
				if err == nil && *got.FirstName != "Ada" {
					err = errors.New("got " + *got.FirstName)
				}
				asked <- err
			}()
			<-w.held.arrived
			w.held.arrived = nil
			w.AddUser(clerktest.User{ID: "user_ada", FirstName: "Augusta"})
			if err := deliver(t, w.processes[changer], &webhook.Event{Type: webhook.UserUpdated, Data: []byte(`{"id":"user_ada"}`)}); err != nil {
				t.Fatal(err)
			}
			w.expect(t, 0, "Augusta", 2) // Who comes after it shares no call with those before.
			w.awaitTold(t)
			close(w.held.release)
			if err := <-asked; err != nil {
				t.Error(err)
			}
			w.expect(t, 0, "Augusta", 2)
			w.expect(t, 1, "Augusta", 2)
		})
	}
}

// TestFleetsShareUsers so that only they can read, and believe nothing else.
func TestFleetsShareUsers(t *testing.T) {
	t.Parallel()
	w := newUserWorld(t, 3)
	w.expect(t, 0, "Ada", 1)
	w.awaitTold(t)
	w.expect(t, 1, "Ada", 1)
	if got := w.processes[1].Stats().Users; got.Shared != 1 || got.Asked != 0 || got.Entries != 1 {
		t.Errorf("got %+v", got)
	}
	w.fleet.mu.Lock()
	for key, value := range w.fleet.seen {
		if text := key + string(value); strings.Contains(text, "user_ada") || strings.Contains(text, `"Ada"`) || strings.Contains(text, "secret-plan") {
			t.Errorf("the fleet can read %q", text)
		}
	}
	w.fleet.change = func(_ string, value []byte) ([]byte, error) {
		if len(value) > 0 {
			value[len(value)/2] ^= 1
		}
		return value, nil
	}
	w.fleet.mu.Unlock()
	w.expect(t, 2, "Ada", 2)
	if got := w.processes[2].Stats(); got.Shared.Rejected != 1 || got.Users.Asked != 1 {
		t.Errorf("got %+v", got)
	}
	w.Clock().Advance(time.Minute)
	w.fleet.mu.Lock()
	w.fleet.change = nil
	w.fleet.mu.Unlock()
	w.expect(t, 1, "Ada", 3) // Too old.
}

// TestRememberedUsersAreBounded in number and in size.
func TestRememberedUsersAreBounded(t *testing.T) {
	t.Parallel()
	w := newUserWorld(t, 1, func(o *core.Options) { o.Users.MaxEntries = 2 })
	ask := func(id string) {
		t.Helper()
		if _, err := attachTo(w.processes[0], bearer(w.SessionToken(id))).CurrentUser(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"user_1", "user_2", "user_3", "user_3", "user_2", "user_1"} {
		w.AddUser(clerktest.User{ID: id})
		ask(id)
	}
	if got := w.processes[0].Stats().Users; got.Entries != 2 || got.Asked != 4 || got.Hits != 2 {
		t.Errorf("got %+v", got)
	}
	w.AddUser(clerktest.User{ID: "user_large", PublicMetadata: map[string]any{"text": strings.Repeat("a", 64<<10)}})
	ask("user_large")
	ask("user_large")
	if got := w.processes[0].Stats().Users; got.Asked != 6 {
		t.Errorf("got %+v", got)
	}
}

// TestUserBoundsAreChecked when the instance is made.
func TestUserBoundsAreChecked(t *testing.T) {
	t.Parallel()
	for field, users := range map[string]core.Users{"Options.Users.MaxAge": {MaxAge: time.Hour + 1}, "Options.Users.MaxEntries": {MaxAge: 1, MaxEntries: -1}} {
		o := plain(newServer(t, true))
		o.Users = users
		if _, err := core.New(o); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: got %v", field, err)
		}
	}
}
