package clerkapi

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/quota"
)

// Kind is a kind of call. Each has a circuit breaker of its own: Clerk's endpoints fail
// one by one, too.
type Kind uint8

// The kinds.
const (
	Keys         Kind = iota // the signing keys
	Nonce                    // what a handshake brought
	Refresh                  // a fresh session
	Machine                  // an opaque machine token
	User                     // the current user
	SessionToken             // a token of a session
	Application              // what the application asks for itself
	KindCount    = iota
)

const (
	// DefaultFailures is how many failures in a row stop calls of a kind.
	DefaultFailures = 3
	// Half of the calls of a while are as bad as a few in a row.
	judgedPeriod = 10 * time.Second
	judgedSlices = 5
	judgedCalls  = 8
	failedShare  = 2
	// tryAnyway is how often a kind of call that failed is tried though the probe, which
	// asks for something else, fails too.
	tryAnyway = 30 * time.Second
	// defaultInterval stands for that of the probes where there are none.
	defaultInterval = 5 * time.Second
)

// GateConfig says when calls are made.
type GateConfig struct {
	// Failures in a row stop calls of a kind; zero means 3, negative that nothing does.
	Failures int
	// Holds are until when Clerk asks not to be called; nil means that it is not obeyed.
	Holds *Holds
	// Interval is that of the probes; zero means none.
	Interval time.Duration
	// Timeout bounds one call.
	Timeout time.Duration
	// Gated says that the application's own calls are, too.
	Gated bool
	// Quota is what calls of all kinds may use; nil means no limit.
	Quota *quota.Quota
	// Limited is told of a call that is not made because the quota is used up.
	Limited func(ctx context.Context, kind Kind)
	// Observe is told about each call; nil is nobody.
	Observe func(Event)
	// Call is told that a call begins. It returns the context in which that is made, and who is
	// told how it has ended, nil for nobody. A nil one is nobody.
	Call func(ctx context.Context, e Event) (context.Context, func(Event))
	// Breaker is told that the breaker of a kind has opened, or has closed; nil is nobody.
	Breaker func(kind Kind, open bool)
	// Began and Ended are told of an outage, in turns.
	Began func(what string)
	Ended func(Outage)
}

// Event is a call that was made, or refused.
type Event struct {
	Kind     Kind
	Probe    bool   // it is a probe, whatever Kind says
	Endpoint string // method and path, without anything of a request
	Host     string // of the address; empty for the Frontend API
	Outcome  Outcome
	Status   int // of the answer, 0 without one
	Attempt  int // from 1
	Duration time.Duration
}

// Outcome is what became of a call.
type Outcome uint8

// The outcomes.
const (
	Answered  Outcome = iota // Clerk answered, be it with a no
	Failed                   // it did not
	Unclear                  // somebody on the way refused the call
	Abandoned                // nobody waited for the answer
	Refused                  // the call was not made, because others failed
	Limited                  // it was not made, because there are too many
)

// String is the outcome's name in metrics.
func (o Outcome) String() string {
	switch o {
	case Answered:
		return "answered"
	case Failed:
		return "failed"
	case Unclear:
		return "unclear"
	case Abandoned:
		return "abandoned"
	case Refused:
		return "refused"
	case Limited:
		return "limited"
	}
	return ""
}

// Gate decides which calls to Clerk are made: those of the instances that have one
// Clerk in common. After a few failures, or where Clerk asks to wait, calls of a kind
// are refused at once, until one of them, or a probe, finds out that it is over. Safe for
// concurrent use.
type Gate struct {
	config  GateConfig
	kinds   [KindCount]kindState
	holds   *Holds
	backend prober

	mu        sync.Mutex
	frontends generations[string, *Frontend] // by address
	outage    outage
}

// kindState is what is known of a kind of call.
type kindState struct {
	breaker atomic.Pointer[gobreaker.CircuitBreaker[struct{}]]
	suspect atomic.Bool  // the last call that says something failed
	tried   atomic.Int64 // when the last call began, Unix nanoseconds

	mu    sync.Mutex
	trial chan struct{} // closed when the call that is on trial has ended; nil without one
	open  bool          // what the breaker last was said to be

	calls, failures, refused, waited atomic.Uint64
}

// NewGate returns a gate that lets everything pass.
func NewGate(c GateConfig) *Gate {
	if c.Failures == 0 {
		c.Failures = DefaultFailures
	}
	g := &Gate{config: c, holds: c.Holds, frontends: generations[string, *Frontend]{size: maxFrontends}}
	if g.holds == nil {
		g.holds = NewHolds(HoldsConfig{})
	}
	for k := range g.kinds {
		g.kinds[k].breaker.Store(g.newBreaker())
	}
	g.backend.init(g)
	return g
}

