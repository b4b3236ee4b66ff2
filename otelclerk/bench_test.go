package otelclerk_test

import (
	"log/slog"
	"net/http"
	"testing"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/otelclerk"
)

// BenchmarkRememberedToken is the usual request, as it is watched.
func BenchmarkRememberedToken(b *testing.B) {
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	for _, test := range []struct {
		name  string
		hooks core.Hooks
	}{
		{"without hooks", core.Hooks{}},
		{"without providers", otelclerk.New(otelclerk.WithMeterProvider(metricnoop.NewMeterProvider()), otelclerk.WithTracerProvider(tracenoop.NewTracerProvider()))},
		{"metrics", otelclerk.New(otelclerk.WithMeterProvider(metrics), otelclerk.WithTracerProvider(tracenoop.NewTracerProvider()))},
		{"metrics and traces that are not sampled", otelclerk.New(otelclerk.WithMeterProvider(metrics), otelclerk.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))))},
		{"metrics and traces", otelclerk.New(otelclerk.WithMeterProvider(metrics), otelclerk.WithTracerProvider(sdktrace.NewTracerProvider()))},
	} {
		b.Run(test.name, func(b *testing.B) {
			s := clerktest.New(b)
			o := s.Options()
			o.Hooks, o.Logger, o.Outage.ProbeInterval = test.hooks, slog.New(slog.DiscardHandler), -1
			clerk, err := core.New(o)
			if err != nil {
				b.Fatal(err)
			}
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "/", http.NoBody)
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+s.SessionToken("user_ada", clerktest.Lifetime(1<<40)))
			request := core.FromHTTP(r)
			b.ReportAllocs()
			for b.Loop() {
				if !clerk.Authenticate(b.Context(), request).IsSignedIn() {
					b.Fatal("signed out")
				}
			}
		})
	}
}
