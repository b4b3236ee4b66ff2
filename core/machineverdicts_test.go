package core_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/sharedtest"
	"github.com/clerkgo/clerkgo/core"
)

// oauthBackend is a Backend API that accepts OAuth tokens, and counts its calls.
type oauthBackend struct {
	mu         sync.Mutex
	calls      int
	revoked    bool
	down       bool
	machine    string // the key of the only one that may ask; empty means all
	expiration string // Unix milliseconds, or null
	delay      time.Duration
}

func (b *oauthBackend) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	b.calls++
	revoked, down, expiration, delay := b.revoked || !strings.HasSuffix(r.Header.Get("Authorization"), b.machine), b.down, b.expiration, b.delay
	b.mu.Unlock()
	time.Sleep(delay) // Of a bubble.
	status, answer := http.StatusOK, fmt.Sprintf(
		`{"object":"clerk_idp_oauth_access_token","id":"oat_1","subject":"user_1","scopes":["read"],"expiration":%s,"access_token":%q}`, expiration, body)
	if strings.HasPrefix(r.URL.Path, "/m2m_tokens/") {
		answer = `{"object":"machine_to_machine_token","id":"mt_1","subject":"mch_1","scopes":["mch_2"],"expiration":null}`
	}
	switch {
	case down:
		status, answer = http.StatusBadGateway, ""
	case revoked:
		status, answer = http.StatusNotFound, refusalJSON
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r,
	}, nil
}

func (b *oauthBackend) set(change func(b *oauthBackend)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(b)
}

// faultyFleet is a fleet that sees all values pass, and can fail.
type faultyFleet struct {
	sharedtest.Fleet

	mu     sync.Mutex
	seen   map[string][]byte
	change func(key string, value []byte) ([]byte, error) // of what is read
}

func (f *faultyFleet) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	f.mu.Lock()
	if f.seen == nil {
		f.seen = map[string][]byte{}
	}
	f.seen[key] = bytes.Clone(value)
	f.mu.Unlock()
	return f.Fleet.Set(ctx, key, value, ttl)
}

func (f *faultyFleet) Get(ctx context.Context, key string) ([]byte, error) {
	value, err := f.Fleet.Get(ctx, key)
	f.mu.Lock()
	change := f.change
	f.mu.Unlock()
	if change != nil && err == nil {
		return change(key, value)
	}
	return value, err
}

// verdictFleet are three processes in front of one Backend API, in a bubble of time.
type verdictFleet struct {
	backend   *oauthBackend
	shared    *faultyFleet
	processes []*core.Clerk
}

func inVerdictFleet(t *testing.T, change func(*core.Options), test func(t *testing.T, f *verdictFleet)) {
	t.Helper()
	options := plain(newServer(t, true))
	synctest.Test(t, func(t *testing.T) {
		f := &verdictFleet{backend: &oauthBackend{expiration: "null"}, shared: new(faultyFleet)}
		for range 3 {
			o := options
			o.HTTPClient, o.Now, o.Logger = &http.Client{Transport: f.backend}, time.Now, slog.New(slog.DiscardHandler)
			o.Revocations.Off = true // They would stay subscribed when the bubble ends.
			o.MachineTokens.MaxAge, o.Shared = 10*time.Second, f.shared
			if change != nil {
				change(&o)
			}
			f.processes = append(f.processes, newClerk(t, o))
		}
		test(t, f)
	})
}

// check asks a process about a token, and waits until the fleet knows.
func (f *verdictFleet) check(t *testing.T, process int, token string) core.Outcome {
	t.Helper()
	o := checkOAuth(t.Context(), t, f.processes[process], bearer(token))
	synctest.Wait()
	return o
}

func (f *verdictFleet) want(t *testing.T, what string, calls int) {
	t.Helper()
	f.backend.mu.Lock()
	defer f.backend.mu.Unlock()
	if f.backend.calls != calls {
		t.Errorf("%s: %d calls, want %d", what, f.backend.calls, calls)
	}
}

func TestVerdictsOnMachineTokensAreKeptForTheirAge(t *testing.T) {
	t.Parallel()
	inVerdictFleet(t, nil, func(t *testing.T, f *verdictFleet) { //nolint:thelper // It is the test.
		for process := range 3 {
			for range 2 {
				if o := f.check(t, process, "oat_good"); !o.Allowed() {
					t.Fatalf("process %d: got %+v", process, o)
				}
			}
		}
		f.want(t, "six requests", 1)
		time.Sleep(10*time.Second - time.Millisecond)
		f.check(t, 1, "oat_good")
		f.want(t, "at the end of its age", 1)
		f.backend.set(func(b *oauthBackend) { b.down = true })
		time.Sleep(time.Millisecond)
		for process := range 3 {
			if o := f.check(t, process, "oat_good"); o.Allowed() || o.Status != http.StatusServiceUnavailable {
				t.Errorf("beyond its age, in an outage: got %+v", o)
			}
		}
		kept := uint64(0)
		for _, c := range f.processes {
			kept += c.Stats().Calls.Kept
		}
		if kept != 6 {
			t.Errorf("counted %d kept verdicts, want 6", kept)
		}
	})
}

