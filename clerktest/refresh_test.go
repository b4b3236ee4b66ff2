package clerktest_test

import (
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
)

// otherKey is a forger's key; nil, which fails the test, if there is none.
func otherKey() *rsa.PrivateKey {
	key, err := clerktest.OtherKey()
	if err != nil {
		return nil
	}
	return key
}

func TestProductionSatelliteFetchesTheClientFromThePrimary(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{Production: true, Clock: clerktest.NewClock(epoch), Users: []clerktest.User{{Email: "ada@example.com", Password: "correct horse"}}})
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL(), "http://"), ":")
	primary, satellite := "http://clerk.example.test:"+port, "http://clerk.shop.test:"+port
	back := "http://shop.test:3000/p?__clerk_synced=false&a=1"
	for name, signedIn := range map[string]bool{"somebody": true, "nobody": false} {
		c := noFollow(s.Browser(t))
		if signedIn {
			postForm(t, c, primary+"/v1/client/sign_ins", url.Values{"identifier": {"ada@example.com"}, "password": {"correct horse"}})
		}
		for round, hops := range []int{3, 1} { // The second time the satellite's host knows the client.
			if !signedIn {
				hops = 3
			}
			res := get(t, c, satellite+"/v1/client/handshake?"+url.Values{"redirect_url": {back}, "format": {"nonce"}}.Encode())
			got := 1
			for ; got < 9 && !strings.HasPrefix(res.Header.Get("Location"), "http://shop.test"); got++ {
				res = get(t, c, res.Header.Get("Location"))
			}
			if location := res.Header.Get("Location"); got != hops || location != "http://shop.test:3000/p?a=1&__clerk_synced=true" {
				t.Fatalf("%s, round %d: %d hops to %q, want %d", name, round, got, location, hops)
			}
			list := directives(t, s, res)
			if mentions(list, "__client_uat=1795217577; Path=/; Domain=shop.test;") != signedIn {
				t.Errorf("%s: directives %q", name, list)
			}
			if !signedIn {
				continue
			}
			if _, claims := decode(t, s, valueOf(list, "__session")); claims["azp"] != "http://shop.test:3000" {
				t.Errorf("azp %v, want the satellite's", claims["azp"])
			}
		}
	}
	res := get(t, plain(t), s.URL()+"/v1/client/handshake?"+url.Values{"redirect_url": {back}, "__clerktest_satellite": {"evil.example.com"}}.Encode())
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("a transfer to a foreign host answered %d", res.StatusCode)
	}
}

