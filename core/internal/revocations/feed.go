package revocations

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/fleet"
	"github.com/clerkgo/clerkgo/core/internal/loglimit"
	"github.com/clerkgo/clerkgo/core/internal/sealed"
)

// FeedConfig says how a [Feed] reaches the fleet.
type FeedConfig struct {
	Memory *Memory
	// Publish announces a message to all processes, and keeps it for ttl.
	Publish func(ctx context.Context, topic string, message []byte, ttl time.Duration) error
	// Box seals messages.
	Box    *sealed.Box
	Now    func() time.Time
	Redact func(string) string
	Log    *slog.Logger
	// Heard is told of what the fleet revokes and this process did not know; nil is nobody.
	Heard func(Event)
}

// Feed tells the fleet what was revoked, and hears of it. It receives messages one at a
// time; all else is safe for concurrent use.
type Feed struct {
	config FeedConfig
	topic  string

	announcer                             fleet.Announcer
	failing, warned                       atomic.Bool // what was logged already
	published, received, rejected, failed atomic.Uint64

	logs loglimit.Limit
}

// Bounds of announcements.
const (
	announceTry    = time.Second // of one try
	maxReplay      = time.Hour   // by which clocks of a fleet differ at most
	minKeep        = time.Minute // of messages
	kindRevocation = "revocation"
)

// NewFeed returns a feed. Who has one subscribes it to its topic.
func NewFeed(c FeedConfig) *Feed {
	return &Feed{config: c, topic: c.Box.Name(kindRevocation, "")}
}

// Topic is that of the messages.
func (f *Feed) Topic() string { return f.topic }

// Announce tells the fleet of an event. It does not wait for long: an error says that the
// fleet may not know. A few more tries are made in the background.
func (f *Feed) Announce(ctx context.Context, e Event) error {
	life := max(f.config.Memory.LifeOf(e.Kind), minKeep)
	message := f.config.Box.Seal(kindRevocation, "", sealed.Entry{At: e.At, Expires: f.config.Now().Add(life), Content: encode(e, f.config.Memory.Lifetimes())})
	err := f.announcer.Announce(ctx, func(ctx context.Context) error { return f.noted(ctx, f.publish(ctx, message, life)) })
	if errors.Is(err, fleet.ErrBusy) {
		return f.noted(ctx, err)
	}
	return err
}

func (f *Feed) publish(ctx context.Context, message []byte, life time.Duration) (err error) {
	ctx, cancel := context.WithTimeout(ctx, announceTry)
	defer cancel()
	defer func() {
		if p := recover(); p != nil { // In the application's code: it would end the program.
			err = fmt.Errorf("it panicked: %v", p)
		}
	}()
	return f.config.Publish(ctx, f.topic, message, life)
}

// noted counts how an announcement ended. That it failed is logged once, until one succeeds.
func (f *Feed) noted(ctx context.Context, err error) error {
	if err == nil {
		f.published.Add(1)
		if f.failing.Swap(false) {
			f.config.Log.InfoContext(ctx, "core: what is revoked can be announced to the fleet again")
		}
		return nil
	}
	f.failed.Add(1)
	if !f.failing.Swap(true) {
		f.config.Log.WarnContext(ctx, "core: what is revoked cannot be announced to the fleet: other processes may let it pass until its tokens expire", "error", f.config.Redact(err.Error()))
	}
	return err
}

// Deliver receives a message. What is not sealed by this instance is ignored and counted.
func (f *Feed) Deliver(message []byte) {
	e, lifetimes, err := f.open(message)
	if err != nil {
		f.rejected.Add(1)
		if !f.warned.Swap(true) {
			f.config.Log.Warn("core: a message of the fleet is not believed, and is ignored: it was changed, or is not this instance's", "why", err)
		}
		return
	}
	f.config.Memory.Saw(lifetimes)
	if e, news := f.config.Memory.Note(e); news == Fresh {
		f.received.Add(1)
		if f.config.Heard != nil {
			f.config.Heard(e)
		}
	}
}

