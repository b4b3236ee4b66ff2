package clerktest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
)

// script calls the Frontend API as clerk-js in a page does: only GET and POST go
// over the wire, with form bodies, the dev browser in the query, and an Origin.
type script struct {
	t      *testing.T
	s      *clerktest.Server
	origin string
	dvb    string
}

func newScript(t *testing.T, s *clerktest.Server) *script {
	t.Helper()
	sc := &script{t: t, s: s, origin: "http://localhost:3000"}
	var doc struct{ ID string }
	if status := sc.send("POST /v1/dev_browser", nil, &doc); status != http.StatusOK || doc.ID == "" {
		t.Fatalf("dev_browser answered %d", status)
	}
	sc.dvb = doc.ID
	return sc
}

func (sc *script) send(route string, form url.Values, into any) int {
	sc.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	target, err := url.Parse(sc.s.URL() + path)
	if err != nil {
		sc.t.Fatal(err)
	}
	q := target.Query()
	q.Set("__clerk_api_version", "2026-08-20")
	if sc.dvb != "" {
		q.Set("__clerk_db_jwt", sc.dvb)
	}
	if method != http.MethodGet && method != http.MethodPost {
		q.Set("_method", method)
		method = http.MethodPost
	}
	target.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(sc.t.Context(), method, target.String(), strings.NewReader(form.Encode()))
	if err != nil {
		sc.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Origin", sc.origin)
	res := do(sc.t, plain(sc.t), req)
	if got := res.Header.Get("Access-Control-Allow-Origin"); got != sc.origin || res.Header.Get("Access-Control-Allow-Credentials") != "true" || res.Header.Get("Vary") != "Origin" {
		sc.t.Errorf("%s: CORS headers %v, want the origin %s echoed", route, res.Header, sc.origin)
	}
	if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Content-Type") != "application/json" {
		sc.t.Errorf("%s: headers %v", route, res.Header)
	}
	if into != nil {
		if err := json.Unmarshal(res.body, into); err != nil {
			sc.t.Fatalf("%s: %v in %s", route, err, res.body)
		}
	}
	return res.StatusCode
}

type wireSession struct {
	ID     string
	Status string
	Org    *string `json:"last_active_organization_id"`
	Tasks  []struct{ Key string }
	User   struct {
		ID          string
		Memberships []struct {
			Role         string
			Organization struct{ ID string }
		} `json:"organization_memberships"`
	}
	Token *struct{ JWT string } `json:"last_active_token"`
	Age   []int                 `json:"factor_verification_age"`
}

type wireClient struct {
	ID        string
	Sessions  []wireSession
	Active    *string         `json:"last_active_session_id"`
	UpdatedAt int64           `json:"updated_at"`
	SignIn    json.RawMessage `json:"sign_in"`
}

type wire struct {
	Response struct {
		ID, Object, Status string
		Created            *string               `json:"created_session_id"`
		CreatedUser        *string               `json:"created_user_id"`
		Missing            []string              `json:"missing_fields"`
		Sessions           []wireSession         // of a client
		Session            *wireSession          // of a verification
		Org                *string               `json:"last_active_organization_id"`
		Token              *struct{ JWT string } `json:"last_active_token"`
	}
	Client *wireClient
	JWT    string
	Errors []struct {
		Code        string
		LongMessage string `json:"long_message"`
		Meta        struct {
			Param string `json:"param_name"`
		}
	}
}

