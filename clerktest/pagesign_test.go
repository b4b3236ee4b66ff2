package clerktest_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

var formAction = regexp.MustCompile(`<form method="post" action="([^"]+)"`)

// submit fills in the form of a page, sends it, and goes where it leads on this instance.
func submit(t *testing.T, s *clerktest.Server, c *http.Client, shown answer, pairs ...string) answer {
	t.Helper()
	action := formAction.FindStringSubmatch(string(shown.body))
	if action == nil {
		t.Fatalf("there is no form on\n%s", shown.body)
	}
	res := postForm(t, c, s.URL()+html.UnescapeString(action[1]), with(fields(shown), pairs...))
	for strings.HasPrefix(res.Header.Get("Location"), "/") {
		res = get(t, c, s.URL()+res.Header.Get("Location"))
	}
	return res
}

// TestHostedPagesKnowEveryWay: what the pages do for who has more than a password.
func TestHostedPagesKnowEveryWay(t *testing.T) {
	t.Parallel()
	const back = "http://localhost:3000/in"
	in := func(pairs ...string) []string { return pairs }
	tests := []struct {
		name     string
		settings clerktest.Settings
		start    string
		forms    [][]string
		says     []string // By each page before the last, which leads back.
		stays    string   // What the last page says instead of leading back.
		password string   // Of mfa@example.com, afterwards.
	}{
		{name: "a backup code", start: "/sign-in", forms: [][]string{in("identifier", "mfa@example.com", "password", "correct horse"), in("code", "backup-1")}, says: []string{"one of your backup codes"}},
		{name: "a phone code", start: "/sign-in", forms: [][]string{in("identifier", "mfa@example.com", "password", "correct horse"), in("code", "424242")}, says: []string{"sent to +15555550111"}},
		{
			name: "a wrong code, then a right one", start: "/sign-in",
			forms: [][]string{in("identifier", "mfa@example.com", "password", "correct horse"), in("code", "wrong"), in("code", "backup-1")}, says: []string{"authenticator app", "The code is not right."},
		},
		{name: "the first factor alone", start: "/sign-in/factor-two", stays: "Sign in"},
		{
			name: "a forgotten password", start: "/sign-in/reset",
			forms: [][]string{in("identifier", "mfa@example.com"), in("code", "424242", "password", "another horse"), in("code", "backup-1")},
			says:  []string{"sent to mfa@example.com", "One more step"}, password: "another horse",
		},
		{
			name: "a forgotten password, with mistakes", start: "/sign-in/reset",
			forms: [][]string{
				in("identifier", "nobody@example.com"), in("identifier", "mfa@example.com"), in("code", "1", "password", "another horse"),
				in("code", "424242", "password", "short"), in("password", "another horse"), in("code", "backup-1"),
			},
			says: []string{"There is no account", "Choose a new password", "The code is not right", "too short", "One more step"}, password: "another horse",
		},
		{
			name: "no passwords", settings: clerktest.Settings{FirstFactors: []string{"email_code"}}, start: "/sign-in",
			forms: [][]string{in("identifier", "mfa@example.com", "password", "correct horse"), in("identifier", "mfa@example.com", "password", "424242"), in("code", "backup-1")},
			says:  []string{"is not right", "One more step"},
		},
		{
			name: "a sign-up that needs a phone number and a username", start: "/sign-up",
			settings: clerktest.Settings{Required: []string{"email_address", "phone_number", "username", "password"}, Optional: []string{}},
			forms: [][]string{
				in("email_address", "new@example.com", "phone_number", "+15555550112", "password", "long enough"),
				in("email_address", "new@example.com", "phone_number", "+15555550112", "username", "newcomer", "password", "long enough"),
			},
			says: []string{"username is required"},
		},
		{name: "a sign-up where sign-ups are closed", settings: clerktest.Settings{SignUpMode: "restricted"}, start: "/sign-up", stays: "Sign-ups are closed"},
		{name: "a sign-up where there is a waitlist", settings: clerktest.Settings{SignUpMode: "waitlist"}, start: "/sign-up", stays: "Join the waitlist"},
		{
			name: "a sign-up of somebody who is blocked", start: "/sign-up",
			forms: [][]string{in("email_address", "mal@blocked.example", "password", "long enough")}, stays: "it is on the blocklist",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t, clerktest.Config{Settings: tt.settings})
			play(t, s, []step{
				{route: "POST /v1/users", status: 200, body: doc{
					"email_address": []string{"mfa@example.com"}, "password": "correct horse", "totp_secret": "JBSWY3DPEHPK3PXP", "backup_codes": []string{"backup-1"},
				}},
				{route: "p = POST /v1/phone_numbers", status: 200, body: doc{"user_id": "user_test0000000000000000001", "phone_number": "+15555550111", "verified": true, "reserved_for_second_factor": true}},
				{route: "POST /v1/blocklist_identifiers", status: 200, body: doc{"identifier": "*@blocked.example"}},
			})
			c := noFollow(s.Browser(t))
			shown := get(t, c, s.URL()+tt.start+"?redirect_url="+url.QueryEscape(back))
			for i, form := range tt.forms {
				shown = submit(t, s, c, shown, form...)
				if i < len(tt.says) && !strings.Contains(html.UnescapeString(string(shown.body)), tt.says[i]) {
					t.Fatalf("after form %d the page does not say %q:\n%s", i, tt.says[i], shown.body)
				}
			}
			if tt.stays != "" {
				if !strings.Contains(string(shown.body), tt.stays) || shown.Header.Get("Location") != "" {
					t.Errorf("the page does not say %q:\n%s", tt.stays, shown.body)
				}
				return
			}
			if to := shown.Header.Get("Location"); !strings.HasPrefix(to, back) {
				t.Errorf("the last form leads to %q:\n%s", to, shown.body)
			}
			if got := s.Sessions(""); len(got) != 1 || got[0].Status != "active" {
				t.Errorf("sessions %+v", got)
			}
			if tt.password != "" && call(t, s, http.MethodPost, "/v1/users/user_test0000000000000000001/verify_password", doc{"password": tt.password}, nil) != http.StatusOK {
				t.Error("the password has not changed")
			}
		})
	}
}

