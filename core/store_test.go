package core_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/token"
)

// memoryStore is a store whose entries can be looked at and changed.
type memoryStore struct {
	mu      sync.Mutex
	entries map[string][]byte
	fault   error
	hang    chan struct{}
}

func (m *memoryStore) enter() error {
	m.mu.Lock()
	hang, fault := m.hang, m.fault
	m.mu.Unlock()
	if hang != nil {
		<-hang
	}
	return fault
}

func (m *memoryStore) Get(_ context.Context, key string) ([]byte, error) {
	if err := m.enter(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.entries[key]), nil
}

func (m *memoryStore) Set(_ context.Context, key string, value []byte, _ time.Duration) error {
	if err := m.enter(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == nil {
		m.entries = map[string][]byte{}
	}
	m.entries[key] = bytes.Clone(value)
	return nil
}

// take returns the entries, and put puts them back.
func (m *memoryStore) take() map[string][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := make(map[string][]byte, len(m.entries))
	for key, value := range m.entries {
		taken[key] = bytes.Clone(value)
	}
	return taken
}

func (m *memoryStore) put(entries map[string][]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries = entries
}

// restart is a process that has just started, with the same options.
func (w keyWorld) restart(t *testing.T, change func(*core.Options)) keyWorld {
	t.Helper()
	o := plain(w.Server)
	o.Retry.Attempts, o.Outage = 1, persistent
	change(&o)
	return keyWorld{w.Server, newClerk(t, o)}
}

// waitForWritten waits until as many entries are written: no request does.
func (w keyWorld) waitForWritten(t *testing.T, n uint64) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); w.clerk.Stats().Store.Written < n; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("Stats: %+v, want %d written", w.clerk.Stats().Store, n)
		}
	}
}

// TestAProcessThatStartsInAnOutageTakesItsKeysFromFiles.
func TestAProcessThatStartsInAnOutageTakesItsKeysFromFiles(t *testing.T) {
	t.Parallel()
	for _, fault := range keyFaults() {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "clerk")
			withFiles := func(o *core.Options) { o.Outage.Store = core.FileStore(dir) }
			first := newKeyWorld(t, withFiles)
			first.want(t.Context(), t, "in calm times", first.SessionToken("user_ada"), in)
			first.waitForWritten(t, 1)
			secret := plain(first.Server).SecretKey
			if text := wholeDir(t, dir); strings.Contains(text, secret) || strings.Contains(text, strings.TrimPrefix(secret, "sk_live_")) {
				t.Error("the files tell the secret key")
			}

			remove := first.Inject(jwksRoute, fault.Fault)
			first.Clock().Advance(10 * time.Hour)
			w := first.restart(t, withFiles)
			w.want(t.Context(), t, "in the outage", w.SessionToken("user_ada"), in)
			w.want(t.Context(), t, "a forged token", w.forged(t), badSignature)
			ra, _ := adapter.Attach(t.Context(), w.clerk, page("/", "Cookie", "__session="+w.SessionToken("user_ada")+"; __client_uat="+"1"))
			if out := adapter.Guard("Protect").Check(t.Context(), ra); !out.Allowed() {
				t.Errorf("a guard answers %d", out.Status)
			}
			if err := w.clerk.Ready(t.Context()); err != nil {
				t.Errorf("Ready: %v", err)
			}
			if got := w.clerk.Stats(); got.Store.Read != 1 || got.Store.Rejected != 0 || got.Keys.Stale == 0 {
				t.Errorf("Stats: %+v", got)
			}
			fault.mend(remove)
			w.Clock().Advance(time.Minute)
			w.wantRecovery(t, keyFault{hangs: fault.hangs}, int(w.clerk.Stats().Keys.Fetches))
			w.waitForWritten(t, 1) // The directory goes with the test.

			// A day of it is enough.
			w.Inject(jwksRoute, clerktest.Fault{Drop: true})
			w.Clock().Advance(token.DefaultTTL + token.DefaultStaleIfError)
			w = w.restart(t, withFiles)
			w.want(t.Context(), t, "a day later", w.SessionToken("user_ada"), "unavailable")
		})
	}
}

