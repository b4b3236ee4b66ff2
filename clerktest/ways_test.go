package clerktest_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerkgo/clerkgo/clerktest"
)

// TestWaysIn: what browsers do to get in, besides a password.
func TestWaysIn(t *testing.T) {
	t.Parallel()
	all := clerktest.Settings{
		FirstFactors: []string{"password", "email_code", "phone_code", "reset_password_email_code", "oauth_google"},
		Optional:     []string{"phone_number", "username"},
	}
	tests := []struct {
		name     string
		settings clerktest.Settings
		steps    []step
	}{
		{name: "a forgotten password", settings: all, steps: []step{
			{route: "i = POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com"}, status: 200, want: doc{"status": "needs_first_factor"}},
			{route: "POST /v1/client/sign_ins/{i}/reset_password", body: doc{"password": "a new horse"}, status: 422, code: "verification_missing", param: "strategy"},
			{route: "POST /v1/client/sign_ins/{i}/prepare_first_factor", body: doc{"strategy": "reset_password_email_code"}, status: 200},
			{route: "POST /v1/client/sign_ins/{i}/attempt_first_factor", body: doc{"strategy": "reset_password_email_code", "code": "424242"}, status: 200, want: doc{"status": "needs_new_password", "created_session_id": nil}},
			{route: "POST /v1/client/sign_ins/{i}/reset_password", body: doc{"password": "short"}, status: 422, code: "form_password_length_too_short", param: "password"},
			{route: "POST /v1/client/sign_ins/{i}/reset_password", body: doc{"password": "a new horse", "sign_out_of_other_sessions": true}, status: 200, want: doc{"status": "complete"}},
			{route: "POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com", "password": "correct horse"}, status: 422, code: "form_password_incorrect", param: "password"},
			{route: "POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com", "password": "a new horse"}, status: 200, want: doc{"status": "complete"}},
		}},
		{name: "a second factor", settings: all, steps: []step{
			{route: "i = POST /v1/client/sign_ins", body: doc{"identifier": "mfa@example.com", "password": "correct horse"}, status: 200, want: doc{"status": "needs_second_factor", "created_session_id": nil}},
			{route: "POST /v1/client/sign_ins/{i}/attempt_second_factor", body: doc{"strategy": "totp", "code": "000000"}, status: 422, code: "form_code_incorrect", param: "code"},
			{route: "POST /v1/client/sign_ins/{i}/attempt_second_factor", body: doc{"strategy": "phone_code", "code": "424242"}, status: 422, code: "verification_missing", param: "strategy"},
			{route: "POST /v1/client/sign_ins/{i}/prepare_second_factor", body: doc{"strategy": "phone_code"}, status: 200},
			{route: "POST /v1/client/sign_ins/{i}/attempt_second_factor", body: doc{"strategy": "phone_code", "code": "424242"}, status: 200, want: doc{"status": "complete"}},
			{route: "i = POST /v1/client/sign_ins", body: doc{"identifier": "mfa@example.com", "password": "correct horse"}, status: 200, want: doc{"status": "needs_second_factor"}},
			{route: "POST /v1/client/sign_ins/{i}/attempt_second_factor", body: doc{"strategy": "backup_code", "code": "backup-1"}, status: 200, want: doc{"status": "complete"}},
			{route: "i = POST /v1/client/sign_ins", body: doc{"identifier": "mfa@example.com", "password": "correct horse"}, status: 200},
			{route: "POST /v1/client/sign_ins/{i}/attempt_second_factor", body: doc{"strategy": "backup_code", "code": "backup-1"}, status: 422, code: "form_code_incorrect", param: "code"},
		}},
		{name: "a phone code", settings: all, steps: []step{
			{route: "i = POST /v1/client/sign_ins", body: doc{"strategy": "phone_code", "identifier": "+15555550111"}, status: 200, want: doc{"status": "needs_first_factor"}},
			{route: "POST /v1/client/sign_ins/{i}/attempt_first_factor", body: doc{"strategy": "phone_code", "code": "1"}, status: 422, code: "form_code_incorrect", param: "code"},
			{route: "POST /v1/client/sign_ins/{i}/attempt_first_factor", body: doc{"strategy": "phone_code", "code": "424242"}, status: 200, want: doc{"status": "complete"}},
		}},
		{name: "strategies that the instance has not", steps: []step{
			{route: "POST /v1/client/sign_ins", body: doc{"strategy": "oauth_google", "redirect_url": "http://localhost:3000/cb"}, status: 422, code: "strategy_for_user_invalid", param: "strategy"},
			{route: "POST /v1/client/sign_ups", body: doc{"strategy": "oauth_google", "redirect_url": "http://localhost:3000/cb"}, status: 422, code: "strategy_for_user_invalid", param: "strategy"},
			{route: "i = POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com"}, status: 200},
			{route: "POST /v1/client/sign_ins/{i}/prepare_first_factor", body: doc{"strategy": "email_link"}, status: 422, code: "strategy_for_user_invalid", param: "strategy"},
			{route: "POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com", "color": "red"}, status: 422, code: "form_param_unknown", param: "color"},
		}},
		{name: "a sign-up without a password, with metadata", settings: clerktest.Settings{Required: []string{"email_address"}}, steps: []step{
			{route: "u = POST /v1/client/sign_ups", body: doc{"email_address": "new@example.com", "unsafe_metadata": doc{"a": 1}}, status: 200, want: doc{"missing_fields": []any{}, "unsafe_metadata": doc{"a": 1.0}}},
			{route: "POST /v1/client/sign_ups/{u}/prepare_verification", body: doc{"strategy": "email_code"}, status: 200},
			{route: "POST /v1/client/sign_ups/{u}/attempt_verification", body: doc{"strategy": "email_code", "code": "424242"}, status: 200, want: doc{"status": "complete"}},
			{route: "GET /v1/me", status: 200, want: doc{"unsafe_metadata": doc{"a": 1.0}, "password_enabled": false}},
		}},
		{name: "a sign-up by phone", settings: clerktest.Settings{Required: []string{"phone_number"}}, steps: []step{
			{route: "u = POST /v1/client/sign_ups", body: doc{"phone_number": "+15555550199"}, status: 200, want: doc{"unverified_fields": []any{"phone_number"}}},
			{route: "POST /v1/client/sign_ups/{u}/prepare_verification", body: doc{"strategy": "phone_code"}, status: 200},
			{route: "POST /v1/client/sign_ups/{u}/attempt_verification", body: doc{"strategy": "phone_code", "code": "424242"}, status: 200, want: doc{"status": "complete"}},
		}},
		{name: "passwords", settings: clerktest.Settings{PasswordMinLength: 10, PasswordNeeds: []string{"uppercase", "numbers"}}, steps: []step{
			{route: "POST /v1/client/sign_ups", body: doc{"password": "Long1"}, status: 422, code: "form_password_length_too_short", param: "password"},
			{route: "POST /v1/client/sign_ups", body: doc{"password": "long enough 1"}, status: 422, code: "form_password_no_uppercase", param: "password"},
			{route: "POST /v1/client/sign_ups", body: doc{"password": "Long enough"}, status: 422, code: "form_password_no_number", param: "password"},
			{route: "POST /v1/client/sign_ups", body: doc{"password": "Password123"}, status: 422, code: "form_password_pwned", param: "password"},
			{route: "POST /v1/client/sign_ups", body: doc{"password": "Long enough 1"}, status: 200},
		}},
		{name: "restricted", settings: clerktest.Settings{SignUpMode: "restricted"}, steps: []step{
			{route: "POST /v1/client/sign_ups", body: doc{"email_address": "new@example.com"}, status: 403, code: "sign_up_mode_restricted"},
		}},
		{name: "waitlist", settings: clerktest.Settings{SignUpMode: "waitlist"}, steps: []step{
			{route: "POST /v1/client/sign_ups", body: doc{"email_address": "new@example.com"}, status: 403, code: "sign_up_restricted_waitlist"},
			{route: "POST /v1/waitlist", body: doc{"email_address": "new@example.com"}, status: 200, want: doc{"object": "waitlist_entry", "status": "pending"}},
			{route: "POST /v1/waitlist", body: doc{"email_address": "new@example.com"}, status: 200},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := clerktest.New(t, clerktest.Config{Settings: tt.settings, Users: []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: "correct horse"}}})
			for _, u := range []doc{
				{"email_address": []string{"mfa@example.com"}, "password": "correct horse", "totp_secret": "JBSWY3DPEHPK3PXP", "backup_codes": []string{"backup-1"}},
				{"phone_number": []string{"+15555550111"}},
			} {
				if tt.settings.PasswordNeeds == nil && call(t, s, http.MethodPost, "/v1/users", u, nil) != http.StatusOK {
					t.Fatal("the users cannot be made")
				}
			}
			var users []struct{ ID string }
			call(t, s, http.MethodGet, "/v1/users?email_address=mfa@example.com", nil, &users)
			if len(users) == 1 {
				call(t, s, http.MethodPost, "/v1/phone_numbers", doc{"user_id": users[0].ID, "phone_number": "+15555550122", "verified": true, "reserved_for_second_factor": true}, nil)
			}
			newScript(t, s).play(tt.steps)
		})
	}
}

