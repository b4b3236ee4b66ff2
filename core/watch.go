package core

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/revocations"
	"github.com/clerkgo/clerkgo/core/reason"
)

// Watch is what a long connection, such as a WebSocket, server-sent events or a download that
// streams, knows of who opened it: it ends a context when their session is revoked, or no fresher
// token came in time. [Auth.Watch] makes one. All methods are safe for concurrent use, whenever they
// are called.
//
// It takes about 2 KiB and a timer, and no goroutine.
type Watch struct {
	clerk  *Clerk // nil where there was nobody to watch
	ctx    context.Context
	cancel context.CancelCauseFunc
	grace  time.Duration // for fresher tokens

	mu      sync.Mutex
	auth    *Auth
	issued  float64               // when the token was, in seconds since 1970
	expires time.Time             // when it passes no longer
	ends    time.Time             // when the watch does; zero for never
	watcher *revocations.Watcher  // nil where nothing is revoked
	unhook  func() (stopped bool) // from the context
	timer   watchTimer
	failure error // why the last token could not be checked
	over    bool
	wasDown bool // Clerk, when it was looked last
}

// watchTimer is what is left of a watch, by timers. It goes by them and by the instance's clock,
// whichever is first at the end: one that is set back gives nobody more time.
type watchTimer struct {
	*time.Timer

	round uint64
	left  time.Duration
	runs  time.Duration // until it is looked at
}

const (
	// watchGrace is how long after a session token has expired a fresher one is waited for.
	watchGrace = 15 * time.Second
	// maxOpaqueWatch is how long a machine's opaque token is believed.
	maxOpaqueWatch = time.Hour
	// maxUnwatched is how long after its check such a token can still be watched: what is revoked
	// meanwhile is remembered for somewhat longer.
	maxUnwatched = time.Minute
	// maxWatchTimer is how often the clock is looked at, which may have been set.
	maxWatchTimer = time.Minute
)

// Reasons of the end of a watch, and of what [Watch.Renew] refuses, for use with errors.Is.
var (
	// ErrWatchStopped is why a context has ended whose [Watch.Stop] was called. It matches
	// [context.Canceled].
	ErrWatchStopped = fmt.Errorf("core: the watch was stopped: %w", context.Canceled)
	// ErrOtherSession says that a token is of another session, user or organization than the
	// one that is watched.
	ErrOtherSession = errors.New("core: the token is of another session, user or organization than the connection")
)

// WatchOption changes a [Watch].
type WatchOption interface{ applyWatch(*Watch) }

type watchOption func(*Watch)

func (f watchOption) applyWatch(w *Watch) { f(w) }

// WatchGrace is how long after its session token has expired (Options.ClockSkew included) a watch
// waits for a fresher one, 15 s by default. Zero, and less, is none. Revocations do not wait.
func WatchGrace(d time.Duration) WatchOption {
	return watchOption(func(w *Watch) { w.grace = max(d, 0) })
}

// Watch watches the session of a connection that outlives its token. The result's context is made
// from ctx, and ends with it, with [Watch.Stop], and as soon as
//
//   - the session is revoked, its user banned or deleted, or the membership in its organization
//     ended or changed, as far as [Revocations] know: at once, without asking anybody;
//   - the token has expired, [Options].ClockSkew and 15 s ([WatchGrace]) have passed, and
//     [Watch.Renew] has got no fresher one. Clerk's tokens live a minute: a client sends its
//     token about every 50 s.
//
// [context.Cause] tells which. It is an [*Error] for both: [Error.Reason] is [reason.SessionRevoked]
// or one of its neighbours, or [reason.TokenExpired], and it matches [ErrUnauthenticated]; where Clerk
// is down, or the last token could not be checked, one that has expired is [ErrUnavailable]
// instead. After Stop it is [ErrWatchStopped].
//
// A machine's credential is watched until it expires, and its user is banned or deleted, or its
// organization deleted; one that is no JWT, of which Clerk tells no end, for an hour at most,
// and not at all where it was checked more than a minute ago. It cannot be
// renewed: machines connect again. A session that passes because Clerk is down ([Auth.InGrace])
// is watched as long as that goes on. Where nobody is signed in, the context has ended already.
//
// Call Stop when the connection is over, unless ctx ends with it. The watch keeps nothing of the
// request but ctx: give it one that lives as long as the connection and, on Fiber, none of the
// request's, because Fiber uses its contexts again.
func (a *Auth) Watch(ctx context.Context, opts ...WatchOption) *Watch {
	w := &Watch{grace: watchGrace}
	for _, opt := range opts {
		if opt != nil {
			opt.applyWatch(w)
		}
	}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	if err := w.begin(a); err != nil { //nolint:contextcheck // its timer asks with its own context
		w.end(err)
	}
	return w
}

