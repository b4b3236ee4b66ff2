// Package request reads HTTP requests: their headers as browsers' Fetch API has them,
// the request target, the public address, and the client that makes them.
package request

import (
	"net/http"
	"slices"
	"strings"
)

// Request is core's view of a request, which says what its methods return.
type Request interface {
	Method() string
	Target() string
	Host() string
	TLS() bool
	RemoteAddr() string
	Header(name string) []string
	Headers() map[string][]string
}

// HTTP is a view of a request of net/http.
type HTTP struct{ R *http.Request }

// Method is as it was sent.
func (h HTTP) Method() string { return h.R.Method }

// Target is the request target, as it was sent.
func (h HTTP) Target() string {
	if h.R.RequestURI != "" {
		return h.R.RequestURI
	}
	// A request that no server read, as in tests.
	return h.R.URL.RequestURI()
}

// Host is the Host header, or the target's authority.
func (h HTTP) Host() string { return h.R.Host }

// TLS reports whether the connection is encrypted.
func (h HTTP) TLS() bool { return h.R.TLS != nil }

// RemoteAddr is the address of the connection's other end.
func (h HTTP) RemoteAddr() string { return h.R.RemoteAddr }

// Header returns the values of a header, in whatever spelling its name was kept.
func (h HTTP) Header(name string) []string {
	return h.values(http.CanonicalHeaderKey(name))
}

// Values returns the values of a header whose name is in canonical form. Where
// there are none, some middleware may have kept them under another spelling, which
// net/http sends on and does not find itself.
func (h HTTP) values(name string) []string {
	if found := h.R.Header[name]; len(found) > 0 {
		return found
	}
	return h.spelledOddly(name)
}

func (h HTTP) spelledOddly(name string) []string {
	var names []string
	for kept := range h.R.Header {
		if isSpelling(kept, name) {
			names = append(names, kept)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	var found []string
	for _, kept := range names {
		found = append(found, h.R.Header[kept]...)
	}
	return found
}

// isSpelling reports whether a header kept under a name is the one of the other.
func isSpelling(kept, name string) bool {
	return len(kept) == len(name) && strings.EqualFold(kept, name)
}

// Headers are all headers, not to be changed.
func (h HTTP) Headers() map[string][]string { return h.R.Header }

// owned hands out copies, for what may outlive the handler: log entries that
// a handler of the application's queues, and calls whose transport still writes
// when they have been given up.
type owned struct{ Request }

// Own returns a view of r whose strings may be kept.
func Own(r Request) Request {
	switch r.(type) {
	case HTTP, owned:
		return r // Those of net/http stay as they are.
	}
	return owned{r}
}

func (o owned) Method() string { return strings.Clone(o.Request.Method()) }

func (o owned) Target() string { return strings.Clone(o.Request.Target()) }

func (o owned) Host() string { return strings.Clone(o.Request.Host()) }

func (o owned) RemoteAddr() string { return strings.Clone(o.Request.RemoteAddr()) }

func (o owned) Header(name string) []string { return cloneAll(o.Request.Header(name)) }

func (o owned) Headers() map[string][]string {
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

// Header returns the values of a header as one string, the way browsers' Fetch
// API joins them, without white space at its ends. Empty is the same as absent.
// The name is in canonical form.
func Header(r Request, name string) string {
	return Join(Values(r, name), ", ")
}

// Values returns the values of a header whose name is in canonical form.
func Values(r Request, name string) []string {
	if h, ok := r.(HTTP); ok {
		return h.values(name)
	}
	return r.Header(name)
}

// Join joins values with sep, without white space at the ends of each and of the whole.
func Join(values []string, sep string) string {
	switch len(values) {
	case 0:
		return ""
	case 1:
		return TrimOWS(values[0])
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = TrimOWS(v)
	}
	return TrimOWS(strings.Join(trimmed, sep))
}

// TrimOWS cuts the spaces and tabs at the ends of s.
func TrimOWS(s string) string {
	for s != "" && isOWS(s[0]) {
		s = s[1:]
	}
	for s != "" && isOWS(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isOWS(c byte) bool { return c == ' ' || c == '\t' }

// HeaderValue encodes text as a header value: ISO 8859-1 without control
// characters.
func HeaderValue(s string) (string, bool) {
	s = strings.Trim(s, " \t\r\n")
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0x80:
			return latin1HeaderValue(s)
		case c < ' ' && c != '\t', c == 0x7F:
			return "", false
		}
	}
	return s, true
}

// latin1HeaderValue is HeaderValue for text that is not ASCII.
func latin1HeaderValue(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xFF || r < ' ' && r != '\t' || r == 0x7F {
			return "", false
		}
		out = append(out, byte(r))
	}
	return string(out), true
}
