package core_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/core"
)

func TestProxyResponses(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte("unzipped"))
	_ = z.Close()
	const base = "http://app.example/__clerk"
	for _, tt := range []struct {
		name   string
		answer canned
		method string
		want   map[string][]string
		body   string
		length int64
	}{
		{
			name: "keeps cookies apart", answer: answer(201, "made", "Set-Cookie", "a=1; Path=/", "Set-Cookie", "b=2", "Content-Type", "text/x"), method: "POST",
			want: map[string][]string{"Set-Cookie": {"a=1; Path=/", "b=2"}, "Content-Type": {"text/x"}},
			body: "made", length: 4,
		},
		{
			name: "drops the headers of one connection and those that it lists",
			answer: answer(200, "x", "Connection", "X-Listed", "X-Listed", "a", "Keep-Alive", "1", "Upgrade", "h2", "Te", "a", "Trailer", "b", "Transfer-Encoding", "chunked",
				"Proxy-Authenticate", "a", "Proxy-Authorization", "a", "Content-Length", "1", "Content-Encoding", "identity", "X-Kept", "k"), method: "GET",
			want: map[string][]string{"X-Kept": {"k"}},
			body: "x", length: 1,
		},
		{name: "unzips", answer: answer(200, zipped.String(), "Content-Encoding", "gzip"), method: "GET", want: map[string][]string{}, body: "unzipped", length: -1},
		{name: "leaves what it cannot unpack", answer: answer(200, "br", "Content-Encoding", "br"), method: "GET", want: map[string][]string{"Content-Encoding": {"br"}}, body: "br", length: 2},
		{name: "passes errors on", answer: answer(422, `{"errors":[]}`), method: "POST", want: map[string][]string{}, body: `{"errors":[]}`, length: 13},
		{name: "knows no length for HEAD", answer: answer(200, "", "Content-Length", "9", "Content-Encoding", "gzip"), method: "HEAD", want: map[string][]string{}, length: -1},
		{name: "knows no length for 304", answer: answer(304, "", "Etag", "e"), method: "GET", want: map[string][]string{"Etag": {"e"}}, length: -1},
		{name: "rewrites a redirect to the upstream", answer: answer(302, "", "Location", "https://frontend-api.clerk.dev/v1/x?a=b#c"), method: "GET", want: map[string][]string{"Location": {base + "/v1/x?a=b#c"}}, length: 0},
		{name: "rewrites a relative redirect", answer: answer(307, "", "Location", "/v1/x"), method: "GET", want: map[string][]string{"Location": {base + "/v1/x"}}, length: 0},
		{name: "rewrites a redirect to a path of two slashes", answer: answer(307, "", "Location", "https://frontend-api.clerk.dev//evil.com"), method: "GET", want: map[string][]string{"Location": {base + "//evil.com"}}, length: 0},
		{name: "leaves other redirects", answer: answer(307, "", "Location", "https://accounts.google.com/o?x=1"), method: "GET", want: map[string][]string{"Location": {"https://accounts.google.com/o?x=1"}}, length: 0},
		{name: "leaves a redirect to another host without scheme", answer: answer(307, "", "Location", "//evil.com/x"), method: "GET", want: map[string][]string{"Location": {"//evil.com/x"}}, length: 0},
		{name: "leaves a redirect that is no URL", answer: answer(307, "", "Location", "https://["), method: "GET", want: map[string][]string{"Location": {"https://["}}, length: 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClerk(t, proxyOptions(tt.answer.send))
			resp := c.Proxy(t.Context(), get("/__clerk/v1").as(tt.method), core.ProxyInput{})
			if resp.Status != tt.answer.status || resp.Length != tt.length {
				t.Errorf("got status %d, length %d, want %d, %d", resp.Status, resp.Length, tt.answer.status, tt.length)
			}
			if diff := cmp.Diff(tt.want, map[string][]string(proxyHeader(resp))); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			if got := body(t, resp); got != tt.body {
				t.Errorf("got body %q, want %q", got, tt.body)
			}
		})
	}
}

