package redisclerk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

const (
	maxMessage = 4 << 10
	maxOwn     = 10_000 // messages of a topic that this process publishes again if they are lost
	restoring  = 100    // messages in one script
)

// topic is what this process does with one. Shared.mu guards it.
type topic struct {
	channel       string
	subscriptions map[*subscription]struct{}
	own           []own // what this process has published, oldest first
	unsure        bool  // whether some of it may not be kept
}

// own is a message that this process has published.
type own struct {
	message string
	expires time.Time
}

// topicOf returns a topic, which it makes. It is called with s.mu held.
func (s *Shared) topicOf(name string) *topic {
	channel := s.channel(name)
	found := s.topics[channel]
	if found == nil {
		found = &topic{channel: channel, subscriptions: make(map[*subscription]struct{})}
		s.topics[channel] = found
	}
	return found
}

// Publish announces a message, and keeps it for ttl. Subscribers in this process hear it whether
// or not Redis can be reached. A message that could not be published, or that Redis lost in a
// fail-over, is published again by itself as soon as Redis is back: the last 10,000 of a topic,
// as long as they live.
func (s *Shared) Publish(ctx context.Context, topic string, message []byte, ttl time.Duration) error {
	if len(message) > maxMessage {
		return fmt.Errorf("redisclerk: a message has %d bytes, and %d are the most", len(message), maxMessage)
	}
	if ttl <= 0 {
		return fmt.Errorf("redisclerk: the time to live of a message is %v, not positive", ttl)
	}
	text := string(message)
	s.mu.Lock()
	t := s.topicOf(topic)
	t.keep(text, time.Now(), ttl)
	for sub := range t.subscriptions {
		sub.deliver(text)
	}
	s.mu.Unlock()
	result, err := s.do(ctx, func(ctx context.Context) rueidis.RedisResult {
		return publish.Exec(ctx, s.client, []string{t.channel}, []string{strconv.FormatInt(milliseconds(ttl), 10), text})
	})
	if err == nil {
		err = result.Error()
	}
	if err != nil {
		s.mu.Lock()
		t.unsure = true
		s.mu.Unlock()
		return fmt.Errorf("redisclerk: publishing a message: %w", err)
	}
	return nil
}

// keep remembers what this process publishes.
func (t *topic) keep(message string, now time.Time, ttl time.Duration) {
	t.own = slices.DeleteFunc(t.own, func(o own) bool { return o.message == message })
	if len(t.own) >= maxOwn {
		t.forget(now)
	}
	if len(t.own) >= maxOwn {
		t.own = slices.Delete(t.own, 0, len(t.own)-maxOwn+1)
	}
	t.own = append(t.own, own{message, now.Add(ttl)})
}

// forget drops what has expired.
func (t *topic) forget(now time.Time) {
	t.own = slices.DeleteFunc(t.own, func(o own) bool { return !now.Before(o.expires) })
}

// newest returns a message that must be kept by Redis: the last one that this process
// published. A fail-over loses what came last.
func (t *topic) newest(now time.Time) (message string, found bool) {
	if len(t.own) == 0 {
		return "", false
	}
	last := t.own[len(t.own)-1]
	return last.message, last.expires.Sub(now) > defaultMaxSilence
}

// restoreOwn publishes what this process has published and Redis does not have. Only what
// is missing is announced.
func (s *Shared) restoreOwn() error {
	type batch struct {
		t         *topic
		arguments []string
	}
	var batches []batch
	now := time.Now()
	s.mu.Lock()
	for channel, t := range s.topics {
		t.forget(now)
		if len(t.own) == 0 {
			t.unsure = false
			if len(t.subscriptions) == 0 {
				delete(s.topics, channel)
			}
			continue
		}
		t.unsure = false
		for part := range slices.Chunk(t.own, restoring) {
			arguments := make([]string, 0, 2*len(part))
			for _, o := range part {
				arguments = append(arguments, strconv.FormatInt(milliseconds(o.expires.Sub(now)), 10), o.message)
			}
			batches = append(batches, batch{t, arguments})
		}
	}
	s.mu.Unlock()
	for i, b := range batches {
		if err := s.ask(func(ctx context.Context) rueidis.RedisResult {
			return restore.Exec(ctx, s.client, []string{b.t.channel}, b.arguments)
		}); err != nil {
			s.mu.Lock()
			for _, left := range batches[i:] {
				left.t.unsure = true
			}
			s.mu.Unlock()
			return fmt.Errorf("publishing again: %w", err)
		}
	}
	return nil
}

// ask is for what no request waits for.
func (s *Shared) ask(f func(context.Context) rueidis.RedisResult) error {
	result, err := bounded(s, s.ctx, s.options.MaxSilence, f)
	if err == nil {
		err = result.Error()
	}
	return err
}
