package clerktest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

// A satellite's page has a dev browser of its own, and its link to the primary domain's sign-in page
// brings that along, in place of the one that is signed in.
func TestADevBrowserOfTheSameBrowserIsSignedInToo(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{Email: "ada@example.com", Password: "correct horse"}}})
	api := func(path, devBrowser string) string { return s.URL() + path + "?__clerk_db_jwt=" + devBrowser }
	for _, tt := range []struct {
		name              string
		before, same, out bool
		want              string
	}{
		{name: "another dev browser of the browser", same: true, want: "user_test"},
		{name: "one that came before the signed-in one", before: true, same: true, want: "user_test"},
		{name: "one of another browser"},
		{name: "after signing out", same: true, out: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := noFollow(s.Browser(t))
			visit := func(query string) string {
				res := get(t, c, s.URL()+"/v1/client/handshake?format=nonce&redirect_url=http://app.test:3000/"+query)
				return valueOf(directives(t, s, res), "__clerk_db_jwt")
			}
			var other string
			if tt.before {
				other = visit("")
			}
			mine := visit("")
			postForm(t, c, api("/v1/client/sign_ins", mine), url.Values{"identifier": {"ada@example.com"}, "password": {"correct horse"}})
			if tt.out {
				postForm(t, c, api("/v1/client/sessions", mine)+"&_method=DELETE", nil)
			}
			if !tt.before {
				var made struct{ ID string }
				if err := json.Unmarshal(postForm(t, c, s.URL()+"/v1/dev_browser", nil).body, &made); err != nil {
					t.Fatal(err)
				}
				other = made.ID
			}
			if !tt.same {
				c = noFollow(s.Browser(t))
			}
			if state := string(get(t, c, api("/v1/client", other)).body); strings.Contains(state, "user_test") {
				t.Fatalf("a script is told %s, before a navigation", state)
			}
			visit("&__clerk_db_jwt=" + other) // Of the handshake, not of redirect_url.
			if state := string(get(t, c, api("/v1/client", other)).body); strings.Contains(state, "user_test") != (tt.want != "") {
				t.Errorf("the client is %s, want %q in it", state, tt.want)
			}
		})
	}
}

// A satellite without a server asks for the client's cookies only.
func TestProductionSatelliteSyncs(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{Production: true, Clock: clerktest.NewClock(epoch), Users: []clerktest.User{{Email: "ada@example.com", Password: "correct horse"}}})
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL(), "http://"), ":")
	primary, satellite := "http://clerk.example.test:"+port, "http://clerk.shop.test:"+port
	c := noFollow(s.Browser(t))
	sync := func(wantHops int) answer {
		t.Helper()
		res := get(t, c, satellite+"/v1/client/sync?"+url.Values{"redirect_url": {"http://shop.test:3000/p?__clerk_synced=false&a=1"}}.Encode())
		hops := 1
		for ; hops < 9 && !strings.HasPrefix(res.Header.Get("Location"), "http://shop.test"); hops++ {
			res = get(t, c, res.Header.Get("Location"))
		}
		if location := res.Header.Get("Location"); hops != wantHops || location != "http://shop.test:3000/p?a=1&__clerk_synced=true" || res.StatusCode != http.StatusTemporaryRedirect {
			t.Fatalf("%d %d hops to %q, want %d", res.StatusCode, hops, location, wantHops)
		}
		return res
	}
	if res := sync(3); len(res.Cookies()) > 0 {
		t.Errorf("nobody's cookies are %v", res.Cookies())
	}
	signIn := url.Values{"identifier": {"ada@example.com"}, "password": {"correct horse"}}
	postForm(t, c, primary+"/v1/client/sign_ins", signIn)
	sync(3)
	if uat := cookieOf(t, c, "http://shop.test:3000/", "__client_uat"); uat != "1795217577" {
		t.Errorf("the satellite's __client_uat is %q", uat)
	}
	if nonce := cookieOf(t, c, "http://shop.test:3000/", "__clerk_handshake_nonce"); nonce != "" {
		t.Error("a satellite without a server got a nonce, which nobody would delete")
	}
	if state := get(t, c, satellite+"/v1/client"); !strings.Contains(string(state.body), "ada@example.com") {
		t.Errorf("the satellite's client is %s", state.body)
	}
	sync(1) // It knows the client.
	postForm(t, c, primary+"/v1/client?_method=DELETE", nil)
	postForm(t, c, primary+"/v1/client/sign_ins", signIn)
	sync(3)
	if state := get(t, c, satellite+"/v1/client"); !strings.Contains(string(state.body), "ada@example.com") {
		t.Errorf("after another sign-in the satellite's client is %s", state.body)
	}
	if res := get(t, c, satellite+"/v1/client/sync?redirect_url=https://evil.example.com/"); res.StatusCode != http.StatusBadRequest {
		t.Errorf("a foreign address answered %d", res.StatusCode)
	}
}