func TestClerkJSSignsInSwitchesAndSignsOut(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	js := newScript(t, s)
	var w wire

	if status := js.send("PATCH /v1/environment", nil, nil); status != http.StatusOK {
		t.Errorf("environment answered %d", status)
	}
	if status := js.send("GET /v1/client", nil, &w); status != http.StatusOK || w.Response.ID != "" || w.Client != nil {
		t.Errorf("client before sign-in: %d %+v", status, w)
	}

	w = wire{}
	js.send("POST /v1/client/sign_ins", url.Values{"strategy": {"password"}, "identifier": {"ada@example.com"}, "password": {"correct horse"}, "locale": {"en-US"}}, &w)
	if w.Response.Status != "complete" || w.Response.Created == nil || w.Client == nil || len(w.Client.Sessions) != 1 {
		t.Fatalf("sign-in: %+v", w)
	}
	sid := *w.Response.Created
	sess := w.Client.Sessions[0]
	if sess.ID != sid || *w.Client.Active != sid || string(w.Client.SignIn) != "null" || sess.User.ID != "user_ada" ||
		len(sess.User.Memberships) != 1 || sess.User.Memberships[0].Organization.ID != "org_acme" || w.Client.UpdatedAt != epoch.UnixMilli() {
		t.Errorf("piggybacked client: %+v", w.Client)
	}
	if _, claims := decode(t, s, sess.Token.JWT); claims["azp"] != js.origin || claims["sid"] != sid {
		t.Errorf("token: %v", claims)
	}

	// Touch answers with a token for the organization just chosen, by id or slug,
	// and does not count as a change of the set of sessions.
	s.Clock().Advance(10 * time.Second)
	for _, step := range []struct{ key, want string }{{"acme", "org_acme"}, {"", ""}, {"org_acme", "org_acme"}} {
		w = wire{}
		js.send("POST /v1/client/sessions/"+sid+"/touch", url.Values{"active_organization_id": {step.key}, "intent": {"select_org"}}, &w)
		for where, jwt := range map[string]string{"response": w.Response.Token.JWT, "client": w.Client.Sessions[0].Token.JWT} {
			_, claims := decode(t, s, jwt)
			o, _ := claims["o"].(map[string]any)
			if got, _ := o["id"].(string); got != step.want {
				t.Errorf("touch %q: the token in the %s is for %q, want %q", step.key, where, got, step.want)
			}
		}
		if w.Client.UpdatedAt != epoch.UnixMilli() {
			t.Errorf("touch %q moved updated_at to %d", step.key, w.Client.UpdatedAt)
		}
	}
	w = wire{}
	if status := js.send("POST /v1/client/sessions/"+sid+"/touch", url.Values{"active_organization_id": {"org_other"}}, &w); status != http.StatusNotFound || w.Errors[0].Code != "organization_not_found_or_unauthorized" {
		t.Errorf("touch of a foreign organization: %d %+v", status, w.Errors)
	}

	// Tokens are bare, and choose an organization for themselves only.
	for _, step := range []struct {
		form url.Values
		want string
	}{{nil, "org_acme"}, {url.Values{"organization_id": {""}}, ""}, {url.Values{"organization_id": {"org_acme"}}, "org_acme"}, {nil, "org_acme"}} {
		w = wire{}
		js.send("POST /v1/client/sessions/"+sid+"/tokens?debug=skip_cache", step.form, &w)
		_, claims := decode(t, s, w.JWT)
		o, _ := claims["o"].(map[string]any)
		if got, _ := o["id"].(string); got != step.want || claims["azp"] != js.origin {
			t.Errorf("tokens %v: organization %q azp %v", step.form, got, claims["azp"])
		}
	}
	s.AddTemplate(clerktest.Template{Name: "hasura", Claims: map[string]any{"x": 1}})
	w = wire{}
	js.send("POST /v1/client/sessions/"+sid+"/tokens/hasura", nil, &w)
	if header, claims := decode(t, s, w.JWT); header["cat"] != clerktest.CategoryTemplate || claims["sid"] != nil || claims["x"] != 1.0 {
		t.Errorf("template token: %v %v", header, claims)
	}
	if status := js.send("POST /v1/client/sessions/"+sid+"/tokens/nothing", nil, nil); status != http.StatusNotFound {
		t.Errorf("an unknown template answered %d", status)
	}

	s.Clock().Advance(10 * time.Second)
	w = wire{}
	js.send("DELETE /v1/client/sessions", nil, &w)
	if w.Client == nil || len(w.Client.Sessions) != 0 || w.Client.UpdatedAt != epoch.Add(20*time.Second).UnixMilli() {
		t.Errorf("after signing out: %+v", w.Client)
	}
	if status := js.send("POST /v1/client/sessions/"+sid+"/tokens", nil, nil); status != http.StatusNotFound {
		t.Errorf("a removed session's tokens answered %d", status)
	}
}

