package adaptertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// OptionsSetup describes an application whose middleware is made from options.
type OptionsSetup struct {
	// Options are given to the adapter's Middleware.
	Options core.Options
	// PerRequest are returned by the function of the adapter's MiddlewareFunc, which gets Options
	// as its base, instead. Nil means Middleware.
	PerRequest *core.Options
	// Fails is what that function returns instead, where it is not nil.
	Fails error
	// Routes are the application's routes, all of them for GET and POST.
	Routes []Route
}

// NewOptionsApp builds an application of an adapter's framework.
type NewOptionsApp func(t testing.TB, s OptionsSetup) App

// RunOptions drives every field of [core.Options] through an adapter, once with its Middleware and
// once with its MiddlewareFunc, and compares what a request gets with and without it. A field that
// the table forgets fails the test.
//
//	func TestOptions(t *testing.T) { adaptertest.RunOptions(t, newOptionsApp) }
func RunOptions(t *testing.T, newApp NewOptionsApp) {
	t.Helper()
	cases := optionCases()
	for _, name := range optionNames(reflect.TypeFor[core.Options](), "") {
		c, ok := cases[name]
		if !ok {
			t.Errorf("core.Options.%s: the table shows no effect of it", name)
			continue
		}
		delete(cases, name)
		for _, perRequest := range []bool{false, true} {
			way := "Middleware"
			if perRequest {
				way = "MiddlewareFunc"
			}
			t.Run(name+" by "+way, func(t *testing.T) {
				if got := c.try(t, newApp, perRequest, false); got != c.without {
					t.Errorf("without the option: got %s, want %s", got, c.without)
				}
				want := c.with
				if perRequest && c.baseOnly {
					want = c.without
				}
				if got := c.try(t, newApp, perRequest, true); got != want {
					t.Errorf("with the option: got %s, want %s", got, want)
				}
			})
		}
	}
	for name := range cases {
		t.Errorf("core.Options.%s does not exist", name)
	}
	t.Run("options of a request that hold nothing are a fault", func(t *testing.T) { runEmptyOptions(t, newApp) })
	t.Run("a function without options is logged", func(t *testing.T) { runFailingFunction(t, newApp) })
	t.Run("misconfiguration is told", func(t *testing.T) { runMisconfigured(t, newApp) })
	t.Run("clerktest's options are good for each request", func(t *testing.T) { runOptionsOfClerktest(t, newApp) })
	t.Run("a redirect loop ends on a page", func(t *testing.T) { runLoop(t, newApp) })
}

// optionNames are the names of all fields, and of the functions and interfaces in those that are
// structs.
func optionNames(t reflect.Type, prefix string) (names []string) {
	for f := range t.Fields() {
		if kind := f.Type.Kind(); prefix == "" || kind == reflect.Func || kind == reflect.Interface {
			names = append(names, prefix+f.Name)
		}
		if prefix == "" && f.Type.Kind() == reflect.Struct {
			names = append(names, optionNames(f.Type, f.Name+".")...)
		}
	}
	return names
}

// runEmptyOptions answers 500: a tenant without keys gets nobody else's.
func runEmptyOptions(t *testing.T, newApp NewOptionsApp) {
	t.Helper()
	s := clerktest.New(t)
	base, full := splitOptions(options(s))
	status, _, _ := getPage(t, newApp(t, OptionsSetup{Options: base, PerRequest: &core.Options{}, Routes: optionRoutes()}), bearer(s.SessionToken("user_ada")))
	if status != http.StatusInternalServerError {
		t.Errorf("empty options: got status %d, want 500", status)
	}
	status, _, _ = getPage(t, newApp(t, OptionsSetup{Options: base, PerRequest: full, Routes: optionRoutes()}), bearer(s.SessionToken("user_ada")))
	if status != http.StatusOK {
		t.Errorf("full options: got status %d, want 200", status)
	}
}

// runFailingFunction answers 500 as ever, and says once why.
func runFailingFunction(t *testing.T, newApp NewOptionsApp) {
	t.Helper()
	s, log := clerktest.New(t), &syncBuffer{}
	base, full := splitOptions(options(s))
	base.Logger = slog.New(slog.NewTextHandler(log, nil))
	app := newApp(t, OptionsSetup{Options: base, PerRequest: full, Fails: errors.New("no such tenant"), Routes: optionRoutes()})
	for range 3 {
		if status, _, body := getPage(t, app, bearer(s.SessionToken("user_ada"))); status != http.StatusInternalServerError || strings.Contains(body, "tenant") {
			t.Errorf("got status %d and body %q, want 500 without the error", status, body)
		}
	}
	if got := log.String(); strings.Count(got, "level=ERROR") != 1 || !strings.Contains(got, "no such tenant") || !strings.Contains(got, "path=/") {
		t.Errorf("got log %s, want one line with the error and the path", got)
	}
}

