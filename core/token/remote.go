package token

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
)

// The defaults of [RemoteConfig].
const (
	DefaultTTL          = 5 * time.Minute
	DefaultMinInterval  = 5 * time.Second
	DefaultStaleIfError = 24 * time.Hour
	DefaultFetchTimeout = 2 * time.Second
	DefaultAttempts     = 5
	DefaultRetryDelay   = 125 * time.Millisecond
	DefaultMaxBytes     = 256 << 10
)

// RemoteConfig says where a [Remote] gets its keys and how it keeps them. Only Fetch is required;
// what is zero or, unless said otherwise, negative has its default.
type RemoteConfig struct {
	// Fetch asks for the key set, once, and returns the body of the answer, within the deadline of
	// its context. An [*Error] is handed on as it is; other errors will match [ErrUnavailable]. It
	// is never called twice at the same time, unless it outlasts its deadline.
	Fetch func(ctx context.Context) ([]byte, error)
	// RetryAfter returns how long the server asks to wait, in an error of Fetch: zero where it does
	// not say, negative where another attempt would not help. A minute of it is obeyed. Nil means
	// that it never says.
	RetryAfter func(err error) time.Duration
	// Down reports whether the server is known not to answer, by whatever else asks it. While it
	// does, no fetch begins, and keys older than TTL are used without waiting for one; when it no
	// longer does, the next fetch waits for nothing. It is called by requests and must return at
	// once. Nil means that only fetches show it.
	Down func() bool
	// Wait bounds how long one caller waits for a fetch: it returns a context that ends with the
	// caller's patience, and what to call afterwards. Nil means the caller's context alone.
	Wait func(ctx context.Context) (context.Context, context.CancelFunc)
	// Now is the clock; nil is [time.Now].
	Now func() time.Time
	// TTL is how long keys are used without asking again, [DefaultTTL] by default. After four
	// fifths of it, a request starts a refresh in the background; after all of it, requests wait
	// for one. So a key that left the set stops verifying at the latest with the first request
	// after TTL.
	TTL time.Duration
	// MinInterval limits fetches, [DefaultMinInterval] by default: key ids that are not in the set
	// cause at most one fetch in each.
	//
	// After a failed fetch, pauses grow from MinInterval to 30 s as long as there are keys to use,
	// and from a second to MinInterval as long as there are none. Up to half of each is taken off
	// at random, so that the processes of a fleet do not ask at the same time.
	MinInterval time.Duration
	// StaleIfError is how long after TTL keys are used on if no new ones can be had: zero is
	// [DefaultStaleIfError], negative is not at all. It ends when the server answers that the
	// instance's secret key is not valid.
	StaleIfError time.Duration
	// FetchTimeout is the deadline of a fetch with all its attempts, [DefaultFetchTimeout] by
	// default. Half of it is the deadline of the first attempt where several may follow, and how
	// long a request waits that has a key older than TTL to fall back on.
	FetchTimeout time.Duration
	// Attempts is how often Fetch is called where there are no keys and nothing failed before:
	// [DefaultAttempts] by default, negative is once. It is called once elsewhere.
	Attempts int
	// RetryDelay is the pause before the second attempt, which doubles each time, and gets up to as
	// much again at random. Zero is [DefaultRetryDelay], negative is none.
	RetryDelay time.Duration
	// MaxBytes is the size of the largest answer, [DefaultMaxBytes] by default.
	MaxBytes int
	// Save keeps the body of an answer for other processes, and for the next run of this one. asked
	// is when the server was asked. An empty body says that the server refuses the secret key: what
	// was kept before must not be used any more. It must be safe to call while Load runs, is never
	// called twice at the same time, and nobody waits for it. Nil keeps nothing.
	Save func(ctx context.Context, body []byte, asked time.Time)
	// Load returns what Save was given last, by whatever process; ok is false where there is
	// nothing. It is called when the server cannot be asked, or takes half of FetchTimeout, and the
	// keys are used as if they had been fetched when they were asked for. Requests wait for it. Nil
	// finds nothing.
	Load func(ctx context.Context) (body []byte, asked time.Time, ok bool)
	// Carry returns what a fetch has of the context of the caller that causes it, which it outlives:
	// copies of values, for traces. Nil means nothing.
	Carry func(ctx context.Context) context.Context
	// Observe is told of each attempt to get keys from Fetch or from Load; nil is nobody. It must be
	// fast, and safe for concurrent use.
	Observe func(ctx context.Context, e FetchEvent)
	// Logger is told about failing and recovering fetches, and about keys that cannot be used, once
	// per change; nil is silence.
	Logger *slog.Logger
}

