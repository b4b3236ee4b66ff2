// Package frontendproxy passes requests on to Clerk's Frontend API, under a path of the
// application's own. It knows one upstream, which its configuration names: nothing in a
// request chooses another.
package frontendproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/lent"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

const (
	// DefaultPath is where the proxy is mounted unless its configuration says otherwise.
	DefaultPath = "/__clerk"
	// defaultTimeout bounds a proxied request with its whole answer, where the
	// configured client sets no bound.
	defaultTimeout = time.Minute
)

// Codes of the proxy's own errors.
const (
	codeFailed        = "proxy_request_failed"
	codeMismatch      = "proxy_path_mismatch"
	codeMisconfigured = "proxy_configuration_error"
)

// Config is what the proxy has to know.
type Config struct {
	// Path is where the proxy is mounted. Empty, or a mere slash, means DefaultPath.
	Path string
	// Upstream is the Frontend API's address.
	Upstream  string
	SecretKey string
	// UserAgent is sent for clients without one.
	UserAgent       string
	IgnoreForwarded bool
	// Client gives the transport and the bound of time; nil means none of its own.
	Client *http.Client
	// HeaderTimeout is how long the upstream may take to begin its answer, after the
	// request was sent. Not positive means no bound of its own.
	HeaderTimeout time.Duration
	// Failed is told why the upstream could not be reached.
	Failed func(ctx context.Context, err error)
}

// Proxy is a compiled [Config]. It is safe for concurrent use.
type Proxy struct {
	path            string
	base            string // scheme, host and path of the upstream, without a slash at its end
	upstream        weburl.URL
	secretKey       string
	userAgent       string
	ignoreForwarded bool
	transport       http.RoundTripper
	timeout         time.Duration
	headerTimeout   time.Duration // from the end of the request; zero without one
	failed          func(ctx context.Context, err error)
}

// New compiles a configuration. It reports every fault at once, and returns a proxy in
// any case.
func New(c Config) (*Proxy, error) {
	p := &Proxy{
		secretKey:       c.SecretKey,
		userAgent:       c.UserAgent,
		ignoreForwarded: c.IgnoreForwarded,
		transport:       http.DefaultTransport,
		timeout:         defaultTimeout,
		headerTimeout:   c.HeaderTimeout,
		failed:          c.Failed,
	}
	if given := c.Client; given != nil {
		if given.Transport != nil {
			p.transport = given.Transport
		}
		if given.Timeout > 0 {
			p.timeout = given.Timeout
		}
	}
	return p, errors.Join(p.setPath(c.Path), p.setUpstream(c.Upstream))
}

// Upstream is the address that requests are sent to, without a slash at its end.
func (p *Proxy) Upstream() string { return p.base }

// Path is where the proxy is mounted.
func (p *Proxy) Path() string { return p.path }

// IsInsecure reports whether everybody on the way to the upstream can read the secret
// key.
func (p *Proxy) IsInsecure() bool {
	return p.upstream.Scheme() == "http" && !p.upstream.IsLoopback()
}

func (p *Proxy) setPath(path string) error {
	if p.path = strings.TrimRight(path, "/"); p.path == "" {
		p.path = DefaultPath
	}
	u, err := weburl.Parse(request.PlaceholderOrigin + p.path)
	if err != nil || !strings.HasPrefix(p.path, "/") || u.Path() != p.path || u.String() != request.PlaceholderOrigin+p.path {
		return errors.New("Options.FrontendAPIProxy.Path is not the path of a URL, such as " + DefaultPath)
	}
	return nil
}

func (p *Proxy) setUpstream(address string) error {
	const field = ": check Options.FrontendAPIProxy.FAPIURL (CLERK_FAPI_URL)"
	u, err := weburl.Parse(address)
	switch {
	case err != nil:
		return errors.New("FAPI URL must be a URL" + field)
	case !u.IsHTTP():
		return errors.New("FAPI URL must use http or https" + field)
	case u.HasCredentials() || u.Search() != "" || u.Hash() != "":
		return errors.New("FAPI URL must not include credentials, a query string, or a hash" + field)
	}
	p.base = strings.TrimRight(u.Origin()+u.Path(), "/")
	if p.upstream, err = weburl.Parse(p.base); err != nil {
		return errors.New("FAPI URL must be a URL" + field)
	}
	return nil
}

