// Package loglimit lets one line a minute pass of what strangers, or an outage, can cause
// over and over.
package loglimit

import (
	"sync"
	"time"
)

// interval is how often a subject is logged.
const interval = time.Minute

// Limit lets one line a minute pass for each subject. Subjects are constants, so it stays
// small. The zero value is ready to use, and safe for concurrent use.
type Limit struct {
	mu   sync.Mutex
	last map[string]logged
}

// logged is when a subject was logged, and how many lines were left out since.
type logged struct {
	at      time.Time
	leftOut int
}

// Allow reports whether a line may be logged, and how many like it were left out
// before it.
func (l *Limit) Allow(subject string, now time.Time) (leftOut int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, seen := l.last[subject]
	// A clock that was set back must not silence the log.
	if seen && now.Sub(last.at) < interval && !now.Before(last.at) {
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
