package core

import (
	"net/http"
	"slices"
	"strings"
)

// Request is what core reads of an HTTP request. Adapters implement it on their
// framework's context; [FromHTTP] serves everything that has an [http.Request].
//
// Core reads a Request only while the handler runs, and keeps none of the
// strings that it returns: an implementation may hand out strings whose memory is
// reused later, as Fiber's does. Hooks in [Options] that keep one must copy it.
type Request interface {
	// Method is the request method in upper case.
	Method() string
	// Target is the raw request target as the client sent it: path and query,
	// escapes untouched.
	Target() string
	// Host is the Host header, or the authority of an absolute request target.
	Host() string
	// TLS reports whether the client's connection to this server is encrypted.
	// Forwarded headers play no part.
	TLS() bool
	// RemoteAddr is the address of the client's connection, or of the proxy's in
	// front, with its port, as net/http has it: 203.0.113.9:4711. Forwarded headers
	// play no part. It is empty, or no address, where the connection has none.
	RemoteAddr() string
	// Header returns the values of a header in arrival order. The name may come in
	// any case.
	Header(name string) []string
	// Headers returns all headers, Host apart. The caller does not change it.
	Headers() map[string][]string
}

// FromHTTP returns a view of r as a [Request].
func FromHTTP(r *http.Request) Request { return httpRequest{r} }

type httpRequest struct{ r *http.Request }

func (h httpRequest) Method() string { return h.r.Method }

func (h httpRequest) Target() string {
	if h.r.RequestURI != "" {
		return h.r.RequestURI
	}
	// A request that no server read, as in tests.
	return h.r.URL.RequestURI()
}

func (h httpRequest) Host() string { return h.r.Host }

func (h httpRequest) TLS() bool { return h.r.TLS != nil }

func (h httpRequest) RemoteAddr() string { return h.r.RemoteAddr }

func (h httpRequest) Header(name string) []string {
	return h.values(http.CanonicalHeaderKey(name))
}

// values returns the values of a header whose name is in canonical form. Where
// there are none, some middleware may have kept them under another spelling, which
// net/http sends on and does not find itself.
func (h httpRequest) values(name string) []string {
	if found := h.r.Header[name]; len(found) > 0 {
		return found
	}
	return h.spelledOddly(name)
}

func (h httpRequest) spelledOddly(name string) []string {
	var names []string
	for kept := range h.r.Header {
		if len(kept) == len(name) && strings.EqualFold(kept, name) {
			names = append(names, kept)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	var found []string
	for _, kept := range names {
		found = append(found, h.r.Header[kept]...)
	}
	return found
}

func (h httpRequest) Headers() map[string][]string { return h.r.Header }

// ownRequest hands out copies, for what may outlive the handler: log entries that
// a handler of the application's queues, and calls whose transport still writes
// when they have been given up.
type ownRequest struct{ Request }

// own returns a view of r whose strings may be kept.
func own(r Request) Request {
	switch r.(type) {
	case httpRequest, ownRequest:
		return r // Those of net/http stay as they are.
	}
	return ownRequest{r}
}

func (o ownRequest) Method() string { return strings.Clone(o.Request.Method()) }

func (o ownRequest) Target() string { return strings.Clone(o.Request.Target()) }

func (o ownRequest) Host() string { return strings.Clone(o.Request.Host()) }

func (o ownRequest) RemoteAddr() string { return strings.Clone(o.Request.RemoteAddr()) }

func (o ownRequest) Header(name string) []string { return cloneAll(o.Request.Header(name)) }

func (o ownRequest) Headers() map[string][]string {
	all := o.Request.Headers()
	out := make(map[string][]string, len(all))
	for name, values := range all {
		out[strings.Clone(name)] = cloneAll(values)
	}
	return out
}

func cloneAll(values []string) []string {
	if values == nil {
		return nil
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strings.Clone(v)
	}
	return out
}

// header returns the values of a header as one string, the way browsers' Fetch
// API joins them, without white space at its ends. Empty is the same as absent.
// The name is in canonical form.
func header(r Request, name string) string {
	return joinHeader(values(r, name), ", ")
}

// values returns the values of a header whose name is in canonical form.
func values(r Request, name string) []string {
	if h, ok := r.(httpRequest); ok {
		return h.values(name)
	}
	return r.Header(name)
}

func joinHeader(values []string, sep string) string {
	switch len(values) {
	case 0:
		return ""
	case 1:
		return trimOWS(values[0])
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = trimOWS(v)
	}
	return trimOWS(strings.Join(trimmed, sep))
}

// trimOWS cuts the spaces and tabs at the ends of s.
func trimOWS(s string) string {
	for s != "" && isOWS(s[0]) {
		s = s[1:]
	}
	for s != "" && isOWS(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isOWS(c byte) bool { return c == ' ' || c == '\t' }
