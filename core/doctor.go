package core

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/token"
)

// Doctor makes an instance of options, has it examined as [Clerk.Doctor] does, and returns
// what was found. Where [New] refuses the options, each of its faults is a finding, and
// what needs an instance is not looked at. Warnings of New are findings, and not logged.
func Doctor(ctx context.Context, o Options, at Checkup) Report {
	o.Logger = slog.New(slog.DiscardHandler)
	c, err := New(o)
	if err == nil {
		return c.Doctor(ctx, at)
	}
	e := &examination{at: at}
	for _, fault := range faultsOf(err) {
		e.add(LevelFault, aboutOptions, "configuration", sentence(fault), "")
	}
	e.add(LevelNote, aboutOptions, "everything else", "was not looked at: that needs options that core.New accepts.", "")
	e.versions()
	return Report{e.findings}
}

// Doctor looks for what usually goes wrong between an application and Clerk: keys of two
// instances, a wrong clock, authorized parties that are not the application's origins, a
// proxy that hides the public address, settings of satellites and proxies, versions that do
// not belong together.
//
// It asks Clerk's Backend API and Frontend API for their key sets, and loads the pages of
// [Checkup].Addresses. It changes nothing, neither there nor in c. What cannot be reached
// is a finding. It holds no key and no token. It is safe for concurrent use, and takes no longer
// than Checkup.Timeout.
func (c *Clerk) Doctor(ctx context.Context, at Checkup) Report {
	if timeout := orDefault(at.Timeout, defaultCheckupTimeout); timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	e := newExamination(c, at)
	e.ask(ctx)
	e.options()
	e.keys()
	e.jwtKey()
	e.clock()
	e.parties()
	e.satellite()
	e.proxy()
	e.apart()
	e.publishableKey()
	e.application()
	e.versions()
	return Report{e.findings}
}

// apart says of a proxy to another instance than the secret key's where the two addresses are set: keys need not be wrong.
func (e *examination) apart() {
	o := &e.clerk.opts
	if o.ProxyURL == "" {
		return // The application's own proxy goes where the keys say.
	}
	for i := range e.findings {
		switch f := &e.findings[i]; {
		case f.Check != aboutProxy || f.Remedy != copyBothKeys:
		case o.APIURL == clerkkey.BackendAPIURL(e.clerk.key.Host):
			f.Remedy = "Let Options.ProxyURL (CLERK_PROXY_URL) lead to the instance of the secret key. Or the keys are not those of the proxy's instance: " + copyBothKeys
		default:
			f.Remedy = "Options.APIURL (CLERK_API_URL) is " + strings.TrimRight(o.APIURL, "/") + ", and Options.ProxyURL (CLERK_PROXY_URL) is " + e.proxied.address +
				": let both lead to one instance, and take both keys from there."
		}
	}
}

// publishableKey tells that a publishable key was not compared, where the host that it names is not asked: a proxy
// answers for its own instance, whatever key there is.
func (e *examination) publishableKey() {
	if key := e.clerk.key; key.Raw != "" && e.frontend.address == "" {
		e.add(LevelNote, aboutProxy, "publishable key", "names "+key.Host+", and was not compared with the secret key: with Options.APIURL (CLERK_API_URL) "+
			"and Options.ProxyURL (CLERK_PROXY_URL) that host is not asked. A key of another instance would not show here.",
			"Take both keys from one place: one page of Clerk's dashboard, or what one emulator prints.")
	}
}

// faultsOf lists the faults that an error of [New] holds.
func faultsOf(err error) []string {
	switch e := err.(type) { //nolint:errorlint // what is wrapped is what is looked for
	case optionError:
		return []string{string(e)}
	case interface{ Unwrap() []error }:
		var faults []string
		for _, wrapped := range e.Unwrap() {
			faults = append(faults, faultsOf(wrapped)...)
		}
		return faults
	case *token.Error:
		return []string{e.Error()}
	}
	if wrapped := errors.Unwrap(err); wrapped != nil {
		return faultsOf(wrapped)
	}
	if errors.Is(err, ErrConfiguration) || strings.HasPrefix(err.Error(), "token: ") {
		return nil // What kind of error it is, and what a parser says of a key that is described already.
	}
	return []string{err.Error()}
}
