package core_test

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/core"
)

const proxySecret = "sk_live_proxied"

// upstream is a Frontend API that answers without a network.
type upstream func(*http.Request) (*http.Response, error)

func (u upstream) RoundTrip(r *http.Request) (*http.Response, error) { return u(r) }

// canned is a response of an upstream.
type canned struct {
	status int
	body   string
	header http.Header
}

func answer(status int, body string, headers ...string) canned {
	c := canned{status, body, http.Header{}}
	for i := 0; i+1 < len(headers); i += 2 {
		c.header.Add(headers[i], headers[i+1])
	}
	return c
}

// send is an upstream that gives this answer.
func (c canned) send(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Header: c.header, Body: io.NopCloser(strings.NewReader(c.body)), ContentLength: int64(len(c.body))}, nil
}

// proxyOptions are the options of an instance with a proxy.
func proxyOptions(u upstream) core.Options {
	return core.Options{
		PublishableKey:   keyFor("pk_live_", "clerk.example.com"),
		SecretKey:        proxySecret,
		LookupEnv:        noEnv,
		HTTPClient:       &http.Client{Transport: u},
		FrontendAPIProxy: core.FrontendAPIProxy{Enabled: true},
	}
}

// proxyTo makes an instance whose proxy reports what it sends.
func proxyTo(tb testing.TB, sent **http.Request, change ...func(*core.Options)) *core.Clerk {
	tb.Helper()
	o := proxyOptions(func(r *http.Request) (*http.Response, error) {
		*sent = r
		return answer(http.StatusOK, "ok").send(r)
	})
	for _, f := range change {
		f(&o)
	}
	return newClerk(tb, o)
}

// body reads an answer of the proxy.
func body(tb testing.TB, r *core.ProxyResponse) string {
	tb.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		tb.Fatal(err)
	}
	if err := r.Body.Close(); err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

func proxyHeader(r *core.ProxyResponse) http.Header {
	h := make(http.Header)
	for _, f := range r.Headers {
		h.Add(f.Name, f.Value)
	}
	return h
}

// TestProxyTargets holds what Clerk's JavaScript SDK calls for these targets.
// Browsers read \ as /, and resolve dots even where they are escaped.
func TestProxyTargets(t *testing.T) {
	t.Parallel()
	const api = "https://frontend-api.clerk.dev"
	for _, tt := range []struct{ target, want string }{
		{target: "/__clerk", want: "/"},
		{target: "/__clerk/", want: "/"},
		{target: "/__clerk?", want: "/"},
		{target: "/__clerk/?", want: "/"},
		{target: "/__clerk/#frag", want: "/"},
		{target: "/__clerk/.", want: "/"},
		{target: "/__clerk/a/./b", want: "/a/b"},
		{target: "/__clerk/v1/client?a=b&c=%20d", want: "/v1/client?a=b&c=%20d"},
		{target: "/__clerk/?u=//evil.com", want: "/?u=//evil.com"},
		{target: "/__clerk/v1?x=é\"<>", want: "/v1?x=%C3%A9%22%3C%3E"},
		{target: "/__clerk/a;b=c", want: "/a;b=c"},
		{target: "/__clerk/é", want: "/%C3%A9"},
		{target: "/__clerk/a b\"e<f>`{g}[h]", want: "/a%20b%22e%3Cf%3E%60%7Bg%7D[h]"},
		{target: "http://evil.com/__clerk/v1", want: "/v1"},

		{target: "/__clerk//evil.com/x", want: "//evil.com/x"},
		{target: "/__clerk///evil.com", want: "///evil.com"},
		{target: `/__clerk/\evil.com`, want: "//evil.com"},
		{target: `/__clerk\evil.com`, want: "/evil.com"},
		{target: "/__clerk/@evil.com", want: "/@evil.com"},
		{target: "/__clerk/:443@evil.com", want: "/:443@evil.com"},
		{target: "/__clerk/http://evil.com/", want: "/http://evil.com/"},
		{target: "/__clerk/%2F%2Fevil.com", want: "/%2F%2Fevil.com"},
		{target: "/__clerk/%5C%5Cevil.com", want: "/%5C%5Cevil.com"},
		{target: "/__clerk/v1/%2e%2e%2f%2e%2e%2fz", want: "/v1/%2e%2e%2f%2e%2e%2fz"},
		{target: "/__clerk/a%0d%0aHost:%20evil.com", want: "/a%0d%0aHost:%20evil.com"},
		{target: "/__clerk/a\r\nHost: evil.com", want: "/aHost:%20evil.com"},
		{target: "/__clerk/a\tb", want: "/ab"},
		{target: "/__clerk/\x00", want: "/%00"},
		{target: "/__clerk/.%2E/__clerk/y", want: "/y"},
		{target: "/x/../__clerk/v1", want: "/v1"},

		{target: "/__clerkfoo"},
		{target: "/__clerk@evil.com"},
		{target: "/__clerk.evil.com/"},
		{target: "/__clerk:80/"},
		{target: "/__clerk%2fv1"},
		{target: "/__CLERK/v1"},
		{target: "/__clerk/.."},
		{target: "/__clerk/../x"},
		{target: "/__clerk/%2e%2e/x"},
		{target: `/__clerk\..\x`},
		{target: "//evil.com/__clerk/v1"},
		{target: "/?/__clerk/v1"},
		{target: "/#/__clerk/v1"},
		{target: "http://evil.com?/__clerk/v1"},
		{target: "evil.com:443/__clerk"},
		{target: "*"},
		{want: ""},
	} {
		t.Run(tt.target, func(t *testing.T) {
			t.Parallel()
			var sent *http.Request
			c := proxyTo(t, &sent)
			r := get(tt.target)
			if got := c.Proxies(r); got != (tt.want != "") {
				t.Fatalf("got proxied %t", got)
			}
			resp := c.Proxy(t.Context(), r, core.ProxyInput{})
			if tt.want == "" {
				if sent != nil || resp.Status != http.StatusBadRequest || !strings.Contains(body(t, resp), "proxy_path_mismatch") {
					t.Errorf("got status %d and request %v for another path", resp.Status, sent)
				}
				return
			}
			if sent == nil {
				t.Fatalf("nothing was sent: %d %s", resp.Status, body(t, resp))
			}
			if got := sent.URL.Scheme + "://" + sent.URL.Host + sent.URL.RequestURI(); got != api+tt.want {
				t.Errorf("got %s, want %s", got, api+tt.want)
			}
			if sent.Host != "frontend-api.clerk.dev" || sent.Header.Get("Clerk-Secret-Key") != proxySecret {
				t.Errorf("got host %q, headers %v", sent.Host, sent.Header)
			}
		})
	}
}

