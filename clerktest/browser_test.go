package clerktest_test

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
)

func TestClientIsSignedIn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config clerktest.Config
		host   string
	}{
		"development":                {config: clerktest.Config{}, host: "localhost"},
		"development on one host":    {config: clerktest.Config{}, host: "127.0.0.1"},
		"development under .test":    {config: clerktest.Config{}, host: "app.local.test"},
		"production on one host":     {config: clerktest.Config{Production: true}, host: "127.0.0.1"},
		"production under two names": {config: clerktest.Config{Production: true}, host: "localhost"},
		"tokens of version 1":        {config: clerktest.Config{TokenVersion: 1}, host: "localhost"},
		"an instance with a host of its own": {
			config: clerktest.Config{FrontendAPI: "brave-heron-17.clerk.accounts.dev", SecondKey: true},
			host:   "localhost",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t, tt.config)
			a := newApp(t, s, tt.host)
			c := s.Client(t, "user_ada", a.url)
			mustSay(t, get(t, c, a.url+"/"), "signed in as user_ada for "+a.url)
			if got := s.Requests(""); got != 0 {
				t.Errorf("%d requests to the instance, want none: the browser has been here before", got)
			}

			// A night later, with clerk-js in the page: one new token, no handshake.
			s.Clock().Advance(8 * time.Hour)
			mustSay(t, get(t, c, a.url+"/"), "signed in as user_ada for "+a.url)
			if got := s.Requests("POST /v1/client/sessions/{id}/tokens"); got != 1 || s.Requests("") != 1 {
				t.Errorf("%d token requests of %d, want 1 of 1", got, s.Requests(""))
			}

			// Without clerk-js: the application renews through the refresh token, or a handshake.
			for _, refresh := range []bool{true, false} {
				a.refresh = refresh
				c = s.Client(t, "user_ada", a.url, clerktest.WithoutClerkJS())
				s.Clock().Advance(8 * time.Hour)
				s.ResetRequests()
				mustSay(t, get(t, c, a.url+"/"), "signed in as user_ada for "+a.url)
				refreshes, handshakes := s.Requests("POST /v1/sessions/{id}/refresh"), s.Requests("GET /v1/client/handshake")
				if (refreshes == 1) != refresh || (handshakes == 0) != refresh {
					t.Errorf("with refresh %t: %d refreshes and %d handshakes", refresh, refreshes, handshakes)
				}
			}
		})
	}
}

func TestClientLosesARevokedSession(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	a := newApp(t, s, "localhost")
	c := s.Client(t, "user_ada", a.url)
	s.RevokeSession(s.Sessions("user_ada")[0].ID)
	mustSay(t, get(t, c, a.url), "signed in as user_ada for "+a.url) // Until the token expires.
	s.Clock().Advance(2 * time.Minute)
	mustSay(t, get(t, c, a.url), "signed out")
	if got := s.Requests("GET /v1/client/handshake"); got != 0 {
		t.Errorf("%d handshakes, want none: clerk-js has noticed by itself", got)
	}
	if got := cookieOf(t, c, a.url, "__session"); got != "" || cookieOf(t, c, a.url, "__client_uat") != "0" {
		t.Errorf("the browser keeps __session %q", got)
	}
}

func TestClientWhenTheInstanceIsDown(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	a := newApp(t, s, "localhost")
	a.refresh = false
	for _, f := range []clerktest.Fault{{Status: 503}, {Drop: true}, {Body: []byte("{")}} {
		c := s.Client(t, "user_ada", a.url)
		s.Clock().Advance(2 * time.Minute)
		remove := s.Inject("POST /v1/client/sessions/{id}/tokens", f)
		mustSay(t, get(t, c, a.url), "signed in as user_ada for "+a.url) // Through a handshake.
		remove()
	}
}

func TestClientWithAnOrganization(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	a := newApp(t, s, "localhost")
	c := s.Client(t, "user_ada", a.url, clerktest.WithOrganization("org_acme"))
	mustSay(t, get(t, c, a.url), "signed in as user_ada in org_acme for "+a.url)
}

func TestBrowserHasNothing(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	a := newApp(t, s, "localhost")
	c := s.Browser(t)
	mustSay(t, get(t, c, a.url), "signed out")
	if got := s.Requests("GET /v1/client/handshake"); got != 1 {
		t.Errorf("%d handshakes, want exactly 1", got)
	}
	mustSay(t, get(t, c, a.url), "signed out")
	if got := s.Requests("GET /v1/client/handshake"); got != 1 {
		t.Errorf("%d handshakes after the second visit, want still 1", got)
	}
}

