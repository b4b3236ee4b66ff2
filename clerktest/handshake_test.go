package clerktest_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
)

// shake sends a browser's handshake and returns the answer and its directives.
func shake(t *testing.T, s *clerktest.Server, c *http.Client, query url.Values) (answer, []string) {
	t.Helper()
	res := get(t, c, s.URL()+"/v1/client/handshake?"+query.Encode())
	if res.StatusCode != http.StatusTemporaryRedirect {
		t.Fatalf("handshake answered %d %s, want 307", res.StatusCode, res.body)
	}
	if got := res.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("handshake has Cache-Control %q, want no-store", got)
	}
	return res, directives(t, s, res)
}

// directives finds what a handshake's answer hands over, wherever it is.
func directives(t *testing.T, s *clerktest.Server, res answer) []string {
	t.Helper()
	location, err := url.Parse(res.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	nonce, token := location.Query().Get("__clerk_handshake_nonce"), location.Query().Get("__clerk_handshake")
	for _, c := range res.Cookies() {
		switch c.Name {
		case "__clerk_handshake_nonce":
			nonce = c.Value
		case "__clerk_handshake":
			token = c.Value
		}
	}
	var list []string
	if nonce != "" {
		var doc struct{ Directives []string }
		if status := call(t, s, http.MethodGet, "/v1/clients/handshake_payload?nonce="+url.QueryEscape(nonce), nil, &doc); status != http.StatusOK {
			t.Fatalf("handshake_payload answered %d", status)
		}
		list = doc.Directives
	} else {
		_, claims := decode(t, s, token)
		list = texts(claims["handshake"])
	}
	return list
}

// names lists the cookies of directives; emptied ones with a minus.
func names(list []string) []string {
	out := make([]string, 0, len(list))
	for _, d := range list {
		pair, attributes, _ := strings.Cut(d, ";")
		name, value, _ := strings.Cut(pair, "=")
		if strings.Contains(attributes, "Expires=Thu, 01 Jan 1970 00:00:00 GMT") && value == "" {
			name = "-" + name
		}
		out = append(out, name)
	}
	return out
}

// noFollow makes a browser stop at redirects.
func noFollow(c *http.Client) *http.Client {
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// devBrowserOf returns the dev browser that a browser holds for an application.
func devBrowserOf(t *testing.T, c *http.Client, appURL string) string {
	t.Helper()
	return cookieOf(t, c, appURL, "__clerk_db_jwt")
}

func cookieOf(t *testing.T, c *http.Client, rawURL, name string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range c.Jar.Cookies(u) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

func TestHandshakeCarriesItsResult(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config clerktest.Config
		format string
		want   string // name of the carrier
		cookie bool
	}{
		{
			name: "a nonce in the URL when asked for", config: clerktest.Config{}, format: "nonce",
			want: "__clerk_handshake_nonce",
		},
		{
			name: "a token in the URL when asked for", config: clerktest.Config{}, format: "token",
			want: "__clerk_handshake",
		},
		{name: "a token when nothing is asked for", config: clerktest.Config{}, want: "__clerk_handshake"},
		{
			name:   "a nonce when the instance insists",
			config: clerktest.Config{HandshakeFormat: clerktest.HandshakeNonce}, format: "token",
			want: "__clerk_handshake_nonce",
		},
		{
			name:   "a token when the instance insists",
			config: clerktest.Config{HandshakeFormat: clerktest.HandshakeToken}, format: "nonce",
			want: "__clerk_handshake",
		},
		{
			name: "a nonce in a cookie in production", config: clerktest.Config{Production: true}, format: "nonce",
			want: "__clerk_handshake_nonce", cookie: true,
		},
		{
			name: "a token in a cookie in production", config: clerktest.Config{Production: true},
			want: "__clerk_handshake", cookie: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t, tt.config)
			back := "http://127.0.0.1:3000/p?b=2&a=1"
			res, list := shake(t, s, plain(t), url.Values{"redirect_url": {back}, "format": {tt.format}})
			location := res.Header.Get("Location")
			if tt.cookie {
				if location != back {
					t.Errorf("Location %q, want redirect_url unchanged", location)
				}
				if !slices.ContainsFunc(res.Cookies(), func(c *http.Cookie) bool { return c.Name == tt.want && c.HttpOnly }) {
					t.Errorf("cookies %v, want an HttpOnly %s", res.Header["Set-Cookie"], tt.want)
				}
			} else if !strings.HasPrefix(location, back+"&"+tt.want+"=") || mentions(res.Header["Set-Cookie"], "__clerk_") {
				t.Errorf("Location %q with cookies %v, want %s appended to %s, and no cookie of it", location, res.Cookies(), tt.want, back)
			}
			if !mentions(list, "__client_uat=0;") {
				t.Errorf("directives %q do not say signed out", list)
			}
		})
	}
}

