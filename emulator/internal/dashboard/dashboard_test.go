package dashboard_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/emulator/internal/dashboard"
)

// board is a dashboard and a browser in front of it.
type board struct {
	*clerktest.Server
	client *http.Client
}

func newBoard(t *testing.T) *board {
	t.Helper()
	clerk := clerktest.New(t, clerktest.Config{
		Users:         []clerktest.User{{ID: "user_ada", FirstName: "Ada", LastName: "Lovelace"}, {ID: "user_bob"}},
		Organizations: []clerktest.Organization{{ID: "org_acme", Name: "Acme", Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin"}}}},
		Front: func(instance http.Handler) http.Handler {
			mux, pages := http.NewServeMux(), dashboard.New(instance)
			mux.Handle("/", instance)
			for _, pattern := range pages.Patterns() {
				mux.Handle(pattern, pages)
			}
			return mux
		},
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &board{clerk, &http.Client{Jar: jar}}
}

func (b *board) do(t *testing.T, method, path string, form url.Values, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.URL()+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", b.URL())
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	res, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

var (
	links  = regexp.MustCompile(`(?:href|src)="([^"#]+)"`)
	inputs = regexp.MustCompile(`<(?:input|select|textarea)[^>]*>`)
	idOf   = regexp.MustCompile(` id="([^"]+)"`)
)

// TestEveryLinkLeadsSomewhere walks all pages from the first one: each answers, has its
// landmarks and one heading, each field has a label, and nothing is from elsewhere.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	b.SessionToken("user_ada")
	b.Inject("GET /v1/jwks", clerktest.Fault{Status: 503, Rate: 0.5, Times: 3})
	if _, _, err := b.AddWebhook(clerktest.Webhook{URL: "http://127.0.0.1:1/hook", Events: []string{"user.*"}}); err != nil {
		t.Fatal(err)
	}
	b.do(t, "GET", "/v1/users/user_ada", nil)
	seen, todo := map[string]bool{}, []string{"/", "/users?query=nobody", "/organizations?query=nobody", "/requests?failed=true&query=nothing"}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		res, page := b.do(t, "GET", path, nil)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d", path, res.StatusCode)
			continue
		}
		if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") || strings.HasPrefix(path, "/sign-") {
			continue
		}
		if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s has the policy %q", path, csp)
		}
		for _, want := range []string{`<html lang="en">`, `<main id="main"`, `<nav aria-label="Main">`, `class="skip"`, "<title>"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s has no %s", path, want)
			}
		}
		if n := strings.Count(page, "<h1>"); n != 1 {
			t.Errorf("%s has %d headings of the first rank", path, n)
		}
		if strings.Contains(page, "<no value>") || strings.Contains(page, "style=") || strings.Contains(page, " onclick") {
			t.Errorf("%s has a gap, or what its policy forbids:\n%s", path, page)
		}
		ids := map[string]bool{}
		for _, m := range idOf.FindAllStringSubmatch(page, -1) {
			if ids[m[1]] { // A region that keeps itself current would become another element.
				t.Errorf("%s has two elements with the id %s", path, m[1])
			}
			ids[m[1]] = true
		}
		for _, field := range inputs.FindAllString(page, -1) {
			m := idOf.FindStringSubmatch(field)
			labelled := strings.Contains(field, "aria-label=") || strings.Contains(field, `type="hidden"`) || strings.Contains(field, `type="checkbox"`)
			if !labelled && (m == nil || !strings.Contains(page, `<label for="`+m[1]+`"`)) {
				t.Errorf("%s has a field without a label: %s", path, field)
			}
		}
		for _, m := range links.FindAllStringSubmatch(page, -1) {
			to := strings.TrimPrefix(strings.ReplaceAll(m[1], "&amp;", "&"), b.URL())
			if strings.HasPrefix(to, "http") {
				t.Errorf("%s links to %s", path, to)
				continue
			}
			if strings.HasPrefix(to, "?") {
				to = strings.Split(path, "?")[0] + to
			}
			todo = append(todo, to)
		}
	}
	for _, want := range []string{"/users/user_ada", "/organizations/org_acme", "/outbox", "/webhooks", "/faults", "/_dashboard/style.css", "/_dashboard/script.js"} {
		if !seen[want] {
			t.Errorf("no link led to %s", want)
		}
	}
}

