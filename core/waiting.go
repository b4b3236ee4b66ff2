package core

import (
	"context"

	"github.com/clerkgo/clerkgo/core/internal/patience"
)

// patient bounds how long a request waits for Clerk, in all. Its context stands for the
// request's where calls are made.
type patient struct {
	patience patience.Patience
	waits    patience.Context
}

func (p *patient) init(ctx context.Context, c *Clerk) {
	p.patience.Init(c.opts.Outage.maxWait())
	p.waits.Init(ctx, &p.patience)
}

// patientState is a state, and what bounds the waiting for it.
type patientState struct {
	State
	patient
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
