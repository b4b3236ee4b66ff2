//go:build unix

package redisclerk_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/clerkgo/clerkgo/clerktest/sharedtest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/redisclerk"
	"github.com/clerkgo/clerkgo/redisclerk/redistest"
)

// open returns what a process shares that uses the client until the test ends.
func open(t *testing.T, client rueidis.Client, change ...func(*redisclerk.Options)) *redisclerk.Shared {
	t.Helper()
	o := redisclerk.Options{Logger: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&o)
	}
	s := redisclerk.New(client, o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestShared(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, change := range map[string]func(*rueidis.ClientOption){
		"as it comes":            nil,
		"without a cache, RESP2": func(o *rueidis.ClientOption) { o.DisableCache, o.AlwaysRESP2 = true, true },
		"always in a pipeline":   func(o *rueidis.ClientOption) { o.AlwaysPipelining = true },
		"never in a pipeline":    func(o *rueidis.ClientOption) { o.DisableAutoPipelining = true },
	} {
		t.Run(name, func(t *testing.T) {
			sharedtest.Run(t, func(t *testing.T, processes int) []core.Shared {
				t.Helper()
				fleet := make([]core.Shared, processes)
				for i := range fleet {
					fleet[i] = open(t, redistest.Client(t, change, server.Addr), func(o *redisclerk.Options) { o.Prefix = t.Name() + ":" })
				}
				return fleet
			})
		})
	}
}

// TestEveryKeyHasThePrefixAndExpires: a Redis that others use, too, is not filled for ever.
func TestEveryKeyHasThePrefixAndExpires(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := redistest.Client(t, nil, server.Addr)
	s := open(t, client)
	l := sharedtest.Listen(t, s, "topic")
	l.AwaitCurrent(t)
	ctx := t.Context()
	for _, err := range []error{
		s.Set(ctx, "key", []byte("v"), time.Minute),
		s.Publish(ctx, "topic", []byte("m"), time.Minute),
		s.Publish(ctx, "topic", []byte("n"), time.Second),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Take(ctx, "budget", 1, 10, time.Minute); err != nil {
		t.Fatal(err)
	}
	keys, err := client.Do(ctx, client.B().Keys().Pattern("*").Build()).AsStrSlice()
	if err != nil || len(keys) != 4 {
		t.Errorf("there are the keys %q (%v), want four", keys, err)
	}
	for _, key := range keys {
		pttl, err := client.Do(ctx, client.B().Pttl().Key(key).Build()).AsInt64()
		if !strings.HasPrefix(key, "clerk:") || err != nil || pttl <= 0 || pttl > time.Minute.Milliseconds() {
			t.Errorf("%s expires in %d ms (%v)", key, pttl, err)
		}
	}
}

func TestNewPanics(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := redistest.Client(t, nil, server.Addr)
	for want, construct := range map[string]func(){
		"not nil":    func() { redisclerk.New(nil) },
		"brace":      func() { redisclerk.New(client, redisclerk.Options{Prefix: "a{b}"}) },
		"MaxSilence": func() { redisclerk.New(client, redisclerk.Options{MaxSilence: time.Millisecond}) },
		"one":        func() { redisclerk.New(client, redisclerk.Options{}, redisclerk.Options{}) },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "redisclerk: ") || !strings.Contains(text, want) {
					t.Errorf("it panics with %q, want %q in it", text, want)
				}
			}()
			construct()
		}()
	}
}
