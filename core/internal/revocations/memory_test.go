package revocations_test

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/revocations"
)

var at = time.Unix(1795217577, 0)

func newMemory(most int) *revocations.Memory {
	return revocations.New(revocations.Config{Max: most, Now: func() time.Time { return at }})
}

// TestOrderAndDuplicatesDoNotMatter: whatever the order of events, and however often each comes,
// the latest of them decides.
func TestOrderAndDuplicatesDoNotMatter(t *testing.T) {
	t.Parallel()
	event := func(seconds int, lifted bool) revocations.Event {
		return revocations.Event{Kind: revocations.User, ID: "user_a", At: at.Add(time.Duration(seconds) * time.Second), Lifted: lifted}
	}
	staying := func(seconds int) revocations.Event {
		e := event(seconds, false)
		e.Stays = true
		return e
	}
	for name, tt := range map[string]struct {
		events  []revocations.Event
		revoked bool
	}{
		"banned":                                {[]revocations.Event{event(1, false)}, true},
		"not banned":                            {[]revocations.Event{event(1, true)}, false},
		"banned and no more":                    {[]revocations.Event{event(1, false), event(2, true)}, false},
		"banned and no more, and again":         {[]revocations.Event{event(1, false), event(2, true), event(3, false)}, true},
		"the ban comes again after its end":     {[]revocations.Event{event(1, false), event(2, true), event(1, false)}, false},
		"an end that is older than the ban":     {[]revocations.Event{event(2, false), event(1, true)}, true},
		"the second ban first":                  {[]revocations.Event{event(3, false), event(1, false), event(2, true)}, true},
		"everything at the same time is a ban":  {[]revocations.Event{event(1, false), event(1, true)}, true},
		"ended, banned earlier, and told twice": {[]revocations.Event{event(1, false), event(3, true), event(2, false), event(2, false)}, false},
		"what stays":                            {[]revocations.Event{staying(1)}, true},
		"what stays, and an end":                {[]revocations.Event{staying(1), event(2, true)}, true},
		"what stays, banned and no more":        {[]revocations.Event{staying(1), event(2, false), event(3, true)}, true},
		"banned, what stays, and an end":        {[]revocations.Event{event(1, false), staying(2), event(3, true)}, true},
		"banned and no more, then what stays":   {[]revocations.Event{event(1, false), event(3, true), staying(2)}, true},
		"what stays cannot be an end":           {[]revocations.Event{event(1, false), {Kind: revocations.User, ID: "user_a", At: at.Add(time.Minute), Lifted: true, Stays: true}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMemory(10)
			for _, e := range tt.events {
				m.Note(e)
				m.Note(e)
			}
			if _, got := m.Find(revocations.Subject{UserID: "user_a"}); got != tt.revoked {
				t.Errorf("revoked: got %t, want %t", got, tt.revoked)
			}
		})
	}
}

// TestOneEntryForEachThing: what nothing lifts has an entry of its own only where something could.
func TestOneEntryForEachThing(t *testing.T) {
	t.Parallel()
	for kind, tt := range map[revocations.Kind]struct {
		org  string
		want int
	}{
		revocations.Session:      {want: 1},
		revocations.User:         {want: 2},
		revocations.Organization: {want: 1},
		revocations.Membership:   {org: "org_a", want: 2},
		revocations.Role:         {org: "org_a", want: 1},
	} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			now := at
			m := revocations.New(revocations.Config{Max: 10, Now: func() time.Time { return now }})
			for _, stays := range []bool{true, false, true} {
				m.Note(revocations.Event{Kind: kind, ID: "id_a", OrgID: tt.org, Stays: stays})
			}
			if got := m.Stats().Entries; got != tt.want {
				t.Errorf("got %d entries, want %d", got, tt.want)
			}
			now = now.Add(m.LifeOf(kind) + time.Second)
			if got := m.Stats().Entries; got != 0 {
				t.Errorf("got %d entries when they have expired, want none", got)
			}
		})
	}
}

// TestASessionIsAskedOnce for a user, whoever has revoked it.
func TestASessionIsAskedOnce(t *testing.T) {
	t.Parallel()
	m := newMemory(10)
	asked := 0
	for _, stays := range []bool{false, true, false} {
		m.Note(revocations.Event{Kind: revocations.User, ID: "user_a", Stays: stays})
		why, revoked := m.Find(revocations.Subject{UserID: "user_a"})
		if !revoked {
			t.Fatal("it is not revoked")
		}
		if m.Ask("sess_a", why) {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
}

// BenchmarkFind shows what a request pays for the look, and what an entry takes.
func BenchmarkFind(b *testing.B) {
	for _, n := range []int{0, 1, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			m := newMemory(max(n, 1))
			for i := range n {
				m.Note(revocations.Event{Kind: revocations.Session, ID: fmt.Sprintf("sess_2NNEqL2nrIRdJ194ndJqAf%06d", i)})
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			subject := revocations.Subject{SessionID: "sess_2NNEqL2nrIRdJ194ndJqAxyzabc", UserID: "user_2NNEqL2nrIRdJ194ndJqAxyzabc", OrgID: "org_2NNEqL2nrIRdJ194ndJqAxyzabc"}
			b.ReportAllocs()
			for b.Loop() {
				if m.Idle() {
					continue
				}
				if _, revoked := m.Find(subject); revoked {
					b.Fatal("revoked")
				}
			}
			if n > 1 {
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "B/entry")
			}
			if got := m.Stats().Entries; got != n {
				b.Fatalf("got %d entries, want %d", got, n)
			}
		})
	}
}