// FetchEvent is an attempt to get keys.
type FetchEvent struct {
	// Saved says that they were asked of Load.
	Saved bool
	// Err is why there are none, [ErrNothingSaved] where Load had nothing; nil where there are. What
	// Load has may be older than what is known.
	Err error
	// Duration is how long it took.
	Duration time.Duration
}

// ErrNothingSaved says that Load had nothing.
var ErrNothingSaved = errors.New("token: no keys were saved")

// Remote is the key set of an instance, fetched when it is first needed and kept fresh by the
// requests that use it. One fetch runs at a time, on a goroutine that ends with it. It has its own
// deadline and goes on if the request that started it gives up; there is nothing to close. Remote
// is safe for concurrent use.
//
// Keys are not used beyond their TTL as long as the server can be asked. When a fetch fails, known
// keys are used on, no request waits any more, and the server is asked ever more seldom. A key that
// left the set with the last answer stays away.
//
// Clerk's JavaScript SDK asks again for each key id that it does not know; here such questions are
// limited, because anybody can make up key ids.
type Remote struct {
	cfg     RemoteConfig
	keyfunc keyfunc.Keyfunc
	snap    atomic.Pointer[keySet] // nil before the first success
	refused atomic.Bool            // the last answer said that the secret key is not valid

	mu          sync.Mutex
	flight      *flight       // the fetch that runs
	failure     error         // of the last fetch; nil if it succeeded
	failedAt    time.Time     // when that fetch ended
	failed      int           // how many fetches failed in a row
	pause       time.Duration // how long after failedAt the next may begin
	down        bool          // what cfg.Down said last
	lastUnknown time.Time     // when an unknown key id last caused a fetch
	refusedAt   time.Time     // when an answer last said that the secret key is not valid
	loadedAt    time.Time     // when Load was last called
	saving      atomic.Bool   // Save runs

	fetches, failures, unknown, stale atomic.Uint64
}

// keySet is the answer to one successful fetch; it never changes.
type keySet struct {
	keys    map[string]*Key
	body    []byte    // what Save gets; nil without one
	loaded  bool      // it comes from Load
	asked   time.Time // when the fetch began: keys can be no newer
	renew   time.Time // from here on, refresh in the background
	expires time.Time // from here on, wait for a refresh
}

