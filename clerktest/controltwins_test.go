package clerktest_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// TestControlAndServerAreOne: what is done over HTTP is seen by the methods of Server,
// and what these do is seen over HTTP.
func TestControlAndServerAreOne(t *testing.T) {
	t.Parallel()
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, tc := range map[string]struct {
		control, server func(t *testing.T, clerk *clerktest.Server)     // do the same
		seen            func(t *testing.T, clerk *clerktest.Server) any // by a method
		listed          func(t *testing.T, answer map[string]any) any   // over HTTP
		path            string                                          // of what is listed
		want            any
	}{
		"seed": {
			control: func(t *testing.T, clerk *clerktest.Server) {
				t.Helper()
				done(t, clerk, "POST", "/seed", `{"users": [{"id": "user_eve", "email_address": "eve@example.com"}]}`)
			},
			server: func(_ *testing.T, clerk *clerktest.Server) {
				clerk.AddUser(clerktest.User{ID: "user_eve", Email: "eve@example.com"})
			},
			seen: func(t *testing.T, clerk *clerktest.Server) any {
				t.Helper()
				return claims(t, clerk.SessionToken("user_eve"))["sub"]
			},
			path: "/v1/users/user_eve", listed: member("id"), want: "user_eve",
		},
		"reset": {
			control: func(t *testing.T, clerk *clerktest.Server) {
				t.Helper()
				clerk.SessionToken("user_ada")
				done(t, clerk, "POST", "/reset", nil)
			},
			server: func(t *testing.T, clerk *clerktest.Server) {
				t.Helper()
				clerk.SessionToken("user_ada")
				if err := clerk.Reset(); err != nil {
					t.Fatal(err)
				}
			},
			seen: func(_ *testing.T, clerk *clerktest.Server) any { return len(clerk.Sessions("")) },
			path: "/sessions", listed: total, want: 0,
		},
		"clock frozen": {
			control: func(t *testing.T, clerk *clerktest.Server) {
				t.Helper()
				done(t, clerk, "POST", "/clock", `{"freeze": "2030-01-02T03:04:05Z"}`)
			},
			server: func(_ *testing.T, clerk *clerktest.Server) { clerk.Clock().Set(start) },
			seen:   func(_ *testing.T, clerk *clerktest.Server) any { return clerk.Clock().Now().UTC().Format(time.RFC3339) },
			path:   "/clock", listed: member("now"), want: "2030-01-02T03:04:05Z",
		},
		"clock advanced": {
			control: func(t *testing.T, clerk *clerktest.Server) {
				t.Helper()
				clerk.Clock().Set(start)
				done(t, clerk, "POST", "/clock", `{"advance": "-1h5s"}`)
			},
			server: func(_ *testing.T, clerk *clerktest.Server) {
				clerk.Clock().Set(start)
				clerk.Clock().Advance(-time.Hour - 5*time.Second)
			},
			seen: func(_ *testing.T, clerk *clerktest.Server) any { return clerk.Clock().Now().UTC().Format(time.RFC3339) },
			path: "/clock", listed: member("now"), want: "2030-01-02T02:04:00Z",
		},
		"faults": {
			control: func(t *testing.T, clerk *clerktest.Server) {
				t.Helper()
				done(t, clerk, "POST", "/faults", `{"endpoint": "GET /v1/jwks", "status": 503, "count": 2}`)
			},
			server: func(_ *testing.T, clerk *clerktest.Server) {
				clerk.Inject("GET /v1/jwks", clerktest.Fault{Status: 503, Times: 2})
			},
			seen: func(t *testing.T, clerk *clerktest.Server) any {
				t.Helper()
				met := 0
				for range 4 {
					if asked(t, clerk, "/v1/jwks") == http.StatusServiceUnavailable {
						met++
					}
				}
				return met
			},
			path: "/faults", listed: firstMember("met"), want: 2,
		},
		"request log": {
			control: func(t *testing.T, clerk *clerktest.Server) {
				t.Helper()
				asked(t, clerk, "/v1/jwks")
				done(t, clerk, "DELETE", "/requests", nil)
				asked(t, clerk, "/v1/users/user_none")
			},
			server: func(t *testing.T, clerk *clerktest.Server) {
				t.Helper()
				asked(t, clerk, "/v1/jwks")
				clerk.ResetRequests()
				asked(t, clerk, "/v1/users/user_none")
			},
			seen: func(_ *testing.T, clerk *clerktest.Server) any {
				if log := clerk.RequestLog(); len(log) == 1 {
					return log[0].Error
				}
				return clerk.RequestLog()
			},
			path: "/requests", listed: firstMember("error"), want: "resource_not_found: User not found",
		},
		"events": {
			control: func(t *testing.T, clerk *clerktest.Server) {
				t.Helper()
				done(t, clerk, "POST", "/webhooks", `{"url": "http://127.0.0.1:1/", "events": ["user.updated"]}`)
				done(t, clerk, "PATCH", "/v1/users/user_ada", `{"first_name": "Augusta"}`)
			},
			server: func(t *testing.T, clerk *clerktest.Server) {
				t.Helper()
				if _, _, err := clerk.AddWebhook(clerktest.Webhook{URL: "http://127.0.0.1:1/", Events: []string{"user.updated"}}); err != nil {
					t.Fatal(err)
				}
				backendCall(t, clerk, "PATCH", "/v1/users/user_ada", `{"first_name": "Augusta"}`)
			},
			seen: func(_ *testing.T, clerk *clerktest.Server) any {
				if events := clerk.Events(); len(events) == 1 && len(events[0].Deliveries) == 1 {
					return events[0].Type
				}
				return clerk.Events()
			},
			path: "/events", listed: firstMember("type"), want: "user.updated",
		},
		"outbox": {
			control: func(t *testing.T, clerk *clerktest.Server) {
				t.Helper()
				done(t, clerk, "POST", "/v1/invitations", `{"email_address": "first@example.com"}`)
				done(t, clerk, "DELETE", "/outbox", nil)
				done(t, clerk, "POST", "/v1/invitations", `{"email_address": "new@example.com"}`)
			},
			server: func(t *testing.T, clerk *clerktest.Server) {
				t.Helper()
				backendCall(t, clerk, "POST", "/v1/invitations", `{"email_address": "new@example.com"}`)
			},
			seen: func(_ *testing.T, clerk *clerktest.Server) any {
				if sent := clerk.Outbox(); len(sent) == 1 && sent[0].Link != "" {
					return sent[0].To
				}
				return clerk.Outbox()
			},
			path: "/outbox", listed: firstMember("to"), want: "new@example.com",
		},
	} {
		for by, do := range map[string]func(*testing.T, *clerktest.Server){"over HTTP": tc.control, "by a method": tc.server} {
			t.Run(name+" "+by, func(t *testing.T) {
				t.Parallel()
				clerk := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{ID: "user_ada"}}})
				do(t, clerk)
				if got := tc.seen(t, clerk); got != tc.want {
					t.Errorf("a method says %v, want %v", got, tc.want)
				}
				if _, answer := control(t, clerk, "GET", tc.path, nil); tc.listed(t, answer) != tc.want {
					t.Errorf("over HTTP: got %v, want %v", answer, tc.want)
				}
			})
		}
	}
}

