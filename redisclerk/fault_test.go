//go:build unix

package redisclerk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/clerkgo/clerkgo/clerktest/sharedtest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/redisclerk"
	"github.com/clerkgo/clerkgo/redisclerk/redistest"
)

const (
	patience = 5 * time.Millisecond // what core gives a call
	grace    = 100 * time.Millisecond
)

// pair is two processes that listen to one topic.
type pair struct {
	shared [2]*redisclerk.Shared
	heard  [2]*sharedtest.Listener
}

func newPair(t *testing.T, newClient func() rueidis.Client) *pair {
	t.Helper()
	p := &pair{}
	for i := range p.shared {
		p.shared[i] = open(t, newClient())
		p.heard[i] = sharedtest.Listen(t, p.shared[i], "topic")
	}
	for _, l := range p.heard {
		l.AwaitCurrent(t)
	}
	return p
}

func (p *pair) publish(t *testing.T, message string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return p.shared[0].Publish(ctx, "topic", []byte(message), time.Minute)
}

// TestFaults: whatever becomes of Redis, a process knows within a second that it may miss
// something, no call takes longer than it may, and afterwards every message reaches everybody,
// those too that were published meanwhile.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*testing.T) (address string, begin, end func(testing.TB)){
		"killed": func(t *testing.T) (string, func(testing.TB), func(testing.TB)) {
			t.Helper()
			s := redistest.Start(t)
			return s.Addr, func(testing.TB) { s.Kill() }, s.Run
		},
		"frozen": func(t *testing.T) (string, func(testing.TB), func(testing.TB)) {
			t.Helper()
			s := redistest.Start(t)
			return s.Addr, s.Freeze, s.Thaw
		},
		"cut off": func(t *testing.T) (string, func(testing.TB), func(testing.TB)) {
			t.Helper()
			s := redistest.StartPartitioned(t)
			return s.Addr, s.Cut, s.Heal
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, begin, end := prepare(t)
			p := newPair(t, func() rueidis.Client { return redistest.Client(t, nil, address) })
			if err := p.shared[0].Publish(t.Context(), "topic", []byte("before"), time.Minute); err != nil {
				t.Fatal(err)
			}
			p.heard[1].Await(t, "before")

			begin(t)
			began := time.Now()
			if err := p.publish(t, "at once"); err == nil {
				t.Error("a message is said to be published that is not")
			}
			p.heard[0].Await(t, "at once") // In this process it holds.
			for i, l := range p.heard {
				l.AwaitLost(t)
				if took := time.Since(began); took > time.Second+grace {
					t.Errorf("process %d knows after %v", i, took)
				}
			}
			t.Logf("known after %v", time.Since(began))
			for i := range 50 {
				for what, call := range map[string]func(context.Context) error{
					"Get":  func(ctx context.Context) error { _, err := p.shared[0].Get(ctx, "k"); return err },
					"Take": func(ctx context.Context) error { _, err := p.shared[0].Take(ctx, "b", 1, 1, time.Minute); return err },
					"Publish": func(ctx context.Context) error {
						return p.shared[0].Publish(ctx, "topic", fmt.Appendf(nil, "m%d", i), time.Minute)
					},
				} {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					called := time.Now()
					err := call(ctx)
					cancel()
					if took := time.Since(called); took > patience+grace || err == nil {
						t.Errorf("%s takes %v: %v", what, took, err)
					}
				}
			}

			redistest.Eventually(t, "nothing is tried any more", func() error {
				if _, err := p.shared[0].Get(t.Context(), "k"); !errors.Is(err, redisclerk.ErrAway) {
					return fmt.Errorf("a call says %w", err)
				}
				return nil
			})

			end(t)
			ended := time.Now()
			for _, l := range p.heard {
				l.Await(t, "at once")
				for i := range 50 {
					l.Await(t, fmt.Sprintf("m%d", i))
				}
				l.AwaitCurrent(t)
			}
			t.Logf("current again after %v", time.Since(ended))
			late := sharedtest.Listen(t, open(t, redistest.Client(t, nil, address)), "topic")
			late.AwaitCurrent(t)
			for _, message := range []string{"before", "at once", "m49"} {
				late.Await(t, message)
			}
			redistest.Eventually(t, "calls work again", func() error { _, err := p.shared[1].Get(t.Context(), "k"); return err })
		})
	}
}

