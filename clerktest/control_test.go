package clerktest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

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
	clerk := clerktest.New(t)
	u, err := url.Parse(clerk.URL())
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		method string
		header []string
		want   int
	}{
		"a program":                       {"POST", nil, 204},
		"the instance's own page":         {"POST", []string{"Origin", clerk.URL(), "Sec-Fetch-Site", "same-origin"}, 204},
		"another name of this machine":    {"POST", []string{"Host", "clerk.localhost:" + u.Port()}, 204},
		"another site's form":             {"POST", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		"another port's page":             {"POST", []string{"Origin", "http://127.0.0.1:1", "Sec-Fetch-Site", "same-site"}, 403},
		"an old browser's form":           {"POST", []string{"Origin", "https://evil.example"}, 403},
		"a page without an origin":        {"POST", []string{"Origin", "null"}, 403},
		"a browser that says only where":  {"POST", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a name made to point here":       {"POST", []string{"Host", "evil.example:" + u.Port()}, 403},
		"reading by a name made to point": {"GET", []string{"Host", "evil.example"}, 403},
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

func TestControlResetPutsTheInstanceToItsStart(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t, clerktest.Config{
		Users:         []clerktest.User{{ID: "user_ada", FirstName: "Ada"}},
		Organizations: []clerktest.Organization{{ID: "org_acme", Members: []clerktest.Member{{UserID: "user_ada"}}}},
		Templates:     []clerktest.Template{{Name: "api", Claims: map[string]any{"x": 1}}},
	})
	seed := func(id string) map[string]any {
		return map[string]any{"users": []any{map[string]any{"id": id, "username": id}}}
	}
	if status, doc := control(t, clerk, "POST", "/seed?keep=true", seed("user_kept")); status != 204 {
		t.Fatalf("seed: %d %v", status, doc)
	}
	if status, doc := control(t, clerk, "POST", "/seed", seed("user_gone")); status != 204 {
		t.Fatalf("seed: %d %v", status, doc)
	}
	clerk.AddUser(clerktest.User{ID: "user_ada", FirstName: "Changed"})
	clerk.SessionToken("user_ada")
	clerk.Inject("GET /v1/jwks", clerktest.Fault{Status: 500})
	clerk.Clock().Advance(time.Hour)
	if status, doc := control(t, clerk, "POST", "/reset", nil); status != 204 {
		t.Fatalf("reset: %d %v", status, doc)
	}
	for path, want := range map[string]int{"/v1/users/user_ada": 200, "/v1/users/user_kept": 200, "/v1/users/user_gone": 404, "/v1/organizations/org_acme": 200, "/v1/jwks": 200} {
		if got, _ := control(t, clerk, "GET", path, nil); got != want {
			t.Errorf("%s: got %d, want %d", path, got, want)
		}
	}
	if _, doc := control(t, clerk, "GET", "/v1/users/user_ada", nil); doc["first_name"] != "Ada" {
		t.Errorf("first_name: got %v", doc["first_name"])
	}
	if n := len(clerk.Sessions("")); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	if _, doc := control(t, clerk, "GET", "/faults", nil); doc["total_count"] != 0.0 {
		t.Errorf("faults: got %v", doc)
	}
	if _, doc := control(t, clerk, "GET", "/clock", nil); doc["offset_seconds"] != 0.0 || doc["frozen"] != false {
		t.Errorf("clock: got %v", doc)
	}
}

func TestControlSeedNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	user := func(more map[string]any) map[string]any {
		doc := map[string]any{"email_address": "x@example.com"}
		maps.Copy(doc, more)
		return map[string]any{"users": []any{map[string]any{"username": "first"}, doc}}
	}
	for name, tc := range map[string]struct {
		seed map[string]any
		want string
	}{
		"a setting that is none": {map[string]any{"organization_settings": map[string]any{"colour": "red"}}, "seed_invalid organization_settings.colour"},
		"a list of settings":     {map[string]any{"organization_settings": []any{map[string]any{"enabled": true}}}, "seed_invalid organization_settings"},
		"an unknown list":        {map[string]any{"people": []any{}}, "seed_invalid people"},
		"no list":                {map[string]any{"users": "ada"}, "seed_invalid users"},
		"no object":              {map[string]any{"users": []any{"ada"}}, "seed_invalid users[0]"},
		"an unknown field":       {user(map[string]any{"nickname": "x"}), "seed_invalid users[1].nickname"},
		"a wrong type":           {user(map[string]any{"first_name": []any{}}), "seed_invalid users[1].first_name"},
		"a wrong address":        {user(map[string]any{"email_address": "nobody"}), "seed_invalid users[1].email_address"},
		"a short password":       {user(map[string]any{"password": "x"}), "seed_invalid users[1].password"},
		"a name that is taken":   {user(map[string]any{"username": "first"}), "seed_invalid users[1].username"},
		"an id that is taken":    {user(map[string]any{"id": "user_ada"}), "seed_invalid users[1].id"},
		"a missing field":        {map[string]any{"organizations": []any{map[string]any{"slug": "x"}}}, "seed_invalid organizations[0]"},
		"a member who is nobody": {map[string]any{"organizations": []any{map[string]any{"name": "X", "members": []any{map[string]any{"user_id": "nobody@example.com"}}}}}, "seed_invalid organizations[0].members[0].user_id"},
		"a role that is none":    {map[string]any{"organizations": []any{map[string]any{"name": "X", "members": []any{map[string]any{"user_id": "user_ada", "role": "org:boss"}}}}}, "seed_invalid organizations[0].members[0].role"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clerk := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{ID: "user_ada"}}})
			status, doc := control(t, clerk, "POST", "/seed", tc.seed)
			if got := refusedAt(doc); status != 422 || got != tc.want {
				t.Errorf("got %d %q, want 422 %q: %v", status, got, tc.want, doc)
			}
			if _, count := control(t, clerk, "GET", "/v1/users/count", nil); count["total_count"] != 1.0 {
				t.Errorf("after a refused seed there are %v users, want 1", count["total_count"])
			}
		})
	}
}

