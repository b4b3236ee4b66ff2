package core_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// outageWorld is an instance whose calls meet faults, in faked time.
type outageWorld struct {
	server *clerktest.Server
	clerk  *core.Clerk
	log    *logBuffer

	mu     sync.Mutex
	faults map[string]func(r *http.Request) (*http.Response, error) // by a part of the path
	calls  map[string]int                                           // by path
	seen   []*http.Request
}

// newOutageWorld makes one that has its keys. Its clock stands still.
func newOutageWorld(t *testing.T, s *clerktest.Server, change ...func(*core.Options)) *outageWorld {
	t.Helper()
	w := &outageWorld{server: s, log: &logBuffer{}, faults: map[string]func(*http.Request) (*http.Response, error){}, calls: map[string]int{}}
	calm := newCounted(t, s)
	o := plain(s)
	o.Outage, o.Logger = core.Outage{}, w.log.logger()
	o.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		w.mu.Lock()
		w.calls[r.URL.Path]++
		w.seen = append(w.seen, r)
		var fault func(r *http.Request) (*http.Response, error)
		for part, f := range w.faults {
			if strings.Contains(r.URL.Path, part) {
				fault = f
			}
		}
		w.mu.Unlock()
		if fault != nil {
			if resp, err := fault(r); resp != nil || err != nil {
				return resp, err
			}
		}
		return calm.RoundTrip(r)
	})}
	for _, f := range change {
		f(&o)
	}
	w.clerk = newClerk(t, o)
	return w
}

// warm fetches the keys.
func (w *outageWorld) warm(t *testing.T) *outageWorld {
	t.Helper()
	if state := w.clerk.Authenticate(t.Context(), w.signedIn()); !state.IsSignedIn() {
		t.Fatal(state.Unavailable())
	}
	return w
}

func (w *outageWorld) signedIn() *request {
	return get("/", "Authorization", "Bearer "+w.server.SessionToken("user_ada"))
}

// breaks makes the calls fail whose path holds a text; nil mends them.
func (w *outageWorld) breaks(part string, fault func(r *http.Request) (*http.Response, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[part] = fault
	if fault == nil {
		delete(w.faults, part)
	}
}

// of counts the calls whose path holds a text.
func (w *outageWorld) of(part string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for path, calls := range w.calls {
		if strings.Contains(path, part) {
			n += calls
		}
	}
	return n
}

// machine asks a guard about a machine's token.
func (w *outageWorld) machine(t *testing.T, token string) core.Outcome {
	t.Helper()
	return checkOAuth(t.Context(), t, w.clerk, bearer(token))
}

func down(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }

func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// limited asks to wait for so many seconds.
func limited(seconds string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		resp, err := answers{status: http.StatusTooManyRequests, contentType: "application/json", body: refusalJSON}.RoundTrip(r)
		resp.Header.Set("Retry-After", seconds)
		return resp, err
	}
}

// inOutage runs a test in faked time, with a server that was made outside of it, and
// waits until everything has ended.
func inOutage(t *testing.T, f func(t *testing.T, s *clerktest.Server)) {
	t.Helper()
	s := newServer(t, true)
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(time.Minute)
		f(t, s)
	})
}

// TestARequestWaitsOnceInAll needs the keys, which are slow, and then the user, who does
// not come. What the handler does in between is its own affair.
func TestARequestWaitsOnceInAll(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s)
		w.breaks("/jwks", func(*http.Request) (*http.Response, error) {
			time.Sleep(800 * time.Millisecond)
			return nil, nil //nolint:nilnil // Clerk answers.
		})
		w.breaks("/users/", hangs)
		start := time.Now()
		ra := attach(t, w.clerk, w.signedIn())
		if waited := time.Since(start); waited != 800*time.Millisecond || !ra.State().IsSignedIn() {
			t.Fatalf("got %s after %v", outcome(ra.State()), waited)
		}
		time.Sleep(5 * time.Second)
		for _, want := range []time.Duration{1200 * time.Millisecond, 0} {
			start = time.Now()
			var callers sync.WaitGroup
			for range 3 {
				callers.Go(func() {
					if _, err := ra.CurrentUser(ra.NewContext(t.Context())); core.AsError(err).StatusCode() != http.StatusServiceUnavailable {
						t.Errorf("got %v, want 503", err)
					}
				})
			}
			callers.Wait()
			if waited := time.Since(start); waited != want {
				t.Errorf("waited for the user %v, want %v", waited, want)
			}
		}
		start = time.Now()
		if _, err := ra.Auth().Token(ra.NewContext(t.Context()), core.Template("x")); err == nil || time.Since(start) != 0 {
			t.Errorf("a token: got %v after %v, want none at once", err, time.Since(start))
		}
		start = time.Now()
		if _, err := attach(t, w.clerk, w.signedIn()).CurrentUser(t.Context()); err == nil || time.Since(start) != 2*time.Second {
			t.Errorf("another request: got %v after %v, want 2 s", err, time.Since(start))
		}
	})
}

