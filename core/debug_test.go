package core_test

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// debugged attaches a request to an instance in debug mode and returns what it
// logged.
func debugged(tb testing.TB, o core.Options, r core.Request, guards ...core.ProtectOption) string {
	tb.Helper()
	var log logBuffer
	o.Debug = true
	o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ra := attach(tb, newClerk(tb, o), r)
	if len(guards) > 0 {
		adapter.Guard("Protect", guards...).Check(tb.Context(), ra)
	}
	return log.String()
}

// TestDebugLogsNoCredential scans everything that is logged for every credential of
// the request and of the options, also for the tail of one that was cut.
func TestDebugLogsNoCredential(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	o := s.Options()
	o.MachineSecretKey = s.MachineSecretKey()
	o.ProxyURL = ""
	o.SignInURL = "https://proxyuser:proxypassword@accounts.example/sign-in?__clerk_db_jwt=dvb_of_the_sign_in_page"
	session, expired := s.SessionToken("user_ada"), s.SessionToken("user_ada", clerktest.IssuedAt(epoch.Add(-time.Hour)))
	forged := session[:len(session)-8] + "AAAAAAAA"
	const devBrowser, refresh, nonce, other = "dvb_4f6b7c8d9e0a1b2c3d", "refresh_0a1b2c3d4e5f6a7b", "nonce_9z8y7x6w5v4u3t2s", "an_application_secret_123"
	handshakeToken := s.HandshakeToken([]string{"__session=" + session + "; Path=/", "__client_uat=1; Path=/"})
	uat := strconv.FormatInt(epoch.Unix()-60, 10)
	jar := func(session string) string {
		suffix := "_" + s.CookieSuffix()
		return "__session=" + session + "; __session" + suffix + "=" + session + "; __clerk_db_jwt=" + devBrowser + "; __clerk_db_jwt" + suffix + "=" + devBrowser +
			"; __client_uat=" + uat + "; __client_uat" + suffix + "=" + uat + "; __refresh" + suffix + "=" + refresh + "; app=" + other
	}
	nested := url.QueryEscape("https://y.example/?next=" + url.QueryEscape("/z?__session="+session+"&__clerk_db_jwt="+devBrowser))
	key := s.APIKey(clerktest.MachineToken{Subject: "user_ada"})
	requests := map[string]core.Request{
		"nothing":                     page("/"),
		"a bearer":                    get("/", "Authorization", "Bearer "+session),
		"a forged bearer":             get("/", "Authorization", "Bearer "+forged),
		"a token without scheme":      get("/", "Authorization", session),
		"basic authentication":        get("/", "Authorization", "Basic dXNlcjphX3Bhc3N3b3JkXzEyMw=="),
		"a machine":                   get("/", "Authorization", "Bearer "+key),
		"cookies":                     page("/?a=b", "Cookie", jar(session)),
		"expired cookies":             page("/?a=b", "Cookie", jar(expired)),
		"expired cookies, not a page": get("/?a=b", "Cookie", jar(expired)),
		"URLs in the query":           page("/p?redirect_url="+nested+"&__clerk_db_jwt="+devBrowser, "Cookie", jar(session)),
		"a token in the path":         page("/p/"+session+"/"+devBrowser, "Cookie", jar(session)),
		"a handshake":                 page("/?__clerk_handshake="+handshakeToken, "Cookie", "__clerk_db_jwt="+devBrowser),
		"a handshake in a cookie":     page("/", "Cookie", "__clerk_handshake="+handshakeToken),
		"a nonce":                     page("/?__clerk_handshake_nonce="+nonce, "Cookie", "__clerk_db_jwt="+devBrowser+"; __clerk_handshake_nonce="+nonce),
		"forged headers of ours":      page("/", "X-Clerk-Auth-Token", session, "X-Clerk-Request-Data", other, "Proxy-Authorization", "Basic "+other),
		"credentials in the target":   page("http://user:" + other + "@app.example/?token=" + other),
		"credentials in Sec-Fetch":    get("/", "Sec-Fetch-Dest", session, "Cookie", "__clerk_redirect_count="+session+"; __client_uat="+session),
	}
	secrets := []string{
		session, expired, forged, handshakeToken, devBrowser, refresh, nonce, other, key, s.SecretKey(), s.MachineSecretKey(),
		"proxypassword", "dvb_of_the_sign_in_page", "dXNlcjphX3Bhc3N3b3JkXzEyMw==",
	}
	for name, r := range requests {
		log := debugged(t, o, r, core.AcceptTokens(core.SessionToken, core.APIKey))
		if !strings.Contains(log, "clerk debug") || !strings.Contains(log, "requestState.status") || !strings.Contains(log, "options.publishableKey") {
			t.Errorf("%s: nothing was logged: %s", name, log)
		}
		for _, secret := range secrets {
			for _, piece := range []string{secret, url.QueryEscape(secret), secret[len(secret)-10:], secret[len(secret)/2-5 : len(secret)/2+5]} {
				if strings.Contains(log, piece) {
					t.Errorf("%s: the log holds %q:\n%s", name, piece, log)
				}
			}
		}
	}
}

