package adaptertest

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// outageClient is who sends a request that cannot be checked.
type outageClient struct {
	name, method string
	headers      []string
	page         bool // it is answered with a page
	reloads      bool // which loads itself again
}

// outageClients present a credential each, about which Clerk has to be asked.
func outageClients(s *clerktest.Server) []outageClient {
	token := s.SessionToken("user_ada")
	cookies := []string{"Cookie", "__clerk_db_jwt=d; __client_uat=1; __session=" + token}
	key := bearer(s.APIKey(clerktest.MachineToken{Subject: "user_ada"}))
	return []outageClient{
		{name: "a page load", method: http.MethodGet, headers: page(cookies...), page: true, reloads: true},
		{name: "a page load of an older browser", method: http.MethodGet, headers: append([]string{"Accept", "text/html,application/xhtml+xml"}, cookies...), page: true, reloads: true},
		{name: "a page in a frame", method: http.MethodGet, headers: append([]string{"Sec-Fetch-Dest", "iframe"}, cookies...), page: true, reloads: true},
		{name: "the head of a page", method: http.MethodHead, headers: page(cookies...), page: true},
		{name: "a form that was sent", method: http.MethodPost, headers: page(cookies...), page: true},
		{name: "a script", method: http.MethodGet, headers: append([]string{"Sec-Fetch-Dest", "empty", "Accept", "*/*"}, cookies...)},
		{name: "a script that posts", method: http.MethodPost, headers: append([]string{"Accept", "application/json"}, cookies...)},
		{name: "the head of what a script asks for", method: http.MethodHead, headers: cookies},
		{name: "a bearer", method: http.MethodGet, headers: bearer(token)},
		{name: "a WebSocket", method: http.MethodGet, headers: append([]string{"Sec-Fetch-Dest", "websocket", "Connection", "Upgrade", "Upgrade", "websocket"}, cookies...)},
		{name: "an RPC client", method: http.MethodPost, headers: append([]string{"Content-Type", "application/connect+proto"}, bearer(token)...)},
		{name: "a machine", method: http.MethodGet, headers: key},
		{name: "a machine that takes anything", method: http.MethodPost, headers: append([]string{"Accept", "text/html, */*"}, key...)},
	}
}

// outageGuards are the ways to guard a path. Frameworks differ in which routes serve HEAD, so only
// the guard by path is asked with it.
var outageGuards = []string{"/pattern", "/route", "/inside"}

// checkUnavailable has guards answer while Clerk is down: people get a page that tries again by
// itself, programs get JSON, and an application may answer in its own way.
func checkUnavailable(t *testing.T, newApp NewApp) {
	t.Helper()
	for _, asked := range []struct {
		header           string // Clerk's Retry-After
		own              bool
		earliest, latest int
	}{
		{header: "", earliest: 5, latest: 15},
		{header: "", own: true, earliest: 5, latest: 15},
		{header: "2", earliest: 5, latest: 15},
		{header: "40", earliest: 40, latest: 60},
		{header: "86400", earliest: 60, latest: 90},
	} {
		t.Run(fmt.Sprintf("Retry-After %q, own %t", asked.header, asked.own), func(t *testing.T) {
			s := clerktest.New(t, clerktest.Config{Clock: clerktest.NewClock(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))})
			fault := clerktest.Fault{Status: http.StatusTooManyRequests}
			if asked.header != "" {
				fault.Header = http.Header{"Retry-After": {asked.header}}
			}
			s.Inject("GET /v1/jwks", fault)
			s.Inject("POST /api_keys/verify", fault)
			o := options(s)
			o.Retry = core.Retry{Attempts: -1}
			app := newApp(t, outageSetup(newClerk(t, o), asked.own))
			for _, c := range outageClients(s) {
				for _, path := range outageGuards {
					if c.method == http.MethodHead && path != "/pattern" {
						continue
					}
					t.Run(c.name+path, func(t *testing.T) { c.check(t, app, path, asked.own, asked.earliest, asked.latest) })
				}
			}
		})
	}
}

// outageSetup is an application with every kind of guard, and a policy of its own.
func outageSetup(clerk *core.Clerk, own bool) Setup {
	accept := core.AcceptTokens(core.SessionToken, core.APIKey)
	setup := Setup{
		Written: func(h core.ResponseHeader) {
			h.Set("Content-Security-Policy", "default-src 'self'; Frame-Ancestors https://app.example")
			h.Set("Cache-Control", "max-age=60")
			h.Set("Vary", "Origin")
		},
		Middleware: []*core.Clerk{clerk},
		Guards:     []RouteGuard{{Matcher: core.MustRouteMatcher("/pattern"), Options: []core.ProtectOption{accept}}},
		Routes: []Route{
			{Path: "/pattern", Handler: who},
			{Path: "/route", Protect: Protected(accept, core.Role("org:admin")), Handler: who},
			{Path: "/inside", Handler: func(c Context) error {
				if stop, err := c.Require(accept); stop {
					return err
				}
				return who(c)
			}},
		},
	}
	if own {
		setup.OnRefuse = func(r core.Refusal) (int, string) { return r.StatusCode(), "closed: " + string(r.Reason()) }
	}
	return setup
}

