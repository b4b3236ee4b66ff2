// Package demotest holds the examples to what they promise, the same for each
// framework.
package demotest

import (
	"context"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/examples/internal/demo"
)

// Run tests the example that build makes.
func Run(t *testing.T, framework string, build func(*demo.Site) (demo.Server, error)) {
	t.Helper()
	start := func(t *testing.T, env ...string) *demo.Demo {
		t.Helper()
		return Start(t, demo.Config{Framework: framework, Build: build, LookupEnv: Env(env...), HTTPClient: standIn(t)})
	}
	t.Run("calls without a browser", func(t *testing.T) { t.Parallel(); calls(t, start(t)) })
	t.Run("signing in and out", func(t *testing.T) { t.Parallel(); signInAndOut(t, start(t)) })
	t.Run("a wrong password", func(t *testing.T) { t.Parallel(); wrongPassword(t, start(t)) })
	t.Run("signing up", func(t *testing.T) { t.Parallel(); signUp(t, start(t)) })
	t.Run("roles", func(t *testing.T) { t.Parallel(); roles(t, start(t)) })
	t.Run("every page, as everybody", func(t *testing.T) { t.Parallel(); everyPage(t, start(t)) })
	t.Run("organizations", func(t *testing.T) { t.Parallel(); organizations(t, start(t)) })
	t.Run("roles in metadata", func(t *testing.T) { t.Parallel(); metadata(t, start(t)) })
	t.Run("forms of other sites", func(t *testing.T) { t.Parallel(); foreignForms(t, start(t)) })
	t.Run("keys for machines", func(t *testing.T) { t.Parallel(); machines(t, start(t)) })
	t.Run("a fresh factor", func(t *testing.T) { t.Parallel(); stepUp(t, start(t)) })
	t.Run("webhooks", func(t *testing.T) { t.Parallel(); webhooks(t, start(t)) })
	t.Run("breaking things", func(t *testing.T) { t.Parallel(); breaking(t, start(t)) })
	t.Run("the real Clerk", func(t *testing.T) {
		t.Parallel()
		realClerk(t, start(t,
			"CLERK_PUBLISHABLE_KEY", clerktest.PublishableKey("calm-otter-42.clerk.accounts.dev", false),
			"CLERK_SECRET_KEY", "sk_test_example",
			"CLERK_SIGN_IN_URL", "/sign-in"))
	})
	t.Run("a malformed key is an error at start", func(t *testing.T) {
		t.Parallel()
		_, err := demo.Start(t.Context(), demo.Config{
			Framework: framework, Build: build,
			LookupEnv: Env("PORT", "0", "CLERK_PUBLISHABLE_KEY", "pk_nonsense", "CLERK_SECRET_KEY", "sk_test_example"),
		})
		if err == nil || !strings.Contains(err.Error(), "CLERK_PUBLISHABLE_KEY") || !strings.Contains(err.Error(), "dashboard.clerk.com") {
			t.Errorf("got %v, want an error that names the variable and where to get the key", err)
		}
	})
	t.Run("it stops at once while a connection is open", func(t *testing.T) { t.Parallel(); stops(t, start(t)) })
}

// standIn is a client for which the real Clerk is an instance in this process, whichever host is
// asked: tests call nobody.
func standIn(t *testing.T) *http.Client {
	t.Helper()
	s := clerktest.New(t)
	at := strings.TrimPrefix(s.URL(), "http://")
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host = "http", at
		return http.DefaultTransport.RoundTrip(r)
	})}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Start starts an example at any free port, and stops it when the test ends.
func Start(t *testing.T, config demo.Config) *demo.Demo {
	t.Helper()
	lookup := config.LookupEnv
	config.LookupEnv = func(name string) (string, bool) {
		if name == "PORT" {
			return "0", true
		}
		return lookup(name)
	}
	d, err := demo.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Env returns an environment of pairs of names and values.
func Env(pairs ...string) func(string) (string, bool) {
	values := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	url    *url.URL
	body   string
}

func do(t *testing.T, client *http.Client, req *http.Request) answer {
	t.Helper()
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, res.Request.URL, string(body)}
}

func get(t *testing.T, client *http.Client, u string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return do(t, client, req)
}

// submit fills in the first form of a page's content and sends it, with its hidden fields.
func submit(t *testing.T, client *http.Client, page answer, fields url.Values) answer {
	t.Helper()
	_, content, found := strings.Cut(page.body, "<main")
	action := regexp.MustCompile(`<form [^>]*action="([^"]*)"`).FindStringSubmatch(content)
	if !found || action == nil {
		t.Fatalf("no form on %s:\n%s", page.url, page.body)
	}
	return submitTo(t, client, page, html.UnescapeString(action[1]), fields)
}