func TestSigningInAgainReplacesTheSession(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	js := newScript(t, s)
	form := url.Values{"identifier": {"ada@example.com"}, "password": {"correct horse"}}
	js.send("POST /v1/client/sign_ins", form, nil)
	var w wire
	js.send("POST /v1/client/sign_ins", form, &w)
	var states []string
	for _, sess := range s.Sessions("user_ada") {
		states = append(states, sess.Status)
	}
	if !cmp.Equal(states, []string{"ended", "active"}) || len(w.Client.Sessions) != 1 {
		t.Errorf("sessions %q, want the first ended", states)
	}
}

func TestSignInErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		form   url.Values
		status int
		code   string
		param  string
	}{
		{"nobody", url.Values{"identifier": {"eve@example.com"}}, 422, "form_identifier_not_found", "identifier"},
		{"a wrong password", url.Values{"strategy": {"password"}, "identifier": {"ada@example.com"}, "password": {"x"}}, 422, "form_password_incorrect", "password"},
		{"a password for nobody in particular", url.Values{"strategy": {"password"}, "password": {"x"}}, 422, "form_param_nil", "identifier"},
		{"a banned account", url.Values{"identifier": {"mal@example.com"}}, 403, "user_banned", "identifier"},
		{"a ticket that nobody gave out", url.Values{"strategy": {"ticket"}, "ticket": {"x"}}, 422, "ticket_invalid_code", "ticket"},
		{"no ticket", url.Values{"strategy": {"ticket"}}, 422, "ticket_invalid_code", "ticket"},
	}
	s := seeded(t)
	s.AddUser(clerktest.User{Email: "mal@example.com", Banned: true})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var w wire
			status := newScript(t, s).send("POST /v1/client/sign_ins", tt.form, &w)
			if status != tt.status || len(w.Errors) != 1 || w.Errors[0].Code != tt.code || w.Errors[0].Meta.Param != tt.param || w.Errors[0].LongMessage == "" {
				t.Errorf("got %d %+v, want %d %s about %s", status, w.Errors, tt.status, tt.code, tt.param)
			}
		})
	}
}

func TestSignInWithACode(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	js := newScript(t, s)
	var w wire
	js.send("POST /v1/client/sign_ins", url.Values{"identifier": {"ada@example.com"}}, &w)
	path := "/v1/client/sign_ins/" + w.Response.ID
	if w.Response.Status != "needs_first_factor" || w.Client == nil || string(w.Client.SignIn) == "null" {
		t.Fatalf("identifier first: %+v", w)
	}
	code := url.Values{"strategy": {"email_code"}, "code": {clerktest.SignInCode}}
	if status := js.send("POST "+path+"/attempt_first_factor", code, nil); status != http.StatusUnprocessableEntity {
		t.Errorf("a code that was not asked for answered %d", status)
	}
	js.send("POST "+path+"/prepare_first_factor", url.Values{"strategy": {"email_code"}, "email_address_id": {"idn_1"}}, &w)
	var bad wire
	if status := js.send("POST "+path+"/attempt_first_factor", url.Values{"strategy": {"email_code"}, "code": {"111111"}}, &bad); status != 422 || bad.Errors[0].Code != "form_code_incorrect" {
		t.Errorf("a wrong code: %d %+v", status, bad.Errors)
	}
	if status := newScript(t, s).send("POST "+path+"/attempt_first_factor", code, nil); status != http.StatusNotFound {
		t.Errorf("another browser's attempt answered %d, want 404", status)
	}
	js.send("GET "+path, nil, &w)
	js.send("POST "+path+"/attempt_first_factor", code, &w)
	if w.Response.Status != "complete" || len(w.Client.Sessions) != 1 {
		t.Errorf("the right code: %+v", w)
	}
}

