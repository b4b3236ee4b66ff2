package adaptertest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// Serve starts an application on loopback and returns its address (host:port). Its
// middleware is clerk's, behind one of its own that sets the header
// Content-Security-Policy to "outer". Every GET and POST runs one handler: it sets
// the header X-Handler and answers with what the adapter's Nonce says.
type Serve func(tb testing.TB, clerk *core.Clerk) (address string)

// RunProxy drives Options.FrontendAPIProxy and Options.ContentSecurityPolicy
// through an adapter, over real connections. buffered says that the framework
// reads requests whole before it runs any handler.
func RunProxy(t *testing.T, serve Serve, buffered bool) {
	t.Helper()
	t.Run("proxies before authentication", func(t *testing.T) { t.Parallel(); testProxied(t, serve) })
	t.Run("leaves other requests alone", func(t *testing.T) { t.Parallel(); testNotProxied(t, serve) })
	t.Run("passes messages on", func(t *testing.T) { t.Parallel(); testMessages(t, serve) })
	t.Run("streams answers", func(t *testing.T) { t.Parallel(); testStreamsAnswers(t, serve) })
	if !buffered {
		t.Run("streams requests", func(t *testing.T) { t.Parallel(); testStreamsRequests(t, serve) })
	}
	t.Run("does not take a part for the whole", func(t *testing.T) { t.Parallel(); testBrokenAnswer(t, serve) })
	t.Run("sends the secret key nowhere else", func(t *testing.T) { t.Parallel(); testOneHost(t, serve) })
	t.Run("takes no body for a request", func(t *testing.T) { t.Parallel(); testUnreadBody(t, serve) })
	t.Run("sends a policy with a nonce", func(t *testing.T) { t.Parallel(); testPolicy(t, serve) })
}

// frontendAPI is an upstream that remembers what it was sent.
type frontendAPI struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

func newFrontendAPI(tb testing.TB, h http.HandlerFunc) *frontendAPI {
	tb.Helper()
	f := &frontendAPI{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.seen = append(f.seen, r.Method+" "+r.RequestURI+" "+r.Host+" "+strings.Join(r.Header["Clerk-Secret-Key"], ","))
		f.mu.Unlock()
		if h != nil {
			h(w, r)
		}
	}))
	tb.Cleanup(f.Close)
	return f
}

func (f *frontendAPI) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.seen...)
}

func (f *frontendAPI) host() string { return strings.TrimPrefix(f.URL, "http://") }

// proxyServer starts an application whose proxy leads to an upstream.
func proxyServer(t *testing.T, serve Serve, f *frontendAPI, change ...func(*core.Options)) (address string) {
	t.Helper()
	o := clerktest.New(t).Options()
	o.ProxyURL, o.SignInURL, o.SignUpURL = "", "", ""
	o.SecretKey = "sk_test_proxied"
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	o.HTTPClient = &http.Client{Transport: transport}
	o.FrontendAPIProxy = core.FrontendAPIProxy{Enabled: true, FAPIURL: f.URL}
	for _, c := range change {
		c(&o)
	}
	clerk, err := core.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, clerk)
}

