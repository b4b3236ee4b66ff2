package core_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// adapter is the one of these tests.
var adapter = core.Adapter{Name: "core_test"}

// epoch is when the instances of these tests stand still.
var epoch = time.Unix(1795217577, 0)

// request is a [core.Request] that may hold any bytes.
type request struct {
	method, target, host string
	tls                  bool
	remote               string
	header               http.Header
}

// get is a GET request for a target of app.example, with headers given as
// alternating names and values. Several values of one name are several headers.
func get(target string, headers ...string) *request {
	r := &request{method: http.MethodGet, target: target, host: "app.example", header: http.Header{}}
	for i := 0; i+1 < len(headers); i += 2 {
		r.header.Add(headers[i], headers[i+1])
	}
	return r
}

// page is get for a page load of a browser.
func page(target string, headers ...string) *request {
	return get(target, append([]string{"Sec-Fetch-Dest", "document"}, headers...)...)
}

func (r *request) Method() string               { return r.method }
func (r *request) Target() string               { return r.target }
func (r *request) Host() string                 { return r.host }
func (r *request) TLS() bool                    { return r.tls }
func (r *request) RemoteAddr() string           { return r.remote }
func (r *request) Header(name string) []string  { return r.header.Values(name) }
func (r *request) Headers() map[string][]string { return r.header }

// as returns the request with another method.
func (r *request) as(method string) *request {
	r.method = method
	return r
}

// from returns the request with a connection from another address.
func (r *request) from(remote string) *request {
	r.remote = remote
	return r
}

// on returns the request with another Host header.
func (r *request) on(host string) *request {
	r.host = host
	return r
}

// logBuffer collects log lines.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// newClerk makes an instance that logs nowhere unless told to.
func newClerk(tb testing.TB, o core.Options) *core.Clerk {
	tb.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.APIURL == "" && o.HTTPClient == nil && o.Outage.ProbeInterval == 0 {
		o.Outage.ProbeInterval = -1 // Tests do not ask the real Clerk.
	}
	c, err := core.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// newServer starts a Clerk whose clock stands still at epoch.
func newServer(tb testing.TB, production bool) *clerktest.Server {
	tb.Helper()
	return clerktest.New(tb, clerktest.Config{Clock: clerktest.NewClock(epoch), Production: production})
}

// plain are the server's options as an application without proxy and without
// pages of its own has them.
func plain(s *clerktest.Server) core.Options {
	o := s.Options()
	o.ProxyURL, o.SignInURL, o.SignUpURL = "", "", ""
	o.Outage.ProbeInterval = -1 // Nobody answers at the Frontend API's own address.
	return o
}

// persistent always calls Clerk, however often that failed.
var persistent = core.Outage{ProbeInterval: -1, Failures: -1, MaxRetryAfter: -1}

// noEnv is an empty environment.
func noEnv(string) (string, bool) { return "", false }

// env is an environment.
func env(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := vars[name]
		return value, ok
	}
}

// recorder is the transport of a client that reaches nobody.
type recorder struct {
	mu   sync.Mutex
	seen []*http.Request
}

func (rec *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.seen = append(rec.seen, r)
	if r.Body != nil {
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("nobody is there")
}

// last is the last request that was made, one without anything if there was none.
func (rec *recorder) last() *http.Request {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if len(rec.seen) == 0 {
		return &http.Request{URL: &url.URL{}, Header: http.Header{}}
	}
	return rec.seen[len(rec.seen)-1]
}

// client is an HTTP client that uses the recorder.
func (rec *recorder) client() *http.Client { return &http.Client{Transport: rec} }

// headerOf returns the values of a header, joined by " | ".
func headerOf(headers []core.Header, name string) string {
	var values []string
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			values = append(values, h.Value)
		}
	}
	return strings.Join(values, " | ")
}

// locationQuery returns the query parameters of a state's Location.
func locationQuery(tb testing.TB, s *core.State) url.Values {
	tb.Helper()
	u, err := url.Parse(s.Location())
	if err != nil {
		tb.Fatal(err)
	}
	return u.Query()
}

// outcome is a state in a few words: its status and its reason.
func outcome(s *core.State) string {
	return strings.TrimSpace(string(s.Status()) + " " + string(s.Reason()))
}

// attach is the way of a request up to its guards.
func attach(tb testing.TB, c *core.Clerk, r core.Request) *core.RequestAuth {
	tb.Helper()
	ra, _ := adapter.Attach(tb.Context(), c, r)
	return ra
}

// panicked is what a function panics with, as an error; nil where it does not.
func panicked(f func()) (err error) {
	defer func() {
		switch value := recover().(type) {
		case nil:
		case error:
			err = value
		default:
			err = fmt.Errorf("panic: %v", value)
		}
	}()
	f()
	return nil
}

// answers is a transport that gives everybody the same answer.
type answers struct {
	status      int
	contentType string
	body        string
}

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {a.contentType}},
		Body: io.NopCloser(strings.NewReader(a.body)), Request: r,
	}, nil
}

func (a answers) client() *http.Client { return &http.Client{Transport: a} }
