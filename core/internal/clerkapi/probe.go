package clerkapi

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/patience"
)

// firstProbe is how long after the first failure the first probe is made; the next ones
// follow at growing distances, up to the interval.
const firstProbe = time.Second

// prober asks one address, now and then, whether it answers. Nothing runs between the
// probes: who needs to know starts them.
type prober struct {
	interval, timeout time.Duration // no interval: it never asks

	mu      sync.Mutex
	running chan struct{} // closed when the probe that runs has ended; nil without one
	began   time.Time     // when that began, or, without one, the last
	known   time.Time     // when the last that has ended began
	last    time.Time     // when the last one ended; zero before the first
	next    time.Time     // the earliest time of the next one
	up      bool          // what the last one said
	seen    bool          // whether one ever said so
	fails   int           // probes that failed, since one did not

	// probe makes one, which belongs to no request: it may outlive the one that starts it.
	probe func(running chan struct{}, ask func(context.Context) (bool, time.Duration))
	after func() // is called after each
}

func (p *prober) init(g *Gate) {
	p.interval, p.timeout, p.probe, p.after = g.config.Interval, g.config.Timeout, p.run, g.review
}

// isDown reports whether the last probe failed, within an interval: what is older is no
// reason to refuse anybody.
func (p *prober) isDown(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.up && p.isKnown(now)
}

// hasFailed reports whether the last probe failed, however long that is ago.
func (p *prober) hasFailed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.last.IsZero() && !p.up
}

// isKnown reports whether the last probe began less than an interval ago, or had when the
// one that runs began. p.mu is held.
func (p *prober) isKnown(now time.Time) bool {
	if p.running != nil {
		now = p.began
	}
	return !p.last.IsZero() && now.Sub(p.known) < p.interval
}

// isLeftAlone reports whether the last probe failed and Clerk has asked to wait with the
// next one: nothing newer can be known. p.mu is held.
func (p *prober) isLeftAlone(now time.Time) bool {
	return !p.last.IsZero() && !p.up && now.Before(p.next)
}

// isUp reports whether a probe was answered lately.
func (p *prober) isUp(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.isFresh(now) && p.up
}

// isFresh reports whether the last probe still says something. p.mu is held.
func (p *prober) isFresh(now time.Time) bool {
	const intervals = 2
	return !p.last.IsZero() && now.Sub(p.last) < intervals*p.interval+p.timeout
}

// suspect makes a probe due soon after something has failed.
func (p *prober) suspect(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next.IsZero() {
		p.next = now.Add(jittered(min(firstProbe, p.interval)))
	}
}

// due starts a probe if it is time for one.
func (p *prober) due(now time.Time, ask func(context.Context) (up bool, rest time.Duration)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.interval > 0 && !p.next.IsZero() && !now.Before(p.next) {
		p.start(ask)
	}
}

// start returns the end of the probe that runs, after starting one if none does. p.mu
// is held. ask returns how long Clerk wants to be left alone.
func (p *prober) start(ask func(context.Context) (up bool, rest time.Duration)) <-chan struct{} {
	if p.running == nil {
		p.running, p.began = make(chan struct{}), now()
		go p.probe(p.running, ask)
	}
	return p.running
}

func (p *prober) run(running chan struct{}, ask func(context.Context) (bool, time.Duration)) {
	up, rest := false, time.Duration(0)
	defer p.after()
	defer func() {
		if recover() != nil { // A panic of the application's transport must not end the program.
			up, rest = false, 0
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		end := now()
		p.running, p.known, p.last, p.up = nil, p.began, end, up
		if up {
			p.seen, p.fails, p.next = true, 0, time.Time{}
		} else {
			const growing = 8
			wait := min(firstProbe<<min(p.fails, growing), p.interval)
			p.fails++
			p.next = end.Add(max(p.began.Add(jittered(wait)).Sub(end), rest))
		}
		close(running)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), p.timeout)
	defer cancel()
	up, rest = ask(ctx)
}

// Probe asks the Backend API for its keys where something has failed and it is time.
func (a *API) Probe() { a.gate.backend.due(now(), a.askBackend) }

const keysEndpoint = "GET /v1/jwks"

// askBackend is a probe of the Backend API.
func (a *API) askBackend(ctx context.Context) (up bool, rest time.Duration) {
	g := a.gate
	keys, begin := &g.kinds[Keys], now()
	if left := g.holds.left(Keys, begin); left > 0 {
		return false, left
	}
	g.config.Quota.Count() // What finds out whether Clerk is there is made in any case.
	ctx, end := g.begin(ctx, Event{Probe: true, Endpoint: keysEndpoint, Host: a.host, Attempt: 1})
	_, err := a.jwks(ctx)
	outcome := outcomeOf(ctx, err, g.config.Timeout, g.config.Timeout)
	event := Event{Probe: true, Endpoint: keysEndpoint, Host: a.host, Outcome: outcome, Status: http.StatusOK, Attempt: 1, Duration: now().Sub(begin)}
	failure, _ := errors.AsType[*Failure](err)
	if failure != nil {
		event.Status = failure.Status
	}
	g.observe(event)
	end(event)
	if outcome != Answered {
		g.failed(now())
		g.holds.obey(Keys, failure) //nolint:contextcheck // as in once
		return false, max(g.holds.left(Keys, now()), 0)
	}
	keys.suspect.Store(false)
	keys.breaker.Store(g.newBreaker())
	g.noticeBreaker(Keys)
	return true, 0
}