// The links of invitations lead to the hosted pages where the application names no page of its own.
func TestInvitationsLeadToTheHostedPages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, to, says string
		form           []string
	}{
		{name: "somebody new", to: "new@example.com", says: "For new@example.com, who is invited.", form: []string{"password", "long enough"}},
		{name: "who has an account", to: "ada@example.com", says: "Sign in", form: []string{"identifier", "ada@example.com", "password", "correct horse"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t, clerktest.Config{
				Settings: clerktest.Settings{SignUpMode: "restricted"}, Organizations: []clerktest.Organization{{ID: "org_acme"}},
				Users: []clerktest.User{{Email: "ada@example.com", Password: "correct horse"}},
			})
			play(t, s, []step{{route: "POST /v1/organizations/org_acme/invitations", status: 200, body: doc{"email_address": tt.to, "role": "org:member"}}})
			c := s.Browser(t)
			shown := get(t, c, lastLink(t, s))
			if !strings.Contains(string(shown.body), tt.says) {
				t.Fatalf("the page does not say %q:\n%s", tt.says, shown.body)
			}
			submit(t, s, c, shown, tt.form...)
			if got := s.Sessions(""); len(got) != 1 {
				t.Errorf("sessions %+v", got)
			}
			play(t, s, []step{
				{route: "GET /v1/organizations/org_acme/memberships", status: 200, want: doc{"total_count": 1.0}},
				{route: "GET /v1/organizations/org_acme/invitations?status=accepted", status: 200, want: doc{"total_count": 1.0}},
			})
		})
	}
}

