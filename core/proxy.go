package core

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/clerkkey"
	"github.com/clerkgo/clerkgo/core/internal/lent"
	"github.com/clerkgo/clerkgo/core/internal/optiontext"
	"github.com/clerkgo/clerkgo/core/internal/redact"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// FrontendAPIProxy makes the application serve Clerk's Frontend API under a path
// of its own: Clerk's frontendApiProxy option. Browsers then talk to one domain
// only. The proxy answers before authentication, and Options.Skip does not
// concern it. Where Options.ProxyURL is not set, it is this path.
//
// The proxy adds the instance's secret key to the requests that it sends to
// Clerk. It sends them to one host, which the options fix: nothing in a request
// chooses another.
type FrontendAPIProxy struct {
	// Enabled turns the proxy on. Without it, the other fields have no effect, and Only
	// is an error.
	Enabled bool
	// Only decides which requests the proxy is on for, for example by host. Nil means
	// all of them.
	Only func(Request) bool
	// Path is where the proxy is mounted. Empty, or a mere slash, means /__clerk.
	// Slashes at its end do not count.
	Path string
	// FAPIURL is the Frontend API's base address (CLERK_FAPI_URL). Empty means
	// Clerk's own. Whoever answers there receives the secret key.
	FAPIURL string
}

const (
	defaultProxyPath = "/__clerk"
	// proxyTimeout bounds a proxied request with its whole answer, where
	// Options.HTTPClient sets no bound.
	proxyTimeout = time.Minute
)

// Codes of the proxy's own errors.
const (
	proxyFailed        = "proxy_request_failed"
	proxyMismatch      = "proxy_path_mismatch"
	proxyMisconfigured = "proxy_configuration_error"
)

// proxy is a compiled FrontendAPIProxy.
type proxy struct {
	path            string
	enabled         func(Request) bool // nil means always
	base            string             // scheme, host and path of the upstream, without a slash at its end
	upstream        weburl.URL
	secretKey       string
	ignoreForwarded bool
	transport       http.RoundTripper
	timeout         time.Duration
	log             *slog.Logger
}

// newProxy compiles the proxy; it is nil where there is none.
func newProxy(o *Options, key clerkkey.Publishable, log *slog.Logger) (*proxy, error) {
	if !o.FrontendAPIProxy.Enabled {
		if o.FrontendAPIProxy.Only != nil {
			return nil, optionError("Options.FrontendAPIProxy.Only has no effect without Enabled: set that too")
		}
		return nil, nil
	}
	p := &proxy{
		enabled:         o.FrontendAPIProxy.Only,
		secretKey:       o.SecretKey,
		ignoreForwarded: o.IgnoreForwarded,
		transport:       http.DefaultTransport,
		timeout:         proxyTimeout,
		log:             log,
	}
	if given := o.HTTPClient; given != nil {
		if given.Transport != nil {
			p.transport = given.Transport
		}
		if given.Timeout > 0 {
			p.timeout = given.Timeout
		}
	}
	var errs []error
	if o.PublishableKey == "" {
		errs = append(errs, optionError("Missing publishableKey. Provide it in options or set CLERK_PUBLISHABLE_KEY environment variable. Options.FrontendAPIProxy needs it"))
	}
	if o.SecretKey == "" {
		errs = append(errs, optionError("Missing secretKey. Provide it in options or set CLERK_SECRET_KEY environment variable. Options.FrontendAPIProxy needs it"))
	}
	errs = append(errs, p.setPath(o.FrontendAPIProxy.Path), p.setUpstream(o, key.Host))
	return p, errors.Join(errs...)
}

func (p *proxy) setPath(path string) error {
	if p.path = strings.TrimRight(path, "/"); p.path == "" {
		p.path = defaultProxyPath
	}
	u, err := weburl.Parse(request.PlaceholderOrigin + p.path)
	if err != nil || !strings.HasPrefix(p.path, "/") || u.Path() != p.path || u.String() != request.PlaceholderOrigin+p.path {
		return optionError("Options.FrontendAPIProxy.Path is not the path of a URL, such as " + defaultProxyPath)
	}
	return nil
}

