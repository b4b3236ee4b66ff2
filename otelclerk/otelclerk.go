// Package otelclerk shows what clerkgo does in OpenTelemetry's traces, metrics and logs:
//
//	r.Use(ginclerk.Middleware(core.Options{Hooks: otelclerk.New()}))
//
// Each request that is judged has a span, clerk.authenticate, and each call to Clerk one of its
// own below it. Metrics count decisions by status and reason, calls by endpoint and outcome, and
// what core's counters know of keys, caches, budgets, revocations and outages:
// docs/observability.md lists them, and dashboard.json draws them in Grafana. [LogHandler] adds
// the trace to the lines of the log.
//
// No attribute holds a token or says who somebody is, unless [WithUserID] asks for that, and
// whatever strangers send there are few of them.
package otelclerk

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/clerkgo/clerkgo/core"
)

// scope is the name of the instrumentation.
const scope = "github.com/clerkgo/clerkgo/otelclerk"

// Option changes what [New] does.
type Option interface{ apply(*config) }

type option func(*config)

func (f option) apply(c *config) { f(c) }

type config struct {
	traces  trace.TracerProvider
	metrics metric.MeterProvider
	userID  bool
}

// WithTracerProvider sets where spans go. Nil, the default, is OpenTelemetry's global provider,
// also where that is set later.
func WithTracerProvider(p trace.TracerProvider) Option {
	return option(func(c *config) { c.traces = p })
}

// WithMeterProvider sets where metrics go. Nil, the default, is OpenTelemetry's global provider,
// also where that is set later.
func WithMeterProvider(p metric.MeterProvider) Option {
	return option(func(c *config) { c.metrics = p })
}

// WithUserID writes down who makes a request: enduser.id, on the request's span and on ours, not
// in metrics. It is personal data: without this option nothing says it.
func WithUserID() Option { return option(func(c *config) { c.userID = true }) }

// New returns hooks for [core.Options]. The same may serve any number of instances. They are safe
// for concurrent use. A fault of OpenTelemetry's is handed to its error handler, and what it
// concerns is not counted.
//
// Calls to Clerk carry no trace to Clerk. A transport that does, such as otelhttp's in
// Options.HTTPClient, finds the call's span in the context.
func New(opts ...Option) core.Hooks {
	var c config
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	if c.traces == nil {
		c.traces = otel.GetTracerProvider()
	}
	if c.metrics == nil {
		c.metrics = otel.GetMeterProvider()
	}
	meter := c.metrics.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	o := &observer{
		tracer: c.traces.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)), userID: c.userID,
		events: newEvents(meter), counters: new(counters),
	}
	o.counters.register(meter)
	return core.Hooks{
		Authenticate: o.authenticate, Call: o.call, Carry: carry,
		KeysFetched: o.events.keysFetched, BreakerChanged: o.events.breakerChanged, Revoked: o.events.revoked,
		Counters: o.counters.add,
	}
}

// observer makes spans, and counts what happens.
type observer struct {
	tracer   trace.Tracer
	userID   bool
	events   *events
	counters *counters
}

// carry takes the span along to what outlives the request: a copy of who it is.
func carry(ctx context.Context) context.Context {
	return trace.ContextWithSpanContext(context.Background(), trace.SpanContextFromContext(ctx))
}
