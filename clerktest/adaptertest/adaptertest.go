// Package adaptertest is the table that every adapter of core must pass. It imports no web
// framework: an adapter's own test builds the application that a row describes on its framework and
// hands it over as a function from request to response.
//
//	func TestAdapter(t *testing.T) { adaptertest.Run(t, newApp) }
//
// Each row names the status and exactly the headers of Clerk's that the response must carry, so two
// adapters that pass answer alike.
package adaptertest

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// App is an application under test. It answers a request as a server would.
type App func(*http.Request) (*http.Response, error)

// NewApp builds an application of an adapter's framework.
type NewApp func(t testing.TB, s Setup) App

// Setup describes an application.
type Setup struct {
	// Earlier is what a middleware of the application, in front of the adapter's, does with the
	// headers of a request. Nil means that there is none.
	Earlier func(RequestHeader)
	// Written is what a middleware of the application, in front of the adapter's, writes to the
	// headers of each response. Nil means that there is none.
	Written func(core.ResponseHeader)
	// Middleware are the instances whose middleware the application uses, in order.
	Middleware []*core.Clerk
	// Between is Earlier for a middleware behind each of Middleware.
	Between func(RequestHeader)
	// OnRefuse is what the application gives to the adapter's OnRefuse, next: it answers with
	// status and text. Nil means that it is not used.
	OnRefuse func(core.Refusal) (status int, text string)
	// Guards are the application's uses of the adapter's ProtectRoutes, next.
	Guards []RouteGuard
	// Routes are the application's routes, all of them for GET and POST.
	Routes []Route
}

// RequestHeader is the header of a request, as the framework lets middleware change it.
type RequestHeader interface {
	// Del, Set and Add do what the framework's functions of these names do.
	Del(name string)
	Set(name, value string)
	Add(name, value string)
	// Keep adds a header under exactly this name.
	Keep(name, value string)
	// SetHost sets what Host returns.
	SetHost(host string)
	// ReadCookies makes the framework parse the cookies, DelCookie removes one of them in the way
	// of the framework, or of its application where it has none.
	ReadCookies()
	DelCookie(name string)
}

// RouteGuard are the arguments of a ProtectRoutes.
type RouteGuard struct {
	Matcher *core.RouteMatcher
	Options []core.ProtectOption
}

// Route is one route.
type Route struct {
	Path string
	// Protect are the options of the adapter's Protect in front of the handler; nil means that it
	// is not used.
	Protect *[]core.ProtectOption
	// Handler is the route's handler.
	Handler Handler
}

// Handler is a handler in terms of an adapter's functions. It returns what a handler of the
// framework would return, nil on frameworks whose handlers return nothing.
type Handler func(Context) error

// Context offers the adapter's functions for one request.
type Context interface {
	// Auth calls the adapter's Auth, State its State.
	Auth(opts ...core.AuthOption) *core.Auth
	State() *core.State
	// Require calls the adapter's Require; stop says that the handler must return err now.
	Require(opts ...core.ProtectOption) (stop bool, err error)
	// RedirectToSignIn and RedirectToSignUp call the adapter's functions.
	RedirectToSignIn(opts ...core.RedirectOption) error
	RedirectToSignUp(opts ...core.RedirectOption) error
	// Text answers 200 with a text.
	Text(body string) error
	// Redirect sends the browser elsewhere, as the framework does, with 307.
	Redirect(location string) error
	// Context is the request's context, as code without the framework sees it.
	Context() context.Context
}

// Protected is the Protect field of a guarded route.
func Protected(opts ...core.ProtectOption) *[]core.ProtectOption {
	if opts == nil {
		opts = []core.ProtectOption{}
	}
	return &opts
}

// Run runs the table against an adapter.
func Run(t *testing.T, newApp NewApp) {
	t.Helper()
	fixture := newFixture(t)
	for _, group := range groups(t, fixture) {
		t.Run(group.name, func(t *testing.T) {
			app := newApp(t, group.setup)
			for _, row := range group.rows {
				t.Run(row.name, func(t *testing.T) { row.check(t, app, fixture) })
			}
		})
	}
	t.Run("a hidden route looks like an absent one", func(t *testing.T) { checkHidden(t, newApp) })
	t.Run("what could not be checked is not signed out", func(t *testing.T) { checkUnchecked(t, newApp) })
	t.Run("answers while Clerk is down", func(t *testing.T) { checkUnavailable(t, newApp) })
	t.Run("sessions in grace", func(t *testing.T) { checkGrace(t, newApp) })
	t.Run("what a webhook revokes", func(t *testing.T) { checkRevocations(t, newApp) })
}