func TestProductionNeedsASharedHost(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{Production: true})
	res := get(t, plain(t), s.URL()+"/v1/client/handshake?redirect_url=http://www.example.test/")
	if res.StatusCode != http.StatusBadRequest || !strings.Contains(string(res.body), "cookies") {
		t.Errorf("answered %d %s, want 400 and why", res.StatusCode, res.body)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	const appURL = "http://localhost:3000"
	type body = map[string]any
	tests := []struct {
		name   string
		change func(s *clerktest.Server, sid string, in body)
		status int
		code   string
	}{
		{
			name: "an expired token and its refresh token", change: func(*clerktest.Server, string, body) {},
			status: http.StatusOK,
		},
		{
			name: "a token in answer", change: func(_ *clerktest.Server, _ string, in body) { in["format"] = "token" },
			status: http.StatusOK,
		},
		{
			name:   "a wrong refresh token",
			change: func(_ *clerktest.Server, _ string, in body) { in["refresh_token"] = "guess" },
			status: http.StatusUnauthorized, code: "refresh_token_invalid",
		},
		{
			name:   "no refresh token",
			change: func(_ *clerktest.Server, _ string, in body) { delete(in, "refresh_token") },
			status: http.StatusUnprocessableEntity, code: "form_param_nil",
		},
		{
			name:   "a session that is revoked",
			change: func(s *clerktest.Server, sid string, _ body) { s.RevokeSession(sid) },
			status: http.StatusUnauthorized, code: "session_inactive",
		},
		{
			name:   "a token of another session",
			change: func(s *clerktest.Server, _ string, in body) { in["expired_token"] = s.SessionToken("user_ada") },
			status: http.StatusUnauthorized, code: "expired_token_invalid",
		},
		{
			name: "a forged token",
			change: func(s *clerktest.Server, sid string, in body) {
				forger := clerktest.SignedWith(otherKey(), s.KeyID())
				in["expired_token"] = s.SessionToken("user_ada", clerktest.SessionID(sid), forger)
			},
			status: http.StatusUnauthorized, code: "expired_token_invalid",
		},
		{
			name:   "a foreign origin",
			change: func(_ *clerktest.Server, _ string, in body) { in["request_origin"] = "https://evil.example.com" },
			status: http.StatusUnprocessableEntity, code: "form_param_invalid",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := seeded(t)
			c := s.Client(t, "user_ada", appURL)
			sid := s.Sessions("user_ada")[0].ID
			in := body{
				"format": "cookie", "expired_token": cookieOf(t, c, appURL, "__session"),
				"refresh_token": cookieOf(t, c, appURL, "__refresh_"+s.CookieSuffix()), "request_origin": appURL,
			}
			tt.change(s, sid, in)
			s.Clock().Advance(5 * time.Minute)
			var out struct {
				Object  string
				JWT     string
				Cookies []string
				Errors  []struct{ Code string }
			}
			status := call(t, s, http.MethodPost, "/v1/sessions/"+sid+"/refresh?suffixed_cookies=true", in, &out)
			if status != tt.status {
				t.Fatalf("answered %d %+v, want %d", status, out, tt.status)
			}
			if status != http.StatusOK {
				if len(out.Errors) != 1 || out.Errors[0].Code != tt.code {
					t.Errorf("errors %v, want %s", out.Errors, tt.code)
				}
				return
			}
			token := out.JWT
			if in["format"] == "cookie" {
				token = valueOf(out.Cookies, "__session")
				suffix := s.CookieSuffix()
				want := []string{"__client_uat", "__client_uat_" + suffix, "__session", "__session_" + suffix, "__refresh_" + suffix}
				if diff := cmp.Diff(want, names(out.Cookies)); diff != "" || out.Object != "cookies" {
					t.Errorf("object %q, cookies (-want +got):\n%s", out.Object, diff)
				}
			}
			_, claims := decode(t, s, token)
			if claims["sid"] != sid || claims["azp"] != appURL || claims["iat"] != 1795217877.0 {
				t.Errorf("claims %v", claims)
			}
		})
	}
	s := seeded(t)
	if got := call(t, s, http.MethodPost, "/v1/sessions/sess_nobody/refresh", body{"expired_token": "x", "refresh_token": "y"}, nil); got != http.StatusNotFound {
		t.Errorf("an unknown session answered %d, want 404", got)
	}
}

func FuzzHandshakeRedirect(f *testing.F) {
	for _, seed := range []string{"http://localhost/", "https://evil.com", "http://localhost\\@evil.com", "//evil.com", "http://a.test/?x=%zz#y", "javascript:alert(1)"} {
		f.Add(seed)
	}
	s, err := clerktest.NewServer()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.Close)
	c := plain(f)
	f.Fuzz(func(t *testing.T, target string) {
		res := get(t, c, s.URL()+"/v1/client/handshake?"+url.Values{"redirect_url": {target}}.Encode())
		if res.StatusCode == http.StatusBadRequest {
			if !json.Valid(res.body) {
				t.Errorf("%q: error is no JSON", target)
			}
			return
		}
		u, err := url.Parse(res.Header.Get("Location"))
		if res.StatusCode != http.StatusTemporaryRedirect || err != nil || (u.Scheme != "http" && u.Scheme != "https") {
			t.Fatalf("%q: answered %d to %q", target, res.StatusCode, res.Header.Get("Location"))
		}
		host := u.Hostname()
		if !strings.EqualFold(host, "localhost") && !strings.HasSuffix(strings.ToLower(host), ".localhost") && !strings.HasSuffix(strings.ToLower(host), ".test") &&
			!strings.HasPrefix(host, "127.") && !strings.Contains(host, ":") {
			t.Errorf("%q: redirects to %q", target, host)
		}
	})
}