func TestVerdictsEndWithTheirTokens(t *testing.T) {
	t.Parallel()
	inVerdictFleet(t, nil, func(t *testing.T, f *verdictFleet) { //nolint:thelper // It is the test.
		f.backend.expiration = fmt.Sprint(time.Now().Add(3 * time.Second).UnixMilli())
		f.check(t, 0, "oat_good")
		f.check(t, 1, "oat_good")
		f.want(t, "while it lives", 1)
		time.Sleep(3 * time.Second)
		for process := range 3 {
			f.check(t, process, "oat_good")
		}
		f.want(t, "when it has expired", 4) // The tolerance for clocks is Clerk's answer's, not a memory's.
	})
}

func TestRefusedTokensAreForgottenByTheFleet(t *testing.T) {
	t.Parallel()
	inVerdictFleet(t, func(o *core.Options) { o.MachineTokens.MaxAge = 10 * time.Second }, func(t *testing.T, f *verdictFleet) { //nolint:thelper // It is the test.
		f.check(t, 0, "oat_good")
		f.backend.set(func(b *oauthBackend) { b.revoked = true })
		// A process that cannot read the entry asks Clerk.
		f.shared.change = func(string, []byte) ([]byte, error) { return nil, nil }
		if o := f.check(t, 1, "oat_good"); o.Allowed() {
			t.Fatal("a revoked token passes")
		}
		f.shared.mu.Lock()
		f.shared.change = nil
		f.shared.mu.Unlock()
		if o := f.check(t, 2, "oat_good"); o.Allowed() {
			t.Error("the fleet goes on to let a token pass that it knows to be revoked")
		}
		f.want(t, "in all", 3)
	})
}

// TestAVerdictOnAnM2MTokenIsOfTheMachineThatAsked: Clerk accepts such a token only for the machines
// that it is for, so that the answer depends on whose key asks.
func TestAVerdictOnAnM2MTokenIsOfTheMachineThatAsked(t *testing.T) {
	t.Parallel()
	keys := []string{"ak_test_one", "ak_test_two", ""}
	n := 0
	inVerdictFleet(t, func(o *core.Options) { o.MachineSecretKey, n = keys[n], n+1 }, func(t *testing.T, f *verdictFleet) { //nolint:thelper // It is the test.
		f.backend.machine = keys[0]
		check := func(process int) bool {
			r := bearer("mt_for_one")
			o := adapter.Guard("Protect", core.AcceptTokens(core.M2MToken)).Check(t.Context(), attach(t, f.processes[process], r))
			synctest.Wait()
			return o.Allowed()
		}
		for range 2 {
			for process, want := range []bool{true, false, false} {
				if got := check(process); got != want {
					t.Errorf("the process with the key %q lets the token in: %v, want %v", keys[process], got, want)
				}
			}
		}
		// The no of the others takes nothing from the first one's yes, and they remember it.
		f.want(t, "in all", 3)
	})
}

func TestNothingSecretIsKeptOfVerdicts(t *testing.T) {
	t.Parallel()
	inVerdictFleet(t, nil, func(t *testing.T, f *verdictFleet) { //nolint:thelper // It is the test.
		f.check(t, 0, "oat_good_and_secret")
		if len(f.shared.seen) != 1 {
			t.Fatalf("the fleet has %d entries, want one", len(f.shared.seen))
		}
		for key, value := range f.shared.seen {
			for _, secret := range []string{"oat_good", "user_1", "secret"} {
				if strings.Contains(key, secret) || bytes.Contains(value, []byte(secret)) {
					t.Errorf("%q stands in %q: %q", secret, key, value)
				}
			}
		}
	})
}

