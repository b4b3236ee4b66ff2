// Package redisclerk lets the processes of a fleet share what they know by Redis: revocations
// reach all of them at once, answers of Clerk's are asked for once, and one budget bounds the
// calls to Clerk.
//
//	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{"redis:6379"}})
//	…
//	core.Options{Shared: redisclerk.New(client)}
//
// It works with Redis 6 or newer and Valkey: one server, with Sentinel, or a Cluster. Nothing
// that is kept there is a secret, and everything expires. docs/fleets.md lists the keys, what
// a Redis that is slow, away or failing over means, and the options of a client that suit.
package redisclerk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/clerkgo/clerkgo/core"
)

const (
	defaultPrefix      = "clerk:"
	defaultMaxSilence  = time.Second
	minSilence         = 100 * time.Millisecond
	defaultClientCache = 10 * time.Second
)

// ErrAway is what an error matches that says that Redis did not answer lately, so that nothing
// was tried.
var ErrAway = errors.New("redisclerk: Redis does not answer")

// ErrClosed is what an error matches that says that the Shared is closed.
var ErrClosed = errors.New("redisclerk: closed")

// Options are what [New] can be told. The zero value suits nearly everybody.
type Options struct {
	// Prefix begins every key and channel; empty means "clerk:". It has no braces.
	Prefix string
	// MaxSilence is after how long a Redis that does not answer counts as away; zero means a
	// second, and 100 ms is the least. A third of it is between two heartbeats.
	MaxSilence time.Duration
	// ClientCache is how long at most a value stays in this process's memory that was read:
	// Redis says when it is changed or deleted, and it never outlives its time to live. Zero
	// means 10 seconds, and negative turns it off.
	ClientCache time.Duration
	// Logger is told when the connection is lost, and when it is there again; nil means
	// slog.Default().
	Logger *slog.Logger
}

// Shared is a [core.Shared] on Redis. Safe for concurrent use.
type Shared struct {
	client  rueidis.Client
	options Options
	pulses  string // the channel on which this process hears itself

	ctx    context.Context // until Close
	cancel context.CancelFunc
	begin  sync.Once
	calls  sync.WaitGroup // every goroutine
	away   atomic.Pointer[error]
	recent recentKeys
	wake   chan struct{}

	mu     sync.Mutex
	closed bool
	topics map[string]*topic // by channel
}

var _ core.Shared = (*Shared)(nil)

// New returns what the processes that use the same Redis and the same prefix share. It connects
// when it is first used. It panics where it can never work: without a client, or with options
// that are none. The client stays the application's; one with a cache on the client's side has
// Redis 6 and RESP3, which is rueidis's default.
func New(client rueidis.Client, options ...Options) *Shared {
	if client == nil {
		panic("redisclerk: New needs a client of github.com/redis/rueidis, not nil: was the error of rueidis.NewClient looked at?")
	}
	var o Options
	switch len(options) {
	case 0:
	case 1:
		o = options[0]
	default:
		panic("redisclerk: New takes one Options")
	}
	if strings.ContainsAny(o.Prefix, "{}") {
		panic("redisclerk: Options.Prefix has a brace, which decides about slots of a Cluster")
	}
	if o.MaxSilence < 0 || o.MaxSilence > 0 && o.MaxSilence < minSilence {
		panic(fmt.Sprintf("redisclerk: Options.MaxSilence is %v, and %v is the least", o.MaxSilence, minSilence))
	}
	if o.Prefix == "" {
		o.Prefix = defaultPrefix
	}
	if o.MaxSilence == 0 {
		o.MaxSilence = defaultMaxSilence
	}
	if o.ClientCache == 0 {
		o.ClientCache = defaultClientCache
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	s := &Shared{client: client, options: o, wake: make(chan struct{}, 1), topics: make(map[string]*topic)}
	s.pulses = s.slotted(".pulse:" + rand.Text())
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close ends the subscriptions, whose subscribers are told that they are not current, and waits
// for the goroutines. Where Redis cannot be reached, that takes as long as the client's own
// time-outs do. The client is not closed.
func (s *Shared) Close() error {
	s.mu.Lock()
	s.closed = true
	for _, t := range s.topics {
		for sub := range t.subscriptions {
			sub.end(true)
		}
	}
	s.mu.Unlock()
	s.cancel()
	s.calls.Wait()
	return nil
}

// slotted returns the key or channel of something that is in the one slot of a Cluster in
// which all topics are, so that one connection hears everything.
func (s *Shared) slotted(name string) string { return s.options.Prefix + "{t}" + name }

func (s *Shared) channel(topic string) string { return s.slotted(":" + topic) }

// spawn runs f in a goroutine that Close waits for. It says false where the Shared is closed.
func (s *Shared) spawn(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.calls.Go(f)
	return true
}

// ready starts the connection with the first use, and says why nothing is to be tried now.
func (s *Shared) ready() error {
	s.begin.Do(func() { s.spawn(s.run) })
	if s.ctx.Err() != nil {
		return ErrClosed
	}
	if cause := s.away.Load(); cause != nil {
		return fmt.Errorf("%w: %w", ErrAway, *cause)
	}
	return nil
}

// do lets the client ask, and waits as long as ctx allows. The client has longer: a reply that
// comes late is no reason to close its connection, and what dials may not heed a context.
func (s *Shared) do(ctx context.Context, ask func(context.Context) rueidis.RedisResult) (rueidis.RedisResult, error) {
	if err := s.ready(); err != nil {
		return rueidis.RedisResult{}, err
	}
	return bounded(s, ctx, s.options.MaxSilence, ask)
}

// bounded runs f, which has limit, and waits for what it returns as long as ctx allows, limit
// at most.
func bounded[T any](s *Shared, ctx context.Context, limit time.Duration, f func(context.Context) T) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	result := make(chan T, 1)
	if !s.spawn(func() {
		defer cancel()
		result <- f(within)
	}) {
		cancel()
		return none, ErrClosed
	}
	select {
	case found := <-result:
		return found, nil
	case <-ctx.Done():
		return none, ctx.Err()
	case <-within.Done():
		select { // It ends with its function, too.
		case found := <-result:
			return found, nil
		default:
			return none, within.Err()
		}
	}
}
