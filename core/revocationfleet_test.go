package core_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/sharedtest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/reason"
)

// flakyFleet is a fleet that can be cut off, and tells its subscribers so.
type flakyFleet struct {
	sharedtest.Fleet

	mu   sync.Mutex
	cut  bool
	subs map[int]core.Subscriber
	next int
}

func (f *flakyFleet) Subscribe(topic string, s core.Subscriber) (stop func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := f.next
	f.next++
	if f.subs == nil {
		f.subs = make(map[int]core.Subscriber)
	}
	f.subs[id] = s
	leave := f.Fleet.Subscribe(topic, s)
	return func() {
		leave()
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.subs, id)
	}
}

func (f *flakyFleet) Publish(ctx context.Context, topic string, message []byte, ttl time.Duration) error {
	f.mu.Lock()
	cut := f.cut
	f.mu.Unlock()
	if cut {
		return errors.New("connection refused")
	}
	return f.Fleet.Publish(ctx, topic, message, ttl)
}

func (f *flakyFleet) setCut(cut bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cut = cut
	for _, s := range f.subs {
		s.Current(!cut)
	}
}

func (f *flakyFleet) subscribers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.subs)
}

// TestFleetRefusesTogether what one of its processes has revoked, and each alone what it knows
// itself while the fleet is away.
func TestFleetRefusesTogether(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	fleet := new(flakyFleet)
	process := func(required bool) *core.Clerk {
		o := plain(s)
		o.Shared, o.Revocations.Required = fleet, required
		return newClerk(t, o)
	}
	first, second, strict := process(false), process(false), process(true)
	expect := func(c *core.Clerk, session, want string) {
		t.Helper()
		state := c.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+s.SessionToken("user_a", clerktest.SessionID(session))))
		got := outcome(state)
		if state.Unavailable() != nil {
			got = "unknown " + string(state.Reason())
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", session, got, want)
		}
	}
	const refused = "signed-out session-revoked"

	fleet.setCut(false)
	if err := first.RevokeSession(t.Context(), "sess_together"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*core.Clerk{first, second, strict, process(false)} { // The last one comes later.
		expect(c, "sess_together", refused)
		expect(c, "sess_other", "signed-in")
	}

	fleet.setCut(true)
	if err := first.RevokeSession(t.Context(), "sess_alone"); !errors.Is(err, core.ErrUnavailable) {
		t.Errorf("got %v, want an error that matches ErrUnavailable", err)
	}
	expect(first, "sess_alone", refused)
	expect(first, "sess_together", refused)
	expect(second, "sess_alone", "signed-in") // It does not know.
	expect(strict, "sess_alone", "unknown revocations-unknown")
	expect(strict, "sess_together", refused) // This it does.
	if got := first.Stats().Revocations; got.Published != 1 || got.Failed == 0 || got.Current {
		t.Errorf("got %+v", got)
	}

	fleet.setCut(false)
	expect(strict, "sess_other", "signed-in")
}

// TestDroppedInstancesLeaveTheFleet so that nothing is delivered to who is gone.
func TestDroppedInstancesLeaveTheFleet(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	fleet := new(flakyFleet)
	instances := adapter.Instances(core.Options{Shared: fleet})
	o := plain(s)
	for _, domain := range []string{"", "a.example", "b.example"} { // They have the same keys.
		o.Domain = domain
		if _, err := instances.Get(o); err != nil {
			t.Fatal(err)
		}
	}
	if got := fleet.subscribers(); got != 2 { // to what is revoked, and to how long Clerk asks to wait
		t.Errorf("instances with the same keys: got %d subscribers, want 2", got)
	}
	const made = 300 // of which the bound by bytes lets less than 200 stay
	for range 15 {
		o.Audience = append(o.Audience, strings.Repeat("a", 15_000))
	}
	for i := range made {
		o.SecretKey = "sk_test_invented" + strconv.Itoa(i)
		if _, err := instances.Get(o); err != nil {
			t.Fatal(err)
		}
	}
	if got := fleet.subscribers(); got == 0 || got >= 2*200 {
		t.Errorf("got %d subscribers, want those of the instances that are kept", got)
	}
}

// TestWatchesOfDroppedInstancesHear of the fleet, and of an instance of the same keys that is made
// later, until the last of them is over.
func TestWatchesOfDroppedInstancesHear(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	fleet := new(flakyFleet)
	instances := adapter.Instances(core.Options{Shared: fleet, Logger: slog.New(slog.DiscardHandler)})
	o := plain(s)
	tenant, err := instances.Get(o)
	if err != nil {
		t.Fatal(err)
	}
	watch := func(session string) *core.Watch {
		state := tenant.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+s.SessionToken("user_a", clerktest.SessionID(session))))
		return state.Auth().Watch(t.Context())
	}
	elsewhere, here := watch("sess_elsewhere"), watch("sess_here")
	flood := plain(s)
	flood.JWTKey = s.PEM()
	for range 15 {
		flood.Audience = append(flood.Audience, strings.Repeat("a", 15_000))
	}
	const made = 300 // of which the bound by bytes lets less than 200 stay
	for i := range made {
		flood.SecretKey = "sk_test_invented" + strconv.Itoa(i)
		other, err := instances.Get(flood)
		if err != nil {
			t.Fatal(err)
		}
		other.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+s.SessionToken("user_a"))) // So that it counts as much.
	}
	again, err := instances.Get(o)
	if err != nil {
		t.Fatal(err)
	}
	if again == tenant {
		t.Fatal("the instance was not dropped: the test shows nothing")
	}
	before := fleet.subscribers()

	o.Shared = fleet
	if err := newClerk(t, o).RevokeSession(t.Context(), "sess_elsewhere"); err != nil {
		t.Fatal(err)
	}
	if err := again.RevokeSession(t.Context(), "sess_here"); err != nil {
		t.Fatal(err)
	}
	for name, one := range map[string]*core.Watch{"elsewhere": elsewhere, "here": here} {
		if got := core.AsError(context.Cause(one.Context())); got == nil || got.Reason() != reason.SessionRevoked {
			t.Errorf("revoked %s: got %v", name, got)
		}
	}
	if got := fleet.subscribers(); got > before+2 { // newClerk's two
		t.Errorf("got %d subscribers, want no more than %d", got, before+2)
	}
}