// TestFormsDoWhatTheySay sends each form and looks at what the next page says.
func TestFormsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	for _, tt := range []struct {
		path string
		form url.Values
		want string // on the page that follows
	}{
		{"/users", url.Values{"email_address": {"eve@example.com, eve@example.org"}, "first_name": {"Eve"}}, "eve@example.org"},
		{"/users/user_ada", url.Values{"first_name": {"Augusta"}, "last_name": {"King"}, "username": {""}, "external_id": {"x-1"}}, "<h1>Augusta King</h1>"},
		{"/users/user_ada/metadata", url.Values{"public_metadata": {`{"plan": "pro"}`}, "private_metadata": {""}, "unsafe_metadata": {""}}, "&#34;plan&#34;: &#34;pro&#34;"},
		{"/users/user_ada/ban", url.Values{}, "Lift the ban"},
		{"/users/user_ada/unban", url.Values{}, ">Ban<"},
		{"/users/user_ada/lock", url.Values{}, ">Unlock<"},
		{"/users/user_ada/unlock", url.Values{}, ">Lock<"},
		{"/users/user_ada/emails", url.Values{"user_id": {"user_ada"}, "email_address": {"second@example.com"}, "verified": {"true"}}, "second@example.com"},
		{"/organizations", url.Values{"name": {"Beta"}, "created_by": {"user_bob"}}, "<h1>Beta</h1>"},
		{"/organizations/org_acme", url.Values{"name": {"Acme Ltd"}, "slug": {"acme-ltd"}}, "<h1>Acme Ltd</h1>"},
		{"/organizations/org_acme/metadata", url.Values{"public_metadata": {`{"tier": 2}`}, "private_metadata": {""}}, "&#34;tier&#34;: 2"},
		{"/organizations/org_acme/members", url.Values{"user_id": {"user_bob"}, "role": {"org:member"}}, `/organizations/org_acme/members/user_bob/delete`},
		{"/organizations/org_acme/members/user_bob", url.Values{"role": {"org:admin"}}, "Saved."},
		{"/organizations/org_acme/members/user_bob/delete", url.Values{}, "Removed."},
		{"/organizations/org_acme/invitations", url.Values{"email_address": {"new@example.com"}, "role": {"org:member"}}, "new@example.com"},
		{"/webhooks", url.Values{"url": {"http://127.0.0.1:1/hook"}, "events": {"user.created, session.*"}}, "session.*"},
		{"/faults", url.Values{"endpoint": {"GET /v1/jwks"}, "status": {"503"}, "rate": {"0.5"}, "count": {"3"}}, "3 of 3 left"},
		{"/faults/1/delete", url.Values{}, "No fault is on"},
		{"/faults", url.Values{"drop": {"true"}}, "every endpoint"},
		{"/faults/delete", url.Values{}, "No fault is on"},
		{"/clock", url.Values{"freeze": {"true"}}, "It stands still"},
		{"/clock", url.Values{"resume": {"true"}}, "It runs with this machine"},
		{"/clock", url.Values{"advance": {"1h"}}, "3600"},
		{"/tokens", url.Values{"user_id": {"user_ada"}}, "Signed by this instance, and valid."},
		{"/tokens", url.Values{"user_id": {"user_ada"}, "lifetime_seconds": {"-60"}}, "and expired at"},
		{"/tokens", url.Values{"token": {"mt_opaque"}}, "This is not a JWT"},
		{"/sign-in-as", url.Values{"user_id": {"user_ada"}, "redirect_url": {"http://localhost:3000/"}}, "http://localhost:3000/?__clerk_db_jwt="},
		{"/requests/delete", url.Values{}, "No application has asked"},
		{"/outbox/delete", url.Values{}, "Nothing has been sent"},
		{"/organizations/org_acme/delete", url.Values{}, "Deleted."},
		{"/users/user_bob/delete", url.Values{}, "Deleted."},
		{"/reset", url.Values{}, "as it was at the start"},
	} {
		res, page := b.do(t, "POST", tt.path, tt.form)
		if res.StatusCode != http.StatusOK || !strings.Contains(page, tt.want) {
			t.Errorf("%s %v: got %d, want %q in\n%s", tt.path, tt.form, res.StatusCode, tt.want, page)
		}
	}
	sessions := b.Sessions("user_ada")
	if len(sessions) != 0 {
		t.Errorf("after a reset there are sessions: %v", sessions)
	}
	b.SessionToken("user_ada")
	id := b.Sessions("user_ada")[0].ID
	if res, _ := b.do(t, "POST", "/sessions/"+id+"/revoke", url.Values{}); res.StatusCode != http.StatusOK || b.Sessions("user_ada")[0].Status != "revoked" {
		t.Errorf("revoke: got %d %v", res.StatusCode, b.Sessions("user_ada"))
	}
}