func TestProxyFailures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		do   upstream
	}{
		{name: "no connection", do: func(*http.Request) (*http.Response, error) { return nil, errors.New("dial tcp 10.9.8.7:443: refused") }},
		{name: "another protocol", do: answer(http.StatusSwitchingProtocols, "").send},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log logBuffer
			o := proxyOptions(tt.do)
			o.Logger = log.logger()
			resp := newClerk(t, o).Proxy(t.Context(), get("/__clerk/v1?__clerk_ticket=t1cket"), core.ProxyInput{})
			text := body(t, resp)
			if resp.Status != http.StatusBadGateway || text != `{"errors":[{"code":"proxy_request_failed","message":"Failed to proxy request to Clerk FAPI: fetch failed"}]}` {
				t.Errorf("got %d %s", resp.Status, text)
			}
			if !strings.Contains(log.String(), "proxy") || strings.Contains(log.String(), proxySecret) || strings.Contains(log.String(), "t1cket") {
				t.Errorf("got log %s", log.String())
			}
		})
	}
	o := proxyOptions(nil)
	o.FrontendAPIProxy.Enabled = false
	resp := newClerk(t, o).Proxy(t.Context(), get("/__clerk/v1"), core.ProxyInput{})
	if text := body(t, resp); resp.Status != http.StatusInternalServerError || !strings.Contains(text, "proxy_configuration_error") {
		t.Errorf("got %d %s from a proxy that is off", resp.Status, text)
	}
}

// TestProxyOverTheWire sends requests over real connections.
func TestProxyOverTheWire(t *testing.T) {
	t.Parallel()
	var elsewhere bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere = true }))
	t.Cleanup(other.Close)
	stop := make(chan struct{})
	fapi := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/hang":
			<-stop
		case "/hang-later":
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write([]byte("part"))
			_ = http.NewResponseController(w).Flush()
			<-stop
		default:
			b, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Seen", r.Method+" "+r.RequestURI+" "+r.Host+" "+string(b)+" "+strings.Join(r.TransferEncoding, ""))
		}
	}))
	t.Cleanup(fapi.Close)
	t.Cleanup(func() { close(stop) })
	host := strings.TrimPrefix(fapi.URL, "http://")
	jar := &recordingJar{}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	o := proxyOptions(nil)
	o.FrontendAPIProxy.FAPIURL = fapi.URL
	o.HTTPClient = &http.Client{Transport: transport, Jar: jar}
	c := newClerk(t, o)
	o.HTTPClient = &http.Client{Transport: transport, Timeout: time.Second}
	impatient := newClerk(t, o)

	if resp := c.Proxy(t.Context(), get("/__clerk/redirect"), core.ProxyInput{}); resp.Status != http.StatusFound || elsewhere {
		t.Errorf("got status %d, followed: %t", resp.Status, elsewhere)
	} else if got := proxyHeader(resp).Get("Location"); got != other.URL {
		t.Errorf("got location %q", got)
	} else {
		body(t, resp)
	}
	for _, tt := range []struct {
		method, target string
		input          core.ProxyInput
		want           string
	}{
		{method: "GET", target: "/__clerk//evil.com/x?y", want: "GET //evil.com/x?y " + host},
		{method: "POST", target: "/__clerk/v1", input: core.ProxyInput{Body: strings.NewReader("hello"), Length: 5}, want: "POST /v1 " + host + " hello"},
		{method: "PATCH", target: "/__clerk/v1", input: core.ProxyInput{Body: strings.NewReader("hello"), Length: -1}, want: "PATCH /v1 " + host + " hello chunked"},
		{method: "DELETE", target: "/__clerk/v1", input: core.ProxyInput{Body: strings.NewReader("hello"), Length: 5}, want: "DELETE /v1 " + host + " hello"},
		{method: "POST", target: "/__clerk/v1", input: core.ProxyInput{Body: strings.NewReader(""), Length: 0}, want: "POST /v1 " + host},
	} {
		resp := c.Proxy(t.Context(), get(tt.target).as(tt.method), tt.input)
		if got := proxyHeader(resp).Get("X-Seen"); got != tt.want {
			t.Errorf("%s %s: upstream saw %q, want %q (%s)", tt.method, tt.target, got, tt.want, body(t, resp))
			continue
		}
		body(t, resp)
	}
	if resp := impatient.Proxy(t.Context(), get("/__clerk/hang"), core.ProxyInput{}); resp.Status != http.StatusBadGateway {
		t.Errorf("got status %d from an upstream that hangs", resp.Status)
	}
	resp := impatient.Proxy(t.Context(), get("/__clerk/hang-later"), core.ProxyInput{})
	if b, err := io.ReadAll(resp.Body); string(b) != "part" || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got body %q, error %v from an upstream that hangs later", b, err)
	}
	_ = resp.Body.Close()
	if jar.used {
		t.Error("the cookie jar of HTTPClient was used: it would mix users")
	}
}

// recordingJar tells whether anything used it.
type recordingJar struct{ used bool }

func (j *recordingJar) SetCookies(*url.URL, []*http.Cookie) { j.used = true }