func TestHandshakeDirectives(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	suffix := s.CookieSuffix()
	both := func(name string) []string { return []string{name, name + "_" + suffix} }
	signedIn := slices.Concat(both("__client_uat"), both("__session"), []string{"__refresh_" + suffix})
	signedOut := slices.Concat(both("__client_uat"), both("-__session"), []string{"-__refresh_" + suffix})
	tests := []struct {
		name      string
		client    *http.Client
		appURL    string
		want      []string
		wantUAT   string
		attribute string // that every directive has
		absent    string // that no directive has
	}{
		{
			name: "a signed-in browser", client: s.Client(t, "user_ada", "http://localhost:3000"),
			appURL: "http://localhost:3000", want: slices.Concat(signedIn, both("__clerk_db_jwt")),
			wantUAT: "1795217577", attribute: "; SameSite=Lax", absent: "Domain=",
		},
		{
			name: "a browser that is nobody's", client: s.Browser(t), appURL: "http://localhost:3000",
			want: slices.Concat(signedOut, both("__clerk_db_jwt")), wantUAT: "0", attribute: "; SameSite=Lax",
			absent: "Domain=",
		},
		{
			name: "an application on https", client: s.Browser(t), appURL: "https://localhost:3000",
			want: slices.Concat(signedOut, both("__clerk_db_jwt")), wantUAT: "0", attribute: "; Secure",
			absent: "Strict",
		},
		{
			name: "an application on http", client: s.Browser(t), appURL: "http://127.0.0.1:3000",
			want: slices.Concat(signedOut, both("__clerk_db_jwt")), wantUAT: "0", attribute: "; Path=/",
			absent: "Secure",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q := url.Values{"redirect_url": {tt.appURL + "/p"}, "format": {"nonce"}}
			if id := devBrowserOf(t, tt.client, tt.appURL); id != "" {
				q.Set("__clerk_db_jwt", id)
			}
			_, list := shake(t, s, noFollow(tt.client), q)
			if diff := cmp.Diff(tt.want, names(list)); diff != "" {
				t.Errorf("cookies (-want +got):\n%s", diff)
			}
			if !mentions(list, "__client_uat="+tt.wantUAT+";") || !mentions(list, "__client_uat_"+suffix+"="+tt.wantUAT+";") {
				t.Errorf("directives %q, want client_uat %s", list, tt.wantUAT)
			}
			for _, d := range list {
				if !strings.Contains(d, tt.attribute) || strings.Contains(d, tt.absent) {
					t.Errorf("directive %q, want %q in it and no %q", d, tt.attribute, tt.absent)
				}
				if _, err := http.ParseSetCookie(d); err != nil {
					t.Errorf("directive %q is no cookie: %v", d, err)
				}
				if value, _, _ := strings.Cut(d, ";"); strings.Count(value, "=") != 1 {
					t.Errorf("directive %q has a value that SDKs would split", d)
				}
			}
		})
	}
}