func TestSignInWithATicket(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	give := func(path string, body map[string]any) (id, token, link string) {
		var doc struct{ ID, Token, URL, Object, Status string }
		if status := call(t, s, http.MethodPost, path, body, &doc); status != http.StatusOK || doc.Status != "pending" {
			t.Fatalf("%s answered %d %+v", path, status, doc)
		}
		return doc.ID, doc.Token, doc.URL
	}
	use := func(token string) (int, wire) {
		var w wire
		status := newScript(t, s).send("POST /v1/client/sign_ins", url.Values{"strategy": {"ticket"}, "ticket": {token}}, &w)
		return status, w
	}

	_, token, _ := give("/v1/sign_in_tokens", map[string]any{"user_id": "user_ada", "org_id": "org_acme"})
	status, w := use(token)
	if status != http.StatusOK || *w.Client.Sessions[0].Org != "org_acme" {
		t.Fatalf("ticket: %d %+v", status, w)
	}
	if _, claims := decode(t, s, w.Client.Sessions[0].Token.JWT); claims["o"] == nil {
		t.Error("the ticket's session has a token without its organization")
	}
	if status, w = use(token); status != 422 || w.Errors[0].Code != "ticket_expired_code" {
		t.Errorf("second use: %d %+v", status, w.Errors)
	}

	id, token, _ := give("/v1/sign_in_tokens", map[string]any{"user_id": "user_ada"})
	call(t, s, http.MethodPost, "/v1/sign_in_tokens/"+id+"/revoke", nil, nil)
	if status, _ = use(token); status != 422 {
		t.Errorf("a revoked ticket answered %d", status)
	}
	_, token, _ = give("/v1/sign_in_tokens", map[string]any{"user_id": "user_ada", "expires_in_seconds": 60})
	s.Clock().Advance(time.Minute)
	if status, _ = use(token); status != 422 {
		t.Errorf("an expired ticket answered %d", status)
	}

	_, token, _ = give("/v1/actor_tokens", map[string]any{"user_id": "user_ada", "actor": map[string]any{"sub": "user_admin"}})
	_, w = use(token)
	if _, claims := decode(t, s, w.Client.Sessions[0].Token.JWT); !cmp.Equal(claims["act"], map[string]any{"sub": "user_admin"}) {
		t.Errorf("an actor token gives act %v", claims["act"])
	}

	_, token, link := give("/v1/sign_in_tokens", map[string]any{"user_id": "user_ada"})
	res := get(t, plain(t), link+"&redirect_url=http://localhost:3000/welcome")
	if got, want := res.Header.Get("Location"), "http://localhost:3000/welcome?__clerk_ticket="+token+"&__clerk_status=sign_in"; got != want {
		t.Errorf("the link leads to %q, want %q", got, want)
	}
	if got := get(t, s.Browser(t), link); !strings.Contains(string(got.body), "You are signed in") {
		t.Errorf("the bare link shows\n%s", got.body)
	}
	if got := get(t, s.Browser(t), link); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the used link answered %d", got.StatusCode)
	}
}

func TestClerkJSSignsUp(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	js := newScript(t, s)
	var w wire
	if status := js.send("POST /v1/client/sign_ups", url.Values{"email_address": {"Ada@example.com"}}, &w); status != 422 || w.Errors[0].Code != "form_identifier_exists" {
		t.Errorf("a taken address: %d %+v", status, w.Errors)
	}
	w = wire{}
	js.send("POST /v1/client/sign_ups", url.Values{"email_address": {"new@example.com"}}, &w)
	if w.Response.Status != "missing_requirements" || !cmp.Equal(w.Response.Missing, []string{"password"}) {
		t.Fatalf("sign-up: %+v", w.Response)
	}
	path := "/v1/client/sign_ups/" + w.Response.ID
	js.send("POST "+path+"/prepare_verification", url.Values{"strategy": {"email_code"}}, &w)
	js.send("POST "+path+"/attempt_verification", url.Values{"strategy": {"email_code"}, "code": {clerktest.SignInCode}}, &w)
	if w.Response.Status != "missing_requirements" {
		t.Errorf("verified, but without a password: %+v", w.Response)
	}
	if status := js.send("PATCH "+path, url.Values{"password": {"short"}}, nil); status != 422 {
		t.Errorf("a short password answered %d", status)
	}
	js.send("PATCH "+path, url.Values{"password": {"long enough"}, "first_name": {"New"}}, &w)
	if w.Response.Status != "complete" || w.Response.Created == nil || len(w.Client.Sessions) != 1 {
		t.Fatalf("sign-up: %+v", w)
	}
	var verdict struct{ Verified bool }
	call(t, s, http.MethodPost, "/v1/users/"+*w.Response.CreatedUser+"/verify_password", map[string]any{"password": "long enough"}, &verdict)
	if !verdict.Verified {
		t.Error("the new user's password does not verify")
	}
}

