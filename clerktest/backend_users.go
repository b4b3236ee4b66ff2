package clerktest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

func backendUserRoutes() []route {
	return []route{
		{"GET /v1/users", surfaceBackend, (*Server).listUsers},
		{"GET /v1/users/count", surfaceBackend, (*Server).countUsers},
		{"POST /v1/users", surfaceBackend, (*Server).createUser},
		{"GET /v1/users/{id}", surfaceBackend, (*Server).getUser},
		{"PATCH /v1/users/{id}", surfaceBackend, (*Server).updateUser},
		{"DELETE /v1/users/{id}", surfaceBackend, (*Server).deleteUser},
		{"PATCH /v1/users/{id}/metadata", surfaceBackend, (*Server).userMetadata},
		{"PUT /v1/users/{id}/metadata", surfaceBackend, (*Server).userMetadata},
		{"POST /v1/users/{id}/ban", surfaceBackend, (*Server).banUser},
		{"POST /v1/users/{id}/unban", surfaceBackend, (*Server).unbanUser},
		{"POST /v1/users/{id}/lock", surfaceBackend, (*Server).lockUser},
		{"POST /v1/users/{id}/unlock", surfaceBackend, (*Server).unlockUser},
		{"POST /v1/users/{id}/verify_password", surfaceBackend, (*Server).verifyPassword},
		{"GET /v1/users/{id}/organization_memberships", surfaceBackend, (*Server).userMemberships},
		{"POST /v1/sign_in_tokens", surfaceBackend, (*Server).createSignInToken},
		{"POST /v1/sign_in_tokens/{id}/revoke", surfaceBackend, (*Server).revokeTicket},
		{"POST /v1/actor_tokens", surfaceBackend, (*Server).createActorToken},
		{"POST /v1/actor_tokens/{id}/revoke", surfaceBackend, (*Server).revokeTicket},
		{"POST /v1/testing_tokens", surfaceBackend, (*Server).createTestingToken},
	}
}

func (s *Server) matchingUsers(c *call) []*userRecord {
	var list []*userRecord
	for _, id := range s.userOrder {
		u := s.users[id]
		if filtered(c, "user_id", u.ID) || filtered(c, "email_address", u.Email) || filtered(c, "username", u.Username) ||
			filtered(c, "external_id", u.ExternalID) || filtered(c, "phone_number", "") {
			continue
		}
		if orgs := slices.Concat(c.query["organization_id"], c.query["organization_id[]"]); len(orgs) > 0 &&
			!slices.ContainsFunc(orgs, func(o string) bool { return s.orgs[o] != nil && s.orgs[o].member(u.ID) != nil }) {
			continue
		}
		if q := strings.ToLower(c.query.Get("query")); q != "" {
			text := strings.ToLower(strings.Join([]string{u.ID, u.Email, u.Username, u.FirstName + " " + u.LastName, u.ExternalID}, "\n"))
			if !strings.Contains(text, q) {
				continue
			}
		}
		list = append(list, u)
	}
	// Newest first unless asked otherwise; +created_at may arrive with the plus as a space.
	if order := strings.TrimSpace(c.query.Get("order_by")); order == "created_at" || order == "+created_at" {
		return list
	}
	slices.Reverse(list)
	return list
}

func (s *Server) listUsers(c *call) reply {
	users := s.matchingUsers(c)
	list := make([]any, 0, len(users))
	for _, u := range users {
		list = append(list, s.backendUser(u))
	}
	return ok(window(c, list))
}

func (s *Server) countUsers(c *call) reply {
	return ok(map[string]any{"object": "total_count", "total_count": len(s.matchingUsers(c))})
}

// withUser runs fn on the user that the path names.
func (s *Server) withUser(c *call, fn func(*userRecord) reply) reply {
	u := s.users[c.r.PathValue("id")]
	if u == nil {
		return notFound("User")
	}
	return fn(u)
}

func (s *Server) getUser(c *call) reply {
	return s.withUser(c, func(u *userRecord) reply { return ok(s.backendUser(u)) })
}

type userFields struct {
	FirstName       *string         `json:"first_name"`
	LastName        *string         `json:"last_name"`
	Username        *string         `json:"username"`
	ExternalID      *string         `json:"external_id"`
	Password        *string         `json:"password"`
	EmailAddress    []string        `json:"email_address"`
	SkipChecks      bool            `json:"skip_password_checks"`
	PublicMetadata  *map[string]any `json:"public_metadata"`
	PrivateMetadata *map[string]any `json:"private_metadata"`
	UnsafeMetadata  *map[string]any `json:"unsafe_metadata"`
}