// TestFormsSayWhatIsWrong: a refusal is on the page of its form, which keeps what was
// typed and marks the field.
func TestFormsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	for _, tt := range []struct {
		path string
		form url.Values
		want []string
	}{
		{"/users", url.Values{"email_address": {"nobody"}, "first_name": {"Eve"}}, []string{`role="alert"`, `value="nobody"`, `value="Eve"`, `aria-invalid="true"`}},
		{"/users", url.Values{"email_address": {"user_ada@example.com"}}, []string{"taken"}},
		{"/users/user_ada/metadata", url.Values{"public_metadata": {`{"plan": `}}, []string{"must be a JSON object", "{&#34;plan&#34;: "}},
		{"/organizations", url.Values{"slug": {"x"}}, []string{"name is required"}},
		{"/organizations/org_acme/members", url.Values{"user_id": {"user_none"}, "role": {"org:member"}}, []string{"There is no such user"}},
		{"/faults", url.Values{"status": {"9"}}, []string{"a status from 200 to 599", `aria-invalid="true"`}},
		{"/faults", url.Values{"status": {"many"}}, []string{"must be a whole number"}},
		{"/clock", url.Values{"advance": {"soon"}}, []string{"a duration like", `value="soon"`}},
		{"/tokens", url.Values{"user_id": {"user_none"}}, []string{"There is no such user", `value="user_none"`}},
		{"/webhooks", url.Values{"url": {"ftp://x"}}, []string{"an http or https URL", `value="ftp://x"`}},
	} {
		res, page := b.do(t, "POST", tt.path, tt.form)
		for _, want := range tt.want {
			if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page, want) {
				t.Errorf("%s %v: got %d, want %q in\n%s", tt.path, tt.form, res.StatusCode, want, page)
			}
		}
	}
	if res, page := b.do(t, "GET", "/users/user_none", nil); res.StatusCode != http.StatusNotFound || !strings.Contains(page, "User not found") {
		t.Errorf("nobody: got %d\n%s", res.StatusCode, page)
	}
}

// TestOtherSitesCannotUseTheDashboard: neither their forms nor names of theirs.
func TestOtherSitesCannotUseTheDashboard(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	var paths []string
	for _, pattern := range dashboard.New(http.NotFoundHandler()).Patterns() {
		if path, is := strings.CutPrefix(pattern, "POST "); is {
			paths = append(paths, strings.NewReplacer("/users/{id}", "/users/user_ada", "/organizations/{id}", "/organizations/org_acme", "{other}", "user_ada").Replace(path))
		}
	}
	if len(paths) < 30 {
		t.Fatalf("only %d forms: %v", len(paths), paths)
	}
	for _, path := range paths {
		form := url.Values{"user_id": {"user_ada"}, "redirect_url": {"http://localhost/"}}
		if res, page := b.do(t, "POST", path, form, "Origin", "https://evil.example"); res.StatusCode != http.StatusForbidden {
			t.Errorf("a form of another site: %s answers %d\n%s", path, res.StatusCode, page)
		}
		if res, _ := b.do(t, "POST", path, form, "Origin", b.URL(), "Sec-Fetch-Site", "cross-site"); res.StatusCode != http.StatusForbidden {
			t.Errorf("a form that only its browser betrays: %s answers %d", path, res.StatusCode)
		}
		if res, _ := b.do(t, "POST", path, form, "Origin", "http://evil.example", "Host", "evil.example"); res.StatusCode != http.StatusForbidden {
			t.Errorf("a name that was made to point here: %s answers %d", path, res.StatusCode)
		}
	}
	if res, page := b.do(t, "GET", "/users", nil, "Host", "evil.example"); res.StatusCode != http.StatusForbidden || strings.Contains(page, "user_ada") {
		t.Errorf("reading by such a name: %d", res.StatusCode)
	}
	if res, _ := b.do(t, "GET", "/users/user_ada", nil); res.StatusCode != http.StatusOK {
		t.Errorf("the user is gone: %d", res.StatusCode)
	}
}

