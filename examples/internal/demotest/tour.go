package demotest

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/examples/internal/demo"
)

// pages are those of the tour, besides that of one organization.
var pages = []string{"/", "/dashboard", "/orgs", "/me", "/me/tokens", "/tokens", "/tokens?template=ledger", "/machines", "/step-up", "/tenants", "/webhooks", "/break", "/sign-out"}

var link = regexp.MustCompile(`(?:href|src)="([^"]*)"`)

func everyPage(t *testing.T, d *demo.Demo) {
	t.Helper()
	for _, visitor := range []struct {
		id    string
		admin bool
		orgs  []string
	}{
		{"user_ada", true, []string{"acme", "engines"}}, {"user_grace", false, []string{"acme"}}, {"user_alan", false, nil}, {"", false, nil},
	} {
		client := d.Clerk.Browser(t)
		if visitor.id != "" {
			client = d.Clerk.Client(t, visitor.id, d.URL)
		}
		signedOut := visitor.id == ""
		seen := map[string]bool{}
		look := func(path string, status int) answer {
			t.Helper()
			d.Clerk.Clock().Advance(3 * time.Second) // The browser forgets how often it was redirected.
			page := get(t, client, d.URL+path)
			if signedOut && status == http.StatusOK && page.url.Path == "/sign-in" {
				return page // At Clerk.
			}
			wantShown(t, page, status)
			for _, found := range link.FindAllStringSubmatch(page.body, -1) {
				if target := html.UnescapeString(found[1]); strings.HasPrefix(target, "/") && !seen[target] && target != "/sign-in" && target != "/sign-up" {
					seen[target] = true
				}
			}
			return page
		}
		for _, path := range pages {
			look(path, http.StatusOK)
		}
		for _, slug := range visitor.orgs {
			wantShown(t, look("/orgs/"+slug, http.StatusOK), http.StatusOK, "Members", "org:")
			wantShown(t, look("/orgs/"+slug+"/tokens", http.StatusOK), http.StatusOK, slug)
		}
		if visitor.admin {
			look("/admin", http.StatusOK)
		}
		if !signedOut {
			wantShown(t, look("/orgs/globex", http.StatusNotFound), http.StatusNotFound, "No such organization", "Those that you can work in")
			absent := look("/nowhere", http.StatusNotFound)
			wantShown(t, absent, http.StatusNotFound, "There is nothing here", "Home</a>")
			if !visitor.admin {
				sameAnswer(t, look("/admin", http.StatusNotFound), absent)
			}
		}
		// No link of any page leads nowhere.
		for target := range seen {
			if target != "/orgs/globex" {
				look(target, http.StatusOK)
			}
		}
		if visitor.admin {
			for _, want := range []string{"/dashboard", "/orgs", "/orgs/acme", "/admin", "/tokens", "/machines", "/step-up", "/tenants", "/webhooks", "/break", "/api/me"} {
				if !seen[want] {
					t.Errorf("no link leads to %s", want)
				}
			}
		}
	}
}

// sameAnswer reports what tells a hidden page from an absent one.
func sameAnswer(t *testing.T, hidden, absent answer) {
	t.Helper()
	if hidden.body != absent.body {
		t.Error("the page of a hidden route is another one than that of an absent route")
	}
	for _, name := range slices.Sorted(maps.Keys(hidden.header)) {
		if got, want := hidden.header[name], absent.header[name]; !slices.Equal(got, want) && name != "Date" && name != "Set-Cookie" {
			t.Errorf("a hidden route answers %s: %q, an absent one %q", name, got, want)
		}
	}
	for name := range absent.header {
		if _, there := hidden.header[name]; !there {
			t.Errorf("an absent route has a header %s, a hidden one has not", name)
		}
	}
}

