// Package loglimit lets one line a minute pass of what strangers, or an outage, can cause
// over and over.
package loglimit

import (
	"maps"
	"sync"
	"time"
)

const (
	// interval is how often a subject is logged.
	interval = time.Minute
	// maxSubjects is how many have a line of their own.
	maxSubjects = 100
)

// others is the subject of all that come when there are too many.
const others = ""

// Limit lets one line a minute pass for each subject, and one for all others where there are
// more than a hundred in that time. The zero value is ready to use, and safe for concurrent
// use.
type Limit struct {
	mu   sync.Mutex
	last map[string]logged
}

// logged is when a subject was logged, and how many lines were left out since.
type logged struct {
	at      time.Time
	leftOut int
}

// isOver reports whether the next line may be logged. A clock that was set back must not
// silence the log.
func (l logged) isOver(now time.Time) bool {
	return now.Sub(l.at) >= interval || now.Before(l.at)
}

// Allow reports whether a line may be logged, and how many like it were left out
// before it.
func (l *Limit) Allow(subject string, now time.Time) (leftOut int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, seen := l.last[subject]
	if !seen && len(l.last) >= maxSubjects {
		maps.DeleteFunc(l.last, func(_ string, last logged) bool { return last.isOver(now) })
		if len(l.last) >= maxSubjects {
			subject = others
			last, seen = l.last[subject]
		}
	}
	if seen && !last.isOver(now) {
		last.leftOut++
		l.last[subject] = last
		return 0, false
	}
	if l.last == nil {
		l.last = make(map[string]logged)
	}
	l.last[subject] = logged{at: now}
	return last.leftOut, true
}
