// Package patience bounds how long a request waits for others, in all.
package patience

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrOver is the cause of a wait that ended because the request had waited long enough.
var ErrOver = errors.New("the request has waited as long as it may")

// start is a time that durations are measured from.
var start = time.Now() //nolint:forbidigo // What a person waits for passes in real time.

func clock() time.Duration { return time.Since(start) }

// Patience is how long a request may wait, and has waited. Waits that overlap count
// once; what the request computes meanwhile does not count. The zero value has no bound.
// Safe for concurrent use.
type Patience struct {
	most time.Duration // not positive: no bound

	mu      sync.Mutex
	waiting int           // how many wait
	since   time.Duration // when the first of them began
	waited  time.Duration // before that
}

// Init sets the bound. It is called before anything else.
func (p *Patience) Init(most time.Duration) { p.most = most }

// Inherit counts what a request has waited with another patience.
func (p *Patience) Inherit(from *Patience) {
	from.mu.Lock()
	waited := from.waited
	from.mu.Unlock()
	p.waited = waited
}

// left is what remains. p.mu is held.
func (p *Patience) left(now time.Duration) time.Duration {
	waited := p.waited
	if p.waiting > 0 {
		waited += now - p.since
	}
	return p.most - waited
}

// Wait begins to wait: the returned context ends when the patience does, and its cause
// is then [ErrOver]. Call done when the wait is over.
func (p *Patience) Wait(ctx context.Context) (_ context.Context, done context.CancelFunc) {
	now := clock()
	p.mu.Lock()
	left := p.left(now)
	if p.waiting == 0 {
		p.since = now
	}
	p.waiting++
	p.mu.Unlock()
	cancel := context.CancelFunc(func() {})
	if p.most > 0 {
		ctx, cancel = context.WithTimeoutCause(Held(ctx), left, ErrOver)
	}
	return ctx, sync.OnceFunc(func() {
		cancel()
		now := clock()
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.waiting--; p.waiting == 0 {
			p.waited += now - p.since
		}
	})
}

// Held is a context of a request's whose Done is asked for here, once. Package context asks for
// it on a goroutine of its own, where that of fasthttp may no longer be asked: it is of a server
// that may be shut down meanwhile, and then says that it is done, but not why, which ends the
// program.
func Held(ctx context.Context) context.Context { return held{ctx, ctx.Done()} }

type held struct {
	context.Context //nolint:containedctx // it is one
	done            <-chan struct{}
}

func (h held) Done() <-chan struct{} { return h.done }

func (h held) Err() error {
	select {
	case <-h.done:
		if end, ok := h.Deadline(); ok && !time.Now().Before(end) { //nolint:forbidigo // as package context
			return context.DeadlineExceeded
		}
		return context.Canceled
	default:
		return nil
	}
}

// Waited returns how long the request has waited.
func (p *Patience) Waited() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting > 0 {
		return p.waited + clock() - p.since
	}
	return p.waited
}

// Context is the context of a request that has a patience.
type Context struct {
	context.Context //nolint:containedctx // it is one

	patience *Patience
}

// Init makes c a context like ctx in which [Wait] finds a patience.
func (c *Context) Init(ctx context.Context, p *Patience) { c.Context, c.patience = ctx, p }

type key struct{}

// IsKey reports whether a key of a context's values is the patience's, for contexts of
// requests that carry more.
func IsKey(k any) bool { return k == (key{}) }

// Value finds the patience, and everything else in the parent.
func (c *Context) Value(k any) any {
	if k == (key{}) {
		return c.patience
	}
	return c.Context.Value(k)
}

// New returns a copy of ctx in which [Wait] finds a patience.
func New(ctx context.Context, p *Patience) context.Context { return &Context{ctx, p} }

// Of returns the patience of the request that ctx belongs to, or nil.
func Of(ctx context.Context) *Patience {
	p, _ := ctx.Value(key{}).(*Patience)
	return p
}

// Wait is [Patience.Wait] for the request that ctx belongs to. It has no bound where
// there is none.
func Wait(ctx context.Context) (_ context.Context, done context.CancelFunc) {
	if p := Of(ctx); p != nil {
		return p.Wait(ctx)
	}
	return ctx, func() {}
}
