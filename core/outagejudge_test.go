package core_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/clerkgo/clerkgo/core/token"
)

// Here the simulation judges what it sees.

// report notes a broken rule.
func (s *simulation) report(rule string, a *query, got *reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := fmt.Sprintf("%s at %s: %s after %v", a.kind.name, got.from.Sub(s.start).Truncate(time.Millisecond), got.word, got.to.Sub(got.from))
	if a.kid != "" {
		text += fmt.Sprintf("; its key is known: %v, before %v, keys of %v ago", got.after.kids[a.kid], got.before.kids[a.kid], got.from.Sub(got.before.at).Truncate(time.Second))
	}
	for _, w := range s.clerk.windows {
		if w.overlaps(got.from.Add(-time.Minute-probeInterval), got.to) {
			text += fmt.Sprintf("; %s: %s since %v, until %v", w.on, w.trouble, w.from.Sub(got.from), w.to.Sub(got.from))
		}
	}
	s.note(rule, text)
}

// isCalm reports whether Clerk works, and has for as long as it takes to notice.
func (s *simulation) isCalm(from, to time.Time) bool {
	for _, w := range s.clerk.windows {
		notice := probeInterval + aMoment
		if w.trouble == status429 {
			notice += maxRetryAfter
		}
		if w.overlaps(from.Add(-notice), to.Add(1)) {
			return false
		}
	}
	return true
}

// isKnownDown reports whether a surface has been down for as long as it takes to notice.
func (s *simulation) isKnownDown(on surface, from, to time.Time) bool {
	for _, w := range s.clerk.windows {
		if w.on == on && w.trouble.solid() && w.covers(from.Add(-probeInterval-maxWait), to) {
			return true
		}
	}
	return false
}

// heardOf reports whether the application has seen the Backend API fail a moment ago.
// s.mu is held.
func (s *simulation) heardOf(at time.Time) bool {
	for _, c := range slices.Backward(s.made) {
		switch age := at.Sub(c.at); {
		case age > probeInterval*5/8:
			return false
		case age > 0 && c.Outcome == "failed" && c.Endpoint != "GET /v1/client/handshake":
			return true
		}
	}
	return false
}

// knows reports whether the application can judge a token of a key.
func (r *reply) knows(kid string) bool {
	return r.before.kids[kid] && r.after.kids[kid] && r.from.Sub(r.before.at) < token.DefaultTTL+staleIfError
}

// judge looks at an answer.
func (s *simulation) judge(a *query, got *reply) {
	wait := got.to.Sub(got.from)
	calm := s.isCalm(got.from, got.to)
	s.mu.Lock()
	s.asked++
	if a.kind.needsBackend {
		s.needing = append(s.needing, got.from)
	}
	if wait > 0 && s.isKnownDown(backendAPI, got.from, got.to) && s.heardOf(got.from) {
		s.waited = append(s.waited, got.from)
	}
	s.mu.Unlock()

	if wait > maxWait+aMoment {
		s.report("a request waits longer than it may", a, got)
	}
	if a.kind.needsNothing && wait > 0 {
		s.report("a request waits that needs nothing of Clerk", a, got)
	}
	if got.word == isBusy && !a.kind.script && !got.readable {
		s.report("a page of 503 cannot be read", a, got)
	}
	if got.word == isHandshake && s.isKnownDown(frontendAPI, got.from, got.to) {
		s.report("a user is sent into a handshake that is known to fail", a, got)
	}
	switch may := a.kind.may(s, a, got); {
	case a.kind.right != "" && calm && got.word != a.kind.right && !slices.Contains(a.kind.alsoRight, got.word):
		if a.kid != "" && !got.before.kids[a.kid] && got.word == isBusy && got.from.Sub(s.rotatedAt) < token.DefaultMinInterval+probeInterval {
			return // A new key is asked for every few seconds, in calm times too.
		}
		s.report("an answer is not right although Clerk works", a, got)
	case slices.Contains(may, got.word):
	case got.word == isPage:
		s.report("a credential is accepted that cannot be checked", a, got)
	case a.kid != "" && got.knows(a.kid):
		s.report("a credential is not judged that can be", a, got)
	default:
		s.report("who could not be checked is called signed out", a, got)
	}
}

// judgeCalls looks at the calls during outages that are known, and at who waited.
func (s *simulation) judgeCalls() {
	const (
		settled, shortest = time.Minute, 3 * time.Minute
		tryAnyway         = 30 * time.Second // of each kind of call
		callKinds         = 4
		again             = 3 // tries of the first machine token's check, and for the first user, that repeat a call
	)
	for _, w := range s.clerk.windows {
		if !w.trouble.solid() || w.to.Sub(w.from) < shortest || w.on != backendAPI {
			continue
		}
		from := w.from.Add(settled)
		length := w.to.Sub(from)
		within := func(at time.Time) bool { return !at.Before(from) && at.Before(w.to) }
		calls, probes, kinds := 0, 0, map[string]int{} // The keys are what the probe asks for.
		for _, c := range s.made {
			switch {
			case !within(c.at) || c.Outcome == "refused" || c.Endpoint == "GET /v1/client/handshake":
			case c.Kind == "probe", c.Kind == "keys":
				probes++
			default:
				calls++
				kinds[c.Kind]++
			}
		}
		if most := int(length/(probeInterval*5/8)) + 1; probes > most {
			s.note("there is more than one probe in an interval", fmt.Sprintf("%v: %d probes, want %d at most", w, probes, most))
		}
		trials, calm := callKinds*(int(length/tryAnyway)+1), 0
		for _, at := range s.needing {
			if within(at) {
				calm++
			}
		}
		if most := min(trials, calm) + again; calls > most {
			s.note("an outage that is known causes more calls than trials, or than there are in calm times",
				fmt.Sprintf("%v: %d calls, want %d for trials and %d in calm times at most: %v", w, calls, trials, calm, kinds))
		}
		waited := 0
		for _, at := range s.waited {
			if within(at) {
				waited++
			}
		}
		if waited > trials {
			s.note("requests wait in an outage that is known", fmt.Sprintf("%v: %d requests, want %d at most", w, waited, trials))
		}
	}
}

func (s *simulation) note(rule, text string) { s.reports[rule] = append(s.reports[rule], text) }
