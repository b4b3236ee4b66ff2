package core_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/clerktest/sharedtest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/webhook"
)

var fleetSeed = flag.Uint64("fleet.seed", 0, "simulate the fleet of this seed only")

// link is how a process reaches the fleet.
type link int

const (
	linkWorks  link = iota
	linkFails       // calls return errors
	linkFrozen      // calls do not return before they have to
	linkMutes       // calls succeed, and the process hears nothing
	links
)

// chaos is what three processes share. It loses messages, delivers them late, twice and in any order, and
// keeps them for whoever connects again. As redisclerk does, it publishes again what a process could not.
type chaos struct {
	mu   sync.Mutex
	rng  *rand.Rand
	kept []string
	ends []*chaosEnd
}

// chaosEnd is a process's end of it.
type chaosEnd struct {
	sharedtest.Fleet // for values, of which there are none here

	all    *chaos
	link   link
	outbox []string
	told   func(message string) // that a message comes to the process
	made   func(message string) // that the process publishes one

	delivering sync.Mutex
	subs       map[string]core.Subscriber // by topic
}

func (e *chaosEnd) Subscribe(topic string, s core.Subscriber) (stop func()) {
	if e.subs == nil {
		e.subs = map[string]core.Subscriber{}
	}
	e.subs[topic] = s
	s.Current(true)
	return func() {}
}

func (e *chaosEnd) Publish(ctx context.Context, topic string, message []byte, _ time.Duration) error {
	text := topic + "\n" + string(message)
	e.all.mu.Lock()
	how := e.link
	e.made(text)
	if how == linkFails || how == linkFrozen {
		e.outbox = append(e.outbox, text)
	}
	e.all.mu.Unlock()
	switch how {
	case linkFails:
		return errors.New("connection refused")
	case linkFrozen:
		<-ctx.Done()
		return ctx.Err()
	default:
		e.all.publish(text)
		return nil
	}
}

// publish keeps a message, and delivers it to some, each on a way of its own.
func (c *chaos) publish(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = append(c.kept, text)
	for _, e := range c.ends {
		for range c.rng.IntN(3) { // It is lost, comes once, or twice.
			after := time.Duration(c.rng.IntN(3000)) * time.Millisecond
			go func() {
				time.Sleep(after)
				c.mu.Lock()
				hears := e.link == linkWorks
				c.mu.Unlock()
				if hears {
					e.deliver(text)
				}
			}()
		}
	}
}

func (e *chaosEnd) deliver(text string) {
	e.delivering.Lock()
	defer e.delivering.Unlock()
	topic, message, _ := strings.Cut(text, "\n")
	e.subs[topic].Deliver([]byte(message))
	e.told(text)
}

// set changes a process's link. When it works again, all that is kept is delivered.
func (e *chaosEnd) set(how link) {
	e.all.mu.Lock()
	before := e.link
	e.link = how
	var again []string
	if how == linkWorks {
		again, e.outbox = e.outbox, nil
	}
	e.all.mu.Unlock()
	if how != linkWorks {
		if before == linkWorks {
			e.current(false)
		}
		return
	}
	for _, text := range again {
		e.all.publish(text)
	}
	e.all.mu.Lock()
	kept := append([]string(nil), e.all.kept...)
	e.all.rng.Shuffle(len(kept), func(i, j int) { kept[i], kept[j] = kept[j], kept[i] })
	e.all.mu.Unlock()
	for _, text := range kept {
		e.deliver(text)
	}
	e.current(true)
}

func (e *chaosEnd) current(is bool) {
	e.delivering.Lock()
	defer e.delivering.Unlock()
	for _, s := range e.subs {
		s.Current(is)
	}
}

// What happens besides what the types of events tell apart.
const (
	userBanned        webhook.Type = "user.updated, banned"
	revokesUser       webhook.Type = "RevokeUser" // the application
	revokesMembership webhook.Type = "RevokeMembership"
)