func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		request *request
		status  int
		text    string
	}{
		{name: "an escape that is none", request: get("/__clerk/%zz"), status: 400, text: `{"errors":[{"code":"proxy_request_failed","message":"Resolved target does not match the expected host"}]}`},
		{name: "TRACE, whose answer shows the secret key", request: get("/__clerk/v1").as("TRACE"), status: 405, text: "proxy_request_failed"},
		{name: "CONNECT", request: get("/__clerk/v1").as("CONNECT"), status: 405, text: "proxy_request_failed"},
		{name: "methods of its own", request: get("/__clerk/v1").as("GET / HTTP/1.1\r\nHost: evil.com"), status: 405, text: "proxy_request_failed"},
		{name: "a host with a path", request: get("/__clerk/v1").on("evil.com/x"), status: 400, text: "Request host is not valid"},
		{name: "a host with a user", request: get("/__clerk/v1").on("a@evil.com"), status: 400, text: "Request host is not valid"},
		{name: "a host with a line end", request: get("/__clerk/v1").on("a\r\nX: y"), status: 400, text: "Request host is not valid"},
		{name: "no host", request: get("/__clerk/v1").on(""), status: 400, text: "Request host is not valid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sent *http.Request
			resp := proxyTo(t, &sent).Proxy(t.Context(), tt.request, core.ProxyInput{})
			text := body(t, resp)
			if resp.Status != tt.status || !strings.Contains(text, tt.text) || sent != nil {
				t.Errorf("got %d %s, request %v", resp.Status, text, sent)
			}
			if h := proxyHeader(resp); h.Get("Content-Type") != "application/json" || h.Get("Cache-Control") != "no-store" {
				t.Errorf("got headers %v", h)
			}
		})
	}
}