// Frontend is a Frontend API that browsers are sent to.
type Frontend struct {
	prober

	gate   *Gate
	client *http.Client
	url    string
	unseen func()
}

// handshakePath is what is asked: the endpoint that browsers would be sent to. Without
// parameters it refuses, and does nothing.
const handshakePath = "/v1/client/handshake"

const frontendEndpoint = "GET " + handshakePath

// maxFrontends bounds the Frontend APIs that instances share, in each of two generations:
// where the domain of a satellite is the request's host, strangers make them up. One that
// is forgotten goes on with those who have it.
const maxFrontends = 128

// Frontend returns what is known of the Frontend API at an address, which has no slash
// at its end; nil where there are no probes. unseen is told that it has never answered,
// and counts as up.
func (g *Gate) Frontend(address string, given *http.Client, unseen func()) *Frontend {
	if g.config.Interval <= 0 || address == "" {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	f, known := g.frontends.get(address)
	if !known {
		f = &Frontend{gate: g, client: newClient(given), url: address + handshakePath, unseen: unseen}
		f.init(g)
	}
	g.frontends.put(address, f)
	return f
}

// ErrFrontendDown says that browsers should not be sent to the Frontend API.
var ErrFrontendDown = errors.New("the Frontend API does not answer")

// Reachable tells before a browser is sent there: an error means that the Frontend API
// is known not to answer. It asks if nothing is known, as long as the request may wait.
// One that has never answered counts as up, unless the Backend API is down too: perhaps
// only this server is kept from it.
func (f *Frontend) Reachable(ctx context.Context, a *API) error {
	if f == nil {
		return nil
	}
	at := now()
	// Where the Backend API has failed, too, what is old must be asked again.
	alone := !a.gate.backend.hasFailed()
	f.mu.Lock()
	switch {
	case f.up && at.Sub(f.last) < f.interval:
		f.mu.Unlock()
		return nil
	case !f.last.IsZero() && !f.up && (f.isKnown(at) || f.isLeftAlone(at) || !f.seen && alone):
		if !at.Before(f.next) {
			f.start(f.ask)
		}
		seen := f.seen
		f.mu.Unlock()
		if !seen {
			a.Probe()
		}
		return f.verdict(seen)
	}
	running, seen := f.start(f.ask), f.seen
	f.mu.Unlock()
	ctx, done := patience.Wait(ctx)
	defer done()
	var backend <-chan struct{}
	if !seen {
		backend = a.gate.backend.startUnlessUp(at, a.askBackend)
	}
	for _, end := range []<-chan struct{}{running, backend} {
		if end == nil {
			continue
		}
		select {
		case <-end:
		case <-ctx.Done():
		}
	}
	f.mu.Lock()
	up, seen := f.up && !f.last.Before(at), f.seen
	f.mu.Unlock()
	switch {
	case up:
		return nil
	case !seen && !a.gate.backend.isUp(now()):
		seen = true // It is not this server's way to the Frontend API alone.
	}
	return f.verdict(seen)
}

// verdict is what is known of a Frontend API whose last probe failed.
func (f *Frontend) verdict(seen bool) error {
	if seen || f.gate.backend.hasFailed() {
		return ErrFrontendDown
	}
	f.unseen()
	return nil
}

// startUnlessUp starts a probe, or joins one, where the last did not just succeed.
func (p *prober) startUnlessUp(now time.Time, ask func(context.Context) (bool, time.Duration)) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.up && now.Sub(p.last) < p.interval {
		return nil
	}
	return p.start(ask)
}

// ask is a probe of the Frontend API. It carries nothing secret.
func (f *Frontend) ask(ctx context.Context) (up bool, rest time.Duration) {
	begin := now()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url, http.NoBody)
	if err != nil {
		return false, 0
	}
	ctx, end := f.gate.begin(ctx, Event{Probe: true, Endpoint: frontendEndpoint, Attempt: 1})
	req = req.WithContext(ctx)
	resp, err := f.client.Do(req)
	if err == nil {
		_ = resp.Body.Close() // It is in memory.
	} else {
		err = asFailure(err)
	}
	event := Event{Probe: true, Endpoint: frontendEndpoint, Outcome: Answered, Status: http.StatusOK, Attempt: 1, Duration: now().Sub(begin)}
	failure, _ := errors.AsType[*Failure](err)
	if failure != nil {
		event.Status, rest = failure.Status, min(failure.RetryAfter, f.gate.holds.config.Max)
		if !isThere(failure.Status) {
			event.Outcome = Failed
		}
	}
	f.gate.observe(event)
	end(event)
	if event.Outcome == Failed {
		f.gate.failed(now())
		return false, rest
	}
	return true, 0
}

// isThere reports whether a status of the Frontend API's address is one of somebody who
// is there. Whose shape a refusal has does not count: what stands in front of Clerk may
// refuse a server, and let browsers pass.
func isThere(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return 300 <= status && status < 500
}