// Context returns the context that ends with the session. It carries the values of the one that
// was given to [Auth.Watch].
func (w *Watch) Context() context.Context { return w.ctx }

// Auth returns who the connection is of, as the freshest token says. Permissions may have changed
// since it was opened: ask [Auth.Has] again after [Watch.Renew].
func (w *Watch) Auth() *Auth {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.auth
}

// Expires returns when the context ends unless a fresher token comes, by [Options].Now; zero where that
// is never, or nobody was signed in. It may end before, and is not moved forward where it has ended.
func (w *Watch) Expires() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ends
}

// Stop ends the context and frees all that the watch holds. It may be called more than once.
func (w *Watch) Stop() { w.end(ErrWatchStopped) }

// begin starts to watch. An error is why that cannot be.
func (w *Watch) begin(a *Auth) error {
	w.auth = a
	switch {
	case !a.authenticated:
		return a.signedOut()
	case a.result == nil || a.result.clerk == nil:
		return errNoInstance
	}
	w.clerk = a.result.clerk
	w.auth = a.detached()
	subject := w.take(a.result)
	now := w.clerk.now()
	if !w.ends.IsZero() && !now.Before(w.expires) {
		return w.expired(false)
	}

	w.mu.Lock() // Whatever ends the watch waits until it is there.
	defer w.mu.Unlock()
	w.clerk.shared.watched(1)
	w.unhook = context.AfterFunc(w.ctx, w.release)
	w.watcher = w.clerk.revocations.Watch(subject, func(why revocations.Match) { w.end(revokedError(engine.ReasonOf(why))) })
	w.wait(now)
	if why, revoked := w.clerk.revocations.Find(subject); revoked {
		return revokedError(engine.ReasonOf(why))
	}
	return nil
}

// take notes until when a credential is believed. It returns whom it names.
func (w *Watch) take(f *authResult) revocations.Subject {
	c := w.clerk
	if m := f.machine; m != nil {
		w.ends = m.Expires
		if !w.ends.IsZero() {
			w.ends = w.ends.Add(c.skew)
		}
		if now := c.now(); m.Opaque {
			most := now.Add(maxOpaqueWatch)
			if now.Sub(m.Checked) > maxUnwatched {
				most = now // It may have been revoked and forgotten.
			}
			if w.ends.IsZero() || w.ends.After(most) {
				w.ends = most
			}
		}
		w.expires = w.ends
		return m.RevocationSubject()
	}
	w.expires = engine.SessionExpiry(f.session).Add(c.skew)
	w.ends = w.expires.Add(w.grace)
	if f.grace != nil {
		w.expires = w.expires.Add(c.opts.Outage.Grace)
		w.wasDown = true
		w.ends = earlier(c.now().Add(w.step()), w.expires)
	}
	subject := subjectOf(f.session)
	w.issued = subject.IssuedAt
	return subject
}

// step is how long a session in grace is watched before somebody looks whether Clerk is still down.
func (w *Watch) step() time.Duration { return max(w.grace, watchGrace) }

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// wait starts the timer anew. w.mu is held.
func (w *Watch) wait(now time.Time) {
	if w.ends.IsZero() {
		return
	}
	w.timer.left = w.ends.Sub(now)
	w.look()
}

// look starts the timer until the next look. w.mu is held.
func (w *Watch) look() {
	t := &w.timer
	if t.Timer != nil {
		t.Stop()
	}
	t.round++
	t.runs = min(t.left, maxWatchTimer)
	round := t.round
	t.Timer = time.AfterFunc(t.runs, func() { w.tick(round) })
}

// tick looks whether the watch has ended.
func (w *Watch) tick(round uint64) {
	if !w.isDue(round) {
		return
	}
	if err := w.due(round, w.isDown()); err != nil {
		w.end(err)
	}
}

