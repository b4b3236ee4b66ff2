package core

import (
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/optiontext"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
	"github.com/clerkgo/clerkgo/core/token"
)

// New compiles options into a Clerk. It reports every fault at once, each naming
// its field and the remedy, and never panics. Options that are merely odd give a
// warning on the Logger.
func New(o Options) (*Clerk, error) {
	alone := new(source)
	c, err := compile(o, func(*Options) *source { return alone })
	if err == nil && alone.leave != nil {
		runtime.AddCleanup(alone, func(leave func()) { leave() }, alone.leave)
	}
	return c, err
}

// compile is New. from returns what the instance has in common with others.
func compile(o Options, from func(*Options) *source) (*Clerk, error) {
	if err := checkLengths(&o); err != nil {
		return nil, &Error{class: ErrConfiguration, message: "invalid options", cause: err}
	}
	o = fromEnvironment(o)
	c := &Clerk{opts: o, accepts: o.AcceptsToken, proxyURL: o.ProxyURL, log: o.Logger, now: o.Now, skew: defaultClockSkew}
	if c.log == nil {
		c.log = slog.Default()
	}
	if c.now == nil {
		c.now = time.Now //nolint:forbidigo // the one place where the real clock enters
	}
	if o.ClockSkew != nil {
		c.skew = *o.ClockSkew
	}
	keyFault := c.setPublishableKey()
	c.shared = from(&c.opts)
	var fleetFault error
	if keyFault == nil {
		c.fleet, fleetFault = c.shared.fleetOf(c.newFleet)
		c.backend = newAPI(&c.opts, c.shared.gateOf(c.newGate))
	}
	c.calls = c.shared.callsOf(c.newQuestions)
	organizations, patternFault := newOrganizations(o.OrganizationSync)
	keys, pemFault := c.keys(c.shared)
	var proxyFault, policyFault error
	c.proxy, proxyFault = c.newProxy()
	c.policy, policyFault = newSecurityPolicy(o.ContentSecurityPolicy, c.key.Host)
	err := errors.Join(keyFault, checkSecrets(&c.opts), checkSatellite(&c.opts), checkURLs(&c.opts), checkLists(&c.opts), checkStores(&c.opts),
		checkClockSkew(c.skew), checkIssuers(c.opts.Issuer), checkLimits(&c.opts), patternFault, pemFault, proxyFault, policyFault, fleetFault)
	if err != nil {
		return nil, &Error{class: ErrConfiguration, message: "invalid options", cause: err}
	}
	warnOdd(&c.opts, c.key, c.skew, c.log)
	c.verifier = token.NewVerifier(keys, token.Options{
		Audience:          c.opts.Audience,
		AuthorizedParties: c.opts.AuthorizedParties,
		Issuer:            c.opts.Issuer,
		ClockSkew:         c.skew,
		Now:               c.now,
		CacheSize:         o.TokenCache.Entries,
		CacheBytes:        o.TokenCache.Bytes,
	})
	c.frontend = c.shared.gate.Frontend(c.probedFrontend(), c.opts.HTTPClient, c.warnFrontendUnseen)
	if err := c.heedRevocations(); err != nil { // Last: who is refused joins no fleet.
		return nil, &Error{class: ErrConfiguration, message: "invalid options", cause: err}
	}
	c.hearHolds()
	c.keepUsers()
	c.engine = c.newEngine(organizations)
	c.shared.countedBy(&c.opts.Hooks, c.verifier)
	return c, nil
}

// Must is [New] for start-up code that cannot go on without its instance: it
// panics with every fault at once. It takes one Options at most, none takes
// everything from the environment.
func Must(opts ...Options) *Clerk {
	var o Options
	if len(opts) == 1 {
		o = opts[0]
	}
	c, err := New(o)
	if len(opts) > 1 {
		err = &Error{class: ErrConfiguration, message: "more than one Options given: put everything into one"}
	}
	if err != nil {
		panic(err) //nolint:forbidigo // documented; at start-up only
	}
	return c
}

