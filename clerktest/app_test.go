package clerktest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/clerkgo/clerkgo/clerktest"
)

// app is a stand-in for a protected application. It knows the facts of the
// protocol and nothing of this repository's core, so that the two cannot be wrong
// together.
type app struct {
	t       *testing.T
	s       *clerktest.Server
	url     string
	live    bool
	format  string // of handshakes
	refresh bool
}

func newApp(t *testing.T, s *clerktest.Server, host string) *app {
	t.Helper()
	a := &app{t: t, s: s, live: strings.HasPrefix(s.PublishableKey(), "pk_live_"), format: "nonce", refresh: true}
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(srv.URL, "http://"), ":")
	a.url = "http://" + host + ":" + port
	return a
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Has("__clerk_handshake_nonce") || q.Has("__clerk_handshake") || a.cookie(r, "__clerk_handshake_nonce") != "" || a.cookie(r, "__clerk_handshake") != "" {
		a.resolve(w, r)
		return
	}
	if !a.live && q.Has("__clerk_db_jwt") {
		a.handshake(w, r, "dev-browser-sync")
		return
	}
	if !a.live && a.cookie(r, "__clerk_db_jwt") == "" {
		a.handshake(w, r, "dev-browser-missing")
		return
	}
	uat, _ := strconv.ParseInt(a.cookie(r, "__client_uat"), 10, 64)
	token := a.cookie(r, "__session")
	switch {
	case uat == 0 && token == "":
		a.answer(w, "signed out")
	case uat == 0:
		a.handshake(w, r, "session-token-but-no-client-uat")
	case token == "":
		a.handshake(w, r, "client-uat-but-no-session-token")
	default:
		a.verified(w, r, token, uat)
	}
}

func (a *app) verified(w http.ResponseWriter, r *http.Request, token string, uat int64) {
	claims, err := a.claims(token)
	if err != nil {
		a.answer(w, "invalid: "+err.Error())
		return
	}
	iat, _ := claims["iat"].(float64)
	exp, _ := claims["exp"].(float64)
	if int64(iat) < uat {
		a.handshake(w, r, "session-token-iat-before-client-uat")
		return
	}
	if now := a.s.Clock().Now().Unix(); int64(exp) <= now-5 {
		if refresh := a.cookie(r, "__refresh"); refresh != "" && a.refresh && a.tryRefresh(w, token, refresh, claims) {
			return
		}
		a.handshake(w, r, "session-token-expired")
		return
	}
	a.greet(w, claims)
}

func (a *app) greet(w http.ResponseWriter, claims jwt.MapClaims) {
	org := ""
	if o, is := claims["o"].(map[string]any); is {
		org = fmt.Sprint(" in ", o["id"])
	}
	a.answer(w, fmt.Sprint("signed in as ", claims["sub"], org, " for ", claims["azp"]))
}

func (a *app) answer(w http.ResponseWriter, text string) {
	_, _ = io.WriteString(w, text)
}

// claims verifies the signature with the published keys.
func (a *app) claims(token string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation()).ParseWithClaims(token, claims, publicKey(a.s))
	return claims, err
}

// handshake sends the browser to the instance, unless that happened too often.
func (a *app) handshake(w http.ResponseWriter, r *http.Request, reason string) {
	count, _ := strconv.Atoi(a.cookie(r, "__clerk_redirect_count"))
	if count == 3 || r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Dest") != "document" {
		a.answer(w, "signed out: "+reason)
		return
	}
	back := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path}
	q := r.URL.Query()
	q.Del("__clerk_db_jwt")
	back.RawQuery = q.Encode()
	to := url.Values{"redirect_url": {back.String()}, "format": {a.format}, "suffixed_cookies": {"true"}, "__clerk_hs_reason": {reason}}
	dvb := r.URL.Query().Get("__clerk_db_jwt")
	if dvb == "" {
		dvb = a.cookie(r, "__clerk_db_jwt")
	}
	if !a.live && dvb != "" {
		to.Set("__clerk_db_jwt", dvb)
	}
	if org, found := strings.CutPrefix(r.URL.Path, "/orgs/"); found {
		to.Set("organization_id", org)
	}
	http.SetCookie(w, &http.Cookie{Name: "__clerk_redirect_count", Value: strconv.Itoa(count + 1), HttpOnly: true, MaxAge: 2, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, a.s.Options().ProxyURL+"/v1/client/handshake?"+to.Encode(), http.StatusTemporaryRedirect)
}

// resolve ends a handshake: it copies the directives to the browser.
func (a *app) resolve(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	first := func(name string) string {
		if v := q.Get(name); v != "" {
			return v
		}
		return a.cookie(r, name)
	}
	var list []string
	if nonce := first("__clerk_handshake_nonce"); nonce != "" {
		var doc struct{ Directives []string }
		a.backend(http.MethodGet, "/v1/clients/handshake_payload?nonce="+url.QueryEscape(nonce), nil, &doc)
		list = doc.Directives
	} else {
		claims, err := a.claims(first("__clerk_handshake"))
		if err != nil {
			a.t.Errorf("handshake token does not verify: %v", err)
		}
		list = texts(claims["handshake"])
	}
	token := a.deliver(w, list)
	if !a.live {
		q.Del("__clerk_handshake_nonce")
		q.Del("__clerk_handshake")
		q.Del("__clerk_db_jwt")
		to := url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
		http.Redirect(w, r, to.String(), http.StatusTemporaryRedirect)
		return
	}
	claims, err := a.claims(token)
	if err != nil {
		a.answer(w, "signed out: session-token-missing")
		return
	}
	a.greet(w, claims)
}

