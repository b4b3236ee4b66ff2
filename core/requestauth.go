package core

import (
	"context"
	"strings"
	"sync/atomic"

	"github.com/clerkgo/clerkgo/core/internal/patience"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
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
	nonce    *string               // of the Content-Security-Policy; nil without
	user     atomic.Pointer[userMemo]
	waits    patient // for Clerk

	// What the state was made of, unless it is byToken: the token of the Authorization
	// header alone decided, and is the one of the state.
	decidedBy      fingerprint
	withoutCookies bool // whatever they are, for nobody looked for any
	byToken        bool
	skipped        bool

	// What nearly every request needs, in one piece with the rest: under the 640 bytes that are a
	// size of Go's allocator.
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
	switch {
	case key == (contextKey{}):
		return c.ra
	case patience.IsKey(key):
		return c.ra.waits.patience()
	}
	return c.Context.Value(key)
}

// contextKey is the key of a *RequestAuth in contexts.
type contextKey struct{}

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

// Nonce returns the nonce of the response's Content-Security-Policy, for the
// nonce attribute of script elements. It is empty unless
// [ContentSecurityPolicy].Strict is set.
func (ra *RequestAuth) Nonce() string {
	if ra.nonce == nil {
		return ""
	}
	return *ra.nonce
}

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

// WriteAbsent gives the answer of a route that does not exist the headers of a
// guard's: otherwise they would tell a hidden route from an absent one. An adapter
// calls it where its framework is about to answer so.
func (ra *RequestAuth) WriteAbsent(h ResponseHeader) {
	if !ra.skipped {
		writePersonal(h, true, varyOfAnswers[:])
	}
}

// publicURL is the address of the current page.
func (ra *RequestAuth) publicURL() weburl.URL {
	return request.PublicURL(ra.request, ra.clerk.opts.IgnoreForwarded)
}

// isPageRequest reports whether a browser loads a page.
func (ra *RequestAuth) isPageRequest() bool {
	r := ra.request
	if f := ra.clerk.opts.IsPageRequest; f != nil {
		return f(r)
	}
	switch request.Header(r, "Sec-Fetch-Dest") {
	case "document", "iframe":
		return true
	}
	return strings.Contains(request.Header(r, "Accept"), "text/html")
}

func (ra *RequestAuth) isActionRequest() bool {
	f := ra.clerk.opts.IsActionRequest
	return f != nil && f(ra.request)
}

// attachedTo returns what the middleware attached to a context, unless it skipped the
// request.
func attachedTo(ctx context.Context) (ra *RequestAuth, ok bool) {
	ra, ok = ctx.Value(contextKey{}).(*RequestAuth)
	return ra, ok && !ra.skipped
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

// CSPNonce returns the nonce of the Content-Security-Policy of the response to the
// request that ctx belongs to, for the nonce attribute of script elements. It is
// empty unless [ContentSecurityPolicy].Strict is set and the middleware ran.
func CSPNonce(ctx context.Context) string {
	if ra, ok := ctx.Value(contextKey{}).(*RequestAuth); ok {
		return ra.Nonce()
	}
	return ""
}

// fault is [applicationFault], by the instance's log.
func (ra *RequestAuth) fault(ctx context.Context, err error) Outcome {
	c := ra.clerk
	if leftOut, ok := c.shared.faults.Allow(err.Error(), c.now()); ok {
		c.log.ErrorContext(ctx, faultText, faultArgs(err, leftOut)...)
	}
	return serverError(err)
}
