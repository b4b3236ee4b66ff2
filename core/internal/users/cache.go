// Package users keeps what Clerk has said of users for a while, in this process and for its
// fleet. Nothing that was asked before a user changed is kept after that is known.
package users

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/fleet"
)

// Bounds of what is kept.
const (
	maxUserBytes = 64 << 10 // of one user; larger ones are asked for each time
	maxBytes     = 64 << 20 // of all
)

// Config says what a [Cache] keeps.
type Config struct {
	MaxAge  time.Duration
	Max     int // users
	Now     func() time.Time
	Timeout time.Duration // of one question
	Fleet   *fleet.Fleet  // nil for a process alone
	// Carry returns what a question has of the request that causes it; nil means nothing.
	Carry func(context.Context) context.Context
}

// Cache keeps users as Clerk described them, by id. Those who ask for one at the same time share
// a question, which has its own deadline. A nil one keeps nothing. Safe for concurrent use.
type Cache struct {
	config    Config
	announcer fleet.Announcer

	mu      sync.Mutex
	byID    map[string]*list.Element
	order   list.List // of *entry, the oldest first
	bytes   int
	flights map[string]*flight
	marks   marks
	current bool // all that the fleet has announced is known
	counts  Stats
}

// entry is a user. The description is shared: nobody changes it.
type entry struct {
	id        string
	body      []byte
	at, until time.Time
}

func (e *entry) holds(now time.Time) bool { return !now.Before(e.at) && now.Before(e.until) }

// flight is a question that is under way.
type flight struct {
	done chan struct{} // closed when the rest is set
	body []byte
	err  error
	// name is under which the fleet is told, "" where it is not.
	name string
}

// Stats are counters of a [Cache].
type Stats struct {
	Entries                                 int
	Hits, Shared, Coalesced, Asked, Changed uint64
}

// New returns an empty cache.
func New(c Config) *Cache {
	if c.Carry == nil {
		c.Carry = func(context.Context) context.Context { return context.Background() }
	}
	return &Cache{config: c, byID: make(map[string]*list.Element), flights: make(map[string]*flight), marks: newMarks(c.MaxAge)}
}

// Find returns the description of a user, nil where there is none. Do not change it. ask asks
// Clerk; it may outlive the caller. Errors are those of ask, or say that the caller gave up.
func (c *Cache) Find(ctx context.Context, id string, ask func(context.Context) ([]byte, error)) ([]byte, error) {
	now := c.config.Now()
	c.mu.Lock()
	if e := c.get(id); e != nil && e.holds(now) {
		c.counts.Hits++
		c.mu.Unlock()
		return e.body, nil
	}
	f := c.flights[id]
	if f != nil {
		c.counts.Coalesced++
	} else {
		f = &flight{done: make(chan struct{})}
		if c.config.Fleet != nil && c.current {
			f.name = c.marks.nameOf(id, now)
		}
		c.flights[id] = f
		go c.fly(c.config.Carry(ctx), f, id, ask)
	}
	c.mu.Unlock()
	select {
	case <-f.done:
		return f.body, f.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// fly answers a question. It belongs to no request, whatever it carries of one.
func (c *Cache) fly(ctx context.Context, f *flight, id string, ask func(context.Context) ([]byte, error)) {
	defer close(f.done)
	e, shared := c.ofFleet(ctx, f.name, id)
	if !shared {
		asked := c.config.Now()
		f.body, f.err = c.safely(ctx, ask)
		e = &entry{id: id, body: f.body, at: asked, until: asked.Add(c.config.MaxAge)}
	}
	f.body = e.body
	c.mu.Lock()
	if shared {
		c.counts.Shared++
	} else {
		c.counts.Asked++
	}
	valid := c.flights[id] == f // The user has not changed since.
	if valid {
		delete(c.flights, id)
	}
	keep := valid && f.err == nil && len(f.body) > 0 && len(f.body) <= maxUserBytes
	if keep {
		c.put(e)
	}
	c.mu.Unlock()
	if keep && !shared && f.name != "" {
		go c.tell(ctx, f.name, *e) // Nobody waits for it.
	}
}

// safely asks. A panic of the application's transport must not end the program.
func (c *Cache) safely(ctx context.Context, ask func(context.Context) ([]byte, error)) (body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	err = errEnded
	defer func() {
		if p := recover(); p != nil {
			body, err = nil, fmt.Errorf("the call panicked: %v", p)
		}
	}()
	return ask(ctx)
}

var errEnded = errors.New("the call has ended its goroutine")

// The methods below are called with the lock.

func (c *Cache) get(id string) *entry {
	if at := c.byID[id]; at != nil {
		return at.Value.(*entry) //nolint:errcheck,forcetypeassert // The list has no others.
	}
	return nil
}

// put keeps a user, in place of those that are over, and of the oldest.
func (c *Cache) put(e *entry) {
	c.remove(e.id)
	c.byID[e.id] = c.order.PushBack(e)
	c.bytes += len(e.body)
	now := c.config.Now()
	for c.order.Len() > 0 {
		oldest := c.order.Front().Value.(*entry) //nolint:errcheck,forcetypeassert // as above
		if oldest.holds(now) && c.order.Len() <= c.config.Max && c.bytes <= maxBytes {
			return
		}
		c.remove(oldest.id)
	}
}

func (c *Cache) remove(id string) {
	if at := c.byID[id]; at != nil {
		c.bytes -= len(c.get(id).body)
		c.order.Remove(at)
		delete(c.byID, id)
	}
}

// changed forgets a user, or all of them where id is "". What is asked at present is not kept
// either, and later callers ask anew.
func (c *Cache) changed(id string) {
	c.counts.Changed++
	if id != "" {
		c.remove(id)
		delete(c.flights, id)
		return
	}
	clear(c.byID)
	c.order.Init()
	c.bytes = 0
	clear(c.flights)
}

// Stats returns the counters.
func (c *Cache) Stats() Stats {
	if c == nil {
		return Stats{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Entries = c.order.Len()
	return c.counts
}