func TestDebugSaysWhatWasDecided(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	azp := plain(s)
	azp.AuthorizedParties = []string{"https://good.example"}
	iss := plain(s)
	iss.Issuer = []string{"https://clerk.good.example"}
	other := clerktest.New(t, clerktest.Config{FrontendAPI: "another-one-1.clerk.accounts.dev", Clock: s.Clock(), SecondKey: true})
	bearer := func(server *clerktest.Server, opts ...clerktest.TokenOption) core.Request {
		return get("/", "Authorization", "Bearer "+server.SessionToken("user_ada", opts...))
	}
	ignoring := plain(s)
	ignoring.IgnoreForwarded = true
	for name, c := range map[string]struct {
		o    core.Options
		r    core.Request
		want []string
	}{
		"who is signed in":         {o: plain(s), r: bearer(s), want: []string{"requestState.status=signed-in", "auth.userId=user_ada"}},
		"keys of another instance": {o: plain(s), r: bearer(other), want: []string{"reason=jwk-kid-mismatch", "belong to different instances", "docs/troubleshooting.md#jwk-kid-mismatch"}},
		"a clock that is behind": {o: plain(s), r: bearer(s, clerktest.IssuedAt(epoch.Add(time.Hour))), want: []string{
			"the clocks of this machine and of Clerk differ", epoch.UTC().Format(http.TimeFormat), epoch.Add(time.Hour - 10*time.Second).UTC().Format(http.TimeFormat),
		}},
		"an expired token": {o: plain(s), r: bearer(s, clerktest.IssuedAt(epoch.Add(-time.Hour))), want: []string{
			"the clock of this machine is ahead", epoch.UTC().Format(http.TimeFormat), epoch.Add(-time.Hour + time.Minute).UTC().Format(http.TimeFormat),
		}},
		"a foreign azp":                   {o: azp, r: bearer(s, clerktest.AuthorizedParty("https://bad.example")), want: []string{"Options.AuthorizedParties", "https://bad.example", "https://good.example"}},
		"a foreign issuer":                {o: iss, r: bearer(s), want: []string{"Options.Issuer lists", "https://clerk.good.example", "https://calm-otter-42.clerk.accounts.dev"}},
		"a proxy that names no address":   {o: plain(s), r: get("/", "X-Forwarded-For", "10.0.0.1"), want: []string{"let it send X-Forwarded-Host and X-Forwarded-Proto"}},
		"a proxy that is not believed":    {o: ignoring, r: get("/", "X-Forwarded-Host", "app.example"), want: []string{"Options.IgnoreForwarded is set"}},
		"a page load without dev browser": {o: plain(s), r: page("/"), want: []string{"requestState.status=handshake", "cookie __clerk_db_jwt"}},
		"a machine's token":               {o: plain(s), r: get("/", "Authorization", "Bearer "+s.APIKey(clerktest.MachineToken{})), want: []string{"auth.tokenType=session_token", "need a guard with core.AcceptTokens"}},
	} {
		log := debugged(t, c.o, c.r)
		for _, want := range c.want {
			if !strings.Contains(log, want) {
				t.Errorf("%s: got no %q in %s", name, want, log)
			}
		}
	}
	if log := debugged(t, plain(s), get("/", "X-Forwarded-For", "10.0.0.1", "X-Forwarded-Host", "app.example")); strings.Contains(log, "A proxy") {
		t.Errorf("a proxy that does all right is blamed: %s", log)
	}
	var quiet logBuffer
	o := plain(s)
	o.Logger = quiet.logger()
	attach(t, newClerk(t, o), page("/"))
	if quiet.String() != "" {
		t.Errorf("without Debug: got %s", quiet.String())
	}
}

