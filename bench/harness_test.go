package bench_test

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

// place is where a request carries its token.
type place int

const (
	inHeader place = iota
	inCookie
)

// exchange is one request to one application, to be made again and again. It
// must not be used by two goroutines.
type exchange interface {
	// authorize replaces the value of the Authorization header.
	authorize(value string)
	// do makes the request and returns the status of the response.
	do() int
}

// requestText is a request as a script of a page sends it: a path, a token, and
// what a browser adds. No token is an empty one.
func requestText(path, token string, where place, f *fixture) string {
	var b strings.Builder
	b.WriteString("GET " + path + " HTTP/1.1\r\nHost: app.example.test\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" +
		"Accept: application/json\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n" +
		"Sec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-origin\r\n")
	switch {
	case token == "":
	case where == inHeader:
		b.WriteString("Authorization: Bearer " + token + "\r\n")
	case where == inCookie:
		b.WriteString("Cookie: " + cookies(token, f) + "\r\n")
	}
	b.WriteString("\r\n")
	return b.String()
}

// cookies is a Cookie header of a browser with a session and 12 cookies of others.
func cookies(token string, f *fixture) string {
	uat := f.clientUAT()
	suffix := "_" + f.server.CookieSuffix()
	return strings.Join([]string{
		"_ga=GA1.1.1234567890.1700000000", "_ga_ABCDEF1234=GS1.1.1700000000.5.1.1700000100.0.0.0", "_gid=GA1.2.987654321.1700000000",
		"theme=dark", "lang=en-US", "consent=%7B%22analytics%22%3Atrue%2C%22ads%22%3Afalse%7D",
		"__client_uat=" + uat, "__client_uat" + suffix + "=" + uat,
		"__session=" + token, "__session" + suffix + "=" + token,
		"csrf=5f4dcc3b5aa765d61d8327deb882cf99", "intercom-id-abc123=11111111-2222-3333-4444-555555555555",
		"ajs_anonymous_id=%2266666666-7777-8888-9999-000000000000%22", "cart=eyJpdGVtcyI6W119", "__stripe_mid=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
		"sidebar=collapsed",
	}, "; ")
}

// netHTTP is an exchange with an http.Handler.
type netHTTP struct {
	handler http.Handler
	request *http.Request
	writer  writer
}

func newNetHTTP(tb testing.TB, h http.Handler, text string) *netHTTP {
	tb.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		tb.Fatal(err)
	}
	r.RemoteAddr = "192.0.2.1:40000"
	return &netHTTP{handler: h, request: r, writer: writer{header: make(http.Header)}}
}

func (x *netHTTP) authorize(value string) { x.request.Header["Authorization"][0] = value }

func (x *netHTTP) do() int {
	clear(x.writer.header)
	x.writer.status = 0
	x.handler.ServeHTTP(&x.writer, x.request)
	return x.writer.status
}

// writer is a response that keeps nothing but its status and header.
type writer struct {
	header http.Header
	status int
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(p), nil
}

func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// fast is an exchange with a Fiber application.
type fast struct {
	handler fasthttp.RequestHandler
	ctx     *fasthttp.RequestCtx

	// Where text is set, the header is parsed before each request, as a server does,
	// because cookies that were parsed for one request are not parsed again.
	text   []byte
	source *bytes.Reader
	buffer *bufio.Reader
}

func newFast(tb testing.TB, h fasthttp.RequestHandler, text string, parse bool) *fast {
	tb.Helper()
	x := &fast{handler: h, ctx: &fasthttp.RequestCtx{}, source: bytes.NewReader([]byte(text))}
	x.buffer = bufio.NewReaderSize(x.source, len(text)+1)
	x.ctx.Init(&fasthttp.Request{}, nil, nil)
	if err := x.ctx.Request.Header.Read(x.buffer); err != nil {
		tb.Fatal(err)
	}
	if parse {
		x.text = []byte(text)
	}
	return x
}

func (x *fast) authorize(value string) { x.ctx.Request.Header.Set(fasthttp.HeaderAuthorization, value) }

func (x *fast) do() int {
	if x.text != nil {
		x.source.Reset(x.text)
		x.buffer.Reset(x.source)
		if err := x.ctx.Request.Header.Read(x.buffer); err != nil {
			return 0
		}
	}
	x.ctx.ResetUserValues()
	x.ctx.Response.Reset()
	x.handler(x.ctx)
	return x.ctx.Response.StatusCode()
}
