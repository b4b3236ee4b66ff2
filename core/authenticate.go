package core

import (
	"context"
	"log/slog"

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
	return c.judge(&s.waits, r, &a, &s.State)
}

// judge makes s the engine's verdict, and logs what is to be known of it.
func (c *Clerk) judge(ctx context.Context, r Request, a *engine.Authentication, s *State) *State {
	s.take(c, a.Decide())
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
