package clerkapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/fleet"
	"github.com/clerkgo/clerkgo/core/internal/loglimit"
	"github.com/clerkgo/clerkgo/core/internal/quota"
	"github.com/clerkgo/clerkgo/core/internal/sealed"
)

// HoldsConfig says how long Clerk is obeyed, and who is told.
type HoldsConfig struct {
	// Max is how long Clerk's Retry-After is obeyed at most; zero means not.
	Max time.Duration
	// Fleet is told of an answer 429; nil is nobody.
	Fleet *fleet.Fleet
	// Now is the clock of what the fleet is told.
	Now func() time.Time
	Log *slog.Logger
}

// Holds are until when Clerk asks not to be called, by kind. They know nothing of a [Gate], and so
// of an instance, which may be gone before the fleet is. Safe for concurrent use.
type Holds struct {
	config HoldsConfig
	until  [KindCount]atomic.Int64 // no call before this time, Unix nanoseconds
	told   [KindCount]atomic.Int64 // until when the fleet knows to wait
	logs   loglimit.Limit

	announced, heard atomic.Uint64
}

// NewHolds returns what holds nothing back.
func NewHolds(c HoldsConfig) *Holds { return &Holds{config: c} }

func (h *Holds) left(kind Kind, now time.Time) time.Duration {
	return time.Duration(h.until[kind].Load() - now.UnixNano())
}

// extend makes no call of a kind for a while.
func (h *Holds) extend(kind Kind, wait time.Duration) {
	until := now().Add(wait).UnixNano()
	for before := h.until[kind].Load(); before < until && !h.until[kind].CompareAndSwap(before, until); {
		before = h.until[kind].Load()
	}
}

// obey does what Clerk asks for in an answer about a kind of call.
func (h *Holds) obey(kind Kind, failure *Failure) {
	wait := min(failure.RetryAfter, h.config.Max)
	if wait <= 0 {
		return
	}
	h.extend(kind, wait)
	// Some calls of the application have limits of their own.
	if failure.Status == http.StatusTooManyRequests && kind != Application {
		h.limit(kind, wait)
		h.tell(kind, wait)
	}
}

// limit obeys a 429: it is about the secret key, which all calls have in common. Those that people
// sign in by stop only where they themselves are answered so.
func (h *Holds) limit(kind Kind, wait time.Duration) {
	h.extend(kind, wait)
	for k := range Kind(KindCount) {
		if k.class() == quota.Others {
			h.extend(k, wait)
		}
	}
	if leftOut, ok := h.logs.Allow("limit", now()); ok && h.config.Log != nil {
		h.config.Log.Warn("core: Clerk answers that it is called too often (429), and is left alone for a while: what needs it could not be checked",
			"kind", kind.String(), "for", wait, "repeated", leftOut)
	}
}

// kindHold is the kind of the fleet's messages that say to wait, holdVersion their version.
const (
	kindHold    = "hold"
	holdVersion = 1
)

// toldLately is how much longer a wait must be for the fleet to be told again.
const toldLately = time.Second

// tell tells the fleet of a 429. Nobody waits for that.
func (h *Holds) tell(kind Kind, wait time.Duration) {
	until, before := now().Add(wait).UnixNano(), h.told[kind].Load()
	if h.config.Fleet == nil || until-before < int64(toldLately) || !h.told[kind].CompareAndSwap(before, until) {
		return
	}
	at := h.config.Now()
	go func() {
		if h.config.Fleet.Publish(fleet.Unhurried(context.Background()), kindHold, sealed.Entry{At: at, Expires: at.Add(wait), Content: []byte{holdVersion, byte(kind)}}) {
			h.announced.Add(1)
		}
	}()
}

// Topic is that of the messages. There must be a fleet.
func (h *Holds) Topic() string { return h.config.Fleet.Topic(kindHold) }

var errHoldForm = errors.New("it is none of this version")

// Deliver receives a message. What this instance's processes have not written is ignored and
// counted. The wait is no longer than it was, and than this process allows, whatever clocks say.
func (h *Holds) Deliver(message []byte) {
	e, ok := h.config.Fleet.Open(kindHold, message)
	if !ok {
		return
	}
	if len(e.Content) != 2 || e.Content[0] != holdVersion || e.Content[1] >= byte(Application) {
		h.config.Fleet.Reject(context.Background(), kindHold, errHoldForm)
		return
	}
	wait := min(e.Expires.Sub(h.config.Now()), e.Expires.Sub(e.At), h.config.Max)
	if wait <= 0 {
		return
	}
	kind := Kind(e.Content[1])
	// It is one that is told already, perhaps by this process itself.
	for until, before := now().Add(wait).UnixNano(), h.told[kind].Load(); until > before && !h.told[kind].CompareAndSwap(before, until); {
		before = h.told[kind].Load()
	}
	h.heard.Add(1)
	h.limit(kind, wait)
}

// Current is told whether everything was delivered. Clerk tells this process itself what it did
// not hear.
func (*Holds) Current(bool) {}

// HoldStats are the state and the counters of [Holds].
type HoldStats struct {
	Until       time.Time // when all calls may be made again; zero where they may
	Told, Heard uint64    // messages to and from the fleet
}

// Stats returns them.
func (h *Holds) Stats() HoldStats {
	s, at := HoldStats{Told: h.announced.Load(), Heard: h.heard.Load()}, now()
	for k := range h.until {
		if until := time.Unix(0, h.until[k].Load()); until.After(at) && until.After(s.Until) {
			s.Until = until
		}
	}
	return s
}
