package core

import (
	"cmp"
	"errors"

	"github.com/clerkgo/clerkgo/core/internal/clerkapi"
	"github.com/clerkgo/clerkgo/core/internal/fleet"
	"github.com/clerkgo/clerkgo/core/internal/redact"
)

// newFleet returns what an instance shares with other processes, nil without any.
func (c *Clerk) newFleet() (*fleet.Fleet, error) {
	secret := cmp.Or(c.opts.SecretKey, c.opts.MachineSecretKey)
	if c.opts.Shared == nil || secret == "" {
		return nil, nil //nolint:nilnil // a process alone
	}
	f, err := fleet.New(fleet.Config{
		Shared: c.opts.Shared, Secret: secret, Wait: c.opts.SharedTimeout, Instance: clerkapi.Config{URL: c.opts.APIURL, Version: c.opts.APIVersion}.BaseURL(), Now: c.now, Redact: redact.Redactor{}.Redact, Log: c.log,
	})
	if err != nil {
		return nil, errors.Join(optionError("Options.Shared cannot be used: no key can be derived from Options.SecretKey (CLERK_SECRET_KEY)"), err)
	}
	return f, nil
}