// happening is something that was revoked, or that ended a revocation.
type happening struct {
	kind          webhook.Type
	session, user string
	at            time.Time // at Clerk
}

// fleetProcess is one of the three, with what it was told.
type fleetProcess struct {
	*core.Clerk

	end    *chaosEnd
	strict bool // Revocations.Required
	doing  *happening
	known  map[*happening]bool
	asked  map[string]int // handshakes, by session and reason
}

// fleetSimulation is a fleet, and those who use it. Only its driver reads and writes, but for what is told
// by messages, which chaos.mu guards.
type fleetSimulation struct {
	t         *testing.T
	rng       *rand.Rand
	server    *clerktest.Server
	chaos     *chaos
	processes []*fleetProcess
	history   []*happening
	of        map[string]*happening // messages
	tokens    []simulatedToken
	counts    map[string]int
}

type simulatedToken struct {
	session, user, raw string
	issued             time.Time
}

// TestFleetsKnowWhatTheyKnow lets three processes, whose clocks are up to an hour from Clerk's, live with a
// fleet that fails in every way: no process forgets what it was told, nobody else is refused, no request
// waits, no session is sent to Clerk twice by a process for one thing, and when the fleet works again all know everything.
func TestFleetsKnowWhatTheyKnow(t *testing.T) {
	t.Parallel()
	seeds := make([]uint64, 0, 12)
	for seed := range uint64(cap(seeds)) {
		seeds = append(seeds, seed+1)
	}
	if *fleetSeed != 0 {
		seeds = []uint64{*fleetSeed}
	}
	s := newServer(t, true)
	options := plain(s)
	var (
		mu  sync.Mutex
		all = map[string]int{}
	)
	t.Run("seeds", func(t *testing.T) {
		t.Parallel()
		for _, seed := range seeds {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					simulation := newFleetSimulation(t, seed, s, options)
					simulation.live()
					mu.Lock()
					defer mu.Unlock()
					for what, n := range simulation.counts {
						all[what] += n
					}
				})
			})
		}
	})
	t.Cleanup(func() {
		t.Log(all)
		for _, what := range []string{"signed-in", "session-revoked", "user-revoked", "membership-revoked", "role-changed", "revocations-unknown", "handshake", "told"} {
			if all[what] == 0 && *fleetSeed == 0 {
				t.Errorf("nothing is shown about %s", what)
			}
		}
	})
}

func newFleetSimulation(t *testing.T, seed uint64, server *clerktest.Server, options core.Options) *fleetSimulation {
	t.Helper()
	s := &fleetSimulation{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)), server: server, of: map[string]*happening{}, counts: map[string]int{},
		chaos: &chaos{rng: rand.New(rand.NewPCG(seed, 2))},
	}
	tolerated := 3 * time.Hour
	for i, apart := range []time.Duration{0, time.Hour, -time.Hour} {
		p := &fleetProcess{strict: i == 1 && seed%2 == 0, known: map[*happening]bool{}, asked: map[string]int{}}
		p.end = &chaosEnd{all: s.chaos}
		p.end.made = func(text string) { // chaos.mu is held.
			if s.of[text] == nil {
				s.of[text] = p.doing
			}
		}
		p.end.told = func(text string) {
			s.chaos.mu.Lock()
			defer s.chaos.mu.Unlock()
			if h := s.of[text]; h != nil {
				p.known[h] = true
			}
		}
		o := options
		o.JWTKey, o.Logger, o.ClockSkew = server.PEM(), slog.New(slog.DiscardHandler), &tolerated
		o.Now = func() time.Time { return time.Now().Add(apart) }
		o.Shared, o.Revocations.Required = p.end, p.strict
		p.Clerk = newClerk(t, o)
		s.chaos.ends = append(s.chaos.ends, p.end)
		s.processes = append(s.processes, p)
	}
	return s
}

