package sharedtest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/clerkgo/clerkgo/core"
)

// Fleet is what processes share in one process's memory: for tests of applications that have
// no Redis at hand. Its messages are delivered before Publish returns. The zero value is empty.
// Safe for concurrent use.
type Fleet struct {
	mu      sync.Mutex
	values  map[string]entry[[]byte]
	budgets map[string]entry[int]
	topics  map[string]*topic
}

type entry[T any] struct {
	value   T
	expires time.Time
}

type topic struct {
	kept        map[string]time.Time
	subscribers []*subscriber
}

type subscriber struct {
	mu  sync.Mutex
	sub core.Subscriber
}

var _ core.Shared = (*Fleet)(nil)

// Get implements [core.Store].
func (f *Fleet) Get(ctx context.Context, key string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, ok := f.values[key]
	if !ok || !time.Now().Before(found.expires) {
		return nil, ctx.Err()
	}
	return slices.Clone(found.value), ctx.Err()
}

// Set implements [core.Store].
func (f *Fleet) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.values == nil {
		f.values = make(map[string]entry[[]byte])
	}
	f.values[key] = entry[[]byte]{append([]byte{}, value...), time.Now().Add(ttl)}
	return nil
}

// Delete implements [core.Shared].
func (f *Fleet) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.values, key)
	return nil
}

// Publish implements [core.Shared].
func (f *Fleet) Publish(ctx context.Context, name string, message []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	t := f.topic(name)
	if expires := time.Now().Add(ttl); expires.After(t.kept[string(message)]) {
		t.kept[string(message)] = expires
	}
	subscribers := slices.Clone(t.subscribers)
	f.mu.Unlock()
	for _, s := range subscribers {
		s.mu.Lock()
		s.sub.Deliver(slices.Clone(message))
		s.mu.Unlock()
	}
	return nil
}

// Subscribe implements [core.Shared].
func (f *Fleet) Subscribe(name string, sub core.Subscriber) (stop func()) {
	s := &subscriber{sub: sub}
	s.mu.Lock()
	f.mu.Lock()
	t := f.topic(name)
	t.subscribers = append(slices.Clone(t.subscribers), s)
	var kept []string
	for message, expires := range t.kept {
		if time.Now().Before(expires) {
			kept = append(kept, message)
		} else {
			delete(t.kept, message)
		}
	}
	f.mu.Unlock()
	go func() {
		defer s.mu.Unlock()
		for _, message := range kept {
			sub.Deliver([]byte(message))
		}
		sub.Current(true)
	}()
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		t.subscribers = slices.DeleteFunc(slices.Clone(t.subscribers), func(other *subscriber) bool { return other == s })
	}
}

// topic is called with f.mu held.
func (f *Fleet) topic(name string) *topic {
	if f.topics == nil {
		f.topics = make(map[string]*topic)
	}
	if f.topics[name] == nil {
		f.topics[name] = &topic{kept: make(map[string]time.Time)}
	}
	return f.topics[name]
}

// Take implements [core.Shared].
func (f *Fleet) Take(ctx context.Context, budget string, n, limit int, window time.Duration) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	used := f.budgets[budget]
	if !now.Before(used.expires) {
		used = entry[int]{expires: now.Add(window)}
	}
	left := limit - used.value - n
	if left < 0 || n == 0 {
		return left, nil
	}
	used.value += n
	if f.budgets == nil {
		f.budgets = make(map[string]entry[int])
	}
	f.budgets[budget] = used
	return left, nil
}
