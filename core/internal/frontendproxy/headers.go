package frontendproxy

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/request"
)

// Headers that the proxy writes to the upstream.
const (
	headerProxyURL  = "Clerk-Proxy-Url"
	headerSecretKey = "Clerk-Secret-Key"
)

// isHopByHop reports whether a header, in lower case, concerns one connection only.
func isHopByHop(name string) bool {
	switch name {
	case "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade":
		return true
	}
	return false
}

// isReserved reports whether a header, in lower case, is between us and Clerk
// alone. Some servers read an underscore in a name as a hyphen. The version header
// is what Clerk's mobile SDKs send.
func isReserved(name string) bool {
	name = strings.ReplaceAll(name, "_", "-")
	return strings.HasPrefix(name, "clerk-") && name != "clerk-api-version"
}

// connectionHeaders returns which of the headers, by their names in lower case, a
// Connection header lists.
func connectionHeaders(values []string, headers map[string][]string) map[string]bool {
	if len(values) == 0 {
		return nil
	}
	listed := make(map[string]bool, len(headers))
	for name := range headers {
		listed[strings.ToLower(name)] = false
	}
	for _, value := range values {
		for name := range strings.SplitSeq(value, ",") {
			name = strings.ToLower(request.TrimOWS(name))
			if _, there := listed[name]; there {
				listed[name] = true
			}
		}
	}
	return listed
}

// isHeaderName reports whether s is a token of HTTP.
func isHeaderName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// isHeaderValue reports whether s has no control characters.
func isHeaderValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}

// requestHeaders returns the headers for the upstream.
func (p *Proxy) requestHeaders(r request.Request, proxyURL string) http.Header {
	h := make(http.Header)
	listed := connectionHeaders(r.Header("Connection"), r.Headers())
	for name, values := range r.Headers() {
		lower := strings.ToLower(name)
		if isHopByHop(lower) || isReserved(lower) || listed[lower] || !isHeaderName(name) {
			continue
		}
		for _, value := range values {
			if isHeaderValue(value) {
				h.Add(name, value)
			}
		}
	}
	h.Del("Host")
	h.Del("Content-Length")
	if cookies := h["Cookie"]; len(cookies) > 1 {
		h.Set("Cookie", strings.Join(cookies, "; "))
	}
	if h.Get("User-Agent") == "" {
		h.Set("User-Agent", p.userAgent)
	}
	h.Set(headerProxyURL, proxyURL)
	h.Set(headerSecretKey, p.secretKey)
	h.Set("Accept-Encoding", "identity")
	p.setForwarded(h, r)
	return h
}

// setForwarded says from where the request came.
func (p *Proxy) setForwarded(h http.Header, r request.Request) {
	client := ""
	if p.ignoreForwarded {
		for _, name := range [...]string{request.HeaderForwardedHost, request.HeaderForwardedProto, request.HeaderForwardedFor, "Forwarded", "X-Real-Ip", "Cf-Connecting-Ip"} {
			h.Del(name)
		}
	} else {
		for _, value := range [...]string{
			request.Header(r, "Cf-Connecting-Ip"), request.Header(r, "X-Real-Ip"), request.FirstElement(request.Header(r, request.HeaderForwardedFor)),
		} {
			if value != "" && isHeaderValue(value) {
				client = request.BareAddress(value) // Some proxies add the port.
				break
			}
		}
	}
	if peer := request.AddressOf(r.RemoteAddr()); client == "" && peer.IsValid() {
		client = peer.String()
	}
	if client != "" {
		h.Set(request.HeaderForwardedFor, client)
	}
	own, ok := ownOrigin(r)
	if !ok {
		return
	}
	if h.Get(request.HeaderForwardedHost) == "" {
		h.Set(request.HeaderForwardedHost, own.Host())
	}
	if h.Get(request.HeaderForwardedProto) == "" {
		h.Set(request.HeaderForwardedProto, own.Scheme())
	}
}

// response turns the upstream's answer into the proxy's.
func (p *Proxy) response(resp *http.Response, method, proxyURL string, cancel context.CancelFunc) Response {
	out := Response{Status: resp.StatusCode, Body: &closing{resp.Body, resp.Body, cancel}, Length: resp.ContentLength}
	bodyless := method == http.MethodHead || resp.StatusCode == http.StatusNoContent ||
		resp.StatusCode == http.StatusNotModified
	keep := ""
	switch encoding := strings.ToLower(request.TrimOWS(resp.Header.Get("Content-Encoding"))); {
	case encoding == "", encoding == "identity":
	case bodyless:
	case encoding == "gzip", encoding == "x-gzip":
		out.Body, out.Length = &closing{&gzipReader{compressed: resp.Body}, resp.Body, cancel}, -1
	default:
		keep = "content-encoding" // It was not asked for, and stays what it is.
	}
	if bodyless {
		out.Length = -1
	}
	listed := connectionHeaders(resp.Header["Connection"], resp.Header)
	for _, name := range slices.Sorted(maps.Keys(resp.Header)) {
		lower := strings.ToLower(name)
		switch {
		case isHopByHop(lower), listed[lower], lower == "content-length", lower == "content-encoding" && keep != lower:
			continue
		case lower == "location":
			out.Headers = append(out.Headers, Header{name, p.location(resp.Header.Get(name), proxyURL)})
			continue
		}
		for _, value := range resp.Header[name] {
			out.Headers = append(out.Headers, Header{name, value})
		}
	}
	return out
}

// location makes a redirect within the upstream one within the proxy.
func (p *Proxy) location(location, proxyURL string) string {
	u, err := p.upstream.Resolve(location)
	if err != nil || u.Host() != p.upstream.Host() {
		return location
	}
	return proxyURL + u.Path() + u.Search() + u.Hash()
}

// closing is the body of a proxied answer. Closing it ends the call.
type closing struct {
	io.Reader
	upstream io.Closer
	cancel   context.CancelFunc
}

// Close ends the call to the upstream.
func (b *closing) Close() error {
	defer b.cancel()
	return b.upstream.Close()
}

// gzipReader decompresses from the first Read on.
type gzipReader struct {
	compressed io.Reader
	r          *gzip.Reader
	err        error
}

// Read reads decompressed bytes.
func (g *gzipReader) Read(b []byte) (int, error) {
	if g.r == nil && g.err == nil {
		g.r, g.err = gzip.NewReader(g.compressed)
	}
	if g.err != nil {
		return 0, g.err
	}
	return g.r.Read(b)
}

// failure is an answer of the proxy's own, in the form of Clerk's errors.
func failure(status int, code, message string) Response {
	type item struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	body, _ := json.Marshal(map[string][]item{"errors": {{code, message}}}) // Strings cannot fail.
	return Response{
		Status:  status,
		Headers: []Header{{"Cache-Control", "no-store"}, {"Content-Type", "application/json"}},
		Body:    io.NopCloser(strings.NewReader(string(body))),
		Length:  int64(len(body)),
	}
}