func organizations(t *testing.T, d *demo.Demo) {
	t.Helper()
	ada := d.Clerk.Client(t, "user_ada", d.URL)
	wantShown(t, get(t, ada, d.URL+"/me"), http.StatusOK, "Personal account")
	wantShown(t, get(t, ada, d.URL+"/dashboard"), http.StatusOK, "none is active")
	page := get(t, ada, d.URL+"/orgs/acme")
	wantShown(t, page, http.StatusOK, "<h1>Acme</h1>", "org:admin", "Grace Hopper", "Rocket skates")
	wantShown(t, get(t, ada, d.URL+"/dashboard"), http.StatusOK, "Projects of acme", "Rocket skates")
	wantShown(t, submit(t, ada, page, url.Values{"name": {"Bird seed"}}), http.StatusOK, "The project is there", "Bird seed")
	wantShown(t, submit(t, ada, page, url.Values{"name": {" "}}), http.StatusUnprocessableEntity, "Not done")

	d.Clerk.Clock().Advance(3 * time.Second) // The browser forgets how often it was redirected.
	wantShown(t, get(t, ada, d.URL+"/orgs/engines"), http.StatusOK, "<h1>Analytical Engines</h1>", "org:member", "Difference engine", "which your role has not")
	// A form that was shown for another organization than the active one changes nothing.
	wantShown(t, submit(t, ada, page, url.Values{"name": {"In the wrong place"}}), http.StatusNotFound)
	if home := get(t, ada, d.URL+"/orgs/engines"); strings.Contains(home.body, "In the wrong place") {
		t.Error("a project was added to another organization than its form named")
	}
	d.Clerk.Clock().Advance(3 * time.Second)
	wantShown(t, get(t, ada, d.URL+"/orgs/globex"), http.StatusNotFound, "No such organization", "engines")
	wantShown(t, get(t, ada, d.URL+"/me"), http.StatusOK, "Personal account", "Notes on the engine")
	wantShown(t, get(t, ada, d.URL+"/dashboard"), http.StatusOK, "none is active")
}

func metadata(t *testing.T, d *demo.Demo) {
	t.Helper()
	ada, grace := d.Clerk.Client(t, "user_ada", d.URL), d.Clerk.Client(t, "user_grace", d.URL)
	all := get(t, ada, d.URL+"/admin")
	wantShown(t, all, http.StatusOK, "Ada Lovelace", "Grace Hopper", "Alan Turing", "This is you")
	found := get(t, ada, d.URL+"/admin?query=grace")
	wantShown(t, found, http.StatusOK, "Grace Hopper", `value="grace"`)
	if strings.Contains(found.body, "Alan Turing") {
		t.Error("the search shows who was not searched for")
	}
	wantShown(t, get(t, ada, d.URL+"/admin?query=%3Cscript%3E"), http.StatusOK, "Nobody is called", "&lt;script&gt;")

	form := func(id, role string) url.Values { return url.Values{"user_id": {id}, "role": {role}} }
	wantShown(t, submitTo(t, ada, found, "/admin/role", form("user_ada", "moderator")), http.StatusConflict, "your own role")
	wantShown(t, submitTo(t, ada, found, "/admin/role", form("user_grace", "owner")), http.StatusUnprocessableEntity, "no such role")
	wantShown(t, get(t, grace, d.URL+"/admin"), http.StatusNotFound, "There is nothing here")
	wantShown(t, submitTo(t, ada, found, "/admin/role", form("user_grace", "admin")), http.StatusOK, "The role is set")
	d.Clerk.Clock().Advance(61 * time.Second) // Her token is renewed.
	theirs := get(t, grace, d.URL+"/admin")
	wantShown(t, theirs, http.StatusOK, "<h1>Admin</h1>")
	wantShown(t, submitTo(t, grace, theirs, "/admin/role/remove", url.Values{"user_id": {"user_grace"}}), http.StatusConflict, "your own role")
	wantShown(t, submitTo(t, grace, theirs, "/admin/role/remove", url.Values{"user_id": {"user_ada"}}), http.StatusOK, "The role is removed")
	d.Clerk.Clock().Advance(61 * time.Second)
	wantShown(t, get(t, ada, d.URL+"/admin"), http.StatusNotFound)
	// Whoever is no admin any more cannot use a form that is still open.
	wantShown(t, submitTo(t, ada, found, "/admin/role", form("user_alan", "admin")), http.StatusNotFound)
}