func TestControlSeedMakesWhatItLists(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t)
	status, doc := control(t, clerk, "POST", "/seed", `{
		"permissions": [{"key": "org:invoices:read", "name": "Read invoices"}],
		"roles": [{"key": "org:billing", "name": "Billing", "permissions": ["org:invoices:read"]}],
		"users": [{"id": "user_ada", "email_address": "ada@example.com", "password": "correct-horse", "first_name": "Ada", "plans": ["pro"], "public_metadata": {"a": 1}}],
		"organizations": [{"id": "org_acme", "name": "Acme", "created_by": "ada@example.com", "features": ["reports"]},
			{"name": "Beta", "members": [{"user_id": "ada@example.com", "role": "org:billing", "permissions": ["org:extra:read"]}]}],
		"templates": [{"name": "api", "claims": {"name": "{{user.first_name}}"}}]
	}`)
	if status != 204 {
		t.Fatalf("got %d %v", status, doc)
	}
	if _, user := control(t, clerk, "GET", "/v1/users/user_ada", nil); user["password_enabled"] != true {
		t.Errorf("user: got %v", user)
	}
	_, members := control(t, clerk, "GET", "/v1/users/user_ada/organization_memberships", nil)
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"role":"org:admin"`, `"role":"org:billing"`, `"org:invoices:read"`, `"org:extra:read"`, `"slug":"beta"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("memberships lack %s: %s", want, text)
		}
	}
	for body, want := range map[string]string{
		`{"user_id": "user_ada", "template": "api"}`:                                "jwt_template",
		`{"user_id": "user_ada", "organization_id": "acme", "lifetime_seconds": 5}`: "session_token",
		`{"type": "m2m_token", "subject": "mch_1", "scopes": ["mch_2"]}`:            "m2m_token",
		`{"type": "api_key", "subject": "user_ada", "claims": {"tier": 1}}`:         "api_key",
		`{"type": "oauth_token", "subject": "user_ada", "scopes": ["email"]}`:       "oauth_token",
		`{"user_id": "user_nobody"}`:                                                "resource_not_found user_id",
		`{"user_id": "user_ada", "organization_id": "nowhere"}`:                     "resource_not_found organization_id",
		`{"user_id": "user_ada", "template": "none"}`:                               "resource_not_found template",
		`{"type": "cookie"}`:                       "form_param_value_invalid type",
		`{"user_id": "user_ada", "colour": "red"}`: "form_param_unknown colour",
	} {
		_, doc := control(t, clerk, "POST", "/tokens", body)
		if doc["type"] != want && refusedAt(doc) != want {
			t.Errorf("%s: got %v, want %s", body, doc, want)
		}
	}
}