func TestProxyRequestHeaders(t *testing.T) {
	t.Parallel()
	fixed := map[string][]string{
		"Accept-Encoding": {"identity"}, "Clerk-Secret-Key": {proxySecret}, "User-Agent": {"clerkgo"},
		"Clerk-Proxy-Url": {"http://app.example/__clerk"}, "X-Forwarded-Host": {"app.example"}, "X-Forwarded-Proto": {"http"},
	}
	for _, tt := range []struct {
		name    string
		request *request
		remote  string
		ignore  bool
		want    map[string][]string // what differs from fixed; nil values are absent
	}{
		{name: "sets its own", request: get("/__clerk/")},
		{
			name: "passes others on",
			request: get("/__clerk/", "User-Agent", "Firefox", "X-Many", "a", "X-Many", "b", "Origin", "https://o.example",
				"Authorization", "Bearer x", "Cookie", "a=1", "Cookie", "b=2", "Clerk-Api-Version", "2025"),
			want: map[string][]string{
				"User-Agent": {"Firefox"}, "X-Many": {"a", "b"}, "Origin": {"https://o.example"}, "Authorization": {"Bearer x"},
				"Cookie": {"a=1; b=2"}, "Clerk-Api-Version": {"2025"},
			},
		},
		{
			name: "never passes on what is between the proxy and Clerk",
			request: get("/__clerk/", "Clerk-Secret-Key", "sk_forged", "Clerk-Proxy-Url", "https://evil.com", "clerk_secret_key", "sk_forged",
				"Clerk-Anything", "x", "Host", "evil.com", "Accept-Encoding", "gzip", "Content-Length", "99"),
		},
		{
			name: "drops the headers of one connection and those that it lists",
			request: get("/__clerk/", "Connection", "X-Listed,  x-other ,Clerk-Secret-Key", "Connection", "Cookie", "X-Listed", "a", "X-Other", "b", "Cookie", "c=d",
				"Keep-Alive", "1", "Proxy-Authenticate", "1", "Proxy-Authorization", "1", "Te", "trailers", "Trailer", "x",
				"Transfer-Encoding", "chunked", "Upgrade", "websocket"),
		},
		{
			name: "drops what is no header",
			request: &request{method: "GET", target: "/__clerk/", host: "app.example", header: http.Header{
				"X Space": {"a"}, "X:Colon": {"a"}, "": {"a"}, "X-Good": {"a\r\nHost: evil.com", "b\x00", "good"},
			}},
			want: map[string][]string{"X-Good": {"good"}},
		},
		{
			name:    "names the public origin by both forwarded headers",
			request: get("/__clerk/", "X-Forwarded-Host", "shop.example, inner", "X-Forwarded-Proto", "https , http"),
			want: map[string][]string{
				"Clerk-Proxy-Url": {"https://shop.example/__clerk"}, "X-Forwarded-Host": {"shop.example, inner"}, "X-Forwarded-Proto": {"https , http"},
			},
		},
		{
			name:    "does not mix forwarded headers with the request's origin",
			request: get("/__clerk/", "X-Forwarded-Host", "shop.example"),
			want:    map[string][]string{"X-Forwarded-Host": {"shop.example"}},
		},
		{
			name:    "does not believe a forwarded host that is none",
			request: get("/__clerk/", "X-Forwarded-Host", "evil.com/x?", "X-Forwarded-Proto", "https"),
			want:    map[string][]string{"X-Forwarded-Host": {"evil.com/x?"}, "X-Forwarded-Proto": {"https"}},
		},
		{
			name:    "does not believe a forwarded scheme that is none",
			request: get("/__clerk/", "X-Forwarded-Host", "evil.com", "X-Forwarded-Proto", "javascript"),
			want:    map[string][]string{"X-Forwarded-Host": {"evil.com"}, "X-Forwarded-Proto": {"javascript"}},
		},
		{
			name:    "sets forwarded headers anew that the connection drops",
			request: get("/__clerk/", "X-Forwarded-Host", "a", "Connection", "x-forwarded-host"),
		},
		{
			name:    "takes the client's address from the first header that has one",
			request: get("/__clerk/", "X-Forwarded-For", "192.0.2.1, 10.0.0.1", "X-Real-Ip", "192.0.2.2", "Cf-Connecting-Ip", "192.0.2.3"),
			want:    map[string][]string{"X-Forwarded-For": {"192.0.2.3"}, "X-Real-Ip": {"192.0.2.2"}, "Cf-Connecting-Ip": {"192.0.2.3"}},
		},
		{
			name:    "takes the client's address from X-Real-Ip next",
			request: get("/__clerk/", "X-Forwarded-For", "192.0.2.1", "X-Real-Ip", "192.0.2.2"),
			want:    map[string][]string{"X-Forwarded-For": {"192.0.2.2"}, "X-Real-Ip": {"192.0.2.2"}},
		},
		{
			name: "takes the first of X-Forwarded-For last", request: get("/__clerk/", "X-Forwarded-For", " 192.0.2.1 , 10.0.0.1"), remote: "198.51.100.1:1",
			want: map[string][]string{"X-Forwarded-For": {"192.0.2.1"}},
		},
		{
			name: "takes the connection's address where no header names one", request: get("/__clerk/"), remote: "203.0.113.9:4711",
			want: map[string][]string{"X-Forwarded-For": {"203.0.113.9"}},
		},
		{
			name: "takes IPv4 in IPv6 for IPv4", request: get("/__clerk/"), remote: "[::ffff:203.0.113.9]:4711",
			want: map[string][]string{"X-Forwarded-For": {"203.0.113.9"}},
		},
		{
			name: "sends an address without the port that a proxy added", request: get("/__clerk/", "X-Forwarded-For", "203.0.113.9:4711, 10.0.0.1"), remote: "198.51.100.1:1",
			want: map[string][]string{"X-Forwarded-For": {"203.0.113.9"}},
		},
		{
			name: "sends an address of IPv6 without brackets", request: get("/__clerk/", "X-Real-Ip", "[2001:db8::9]:4711"),
			want: map[string][]string{"X-Forwarded-For": {"2001:db8::9"}, "X-Real-Ip": {"[2001:db8::9]:4711"}},
		},
		{
			name: "passes on what is no address", request: get("/__clerk/", "X-Forwarded-For", "unknown, 10.0.0.1"), remote: "198.51.100.1:1",
			want: map[string][]string{"X-Forwarded-For": {"unknown"}},
		},
		{
			name: "takes the connection's address for what fits no header", request: get("/__clerk/", "X-Forwarded-For", "junk\x01"), remote: "198.51.100.1:1",
			want: map[string][]string{"X-Forwarded-For": {"198.51.100.1"}},
		},
		{name: "sets no address where nothing has one", request: get("/__clerk/"), remote: "@"},
		{
			name: "takes everything from the connection where forwarded headers are ignored",
			request: get("/__clerk/", "X-Forwarded-For", "192.0.2.1", "X-Real-Ip", "192.0.2.2", "Cf-Connecting-Ip", "192.0.2.3",
				"Forwarded", "for=1", "X-Forwarded-Host", "evil.com", "X-Forwarded-Proto", "https"),
			remote: "[2001:db8::1]:443", ignore: true,
			want: map[string][]string{"X-Forwarded-For": {"2001:db8::1"}},
		},
		{
			name: "sets no address where the connection's is none", request: get("/__clerk/", "X-Forwarded-For", "192.0.2.1"),
			remote: "@", ignore: true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sent *http.Request
			before := tt.request.header.Clone()
			c := proxyTo(t, &sent, func(o *core.Options) { o.IgnoreForwarded = tt.ignore })
			if resp := c.Proxy(t.Context(), tt.request.from(tt.remote), core.ProxyInput{}); resp.Status != http.StatusOK {
				t.Fatalf("got %d %s", resp.Status, body(t, resp))
			}
			want := maps.Clone(fixed)
			maps.Copy(want, tt.want)
			if diff := cmp.Diff(want, map[string][]string(sent.Header)); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, tt.request.header); diff != "" {
				t.Errorf("the request was changed:\n%s", diff)
			}
		})
	}
}