func (p *proxy) setUpstream(o *Options, host string) error {
	address := o.FrontendAPIProxy.FAPIURL
	if address == "" {
		lookup := o.LookupEnv
		if lookup == nil {
			lookup = os.LookupEnv
		}
		address, _ = lookup("CLERK_FAPI_URL")
		address = optiontext.Trim(address)
	}
	if address == "" {
		address = clerkkey.FrontendAPIURL(host)
	}
	const field = ": check Options.FrontendAPIProxy.FAPIURL (CLERK_FAPI_URL)"
	u, err := weburl.Parse(address)
	switch {
	case err != nil:
		return optionError("FAPI URL must be a URL" + field)
	case !u.IsHTTP():
		return optionError("FAPI URL must use http or https" + field)
	case u.HasCredentials() || u.Search() != "" || u.Hash() != "":
		return optionError("FAPI URL must not include credentials, a query string, or a hash" + field)
	}
	p.base = strings.TrimRight(u.Origin()+u.Path(), "/")
	if p.upstream, err = weburl.Parse(p.base); err != nil {
		return optionError("FAPI URL must be a URL" + field)
	}
	if ip := net.ParseIP(strings.Trim(u.Hostname(), "[]")); u.Scheme() == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		p.log.Warn("core: Options.FrontendAPIProxy.FAPIURL (CLERK_FAPI_URL) sends the secret key over http, for everybody on the way to read: use https")
	}
	return nil
}

// match returns what follows the proxy's path in the request target, as browsers
// read it: dot segments are resolved first. ok is false for other targets.
func (p *proxy) match(r Request) (rest, query string, ok bool) {
	if !strings.Contains(r.Target(), p.path) {
		return "", "", false
	}
	path, query := request.SplitTarget(r.Target())
	u, err := weburl.Parse(request.PlaceholderOrigin + path + "?" + query)
	if err != nil {
		return "", "", false
	}
	rest, found := strings.CutPrefix(u.Path(), p.path)
	if !found || rest != "" && rest[0] != '/' {
		return "", "", false
	}
	if rest == "" {
		rest = "/"
	}
	return rest, u.Search(), true
}

// matchesPlainly reports whether match says yes without any doubt: the path has
// nothing that browsers resolve or decode. Then it need not be parsed twice.
func (p *proxy) matchesPlainly(r Request) bool {
	const longest = 1500 // However much of it is escaped, the URL is not too long.
	target := r.Target()
	rest, found := strings.CutPrefix(target, p.path)
	if !found || len(target) > longest+len(p.path) {
		return false
	}
	path, _, _ := strings.Cut(rest, "?")
	return (path == "" || path[0] == '/') && !strings.ContainsAny(path, ".%\\#\t\r\n")
}

// target returns the address to call. Its host is the upstream's whatever rest
// and query hold; where joining them would lead elsewhere, ok is false.
func (p *proxy) target(rest, query string) (target *url.URL, ok bool) {
	u, err := weburl.Parse(p.base + rest + query)
	if err != nil || u.Origin() != p.upstream.Origin() || u.HasCredentials() {
		return nil, false
	}
	raw := escapePath(u.Path())
	path, err := url.PathUnescape(raw)
	if err != nil {
		return nil, false
	}
	return &url.URL{
		Scheme:   p.upstream.Scheme(),
		Host:     p.upstream.Host(),
		Path:     path,
		RawPath:  raw,
		RawQuery: strings.TrimPrefix(u.Search(), "?"),
	}, true
}

// escapePath escapes what net/url would: it sends a path as it is written only if
// nothing in it needs an escape.
func escapePath(path string) string {
	const upperhex = "0123456789ABCDEF"
	escapes := 0
	for i := range len(path) {
		if !staysInPath(path[i]) {
			escapes++
		}
	}
	if escapes == 0 {
		return path // As usual: it was parsed.
	}
	var b strings.Builder
	b.Grow(len(path) + 2*escapes)
	for i := range len(path) {
		if c := path[i]; staysInPath(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(upperhex[c>>4])
			b.WriteByte(upperhex[c&15])
		}
	}
	return b.String()
}

func staysInPath(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~$&+,/:;=@!'()*[]%", c) >= 0
}

func (p *proxy) isEnabled(r Request) bool { return p.enabled == nil || p.enabled(r) }