// TestStrangersStopNoCalls sends what Clerk refuses, and what nobody waits for.
func TestStrangersStopNoCalls(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s, func(o *core.Options) { o.CallBudget = core.CallBudget{Rate: -1, AddressRate: -1} }).warm(t)
		for n := range 50 {
			if out := w.machine(t, fmt.Sprint("oat_made_up_", n)); out.Status != http.StatusUnauthorized {
				t.Fatalf("a made-up token: got %d", out.Status)
			}
			if state := w.clerk.Authenticate(t.Context(), redeem(fmt.Sprint("made-up-", n), "203.0.113.9:1")); state.Unavailable() != nil {
				t.Fatalf("a made-up nonce: %v", state.Unavailable())
			}
		}
		w.breaks("/", answers{status: http.StatusForbidden, contentType: "text/html", body: "<html>You have been blocked"}.RoundTrip)
		for n := range 50 {
			if out := w.machine(t, fmt.Sprint("oat_<script>_", n)); out.Status != http.StatusServiceUnavailable {
				t.Fatalf("a token that a firewall dislikes: got %d", out.Status)
			}
		}
		w.breaks("/", nil)
		w.breaks("/users/", hangs)
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if _, err := attach(t, w.clerk, w.signedIn()).CurrentUser(ctx); err == nil {
				t.Fatal("got a user")
			}
			cancel()
		}
		w.breaks("/users/", nil)
		if _, err := attach(t, w.clerk, w.signedIn()).CurrentUser(t.Context()); err != nil {
			t.Errorf("the user, after clients that went away: %v", err)
		}
		if out := w.machine(t, "oat_good"); !out.Allowed() {
			t.Errorf("a good token, after made-up ones: got %d", out.Status)
		}
		if got := w.clerk.Stats().Outage; !got.Since.IsZero() || got.Calls["machine"].Refused+got.Calls["nonce"].Refused+got.Calls["user"].Refused != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

// TestOneKindOfCallsStops leaves the others alone.
func TestOneKindOfCallsStops(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s).warm(t)
		w.breaks(oauthPath, down)
		for range 20 {
			if out := w.machine(t, "oat_good"); out.Status != http.StatusServiceUnavailable {
				t.Fatalf("got %d", out.Status)
			}
			if _, err := attach(t, w.clerk, w.signedIn()).CurrentUser(t.Context()); err != nil {
				t.Fatalf("the user: %v", err)
			}
		}
		if got := w.of(oauthPath); got > 4 {
			t.Errorf("got %d calls about machines", got)
		}
		if got := w.of("/users/"); got != 20 {
			t.Errorf("got %d calls about users", got)
		}
	})
}

// TestOneCallIsOnTrial lets many ask at the moment when an outage may be over.
func TestOneCallIsOnTrial(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s, func(o *core.Options) { o.CallBudget = core.CallBudget{Rate: -1, AddressRate: -1} }).warm(t)
		w.breaks(oauthPath, hangs)
		for n := range 3 {
			w.machine(t, fmt.Sprint("oat_good_", n))
		}
		before := w.of(oauthPath)
		time.Sleep(6 * time.Second)
		var asking sync.WaitGroup
		for n := range 50 {
			asking.Go(func() {
				if out := w.machine(t, fmt.Sprint("oat_good_", n)); out.Status != http.StatusServiceUnavailable {
					t.Errorf("got %d", out.Status)
				}
			})
		}
		asking.Wait()
		if got := w.of(oauthPath) - before; got != 1 {
			t.Errorf("got %d calls on trial, want one", got)
		}
	})
}

// TestRetryAfterIsObeyed makes no call before its time, and says how long that is.
func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]time.Duration{"20": 20 * time.Second, "3600": time.Minute} {
		t.Run(asked, func(t *testing.T) {
			t.Parallel()
			inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
				w := newOutageWorld(t, s).warm(t)
				w.breaks("/users/", limited(asked))
				user := func() error {
					start := time.Now()
					_, err := attach(t, w.clerk, w.signedIn()).CurrentUser(t.Context())
					if waited := time.Since(start); waited != 0 {
						t.Errorf("waited %v", waited)
					}
					return err
				}
				start := time.Now()
				_ = user() // It fails.
				w.breaks("/users/", nil)
				for range 5 {
					left := want - time.Since(start)
					var failure *core.BackendError
					if err := user(); !errors.As(err, &failure) || !errors.Is(err, core.ErrUnavailable) || failure.RetryAfter != left {
						t.Errorf("got %v, want one that says to wait %v", err, left)
					}
					time.Sleep(want/5 - time.Millisecond)
				}
				if got := w.of("/users/"); got != 1 {
					t.Errorf("got %d calls", got)
				}
				time.Sleep(5 * time.Millisecond)
				if err := user(); err != nil {
					t.Errorf("afterwards: %v", err)
				}
			})
		})
	}
}