func (j *recordingJar) Cookies(*url.URL) []*http.Cookie {
	j.used = true
	return nil
}

// FuzzProxy looks for a request with which the proxy would send the secret key
// elsewhere, or more than one request.
func FuzzProxy(f *testing.F) {
	for _, target := range []string{
		"/__clerk/v1?a=b", "/__clerk//evil.com", `/__clerk\\evil.com`, "/__clerk/@evil.com", "/__clerk/%2e%2e//x", "http://evil.com/__clerk/v1",
		"/__clerk/\r\nHost: evil.com\r\n\r\nGET / HTTP/1.1", "/__clerk/%0d%0a", "/__clerk:80@evil.com/", "/__clerk/?#@evil.com",
	} {
		f.Add("GET", target, "app.example", "Clerk-Secret-Key", "x", "https", "evil.com")
	}
	f.Add("TRACE", "/__clerk", "a\r\nb", "Connection", "clerk-secret-key, host", "javascript", "a@b/")
	f.Add("POST", "/__clerk/v1", "evil.com:80", "Transfer-Encoding", "chunked", "http", "[::1]")
	var sent *http.Request
	c := proxyTo(f, &sent)
	f.Fuzz(func(t *testing.T, method, target, host, name, value, proto, forwarded string) {
		sent = nil
		r := get(target, "X-Forwarded-Proto", proto, "X-Forwarded-Host", forwarded).as(method).on(host)
		r.header[name] = append(r.header[name], value)
		resp := c.Proxy(t.Context(), r, core.ProxyInput{Body: strings.NewReader("body"), Length: 4})
		_ = body(t, resp)
		if sent == nil {
			if resp.Status < 400 {
				t.Fatalf("got status %d for nothing", resp.Status)
			}
			return
		}
		if sent.URL.Scheme != "https" || sent.URL.Host != "frontend-api.clerk.dev" || sent.Host != sent.URL.Host || sent.URL.Opaque != "" || sent.URL.User != nil {
			t.Fatalf("sent to %s (host %q)", sent.URL, sent.Host)
		}
		var wire bytes.Buffer
		if err := sent.Write(&wire); err != nil {
			t.Fatalf("cannot be sent: %v", err)
		}
		read := bufio.NewReader(&wire)
		got, err := http.ReadRequest(read)
		if err != nil {
			t.Fatalf("cannot be read: %v", err)
		}
		b, err := io.ReadAll(got.Body)
		if err != nil || string(b) != "body" || read.Buffered() > 0 {
			t.Fatalf("got body %q, error %v, %d bytes behind it", b, err, read.Buffered())
		}
		if got.Host != "frontend-api.clerk.dev" || !strings.HasPrefix(got.RequestURI, "/") || got.Method != method {
			t.Fatalf("got %s %s at %s", got.Method, got.RequestURI, got.Host)
		}
		for name, want := range map[string]string{"Clerk-Secret-Key": proxySecret, "Accept-Encoding": "identity"} {
			if !slices.Equal(got.Header[name], []string{want}) {
				t.Fatalf("got %s %q", name, got.Header[name])
			}
		}
		if u := got.Header.Get("Clerk-Proxy-Url"); !strings.HasPrefix(strings.ToLower(u), "http") || !strings.HasSuffix(u, "/__clerk") {
			t.Fatalf("got proxy URL %q", u)
		}
	})
}

// TestProxyOfTenants makes sure that no tenant's requests carry another's key.
func TestProxyOfTenants(t *testing.T) {
	t.Parallel()
	var sent *http.Request
	i := adapter.Instances(core.Options{HTTPClient: &http.Client{Transport: upstream(func(r *http.Request) (*http.Response, error) {
		sent = r
		return answer(http.StatusOK, "").send(r)
	})}, LookupEnv: env(map[string]string{"CLERK_FAPI_URL": "https://environment.example"})})
	for _, tenant := range []string{"a", "b", "a"} {
		o := proxyOptions(nil)
		o.HTTPClient, o.LookupEnv = nil, nil
		o.SecretKey = "sk_live_" + tenant
		o.FrontendAPIProxy.Path = "/" + tenant
		c, err := i.Get(o)
		if err != nil {
			t.Fatal(err)
		}
		c.Proxy(t.Context(), get("/"+tenant+"/v1"), core.ProxyInput{})
		if got := sent.Header.Get("Clerk-Secret-Key"); got != o.SecretKey || sent.Host != "frontend-api.clerk.dev" {
			t.Errorf("tenant %s: sent key %q to %s", tenant, got, sent.Host)
		}
	}
}