func (s *fleetSimulation) live() {
	for range 600 {
		switch n := s.rng.IntN(100); {
		case n < 12:
			s.issue()
		case n < 22:
			s.happens()
		case n < 30:
			s.processes[s.rng.IntN(3)].end.set(link(s.rng.IntN(int(links))))
		default:
			if len(s.tokens) > 0 {
				s.request(s.processes[s.rng.IntN(3)], s.tokens[s.rng.IntN(len(s.tokens))])
			}
		}
		time.Sleep(time.Duration(s.rng.IntN(400)) * time.Millisecond)
	}
	for _, p := range s.processes { // It heals.
		p.end.set(linkWorks)
	}
	for _, p := range s.processes { // What they could not tell is kept now.
		p.end.set(linkWorks)
	}
	time.Sleep(10 * time.Second) // The tries that follow, and messages under way.
	for _, p := range s.processes {
		s.chaos.mu.Lock()
		for _, h := range s.history {
			if h.kind != webhook.UserUpdated && h.kind != webhook.MembershipCreated {
				p.known[h] = true
			}
		}
		s.chaos.mu.Unlock()
		for _, token := range s.tokens {
			for range 2 {
				s.request(p, token)
			}
		}
		if got := p.Stats().Revocations; !got.Current || got.Rejected != 0 || got.Dropped != 0 {
			s.t.Errorf("a process counts %+v", got)
		}
	}
}

const sessionsEach, usersInAll = 4, 6

func (s *fleetSimulation) issue() {
	user := s.rng.IntN(usersInAll)
	token := simulatedToken{user: fmt.Sprintf("user_%d", user), session: fmt.Sprintf("sess_%d_%d", user, s.rng.IntN(sessionsEach)), issued: time.Now()}
	token.raw = s.server.SessionToken(token.user, clerktest.SessionID(token.session), clerktest.IssuedAt(token.issued),
		clerktest.Claim("o", map[string]any{"id": revokedOrg, "slg": "s", "rol": "admin"}))
	s.tokens = append(s.tokens, token)
}

// happens has something happen at Clerk, or what happened before be told again, to one of the processes.
func (s *fleetSimulation) happens() {
	p := s.processes[s.rng.IntN(3)]
	h := &happening{at: time.Now()}
	if len(s.history) > 0 && s.rng.IntN(3) == 0 {
		h = s.history[s.rng.IntN(len(s.history))]
	} else {
		user := s.rng.IntN(usersInAll - 1) // To the last one nothing happens.
		h.user = fmt.Sprintf("user_%d", user)
		switch n := s.rng.IntN(14); {
		case n < 4:
			h.kind, h.session = webhook.SessionRevoked, fmt.Sprintf("sess_%d_%d", user, s.rng.IntN(sessionsEach))
		case n < 5:
			h.kind = userBanned
		case n < 7:
			h.kind = webhook.UserUpdated // The end of a ban, or any change.
		case n < 9:
			h.kind = webhook.MembershipUpdated
		case n < 10:
			h.kind = webhook.MembershipDeleted
		case n < 12:
			h.kind = webhook.MembershipCreated
		default: // Nothing lifts these, so there are few of them, of few.
			h.user = fmt.Sprintf("user_%d", s.rng.IntN(2))
			h.kind = [...]webhook.Type{webhook.UserDeleted, revokesUser, revokesMembership, revokesMembership}[s.rng.IntN(4)]
		}
		s.history = append(s.history, h)
	}
	data := fmt.Sprintf(`{"id":"orgmem_a","organization":{"id":%q},"public_user_data":{"user_id":%q}}`, revokedOrg, h.user)
	switch {
	case h.session != "":
		data = fmt.Sprintf(`{"id":%q}`, h.session)
	case strings.HasPrefix(string(h.kind), "user."):
		data = fmt.Sprintf(`{"id":%q,"banned":%t}`, h.user, h.kind == userBanned)
	}
	s.chaos.mu.Lock()
	p.doing = h
	s.chaos.mu.Unlock()
	began := time.Now()
	err := p.does(s.t.Context(), h, data)
	if took := time.Since(began); took > 50*time.Millisecond {
		s.t.Errorf("%s waited %v", h.kind, took)
	}
	if err != nil && !errors.Is(err, core.ErrUnavailable) {
		s.t.Error(err)
	}
	s.chaos.mu.Lock()
	defer s.chaos.mu.Unlock()
	p.known[h] = true
	if err == nil {
		s.counts["told"]++
	}
}

