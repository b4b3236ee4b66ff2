package clerktest_test

import (
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// fields returns the hidden fields of a page's form.
func fields(res answer) url.Values {
	form := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(string(res.body), -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	return form
}

// person is a browser that is nothing but a cookie jar: no scripts, no headers of
// its own but those of a navigation.
func person(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: navigating{tr}}
}

type navigating struct{ base http.RoundTripper }

func (n navigating) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Sec-Fetch-Dest", "document")
	return n.base.RoundTrip(r)
}

func with(form url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for k, v := range form {
		out[k] = slices.Clone(v)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

func TestPersonSignsInThroughTheHostedPage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config clerktest.Config
		host   string
		format string
	}{
		{name: "development, nonce", config: clerktest.Config{}, host: "localhost", format: "nonce"},
		{name: "development, token", config: clerktest.Config{}, host: "localhost", format: "token"},
		{name: "development, everything on one host", config: clerktest.Config{}, host: "127.0.0.1", format: "nonce"},
		{name: "production, one host", config: clerktest.Config{Production: true}, host: "127.0.0.1", format: "nonce"},
		{
			name: "production, one host, token", config: clerktest.Config{Production: true}, host: "127.0.0.1",
			format: "token",
		},
		{
			name: "production, two names of this machine", config: clerktest.Config{Production: true},
			host: "localhost", format: "nonce",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.config.Users = []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: "correct horse"}}
			s := clerktest.New(t, tt.config)
			a := newApp(t, s, tt.host)
			a.format = tt.format
			c := person(t)

			mustSay(t, get(t, c, a.url+"/cart?a=b%20c"), "signed out")

			q := url.Values{"redirect_url": {a.url + "/cart?a=b%20c"}}
			if id := devBrowserOf(t, c, a.url); id != "" {
				q.Set("__clerk_db_jwt", id)
			}
			page := get(t, c, s.SignInURL()+"?"+q.Encode())
			form := fields(page)
			if page.StatusCode != http.StatusOK || form.Get("redirect_url") != a.url+"/cart?a=b%20c" {
				t.Fatalf("sign-in page answered %d with fields %v", page.StatusCode, form)
			}

			wrong := postForm(t, c, s.SignInURL(), with(form, "identifier", "ada@example.com", "password", "wrong horse"))
			text := string(wrong.body)
			if wrong.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, `role="alert"`) || !strings.Contains(text, `value="ada@example.com"`) {
				t.Fatalf("wrong password answered %d:\n%s", wrong.StatusCode, text)
			}
			if strings.Contains(text, "wrong horse") {
				t.Error("the page shows the password")
			}

			in := postForm(t, c, s.SignInURL(), with(fields(wrong), "identifier", " ADA@example.com ", "password", "correct horse"))
			mustSay(t, in, "signed in as user_ada for "+a.url)
			if got := in.Request.URL.RequestURI(); got != "/cart?a=b+c" && got != "/cart?a=b%20c" {
				t.Errorf("came back to %s", got)
			}
			mustSay(t, get(t, c, a.url+"/again"), "signed in as user_ada for "+a.url)

			q = url.Values{"redirect_url": {a.url + "/bye"}}
			if id := devBrowserOf(t, c, a.url); id != "" {
				q.Set("__clerk_db_jwt", id)
			}
			if out := get(t, c, s.SignOutURL()+"?"+q.Encode()); !strings.HasPrefix(string(out.body), "signed out") || out.Request.URL.Path != "/bye" {
				t.Errorf("after signing out, %s answered %d %s", out.Request.URL, out.StatusCode, out.body)
			}
			mustSay(t, get(t, c, a.url+"/again"), "signed out")
			if got := s.Sessions("user_ada"); len(got) != 1 || got[0].Status != "removed" {
				t.Errorf("sessions %+v, want one that is removed", got)
			}
		})
	}
}

