package redisclerk

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

// fresh is for how long after a change of this process's own a value is read from Redis itself:
// the word that it has changed comes by another connection than the reply.
const fresh = 2 * time.Second

// Get returns the value of a key, nil without an error where there is none. It may come from
// this process's memory: see [Options].ClientCache.
func (s *Shared) Get(ctx context.Context, key string) ([]byte, error) {
	name := s.valueKey(key)
	result, err := s.do(ctx, func(ctx context.Context) rueidis.RedisResult {
		if s.options.ClientCache < 0 || s.recent.has(name, time.Now()) {
			return s.client.Do(ctx, s.client.B().Get().Key(name).Build())
		}
		// Pinned: where a connection ends, rueidis recycles the command while it is still being written.
		return s.client.DoCache(ctx, s.client.B().Get().Key(name).Cache().Pin(), s.options.ClientCache)
	})
	if err == nil {
		var value string
		if value, err = result.ToString(); err == nil {
			return []byte(value), nil
		}
		if rueidis.IsRedisNil(err) {
			return nil, nil
		}
	}
	return nil, fmt.Errorf("redisclerk: reading a value: %w", err)
}

// Set keeps a value for a time to live, which Redis counts in milliseconds.
func (s *Shared) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if ttl <= 0 {
		return fmt.Errorf("redisclerk: the time to live of a value is %v, not positive", ttl)
	}
	name := s.valueKey(key)
	s.recent.add(name, time.Now())
	result, err := s.do(ctx, func(ctx context.Context) rueidis.RedisResult {
		return s.client.Do(ctx, s.client.B().Set().Key(name).Value(rueidis.BinaryString(value)).PxMilliseconds(milliseconds(ttl)).Build())
	})
	if err == nil {
		err = result.Error()
	}
	s.recent.add(name, time.Now())
	if err != nil {
		return fmt.Errorf("redisclerk: keeping a value: %w", err)
	}
	return nil
}

// Delete forgets the value of a key, in the memory of every process too.
func (s *Shared) Delete(ctx context.Context, key string) error {
	name := s.valueKey(key)
	s.recent.add(name, time.Now())
	result, err := s.do(ctx, func(ctx context.Context) rueidis.RedisResult {
		return s.client.Do(ctx, s.client.B().Del().Key(name).Build())
	})
	if err == nil {
		err = result.Error()
	}
	s.recent.add(name, time.Now())
	if err != nil {
		return fmt.Errorf("redisclerk: forgetting a value: %w", err)
	}
	return nil
}

// Take takes n from a budget, if so much is left in its window.
func (s *Shared) Take(ctx context.Context, budget string, n, limit int, window time.Duration) (int, error) {
	if n < 0 || window <= 0 {
		return 0, fmt.Errorf("redisclerk: %d cannot be taken from a budget with a window of %v", n, window)
	}
	name := s.options.Prefix + "b:" + budget
	result, err := s.do(ctx, func(ctx context.Context) rueidis.RedisResult {
		return take.Exec(ctx, s.client, []string{name},
			[]string{strconv.Itoa(n), strconv.Itoa(limit), strconv.FormatInt(milliseconds(window), 10)})
	})
	if err == nil {
		var left int64
		if left, err = result.AsInt64(); err == nil {
			return int(left), nil
		}
	}
	return 0, fmt.Errorf("redisclerk: taking from a budget: %w", err)
}

func (s *Shared) valueKey(key string) string { return s.options.Prefix + "v:" + key }

// milliseconds rounds up: what lives has a millisecond at least.
func milliseconds(d time.Duration) int64 { return int64((d + time.Millisecond - 1) / time.Millisecond) }

// recentKeys are those that were changed lately, in two generations.
type recentKeys struct {
	mu            sync.Mutex
	since         time.Time // the younger generation began
	young, ageing map[string]struct{}
}

func (r *recentKeys) add(key string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(now)
	if r.young == nil {
		r.young = make(map[string]struct{})
	}
	r.young[key] = struct{}{}
}

func (r *recentKeys) has(key string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(now)
	_, found := r.young[key]
	if !found {
		_, found = r.ageing[key]
	}
	return found
}

// turn begins a generation: a key is known for as long as fresh, twice that at most.
func (r *recentKeys) turn(now time.Time) {
	age := now.Sub(r.since)
	if age < fresh {
		return
	}
	r.ageing, r.young, r.since = r.young, nil, now
	if age >= 2*fresh {
		r.ageing = nil
	}
}
