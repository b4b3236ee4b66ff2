package otelclerk_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
	"github.com/clerkgo/clerkgo/otelclerk"
)

// world is an application with spans and metrics that are kept.
type world struct {
	clerk  *clerktest.Server
	spans  *tracetest.InMemoryExporter
	traces *sdktrace.TracerProvider
	reader *sdkmetric.ManualReader
	app    http.Handler
	made   *core.Clerk
}

func newWorld(t *testing.T, set func(*core.Options), more ...otelclerk.Option) *world {
	t.Helper()
	w := &world{clerk: clerktest.New(t), spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	w.traces = sdktrace.NewTracerProvider(sdktrace.WithSyncer(w.spans))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(w.reader))
	t.Cleanup(func() {
		_ = w.traces.Shutdown(context.Background())
		_ = meters.Shutdown(context.Background())
	})
	o := w.clerk.Options()
	o.Logger, o.Outage.ProbeInterval = slog.New(slog.DiscardHandler), -1
	o.Hooks = otelclerk.New(append([]otelclerk.Option{otelclerk.WithTracerProvider(w.traces), otelclerk.WithMeterProvider(meters), nil}, more...)...)
	if set != nil {
		set(&o)
	}
	var err error
	if w.made, err = core.New(o); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, httpclerk.Auth(r).UserID) })
	mux.HandleFunc("GET /me", func(w http.ResponseWriter, r *http.Request) {
		if _, err := httpclerk.CurrentUser(r); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.Handle("GET /machines", httpclerk.Protect(core.AcceptTokens(core.APIKey))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	app := httpclerk.With(w.made)(mux)
	w.app = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { // As otelhttp does.
		ctx, span := w.traces.Tracer("test").Start(r.Context(), "request")
		defer span.End()
		app.ServeHTTP(rw, r.WithContext(ctx))
	})
	return w
}

// get sends a request with a bearer, or without one.
func (w *world) get(t *testing.T, path, bearer string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	answer := httptest.NewRecorder()
	w.app.ServeHTTP(answer, r)
	return answer.Code
}

// everything makes each metric have a value.
func (w *world) everything(t *testing.T) {
	t.Helper()
	ada := w.clerk.SessionToken("user_ada")
	w.get(t, "/me", ada)
	w.get(t, "/machines", w.clerk.APIKey(clerktest.MachineToken{Subject: "user_ada"}))
	if err := w.made.RevokeSession(t.Context(), "sess_of_somebody"); err != nil {
		t.Fatal(err)
	}
	remove := w.clerk.Inject("POST /api_keys/verify", clerktest.Fault{Status: http.StatusServiceUnavailable})
	defer remove()
	for i := range 8 {
		w.get(t, "/machines", fmt.Sprint("ak_made_up_", i))
	}
}

// spanNamed returns the spans with a name.
func (w *world) spansNamed(name string) []tracetest.SpanStub {
	return slices.DeleteFunc(w.spans.GetSpans(), func(s tracetest.SpanStub) bool { return s.Name != name })
}

// point is a value of a metric.
type point struct {
	attributes attribute.Set
	value      float64 // or how many, of a histogram
}

// metrics returns all points by the metric's name, and the metrics themselves.
func (w *world) metrics(t *testing.T) (map[string][]point, map[string]metricdata.Metrics) {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := w.reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	points, metrics := map[string][]point{}, map[string]metricdata.Metrics{}
	for _, s := range all.ScopeMetrics {
		for _, m := range s.Metrics {
			metrics[m.Name] = m
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					points[m.Name] = append(points[m.Name], point{p.Attributes, float64(p.Value)})
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					points[m.Name] = append(points[m.Name], point{p.Attributes, float64(p.Count)})
				}
			default:
				t.Fatalf("%s is a %T", m.Name, data)
			}
		}
	}
	return points, metrics
}

// value is that of the points of a metric whose attributes have all of want, as in "a=b c=d".
func valueOf(points []point, want string) float64 {
	sum := 0.0
	for _, p := range points {
		all := true
		for pair := range strings.FieldsSeq(want) {
			key, value, _ := strings.Cut(pair, "=")
			got, ok := p.attributes.Value(attribute.Key(key))
			all = all && ok && got.String() == value
		}
		if all {
			sum += p.value
		}
	}
	return sum
}

const patience = 10 * time.Second

// newReader replaces the reader.
func (w *world) newReader() *sdkmetric.ManualReader {
	w.reader = sdkmetric.NewManualReader()
	return w.reader
}