// does tells a process of what happened at Clerk, or has the application do it there.
func (p *fleetProcess) does(ctx context.Context, h *happening, data string) error {
	kind := h.kind
	switch kind {
	case revokesUser:
		return p.RevokeUser(ctx, h.user)
	case revokesMembership:
		return p.RevokeMembership(ctx, h.user, revokedOrg)
	case userBanned:
		kind = webhook.UserUpdated
	default:
	}
	return p.HandleEvent(ctx, &webhook.Event{Type: kind, Data: []byte(data), OccurredAt: h.at})
}

// request has a process judge a token, and judges the process.
func (s *fleetSimulation) request(p *fleetProcess, token simulatedToken) {
	r := get("/", "Authorization", "Bearer "+token.raw)
	if s.rng.IntN(2) == 0 {
		r = page("/", "Cookie", inCookies(s.server, token.raw, 1, ""))
	}
	s.chaos.mu.Lock()
	must, may := p.mustRefuse(s.history, token)
	works := p.end.link == linkWorks
	s.chaos.mu.Unlock()
	began := time.Now()
	state := p.Authenticate(s.t.Context(), r)
	if took := time.Since(began); took != 0 {
		s.t.Errorf("a request waited %v", took)
	}
	unknown := state.Unavailable() != nil
	switch {
	case unknown && (!p.strict || works):
		s.t.Errorf("it could not be checked: %v", state.Unavailable())
	case must && (state.IsSignedIn() || unknown):
		s.t.Errorf("%s passes, issued at %v, in spite of what the process knows", token.session, token.issued)
	case !may && !unknown && !state.IsSignedIn():
		s.t.Errorf("%s is refused for %s, and nothing has happened to it", token.session, state.Reason())
	}
	s.counts[string(state.Status())]++
	s.counts[string(state.Reason())]++
	if state.Status() == "handshake" {
		// A role can change several times; each of them may ask.
		key := token.session + " " + string(state.Reason())
		p.asked[key]++
		most := 1
		if state.Reason() == "role-changed" {
			most = 0
			for _, h := range s.history {
				if h.user == token.user && (h.kind == webhook.MembershipUpdated || h.kind == webhook.MembershipCreated) {
					most++
				}
			}
		}
		if p.asked[key] > most {
			s.t.Errorf("%s is sent to Clerk %d times for %s", token.session, p.asked[key], state.Reason())
		}
	}
}

// mustRefuse reports whether a process must refuse a token by what it was told, and whether it may by what
// has happened. Where a revocation was lifted both answers are right, but for older tokens of who is a member again.
func (p *fleetProcess) mustRefuse(history []*happening, token simulatedToken) (must, may bool) {
	older := func(h *happening) bool { return token.issued.Unix() < h.at.Unix() }
	// lifts returns the first thing that ended what happened.
	lifts := func(h *happening, kind webhook.Type) *happening {
		for _, other := range history {
			if other.kind == kind && other.user == h.user && !other.at.Before(h.at) {
				return other
			}
		}
		return nil
	}
	for _, h := range history {
		if h.user != token.user || h.session != "" && h.session != token.session {
			continue
		}
		counts := false
		switch h.kind {
		case webhook.SessionRevoked, webhook.UserDeleted, revokesUser, revokesMembership:
			counts, may = true, true
		case userBanned:
			counts, may = lifts(h, webhook.UserUpdated) == nil, true
		case webhook.MembershipUpdated:
			counts, may = older(h), may || older(h)
		case webhook.MembershipDeleted:
			created := lifts(h, webhook.MembershipCreated)
			counts, may = created == nil || older(created), true
		default: // They revoke nothing.
		}
		must = must || counts && p.known[h]
	}
	return must, may
}