// runMisconfigured has the publishable key of one instance and the secret key of another: a
// signed-in browser is signed out, and the log says why.
func runMisconfigured(t *testing.T, newApp NewOptionsApp) {
	t.Helper()
	s, log := clerktest.New(t), &syncBuffer{}
	other := clerktest.New(t, clerktest.Config{FrontendAPI: "another-one-1.clerk.accounts.dev", SecondKey: true})
	o := options(s)
	o.SecretKey, o.APIURL, o.Logger = other.SecretKey(), other.URL(), slog.New(slog.NewTextHandler(log, nil))
	app := newApp(t, OptionsSetup{Options: o, Routes: optionRoutes()})
	for range 3 {
		getPage(t, app, bearer(s.SessionToken("user_ada")))
	}
	if got := log.String(); strings.Count(got, "core: requests are not signed in") != 1 || !strings.Contains(got, "reason=jwk-kid-mismatch") || !strings.Contains(got, "level=WARN") || !strings.Contains(got, "different instances") || !strings.Contains(got, "path=/") {
		t.Errorf("got log %s, want one warning that names the keys and the path", got)
	}
}

// runOptionsOfClerktest returns them as they are, with their clock.
func runOptionsOfClerktest(t *testing.T, newApp NewOptionsApp) {
	t.Helper()
	log := &syncBuffer{}
	s := clerktest.New(t, clerktest.Config{Clock: clerktest.NewClock(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))})
	o := s.Options()
	app := newApp(t, OptionsSetup{Options: core.Options{Logger: slog.New(slog.NewTextHandler(log, nil))}, PerRequest: &o, Routes: optionRoutes()})
	if status, _, body := getPage(t, app, bearer(s.SessionToken("user_ada"))); status != http.StatusOK || !strings.Contains(body, "user_ada") || log.String() != "" {
		t.Errorf("got status %d, body %q and log %s, want the user and no line", status, body, log.String())
	}
}

// runLoop sends a browser that has been to Clerk and back three times.
func runLoop(t *testing.T, newApp NewOptionsApp) {
	t.Helper()
	s := clerktest.New(t)
	app := newApp(t, OptionsSetup{Options: options(s), Routes: optionRoutes()})
	status, header, body := getPage(t, app, page("Cookie", "__clerk_redirect_count=3"))
	if got := header.Values("Content-Type"); status != http.StatusInternalServerError || len(got) != 1 || got[0] != "text/html; charset=utf-8" {
		t.Errorf("got status %d and Content-Type %q", status, got)
	}
	if !strings.Contains(body, "<code>__clerk_db_jwt</code>") {
		t.Errorf("the page does not name the cookie that is missing: %s", body)
	}
}

