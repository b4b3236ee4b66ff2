package clerktest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// BrowserOption shapes a browser of [Server.Client] or [Server.Browser].
type BrowserOption func(*browser)

// WithoutClerkJS makes a browser in which no clerk-js runs, as after a night with
// the lid closed: an expired session cookie is sent as it is, and the application
// has to renew it.
func WithoutClerkJS() BrowserOption {
	return func(b *browser) { b.clerkJS = false }
}

// WithOrganization makes an organization, named by id or slug, the active one of
// the browser's session. A user who is no member becomes one, as org:member.
func WithOrganization(idOrSlug string) BrowserOption {
	return func(b *browser) { b.org = idOrSlug }
}

// WithRootCAs makes the browser trust other certificates than the system's, for
// an application served by httptest.NewTLSServer.
func WithRootCAs(pool *x509.CertPool) BrowserOption {
	return func(b *browser) { b.base.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12} }
}

// browser is the transport of a browser's [http.Client].
type browser struct {
	s       *Server
	jar     *jar
	base    *http.Transport
	clerkJS bool
	org     string
}

// Client returns a client that behaves like the browser of a signed-in user who
// has been at the application before: it holds the session's cookies for appURL,
// follows redirects, handshakes included, and renews the session cookie when it
// has expired, as clerk-js does in an open page.
//
// Requests that set neither Accept nor Sec-Fetch-Dest are sent as navigations to
// a page; those that set Accept only, as calls of a page's script. Host names
// under .test and .localhost reach this machine. Cookies expire by the instance's
// clock. The user is created if unknown; each call is a new browser with a
// session of its own.
func (s *Server) Client(tb testing.TB, userID, appURL string, opts ...BrowserOption) *http.Client {
	tb.Helper()
	app, err := url.Parse(appURL)
	if err != nil || app.Host == "" || (app.Scheme != "http" && app.Scheme != "https") {
		tb.Fatalf("clerktest: Client: application URL %q is not an absolute http(s) URL", appURL)
	}
	b := s.newBrowser(tb, opts)
	fapi, err := url.Parse(s.url)
	if err != nil {
		tb.Fatalf("clerktest: Client: %v", err)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.ensureUser(userID)
	c := s.state.NewClient()
	sess := s.state.StartSession(c, u)
	if b.org != "" {
		s.state.Activate(sess, s.joinOrganization(u, &tokenSpec{orgKey: &b.org}))
	}
	devBrowser := ""
	if !s.production {
		devBrowser = s.newDevBrowser(c.ID)
	}
	b.jar.set(fapi, "__client="+c.Secret+"; Path=/; HttpOnly"+cookieYear+"; SameSite=Lax")
	b.jar.set(app, s.directives(c, app, devBrowser)...)
	return &http.Client{Transport: b, Jar: b.jar}
}

// Browser returns a client that behaves like a browser that has never been
// anywhere: no cookies, otherwise as [Server.Client] says.
func (s *Server) Browser(tb testing.TB, opts ...BrowserOption) *http.Client {
	tb.Helper()
	b := s.newBrowser(tb, opts)
	return &http.Client{Transport: b, Jar: b.jar}
}

func (s *Server) newBrowser(tb testing.TB, opts []BrowserOption) *browser {
	tb.Helper()
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	b := &browser{
		s:       s,
		jar:     &jar{now: s.clock.Now},
		clerkJS: true,
		base: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				if host, port, err := net.SplitHostPort(addr); err == nil &&
					(strings.HasSuffix(host, ".test") || strings.HasSuffix(host, ".localhost")) {
					addr = net.JoinHostPort("127.0.0.1", port)
				}
				return dialer.DialContext(ctx, network, addr)
			},
			ResponseHeaderTimeout: time.Minute,
		},
	}
	for _, o := range opts {
		o(b)
	}
	s.mu.Lock()
	s.idle = append(s.idle, b.base)
	s.mu.Unlock()
	tb.Cleanup(b.base.CloseIdleConnections)
	return b
}

// RoundTrip implements [http.RoundTripper].
func (b *browser) RoundTrip(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	navigationHeaders(req, out.Header)
	if b.clerkJS {
		if err := b.renew(req.Context(), req.URL, out.Header); err != nil {
			closeBody(req)
			return nil, err
		}
	}
	return b.base.RoundTrip(out)
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // The round trip has failed already.
	}
}