// setPublishableKey parses the key and what follows from it.
func (c *Clerk) setPublishableKey() error {
	o := &c.opts
	key, ok := clerkkey.Parse(o.PublishableKey)
	if !ok && c.accepts.acceptsOnlyKeyless() {
		if o.APIURL == "" {
			o.APIURL = clerkkey.BackendAPIURL("")
		}
		return nil
	}
	if o.PublishableKey == "" {
		return optionError("Publishable key is missing. Set the environment variable CLERK_PUBLISHABLE_KEY, or Options.PublishableKey, to the key from " + clerkkey.KeysPage)
	}
	// Base64 ignores white space, but cookies are named after the key as it stands.
	if !ok || optiontext.HoldsInvisible(o.PublishableKey) {
		return optionError(invalidPublishableKey + optiontext.PublishableKeyMistake(o.PublishableKey, o.SecretKey) + copyFrom)
	}
	if _, err := weburl.Parse("https://" + strings.TrimPrefix(strings.TrimPrefix(key.Host, "https://"), "http://")); err != nil {
		return optionError(invalidPublishableKey + "is damaged: it names no host" + copyFrom)
	}
	c.key = key
	o.Domain = optiontext.DomainOf(o.Domain)
	if o.APIURL == "" {
		o.APIURL = clerkkey.BackendAPIURL(key.Host)
	}
	return nil
}

const invalidPublishableKey = "Publishable key not valid (expected format: pk_test_... or pk_live_...). " + publishableKeyField

// keys returns where the signing keys come from.
func (c *Clerk) keys(shared *source) (token.Keys, error) {
	if c.opts.JWTKey != "" {
		key, err := token.ParsePEM(c.opts.JWTKey)
		if err != nil {
			return nil, errors.Join(optionError("Options.JWTKey (CLERK_JWT_KEY) is not a PEM public key: it "+
				optiontext.JWTKeyMistake(c.opts.JWTKey)+". Copy the JWKS Public Key from "+clerkkey.KeysPage), err)
		}
		c.pem = key
		return key, nil
	}
	if c.opts.SecretKey == "" || c.backend == nil {
		return nil, nil
	}
	var err error
	if c.opts.Outage.Store != nil {
		c.box, err = shared.boxOf(c.newBox)
	}
	c.remote = shared.remoteOf(c.newRemote)
	return c.remote, err
}

// newEngine returns the engine of an instance whose options are compiled. The
// verifier, too, is there.
func (c *Clerk) newEngine(organizations engine.Organizations) *engine.Engine {
	o := &c.opts
	config := engine.Config{
		Key:               c.key,
		ProxyURL:          func(r request.Request) string { return c.proxyURLFor(r) },
		Satellite:         o.IsSatellite,
		SatelliteAutoSync: o.SatelliteAutoSync,
		SignInURL:         o.SignInURL,
		Accepts:           c.accepts.forEngine(),
		Audience:          o.Audience,
		HasSecret:         o.SecretKey != "",
		HasMachineSecret:  c.backend.HasMachineKey(),
		Organizations:     organizations,
		IgnoreForwarded:   o.IgnoreForwarded,
		Verifier:          c.verifier,
		ReadSession:       sessionOf,
		Now:               c.now,
		Skew:              c.skew,
		Revocations:       c.revocations,
		SubjectOf:         subjectOf,
		Grace:             o.Outage.Grace,
		Clerk:             asker{c},
		Watched:           o.Hooks.Authenticate != nil,
		Log:               c.logOften,
		SecretKeyRefused:  c.logSecretKeyRefused,
		MissingAZP:        c.warnMissingAZP,
	}
	if c.key.Raw != "" {
		config.Cookies = engine.NewCookieNames(c.key.CookieSuffix())
		config.Issuer = c.key.FrontendAPI("", o.Domain, o.IsSatellite)
		config.FrontendAPI = engine.NewFrontendAPI(c.key.FrontendAPI(o.ProxyURL, o.Domain, o.IsSatellite))
	}
	return engine.New(config)
}