// looping is a page load that was sent to Clerk and back three times.
func looping(cookies string) core.Request {
	return page("/<script>alert(1)</script>?x=%3Cscript%3E", "Cookie", "__clerk_redirect_count=3; "+cookies)
}

func TestRedirectLoopEndsOnAPageInDevelopment(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	clerk := newClerk(t, plain(s))
	for name, c := range map[string]struct{ cookies, missing string }{
		"no dev browser": {cookies: "a=b", missing: "__clerk_db_jwt"},
		"no session":     {cookies: "__clerk_db_jwt=dvb_1; __client_uat=1795217000", missing: "__session"},
		"no client":      {cookies: "__clerk_db_jwt=dvb_1; __session=" + s.SessionToken("user_<b>ada</b>"), missing: "__client_uat"},
	} {
		_, o := adapter.Attach(t.Context(), clerk, looping(c.cookies))
		if o.IsFault() || o.Status != http.StatusInternalServerError || headerOf(o.Headers, "Location") != "" {
			t.Fatalf("%s: got %+v", name, o)
		}
		if got := o.ContentType; got != "text/html; charset=utf-8" || headerOf(o.Headers, "Cache-Control") != "no-store" {
			t.Errorf("%s: got headers %v and type %q", name, o.Headers, o.ContentType)
		}
		_, after, _ := strings.Cut(o.Body, "did not come along:")
		list, _, _ := strings.Cut(after, "</p>")
		if !strings.Contains(list, "<code>"+c.missing+"</code>") {
			t.Errorf("%s: the page does not name %s: %s", name, c.missing, o.Body)
		}
		if strings.Contains(o.Body, "<script") || strings.Contains(o.Body, "<b>") || strings.Contains(o.Body, "dvb_1") || strings.Contains(o.Body, s.SecretKey()) {
			t.Errorf("%s: the page holds what the client sent: %s", name, o.Body)
		}
	}
}

func TestRedirectLoopHasNoPageInProduction(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	_, o := adapter.Attach(t.Context(), newClerk(t, plain(s)), looping("__client_uat=1795217000"))
	if !o.Allowed() || o.Body != "" {
		t.Errorf("got %+v, want that the request goes on", o)
	}
}

func TestSignInPageThatProtectsItself(t *testing.T) {
	t.Parallel()
	for _, production := range []bool{false, true} {
		s := newServer(t, production)
		var log logBuffer
		o := plain(s)
		o.SignInURL, o.Logger = "/sign-in", log.logger()
		clerk := newClerk(t, o)
		cookie := []string{"Cookie", "__clerk_db_jwt=dvb_1"}
		first := adapter.Guard("Protect").Check(t.Context(), attach(t, clerk, page("/sign-in", cookie...)))
		if first.Status != http.StatusTemporaryRedirect {
			t.Fatalf("got %+v", first)
		}
		back, err := url.Parse(headerOf(first.Headers, "Location"))
		if err != nil {
			t.Fatal(err)
		}
		second := adapter.Guard("Protect").Check(t.Context(), attach(t, clerk, page(back.RequestURI(), cookie...)))
		if want := "stands behind a guard"; !strings.Contains(log.String(), want) {
			t.Errorf("got log %s", log.String())
		}
		if loopEnds := second.Status == http.StatusInternalServerError && strings.Contains(second.Body, "protects itself"); loopEnds == production {
			t.Errorf("production %v: got %+v", production, second)
		}
		// Another page that is guarded is no loop.
		other := adapter.Guard("Protect").Check(t.Context(), attach(t, clerk, page("/account?redirect_url=/sign-in", cookie...)))
		if other.Status != http.StatusTemporaryRedirect {
			t.Errorf("got %+v", other)
		}
	}
}