// TestControlMintsAsServerDoes: a token that was minted over HTTP has the claims of one
// of the methods.
func TestControlMintsAsServerDoes(t *testing.T) {
	t.Parallel()
	clerk := clerktest.New(t, clerktest.Config{
		Clock:         clerktest.NewClock(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)),
		Users:         []clerktest.User{{ID: "user_ada", FirstName: "Ada"}},
		Organizations: []clerktest.Organization{{ID: "org_acme", Slug: "acme", Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin"}}}},
		Templates:     []clerktest.Template{{Name: "api", Claims: map[string]any{"name": "{{user.first_name}}"}}},
	})
	for body, minted := range map[string]string{
		`{"user_id": "user_ada", "organization_id": "acme"}`:                                            clerk.SessionToken("user_ada", clerktest.InOrganization("acme")),
		`{"user_id": "user_ada", "version": 1}`:                                                         clerk.SessionToken("user_ada", clerktest.Version(1)),
		`{"user_id": "user_ada", "lifetime_seconds": -5, "claims": {"tier": 1}}`:                        clerk.SessionToken("user_ada", clerktest.Lifetime(-5*time.Second), clerktest.Claim("tier", 1)),
		`{"user_id": "user_ada", "authorized_party": "http://localhost:3000"}`:                          clerk.SessionToken("user_ada", clerktest.AuthorizedParty("http://localhost:3000")),
		`{"type": "jwt_template", "user_id": "user_ada", "template": "api", "lifetime_seconds": 86400}`: clerk.TemplateToken("user_ada", "api", clerktest.Lifetime(24*time.Hour)),
	} {
		status, answer := control(t, clerk, "POST", "/tokens", body)
		raw, _ := answer["token"].(string)
		if status != http.StatusOK || raw == "" {
			t.Errorf("%s: got %d %v", body, status, answer)
			continue
		}
		got, want := claims(t, raw), claims(t, minted)
		for _, each := range []map[string]any{got, want} {
			delete(each, "sid") // Each has a session and an id of its own.
			delete(each, "jti")
		}
		if !sameJSON(t, got, want) {
			t.Errorf("%s: got %v, want %v", body, got, want)
		}
	}
}

// done calls the control API and wants it done.
func done(t *testing.T, clerk *clerktest.Server, method, path string, body any) {
	t.Helper()
	if status, doc := control(t, clerk, method, path, body); status >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: got %d %v", method, path, status, doc)
	}
}

// asked asks the Backend API, and returns the status of the answer.
func asked(t *testing.T, clerk *clerktest.Server, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, clerk.URL()+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+clerk.SecretKey())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// claims returns what a JWT says.
func claims(t *testing.T, raw string) map[string]any {
	t.Helper()
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", raw)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	doc := map[string]any{}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// asInt makes a whole number of JSON an int, to be compared.
func asInt(v any) any {
	if n, is := v.(float64); is {
		return int(n)
	}
	return v
}

func member(name string) func(*testing.T, map[string]any) any {
	return func(_ *testing.T, answer map[string]any) any { return asInt(answer[name]) }
}

func total(_ *testing.T, answer map[string]any) any { return asInt(answer["total_count"]) }

// firstMember returns a member of the first of a list, or the whole answer if it has not
// one entry.
func firstMember(name string) func(*testing.T, map[string]any) any {
	return func(_ *testing.T, answer map[string]any) any {
		list := listed(answer)
		if len(list) != 1 {
			return len(list)
		}
		doc, _ := list[0].(map[string]any)
		return asInt(doc[name])
	}
}