func TestSignInForm(t *testing.T) {
	t.Parallel()
	const back = "http://localhost:3000/p"
	tests := []struct {
		name     string
		change   func(form url.Values)
		headers  map[string]string
		noCookie bool
		status   int
		says     string
	}{
		{name: "the right password", change: func(url.Values) {}, status: http.StatusSeeOther},
		{name: "a username", change: func(f url.Values) { f.Set("identifier", "ada") }, status: http.StatusSeeOther},
		{name: "a code, for who has no password", change: func(f url.Values) { f.Set("identifier", "bob@example.com"); f.Set("password", clerktest.SignInCode) }, status: http.StatusSeeOther},
		{name: "a code, for who has a password", change: func(f url.Values) { f.Set("password", clerktest.SignInCode) }, status: http.StatusUnprocessableEntity, says: "is not right"},
		{name: "nobody", change: func(f url.Values) { f.Set("identifier", "eve@example.com") }, status: http.StatusUnprocessableEntity, says: "is not right"},
		{name: "an empty password", change: func(f url.Values) { f.Set("password", "") }, status: http.StatusUnprocessableEntity, says: "is not right"},
		{name: "an empty form", change: func(f url.Values) { f.Del("identifier"); f.Del("password") }, status: http.StatusUnprocessableEntity, says: "is not right"},
		{name: "somebody who is banned", change: func(f url.Values) { f.Set("identifier", "mal@example.com") }, status: http.StatusUnprocessableEntity, says: "is not right"},
		{name: "no form token", change: func(f url.Values) { f.Del("form_token") }, status: http.StatusForbidden, says: "out of date"},
		{name: "a form for another dev browser", change: func(f url.Values) { f.Set("__clerk_db_jwt", "dvb_attacker") }, status: http.StatusForbidden, says: "out of date"},
		{name: "a form without its cookie", change: func(url.Values) {}, noCookie: true, status: http.StatusForbidden, says: "out of date"},
		{name: "a post from another site", change: func(url.Values) {}, headers: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: http.StatusForbidden, says: "out of date"},
		{name: "a post from another origin", change: func(url.Values) {}, headers: map[string]string{"Origin": "http://evil.test"}, status: http.StatusForbidden, says: "out of date"},
		{name: "a return address that is not allowed", change: func(f url.Values) { f.Set("redirect_url", "https://evil.example.com/") }, status: http.StatusBadRequest, says: "not allowed"},
		{name: "a return address from the fragment", change: func(f url.Values) { f.Set("redirect_url", "http://app.test/x") }, status: http.StatusSeeOther},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t, clerktest.Config{Users: []clerktest.User{
				{Email: "ada@example.com", Username: "ada", Password: "correct horse"}, {Email: "bob@example.com"}, {Email: "mal@example.com", Password: "correct horse", Banned: true},
			}})
			c := noFollow(person(t))
			form := with(fields(get(t, c, s.SignInURL()+"?redirect_url="+url.QueryEscape(back))), "identifier", "ada@example.com", "password", "correct horse")
			tt.change(form)
			if tt.noCookie {
				c.Jar = nil
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.SignInURL(), strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for k, v := range tt.headers {
				req.Header.Set(k, v)
			}
			res := do(t, c, req)
			if res.StatusCode != tt.status || !strings.Contains(string(res.body), tt.says) {
				t.Fatalf("answered %d, want %d and %q:\n%s", res.StatusCode, tt.status, tt.says, res.body)
			}
			signedIn := false
			for _, sess := range s.Sessions("") {
				signedIn = signedIn || sess.Status == "active"
			}
			if signedIn != (tt.status == http.StatusSeeOther) {
				t.Errorf("signed in: %t", signedIn)
			}
			if location := res.Header.Get("Location"); signedIn && (!strings.HasPrefix(location, form.Get("redirect_url")+"?__clerk_db_jwt=dvb_") || strings.Contains(location, "evil")) {
				t.Errorf("Location %q", location)
			}
		})
	}
}

