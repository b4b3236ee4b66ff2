package otelclerk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/core/reason"
	"github.com/clerkgo/clerkgo/otelclerk"
)

// path are the names of a span and of those that it is in, the innermost first.
func (w *world) path(s tracetest.SpanStub) string {
	names := []string{s.Name}
	for all := w.spans.GetSpans(); s.Parent.IsValid(); {
		i := slices.IndexFunc(all, func(one tracetest.SpanStub) bool { return one.SpanContext.SpanID() == s.Parent.SpanID() })
		if i < 0 || all[i].SpanContext.TraceID() != s.SpanContext.TraceID() {
			return strings.Join(append(names, "?"), " < ")
		}
		s = all[i]
		names = append(names, s.Name)
	}
	return strings.Join(names, " < ")
}

// TestSpansNest looks at the spans of requests that wait for Clerk in each way.
func TestSpansNest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set  func(*core.Options)
		path string
		want []string
	}{
		"signing keys": {path: "/", want: []string{
			"GET /v1/jwks < clerk.authenticate < request", "clerk.authenticate < request", "request",
		}},
		"the current user": {path: "/me", want: []string{
			"GET /v1/jwks < clerk.authenticate < request", "clerk.authenticate < request", "GET /v1/users/{id} < request", "request",
		}},
		"a user whom others ask for, too": {path: "/me", set: func(o *core.Options) { o.Users.MaxAge = time.Minute }, want: []string{
			"GET /v1/jwks < clerk.authenticate < request", "clerk.authenticate < request", "GET /v1/users/{id} < request", "request",
		}},
		"a machine": {path: "/machines", want: []string{
			"POST /api_keys/verify < clerk.authenticate < request", "clerk.authenticate < request", "request",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.set)
			bearer := w.clerk.SessionToken("user_ada")
			if test.path == "/machines" {
				bearer = w.clerk.APIKey(clerktest.MachineToken{Subject: "user_ada"})
			}
			if got := w.get(t, test.path, bearer); got != http.StatusOK {
				t.Fatalf("got status %d", got)
			}
			var got []string
			for _, s := range w.spans.GetSpans() {
				got = append(got, w.path(s))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func attributesOf(s tracetest.SpanStub) string {
	set := attribute.NewSet(s.Attributes...)
	return set.Encoded(attribute.DefaultEncoder())
}

// TestSpansFollowTheConventions looks at the attributes of spans.
func TestSpansFollowTheConventions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.get(t, "/", w.clerk.SessionToken("user_ada"))
	host, port, _ := strings.Cut(strings.TrimPrefix(w.clerk.URL(), "http://"), ":")
	call := w.spansNamed("GET /v1/jwks")[0]
	want := "clerk.call.kind=keys,clerk.call.outcome=answered,http.request.method=GET,http.response.status_code=200,server.address=" + host + ",server.port=" + port + ",url.template=/v1/jwks"
	if got := attributesOf(call); got != want || call.SpanKind != trace.SpanKindClient || call.Status.Code != codes.Unset {
		t.Errorf("a call: got %s, %v, %v\nwant %s", got, call.SpanKind, call.Status, want)
	}
	if got, want := attributesOf(w.spansNamed("clerk.authenticate")[0]), "clerk.auth.status=signed-in,clerk.token.remembered=false,clerk.token.type=session_token"; got != want {
		t.Errorf("a decision: got %s, want %s", got, want)
	}
	w.spans.Reset()
	w.clerk.Inject("GET /v1/users/{id}", clerktest.Fault{Status: http.StatusServiceUnavailable})
	w.get(t, "/me", w.clerk.SessionToken("user_ada"))
	tries := w.spansNamed("GET /v1/users/{id}")
	if len(tries) != 3 {
		t.Fatalf("got %d tries, want 3", len(tries))
	}
	for i, try := range tries {
		got := attributesOf(try)
		if !strings.Contains(got, "error.type=503") || !strings.Contains(got, "http.response.status_code=503") || try.Status.Code != codes.Error || strings.Contains(got, fmt.Sprint("resend_count=", i)) != (i > 0) {
			t.Errorf("try %d: got %s, %v", i+1, got, try.Status)
		}
	}
	w.clerk.Inject("POST /api_keys/verify", clerktest.Fault{Drop: true})
	w.spans.Reset()
	w.get(t, "/machines", "ak_1")
	last := w.spansNamed("clerk.authenticate")
	if got := attributesOf(last[len(last)-1]); !strings.Contains(got, "error.type=unavailable") || last[len(last)-1].Status.Code != codes.Error {
		t.Errorf("a machine that could not be checked: got %s", got)
	}
}

// TestClerkGetsNoTrace looks at what is sent to Clerk, without and with a transport of the
// application's that sends traces.
func TestClerkGetsNoTrace(t *testing.T) { //nolint:paralleltest // It sets the global propagator.
	before := otel.GetTextMapPropagator()
	otel.SetTextMapPropagator(propagation.TraceContext{})
	defer otel.SetTextMapPropagator(before)
	w := newWorld(t, nil)
	w.get(t, "/me", w.clerk.SessionToken("user_ada"))
	if len(w.clerk.RequestLog()) < 2 {
		t.Fatal("Clerk was not asked")
	}
	for _, r := range w.clerk.RequestLog() {
		if got := r.Header.Get("Traceparent"); got != "" {
			t.Errorf("%s was sent traceparent %s", r.Path, got)
		}
	}
	w = newWorld(t, func(o *core.Options) { o.HTTPClient = &http.Client{Transport: propagating{}} })
	w.get(t, "/me", w.clerk.SessionToken("user_ada"))
	for _, r := range w.clerk.RequestLog() {
		parent := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), propagation.HeaderCarrier(r.Header)))
		if !slices.ContainsFunc(w.spans.GetSpans(), func(s tracetest.SpanStub) bool {
			return s.SpanContext.SpanID() == parent.SpanID() && strings.HasSuffix(r.Route, strings.TrimPrefix(s.Name, "GET "))
		}) {
			t.Errorf("%s was sent %v, which is not the span of the call", r.Route, parent.SpanID())
		}
	}
}

