package core

import (
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/routes"
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
	o.WriteBodyHeaders(w.Header())
	w.WriteHeader(o.Status)
	if o.Body == "" {
		return nil
	}
	_, err := io.WriteString(w, o.Body)
	return err
}

// ShowHTTP answers a refusal with show, an application's own handler, instead of
// [Outcome.WriteHTTP]. Where show writes no status, it is the outcome's and not 200.
func (o Outcome) ShowHTTP(w http.ResponseWriter, show func(w http.ResponseWriter)) {
	page := &shownPage{ResponseWriter: w, status: o.Status}
	show(page)
	page.finish()
}

type shownPage struct {
	http.ResponseWriter
	status  int
	written bool
}

// WriteHeader writes the status.
func (p *shownPage) WriteHeader(status int) {
	p.written = p.written || status >= http.StatusOK // Others go before an answer.
	p.ResponseWriter.WriteHeader(status)
}

// Write writes the body.
func (p *shownPage) Write(b []byte) (int, error) {
	p.finish()
	return p.ResponseWriter.Write(b)
}

// FlushError sends what is written.
func (p *shownPage) FlushError() error {
	p.finish()
	return http.NewResponseController(p.ResponseWriter).Flush()
}

// Unwrap is for [http.ResponseController].
func (p *shownPage) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *shownPage) finish() {
	if !p.written {
		p.WriteHeader(p.status)
	}
}

// HTTPPath says how a router on net/http reads the path of a request. compared are the
// texts that it may compare with its routes; without any, everything that a router may
// make of a path counts, and a path whose slash [http.StripPrefix] has cut off is read
// with one, as every handler takes it.
func (a Adapter) HTTPPath(r *http.Request, compared ...string) RoutePath {
	u := r.URL
	if len(compared) == 0 && !routes.IsPath(u.Path) && routes.IsPath(r.RequestURI) {
		rooted := *u
		rooted.Path = "/" + u.Path
		if u.RawPath != "" {
			rooted.RawPath = "/" + u.RawPath
		}
		u = &rooted
	}
	if len(u.Path) > routes.MaxPath {
		return RoutePath{Escaped: u.Path}
	}
	if len(compared) > 0 {
		return RoutePath{Escaped: u.EscapedPath(), Router: compared}
	}
	p := RoutePath(routes.UnknownRouter(u.EscapedPath()))
	for _, path := range [...]string{u.Path, u.RawPath} {
		if path != "" {
			p.Router = append(p.Router, path, routes.Clean(path))
		}
	}
	return p
}

// HTTPRequest returns r as handlers get it, with the authentication in its context. Where a
// router has routed by its URL already and a guard of the program's reads paths, it has one of
// its own, so that middleware which writes into that leaves alone what [Adapter.HTTPRequests]
// finds.
func (ra *RequestAuth) HTTPRequest(r *http.Request, routed bool) *http.Request {
	own := r.WithContext(ra.NewContext(r.Context()))
	if routed && pathsCount.Load() {
		u := *r.URL
		own.URL = &u
	}
	return own
}

// HTTPRequests returns the requests whose paths count to a guard of a router that may
// have read another path than r has: r, and the one that the middleware got, where that has
// another path or method. Handlers get theirs from [RequestAuth.HTTPRequest].
func (a Adapter) HTTPRequests(value func(key any) any, r *http.Request) []*http.Request {
	if ra, ok := value(contextKey{}).(*RequestAuth); ok {
		if first, ok := ra.request.(request.HTTP); ok && (first.R.URL.Path != r.URL.Path || first.R.URL.RawPath != r.URL.RawPath || first.R.Method != r.Method) {
			return []*http.Request{r, first.R}
		}
	}
	return []*http.Request{r}
}

// Bind tells that a router of Echo's bound a parameter of a route. One with the name *
// takes all that is left of the path, which is among compared; any other takes empty
// segments too, which no pattern's parameter does.
func (p *RoutePath) Bind(name, value string, compared ...string) {
	if name != "*" {
		p.Unusual = p.Unusual || value == "" || strings.Contains(value, "/")
		return
	}
	if value == "" || value[0] == '/' {
		return
	}
	for _, path := range compared {
		// The route of Echo's Static("/files", dir) is /files*, and takes /filesadmin.
		if mount, found := strings.CutSuffix(path, value); found && !strings.HasSuffix(mount, "/") {
			p.Mounted = append(p.Mounted, mount+"/"+value)
		}
	}
}
