package core_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/token"
)

const jwksRoute = "GET /v1/jwks"

// keyFault is a way in which the key server fails.
type keyFault struct {
	name string
	clerktest.Fault

	hangs chan struct{} // closed to let the answer come at last
}

func keyFaults() []keyFault {
	hangs := make(chan struct{})
	return []keyFault{
		{name: "it is down", Fault: clerktest.Fault{Drop: true}},
		{name: "it answers 500", Fault: clerktest.Fault{Status: http.StatusInternalServerError}},
		{name: "it limits the rate", Fault: clerktest.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3600"}}}},
		{name: "its answer is half sent", Fault: clerktest.Fault{Truncate: true}},
		{name: "its answer is a web page", Fault: clerktest.Fault{Body: []byte("<!doctype html><title>Log in to the network</title>"), ContentType: "text/html"}},
		{name: "its answer calls itself JSON", Fault: clerktest.Fault{Body: []byte("<!doctype html>")}},
		{name: "its answer is 10 MB long", Fault: clerktest.Fault{PadTo: 10 << 20}},
		{name: "its answer is empty", Fault: clerktest.Fault{Body: []byte{}}},
		{name: "its answer has no keys", Fault: clerktest.Fault{Body: []byte(`{"keys":[]}`)}},
		{name: "its answer is null", Fault: clerktest.Fault{Body: []byte("null")}},
		{name: "its answer does not come", Fault: clerktest.Fault{Wait: hangs}, hangs: hangs},
	}
}

// mend ends the fault.
func (f keyFault) mend(remove func()) {
	remove()
	if f.hangs != nil {
		close(f.hangs)
	}
}

// patience returns the context of a request. Where the server would let it wait,
// its client has given up already.
func (f keyFault) patience(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	if f.hangs != nil {
		cancel()
	}
	t.Cleanup(cancel)
	return ctx
}

// keyWorld is an instance and its Clerk, with a clock that stands still.
type keyWorld struct {
	*clerktest.Server

	clerk *core.Clerk
}

func newKeyWorld(t *testing.T, change func(*core.Options)) keyWorld {
	t.Helper()
	s := newServer(t, true)
	o := plain(s)
	o.Retry.Attempts, o.Outage = 1, persistent
	if change != nil {
		change(&o)
	}
	return keyWorld{s, newClerk(t, o)}
}

// judge authenticates a bearer and says what came out.
func (w keyWorld) judge(ctx context.Context, bearer string) string {
	state := w.clerk.Authenticate(ctx, get("/", "Authorization", "Bearer "+bearer))
	if state.Unavailable() != nil {
		return "unavailable"
	}
	return strings.TrimSpace(string(state.Status()) + " " + string(state.Reason()))
}

func (w keyWorld) want(ctx context.Context, t *testing.T, what, bearer, want string) {
	t.Helper()
	if got := w.judge(ctx, bearer); got != want {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

// wantFetches counts the fetches at both ends.
func (w keyWorld) wantFetches(t *testing.T, want int) {
	t.Helper()
	if got := w.Requests(jwksRoute); got != want {
		t.Errorf("got %d fetches, want %d", got, want)
	}
	w.wantStarted(t, want)
}

// wantStarted counts the fetches that the instance has started. A dropped
// connection may have taken net/http two requests, and a server that hangs may not
// have seen the request yet.
func (w keyWorld) wantStarted(t *testing.T, want int) {
	t.Helper()
	if got := w.clerk.Stats().Keys.Fetches; got != uint64(want) {
		t.Errorf("Stats tell of %d fetches, want %d", got, want)
	}
}

// forged is a token that names the instance's key and is signed with another.
func (w keyWorld) forged(t *testing.T) string {
	t.Helper()
	key, err := clerktest.OtherKey()
	if err != nil {
		t.Fatal(err)
	}
	return w.SessionToken("user_mallory", clerktest.SignedWith(key, w.KeyID()))
}

// invented is a token that names a key which does not exist.
func (w keyWorld) invented(t *testing.T, i int) string {
	t.Helper()
	key, err := clerktest.OtherKey()
	if err != nil {
		t.Fatal(err)
	}
	return w.SessionToken("user_mallory", clerktest.SignedWith(key, fmt.Sprint("ins_invented_", i)))
}

const (
	in           = "signed-in"
	badSignature = "signed-out token-invalid-signature"
	mismatch     = "signed-out jwk-kid-mismatch"
)

func TestKnownKeysServeWhileTheKeyServerFails(t *testing.T) {
	t.Parallel()
	for _, fault := range keyFaults() {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			w := newKeyWorld(t, nil)
			w.want(t.Context(), t, "before the fault", w.SessionToken("user_ada"), in)
			remove := w.Inject(jwksRoute, fault.Fault)
			w.Clock().Advance(token.DefaultTTL)
			ctx := fault.patience(t)
			for range 3 {
				w.want(ctx, t, "a new token", w.SessionToken("user_ada"), in)
				w.want(ctx, t, "a forged token", w.forged(t), badSignature)
				w.want(ctx, t, "a token of an unknown key", w.invented(t, 1), "unavailable")
			}
			want := 2 // The one that failed, and none soon after it.
			w.wantStarted(t, want)
			if err := w.clerk.Ready(t.Context()); fault.hangs == nil && err != nil {
				t.Errorf("Ready: %v, want nil as long as known keys serve", err)
			}
			if w.clerk.Stats().Keys.Stale == 0 {
				t.Error("Stats tell of no request that was served with old keys")
			}

			fault.mend(remove)
			w.Clock().Advance(token.DefaultMinInterval) // Retry-After is not obeyed here
			w.wantRecovery(t, fault, want)
		})
	}
}

func TestNothingIsAcceptedBeforeTheKeysAreKnown(t *testing.T) {
	t.Parallel()
	for _, fault := range keyFaults() {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			w := newKeyWorld(t, nil)
			remove := w.Inject(jwksRoute, fault.Fault)
			ctx := fault.patience(t)
			for range 3 {
				w.want(ctx, t, "a good token", w.SessionToken("user_ada"), "unavailable")
				w.want(ctx, t, "a forged token", w.forged(t), "unavailable")
				ra, _ := adapter.Attach(ctx, w.clerk, get("/", "Authorization", "Bearer "+w.SessionToken("user_ada")))
				if out := adapter.Guard("Protect").Check(ctx, ra); out.Status != http.StatusServiceUnavailable {
					t.Errorf("a guard answers %d, want 503", out.Status)
				}
				if err := w.clerk.Ready(ctx); !errors.Is(err, core.ErrUnavailable) || core.AsError(err).StatusCode() != http.StatusServiceUnavailable {
					t.Errorf("Ready: got %v, want one that matches ErrUnavailable", err)
				}
			}
			w.wantStarted(t, 1)

			fault.mend(remove)
			w.Clock().Advance(token.DefaultMinInterval) // Retry-After is not obeyed here
			w.wantRecovery(t, fault, 1)
		})
	}
}