// TestTheFleetIsBelievedNothingElse: garbage, changed and misplaced entries, another's old ones.
func TestTheFleetIsBelievedNothingElse(t *testing.T) {
	t.Parallel()
	for what, read := range map[string]func(f *verdictFleet, value []byte) []byte{
		"garbage": func(*verdictFleet, []byte) []byte { return []byte("yes") },
		"one bit": func(_ *verdictFleet, value []byte) []byte { value[len(value)/2] ^= 1; return value },
		"of another token": func(f *verdictFleet, value []byte) []byte {
			f.shared.mu.Lock()
			defer f.shared.mu.Unlock()
			for _, other := range f.shared.seen {
				if !bytes.Equal(other, value) {
					return bytes.Clone(other)
				}
			}
			return nil
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			inVerdictFleet(t, nil, func(t *testing.T, f *verdictFleet) { //nolint:thelper // It is the test.
				f.check(t, 0, "oat_other")
				f.check(t, 0, "oat_good")
				f.shared.change = func(_ string, value []byte) ([]byte, error) {
					if value == nil {
						return nil, nil
					}
					return read(f, value), nil
				}
				f.check(t, 1, "oat_good")
				f.want(t, "another process", 3)
				if s := f.processes[1].Stats().Shared; s.Rejected != 1 || s.Read != 0 {
					t.Errorf("counted %+v", s)
				}
			})
		})
	}
	t.Run("an old one", func(t *testing.T) {
		t.Parallel()
		inVerdictFleet(t, nil, func(t *testing.T, f *verdictFleet) { //nolint:thelper // It is the test.
			f.check(t, 0, "oat_good")
			time.Sleep(10 * time.Second)
			f.shared.change = func(key string, _ []byte) ([]byte, error) { return f.shared.seen[key], nil }
			f.check(t, 1, "oat_good")
			f.want(t, "who is handed an old entry", 2)
		})
	})
}

// TestAFleetThatIsAwayCostsLittle: each process asks Clerk for itself then.
func TestAFleetThatIsAwayCostsLittle(t *testing.T) {
	t.Parallel()
	inVerdictFleet(t, nil, func(t *testing.T, f *verdictFleet) { //nolint:thelper // It is the test.
		f.shared.change = func(string, []byte) ([]byte, error) { time.Sleep(time.Minute); return nil, nil }
		begin := time.Now()
		for n := range 10 {
			if o := checkOAuth(t.Context(), t, f.processes[0], bearer(fmt.Sprintf("oat_good_%d", n))); !o.Allowed() {
				t.Fatalf("got %+v", o)
			}
		}
		if took := time.Since(begin); took > 15*time.Millisecond {
			t.Errorf("ten requests waited %v", took)
		}
		f.want(t, "ten tokens", 10)
		if s := f.processes[0].Stats().Shared; s.Failed != 3 || s.Skipped != 7 || !s.Away {
			t.Errorf("counted %+v", s)
		}
		time.Sleep(2 * time.Minute) // Until what hangs has ended.
	})
}

// TestKeptVerdictsCostFewCalls: a hundred requests a second with fifty tokens, dealt out to
// three processes, cost Clerk six calls a second at most.
func TestKeptVerdictsCostFewCalls(t *testing.T) {
	t.Parallel()
	inVerdictFleet(t, nil, func(t *testing.T, f *verdictFleet) { //nolint:thelper // It is the test.
		f.backend.delay = 20 * time.Millisecond
		const seconds = 60
		var all sync.WaitGroup
		for n := range 100 * seconds {
			all.Go(func() {
				if o := checkOAuth(t.Context(), t, f.processes[n%3], bearer(fmt.Sprintf("oat_good_%d", n%50))); !o.Allowed() {
					t.Errorf("request %d: got %+v", n, o)
				}
			})
			time.Sleep(10 * time.Millisecond)
		}
		all.Wait()
		synctest.Wait()
		if f.backend.calls > 6*seconds {
			t.Errorf("%d calls in %d seconds", f.backend.calls, seconds)
		}
		t.Logf("%.1f calls a second", float64(f.backend.calls)/seconds)
	})
}

func TestVerdictsAreNotKeptUnlessAsked(t *testing.T) {
	t.Parallel()
	inVerdictFleet(t, func(o *core.Options) { o.MachineTokens.MaxAge = 0 }, func(t *testing.T, f *verdictFleet) { //nolint:thelper // It is the test.
		f.check(t, 0, "oat_good")
		f.check(t, 0, "oat_good")
		f.want(t, "two requests", 2)
		if len(f.shared.seen) != 0 {
			t.Error("the fleet was told")
		}
	})
	o := plain(newServer(t, true))
	o.MachineTokens.MaxAge = 10*time.Second + 1
	if _, err := core.New(o); err == nil || !strings.Contains(err.Error(), "Options.MachineTokens.MaxAge") {
		t.Errorf("verdicts for more than ten seconds: got %v", err)
	}
}