// submitTo does the same with the first form for an address that a page shows.
func submitTo(t *testing.T, client *http.Client, page answer, action string, fields url.Values) answer {
	t.Helper()
	_, text, found := strings.Cut(page.body, `action="`+html.EscapeString(action)+`"`)
	text, _, closed := strings.Cut(text, "</form>")
	if !found || !closed {
		t.Fatalf("no form for %s on %s:\n%s", action, page.url, page.body)
	}
	target, err := page.url.Parse(action)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{}
	for _, field := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	for name, values := range fields {
		if !strings.Contains(text, `name="`+name+`"`) {
			t.Fatalf("the form for %s on %s has no field %s", action, page.url, name)
		}
		form[name] = values
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target.String(), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(t, client, req)
}

func credentials(identifier, password string) url.Values {
	return url.Values{"identifier": {identifier}, "password": {password}}
}

// script is a client as curl is one: no cookies, no redirects, no browser's
// headers.
func script(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func wantShown(t *testing.T, got answer, status int, texts ...string) {
	t.Helper()
	if got.status != status {
		t.Errorf("%s: got status %d, want %d", got.url, got.status, status)
	}
	for _, text := range texts {
		if !strings.Contains(got.body, text) {
			t.Errorf("%s: no %q in\n%s", got.url, text, got.body)
		}
	}
}

func calls(t *testing.T, d *demo.Demo) {
	t.Helper()
	client := script(t)
	wantShown(t, get(t, client, d.URL+"/"), http.StatusOK, "You are signed out", `lang="en"`, "Skip to the content")
	for _, path := range []string{"/dashboard", "/admin", "/api/me", "/nowhere"} {
		wantShown(t, get(t, client, d.URL+path), http.StatusNotFound)
	}
	redirect := get(t, client, d.URL+"/dashboard", "Sec-Fetch-Dest", "document")
	wantShown(t, redirect, http.StatusTemporaryRedirect)
	if location := redirect.header.Get("Location"); !strings.HasPrefix(location, d.Clerk.URL()) {
		t.Errorf("got a redirect to %q, want one to Clerk", location)
	}

	// The lines that are printed for people.
	var printed strings.Builder
	d.Describe(&printed)
	token, member := exported(t, printed.String(), "TOKEN"), exported(t, printed.String(), "MEMBER_TOKEN")
	for _, line := range []string{`/api/me -H "Authorization: Bearer $TOKEN"`, `/admin -H "Authorization: Bearer $MEMBER_TOKEN"`} {
		if !strings.Contains(printed.String(), "curl -i "+d.URL+line) {
			t.Errorf("no line with %s in\n%s", line, printed.String())
		}
	}
	d.Clerk.Clock().Advance(23 * time.Hour)
	me := get(t, client, d.URL+"/api/me", "Authorization", token)
	wantShown(t, me, http.StatusOK)
	var user struct{ UserID, SessionID, OrgID, OrgRole string }
	if err := json.Unmarshal([]byte(me.body), &user); err != nil {
		t.Fatalf("%v: %s", err, me.body)
	}
	if user.UserID != "user_ada" || !strings.HasPrefix(user.SessionID, "sess_") || user.OrgID != "org_acme" || user.OrgRole != "org:admin" {
		t.Errorf("got %s, want Ada as an admin of Acme", me.body)
	}
	wantShown(t, get(t, client, d.URL+"/admin", "Authorization", token), http.StatusOK, "org:admin")
	wantShown(t, get(t, client, d.URL+"/admin", "Authorization", member), http.StatusNotFound)
	d.Clerk.Clock().Advance(2 * time.Hour)
	wantShown(t, get(t, client, d.URL+"/api/me", "Authorization", token), http.StatusNotFound)
}

// exported returns the bearer that a printed line exports under a name.
func exported(t *testing.T, printed, name string) string {
	t.Helper()
	line := regexp.MustCompile(`(?m)^    export ` + name + `=(\S+)$`).FindStringSubmatch(printed)
	if line == nil {
		t.Fatalf("no line exports %s:\n%s", name, printed)
	}
	return "Bearer " + line[1]
}

func signInAndOut(t *testing.T, d *demo.Demo) {
	t.Helper()
	browser := d.Clerk.Browser(t)
	page := get(t, browser, d.URL+"/dashboard")
	wantShown(t, page, http.StatusOK, "<h1>Sign in</h1>")
	if !strings.Contains(page.url.Path, "sign-in") {
		t.Fatalf("got to %s, want the sign-in page", page.url)
	}
	page = submit(t, browser, page, credentials("grace@example.com", "grace-password"))
	wantShown(t, page, http.StatusOK, "<h1>Dashboard</h1>", "Grace Hopper", "user_grace")
	if page.url.String() != d.URL+"/dashboard" {
		t.Errorf("got to %s, want /dashboard and nothing else in the address", page.url)
	}
	if got := page.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("got Cache-Control %q, want no-store", got)
	}
	wantShown(t, get(t, browser, d.URL+"/"), http.StatusOK, "Hello, Grace Hopper")
	wantShown(t, get(t, browser, d.URL+"/admin"), http.StatusNotFound)
	asked := get(t, browser, d.URL+"/sign-out")
	wantShown(t, asked, http.StatusOK, "Sign out?")
	wantShown(t, get(t, browser, d.URL+"/"), http.StatusOK, "Hello, Grace Hopper") // A link does not sign out.
	wantShown(t, submit(t, browser, asked, nil), http.StatusOK, "You are signed out")

	d.Clerk.Clock().Advance(3 * time.Second) // The browser forgets how often it was redirected.
	page = get(t, browser, d.URL+"/sign-in")
	wantShown(t, page, http.StatusOK, "<h1>Sign in</h1>")
	page = submit(t, browser, page, credentials("alan@example.com", "alan-password"))
	wantShown(t, page, http.StatusOK, "<h1>Dashboard</h1>", "Alan Turing", "none is active")
}

func wrongPassword(t *testing.T, d *demo.Demo) {
	t.Helper()
	browser := d.Clerk.Browser(t)
	page := submit(t, browser, get(t, browser, d.URL+"/sign-in"), credentials("ada@example.com", "grace-password"))
	wantShown(t, page, http.StatusUnprocessableEntity, "is not right", `value="ada@example.com"`)
	wantShown(t, get(t, browser, d.URL+"/"), http.StatusOK, "You are signed out")
	page = submit(t, browser, page, credentials("ada@example.com", "ada-password"))
	wantShown(t, page, http.StatusOK, "<h1>Dashboard</h1>", "Ada Lovelace", "org_acme")
	wantShown(t, get(t, browser, d.URL+"/admin"), http.StatusOK, "<h1>Admin</h1>", "org:admin")
}

func signUp(t *testing.T, d *demo.Demo) {
	t.Helper()
	browser := d.Clerk.Browser(t)
	page := submit(t, browser, get(t, browser, d.URL+"/sign-up"), url.Values{
		"first_name": {"Mary"}, "last_name": {"Somerville"}, "email_address": {"mary@example.com"}, "password": {"mechanism-of-the-heavens"},
	})
	wantShown(t, page, http.StatusOK, "<h1>Dashboard</h1>", "Mary Somerville")

	other := d.Clerk.Browser(t)
	page = submit(t, other, get(t, other, d.URL+"/sign-up"), url.Values{"email_address": {"nameless@example.com"}, "password": {"mechanism-of-the-heavens"}})
	wantShown(t, page, http.StatusOK, "Welcome, nameless@example.com")
	wantShown(t, get(t, other, d.URL+"/"), http.StatusOK, "Hello, nameless@example.com")
}

func roles(t *testing.T, d *demo.Demo) {
	t.Helper()
	ada := d.Clerk.Client(t, "user_ada", d.URL)
	wantShown(t, get(t, ada, d.URL+"/admin"), http.StatusOK, "<h1>Admin</h1>", "org:admin")
	wantShown(t, get(t, ada, d.URL+"/"), http.StatusOK, `href="/admin"`)
	grace := d.Clerk.Client(t, "user_grace", d.URL)
	wantShown(t, get(t, grace, d.URL+"/admin"), http.StatusNotFound)
	home := get(t, grace, d.URL+"/")
	wantShown(t, home, http.StatusOK, "Hello, Grace Hopper")
	if strings.Contains(home.body, `href="/admin"`) {
		t.Errorf("a member is shown a link to a page that is not for members:\n%s", home.body)
	}
}

func realClerk(t *testing.T, d *demo.Demo) {
	t.Helper()
	if d.Clerk != nil {
		t.Fatal("the built-in Clerk runs although there are keys")
	}
	var printed strings.Builder
	d.Describe(&printed)
	if !strings.Contains(printed.String(), "the real one") || strings.Contains(printed.String(), "ada@example.com") {
		t.Errorf("the description does not speak of the real Clerk:\n%s", printed.String())
	}
	client := script(t)
	for path, want := range map[string]string{
		"/dashboard": "https://calm-otter-42.clerk.accounts.dev/v1/client/handshake?",
		"/sign-in":   "https://calm-otter-42.accounts.dev/sign-in?",
	} {
		header := []string{}
		if path == "/dashboard" {
			header = []string{"Sec-Fetch-Dest", "document"}
		}
		got := get(t, client, d.URL+path, header...)
		wantShown(t, got, http.StatusTemporaryRedirect)
		if location := got.header.Get("Location"); !strings.HasPrefix(location, want) {
			t.Errorf("%s: got a redirect to %q, want one to %s", path, location, want)
		}
	}
	wantShown(t, get(t, client, d.URL+"/sign-out"), http.StatusOK, "You are signed out")
	wantShown(t, get(t, client, d.URL+"/break"), http.StatusOK, "Your own Clerk is not to be broken")
}

func stops(t *testing.T, d *demo.Demo) {
	t.Helper()
	wantShown(t, get(t, script(t), d.URL+"/"), http.StatusOK) // Its connection stays open.
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- d.Close(ctx) }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-ctx.Done():
		t.Error("it goes on for more than a second after it was told to stop")
	}
}
