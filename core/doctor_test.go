package core_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
	"github.com/clerkgo/clerkgo/httpclerk"
)

// town is a network without any other: it knows who answers for a host.
type town map[string]func(*http.Request) (*http.Response, error)

func (t town) RoundTrip(r *http.Request) (*http.Response, error) {
	if answer, ok := t[r.URL.Host]; ok {
		return answer(r)
	}
	return nil, errors.New("lookup " + r.URL.Host + ": no such host")
}

func (t town) client() *http.Client { return &http.Client{Transport: t} }

// toClerk passes on to an instance of clerktest.
func toClerk(s *clerktest.Server) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		u, err := url.Parse(s.URL())
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host = u.Scheme, u.Host
		return http.DefaultTransport.RoundTrip(r)
	}
}

// served is an application behind something that ends TLS in front and makes what it likes
// of a request.
func served(h http.Handler, front func(in *http.Request)) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		in := r.Clone(r.Context())
		in.Host, in.RequestURI, in.RemoteAddr = r.URL.Host, r.URL.RequestURI(), "10.0.0.7:1234"
		if front != nil {
			front(in)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, in)
		return w.Result(), nil
	}
}

// names is a front that does everything right.
func names(in *http.Request) {
	in.Header.Set("X-Forwarded-Host", "app.example")
	in.Header.Set("X-Forwarded-Proto", "https")
}

// app is an application whose middleware covers everything but /public.
func app(tb testing.TB, o core.Options) http.Handler {
	tb.Helper()
	mux := http.NewServeMux()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.Handle("/", httpclerk.With(newClerk(tb, o))(page))
	mux.Handle("/public", page)
	mux.Handle("/moved", http.RedirectHandler("https://www.app.example/", http.StatusMovedPermanently))
	mux.Handle("/elsewhere", http.RedirectHandler("https://other.example/", http.StatusFound))
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	return mux
}

// built is a program of one version of all modules.
var built = &debug.BuildInfo{
	GoVersion: "go1.26.1",
	Main:      debug.Module{Path: "example.com/app", Version: "(devel)"},
	Deps: []*debug.Module{
		{Path: "github.com/clerk/clerk-sdk-go/v2", Version: "v2.7.0"},
		{Path: "github.com/clerkgo/clerkgo", Version: "v0.2.0"},
		{Path: "github.com/clerkgo/clerkgo/ginclerk", Version: "v0.2.0"},
		{Path: "github.com/clerkgo/clerkgolike", Version: "v9.0.0"},
	},
}

// patient is what one case of a check-up changes.
type patient struct {
	production bool
	options    core.Options // what is examined
	app        core.Options // what runs
	net        town
	front      func(in *http.Request)
	at         core.Checkup
	s, other   *clerktest.Server
}

const appHost, frontendHost = "app.example", "clerk.app.example"

// examine makes a healthy application, spoils it, and returns what is found.
func examine(t *testing.T, production bool, spoil func(p *patient)) (core.Report, *patient) {
	t.Helper()
	clock := clerktest.NewClock(epoch)
	s := clerktest.New(t, clerktest.Config{FrontendAPI: frontendHost, Clock: clock, Production: production})
	other := clerktest.New(t, clerktest.Config{FrontendAPI: "clerk.other.example", Clock: clock, Production: production, SecondKey: true})
	o := plain(s)
	o.APIURL, o.AuthorizedParties = "", []string{"https://app.example"}
	p := &patient{production: production, options: o, app: o, front: names, s: s, other: other, at: core.Checkup{Addresses: []string{"https://app.example/dashboard"}, Build: built}}
	p.net = town{"api.clerk.com": toClerk(s), frontendHost: toClerk(s), "api.other.example": toClerk(other)}
	p.options.HTTPClient, p.app.HTTPClient, p.at.HTTPClient = p.net.client(), p.net.client(), p.net.client()
	spoil(p)
	if p.net[appHost] == nil {
		p.net[appHost] = served(app(t, p.app), p.front)
		p.net["www.app.example"] = p.net[appHost]
	}
	return core.Doctor(t.Context(), p.options, p.at), p
}