// getPage visits the home page.
func getPage(t *testing.T, app App, headers []string) (status int, header http.Header, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, appURL+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.RequestURI = "/"
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := app(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

// optionCase shows the effect of one option.
type optionCase struct {
	production bool
	base       func(*optionWorld, *core.Options) // what the option needs to have an effect
	set        func(*optionWorld, *core.Options)
	path       string                      // "/" unless given
	headers    func(*optionWorld) []string // alternating names and values
	probe      func(*optionWorld) string   // what else to look at, after the answer
	look       func(*http.Response) string // what to look at of the answer; its status unless given
	without    string
	with       string
	baseOnly   bool // has no effect on options of a request, as documented
}

// optionWorld is what one application runs in.
type optionWorld struct {
	server *clerktest.Server
	log    *syncBuffer
	calls  *countingTransport
}

// try builds the application and sends it the request.
func (c optionCase) try(t *testing.T, newApp NewOptionsApp, perRequest, with bool) string {
	t.Helper()
	w := &optionWorld{
		server: clerktest.New(t, clerktest.Config{
			Clock: clerktest.NewClock(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)), Production: c.production,
			Organizations: []clerktest.Organization{{ID: "org_acme", Slug: "acme", Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin"}}}},
		}),
		log: &syncBuffer{}, calls: &countingTransport{},
	}
	o := options(w.server)
	o.ProxyURL, o.SignInURL, o.SignUpURL = "", "", ""
	o.Outage.ProbeInterval = -1 // Nobody answers at the Frontend API's own address.
	if c.base != nil {
		c.base(w, &o)
	}
	if with {
		c.set(w, &o)
	}
	setup := OptionsSetup{Options: o, Routes: optionRoutes()}
	if perRequest {
		setup.Options, setup.PerRequest = splitOptions(o)
	}
	path := c.path
	if path == "" {
		path = "/"
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, appURL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.RequestURI = path
	if c.headers != nil {
		headers := c.headers(w)
		for i := 0; i+1 < len(headers); i += 2 {
			req.Header.Add(headers[i], headers[i+1])
		}
	}
	resp, err := newApp(t, setup)(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	switch {
	case c.probe != nil:
		return c.probe(w)
	case c.look != nil:
		return c.look(resp)
	case resp.StatusCode == http.StatusOK:
		return "200 " + string(body)
	}
	return strconv.Itoa(resp.StatusCode)
}

// splitOptions divides options as MiddlewareFunc takes them: what cannot be compared into the base,
// the rest into what its function returns.
func splitOptions(o core.Options) (base core.Options, perRequest *core.Options) {
	moveToBase(reflect.ValueOf(&o).Elem(), reflect.ValueOf(&base).Elem())
	return base, &o
}

func moveToBase(all, bases reflect.Value) {
	for i := range all.NumField() {
		field := all.Field(i)
		_, isLogger := reflect.TypeAssert[*slog.Logger](field)
		_, isClient := reflect.TypeAssert[*http.Client](field)
		if isLogger || isClient || field.Kind() == reflect.Func || field.Kind() == reflect.Interface {
			bases.Field(i).Set(field)
			field.SetZero()
		}
		if field.Kind() == reflect.Struct && field.Type() != reflect.TypeFor[core.TokenChoice]() {
			moveToBase(field, bases.Field(i))
		}
	}
}

// optionRoutes are the routes of the applications.
func optionRoutes() []Route {
	return []Route{
		{Path: "/", Handler: who},
		{Path: "/orgs/acme", Handler: who},
		{Path: "/guarded", Protect: Protected(), Handler: who},
		{Path: "/m2m", Protect: Protected(core.AcceptTokens(core.M2MToken)), Handler: func(c Context) error { return c.Text(c.Auth().Subject) }},
		{Path: "/sign-me-up", Handler: func(c Context) error { return c.RedirectToSignUp(core.NoReturnBackURL) }},
		{Path: "/sign-me-in", Handler: func(c Context) error { return c.RedirectToSignIn(core.NoReturnBackURL) }},
	}
}

// location names host and path of a redirect.
func location(resp *http.Response) string {
	u, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		return err.Error()
	}
	return strconv.Itoa(resp.StatusCode) + " " + u.Host + u.Path
}

// redirectBack is where a redirect to sign in returns to.
func redirectBack(resp *http.Response) string {
	u, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		return err.Error()
	}
	return u.Query().Get("redirect_url")
}

// sessionOf presents a session as a bearer.
func sessionOf(opts ...clerktest.TokenOption) func(*optionWorld) []string {
	return func(w *optionWorld) []string { return bearer(w.server.SessionToken("user_ada", opts...)) }
}

// pageOf is a page load of a browser that an instance knows.
func pageOf(headers ...string) func(*optionWorld) []string {
	return func(*optionWorld) []string { return page(append(headers, "Cookie", "__clerk_db_jwt=dvb_options")...) }
}

// logged reports what the applications' log holds.
func logged(text string) func(*optionWorld) string {
	return func(w *optionWorld) string { return strconv.FormatBool(strings.Contains(w.log.String(), text)) }
}

// backendCall describes the last call to the Backend API by what look says.
func backendCall(look func(clerktest.Request) string) func(*optionWorld) string {
	return func(w *optionWorld) string {
		calls := w.server.RequestLog()
		if len(calls) == 0 {
			return "no call"
		}
		return look(calls[len(calls)-1])
	}
}

// syncBuffer is a log that several goroutines may write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *syncBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *syncBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *syncBuffer) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// countingTransport counts what goes through it.
type countingTransport struct {
	mu sync.Mutex
	n  int
}

func (c *countingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	c.add()
	return http.DefaultTransport.RoundTrip(r)
}

func (c *countingTransport) add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}

func (c *countingTransport) count(*optionWorld) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strconv.Itoa(c.n)
}

// countingStore is a store that holds nothing, and counts how often it is asked.
type countingStore struct{ asked *countingTransport }

func (s countingStore) Get(context.Context, string) ([]byte, error) {
	s.asked.add()
	return nil, nil
}

func (countingStore) Set(context.Context, string, []byte, time.Duration) error { return nil }

// silentFleet is a fleet in which nobody says anything. It counts who joins.
type silentFleet struct{ countingStore }

func (silentFleet) Delete(context.Context, string) error { return nil }

func (silentFleet) Publish(context.Context, string, []byte, time.Duration) error { return nil }

func (f silentFleet) Subscribe(string, core.Subscriber) (stop func()) {
	f.asked.add()
	return func() {}
}

func (silentFleet) Take(_ context.Context, _ string, n, limit int, _ time.Duration) (left int, err error) {
	return limit - n, nil
}
