package core_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// tokenCalls are the requests for tokens that reached Clerk.
func tokenCalls(s *clerktest.Server) []clerktest.Request {
	var calls []clerktest.Request
	for _, r := range s.RequestLog() {
		if strings.Contains(r.Path, "/tokens") {
			calls = append(calls, r)
		}
	}
	return calls
}

func TestTokenOfTheRequestNeedsNoCall(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	raw := s.SessionToken("user_ada")
	clerk := newClerk(t, plain(s))
	key := s.APIKey(clerktest.MachineToken{Subject: "user_ada"})
	machine := attach(t, clerk, get("/", "Authorization", "Bearer "+key))
	if o := adapter.Guard("Protect", core.AcceptTokens(core.APIKey)).Check(t.Context(), machine); !o.Allowed() {
		t.Fatal("the key is not accepted")
	}
	var zero core.Auth
	for name, c := range map[string]struct {
		auth *core.Auth
		opts []core.TokenOption
		want string
	}{
		"a session":                       {auth: attach(t, clerk, get("/", "Authorization", "Bearer "+raw)).Auth(), want: raw},
		"an empty template is none":       {auth: attach(t, clerk, get("/", "Authorization", "Bearer "+raw)).Auth(), opts: []core.TokenOption{core.Template("")}, want: raw},
		"a machine":                       {auth: machine.Auth(), want: key},
		"a machine has no templates":      {auth: machine.Auth(), opts: []core.TokenOption{core.Template("supabase")}, want: key},
		"signed out":                      {auth: attach(t, clerk, get("/")).Auth()},
		"signed out, with a template":     {auth: attach(t, clerk, get("/")).Auth(), opts: []core.TokenOption{core.Template("supabase")}},
		"signed out, with a lifetime":     {auth: attach(t, clerk, get("/")).Auth(), opts: []core.TokenOption{core.ExpiresIn(time.Minute)}},
		"the zero Auth":                   {auth: &zero, opts: []core.TokenOption{core.Template("supabase")}},
		"a pending session is signed out": {auth: signedInAs(t, s, "user_ada", clerktest.Pending()).Auth(), opts: []core.TokenOption{core.Template("supabase")}},
	} {
		got, err := c.auth.Token(t.Context(), c.opts...)
		if got != c.want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, c.want)
		}
	}
	if calls := tokenCalls(s); len(calls) != 0 {
		t.Errorf("got calls %v", calls)
	}
}

func TestTokenOfATemplate(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	s.AddTemplate(clerktest.Template{Name: "supabase", Claims: map[string]any{"role": "authenticated"}})
	auth := signedInAs(t, s, "user_ada").Auth()
	sid := auth.SessionID
	fresh, err := auth.Token(t.Context(), core.Template("supabase"))
	if err != nil || fresh == "" {
		t.Fatal(fresh, err)
	}
	if raw, err := auth.Token(t.Context()); err != nil || raw == fresh {
		t.Errorf("the request's own token: got %q, %v", raw, err)
	}
	if _, err := auth.Token(t.Context(), core.Template("supabase"), core.ExpiresIn(90*time.Second)); err != nil {
		t.Error(err)
	}
	if _, err := auth.Token(t.Context(), core.ExpiresIn(0)); err != nil {
		t.Error(err)
	}
	want := []struct{ path, body string }{
		{path: "/v1/sessions/" + sid + "/tokens/supabase"},
		{path: "/v1/sessions/" + sid + "/tokens/supabase", body: `{"expires_in_seconds":90}`},
		{path: "/v1/sessions/" + sid + "/tokens", body: `{"expires_in_seconds":0}`},
	}
	calls := tokenCalls(s)
	if len(calls) != len(want) {
		t.Fatalf("got %d calls, want %d: tokens are not cached", len(calls), len(want))
	}
	for i, w := range want {
		got := calls[i]
		body := strings.TrimSpace(string(got.Body))
		if got.Method != http.MethodPost || got.Path != w.path || strings.TrimPrefix(body, "{}") != w.body {
			t.Errorf("call %d: got %s %s %s, want POST %s %s", i, got.Method, got.Path, body, w.path, w.body)
		}
	}
}

// TestTokenWithOrganizationSync is about an Auth that was read while the request
// was being authenticated.
func TestTokenWithOrganizationSync(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	s.AddTemplate(clerktest.Template{Name: "supabase"})
	o := plain(s)
	o.OrganizationSync.OrganizationPatterns = []string{"/orgs/:slug"}
	clerk := newClerk(t, o)
	for _, path := range []string{"/", "/orgs/acme"} {
		session := s.SessionToken("user_ada", clerktest.InOrganization("acme"))
		ra := attach(t, clerk, page(path, "Cookie", "__clerk_db_jwt=dvb_1; __client_uat=1; __session="+session))
		if token, err := ra.Auth().Token(t.Context(), core.Template("supabase")); token == "" || err != nil {
			t.Errorf("%s, %s: got %q, %v", path, outcome(ra.State()), token, err)
		}
	}
}

