package clerktest_test

import (
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

func newMint(t *testing.T) *clerktest.Server {
	t.Helper()
	return clerktest.New(t, clerktest.Config{
		Users:         []clerktest.User{{ID: "user_ada"}},
		Organizations: []clerktest.Organization{{ID: "org_acme", Slug: "acme", Members: []clerktest.Member{{UserID: "user_ada"}}}},
		Templates:     []clerktest.Template{{Name: "api"}},
	})
}

// TestControlMintsForWhomItIsTold: the token of a machine speaks for the user or the organization that is named.
func TestControlMintsForWhomItIsTold(t *testing.T) {
	t.Parallel()
	clerk := newMint(t)
	for _, tc := range []struct{ body, verify, want string }{
		{`{"type": "api_key", "user_id": "user_ada"}`, "/v1/api_keys/verify", "user_ada"},
		{`{"type": "api_key", "subject": "user_ada"}`, "/v1/api_keys/verify", "user_ada"},
		{`{"type": "api_key", "subject": "org_acme"}`, "/v1/api_keys/verify", "org_acme"},
		{`{"type": "api_key"}`, "/v1/api_keys/verify", "user_clerktest"},
		{`{"type": "oauth_token", "user_id": "user_ada"}`, "/v1/oauth_applications/access_tokens/verify", "user_ada"},
		{`{"type": "oauth_token", "subject": "user_ada"}`, "/v1/oauth_applications/access_tokens/verify", "user_ada"},
		{`{"type": "m2m_token", "subject": "mch_1"}`, "/v1/m2m_tokens/verify", "mch_1"},
	} {
		_, minted := control(t, clerk, "POST", "/tokens", tc.body)
		token, _ := minted["token"].(string)
		name := "secret"
		switch {
		case strings.HasPrefix(token, "mt_"):
			name = "token"
		case strings.HasPrefix(token, "oat_"):
			name = "access_token"
		}
		if status, doc := control(t, clerk, "POST", tc.verify, map[string]any{name: token}); status != 200 || doc["subject"] != tc.want {
			t.Errorf("%s: got %d %v, want the subject %s", tc.body, status, doc, tc.want)
		}
	}
}

// TestControlMintRefusesWhatHasNoEffect: nobody is to believe that a field counts which does not.
func TestControlMintRefusesWhatHasNoEffect(t *testing.T) {
	t.Parallel()
	clerk := newMint(t)
	for body, want := range map[string]string{
		`{"user_id": "user_ada", "subject": "user_ada"}`:                                      "form_param_unknown subject",
		`{"user_id": "user_ada", "scopes": ["a"]}`:                                            "form_param_unknown scopes",
		`{"user_id": "user_ada", "template": "api", "version": 1}`:                            "form_param_unknown version",
		`{"type": "jwt_template", "user_id": "user_ada"}`:                                     "form_param_missing template",
		`{"type": "m2m_token", "user_id": "user_ada"}`:                                        "form_param_unknown user_id",
		`{"type": "oauth_token", "claims": {"tier": 1}}`:                                      "form_param_unknown claims",
		`{"type": "oauth_token", "subject": "org_acme"}`:                                      "resource_not_found subject",
		`{"type": "oauth_token", "user_id": "user_nobody"}`:                                   "resource_not_found user_id",
		`{"type": "api_key", "user_id": "user_nobody"}`:                                       "resource_not_found user_id",
		`{"type": "api_key", "user_id": "org_acme"}`:                                          "resource_not_found user_id",
		`{"type": "api_key", "subject": "user_nobody"}`:                                       "resource_not_found subject",
		`{"type": "api_key", "subject": "user_ada", "user_id": "user_ada"}`:                   "form_param_unknown subject",
		`{"type": "api_key", "organization_id": "org_acme"}`:                                  "form_param_unknown organization_id",
		`{"type": "api_key", "template": "api"}`:                                              "form_param_unknown template",
		`{"type": "api_key", "session_id": "sess_1"}`:                                         "form_param_unknown session_id",
		`{"type": "api_key", "version": 2}`:                                                   "form_param_unknown version",
		`{"type": "api_key", "subject": "user_ada", "authorized_party": "http://localhost/"}`: "form_param_unknown authorized_party",
	} {
		if status, doc := control(t, clerk, "POST", "/tokens", body); status != 422 || refusedAt(doc) != want {
			t.Errorf("%s: got %d %v, want %s", body, status, doc, want)
		}
	}
}