// isDown asks whether Clerk is down, where something has failed and nothing newer is known.
// w.mu is not held: others renew the watch meanwhile.
func (w *Watch) isDown() bool {
	var waits patient
	waits.init(w.ctx, w.clerk)
	return w.clerk.engine.Clerk.Down(&waits, false)
}

// isDue reports whether the time is up. Else the timer goes on.
func (w *Watch) isDue(round uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || round != w.timer.round {
		return false
	}
	w.timer.left -= w.timer.runs
	if w.timer.left > 0 && w.clerk.now().Before(w.ends) {
		w.look()
		return false
	}
	return true
}

// due is why the watch ends now, nil where it does not: it may have been renewed since.
func (w *Watch) due(round uint64, down bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || round != w.timer.round {
		return nil
	}
	now := w.clerk.now()
	if w.auth.InGrace() && (down || w.wasDown) && now.Before(w.expires) {
		w.wasDown = down // Where Clerk is back, a client has a last step for a fresher token.
		w.ends = earlier(now.Add(w.step()), w.expires)
		w.wait(now)
		return nil
	}
	return w.expired(down || w.downLately())
}

// downLately reports whether Clerk was down when somebody has asked it last.
func (w *Watch) downLately() bool {
	return w.clerk.backend != nil && w.clerk.backend.DownLately(w.clerk.frontend)
}

// end ends the context. The first reason counts.
func (w *Watch) end(why error) {
	w.mu.Lock()
	unhook := w.unhook
	w.mu.Unlock()
	if unhook != nil {
		unhook() // So that no goroutine is started for it.
	}
	w.cancel(why)
	w.release()
}

// release frees what a watch holds that has ended.
func (w *Watch) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || w.unhook == nil {
		return
	}
	w.over = true
	if w.timer.Timer != nil {
		w.timer.Stop()
	}
	w.watcher.Stop()
	w.clerk.shared.watched(-1)
}

// Renew takes a session token that the client has sent lately, such as session.getToken() of clerk-js
// returns it, without "Bearer". It is judged by the rules of the instance, and must be of the
// same session, user and organization as the connection. A fresher one makes the watch last
// until that expires; an older one changes nothing and is no error. Its memory may be used again.
//
// An error is an [*Error]. The watch goes on as before, with the token that it had, where it
//
//   - matches [ErrUnauthenticated]: the token is not valid ([Error.Reason] says why),
//   - matches [ErrOtherSession] and [ErrForbidden]: it is somebody else's or, because the user has
//     chosen another organization, of that one. A connection belongs to one: the client opens another,
//   - matches [ErrUnavailable]: it could not be checked, because Clerk's keys could not be had. Send it again.
//
// A token that shows that the connection is not what it was ends the watch: another role
// ([reason.RoleChanged]), or a session that has become pending. Where the watch has ended, the error
// is its cause, which may be that of the context that was given to [Auth.Watch].
func (w *Watch) Renew(sessionToken string) error {
	if err := context.Cause(w.ctx); err != nil {
		return err
	}
	if w.Auth().TokenType != SessionToken {
		return &Error{
			class: ErrForbidden, status: http.StatusForbidden, reason: reason.TokenTypeMismatch,
			message: "a machine's connection cannot be renewed: the machine connects again",
		}
	}
	if err := w.overdue(); err != nil {
		w.end(err)
		return err
	}
	var waits patient
	waits.init(w.ctx, w.clerk) // Each token has a patience of its own.
	verdict := w.clerk.engine.VerifySession(&waits, sessionToken)
	state := new(State).take(w.clerk, &verdict)
	if err := renewalError(state); err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.failure = nil
		if errors.Is(err, ErrUnavailable) || errors.Is(err, ErrConfiguration) {
			w.failure = err
		}
		return err
	}
	err := w.renew(state)
	if errors.Is(err, errConnectionChanged) {
		w.end(err)
	}
	return err
}

// overdue is why a watch has ended by the instance's clock, which may have been set since the timer
// was; nil where it has not.
func (w *Watch) overdue() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || w.auth.InGrace() || w.clerk.now().Before(w.ends) {
		return nil
	}
	return w.expired(w.downLately())
}

