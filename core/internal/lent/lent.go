// Package lent lends the context of a request to a call that outlives it.
package lent

import (
	"context"
	"sync"
	"time"
)

// Context is the context of a request for a call to Clerk that the request
// waits for. The call has its values, for tracing, until it ends; what it leaves
// behind has them no longer. A connection that is being dialled outlives its call,
// and the values of some frameworks' contexts (Fiber's, and Gin's where it stands in
// for the request's) are memory that the next request uses.
type Context struct {
	parent context.Context //nolint:containedctx // it is one
	done   <-chan struct{}

	mu   sync.RWMutex
	over bool
}

// New returns ctx until [Context.End]. Cancel contexts that are made of it before.
func New(ctx context.Context) *Context { return &Context{parent: ctx, done: ctx.Done()} }

// End takes the context back. It waits for those who read it.
func (c *Context) End() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
}

// Done is the parent's.
func (c *Context) Done() <-chan struct{} { return c.done }

// Deadline is the parent's.
func (c *Context) Deadline() (deadline time.Time, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.over {
		return time.Time{}, false
	}
	return c.parent.Deadline()
}

// Err is the parent's, and [context.Canceled] after the end.
func (c *Context) Err() error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.over {
		return context.Canceled
	}
	return c.parent.Err()
}

// Value is the parent's, and nil after the end.
func (c *Context) Value(key any) any {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.over {
		return nil
	}
	return c.parent.Value(key)
}
