package core

import (
	"context"
	"errors"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/redact"
	"github.com/clerkgo/clerkgo/core/internal/sealed"
	"github.com/clerkgo/clerkgo/core/token"
)

// newBox returns what authenticates the entries of the store.
func (c *Clerk) newBox() (*sealed.Box, error) {
	box, err := sealed.New(sealed.Config{
		Store:    c.opts.Outage.Store,
		Secret:   c.opts.SecretKey,
		Instance: c.backend.BaseURL(),
		Now:      c.now,
		Redact:   redact.Redactor{}.Redact,
		Log:      c.log,
	})
	if err != nil {
		return nil, errors.Join(optionError("Options.Outage.Store cannot be used: no key can be derived from Options.SecretKey (CLERK_SECRET_KEY)"), err)
	}
	return box, nil
}

// kindKeys is the kind of the store's entries that hold signing keys.
const kindKeys = "keys"

// keep makes a key set be kept in a box, for as long as the keys may be used.
func (c *Clerk) keep(config *token.RemoteConfig, box *sealed.Box) {
	if box == nil {
		return
	}
	life := orDefault(c.opts.KeyRefresh.TTL, token.DefaultTTL) + orDefault(c.opts.KeyRefresh.StaleIfError, token.DefaultStaleIfError)
	config.Save = func(ctx context.Context, body []byte, asked time.Time) {
		box.Set(ctx, kindKeys, "", sealed.Entry{At: asked, Expires: asked.Add(life), Content: body})
	}
	config.Load = func(ctx context.Context) ([]byte, time.Time, bool) {
		e, ok := box.Get(ctx, kindKeys, "")
		return e.Content, e.At, ok
	}
}