// wantRecovery looks at the instance when the fault is over.
func (w keyWorld) wantRecovery(t *testing.T, fault keyFault, fetches int) {
	t.Helper()
	before := w.clerk.Stats().Keys.Fetched
	w.want(t.Context(), t, "after the fault", w.SessionToken("user_ada"), in)
	w.want(t.Context(), t, "a forged token after the fault", w.forged(t), badSignature)
	// Where old keys served, the request that found the server well did not wait.
	for deadline := time.Now().Add(time.Minute); !w.clerk.Stats().Keys.Fetched.After(before); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("the keys were not fetched again")
		}
		// Nor did the last one that the fault met: its fetch may have failed only when the clock had moved on,
		// and then none starts before it moves again.
		if w.clerk.Stats().Keys.Fetches == uint64(fetches) {
			w.Clock().Advance(token.DefaultMinInterval)
			w.want(t.Context(), t, "a little later", w.SessionToken("user_ada"), in)
		}
	}
	if err := w.clerk.Ready(t.Context()); err != nil {
		t.Errorf("Ready after the fault: %v", err)
	}
	if fault.hangs == nil { // The answer that was late needs no second question.
		w.wantStarted(t, fetches+1)
	}
	if got := w.clerk.Stats().Keys; got.Keys != 1 || got.Unusable != 0 {
		t.Errorf("Stats after the fault: %+v", got)
	}
}

func TestKeysRotateUnderTraffic(t *testing.T) {
	t.Parallel()
	w := newKeyWorld(t, nil)
	old := w.SessionToken("user_ada", clerktest.Lifetime(time.Hour))
	first := w.KeyID()
	w.want(t.Context(), t, "the first key", old, in)
	const rounds = 4
	for round := range rounds {
		w.Clock().Advance(token.DefaultMinInterval)
		if _, err := w.RotateKey(); err != nil {
			t.Fatal(err)
		}
		fresh := w.SessionToken("user_bob", clerktest.Lifetime(time.Hour))
		var wg sync.WaitGroup
		for worker := range 8 {
			wg.Go(func() {
				for i := range 10 {
					w.want(t.Context(), t, "the old key", old, in)
					w.want(t.Context(), t, "the new key", fresh, in)
					w.want(t.Context(), t, "an invented key", w.invented(t, 1000*round+100*worker+i), mismatch)
					w.want(t.Context(), t, "a damaged token", fresh[:len(fresh)-6]+"AAAAAA", badSignature)
				}
			})
		}
		wg.Wait()
		w.wantFetches(t, 2+round)
	}
	if !w.RemoveKey(first) {
		t.Fatal("the first key is not there")
	}
	w.want(t.Context(), t, "a removed key, before the next refresh", old, in)
	w.Clock().Advance(token.DefaultTTL)
	w.want(t.Context(), t, "a removed key", old, mismatch)
	w.wantFetches(t, rounds+2)
}