func TestPagesAreReadable(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{Hint: "Try ada & co"})
	for _, path := range []string{"/", "/sign-in", "/sign-up", "/sign-in/create", "/sign-in/tasks"} {
		res := get(t, person(t), s.URL()+path+"?redirect_url="+url.QueryEscape(`http://localhost/"><script>alert(1)</script>`))
		text := string(res.body)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s answered %d %s", path, res.StatusCode, res.Header.Get("Content-Type"))
		}
		for _, want := range []string{`<html lang="en">`, `name="viewport"`, "<h1>", "prefers-color-scheme: dark", "<title>"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
		if strings.Contains(text, "<script>alert") {
			t.Errorf("%s does not escape redirect_url", path)
		}
		for _, m := range regexp.MustCompile(`<input id="([a-z_]+)"`).FindAllStringSubmatch(text, -1) {
			if !strings.Contains(text, `<label for="`+m[1]+`">`) {
				t.Errorf("%s: field %s has no label", path, m[1])
			}
		}
		csp := res.Header.Get("Content-Security-Policy")
		nonce := regexp.MustCompile(`script-src 'nonce-([0-9a-f]+)'`).FindStringSubmatch(csp)
		if nonce == nil || strings.Count(text, `nonce="`+nonce[1]+`"`) != 2 || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s has policy %q", path, csp)
		}
	}
	text := string(get(t, person(t), s.SignInURL()).body)
	order := []int{strings.Index(text, "<h1>"), strings.Index(text, `id="identifier"`), strings.Index(text, `id="password"`), strings.Index(text, "<button"), strings.Index(text, "<nav")}
	if !slices.IsSorted(order) || order[0] < 0 || !strings.Contains(text, "Try ada &amp; co") {
		t.Errorf("the sign-in page's parts are at %v, or the hint is missing", order)
	}
}

func TestSignUpPage(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{Email: "ada@example.com"}}})
	a := newApp(t, s, "localhost")
	c := person(t)
	form := fields(get(t, c, s.SignUpURL()+"?redirect_url="+url.QueryEscape(a.url+"/")))
	for name, pairs := range map[string][]string{
		"an address that is taken": {"email_address", "ADA@example.com", "password", "long enough"},
		"no address":               {"email_address", "ada", "password", "long enough"},
		"a short password":         {"email_address", "new@example.com", "password", "short"},
	} {
		res := postForm(t, c, s.SignUpURL(), with(form, pairs...))
		if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(res.body), `role="alert"`) || !strings.Contains(string(res.body), `value="`+pairs[1]+`"`) {
			t.Errorf("%s answered %d:\n%s", name, res.StatusCode, res.body)
		}
	}
	res := postForm(t, c, s.SignUpURL(), with(form, "email_address", "new@example.com", "password", "long enough", "form_token", "x"))
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("a forged form answered %d, want 403", res.StatusCode)
	}
	res = postForm(t, c, s.SignUpURL(), with(form, "email_address", "new@example.com", "password", "long enough", "first_name", "New"))
	if !strings.HasPrefix(string(res.body), "signed in as user_") {
		t.Errorf("sign-up ended with %d %s", res.StatusCode, res.body)
	}
	var users []struct {
		FirstName string `json:"first_name"`
	}
	call(t, s, http.MethodGet, "/v1/users?email_address=new@example.com", nil, &users)
	if len(users) != 1 || users[0].FirstName != "New" {
		t.Errorf("users %+v, want the new one", users)
	}
}

func TestSignedInPersonIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	a := newApp(t, s, "localhost")
	c := s.Client(t, "user_ada", a.url)
	q := url.Values{"redirect_url": {a.url + "/p"}, "__clerk_db_jwt": {devBrowserOf(t, c, a.url)}}
	text := string(get(t, c, s.SignInURL()+"?"+q.Encode()).body)
	link := regexp.MustCompile(`<a class="button" href="([^"]+)">Continue`).FindStringSubmatch(text)
	if link == nil || strings.Contains(text, "<form") || !strings.Contains(text, "Ada") {
		t.Fatalf("the page is\n%s", text)
	}
	mustSay(t, get(t, c, html.UnescapeString(link[1])), "signed in as user_ada for "+a.url)
}

