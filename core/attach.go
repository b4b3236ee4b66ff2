package core

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/patience"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/reason"
)

// attach is [Adapter.Attach].
func (c *Clerk) attach(ctx context.Context, r Request, adapter string) (ra *RequestAuth, o Outcome) {
	before, _ := ctx.Value(contextKey{}).(*RequestAuth)
	if before != nil && !before.isFor(r) {
		before = nil
	}
	if before != nil && before.clerk == c {
		return before, o
	}
	if c.opts.Debug {
		r = request.Own(r) // What is logged outlives the request.
	}
	ra = &RequestAuth{clerk: c, request: r}
	if c.opts.Skip != nil && c.opts.Skip(r) {
		ra.skipped = true
		ra.state = &State{authResult: authResult{
			status: engine.SignedOut, tokenType: SessionToken, reason: reason.UnexpectedError,
			why: &engine.Why{Err: middlewareMissing(adapter, "Attach")},
		}}
		ra.state.complete(c)
		ra.decidedBy = fingerprintOf(r, false)
		return ra, o
	}
	var a engine.Authentication
	ra.waits.init(ctx, c)
	if before != nil {
		ra.waits.inherit(&before.waits)
	}
	c.engine.Begin(&ra.waits, r, &a) //nolint:contextcheck // It is the request's, with its patience.
	deferred := ra.deferMachine(&a)
	if !deferred {
		ra.state = c.judge(ctx, &ra.waits, r, &a, &ra.storage)
	}
	// In grace, what could have refreshed the session has a part in it.
	if ra.byToken = a.IsBearer(ra.state.session) && ra.state.grace == nil; !ra.byToken {
		ra.withoutCookies = !a.Credentials().LookedForCookies()
		ra.decidedBy = newFingerprint(r, a.Credentials(), ra.withoutCookies) // The usual request of an API client costs nothing.
	}
	if c.opts.Debug || c.key.Instance == clerkkey.Development && !ra.state.IsSignedIn() {
		if hint := c.hintAt(r); hint != "" {
			ra.state.addHint(hint)
		}
	}
	if c.opts.Debug {
		c.logRequest(ctx, ra)
	}
	if deferred {
		ra.pass(&o, nil)
		return ra, o
	}
	switch failure := ra.state.Err(); {
	case ra.state.isLoop() && c.key.Instance == clerkkey.Development:
		return ra, ra.loopPage().with(ra.state.headers)
	case failure != nil:
		if leftOut, ok := c.shared.logs.Allow("failed "+string(ra.state.reason), c.now()); ok {
			c.log.LogAttrs(ctx, slog.LevelError, "core: request cannot be authenticated", c.told(r, ra.state, leftOut)...)
		}
		return ra, serverError(failure)
	case ra.state.Location() != "":
		return ra, Outcome{kind: deliverAnswer, Status: http.StatusTemporaryRedirect, Headers: ra.state.headers}
	}
	ra.pass(&o, ra.state.headers)
	return ra, o
}

// pass makes o, which is the zero Outcome, let the request go on.
func (ra *RequestAuth) pass(o *Outcome, headers []Header) {
	var nonce string
	o.SetHeaders, nonce = ra.clerk.policy.respond()
	if nonce != "" {
		own := nonce // On the heap, where there is one.
		ra.nonce = &own
	}
	o.Headers, o.room = headers, &ra.storage.room
}

// deferMachine puts off the check of a machine's token where the options do not
// say what is accepted. The request counts as signed out until a guard asks; the
// headers that would call it so are held back.
func (ra *RequestAuth) deferMachine(a *engine.Authentication) bool {
	if ra.clerk.accepts.IsSet() {
		return false
	}
	kind := TokenType(a.MachineType())
	if kind == "" {
		return false
	}
	// A copy: other middleware may overwrite the header before a guard asks.
	ra.machine = &presentedMachine{token: strings.Clone(a.HeaderToken()), kind: kind, turn: make(chan struct{}, 1)}
	s := &ra.storage
	s.status, s.tokenType, s.reason = engine.SignedOut, SessionToken, reason.TokenTypeMismatch
	ra.state = s.complete(ra.clerk)
	return true
}

// takeTurn waits until nobody else checks.
func (m *presentedMachine) takeTurn(ctx context.Context) bool {
	select {
	case m.turn <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// verify returns the verdict on the machine's token that the request presents. The
// check happens once; who gives up leaves it to the next.
func (m *presentedMachine) verify(ctx context.Context, ra *RequestAuth) *State {
	if s := m.state.Load(); s != nil {
		return s
	}
	waited, done := ra.waits.patience().Wait(ctx)
	mine := m.takeTurn(waited)
	done()
	if !mine {
		gaveUp := engine.GaveUp(engine.TokenType(m.kind), context.Cause(waited))
		return new(State).take(ra.clerk, &gaveUp)
	}
	defer func() { <-m.turn }()
	if s := m.state.Load(); s != nil {
		return s
	}
	s := m.judge(ctx, ra)
	if s.machine == nil {
		ra.clerk.tell(ctx, ra.request, s)
	}
	if ctx.Err() == nil || s.Unavailable() == nil {
		m.state.Store(s)
	}
	if ra.clerk.opts.Debug {
		ra.clerk.logMachine(ctx, s)
	}
	return s
}

// judge makes the check.
func (m *presentedMachine) judge(ctx context.Context, ra *RequestAuth) *State {
	end := func(*State, bool) {}
	if ra.clerk.opts.Hooks.Authenticate != nil {
		ctx, end = ra.clerk.beginDecision(ctx)
	}
	var a engine.Authentication
	ra.clerk.engine.BeginMachine(patience.New(ctx, ra.waits.patience()), ra.request, m.token, &a)
	v := a.VerifyMachine(engine.TokenType(m.kind))
	s := new(State).take(ra.clerk, &v)
	end(s, a.Remembered())
	return s
}

// isFor reports whether ra was attached for r as it is now. A handler may serve
// other requests with the context of its own, and middleware may take credentials
// away before it lets the request through here again.
func (ra *RequestAuth) isFor(r Request) bool {
	if ra.request.Method() != r.Method() || ra.request.Target() != r.Target() || ra.request.Host() != r.Host() {
		return false
	}
	if ra.byToken {
		return engine.AuthorizationToken(request.Header(r, "Authorization")) == ra.state.Token()
	}
	return ra.decidedBy == fingerprintOf(r, ra.withoutCookies)
}
