package quota_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/quota"
)

// takes counts how many of so many calls are allowed.
func takes(q *quota.Quota, class quota.Class, n int) (allowed int) {
	for range n {
		if _, ok := q.Take(class); ok {
			allowed++
		}
	}
	return allowed
}

func TestSignInsMayUseWhatOthersMustLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for limit, want := range map[int]int{1: 1, 4: 4, 5: 4, 100: 80, 1000: 800} {
			q := quota.New(quota.Config{Limit: limit, Window: 10 * time.Second})
			if got := takes(q, quota.Others, 2*limit); got != want {
				t.Errorf("of %d others made %d, want %d", limit, got, want)
			}
			if got := takes(q, quota.First, 2*limit); got != limit-want {
				t.Errorf("of %d sign-ins made %d besides, want %d", limit, got, limit-want)
			}
			if s := q.Stats(); s.Limit != limit || s.Recent != limit || s.Left != 0 || s.Made != uint64(limit) || s.Refused != uint64(3*limit) {
				t.Errorf("of %d: counted %+v", limit, s)
			}
		}
	})
}

// TestNoStretchOfAWindowHasMore: whenever calls are made, no ten seconds have more than the limit,
// and as many as that are made again and again.
func TestNoStretchOfAWindowHasMore(t *testing.T) {
	t.Parallel()
	for name, pause := range map[string]time.Duration{"steadily": 7 * time.Millisecond, "now and then": 1700 * time.Millisecond, "in bursts": 9900 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const limit, length = 50, 10 * time.Second
				q := quota.New(quota.Config{Limit: limit, Window: length})
				var made []time.Time
				begin := time.Now()
				for time.Since(begin) < 5*time.Minute {
					for range 30 {
						if _, ok := q.Take(quota.First); ok {
							made = append(made, time.Now())
						}
					}
					time.Sleep(pause)
				}
				for i := range made {
					if i >= limit && made[i].Sub(made[i-limit]) < length {
						t.Fatalf("%d calls within %v", limit+1, made[i].Sub(made[i-limit]))
					}
				}
				if least := 700; len(made) < least { // The bursts ask for 900.
					t.Errorf("made %d calls, want at least %d", len(made), least)
				}
			})
		})
	}
}

func TestARefusalSaysWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := quota.New(quota.Config{Limit: 10, Window: 10 * time.Second})
		takes(q, quota.First, 4)
		time.Sleep(3500 * time.Millisecond)
		takes(q, quota.First, 6)
		wait, ok := q.Take(quota.First)
		if ok || wait <= 0 || wait > 11*time.Second {
			t.Fatalf("got %v, %v", wait, ok)
		}
		if peek, full := q.Full(quota.First); !full || peek != wait {
			t.Errorf("asked beforehand it says %v, %v, not %v", peek, full, wait)
		}
		time.Sleep(wait - 1)
		if _, ok := q.Take(quota.First); ok {
			t.Error("there is room before its time")
		}
		time.Sleep(time.Nanosecond)
		if got := takes(q, quota.First, 10); got != 4 {
			t.Errorf("then %d calls are made, want 4", got)
		}
		time.Sleep(time.Hour)
		if _, full := q.Full(quota.First); full || takes(q, quota.First, 20) != 10 {
			t.Error("an hour later there is no room")
		}
	})
}

func TestWhatIsMadeInAnyCaseCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := quota.New(quota.Config{Limit: 2, Window: 10 * time.Second})
		for range 3 {
			q.Count()
		}
		if _, ok := q.Take(quota.First); ok {
			t.Error("it does not count")
		}
		if s := q.Stats(); s.Left != 0 || s.Recent != 3 {
			t.Errorf("counted %+v", s)
		}
	})
}

func TestWithoutALimitEverythingPasses(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, -1} {
		q := quota.New(quota.Config{Limit: limit, Window: 10 * time.Second})
		q.Count()
		if _, full := q.Full(quota.Others); full || takes(q, quota.Others, 5000) != 5000 || q.Stats() != (quota.Stats{}) {
			t.Errorf("%d is a limit", limit)
		}
	}
}
