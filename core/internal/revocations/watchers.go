package revocations

import "sync"

// Watcher is told when the token of a long connection counts no longer.
type Watcher struct {
	memory  *Memory
	subject Subject
	told    func(Match)
	links   [lists]link
	gone    bool
}

// Each watcher is in a list for its session, for its user, for its organization, and for its
// membership there, as far as it has them.
const lists = 4

// link is a watcher's place in one of the lists.
type link struct {
	key        key
	in         bool
	prev, next *Watcher
}

// watchers are those of a memory, by what may be revoked.
type watchers struct {
	mu    sync.Mutex
	heads [lists]map[key]*Watcher
}

// Watch has told called when something is revoked of which a token's subject is part, in the
// goroutine that notes it, without a lock, perhaps more than once. It is called for what is noted
// from now on: look with [Memory.Find] afterwards. A nil memory never calls it.
func (m *Memory) Watch(s Subject, told func(Match)) *Watcher {
	if m == nil {
		return nil
	}
	w := &Watcher{memory: m, subject: s, told: told}
	all := &m.watchers
	all.mu.Lock()
	defer all.mu.Unlock()
	if s.SessionID != "" {
		all.push(0, m.keyOf(Session, s.SessionID, ""), w)
	}
	if s.UserID != "" {
		all.push(1, m.keyOf(User, s.UserID, ""), w)
	}
	if s.OrgID != "" {
		all.push(2, m.keyOf(Organization, s.OrgID, ""), w)
	}
	if s.UserID != "" && s.OrgID != "" {
		all.push(3, m.keyOf(Membership, s.UserID, s.OrgID), w)
	}
	return w
}

// Renew says that there is a later token of the same subject.
func (w *Watcher) Renew(issuedAt float64) {
	if w == nil {
		return
	}
	all := &w.memory.watchers
	all.mu.Lock()
	defer all.mu.Unlock()
	w.subject.IssuedAt = max(w.subject.IssuedAt, issuedAt)
}

// Stop forgets a watcher. It may be called twice; told may be running meanwhile.
func (w *Watcher) Stop() {
	if w == nil {
		return
	}
	all := &w.memory.watchers
	all.mu.Lock()
	defer all.mu.Unlock()
	if w.gone {
		return
	}
	w.gone = true
	for i := range w.links {
		all.take(i, w)
	}
}

func (a *watchers) push(list int, k key, w *Watcher) {
	if a.heads[list] == nil {
		a.heads[list] = make(map[key]*Watcher)
	}
	head := a.heads[list][k]
	w.links[list] = link{key: k, in: true, next: head}
	if head != nil {
		head.links[list].prev = w
	}
	a.heads[list][k] = w
}

func (a *watchers) take(list int, w *Watcher) {
	l := w.links[list]
	w.links[list] = link{}
	switch {
	case !l.in:
		return
	case l.prev != nil:
		l.prev.links[list].next = l.next
	case l.next != nil:
		a.heads[list][l.key] = l.next
	default:
		delete(a.heads[list], l.key)
		if len(a.heads[list]) == 0 {
			a.heads[list] = nil // A map does not shrink.
		}
	}
	if l.next != nil {
		l.next.links[list].prev = l.prev
	}
}

// tell tells those whose tokens do not count any more, after an event whose entry is e now.
func (m *Memory) tell(about Event, e entry) {
	list, kind := 0, about.Kind
	switch kind {
	case User:
		list = 1
	case Organization:
		list = 2
	case Membership, Role:
		list, kind = 3, Membership
	default: // A session.
	}
	now := seconds(m.config.Now())
	for _, one := range m.watchers.of(list, m.keyOf(kind, about.ID, about.OrgID)) {
		if why, refused := e.refuses(about.Kind, one.subject, now); refused {
			why.key = m.keyOf(about.Kind, about.ID, about.OrgID)
			m.refused.Add(1)
			one.told(why)
		}
	}
}

// watched is a watcher at one moment.
type watched struct {
	subject Subject
	told    func(Match)
}

// of returns the watchers of a list.
func (a *watchers) of(list int, k key) []watched {
	a.mu.Lock()
	defer a.mu.Unlock()
	var found []watched
	for w := a.heads[list][k]; w != nil; w = w.links[list].next {
		found = append(found, watched{w.subject, w.told})
	}
	return found
}
