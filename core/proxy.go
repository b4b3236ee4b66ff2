package core

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/clerkapi"
	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/frontendproxy"
	"github.com/clerkgo/clerkgo/core/internal/optiontext"
	"github.com/clerkgo/clerkgo/core/internal/redact"
)

// newProxy compiles the proxy; it is nil where there is none.
func (c *Clerk) newProxy() (*frontendproxy.Proxy, error) {
	o, given := &c.opts, c.opts.FrontendAPIProxy
	if !given.Enabled {
		if given.Only != nil {
			return nil, optionError("Options.FrontendAPIProxy.Only has no effect without Enabled: set that too")
		}
		return nil, nil
	}
	var errs []error
	if o.PublishableKey == "" {
		errs = append(errs, optionError("Missing publishableKey. Provide it in options or set CLERK_PUBLISHABLE_KEY environment variable. Options.FrontendAPIProxy needs it"))
	}
	if o.SecretKey == "" {
		errs = append(errs, optionError("Missing secretKey. Provide it in options or set CLERK_SECRET_KEY environment variable. Options.FrontendAPIProxy needs it"))
	}
	upstream := given.FAPIURL
	if upstream == "" {
		lookup := o.LookupEnv
		if lookup == nil {
			lookup = os.LookupEnv
		}
		upstream, _ = lookup("CLERK_FAPI_URL")
		upstream = optiontext.Trim(upstream)
	}
	if upstream == "" {
		upstream = clerkkey.FrontendAPIURL(c.key.Host)
	}
	p, err := frontendproxy.New(frontendproxy.Config{
		Path:            given.Path,
		Upstream:        upstream,
		SecretKey:       o.SecretKey,
		UserAgent:       clerkapi.UserAgent,
		IgnoreForwarded: o.IgnoreForwarded,
		Client:          o.HTTPClient,
		HeaderTimeout:   orDefault(given.HeaderTimeout, defaultHeaderTimeout),
		Failed:          c.proxyFailed,
	})
	if p.IsInsecure() {
		c.log.Warn("core: Options.FrontendAPIProxy.FAPIURL (CLERK_FAPI_URL) sends the secret key over http, for everybody on the way to read: use https")
	}
	return p, errors.Join(append(errs, err)...)
}

// proxyIsOn reports whether the proxy, which there is, is on for a request.
func (c *Clerk) proxyIsOn(r Request) bool {
	only := c.opts.FrontendAPIProxy.Only
	return only == nil || only(r)
}

// proxyURLFor is the Frontend API's address that the options give this request: a
// URL, a path on the request's own origin, or "".
func (c *Clerk) proxyURLFor(r Request) string {
	switch p := c.proxy; {
	case c.proxyURL != "" || p == nil:
		return c.proxyURL
	case c.proxyIsOn(r):
		return p.Path()
	}
	return ""
}

// ProxyInput is what the proxy needs of a request beyond [Request].
type ProxyInput struct {
	// Body is the request's body as the client sent it; nil means none. It is read
	// until the response's Body is closed, and is not closed.
	Body io.Reader
	// Length is the body's length, -1 where it is unknown.
	Length int64
}

// ProxyResponse is the proxy's answer. The adapter calls WriteHeaders, writes Status,
// copies Body and closes it.
type ProxyResponse struct {
	Status  int
	Headers []Header
	// Body is never nil. It fails after a while: see Options.HTTPClient.
	Body io.ReadCloser
	// Length is the body's length, -1 where it is unknown.
	Length int64
}

// Proxies reports whether a request is for the proxy of Options.FrontendAPIProxy.
// Adapters ask before they authenticate.
func (c *Clerk) Proxies(r Request) bool {
	if c.proxy == nil {
		return false
	}
	return c.proxy.Matches(r) && c.proxyIsOn(r)
}

// Proxy sends a request to Clerk's Frontend API and returns the answer, which is
// final: no authentication, no handler. It is an error of the proxy's own, never
// nil, where [Clerk.Proxies] says no. The call ends when ctx does, or after a minute
// (or the time-out of Options.HTTPClient), even while its answer is being read.
func (c *Clerk) Proxy(ctx context.Context, r Request, in ProxyInput) *ProxyResponse {
	answer := frontendproxy.Disabled()
	if c.proxy != nil {
		answer = c.proxy.Do(ctx, r, in.Body, in.Length)
	}
	headers := make([]Header, len(answer.Headers))
	for i, h := range answer.Headers {
		headers[i] = Header(h)
	}
	return &ProxyResponse{Status: answer.Status, Headers: headers, Body: answer.Body, Length: answer.Length}
}

// proxyFailed logs why the Frontend API cannot be reached.
func (c *Clerk) proxyFailed(ctx context.Context, err error) {
	c.logOften(ctx, slog.LevelWarn, "proxy", "core: Frontend API cannot be reached through the proxy", "error", redact.Redactor{}.Redact(err.Error()))
}

// WriteHeaders writes the headers of the proxy's answer into a response that other
// middleware may have written to. Headers that are lists are added; the others, such as
// Content-Security-Policy, replace what is there. Where an application's own CORS
// middleware has decided who may read the response, all of its decision stands.
func (r *ProxyResponse) WriteHeaders(h ResponseHeader) {
	corsDone := len(h.Values(headerACAO)) > 0
	written := make(map[string]bool, len(r.Headers))
	for _, header := range r.Headers {
		name := http.CanonicalHeaderKey(header.Name)
		switch {
		case corsDone && strings.HasPrefix(name, "Access-Control-"):
			continue
		case name == headerVary:
			addVary(h, strings.Split(header.Value, ","))
		case written[name], slices.Contains(proxiedLists[:], name):
			h.Add(name, header.Value)
		default:
			h.Set(name, header.Value)
		}
		written[name] = true
	}
}

// proxiedLists are headers of responses of which each adds to the others.
var proxiedLists = [...]string{headerSetCookie, headerWWWAuthenticate, "Link", "Server-Timing", "Via", "Warning"}
