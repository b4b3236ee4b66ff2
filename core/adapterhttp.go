package core

import (
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/request"
)

// What adapters of frameworks on net/http share.

// ServeProxy answers the requests for the proxy of Options.FrontendAPIProxy and reports
// whether this is one. Adapters call it before they authenticate; those of frameworks
// that are not on net/http do the same with [Clerk.Proxies] and [Clerk.Proxy].
func (a Adapter) ServeProxy(w http.ResponseWriter, r *http.Request, c *Clerk) bool {
	request := FromHTTP(r)
	if !c.Proxies(request) {
		return false
	}
	answer := c.Proxy(r.Context(), request, ProxyInput{Body: r.Body, Length: r.ContentLength})
	defer func() { _ = answer.Body.Close() }() // It was read; there is nothing to do about a failure.
	answer.WriteHeaders(w.Header())
	w.WriteHeader(answer.Status)
	if _, err := io.Copy(w, answer.Body); err != nil {
		// The client must not take a part for the whole: this breaks the connection.
		if err := http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)); err != nil {
			panic(http.ErrAbortHandler) //nolint:forbidigo // So does this, for writers without deadlines: net/http's way, which it does not log.
		}
	}
	return true
}

// WriteHTTP writes the status and the body of an outcome that ends the request.
// [Outcome.WriteHeaders] goes before.
func (o Outcome) WriteHTTP(w http.ResponseWriter) error {
	if o.ContentType != "" {
		w.Header().Set("Content-Type", o.ContentType)
	}
	w.WriteHeader(o.Status)
	if o.Body == "" {
		return nil
	}
	_, err := io.WriteString(w, o.Body)
	return err
}

// HTTPPath says how a router on net/http reads the path of a request. compared are the
// texts that it may compare with its routes; without any, everything that a router may
// make of a path counts.
func (a Adapter) HTTPPath(r *http.Request, compared ...string) RoutePath {
	u := r.URL
	if len(u.Path) > maxRoutePath {
		return RoutePath{Escaped: u.Path}
	}
	if len(compared) > 0 {
		return RoutePath{Escaped: u.EscapedPath(), Router: compared}
	}
	p := unknownRouter(u.EscapedPath())
	for _, path := range [...]string{u.Path, u.RawPath} {
		if path != "" {
			p.Router = append(p.Router, path, cleanPath(path))
		}
	}
	return p
}

// HTTPRequest returns the request that the middleware got, before it gave a copy the
// authentication; nil where it did not run, or the request is none of net/http. A
// router that keeps the first may read another path than a guard reads of the copy.
func (a Adapter) HTTPRequest(value func(key any) any) *http.Request {
	if ra, ok := value(contextKey{}).(*RequestAuth); ok {
		if h, ok := ra.request.(request.HTTP); ok {
			return h.R
		}
	}
	return nil
}

// Cleaned returns p for a router that resolves dot segments and repeated slashes
// first.
func (p RoutePath) Cleaned() RoutePath {
	p.Router = slices.Clone(p.Router)
	for i, path := range p.Router {
		p.Router[i] = cleanPath(path)
	}
	return p
}