// match returns what follows the proxy's path in the request target, as browsers
// read it: dot segments are resolved first. ok is false for other targets.
func (p *Proxy) match(r request.Request) (rest, query string, ok bool) {
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
func (p *Proxy) matchesPlainly(r request.Request) bool {
	const longest = 1500 // However much of it is escaped, the URL is not too long.
	target := r.Target()
	rest, found := strings.CutPrefix(target, p.path)
	if !found || len(target) > longest+len(p.path) {
		return false
	}
	path, _, _ := strings.Cut(rest, "?")
	return (path == "" || path[0] == '/') && !strings.ContainsAny(path, ".%\\#\t\r\n")
}

// Matches reports whether a request is for the proxy.
func (p *Proxy) Matches(r request.Request) bool {
	if p.matchesPlainly(r) {
		return true
	}
	_, _, ok := p.match(r)
	return ok
}

// target returns the address to call. Its host is the upstream's whatever rest
// and query hold; where joining them would lead elsewhere, ok is false.
func (p *Proxy) target(rest, query string) (target *url.URL, ok bool) {
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

// Response is the proxy's answer.
type Response struct {
	Status  int
	Headers []Header
	// Body is never nil, and to be closed. It fails after a while.
	Body io.ReadCloser
	// Length is the body's length, -1 where it is unknown.
	Length int64
}

// Header is one header field. Several fields may share a name.
type Header struct{ Name, Value string }

// Disabled is the answer where there is no proxy.
func Disabled() Response {
	return failure(http.StatusInternalServerError, codeMisconfigured, "The proxy is not enabled")
}

// Do sends a request to the upstream and returns the answer, or an error of the proxy's
// own. length is -1 where it is unknown. The call ends when ctx does, or after a while,
// even while its answer is being read.
func (p *Proxy) Do(ctx context.Context, r request.Request, in io.Reader, length int64) Response {
	r = request.Own(r) // The transport may still write the headers when the handler has returned.
	rest, query, ok := p.match(r)
	if !ok {
		path, _ := request.SplitTarget(r.Target())
		return failure(http.StatusBadRequest, codeMismatch, `Request path "`+path+`" does not match proxy path "`+p.path+`"`)
	}
	if !slices.Contains(proxiedMethods[:], r.Method()) {
		return failure(http.StatusMethodNotAllowed, codeFailed, "Request method is not proxied")
	}
	origin, ok := p.publicOrigin(r)
	if !ok {
		return failure(http.StatusBadRequest, codeFailed, "Request host is not valid")
	}
	target, ok := p.target(rest, query)
	if !ok {
		return failure(http.StatusBadRequest, codeFailed, "Resolved target does not match the expected host")
	}
	loan := lent.New(ctx)
	ctx, stop := context.WithTimeout(loan, p.timeout)
	ctx, late := context.WithCancelCause(ctx)
	cancel := func() {
		stop()
		late(context.Canceled)
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
	if in != nil && length != 0 {
		req.Body, req.ContentLength = io.NopCloser(in), length
	}
	// Not through a client, which could follow redirects, or add its cookies.
	resp, err := p.sendBounded(req, func() { late(errHeadersLate) })
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		_ = resp.Body.Close() // The failure is what counts.
		err = errors.New("the answer switches protocols")
	}
	if err != nil {
		if !errors.Is(context.Cause(ctx), context.Canceled) { //nolint:contextcheck // as above; somebody waits still
			p.failed(ctx, err) //nolint:contextcheck // as above
		}
		cancel()
		return failure(http.StatusBadGateway, codeFailed, "Failed to proxy request to Clerk FAPI: fetch failed")
	}
	return p.response(resp, req.Method, origin+p.path, cancel)
}

var errHeadersLate = errors.New("no answer began in time")

// sendBounded performs one request. late is called where its answer does not begin in
// time; what the client sends may take longer.
func (p *Proxy) sendBounded(req *http.Request, late func()) (*http.Response, error) {
	if p.headerTimeout <= 0 {
		return p.send(req)
	}
	var began atomic.Bool
	timer := time.AfterFunc(p.headerTimeout, func() {
		if !began.Load() {
			late()
		}
	})
	defer timer.Stop()
	defer began.Store(true) // What is sent may end later than that.
	if req.Body != nil {
		timer.Stop()
		req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
			WroteRequest: func(httptrace.WroteRequestInfo) { timer.Reset(p.headerTimeout) },
		}))
	}
	return p.send(req)
}

// send performs one request. A panic of a transport of the application's would end
// the process on a server that does not recover.
func (p *Proxy) send(req *http.Request) (resp *http.Response, err error) {
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
func (p *Proxy) publicOrigin(r request.Request) (origin string, ok bool) {
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
func ownOrigin(r request.Request) (weburl.URL, bool) {
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
