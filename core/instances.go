package core

import (
	"context"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/loglimit"
	"github.com/clerkgo/clerkgo/core/internal/redact"
)

// Instances compiles options that differ from request to request, for
// applications that serve several Clerk instances: each distinct options once.
// Options are compared by value, so a tenant keeps its instance, and with it its
// caches, as long as its options stay the same. Options with the same SecretKey,
// MachineSecretKey, APIURL, APIVersion, Retry, KeyRefresh, CallBudget, BackendLimit,
// SharedTimeout, MachineTokens, Users, Outage and Revocations share the signing keys, the budget and the
// rate limit, the users that are remembered and what was revoked, whatever else they say.
//
// It keeps up to 10 000 instances, and 128 MiB of them by estimate. Those that have
// seen a valid credential stay, those that were used longest ago go first among the
// others: hosts that strangers make up do not drive out tenants with users. Safe for
// concurrent use.
//
// Its base carries what cannot differ per request, because it cannot be compared: Now,
// Skip, Logger, HTTPClient, LookupEnv, IsPageRequest, IsActionRequest, ClientAddress,
// FrontendAPIProxy.Only, Outage.Observe, Outage.Store, Shared and Hooks. Any other field of it is an error: it would silently apply to
// every tenant.
type Instances struct {
	base    Options
	fields  []optionField
	log     *slog.Logger
	warn    sync.Once
	logs    loglimit.Limit // of requests without options
	sources sources
	kept    keptInstances
}

// newInstances returns an empty cache, for a base at most.
func newInstances(bases []Options) (*Instances, error) {
	var base Options
	switch len(bases) {
	case 0:
	case 1:
		base = bases[0]
	default:
		return nil, &Error{class: ErrConfiguration, message: "more than one base Options given: put everything into one"}
	}
	i := &Instances{base: base, fields: optionFields(), log: base.Logger}
	if i.log == nil {
		i.log = slog.Default()
	}
	v := reflect.ValueOf(base)
	var allowed, wrong []string
	for _, field := range i.fields {
		switch {
		case !field.comparable:
			allowed = append(allowed, field.name)
		case !v.FieldByIndex(field.index).IsZero():
			wrong = append(wrong, field.name)
		}
	}
	if len(wrong) > 0 {
		return nil, &Error{
			class: ErrConfiguration,
			message: "the base options of a middleware with options per request take only " + strings.Join(allowed, ", ") +
				": return " + strings.Join(wrong, ", ") + " from the function",
		}
	}
	return i, nil
}

// For returns the instance for a request: o and err are what the application's function
// answered for it. Where there is none, it is nil; the fault is logged, once a minute,
// because strangers choose the hosts and paths that such functions look up, and not
// every framework would show it. Where err is nil, the outcome is to be delivered; else
// err is the request's, for the framework's handling of errors.
func (i *Instances) For(ctx context.Context, r Request, o Options, err error) (*Clerk, Outcome) {
	if err != nil {
		i.logFault(ctx, "none", "core: the function of MiddlewareFunc failed", err, "path", toldPath(redact.Redactor{}, r))
		o := serverError(err)
		o.Status = AsError(err).StatusCode()
		return nil, o
	}
	c, err := i.Get(o)
	if err != nil {
		i.logFault(ctx, "invalid", "core: no Clerk instance for this request", err)
		return nil, serverError(err)
	}
	return c, Outcome{}
}

// Get returns the instance for o, compiled on first use as by [New]. What cannot
// be compared comes from the base, whatever o says; the first o that says
// something there is warned about. Now is taken from the options by which the
// instance is made, where they have one: clerktest's bring its clock. The environment is not read: a tenant must not
// inherit another's keys, so options without keys are an error.
func (i *Instances) Get(o Options) (*Clerk, error) {
	var buffer [1024]byte
	key := appendKey(buffer[:0], &o)
	if clerk := i.kept.find(key); clerk != nil {
		return clerk, nil
	}
	o = i.withBase(o)
	o.LookupEnv = func(string) (string, bool) { return "", false }
	var shared *countedSource
	clerk, err := compile(o, func(o *Options) *source {
		shared = i.sources.acquire(o)
		return &shared.source
	})
	if err != nil {
		i.sources.release(shared)
		return nil, err
	}
	kept, gone := i.kept.keep(&instance{key: string(key), clerk: clerk, source: shared})
	for _, one := range gone {
		i.sources.release(one)
	}
	return kept, nil
}

func (i *Instances) logFault(ctx context.Context, subject, message string, err error, args ...any) {
	now := i.base.Now
	if now == nil {
		now = time.Now //nolint:forbidigo // the clock of an instance without one of its own
	}
	leftOut, ok := i.logs.Allow(subject, now())
	if !ok {
		return
	}
	if leftOut > 0 {
		args = append(args, "repeated", leftOut)
	}
	i.log.ErrorContext(ctx, message, append(args, "error", shorten(redact.Redactor{}.Redact(err.Error()), maxToldText))...)
}

// withBase copies options and completes them. An instance outlives the request,
// whose memory some frameworks use again.
func (i *Instances) withBase(o Options) Options {
	v, base := reflect.ValueOf(&o).Elem(), reflect.ValueOf(i.base)
	var ignored []string
	for _, field := range i.fields {
		given := v.FieldByIndex(field.index)
		switch {
		case field.comparable:
			given.Set(cloneValue(given))
		default:
			if field.name == "Now" && !given.IsZero() {
				continue // The clock of those who bring one, as clerktest's options do.
			}
			if !given.IsZero() && field.name != "LookupEnv" {
				ignored = append(ignored, field.name)
			}
			given.Set(base.FieldByIndex(field.index))
		}
	}
	if !o.FrontendAPIProxy.Enabled {
		o.FrontendAPIProxy.Only = nil
	}
	if len(ignored) > 0 {
		i.warn.Do(func() {
			i.log.Warn("core: options of a request set " + strings.Join(ignored, ", ") + ", which have no effect there: set them in the base options of the middleware")
		})
	}
	return o
}
