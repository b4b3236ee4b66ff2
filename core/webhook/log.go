package webhook

import (
	"errors"
	"sync"
	"time"
)

// logInterval is how often refusals of one kind are logged: everybody can cause them.
const logInterval = time.Minute

// mend says what brings about a signature that does not match, and what to do. Errors do not say it: gin.ErrorLogger shows
// them to callers.
const mend = "the secret is that of another endpoint or another instance: copy this endpoint's signing secret from Clerk's dashboard into Options.Secret or " +
	secretVariable + ". Or something in front of the receiver changed the body or read it: it must be checked as it came. Or the request is a stranger's"

// refusals remembers when each kind of refusal was logged, and how many were not. Kinds are the
// Err… values, so it stays small.
type refusals struct {
	mu   sync.Mutex
	last map[error]logged
}

type logged struct {
	at      time.Time
	leftOut int
}

// logRefusal logs a refusal, unless one of its kind was within the last minute.
func (r *Receiver) logRefusal(err error) {
	var kind error
	if refused, ok := errors.AsType[*Error](err); ok {
		kind = refused.kind
	}
	if leftOut, ok := r.refused.allow(kind, r.now()); ok {
		args := []any{"error", err}
		if errors.Is(kind, ErrSignature) {
			args = append(args, "likely", mend)
		}
		if leftOut > 0 {
			args = append(args, "repeated", leftOut)
		}
		r.log.Warn("webhook: refused", args...)
	}
}

func (r *refusals) allow(kind error, now time.Time) (leftOut int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, seen := r.last[kind]
	// A clock that was set back must not silence the log.
	if seen && now.Sub(last.at) < logInterval && !now.Before(last.at) {
		last.leftOut++
		r.last[kind] = last
		return 0, false
	}
	if r.last == nil {
		r.last = make(map[error]logged)
	}
	r.last[kind] = logged{at: now}
	return last.leftOut, true
}