func TestSessionsEndFromTheBrowser(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{"remove": "removed", "end": "ended"} {
		s := seeded(t)
		js := newScript(t, s)
		var w wire
		js.send("POST /v1/client/sign_ins", url.Values{"identifier": {"ada@example.com"}, "password": {"correct horse"}}, &w)
		sid := *w.Response.Created
		other := newScript(t, s)
		if status := other.send("POST /v1/client/sessions/"+sid+"/"+action, nil, nil); status != http.StatusUnauthorized {
			t.Errorf("%s from another browser answered %d, want 401", action, status)
		}
		js.send("POST /v1/client/sessions/"+sid+"/"+action, nil, &w)
		if got := s.Sessions("")[0].Status; got != want || len(w.Client.Sessions) != 0 {
			t.Errorf("after %s the session is %s and the client has %d", action, got, len(w.Client.Sessions))
		}
		w = wire{}
		js.send("DELETE /v1/client", nil, &w)
		js.send("GET /v1/client", nil, &w)
		if w.Client != nil || w.Response.ID != "" {
			t.Errorf("after DELETE the client is %+v", w)
		}
	}
}

func TestReverificationResetsTheAgeOfTheFactor(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	js := newScript(t, s)
	var w wire
	js.send("POST /v1/client/sign_ins", url.Values{"identifier": {"ada@example.com"}, "password": {"correct horse"}}, &w)
	path := "/v1/client/sessions/" + *w.Response.Created
	s.Clock().Advance(11 * time.Minute)
	js.send("GET "+path, nil, &w)
	if got := w.Client.Sessions[0].Age; !cmp.Equal(got, []int{11, -1}) {
		t.Errorf("age %v before", got)
	}
	w = wire{}
	js.send("POST "+path+"/verify", url.Values{"level": {"first_factor"}}, &w)
	if w.Response.Status != "needs_first_factor" {
		t.Errorf("verify: %+v", w.Response)
	}
	if status := js.send("POST "+path+"/verify/attempt_first_factor", url.Values{"strategy": {"password"}, "password": {"wrong"}}, nil); status != 422 {
		t.Errorf("a wrong password answered %d", status)
	}
	w = wire{}
	js.send("POST "+path+"/verify/attempt_first_factor", url.Values{"strategy": {"password"}, "password": {"correct horse"}}, &w)
	if w.Response.Status != "complete" || !cmp.Equal(w.Client.Sessions[0].Age, []int{0, -1}) {
		t.Errorf("verified: %+v", w)
	}
	js.send("POST "+path+"/verify/attempt_second_factor", url.Values{"code": {clerktest.SignInCode}}, &w)
	if got := w.Client.Sessions[0].Age; !cmp.Equal(got, []int{0, 0}) {
		t.Errorf("age %v after the second factor", got)
	}
}

func TestPendingSessionInTheClient(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	js := newScript(t, s)
	var w wire
	js.send("POST /v1/client/sign_ins", url.Values{"identifier": {"ada@example.com"}, "password": {"correct horse"}}, &w)
	sid := *w.Response.Created
	s.RequireTask("user_ada", "choose-organization")
	w = wire{}
	js.send("GET /v1/client", nil, &w)
	sess := w.Response.Sessions[0]
	if _, claims := decode(t, s, sess.Token.JWT); sess.Status != "pending" || len(sess.Tasks) != 1 || sess.Tasks[0].Key != "choose-organization" || claims["sts"] != "pending" {
		t.Errorf("pending session: %+v %v", sess, claims)
	}
	js.send("POST /v1/client/sessions/"+sid+"/touch", url.Values{"active_organization_id": {"org_acme"}}, &w)
	if got := w.Client.Sessions[0]; got.Status != "active" || got.Tasks != nil {
		t.Errorf("after choosing: %+v", got)
	}
}