type propagating struct{}

// RoundTrip sends the trace along, as otelhttp's transport does.
func (propagating) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	otel.GetTextMapPropagator().Inject(r.Context(), propagation.HeaderCarrier(r.Header))
	return http.DefaultTransport.RoundTrip(r)
}

// TestMetricsCount looks at what requests add to each metric.
func TestMetricsCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *core.Options) { o.Users.MaxAge = time.Minute })
	ada := w.clerk.SessionToken("user_ada")
	for range 3 {
		w.get(t, "/me", ada)
	}
	w.get(t, "/", "")
	w.get(t, "/", "what.ever.itis")
	w.everything(t)
	points, metrics := w.metrics(t)
	for _, test := range []struct {
		metric, attributes string
		want               float64
	}{
		{"clerk.auth.decisions", "clerk.auth.status=signed-in clerk.token.type=session_token", 4},
		{"clerk.auth.decisions", "clerk.auth.status=signed-in clerk.token.type=api_key", 1},
		{"clerk.auth.decisions", "clerk.auth.status=signed-out clerk.auth.reason=token-invalid", 1},
		{"clerk.auth.decisions", "clerk.auth.status=signed-out clerk.auth.reason=dev-browser-missing", 1},
		{"clerk.auth.decisions", "clerk.auth.status=signed-out error.type=unavailable", 8},
		{"clerk.auth.unchecked", "", 8},
		{"clerk.auth.duration", "clerk.auth.status=signed-in clerk.token.remembered=true", 2},
		{"clerk.client.request.duration", "url.template=/v1/jwks http.request.method=GET http.response.status_code=200 clerk.call.outcome=answered", 1},
		{"clerk.client.request.duration", "url.template=/v1/users/{id}", 1},
		{"clerk.client.request.duration", "url.template=/api_keys/verify error.type=503", 3},
		{"clerk.client.requests.refused", "clerk.call.kind=machine", 6},
		{"clerk.client.breaker.open", "clerk.call.kind=machine", 1},
		{"clerk.client.breaker.open", "clerk.call.kind=user", 0},
		{"clerk.client.breaker.changes", "clerk.call.kind=machine clerk.breaker.state=open", 1},
		{"clerk.outage.active", "", 1},
		{"clerk.keys.fetches", "clerk.keys.source=clerk clerk.keys.outcome=fetched", 1},
		{"clerk.keys.count", "", 1},
		{"clerk.token.cache.entries", "", 2},
		{"clerk.users.lookups", "clerk.lookup.outcome=hit", 3},
		{"clerk.users.lookups", "clerk.lookup.outcome=asked", 1},
		{"clerk.users.cache.entries", "", 1},
		{"clerk.questions", "clerk.question.outcome=made", 3},
		{"clerk.revocations.learnt", "clerk.revocation.kind=session clerk.revocation.source=application clerk.revocation.lifted=false", 1},
		{"clerk.revocations.entries", "", 1},
	} {
		if got := valueOf(points[test.metric], test.attributes); got != test.want {
			t.Errorf("%s of %q: got %v, want %v of\n%s", test.metric, test.attributes, got, test.want, text(t, points[test.metric]))
		}
	}
	for name, m := range metrics {
		if m.Unit == "" || m.Description == "" || !strings.HasPrefix(name, "clerk.") {
			t.Errorf("%s has the unit %q and the description %q", name, m.Unit, m.Description)
		}
	}
}