// refreshing finds after how many seconds a page loads itself again.
var refreshing = regexp.MustCompile(`<meta http-equiv="refresh" content="([0-9]+)">`)

func (c outageClient) check(t *testing.T, app App, path string, own bool, earliest, latest int) {
	t.Helper()
	target := path + "?a=1&__clerk_other=x"
	r, err := http.NewRequestWithContext(t.Context(), c.method, appURL+target, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.RequestURI = target
	for i := 0; i+1 < len(c.headers); i += 2 {
		r.Header.Add(c.headers[i], c.headers[i+1])
	}
	resp, err := app(r)
	if err != nil {
		t.Fatal(err)
	}
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // It was read.
	body := string(read)
	wait := resp.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(wait); err != nil || seconds < earliest || seconds > latest {
		t.Errorf("got Retry-After %q, want %d to %d seconds", wait, earliest, latest)
	}
	vary := strings.Join(resp.Header.Values("Vary"), ", ")
	if cached := resp.Header.Get("Cache-Control"); resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(cached, "no-store") || vary != "Origin, Authorization, Cookie, Accept, Sec-Fetch-Dest" {
		t.Errorf("got status %d, Cache-Control %q, Vary %q", resp.StatusCode, cached, vary)
	}
	if resp.Header.Get("Location") != "" || resp.Header.Get("Set-Cookie") != "" || resp.Header.Get("Www-Authenticate") != "" {
		t.Errorf("the client is sent elsewhere: %v", resp.Header)
	}
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case c.method == http.MethodHead:
		if body != "" && !own {
			t.Errorf("got a body: %q", body)
		}
	case own:
		if !strings.HasPrefix(body, "closed: ") || media != "text/plain" || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'self'") {
			t.Errorf("got %q as %q under %q, want the application's own answer", body, media, resp.Header.Get("Content-Security-Policy"))
		}
	case c.page:
		c.checkPage(t, resp.Header, body, wait)
		checkPolicy(t, resp.Header.Values("Content-Security-Policy"))
	default:
		checkUnavailableJSON(t, resp.Header, body, wait)
	}
}

// checkPage looks at the page for people.
func (c outageClient) checkPage(t *testing.T, h http.Header, body, wait string) {
	t.Helper()
	if got := h.Get("Content-Type"); !strings.EqualFold(got, "text/html; charset=utf-8") {
		t.Errorf("got Content-Type %q", got)
	}
	for _, want := range []string{"<!doctype html>", `<html lang="en">`, `name="viewport"`, `name="color-scheme" content="light dark"`, "<title>", "<main>", "<h1>"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, unwanted := range []string{"<script", "://", "src=", "url(", "<link", "Clerk", "clerk"} {
		if strings.Contains(body, unwanted) {
			t.Errorf("the page has %s", unwanted)
		}
	}
	again := ""
	if found := refreshing.FindStringSubmatch(body); found != nil {
		again = found[1]
	}
	switch {
	case c.reloads && (again != wait || !strings.Contains(body, `<a href="">`)):
		t.Errorf("the page reloads after %q seconds, want %q", again, wait)
	case !c.reloads && (again != "" || strings.Contains(body, "<a ")):
		t.Errorf("the page reloads after %q seconds, though something was sent", again)
	}
}

// checkPolicy looks at the policies of an answer in place of the application's own, which say who
// may frame it.
func checkPolicy(t *testing.T, policies []string) {
	t.Helper()
	all := strings.Join(policies, "; ")
	if !strings.HasPrefix(all, "default-src 'none'; style-src 'sha256-") || strings.Contains(all, "default-src 'self'") ||
		!strings.Contains(strings.ToLower(all), "frame-ancestors https://app.example") {
		t.Errorf("got the policies %q", policies)
	}
}

// checkUnavailableJSON looks at the answer for programs.
func checkUnavailableJSON(t *testing.T, h http.Header, body, wait string) {
	t.Helper()
	if got := h.Get("Content-Type"); got != "application/json" {
		t.Errorf("got Content-Type %q", got)
	}
	var answer struct {
		Errors []struct {
			Code        string `json:"code"`
			Message     string `json:"message"`
			LongMessage string `json:"long_message"`
		} `json:"errors"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Errors) != 1 {
		t.Fatalf("got %q, want Clerk's shape of errors (%v)", body, err)
	}
	one := answer.Errors[0]
	if reason := h.Get("X-Clerk-Auth-Reason"); one.Code == "" || reason != "" && one.Code != reason {
		t.Errorf("got code %q, want the reason %q", one.Code, reason)
	}
	if one.Message == "" || !strings.Contains(one.LongMessage, " "+wait+" seconds") {
		t.Errorf("got %q, %q", one.Message, one.LongMessage)
	}
}
