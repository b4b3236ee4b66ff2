package bench_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/core"
)

// flow is a page load that ends with new cookies: what the server does for it, without the
// network between it and Clerk.
type flow struct {
	// cookies are those of the browser, and answer is what Clerk's Backend API says, in this
	// process, where it is asked.
	cookies func(f *fixture) string
	answer  func(f *fixture) ([]byte, error)
}

// flows verify two signatures each: nothing is remembered, as the tokens of a real page load
// were not seen before.
var flows = map[string]flow{
	// The browser brings a signed handshake token and the session in it.
	"Handshake": {
		cookies: func(f *fixture) string {
			return "theme=dark; __clerk_handshake=" + f.server.HandshakeToken(f.directives())
		},
	},
	// The browser brings an expired session and a refresh token; Clerk answers with the cookies
	// of a fresh session.
	"Refresh": {
		cookies: func(f *fixture) string {
			suffix := "_" + f.server.CookieSuffix()
			return strings.Join([]string{
				"theme=dark", "__client_uat=" + f.clientUAT(), "__client_uat" + suffix + "=" + f.clientUAT(),
				"__session=" + f.expired, "__session" + suffix + "=" + f.expired, "__refresh" + suffix + "=rt_2abcdefghijklmnopqrstuvwxyz",
			}, "; ")
		},
		answer: func(f *fixture) ([]byte, error) {
			return json.Marshal(map[string]any{"object": "cookies", "cookies": f.directives()})
		},
	},
}

// directives are the cookies that Clerk sets for a session.
func (f *fixture) directives() []string {
	suffix, attributes := "_"+f.server.CookieSuffix(), "; Path=/; Domain=app.example.test; Secure; SameSite=Lax; Max-Age=31536000"
	return []string{
		"__session=" + f.good + attributes, "__session" + suffix + "=" + f.good + attributes,
		"__client_uat=" + f.clientUAT() + attributes, "__client_uat" + suffix + "=" + f.clientUAT() + attributes,
	}
}

// inProcess answers refreshes, and passes everything else on.
type inProcess struct {
	next   http.RoundTripper
	answer []byte
}

// RoundTrip implements [http.RoundTripper].
func (p *inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.answer == nil || !strings.HasSuffix(r.URL.Path, "/refresh") {
		return p.next.RoundTrip(r)
	}
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close() // It was read.
	}
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(p.answer)),
		ContentLength: int64(len(p.answer)),
	}, nil
}

// flowExchange makes an application, and a page load of one flow.
func flowExchange(tb testing.TB, s subject, name string) exchange {
	tb.Helper()
	f := *setUp(tb)
	var answer []byte
	if make := flows[name].answer; make != nil {
		var err error
		if answer, err = make(&f); err != nil {
			tb.Fatal(err)
		}
	}
	f.change = func(o *core.Options) {
		o.HTTPClient = &http.Client{Transport: &inProcess{http.DefaultTransport, answer}, Timeout: time.Minute}
		o.TokenCache.Entries = -1
		o.CallBudget = core.CallBudget{Rate: -1, AddressRate: -1}
	}
	text := "GET " + dashboard + " HTTP/1.1\r\nHost: app.example.test\r\nX-Forwarded-Proto: https\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" +
		"Accept: text/html,application/xhtml+xml\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n" +
		"Cookie: " + flows[name].cookies(&f) + "\r\n\r\n"
	if s.fiber != nil {
		return newFast(tb, s.fiber(tb, &f, inCookie), text, true)
	}
	return newNetHTTP(tb, s.http(tb, &f, inCookie), text)
}

// cookiesSet counts the cookies of an exchange's last response.
func cookiesSet(x exchange) (n int) {
	switch x := x.(type) {
	case *netHTTP:
		return len(x.writer.header.Values("Set-Cookie"))
	case *fast:
		for range x.ctx.Response.Header.Cookies() {
			n++
		}
	}
	return n
}

// TestFlows: each adapter signs the user in and sets all cookies, each time.
func TestFlows(t *testing.T) {
	t.Parallel()
	for name := range flows {
		for _, s := range ours() {
			t.Run(name+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				x := flowExchange(t, s, name)
				for range 2 {
					if got := x.do(); got != http.StatusNoContent {
						t.Fatalf("got %d", got)
					}
					if got, want := cookiesSet(x), len(setUp(t).directives()); got != want {
						t.Fatalf("%d cookies are set, want %d", got, want)
					}
				}
			})
		}
	}
}

func benchmarkFlow(b *testing.B, name string) {
	b.Helper()
	for _, s := range ours() {
		b.Run(s.name, func(b *testing.B) {
			x := flowExchange(b, s, name)
			if got := x.do(); got != http.StatusNoContent { // fetches keys
				b.Fatalf("got %d", got)
			}
			b.ReportAllocs()
			for b.Loop() {
				if got := x.do(); got != http.StatusNoContent {
					b.Fatalf("got %d", got)
				}
			}
		})
	}
	b.Run("rsa", benchmarkRSA)
}

// BenchmarkHandshake is a page load that brings a handshake token back.
func BenchmarkHandshake(b *testing.B) { benchmarkFlow(b, "Handshake") }

// BenchmarkRefresh is a page load whose session has expired and is refreshed. Clerk's answer is
// given in this process.
func BenchmarkRefresh(b *testing.B) { benchmarkFlow(b, "Refresh") }
