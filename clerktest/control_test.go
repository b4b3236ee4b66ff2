package clerktest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

// control calls the control API and decodes its answer.
func control(t *testing.T, clerk *clerktest.Server, method, path string, body any, header ...string) (int, map[string]any) {
	t.Helper()
	raw, isText := body.(string)
	if !isText && body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		raw = string(encoded)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, clerk.URL()+"/_emulator"+path, strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	doc := map[string]any{}
	if len(bytes.TrimSpace(text)) > 0 && text[0] == '{' {
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return res.StatusCode, doc
}

// refusedAt returns the code and the parameter of an error.
func refusedAt(doc map[string]any) string {
	list, _ := doc["errors"].([]any)
	if len(list) == 0 {
		return ""
	}
	first, _ := list[0].(map[string]any)
	meta, _ := first["meta"].(map[string]any)
	code, _ := first["code"].(string)
	param, _ := meta["param_name"].(string)
	return strings.TrimSpace(code + " " + param)
}

func TestControlKeepsOtherSitesAway(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t, clerktest.Config{Host: "localhost", RedirectHosts: []string{"app.example"}})
	u, err := url.Parse(clerk.URL())
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		method string
		header []string
		want   int
	}{
		"a program":                        {"POST", nil, 204},
		"the instance's own page":          {"POST", []string{"Origin", clerk.URL(), "Sec-Fetch-Site", "same-origin"}, 204},
		"another name of this machine":     {"POST", []string{"Host", "clerk.localhost:" + u.Port()}, 204},
		"another site's form":              {"POST", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		"another port's page":              {"POST", []string{"Origin", "http://127.0.0.1:1", "Sec-Fetch-Site", "same-site"}, 403},
		"an old browser's form":            {"POST", []string{"Origin", "https://evil.example"}, 403},
		"a page without an origin":         {"POST", []string{"Origin", "null"}, 403},
		"a browser that says only where":   {"POST", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a name made to point here":        {"POST", []string{"Host", "evil.example:" + u.Port()}, 403},
		"reading by a name made to point":  {"GET", []string{"Host", "evil.example"}, 403},
		"a host that pages may be on":      {"GET", []string{"Host", "app.example"}, 403},
		"no host":                          {"GET", []string{"Host", " "}, 403},
		"another site's script that reads": {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "empty"}, 403},
		"an image of another port's page":  {"GET", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Dest", "image"}, 403},
		"a frame of another site's page":   {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe"}, 403},
		"a link of another site's page":    {"GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "document"}, 200},
		"an address that was typed":        {"GET", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Dest", "document"}, 200},
	} {
		path := "/reset"
		if tc.method == "GET" {
			path = "/export"
		}
		if got, _ := control(t, clerk, tc.method, path, nil, tc.header...); got != tc.want {
			t.Errorf("%s: got %d, want %d", name, got, tc.want)
		}
	}
}

// TestBackendAPIKnowsItsNames: a name that was made to point here makes a page's requests those of the same origin. Its
// key is no secret, so that browsers are refused by the name. Servers may use any.
func TestBackendAPIKnowsItsNames(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{ID: "user_ada"}}, RedirectHosts: []string{"app.example"}})
	for name, tc := range map[string]struct {
		host   string
		header []string
		want   int
	}{
		"a server":                      {"", nil, 200},
		"a server by another name":      {"clerk", nil, 200},
		"a page of a name made to":      {"evil.example:80", []string{"Sec-Fetch-Site", "same-origin"}, 403},
		"an old browser's page":         {"evil.example", []string{"Origin", "http://evil.example"}, 403},
		"a host that pages may be on":   {"app.example", []string{"Sec-Fetch-Site", "same-origin"}, 403},
		"a page of this machine's name": {"localhost", []string{"Sec-Fetch-Site", "same-origin"}, 200},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, clerk.URL()+"/v1/users/user_ada", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = tc.host
		req.Header.Set("Authorization", "Bearer "+clerk.SecretKey())
		for i := 0; i+1 < len(tc.header); i += 2 {
			req.Header.Set(tc.header[i], tc.header[i+1])
		}
		res := do(t, plain(t), req)
		if res.StatusCode != tc.want || (tc.want == 403) == strings.Contains(string(res.body), "user_ada@") {
			t.Errorf("%s: got %d, want %d: %s", name, res.StatusCode, tc.want, res.body)
		}
	}
}

func TestControlSignsABrowserIn(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{ID: "user_ada"}}})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	post := func(form url.Values) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, clerk.URL()+"/_emulator/sign-in", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	res := post(url.Values{"user_id": {"user_ada"}, "redirect_url": {"http://localhost:3000/in"}})
	to := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "http://localhost:3000/in?__clerk_db_jwt=dvb_") {
		t.Fatalf("got %d %q", res.StatusCode, to)
	}
	if got := clerk.Sessions("user_ada"); len(got) != 1 || got[0].Status != "active" {
		t.Errorf("sessions: got %v", got)
	}
	for _, form := range []url.Values{
		{"user_id": {"user_ada"}, "redirect_url": {"https://evil.example/"}}, {"user_id": {"user_none"}, "redirect_url": {"http://localhost/"}},
	} {
		if res := post(form); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%v: got %d", form, res.StatusCode)
		}
	}
	_, list := control(t, clerk, "GET", "/sessions?user_id=user_ada", nil)
	if list["total_count"] != 1.0 {
		t.Errorf("sessions: got %v", list)
	}
}

