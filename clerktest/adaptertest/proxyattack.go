package adaptertest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func testOneHost(t *testing.T, serve Serve) {
	t.Helper()
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
	t.Helper()
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