func TestProxyOnTLS(t *testing.T) {
	t.Parallel()
	var sent *http.Request
	r := get("/__clerk/").on("App.Example:443")
	r.tls = true
	proxyTo(t, &sent).Proxy(t.Context(), r, core.ProxyInput{})
	if got := sent.Header.Get("Clerk-Proxy-Url"); got != "https://app.example/__clerk" {
		t.Errorf("got proxy URL %q", got)
	}
}

func TestProxyUpstreams(t *testing.T) {
	t.Parallel()
	fapi := func(u string) func(*core.Options) {
		return func(o *core.Options) { o.FrontendAPIProxy.FAPIURL = u }
	}
	key := func(host string) func(*core.Options) {
		return func(o *core.Options) {
			o.PublishableKey, o.SecretKey, o.SignInURL = keyFor("pk_test_", host), "sk_test_x", "https://x.example"
		}
	}
	variable := func(u string) func(*core.Options) {
		return func(o *core.Options) { o.LookupEnv = env(map[string]string{"CLERK_FAPI_URL": u}) }
	}
	for _, tt := range []struct {
		name   string
		change func(*core.Options)
		want   string // or the fault
	}{
		{name: "production", change: func(*core.Options) {}, want: "https://frontend-api.clerk.dev/v1"},
		{name: "development", change: key("foo.clerk.accounts.dev"), want: "https://frontend-api.clerk.dev/v1"},
		{name: "legacy development", change: key("clerk.foo.lclstage.dev"), want: "https://frontend-api.clerk.dev/v1"},
		{name: "local", change: key("foo.clerk.accounts.lclclerk.com"), want: "https://frontend-api.lclclerk.com/v1"},
		{name: "staging", change: key("foo.clerk.accountsstage.dev"), want: "https://frontend-api.clerkstage.dev/v1"},
		{name: "the option", change: fapi("https://fapi.example:8443/base///"), want: "https://fapi.example:8443/base/v1"},
		{name: "the option in capitals", change: fapi("HTTPS://Fapi.Example:443"), want: "https://fapi.example/v1"},
		{name: "a relative path in the option", change: fapi("https://fapi.example/a/../b"), want: "https://fapi.example/b/v1"},
		{name: "the variable", change: variable("http://localhost:3999"), want: "http://localhost:3999/v1"},
		{name: "credentials", change: fapi("https://user:pass@fapi.example"), want: "FAPI URL must not include credentials, a query string, or a hash"},
		{name: "a user", change: fapi("https://user@fapi.example"), want: "FAPI URL must not include credentials, a query string, or a hash"},
		{name: "a query", change: fapi("https://fapi.example?x"), want: "FAPI URL must not include credentials, a query string, or a hash"},
		{name: "a hash", change: fapi("https://fapi.example#x"), want: "FAPI URL must not include credentials, a query string, or a hash"},
		{name: "another scheme", change: fapi("ftp://fapi.example"), want: "FAPI URL must use http or https"},
		{name: "no URL", change: fapi("fapi.example"), want: "FAPI URL must be a URL"},
		{name: "a wrong variable", change: variable("fapi"), want: "CLERK_FAPI_URL"},
		{name: "a relative path", change: func(o *core.Options) { o.FrontendAPIProxy.Path = "clerk" }, want: "Options.FrontendAPIProxy.Path"},
		{name: "a path with a query", change: func(o *core.Options) { o.FrontendAPIProxy.Path = "/clerk?x" }, want: "Options.FrontendAPIProxy.Path"},
		{name: "a path with dots", change: func(o *core.Options) { o.FrontendAPIProxy.Path = "/a/../clerk" }, want: "Options.FrontendAPIProxy.Path"},
		{name: "a path that is a host", change: func(o *core.Options) { o.FrontendAPIProxy.Path = "@evil.com" }, want: "Options.FrontendAPIProxy.Path"},
		{name: "no secret key", change: func(o *core.Options) {
			o.SecretKey, o.MachineSecretKey, o.AcceptsToken = "", "ak_machine", core.OnlyToken(core.M2MToken)
		}, want: "Missing secretKey. Provide it in options or set CLERK_SECRET_KEY environment variable."},
		{name: "no publishable key", change: func(o *core.Options) {
			o.PublishableKey, o.AcceptsToken = "", core.OnlyToken(core.M2MToken)
		}, want: "Missing publishableKey. Provide it in options or set CLERK_PUBLISHABLE_KEY environment variable."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sent *http.Request
			o := proxyOptions(func(r *http.Request) (*http.Response, error) {
				sent = r
				return answer(http.StatusOK, "").send(r)
			})
			o.Logger = slog.New(slog.DiscardHandler)
			tt.change(&o)
			c, err := core.New(o)
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "pass@") {
					t.Errorf("got error %v, want %q", err, tt.want)
				}
				return
			}
			c.Proxy(t.Context(), get("/__clerk/v1"), core.ProxyInput{})
			if sent == nil || sent.URL.String() != tt.want {
				t.Errorf("got request %v, want %s", sent, tt.want)
			}
		})
	}
}