func TestSignUpByInvitation(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{Settings: clerktest.Settings{SignUpMode: "restricted"}, Organizations: []clerktest.Organization{{ID: "org_acme", Name: "Acme"}}})
	var i struct{ URL string }
	for _, tt := range []struct {
		path  string
		body  doc
		check doc
	}{
		{"/v1/invitations", doc{"email_address": "one@example.com", "public_metadata": doc{"role": "x"}}, doc{"public_metadata": doc{"role": "x"}}},
		{"/v1/organizations/org_acme/invitations", doc{"email_address": "two@example.com", "role": "org:member"}, doc{"public_metadata": doc{}}},
	} {
		if status := call(t, s, http.MethodPost, tt.path, tt.body, &i); status != http.StatusOK {
			t.Fatalf("%s answered %d", tt.path, status)
		}
		res := get(t, plain(t), i.URL+"&redirect_url=http://localhost:3000/welcome")
		to, err := url.Parse(res.Header.Get("Location"))
		if err != nil || to.Query().Get("__clerk_status") != "sign_up" {
			t.Fatalf("the link leads to %v", to)
		}
		sc := newScript(t, s)
		sc.play([]step{
			{route: "POST /v1/client/sign_ups", body: doc{"strategy": "ticket", "ticket": "none"}, status: 422, code: "ticket_invalid_code", param: "ticket"},
			{route: "POST /v1/client/sign_ups", body: doc{"strategy": "ticket", "ticket": to.Query().Get("__clerk_ticket"), "password": "correct horse"}, status: 200, want: doc{"status": "complete", "email_address": tt.body["email_address"]}},
			{route: "GET /v1/me", status: 200, want: tt.check},
			{route: "POST /v1/client/sign_ups", body: doc{"strategy": "ticket", "ticket": to.Query().Get("__clerk_ticket")}, status: 422, code: "ticket_expired_code", param: "ticket"},
		})
		if tt.body["role"] != nil {
			sc.play([]step{{route: "GET /v1/me/organization_memberships", status: 200, want: doc{"total_count": 1.0}}})
		}
	}
}