// renew takes a token that has passed.
func (w *Watch) renew(state *State) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failure = nil // Tokens can be checked.
	next, now := state.Auth(PendingAsSignedIn), w.auth
	subject := subjectOf(state.session)
	switch {
	case w.over:
		return context.Cause(w.ctx)
	case next.UserID != now.UserID || next.SessionID != now.SessionID || next.OrgID != now.OrgID:
		return &Error{
			class: ErrForbidden, status: http.StatusForbidden,
			message: "the connection cannot be renewed with this token", cause: ErrOtherSession,
		}
	case subject.IssuedAt < w.issued:
		return nil
	case next.OrgRole != now.OrgRole:
		return changedError(reason.RoleChanged, "the user has another role than when the connection was opened")
	case next.SessionStatus != now.SessionStatus && next.SessionStatus == pendingStatus:
		return changedError("", "the session has become pending: its user has a task to do")
	}
	before := w.ends
	w.take(&state.authResult)
	if w.ends.Before(before) && !now.InGrace() {
		w.ends = before // It is valid, too.
	}
	w.auth = next
	w.watcher.Renew(subject.IssuedAt)
	w.wait(w.clerk.now())
	return nil
}

const pendingStatus = "pending"

// expired is why a watch ends whose token has expired. w.mu is held, or nobody knows w.
func (w *Watch) expired(down bool) error {
	e := &Error{
		class: ErrUnauthenticated, status: http.StatusUnauthorized, reason: reason.TokenExpired,
		message: "the connection's token has expired, and no fresher one came",
	}
	switch {
	case w.auth.TokenType != SessionToken && w.auth.result.machine.Opaque:
		e.class, e.status, e.message = ErrUnavailable, http.StatusServiceUnavailable, "the connection's credential was checked too long ago: the machine connects again"
	case w.failure != nil:
		e.class, e.status, e.cause = ErrUnavailable, http.StatusServiceUnavailable, w.failure
	case down, w.auth.InGrace():
		e.class, e.status = ErrUnavailable, http.StatusServiceUnavailable
		e.message = "the connection's token has expired, and nobody gets a fresher one, because Clerk is down"
	}
	return e
}

// errConnectionChanged marks what ends a watch, because a token says something new.
var errConnectionChanged = errors.New("core: who opened the connection may do other things now")

func changedError(why reason.Reason, message string) error {
	return &Error{class: ErrUnauthenticated, status: http.StatusUnauthorized, reason: why, message: message + ": the client connects again", cause: errConnectionChanged}
}

func revokedError(why reason.Reason) error {
	return &Error{class: ErrUnauthenticated, status: http.StatusUnauthorized, reason: why, message: "what the connection was opened with counts no longer"}
}

// renewalError is why a token does not count, or nil.
func renewalError(s *State) error {
	e := &Error{class: ErrUnauthenticated, status: http.StatusUnauthorized, reason: s.reason, message: "the connection cannot be renewed with this token"}
	switch unknown := s.Unavailable(); {
	case unknown != nil:
		e.class, e.status, e.message, e.cause = ErrUnavailable, http.StatusServiceUnavailable, "the token could not be checked", unknown
	case s.reason == reason.SecretKeyInvalid:
		e.class, e.status = ErrConfiguration, http.StatusInternalServerError
	case s.Auth(PendingAsSignedIn).unreadable:
		e.reason = reason.UnexpectedError
	case s.session != nil:
		return nil
	}
	if e.cause == nil && s.Message() != "" {
		e.cause = errors.New(s.Message())
	}
	return e
}

// signedOut is why nobody can be watched.
func (a *Auth) signedOut() error {
	e := &Error{class: ErrUnauthenticated, status: http.StatusUnauthorized, reason: a.Reason(), message: "nobody is signed in whose connection could be watched"}
	switch {
	case a.SessionStatus == pendingStatus:
		e.message = "the session is pending: its user has a task to do"
	case a.result != nil && a.result.why != nil && a.result.why.Unavailable != nil:
		e.class, e.status, e.message = ErrUnavailable, http.StatusServiceUnavailable, "it could not be checked who opens the connection"
		e.cause = ownError(a.result.why.Unavailable)
	}
	return e
}

// detached returns a without the request that it came with.
func (a *Auth) detached() *Auth {
	f := *a.result
	s := &State{authResult: f}
	s.complete(f.clerk)
	return s.Auth(PendingAsSignedIn)
}

// watched counts watches. As long as there is one, what they share with others stays.
func (s *source) watched(by int64) {
	s.watches.Add(by)
	if s.hold != nil {
		s.hold(by)
	}
}
