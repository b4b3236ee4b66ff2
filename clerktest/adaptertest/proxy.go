package adaptertest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// Serve starts an application on loopback and returns its address (host:port). Its middleware is
// clerk's, behind one of its own that sets the header Content-Security-Policy to "outer". Every GET
// and POST runs one handler: it sets the header X-Handler and answers with what the adapter's Nonce
// says.
type Serve func(tb testing.TB, clerk *core.Clerk) (address string)

// RunProxy drives Options.FrontendAPIProxy and Options.ContentSecurityPolicy through an adapter,
// over real connections. buffered says that the framework reads requests whole before it runs any
// handler.
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
	o.Outage.ProbeInterval = -1 // Nobody answers at the Frontend API's own address.
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

// reply is an answer that was read.
type reply struct {
	status int
	header http.Header
	body   string
}

// send makes a request and reads the answer. Redirects are not followed.
func send(t *testing.T, method, url string, body io.Reader, headers ...string) reply {
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
	return reply{resp.StatusCode, resp.Header, string(text)}
}

// aPage are the headers of a page load that authentication would answer with a handshake.
var aPage = []string{"Sec-Fetch-Dest", "document", "Cookie", "__client_uat=1; __clerk_db_jwt=dvb_1"}

func testProxied(t *testing.T, serve Serve) {
	t.Helper()
	f := newFrontendAPI(t, nil)
	address := proxyServer(t, serve, f)
	for _, target := range []string{"/v1/client?a=b%2F", "/", ""} {
		resp := send(t, http.MethodGet, "http://"+address+"/__clerk"+target, nil, aPage...)
		if resp.status != http.StatusOK || resp.header.Get("X-Handler") != "" || resp.header.Get("X-Clerk-Auth-Status") != "" {
			t.Errorf("%q: got status %d, headers %v", target, resp.status, resp.header)
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
	t.Helper()
	f := newFrontendAPI(t, nil)
	for _, tt := range []struct {
		name, target string
		change       func(*core.Options)
		status       int
	}{
		{name: "disabled", target: "/__clerk/v1/client", change: func(o *core.Options) { o.FrontendAPIProxy.Enabled = false }, status: http.StatusTemporaryRedirect},
		{name: "disabled by the function", target: "/__clerk/v1/client", change: func(o *core.Options) {
			o.FrontendAPIProxy.Only = func(r core.Request) bool { return r.Method() != http.MethodGet }
		}, status: http.StatusTemporaryRedirect},
		{name: "another path", target: "/__clerkfoo", change: func(*core.Options) {}, status: http.StatusTemporaryRedirect},
		{name: "a mere slash", target: "/api/users", change: func(o *core.Options) { o.FrontendAPIProxy.Path = "/" }, status: http.StatusTemporaryRedirect},
	} {
		address := proxyServer(t, serve, f, tt.change)
		resp := send(t, http.MethodGet, "http://"+address+tt.target, nil, aPage...)
		if resp.status != tt.status || resp.header.Get("X-Clerk-Auth-Status") != "handshake" {
			t.Errorf("%s: got status %d, headers %v", tt.name, resp.status, resp.header)
		}
		if resp := send(t, http.MethodGet, "http://"+address+tt.target, nil); resp.header.Get("X-Handler") == "" {
			t.Errorf("%s: the handler did not run", tt.name)
		}
	}
	if seen := f.requests(); seen != nil {
		t.Errorf("upstream got %v", seen)
	}
}

func testMessages(t *testing.T, serve Serve) {
	t.Helper()
	f := newFrontendAPI(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Add("Set-Cookie", "a=1; Path=/")
		w.Header().Add("Set-Cookie", "a=2; Path=/x")
		w.Header().Add("Set-Cookie", "b=3")
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Security-Policy", "sandbox") // The applications of the table send one of their own.
		w.Header().Set("X-Sent", fmt.Sprintf("%s %s %s %s", r.Header.Get("Cookie"), r.Header.Get("Accept-Encoding"), r.Header.Get("Clerk-Proxy-Url"),
			strings.Join(r.Header["X-Forwarded-For"], "|")))
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
		{method: http.MethodGet, path: "/v1", status: http.StatusTeapot},
		{method: http.MethodHead, path: "/v1", status: http.StatusTeapot},
		{method: http.MethodOptions, path: "/v1", status: http.StatusTeapot},
		{method: http.MethodPost, path: "/v1", body: "some text", status: http.StatusTeapot, want: "some text"},
		{method: http.MethodPut, path: "/v1", body: strings.Repeat("0123456789", 20_000), status: http.StatusTeapot, want: strings.Repeat("0123456789", 20_000)},
		{method: http.MethodDelete, path: "/v1", body: "some text", status: http.StatusTeapot, want: "some text"},
		{method: http.MethodPost, path: "/none", body: "some text", status: http.StatusNoContent},
		{method: http.MethodGet, path: "/away", status: http.StatusFound},
	} {
		resp := send(t, tt.method, "http://"+address+"/__clerk"+tt.path, strings.NewReader(tt.body),
			"Cookie", "x=y", "Clerk-Secret-Key", "sk_forged", "Clerk-Proxy-Url", "https://evil.com")
		if resp.status != tt.status || resp.body != tt.want {
			t.Errorf("%s %s: got status %d, body of %d bytes", tt.method, tt.path, resp.status, len(resp.body))
		}
		if diff := cmp.Diff([]string{"a=1; Path=/", "a=2; Path=/x", "b=3"}, resp.header["Set-Cookie"]); diff != "" {
			t.Errorf("%s %s: cookies (-want +got):\n%s", tt.method, tt.path, diff)
		}
		if diff := cmp.Diff([]string{"sandbox"}, resp.header["Content-Security-Policy"]); diff != "" {
			t.Errorf("%s %s: policy (-want +got):\n%s", tt.method, tt.path, diff)
		}
		if got, want := resp.header.Get("X-Sent"), "x=y identity http://"+address+"/__clerk 127.0.0.1"; got != want {
			t.Errorf("%s %s: upstream saw %q, want %q", tt.method, tt.path, got, want)
		}
		if got := resp.header.Get("Location"); tt.path == "/away" && got != "http://"+address+"/__clerk/v1/home" {
			t.Errorf("got location %q", got)
		}
	}
}

func testStreamsAnswers(t *testing.T, serve Serve) {
	t.Helper()
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
	answer := open(t, "http://"+address+"/__clerk/v1", nil)
	// More than buffers on the way may keep.
	if _, err := io.ReadFull(answer, make([]byte, len(part)/2)); err != nil {
		t.Fatal(err)
	}
	release()
	rest, err := io.ReadAll(answer)
	if err != nil || len(rest) != len(part)/2+len("end") {
		t.Errorf("got %d more bytes, error %v", len(rest), err)
	}
}

func testStreamsRequests(t *testing.T, serve Serve) {
	t.Helper()
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
	text, err := io.ReadAll(open(t, "http://"+address+"/__clerk/v1", read))
	if err != nil || string(text) != "first, second" {
		t.Errorf("got body %q, error %v", text, err)
	}
}

// open makes a request and leaves its answer to be read.
func open(t *testing.T, url string, body io.Reader) io.Reader {
	t.Helper()
	answer, err := tryOpen(t, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func tryOpen(t *testing.T, url string, body io.Reader) (io.Reader, error) {
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
	return resp.Body, nil
}

func testBrokenAnswer(t *testing.T, serve Serve) {
	t.Helper()
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
		answer, err := tryOpen(t, "http://"+address+"/__clerk"+path, nil)
		if err != nil {
			continue // It broke before anything of it was on its way.
		}
		if text, err := io.ReadAll(answer); err == nil {
			t.Errorf("%s: a broken answer came as a whole one: %q", path, text)
		}
	}
}

func testPolicy(t *testing.T, serve Serve) {
	t.Helper()
	f := newFrontendAPI(t, nil)
	address := proxyServer(t, serve, f, func(o *core.Options) { o.ContentSecurityPolicy = &core.ContentSecurityPolicy{Strict: true} })
	resp := send(t, http.MethodGet, "http://"+address+"/", nil)
	nonce := resp.body
	policies := resp.header["Content-Security-Policy"]
	if len(policies) != 1 || !strings.Contains(policies[0], " 'strict-dynamic' 'nonce-"+nonce+"'") || len(nonce) != 24 || resp.header.Get("X-Nonce") != nonce {
		t.Errorf("got policies %q, x-nonce %q; the handler read %q", policies, resp.header.Get("X-Nonce"), nonce)
	}
	for path, status := range map[string]int{"/": http.StatusTemporaryRedirect, "/__clerk/v1": http.StatusOK} {
		resp := send(t, http.MethodGet, "http://"+address+path, nil, aPage...)
		if got := resp.header["Content-Security-Policy"]; resp.status != status || len(got) != 1 || got[0] != "outer" || resp.header.Get("X-Nonce") != "" {
			t.Errorf("%s: got status %d, policies %q, x-nonce %q", path, resp.status, got, resp.header.Get("X-Nonce"))
		}
	}
}