// TestEmailLinks: the page that waits for the link hears of it, wherever it is followed.
func TestEmailLinks(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{
		Settings: clerktest.Settings{FirstFactors: []string{"email_link"}, Required: []string{"email_address"}},
		Users:    []clerktest.User{{ID: "user_ada", Email: "ada@example.com"}},
	})
	sc := newScript(t, s)
	sc.play([]step{
		{route: "i = POST /v1/client/sign_ins", body: doc{"identifier": "ada@example.com"}, status: 200},
		{route: "POST /v1/client/sign_ins/{i}/prepare_first_factor", body: doc{"strategy": "email_link", "redirect_url": "https://evil.example/"}, status: 422, code: "form_param_nil", param: "redirect_url"},
		{route: "POST /v1/client/sign_ins/{i}/prepare_first_factor", body: doc{"strategy": "email_link", "redirect_url": "http://localhost:3000/verify"}, status: 200, want: doc{"first_factor_verification": doc{"status": "unverified"}}},
	})
	id := "sia_test0000000000000000001"
	res := get(t, plain(t), lastLink(t, s))
	if to := res.Header.Get("Location"); !strings.HasPrefix(to, "http://localhost:3000/verify?") || !strings.Contains(to, "__clerk_status=verified") || !strings.Contains(to, "__clerk_created_session=sess_") {
		t.Fatalf("the link leads to %q", to)
	}
	sc.play([]step{{route: "GET /v1/client/sign_ins/" + id, status: 200, want: doc{"status": "complete", "first_factor_verification": doc{"status": "verified"}}}, {route: "GET /v1/me", status: 200}})
	if res := get(t, plain(t), lastLink(t, s)); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the used link answered %d", res.StatusCode)
	}
	sc = newScript(t, s)
	sc.play([]step{
		{route: "u = POST /v1/client/sign_ups", body: doc{"email_address": "new@example.com"}, status: 200},
		{route: "POST /v1/client/sign_ups/{u}/prepare_verification", body: doc{"strategy": "email_link", "redirect_url": "http://localhost:3000/verify"}, status: 200},
	})
	get(t, plain(t), lastLink(t, s))
	sc.play([]step{{route: "GET /v1/me", status: 200, want: doc{"object": "user"}}})
}

// lastLink is the link of the newest message.
func lastLink(t *testing.T, s *clerktest.Server) string {
	t.Helper()
	messages := s.Outbox()
	if len(messages) == 0 {
		t.Fatal("no message was sent")
	}
	return messages[len(messages)-1].Link
}

