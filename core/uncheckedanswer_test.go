package core_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// Those who wait for the end of an outage together must not come back together.
func TestClientsComeBackAtDifferentTimes(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	s.Inject(jwksRoute, clerktest.Fault{Status: http.StatusServiceUnavailable})
	o := plain(s)
	o.Retry = core.Retry{Attempts: -1}
	ra, _ := adapter.Attach(t.Context(), newClerk(t, o), page("/", "Cookie", "__client_uat=1; __session="+s.SessionToken("user_ada")))
	guard := adapter.Guard("Protect")
	const clients = 1000
	at := map[string]int{}
	for range clients {
		out := guard.Check(t.Context(), ra)
		wait := headerOf(out.Headers, "Retry-After")
		if !strings.Contains(out.Body, `content="`+wait+`"`) {
			t.Fatalf("the page and Retry-After %s differ: %s", wait, out.Body)
		}
		at[wait]++
	}
	if len(at) < 8 {
		t.Errorf("1,000 clients come back at %d times", len(at))
	}
	for wait, n := range at {
		if seconds, err := strconv.Atoi(wait); err != nil || seconds < 5 || seconds > 15 {
			t.Errorf("got Retry-After %q", wait)
		}
		if n > clients/4 {
			t.Errorf("%d of 1,000 clients come back after %s s", n, wait)
		}
	}
}

// The page that waits loads its own address again, and with it a handshake's nonce.
func TestAReloadTriesTheNonceAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		production bool
		request    *request
	}{
		{name: "in the URL", request: page("/p?a=b&__clerk_handshake_nonce=n", "Cookie", "__client_uat=1; __clerk_db_jwt=d")},
		{name: "in a cookie", production: true, request: page("/p?a=b", "Cookie", "__clerk_handshake_nonce=n")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, tt.production)
			c, ctx, mend := askWith(t, s, question{route: payloadRoute}, clerktest.Fault{Status: http.StatusBadGateway}, false, nil)
			ra, attached := adapter.Attach(ctx, c, tt.request)
			for _, h := range attached.Headers {
				if h.Name == "Set-Cookie" || h.Name == "Location" {
					t.Errorf("the nonce is lost by %v", h)
				}
			}
			out := adapter.Guard("Protect").Check(ctx, ra)
			refresh, _, _ := strings.Cut(out.Body[strings.Index(out.Body, `http-equiv="refresh"`)+1:], ">")
			if out.Status != http.StatusServiceUnavailable || strings.Contains(strings.ToLower(refresh), "url") {
				t.Errorf("got %d, refresh %q", out.Status, refresh)
			}
			mend()
			token := s.SessionToken("user_ada")
			s.Inject(payloadRoute, clerktest.Fault{Status: http.StatusOK, Body: []byte(`{"directives":["__session=` + token + `; Path=/","__client_uat=1; Path=/"]}`)})
			ra, out = adapter.Attach(ctx, c, tt.request)
			isBack := out.Status == http.StatusTemporaryRedirect && strings.HasSuffix(headerOf(out.Headers, "Location"), "/p?a=b")
			if !ra.State().IsSignedIn() && !isBack {
				t.Errorf("after the outage: got %d %q, %s", out.Status, out.Headers, outcome(ra.State()))
			}
		})
	}
}

// Options.IsPageRequest says which requests get a page.
func TestTheApplicationSaysWhatAPageLoadIs(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	s.Inject(jwksRoute, clerktest.Fault{Drop: true})
	o := plain(s)
	o.Retry = core.Retry{Attempts: -1}
	o.IsPageRequest = func(r core.Request) bool { return strings.HasPrefix(r.Target(), "/page") }
	c := newClerk(t, o)
	cookie := "__client_uat=1; __session=" + s.SessionToken("user_ada")
	for _, tt := range []struct {
		name, want string
		request    *request
	}{
		{name: "a page", request: get("/page", "Cookie", cookie), want: "text/html; charset=utf-8"},
		{name: "a call that looks like a page load", request: page("/call", "Cookie", cookie), want: "application/json"},
	} {
		ra, _ := adapter.Attach(t.Context(), c, tt.request)
		out := adapter.Guard("Protect").Check(t.Context(), ra)
		refusal, _ := out.Refusal()
		if body, media := refusal.Body(); out.Status != http.StatusServiceUnavailable || media != tt.want || body == "" {
			t.Errorf("%s: got %d %q as %q, want %q", tt.name, out.Status, body, media, tt.want)
		}
	}
}