// TestExternalAccounts: connected by a visit at the built-in provider, from a profile or by signing in.
func TestExternalAccounts(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{
		Settings: clerktest.Settings{FirstFactors: []string{"password", "oauth_google", "oauth_acme"}},
		Users:    []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: "correct horse"}, {ID: "user_bob", Email: "bob@example.com"}},
	})
	sc := newScript(t, s)
	sc.play([]step{{route: "POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com", "password": "correct horse"}, status: 200}})
	c := noFollow(s.Browser(t))
	visit := func(route, email string, form url.Values) answer {
		t.Helper()
		var w struct {
			Response struct {
				ID           string
				Verification struct {
					URL string `json:"external_verification_redirect_url"`
				}
			}
		}
		form.Set("redirect_url", "http://localhost:3000/profile")
		sc.send(route, form, &w)
		return submit(t, s, c, get(t, c, w.Response.Verification.URL), "email_address", email)
	}
	sc.play([]step{
		{route: "POST /v1/me/external_accounts", body: doc{"strategy": "oauth_other", "redirect_url": "http://localhost:3000/"}, status: 422, code: "strategy_for_user_invalid", param: "strategy"},
		{route: "POST /v1/me/external_accounts", body: doc{"strategy": "oauth_google", "redirect_url": "https://evil.example/"}, status: 422, code: "form_param_nil", param: "redirect_url"},
		{route: "POST /v1/me/external_accounts", body: doc{"strategy": "oauth_google", "redirect_url": "http://localhost:3000/", "color": "red"}, status: 422, code: "form_param_unknown", param: "color"},
		{route: "a = POST /v1/me/external_accounts", body: doc{"strategy": "oauth_google", "redirect_url": "http://localhost:3000/"}, status: 200, want: doc{"object": "external_account", "provider": "oauth_google", "verification": doc{"status": "unverified"}}},
	})
	if res := visit("POST /v1/me/external_accounts", "ada@gmail.example", url.Values{"strategy": {"oauth_google"}, "additional_scope": {"calendar"}}); res.Header.Get("Location") != "http://localhost:3000/profile" {
		t.Fatalf("the provider leads to %q:\n%s", res.Header.Get("Location"), res.body)
	}
	var me struct {
		Externals []struct {
			ID           string
			Email        string `json:"email_address"`
			Scopes       string `json:"approved_scopes"`
			Verification struct{ Status string }
		} `json:"external_accounts"`
		Emails []struct {
			Address string     `json:"email_address"`
			Linked  []struct{} `json:"linked_to"`
		} `json:"email_addresses"`
	}
	call(t, s, http.MethodGet, "/v1/users/user_ada", nil, &me)
	if len(me.Externals) != 1 || me.Externals[0].Email != "ada@gmail.example" || me.Externals[0].Scopes != "email profile calendar" || me.Externals[0].Verification.Status != "verified" {
		t.Fatalf("accounts %+v", me.Externals)
	}
	if len(me.Emails) != 2 || me.Emails[1].Address != "ada@gmail.example" || len(me.Emails[1].Linked) != 1 || len(me.Emails[0].Linked) != 0 {
		t.Errorf("addresses %+v", me.Emails)
	}
	id := me.Externals[0].ID
	visit("PATCH /v1/me/external_accounts/"+id+"/reauthorize", "ada@gmail.example", url.Values{"additional_scope": {"mail", "calendar"}})
	play(t, s, []step{{route: "GET /v1/users/user_ada/oauth_access_tokens/google", status: 200, want: doc{"total_count": 1.0, "data": []any{
		doc{
			"object": "oauth_access_token", "external_account_id": id, "provider": "oauth_google", "provider_user_id": "oauth_google|ada@gmail.example",
			"token": "clerktest_" + id, "scopes": []any{"email", "profile", "calendar", "mail"}, "public_metadata": doc{}, "label": nil, "expires_at": nil,
		},
	}}}})
	if res := visit("POST /v1/me/external_accounts", "ada@gmail.example", url.Values{"strategy": {"oauth_google"}}); res.StatusCode != http.StatusForbidden || !strings.Contains(string(res.body), "connected already") {
		t.Errorf("the same account again answered %d", res.StatusCode)
	}

	other := newScript(t, s)
	sc = other
	var w struct {
		Response struct {
			First struct {
				URL string `json:"external_verification_redirect_url"`
			} `json:"first_factor_verification"`
		}
	}
	for _, email := range []string{"ada@gmail.example", "bob@example.com"} {
		other.send("POST /v1/client/sign_ins", url.Values{"strategy": {"oauth_google"}, "redirect_url": {"http://localhost:3000/"}}, &w)
		submit(t, s, c, get(t, c, w.Response.First.URL), "email_address", email)
	}
	call(t, s, http.MethodGet, "/v1/users/user_bob", nil, &me)
	if len(me.Externals) != 1 || me.Externals[0].Email != "bob@example.com" || len(s.Sessions("user_bob")) != 1 || len(s.Sessions("user_ada")) != 2 {
		t.Errorf("after signing in at the provider: %+v, sessions %+v", me, s.Sessions(""))
	}
	play(t, s, []step{
		{route: "DELETE /v1/users/user_bob/external_accounts/" + id, status: 404, code: "resource_not_found"},
		{route: "DELETE /v1/users/user_ada/external_accounts/" + id, status: 200, want: doc{"object": "external_account", "deleted": true}},
	})
	other.play([]step{{route: "DELETE /v1/me/external_accounts/" + id, status: 404, code: "resource_not_found"}})
}

func TestALinkVerifiesAnAddressOfAProfile(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{Users: []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: "correct horse"}}})
	sc := newScript(t, s)
	sc.play([]step{
		{route: "POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com", "password": "correct horse"}, status: 200},
		{route: "e = POST /v1/me/email_addresses", body: doc{"email_address": "ada@work.example"}, status: 200, want: doc{"verification": nil}},
		{route: "POST /v1/me/email_addresses/{e}/prepare_verification", body: doc{"strategy": "phone_code"}, status: 422, code: "form_param_value_invalid", param: "strategy"},
		{route: "POST /v1/me/email_addresses/{e}/prepare_verification", body: doc{"strategy": "email_link", "redirect_url": "https://evil.example/"}, status: 422, code: "form_param_nil", param: "redirect_url"},
		{route: "POST /v1/me/email_addresses/{e}/prepare_verification", body: doc{"strategy": "email_link", "redirect_url": "http://localhost:3000/verify"}, status: 200, want: doc{"verification": doc{"status": "unverified", "strategy": "email_link"}}},
	})
	link := lastLink(t, s)
	if to := get(t, plain(t), link).Header.Get("Location"); to != "http://localhost:3000/verify?__clerk_status=verified" {
		t.Errorf("the link leads to %q", to)
	}
	sc.play([]step{{route: "GET /v1/me/email_addresses/idn_test0000000000000000002", status: 200, want: doc{"verification": doc{"status": "verified", "strategy": "email_link"}}}})
	if res := get(t, plain(t), link); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the used link answered %d", res.StatusCode)
	}
}