// TestNothingThatIsShownIsMarkup: names, metadata, addresses, requests and queries that are written like markup are
// shown as text on every page.
func TestNothingThatIsShownIsMarkup(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	const hostile = `"'></textarea></title></script><script>alert(1)</script><img src=x onerror=alert(2)>{{.}}`
	send := func(method, path string, body any) {
		t.Helper()
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		res, text := b.do(t, method, "/_emulator"+path, nil)
		if body != nil {
			req, err := http.NewRequestWithContext(t.Context(), method, b.URL()+"/_emulator"+path, strings.NewReader(string(raw)))
			if err != nil {
				t.Fatal(err)
			}
			if res, err = b.client.Do(req); err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
		}
		if res.StatusCode >= http.StatusBadRequest {
			t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, text)
		}
	}
	type doc = map[string]any
	send("POST", "/seed", doc{
		"users": []doc{{
			"id": "user_x", "first_name": hostile, "last_name": hostile, "username": hostile, "external_id": hostile, "plans": []string{hostile},
			"public_metadata": doc{hostile: hostile}, "private_metadata": doc{hostile: hostile}, "unsafe_metadata": doc{hostile: hostile},
		}},
		"organizations": []doc{{
			"id": "org_x", "name": hostile, "created_by": "user_x", "public_metadata": doc{hostile: hostile}, "private_metadata": doc{hostile: hostile},
		}},
		"roles":     []doc{{"key": "org:x", "name": hostile, "description": hostile}},
		"templates": []doc{{"name": hostile, "claims": doc{hostile: hostile}}},
	})
	send("POST", "/webhooks", doc{"url": "http://127.0.0.1:1/?" + hostile})
	send("POST", "/faults", doc{"endpoint": hostile, "status": 500, "body": hostile})
	send("POST", "/v1/email", doc{"from": doc{"address": "a@example.com"}, "to": doc{"address": "x@example.com"}, "subject": hostile, "html": hostile})
	send("PATCH", "/v1/users/user_x", doc{"first_name": hostile + "2"}) // An event.
	b.do(t, "GET", "/v1/users/"+url.PathEscape(hostile)+"?x="+url.QueryEscape(hostile), nil, "User-Agent", hostile, "Origin", hostile)
	b.SessionToken("user_x")
	for _, path := range []string{
		"/", "/users", "/users/user_x", "/organizations", "/organizations/org_x", "/sessions", "/tokens", "/outbox", "/webhooks", "/requests", "/faults",
		"/users?query=" + url.QueryEscape(hostile), "/requests?query=" + url.QueryEscape(hostile), "/users?done=" + url.QueryEscape(hostile), "/users/" + url.PathEscape(hostile),
	} {
		_, page := b.do(t, "GET", path, nil)
		if strings.Contains(page, "<script>alert") || strings.Contains(page, "<img src=x") {
			t.Errorf("%s shows markup:\n%s", path, page)
		}
		if strings.HasPrefix(path, "/users/user_x") && !strings.Contains(page, "&lt;script&gt;alert(1)") {
			t.Errorf("%s does not show what it should:\n%s", path, page)
		}
	}
	for path, form := range map[string]url.Values{
		"/users": {"email_address": {hostile}, "first_name": {hostile}}, "/tokens": {"token": {hostile}}, "/faults": {"endpoint": {hostile}, "status": {hostile}},
		"/clock": {"freeze": {hostile}}, "/webhooks": {"url": {hostile}}, "/users/user_x/metadata": {"public_metadata": {hostile}}, "/sign-in-as": {"user_id": {hostile}, "redirect_url": {"javascript:alert(1)"}},
	} {
		res, page := b.do(t, "POST", path, form)
		if res.StatusCode < http.StatusBadRequest && path != "/tokens" || strings.Contains(page, "<script>alert") || strings.Contains(page, "<img src=x") {
			t.Errorf("a refused form of %s: %d\n%s", path, res.StatusCode, page)
		}
	}
	if res, _ := b.do(t, "POST", "/sign-in-as", url.Values{"user_id": {"user_x"}, "redirect_url": {"javascript:alert(1)"}}); res.StatusCode < http.StatusBadRequest || res.Header.Get("Refresh") != "" {
		t.Errorf("a script is where a browser is sent: %d %v", res.StatusCode, res.Header)
	}
}

// TestPagesSayWhetherTheyChanged: an open page asks with what it has.
func TestPagesSayWhetherTheyChanged(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	res, _ := b.do(t, "GET", "/users", nil)
	etag := res.Header.Get("ETag")
	if res, _ := b.do(t, "GET", "/users", nil, "If-None-Match", etag); res.StatusCode != http.StatusNotModified {
		t.Errorf("nothing has changed: got %d", res.StatusCode)
	}
	b.AddUser(clerktest.User{ID: "user_new"})
	if res, page := b.do(t, "GET", "/users", nil, "If-None-Match", etag); res.StatusCode != http.StatusOK || !strings.Contains(page, "user_new") {
		t.Errorf("somebody has come: got %d", res.StatusCode)
	}
}