func (f *userFields) applyTo(u *User) {
	assign(&u.FirstName, f.FirstName)
	assign(&u.LastName, f.LastName)
	assign(&u.Username, f.Username)
	assign(&u.ExternalID, f.ExternalID)
	assign(&u.PublicMetadata, f.PublicMetadata)
	assign(&u.PrivateMetadata, f.PrivateMetadata)
	assign(&u.UnsafeMetadata, f.UnsafeMetadata)
}

// badPassword refuses a password that is too short.
func (f *userFields) badPassword() bool {
	return f.Password != nil && !f.SkipChecks && len(*f.Password) < minPassword
}

func shortPassword() reply {
	return failure(http.StatusUnprocessableEntity, "form_password_length_too_short", "The password needs at least 8 characters.", "password")
}

func (s *Server) createUser(c *call) reply {
	var in userFields
	if rep, fine := c.decode(&in); !fine {
		return rep
	}
	var u User
	in.applyTo(&u)
	if len(in.EmailAddress) > 0 {
		u.Email = in.EmailAddress[0]
	}
	if u.Email == "" && u.Username == "" {
		return failure(http.StatusUnprocessableEntity, "form_data_missing", "A user needs an email address or a username.", "email_address")
	}
	for _, identifier := range []string{u.Email, u.Username} {
		if s.userByIdentifier(identifier) != nil {
			return failure(http.StatusUnprocessableEntity, "form_identifier_exists", "That identifier is taken. Please try another.", "email_address")
		}
	}
	if in.badPassword() {
		return shortPassword()
	}
	if in.Password != nil {
		u.Password = *in.Password
	}
	return ok(s.backendUser(s.putUser(u)))
}

func (s *Server) updateUser(c *call) reply {
	return s.withUser(c, func(u *userRecord) reply {
		var in userFields
		if rep, fine := c.decode(&in); !fine {
			return rep
		}
		if in.badPassword() {
			return shortPassword()
		}
		in.applyTo(&u.User)
		if in.Password != nil {
			u.password = s.hashPassword(*in.Password)
		}
		u.updatedAt = s.clock.Now()
		return ok(s.backendUser(u))
	})
}

func (s *Server) deleteUser(c *call) reply {
	return s.withUser(c, func(u *userRecord) reply {
		s.dropUser(u.ID)
		return deleted("user", u.ID)
	})
}

type metadata struct {
	Public  *map[string]any `json:"public_metadata"`
	Private *map[string]any `json:"private_metadata"`
	Unsafe  *map[string]any `json:"unsafe_metadata"`
}

// change merges (PATCH) or replaces (PUT) one document.
func change(method string, dst, src *map[string]any) {
	switch {
	case src == nil:
	case method == http.MethodPut:
		*dst = *src
	default:
		*dst = merged(*dst, *src)
	}
}

// merged returns a deep merge in which null deletes a key.
func merged(dst, src map[string]any) map[string]any {
	out := maps.Clone(document(dst))
	for k, v := range src {
		inner, isMap := v.(map[string]any)
		switch old, both := out[k].(map[string]any); {
		case v == nil:
			delete(out, k)
		case isMap && both:
			out[k] = merged(old, inner)
		case isMap:
			out[k] = merged(nil, inner)
		default:
			out[k] = v
		}
	}
	return out
}

func (s *Server) userMetadata(c *call) reply {
	return s.withUser(c, func(u *userRecord) reply {
		var in metadata
		if rep, fine := c.decode(&in); !fine {
			return rep
		}
		change(c.r.Method, &u.PublicMetadata, in.Public)
		change(c.r.Method, &u.PrivateMetadata, in.Private)
		change(c.r.Method, &u.UnsafeMetadata, in.Unsafe)
		u.updatedAt = s.clock.Now()
		return ok(s.backendUser(u))
	})
}

func (s *Server) banUser(c *call) reply {
	return s.withUser(c, func(u *userRecord) reply {
		u.Banned, u.updatedAt = true, s.clock.Now()
		for _, sess := range s.sessions {
			if sess.userID == u.ID {
				s.endSession(sess, statusRevoked)
			}
		}
		return ok(s.backendUser(u))
	})
}