// TestProviders: a visit at the built-in provider signs in who has an account, and up who has not.
func TestProviders(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{
		Settings: clerktest.Settings{FirstFactors: []string{"oauth_google", "oauth_acme"}},
		Users:    []clerktest.User{{ID: "user_ada", Email: "ada@example.com"}},
	})
	visit := func(sc *script, kind, strategy, email string) {
		t.Helper()
		var w struct {
			Response struct {
				First struct {
					URL string `json:"external_verification_redirect_url"`
				} `json:"first_factor_verification"`
				Verifications struct {
					External struct {
						URL string `json:"external_verification_redirect_url"`
					} `json:"external_account"`
				}
			}
		}
		sc.send("POST /v1/client/"+kind, url.Values{"strategy": {strategy}, "redirect_url": {"http://localhost:3000/sso-callback"}}, &w)
		c := s.Browser(t)
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		shown := get(t, c, w.Response.First.URL+w.Response.Verifications.External.URL)
		action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(string(shown.body))
		if action == nil {
			t.Fatalf("the provider shows %s", shown.body)
		}
		res := postForm(t, c, s.URL()+action[1], with(fields(shown), "email_address", email))
		if got := res.Header.Get("Location"); got != "http://localhost:3000/sso-callback" {
			t.Fatalf("the provider leads to %q %s", got, res.body)
		}
	}
	sc := newScript(t, s)
	visit(sc, "sign_ins", "oauth_google", "ada@example.com")
	var w struct {
		Response struct {
			SignIn struct {
				Status string
				First  struct{ Status string } `json:"first_factor_verification"`
			} `json:"sign_in"`
			Sessions []struct{ ID string }
		}
	}
	sc.send("GET /v1/client", nil, &w)
	if w.Response.SignIn.Status != "complete" || len(w.Response.Sessions) != 1 {
		t.Errorf("who has an account: %+v", w)
	}
	sc = newScript(t, s)
	visit(sc, "sign_ins", "oauth_acme", "new@example.com")
	sc.send("GET /v1/client", nil, &w)
	if w.Response.SignIn.First.Status != "transferable" {
		t.Errorf("who has none: %+v", w)
	}
	sc.play([]step{{route: "POST /v1/client/sign_ups", body: doc{"transfer": true}, status: 200, want: doc{"status": "complete", "email_address": "new@example.com"}}})
	sc = newScript(t, s)
	visit(sc, "sign_ups", "oauth_google", "newer@example.com")
	sc.play([]step{{route: "GET /v1/me", status: 200}})
	sc = newScript(t, s)
	visit(sc, "sign_ups", "oauth_google", "ada@example.com")
	sc.play([]step{{route: "GET /v1/me", status: 200, want: doc{"id": "user_ada"}}})
}

func TestSeveralSessionsInOneBrowser(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{
		Clock: clerktest.NewClock(epoch), Settings: clerktest.Settings{SeveralSessions: true, SessionLifetime: time.Hour},
		Users: []clerktest.User{{ID: "user_ada", Email: "ada@example.com", Password: "correct horse"}, {ID: "user_bob", Email: "bob@example.com", Password: "correct horse"}},
	})
	sc := newScript(t, s)
	for _, identifier := range []string{"ada@example.com", "bob@example.com", "bob@example.com"} {
		sc.send("POST /v1/client/sign_ins", url.Values{"identifier": {identifier}, "password": {"correct horse"}}, nil)
	}
	var states []string
	for _, sess := range s.Sessions("") {
		states = append(states, sess.UserID+" "+sess.Status)
	}
	if want := []string{"user_ada active", "user_bob ended", "user_bob active"}; !cmp.Equal(states, want) {
		t.Errorf("sessions %q, want %q", states, want)
	}
	first := s.Sessions("user_ada")[0].ID
	sc.play([]step{{route: "GET /v1/me?_clerk_session_id=" + first, status: 200, want: doc{"id": "user_ada"}}, {route: "GET /v1/me", status: 200, want: doc{"id": "user_bob"}}})
	s.Clock().Advance(time.Hour)
	sc.play([]step{{route: "GET /v1/me", status: 401, code: "authentication_invalid"}})
}

func TestSettingsMeanSomething(t *testing.T) {
	t.Parallel()
	for field, settings := range map[string]clerktest.Settings{
		"FirstFactors": {FirstFactors: []string{"sms"}}, "SecondFactors": {SecondFactors: []string{"email"}}, "Required": {Required: []string{"age"}},
		"Optional": {Optional: []string{"age"}}, "SignUpMode": {SignUpMode: "closed"}, "PasswordNeeds": {PasswordNeeds: []string{"emoji"}}, "PasswordMinLength": {PasswordMinLength: -1},
	} {
		if _, err := clerktest.NewServer(clerktest.Config{Settings: settings}); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: error %v", field, err)
		}
	}
}