func TestTokenTemplatesStayInTheirPlace(t *testing.T) {
	t.Parallel()
	rec := &recorder{}
	s := newServer(t, false)
	o := plain(s)
	o.JWTKey, o.HTTPClient, o.Outage = s.PEM(), rec.client(), persistent
	auth := attach(t, newClerk(t, o), get("/", "Authorization", "Bearer "+s.SessionToken("user_ada", clerktest.SessionID("sess_1")))).Auth()
	for template, want := range map[string]string{
		"supabase":    "/v1/sessions/sess_1/tokens/supabase",
		"my tmpl/x?y": "/v1/sessions/sess_1/tokens/my%20tmpl%2Fx%3Fy",
		"%2e%2e":      "/v1/sessions/sess_1/tokens/%252e%252e",
		"../../users": "/v1/sessions/sess_1/tokens/..%2F..%2Fusers",
		"a#b":         "/v1/sessions/sess_1/tokens/a%23b",
		"a\nb":        "/v1/sessions/sess_1/tokens/a%0Ab",
		"ä":           "/v1/sessions/sess_1/tokens/%C3%A4",
		"...":         "/v1/sessions/sess_1/tokens/...",
	} {
		_, err := auth.Token(t.Context(), core.Template(template))
		if _, ok := errors.AsType[*core.BackendError](err); !ok {
			t.Errorf("%q: got %v", template, err)
		}
		if got := rec.last().URL.EscapedPath(); got != want || rec.last().URL.RawQuery != "" {
			t.Errorf("%q: got %s, want %s", template, rec.last().URL, want)
		}
	}
	before := len(rec.seen)
	for _, template := range []string{".", ".."} {
		if _, err := auth.Token(t.Context(), core.Template(template)); !errors.Is(err, core.ErrConfiguration) {
			t.Errorf("%q: got %v", template, err)
		}
	}
	for _, sid := range []string{"../users", "sess_1/x", "sess?x", "..", "sess%2e", "sess 1"} {
		auth := attach(t, newClerk(t, o), get("/", "Authorization", "Bearer "+s.SessionToken("user_ada", clerktest.SessionID(sid)))).Auth()
		if _, err := auth.Token(t.Context(), core.Template("supabase")); !errors.Is(err, core.ErrConfiguration) {
			t.Errorf("session %q: got %v", sid, err)
		}
	}
	if len(rec.seen) != before {
		t.Errorf("got %d calls", len(rec.seen)-before)
	}
}

func TestTokenFailsWithATypedError(t *testing.T) {
	t.Parallel()
	const route = "POST /v1/sessions/{id}/tokens/{template}"
	for name, c := range map[string]struct {
		fault  clerktest.Fault
		status int
	}{
		"a 500":                  {fault: clerktest.Fault{Status: 500}, status: 500},
		"a 429":                  {fault: clerktest.Fault{Status: 429, Header: http.Header{"Retry-After": {"3"}}}, status: 429},
		"a dropped connection":   {fault: clerktest.Fault{Drop: true}, status: 0},
		"half an answer":         {fault: clerktest.Fault{Truncate: true}, status: 0},
		"no token":               {fault: clerktest.Fault{Body: []byte(`{}`), ContentType: "application/json"}, status: 200},
		"a token of no text":     {fault: clerktest.Fault{Body: []byte(`{"jwt":5}`), ContentType: "application/json"}, status: 200},
		"a page":                 {fault: clerktest.Fault{Body: []byte(`<html>`), ContentType: "text/html"}, status: 200},
		"a session that is over": {fault: clerktest.Fault{Status: 404}, status: 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, false)
			auth := signedInAs(t, s, "user_ada").Auth()
			s.Inject(route, c.fault)
			got, err := auth.Token(t.Context(), core.Template("supabase"))
			var failure *core.BackendError
			if got != "" || !errors.As(err, &failure) || failure.Status != c.status {
				t.Errorf("got %q, %v, want status %d", got, err, c.status)
			}
			if c.status == 429 && failure.RetryAfter != 3*time.Second {
				t.Errorf("got Retry-After %v", failure.RetryAfter)
			}
		})
	}
	s := newServer(t, false)
	auth := signedInAs(t, s, "user_ada").Auth()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var failure *core.BackendError
	if _, err := auth.Token(ctx, core.Template("supabase")); !errors.As(err, &failure) || !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: got %v", err)
	}
}