// TestWhatRedisForgetsIsPublishedAgain: Redis is not restarted, and no connection breaks.
func TestWhatRedisForgetsIsPublishedAgain(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	p := newPair(t, func() rueidis.Client { return redistest.Client(t, nil, server.Addr) })
	if err := p.shared[0].Publish(t.Context(), "topic", []byte("m"), time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Do("FLUSHALL"); err != nil {
		t.Fatal(err)
	}
	redistest.Eventually(t, "the message is kept again", func() error {
		answer, err := server.Do("ZCARD", "clerk:{t}:topic")
		if err == nil && answer != ":1\r\n" {
			err = errors.New(answer)
		}
		return err
	})
}

// TestFailOver: the replica that becomes the master lacks what came last.
func TestFailOver(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinels(t)
	newClient := func() rueidis.Client {
		return redistest.Client(t, func(o *rueidis.ClientOption) {
			o.Sentinel = rueidis.SentinelOption{MasterSet: s.Name, TopologyRefreshInterval: time.Second}
		}, s.Sentinel.Addr)
	}
	p := newPair(t, newClient)
	if _, err := s.Replica.Do("REPLICAOF", "127.0.0.1", "1"); err != nil { // It hears nothing any more.
		t.Fatal(err)
	}
	if err := p.shared[0].Publish(t.Context(), "topic", []byte("lost"), time.Minute); err != nil {
		t.Fatal(err)
	}
	p.heard[1].Await(t, "lost")
	s.Master.Kill()
	began := time.Now()
	for _, l := range p.heard {
		l.AwaitLost(t)
	}
	for _, l := range p.heard {
		l.AwaitCurrent(t)
	}
	t.Logf("current again after %v", time.Since(began))
	redistest.Eventually(t, "the new master keeps what was lost", func() error {
		answer, err := s.Replica.Do("ZCARD", "clerk:{t}:topic")
		if err == nil && answer != ":1\r\n" {
			err = errors.New(answer)
		}
		return err
	})
	late := sharedtest.Listen(t, open(t, newClient()), "topic")
	late.Await(t, "lost")
	if err := p.shared[1].Publish(t.Context(), "topic", []byte("after"), time.Minute); err != nil {
		t.Fatal(err)
	}
	p.heard[0].Await(t, "after")
}

// TestCluster: the table, and then the node ends on which topics are, and comes back with nothing.
func TestCluster(t *testing.T) {
	t.Parallel()
	nodes := redistest.StartCluster(t)
	newClient := func(t *testing.T) rueidis.Client {
		t.Helper()
		return redistest.Client(t, nil, nodes[0].Addr, nodes[1].Addr, nodes[2].Addr)
	}
	t.Run("table", func(t *testing.T) {
		sharedtest.Run(t, func(t *testing.T, processes int) []core.Shared {
			t.Helper()
			fleet := make([]core.Shared, processes)
			for i := range fleet {
				fleet[i] = open(t, newClient(t), func(o *redisclerk.Options) { o.Prefix = t.Name() + ":" })
			}
			return fleet
		})
	})
	p := newPair(t, func() rueidis.Client { return newClient(t) })
	if err := p.shared[0].Publish(t.Context(), "topic", []byte("lost"), time.Minute); err != nil {
		t.Fatal(err)
	}
	for _, node := range nodes {
		node.Kill()
		node.Run(t)
	}
	for _, l := range p.heard {
		l.AwaitCurrent(t)
	}
	redistest.Eventually(t, "a late process hears what was lost", func() error {
		l := sharedtest.Listen(t, p.shared[1], "topic")
		defer l.Stop()
		l.AwaitCurrent(t)
		if l.Heard() != 1 {
			return errors.New("nothing is kept")
		}
		return nil
	})
}
