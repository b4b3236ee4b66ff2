package redisclerk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

const (
	minPause    = 20 * time.Millisecond
	maxPause    = 500 * time.Millisecond
	pageSize    = 1000
	maxWaiting  = 10_000 // messages that were read and not told yet
	lookWaiting = 5 * time.Millisecond
)

var errSilent = errors.New("no heartbeat came back in time")

// run keeps a connection on which messages come, until Close.
func (s *Shared) run() {
	pause, down := minPause, false
	for s.ctx.Err() == nil {
		c := &connection{shared: s, heard: make(chan struct{}, 1), beats: make(chan beat, 1), jobs: make(chan error, 1)}
		err := c.live()
		for _, sub := range s.subscribed() {
			sub.setCurrent(false)
			sub.stage = isNew
		}
		if s.ctx.Err() != nil {
			return
		}
		if c.worked {
			pause, down = minPause, false
		}
		if !down {
			down = true
			s.options.Logger.Warn("redisclerk: the connection to Redis is lost", "error", err)
		}
		select {
		case <-s.ctx.Done():
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // G404: it spreads, and keeps no secret.
		}
		pause = min(2*pause, maxPause)
	}
}

// subscribed lists the subscriptions.
func (s *Shared) subscribed() []*subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*subscription
	for _, t := range s.topics {
		for sub := range t.subscriptions {
			all = append(all, sub)
		}
	}
	return all
}

// connection is one on which messages come, for as long as it lives.
type connection struct {
	shared *Shared
	client rueidis.DedicatedClient
	lost   <-chan error
	worked bool // a heartbeat came back

	channels map[string]bool // that are subscribed to
	heard    chan struct{}
	echo     atomic.Uint64 // the number of the heartbeat that came back last

	// Of follow.
	number   uint64    // of the last heartbeat
	sent     time.Time // the last heartbeat
	beats    chan beat
	beating  bool // a heartbeat is on its way
	next     bool // another is wanted as soon as it is not
	failures int
	jobs     chan error // of reading and of publishing again, one at a time
	busy     bool
	reading  []*subscription
	unsure   bool // something of this process's own may not be kept
}

// beat is what became of a heartbeat.
type beat struct {
	missing bool // of what this process has published
	err     error
}

// live connects, and returns why the connection ended.
func (c *connection) live() error {
	s := c.shared
	if first := c.beat(0); first.err != nil {
		return fmt.Errorf("heartbeat: %w", first.err)
	}
	if err := s.restoreOwn(); err != nil {
		return err
	}
	if err := c.open(); err != nil {
		return err
	}
	defer c.close()
	return c.follow()
}

// open takes a connection of its own: in a Cluster, to the node where topics are.
func (c *connection) open() error {
	s := c.shared
	type opened struct {
		client rueidis.DedicatedClient
		lost   <-chan error
		err    error
	}
	results := make(chan opened, 1)
	abandoned := make(chan struct{})
	if !s.spawn(func() {
		client, _ := s.client.Dedicate() // It dials, and heeds no context.
		lost := client.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: c.receive})
		ctx, cancel := context.WithTimeout(s.ctx, s.options.MaxSilence)
		defer cancel()
		err := client.Do(ctx, client.B().Exists().Key(s.slotted(".alive")).Build()).Error()
		if err == nil {
			err = client.Do(ctx, client.B().Subscribe().Channel(s.pulses).Build()).Error()
		}
		select {
		case <-abandoned:
			err = context.Canceled
		default:
		}
		if err != nil {
			client.Close()
		}
		results <- opened{client, lost, err}
	}) {
		return ErrClosed
	}
	timeout := time.NewTimer(2 * s.options.MaxSilence)
	defer timeout.Stop()
	var err error
	select {
	case o := <-results:
		c.client, c.lost, c.channels = o.client, o.lost, make(map[string]bool)
		if o.err != nil {
			return fmt.Errorf("connecting: %w", o.err)
		}
		return nil
	case <-timeout.C:
		err = errors.New("connecting takes too long")
	case <-s.ctx.Done():
		err = s.ctx.Err()
	}
	close(abandoned)
	s.spawn(func() {
		if o := <-results; o.err == nil {
			o.client.Close()
		}
	})
	return err
}

// close gives the connection up. Where Redis is silent, that takes the client a second, for
// which nothing waits.
func (c *connection) close() {
	if !c.shared.spawn(c.client.Close) {
		c.client.Close()
	}
}

// receive is called by the client with each message, one at a time.
func (c *connection) receive(m rueidis.PubSubMessage) {
	s := c.shared
	if m.Channel == s.pulses {
		if number, err := strconv.ParseUint(m.Message, 10, 64); err == nil {
			c.echo.Store(number)
			poke(c.heard)
		}
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.topics[m.Channel]; t != nil {
		for sub := range t.subscriptions {
			sub.deliver(m.Message)
		}
	}
}
