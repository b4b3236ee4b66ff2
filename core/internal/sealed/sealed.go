// Package sealed keeps what an instance knows in a store that others can write to, and
// believes of it only what an authentication code vouches for.
package sealed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// Store keeps entries: it is the interface of the application's stores.
type Store interface {
	Get(ctx context.Context, key string) (value []byte, err error)
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
}

// Config says whose entries a [Box] holds.
type Config struct {
	Store Store
	// Secret authenticates entries. Nothing that is stored tells it.
	Secret string
	// Instance tells entries from those of others with the same secret.
	Instance string
	Now      func() time.Time
	// Redact cuts credentials out of what an error of the store quotes.
	Redact func(string) string
	Log    *slog.Logger
}

// Box reads and writes authenticated entries of one instance. It never fails: what cannot
// be read is not there. Safe for concurrent use.
type Box struct {
	config Config
	codec  *Codec
	under  atomic.Int32 // calls that have not returned, given up or not

	failing, warned atomic.Bool // what was logged already

	read, written, rejected, failed atomic.Uint64
}

// Bounds of what a store may do to whoever waits for it.
const (
	timeout      = 500 * time.Millisecond // of one call
	maxCalls     = 8                      // that have not returned
	maxClockSkew = time.Minute            // between those who share a store
)

// New returns a box. It fails where no key can be derived from the secret.
func New(c Config) (*Box, error) {
	codec, err := NewCodec(c.Secret, c.Instance)
	return &Box{config: c, codec: codec}, err
}

// Get returns an entry that the instance has written, and that has not expired.
func (b *Box) Get(ctx context.Context, kind, name string) (Entry, bool) {
	value, err := bounded(ctx, b, func(ctx context.Context) ([]byte, error) { return b.config.Store.Get(ctx, b.codec.Key(kind, name)) })
	if !b.noted(ctx, "read", err) || len(value) == 0 {
		return Entry{}, false
	}
	e, err := b.codec.Open(kind, name, value)
	switch {
	case err != nil:
		b.rejected.Add(1)
		if !b.warned.Swap(true) {
			b.config.Log.WarnContext(ctx, "core: an entry of the store is not believed, and is ignored: it was changed, or is not this instance's", "kind", kind, "why", err)
		}
		return Entry{}, false
	case !b.config.Now().Before(e.Expires):
		return Entry{}, false
	}
	b.read.Add(1)
	return e, true
}

// Set keeps an entry, unless a later one is there already.
func (b *Box) Set(ctx context.Context, kind, name string, e Entry) {
	now := b.config.Now()
	ttl := e.Expires.Sub(now)
	if ttl <= 0 || len(e.Content) > MaxContent {
		return
	}
	if there, ok := b.Get(ctx, kind, name); ok && there.At.After(e.At) && there.At.Before(now.Add(maxClockSkew)) {
		return
	}
	value := b.codec.Close(kind, name, e)
	_, err := bounded(ctx, b, func(ctx context.Context) ([]byte, error) {
		return nil, b.config.Store.Set(ctx, b.codec.Key(kind, name), value, ttl)
	})
	if b.noted(ctx, "written", err) {
		b.written.Add(1)
	}
}

// noted reports whether the store did what it was asked to. That it does not is logged
// once, until it does again.
func (b *Box) noted(ctx context.Context, what string, err error) bool {
	if err == nil {
		if b.failing.Swap(false) {
			b.config.Log.InfoContext(ctx, "core: the store works again")
		}
		return true
	}
	b.failed.Add(1)
	if !b.failing.Swap(true) {
		b.config.Log.WarnContext(ctx, "core: the store cannot be "+what+", and is done without", "error", b.config.Redact(err.Error()))
	}
	return false
}

// Stats are counters of a [Box].
type Stats struct{ Read, Written, Rejected, Failed uint64 }

// Stats returns the counters.
func (b *Box) Stats() Stats {
	return Stats{b.read.Load(), b.written.Load(), b.rejected.Load(), b.failed.Load()}
}

// Name is under which entries of a kind are kept, for who keeps them otherwise than in the
// box's store.
func (b *Box) Name(kind, name string) string { return b.codec.Key(kind, name) }

// Seal returns an entry with its authentication code, for who keeps or sends it otherwise than
// in the box's store.
func (b *Box) Seal(kind, name string, e Entry) []byte { return b.codec.Close(kind, name, e) }

// Unseal returns an entry that the instance has sealed. It may have expired.
func (b *Box) Unseal(kind, name string, value []byte) (Entry, error) {
	return b.codec.Open(kind, name, value)
}

var (
	errStuck = errors.New("earlier calls of it have not returned")
	errLate  = errors.New("it takes too long")
)

// bounded calls a store, and leaves it alone if it takes long: it may know of no
// deadlines.
func bounded(ctx context.Context, b *Box, call func(context.Context) ([]byte, error)) ([]byte, error) {
	if b.under.Add(1) > maxCalls {
		b.under.Add(-1)
		return nil, errStuck
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errLate)
	defer cancel()
	type result struct {
		value []byte
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil { // In the application's store: it would end the program.
				r = result{err: fmt.Errorf("it panicked: %v", p)}
			}
			b.under.Add(-1)
			done <- r
		}()
		r.value, r.err = call(ctx)
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
