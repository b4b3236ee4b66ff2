package clerktest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
)

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
		{
			name: "nobody", form: url.Values{"identifier": {"eve@example.com"}}, status: 422,
			code: "form_identifier_not_found", param: "identifier",
		},
		{
			name:   "a wrong password",
			form:   url.Values{"strategy": {"password"}, "identifier": {"ada@example.com"}, "password": {"x"}},
			status: 422, code: "form_password_incorrect", param: "password",
		},
		{
			name: "a password for nobody in particular", form: url.Values{"strategy": {"password"}, "password": {"x"}},
			status: 422, code: "form_param_nil", param: "identifier",
		},
		{
			name: "a banned account", form: url.Values{"identifier": {"mal@example.com"}}, status: 403,
			code: "user_banned", param: "identifier",
		},
		{
			name: "a ticket that nobody gave out", form: url.Values{"strategy": {"ticket"}, "ticket": {"x"}},
			status: 422, code: "ticket_invalid_code", param: "ticket",
		},
		{
			name: "no ticket", form: url.Values{"strategy": {"ticket"}}, status: 422, code: "ticket_invalid_code",
			param: "ticket",
		},
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
