// Package fleet uses what the processes of an instance share, so that it is believed only
// what this instance has written, and costs a request a few milliseconds at most.
package fleet

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/sealed"
)

// Shared is what the processes share: it is the interface of the application's, without
// what is subscribed to.
type Shared interface {
	Get(ctx context.Context, key string) (value []byte, err error)
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
	Delete(ctx context.Context, key string) error
	Publish(ctx context.Context, topic string, message []byte, ttl time.Duration) error
	Take(ctx context.Context, budget string, n, limit int, window time.Duration) (left int, err error)
}

// Config says what a [Fleet] shares.
type Config struct {
	Shared Shared
	// Secret authenticates entries. Nothing that is shared tells it.
	Secret string
	// Instance tells entries from those of others with the same secret.
	Instance string
	// Wait bounds a call that a request waits for; zero means [DefaultWait].
	Wait time.Duration
	// Now is the clock of entries. That of calls is the real one.
	Now func() time.Time
	// Redact cuts credentials out of what an error quotes.
	Redact func(string) string
	Log    *slog.Logger
}

const (
	// DefaultWait is how long a request waits for a call.
	DefaultWait = 5 * time.Millisecond
	// unhurried is how long a call takes that no request waits for.
	unhurried = 500 * time.Millisecond
)

// Fleet is what an instance's processes share. It never fails: what cannot be had is not
// there. Nil is an instance with one process. Safe for concurrent use.
type Fleet struct {
	config Config
	codec  *sealed.Codec
	guard  guard

	warned                                      atomic.Bool // of what is not believed
	read, written, published, delivered, budget atomic.Uint64
	rejected                                    atomic.Uint64
}

// New returns what is shared. It fails where no key can be derived from the secret.
func New(c Config) (*Fleet, error) {
	if c.Wait <= 0 {
		c.Wait = DefaultWait
	}
	codec, err := sealed.NewCodec(c.Secret, c.Instance)
	if err != nil {
		return nil, err
	}
	f := &Fleet{config: c, codec: codec}
	f.guard.init(c)
	return f, nil
}

type unhurriedKey struct{}

// Unhurried says that no request waits for the calls of a context, which may then take half
// a second each, and are made even where such calls failed before.
func Unhurried(ctx context.Context) context.Context {
	return context.WithValue(ctx, unhurriedKey{}, true)
}

// Topic is where the messages of a kind are published. Others cannot guess it, which is
// none of what makes messages believed.
func (f *Fleet) Topic(kind string) string { return f.codec.Key(kind, "topic") }

// Get returns an entry that this instance has written, and that has not expired.
func (f *Fleet) Get(ctx context.Context, kind, name string) (sealed.Entry, bool) {
	if f == nil {
		return sealed.Entry{}, false
	}
	value, ok := call(ctx, f, func(ctx context.Context) ([]byte, error) { return f.config.Shared.Get(ctx, f.codec.Key(kind, name)) })
	if !ok || len(value) == 0 {
		return sealed.Entry{}, false
	}
	e, ok := f.open(ctx, kind, name, value)
	if ok {
		f.read.Add(1)
	}
	return e, ok
}

// Set keeps an entry until it expires, in place of the one before, and reports whether it
// did.
func (f *Fleet) Set(ctx context.Context, kind, name string, e sealed.Entry) bool {
	ttl, ok := f.life(e)
	if !ok {
		return false
	}
	value := f.codec.Close(kind, name, e)
	_, ok = call(ctx, f, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, f.config.Shared.Set(ctx, f.codec.Key(kind, name), value, ttl)
	})
	if ok {
		f.written.Add(1)
	}
	return ok
}

// life is how long an entry has to live, if it can be shared.
func (f *Fleet) life(e sealed.Entry) (ttl time.Duration, ok bool) {
	if f == nil || len(e.Content) > sealed.MaxContent {
		return 0, false
	}
	ttl = e.Expires.Sub(f.config.Now())
	return ttl, ttl > 0
}

