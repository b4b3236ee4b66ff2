// Package sealed keeps what an instance knows in a store that others can write to, and
// believes of it only what an authentication code vouches for.
package sealed

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
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
	config     Config
	seal, name []byte       // keys derived from the secret
	under      atomic.Int32 // calls that have not returned, given up or not

	failing, warned atomic.Bool // what was logged already

	read, written, rejected, failed atomic.Uint64
}

// Entry is what is kept.
type Entry struct {
	At      time.Time // when it was true
	Expires time.Time
	Content []byte
}

// Bounds of what a store may do to whoever waits for it.
const (
	timeout      = 500 * time.Millisecond // of one call
	maxCalls     = 8                      // that have not returned
	maxContent   = 1 << 20
	maxClockSkew = time.Minute // between those who share a store
)

// The layout of an entry: version, expiry, time, content, authentication code.
const (
	version  = "clerkgo1"
	head     = len(version) + 8 + 8
	overhead = head + sha256.Size
)

// New returns a box. It fails where no key can be derived from the secret.
func New(c Config) (*Box, error) {
	b := &Box{config: c}
	var err error
	if b.seal, err = hkdf.Key(sha256.New, []byte(c.Secret), nil, "clerkgo store v1: authentication", sha256.Size); err != nil {
		return nil, err
	}
	b.name, err = hkdf.Key(sha256.New, []byte(c.Secret), nil, "clerkgo store v1: names", sha256.Size)
	return b, err
}

// Get returns an entry that the instance has written, and that has not expired.
func (b *Box) Get(ctx context.Context, kind, name string) (Entry, bool) {
	value, err := bounded(ctx, b, func(ctx context.Context) ([]byte, error) { return b.config.Store.Get(ctx, b.key(kind, name)) })
	if !b.noted(ctx, "read", err) || len(value) == 0 {
		return Entry{}, false
	}
	e, err := b.open(kind, name, value)
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
	if ttl <= 0 || len(e.Content) > maxContent {
		return
	}
	if there, ok := b.Get(ctx, kind, name); ok && there.At.After(e.At) && there.At.Before(now.Add(maxClockSkew)) {
		return
	}
	value := b.close(kind, name, e)
	_, err := bounded(ctx, b, func(ctx context.Context) ([]byte, error) {
		return nil, b.config.Store.Set(ctx, b.key(kind, name), value, ttl)
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

// key is under which an entry is kept.
func (b *Box) key(kind, name string) string {
	mac := hmac.New(sha256.New, b.name)
	b.about(mac, kind, name)
	return "clerkgo:" + kind + ":" + hex.EncodeToString(mac.Sum(nil))
}

// Name is under which entries of a kind are kept, for who keeps them otherwise than in the
// box's store.
func (b *Box) Name(kind, name string) string { return b.key(kind, name) }

// Seal returns an entry with its authentication code, for who keeps or sends it otherwise than
// in the box's store.
func (b *Box) Seal(kind, name string, e Entry) []byte { return b.close(kind, name, e) }

// Unseal returns an entry that the instance has sealed. It may have expired.
func (b *Box) Unseal(kind, name string, value []byte) (Entry, error) {
	return b.open(kind, name, value)
}

// about writes what tells an entry from all others.
func (b *Box) about(w interface{ Write([]byte) (int, error) }, kind, name string) {
	var length [8]byte
	for _, part := range [...]string{version, b.config.Instance, kind, name} {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		_, _ = w.Write(length[:]) // A hash takes everything.
		_, _ = w.Write([]byte(part))
	}
}

func (b *Box) code(kind, name string, sealed []byte) []byte {
	mac := hmac.New(sha256.New, b.seal)
	b.about(mac, kind, name)
	mac.Write(sealed)
	return mac.Sum(nil)
}

func (b *Box) close(kind, name string, e Entry) []byte {
	value := make([]byte, 0, overhead+len(e.Content))
	value = append(value, version...)
	value = binary.BigEndian.AppendUint64(value, uint64(e.Expires.UnixMilli()))
	value = binary.BigEndian.AppendUint64(value, uint64(e.At.UnixMilli()))
	value = append(value, e.Content...)
	return append(value, b.code(kind, name, value)...)
}

var (
	errLength  = errors.New("it is too short or too long")
	errVersion = errors.New("it is of another version")
	errCode    = errors.New("its authentication code is another")
)

func (b *Box) open(kind, name string, value []byte) (Entry, error) {
	if len(value) < overhead || len(value) > overhead+maxContent {
		return Entry{}, errLength
	}
	if !bytes.HasPrefix(value, []byte(version)) {
		return Entry{}, errVersion
	}
	body, code := value[:len(value)-sha256.Size], value[len(value)-sha256.Size:]
	if !hmac.Equal(code, b.code(kind, name, body)) {
		return Entry{}, errCode
	}
	times := body[len(version):head]
	return Entry{
		Expires: time.UnixMilli(int64(binary.BigEndian.Uint64(times[:8]))),
		At:      time.UnixMilli(int64(binary.BigEndian.Uint64(times[8:]))),
		Content: bytes.Clone(body[head:]),
	}, nil
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
