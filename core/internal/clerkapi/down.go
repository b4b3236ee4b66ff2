package clerkapi

import (
	"context"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/clerkgo/clerkgo/core/internal/patience"
)

// Down reports whether a browser, or whoever speaks for a user, can get no fresh session at
// present: the Backend API does not answer its probe, or the Frontend API does not answer;
// for who tried to renew one and got no answer, also because calls for that are refused.
// Where something has failed and nothing is known, it asks, as long as the request may wait.
func (a *API) Down(ctx context.Context, f *Frontend, renewing bool) bool {
	at := now()
	g := a.gate
	if g.backend.failing(ctx, at, a.askBackend) {
		return true
	}
	if st := &g.kinds[Refresh]; renewing && st.suspect.Load() && st.breaker.Load().State() == gobreaker.StateOpen {
		return true
	}
	return f.Reachable(ctx, a) != nil
}

// KnownDown reports whether the last probe of the Backend API or of the Frontend API failed,
// within an interval, or until Clerk wants to be asked again. It waits for nobody.
func (a *API) KnownDown(f *Frontend) bool {
	at := now()
	a.Probe()
	return a.gate.backend.isKnownDown(at) || f != nil && f.isKnownDown(at)
}

// DownLately is KnownDown where the last probe may be a few intervals old, as it is where nobody
// has come since. It is no reason to refuse anybody.
func (a *API) DownLately(f *Frontend) bool {
	at := now()
	return a.KnownDown(f) || a.gate.backend.wasDown(at) || f != nil && f.wasDown(at)
}

func (p *prober) wasDown(at time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.up && p.isFresh(at)
}

func (p *prober) isKnownDown(at time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.up && (p.isKnown(at) || p.isLeftAlone(at))
}

// NoncesFail reports whether what a nonce stands for is known not to be had at present: the
// Backend API does not answer, or calls for it are refused. It asks nobody.
func (a *API) NoncesFail() bool {
	g, at := a.gate, now()
	st := &g.kinds[Nonce]
	a.Probe()
	return g.backend.isDown(at) || g.holds.left(Nonce, at) > 0 || st.suspect.Load() && st.breaker.Load().State() == gobreaker.StateOpen
}

// failing reports whether the last probe failed, after a new one where that is due.
func (p *prober) failing(ctx context.Context, at time.Time, ask func(context.Context) (bool, time.Duration)) bool {
	p.mu.Lock()
	switch {
	case p.interval <= 0, p.next.IsZero(): // Nothing has failed since the last one that did not.
		p.mu.Unlock()
		return false
	case p.isKnown(at), p.isLeftAlone(at):
		if !at.Before(p.next) {
			p.start(ask)
		}
		defer p.mu.Unlock()
		return !p.up
	}
	running, lately := p.start(ask), p.isFresh(at) && !p.up
	p.mu.Unlock()
	ctx, done := patience.Wait(ctx)
	defer done()
	select {
	case <-running:
	case <-ctx.Done():
		return lately // And it has not answered since.
	}
	return p.isDown(now())
}
