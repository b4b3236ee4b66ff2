package otelclerk

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/clerkgo/clerkgo/core"
)

// events are the metrics of what happens.
type events struct {
	decisions   metric.Int64Counter
	durations   metric.Float64Histogram
	calls       metric.Float64Histogram
	fetches     metric.Int64Counter
	breakers    metric.Int64Counter
	revocations metric.Int64Counter

	reasons, endpoints names
	known              sync.Map // of decision and duration: metric.MeasurementOption
}

// duration is what the time of a decision is counted by.
type duration struct {
	status     string
	remembered bool
}

// From a look at a remembered token to a request's whole patience, in seconds.
var decisionBounds = []float64{1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 1e-4, 1e-3, 5e-3, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}

// Those of OpenTelemetry's conventions for HTTP clients.
var callBounds = []float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}

func newEvents(m metric.Meter) *events {
	counter := func(name, unit, description string) metric.Int64Counter {
		c, err := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		handle(err)
		return c
	}
	histogram := func(name, description string, bounds []float64) metric.Float64Histogram {
		h, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description), metric.WithExplicitBucketBoundaries(bounds...))
		handle(err)
		return h
	}
	return &events{
		decisions:   counter("clerk.auth.decisions", "{decision}", "Requests that were judged."),
		durations:   histogram("clerk.auth.duration", "How long it took to judge a request.", decisionBounds),
		calls:       histogram("clerk.client.request.duration", "How long calls to Clerk took.", callBounds),
		fetches:     counter("clerk.keys.fetches", "{fetch}", "Tries to fetch the signing keys."),
		breakers:    counter("clerk.client.breaker.changes", "{change}", "How often calls of a kind stopped, or were made again."),
		revocations: counter("clerk.revocations.learnt", "{revocation}", "What this process learnt to be revoked."),
	}
}

func handle(err error) {
	if err != nil {
		otel.Handle(err)
	}
}

// decided counts a decision.
func (e *events) decided(ctx context.Context, one decision, d *core.Decision) {
	one.reason = e.reasons.limit(one.reason)
	e.decisions.Add(ctx, 1, e.with(one, one.attributes))
	length := duration{one.status, d.Remembered}
	e.durations.Record(ctx, d.Duration.Seconds(), e.with(length, func() []attribute.KeyValue {
		return []attribute.KeyValue{keyStatus.String(length.status), keyRemembered.Bool(length.remembered)}
	}))
}

// with returns the attributes of a key, which are made once. There are few keys.
func (e *events) with(key any, attributes func() []attribute.KeyValue) metric.MeasurementOption {
	if known, ok := e.known.Load(key); ok {
		return known.(metric.MeasurementOption) //nolint:errcheck,forcetypeassert // There are no others.
	}
	made := metric.WithAttributeSet(attribute.NewSet(attributes()...))
	e.known.Store(key, made)
	return made
}

// called counts a call to Clerk.
func (e *events) called(ctx context.Context, begun, ended []attribute.KeyValue, took time.Duration) {
	all := slices.Concat(begun, ended)
	for i := range all {
		if all[i].Key == "url.template" {
			all[i] = all[i].Key.String(e.endpoints.limit(all[i].Value.AsString()))
		}
	}
	e.calls.Record(ctx, took.Seconds(), metric.WithAttributeSet(attribute.NewSet(all...)))
}

// keysFetched is core's hook.
func (e *events) keysFetched(ctx context.Context, f core.KeyFetch) {
	e.fetches.Add(ctx, 1, metric.WithAttributes(attribute.String("clerk.keys.source", f.Source), attribute.String("clerk.keys.outcome", f.Outcome)))
}

// breakerChanged is core's hook.
func (e *events) breakerChanged(kind string, open bool) {
	state := "closed"
	if open {
		state = "open"
	}
	e.breakers.Add(context.Background(), 1, metric.WithAttributes(keyKind.String(kind), attribute.String("clerk.breaker.state", state)))
}

// revoked is core's hook.
func (e *events) revoked(ctx context.Context, r core.Revocation) {
	e.revocations.Add(ctx, 1, metric.WithAttributes(attribute.String("clerk.revocation.kind", r.Kind),
		attribute.String("clerk.revocation.source", r.Source), attribute.Bool("clerk.revocation.lifted", r.Lifted)))
}

// names are values of an attribute. There are never more than maxNames: a few come from Clerk's
// answers, and from what the application asks for.
type names struct {
	seen  sync.Map
	count atomic.Int64
}

const maxNames = 100

// limit returns a name, or what stands for those that are too many.
func (n *names) limit(name string) string {
	if _, ok := n.seen.Load(name); ok {
		return name
	}
	if n.count.Load() >= maxNames || n.count.Add(1) > maxNames {
		return other
	}
	n.seen.Store(name, nil)
	return name
}