// TestApplicationsCallsStopWhereAsked is about core.Client.
func TestApplicationsCallsStopWhereAsked(t *testing.T) {
	t.Parallel()
	for stop, want := range map[bool]int{false: 20, true: 3} {
		inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
			w := newOutageWorld(t, s, func(o *core.Options) { o.Outage.Client = stop })
			w.breaks("/users/", down)
			for range 20 {
				_, err := w.clerk.Client().Users().Get(t.Context(), "user_eve")
				if _, ok := errors.AsType[*core.BackendError](err); !ok {
					t.Fatalf("got %v", err)
				}
			}
			if got := w.of("/users/user_eve"); got != want {
				t.Errorf("%v: got %d calls, want %d", stop, got, want)
			}
		})
	}
}

// TestFailuresNeverStopCallsWhereAsked turns everything off.
func TestFailuresNeverStopCallsWhereAsked(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s, func(o *core.Options) { o.Outage = persistent }).warm(t)
		w.breaks("/clients/", limited("20"))
		for n := range 20 {
			w.clerk.Authenticate(t.Context(), redeem(fmt.Sprint("nonce-", n), "203.0.113.9:1"))
		}
		if got := w.of("/clients/"); got != 20 {
			t.Errorf("got %d calls, want 20", got)
		}
	})
}

// TestOutagesAreSeen looks at the log, the counters and what observers are told.
func TestOutagesAreSeen(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		var mu sync.Mutex
		var events []core.CallEvent
		w := newOutageWorld(t, s, func(o *core.Options) {
			o.Outage.Observe = func(e core.CallEvent) {
				mu.Lock()
				defer mu.Unlock()
				events = append(events, e)
			}
		}).warm(t)
		if got := w.clerk.Stats().Outage; !got.Since.IsZero() || len(got.Down) != 0 {
			t.Errorf("in calm times: got %+v", got)
		}
		begin := time.Now()
		w.breaks("/", down)
		for range 100 {
			w.machine(t, "oat_secret_token")
			time.Sleep(200 * time.Millisecond)
		}
		got := w.clerk.Stats().Outage
		if got.Since.IsZero() || !strings.Contains(strings.Join(got.Down, " "), "machine") || !strings.Contains(strings.Join(got.Down, " "), "Backend API") {
			t.Errorf("in the outage: got %+v", got)
		}
		if kind := got.Calls["machine"]; !kind.Open || kind.Calls != kind.Failures || kind.Failures == 0 || kind.Refused < 90 {
			t.Errorf("in the outage: got %+v", kind)
		}
		if err := w.clerk.Ready(t.Context()); err != nil {
			t.Errorf("the keys are there, and Ready says %v", err)
		}
		w.breaks("/", nil)
		for range 100 {
			w.machine(t, "oat_good")
			time.Sleep(200 * time.Millisecond)
		}
		got = w.clerk.Stats().Outage
		if !got.Since.IsZero() || len(got.Down) != 0 || got.Calls["machine"].Open {
			t.Errorf("after the outage: got %+v", got)
		}
		log := w.log.String()
		if strings.Count(log, "an outage of Clerk begins") != 1 || strings.Count(log, "the outage of Clerk is over") != 1 || !strings.Contains(log, "level=INFO") || strings.Count(log, "requests cannot be checked") != 1 || strings.Contains(log, "unchecked=0") {
			t.Errorf("got log %s", log)
		}
		mu.Lock()
		defer mu.Unlock()
		kinds := map[string]int{}
		for _, e := range events {
			kinds[e.Kind+" "+e.Endpoint+" "+e.Outcome]++
			if strings.Contains(fmt.Sprint(e), "secret") {
				t.Errorf("an observer is told %+v", e)
			}
		}
		for _, want := range []string{
			"keys GET /v1/jwks answered", "machine POST " + oauthPath + " failed", "machine POST " + oauthPath + " refused",
			"machine POST " + oauthPath + " answered", "probe GET /v1/jwks failed", "probe GET /v1/jwks answered",
		} {
			if kinds[want] == 0 {
				t.Errorf("got no event %q: %v", want, kinds)
			}
		}
		if probes := kinds["probe GET /v1/jwks failed"]; probes > int(time.Since(begin)/(3*time.Second)) {
			t.Errorf("got %d probes", probes)
		}
	})
}

// TestNobodyWaitsOutALongRetryAfter where a request has no deadline at all.
func TestNobodyWaitsOutALongRetryAfter(t *testing.T) {
	t.Parallel()
	inOutage(t, func(t *testing.T, s *clerktest.Server) { //nolint:thelper // It is the test.
		w := newOutageWorld(t, s, func(o *core.Options) { o.Outage.MaxWait = -1 }).warm(t)
		w.breaks("/users/", limited("86400"))
		start := time.Now()
		_, err := attach(t, w.clerk, w.signedIn()).CurrentUser(t.Context())
		if waited := time.Since(start); waited > 10*time.Second || !errors.Is(err, core.ErrUnavailable) {
			t.Errorf("got %v after %v, want an answer at once", err, waited)
		}
	})
}
