// Package revocations remembers what Clerk or the application has ended while tokens about it live
// on: sessions, users, memberships, roles and organizations. Where nothing was revoked, to ask costs one
// atomic load. An entry lives as long as a token could that was issued before.
package revocations

import (
	"hash/maphash"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Kind says what was revoked.
type Kind uint8

// The kinds, in the order in which they are looked for.
const (
	Session      Kind = iota + 1 // a session has ended
	User                         // a user is banned or deleted
	Organization                 // an organization is deleted
	Membership                   // a user is a member of an organization no longer
	Role                         // a user's role in an organization has changed
	kinds
)

// String is the kind's name in metrics.
func (k Kind) String() string {
	switch k {
	case Session:
		return "session"
	case User:
		return "user"
	case Organization:
		return "organization"
	case Membership:
		return "membership"
	case Role:
		return "role"
	case kinds:
	}
	return ""
}

// MaxID is the length of the longest id that is remembered, in bytes.
const MaxID = 128

// Event is what became known.
type Event struct {
	Kind Kind
	// ID is that of the session, the user or the organization. OrgID is the organization of a
	// membership and of a role, "" for all others.
	ID, OrgID string
	// At is when it happened, by Clerk's clock. Zero means now, after all that is known, and not
	// before NotBefore.
	At, NotBefore time.Time
	// Lifted says that it is over: a user is banned no longer, or a member again.
	Lifted bool
	// Stays says that nothing lifts it: the application has revoked it itself, or a user is deleted.
	// What is not marked so was told by Clerk, who may tell that it is over.
	Stays bool
}

// Valid reports whether an event names what it is about.
func (e Event) Valid() bool {
	if e.Lifted && e.Stays {
		return false
	}
	switch e.Kind {
	case Session, User, Organization:
		return e.ID != "" && len(e.ID) <= MaxID && e.OrgID == ""
	case Membership, Role:
		return e.ID != "" && len(e.ID) <= MaxID && e.OrgID != "" && len(e.OrgID) <= MaxID
	default:
		return false
	}
}

// place is where the entries of a kind are. Those that nothing lifts have one of their own, so that
// what Clerk says about the same user does not touch them.
type place uint8

const (
	stays  place = 1 << 3 // beside the kind
	places       = stays << 1
)

// looked are the places in the order in which they are looked for.
var looked = [...]place{
	place(Session), place(User) | stays, place(User), place(Organization), place(Membership) | stays, place(Membership), place(Role),
}

// place is where an event's entry is. Of most kinds nothing is lifted, and they need one alone.
func (e Event) place() place {
	if e.Stays && (e.Kind == User || e.Kind == Membership) {
		return place(e.Kind) | stays
	}
	return place(e.Kind)
}

func (p place) kind() Kind { return Kind(p &^ stays) }

// Subject is who a verified token names, "" for what it does not.
type Subject struct {
	SessionID, UserID, OrgID string
	IssuedAt, Expires        float64 // in seconds since 1970, 0 where that is unknown
	Machine                  bool    // it is a machine's credential, which may live longer than a session's
}

// Match is why a token does not count.
type Match struct {
	Kind Kind
	key  key
	at   int64
	till uint32
}

// NeedsFresh reports whether a fresh token of the same session would count.
func (m Match) NeedsFresh() bool { return m.Kind != Session && m.Kind != User }

// Config says how a [Memory] works.
type Config struct {
	// Max is how many entries there are at most.
	Max int
	Now func() time.Time
	// Required says that nobody passes while it is not known what was revoked.
	Required bool
	// Full is called where an entry has to go for another one; nil is nobody.
	Full func()
}

// Bounds of how long tokens live. Those of Clerk's sessions live a minute, or as long as
// the longest that was seen.
const (
	minLifetime = time.Minute
	maxLifetime = 24 * time.Hour
	maxAhead    = 24 * time.Hour // of Clerk's clock
)

// key is the digest of a kind and ids. Its seeds are this process's own.
type key [2]uint64

// entry is what is remembered of a key. Times of events are in milliseconds.
type entry struct {
	at, lifted int64
	till       uint32 // when it goes, in seconds since 1970
	sessions   uint32 // when no session's token is left; machines' may be
}

const shards = 64

type shard struct {
	mu    sync.RWMutex
	byKey map[key]entry
	_     [32]byte // Neighbours are in other cache lines.
}

// The bits of a memory's state.
const (
	hasEntries = 1 << iota
	uncertain
)

// Memory remembers what was revoked. A nil one remembers nothing. It is safe for
// concurrent use, and owns no goroutine: what has expired goes when something is asked or
// added.
type Memory struct {
	state atomic.Uint32 // what makes a look necessary; read with every request
	_     [60]byte

	longest atomic.Int64  // lifetime of a session's token, in nanoseconds
	machine atomic.Int64  // lifetime of a machine's token that nobody is asked about, in nanoseconds
	slack   atomic.Int64  // how long beyond its expiry a token may pass, in nanoseconds
	first   atomic.Uint32 // when the first entry expires
	entries [places]atomic.Int64
	refused atomic.Uint64
	dropped atomic.Uint64
	current atomic.Bool

	config Config
	seeds  [2]maphash.Seed
	shards [shards]shard

	watchers watchers

	mu    sync.Mutex // of those who add and take out
	order queue
	count int
	asked asked
}

// New returns an empty memory.
func New(c Config) *Memory {
	m := &Memory{config: c, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	m.longest.Store(int64(minLifetime))
	m.first.Store(math.MaxUint32)
	if c.Required {
		m.state.Store(uncertain)
	}
	return m
}

// Idle reports whether no token can be refused, so that none need be looked at.
func (m *Memory) Idle() bool { return m == nil || m.state.Load() == 0 }

// Uncertain reports whether it is unknown what was revoked, and that matters.
func (m *Memory) Uncertain() bool { return m != nil && m.state.Load()&uncertain != 0 }

// SetCurrent says whether all that others have found out is known here.
// It returns what was said before.
func (m *Memory) SetCurrent(current bool) (before bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before = m.current.Swap(current)
	m.setState()
	return before
}

// setState is called with the lock.
func (m *Memory) setState() {
	var state uint32
	if m.count > 0 {
		state |= hasEntries
	}
	if m.config.Required && !m.current.Load() {
		state |= uncertain
	}
	m.state.Store(state)
}

// Lifetimes are those of the tokens that live longest, as far as some were seen: of sessions, and of
// machines that act for a user and are verified without a question to Clerk.
type Lifetimes struct{ Session, Machine time.Duration }

// Saw notes how long verified tokens live, so that entries live as long.
func (m *Memory) Saw(l Lifetimes) {
	if m == nil {
		return
	}
	raise(&m.longest, min(l.Session, maxLifetime))
	raise(&m.machine, min(l.Machine, maxLifetime))
}

// Widen says how long beyond its expiry a token may pass. The longest counts.
func (m *Memory) Widen(slack time.Duration) { raise(&m.slack, slack) }

func raise(most *atomic.Int64, to time.Duration) {
	for {
		before := most.Load()
		if int64(to) <= before || most.CompareAndSwap(before, int64(to)) {
			return
		}
	}
}

// Lifetimes are those of the tokens that live longest, as far as some were seen.
func (m *Memory) Lifetimes() Lifetimes {
	return Lifetimes{time.Duration(m.longest.Load()), time.Duration(m.machine.Load())}
}

// Life is how long session tokens are refused.
func (m *Memory) Life() time.Duration { return m.living(m.Lifetimes().Session) }

// LifeOf is how long an entry of a kind lives. Machines' tokens are about users.
func (m *Memory) LifeOf(kind Kind) time.Duration {
	l := m.Lifetimes()
	if kind == User {
		return m.living(max(l.Session, l.Machine))
	}
	return m.living(l.Session)
}

func (m *Memory) living(token time.Duration) time.Duration {
	return token + time.Duration(m.slack.Load()) + 2*time.Second
}

func (m *Memory) keyOf(kind Kind, id, org string) key { return m.keyIn(place(kind), id, org) }

func (m *Memory) keyIn(p place, id, org string) key {
	var k key
	for i := range k {
		var h maphash.Hash
		h.SetSeed(m.seeds[i])
		_ = h.WriteByte(byte(p)) // A hash takes everything.
		_, _ = h.WriteString(id)
		if org != "" {
			_ = h.WriteByte(0)
			_, _ = h.WriteString(org)
		}
		k[i] = h.Sum64()
	}
	return k
}

func (m *Memory) shardOf(k key) *shard { return &m.shards[k[0]%shards] }

// Find returns why a token does not count, and counts that.
func (m *Memory) Find(s Subject) (Match, bool) {
	if m == nil || m.state.Load()&hasEntries == 0 {
		return Match{}, false
	}
	now := m.config.Now()
	if seconds(now) >= m.first.Load() {
		m.Purge()
	}
	for _, p := range looked {
		if m.entries[p].Load() == 0 {
			continue
		}
		kind := p.kind()
		id, org := s.UserID, ""
		switch kind {
		case Session:
			id = s.SessionID
		case User:
		case Organization:
			id = s.OrgID
		default:
			if org = s.OrgID; org == "" {
				continue
			}
		}
		if id == "" {
			continue
		}
		k := m.keyIn(p, id, org)
		if e, ok := m.shardOf(k).get(k); ok {
			if why, refused := e.refuses(kind, s, seconds(now)); refused {
				m.refused.Add(1)
				m.outlive(turn{k, p, why.till}, why.at, s, now)
				why.key = m.keyOf(kind, id, org) // Whoever has revoked it, a session is asked once.
				return why, true
			}
		}
	}
	return Match{}, false
}

// outlive keeps an entry that has refused a token until that passes no longer. When the entry was
// made, nobody may have seen a token that lives so long. Tokens that were issued later, by any clock,
// do not count: where what was revoked goes on at Clerk, they end with the entry.
func (m *Memory) outlive(t turn, at int64, s Subject, now time.Time) {
	const apart = 5 * time.Second // clocks, at most
	if s.IssuedAt*1000 > float64(at+apart.Milliseconds()) {
		return
	}
	most := seconds(now.Add(m.living(maxLifetime)))
	till := uint32(min(s.Expires+math.Ceil(m.living(0).Seconds()), float64(most)))
	if till <= t.till {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	shard := m.shardOf(t.key)
	e, ok := shard.get(t.key)
	if !ok {
		return
	}
	if !s.Machine {
		e.sessions = max(e.sessions, till)
	}
	queued := e.till
	e.till = max(e.till, till)
	shard.put(t.key, e)
	if e.till != queued {
		m.order.push(turn{t.key, t.place, e.till})
		m.tidy()
	}
}

// refuses reports whether an entry of a kind counts against a token, and why.
func (e entry) refuses(kind Kind, s Subject, now uint32) (why Match, refused bool) {
	till := e.sessions
	if s.Machine {
		till = e.till
	}
	why = Match{Kind: kind, at: e.at, till: till}
	if e.lifted > e.at {
		if kind != Membership {
			return Match{}, false
		}
		// Who is a member again may have another role than before.
		why.Kind, why.at = Role, e.lifted
	}
	if now >= till || why.Kind == Role && s.IssuedAt >= float64(floorSeconds(why.at)) {
		return Match{}, false
	}
	return why, true
}

func (s *shard) get(k key) (entry, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e, ok := s.byKey[k]
	return e, ok
}

func (s *shard) put(k key, e entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey == nil {
		s.byKey = make(map[key]entry)
	}
	s.byKey[k] = e
}

// News says what an event was to a memory.
type News uint8

// The news.
const (
	Nothing News = iota // it is about what is not remembered, or older than what is
	Again               // it is the one that was noted last
	Fresh
)

// Note remembers an event, and tells watchers. It returns the event with its time, and what it was.
func (m *Memory) Note(e Event) (noted Event, news News) {
	if m == nil || !e.Valid() {
		return e, Nothing
	}
	dropped := m.dropped.Load()
	noted, kept, news := m.note(e)
	if m.config.Full != nil && m.dropped.Load() != dropped { // Without the lock.
		m.config.Full()
	}
	if news == Fresh {
		m.tell(noted, kept)
	}
	return noted, news
}

// note returns besides what is remembered now, where that is news.
func (m *Memory) note(e Event) (noted Event, kept entry, news News) {
	now := m.config.Now()
	p := e.place()
	k := m.keyIn(p, e.ID, e.OrgID)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.purge(seconds(now))
	s := m.shardOf(k)
	before, known := s.get(k)
	at := e.At.UnixMilli()
	if e.At.IsZero() {
		at = max(now.UnixMilli(), e.NotBefore.UnixMilli(), before.at+1, before.lifted+1)
		e.At = time.UnixMilli(at)
	}
	switch {
	case e.Lifted && (!known || at <= before.at || at < before.lifted):
		return e, kept, Nothing // Of those whom nothing is known against, nothing is remembered.
	case e.Lifted && at == before.lifted, !e.Lifted && known && at == before.at:
		return e, before, Again
	case e.Lifted:
		before.lifted = at
		s.put(k, before)
		return e, before, Fresh
	case known && at < before.at:
		return e, kept, Nothing
	}
	from := now
	if e.At.After(now) { // This clock is behind Clerk's, and would believe the token for longer.
		from = time.UnixMilli(min(at, now.Add(maxAhead).UnixMilli()))
	}
	after := func(life time.Duration) uint32 { return seconds(from.Add(life + time.Second - 1)) }
	till := max(after(m.LifeOf(e.Kind)), before.till)
	if !known {
		m.makeRoom()
		m.count++
		m.entries[p].Add(1)
	}
	kept = entry{at: at, lifted: before.lifted, till: till, sessions: max(after(m.Life()), before.sessions)}
	s.put(k, kept)
	if !known || till != before.till {
		m.order.push(turn{k, p, till})
		m.tidy()
	}
	m.first.Store(m.order[0].till)
	m.setState()
	return e, kept, Fresh
}

// makeRoom takes out what expires soonest, where there is no room.
func (m *Memory) makeRoom() {
	if m.count < m.config.Max {
		return
	}
	for len(m.order) > 0 {
		if m.take(m.order.pop(), false) {
			m.dropped.Add(1)
			return
		}
	}
}

// take takes out the entry whose turn it is. It reports false where that has another turn.
func (m *Memory) take(t turn, expired bool) bool {
	s := m.shardOf(t.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.byKey[t.key]
	if !ok || e.till != t.till {
		return false
	}
	delete(s.byKey, t.key)
	if expired && len(s.byKey) == 0 {
		s.byKey = nil // A map does not shrink.
	}
	m.count--
	m.entries[t.place].Add(-1)
	return true
}

// tidy makes the queue anew where it holds too many turns that are none.
func (m *Memory) tidy() {
	if len(m.order) < 2*m.count+1024 {
		return
	}
	m.order.filter(func(t turn) bool {
		e, ok := m.shardOf(t.key).get(t.key)
		return ok && e.till == t.till
	})
}

// Purge takes out what has expired.
func (m *Memory) Purge() {
	if m == nil || !m.mu.TryLock() {
		return // Somebody is at it.
	}
	defer m.mu.Unlock()
	m.purge(seconds(m.config.Now()))
}

func (m *Memory) purge(now uint32) {
	if now < m.first.Load() {
		return
	}
	for len(m.order) > 0 && m.order[0].till <= now {
		m.take(m.order.pop(), true)
	}
	if len(m.order) == 0 {
		m.order = nil
		m.first.Store(math.MaxUint32)
	} else {
		m.first.Store(m.order[0].till)
	}
	m.setState()
}

// Ask reports whether a session may be asked for a fresh token for a reason: once.
func (m *Memory) Ask(sessionID string, why Match) bool {
	if why.Kind != Role {
		why.at = 0 // However often it was told, it is the same.
	}
	k := m.keyOf(Session, sessionID, "")
	now := seconds(m.config.Now())
	m.mu.Lock()
	defer m.mu.Unlock()
	life := uint32(m.Life() / time.Second)
	return m.asked.add(question{k, why.key, why.at}, now, max(why.till, now)+life, m.config.Max)
}

// Stats are counters of a [Memory].
type Stats struct {
	Entries          int
	Refused, Dropped uint64
	Current          bool
}

// Stats returns the counters.
func (m *Memory) Stats() Stats {
	if m == nil {
		return Stats{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.purge(seconds(m.config.Now()))
	return Stats{m.count, m.refused.Load(), m.dropped.Load(), m.current.Load()}
}

func seconds(t time.Time) uint32 { return uint32(min(max(t.Unix(), 0), math.MaxUint32-1)) }

func floorSeconds(ms int64) int64 { return time.UnixMilli(ms).Unix() }