// send makes a request and reads the answer. Redirects are not followed.
func send(t *testing.T, method, url string, body io.Reader, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // It was read.
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

// aPage are the headers of a page load that authentication would answer with a
// handshake.
var aPage = []string{"Sec-Fetch-Dest", "document", "Cookie", "__client_uat=1; __clerk_db_jwt=dvb_1"}

func testProxied(t *testing.T, serve Serve) {
	f := newFrontendAPI(t, nil)
	address := proxyServer(t, serve, f)
	for _, target := range []string{"/v1/client?a=b%2F", "/", ""} {
		resp, _ := send(t, http.MethodGet, "http://"+address+"/__clerk"+target, nil, aPage...)
		if resp.StatusCode != http.StatusOK || resp.Header.Get("X-Handler") != "" || resp.Header.Get("X-Clerk-Auth-Status") != "" {
			t.Errorf("%q: got status %d, headers %v", target, resp.StatusCode, resp.Header)
		}
	}
	want := []string{"GET /v1/client?a=b%2F", "GET /", "GET /"}
	for i := range want {
		want[i] += " " + f.host() + " sk_test_proxied"
	}
	if diff := cmp.Diff(want, f.requests()); diff != "" {
		t.Errorf("upstream (-want +got):\n%s", diff)
	}
}

func testNotProxied(t *testing.T, serve Serve) {
	f := newFrontendAPI(t, nil)
	for _, tt := range []struct {
		name, target string
		change       func(*core.Options)
		status       int
	}{
		{"disabled", "/__clerk/v1/client", func(o *core.Options) { o.FrontendAPIProxy.Enabled = false }, http.StatusTemporaryRedirect},
		{"disabled by the function", "/__clerk/v1/client", func(o *core.Options) {
			o.FrontendAPIProxyEnabled = func(r core.Request) bool { return r.Method() != http.MethodGet }
		}, http.StatusTemporaryRedirect},
		{"another path", "/__clerkfoo", func(*core.Options) {}, http.StatusTemporaryRedirect},
		{"a mere slash", "/api/users", func(o *core.Options) { o.FrontendAPIProxy.Path = "/" }, http.StatusTemporaryRedirect},
	} {
		address := proxyServer(t, serve, f, tt.change)
		resp, _ := send(t, http.MethodGet, "http://"+address+tt.target, nil, aPage...)
		if resp.StatusCode != tt.status || resp.Header.Get("X-Clerk-Auth-Status") != "handshake" {
			t.Errorf("%s: got status %d, headers %v", tt.name, resp.StatusCode, resp.Header)
		}
		if resp, _ := send(t, http.MethodGet, "http://"+address+tt.target, nil); resp.Header.Get("X-Handler") == "" {
			t.Errorf("%s: the handler did not run", tt.name)
		}
	}
	if seen := f.requests(); seen != nil {
		t.Errorf("upstream got %v", seen)
	}
}

func testMessages(t *testing.T, serve Serve) {
	f := newFrontendAPI(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Add("Set-Cookie", "a=1; Path=/")
		w.Header().Add("Set-Cookie", "a=2; Path=/x")
		w.Header().Add("Set-Cookie", "b=3")
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Sent", fmt.Sprintf("%s %s %s", r.Header.Get("Cookie"), r.Header.Get("Accept-Encoding"), r.Header.Get("Clerk-Proxy-Url")))
		switch r.URL.Path {
		case "/none":
			w.WriteHeader(http.StatusNoContent)
			return
		case "/away":
			w.Header().Set("Location", "/v1/home")
			w.WriteHeader(http.StatusFound)
			return
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(b)
	})
	address := proxyServer(t, serve, f)
	for _, tt := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{http.MethodGet, "/v1", "", http.StatusTeapot, ""},
		{http.MethodHead, "/v1", "", http.StatusTeapot, ""},
		{http.MethodOptions, "/v1", "", http.StatusTeapot, ""},
		{http.MethodPost, "/v1", "some text", http.StatusTeapot, "some text"},
		{http.MethodPut, "/v1", strings.Repeat("0123456789", 20_000), http.StatusTeapot, strings.Repeat("0123456789", 20_000)},
		{http.MethodDelete, "/v1", "some text", http.StatusTeapot, "some text"},
		{http.MethodPost, "/none", "some text", http.StatusNoContent, ""},
		{http.MethodGet, "/away", "", http.StatusFound, ""},
	} {
		resp, text := send(t, tt.method, "http://"+address+"/__clerk"+tt.path, strings.NewReader(tt.body),
			"Cookie", "x=y", "Clerk-Secret-Key", "sk_forged", "Clerk-Proxy-Url", "https://evil.com")
		if resp.StatusCode != tt.status || text != tt.want {
			t.Errorf("%s %s: got status %d, body of %d bytes", tt.method, tt.path, resp.StatusCode, len(text))
		}
		if diff := cmp.Diff([]string{"a=1; Path=/", "a=2; Path=/x", "b=3"}, resp.Header["Set-Cookie"]); diff != "" {
			t.Errorf("%s %s: cookies (-want +got):\n%s", tt.method, tt.path, diff)
		}
		if got, want := resp.Header.Get("X-Sent"), "x=y identity http://"+address+"/__clerk"; got != want {
			t.Errorf("%s %s: upstream saw %q, want %q", tt.method, tt.path, got, want)
		}
		if got := resp.Header.Get("Location"); tt.path == "/away" && got != "http://"+address+"/__clerk/v1/home" {
			t.Errorf("got location %q", got)
		}
	}
}