func TestClaimsAsDecodesTypedClaims(t *testing.T) {
	t.Parallel()
	type custom struct {
		Email    *string `json:"email"`
		Plan     *string `json:"plan"`
		Count    *int    `json:"count"`
		Metadata struct {
			Role *string `json:"role"`
		} `json:"metadata"`
	}
	s := newServer(t, false)
	auth := signedInAs(t, s, "user_ada", clerktest.Claim("email", "ada@example.com"), clerktest.Claim("count", 0)).Auth()
	claims, err := core.ClaimsAs[custom](auth)
	if err != nil {
		t.Fatal(err)
	}
	if claims.Email == nil || *claims.Email != "ada@example.com" {
		t.Errorf("got e-mail %v", claims.Email)
	}
	if claims.Count == nil || *claims.Count != 0 {
		t.Errorf("zero is not absent: got %v", claims.Count)
	}
	if claims.Plan != nil || claims.Metadata.Role != nil {
		t.Errorf("absent is not zero: got %v, %v", claims.Plan, claims.Metadata.Role)
	}
	if _, err := core.ClaimsAs[struct {
		Email int `json:"email"`
	}](auth); err == nil || strings.Contains(err.Error(), "ada@example.com") {
		t.Errorf("claims of another type: got %v", err)
	}
	var zero core.Auth
	for name, a := range map[string]*core.Auth{"nil": nil, "the zero Auth": &zero, "signed out": attach(t, newClerk(t, plain(s)), get("/")).Auth()} {
		if _, err := core.ClaimsAs[custom](a); !errors.Is(err, core.ErrUnauthenticated) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestClaimsAsServesConcurrentReaders(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	auth := signedInAs(t, s, "user_ada", clerktest.Claim("list", []string{"a", "b"})).Auth()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				claims, err := core.ClaimsAs[struct {
					List []string        `json:"list"`
					Raw  json.RawMessage `json:"sub"`
				}](auth)
				if err != nil || len(claims.List) != 2 || string(claims.Raw) != `"user_ada"` {
					t.Errorf("got %v, %v", claims, err)
					return
				}
				claims.List[0], claims.Raw[1] = "changed", 'X' // A reader's own.
				raw := auth.Claims()
				raw[0] = 'X'
				if role, ok := auth.MetadataRole(); ok {
					t.Errorf("got role %q", role)
				}
			}
		})
	}
	wg.Wait()
}

func TestMetadataRole(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	guard := adapter.Guard("Protect", core.MetadataRole("admin"))
	for name, c := range map[string]struct {
		metadata any
		role     string
	}{
		"an admin":            {metadata: map[string]any{"role": "admin"}, role: "admin"},
		"a moderator":         {metadata: map[string]any{"role": "moderator"}, role: "moderator"},
		"another case":        {metadata: map[string]any{"Role": "admin"}},
		"no role":             {metadata: map[string]any{}},
		"null for a role":     {metadata: map[string]any{"role": nil}},
		"a number for a role": {metadata: map[string]any{"role": 1}},
		"a list of roles":     {metadata: map[string]any{"role": []string{"admin"}}},
		"an empty role":       {metadata: map[string]any{"role": ""}},
		"null for metadata":   {role: ""},
		"a text for metadata": {metadata: "admin"},
		"a list of metadata":  {metadata: []any{map[string]any{"role": "admin"}}},
		"a role with a space": {metadata: map[string]any{"role": "admin "}, role: "admin "},
	} {
		ra := signedInAs(t, s, "user_ada", clerktest.Claim("metadata", c.metadata))
		role, ok := ra.Auth().MetadataRole()
		if role != c.role || ok != (c.role != "") {
			t.Errorf("%s: got %q, %v", name, role, ok)
		}
		if allowed := guard.Check(t.Context(), ra).Allowed(); allowed != (c.role == "admin") {
			t.Errorf("%s: the guard says %v", name, allowed)
		}
		if ra.Auth().Has(core.MetadataRole("")) {
			t.Errorf("%s: an empty role is held", name)
		}
	}
	ra := signedInAs(t, s, "user_ada")
	if _, ok := ra.Auth().MetadataRole(); ok || guard.Check(t.Context(), ra).Allowed() {
		t.Error("a token without metadata has a role")
	}
	var zero core.Auth
	for name, a := range map[string]*core.Auth{"nil": nil, "zero": &zero} {
		if role, ok := a.MetadataRole(); ok || role != "" {
			t.Errorf("%s: got %q", name, role)
		}
	}
	machine := attach(t, newClerk(t, plain(s)), get("/", "Authorization", "Bearer "+s.APIKey(clerktest.MachineToken{
		Subject: "user_ada", Claims: map[string]any{"metadata": map[string]any{"role": "admin"}},
	})))
	if adapter.Guard("Protect", core.AcceptTokens(core.APIKey), core.MetadataRole("admin")).Check(t.Context(), machine).Allowed() {
		t.Error("a machine's claims name a role")
	}
}
