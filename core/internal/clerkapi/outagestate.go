package clerkapi

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sony/gobreaker/v2"
)

// Outage is one that is over.
type Outage struct {
	Length          time.Duration
	Failed, Refused uint64 // calls
}

// outage is the one that is under way, if since is not zero. The gate's lock guards it.
type outage struct {
	since           time.Time
	failedAt        time.Time // when something last failed
	failed, refused uint64    // before it
	again           *time.Timer
}

// quiet is how long a kind of call that has failed must not be tried for it to count as
// forgotten.
const quiet = 30 * time.Second

// failed notes that something failed.
func (g *Gate) failed(at time.Time) {
	g.backend.suspect(at)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.outage.failedAt = at
}

// wrong lists what does not work as far as is known. Knowledge may be old where that says
// whether an outage is over, not where it says that there is one.
func (g *Gate) wrong(at time.Time, old bool) (what []string) {
	down := func(p *prober, must bool) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return !p.last.IsZero() && !p.up && (old || p.isFresh(at)) && (p.seen || !must)
	}
	if down(&g.backend, false) {
		what = append(what, "Backend API")
	}
	g.mu.Lock()
	failedAt, frontends := g.outage.failedAt, make([]*Frontend, 0, g.frontends.len())
	for _, generation := range [...]map[string]*Frontend{g.frontends.young, g.frontends.older} {
		frontends = slices.AppendSeq(frontends, maps.Values(generation))
	}
	g.mu.Unlock()
	if slices.ContainsFunc(frontends, func(f *Frontend) bool { return down(&f.prober, true) }) {
		what = append(what, "Frontend API")
	}
	for k := range g.kinds {
		if st := &g.kinds[k]; st.suspect.Load() {
			switch state := st.breaker.Load().State(); {
			case state == gobreaker.StateOpen, state == gobreaker.StateHalfOpen && at.Sub(failedAt) < quiet:
				what = append(what, Kind(k).String())
			}
		}
	}
	return what
}

// review notices that an outage begins, or is over: nothing is known to fail, and
// nothing has failed for an interval.
func (g *Gate) review() {
	at := now()
	g.mu.Lock()
	calm := g.outage.since.IsZero() && g.outage.failedAt.IsZero()
	under := !g.outage.since.IsZero()
	g.mu.Unlock()
	if calm {
		return // As usual.
	}
	what := g.wrong(at, under)
	failed, refused := g.totals()
	var tell func()
	g.mu.Lock()
	o := &g.outage
	switch {
	case len(what) > 0 && o.since.IsZero():
		o.since, o.failed, o.refused = at, failed, refused
		tell = func() { g.config.Began(strings.Join(what, ", ")) }
	case o.since.IsZero() && at.Sub(o.failedAt) >= quiet:
		o.failedAt = time.Time{} // It was nothing.
	case len(what) > 0 || o.since.IsZero():
	case at.Sub(o.failedAt) >= g.interval():
		over := Outage{at.Sub(o.since), failed - o.failed, refused - o.refused}
		*o = outage{}
		tell = func() { g.config.Ended(over) }
	case o.again == nil:
		// Perhaps nobody asks for anything by then.
		o.again = time.AfterFunc(g.interval()-at.Sub(o.failedAt), func() {
			g.mu.Lock()
			g.outage.again = nil
			g.mu.Unlock()
			g.review()
		})
	}
	g.mu.Unlock()
	if tell != nil {
		tell()
	}
}

func (g *Gate) totals() (failed, refused uint64) {
	for k := range g.kinds {
		failed += g.kinds[k].failures.Load()
		refused += g.kinds[k].refused.Load()
	}
	return failed, refused
}

// KindStats are what became of the calls of a kind.
type KindStats struct {
	Open                     bool // calls are refused, or one is on trial
	Calls, Failures, Refused uint64
	Waited                   time.Duration
}

// GateStats are the counters of a gate.
type GateStats struct {
	Since time.Time // when the outage that is under way began; zero without one
	Down  []string  // what is known not to work
	Kinds [KindCount]KindStats
}

// Stats returns the counters.
func (g *Gate) Stats() GateStats {
	g.review()
	at := now()
	s := GateStats{Down: g.wrong(at, false)}
	g.mu.Lock()
	s.Since = g.outage.since
	g.mu.Unlock()
	for k := range g.kinds {
		st := &g.kinds[k]
		s.Kinds[k] = KindStats{
			Open:  g.holds.left(Kind(k), at) > 0 || st.breaker.Load().State() != gobreaker.StateClosed,
			Calls: st.calls.Load(), Failures: st.failures.Load(), Refused: st.refused.Load(),
			Waited: time.Duration(st.waited.Load()),
		}
	}
	return s
}

// String is the kind's name in logs and metrics.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return ""
}

var kindNames = [KindCount]string{"keys", "nonce", "refresh", "machine", "user", "token", "application"}