func TestProxyWarnsOfHTTP(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://fapi.example": true, "http://10.0.0.1:80": true,
		"https://fapi.example": false, "http://localhost:1": false, "http://127.0.0.1:1": false, "http://[::1]:1": false,
	} {
		var log logBuffer
		o := proxyOptions(nil)
		o.FrontendAPIProxy.FAPIURL, o.Logger = address, log.logger()
		newClerk(t, o)
		if got := strings.Contains(log.String(), "over http"); got != want {
			t.Errorf("%s: got warning %t, want %t", address, got, want)
		}
	}
}

func TestProxyIsFoundWhereItIsEnabled(t *testing.T) {
	t.Parallel()
	on := func(r core.Request) bool { return r.Host() == "on.example" }
	for _, tt := range []struct {
		name    string
		proxy   core.FrontendAPIProxy
		request *request
		want    bool
	}{
		{name: "off by default", request: get("/__clerk/v1/client"), want: false},
		{name: "off with a path alone", proxy: core.FrontendAPIProxy{Path: "/__clerk"}, request: get("/__clerk/v1/client"), want: false},
		{name: "on", proxy: core.FrontendAPIProxy{Enabled: true}, request: get("/__clerk/v1/client"), want: true},
		{name: "the function says yes", proxy: core.FrontendAPIProxy{Enabled: true, Only: on}, request: get("/__clerk/v1/client").on("on.example"), want: true},
		{name: "the function says no", proxy: core.FrontendAPIProxy{Enabled: true, Only: on}, request: get("/__clerk/v1/client"), want: false},
		{name: "another path", proxy: core.FrontendAPIProxy{Enabled: true, Path: "/auth/clerk//"}, request: get("/auth/clerk/v1"), want: true},
		{name: "the default path is not another path", proxy: core.FrontendAPIProxy{Enabled: true, Path: "/auth/clerk"}, request: get("/__clerk/v1"), want: false},
		{name: "a mere slash does not take every request", proxy: core.FrontendAPIProxy{Enabled: true, Path: "/"}, request: get("/api/users"), want: false},
		{name: "slashes do not take every request", proxy: core.FrontendAPIProxy{Enabled: true, Path: "///"}, request: get("/"), want: false},
		{name: "a mere slash is the default path", proxy: core.FrontendAPIProxy{Enabled: true, Path: "/"}, request: get("/__clerk/v1"), want: true},
	} {
		o := proxyOptions(nil)
		o.FrontendAPIProxy = tt.proxy
		if got := newClerk(t, o).Proxies(tt.request); got != tt.want {
			t.Errorf("%s: got %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestProxyURLFollowsFromTheProxy(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	on := func(r core.Request) bool { return r.Host() == "on.example" }
	for _, tt := range []struct {
		name   string
		change func(*core.Options)
		host   string
		want   string
	}{
		{name: "none", change: func(*core.Options) {}, host: "app.example", want: "/v1/client/handshake"},
		{name: "the proxy's path on the public origin", change: func(o *core.Options) { o.FrontendAPIProxy.Enabled = true }, host: "app.example", want: "https://shop.example/__clerk/v1/client/handshake"},
		{name: "another path", change: func(o *core.Options) { o.FrontendAPIProxy = core.FrontendAPIProxy{Enabled: true, Path: "/c/"} }, host: "app.example", want: "https://shop.example/c/v1/client/handshake"},
		{name: "the option wins", change: func(o *core.Options) { o.FrontendAPIProxy.Enabled, o.ProxyURL = true, "https://p.example/x" }, host: "app.example", want: "https://p.example/x/v1/client/handshake"},
		{name: "where the function says yes", change: func(o *core.Options) { o.FrontendAPIProxy = core.FrontendAPIProxy{Enabled: true, Only: on} }, host: "on.example", want: "https://shop.example/__clerk/v1/client/handshake"},
		{name: "where the function says no", change: func(o *core.Options) { o.FrontendAPIProxy = core.FrontendAPIProxy{Enabled: true, Only: on} }, host: "app.example", want: "/v1/client/handshake"},
		{name: "for a satellite too", change: func(o *core.Options) {
			o.FrontendAPIProxy.Enabled, o.IsSatellite, o.SignInURL = true, true, "https://main.example/sign-in"
		}, host: "app.example", want: "https://shop.example/__clerk/v1/client/handshake"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := plain(s)
			tt.change(&o)
			r := page("/", "X-Forwarded-Host", "shop.example", "X-Forwarded-Proto", "https",
				"Cookie", "__clerk_db_jwt=dvb_1; __client_uat=1795217000").on(tt.host)
			location := newClerk(t, o).Authenticate(t.Context(), r).Location()
			if !strings.Contains(location, tt.want+"?") || strings.HasPrefix(tt.want, "/") && strings.Contains(location, "/__clerk/") {
				t.Errorf("got %q, want %s", location, tt.want)
			}
		})
	}
}