func testStreamsAnswers(t *testing.T, serve Serve) {
	goOn := make(chan struct{})
	part := bytes.Repeat([]byte("x"), 64<<10)
	f := newFrontendAPI(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(part)
		_ = http.NewResponseController(w).Flush()
		<-goOn
		_, _ = w.Write([]byte("end"))
	})
	var once sync.Once
	release := func() { once.Do(func() { close(goOn) }) }
	t.Cleanup(release) // Before the upstream closes.
	address := proxyServer(t, serve, f)
	resp := open(t, "http://"+address+"/__clerk/v1", nil)
	// More than buffers on the way may keep.
	if _, err := io.ReadFull(resp.Body, make([]byte, len(part)/2)); err != nil {
		t.Fatal(err)
	}
	release()
	rest, err := io.ReadAll(resp.Body)
	if err != nil || len(rest) != len(part)/2+len("end") {
		t.Errorf("got %d more bytes, error %v", len(rest), err)
	}
}

func testStreamsRequests(t *testing.T, serve Serve) {
	arrived := make(chan struct{})
	f := newFrontendAPI(t, func(w http.ResponseWriter, r *http.Request) {
		first := make([]byte, 5)
		_, _ = io.ReadFull(r.Body, first)
		close(arrived)
		rest, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s, %s", first, rest)
	})
	address := proxyServer(t, serve, f)
	read, write := io.Pipe()
	go func() {
		_, _ = write.Write([]byte("first"))
		<-arrived
		_, _ = write.Write([]byte("second"))
		_ = write.Close()
	}()
	text, err := io.ReadAll(open(t, "http://"+address+"/__clerk/v1", read).Body)
	if err != nil || string(text) != "first, second" {
		t.Errorf("got body %q, error %v", text, err)
	}
}

