package users

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/fleet"
	"github.com/clerkgo/clerkgo/core/internal/sealed"
)

// The kinds of what the fleet shares.
const (
	kindUser    = "user"
	kindChanged = "user-changed"
)

// mark is a change of a user that others may not know yet.
type mark [16]byte

// ofFleet returns a user whom another process has asked for.
func (c *Cache) ofFleet(ctx context.Context, name, id string) (*entry, bool) {
	if name == "" {
		return nil, false
	}
	now := c.config.Now()
	e, ok := c.config.Fleet.Get(ctx, kindUser, name)
	if !ok {
		return nil, false
	}
	body, ok := c.config.Fleet.Show(ctx, kindUser, name, e.Content)
	if !ok || len(body) == 0 || len(body) > maxUserBytes {
		return nil, false
	}
	found := &entry{id: id, body: body, at: e.At}
	if found.at.After(now) { // Clocks of a fleet differ. It is no older than it says.
		found.at = now
	}
	found.until = found.at.Add(c.config.MaxAge)
	if e.Expires.Before(found.until) {
		found.until = e.Expires
	}
	return found, found.holds(now)
}

// tell makes a user known to the fleet.
func (c *Cache) tell(ctx context.Context, name string, e entry) {
	c.config.Fleet.Set(fleet.Unhurried(ctx), kindUser, name,
		sealed.Entry{At: e.at, Expires: e.until, Content: c.config.Fleet.Hide(kindUser, name, e.body)})
}

var errUntold = errors.New("the fleet may not know that users have changed")

// Changed forgets users, here and in the fleet; "" is all of them. An error says that others of
// the fleet may go on with what they know until that is too old.
func (c *Cache) Changed(ctx context.Context, ids ...string) error {
	if c == nil || len(ids) == 0 {
		return nil
	}
	now := c.config.Now()
	var failed error
	for _, id := range ids {
		var m mark
		_, _ = rand.Read(m[:]) // It never fails.
		c.mu.Lock()
		c.changed(id)
		if c.config.Fleet != nil {
			c.marks.add(id, m, now)
		}
		c.mu.Unlock()
		if c.config.Fleet == nil {
			continue
		}
		content := c.config.Fleet.Hide(kindChanged, "", append(m[:], id...))
		message := sealed.Entry{At: now, Expires: now.Add(c.marks.keep), Content: content}
		failed = errors.Join(failed, c.announcer.Announce(ctx, func(ctx context.Context) error {
			if !c.config.Fleet.Publish(fleet.Unhurried(ctx), kindChanged, message) {
				return errUntold
			}
			return nil
		}))
	}
	return failed
}

// Topic is that of the messages.
func (c *Cache) Topic() string { return c.config.Fleet.Topic(kindChanged) }

// Deliver receives a message. What this instance has not written is ignored and counted.
func (c *Cache) Deliver(message []byte) {
	e, ok := c.config.Fleet.Open(kindChanged, message)
	if !ok {
		return
	}
	content, ok := c.config.Fleet.Show(context.Background(), kindChanged, "", e.Content)
	if !ok || len(content) < len(mark{}) {
		return
	}
	m, id := mark(content[:len(mark{})]), string(content[len(mark{}):])
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.marks.add(id, m, c.config.Now()) {
		c.changed(id)
	}
}

// Current says whether everything that the fleet has announced was delivered. Where it was not,
// what others have asked for is not used.
func (c *Cache) Current(current bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current = current
}

// Bounds of marks.
const (
	maxMarked   = 64 << 10 // users who have some
	maxMarks    = 64       // of one user
	clocksApart = time.Minute
)

// marks are the changes of users that were heard of, for as long as what was asked before may
// be kept somewhere. What the fleet is told of a user has them in its name: so it is read by
// none that knows of a later change, and what was asked before one is never found after it,
// whatever clocks say and whoever writes last. Its owner's lock guards it.
type marks struct {
	keep  time.Duration
	byID  map[string]*marked
	sweep time.Time
	alone time.Time // the fleet is not used before
}

type marked struct {
	all   map[mark]struct{}
	sum   mark // of all, whatever their order
	alone bool // they are too many: the fleet is not used
	until time.Time
}

func newMarks(maxAge time.Duration) marks {
	return marks{keep: maxAge + clocksApart, byID: make(map[string]*marked)}
}

// add reports whether a mark is new.
func (s *marks) add(id string, m mark, now time.Time) bool {
	if !now.Before(s.sweep) {
		s.sweep = now.Add(s.keep)
		s.forget(now)
	}
	u := s.byID[id]
	if u == nil || !now.Before(u.until) {
		if u == nil && len(s.byID) >= maxMarked {
			clear(s.byID) // Nobody knows then what has changed.
			s.alone = now.Add(s.keep)
		}
		u = &marked{all: make(map[mark]struct{})}
		s.byID[id] = u
	}
	if _, known := u.all[m]; known {
		return false
	}
	u.until = now.Add(s.keep)
	if len(u.all) >= maxMarks {
		u.alone = true
		return true
	}
	u.all[m] = struct{}{}
	for i := range m {
		u.sum[i] ^= m[i]
	}
	return true
}

func (s *marks) forget(now time.Time) {
	for id, u := range s.byID {
		if !now.Before(u.until) {
			delete(s.byID, id)
		}
	}
}

// nameOf is under which the fleet keeps a user, "" where it keeps none now.
func (s *marks) nameOf(id string, now time.Time) string {
	if now.Before(s.alone) {
		return ""
	}
	var name strings.Builder
	name.WriteString(id)
	for _, of := range [...]string{id, ""} {
		u := s.byID[of]
		switch {
		case u == nil || !now.Before(u.until):
			name.WriteByte('/')
		case u.alone:
			return ""
		default:
			name.WriteString("/" + hex.EncodeToString(u.sum[:]))
		}
	}
	return name.String()
}
