package redisclerk

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// follow lets heartbeats run, and brings subscriptions up to date, until the connection is lost.
func (c *connection) follow() error {
	s := c.shared
	silent, ticker := time.NewTimer(s.options.MaxSilence), time.NewTicker(s.options.MaxSilence/3)
	defer silent.Stop()
	defer ticker.Stop()
	if err := c.subscribe(); err != nil {
		return err
	}
	c.send()
	for {
		select {
		case <-s.ctx.Done():
			return s.ctx.Err()
		case err := <-c.lost:
			return fmt.Errorf("the connection ended: %w", err)
		case <-silent.C:
			return errSilent
		case <-s.wake:
			if err := c.subscribe(); err != nil {
				return err
			}
			c.send()
		case <-ticker.C:
			c.send()
		case b := <-c.beats:
			if err := c.beaten(b); err != nil {
				return err
			}
		case <-c.heard:
			if c.echo.Load() == c.number { // and no old one
				c.alive()
				silent.Reset(time.Until(c.sent.Add(s.options.MaxSilence)))
			}
		case err := <-c.jobs:
			c.busy = false
			if err != nil {
				return err
			}
			for _, sub := range c.reading {
				sub.stage = isCurrent
				sub.setCurrent(true)
			}
			c.reading = nil
		}
		c.work()
	}
}

// send sends a heartbeat, after the one that is on its way.
func (c *connection) send() {
	if c.next = c.beating; c.beating {
		return
	}
	c.number++
	number := c.number
	c.sent = time.Now()
	c.beating = c.shared.spawn(func() { c.beats <- c.beat(number) })
}

// beaten takes the answer to a heartbeat. One that fails may do so because the client's other
// connections were lost, two in a row are Redis's.
func (c *connection) beaten(b beat) error {
	c.beating = false
	if b.err != nil {
		c.failures++
		if _, answered := rueidis.IsRedisErr(b.err); answered || c.failures > 1 {
			return fmt.Errorf("heartbeat: %w", b.err)
		}
		c.next = true
	} else {
		c.failures = 0
	}
	c.unsure = c.unsure || b.missing
	if c.next {
		c.send()
	}
	return nil
}

// alive takes the last heartbeat, which has come back: whoever was subscribed to before it was
// sent hears everything that was published since.
func (c *connection) alive() {
	if !c.worked {
		c.worked = true
		c.shared.options.Logger.Info("redisclerk: connected to Redis")
	}
	for _, sub := range c.shared.subscribed() {
		if sub.stage == isHeard && sub.from <= c.number {
			sub.stage = isRead
		}
	}
}

// work begins what is to be done, one after the other.
func (c *connection) work() {
	s := c.shared
	switch {
	case c.busy:
	case c.unsure:
		c.unsure = false
		c.busy = s.spawn(func() { c.jobs <- s.restoreOwn() })
	default:
		for _, sub := range s.subscribed() {
			if sub.stage == isRead {
				c.reading = append(c.reading, sub)
			}
		}
		if subs := c.reading; len(subs) > 0 {
			c.busy = s.spawn(func() { c.jobs <- c.read(subs) })
		}
	}
}

// beat sends a heartbeat by the way that messages take: from the node where they are kept to
// where they are heard. It finds out, too, whether what this process published is kept.
func (c *connection) beat(number uint64) beat {
	s := c.shared
	keys := []string{s.slotted(".alive")}
	arguments := []string{s.pulses, strconv.FormatUint(number, 10)}
	now, unsure := time.Now(), false
	s.mu.Lock()
	for channel, t := range s.topics {
		unsure = unsure || t.unsure
		if message, found := t.newest(now); found {
			keys, arguments = append(keys, channel), append(arguments, message)
		}
	}
	s.mu.Unlock()
	result, err := bounded(s, s.ctx, s.options.MaxSilence/2, func(ctx context.Context) rueidis.RedisResult {
		return pulse.Exec(ctx, s.client, keys, arguments)
	})
	var kept []int64
	if err == nil {
		kept, err = result.AsIntSlice()
	}
	if err == nil && len(kept) != len(keys)-1 {
		err = errors.New("an answer that is none")
	}
	if err != nil {
		if s.ctx.Err() == nil {
			s.away.Store(&err)
		}
		return beat{err: err}
	}
	s.away.Store(nil)
	for _, k := range kept {
		unsure = unsure || k == 0
	}
	return beat{missing: unsure}
}

// subscribe subscribes to the channels of topics that have subscribers, and to no others. What
// is published after the next heartbeat is heard.
func (c *connection) subscribe() error {
	s := c.shared
	wanted := make(map[string]bool)
	var added, gone []string
	var subs []*subscription // Later ones nudge once more.
	s.mu.Lock()
	for channel, t := range s.topics {
		if len(t.subscriptions) == 0 {
			continue
		}
		wanted[channel] = true
		for sub := range t.subscriptions {
			subs = append(subs, sub)
		}
		if !c.channels[channel] {
			added = append(added, channel)
		}
	}
	s.mu.Unlock()
	for channel := range c.channels {
		if !wanted[channel] {
			gone = append(gone, channel)
		}
	}
	c.channels = wanted
	if len(added) > 0 {
		if err := c.tell(c.client.B().Subscribe().Channel(added...).Build()); err != nil {
			return fmt.Errorf("subscribing: %w", err)
		}
	}
	if len(gone) > 0 {
		if err := c.tell(c.client.B().Unsubscribe().Channel(gone...).Build()); err != nil {
			return fmt.Errorf("unsubscribing: %w", err)
		}
	}
	for _, sub := range subs {
		if sub.stage == isNew {
			sub.stage, sub.from = isHeard, c.number+1
		}
	}
	return nil
}

func (c *connection) tell(command rueidis.Completed) error {
	result, err := bounded(c.shared, c.shared.ctx, c.shared.options.MaxSilence/2, func(ctx context.Context) rueidis.RedisResult {
		return c.client.Do(ctx, command)
	})
	if err == nil {
		err = result.Error()
	}
	return err
}

// read delivers what is kept to subscriptions, topic by topic, no faster than they take it.
func (c *connection) read(subs []*subscription) error {
	s := c.shared
	byChannel := make(map[string][]*subscription)
	s.mu.Lock()
	for channel, t := range s.topics {
		for _, sub := range subs {
			if _, found := t.subscriptions[sub]; found {
				byChannel[channel] = append(byChannel[channel], sub)
			}
		}
	}
	s.mu.Unlock()
	for channel, subs := range byChannel {
		for cursor := "0"; ; {
			var kept []string
			result, err := bounded(s, s.ctx, s.options.MaxSilence, func(ctx context.Context) rueidis.RedisResult {
				return page.Exec(ctx, s.client, []string{channel}, []string{cursor, strconv.Itoa(pageSize)})
			})
			if err == nil {
				kept, err = result.AsStrSlice()
			}
			if err == nil && len(kept) == 0 {
				err = errors.New("an answer that is none")
			}
			if err != nil {
				return fmt.Errorf("reading what is kept: %w", err)
			}
			for _, sub := range subs {
				for _, message := range kept[1:] {
					sub.deliver(message)
				}
				for sub.waiting() > maxWaiting && s.ctx.Err() == nil {
					time.Sleep(lookWaiting)
				}
			}
			if cursor = kept[0]; cursor == "0" {
				break
			}
		}
	}
	return nil
}