func text(t *testing.T, points []point) string {
	t.Helper()
	var all []string
	for _, p := range points {
		all = append(all, fmt.Sprint(p.attributes.Encoded(attribute.DefaultEncoder()), " ", p.value))
	}
	return strings.Join(all, "\n")
}

// TestFewAttributeSets sends what nobody has sent before, over and over: hundreds of users, of
// machines and of made-up tokens, and calls of the application. Memory does not grow with them.
func TestFewAttributeSets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *core.Options) { o.CallBudget = core.CallBudget{Rate: -1} })
	w.everything(t)
	users := w.made.Client().Users()
	for i := range 300 {
		w.get(t, "/me", w.clerk.SessionToken(fmt.Sprint("user_", i)))
		w.get(t, "/", fmt.Sprintf("made.%d.up", i))
		w.get(t, fmt.Sprintf("/path/%d?query=%d", i, i), fmt.Sprint("garbage ", i))
		w.get(t, "/machines", fmt.Sprint("ak_", i))
		_, _ = users.Get(t.Context(), fmt.Sprint("user_of_nobody_", i))
	}
	points, _ := w.metrics(t)
	for name, all := range points {
		if len(all) > 16 {
			t.Errorf("%s has %d sets of attributes:\n%s", name, len(all), text(t, all))
		}
	}
	names := map[string]bool{}
	for _, s := range w.spans.GetSpans() {
		names[s.Name] = true
	}
	if len(names) > 8 {
		t.Errorf("spans have the names %v", names)
	}
}

// TestNamesAreBounded lets Clerk and the application make up reasons and endpoints.
func TestNamesAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	hooks := otelclerk.New(otelclerk.WithTracerProvider(w.traces), otelclerk.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(w.newReader()))))
	for i := range 1000 {
		_, end := hooks.Authenticate(t.Context())
		end(core.Decision{Status: core.StatusSignedOut, Reason: reason.Reason(fmt.Sprint("made-up-", i))})
		_, told := hooks.Call(t.Context(), core.Call{Kind: "application", Endpoint: fmt.Sprint("M", i, " /v1/", i), Attempt: 1})
		told(core.CallEvent{Kind: "application", Outcome: "answered", Status: http.StatusOK})
	}
	points, _ := w.metrics(t)
	for _, name := range []string{"clerk.auth.decisions", "clerk.client.request.duration"} {
		if got := len(points[name]); got != 101 {
			t.Errorf("%s has %d sets of attributes, want 100 and one for all others", name, got)
		}
		if got := valueOf(points[name], ""); got != 1000 {
			t.Errorf("%s counts %v, want 1000", name, got)
		}
	}
}

