package core

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// logInterval is how often a fault that strangers, or an outage, can cause over and
// over is logged.
const logInterval = time.Minute

// logLimit lets one line a minute pass for each subject. Subjects are constants, so
// it stays small.
type logLimit struct {
	mu   sync.Mutex
	last map[string]logged
}

// logged is when a subject was logged, and how many lines were left out since.
type logged struct {
	at      time.Time
	leftOut int
}

// allow reports whether a line may be logged, and how many like it were left out
// before it.
func (l *logLimit) allow(subject string, now time.Time) (leftOut int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, seen := l.last[subject]
	// A clock that was set back must not silence the log.
	if seen && now.Sub(last.at) < logInterval && !now.Before(last.at) {
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

// logOften logs what may happen with every request: once a minute, with the number
// of lines that were left out meanwhile.
func (c *Clerk) logOften(ctx context.Context, level slog.Level, subject, message string, args ...any) {
	leftOut, ok := c.shared.logs.allow(subject, c.now())
	if !ok {
		return
	}
	if leftOut > 0 {
		args = append(args, "repeated", leftOut)
	}
	c.log.Log(ctx, level, message, args...)
}