func TestSignOutAsksWhenAForeignPageCauses(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	a := newApp(t, s, "localhost")
	for name, tt := range map[string]struct {
		headers map[string]string
		ends    bool
	}{
		"an image on a foreign page": {
			headers: map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"},
		},
		"a foreign page's script": {
			headers: map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"},
		},
		"a link that a person followed": {
			headers: map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1"},
			ends:    true,
		},
		"an address typed by hand": {ends: true},
	} {
		c := noFollow(s.Client(t, "user_ada", a.url))
		sent := headers{c.Transport, tt.headers}
		c.Transport = sent
		before := len(active(s))
		res := get(t, c, s.SignOutURL()+"?redirect_url="+url.QueryEscape(a.url))
		if ended := len(active(s)) < before; ended != tt.ends {
			t.Errorf("%s: answered %d, session ended: %t", name, res.StatusCode, ended)
		}
		if tt.ends {
			continue
		}
		sent.set["Sec-Fetch-Site"] = "same-origin"
		if res = postForm(t, c, s.SignOutURL(), url.Values{}); res.StatusCode != http.StatusForbidden || len(active(s)) != before {
			t.Errorf("%s: a forged form answered %d", name, res.StatusCode)
		}
		if res = postForm(t, c, s.SignOutURL(), fields(res)); res.StatusCode != http.StatusSeeOther || len(active(s)) != before-1 {
			t.Errorf("%s: the form answered %d", name, res.StatusCode)
		}
	}
}

// headers sets headers of its own on every request.
type headers struct {
	base http.RoundTripper
	set  map[string]string
}

func (h headers) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for k, v := range h.set {
		r.Header.Set(k, v)
	}
	return h.base.RoundTrip(r)
}

func active(s *clerktest.Server) []clerktest.Session {
	return slices.DeleteFunc(s.Sessions(""), func(x clerktest.Session) bool { return x.Status != "active" && x.Status != "pending" })
}

func TestPendingPersonChoosesAnOrganization(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	a := newApp(t, s, "localhost")
	c := s.Client(t, "user_ada", a.url)
	s.RequireTask("user_ada", "choose-organization")
	if got := active(s); len(got) != 1 || got[0].Status != "pending" {
		t.Fatalf("sessions %+v, want one that is pending", got)
	}
	q := url.Values{"redirect_url": {a.url + "/p"}, "__clerk_db_jwt": {devBrowserOf(t, c, a.url)}}
	page := get(t, c, s.SignInURL()+"/tasks?"+q.Encode())
	if !strings.Contains(string(page.body), `value="org_acme"`) || !strings.Contains(string(page.body), "<legend>") {
		t.Fatalf("the page is\n%s", page.body)
	}
	res := postForm(t, c, s.SignInURL()+"/tasks", with(fields(page), "organization_id", "org_other"))
	if res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a foreign organization answered %d, want 422", res.StatusCode)
	}
	res = postForm(t, c, s.SignInURL()+"/tasks", with(fields(page), "organization_id", "org_acme"))
	mustSay(t, res, "signed in as user_ada in org_acme for "+a.url)
	if got := active(s); got[0].Status != "active" {
		t.Errorf("the session is %s, want active", got[0].Status)
	}
}

func TestStandInAppFallsOutOfALoop(t *testing.T) {
	t.Parallel()
	// A browser that loses client_uat on every hop is the loop that a Strict cookie
	// would cause; the count of redirects ends it. With the clock it starts anew.
	s := seeded(t)
	a := newApp(t, s, "localhost")
	c := s.Client(t, "user_ada", a.url)
	s.Inject("GET /v1/clients/handshake_payload", clerktest.Fault{Status: http.StatusOK, Body: []byte(`{"directives":[]}`)})
	u, err := url.Parse(a.url)
	if err != nil {
		t.Fatal(err)
	}
	c.Jar.SetCookies(u, []*http.Cookie{{Name: "__client_uat", MaxAge: -1, Path: "/"}, {Name: "__client_uat_" + s.CookieSuffix(), MaxAge: -1, Path: "/"}})
	for range 2 {
		s.ResetRequests()
		mustSay(t, get(t, c, a.url), "signed out: session-token-but-no-client-uat")
		if got := s.Requests("GET /v1/client/handshake"); got != 3 {
			t.Errorf("%d handshakes, want 3", got)
		}
		s.Clock().Advance(2 * time.Second)
	}
}
