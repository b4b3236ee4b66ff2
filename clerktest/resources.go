package clerktest

import "slices"

// Everything here is called with s.mu held. The functions show records as JSON
// documents; the Frontend API and the Backend API differ in a few fields.

func verification(strategy string) map[string]any {
	return map[string]any{"object": "verification", "status": "verified", "strategy": strategy, "attempts": nil, "expire_at": nil}
}

// userObject is what both APIs show of a user.
func (s *Server) userObject(u *userRecord) map[string]any {
	return map[string]any{
		"object":                      "user",
		"id":                          u.ID,
		"username":                    textOrNull(u.Username),
		"first_name":                  textOrNull(u.FirstName),
		"last_name":                   textOrNull(u.LastName),
		"image_url":                   u.ImageURL,
		"has_image":                   u.ImageURL != "",
		"external_id":                 textOrNull(u.ExternalID),
		"primary_email_address_id":    u.emailID,
		"primary_phone_number_id":     nil,
		"primary_web3_wallet_id":      nil,
		"password_enabled":            u.password != nil,
		"two_factor_enabled":          u.SecondFactor,
		"totp_enabled":                u.SecondFactor,
		"backup_code_enabled":         false,
		"phone_numbers":               []any{},
		"web3_wallets":                []any{},
		"passkeys":                    []any{},
		"external_accounts":           []any{},
		"enterprise_accounts":         []any{},
		"public_metadata":             document(u.PublicMetadata),
		"unsafe_metadata":             document(u.UnsafeMetadata),
		"last_sign_in_at":             millisOrNull(u.signedIn),
		"create_organization_enabled": true,
		"create_organizations_limit":  nil,
		"delete_self_enabled":         true,
		"legal_accepted_at":           nil,
		"created_at":                  millis(u.createdAt),
		"updated_at":                  millis(u.updatedAt),
		"email_addresses": []any{map[string]any{
			"object": "email_address", "id": u.emailID, "email_address": u.Email, "linked_to": []any{},
			"matches_sso_connection": false, "verification": verification("admin"),
		}},
	}
}

// backendUser adds what only servers may see.
func (s *Server) backendUser(u *userRecord) map[string]any {
	doc := s.userObject(u)
	doc["private_metadata"] = document(u.PrivateMetadata)
	doc["banned"], doc["locked"] = u.Banned, u.locked
	doc["lockout_expires_in_seconds"], doc["verification_attempts_remaining"] = nil, 100
	doc["saml_accounts"] = []any{}
	doc["password_last_updated_at"], doc["last_active_at"], doc["locale"] = nil, millisOrNull(u.signedIn), nil
	return doc
}

// frontendUser adds the memberships, in which clerk-js finds the organization.
func (s *Server) frontendUser(u *userRecord) map[string]any {
	doc := s.userObject(u)
	all := s.memberships(u.ID)
	list := make([]any, 0, len(all))
	for _, m := range all {
		list = append(list, s.membershipObject(m))
	}
	doc["organization_memberships"] = list
	return doc
}

func (s *Server) publicUserData(userID string) map[string]any {
	doc := map[string]any{"user_id": userID, "identifier": "", "first_name": nil, "last_name": nil, "image_url": "", "has_image": false}
	if u := s.users[userID]; u != nil {
		doc["identifier"], doc["first_name"], doc["last_name"] = u.Email, textOrNull(u.FirstName), textOrNull(u.LastName)
		doc["image_url"], doc["has_image"] = u.ImageURL, u.ImageURL != ""
	}
	return doc
}

func (s *Server) organizationObject(o *orgRecord) map[string]any {
	return map[string]any{
		"object":                    "organization",
		"id":                        o.ID,
		"name":                      o.Name,
		"slug":                      o.Slug,
		"image_url":                 "",
		"has_image":                 false,
		"members_count":             len(o.members),
		"pending_invitations_count": 0,
		"max_allowed_memberships":   100,
		"admin_delete_enabled":      true,
		"public_metadata":           document(o.PublicMetadata),
		"created_at":                millis(o.createdAt),
		"updated_at":                millis(o.updatedAt),
	}
}

func (s *Server) backendOrganization(o *orgRecord) map[string]any {
	doc := s.organizationObject(o)
	doc["private_metadata"], doc["created_by"] = document(o.PrivateMetadata), textOrNull(o.createdBy)
	return doc
}

func (s *Server) membershipObject(m membership) map[string]any {
	name := m.member.Role
	if len(name) > 4 && name[:4] == "org:" {
		name = name[4:]
	}
	return map[string]any{
		"object":           "organization_membership",
		"id":               m.member.id,
		"role":             m.member.Role,
		"role_name":        name,
		"permissions":      append([]string{}, m.member.Permissions...),
		"public_metadata":  document(m.member.PublicMetadata),
		"public_user_data": s.publicUserData(m.member.UserID),
		"organization":     s.organizationObject(m.org),
		"created_at":       millis(m.member.createdAt),
		"updated_at":       millis(m.member.updatedAt),
	}
}

func (s *Server) backendMembership(m membership) map[string]any {
	doc := s.membershipObject(m)
	doc["organization"] = s.backendOrganization(m.org)
	doc["private_metadata"] = document(m.member.PrivateMetadata)
	return doc
}

// frontendSession is a session as clerk-js reads it, with a fresh token.
func (s *Server) frontendSession(sess *session, azp string) map[string]any {
	doc := s.sessionObject(sess)
	doc["factor_verification_age"] = []int{factorAge(s.clock.Now().Unix(), sess.first), factorAge(s.clock.Now().Unix(), sess.second)}
	doc["tasks"] = nil
	if len(sess.tasks) > 0 {
		tasks := make([]any, 0, len(sess.tasks))
		for _, key := range sess.tasks {
			tasks = append(tasks, map[string]any{"key": key})
		}
		doc["tasks"] = tasks
	}
	if u := s.users[sess.userID]; u != nil {
		doc["user"] = s.frontendUser(u)
	}
	doc["public_user_data"] = s.publicUserData(sess.userID)
	doc["last_active_token"] = nil
	if sess.live() {
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
	if sess := s.activeSession(c.client); sess != nil {
		active = sess.id
	}
	for _, sess := range s.liveSessions(c.client) {
		sessions = append(sessions, s.frontendSession(sess, c.pageOrigin()))
	}
	doc := map[string]any{
		"object":                       "client",
		"id":                           c.client.id,
		"sessions":                     sessions,
		"sign_in":                      nil,
		"sign_up":                      nil,
		"last_active_session_id":       active,
		"captcha_bypass":               true,
		"cookie_expires_at":            nil,
		"last_authentication_strategy": nil,
		"created_at":                   millis(c.client.createdAt),
		"updated_at":                   millis(c.client.updatedAt),
	}
	if c.client.signIn != nil {
		doc["sign_in"] = s.signInObject(c.client.signIn)
	}
	if c.client.signUp != nil {
		doc["sign_up"] = s.signUpObject(c.client.signUp)
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
