package clerktest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest/internal/backendapi"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// fuzzSeed is an instance with a row of most kinds.
const fuzzSeed = `{
	"users": [{"id": "user_ada", "email_address": ["ada@example.com"], "phone_number": ["+15555550100"], "username": "ada", "password": "long enough", "totp_secret": "JBSWY3DPEHPK3PXP", "backup_codes": ["one"]},
		{"id": "user_bob", "email_address": ["bob@example.com"]}],
	"organizations": [{"id": "org_acme", "name": "Acme", "created_by": "user_ada", "members": [{"user_id": "user_bob"}]}],
	"roles": [{"key": "org:editor", "name": "Editor"}],
	"permissions": [{"key": "org:page:edit", "name": "Edit"}],
	"templates": [{"name": "t", "claims": {"a": "{{user.id}}"}}],
	"allowlist_identifiers": [{"identifier": "*@example.com"}],
	"redirect_urls": [{"url": "https://example.com/"}],
	"invitations": [{"email_address": "eve@example.com"}],
	"organization_invitations": [{"organization_id": "org_acme", "email_address": "eve@example.com", "role": "org:member"}],
	"organization_domains": [{"organization_id": "org_acme", "name": "example.org"}],
	"waitlist_entries": [{"email_address": "mallory@example.com"}]
}`

// fuzzForm has the fields of browsers' forms.
const fuzzForm = "strategy=email_code&identifier=ada@example.com&password=long+enough&code=424242&ticket=x&email_address=new@example.com&phone_number=%2B15555550101" +
	"&email_address_id=x&username=new&first_name=N&role=org:member&user_id=user_bob&name=New&slug=new&unsafe_metadata={}&new_password=longer+yet&current_password=x" +
	"&redirect_url=http://127.0.0.1/&active_organization_id=org_acme&transfer=true&enrollment_mode=automatic_invitation"

// fuzzSegments are the tables whose rows a path names by another word than the table's.
var fuzzSegments = map[string]string{
	"organization_roles": "roles", "organization_permissions": "permissions", "jwt_templates": "templates", "memberships": "users",
	"organizations/invitations": "organization_invitations", "organizations/domains": "organization_domains", "touch": "sessions",
}

// fuzzGood is a value that an endpoint may take for a field, "" for none.
func fuzzGood(name string, kind any) string {
	if good, known := map[string]string{
		"email_address": `"new@example.com"`, "phone_number": `"+15555550102"`, "role": `"org:member"`, "key": `"org:new"`, "url": `"https://example.net/"`,
		"user_id": `"user_ada"`, "created_by": `"user_ada"`, "inviter_user_id": `"user_ada"`, "actor": `{"sub":"user_bob"}`, "claims": `{"a":1}`,
		"permissions": `[]`, "primary_email_address_id": "", "primary_phone_number_id": "", "primary_web3_wallet_id": "", "profile_image_id": "",
		"totp_secret": "", "backup_codes": "", "password_digest": "", "password_hasher": "", "created_at": "", "legal_accepted_at": "",
	}[name]; known {
		if kind == "list" || kind == "array" || name == "email_address" && kind != "string" {
			return "[" + good + "]"
		}
		return good
	}
	switch kind {
	case "string":
		return `"new"`
	case "boolean":
		return "true"
	case "number":
		return "1"
	case "object":
		return "{}"
	default:
		return ""
	}
}