func TestManyFirstRequestsShareOneFetch(t *testing.T) {
	t.Parallel()
	w := newKeyWorld(t, nil)
	hangs := make(chan struct{})
	w.Inject(jwksRoute, clerktest.Fault{Wait: hangs})
	good, forged := w.SessionToken("user_ada"), w.forged(t)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			w.want(t.Context(), t, "a good token", good, in)
			w.want(t.Context(), t, "a forged token", forged, badSignature)
		})
	}
	close(hangs)
	wg.Wait()
	w.wantFetches(t, 1)
}

// TestTenantsWithTheSameKeyIDShareNothing has two instances whose keys have one
// name.
func TestTenantsWithTheSameKeyIDShareNothing(t *testing.T) {
	t.Parallel()
	key, err := clerktest.OtherKey()
	if err != nil {
		t.Fatal(err)
	}
	one := newServer(t, true)
	two := clerktest.New(t, clerktest.Config{Clock: clerktest.NewClock(epoch), Production: true, SecondKey: true, FrontendAPI: "clerk.two.example"})
	two.Inject(jwksRoute, clerktest.Fault{Body: []byte(strings.ReplaceAll(string(two.JWKS()), two.KeyID(), one.KeyID()))})
	first := one.SessionToken("user_ada")
	second := two.SessionToken("user_ada", clerktest.SignedWith(key, one.KeyID()))
	instances := newInstances(t, core.Options{Now: one.Clock().Now})
	for _, bearer := range []string{first, second, second, first, first, second} {
		for server, own := range map[*clerktest.Server]string{one: first, two: second} {
			clerk, err := instances.Get(tenant(server))
			if err != nil {
				t.Fatal(err)
			}
			want := badSignature
			if bearer == own {
				want = in
			}
			keyWorld{server, clerk}.want(t.Context(), t, "a token", bearer, want)
		}
	}
	for _, server := range []*clerktest.Server{one, two} {
		if got := server.Requests(jwksRoute); got != 1 {
			t.Errorf("got %d fetches, want 1", got)
		}
	}
}

func TestKeyRefreshIsTheUsersToSet(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		set     core.KeyRefresh
		later   time.Duration // when Clerk has been down all the while
		want    string
		fetches int
	}{
		{name: "the defaults within the cap", later: token.DefaultTTL + token.DefaultStaleIfError - 1, want: in, fetches: 2},
		{name: "the defaults beyond the cap", later: token.DefaultTTL + token.DefaultStaleIfError, want: "unavailable", fetches: 2},
		{name: "a longer cap", set: core.KeyRefresh{StaleIfError: 48 * time.Hour}, later: 47 * time.Hour, want: in, fetches: 2},
		{name: "no use of old keys", set: core.KeyRefresh{StaleIfError: -1}, later: token.DefaultTTL, want: "unavailable", fetches: 2},
		{name: "no use of old keys, which are not old", set: core.KeyRefresh{StaleIfError: -1}, later: token.DefaultTTL / 2, want: in, fetches: 1},
		{name: "a shorter life", set: core.KeyRefresh{TTL: time.Minute, StaleIfError: -1}, later: time.Minute, want: "unavailable", fetches: 2},
		{name: "a longer life", set: core.KeyRefresh{TTL: time.Hour, StaleIfError: -1}, later: 47 * time.Minute, want: in, fetches: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newKeyWorld(t, func(o *core.Options) { o.KeyRefresh = tt.set })
			w.want(t.Context(), t, "at first", w.SessionToken("user_ada"), in)
			w.Inject(jwksRoute, clerktest.Fault{Status: http.StatusBadGateway})
			w.Clock().Advance(tt.later)
			w.want(t.Context(), t, "later", w.SessionToken("user_ada"), tt.want)
			w.wantFetches(t, tt.fetches)
		})
	}
}

func TestTokenCacheIsTheUsersToBound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		set  core.TokenCache
		want int
	}{
		{name: "the defaults", want: 5},
		{name: "a few entries", set: core.TokenCache{Entries: 2}, want: 2},
		{name: "off by entries", set: core.TokenCache{Entries: -1}, want: 0},
		{name: "off by bytes", set: core.TokenCache{Bytes: -1}, want: 0},
		{name: "too few bytes for one", set: core.TokenCache{Bytes: 100}, want: 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newKeyWorld(t, func(o *core.Options) { o.TokenCache = tt.set })
			for i := range 5 {
				bearer := w.SessionToken(fmt.Sprint("user_", i))
				for range 2 {
					w.want(t.Context(), t, "a token", bearer, in)
				}
			}
			if got := w.clerk.Stats().Tokens; got.Entries != tt.want || got.Bytes > 0 != (tt.want > 0) {
				t.Errorf("got %+v, want %d entries", got, tt.want)
			}
		})
	}
}

func TestAnInstanceWithItsKeyIsReadyAtOnce(t *testing.T) {
	t.Parallel()
	w := newKeyWorld(t, nil)
	o := plain(w.Server)
	o.JWTKey = w.PEM()
	w.clerk = newClerk(t, o)
	w.Inject(jwksRoute, clerktest.Fault{Drop: true})
	if err := w.clerk.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	w.want(t.Context(), t, "a token", w.SessionToken("user_ada"), in)
	w.wantFetches(t, 0)
}
