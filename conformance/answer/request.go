package answer

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"

	"github.com/clerkgo/clerkgo/conformance/protocol"
)

// RawRequest returns the request as it comes over the wire. It asks for the connection to be closed
// afterwards.
func RawRequest(c protocol.Request) []byte {
	r := httpRequest(c)
	raw := []byte(r.Method + " " + bytesOf(r.RequestURI) + " HTTP/1.1\r\nHost: " + r.Host + "\r\nConnection: close\r\n")
	for _, header := range c.Headers {
		if !strings.EqualFold(header[0], "host") {
			raw = append(raw, header[0]+": "+bytesOf(header[1])+"\r\n"...)
		}
	}
	return append(raw, "\r\n"...)
}

// httpRequest builds the request as a server would have read it.
func httpRequest(c protocol.Request) *http.Request {
	scheme, rest, _ := strings.Cut(c.URL, "://")
	host, target := rest, "/"
	if end := strings.IndexAny(rest, "/?#\\"); end >= 0 {
		host, target = rest[:end], rest[end:]
	}
	if !strings.HasPrefix(target, "/") {
		target = "/" + target
	}
	r := &http.Request{
		Method:     c.Method,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     make(http.Header),
		Host:       host,
		RequestURI: target,
		URL:        &url.URL{Path: "/"},
		Body:       http.NoBody,
	}
	if u, err := url.ParseRequestURI(target); err == nil {
		r.URL = u
	}
	if scheme == "https" {
		r.TLS = new(tls.ConnectionState)
	}
	for _, header := range c.Headers {
		value := bytesOf(strings.Trim(header[1], " \t"))
		if strings.EqualFold(header[0], "host") {
			if value != "" {
				r.Host = value
			}
			continue
		}
		r.Header.Add(header[0], value)
	}
	return r
}

// bytesOf turns code points into bytes: headers are ISO 8859-1.
func bytesOf(text string) string {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		out = append(out, byte(r))
	}
	return string(out)
}

// HeaderText turns bytes into code points, the reverse of bytesOf.
func HeaderText(value string) string {
	out := make([]rune, 0, len(value))
	for i := range len(value) {
		out = append(out, rune(value[i]))
	}
	return string(out)
}