// FuzzRequests sends any request to any endpoint of both APIs, in an instance with a bit
// of everything. No answer is an error of the server's own, and the instance can be read
// and saved after each.
func FuzzRequests(f *testing.F) {
	s, err := newServer(Config{})
	if err != nil {
		f.Fatal(err)
	}
	if err := s.seed([]byte(fuzzSeed), "true"); err != nil {
		f.Fatal(err)
	}
	handler := s.handler()
	routes := slices.Concat(builtBackendRoutes(), builtFrontendRoutes())
	routes = slices.DeleteFunc(routes, func(rt route) bool { return !strings.Contains(rt.pattern, " ") })

	bodies := map[string]any{} // What Clerk's client sends, by the shape of a pattern.
	calls, _ := backendapi.ClientCalls()
	for _, c := range calls {
		bodies[backendapi.Shape(c.Pattern())] = c.Body
	}
	for i, rt := range routes {
		f.Add(uint16(i), "user_ada", "limit=5&order_by=-created_at", false, []byte(`{}`))
		f.Add(uint16(i), "", "limit=x&offset=-1&_clerk_session_id=x", false, []byte(`[null, {"": []}]`))
		f.Add(uint16(i), "org_acme", "__clerk_db_jwt=x", true, []byte(fuzzForm))
		for pair := range strings.SplitSeq(fuzzForm, "&") {
			if rt.surface == surfaceFrontend && !strings.HasPrefix(rt.pattern, "GET ") {
				f.Add(uint16(i), "", "", true, []byte(pair))
			}
		}
		f.Add(uint16(i), "x", "", true, []byte("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n"))
		fields, _ := bodies[backendapi.Shape(rt.pattern)].(map[string]any)
		add := func(without string, value string) {
			var body []string
			for _, name := range slices.Sorted(maps.Keys(fields)) {
				switch good := fuzzGood(name, fields[name]); {
				case name == without && value != "":
					body = append(body, strconv.Quote(name)+":"+value)
				case name != without && good != "":
					body = append(body, strconv.Quote(name)+":"+good)
				}
			}
			f.Add(uint16(i), "x", "", false, []byte("{"+strings.Join(body, ",")+"}"))
		}
		add("", "")
		for name := range fields {
			for _, value := range []string{"", "null", `""`, `"user_ada"`, "-1e308", `[[], {}]`, `{"a": {"b": null}}`, `["\u0000\ud800", null]`} {
				add(name, value)
			}
		}
	}
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	f.Fuzz(func(t *testing.T, index uint16, id, query string, form bool, body []byte) {
		if err := s.reset(); err != nil {
			t.Fatal(err)
		}
		client := s.state.NewClient()
		sess := s.state.StartSession(client, s.state.Users.Get("user_ada"))
		s.state.SignIns.Put(&store.SignIn{Record: store.Record{ID: "sia_1"}, ClientID: client.ID, UserID: "user_ada", Status: "needs_first_factor"})
		s.state.SignUps.Put(&store.SignUp{Record: store.Record{ID: "sua_1"}, ClientID: client.ID, EmailAddress: "eve@example.com", Email: store.Verification{Target: "eve@example.com"}})
		client.SignInID, client.SignUpID = "sia_1", "sua_1"
		saved, err := s.state.Save()
		if err != nil {
			t.Fatal(err)
		}
		rt := routes[int(index)%len(routes)]
		method, path, _ := strings.Cut(rt.pattern, " ")
		before := ""
		var words []string
		for word := range strings.SplitSeq(strings.TrimSuffix(path, "{$}"), "/") {
			switch {
			case !parameter.MatchString(word):
				before = word
			case before == "sign_ins":
				word = "sia_1"
			case before == "sign_ups":
				word = "sua_1"
			case before == "sessions":
				word = sess.ID
			default:
				name := before
				for _, alias := range []string{before, words[min(2, len(words)-1)] + "/" + before} {
					if to := fuzzSegments[alias]; to != "" {
						name = to
					}
				}
				word = url.PathEscape(id)
				var row store.Record
				if rows := saved.Tables[name]; len(rows) > 0 && json.Unmarshal(rows[len(rows)-1], &row) == nil {
					word = row.ID
				}
			}
			words = append(words, word)
		}
		target := &url.URL{Path: "/"}
		if u, err := url.Parse(strings.Join(words, "/")); err == nil {
			target = u
		}
		target.RawQuery = query
		if _, err := url.Parse(target.String()); err != nil {
			return // No request has such a query: net/http refuses it.
		}
		ask := func(method, kind, target string, body string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(body))
			r.URL, _ = url.Parse(target)
			r.Header.Set("Content-Type", kind)
			if rt.surface == surfaceBackend || rt.surface == surfaceMachine {
				r.Header.Set("Authorization", "Bearer "+s.SecretKey())
			} else {
				r.AddCookie(&http.Cookie{Name: "__client", Value: client.Secret})
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code >= 500 && w.Code != http.StatusNotImplemented {
				t.Errorf("%s %s answered %d %s", method, target, w.Code, w.Body)
			}
			return w
		}
		kind := "application/json"
		if form {
			kind = "application/x-www-form-urlencoded"
			if strings.HasPrefix(string(body), "--x\r\n") {
				kind = "multipart/form-data; boundary=x"
			}
		}
		w := ask(method, kind, target.String(), string(body))
		if method == http.MethodGet || w.Code >= http.StatusBadRequest {
			return
		}
		for _, path := range []string{"/v1/users?limit=500", "/v1/users/user_ada", "/v1/organizations?limit=500", "/v1/organizations/org_acme/memberships", "/v1/client", "/v1/environment"} {
			if w := ask(http.MethodGet, "", path, ""); !json.Valid(w.Body.Bytes()) {
				t.Errorf("GET %s is no JSON after that: %s", path, w.Body)
			}
		}
		if saved, err = s.state.Save(); err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(saved)
		if err != nil {
			t.Fatal(err)
		}
		var again store.Snapshot
		if err := json.Unmarshal(raw, &again); err != nil {
			t.Fatal(err)
		}
		if err := s.state.Load(again); err != nil {
			t.Errorf("what was saved cannot be loaded: %v", err)
		}
	})
}
