package core

import (
	"context"
	"log/slog"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/engine"
)

// Authenticate judges one request. It never refuses one: the result says whether
// the request is signed in, signed out, or must make a handshake with Clerk.
//
// It may call Clerk's Backend API: for the signing keys when they are not cached,
// to resolve a handshake, to refresh an expired session, and to verify opaque
// machine tokens. ctx bounds those calls. Safe for concurrent use.
func (c *Clerk) Authenticate(ctx context.Context, r Request) *State {
	var a engine.Authentication
	s := &patientState{}
	s.waits.init(ctx, c)
	c.engine.Begin(&s.waits, r, &a) //nolint:contextcheck // It is the request's, with its patience.
	return c.judge(ctx, &s.waits, r, &a, &s.State)
}

// judge makes s the engine's verdict, and logs what is to be known of it.
func (c *Clerk) judge(ctx context.Context, waits *patient, r Request, a *engine.Authentication, s *State) *State {
	var v engine.Verdict
	if c.opts.Hooks.Authenticate == nil {
		a.Decide(&v)
		s.take(c, &v) // As usual.
	} else {
		var end func(*State, bool)
		waits.Context, end = c.beginDecision(waits.Context)
		a.Decide(&v)
		end(s.take(c, &v), a.Remembered())
	}
	if s.why != nil && s.why.Looped {
		c.logRedirectLoop(ctx, r, s)
	}
	if s.grace != nil {
		c.noteGrace(ctx, s)
	}
	if s.session != nil {
		c.worked()
	} else {
		c.tell(ctx, r, s)
	}
	return s
}

// beginDecision tells hooks, of which one wants to know, that something is about to be judged.
func (c *Clerk) beginDecision(ctx context.Context) (own context.Context, end func(s *State, remembered bool)) {
	began := time.Now() //nolint:forbidigo // what is measured is real
	own, told := c.opts.Hooks.Authenticate(ctx)
	if own == nil {
		own = ctx
	}
	return own, func(s *State, remembered bool) {
		if told == nil {
			return
		}
		told(Decision{
			Status: s.Status(), Reason: s.reason, TokenType: s.tokenType, Unchecked: s.Unavailable() != nil, Failed: s.Err() != nil,
			InGrace: s.grace != nil, Remembered: remembered, Duration: time.Since(began), UserID: s.auth.UserID,
		})
	}
}

// logRedirectLoop names the cause of a loop.
func (c *Clerk) logRedirectLoop(ctx context.Context, r Request, s *State) {
	if leftOut, ok := c.shared.logs.Allow("loop "+string(s.reason), c.now()); ok {
		c.log.LogAttrs(ctx, slog.LevelWarn, "core: handshake redirect loop stopped", c.told(r, s, leftOut)...)
	}
}

// noteGrace counts a request that passes in grace, and logs the session once.
func (c *Clerk) noteGrace(ctx context.Context, s *State) {
	c.shared.graces.uses.Add(1)
	const longest = 128
	id, _ := s.session.Claims().Get("sid").Text()
	if len(id) > longest || !c.shared.graces.first(id) {
		return
	}
	expired, _ := s.session.Claims().Get("exp").Number()
	c.log.LogAttrs(ctx, slog.LevelInfo, "core: a session passes that has expired, because Clerk is down (see Options.Outage.Grace)",
		slog.String("session", id), slog.Float64("expired seconds ago", float64(c.now().UnixMilli())/1000-expired))
}
