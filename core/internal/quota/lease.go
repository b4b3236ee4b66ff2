package quota

import (
	"context"
	"time"
)

// Bounds of what a process takes from the fleet's budget beforehand.
const (
	// largest is the part of the limit that it takes at once.
	largest = 25
	// askAgain is how often the fleet is asked where nothing was left: nobody tells when its
	// window ends.
	askAgain = 250 * time.Millisecond
)

// budgetName is under which the fleet counts.
const budgetName = "backend"

// lease is what this process has taken from the budget of its fleet, whose window it knows only
// by what is left of it. So the fleet is not asked for each call: whoever makes many takes more at
// once, and what is not used ends with the window. Its owner's lock guards it.
type lease struct {
	left [2]int       // by class
	size [2]int       // of what was taken last
	full [2]time.Time // until then the fleet is not asked

	began  time.Time // when the fleet's window was known to be under way; zero before the first
	used   int       // of it, by all
	taking *taking   // nil where none is under way
	wanted [2]int    // who wait for that
}

// taking is a question to the fleet.
type taking struct {
	done   chan struct{} // closed when the rest is set
	failed bool
}

// forget ends what has ended with its window.
func (l *lease) forget(at time.Time, length time.Duration) {
	if l.began.IsZero() || at.Sub(l.began) < length && !at.Before(l.began) {
		return
	}
	l.began, l.used, l.left, l.full = time.Time{}, 0, [2]int{}, [2]time.Time{}
}

// The methods below are called with the lock.

// use uses a call that was taken before.
func (q *Quota) use(class Class, at time.Time) bool {
	l := &q.shared
	l.forget(at, q.config.Window)
	for of := class; of <= Others; of++ { // What others may, sign-ins may.
		if l.left[of] > 0 {
			l.left[of]--
			return true
		}
	}
	return false
}

// fleetFull reports whether the fleet had nothing left a moment ago.
func (q *Quota) fleetFull(class Class, at time.Time) (wait time.Duration, full bool) {
	l := &q.shared
	l.forget(at, q.config.Window)
	if !at.Before(l.full[class]) || l.left[class] > 0 || l.left[Others] > 0 {
		return 0, false
	}
	if l.began.IsZero() {
		return q.config.Window, true
	}
	return max(l.began.Add(q.config.Window).Sub(at), askAgain), true
}

// fleetLeft is how much the fleet may use, as far as this process knows.
func (q *Quota) fleetLeft(at time.Time) int {
	l := &q.shared
	l.forget(at, q.config.Window)
	return max(q.config.Limit-l.used, 0) + l.left[First] + l.left[Others]
}

// ask takes some of the fleet's budget, or waits for who does. It is false where the fleet cannot
// be asked. The lock is not held meanwhile.
func (q *Quota) ask(class Class) bool {
	l := &q.shared
	if t := l.taking; t != nil {
		l.wanted[class]++
		q.mu.Unlock()
		<-t.done // Soon: the fleet keeps the time.
		q.mu.Lock()
		l.wanted[class]--
		return !t.failed
	}
	t, at := &taking{done: make(chan struct{})}, now()
	l.taking = t
	share := class.share(q.config.Limit)
	n := min(max(l.size[class], 1+l.wanted[class]), share)
	q.mu.Unlock()
	n, left, ok := q.takeOf(n, share)
	q.mu.Lock()
	l.taking, t.failed = nil, !ok
	if ok {
		q.took(class, n, left, at)
	}
	close(t.done)
	return ok
}

// takeOf takes so many of the fleet's budget, or as many as are left. The lock is not held: it
// belongs to no request.
func (q *Quota) takeOf(n, share int) (taken, left int, ok bool) {
	ctx := context.Background()
	left, ok = q.config.Fleet.Take(ctx, budgetName, n, share, q.config.Window)
	if rest := left + n; ok && left < 0 && rest > 0 {
		n = min(rest, n-1)
		left, ok = q.config.Fleet.Take(ctx, budgetName, n, share, q.config.Window)
	}
	return n, left, ok
}

// took notes what was taken; left is negative where nothing was.
func (q *Quota) took(class Class, n, left int, at time.Time) {
	l := &q.shared
	if left < 0 {
		l.full[class], l.size[class] = now().Add(askAgain), 1
		return
	}
	most, share := max(q.config.Limit/largest, 1), class.share(q.config.Limit)
	used := share - min(left, share-n)       // No less than what was taken.
	if l.began.IsZero() || used < l.used+n { // A window that this process did not know.
		l.began, l.left, l.full = at, [2]int{}, [2]time.Time{}
		for c := range l.size {
			l.size[c] = max(l.size[c]/2, 1)
		}
	} else {
		l.size[class] = min(max(2*l.size[class], 1), most)
	}
	l.used = used
	l.left[class] += n
}
