package clerktest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// TestPicturesForPages: components load pictures as another origin's script does, and
// everybody has one.
func TestPicturesForPages(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t, clerktest.Config{
		Users:         []clerktest.User{{ID: "user_ada", Email: "ada@example.com", FirstName: "Ada", LastName: "<Lovelace"}},
		Organizations: []clerktest.Organization{{ID: "org_acme", Name: "acme", Members: []clerktest.Member{{UserID: "user_ada"}}}},
	})
	for path, want := range map[string]string{"/v1/users/user_ada": ">A</text>", "/v1/organizations/org_acme": ">A</text>"} {
		var doc struct {
			ImageURL string `json:"image_url"`
			HasImage bool   `json:"has_image"`
		}
		call(t, s, http.MethodGet, path, nil, &doc)
		if doc.HasImage || !strings.Contains(doc.ImageURL, "avatar_placeholder") { // By this word components know it.
			t.Errorf("%s: has_image %v, image_url %s", path, doc.HasImage, doc.ImageURL)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, doc.ImageURL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "http://localhost:3000")
		res := do(t, plain(t), req)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(string(res.body), want) {
			t.Errorf("%s: got %d %s %s", doc.ImageURL, res.StatusCode, res.Header.Get("Content-Type"), res.body)
		}
		if res.Header.Get("Access-Control-Allow-Origin") != "http://localhost:3000" {
			t.Errorf("%s: the page may not read it", doc.ImageURL)
		}
	}
}

// TestSensitiveCallsAskAgain: ten minutes after a factor was verified, what is
// sensitive is refused until one is verified again.
func TestSensitiveCallsAskAgain(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	sc := signedIn(t, s, "ada@example.com", "correct horse")
	sc.play([]step{ // Components name no current password.
		{route: "POST /v1/me/change_password", body: doc{"new_password": "another horse"}, status: 200, want: doc{"password_enabled": true}},
	})
	s.Clock().Advance(11 * time.Minute)
	const refused = "session_reverification_required"
	sc.play([]step{
		{route: "POST /v1/me/change_password", body: doc{"new_password": "a third horse"}, status: 403, code: refused},
		{route: "POST /v1/me/email_addresses", body: doc{"email_address": "x@example.com"}, status: 403, code: refused},
		{route: "POST /v1/me/totp", status: 403, code: refused},
		{route: "DELETE /v1/me", status: 403, code: refused},
		{route: "PATCH /v1/me", body: doc{"first_name": "Augusta"}, status: 200},
		{route: "POST /v1/client/sessions/" + s.Sessions("user_ada")[0].ID + "/verify/attempt_first_factor", body: doc{"strategy": "password", "password": "another horse"}, status: 200},
		{route: "POST /v1/me/change_password", body: doc{"new_password": "a third horse"}, status: 200},
	})
}

// TestSignUpHasNothingPreparedAtFirst: the component sends a code only where no
// verification is under way.
func TestSignUpHasNothingPreparedAtFirst(t *testing.T) {
	t.Parallel()
	s := clerktest.New(t)
	js := newScript(t, s)
	var answer struct {
		Response struct {
			ID            string
			Verifications struct {
				Email struct{ Status, Strategy string } `json:"email_address"`
			}
		}
	}
	js.send("POST /v1/client/sign_ups", url.Values{"email_address": {"new@example.com"}, "password": {"correct horse"}}, &answer)
	if v := answer.Response.Verifications.Email; v.Status != "unverified" || v.Strategy != "" {
		t.Errorf("before: got %+v", v)
	}
	js.send("POST /v1/client/sign_ups/"+answer.Response.ID+"/prepare_verification", url.Values{"strategy": {"email_code"}}, &answer)
	if v := answer.Response.Verifications.Email; v.Strategy != "email_code" {
		t.Errorf("after: got %+v", v)
	}
}
