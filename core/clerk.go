package core

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkapi"
	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/fleet"
	"github.com/clerkgo/clerkgo/core/internal/frontendproxy"
	"github.com/clerkgo/clerkgo/core/internal/revocations"
	"github.com/clerkgo/clerkgo/core/internal/sealed"
	"github.com/clerkgo/clerkgo/core/internal/users"
	"github.com/clerkgo/clerkgo/core/token"
)

// Clerk is one configured Clerk instance: parsed keys, compiled patterns, caches.
// Make one with [New] and keep it; it is immutable, safe for concurrent use, and
// owns no goroutine, so there is nothing to close.
type Clerk struct {
	opts    Options
	accepts TokenChoice
	key     clerkkey.Publishable
	log     *slog.Logger
	now     func() time.Time
	skew    time.Duration

	proxyURL string
	proxy    *frontendproxy.Proxy // nil without one
	policy   *securityPolicy      // nil without one

	engine   *engine.Engine
	backend  *clerkapi.API
	verifier *token.Verifier
	remote   *token.Remote // nil with a PEM key, or without a secret key
	pem      *token.PEMKey // nil without Options.JWTKey
	box      *sealed.Box   // nil without a store, or without remote

	revocations *revocations.Memory // nil where they are off
	feed        *revocations.Feed   // nil without a fleet
	fleet       *fleet.Fleet        // nil without one
	users       *users.Cache        // nil where none are kept

	calls     *clerkapi.Questions // those that a stranger can cause
	frontend  *clerkapi.Frontend  // nil without probes
	hasServed atomic.Bool         // a valid credential

	warnAZP, warnUnseen sync.Once
	shared              *source // with instances of the same keys
}

// Logger returns Options.Logger, or what stands in for it: where adapters log. It is
// never nil.
func (c *Clerk) Logger() *slog.Logger { return c.log }

// logOften logs what may happen with every request: once a minute, with the number
// of lines that were left out meanwhile.
func (c *Clerk) logOften(ctx context.Context, level slog.Level, subject, message string, args ...any) {
	leftOut, ok := c.shared.logs.Allow(subject, c.now())
	if !ok {
		return
	}
	if leftOut > 0 {
		args = append(args, "repeated", leftOut)
	}
	c.log.Log(ctx, level, message, args...)
}

// warnMissingAZP says once that session cookies carry no azp claim.
func (c *Clerk) warnMissingAZP(ctx context.Context) {
	c.warnAZP.Do(func() {
		c.log.WarnContext(ctx, "Clerk: Session token from cookie is missing the azp claim. In a future version of Clerk, "+
			"this token will be considered invalid. Please contact Clerk support if you see this warning.")
	})
}