func TestFrontendManners(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	t.Run("an unknown dev browser is told so", func(t *testing.T) {
		t.Parallel()
		js := newScript(t, s)
		js.dvb = "dvb_of_yesterday"
		var w wire
		if status := js.send("GET /v1/client", nil, &w); status != http.StatusUnauthorized || w.Errors[0].Code != "dev_browser_unauthenticated" {
			t.Errorf("got %d %+v", status, w.Errors)
		}
	})
	t.Run("foreign pages may not read answers", func(t *testing.T) {
		t.Parallel()
		for _, origin := range []string{"https://evil.example.com", "null", "http://localhost@evil.com"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/v1/client", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Origin", origin)
			if got := do(t, plain(t), req).Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("origin %s is allowed: %q", origin, got)
			}
		}
	})
	t.Run("a preflight is answered", func(t *testing.T) {
		t.Parallel()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, s.URL()+"/v1/client", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "http://localhost:3000")
		res := do(t, plain(t), req)
		if res.StatusCode != http.StatusNoContent || res.Header.Get("Access-Control-Allow-Origin") != "http://localhost:3000" {
			t.Errorf("got %d %v", res.StatusCode, res.Header)
		}
	})
	t.Run("azp falls back to the proxy's origin, then to the referrer's", func(t *testing.T) {
		t.Parallel()
		js := newScript(t, s)
		var w wire
		js.send("POST /v1/client/sign_ins", url.Values{"identifier": {"ada@example.com"}, "password": {"correct horse"}}, &w)
		for header, want := range map[string]any{"Clerk-Proxy-Url": "https://a.test", "Referer": "https://a.test", "X-Nothing": nil} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/v1/client?__clerk_db_jwt="+js.dvb, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set(header, "https://a.test:443/__clerk")
			var got wire
			if err := json.Unmarshal(do(t, plain(t), req).body, &got); err != nil {
				t.Fatal(err)
			}
			if _, claims := decode(t, s, got.Response.Sessions[0].Token.JWT); claims["azp"] != want {
				t.Errorf("with %s: azp %v, want %v", header, claims["azp"], want)
			}
		}
	})
	t.Run("touch only sends on, where allowed", func(t *testing.T) {
		t.Parallel()
		if got := get(t, plain(t), s.URL()+"/v1/client/touch?redirect_url=http://localhost/x").Header.Get("Location"); got != "http://localhost/x" {
			t.Errorf("Location %q", got)
		}
		if got := get(t, plain(t), s.URL()+"/v1/client/touch?redirect_url=https://evil.example.com").StatusCode; got != http.StatusBadRequest {
			t.Errorf("a foreign address answered %d", got)
		}
	})
	t.Run("a production instance has no dev browsers but cookies for its site", func(t *testing.T) {
		t.Parallel()
		p := clerktest.New(t, clerktest.Config{Production: true, Users: []clerktest.User{{Email: "ada@example.com", Password: "correct horse"}}})
		if got := postForm(t, plain(t), p.URL()+"/v1/dev_browser", nil).StatusCode; got != http.StatusBadRequest {
			t.Errorf("dev_browser answered %d", got)
		}
		_, port, _ := strings.Cut(strings.TrimPrefix(p.URL(), "http://"), ":")
		c := p.Browser(t)
		res := postForm(t, c, "http://clerk.example.test:"+port+"/v1/client/sign_ins", url.Values{"identifier": {"ada@example.com"}, "password": {"correct horse"}})
		got := strings.Join(res.Header["Set-Cookie"], "\n")
		for _, want := range []string{"__client=", "; Path=/; HttpOnly; Max-Age=31536000; SameSite=Lax", "__client_uat=", "__client_uat_" + p.CookieSuffix() + "=", "; Domain=example.test;"} {
			if !strings.Contains(got, want) {
				t.Errorf("cookies\n%s\nlack %s", got, want)
			}
		}
		if uat := cookieOf(t, c, "http://www.example.test/", "__client_uat"); uat == "" || uat == "0" {
			t.Errorf("the application sees client_uat %q", uat)
		}
	})
	t.Run("environment names the hosted pages", func(t *testing.T) {
		t.Parallel()
		var env struct {
			Display struct {
				SignIn string `json:"sign_in_url"`
				Type   string `json:"instance_environment_type"`
			} `json:"display_config"`
		}
		newScript(t, s).send("GET /v1/environment", nil, &env)
		if env.Display.SignIn != s.SignInURL() || env.Display.Type != "development" {
			t.Errorf("environment %+v", env)
		}
	})
}