// NewRemote returns a key set that has not been fetched yet. Without cfg.Fetch it has no keys and
// says so when asked.
func NewRemote(cfg RemoteConfig) *Remote {
	if cfg.Fetch == nil {
		cfg.Fetch = func(context.Context) ([]byte, error) { return nil, errors.New("no way to fetch keys is configured") }
	}
	if cfg.RetryAfter == nil {
		cfg.RetryAfter = func(error) time.Duration { return 0 }
	}
	if cfg.Down == nil {
		cfg.Down = func() bool { return false }
	}
	if cfg.Wait == nil {
		cfg.Wait = func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} }
	}
	if cfg.Carry == nil {
		cfg.Carry = func(context.Context) context.Context { return context.Background() }
	}
	if cfg.Observe == nil {
		cfg.Observe = func(context.Context, FetchEvent) {}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now //nolint:forbidigo // the default of what is injected
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	setDefault(&cfg.TTL, DefaultTTL)
	setDefault(&cfg.MinInterval, DefaultMinInterval)
	if cfg.StaleIfError == 0 {
		cfg.StaleIfError = DefaultStaleIfError
	}
	cfg.StaleIfError = max(cfg.StaleIfError, 0)
	setDefault(&cfg.FetchTimeout, DefaultFetchTimeout)
	if cfg.Attempts == 0 {
		cfg.Attempts = DefaultAttempts
	}
	if cfg.RetryDelay == 0 {
		cfg.RetryDelay = DefaultRetryDelay
	}
	setDefault(&cfg.MaxBytes, DefaultMaxBytes)
	r := &Remote{cfg: cfg}
	var err error
	r.keyfunc, err = keyfunc.New(keyfunc.Options{Storage: storage{jwkset.NewMemoryStorage(), r}})
	if err != nil {
		panic(err) //nolint:forbidigo // it fails without a storage only
	}
	return r
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Key returns the key that the token's kid names. While keys are fresh it neither waits nor locks.
func (r *Remote) Key(ctx context.Context, t *Token) (*Key, error) {
	now := r.cfg.Now()
	if k := r.fresh(t, now); k != nil {
		return k, nil
	}
	key, err := r.find(ctx, t.kid)
	if errors.Is(err, errTooSoon) && r.mayBeNewer(t) {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if errors.Is(err, errUnknownKID) {
		err = mismatch(t.header.Get("kid").ToText())
	}
	return key, err
}

// mayBeNewer reports whether a token says that it was issued after the keys were asked for, so that
// its key may be one that they do not have yet. Anybody can say so: it does not make the token
// better, it only keeps a new key's first tokens from being refused for good.
func (r *Remote) mayBeNewer(t *Token) bool {
	issued, ok := t.IssuedAt()
	set := r.snap.Load()
	return ok && t.kid.ok && set != nil && issued > float64(set.asked.UnixMilli())/1000
}

// fresh returns the key for t where neither a fetch nor a lock is needed, nil elsewhere.
func (r *Remote) fresh(t *Token, now time.Time) *Key {
	if set := r.snap.Load(); set != nil && t.kid.ok && set.covers(now) && now.Before(set.renew) {
		return set.keys[t.kid.value]
	}
	return nil
}

// covers reports whether the set may be used at a time; a clock that was set back does not make it
// last longer.
func (s *keySet) covers(now time.Time) bool { return !now.Before(s.asked) && now.Before(s.expires) }

// find returns the key that a kid names, after a fetch where one is due. It fails with
// errUnknownKID, an [*Error], or an error that matches [ErrUnavailable].
func (r *Remote) find(ctx context.Context, kid text) (*Key, error) {
	down := r.cfg.Down()
	r.mu.Lock()
	now := r.cfg.Now() // Under the lock: what was read before it may be older than a fetch that has failed since.
	set := r.snap.Load()
	key, known := set.lookup(kid)
	fresh := set != nil && set.covers(now)
	resting := r.resting(now, down)
	switch {
	case fresh && known:
		if !now.Before(set.renew) && !resting {
			r.start(ctx, false)
		}
		r.mu.Unlock()
		return key, nil
	case fresh && !kid.ok:
		r.mu.Unlock()
		return nil, errUnknownKID
	case resting && r.flight == nil && known && r.usableStale(set, now, r.whyResting(down)):
		r.mu.Unlock()
		r.stale.Add(1)
		return key, nil
	case resting && r.flight == nil && !r.mayLoad(now):
		err := r.whyResting(down)
		r.mu.Unlock()
		return nil, err
	case fresh && r.flight == nil && !resting:
		// The kid is unknown. Is it worth asking?
		if since(now, r.lastUnknown) < r.cfg.MinInterval {
			r.mu.Unlock()
			r.unknown.Add(1)
			return nil, errTooSoon
		}
		r.lastUnknown = now
	}
	// An outage that is already known is no reason to let requests wait that can be served.
	if !fresh && known && (down || isUnavailable(r.failure)) && r.usableStale(set, now, ErrUnavailable) {
		r.start(ctx, resting)
		r.mu.Unlock()
		r.stale.Add(1)
		return key, nil
	}
	joined := r.flight != nil
	f := r.start(ctx, resting)
	r.mu.Unlock()
	landed, err := r.await(ctx, f, func(set *keySet, err error) bool {
		key, known = set.lookup(kid)
		return known && r.usable(set, now, err)
	})
	switch {
	case err != nil:
		return nil, err
	case !landed:
		r.stale.Add(1) // or from Load, which comes to the same
		return key, nil
	}
	if key, ok := r.snap.Load().lookup(kid); ok {
		return key, nil
	}
	if joined {
		return nil, errTooSoon // It was asked before this key was wanted, which may be newer.
	}
	return nil, errUnknownKID
}

func (s *keySet) lookup(kid text) (*Key, bool) {
	if s == nil || !kid.ok {
		return nil, false
	}
	k, ok := s.keys[kid.value]
	return k, ok
}

// since is how long ago a time is; a time ahead of a clock that was set back is long ago.
func since(now, then time.Time) time.Duration {
	if d := now.Sub(then); d >= 0 {
		return d
	}
	return 1<<63 - 1
}

// usableStale reports whether the set, which is no longer fresh, may be used on because of err.
func (r *Remote) usableStale(set *keySet, now time.Time, err error) bool {
	return set != nil && !r.refused.Load() && now.Before(set.expires.Add(r.cfg.StaleIfError)) && isUnavailable(err)
}

// usable reports whether the set may be used because of err, fresh or not.
func (r *Remote) usable(set *keySet, now time.Time, err error) bool {
	return set.covers(now) && isUnavailable(err) || r.usableStale(set, now, err)
}

func isUnavailable(err error) bool {
	var e *Error
	return errors.Is(err, ErrUnavailable) || errors.As(err, &e) && e.Unavailable
}

// errUnknownKID says that a kid names no key.
var errUnknownKID = errors.New("token: no key has this key id")

// errTooSoon is errUnknownKID where nobody has asked about the kid, because another was asked about
// a moment ago, or is being asked about.
var errTooSoon = fmt.Errorf("%w, and it is too soon to ask again", errUnknownKID)

// mismatch is the refusal of a token whose kid names no key.
func mismatch(kid string) error {
	return &Error{
		Reason: ReasonKIDMismatch,
		Message: "Unable to find a signing key in JWKS that matches the kid='" + kid +
			"' of the provided session token. Please make sure that the __session cookie or the HTTP authorization " +
			"header contain a Clerk-generated session JWT.",
		Action: "Go to your Dashboard and validate your secret and public keys are correct. " +
			ActionContactSupport + " if the issue persists.",
	}
}

// Ready waits until there are keys to verify with. It returns nil if there are, also old ones
// during an outage, and the reason why there are none otherwise.
func (r *Remote) Ready(ctx context.Context) error {
	now, down := r.cfg.Now(), r.cfg.Down()
	r.mu.Lock()
	set := r.snap.Load()
	resting := r.resting(now, down)
	if set != nil && (set.covers(now) || (down || r.failure != nil) && r.usableStale(set, now, r.whyResting(down))) {
		r.mu.Unlock()
		return set.ready()
	}
	if r.flight == nil && resting && !r.mayLoad(now) {
		err := r.whyResting(down)
		r.mu.Unlock()
		return err
	}
	f := r.start(ctx, resting)
	r.mu.Unlock()
	if _, err := r.await(ctx, f, func(set *keySet, err error) bool { return r.usable(set, now, err) }); err != nil {
		return err
	}
	return r.snap.Load().ready()
}

func (s *keySet) ready() error {
	for _, k := range s.keys {
		if k.usable() {
			return nil
		}
	}
	return fmt.Errorf("%w: none of the keys in the key set can be used", ErrUnavailable)
}
