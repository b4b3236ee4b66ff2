package redisclerk

import (
	"sync"

	"github.com/clerkgo/clerkgo/core"
)

// subscription is one subscriber of a topic, with what it is to be told. A goroutine of its own
// tells it, so that the connection waits for nobody.
type subscription struct {
	subscriber core.Subscriber
	wake       chan struct{}

	mu      sync.Mutex
	queue   []string
	queued  uint64 // messages, ever
	told    uint64 // messages, ever
	current bool   // as is known
	since   uint64 // messages that come before the subscriber is current
	lost    bool   // it is to be told that it is not
	ended   bool
	silent  bool // it ended without a word

	// The connection's: the number of the heartbeat that shows that the subscriber hears
	// everything, and how far it is.
	from  uint64
	stage stage
}

// stage is how far a subscription is on the present connection.
type stage int

const (
	isNew stage = iota
	isHeard
	isRead
	isCurrent
)

// Subscribe delivers what is kept of a topic, and what is published from then on: see
// [core.Shared]. Current is true as soon as a heartbeat has come back by the connection on
// which messages come and everything that is kept was delivered, and it is false after
// Options.MaxSilence without a heartbeat, at the latest.
func (s *Shared) Subscribe(topic string, subscriber core.Subscriber) (stop func()) {
	sub := &subscription{subscriber: subscriber, wake: make(chan struct{}, 1)}
	if !s.spawn(sub.tell) {
		return func() {}
	}
	s.mu.Lock()
	if s.closed {
		sub.end(true)
	}
	t := s.topicOf(topic)
	t.subscriptions[sub] = struct{}{}
	s.mu.Unlock()
	_ = s.ready() // It begins, and goes on for as long as it takes.
	s.nudge()
	return func() {
		sub.end(false)
		s.mu.Lock()
		delete(t.subscriptions, sub)
		s.mu.Unlock()
		s.nudge()
	}
}

// nudge lets the connection look what is subscribed to.
func (s *Shared) nudge() { poke(s.wake) }

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (s *subscription) deliver(message string) {
	s.mu.Lock()
	s.queue = append(s.queue, message)
	s.queued++
	s.mu.Unlock()
	poke(s.wake)
}

// waiting is how many messages were not told yet.
func (s *subscription) waiting() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return 0
	}
	return s.queued - s.told
}

// setCurrent says whether the subscriber hears everything, after what was delivered until now.
func (s *subscription) setCurrent(current bool) {
	s.mu.Lock()
	if s.current && !current {
		s.lost = true
	}
	s.current, s.since = current, s.queued
	s.mu.Unlock()
	poke(s.wake)
}

// end ends the subscription, and tells so where the Shared is closed.
func (s *subscription) end(tell bool) {
	s.mu.Lock()
	if !s.ended {
		s.ended, s.silent = true, !tell
	}
	s.mu.Unlock()
	poke(s.wake)
}

// tell is the goroutine.
func (s *subscription) tell() {
	said := false
	say := func(current bool) {
		if said != current {
			said = current
			s.subscriber.Current(current)
		}
	}
	for {
		s.mu.Lock()
		lost, ended, silent := s.lost, s.ended, s.silent
		s.lost = false
		current := s.current && s.told >= s.since
		var message string
		found := len(s.queue) > 0
		if found && !ended && !lost && (!current || said) {
			message, s.queue = s.queue[0], s.queue[1:]
			s.told++
		} else {
			found = false
		}
		s.mu.Unlock()
		switch {
		case ended:
			if !silent {
				say(false)
			}
			return
		case lost:
			say(false)
		case found:
			s.subscriber.Deliver([]byte(message))
		case current && !said:
			say(true)
		default:
			<-s.wake
		}
	}
}
