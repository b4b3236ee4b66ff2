package revocations

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestWatchersAreToldAndForgotten in any order: who is told is who a look would find, and who has
// stopped takes no place.
func TestWatchersAreToldAndForgotten(t *testing.T) {
	t.Parallel()
	now := time.Unix(1795217577, 0)
	m := New(Config{Max: 1000, Now: func() time.Time { return now }})
	rng := rand.New(rand.NewPCG(1, 2))
	id := func(prefix string) string { return fmt.Sprintf("%s_%d", prefix, rng.IntN(4)) }
	told := map[int]Kind{}
	watching := map[int]*Watcher{}
	subjects := map[int]Subject{}
	for i := range 20_000 {
		now = now.Add(100 * time.Millisecond)
		switch rng.IntN(4) {
		case 0, 1:
			s := Subject{SessionID: id("sess"), UserID: id("user"), OrgID: id("org"), IssuedAt: float64(now.Unix())}
			if rng.IntN(3) == 0 {
				s.OrgID = ""
			}
			if _, revoked := m.Find(s); revoked {
				continue
			}
			subjects[i] = s
			watching[i] = m.Watch(s, func(why Match) { told[i] = why.Kind })
		case 2:
			for i, w := range watching { // Any.
				w.Stop()
				w.Stop()
				delete(watching, i)
				break
			}
		default:
			e := Event{Kind: Kind(1 + rng.IntN(5)), At: now, Lifted: rng.IntN(3) == 0}
			switch e.Kind {
			case Session:
				e.ID = id("sess")
			case User:
				e.ID = id("user")
			case Organization:
				e.ID = id("org")
			default:
				e.ID, e.OrgID = id("user"), id("org")
			}
			clear(told)
			m.Note(e)
			for i, w := range watching {
				why, revoked := m.Find(subjects[i])
				if kind, ok := told[i]; ok != revoked || ok && kind != e.Kind && kind != why.Kind {
					t.Fatalf("%+v after %+v: told %t, revoked %t", subjects[i], e, ok, revoked)
				}
				if revoked {
					w.Stop()
					delete(watching, i)
				}
			}
		}
	}
	for _, w := range watching {
		w.Stop()
	}
	for i, heads := range m.watchers.heads {
		if heads != nil {
			t.Errorf("list %d has %d entries left", i, len(heads))
		}
	}
}

// TestWatchersOfOneKey can go from every place of their list.
func TestWatchersOfOneKey(t *testing.T) {
	t.Parallel()
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		m := New(Config{Max: 10, Now: func() time.Time { return time.Unix(1795217577, 0) }})
		var told []int
		var all []*Watcher
		for i := range order {
			all = append(all, m.Watch(Subject{UserID: "user_a"}, func(Match) { told = append(told, i) }))
		}
		for n, i := range order {
			told = nil
			m.Note(Event{Kind: User, ID: "user_a"})
			slices.Sort(told)
			if want := slices.Sorted(slices.Values(order[n:])); !slices.Equal(told, want) {
				t.Errorf("%v: told %v, want %v", order, told, want)
			}
			all[i].Stop()
		}
	}
}

// TestWatchersFromEverySide at the same time.
func TestWatchersFromEverySide(t *testing.T) {
	t.Parallel()
	m := New(Config{Max: 10, Now: time.Now})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 500 {
				told := make(chan struct{}, 8)
				w := m.Watch(Subject{SessionID: "sess_a", UserID: fmt.Sprintf("user_%d", i)}, func(Match) { told <- struct{}{} })
				m.Note(Event{Kind: User, ID: fmt.Sprintf("user_%d", i)})
				<-told
				w.Renew(1)
				w.Stop()
			}
		})
	}
	all.Wait()
	for i, heads := range m.watchers.heads {
		if heads != nil {
			t.Errorf("list %d has %d entries left", i, len(heads))
		}
	}
}

// BenchmarkWatch shows what a watcher takes.
func BenchmarkWatch(b *testing.B) {
	m := New(Config{Max: 10, Now: time.Now})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		m.Watch(Subject{SessionID: fmt.Sprint("sess_", i), UserID: fmt.Sprint("user_", i)}, func(Match) {})
	}
}
