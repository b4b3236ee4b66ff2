package otelclerk_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"testing/slogtest"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/otelclerk"
)

// TestLogHandlerIsAHandler runs the table of handlers, outside of spans and in one.
func TestLogHandlerIsAHandler(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		b.Reset()
		return otelclerk.LogHandler(slog.NewJSONHandler(&b, nil))
	}, func(t *testing.T) map[string]any {
		t.Helper()
		return line(t, &b)
	})
}

func line(t *testing.T, b *bytes.Buffer) map[string]any {
	t.Helper()
	var line map[string]any
	if err := json.Unmarshal(b.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, b.String())
	}
	b.Reset()
	return line
}

// TestLinesHaveTheirTrace logs with groups and attributes, in a span and outside.
func TestLinesHaveTheirTrace(t *testing.T) {
	t.Parallel()
	ctx, span := sdktrace.NewTracerProvider().Tracer("test").Start(t.Context(), "request")
	defer span.End()
	var b bytes.Buffer
	log := slog.New(otelclerk.LogHandler(slog.NewJSONHandler(&b, nil)))
	for name, logger := range map[string]*slog.Logger{
		"plain": log, "attributes": log.With("a", 1), "groups": log.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").With("c", 3), "a group without a name": log.WithGroup(""),
	} {
		logger.InfoContext(ctx, "in it", "d", 4)
		got := line(t, &b)
		if got["trace_id"] != span.SpanContext().TraceID().String() || got["span_id"] != span.SpanContext().SpanID().String() {
			t.Errorf("%s: got %v, want the span's ids", name, got)
		}
		if name == "groups" {
			g, _ := got["g"].(map[string]any)
			h, _ := g["h"].(map[string]any)
			if got["a"] != 1.0 || g["b"] != 2.0 || h["c"] != 3.0 || h["d"] != 4.0 || len(h) != 2 {
				t.Errorf("%s: got %v", name, got)
			}
		}
		logger.Info("outside", "d", 4)
		if got := line(t, &b); got["trace_id"] != nil || got["msg"] != "outside" {
			t.Errorf("%s: got %v, want no trace", name, got)
		}
	}
	if slog.New(otelclerk.LogHandler(slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: slog.LevelError}))).Enabled(ctx, slog.LevelInfo) {
		t.Error("a level that next leaves out is enabled")
	}
}

// TestCoresLinesHaveTheRequestsTrace lets core log about a request.
func TestCoresLinesHaveTheRequestsTrace(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := newWorld(t, func(o *core.Options) {
		o.Logger = slog.New(otelclerk.LogHandler(slog.NewJSONHandler(&b, nil)))
		o.AuthorizedParties = []string{"https://other.example"}
	})
	b.Reset()
	w.get(t, "/", w.clerk.SessionToken("user_ada", clerktest.AuthorizedParty("https://app.example")))
	request := w.spansNamed("request")[0]
	if got := line(t, &b); got["trace_id"] != request.SpanContext.TraceID().String() || got["reason"] != "token-invalid-authorized-parties" {
		t.Errorf("got %v, want the trace of the request", got)
	}
}
