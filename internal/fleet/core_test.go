package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/sharedtest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
)

// toldFleet says when it has been told something.
type toldFleet struct {
	sharedtest.Fleet

	told chan struct{}
}

func (f *toldFleet) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	err := f.Fleet.Set(ctx, key, value, ttl)
	f.told <- struct{}{}
	return err
}

// asked is a request of a user or of a machine.
type asked struct{ token string }

func (asked) Method() string     { return http.MethodGet }
func (asked) Target() string     { return "/" }
func (asked) Host() string       { return "app.example" }
func (asked) TLS() bool          { return true }
func (asked) RemoteAddr() string { return "192.0.2.1:1" }

func (r asked) Header(name string) []string { return r.Headers()[name] }
func (r asked) Headers() map[string][]string {
	return map[string][]string{"Authorization": {"Bearer " + r.token}}
}

// small are three processes of core's and their Clerk, with a clock that moves as the test says.
type small struct {
	*clerktest.Server

	processes []*core.Clerk
	fleet     *toldFleet
	shared    bool
}

func newSmall(t *testing.T, shared bool) *small {
	t.Helper()
	s := &small{Server: clerktest.New(t, clerktest.Config{Clock: clerktest.NewClock(time.Now()), Production: true}), fleet: &toldFleet{told: make(chan struct{}, 100)}, shared: shared}
	for range 3 {
		o := s.Options()
		o.Logger = slog.New(slog.DiscardHandler)
		o.Users.MaxAge, o.MachineTokens.MaxAge = time.Minute, 10*time.Second
		o.CallBudget, o.Outage.ProbeInterval = core.CallBudget{Rate: -1, AddressRate: -1}, -1
		o.AcceptsToken = core.AnyToken()
		if shared {
			o.Shared = s.fleet
		}
		c, err := core.New(o)
		if err != nil {
			t.Fatal(err)
		}
		s.processes = append(s.processes, c)
	}
	for _, c := range s.processes { // When it has heard this, each is current.
		if err := c.HandleEvent(t.Context(), &webhook.Event{Type: webhook.UserUpdated, Data: []byte(`{"id":"user_nobody"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// ask has a process serve a request, and waits until the fleet knows what Clerk was asked for.
func (s *small) ask(t *testing.T, process int, token, route string, serve func(ra *core.RequestAuth) error) {
	t.Helper()
	before := s.Requests(route)
	ra, _ := adapter.Attach(t.Context(), s.processes[process], asked{token})
	if !ra.State().IsSignedIn() {
		t.Fatalf("it is %s for %s", ra.State().Status(), ra.State().Reason())
	}
	if err := serve(ra); err != nil {
		t.Fatal(err)
	}
	if s.shared && s.Requests(route) > before {
		<-s.fleet.told
	}
}

var adapter = core.Adapter{Name: "fleet_test"}

// TestCoreCountsWhatTheFormulasSay in a small case, behind a balancer that deals out at random.
func TestCoreCountsWhatTheFormulasSay(t *testing.T) {
	t.Parallel()
	near := func(t *testing.T, what string, got, want, sd float64) {
		t.Helper()
		t.Logf("%s: core %g, formula %g", what, got, want)
		if math.Abs(got-want) > sigmas*sd {
			t.Errorf("%s: core has %g, the formula %g, with a standard deviation of %g", what, got, want, sd)
		}
	}
	t.Run("tokens and keys", func(t *testing.T) {
		t.Parallel()
		rng := rand.New(rand.NewPCG(2, 2))
		s := newSmall(t, false)
		const tokens, k = 60, 5
		for i := range tokens {
			token := s.SessionToken(fmt.Sprintf("user_%d", i))
			for range k {
				s.ask(t, rng.IntN(3), token, "", func(*core.RequestAuth) error { return nil })
			}
		}
		verified := 0
		for _, c := range s.processes {
			verified += c.Stats().Tokens.Entries
		}
		l := Load{Requests: k, Renewal: time.Second}
		near(t, "hits", 1-float64(verified)/(tokens*k), l.Hits(RoundRobin, 3), math.Sqrt(RoundRobin.variance(3, k)/tokens)/k)
		if got := s.Requests("GET /v1/jwks"); got != 3 {
			t.Errorf("the keys were fetched %d times, want once by each process", got)
		}
	})
	for _, shared := range []bool{false, true} {
		keepers := 3.0
		if shared {
			keepers = 1
		}
		// deviation is that of the number of questions of so many keepers, each asked rate times a second.
		deviation := func(all, rate, age, seconds float64) float64 {
			m, v := age+1/rate, 1/(rate*rate)
			return math.Sqrt(all * (v/(m*m*m)*seconds + 1))
		}
		t.Run(fmt.Sprintf("machine tokens, shared: %t", shared), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(3, 3))
			s := newSmall(t, shared)
			const things, rate, seconds = 4, 5.0, 120.0
			tokens := make([]string, things)
			for i := range tokens {
				tokens[i] = s.OAuthToken(clerktest.MachineToken{Subject: "user_a"})
			}
			const route = "POST /oauth_applications/access_tokens/verify"
			for at := rng.ExpFloat64() / rate; at < seconds; {
				s.ask(t, rng.IntN(3), tokens[rng.IntN(things)], route, func(*core.RequestAuth) error { return nil })
				next := rng.ExpFloat64() / rate
				s.Clock().Advance(time.Duration(next * float64(time.Second)))
				at += next
			}
			each := rate / things / keepers
			near(t, "questions", float64(s.Requests(route)), Kept(things*keepers, each, 10*time.Second)*seconds, deviation(things*keepers, each, 10, seconds))
		})
		t.Run(fmt.Sprintf("current users, shared: %t", shared), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(4, 4))
			s := newSmall(t, shared)
			const things, rate, seconds = 4, 0.5, 1800.0
			tokens := make([]string, things)
			for i := range tokens {
				s.AddUser(clerktest.User{ID: fmt.Sprintf("user_%d", i)})
				tokens[i] = s.SessionToken(fmt.Sprintf("user_%d", i), clerktest.Lifetime(time.Hour))
			}
			const route = "GET /v1/users/{id}"
			for at := rng.ExpFloat64() / rate; at < seconds; {
				s.ask(t, rng.IntN(3), tokens[rng.IntN(things)], route, func(ra *core.RequestAuth) error {
					_, err := ra.CurrentUser(t.Context())
					return err
				})
				next := rng.ExpFloat64() / rate
				s.Clock().Advance(time.Duration(next * float64(time.Second)))
				at += next
			}
			each := rate / things / keepers
			near(t, "questions", float64(s.Requests(route)), Kept(things*keepers, each, time.Minute)*seconds, deviation(things*keepers, each, 60, seconds))
		})
	}
}
