package clerktest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

func peopleConfig() clerktest.Config {
	return clerktest.Config{
		PickUsers: true,
		Users: []clerktest.User{
			{ID: "user_ada", Email: "ada@example.com", FirstName: "Ada", LastName: "Lovelace", Password: "correct horse"},
			{ID: "user_élan", Email: "elan@example.com", FirstName: "Élan"},
			{ID: "user_mal", Email: "mal@example.com", FirstName: "Mal", Banned: true},
			{ID: "user_plain", Email: "plain@example.com"},
		},
		Organizations: []clerktest.Organization{{ID: "org_acme", Name: "Acme", Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin"}}}},
	}
}

func TestSignInPageOffersPeople(t *testing.T) {
	t.Parallel()
	const back = "http://localhost:3000/p"
	for _, tt := range []struct {
		name   string
		off    bool
		id     string
		change func(form url.Values)
		status int
		says   string
	}{
		{name: "somebody of the list", id: "user_ada", status: http.StatusSeeOther},
		{name: "somebody without a password", id: "user_plain", status: http.StatusSeeOther},
		{name: "somebody who is banned", id: "user_mal", status: http.StatusUnprocessableEntity, says: "cannot be picked"},
		{name: "nobody", id: "", status: http.StatusUnprocessableEntity, says: "cannot be picked"},
		{name: "somebody who signed up later", id: "user_later", status: http.StatusUnprocessableEntity, says: "cannot be picked"},
		{name: "an instance that does not list people", off: true, id: "user_ada", status: http.StatusUnprocessableEntity, says: "cannot be picked"},
		{name: "no form token", id: "user_ada", change: func(f url.Values) { f.Del("form_token") }, status: http.StatusForbidden, says: "out of date"},
		{name: "an address that is not allowed", id: "user_ada", change: func(f url.Values) { f.Set("redirect_url", "https://evil.example.com/") }, status: http.StatusBadRequest, says: "not allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			config := peopleConfig()
			config.PickUsers = !tt.off
			s := clerktest.New(t, config)
			s.AddUser(clerktest.User{ID: "user_later", Email: "later@example.com"})
			c := noFollow(person(t))
			page := get(t, c, s.SignInURL()+"?redirect_url="+url.QueryEscape(back))
			if text := string(page.body); strings.Contains(text, "/sign-in/pick") == tt.off {
				t.Errorf("the list is there: %t", tt.off)
			} else if !tt.off {
				for _, want := range []string{">AL<", "Ada Lovelace", "<small>ada@example.com</small><small>admin of Acme</small>", ">É<", ">P<"} {
					if !strings.Contains(text, want) {
						t.Errorf("no %q in\n%s", want, text)
					}
				}
				if strings.Contains(text, "user_mal") || strings.Contains(text, "user_later") {
					t.Error("the page offers somebody who cannot be picked")
				}
			}
			form := with(fields(page), "user_id", tt.id)
			if tt.change != nil {
				tt.change(form)
			}
			res := postForm(t, c, s.SignInURL()+"/pick", form)
			if res.StatusCode != tt.status || !strings.Contains(string(res.body), tt.says) {
				t.Fatalf("answered %d, want %d and %q:\n%s", res.StatusCode, tt.status, tt.says, res.body)
			}
			if got := len(s.Sessions(tt.id)); tt.id != "" && (got == 1) != (tt.status == http.StatusSeeOther) {
				t.Errorf("got %d sessions", got)
			}
		})
	}
}

func TestVerifyPageRenewsTheFirstFactor(t *testing.T) {
	t.Parallel()
	const back = "http://localhost:3000/p"
	config := peopleConfig()
	config.Clock = clerktest.NewClock(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
	s := clerktest.New(t, config)
	c := noFollow(person(t))
	verify := s.VerifyURL() + "?redirect_url=" + url.QueryEscape(back)
	if page := get(t, c, verify); !strings.Contains(string(page.body), "<h1>Sign in</h1>") {
		t.Fatalf("signed out, the page shows\n%s", page.body)
	}
	if res := postForm(t, c, s.VerifyURL(), url.Values{}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("signed out, the form answered %d", res.StatusCode)
	}
	for _, person := range []struct{ id, proof string }{{"user_ada", "correct horse"}, {"user_plain", clerktest.SignInCode}} {
		postForm(t, c, s.SignOutURL(), fields(get(t, c, s.SignInURL())))
		get(t, c, s.SignOutURL())
		postForm(t, c, s.SignInURL()+"/pick", with(fields(get(t, c, s.SignInURL())), "user_id", person.id))
		age := func() float64 {
			t.Helper()
			list := s.Sessions(person.id)
			var claims struct {
				JWT string `json:"jwt"`
			}
			call(t, s, http.MethodPost, "/v1/sessions/"+list[len(list)-1].ID+"/tokens", nil, &claims)
			_, decoded := decode(t, s, claims.JWT)
			token, _ := decoded["fva"].([]any)
			if len(token) != 2 {
				t.Fatalf("no fva in %s", claims.JWT)
			}
			minutes, _ := token[0].(float64)
			return minutes
		}
		s.Clock().Advance(20 * time.Minute)
		if got := age(); got != 20 {
			t.Errorf("%s: the first factor is %v minutes old, want 20", person.id, got)
		}
		form := fields(get(t, c, verify))
		for _, wrong := range []url.Values{with(form, "password", "wrong"), with(form, "password", person.proof, "form_token", "forged")} {
			if res := postForm(t, c, s.VerifyURL(), wrong); res.StatusCode < 400 || age() != 20 {
				t.Errorf("%s: %v answered %d", person.id, wrong, res.StatusCode)
			}
		}
		res := postForm(t, c, s.VerifyURL(), with(form, "password", person.proof))
		if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), back) || age() != 0 {
			t.Errorf("%s: answered %d to %s, and the factor is %v minutes old", person.id, res.StatusCode, res.Header.Get("Location"), age())
		}
	}
}

// TestHostedPagesShowNoMarkup: people's names and the hint are text, whatever they are written like.
func TestHostedPagesShowNoMarkup(t *testing.T) {
	t.Parallel()
	const hostile = `"'></title></style></script><script>alert(1)</script><img src=x onerror=alert(2)>`
	s := clerktest.New(t, clerktest.Config{PickUsers: true, Hint: hostile, Users: []clerktest.User{{ID: "user_x", FirstName: hostile, LastName: hostile}}})
	for _, path := range []string{"/sign-in", "/sign-up", "/sign-in?error=" + url.QueryEscape(hostile), "/verify", "/sign-out"} {
		res := get(t, person(t), s.URL()+path)
		if text := string(res.body); strings.Contains(text, "<script>alert") || strings.Contains(text, "<img src=x") {
			t.Errorf("%s shows markup:\n%s", path, text)
		} else if path == "/sign-in" && !strings.Contains(text, "&lt;script&gt;alert(1)") {
			t.Errorf("%s does not show what it should:\n%s", path, text)
		}
	}
}
