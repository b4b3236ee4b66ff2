package core

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/patience"
)

// patient bounds how long a request waits for Clerk, in all. It is the request's context
// where calls are made.
type patient struct {
	context.Context //nolint:containedctx // it is one

	most time.Duration
	own  atomic.Pointer[patience.Patience] // nil as long as nobody has waited, as usual
}

func (p *patient) init(ctx context.Context, c *Clerk) {
	p.Context, p.most = ctx, c.opts.Outage.maxWait()
}

// patience returns the request's one.
func (p *patient) patience() *patience.Patience {
	if own := p.own.Load(); own != nil {
		return own
	}
	own := new(patience.Patience)
	own.Init(p.most)
	p.own.CompareAndSwap(nil, own)
	return p.own.Load()
}

// inherit counts what a request has waited already.
func (p *patient) inherit(before *patient) {
	if waited := before.own.Load(); waited != nil {
		p.patience().Inherit(waited)
	}
}

// Value finds the patience, and everything else in the request's context.
func (p *patient) Value(key any) any {
	if patience.IsKey(key) {
		return p.patience()
	}
	return p.Context.Value(key)
}

// patientState is a state, and what bounds the waiting for it.
type patientState struct {
	State
	waits patient
}

// wait begins to wait for a call, on behalf of the request that ctx belongs to or, where
// that is none, of the caller.
func (c *Clerk) wait(ctx context.Context) (context.Context, context.CancelFunc) {
	p := patience.Of(ctx)
	if p == nil {
		p = new(patience.Patience)
		p.Init(c.opts.Outage.maxWait())
	}
	return p.Wait(ctx)
}