// TestControlWebhooks: a webhook of the control API hears of what happens, and again
// on a replay.
func TestControlWebhooks(t *testing.T) {
	t.Parallel()
	received := make(chan string, 10)
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { received <- r.Header.Get("Svix-Id") }))
	t.Cleanup(app.Close)
	clerk := clerktest.New(t)
	_, hook := control(t, clerk, "POST", "/webhooks", map[string]any{"url": app.URL, "events": []string{"user.*"}})
	if status, doc := control(t, clerk, "POST", "/webhooks", `{"url": "ftp://x"}`); status != 422 || refusedAt(doc) != "form_param_format_invalid url" {
		t.Errorf("a wrong address: got %d %v", status, doc)
	}
	if status, doc := control(t, clerk, "POST", "/v1/users", `{"username": "ada"}`); status != 200 {
		t.Fatalf("user: %d %v", status, doc)
	}
	id := next(t, received)
	var event, delivery map[string]any
	until(t, func() bool { // A replay of what is being sent would be the same request.
		_, list := control(t, clerk, "GET", "/events", nil)
		event, _ = list["data"].([]any)[0].(map[string]any)
		delivery, _ = event["deliveries"].([]any)[0].(map[string]any)
		return delivery["state"] == "delivered"
	})
	if event["id"] != id || event["type"] != "user.created" || delivery["webhook_id"] != hook["id"] {
		t.Errorf("event: got %v", event)
	}
	if status, doc := control(t, clerk, "POST", "/events/"+id+"/replay", nil); status != 204 {
		t.Fatalf("replay: %d %v", status, doc)
	}
	if again := next(t, received); again != id {
		t.Errorf("replayed %s, want %s", again, id)
	}
	if status, _ := control(t, clerk, "POST", "/events/msg_none/replay", nil); status != 404 {
		t.Errorf("replay of nothing: %d", status)
	}
	id, _ = hook["id"].(string)
	if status, _ := control(t, clerk, "DELETE", "/webhooks/"+id, nil); status != 200 {
		t.Errorf("delete: %d", status)
	}
}

// inside returns the object at a path of objects; nil, which cannot be written, without one.
func inside(of map[string]any, path ...string) map[string]any {
	for _, name := range path {
		of, _ = of[name].(map[string]any)
	}
	return of
}

// listed returns the list in an answer.
func listed(answer map[string]any) []any {
	list, _ := answer["data"].([]any)
	return list
}
