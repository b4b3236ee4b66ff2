package core

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/reason"
)

// RequestAuth is the authentication of one request, as the middleware attached
// it. Its methods that answer or decide must be called while the handler runs;
// [RequestAuth.Auth] and [RequestAuth.State] may be called later too. Safe for
// concurrent use.
type RequestAuth struct {
	clerk    *Clerk
	request  Request
	state    *State
	machine  *presentedMachine     // nil unless there is one whose check is put off
	accepted atomic.Pointer[State] // what a guard let pass instead of state
	nonce    string                // of the Content-Security-Policy
	user     atomic.Pointer[userMemo]
	skipped  bool

	decidedBy presentation // what the state was made of

	// What nearly every request needs, in one piece.
	hasContext atomic.Bool
	context    attachedContext
	storage    State
}

// presentedMachine is a machine's token. It costs a remote call, so it waits for a
// guard that accepts its type.
type presentedMachine struct {
	token string
	kind  TokenType
	turn  chan struct{} // holds one value while somebody checks
	state atomic.Pointer[State]
}

// attachedContext is a context that carries a RequestAuth.
type attachedContext struct {
	context.Context //nolint:containedctx // it is one
	ra              *RequestAuth
}

// Value finds the RequestAuth, and everything else in the parent.
func (c *attachedContext) Value(key any) any {
	if key == (contextKey{}) {
		return c.ra
	}
	return c.Context.Value(key)
}

// contextKey is the key of a *RequestAuth in contexts.
type contextKey struct{}

// attach is [Adapter.Attach].
func (c *Clerk) attach(ctx context.Context, r Request, by Adapter) (*RequestAuth, Outcome) {
	if ra, ok := ctx.Value(contextKey{}).(*RequestAuth); ok && ra.clerk == c && ra.isFor(r) {
		return ra, Outcome{}
	}
	if c.opts.Debug {
		r = request.Own(r) // What is logged outlives the request.
	}
	ra := &RequestAuth{clerk: c, request: r}
	if c.opts.Skip != nil && c.opts.Skip(r) {
		ra.skipped = true
		ra.state = &State{
			status: StatusSignedOut, tokenType: SessionToken, reason: reason.UnexpectedError,
			why: &engine.Why{Err: by.missing("Attach")},
		}
		ra.state.complete(c)
		ra.decidedBy = presentationOf(r)
		return ra, Outcome{}
	}
	var a engine.Authentication
	c.engine.Begin(ctx, r, &a)
	deferred := ra.deferMachine(&a)
	if !deferred {
		ra.state = c.judge(ctx, r, &a, &ra.storage)
	}
	ra.decidedBy = ra.presentation(&a)
	if c.opts.Debug || c.key.Instance == clerkkey.Development && !ra.state.IsSignedIn() {
		if hint := c.hintAt(r); hint != "" {
			ra.state.addHint(hint)
		}
	}
	if c.opts.Debug {
		c.logRequest(ctx, ra)
	}
	if deferred {
		return ra, ra.pass(nil)
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
	return ra, ra.pass(ra.state.headers)
}

// pass lets the request go on.
func (ra *RequestAuth) pass(headers []Header) Outcome {
	policy, nonce := ra.clerk.policy.respond()
	ra.nonce = nonce
	return Outcome{Headers: headers, SetHeaders: policy}
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
	s.status, s.tokenType, s.reason = StatusSignedOut, SessionToken, reason.TokenTypeMismatch
	ra.state = s.complete(ra.clerk)
	return true
}

// verify returns the verdict on the machine's token that the request presents. The
// check happens once; who gives up leaves it to the next.
func (m *presentedMachine) verify(ctx context.Context, ra *RequestAuth) *State {
	if s := m.state.Load(); s != nil {
		return s
	}
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return new(State).take(ra.clerk, engine.GaveUp(engine.TokenType(m.kind), context.Cause(ctx)))
	}
	if s := m.state.Load(); s != nil {
		return s
	}
	var a engine.Authentication
	ra.clerk.engine.BeginMachine(ctx, ra.request, m.token, &a)
	s := new(State).take(ra.clerk, a.VerifyMachine(engine.TokenType(m.kind)))
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

// presented returns the type of machine token that the request presents, or "".
func (ra *RequestAuth) presented() TokenType {
	if ra.machine != nil {
		return ra.machine.kind
	}
	switch t := ra.state.tokenType; t {
	case SessionToken:
		return ""
	case "":
		return unacceptedToken
	default:
		return t
	}
}

// unacceptedToken is what a request presents whose type of token the options do
// not accept. No guard accepts it.
const unacceptedToken = "unaccepted"

// State returns the result of the authentication. It is never nil.
func (ra *RequestAuth) State() *State {
	if s := ra.accepted.Load(); s != nil {
		return s
	}
	return ra.state
}

// Auth returns who makes the request. It is never nil. Behind a guard that let a
// machine's token pass, it is the machine.
func (ra *RequestAuth) Auth(opts ...AuthOption) *Auth { return ra.State().Auth(opts...) }

// Store hands the entries to set that make [Adapter.Find] find ra in any context-like
// store, such as a framework's own.
func (ra *RequestAuth) Store(set func(key, value any)) { set(contextKey{}, ra) }

// NewContext returns a copy of ctx that carries ra.
func (ra *RequestAuth) NewContext(ctx context.Context) context.Context {
	if ra.hasContext.CompareAndSwap(false, true) {
		ra.context = attachedContext{ctx, ra}
		return &ra.context
	}
	return &attachedContext{ctx, ra}
}

// FromContext returns who makes the request that ctx belongs to, for code that
// has no framework's context at hand. ok is false where no middleware ran, or
// where it skipped the request: that is a programming error, not a signed-out
// user.
func FromContext(ctx context.Context, opts ...AuthOption) (auth *Auth, ok bool) {
	ra, found := attachedTo(ctx)
	if !found {
		return nil, false
	}
	return ra.Auth(opts...), true
}

// attachedTo returns what the middleware attached to a context, unless it skipped the
// request.
func attachedTo(ctx context.Context) (ra *RequestAuth, ok bool) {
	ra, ok = ctx.Value(contextKey{}).(*RequestAuth)
	return ra, ok && !ra.skipped
}

// Nonce returns the nonce of the response's Content-Security-Policy, for the
// nonce attribute of script elements. It is empty unless
// [ContentSecurityPolicy].Strict is set.
func (ra *RequestAuth) Nonce() string { return ra.nonce }

// CSPNonce returns the nonce of the Content-Security-Policy of the response to the
// request that ctx belongs to, for the nonce attribute of script elements. It is
// empty unless [ContentSecurityPolicy].Strict is set and the middleware ran.
func CSPNonce(ctx context.Context) string {
	if ra, ok := ctx.Value(contextKey{}).(*RequestAuth); ok {
		return ra.nonce
	}
	return ""
}