// wholeDir is everything in a directory, names and contents.
func wholeDir(t *testing.T, dir string) string {
	t.Helper()
	infos, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, info := range infos {
		data, err := os.ReadFile(filepath.Join(dir, info.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(info.Name() + "\n" + string(data) + "\n")
	}
	return all.String()
}

// TestACalmStartLooksNowhereElse: Clerk is asked first, and its answer counts.
func TestACalmStartLooksNowhereElse(t *testing.T) {
	t.Parallel()
	store := new(memoryStore)
	withStore := func(o *core.Options) { o.Outage.Store = store }
	w := newKeyWorld(t, withStore)
	old := w.SessionToken("user_ada", clerktest.Lifetime(time.Hour))
	first := w.KeyID()
	w.want(t.Context(), t, "a key that is going to be withdrawn", old, in)
	w.waitForWritten(t, 1)
	if _, err := w.RotateKey(); err != nil {
		t.Fatal(err)
	}
	w.RemoveKey(first)
	w = w.restart(t, withStore)
	w.want(t.Context(), t, "the next process", old, mismatch)
	w.waitForWritten(t, 1)
	if got := w.clerk.Stats().Store; got.Read != 1 { // before it wrote
		t.Errorf("Stats: %+v", got)
	}

	// It is withdrawn in the store, too.
	w.Inject(jwksRoute, clerktest.Fault{Drop: true})
	w = w.restart(t, withStore)
	w.want(t.Context(), t, "the withdrawn key in an outage", old, "unavailable")
	w.want(t.Context(), t, "the other key", w.SessionToken("user_ada"), in)
}

// TestAWithdrawnKeyIsNotPutBack into a process that knows better.
func TestAWithdrawnKeyIsNotPutBack(t *testing.T) {
	t.Parallel()
	store := new(memoryStore)
	w := newKeyWorld(t, func(o *core.Options) { o.Outage.Store = store })
	old := w.SessionToken("user_ada", clerktest.Lifetime(time.Hour))
	first := w.KeyID()
	w.want(t.Context(), t, "a key that is going to be withdrawn", old, in)
	w.waitForWritten(t, 1)
	before := store.take()
	if _, err := w.RotateKey(); err != nil {
		t.Fatal(err)
	}
	w.RemoveKey(first)
	w.Clock().Advance(token.DefaultTTL)
	w.want(t.Context(), t, "after the refresh", w.SessionToken("user_ada"), in)
	w.waitForWritten(t, 2)
	store.put(before)
	w.Inject(jwksRoute, clerktest.Fault{Drop: true})
	w.Clock().Advance(token.DefaultTTL)
	w.want(t.Context(), t, "the withdrawn key", old, "unavailable")
	w.want(t.Context(), t, "the other key", w.SessionToken("user_ada"), in)
	if got := w.clerk.Stats().Store; got.Read == 0 {
		t.Errorf("Stats: %+v, want that the old entry was read", got)
	}
}

// TestARefusedSecretKeyIsKept: what was stored before does not serve the next process.
func TestARefusedSecretKeyIsKept(t *testing.T) {
	t.Parallel()
	store := new(memoryStore)
	withStore := func(o *core.Options) { o.Outage.Store = store }
	w := newKeyWorld(t, withStore)
	w.want(t.Context(), t, "at first", w.SessionToken("user_ada"), in)
	w.waitForWritten(t, 1)
	w.Clock().Advance(token.DefaultTTL)
	remove := w.Inject(jwksRoute, clerktest.Fault{Status: http.StatusUnauthorized, Body: []byte(`{"errors":[{"code":"clerk_key_invalid","message":"x"}]}`)})
	w.want(t.Context(), t, "when it is refused", w.SessionToken("user_ada"), "signed-out secret-key-invalid")
	w.waitForWritten(t, 2)
	remove()
	w.Inject(jwksRoute, clerktest.Fault{Drop: true})
	w = w.restart(t, withStore)
	w.want(t.Context(), t, "the next process", w.SessionToken("user_ada"), "unavailable")
}

// TestOthersEntriesAreNotBelieved, wherever they are put.
func TestOthersEntriesAreNotBelieved(t *testing.T) {
	t.Parallel()
	mine, theirs := new(memoryStore), new(memoryStore)
	w := newKeyWorld(t, func(o *core.Options) { o.Outage.Store = mine })
	w.want(t.Context(), t, "mine", w.SessionToken("user_ada"), in)
	w.waitForWritten(t, 1)
	other := keyWorld{clerktest.New(t, clerktest.Config{Clock: w.Clock(), Production: true, SecondKey: true, FrontendAPI: "clerk.two.example"}), nil}
	other = other.restart(t, func(o *core.Options) { o.Outage.Store = theirs })
	other.want(t.Context(), t, "theirs", other.SessionToken("user_mallory"), in)
	other.waitForWritten(t, 1)

	entries := mine.take()
	for key := range entries {
		for _, value := range theirs.take() {
			entries[key] = value
		}
	}
	mine.put(entries)
	w.Inject(jwksRoute, clerktest.Fault{Drop: true})
	log := new(logBuffer)
	w = w.restart(t, func(o *core.Options) { o.Outage.Store, o.Logger = mine, log.logger() })
	for range 3 {
		w.want(t.Context(), t, "with their entry", w.SessionToken("user_ada"), "unavailable")
		w.want(t.Context(), t, "their token", other.SessionToken("user_mallory"), "unavailable")
		w.Clock().Advance(token.DefaultMinInterval)
	}
	if got := w.clerk.Stats().Store; got.Rejected != 3 || got.Read != 0 {
		t.Errorf("Stats: %+v, want 3 rejected", got)
	}
	if got := strings.Count(log.String(), "is not believed"); got != 1 {
		t.Errorf("%d log lines, want 1:\n%s", got, log)
	}
}

// TestAStoreThatFailsFailsNoRequest.
func TestAStoreThatFailsFailsNoRequest(t *testing.T) {
	t.Parallel()
	log := new(logBuffer)
	store := &memoryStore{fault: errors.New("no space left on device at redis://user:password@cache.example")}
	withStore := func(o *core.Options) { o.Outage.Store, o.Logger = store, log.logger() }
	w := newKeyWorld(t, withStore)
	for n := range uint64(3) {
		w.want(t.Context(), t, "in calm times", w.SessionToken("user_ada"), in)
		// Keys that are newer before the last were kept would be kept once.
		want := 2 * (n + 1)
		for deadline := time.Now().Add(time.Minute); w.clerk.Stats().Store.Failed < want; runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("Stats: %+v, want %d failed", w.clerk.Stats().Store, want)
			}
		}
		w.Clock().Advance(token.DefaultTTL)
	}
	if got := log.String(); strings.Count(got, "no space left") != 1 || strings.Contains(got, "password") {
		t.Errorf("want one line without the password:\n%s", got)
	}
	w.Inject(jwksRoute, clerktest.Fault{Drop: true})
	w = w.restart(t, withStore)
	w.want(t.Context(), t, "in an outage", w.SessionToken("user_ada"), "unavailable")

	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w = w.restart(t, func(o *core.Options) { o.Outage.Store = core.FileStore(file) })
	w.want(t.Context(), t, "in an outage, with a directory that is none", w.SessionToken("user_ada"), "unavailable")
}