var (
	errForm = errors.New("it is none of this version")
	errOld  = errors.New("it has expired long ago")
)

func (f *Feed) open(message []byte) (Event, Lifetimes, error) {
	entry, err := f.config.Box.Unseal(kindRevocation, "", message)
	if err != nil {
		return Event{}, Lifetimes{}, err
	}
	if f.config.Now().Sub(entry.Expires) > maxReplay {
		return Event{}, Lifetimes{}, errOld
	}
	e, lifetimes, ok := decode(entry.Content)
	if !ok {
		return Event{}, Lifetimes{}, errForm
	}
	e.At = entry.At
	return e, lifetimes, nil
}

// Current says whether everything that the fleet has announced was delivered.
func (f *Feed) Current(current bool) {
	before := f.config.Memory.SetCurrent(current)
	if before == current {
		return
	}
	subject, level, message := "lost", slog.LevelWarn, "core: the connection to the fleet is lost: what this process knows itself decides about revocations"
	if current {
		subject, level, message = "current", slog.LevelInfo, "core: this process knows what the fleet has revoked"
	}
	if leftOut, ok := f.logs.Allow(subject, f.config.Now()); ok {
		f.config.Log.Log(context.Background(), level, message, "repeated", leftOut)
	}
}

// FeedStats are counters of a [Feed].
type FeedStats struct{ Published, Received, Rejected, Failed uint64 }

// Stats returns the counters.
func (f *Feed) Stats() FeedStats {
	if f == nil {
		return FeedStats{}
	}
	return FeedStats{f.published.Load(), f.received.Load(), f.rejected.Load(), f.failed.Load()}
}

// The layout of a message's content: version, kind, mark, lifetimes of tokens in
// seconds, of sessions and of machines, length of the id, id, id of the organization.
const (
	messageVersion = 2
	unmarked       = 1 // the version before, without markStays
	messageHead    = 1 + 1 + 1 + 4 + 4 + 1
)

// What a message says of its kind: that it is revoked until Clerk says otherwise, that Clerk says so, or
// that it is revoked and nothing lifts it.
const (
	markRevoked byte = iota
	markLifted
	markStays
)

func encode(e Event, l Lifetimes) []byte {
	b := make([]byte, 0, messageHead+len(e.ID)+len(e.OrgID))
	mark := markRevoked
	switch {
	case e.Lifted:
		mark = markLifted
	case e.Stays:
		mark = markStays
	}
	b = append(b, messageVersion, byte(e.Kind), mark)
	b = binary.BigEndian.AppendUint32(b, uint32(l.Session/time.Second))
	b = binary.BigEndian.AppendUint32(b, uint32(l.Machine/time.Second))
	b = append(b, byte(len(e.ID))) // MaxID at most
	b = append(b, e.ID...)
	return append(b, e.OrgID...)
}

func decode(b []byte) (e Event, l Lifetimes, ok bool) {
	if len(b) < messageHead {
		return Event{}, Lifetimes{}, false
	}
	mark := b[2]
	switch {
	case b[0] == unmarked && mark == markRevoked:
		mark = markStays // It may be the application's: refused for too long is better than not.
	case b[0] == unmarked && mark == markLifted, b[0] == messageVersion && mark <= markStays:
	default:
		return Event{}, Lifetimes{}, false
	}
	ids, n := string(b[messageHead:]), int(b[messageHead-1])
	if n > len(ids) {
		return Event{}, Lifetimes{}, false
	}
	e = Event{Kind: Kind(b[1]), ID: ids[:n], OrgID: ids[n:], Lifted: mark == markLifted, Stays: mark == markStays}
	in := func(at int) time.Duration { return time.Duration(binary.BigEndian.Uint32(b[at:])) * time.Second }
	return e, Lifetimes{in(3), in(7)}, e.Valid()
}