func TestBrowserHeaders(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	var seen http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		if r.URL.Path == "/from" {
			http.Redirect(w, r, "/to", http.StatusFound)
		}
	}))
	t.Cleanup(srv.Close)
	c := s.Browser(t)
	tests := []struct {
		name string
		set  map[string]string
		want map[string]string
	}{
		{
			name: "a navigation",
			want: map[string]string{"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none", "Referer": ""},
		},
		{
			name: "a script's call", set: map[string]string{"Accept": "application/json"},
			want: map[string]string{"Accept": "application/json", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"},
		},
		{
			name: "headers of one's own", set: map[string]string{"Sec-Fetch-Dest": "iframe"},
			want: map[string]string{"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "", "Accept": ""},
		},
		{
			name: "a referrer, kept through redirects", set: map[string]string{"Referer": "https://search.example/"},
			want: map[string]string{"Referer": "https://search.example/"},
		},
	}
	for _, tt := range tests {
		for _, path := range []string{"/to", "/from"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range tt.set {
				req.Header.Set(k, v)
			}
			do(t, c, req)
			for k, want := range tt.want {
				if got := seen.Get(k); got != want {
					t.Errorf("%s to %s: %s is %q, want %q", tt.name, path, k, got, want)
				}
			}
		}
	}
	get(t, c, srv.URL+"/to")
	if !strings.HasPrefix(seen.Get("Accept"), "text/html") {
		t.Errorf("Accept %q", seen.Get("Accept"))
	}
}

func TestBrowserKeepsTheCallersCookies(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	var seen []string
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen = nil
		for _, c := range r.Cookies() {
			if c.Name == "theme" || c.Name == "__session" {
				seen = append(seen, c.Name)
			}
		}
	}))
	t.Cleanup(srv.Close)
	c := s.Client(t, "user_ada", srv.URL)
	s.Clock().Advance(2 * time.Minute) // So that the session cookie is replaced on the way.
	before := cookieOf(t, c, srv.URL, "__session")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "theme", Value: "dark"})
	do(t, c, req)
	if diff := cmp.Diff([]string{"__session", "theme"}, seen); diff != "" {
		t.Errorf("cookies (-want +got):\n%s", diff)
	}
	if cookieOf(t, c, srv.URL, "__session") == before {
		t.Error("the session cookie was not renewed")
	}
}

func TestBrowserOverTLS(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("__session"); err == nil && c.Value != "" {
			_, _ = io.WriteString(w, "session")
		}
	}))
	t.Cleanup(srv.Close)
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	mustSay(t, get(t, s.Client(t, "user_ada", srv.URL, clerktest.WithRootCAs(pool)), srv.URL), "session")
	if got := cookieOf(t, s.Client(t, "user_ada", srv.URL), strings.Replace(srv.URL, "https:", "http:", 1), "__session"); got != "" {
		t.Error("a Secure cookie goes over plain http")
	}
}

func TestJarFollowsTheRules(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{Clock: clerktest.NewClock(epoch)})
	tests := []struct {
		name    string
		from    string
		cookie  http.Cookie
		at      string
		later   time.Duration
		visible bool
	}{
		{name: "a plain cookie", from: "http://a.test/x", cookie: http.Cookie{}, at: "http://a.test/x", visible: true},
		{name: "another port", from: "http://a.test:1/", cookie: http.Cookie{}, at: "http://a.test:2/", visible: true},
		{name: "another host", from: "http://a.test/", cookie: http.Cookie{}, at: "http://b.test/"},
		{name: "a host below, without Domain", from: "http://a.test/", cookie: http.Cookie{}, at: "http://x.a.test/"},
		{
			name: "a host below, with Domain", from: "http://a.test/", cookie: http.Cookie{Domain: "a.test"},
			at: "http://x.a.test/", visible: true,
		},
		{
			name: "the parent domain", from: "http://x.a.test/", cookie: http.Cookie{Domain: ".a.test"},
			at: "http://y.a.test/", visible: true,
		},
		{
			name: "a foreign domain", from: "http://a.test/", cookie: http.Cookie{Domain: "b.test"},
			at: "http://b.test/",
		},
		{
			name: "a top-level domain", from: "http://a.test/", cookie: http.Cookie{Domain: "test"},
			at: "http://b.test/",
		},
		{
			name: "a domain for an IP address", from: "http://127.0.0.1/", cookie: http.Cookie{Domain: "0.0.1"},
			at: "http://127.0.0.1/",
		},
		{
			name: "the directory of the page by default", from: "http://a.test/d/x", cookie: http.Cookie{},
			at: "http://a.test/d/y", visible: true,
		},
		{name: "outside that directory", from: "http://a.test/d/x", cookie: http.Cookie{}, at: "http://a.test/e"},
		{
			name: "a path that only looks alike", from: "http://a.test/", cookie: http.Cookie{Path: "/d"},
			at: "http://a.test/do",
		},
		{
			name: "a secure cookie from http", from: "http://a.test/", cookie: http.Cookie{Secure: true},
			at: "https://a.test/",
		},
		{
			name: "a secure cookie over https", from: "https://a.test/", cookie: http.Cookie{Secure: true},
			at: "https://a.test/", visible: true,
		},
		{
			name: "a secure cookie over http", from: "https://a.test/", cookie: http.Cookie{Secure: true},
			at: "http://a.test/",
		},
		{
			name: "before Max-Age is over", from: "http://a.test/", cookie: http.Cookie{MaxAge: 2},
			at: "http://a.test/", later: time.Second, visible: true,
		},
		{
			name: "after Max-Age is over", from: "http://a.test/", cookie: http.Cookie{MaxAge: 2},
			at: "http://a.test/", later: 2 * time.Second,
		},
		{
			name: "after Expires", from: "http://a.test/", cookie: http.Cookie{Expires: epoch.Add(time.Hour)},
			at: "http://a.test/", later: time.Hour,
		},
		{name: "deleted at once", from: "http://a.test/", cookie: http.Cookie{MaxAge: -1}, at: "http://a.test/"},
	}
	for _, tt := range tests {
		jar := s.Browser(t).Jar
		s.Clock().Set(epoch)
		from, err := url.Parse(tt.from)
		if err != nil {
			t.Fatal(err)
		}
		tt.cookie.Name, tt.cookie.Value = "c", "1"
		jar.SetCookies(from, []*http.Cookie{&tt.cookie})
		s.Clock().Advance(tt.later)
		at, err := url.Parse(tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(jar.Cookies(at)) == 1; got != tt.visible {
			t.Errorf("%s: visible %t, want %t", tt.name, got, tt.visible)
		}
	}
}