// The rules of the handshake that browsers and SDKs enforce by failing.
func TestHandshakeHardRules(t *testing.T) {
	t.Parallel()

	t.Run("client_uat is Lax, so that it survives the way back", func(t *testing.T) {
		t.Parallel()
		s := clerktest.New(t)
		_, list := shake(t, s, plain(t), url.Values{"redirect_url": {"http://localhost:3000/"}})
		for _, d := range list {
			if strings.HasPrefix(d, "__client_uat") && (!strings.Contains(d, "SameSite=Lax") || strings.Contains(d, "Strict")) {
				t.Errorf("directive %q", d)
			}
		}
	})

	t.Run("client_uat has the domain that clerk-js uses", func(t *testing.T) {
		t.Parallel()
		s := clerktest.New(t, clerktest.Config{RedirectHosts: []string{"www.shop.co.uk", "intranet"}})
		for host, want := range map[string]string{
			"localhost": "", "127.0.0.1": "", "intranet": "", "app.local.test": "; Domain=local.test", "local.test": "; Domain=local.test", "www.shop.co.uk": "; Domain=shop.co.uk",
		} {
			_, list := shake(t, s, plain(t), url.Values{"redirect_url": {"http://" + host + ":3000/"}})
			for _, d := range list {
				has := strings.Contains(d, "Domain=")
				if isUAT := strings.HasPrefix(d, "__client_uat"); has != (isUAT && want != "") || !strings.Contains(d, want) && isUAT {
					t.Errorf("for %s: directive %q, want domain %q on client_uat only", host, d, want)
				}
			}
		}
	})

	t.Run("production payloads delete the handshake cookie", func(t *testing.T) {
		t.Parallel()
		s := clerktest.New(t, clerktest.Config{Production: true})
		res, list := shake(t, s, plain(t), url.Values{"redirect_url": {"http://127.0.0.1:3000/"}, "format": {"nonce"}})
		for _, name := range []string{"__clerk_handshake_nonce", "__clerk_handshake"} {
			if !mentions(list, name+"=; Path=/; HttpOnly; SameSite=Lax; Expires=Thu, 01 Jan 1970 00:00:00 GMT") {
				t.Errorf("directives %q do not delete %s", list, name)
			}
		}
		if got := res.Header.Get("Set-Cookie"); strings.Contains(got, "Domain=") || strings.Contains(got, "Secure") {
			t.Errorf("on one plain http host the cookie is %q, want neither Domain nor Secure", got)
		}
	})

	t.Run("production shares cookies through the common domain", func(t *testing.T) {
		t.Parallel()
		s := clerktest.New(t, clerktest.Config{Production: true})
		_, port, _ := strings.Cut(strings.TrimPrefix(s.URL(), "http://"), ":")
		res := get(t, noFollow(s.Browser(t)), "http://clerk.example.test:"+port+"/v1/client/handshake?format=nonce&redirect_url=https://www.example.test/p")
		got := res.Header.Get("Set-Cookie")
		if !strings.Contains(got, "; Domain=example.test; Secure; HttpOnly; SameSite=Lax") {
			t.Errorf("handshake cookie %q", got)
		}
		list := directives(t, s, res)
		if !mentions(list, "__clerk_handshake_nonce=; Path=/; Domain=example.test; Secure;") || !mentions(list, "__client_uat=0; Path=/; Domain=example.test;") {
			t.Errorf("directives %q", list)
		}
	})

	t.Run("a token is never older than the client_uat beside it", func(t *testing.T) {
		t.Parallel()
		s := seeded(t)
		c := noFollow(s.Client(t, "user_ada", "http://localhost:3000"))
		dvb := devBrowserOf(t, c, "http://localhost:3000")
		for _, step := range []time.Duration{0, time.Hour, -2 * time.Hour} { // Even if the clock was set back.
			s.Clock().Advance(step)
			_, list := shake(t, s, c, url.Values{"redirect_url": {"http://localhost:3000/"}, "__clerk_db_jwt": {dvb}})
			token := valueOf(list, "__session")
			_, claims := decode(t, s, token)
			if got, _ := claims["iat"].(float64); got < 1795217577 || !mentions(list, "__client_uat=1795217577;") {
				t.Errorf("after %v: iat %.0f and directives %q", step, got, names(list))
			}
		}
	})

	t.Run("only allowed http(s) addresses are redirected to", func(t *testing.T) {
		t.Parallel()
		s := clerktest.New(t, clerktest.Config{RedirectHosts: []string{"preview.example.com"}})
		for target, want := range map[string]int{
			"http://localhost:3000/":           307,
			"http://app.localhost/":            307,
			"https://www.myapp.test/x":         307,
			"http://[::1]:3000/":               307,
			"http://127.9.9.9/":                307,
			"https://preview.example.com/a":    307,
			"http://LOCALHOST:3000":            307,
			"":                                 400,
			"/relative":                        400,
			"//localhost/":                     400,
			"https://evil.example.com/":        400,
			"https://preview.example.com.evil": 400,
			"https://localhost@evil.com/":      400,
			"http://user:pw@localhost/":        400,
			"javascript:alert(1)":              400,
			"javascript://localhost/%0aalert":  400,
			"http:localhost":                   400,
			"http:///localhost":                400,
			"http://localhost\\@evil.com/":     400,
			"http://evil.com\\.test/":          400,
			"http://loc\nalhost/":              400,
			"http://127.0.0.1.evil.com/":       400,
			"ftp://localhost/":                 400,
		} {
			res := get(t, plain(t), s.URL()+"/v1/client/handshake?"+url.Values{"redirect_url": {target}}.Encode())
			if res.StatusCode != want {
				t.Errorf("redirect_url %q answered %d, want %d", target, res.StatusCode, want)
			}
			if want == 400 && res.Header.Get("Location") != "" {
				t.Errorf("redirect_url %q was refused with a Location", target)
			}
		}
	})

	t.Run("an older handshake in the address is replaced", func(t *testing.T) {
		t.Parallel()
		s := clerktest.New(t)
		res, _ := shake(t, s, plain(t), url.Values{"redirect_url": {"http://localhost:3000/p?__clerk_handshake_nonce=old&x=%20y"}, "format": {"nonce"}})
		location, err := url.Parse(res.Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		if got := location.Query()["__clerk_handshake_nonce"]; len(got) != 1 || got[0] == "old" || !strings.HasPrefix(location.RawQuery, "x=%20y&") {
			t.Errorf("Location %q", location)
		}
	})
}

func valueOf(list []string, name string) string {
	for _, d := range list {
		if rest, found := strings.CutPrefix(d, name+"="); found {
			value, _, _ := strings.Cut(rest, ";")
			return value
		}
	}
	return ""
}

func TestHandshakeNonceWorksOnceAndForAMinute(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	fresh := func() string {
		res := get(t, plain(t), s.URL()+"/v1/client/handshake?format=nonce&redirect_url=http://localhost:3000/")
		location, err := url.Parse(res.Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return "/v1/clients/handshake_payload?nonce=" + location.Query().Get("__clerk_handshake_nonce")
	}
	path := fresh()
	if got := call(t, s, http.MethodGet, path, nil, nil); got != http.StatusOK {
		t.Errorf("first use answered %d, want 200", got)
	}
	if got := call(t, s, http.MethodGet, path, nil, nil); got != http.StatusNotFound {
		t.Errorf("second use answered %d, want 404", got)
	}
	path = fresh()
	s.Clock().Advance(time.Minute)
	if got := call(t, s, http.MethodGet, path, nil, nil); got != http.StatusNotFound {
		t.Errorf("use after a minute answered %d, want 404", got)
	}
	if got := call(t, s, http.MethodGet, "/v1/clients/handshake_payload", nil, nil); got != http.StatusNotFound {
		t.Errorf("no nonce answered %d, want 404", got)
	}
}

func TestHandshakeActivatesAnOrganization(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		query url.Values
		want  string
	}{
		{name: "an id", query: url.Values{"organization_id": {"org_acme"}}, want: "org_acme"},
		{name: "a slug", query: url.Values{"organization_id": {"acme"}}, want: "org_acme"},
		{name: "empty, the personal account", query: url.Values{"organization_id": {""}}, want: ""},
		{name: "absent, which changes nothing", want: "org_first"},
		{
			name: "one that the user is no member of", query: url.Values{"organization_id": {"org_other"}},
			want: "org_first",
		},
		{name: "one that does not exist", query: url.Values{"organization_id": {"org_nowhere"}}, want: "org_first"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := seeded(t)
			s.AddOrganization(clerktest.Organization{ID: "org_other"})
			c := noFollow(s.Client(t, "user_ada", "http://localhost:3000", clerktest.WithOrganization("org_first")))
			q := url.Values{"redirect_url": {"http://localhost:3000/"}, "__clerk_db_jwt": {devBrowserOf(t, c, "http://localhost:3000")}}
			maps.Copy(q, tt.query)
			_, list := shake(t, s, c, q)
			_, claims := decode(t, s, valueOf(list, "__session"))
			o, _ := claims["o"].(map[string]any)
			got, _ := o["id"].(string)
			if got != tt.want {
				t.Errorf("organization %q, want %q", got, tt.want)
			}
			if claims["azp"] != "http://localhost:3000" {
				t.Errorf("azp %v, want the origin of redirect_url", claims["azp"])
			}
			if !mentions(list, "__client_uat=1795217577;") {
				t.Errorf("switching an organization changed client_uat: %q", list)
			}
		})
	}
}

func TestHandshakeOfAnUnknownDevBrowserMintsOne(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	_, list := shake(t, s, plain(t), url.Values{"redirect_url": {"http://localhost:3000/"}, "__clerk_db_jwt": {"dvb_of_yesterday"}})
	id := valueOf(list, "__clerk_db_jwt")
	if id == "" || id == "dvb_of_yesterday" {
		t.Fatalf("dev browser %q, want a new one", id)
	}
	_, list = shake(t, s, plain(t), url.Values{"redirect_url": {"http://localhost:3000/"}, "__clerk_db_jwt": {id}})
	if got := valueOf(list, "__clerk_db_jwt"); got != id {
		t.Errorf("a known dev browser became %q, want %q", got, id)
	}
}