// TestAGuardThatSendsToItself: the page that it sends to asks for a user, too. The log says so.
func TestAGuardThatSendsToItself(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	ada := []string{"Authorization", "Bearer " + s.SessionToken("user_ada")}
	for _, test := range []struct {
		name, target string
		method       string
		header       []string
		guard        core.ProtectOption
		told         string
	}{
		{name: "strangers to the page itself", target: "/login", guard: core.UnauthenticatedURL("/login"), told: "UnauthenticatedURL"},
		{name: "strangers to its whole address", target: "/login", guard: core.UnauthenticatedURL("http://app.example.test/login"), told: "UnauthenticatedURL"},
		{name: "strangers behind a proxy that does not tell of TLS", target: "/login", guard: core.UnauthenticatedURL("https://app.example.test/login"), told: "UnauthenticatedURL"},
		{name: "strangers with a query", target: "/login?a=b", guard: core.UnauthenticatedURL("/login?a=b"), told: "UnauthenticatedURL"},
		{name: "strangers to another query", target: "/login", guard: core.UnauthenticatedURL("/login?a=b")},
		{name: "strangers elsewhere", target: "/account", guard: core.UnauthenticatedURL("/login")},
		{name: "strangers on another host", target: "/login", guard: core.UnauthenticatedURL("https://other.example/login")},
		{name: "strangers who send a form", target: "/login", method: http.MethodPost, guard: core.UnauthenticatedURL("/login")},
		{name: "users to the page itself", target: "/", header: ada, guard: core.UnauthorizedURL("/"), told: "UnauthorizedURL"},
		{name: "users elsewhere", target: "/admin", header: ada, guard: core.UnauthorizedURL("/")},
	} {
		var log logBuffer
		o := plain(s)
		o.Logger = log.logger()
		r := get(test.target, append(test.header, "X-Forwarded-Host", "app.example.test", "X-Forwarded-Proto", "http")...)
		r.method = cmp.Or(test.method, r.method)
		got := adapter.Guard("Protect", core.Role("org:admin"), test.guard).Check(t.Context(), attach(t, newClerk(t, o), r))
		if headerOf(got.Headers, "Location") == "" {
			t.Errorf("%s: got %d, want a redirect", test.name, got.Status)
		}
		if told := strings.Contains(log.String(), "redirect loop"); told != (test.told != "") || !strings.Contains(log.String(), test.told) {
			t.Errorf("%s: got log %q, want %q named", test.name, log.String(), test.told)
		}
	}
}

// TestDebugShowsNothingEndless: debug output is for every request, and strangers
// choose how long what they send is.
func TestDebugShowsNothingEndless(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	long := strings.Repeat("9", 256<<10)
	for name, r := range map[string]core.Request{
		"cookies":            page("/", "Cookie", "__client_uat="+long+"; __client_uat_"+s.CookieSuffix()+"="+long+"; __clerk_redirect_count="+long),
		"a session":          page("/", "Cookie", "__client_uat=1; __session="+long),
		"the kind of a page": get("/", "Sec-Fetch-Dest", long),
		"an address":         page("/"+long, "Cookie", "__client_uat=1", "X-Forwarded-Host", long),
	} {
		if log := debugged(t, s.Options(), r); len(log) > 48<<10 || !strings.Contains(log, "clerk debug") {
			t.Errorf("%s: got a log of %d bytes", name, len(log))
		}
	}
}
