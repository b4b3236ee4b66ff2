package core

import (
	"context"
	"errors"
	"log/slog"

	"github.com/clerkgo/clerkgo/core/internal/loglimit"
	"github.com/clerkgo/clerkgo/core/internal/redact"
	"github.com/clerkgo/clerkgo/core/internal/revocations"
	"github.com/clerkgo/clerkgo/core/internal/sealed"
)

// heedRevocations makes an instance remember what was revoked, with others of the same
// keys, and with the fleet. What it makes knows nothing of the instance, which may be gone
// before the fleet is.
func (c *Clerk) heedRevocations() error {
	o := &c.opts
	if o.Revocations.Off {
		return nil
	}
	c.revocations = c.shared.revocationsOf(c.newRevocations)
	c.revocations.Widen(c.skew + max(o.Outage.Grace, 0))
	if o.Shared == nil || o.SecretKey == "" || c.backend == nil {
		return nil
	}
	var err error
	c.feed, err = c.shared.join(o.Shared, c.newFeed)
	return err
}

func (c *Clerk) newRevocations() *revocations.Memory {
	most, log, now := c.opts.Revocations.MaxEntries, c.log, c.now
	if most <= 0 {
		most = defaultMaxRevocations
	}
	logs := new(loglimit.Limit)
	return revocations.New(revocations.Config{
		Max: most, Now: now, Required: c.opts.Revocations.Required,
		Full: func() {
			if leftOut, ok := logs.Allow("full", now()); ok {
				log.Warn("core: more is revoked than can be remembered, so tokens pass again that were revoked first: "+
					"raise Options.Revocations.MaxEntries", slog.Int("entries", most), slog.Int("repeated", leftOut))
			}
		},
	})
}

func (c *Clerk) newFeed() (*revocations.Feed, error) {
	box, err := sealed.New(sealed.Config{Secret: c.opts.SecretKey, Instance: c.backend.BaseURL(), Now: c.now, Log: c.log})
	if err != nil {
		return nil, errors.Join(optionError("Options.Shared cannot be used: no key can be derived from Options.SecretKey (CLERK_SECRET_KEY)"), err)
	}
	var heard func(revocations.Event)
	if revoked := c.opts.Hooks.Revoked; revoked != nil {
		heard = func(e revocations.Event) { revoked(context.Background(), publicRevocation(e, byFleet)) }
	}
	return revocations.NewFeed(revocations.FeedConfig{
		Heard:  heard,
		Memory: c.revocations, Publish: c.fleet.Send, Box: box, Now: c.now, Redact: redact.Redactor{}.Redact, Log: c.log,
	}), nil
}

func revocationStats(memory *revocations.Memory, feed *revocations.Feed) RevocationStats {
	m, f := memory.Stats(), feed.Stats()
	return RevocationStats{
		Entries: m.Entries, Refused: m.Refused, Dropped: m.Dropped, Current: m.Current,
		Published: f.Published, Received: f.Received, Rejected: f.Rejected, Failed: f.Failed,
	}
}

// Where revocations come from, in the words of hooks.
const (
	byWebhook     = "webhook"
	byApplication = "application"
	byClient      = "client"
	byAnswer      = "answer"
	byFleet       = "fleet"
)

func publicRevocation(e revocations.Event, source string) Revocation {
	return Revocation{Kind: e.Kind.String(), Source: source, Lifted: e.Lifted}
}

// revoked tells hooks what this process has learnt.
func (c *Clerk) revoked(ctx context.Context, e revocations.Event, source string) {
	if told := c.opts.Hooks.Revoked; told != nil {
		told(ctx, publicRevocation(e, source))
	}
}
