package clerktest

import (
	"net/http"
	"strings"

	"github.com/clerkgo/clerkgo/clerktest/internal/frontendapi"
	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

func frontendRoutes() []route {
	return []route{
		{"GET /v1/client/handshake", surfaceNavigate, (*Server).handshake},
		{"GET " + syncPath, surfaceNavigate, (*Server).handshake},
		{"GET /v1/client/touch", surfaceNavigate, (*Server).touchRedirect},
		{"OPTIONS /v1/", surfaceOpen, (*Server).preflight},
		{"POST /v1/dev_browser", surfaceFrontend, (*Server).postDevBrowser},
		{"GET /v1/environment", surfaceFrontend, (*Server).getEnvironment},
		{"PATCH /v1/environment", surfaceFrontend, (*Server).getEnvironment},
		{"GET /v1/client", surfaceFrontend, (*Server).getClient},
		{"PUT /v1/client", surfaceFrontend, (*Server).putClient},
		{"DELETE /v1/client", surfaceFrontend, (*Server).deleteClient},
		{"DELETE /v1/client/sessions", surfaceFrontend, (*Server).deleteSessions},
		{"GET /v1/client/sessions/{id}", surfaceFrontend, (*Server).getClientSession},
		{"POST /v1/client/sessions/{id}/touch", surfaceFrontend, (*Server).touchSession},
		{"POST /v1/client/sessions/{id}/tokens", surfaceFrontend, (*Server).clientToken},
		{"POST /v1/client/sessions/{id}/tokens/{template}", surfaceFrontend, (*Server).clientToken},
		{"POST /v1/client/sessions/{id}/remove", surfaceFrontend, (*Server).removeSession},
		{"POST /v1/client/sessions/{id}/end", surfaceFrontend, (*Server).endClientSession},
		{"POST /v1/client/sessions/{id}/verify", surfaceFrontend, (*Server).startVerify},
		{"POST /v1/client/sessions/{id}/verify/prepare_first_factor", surfaceFrontend, (*Server).startVerify},
		{"POST /v1/client/sessions/{id}/verify/attempt_first_factor", surfaceFrontend, (*Server).attemptVerify},
		{"POST /v1/client/sessions/{id}/verify/prepare_second_factor", surfaceFrontend, (*Server).startVerify},
		{"POST /v1/client/sessions/{id}/verify/attempt_second_factor", surfaceFrontend, (*Server).attemptVerify},
	}
}

// preflight answers clients other than clerk-js, which never asks.
func (s *Server) preflight(c *call) reply {
	rep := reply{status: http.StatusNoContent}
	rep.header = http.Header{}
	rep.header.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
	rep.header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	return rep
}

// touchRedirect only sends the browser on: nothing here needs prolonging.
func (s *Server) touchRedirect(c *call) reply {
	target, err := s.checkRedirect(c.query.Get("redirect_url"))
	if err != nil {
		return failure(http.StatusBadRequest, "invalid_url_parameter", "redirect_url is missing, or not allowed by this instance.", "redirect_url")
	}
	return reply{status: http.StatusTemporaryRedirect, location: target.String()}
}

func (s *Server) postDevBrowser(*call) reply {
	if s.production {
		return failure(http.StatusBadRequest, "dev_browser_not_allowed", "A production instance has no dev browsers.", "")
	}
	now := millis(s.clock.Now())
	return ok(map[string]any{
		"object": "dev_browser", "id": s.newDevBrowser(""), "instance_id": s.instanceID, "created_at": now, "updated_at": now,
	})
}

func (s *Server) getEnvironment(*call) reply { return ok(frontendapi.Environment(s.state)) }

func (s *Server) getClient(c *call) reply {
	return ok(map[string]any{"response": s.clientObject(c), "client": nil})
}

func (s *Server) putClient(c *call) reply {
	s.needClient(c)
	return s.enveloped(c, s.clientObject(c))
}

func (s *Server) deleteClient(c *call) reply {
	if c.client != nil {
		for _, sess := range s.state.Live(c.client) {
			s.state.EndSession(sess, store.Removed)
		}
		s.state.Clients.Remove(c.client)
	}
	rep := ok(map[string]any{"response": nil, "client": nil})
	rep.cookies = []string{"__client=; Path=/; HttpOnly" + cookieEpoch + "; SameSite=Lax"}
	return rep
}

func (s *Server) deleteSessions(c *call) reply {
	if c.client == nil {
		return ok(map[string]any{"response": nil, "client": nil})
	}
	for _, sess := range s.state.Live(c.client) {
		s.state.EndSession(sess, store.Removed)
	}
	c.clientChanged = true
	return s.enveloped(c, s.clientObject(c))
}

// ownSession finds the live session of the calling browser that the path names.
// For one that has ended the browser signs out when it hears 401.
func (s *Server) ownSession(c *call) (*store.Session, reply) {
	id := c.r.PathValue("id")
	if sess := s.state.LiveSession(c.client, id); sess != nil {
		return sess, reply{}
	}
	if sess := s.state.Sessions.Get(id); c.client != nil && (sess == nil || sess.ClientID != c.client.ID || sess.Status == store.Removed) {
		return nil, notFound("Session")
	}
	return nil, failure(http.StatusUnauthorized, "authentication_invalid", "The session has ended, or there is none in this browser.", "")
}

func (s *Server) getClientSession(c *call) reply {
	sess, rep := s.ownSession(c)
	if sess == nil {
		return rep
	}
	return s.enveloped(c, s.frontendSession(sess, c.pageOrigin()))
}

// touchSession chooses the active session and organization. The token in its
// answer is minted afterwards, so it is one for the new organization.
func (s *Server) touchSession(c *call) reply {
	sess, rep := s.ownSession(c)
	if sess == nil {
		return rep
	}
	if c.form.Has("active_organization_id") {
		key, before := c.form.Get("active_organization_id"), sess.OrganizationID
		if !s.state.Activate(sess, key) {
			sess.OrganizationID = before
			return failure(http.StatusNotFound, "organization_not_found_or_unauthorized",
				"The organization does not exist, or the user is no member of it.", "active_organization_id")
		}
	}
	sess.LastActiveAt, sess.UpdatedAt = s.state.Now(), s.state.Now()
	c.client.LastActive = sess.ID
	return s.enveloped(c, s.frontendSession(sess, c.pageOrigin()))
}

// clientToken answers with a bare token, as the only call without an envelope.
func (s *Server) clientToken(c *call) reply {
	sess, rep := s.ownSession(c)
	if sess == nil {
		return rep
	}
	spec := &tokenSpec{azp: c.pageOrigin()}
	if c.form.Has("organization_id") {
		key := c.form.Get("organization_id")
		if o := s.state.Organizations.Get(key); key != "" && (o == nil || o.Member(sess.UserID) == nil) {
			return failure(http.StatusNotFound, "organization_not_found_or_unauthorized",
				"The organization does not exist, or the user is no member of it.", "organization_id")
		}
		spec.orgKey = &key
	}
	return s.tokenReply(sess, c.r.PathValue("template"), spec)
}

func (s *Server) removeSession(c *call) reply { return s.finishSession(c, store.Removed) }

func (s *Server) endClientSession(c *call) reply { return s.finishSession(c, store.Ended) }

func (s *Server) finishSession(c *call, status string) reply {
	sess, rep := s.ownSession(c)
	if sess == nil {
		return rep
	}
	s.state.EndSession(sess, status)
	c.clientChanged = true
	return s.enveloped(c, s.frontendSession(sess, c.pageOrigin()))
}

func (s *Server) startVerify(c *call) reply {
	sess, rep := s.ownSession(c)
	if sess == nil {
		return rep
	}
	return s.verifyReply(c, sess, "needs_first_factor")
}

// attemptVerify checks a factor again, which resets its age.
func (s *Server) attemptVerify(c *call) reply {
	sess, rep := s.ownSession(c)
	if sess == nil {
		return rep
	}
	u := s.state.Users.Get(sess.UserID)
	if rep, fine := s.checkFactor(c, u); !fine {
		return rep
	}
	if strings.HasSuffix(c.r.URL.Path, "second_factor") {
		sess.Second = s.state.Now()
	} else {
		sess.First = s.state.Now()
	}
	return s.verifyReply(c, sess, "complete")
}

func (s *Server) verifyReply(c *call, sess *store.Session, status string) reply {
	level := c.form.Get("level")
	if level == "" {
		level = "first_factor"
	}
	var secondFactors any
	if list := s.state.SecondFactors(s.state.Users.Get(sess.UserID)); len(list) > 0 {
		secondFactors = list
	}
	return s.enveloped(c, map[string]any{
		"object": "session_verification", "id": "sv_" + sess.ID, "status": status, "level": level,
		"session":                   s.frontendSession(sess, c.pageOrigin()),
		"first_factor_verification": nil, "second_factor_verification": nil,
		"supported_first_factors":  s.state.FirstFactors(s.state.Users.Get(sess.UserID)),
		"supported_second_factors": secondFactors,
	})
}