// foreignForms sends each form of the tour as a page of another site would.
func foreignForms(t *testing.T, d *demo.Demo) {
	t.Helper()
	ada := d.Clerk.Client(t, "user_ada", d.URL)
	wantShown(t, get(t, ada, d.URL+"/admin"), http.StatusOK)
	for path, fields := range map[string]string{
		"/admin/role": "user_id=user_grace&role=admin", "/admin/role/remove": "user_id=user_grace", "/sign-out": "", "/machines": "name=key",
		"/step-up/delete": "project_id=prj_1", "/webhooks/try": "", "/break/down": "", "/tenants/sign-out": "", "/orgs/acme/projects": "name=x",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+path, strings.NewReader(fields))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "http://evil.test")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		wantShown(t, do(t, ada, req), http.StatusForbidden, "came from elsewhere")
	}
	wantShown(t, get(t, ada, d.URL+"/"), http.StatusOK, "Hello, Ada Lovelace")
}

func machines(t *testing.T, d *demo.Demo) {
	t.Helper()
	ada := d.Clerk.Client(t, "user_ada", d.URL)
	page := get(t, ada, d.URL+"/machines")
	wantShown(t, page, http.StatusOK, "No keys yet")
	wantShown(t, submitTo(t, ada, page, "/machines", url.Values{"name": {""}}), http.StatusUnprocessableEntity, "A key needs a name")
	made := submitTo(t, ada, page, "/machines", url.Values{"name": {"nightly"}, "reports:read": {"yes"}})
	wantShown(t, made, http.StatusOK, "“nightly” is made", "curl -i "+d.URL+"/api/reports")
	key := regexp.MustCompile(`export KEY=(\S+?)<`).FindStringSubmatch(made.body)
	if key == nil {
		t.Fatalf("no key in\n%s", made.body)
	}
	bearer := "Bearer " + html.UnescapeString(key[1])
	client := script(t)
	report := get(t, client, d.URL+"/api/reports", "Authorization", bearer)
	wantShown(t, report, http.StatusOK, "nightly", "user_ada", "reports:read")
	if !json.Valid([]byte(report.body)) {
		t.Errorf("no JSON: %s", report.body)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+"/api/reports", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", bearer)
	if got := do(t, client, req); got.status < 400 {
		t.Errorf("a key without the scope is answered %d", got.status)
	}
	wantShown(t, get(t, client, d.URL+"/api/me", "Authorization", bearer), http.StatusNotFound)

	list := get(t, ada, d.URL+"/machines")
	if strings.Contains(list.body, html.UnescapeString(key[1])) {
		t.Error("the page shows the secret again")
	}
	grace := d.Clerk.Client(t, "user_grace", d.URL)
	theirs := submitTo(t, grace, get(t, grace, d.URL+"/machines"), "/machines", url.Values{"name": {"hers"}})
	foreign := regexp.MustCompile(`name="key_id" value="([^"]*)"`).FindStringSubmatch(theirs.body)
	if foreign == nil {
		t.Fatalf("no key in\n%s", theirs.body)
	}
	wantShown(t, submitTo(t, ada, list, "/machines/revoke", url.Values{"key_id": {foreign[1]}}), http.StatusNotFound, "You have no such key")
	wantShown(t, submitTo(t, ada, list, "/machines/revoke", nil), http.StatusOK, "The key is revoked", "No keys yet")
}

func stepUp(t *testing.T, d *demo.Demo) {
	t.Helper()
	browser := d.Clerk.Browser(t)
	submit(t, browser, get(t, browser, d.URL+"/sign-in"), credentials("ada@example.com", "ada-password"))
	page := get(t, browser, d.URL+"/step-up")
	wantShown(t, page, http.StatusOK, "Rocket skates", "less than a minute ago")
	page = submitTo(t, browser, page, "/step-up/delete", nil)
	wantShown(t, page, http.StatusOK, "The project is deleted", "Giant magnet")
	if strings.Contains(page.body, "Rocket skates") {
		t.Error("it is still there")
	}
	page = submitTo(t, browser, page, "/step-up/wait", nil)
	wantShown(t, page, http.StatusOK, "Eleven minutes have passed", "11 minutes ago")
	page = submitTo(t, browser, page, "/step-up/delete", nil)
	wantShown(t, page, http.StatusOK, "Confirm that it is you", "Nothing was deleted", "Giant magnet")
	verify := regexp.MustCompile(`href="([^"]*/verify[^"]*)"`).FindStringSubmatch(page.body)
	if verify == nil {
		t.Fatalf("no link to confirm in\n%s", page.body)
	}
	asked := get(t, browser, html.UnescapeString(verify[1]))
	wantShown(t, asked, http.StatusOK, "<h1>Confirm that it is you</h1>")
	page = submit(t, browser, asked, url.Values{"password": {"ada-password"}})
	wantShown(t, page, http.StatusOK, "less than a minute ago")
	wantShown(t, submitTo(t, browser, page, "/step-up/delete", nil), http.StatusOK, "The project is deleted")
}

func webhooks(t *testing.T, d *demo.Demo) {
	t.Helper()
	ada := d.Clerk.Client(t, "user_ada", d.URL)
	page := get(t, ada, d.URL+"/webhooks")
	wantShown(t, submitTo(t, ada, page, "/webhooks/forge", nil), http.StatusOK, "answered 400")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL+"/webhooks/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := ada.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("got %s: %s", res.Status, got)
	}
	wantShown(t, submitTo(t, ada, page, "/webhooks/try", nil), http.StatusOK, "A user was created")
	var stream strings.Builder
	for buffer := make([]byte, 4096); !strings.Contains(stream.String(), "user.created"); {
		n, err := res.Body.Read(buffer)
		if err != nil {
			t.Fatalf("%v after\n%s", err, stream.String())
		}
		stream.Write(buffer[:n])
	}
	wantShown(t, get(t, ada, d.URL+"/webhooks"), http.StatusOK, "user.created", "verified")
	if strings.Contains(stream.String(), "msg_forged") {
		t.Error("the forgery is in the list")
	}
}

