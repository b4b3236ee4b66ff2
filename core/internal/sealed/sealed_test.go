package sealed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/sealed"
)

// memory is a store whose entries can be looked at and changed.
type memory struct {
	mu      sync.Mutex
	entries map[string][]byte
	ttls    map[string]time.Duration
	err     error
	hang    chan struct{}
	panics  bool
}

func (m *memory) wait() error {
	m.mu.Lock()
	hang, err, panics := m.hang, m.err, m.panics
	m.mu.Unlock()
	if hang != nil {
		<-hang
	}
	if panics {
		panic("in the store")
	}
	return err
}

func (m *memory) Get(_ context.Context, key string) ([]byte, error) {
	if err := m.wait(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.entries[key]), nil
}

func (m *memory) Set(_ context.Context, key string, value []byte, ttl time.Duration) error {
	if err := m.wait(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == nil {
		m.entries, m.ttls = map[string][]byte{}, map[string]time.Duration{}
	}
	m.entries[key], m.ttls[key] = bytes.Clone(value), ttl
	return nil
}

// only returns the one entry.
func (m *memory) only(t *testing.T) (key string, value []byte) {
	t.Helper()
	if len(m.entries) != 1 {
		t.Fatalf("got %d entries, want 1", len(m.entries))
	}
	for key = range m.entries {
		value = m.entries[key]
	}
	return key, value
}

// world is a box and its surroundings.
type world struct {
	*memory

	box *sealed.Box
	log *bytes.Buffer
	now time.Time
}

const secret = "sk_test_of_this_instance_and_no_other"

func newWorld(t *testing.T, change func(*sealed.Config)) *world {
	t.Helper()
	w := &world{memory: new(memory), log: new(bytes.Buffer), now: time.Unix(1795217577, 0)}
	c := sealed.Config{
		Store: w.memory, Secret: secret, Instance: "https://api.clerk.com/v1",
		Now:    func() time.Time { return w.now },
		Redact: func(s string) string { return strings.ReplaceAll(s, "password", "***") },
		Log:    slog.New(slog.NewTextHandler(w.log, nil)),
	}
	if change != nil {
		change(&c)
	}
	var err error
	if w.box, err = sealed.New(c); err != nil {
		t.Fatal(err)
	}
	return w
}

// entry is one that is true now and holds for an hour.
func (w *world) entry(content string) sealed.Entry {
	return sealed.Entry{At: w.now, Expires: w.now.Add(time.Hour), Content: []byte(content)}
}

func (w *world) want(t *testing.T, what, content string) {
	t.Helper()
	e, ok := w.box.Get(t.Context(), "keys", "")
	if ok != (content != "") || string(e.Content) != content {
		t.Errorf("%s: got %q, %v, want %q", what, e.Content, ok, content)
	}
}

func TestBoxGivesBackWhatItWasGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.want(t, "nothing", "")
	w.box.Set(t.Context(), "keys", "", w.entry("content"))
	w.want(t, "an entry", "content")
	e, _ := w.box.Get(t.Context(), "keys", "")
	if !e.At.Equal(w.now) || !e.Expires.Equal(w.now.Add(time.Hour)) {
		t.Errorf("got %v and %v", e.At, e.Expires)
	}
	if key, value := w.only(t); w.ttls[key] != time.Hour || strings.Contains(key+string(value), secret[8:]) {
		t.Errorf("stored is %q = %q for %v", key, value, w.ttls[key])
	}
	w.now = w.now.Add(time.Hour)
	w.want(t, "an hour later", "")
	if got := w.box.Stats(); got != (sealed.Stats{Read: 2, Written: 1}) {
		t.Errorf("Stats: %+v", got)
	}
}

// TestBoxBelievesNothingElse changes a stored entry in every way.
func TestBoxBelievesNothingElse(t *testing.T) {
	t.Parallel()
	// of writes an entry that is all the same but for one thing.
	of := func(kind, name string, change func(*sealed.Config)) []byte {
		w := newWorld(t, change)
		w.box.Set(t.Context(), kind, name, w.entry("content"))
		_, value := w.only(t)
		return value
	}
	w := newWorld(t, nil)
	w.box.Set(t.Context(), "keys", "", w.entry("content"))
	key, good := w.only(t)
	bad := map[string][]byte{
		"of another secret":  of("keys", "", func(c *sealed.Config) { c.Secret = "sk_test_of_another" }),
		"of another address": of("keys", "", func(c *sealed.Config) { c.Instance = "https://api.other.example/v1" }),
		"of another kind":    of("users", "", nil),
		"of another name":    of("keys", "another", nil),
		"with more behind":   append(bytes.Clone(good), 0),
		"of 2 MiB":           make([]byte, 2<<20),
	}
	for i := range good {
		changed := bytes.Clone(good)
		changed[i] ^= 0x40
		bad[fmt.Sprint("with another byte at ", i)] = changed
		if i > 0 { // Nothing is nothing.
			bad[fmt.Sprint("cut at ", i)] = good[:i]
		}
	}
	for what, value := range bad {
		w.entries[key] = value
		w.want(t, what, "")
	}
	if got := w.box.Stats(); got.Rejected != uint64(len(bad)) || got.Read != 0 {
		t.Errorf("Stats: %+v, want %d rejected", got, len(bad))
	}
	if got := strings.Count(w.log.String(), "\n"); got != 1 {
		t.Errorf("got %d log lines, want 1:\n%s", got, w.log)
	}
	w.entries[key] = good
	w.want(t, "the entry itself", "content")
}