// TestDoctorFinds spoils one thing at a time.
func TestDoctorFinds(t *testing.T) {
	t.Parallel()
	at := func(addresses ...string) func(p *patient) {
		return func(p *patient) { p.at.Addresses = addresses }
	}
	fronted := func(front func(in *http.Request)) func(p *patient) { return func(p *patient) { p.front = front } }
	clockOff := func(d time.Duration) func(p *patient) {
		return func(p *patient) { p.options.Now = func() time.Time { return epoch.Add(d) } }
	}
	satellite := func(p *patient) {
		p.options.IsSatellite, p.options.Domain, p.options.SignInURL = true, "app.example", "https://primary.example/sign-in"
		p.net["clerk.app.example"] = toClerk(p.s)
		p.app.IsSatellite, p.app.Domain, p.app.SignInURL = true, "app.example", "https://primary.example/sign-in"
	}
	for name, test := range map[string]struct {
		development bool
		spoil       func(p *patient)
		worst       core.FindingLevel
		want        []string // each is the beginning of a finding, and after … what else is in it
	}{
		"nothing": {spoil: func(*patient) {}, worst: core.LevelOK, want: []string{
			"ok: options: publishable key: is well formed: the production instance clerk.app.example.",
			"ok: keys: secret key at https://api.clerk.com/v1/jwks: Clerk accepts it.",
			"ok: keys: publishable key at https://clerk.app.example: is of the same instance",
			"ok: clock: this machine's clock: agrees",
			"ok: parties: https://app.example: is listed",
			"ok: application: https://app.example/dashboard: the application knows its public address",
			"ok: versions: modules: clerkgo, ginclerk v0.2.0, clerk-sdk-go v2.7.0, Go 1.26.1.",
		}},
		"nothing, in development": {development: true, spoil: func(*patient) {}, worst: core.LevelOK, want: []string{
			"ok: options: publishable key: is well formed: the development instance", "ok: application: https://app.example/dashboard",
		}},
		"no address": {spoil: at(), worst: core.LevelNote, want: []string{"note: parties: Options.AuthorizedParties: was not held", "note: application: forwarded headers: were not looked at"}},

		"secret key of another instance": {spoil: func(p *patient) {
			p.options.SecretKey, p.options.APIURL = p.other.SecretKey(), "https://api.other.example"
		}, worst: core.LevelFault, want: []string{
			"fault: keys: publishable key at https://clerk.app.example: has other signing keys…Copy both keys",
		}},
		"secret key that Clerk refuses": {spoil: func(p *patient) { p.options.SecretKey = "sk_live_of_nobody" }, worst: core.LevelFault, want: []string{
			"fault: keys: secret key at https://api.clerk.com/v1/jwks: Clerk refuses", "note: keys: publishable key at https://clerk.app.example: answers, and was not compared",
		}},
		"keys of two environments": {development: true, spoil: func(p *patient) { p.options.SecretKey = "sk_live_of_nobody" }, worst: core.LevelFault, want: []string{"fault: keys: both keys: one is of a development instance"}},
		"an odd tolerance":         {spoil: func(p *patient) { p.options.ClockSkew = new(-time.Second) }, worst: core.LevelWarning, want: []string{"warning: options: configuration: Options.ClockSkew is negative"}},
		"Clerk is away": {spoil: func(p *patient) { delete(p.net, "api.clerk.com"); delete(p.net, frontendHost) }, worst: core.LevelFault, want: []string{
			"fault: keys: secret key at https://api.clerk.com/v1/jwks: could not be checked: lookup api.clerk.com: no such host. Without it no session…Let this machine reach",
			"warning: keys: publishable key at https://clerk.app.example: could not be checked: lookup clerk.app.example",
			"note: clock: this machine's clock: could not be checked",
		}},
		"the Backend API is away, and the key is known": {spoil: func(p *patient) { delete(p.net, "api.clerk.com"); p.options.JWTKey = p.s.PEM() }, worst: core.LevelWarning, want: []string{
			"warning: keys: secret key at https://api.clerk.com/v1/jwks: could not be checked", "ok: JWT key: Options.JWTKey", "ok: clock: ",
		}},
		"the Backend API is down":           {spoil: func(p *patient) { p.s.Inject("GET /v1/jwks", clerktest.Fault{Status: 503}) }, worst: core.LevelWarning, want: []string{"warning: keys: secret key at https://api.clerk.com/v1/jwks: could not be checked: the Backend API answers 503"}},
		"another Backend API":               {spoil: func(p *patient) { p.net["api.clerk.com"] = answers{200, "text/html", "<p>Welcome"}.RoundTrip }, worst: core.LevelFault, want: []string{"fault: keys: secret key at https://api.clerk.com/v1/jwks: what answers there (200) is not Clerk's"}},
		"PEM of another instance":           {spoil: func(p *patient) { p.options.JWTKey = p.other.PEM() }, worst: core.LevelFault, want: []string{"fault: JWT key: Options.JWTKey (CLERK_JWT_KEY): is none of the instance's keys"}},
		"PEM of this instance":              {spoil: func(p *patient) { p.options.JWTKey = p.s.PEM() }, worst: core.LevelOK, want: []string{"ok: JWT key: "}},
		"a key set that is the Frontend's":  {spoil: func(p *patient) { p.net[frontendHost] = toClerk(p.other) }, worst: core.LevelFault, want: []string{"fault: keys: publishable key at https://clerk.app.example: has other"}},
		"a Frontend API that nobody serves": {spoil: func(p *patient) { p.net[frontendHost] = answers{404, "text/html", "no"}.RoundTrip }, worst: core.LevelWarning, want: []string{"warning: keys: publishable key at https://clerk.app.example: could not be checked: it answers 404"}},

		"a clock that is behind":       {spoil: clockOff(-10 * time.Minute), worst: core.LevelFault, want: []string{"fault: clock: this machine's clock: is 10m0s behind Clerk's: new session tokens are not valid yet…NTP"}},
		"a clock that is ahead":        {spoil: clockOff(10 * time.Minute), worst: core.LevelFault, want: []string{"fault: clock: this machine's clock: is 10m0s ahead of Clerk's: session tokens expire early"}},
		"a clock that just does":       {spoil: clockOff(5 * time.Second), worst: core.LevelWarning, want: []string{"warning: clock: this machine's clock: is 5s ahead of Clerk's, which Options.ClockSkew (5s) just tolerates"}},
		"a clock that is a second off": {spoil: clockOff(-time.Second), worst: core.LevelOK, want: []string{"ok: clock: "}},
		"a tolerance for that":         {spoil: func(p *patient) { clockOff(-time.Minute)(p); p.options.ClockSkew = new(5 * time.Minute) }, worst: core.LevelOK, want: []string{"ok: clock: "}},
		"a party that is another":      {spoil: func(p *patient) { p.options.AuthorizedParties = []string{"https://www.app.example"} }, worst: core.LevelFault, want: []string{"fault: parties: https://app.example: is not listed…Add https://app.example"}},
		"no party in production":       {spoil: func(p *patient) { p.options.AuthorizedParties = nil }, worst: core.LevelWarning, want: []string{"warning: parties: Options.AuthorizedParties: is empty"}},
		"no party in development":      {development: true, spoil: func(p *patient) { p.options.AuthorizedParties = nil }, worst: core.LevelNote, want: []string{"note: parties: Options.AuthorizedParties: is empty"}},
		"a party of development": {spoil: func(p *patient) {
			p.options.AuthorizedParties = append(p.options.AuthorizedParties, "http://localhost:3000")
		}, worst: core.LevelWarning, want: []string{"warning: parties: Options.AuthorizedParties: lists http://localhost:3000 on a production"}},
		"Debug in production":           {spoil: func(p *patient) { p.options.Debug = true }, worst: core.LevelWarning, want: []string{"warning: options: Options.Debug: logs every request"}},
		"a domain without a satellite":  {spoil: func(p *patient) { p.options.Domain = "app.example" }, worst: core.LevelWarning, want: []string{"warning: satellite: Options.Domain (CLERK_DOMAIN): has no effect"}},
		"a satellite":                   {spoil: satellite, worst: core.LevelOK, want: []string{"ok: satellite: https://app.example/dashboard: belongs", "ok: application: "}},
		"a satellite of another domain": {spoil: func(p *patient) { satellite(p); p.options.Domain = "shop.example" }, worst: core.LevelFault, want: []string{"fault: satellite: https://app.example/dashboard: is not on the satellite's domain, which is shop.example", "warning: satellite: https://clerk.shop.example: could not be checked"}},
		"a satellite that nobody knows": {spoil: func(p *patient) {
			satellite(p)
			p.options.Domain, p.net["clerk.shop.example"] = "shop.example", answers{404, "text/html", "no"}.RoundTrip
		}, worst: core.LevelFault, want: []string{"fault: satellite: https://clerk.shop.example: is not the Frontend API of a satellite: it answers 404"}},
		"its own primary":             {spoil: func(p *patient) { satellite(p); p.options.SignInURL = "https://app.example/sign-in" }, worst: core.LevelFault, want: []string{"fault: satellite: https://app.example/dashboard: is the origin of Options.SignInURL"}},
		"a sign-in page of satellite": {spoil: func(p *patient) { satellite(p); p.options.SignInURL = "/sign-in" }, worst: core.LevelFault, want: []string{"fault: satellite: Options.SignInURL (CLERK_SIGN_IN_URL): is a path of the satellite"}},

		"a proxy of the application's own": {spoil: func(p *patient) {
			p.options.FrontendAPIProxy.Enabled, p.app.FrontendAPIProxy.Enabled = true, true
			p.net["frontend-api.clerk.dev"] = toClerk(p.s)
		}, worst: core.LevelOK, want: []string{"ok: proxy: https://app.example/__clerk: is of the same instance", "ok: application: "}},
		"a proxy that is not served": {spoil: func(p *patient) { p.options.ProxyURL, p.app.ProxyURL = "/public", "/public" }, worst: core.LevelFault, want: []string{"fault: proxy: https://app.example/public: does not pass on to Clerk's Frontend API"}},
		"a proxy that Clerk refuses": {spoil: func(p *patient) {
			p.options.ProxyURL, p.app.ProxyURL = "https://proxy.example/", "https://proxy.example/"
			p.net["proxy.example"] = answers{400, "application/json", `{"errors":[{"code":"proxy_url_invalid"}]}`}.RoundTrip
		}, worst: core.LevelFault, want: []string{"fault: proxy: https://proxy.example: Clerk's Frontend API refuses the proxy (400)…dashboard"}},
		"a proxy to another instance": {spoil: func(p *patient) {
			p.options.ProxyURL, p.app.ProxyURL = "https://proxy.example", "https://proxy.example"
			p.net["proxy.example"] = toClerk(p.other)
		}, worst: core.LevelFault, want: []string{
			"fault: proxy: https://proxy.example: has other signing keys…Let Options.ProxyURL (CLERK_PROXY_URL) lead to the instance of the secret key",
			"ok: keys: publishable key at https://clerk.app.example: is of the same instance",
		}},
		"a Backend API and a proxy of two instances": {development: true, spoil: func(p *patient) {
			p.options.APIURL, p.options.ProxyURL = "http://one.localhost:4010/", "http://two.localhost:4011"
			p.app.APIURL, p.app.ProxyURL = p.options.APIURL, p.options.ProxyURL
			p.net["one.localhost:4010"], p.net["two.localhost:4011"] = toClerk(p.s), toClerk(p.other)
		}, worst: core.LevelFault, want: []string{
			"fault: proxy: http://two.localhost:4011: has other signing keys…Options.APIURL (CLERK_API_URL) is http://one.localhost:4010, and Options.ProxyURL (CLERK_PROXY_URL) is http://two.localhost:4011: ",
		}},
		"a publishable key that nobody can compare": {development: true, spoil: func(p *patient) {
			p.options.APIURL, p.options.ProxyURL, p.options.PublishableKey = "http://one.localhost:4010", "http://one.localhost:4010", p.other.PublishableKey()
			p.app.APIURL, p.app.ProxyURL, p.app.PublishableKey = p.options.APIURL, p.options.ProxyURL, p.options.PublishableKey
			p.net["one.localhost:4010"] = toClerk(p.s)
		}, worst: core.LevelNote, want: []string{
			"note: proxy: publishable key: names clerk.other.example, and was not compared with the secret key…Options.ProxyURL (CLERK_PROXY_URL)",
			"ok: proxy: http://one.localhost:4010: is of the same instance as the secret key",
		}},
		"a proxy without TLS": {spoil: func(p *patient) {
			p.options.ProxyURL, p.app.ProxyURL = "http://proxy.example", "http://proxy.example"
			p.net["proxy.example"] = toClerk(p.s)
		}, worst: core.LevelWarning, want: []string{"warning: proxy: http://proxy.example: is http", "ok: proxy: http://proxy.example: is of the same"}},
		"a proxy URL without scheme":     {spoil: func(p *patient) { p.options.ProxyURL = "app.example/__clerk" }, worst: core.LevelFault, want: []string{"warning: options: configuration: Options.ProxyURL (CLERK_PROXY_URL) starts with neither"}},
		"a path, and no address for it":  {spoil: func(p *patient) { p.options.ProxyURL, p.at.Addresses = "/__clerk", nil }, worst: core.LevelNote, want: []string{"note: proxy: Options.ProxyURL (CLERK_PROXY_URL): was not looked at"}},
		"TLS ended without a word":       {spoil: fronted(func(in *http.Request) { in.Header.Del("X-Forwarded-Host") }), worst: core.LevelFault, want: []string{"fault: application: https://app.example/dashboard: the application takes its address for http://app.example/dashboard…X-Forwarded-Proto"}},
		"an inner host":                  {spoil: fronted(func(in *http.Request) { in.Host = "10.1.2.3:8080" }), worst: core.LevelFault, want: []string{"fault: application: https://app.example/dashboard: the application takes its address for http://10.1.2.3:8080/dashboard…X-Forwarded-Host"}},
		"forwarded headers are ignored":  {spoil: func(p *patient) { p.options.IgnoreForwarded, p.app.IgnoreForwarded = true, true }, worst: core.LevelFault, want: []string{"fault: application: https://app.example/dashboard: the application takes…Options.IgnoreForwarded is set"}},
		"a front that cuts a prefix off": {spoil: fronted(func(in *http.Request) { names(in); in.RequestURI = "/" }), worst: core.LevelWarning, want: []string{"warning: application: https://app.example/dashboard: the application takes its address for https://app.example/: something in front changes the path"}},
		"anybody's word is believed": {spoil: fronted(func(in *http.Request) { in.Header.Set("X-Forwarded-Proto", "https") }), worst: core.LevelWarning, want: []string{
			"warning: application: https://app.example/dashboard: the application knows its public address, but believes…IgnoreForwarded",
		}},
		"other keys at work": {spoil: func(p *patient) { p.app.PublishableKey = p.other.PublishableKey() }, worst: core.LevelFault, want: []string{
			"fault: application: https://app.example/dashboard: the application sends browsers to https://clerk.other.example/v1/client/handshake, and not to https://clerk.app.example/v1/client/handshake",
		}},
		"a page without the middleware": {spoil: at("https://app.example/public"), worst: core.LevelWarning, want: []string{"warning: application: https://app.example/public: could not be checked: nothing of the middleware shows in the answer (204)"}},
		"a page that is broken":         {spoil: at("https://app.example/broken"), worst: core.LevelWarning, want: []string{"warning: application: https://app.example/broken: could not be checked: nothing of the middleware shows in the answer (502)"}},
		"a page that has moved": {spoil: func(p *patient) {
			at("https://app.example/moved")(p)
			p.front = func(in *http.Request) {
				in.Header.Set("X-Forwarded-Host", in.Host)
				in.Header.Set("X-Forwarded-Proto", "https")
			}
		}, worst: core.LevelFault, want: []string{"fault: parties: https://www.app.example: is not listed", "ok: application: https://app.example/moved"}},
		"a page that leads away":      {spoil: at("https://app.example/elsewhere"), worst: core.LevelWarning, want: []string{"warning: application: https://app.example/elsewhere: could not be checked"}},
		"an application that is away": {spoil: at("https://nowhere.example/?token=a_secret_of_the_address"), worst: core.LevelFault, want: []string{"warning: application: https://nowhere.example/: could not be checked: lookup nowhere.example"}},
		"addresses that are none":     {spoil: at("app.example", "https://me:a_secret_of_the_address@app.example/", "/dashboard"), worst: core.LevelFault, want: []string{`fault: application: "app.example": is no http`, "fault: application: \"https://...@app.example/\": must not include credentials", `fault: application: "/dashboard": is no http`}},
		"several versions": {spoil: func(p *patient) {
			b := *built
			b.Deps = append(slices.Clone(b.Deps), &debug.Module{Path: "github.com/clerkgo/clerkgo/otelclerk", Version: "v0.1.0"})
			p.at.Build = &b
		}, worst: core.LevelWarning, want: []string{"warning: versions: modules: of several versions: otelclerk v0.1.0; clerkgo, ginclerk v0.2.0"}},
		"a working copy":  {spoil: func(p *patient) { p.at.Build = nil }, worst: core.LevelNote, want: []string{"note: versions: modules: clerkgo of a working copy"}},
		"another program": {spoil: func(p *patient) { p.at.Build = &debug.BuildInfo{GoVersion: "go1.26.0"} }, worst: core.LevelWarning, want: []string{"warning: versions: modules: no module"}},
		"the middleware cannot reach Clerk": {spoil: func(p *patient) {
			p.app.Outage = core.Outage{}
			p.app.HTTPClient = town{}.client()
		}, worst: core.LevelWarning, want: []string{"warning: application: https://app.example/dashboard: could not be checked: the middleware let the page load pass"}},

		"swapped keys": {spoil: func(p *patient) {
			p.options.PublishableKey, p.options.SecretKey = p.options.SecretKey, p.options.PublishableKey
		}, worst: core.LevelFault, want: []string{
			"fault: options: configuration: Publishable key not valid…swap them", "note: options: everything else: was not looked at",
		}},
		"several faults": {spoil: func(p *patient) {
			p.options.SecretKey, p.options.IsSatellite, p.options.JWTKey = "", true, "none"
		}, worst: core.LevelFault, want: []string{
			"fault: options: configuration: Missing Clerk Secret Key", "fault: options: configuration: Missing domain and proxyUrl", "fault: options: configuration: Options.JWTKey (CLERK_JWT_KEY) is not a PEM",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, p := examine(t, !test.development, test.spoil)
			if got := report.Worst(); got != test.worst {
				t.Errorf("got %s as the worst, want %s:\n%s", got, test.worst, report)
			}
			for _, want := range test.want {
				begin, other, _ := strings.Cut(want, "…")
				if !slices.ContainsFunc(report.Findings, func(f core.Finding) bool {
					return strings.HasPrefix(f.String(), begin) && strings.Contains(f.String(), other)
				}) {
					t.Errorf("got no %q in:\n%s", want, report)
				}
			}
			for _, f := range report.Findings {
				if f.Subject == "" || f.Found == "" || f.Level >= core.LevelWarning && f.Remedy == "" && f.Check != "options" && f.Check != "JWT key" {
					t.Errorf("not everything is said: %s", f)
				}
			}
			text, err := json.Marshal(report)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{p.s.SecretKey(), p.other.SecretKey(), "of_nobody", "a_secret_of_the_address"} {
				if strings.Contains(string(text), secret) {
					t.Errorf("the report holds %q: %s", secret, text)
				}
			}
		})
	}
}

