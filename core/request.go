package core

import (
	"net/http"

	"github.com/clerkgo/clerkgo/core/internal/request"
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
func FromHTTP(r *http.Request) Request { return request.HTTP{R: r} }
