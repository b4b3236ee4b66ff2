package core

import (
	"reflect"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/clerkgo/clerkgo/core/internal/clerkapi"
	"github.com/clerkgo/clerkgo/core/internal/fleet"
	"github.com/clerkgo/clerkgo/core/internal/loglimit"
	"github.com/clerkgo/clerkgo/core/internal/revocations"
	"github.com/clerkgo/clerkgo/core/internal/sealed"
	"github.com/clerkgo/clerkgo/core/internal/users"
	"github.com/clerkgo/clerkgo/core/token"
)

// source is what instances with the same keys at the same Backend API have in common:
// the signing keys, the calls that strangers can cause, with their budget, what was revoked,
// and how often they log. An instance that [New] makes has its own.
type source struct {
	mu     sync.Mutex
	gate   *clerkapi.Gate
	box    *sealed.Box // nil without a store
	remote *token.Remote
	calls  *clerkapi.Questions

	revocations *revocations.Memory // nil where they are off
	feed        *revocations.Feed   // nil without a fleet
	fleet       *fleet.Fleet        // nil without one
	users       *users.Cache        // nil where none are kept
	hears       bool                // how long Clerk asks the fleet to wait
	leave       func()              // the fleet; nil without one

	counted   bool                           // hooks have the counters
	verifiers []weak.Pointer[token.Verifier] // of the instances, for hooks

	watches   atomic.Int64
	hold      func(by int64) // keeps it as long as somebody needs it; nil where that is nobody's business
	unchecked atomic.Uint64  // requests that could not be checked
	graces    graces
	before    outageTally // the outage that is under way

	sound atomic.Bool // a session passed since the last token that a wrong key would explain
	logs  loglimit.Limit
	// faults are those of applications: options that a request chose may be in their texts, and
	// must not silence what is in logs.
	faults loglimit.Limit
}

// outageTally is what was served before an outage began.
type outageTally struct{ unchecked, stale, graces atomic.Uint64 }

// gateOf returns what decides which calls are made, which the first instance makes.
func (s *source) gateOf(newGate func() *clerkapi.Gate) *clerkapi.Gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate == nil {
		s.gate = newGate()
	}
	return s.gate
}

// boxOf returns the entries of the store, which the first instance makes.
func (s *source) boxOf(newBox func() (*sealed.Box, error)) (*sealed.Box, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.box == nil {
		s.box, err = newBox()
	}
	return s.box, err
}

// remoteOf returns the signing keys, which the first instance makes.
func (s *source) remoteOf(newRemote func() *token.Remote) *token.Remote {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.remote == nil {
		s.remote = newRemote()
	}
	return s.remote
}

// fleetOf returns what the fleet shares, which the first instance makes.
func (s *source) fleetOf(newFleet func() (*fleet.Fleet, error)) (*fleet.Fleet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.fleet == nil {
		s.fleet, err = newFleet()
	}
	return s.fleet, err
}

// callsOf returns the calls, which the first instance makes.
func (s *source) callsOf(newQuestions func() *clerkapi.Questions) *clerkapi.Questions {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = newQuestions()
	}
	return s.calls
}

// revocationsOf returns what was revoked, which the first instance begins.
func (s *source) revocationsOf(newMemory func() *revocations.Memory) *revocations.Memory {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.revocations == nil {
		s.revocations = newMemory()
	}
	return s.revocations
}

// join makes the instances hear of what a fleet revokes, and say what they know, until the
// last of them is gone: once.
func (s *source) join(shared Shared, newFeed func() (*revocations.Feed, error)) (*revocations.Feed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.feed != nil {
		return s.feed, nil
	}
	feed, err := newFeed()
	if err != nil {
		return nil, err
	}
	s.feed = feed
	s.leaving(shared.Subscribe(feed.Topic(), feed))
	return feed, nil
}

// usersOf returns the users that are kept, which the first instance begins to keep. They hear of
// the fleet, by a subscription, until the last one is gone.
func (s *source) usersOf(newCache func() *users.Cache, subscribe func(*users.Cache) (stop func())) *users.Cache {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == nil {
		s.users = newCache()
		s.leaving(subscribe(s.users))
	}
	return s.users
}

// hear makes the instances hear how long Clerk asks the fleet to wait, until the last of them is
// gone: once.
func (s *source) hear(subscribe func() (stop func())) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.hears {
		s.hears = true
		s.leaving(subscribe())
	}
}

// leaving adds to what leaves the fleet. s.mu is held.
func (s *source) leaving(stop func()) {
	if before := s.leave; before != nil {
		s.leave = func() { before(); stop() }
		return
	}
	s.leave = stop
}

// end leaves the fleet.
func (s *source) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leave != nil {
		s.leave()
		s.leave = nil
	}
}

// sources are those of the instances that are kept, by what makes two the same. All
// of them have one HTTP client, one clock and one logger.
type sources struct {
	mu    sync.Mutex
	byKey map[string]*countedSource
}

// countedSource is a source and how many instances have it.
type countedSource struct {
	source

	key  string
	uses int64
}

// acquire returns the source for an instance, until release.
func (s *sources) acquire(o *Options) *countedSource {
	key := string(appendValue(nil, reflect.ValueOf(struct {
		SecretKey, MachineSecretKey, APIURL, APIVersion string
		Retry                                           Retry
		KeyRefresh                                      KeyRefresh
		CallBudget                                      CallBudget
		BackendLimit                                    BackendLimit
		SharedTimeout                                   time.Duration
		Outage                                          Outage
		Revocations                                     Revocations
		MachineTokens                                   MachineTokens
		Users                                           Users
	}{o.SecretKey, o.MachineSecretKey, o.APIURL, o.APIVersion, o.Retry, o.KeyRefresh, o.CallBudget, o.BackendLimit, o.SharedTimeout, o.Outage, o.Revocations, o.MachineTokens, o.Users})))
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.byKey[key]
	if found == nil {
		found = &countedSource{key: key}
		found.hold = func(by int64) { s.count(found, by) }
		if s.byKey == nil {
			s.byKey = make(map[string]*countedSource)
		}
		s.byKey[key] = found
	}
	found.uses++
	return found
}

// release gives a source back. Instances that still have it go on with it.
func (s *sources) release(one *countedSource) {
	if one != nil {
		s.count(one, -1)
	}
}

// count notes by how many more a source is needed. One that nobody needs goes.
func (s *sources) count(one *countedSource, by int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.uses += by; one.uses == 0 {
		if s.byKey[one.key] == one {
			delete(s.byKey, one.key)
		}
		one.end()
	}
}

func (s *sources) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byKey)
}