func breaking(t *testing.T, d *demo.Demo) {
	t.Helper()
	browser := d.Clerk.Browser(t)
	submit(t, browser, get(t, browser, d.URL+"/sign-in"), credentials("ada@example.com", "ada-password"))
	for _, tc := range []struct {
		name string
		want []string
	}{
		{"expire", []string{"307", ", to Clerk", "404 Not Found", "has expired"}},
		{"forge", []string{"signature is wrong"}},
		{"swap", []string{"different instances"}},
		{"skew", []string{"clocks of this machine and of Clerk differ", "broken for everybody"}},
		{"down", []string{"200 OK", "503 Service Unavailable", "broken for everybody"}},
	} {
		page := get(t, browser, d.URL+"/break")
		page = submitTo(t, browser, page, "/break/"+tc.name, nil)
		wantShown(t, page, http.StatusOK, tc.want...)
		if strings.Contains(page.body, "eyJ") {
			t.Errorf("%s: the page shows a token", tc.name)
		}
		page = submitTo(t, browser, page, "/break/undo", nil)
		wantShown(t, page, http.StatusOK, "Everything is whole again")
		d.Clerk.Clock().Advance(3 * time.Second) // The browser forgets how often it was redirected.
		wantShown(t, get(t, browser, d.URL+"/dashboard"), http.StatusOK, "Ada Lovelace")
	}
	wantShown(t, submitTo(t, browser, answer{url: must(url.Parse(d.URL + "/break")), body: strings.ReplaceAll(get(t, browser, d.URL+"/break").body, "/break/skew", "/break/nothing")}, "/break/nothing", nil),
		http.StatusNotFound, "no such switch")
	if !slices.ContainsFunc(d.Clerk.Sessions("user_ada"), func(s clerktest.Session) bool { return s.Status == "active" }) {
		t.Error("Ada was signed out")
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(fmt.Sprint("an address of this test: ", err))
	}
	return value
}