// Delete forgets an entry, and reports whether it is forgotten.
func (f *Fleet) Delete(ctx context.Context, kind, name string) bool {
	if f == nil {
		return false
	}
	_, ok := call(ctx, f, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, f.config.Shared.Delete(ctx, f.codec.Key(kind, name))
	})
	return ok
}

// Publish tells the processes something, until it expires, and reports whether it did. They
// read it with [Fleet.Open].
func (f *Fleet) Publish(ctx context.Context, kind string, e sealed.Entry) bool {
	ttl, ok := f.life(e)
	if !ok {
		return false
	}
	message := f.codec.Close(kind, topicName, e)
	_, ok = call(ctx, f, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, f.config.Shared.Publish(ctx, f.Topic(kind), message, ttl)
	})
	if ok {
		f.published.Add(1)
	}
	return ok
}

// Send publishes a message that is sealed already. No request waits for it.
func (f *Fleet) Send(ctx context.Context, topic string, message []byte, ttl time.Duration) error {
	_, err := attempt(Unhurried(ctx), f, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, f.config.Shared.Publish(ctx, topic, message, ttl)
	})
	return err
}

// topicName is the name of all messages of a kind.
const topicName = "message"

// Open reads a message of a kind, if this instance has published it and it has not expired.
func (f *Fleet) Open(kind string, message []byte) (sealed.Entry, bool) {
	e, ok := f.open(context.Background(), kind, topicName, message)
	if ok {
		f.delivered.Add(1)
	}
	return e, ok
}

func (f *Fleet) open(ctx context.Context, kind, name string, value []byte) (sealed.Entry, bool) {
	e, err := f.codec.Open(kind, name, value)
	if err != nil {
		f.Reject(ctx, kind, err)
		return sealed.Entry{}, false
	}
	return e, f.config.Now().Before(e.Expires)
}

// Reject counts an entry or a message that is not believed.
func (f *Fleet) Reject(ctx context.Context, kind string, why error) {
	f.rejected.Add(1)
	if !f.warned.Swap(true) {
		f.config.Log.WarnContext(ctx, "core: what the fleet shares is not believed in part, and that is ignored: it was changed, or is not this instance's", "kind", kind, "why", why)
	}
}

// Hide encrypts what only this instance may read, for the entry of a name.
func (f *Fleet) Hide(kind, name string, content []byte) []byte {
	return f.codec.Hide(kind, name, content)
}

// Show returns what was hidden for the same name.
func (f *Fleet) Show(ctx context.Context, kind, name string, hidden []byte) ([]byte, bool) {
	content, err := f.codec.Show(kind, name, hidden)
	if err != nil {
		f.Reject(ctx, kind, err)
		return nil, false
	}
	return content, true
}

// Take takes n from a budget of limit in each window. It is not ok where nobody knows what
// is left; left is negative where nothing was taken.
func (f *Fleet) Take(ctx context.Context, budget string, n, limit int, window time.Duration) (left int, ok bool) {
	if f == nil {
		return 0, false
	}
	left, ok = call(ctx, f, func(ctx context.Context) (int, error) {
		return f.config.Shared.Take(ctx, f.codec.Key("budget", budget), n, limit, window)
	})
	if ok {
		f.budget.Add(1)
	}
	return left, ok
}

// Away reports whether calls are not made at present, because they failed.
func (f *Fleet) Away() bool { return f != nil && f.guard.away() }

// Stats are counters of a [Fleet].
type Stats struct {
	Read, Written, Published, Delivered, Taken, Rejected, Failed, Skipped uint64
	Away                                                                  bool
}

// Stats returns the counters.
func (f *Fleet) Stats() Stats {
	if f == nil {
		return Stats{}
	}
	return Stats{
		Read: f.read.Load(), Written: f.written.Load(), Published: f.published.Load(), Delivered: f.delivered.Load(), Taken: f.budget.Load(),
		Rejected: f.rejected.Load(), Failed: f.guard.failed.Load(), Skipped: f.guard.skipped.Load(), Away: f.Away(),
	}
}