// TestBoxFindsNothingOfAnotherSecret: not even under the same name.
func TestBoxFindsNothingOfAnotherSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.box.Set(t.Context(), "keys", "", w.entry("content"))
	other := newWorld(t, func(c *sealed.Config) { c.Secret = "sk_test_of_another" })
	other.entries = maps.Clone(w.entries)
	other.want(t, "with another secret", "")
	if got := other.box.Stats(); got != (sealed.Stats{}) {
		t.Errorf("Stats: %+v", got)
	}
}

// TestBoxKeepsTheLater entry, whoever is late.
func TestBoxKeepsTheLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	set := func(content string, at time.Duration) {
		e := w.entry(content)
		e.At = w.now.Add(at)
		w.box.Set(t.Context(), "keys", "", e)
	}
	set("first", -time.Minute)
	set("late", -2*time.Minute)
	w.want(t, "an older one", "first")
	set("second", -time.Minute)
	w.want(t, "one of the same time", "second")
	set("of a clock that is ahead", time.Hour)
	set("third", 0)
	w.want(t, "what comes after a clock that is ahead", "third")
	w.box.Set(t.Context(), "keys", "", sealed.Entry{At: w.now, Expires: w.now, Content: []byte("expired")})
	w.want(t, "what has expired", "third")
	w.box.Set(t.Context(), "keys", "", sealed.Entry{At: w.now, Expires: w.now.Add(1), Content: make([]byte, 2<<20)})
	w.want(t, "what is too long", "third")
}

func TestBoxSurvivesItsStore(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(*memory){
		"it fails":  func(m *memory) { m.err = errors.New("no space left on device; password") },
		"it panics": func(m *memory) { m.panics = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.box.Set(t.Context(), "keys", "", w.entry("content"))
			fault(w.memory)
			for range 3 {
				w.want(t, "while "+name, "")
				w.box.Set(t.Context(), "keys", "", w.entry("other"))
			}
			if got := w.box.Stats(); got.Failed != 9 || got.Written != 1 {
				t.Errorf("Stats: %+v, want 9 failed, 1 written", got)
			}
			w.err, w.panics = nil, false
			w.want(t, "afterwards", "content")
			w.want(t, "again", "content")
			if got := w.log.String(); strings.Count(got, "\n") != 2 || strings.Contains(got, "password") {
				t.Errorf("want 2 log lines without the password:\n%s", got)
			}
		})
	}
}

// TestBoxDoesNotWaitForItsStore, and does not pile up calls.
func TestBoxDoesNotWaitForItsStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.hang = make(chan struct{})
		start := time.Now()
		for range 100 {
			w.want(t, "while it hangs", "")
		}
		if took := time.Since(start); took < 500*time.Millisecond || took > 5*time.Second {
			t.Errorf("100 calls took %v", took)
		}
		close(w.hang)
		synctest.Wait()
		w.mu.Lock()
		w.hang = make(chan struct{})
		w.mu.Unlock()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		start = time.Now()
		_, _ = w.box.Get(ctx, "keys", "")
		if took := time.Since(start); took != time.Millisecond {
			t.Errorf("a request with a millisecond waited for %v", took)
		}
		close(w.hang)
		synctest.Wait()
		w.mu.Lock()
		w.hang = nil
		w.mu.Unlock()
		w.box.Set(t.Context(), "keys", "", w.entry("content"))
		w.want(t, "afterwards", "content")
	})
}

func TestWhatIsHiddenBelongsToOneName(t *testing.T) {
	t.Parallel()
	codec, err := sealed.NewCodec(secret, "https://api.clerk.com/v1")
	if err != nil {
		t.Fatal(err)
	}
	one, two := codec.Hide("user", "user_1", []byte("a")), codec.Hide("user", "user_1", []byte("a"))
	if bytes.Equal(one, two) {
		t.Error("who reads the store sees that two entries are the same")
	}
	if shown, err := codec.Show("user", "user_1", one); err != nil || string(shown) != "a" {
		t.Errorf("got %q, %v", shown, err)
	}
	if _, err := codec.Show("user", "user_2", one); err == nil {
		t.Error("it is shown under another name")
	}
	if _, err := codec.Show("machine", "user_1", one); err == nil {
		t.Error("it is shown as another kind")
	}
}
