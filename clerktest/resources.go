package clerktest

import (
	"slices"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// Everything here is called with s.mu held. The functions show records as JSON
// documents; the Frontend API and the Backend API differ in a few fields.

func verification(strategy string) map[string]any {
	return map[string]any{"object": "verification", "status": "verified", "strategy": strategy, "attempts": nil, "expire_at": nil}
}

// frontendSession is a session as clerk-js reads it, with a fresh token.
func (s *Server) frontendSession(sess *store.Session, azp string) map[string]any {
	doc := s.state.Sessions.Show(sess, store.Frontend)
	doc["factor_verification_age"] = []int{factorAge(s.clock.Now().Unix(), sess.First), factorAge(s.clock.Now().Unix(), sess.Second)}
	doc["tasks"] = nil
	if len(sess.Tasks) > 0 {
		tasks := make([]any, 0, len(sess.Tasks))
		for _, key := range sess.Tasks {
			tasks = append(tasks, map[string]any{"key": key})
		}
		doc["tasks"] = tasks
	}
	if u := s.state.Users.Get(sess.UserID); u != nil {
		doc["user"] = s.state.Users.Show(u, store.Frontend)
	}
	doc["public_user_data"] = s.state.PublicUserData(sess.UserID)
	doc["last_active_token"] = nil
	if sess.Live() {
		doc["last_active_token"] = map[string]any{"object": "token", "jwt": s.mintSession(sess, &tokenSpec{azp: azp})}
	}
	return doc
}

// clientObject is the browser's state, which comes along with every change.
func (s *Server) clientObject(c *call) any {
	if c.client == nil {
		return nil
	}
	sessions := []any{}
	var active any
	if sess := s.state.ActiveSession(c.client); sess != nil {
		active = sess.ID
	}
	for _, sess := range s.state.Live(c.client) {
		sessions = append(sessions, s.frontendSession(sess, c.pageOrigin()))
	}
	doc := map[string]any{
		"object":                       "client",
		"id":                           c.client.ID,
		"sessions":                     sessions,
		"sign_in":                      nil,
		"sign_up":                      nil,
		"last_active_session_id":       active,
		"captcha_bypass":               true,
		"cookie_expires_at":            nil,
		"last_authentication_strategy": nil,
		"created_at":                   c.client.CreatedAt,
		"updated_at":                   c.client.UpdatedAt,
	}
	if c.client.SignIn != nil {
		doc["sign_in"] = s.signInObject(c.client.SignIn)
	}
	if c.client.SignUp != nil {
		doc["sign_up"] = s.signUpObject(c.client.SignUp)
	}
	return doc
}

// enveloped is an answer of the Frontend API: the resource and the state.
func (s *Server) enveloped(c *call, response any) reply {
	return ok(map[string]any{"response": response, "client": s.clientObject(c)})
}

func environment(s *Server) map[string]any {
	mode := "development"
	if s.production {
		mode = "production"
	}
	attribute := func(first []string, required bool) map[string]any {
		return map[string]any{
			"enabled": true, "required": required, "used_for_first_factor": len(first) > 0, "first_factors": first,
			"used_for_second_factor": false, "second_factors": []string{}, "verifications": slices.Clone(first), "verify_at_sign_up": len(first) > 0,
		}
	}
	return map[string]any{
		"object": "environment", "id": "env_clerktest", "maintenance_mode": false,
		"auth_config": map[string]any{"object": "auth_config", "single_session_mode": true, "reverification": true},
		"display_config": map[string]any{
			"object": "display_config", "id": "dc_clerktest", "instance_environment_type": mode, "application_name": "clerktest",
			"branded": true, "theme": map[string]any{}, "preferred_sign_in_strategy": "password", "captcha_public_key": nil,
			"captcha_widget_type": nil, "captcha_oauth_bypass": []any{},
			"sign_in_url": s.SignInURL(), "sign_up_url": s.SignUpURL(), "user_profile_url": s.url, "home_url": "",
		},
		"user_settings": map[string]any{
			"attributes": map[string]any{
				"email_address": attribute([]string{"email_code"}, true),
				"password":      attribute([]string{}, true),
			},
			"social":            map[string]any{},
			"sign_in":           map[string]any{"second_factor": map[string]any{"required": false, "enabled": false}},
			"sign_up":           map[string]any{"mode": "public", "progressive": true, "captcha_enabled": false, "legal_consent_enabled": false},
			"password_settings": map[string]any{"min_length": minPassword, "max_length": 72},
			"actions":           map[string]any{"create_organization": true, "delete_self": true},
		},
		"organization_settings": map[string]any{
			"enabled": true, "max_allowed_memberships": 100, "force_organization_selection": false,
			"actions": map[string]any{"admin_delete": true},
			"domains": map[string]any{"enabled": false, "enrollment_modes": []any{}, "default_role": nil},
		},
	}
}