func TestControlStateSurvives(t *testing.T) {
	t.Parallel()
	users := []clerktest.User{{ID: "user_ada", Password: "correct-horse", Plans: []string{"pro"}}}
	clerk := clerktest.New(t, clerktest.Config{Users: users})
	if _, err := clerk.RotateKey(); err != nil {
		t.Fatal(err)
	}
	clerk.AddMember("org_acme", clerktest.Member{UserID: "user_ada", Role: "org:admin"})
	clerk.APIKey(clerktest.MachineToken{ID: "ak_1", Claims: map[string]any{"tier": "gold"}})
	clerk.Clock().Set(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
	token := clerk.SessionToken("user_ada")
	_, state := control(t, clerk, "GET", "/export", nil)

	next := clerktest.New(t)
	if status, doc := control(t, next, "POST", "/import", state); status != 204 {
		t.Fatalf("import: %d %v", status, doc)
	}
	if _, again := control(t, next, "GET", "/export", nil); !sameJSON(t, state, again) {
		t.Errorf("what was imported is exported otherwise")
	}
	if string(next.JWKS()) != string(clerk.JWKS()) {
		t.Errorf("the keys are others")
	}
	if got := next.Sessions("user_ada"); len(got) != 1 || got[0].ID != clerk.Sessions("user_ada")[0].ID {
		t.Errorf("sessions: got %v", got)
	}
	if status, doc := control(t, next, "POST", "/v1/users/user_ada/verify_password", `{"password":"correct-horse"}`); status != 200 {
		t.Errorf("password: %d %v", status, doc)
	}
	if id := next.AddUser(clerktest.User{}); id != clerk.AddUser(clerktest.User{}) {
		t.Errorf("ids are counted from %s again", id)
	}
	if token == "" {
		t.Error("no token")
	}

	for name, change := range map[string]func(map[string]any){
		"version":  func(s map[string]any) { s["version"] = 99 },
		"instance": func(s map[string]any) { s["instance_id"] = "ins_other" },
		"table": func(s map[string]any) {
			inside(s, "store", "tables")["wishes"] = []any{map[string]any{"ID": "w"}}
		},
		"row": func(s map[string]any) {
			inside(s, "store", "tables")["users"] = []any{map[string]any{"ID": "w", "Wish": 1}}
		},
		"row's id": func(s map[string]any) {
			inside(s, "store", "tables")["users"] = []any{map[string]any{}}
		},
		"key":        func(s map[string]any) { s["keys"] = []any{map[string]any{"kid": "k", "key": "AAAA"}} },
		"secret":     func(s map[string]any) { inside(s, "store")["secret"] = "AAAA" },
		"everything": func(s map[string]any) { s["version"] = "one" },
	} {
		raw, err := json.Marshal(state)
		if err != nil {
			t.Fatal(err)
		}
		var bad map[string]any
		if err := json.Unmarshal(raw, &bad); err != nil {
			t.Fatal(err)
		}
		change(bad)
		if status, doc := control(t, next, "POST", "/import", bad); status != 422 || refusedAt(doc) != "state_invalid" {
			t.Errorf("a wrong %s: got %d %v", name, status, doc)
		}
		if len(next.Sessions("user_ada")) != 1 {
			t.Errorf("a wrong %s changed the instance", name)
		}
	}
}

func sameJSON(t *testing.T, a, b any) bool {
	t.Helper()
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(x, y)
}

func TestControlClock(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t)
	set := func(body string) map[string]any {
		_, doc := control(t, clerk, "POST", "/clock", body)
		return doc
	}
	if doc := set(`{"freeze": "2030-01-01T00:00:00Z"}`); doc["now"] != "2030-01-01T00:00:00Z" || doc["frozen"] != true {
		t.Errorf("freeze: got %v", doc)
	}
	if doc := set(`{"advance": "1h30m"}`); doc["now"] != "2030-01-01T01:30:00Z" {
		t.Errorf("advance: got %v", doc)
	}
	if doc := set(`{"freeze": true}`); doc["now"] != "2030-01-01T01:30:00Z" {
		t.Errorf("freeze again: got %v", doc)
	}
	if doc := set(`{"resume": true}`); doc["frozen"] != false || clerk.Clock().Now().Year() == 2030 {
		t.Errorf("resume: got %v", doc)
	}
	for body, want := range map[string]string{
		`{"freeze": "noon"}`:  "form_param_format_invalid freeze",
		`{"advance": "soon"}`: "form_param_format_invalid advance",
		`{"stop": true}`:      "form_param_unknown stop",
		`[]`:                  "request_body_invalid",
		`{`:                   "request_body_invalid",
	} {
		if got := refusedAt(set(body)); got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func TestControlFaultsAndRequests(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t)
	once := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // Which a client would try again otherwise.
	ask := func() int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, clerk.URL()+"/v1/users/user_none", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+clerk.SecretKey())
		res, err := once.Do(req)
		if err != nil {
			return 0
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	_, fault := control(t, clerk, "POST", "/faults", `{"endpoint": "GET /v1/users/{id}", "status": 503, "count": 1, "retry_after": 7}`)
	if got := []int{ask(), ask()}; got[0] != 503 || got[1] != 404 {
		t.Errorf("count: got %v", got)
	}
	if status, _ := control(t, clerk, "DELETE", "/faults/"+"1", nil); status != 204 || fault["id"] != 1.0 {
		t.Errorf("remove: got %d of %v", status, fault)
	}
	if status, _ := control(t, clerk, "DELETE", "/faults/1", nil); status != 404 {
		t.Errorf("remove twice: got %d", status)
	}
	control(t, clerk, "POST", "/faults", `{"endpoint": "GET /v1/users/{id}", "status": 500, "rate": 0.5}`)
	if got := []int{ask(), ask(), ask(), ask()}; got[0] != 404 || got[1] != 500 || got[2] != 404 || got[3] != 500 {
		t.Errorf("rate: got %v", got)
	}
	control(t, clerk, "DELETE", "/faults", nil)
	control(t, clerk, "POST", "/faults", `{"drop": true, "delay_ms": 1}`)
	if got := ask(); got != 0 {
		t.Errorf("drop: got %d", got)
	}
	// What the control API and the dashboard ask meets no fault and is not logged.
	if status, _ := control(t, clerk, "GET", "/v1/users/user_none", nil); status != 404 {
		t.Errorf("the control API met a fault: %d", status)
	}
	_, log := control(t, clerk, "GET", "/requests?limit=2", nil)
	if log["total_count"] != 7.0 || len(listed(log)) != 2 {
		t.Fatalf("requests: got %v", log)
	}
	newest, _ := log["data"].([]any)[0].(map[string]any)
	if newest["endpoint"] != "GET /v1/users/{id}" || newest["path"] != "/v1/users/user_none" || newest["error"] != "internal_clerk_error: A fault was injected." {
		t.Errorf("newest: got %v", newest)
	}
	if _, failed := control(t, clerk, "GET", "/requests?failed=true&query=not%20found", nil); failed["total_count"] != 3.0 {
		t.Errorf("failed: got %v", failed)
	}
	control(t, clerk, "DELETE", "/requests", nil)
	if n := clerk.Requests(""); n != 0 {
		t.Errorf("%d requests are left", n)
	}
	for body, want := range map[string]string{
		`{"status": 42}`:               "form_param_format_invalid status",
		`{"status": 500, "rate": 2}`:   "form_param_format_invalid rate",
		`{"status": 500, "rate": "x"}`: "form_param_format_invalid rate",
		`{"endpoint": "GET /"}`:        "form_data_missing status",
		`{"delay_ms": -1}`:             "form_param_format_invalid delay_ms and count",
	} {
		if _, doc := control(t, clerk, "POST", "/faults", body); refusedAt(doc) != want {
			t.Errorf("%s: got %v, want %s", body, doc, want)
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