// proxyURLFor is the Frontend API's address that the options give this request: a
// URL, a path on the request's own origin, or "".
func (c *Clerk) proxyURLFor(r Request) string {
	switch p := c.proxy; {
	case c.proxyURL != "" || p == nil:
		return c.proxyURL
	case p.isEnabled(r):
		return p.path
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
	ok := c.proxy.matchesPlainly(r)
	if !ok {
		_, _, ok = c.proxy.match(r)
	}
	return ok && c.proxy.isEnabled(r)
}

// Proxy sends a request to Clerk's Frontend API and returns the answer, which is
// final: no authentication, no handler. It is an error of the proxy's own, never
// nil, where [Clerk.Proxies] says no. The call ends when ctx does, or after a minute
// (or the time-out of Options.HTTPClient), even while its answer is being read.
func (c *Clerk) Proxy(ctx context.Context, r Request, in ProxyInput) *ProxyResponse {
	p := c.proxy
	if p == nil {
		return proxyError(http.StatusInternalServerError, proxyMisconfigured, "The proxy is not enabled")
	}
	r = request.Own(r) // The transport may still write the headers when the handler has returned.
	rest, query, ok := p.match(r)
	if !ok {
		path, _ := request.SplitTarget(r.Target())
		return proxyError(http.StatusBadRequest, proxyMismatch, `Request path "`+path+`" does not match proxy path "`+p.path+`"`)
	}
	if !slices.Contains(proxiedMethods[:], r.Method()) {
		return proxyError(http.StatusMethodNotAllowed, proxyFailed, "Request method is not proxied")
	}
	origin, ok := p.publicOrigin(r)
	if !ok {
		return proxyError(http.StatusBadRequest, proxyFailed, "Request host is not valid")
	}
	target, ok := p.target(rest, query)
	if !ok {
		return proxyError(http.StatusBadRequest, proxyFailed, "Resolved target does not match the expected host")
	}
	loan := lent.New(ctx)
	ctx, stop := context.WithTimeout(loan, p.timeout)
	cancel := func() {
		stop()
		loan.End()
	}
	req := (&http.Request{
		Method:     r.Method(),
		URL:        target,
		Host:       target.Host,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     p.requestHeaders(r, origin+p.path),
	}).WithContext(ctx) //nolint:contextcheck // It is the caller's, lent.
	if in.Body != nil && in.Length != 0 {
		req.Body, req.ContentLength = io.NopCloser(in.Body), in.Length
	}
	// Not through a client, which could follow redirects, or add its cookies.
	resp, err := p.send(req)
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		_ = resp.Body.Close() // The failure is what counts.
		err = errors.New("the answer switches protocols")
	}
	if err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) { // Nobody waits any longer.
			c.logOften(ctx, slog.LevelWarn, "proxy", "core: Frontend API cannot be reached through the proxy", "error", redact.Redactor{}.Redact(err.Error())) //nolint:contextcheck // as above
		}
		cancel()
		return proxyError(http.StatusBadGateway, proxyFailed, "Failed to proxy request to Clerk FAPI: fetch failed")
	}
	return p.response(resp, req.Method, origin+p.path, cancel)
}

// send performs one request. A panic of a transport of the application's would end
// the process on a server that does not recover.
func (p *proxy) send(req *http.Request) (resp *http.Response, err error) {
	defer func() {
		if value := recover(); value != nil {
			resp, err = nil, fmt.Errorf("panic in the transport: %v", value)
		}
	}()
	return p.transport.RoundTrip(req)
}

// proxiedMethods are the methods that may go to the upstream. TRACE must not: its
// answer shows the secret key.
var proxiedMethods = [...]string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// publicOrigin returns the origin under which the client reached the application.
func (p *proxy) publicOrigin(r Request) (origin string, ok bool) {
	if !p.ignoreForwarded {
		proto, host := request.ForwardedProto(r), request.FirstElement(request.Header(r, request.HeaderForwardedHost))
		if _, ok := originOf(proto, host); ok {
			return proto + "://" + host, true
		}
	}
	own, ok := ownOrigin(r)
	if !ok {
		return "", false
	}
	return own.Origin(), true
}

// ownOrigin is the origin that the Host header names.
func ownOrigin(r Request) (weburl.URL, bool) {
	scheme := "http"
	if r.TLS() {
		scheme = "https"
	}
	return originOf(scheme, request.TrimOWS(r.Host()))
}

// originOf parses an origin. A host with anything but a name and a port is none.
func originOf(scheme, host string) (weburl.URL, bool) {
	if host == "" || strings.ContainsFunc(scheme+host, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`/\?#@"<>%`, c) }) {
		return weburl.URL{}, false
	}
	u, err := weburl.Parse(scheme + "://" + host)
	return u, err == nil && u.IsHTTP()
}
