package clerktest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

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
	for _, step := range []struct{ key, want string }{{key: "acme", want: "org_acme"}, {want: ""}, {
		key: "org_acme", want: "org_acme",
	}} {
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
	}{{want: "org_acme"}, {form: url.Values{"organization_id": {""}}, want: ""}, {
		form: url.Values{"organization_id": {"org_acme"}}, want: "org_acme",
	}, {
		want: "org_acme",
	}} {
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