// open makes a request and leaves its answer to be read.
func open(t *testing.T, url string, body io.Reader) *http.Response {
	t.Helper()
	resp, err := tryOpen(t, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func tryOpen(t *testing.T, url string, body io.Reader) (*http.Response, error) {
	t.Helper()
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp, nil
}

func testBrokenAnswer(t *testing.T, serve Serve) {
	f := newFrontendAPI(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", "100000")
		}
		_, _ = w.Write([]byte("part"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	address := proxyServer(t, serve, f)
	for _, path := range []string{"/length", "/chunked"} {
		resp, err := tryOpen(t, "http://"+address+"/__clerk"+path, nil)
		if err != nil {
			continue // It broke before anything of it was on its way.
		}
		if text, err := io.ReadAll(resp.Body); err == nil {
			t.Errorf("%s: a broken answer came as a whole one: %d %q", path, resp.StatusCode, text)
		}
	}
}

func testOneHost(t *testing.T, serve Serve) {
	f, evil := newFrontendAPI(t, nil), newFrontendAPI(t, nil)
	address, e := proxyServer(t, serve, f), evil.host()
	for _, head := range []string{
		"GET /__clerk//" + e + "/x HTTP/1.1\r\nHost: a",
		"GET /__clerk///" + e + "/x HTTP/1.1\r\nHost: a",
		"GET /__clerk/\\" + e + "/x HTTP/1.1\r\nHost: a",
		"GET /__clerk\\\\" + e + "/x HTTP/1.1\r\nHost: a",
		"GET /__clerk/@" + e + "/x HTTP/1.1\r\nHost: a",
		"GET /__clerk@" + e + "/x HTTP/1.1\r\nHost: a",
		"GET /__clerk:80@" + e + "/x HTTP/1.1\r\nHost: a",
		"GET /__clerk/http://" + e + "/x HTTP/1.1\r\nHost: a",
		"GET /__clerk/%2F%2F" + e + "/x HTTP/1.1\r\nHost: a",
		"GET /__clerk/%5c%5c" + e + "/x HTTP/1.1\r\nHost: a",
		"GET /__clerk/..//" + e + "/x HTTP/1.1\r\nHost: a",
		"GET /__clerk/%2e%2e//" + e + "/x HTTP/1.1\r\nHost: a",
		"GET /__clerk/%0d%0aHost:%20" + e + " HTTP/1.1\r\nHost: a",
		"GET /__clerk/?@" + e + "/x HTTP/1.1\r\nHost: a",
		"GET /__clerk/%zz@" + e + " HTTP/1.1\r\nHost: a",
		"GET http://" + e + "/__clerk/x HTTP/1.1\r\nHost: " + e,
		"GET http://" + e + "//__clerk/x HTTP/1.1\r\nHost: a",
		"GET //" + e + "/__clerk/x HTTP/1.1\r\nHost: a",
		"GET /__clerk/x HTTP/1.1\r\nHost: " + e,
		"GET /__clerk/x HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: " + e + "\r\nX-Forwarded-Proto: http",
		"GET /__clerk/x HTTP/1.1\r\nHost: a\r\nConnection: close, clerk-secret-key, host\r\nClerk-Proxy-Url: http://" + e,
		"GET /__clerk/x HTTP/1.1\r\nHost: a@" + e,
		"GET /__clerk/x HTTP/1.1\r\nHost: " + e + "/",
		"TRACE /__clerk/x HTTP/1.1\r\nHost: a",
		"CONNECT " + e + " HTTP/1.1\r\nHost: " + e,
		"CONNECT /__clerk/x HTTP/1.1\r\nHost: " + e,
	} {
		status, text := raw(t, address, head+"\r\n\r\n")
		if strings.Contains(text, "sk_test_proxied") {
			t.Errorf("%q: the answer holds the secret key", head)
		}
		if strings.HasPrefix(head, "TRACE") && status < 400 {
			t.Errorf("%q: got status %d", head, status)
		}
	}
	if seen := evil.requests(); seen != nil {
		t.Errorf("another host got %v", seen)
	}
	seen := f.requests()
	if len(seen) < 10 {
		t.Errorf("the upstream got only %v", seen)
	}
	for _, line := range seen {
		if !strings.HasPrefix(line, "GET /") || !strings.HasSuffix(line, " "+f.host()+" sk_test_proxied") {
			t.Errorf("the upstream got %q", line)
		}
	}
}

// raw sends a request as it is written and reads all that comes back.
func raw(t *testing.T, address, request string) (status int, text string) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // It was read.
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	go func() { _, _ = io.WriteString(conn, request) }()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return http.StatusBadRequest, "" // The server hung up.
	}
	b, _ := io.ReadAll(resp.Body) // What was read is looked at.
	_ = resp.Body.Close()
	return resp.StatusCode, fmt.Sprint(resp.Header, string(b))
}

// testUnreadBody makes an upstream answer before it has read the body.
func testUnreadBody(t *testing.T, serve Serve) {
	f := newFrontendAPI(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestEntityTooLarge) })
	address := proxyServer(t, serve, f)
	line := "GET /__clerk/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
	body := strings.Repeat(line, (3<<20)/len(line))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // Its end is what is tested.
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	written := make(chan struct{})
	go func() {
		defer close(written)
		_, _ = fmt.Fprintf(conn, "POST /__clerk/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		if c, ok := conn.(*net.TCPConn); ok {
			_ = c.CloseWrite()
		}
	}()
	answers, _ := io.ReadAll(conn) // Until the server hangs up.
	<-written
	// Wherever in the body it would go on reading, a second answer betrays it.
	if n := bytes.Count(answers, []byte("HTTP/1.1 ")); n > 1 {
		t.Errorf("a part of a body was taken for a request: got %d answers", n)
	}
	for _, line := range f.requests() {
		if strings.Contains(line, "smuggled") {
			t.Error("a part of a body was passed on as a request")
		}
	}
}

func testPolicy(t *testing.T, serve Serve) {
	f := newFrontendAPI(t, nil)
	address := proxyServer(t, serve, f, func(o *core.Options) { o.ContentSecurityPolicy = &core.ContentSecurityPolicy{Strict: true} })
	resp, nonce := send(t, http.MethodGet, "http://"+address+"/", nil)
	policies := resp.Header["Content-Security-Policy"]
	if len(policies) != 1 || !strings.Contains(policies[0], " 'strict-dynamic' 'nonce-"+nonce+"'") || len(nonce) != 24 || resp.Header.Get("X-Nonce") != nonce {
		t.Errorf("got policies %q, x-nonce %q; the handler read %q", policies, resp.Header.Get("X-Nonce"), nonce)
	}
	for path, status := range map[string]int{"/": http.StatusTemporaryRedirect, "/__clerk/v1": http.StatusOK} {
		resp, _ := send(t, http.MethodGet, "http://"+address+path, nil, aPage...)
		if got := resp.Header["Content-Security-Policy"]; resp.StatusCode != status || len(got) != 1 || got[0] != "outer" || resp.Header.Get("X-Nonce") != "" {
			t.Errorf("%s: got status %d, policies %q, x-nonce %q", path, resp.StatusCode, got, resp.Header.Get("X-Nonce"))
		}
	}
}