// navigationHeaders adds what a browser sends by itself. A redirect keeps the
// referrer of the request that it answers, which net/http does otherwise.
func navigationHeaders(req *http.Request, h http.Header) {
	if req.Response != nil {
		first := req
		for first.Response != nil && first.Response.Request != nil {
			first = first.Response.Request
		}
		h.Del("Referer")
		if ref := first.Header.Get("Referer"); ref != "" {
			h.Set("Referer", ref)
		}
	}
	defaults := map[string]string{"User-Agent": "Mozilla/5.0 (compatible; clerktest)", "Accept-Language": "en"}
	switch {
	case h.Get("Sec-Fetch-Dest") != "":
	case h.Get("Accept") != "":
		defaults["Sec-Fetch-Dest"], defaults["Sec-Fetch-Mode"], defaults["Sec-Fetch-Site"] = "empty", "cors", "same-origin"
	default:
		defaults["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
		defaults["Sec-Fetch-Dest"], defaults["Sec-Fetch-Mode"] = "document", "navigate"
		defaults["Sec-Fetch-Site"], defaults["Sec-Fetch-User"] = "none", "?1"
		defaults["Upgrade-Insecure-Requests"] = "1"
	}
	for name, value := range defaults {
		if _, set := h[name]; !set {
			h.Set(name, value)
		}
	}
}

// renew replaces an expired session cookie in a request to the application, as
// clerk-js would have done before.
func (b *browser) renew(ctx context.Context, u *url.URL, h http.Header) error {
	if u.Scheme+"://"+u.Host == b.s.url {
		return nil
	}
	token := b.jar.value(u, "__session_"+b.s.suffix)
	if token == "" {
		token = b.jar.value(u, "__session")
	}
	sid, exp := sessionOf(token)
	if sid == "" || exp > b.s.clock.Now().Unix() {
		return nil
	}
	fresh, gone, err := b.fetchToken(ctx, u, sid)
	if err != nil {
		return err
	}
	attributes := "; Path=/" + cookieYear + "; SameSite=Lax"
	uat := "; Path=/" + cookieYear + "; SameSite=Strict"
	if d := siteDomain(u.Hostname()); d != "" {
		uat += "; Domain=" + d
	}
	for _, suffix := range []string{"", "_" + b.s.suffix} {
		switch {
		case gone:
			b.jar.set(u, "__session"+suffix+"=; Path=/"+cookieEpoch, "__client_uat"+suffix+"=0"+uat)
		case fresh != "":
			b.jar.set(u, "__session"+suffix+"="+fresh+attributes)
		}
	}
	b.rewriteCookies(u, h)
	return nil
}

// fetchToken asks the Frontend API for a new session token. A refusal means that
// the session is gone; a server error leaves things as they are.
func (b *browser) fetchToken(ctx context.Context, page *url.URL, sid string) (token string, gone bool, err error) {
	fapi, err := url.Parse(b.s.url + "/v1/client/sessions/" + url.PathEscape(sid) + "/tokens")
	if err != nil {
		return "", false, err
	}
	if id := b.jar.value(page, "__clerk_db_jwt"); id != "" {
		fapi.RawQuery = "__clerk_db_jwt=" + url.QueryEscape(id)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, fapi.String(), http.NoBody)
	if err != nil {
		return "", false, err
	}
	req.Header.Set("Origin", origin(page))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range b.jar.Cookies(fapi) {
		req.AddCookie(c)
	}
	res, err := b.base.RoundTrip(req)
	if err != nil {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return "", false, err
		}
		return "", false, nil // Offline: clerk-js keeps the old cookie and tries again later.
	}
	defer func() { _ = res.Body.Close() }()
	var body struct {
		JWT string `json:"jwt"`
	}
	if res.StatusCode == http.StatusOK {
		if err := json.NewDecoder(io.LimitReader(res.Body, bodyLimit)).Decode(&body); err != nil {
			return "", false, nil // As above.
		}
	}
	return body.JWT, res.StatusCode >= 400 && res.StatusCode < 500 && res.StatusCode != http.StatusTooManyRequests, nil
}

// rewriteCookies brings the request's own cookies of the instance up to date with
// the jar and leaves cookies that the caller added alone.
func (b *browser) rewriteCookies(u *url.URL, h http.Header) {
	ours := []string{"__session", "__client_uat", "__session_" + b.s.suffix, "__client_uat_" + b.s.suffix}
	old := (&http.Request{Header: http.Header{"Cookie": h["Cookie"]}}).Cookies()
	h.Del("Cookie")
	out := &http.Request{Header: h}
	for _, c := range b.jar.Cookies(u) {
		if slices.Contains(ours, c.Name) {
			out.AddCookie(c)
		}
	}
	for _, c := range old {
		if !slices.Contains(ours, c.Name) {
			out.AddCookie(c)
		}
	}
}

// sessionOf reads a session token's id and expiry without verifying it.
func sessionOf(token string) (sid string, exp int64) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", 0
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", 0
	}
	var claims struct {
		SID string `json:"sid"`
		Exp int64  `json:"exp"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return "", 0
	}
	return claims.SID, claims.Exp
}
