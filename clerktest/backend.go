package clerktest

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

func backendRoutes() []route {
	return []route{
		{"GET /v1/jwks", surfaceBackend, (*Server).getJWKS},
		{"GET /.well-known/jwks.json", surfaceOpen, (*Server).getJWKS},
		{"GET /v1/images/{id}", surfaceOpen, (*Server).getImage},
		{"POST /v1/testing_tokens", surfaceBackend, (*Server).createTestingToken},
		{"GET /v1/clients/handshake_payload", surfaceBackend, (*Server).handshakePayload},
		{"GET /v1/clients", surfaceBackend, (*Server).listClients},
		{"GET /v1/clients/{id}", surfaceBackend, (*Server).getBackendClient},
		{"POST /v1/clients/verify", surfaceBackend, (*Server).verifyClient},
		{"GET /v1/sessions", surfaceBackend, (*Server).listSessions},
		{"POST /v1/sessions", surfaceBackend, (*Server).createSession},
		{"GET /v1/sessions/{id}", surfaceBackend, (*Server).getSession},
		{"POST /v1/sessions/{id}/refresh", surfaceBackend, (*Server).refreshSession},
		{"POST /v1/sessions/{id}/revoke", surfaceBackend, (*Server).postRevoke},
		{"POST /v1/sessions/{id}/tokens", surfaceBackend, (*Server).postSessionToken},
		{"POST /v1/sessions/{id}/tokens/{template}", surfaceBackend, (*Server).postSessionToken},
	}
}

func (s *Server) getJWKS(*call) reply { return ok(s.keySet()) }

func (s *Server) createTestingToken(*call) reply {
	return ok(map[string]any{"object": "testing_token", "token": "tt_" + store.NewSecret(), "expires_at": s.clock.Now().Add(time.Hour).Unix()})
}

// getImage serves a picture that was uploaded.
func (s *Server) getImage(c *call) reply {
	i := s.state.Images.Get(c.r.PathValue("id"))
	if i == nil {
		return notFound("Image")
	}
	return reply{status: http.StatusOK, html: i.Data, contentType: i.Type}
}

func (s *Server) listClients(c *call) reply {
	list := make([]any, 0, s.state.Clients.Len())
	for cl := range s.state.Clients.All {
		list = append(list, s.state.Clients.Show(cl, store.Backend))
	}
	return paginated(c, list)
}

func (s *Server) getBackendClient(c *call) reply {
	cl := s.state.Clients.Get(c.r.PathValue("id"))
	if cl == nil {
		return notFound("Client")
	}
	return ok(s.state.Clients.Show(cl, store.Backend))
}

// verifyClient finds the client of a session token, as the cookie __session has it.
func (s *Server) verifyClient(c *call) reply {
	var in struct {
		Token string `json:"token"`
	}
	if rep, fine := c.decode(&in); !fine {
		return rep
	}
	sid, exp := sessionOf(in.Token)
	sess := s.state.Sessions.Get(sid)
	if sess == nil || exp <= s.clock.Now().Unix() || !s.ownToken(in.Token, sid) || s.state.Clients.Get(sess.ClientID) == nil {
		return failure(http.StatusUnauthorized, "authentication_invalid", "The token is not one of this instance's sessions.", "token")
	}
	return ok(s.state.Clients.Show(s.state.Clients.Get(sess.ClientID), store.Backend))
}

func mapOrNull(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

// pathSession finds the session that the path names; overdue ones expire first.
func (s *Server) pathSession(c *call) *store.Session {
	sess := s.state.Sessions.Get(c.r.PathValue("id"))
	if sess != nil {
		s.state.Live(s.state.Clients.Get(sess.ClientID))
	}
	return sess
}

func (s *Server) getSession(c *call) reply {
	sess := s.pathSession(c)
	if sess == nil {
		return notFound("Session")
	}
	return ok(s.state.Sessions.Show(sess, store.Backend))
}

func (s *Server) listSessions(c *call) reply {
	var list []any
	for sess := range s.state.Sessions.All {
		s.state.Live(s.state.Clients.Get(sess.ClientID))
		if filtered(c, "user_id", sess.UserID) || filtered(c, "client_id", sess.ClientID) || filtered(c, "status", sess.Status) {
			continue
		}
		list = append(list, s.state.Sessions.Show(sess, store.Backend))
	}
	if c.query.Get("paginated") != "true" {
		return ok(window(c, list))
	}
	return paginated(c, list)
}

// filtered reports whether a filter is given and leaves out a value.
func filtered(c *call, name, value string) bool {
	wanted := slices.DeleteFunc(slices.Concat(c.query[name], c.query[name+"[]"]), func(x string) bool { return x == "" })
	return len(wanted) > 0 && !slices.Contains(wanted, value)
}

// window returns the page of a list that limit and offset choose.
func window(c *call, list []any) []any {
	limit, err := strconv.Atoi(c.query.Get("limit"))
	if err != nil || limit < 1 {
		limit = 10
	}
	offset, err := strconv.Atoi(c.query.Get("offset"))
	if err != nil || offset < 0 {
		offset = 0
	}
	offset = min(offset, len(list))
	return append([]any{}, list[offset:min(offset+min(limit, 500), len(list))]...)
}

func paginated(c *call, list []any) reply {
	return ok(map[string]any{"data": window(c, list), "total_count": len(list)})
}

func (s *Server) createSession(c *call) reply {
	var in struct {
		UserID string `json:"user_id"`
	}
	if rep, fine := c.decode(&in); !fine {
		return rep
	}
	u := s.state.Users.Get(in.UserID)
	if u == nil {
		return failure(http.StatusUnprocessableEntity, "resource_not_found", "There is no such user.", "user_id")
	}
	return ok(s.state.Sessions.Show(s.state.StartSession(s.state.NewClient(), u), store.Backend))
}

func (s *Server) postRevoke(c *call) reply {
	sess := s.pathSession(c)
	if sess == nil {
		return notFound("Session")
	}
	s.state.EndSession(sess, store.Revoked)
	return ok(s.state.Sessions.Show(sess, store.Backend))
}

// postSessionToken mints a session token or, with a template, that one's.
func (s *Server) postSessionToken(c *call) reply {
	var in struct {
		ExpiresIn int64 `json:"expires_in_seconds"`
	}
	if rep, fine := c.decode(&in); !fine {
		return rep
	}
	sess := s.pathSession(c)
	if sess == nil || !sess.Live() {
		return notFound("Session")
	}
	spec := &tokenSpec{}
	if in.ExpiresIn > 0 {
		lifetime := time.Duration(in.ExpiresIn) * time.Second
		spec.lifetime = &lifetime
	}
	return s.tokenReply(sess, c.r.PathValue("template"), spec)
}

func (s *Server) tokenReply(sess *store.Session, template string, spec *tokenSpec) reply {
	if template == "" {
		return ok(map[string]any{"object": "token", "jwt": s.mintSession(sess, spec)})
	}
	tmpl := s.state.Templates.By("name", template)
	if tmpl == nil {
		return failure(http.StatusNotFound, "resource_not_found", "No JWT template exists with that name.", "template")
	}
	return ok(map[string]any{"object": "token", "jwt": s.mintTemplate(sess, tmpl, spec)})
}