// texts turns a JSON list of texts into one of Go's; other values become "".
func texts(v any) []string {
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, x := range list {
		text, _ := x.(string)
		out = append(out, text)
	}
	return out
}

// deliver sets the cookies and finds the session token as Clerk's SDK does: by
// splitting at ; and =.
func (a *app) deliver(w http.ResponseWriter, list []string) (token string) {
	for _, d := range list {
		w.Header().Add("Set-Cookie", d)
		if strings.HasPrefix(d, "__session") {
			token = strings.Split(strings.Split(d, ";")[0], "=")[1]
		}
	}
	return token
}

func (a *app) tryRefresh(w http.ResponseWriter, token, refresh string, claims jwt.MapClaims) bool {
	var doc struct{ Cookies []string }
	body := map[string]any{"format": "cookie", "expired_token": token, "refresh_token": refresh, "request_origin": a.url, "request_headers": map[string][]string{}}
	if a.backend(http.MethodPost, fmt.Sprint("/v1/sessions/", claims["sid"], "/refresh?suffixed_cookies=true"), body, &doc) != http.StatusOK {
		return false
	}
	fresh, err := a.claims(a.deliver(w, doc.Cookies))
	if err != nil {
		a.t.Errorf("refreshed token does not verify: %v", err)
		return false
	}
	a.greet(w, fresh)
	return true
}

func (a *app) backend(method, path string, body, into any) int {
	return call(a.t, a.s, method, path, body, into)
}

// cookie reads a cookie as this instance spells it: with the suffix if that is
// there.
func (a *app) cookie(r *http.Request, name string) string {
	for _, n := range []string{name + "_" + a.s.CookieSuffix(), name} {
		if c, err := r.Cookie(n); err == nil {
			return c.Value
		}
	}
	return ""
}

// publicKey finds the key of a token in the instance's key set.
func publicKey(s *clerktest.Server) jwt.Keyfunc {
	return func(token *jwt.Token) (any, error) {
		kid, _ := token.Header["kid"].(string)
		var set struct {
			Keys []struct{ Kid, N string }
		}
		if err := json.Unmarshal(s.JWKS(), &set); err != nil {
			return nil, err
		}
		for _, k := range set.Keys {
			if k.Kid == kid {
				return rsaKey(k.N)
			}
		}
		return nil, fmt.Errorf("no key %q", kid)
	}
}

// call calls the Backend API and returns the status.
func call(tb testing.TB, s *clerktest.Server, method, path string, body, into any) int {
	tb.Helper()
	return callWith(tb, s, s.SecretKey(), method, path, body, into)
}

// callWith is [call] with another key.
func callWith(tb testing.TB, s *clerktest.Server, key, method, path string, body, into any) int {
	tb.Helper()
	var payload io.Reader = http.NoBody
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			tb.Fatal(err)
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(tb.Context(), method, s.URL()+path, payload)
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res := do(tb, plain(tb), req)
	if into != nil && len(res.body) > 0 {
		if err := json.Unmarshal(res.body, into); err != nil {
			tb.Fatalf("%s %s: answer is no JSON: %v", method, path, err)
		}
	}
	if ct := res.Header.Get("Content-Type"); ct != "application/json" && res.StatusCode != http.StatusNoContent {
		tb.Errorf("%s %s: Content-Type %q, want exactly application/json", method, path, ct)
	}
	return res.StatusCode
}

type answer struct {
	*http.Response
	body []byte
}

// do sends a request and reads the whole answer.
func do(tb testing.TB, c *http.Client, req *http.Request) answer {
	tb.Helper()
	res, err := c.Do(req)
	if err != nil {
		tb.Fatalf("%s %s: %v", req.Method, req.URL.Path, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatalf("%s %s: %v", req.Method, req.URL.Path, err)
	}
	return answer{res, body}
}

// plain is a client without cookies that does not follow redirects.
func plain(tb testing.TB) *http.Client {
	tb.Helper()
	tr := &http.Transport{}
	tb.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func get(tb testing.TB, c *http.Client, target string) answer {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, target, http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	return do(tb, c, req)
}

func postForm(tb testing.TB, c *http.Client, target string, form url.Values) answer {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(tb, c, req)
}

// mustSay fails unless a page's text is want.
func mustSay(tb testing.TB, res answer, want string) {
	tb.Helper()
	if got := string(res.body); got != want || res.StatusCode != http.StatusOK {
		tb.Fatalf("%s answered %d %q, want 200 %q", res.Request.URL, res.StatusCode, got, want)
	}
}

// mentions reports whether any of the texts begins with prefix.
func mentions(list []string, prefix string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.HasPrefix(s, prefix) })
}
