package core

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkapi"
	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/optiontext"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
	"github.com/clerkgo/clerkgo/core/token"
)

// defaultClockSkew is the tolerance where Options.ClockSkew is nil.
const defaultClockSkew = 5 * time.Second

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
	proxy    *frontendProxy  // nil without one
	policy   *securityPolicy // nil without one

	engine   *engine.Engine
	backend  *clerkapi.API
	verifier *token.Verifier
	remote   *token.Remote // nil with a PEM key, or without a secret key

	calls     *clerkapi.Questions // those that a stranger can cause
	hasServed atomic.Bool         // a valid credential

	warnAZP sync.Once
	shared  *source // with instances of the same keys
}

// New compiles options into a Clerk. It reports every fault at once, each naming
// its field and the remedy, and never panics. Options that are merely odd give a
// warning on the Logger.
func New(o Options) (*Clerk, error) { return compile(o, func(*Clerk) *source { return new(source) }) }

// compile is New. from returns what the instance has in common with others.
func compile(o Options, from func(*Clerk) *source) (*Clerk, error) {
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
	c.shared = from(c)
	c.calls = c.shared.callsOf(c)
	organizations, patternFault := newOrganizations(o.OrganizationSync)
	keys, pemFault := c.keys(c.shared)
	var proxyFault, policyFault error
	c.proxy, proxyFault = newFrontendProxy(&c.opts, c.key, c.log, c.proxyFailed)
	c.policy, policyFault = newSecurityPolicy(o.ContentSecurityPolicy, c.key.Host)
	err := errors.Join(keyFault, c.checkSecrets(), c.checkSatellite(), c.checkURLs(), c.checkLists(), c.checkClockSkew(), checkIssuers(c.opts.Issuer), checkLimits(&c.opts), patternFault, pemFault, proxyFault, policyFault)
	if err != nil {
		return nil, &Error{class: ErrConfiguration, message: "invalid options", cause: err}
	}
	c.warnOdd()
	c.verifier = token.NewVerifier(keys, token.Options{
		Audience:          c.opts.Audience,
		AuthorizedParties: c.opts.AuthorizedParties,
		Issuer:            c.opts.Issuer,
		ClockSkew:         c.skew,
		Now:               c.now,
		CacheSize:         o.TokenCache.Entries,
		CacheBytes:        o.TokenCache.Bytes,
	})
	c.engine = c.newEngine(organizations)
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

// fromEnvironment fills what is not set, and copies what the caller could change
// later. What is blank is not set.
func fromEnvironment(o Options) Options {
	o = trimOptions(o)
	lookup := o.LookupEnv
	if lookup == nil {
		lookup = os.LookupEnv
	}
	env := func(name string) string {
		for _, prefix := range [...]string{"CLERK_", "NEXT_PUBLIC_CLERK_"} {
			if value, ok := lookup(prefix + name); ok && optiontext.Trim(value) != "" {
				return optiontext.Trim(value)
			}
		}
		return ""
	}
	for _, f := range [...]struct {
		field *string
		name  string
	}{
		{&o.PublishableKey, "PUBLISHABLE_KEY"},
		{&o.SecretKey, "SECRET_KEY"},
		{&o.MachineSecretKey, "MACHINE_SECRET_KEY"},
		{&o.JWTKey, "JWT_KEY"},
		{&o.Domain, "DOMAIN"},
		{&o.ProxyURL, "PROXY_URL"},
		{&o.SignInURL, "SIGN_IN_URL"},
		{&o.SignUpURL, "SIGN_UP_URL"},
		{&o.APIURL, "API_URL"},
		{&o.APIVersion, "API_VERSION"},
	} {
		if *f.field == "" {
			*f.field = env(f.name)
		}
	}
	if !o.IsSatellite {
		o.IsSatellite = isTrue(env("IS_SATELLITE"))
	}
	if o.APIVersion == "" {
		o.APIVersion = "v1"
	}
	return o
}

// isTrue reads a boolean variable as Clerk's SDKs do: the word true, or an
// integer above zero.
func isTrue(s string) bool {
	switch {
	case strings.EqualFold(s, "true"):
		return true
	case strings.EqualFold(s, "false"):
		return false
	}
	s = strings.TrimSpace(s)
	n := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if n < 0 {
		n = len(s)
	}
	v, err := strconv.Atoi(s[:n])
	return err == nil && v > 0
}

// optionError is a fault in the options. Its text starts with Clerk's own words
// where there are such, because users search for them.
type optionError string

func (e optionError) Error() string { return string(e) }

const invalidPublishableKey = "Publishable key not valid (expected format: pk_test_... or pk_live_...). " + publishableKeyField

// setPublishableKey parses the key and what follows from it.
func (c *Clerk) setPublishableKey() error {
	o := &c.opts
	key, ok := clerkkey.Parse(o.PublishableKey)
	if !ok && c.accepts.acceptsOnlyKeyless() {
		if o.APIURL == "" {
			o.APIURL = clerkkey.BackendAPIURL("")
		}
		c.setBackend()
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
	c.setBackend()
	return nil
}

func (c *Clerk) setBackend() { c.backend = newAPI(&c.opts) }

// keys returns where the signing keys come from.
func (c *Clerk) keys(shared *source) (token.Keys, error) {
	if c.opts.JWTKey != "" {
		key, err := token.ParsePEM(c.opts.JWTKey)
		if err != nil {
			return nil, errors.Join(optionError("Options.JWTKey (CLERK_JWT_KEY) is not a PEM public key: it "+
				optiontext.JWTKeyMistake(c.opts.JWTKey)+". Copy the JWKS Public Key from "+clerkkey.KeysPage), err)
		}
		return key, nil
	}
	if c.opts.SecretKey == "" || c.backend == nil {
		return nil, nil
	}
	c.remote = shared.remoteOf(c)
	return c.remote, nil
}

// warnMissingAZP says once that session cookies carry no azp claim.
func (c *Clerk) warnMissingAZP() {
	c.warnAZP.Do(func() {
		c.log.Warn("Clerk: Session token from cookie is missing the azp claim. In a future version of Clerk, " +
			"this token will be considered invalid. Please contact Clerk support if you see this warning.")
	})
}
