package otelclerk

import (
	"context"
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/trace"
)

// LogHandler adds trace_id and span_id to the lines that are logged in the context of a span, and
// hands them to next. They stand beside what a line has outside of groups. core logs what it has
// to say about a request in the request's context:
//
//	core.Options{Logger: slog.New(otelclerk.LogHandler(slog.NewJSONHandler(os.Stderr, nil)))}
func LogHandler(next slog.Handler) slog.Handler { return &logHandler{outer: next, next: next} }

type logHandler struct {
	outer slog.Handler                      // before the first group
	inner []func(slog.Handler) slog.Handler // what was added from there on
	next  slog.Handler                      // outer with all of inner
}

// Enabled is next's.
func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle adds the span of ctx.
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() {
		return h.next.Handle(ctx, r)
	}
	to := h.outer.WithAttrs([]slog.Attr{slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String())})
	for _, add := range h.inner {
		to = add(to)
	}
	return to.Handle(ctx, r)
}

// WithAttrs returns a handler with more attributes.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(h.inner) == 0 {
		return LogHandler(h.outer.WithAttrs(attrs))
	}
	return h.with(func(to slog.Handler) slog.Handler { return to.WithAttrs(attrs) })
}

// WithGroup returns a handler that puts what follows into a group.
func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(func(to slog.Handler) slog.Handler { return to.WithGroup(name) })
}

func (h *logHandler) with(add func(slog.Handler) slog.Handler) *logHandler {
	return &logHandler{outer: h.outer, inner: append(slices.Clone(h.inner), add), next: add(h.next)}
}