// TestDoctorEnds examines where nothing answers, through a transport that does not even
// heed the end of a context.
func TestDoctorEnds(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{})
		defer func() { close(end); synctest.Wait() }()
		deaf := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { <-end; return nil, errors.New("late") })}
		o := plain(s)
		o.HTTPClient = deaf
		clerk := newClerk(t, o)
		for _, test := range []struct {
			timeout, own, want time.Duration
		}{{0, time.Hour, 15 * time.Second}, {time.Second, time.Hour, time.Second}, {-1, time.Minute, time.Minute}} {
			ctx, cancel := context.WithTimeout(t.Context(), test.own)
			begin := time.Now()
			report := clerk.Doctor(ctx, core.Checkup{Addresses: []string{"https://app.example/"}, HTTPClient: deaf, Timeout: test.timeout})
			cancel()
			if took := time.Since(begin); took != test.want {
				t.Errorf("time-out %s: took %s, want %s", test.timeout, took, test.want)
			}
			if n := strings.Count(report.String(), "could not be checked: no answer in time"); n != 3 {
				t.Errorf("got %d of 3 findings: %s", n, report)
			}
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestReportsAreJSON(t *testing.T) {
	t.Parallel()
	report := core.Report{Findings: []core.Finding{
		{Level: core.LevelOK, Check: "clock", Subject: "this machine's clock", Found: "agrees with Clerk's."},
		{Level: core.LevelFault, Check: "keys", Subject: "both", Found: "differ.", Remedy: "Copy them."},
	}}
	text, err := json.Marshal(report)
	const want = `{"findings":[{"level":"ok","check":"clock","subject":"this machine's clock","found":"agrees with Clerk's."},` +
		`{"level":"fault","check":"keys","subject":"both","found":"differ.","remedy":"Copy them."}]}`
	if err != nil || string(text) != want {
		t.Fatalf("got %s, %v, want %s", text, err, want)
	}
	var back core.Report
	if err := json.Unmarshal(text, &back); err != nil || !slices.Equal(back.Findings, report.Findings) {
		t.Errorf("got %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"findings":[{"level":"bad"}]}`), &back); err == nil {
		t.Error("a level that is none: got no error")
	}
	if got := core.FindingLevel(9).String(); got != "unknown" {
		t.Errorf("got %q", got)
	}
	if (core.Report{}).Worst() != core.LevelOK {
		t.Error("an empty report is not ok")
	}
}