func (g *Gate) interval() time.Duration {
	if g.config.Interval > 0 {
		return g.config.Interval
	}
	return defaultInterval
}

// errCounts and errNothing are what breakers are told of a call.
var (
	errCounts  = errors.New("the call failed")
	errNothing = errors.New("the call says nothing")
)

func (g *Gate) newBreaker() *gobreaker.CircuitBreaker[struct{}] {
	most := uint32(max(g.config.Failures, 1))
	return gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Interval:     judgedPeriod,
		BucketPeriod: judgedPeriod / judgedSlices,
		// A call on trial takes time, too: the next one must be over after an interval.
		Timeout: jittered(max(g.interval()-g.config.Timeout, g.interval()/2)),
		ReadyToTrip: func(c gobreaker.Counts) bool {
			if g.config.Failures < 0 {
				return false
			}
			ended := c.TotalFailures + c.TotalSuccesses
			return c.ConsecutiveFailures >= most || ended >= max(judgedCalls, most) && c.TotalFailures >= ended/failedShare
		},
		IsExcluded: func(err error) bool { return errors.Is(err, errNothing) },
	})
}

// jittered is somewhat less than d, so that what failed together is not tried together.
func jittered(d time.Duration) time.Duration {
	const part, least = 4, 8
	return d - d/least - rand.N(d/part+1) //nolint:gosec // spreads load; nothing depends on its secrecy
}

var errRefused = errors.New("the call was not made, because calls like this failed shortly before (see Options.Outage)")

var errHeld = errors.New("the call was not made, because Clerk asked to wait (see Options.Outage)")

// now is the time that calls and people wait in. Tests stop [Options.Now], and breakers
// read the real one.
func now() time.Time { return time.Now() } //nolint:forbidigo // see above

// call describes a call to the gate.
type call struct {
	kind     Kind
	endpoint string        // method and path, without anything of a request
	tries    int           // how often it is made at most
	timeout  time.Duration // of each try; zero means the gate's
}

// once makes a call, unless the gate refuses it.
func (a *API) once(ctx context.Context, c call, attempt int, ask func(context.Context) error) (err error) {
	g := a.gate
	st := &g.kinds[c.kind]
	if st.suspect.Load() {
		a.Probe()
	}
	if failure := g.refusal(c.kind, now()); failure != nil {
		return a.refuse(c, attempt, failure)
	}
	endTrial := st.join(ctx, g.config.Timeout/patientWithTrial)
	defer endTrial()
	begin := now()
	if failure := g.refusal(c.kind, begin); failure != nil { // What the trial has shown counts.
		return a.refuse(c, attempt, failure)
	}
	made, limited := false, (*Failure)(nil)
	_, gated := st.breaker.Load().Execute(func() (struct{}, error) {
		made = true
		if limited = a.takeFor(ctx, c, attempt); limited != nil {
			return struct{}{}, errNothing
		}
		begin = now()
		st.tried.Store(begin.UnixNano())
		timeout := cmp.Or(c.timeout, g.config.Timeout)
		told, end := g.begin(ctx, Event{Kind: c.kind, Endpoint: c.endpoint, Host: a.host, Attempt: attempt})
		bounded, cancel := context.WithTimeout(told, timeout)
		defer cancel()
		err = ask(bounded)
		took := now().Sub(begin)
		outcome := outcomeOf(ctx, err, took, timeout)
		end(a.note(c, attempt, outcome, err, took)) //nolint:contextcheck // What the fleet is told belongs to no request.
		switch outcome {
		case Failed:
			return struct{}{}, errCounts
		case Abandoned, Unclear:
			return struct{}{}, errNothing
		case Answered, Refused, Limited:
		}
		return struct{}{}, nil
	})
	if limited != nil {
		return limited
	}
	if !made && gated != nil {
		return a.refuse(c, attempt, &Failure{Cause: errRefused, Refused: true})
	}
	g.noticeBreaker(c.kind)
	g.review()
	return err
}

// begin tells that a call begins. end is never nil.
func (g *Gate) begin(ctx context.Context, e Event) (own context.Context, end func(Event)) {
	if g.config.Call != nil {
		ctx, end = g.config.Call(ctx, e)
	}
	if end == nil {
		end = func(Event) {}
	}
	return ctx, end
}

// noticeBreaker tells where a breaker has opened or closed.
func (g *Gate) noticeBreaker(kind Kind) {
	if g.config.Breaker == nil {
		return
	}
	st := &g.kinds[kind]
	st.mu.Lock()
	open := st.breaker.Load().State() != gobreaker.StateClosed
	changed := open != st.open
	st.open = open
	st.mu.Unlock()
	if changed {
		g.config.Breaker(kind, open)
	}
}

// patientWithTrial is the part of a call's time-out that others wait for one on trial.
const patientWithTrial = 4