// group is an application and the requests to send to it.
type group struct {
	name  string
	setup Setup
	rows  []row
}

// row is one request and its answer.
type row struct {
	name    string
	method  string // GET unless given
	path    string
	headers []string // alternating names and values
	status  int
	want    []string // "Name: value" of Clerk's headers, sorted
	body    string   // unless the framework writes its own page
	ownPage bool     // the application writes the page of a 404 or 500 itself
	anyBody bool     // the framework writes a body that is its own affair
	appOwn  bool     // the answer is the application's, whatever its status
	// contentType is the one media type of the answer; not compared where it is empty.
	contentType string
}

// varies is the Vary header of refusals and redirects.
const varies = "Vary: Authorization, Cookie, Accept, Sec-Fetch-Dest"

// wanted are the headers that the answer must carry, sorted. Refusals and redirects are for who
// asks alone, and say so.
func (r row) wanted() []string {
	want := slices.Clone(r.want)
	if r.status >= http.StatusMultipleChoices && !r.appOwn {
		if !slices.ContainsFunc(want, func(h string) bool { return strings.HasPrefix(h, "Cache-Control: ") }) {
			want = append(want, "Cache-Control: private, no-store")
		}
		if !slices.ContainsFunc(want, func(h string) bool { return strings.HasPrefix(h, "Vary: ") }) {
			want = append(want, varies)
		}
	}
	slices.Sort(want)
	return want
}

// check sends the request and compares the answer.
func (r row) check(t *testing.T, app App, f *fixture) {
	t.Helper()
	method := r.method
	if method == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(context.Background(), method, appURL+r.path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.RequestURI = r.path
	for i := 0; i+1 < len(r.headers); i += 2 {
		req.Header.Add(r.headers[i], r.headers[i+1])
	}
	resp, err := app(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, r.path, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != r.status {
		t.Errorf("%s %s: got status %d, want %d (body %q)", method, r.path, resp.StatusCode, r.status, body)
	}
	if diff := cmp.Diff(r.wanted(), f.clerkHeaders(resp)); diff != "" {
		t.Errorf("%s %s: headers (-want +got):\n%s", method, r.path, diff)
	}
	if frameworkPage := r.anyBody || !r.ownPage && (r.status == http.StatusNotFound || r.status == http.StatusInternalServerError); !frameworkPage && string(body) != r.body {
		t.Errorf("%s %s: got body %q, want %q", method, r.path, body, r.body)
	}
	if got := resp.Header.Values("Content-Type"); r.contentType != "" && (len(got) != 1 || !strings.EqualFold(got[0], r.contentType)) {
		t.Errorf("%s %s: got Content-Type %q, want %q", method, r.path, got, r.contentType)
	}
}

// compared are the headers that adapters must agree on, besides X-Clerk-*.
var compared = []string{
	"Location", "Set-Cookie", "Cache-Control", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
	"Www-Authenticate", "Retry-After", "Vary",
}

// clerkAddress is the address of a clerktest server, which differs in each run.
var clerkAddress = regexp.MustCompile(`http(://|%3A%2F%2F)127\.0\.0\.1(:|%3A)[0-9]+`)

// clerkHeaders lists the headers that adapters must agree on. Addresses and tokens that differ in
// each run are replaced by names.
func (f *fixture) clerkHeaders(resp *http.Response) []string {
	var out []string
	for name, values := range resp.Header {
		canonical := http.CanonicalHeaderKey(name)
		if !slices.Contains(compared, canonical) && !strings.HasPrefix(canonical, "X-Clerk-") {
			continue
		}
		for _, value := range values {
			if seconds, err := strconv.Atoi(value); canonical == "Retry-After" && err == nil && seconds >= 5 && seconds <= 15 {
				value = "{soon}" // Each client is asked to come back at another time.
			}
			out = append(out, canonical+": "+f.names.Replace(clerkAddress.ReplaceAllString(value, "{clerk}")))
		}
	}
	slices.Sort(out)
	return out
}

// appURL is where the applications under test believe to be.
const appURL = "http://localhost:3000"

// fixture is the Clerk instance of a run.
type fixture struct {
	server     *clerktest.Server
	clerk      *core.Clerk
	admin      string // session tokens
	member     string
	personal   string
	pending    string
	expired    string
	devBrowser string
	names      *strings.Replacer
}