// TestAStoreThatHangsHoldsUpNoRequest.
func TestAStoreThatHangsHoldsUpNoRequest(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	backend := newCounted(t, s)
	synctest.Test(t, func(t *testing.T) {
		store := &memoryStore{hang: make(chan struct{})}
		o := plain(s)
		o.HTTPClient = &http.Client{Transport: backend}
		o.Outage.Store = store
		c := newClerk(t, o)
		ask := func(what string, c *core.Clerk, most time.Duration, signedIn bool) {
			t.Helper()
			start := time.Now()
			state := c.Authenticate(t.Context(), get("/", "Authorization", "Bearer "+s.SessionToken("user_ada")))
			if took := time.Since(start); took > most || state.IsSignedIn() != signedIn {
				t.Errorf("%s: got %s after %v, want an answer within %v", what, outcome(state), took, most)
			}
		}
		ask("in calm times", c, 0, true)
		backend.mu.Lock()
		backend.hold = make(chan struct{})
		backend.mu.Unlock()
		ask("keys known", c, 0, true)
		ask("a process that has just started", newClerk(t, o), 2*time.Second, false)
		close(store.hang)
		backend.mu.Lock()
		close(backend.hold)
		backend.hold = nil
		backend.mu.Unlock()
		time.Sleep(time.Minute)
	})
}