// join puts the call on trial that is about to be made, where one has to be: end it. If
// another is, join waits for that, a moment. So those who come together after an outage,
// which nobody has asked about for long, are not refused for the first of them.
func (st *kindState) join(ctx context.Context, most time.Duration) (end func()) {
	nothing := func() {}
	if !st.suspect.Load() || st.breaker.Load().State() != gobreaker.StateHalfOpen {
		return nothing
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if trial := st.trial; trial != nil {
		st.mu.Unlock()
		defer st.mu.Lock()
		timer := time.NewTimer(most)
		defer timer.Stop()
		select {
		case <-trial:
		case <-timer.C:
		case <-ctx.Done():
		}
		return nothing
	}
	trial := make(chan struct{})
	st.trial = trial
	return func() {
		st.mu.Lock()
		defer st.mu.Unlock()
		st.trial = nil
		close(trial)
	}
}

// outcomeOf judges a call by what came back. Whoever gives up early says nothing about
// Clerk; and neither does a firewall in front of it that dislikes what a stranger has
// sent, or he could stop the calls of others.
func outcomeOf(ctx context.Context, err error, took, timeout time.Duration) Outcome {
	failure, ok := errors.AsType[*Failure](err)
	switch {
	case !ok || failure.Answer() != engine.None:
		return Answered
	case failure.Status == 0 && ctx.Err() != nil && (errors.Is(ctx.Err(), context.Canceled) || took < timeout*2/5):
		return Abandoned
	case 400 <= failure.Status && failure.Status < 500 && failure.Status != http.StatusRequestTimeout && failure.Status != http.StatusTooManyRequests:
		return Unclear
	}
	return Failed
}

// note remembers what became of a call.
func (a *API) note(c call, attempt int, outcome Outcome, err error, took time.Duration) Event {
	g := a.gate
	st := &g.kinds[c.kind]
	failure, _ := errors.AsType[*Failure](err)
	event := Event{Kind: c.kind, Endpoint: c.endpoint, Host: a.host, Outcome: outcome, Attempt: attempt, Duration: took}
	st.calls.Add(1)
	switch outcome {
	case Answered:
		st.suspect.Store(false)
	case Failed:
		st.failures.Add(1)
		st.suspect.Store(true)
		g.failed(now())
		g.holds.obey(c.kind, failure)
	case Abandoned, Unclear, Refused, Limited:
	}
	if event.Status = http.StatusOK; failure != nil {
		event.Status = failure.Status
	}
	g.observe(event)
	return event
}

// refusal is why a call of a kind is not made; nil means that the breaker decides.
func (g *Gate) refusal(kind Kind, at time.Time) *Failure {
	if failure := g.held(kind, at); failure != nil {
		return failure
	}
	if !g.mayTry(&g.kinds[kind], at) {
		return &Failure{Cause: errRefused, Refused: true}
	}
	return nil
}

// held is the refusal of a call that Clerk asks to wait with, or nil.
func (g *Gate) held(kind Kind, at time.Time) *Failure {
	if left := g.holds.left(kind, at); left > 0 {
		return &Failure{Cause: errHeld, RetryAfter: left, Refused: true}
	}
	return nil
}

// refused refuses a call before anything is done for it.
func (a *API) refused(ctx context.Context, c call) error {
	st := &a.gate.kinds[c.kind]
	failure := a.gate.refusal(c.kind, now())
	if failure == nil && st.suspect.Load() && st.breaker.Load().State() == gobreaker.StateOpen {
		failure = &Failure{Cause: errRefused, Refused: true}
	}
	if failure != nil {
		return a.refuse(c, 1, failure)
	}
	if wait, full := a.gate.config.Quota.Full(c.kind.class()); full {
		return a.limited(ctx, c, 1, wait)
	}
	return nil
}

// refuse answers instead of Clerk.
func (a *API) refuse(c call, attempt int, failure *Failure) error {
	g := a.gate
	g.kinds[c.kind].refused.Add(1)
	g.observe(Event{Kind: c.kind, Endpoint: c.endpoint, Outcome: Refused, Attempt: attempt})
	a.Probe()
	g.review()
	return failure
}

func (g *Gate) observe(e Event) {
	if g.config.Observe != nil {
		g.config.Observe(e)
	}
}

// mayTry reports whether a call of a kind is worth its time: not where the last one
// failed and the probe says that the Backend API is still down. The breaker is asked
// behind it.
func (g *Gate) mayTry(st *kindState, now time.Time) bool {
	if g.config.Failures < 0 || !st.suspect.Load() || !g.backend.isDown(now) {
		return true
	}
	// The probe asks for the keys: to ask for them besides tells nothing new.
	return st != &g.kinds[Keys] && now.UnixNano()-st.tried.Load() >= int64(tryAnyway)
}