func (s *Server) unbanUser(c *call) reply {
	return s.withUser(c, func(u *userRecord) reply {
		u.Banned, u.updatedAt = false, s.clock.Now()
		return ok(s.backendUser(u))
	})
}

func (s *Server) lockUser(c *call) reply { return s.setLock(c, true) }

func (s *Server) unlockUser(c *call) reply { return s.setLock(c, false) }

func (s *Server) setLock(c *call, locked bool) reply {
	return s.withUser(c, func(u *userRecord) reply {
		u.locked, u.updatedAt = locked, s.clock.Now()
		return ok(s.backendUser(u))
	})
}

func (s *Server) verifyPassword(c *call) reply {
	return s.withUser(c, func(u *userRecord) reply {
		var in struct {
			Password string `json:"password"`
		}
		if rep, fine := c.decode(&in); !fine {
			return rep
		}
		if !s.checkPassword(u, in.Password) {
			return failure(http.StatusUnprocessableEntity, "incorrect_password", "The password is not right.", "password")
		}
		return ok(map[string]any{"verified": true})
	})
}

func (s *Server) userMemberships(c *call) reply {
	return s.withUser(c, func(u *userRecord) reply {
		all := s.memberships(u.ID)
		list := make([]any, 0, len(all))
		for _, m := range all {
			list = append(list, s.backendMembership(m))
		}
		return paginated(c, list)
	})
}

type ticketRequest struct {
	UserID          string         `json:"user_id"`
	OrgID           string         `json:"org_id"`
	ExpiresIn       int64          `json:"expires_in_seconds"`
	Actor           map[string]any `json:"actor"`
	SessionLifetime int64          `json:"session_max_duration_in_seconds"`
}

func (s *Server) createSignInToken(c *call) reply { return s.createTicket(c, "sign_in_token", "sit") }

func (s *Server) createActorToken(c *call) reply { return s.createTicket(c, "actor_token", "act") }

func (s *Server) createTicket(c *call, object, prefix string) reply {
	var in ticketRequest
	if rep, fine := c.decode(&in); !fine {
		return rep
	}
	if s.users[in.UserID] == nil {
		return failure(http.StatusUnprocessableEntity, "resource_not_found", "There is no such user.", "user_id")
	}
	if in.ExpiresIn <= 0 {
		in.ExpiresIn = 30 * 24 * 60 * 60
	}
	now := s.clock.Now()
	t := &ticket{
		id: s.newID(prefix), token: newSecret(), userID: in.UserID, orgID: in.OrgID, status: statusPending,
		expireAt: now.Add(time.Duration(in.ExpiresIn) * time.Second), sessionLifetime: time.Duration(in.SessionLifetime) * time.Second,
		createdAt: now, updatedAt: now,
	}
	if object == "actor_token" {
		if sub, isText := in.Actor["sub"].(string); !isText || sub == "" {
			return failure(http.StatusUnprocessableEntity, "form_param_nil", "actor.sub is required.", "actor")
		}
		t.actor = in.Actor
	}
	s.tickets[t.id] = t
	return ok(s.ticketObject(t))
}

func (s *Server) ticketObject(t *ticket) map[string]any {
	doc := map[string]any{
		"object": "sign_in_token", "id": t.id, "user_id": t.userID, "token": t.token, "status": t.status,
		"url": s.url + "/v1/tickets/accept?ticket=" + t.token, "created_at": millis(t.createdAt), "updated_at": millis(t.updatedAt),
	}
	if t.actor != nil {
		doc["object"], doc["actor"] = "actor_token", t.actor
	}
	return doc
}

func (s *Server) revokeTicket(c *call) reply {
	t := s.tickets[c.r.PathValue("id")]
	if t == nil {
		return notFound("Token")
	}
	if t.status != statusPending {
		return failure(http.StatusBadRequest, "sign_in_token_cannot_be_revoked_code", "The token has been used or revoked.", "")
	}
	t.status, t.updatedAt = statusRevoked, s.clock.Now()
	return ok(s.ticketObject(t))
}

func (s *Server) createTestingToken(*call) reply {
	return ok(map[string]any{"object": "testing_token", "token": "tt_" + newSecret(), "expires_at": s.clock.Now().Add(time.Hour).Unix()})
}
