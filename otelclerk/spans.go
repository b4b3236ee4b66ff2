package otelclerk

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/clerkgo/clerkgo/core"
)

// The attributes that are ours.
const (
	keyStatus     = attribute.Key("clerk.auth.status")
	keyReason     = attribute.Key("clerk.auth.reason")
	keyTokenType  = attribute.Key("clerk.token.type")
	keyRemembered = attribute.Key("clerk.token.remembered")
	keyGrace      = attribute.Key("clerk.auth.grace")
	keyKind       = attribute.Key("clerk.call.kind")
	keyOutcome    = attribute.Key("clerk.call.outcome")
)

const (
	errUnavailable = "unavailable" // it could not be checked
	errFault       = "fault"       // of the configuration
	other          = "_OTHER"      // as in OpenTelemetry's conventions
)

// authenticate is core's hook.
func (o *observer) authenticate(ctx context.Context) (context.Context, func(core.Decision)) {
	request := trace.SpanFromContext(ctx)
	ctx, span := o.tracer.Start(ctx, "clerk.authenticate")
	return ctx, func(d core.Decision) {
		decision := decisionOf(&d)
		o.events.decided(ctx, decision, &d)
		if span.IsRecording() {
			span.SetAttributes(decision.attributes()...)
			span.SetAttributes(keyRemembered.Bool(d.Remembered))
			if d.InGrace {
				span.SetAttributes(keyGrace.Bool(true))
			}
			if decision.fault != "" {
				span.SetStatus(codes.Error, "")
			}
		}
		if o.userID && d.UserID != "" {
			id := semconv.EnduserID(d.UserID)
			span.SetAttributes(id)
			request.SetAttributes(id)
		}
		span.End()
	}
}

// decision is what is counted of a [core.Decision].
type decision struct{ status, reason, tokenType, fault string }

func decisionOf(d *core.Decision) decision {
	one := decision{status: string(d.Status), reason: string(d.Reason), tokenType: string(d.TokenType)}
	switch {
	case d.Unchecked:
		one.fault = errUnavailable
	case d.Failed:
		one.fault = errFault
	}
	return one
}

func (d decision) attributes() []attribute.KeyValue {
	all := []attribute.KeyValue{keyStatus.String(d.status)}
	if d.reason != "" {
		all = append(all, keyReason.String(d.reason))
	}
	if d.tokenType != "" {
		all = append(all, keyTokenType.String(d.tokenType))
	}
	if d.fault != "" {
		all = append(all, semconv.ErrorTypeKey.String(d.fault))
	}
	return all
}

// call is core's hook.
func (o *observer) call(ctx context.Context, c core.Call) (context.Context, func(core.CallEvent)) {
	attributes := callAttributes(&c)
	ctx, span := o.tracer.Start(ctx, c.Endpoint, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
	if c.Attempt > 1 && span.IsRecording() {
		span.SetAttributes(semconv.HTTPRequestResendCount(c.Attempt - 1))
	}
	return ctx, func(e core.CallEvent) {
		ended := endAttributes(&e)
		o.events.called(ctx, attributes, ended, e.Duration)
		span.SetAttributes(ended...)
		if failure(&e) != "" {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// callAttributes are those of a call that begins.
func callAttributes(c *core.Call) []attribute.KeyValue {
	method, template, _ := strings.Cut(c.Endpoint, " ")
	all := []attribute.KeyValue{keyKind.String(c.Kind), semconv.HTTPRequestMethodKey.String(methodOf(method))}
	if template != "" {
		all = append(all, semconv.URLTemplate(template))
	}
	if c.Host == "" {
		return all
	}
	host, port, err := net.SplitHostPort(c.Host)
	if err != nil {
		return append(all, semconv.ServerAddress(c.Host))
	}
	all = append(all, semconv.ServerAddress(host))
	if n, err := strconv.Atoi(port); err == nil {
		all = append(all, semconv.ServerPort(n))
	}
	return all
}

// methodOf is a method that is known.
func methodOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete, http.MethodHead:
		return method
	}
	return other
}

// endAttributes are those of how a call ended.
func endAttributes(e *core.CallEvent) []attribute.KeyValue {
	all := []attribute.KeyValue{keyOutcome.String(e.Outcome)}
	if e.Status != 0 {
		all = append(all, semconv.HTTPResponseStatusCode(e.Status))
	}
	if f := failure(e); f != "" {
		all = append(all, semconv.ErrorTypeKey.String(f))
	}
	return all
}

// failure is error.type, "" for a call that did not fail.
func failure(e *core.CallEvent) string {
	switch {
	case e.Status >= http.StatusBadRequest:
		return strconv.Itoa(e.Status)
	case e.Outcome != "answered":
		return e.Outcome
	}
	return ""
}