// TestNothingSaysWho looks for ids and tokens in everything that is exported.
func TestNothingSaysWho(t *testing.T) {
	t.Parallel()
	session, key := "", ""
	drive := func(t *testing.T, w *world) string {
		t.Helper()
		session, key = w.clerk.SessionToken("user_ada"), w.clerk.APIKey(clerktest.MachineToken{Subject: "user_ada"})
		w.everything(t)
		w.get(t, "/me", session)
		w.get(t, "/machines", key)
		w.get(t, "/", "ak_of_a_stranger")
		_, _ = w.made.Client().Users().Get(t.Context(), "user_ada")
		_ = w.made.RevokeUser(t.Context(), "user_ada")
		w.get(t, "/", session)
		spans, err := json.Marshal(w.spans.GetSpans())
		if err != nil {
			t.Fatal(err)
		}
		return string(spans)
	}
	secrets := func(w *world) map[string]string {
		return map[string]string{
			"the user": "user_ada", "a session": "sess_", "a token": "eyJ", "a key": "ak_", "the secret key": w.clerk.SecretKey(),
			"an address": "ada@", "the publishable key": w.clerk.PublishableKey(),
		}
	}
	w := newWorld(t, nil)
	spans := drive(t, w)
	_, metrics := w.metrics(t)
	exported, err := json.Marshal(metrics)
	if err != nil {
		t.Fatal(err)
	}
	if len(spans) < 1000 || len(exported) < 1000 {
		t.Fatal("too little was exported")
	}
	for what, secret := range secrets(w) {
		if strings.Contains(spans, secret) {
			t.Errorf("spans hold %s", what)
		}
		if strings.Contains(string(exported), secret) {
			t.Errorf("metrics hold %s", what)
		}
	}
	w = newWorld(t, nil, otelclerk.WithUserID())
	spans = drive(t, w)
	for _, name := range []string{"request", "clerk.authenticate"} {
		if got := attributesOf(w.spansNamed(name)[0]); !strings.Contains(got, "enduser.id=user_ada") {
			t.Errorf("WithUserID: the span %s has %s", name, got)
		}
	}
	_, metrics = w.metrics(t)
	if exported, err = json.Marshal(metrics); err != nil || strings.Contains(string(exported), "user_ada") {
		t.Errorf("WithUserID: metrics hold the user (%v)", err)
	}
	for what, secret := range secrets(w) {
		if what != "the user" && strings.Contains(spans, secret) {
			t.Errorf("WithUserID: spans hold %s", what)
		}
	}
}

// TestCountersNeverGoDown lets go of an instance.
func TestCountersNeverGoDown(t *testing.T) {
	t.Parallel()
	reader := sdkmetric.NewManualReader()
	hooks := otelclerk.New(otelclerk.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	s := clerktest.New(t)
	sum := func(name string) (sum int64) {
		t.Helper()
		var all metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &all); err != nil {
			t.Fatal(err)
		}
		for _, scope := range all.ScopeMetrics {
			for _, m := range scope.Metrics {
				if data, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == name {
					for _, p := range data.DataPoints {
						sum += p.Value
					}
				}
			}
		}
		return sum
	}
	ask := func() *core.Clerk {
		o := s.Options()
		o.Hooks, o.Outage.ProbeInterval = hooks, -1
		clerk, err := core.New(o)
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+s.SessionToken("user_ada"))
		clerk.Authenticate(t.Context(), core.FromHTTP(request))
		if err := clerk.RevokeUser(t.Context(), "user_ada"); err != nil {
			t.Fatal(err)
		}
		clerk.Authenticate(t.Context(), core.FromHTTP(request))
		return clerk
	}
	one, two := ask(), ask()
	if got := sum("clerk.revocations.refused"); got != 2 {
		t.Fatalf("two instances have refused %d", got)
	}
	runtime.KeepAlive(one)
	runtime.KeepAlive(two)
	for until := time.Now().Add(patience); sum("clerk.token.cache.entries") > 0; {
		if time.Now().After(until) {
			t.Fatal("the instances are not let go of")
		}
		runtime.GC()
	}
	if got := sum("clerk.revocations.refused"); got != 2 {
		t.Errorf("now that they are gone, they have refused %d", got)
	}
	three := ask()
	if got := sum("clerk.revocations.refused"); got != 3 {
		t.Errorf("with a third one: %d", got)
	}
	runtime.KeepAlive(three)
}
