package clerktest

import (
	"net/http"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

func backendTicketRoutes() []route {
	return []route{
		{"POST /v1/sign_in_tokens", surfaceBackend, (*Server).createSignInToken},
		{"POST /v1/sign_in_tokens/{id}/revoke", surfaceBackend, (*Server).revokeTicket},
		{"POST /v1/actor_tokens", surfaceBackend, (*Server).createActorToken},
		{"POST /v1/actor_tokens/{id}/revoke", surfaceBackend, (*Server).revokeTicket},
		{"POST /v1/testing_tokens", surfaceBackend, (*Server).createTestingToken},
	}
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
	if s.state.Users.Get(in.UserID) == nil {
		return failure(http.StatusUnprocessableEntity, "resource_not_found", "There is no such user.", "user_id")
	}
	if in.ExpiresIn <= 0 {
		in.ExpiresIn = 30 * 24 * 60 * 60
	}
	now := s.clock.Now()
	t := &ticket{
		id: s.newID(prefix), token: store.NewSecret(), userID: in.UserID, orgID: in.OrgID, status: store.Pending,
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
	if t.status != store.Pending {
		return failure(http.StatusBadRequest, "sign_in_token_cannot_be_revoked_code", "The token has been used or revoked.", "")
	}
	t.status, t.updatedAt = store.Revoked, s.clock.Now()
	return ok(s.ticketObject(t))
}

func (s *Server) createTestingToken(*call) reply {
	return ok(map[string]any{"object": "testing_token", "token": "tt_" + store.NewSecret(), "expires_at": s.clock.Now().Add(time.Hour).Unix()})
}
