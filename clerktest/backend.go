package clerktest

import (
	"net/http"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

func backendRoutes() []route {
	return []route{
		{"GET /v1/jwks", surfaceBackend, (*Server).getJWKS},
		{"GET /.well-known/jwks.json", surfaceOpen, (*Server).getJWKS},
		{"POST /v1/accountless_applications", surfaceOpen, (*Server).accountless},
		{"POST /v1/accountless_applications/complete", surfaceBackend, (*Server).accountless},
		{"POST /v1/testing_tokens", surfaceBackend, (*Server).createTestingToken},
		{"GET /v1/clients/handshake_payload", surfaceBackend, (*Server).handshakePayload},
		{"POST /v1/clients/verify", surfaceBackend, (*Server).verifyClient},
		{"POST /v1/sessions/{id}/refresh", surfaceBackend, (*Server).refreshSession},
		{"POST /v1/sessions/{id}/verify", surfaceBackend, (*Server).verifySession},
		{"POST /v1/sessions/{id}/tokens", surfaceBackend, (*Server).postSessionToken},
		{"POST /v1/sessions/{id}/tokens/{template}", surfaceBackend, (*Server).postSessionToken},
	}
}

// imageRoutes are of both surfaces: pages show pictures with and without the marks of
// a browser's script.
func imageRoutes() []route {
	return []route{{"GET /v1/images/{id}", surfaceOpen, (*Server).getImage}}
}

func (s *Server) getJWKS(*call) reply { return ok(s.keySet()) }

func (s *Server) createTestingToken(*call) reply {
	return ok(map[string]any{"object": "testing_token", "token": "tt_" + store.NewSecret(), "expires_at": s.clock.Now().Add(time.Hour).Unix()})
}

// accountless gives the keys of this instance to who has none yet, as SDKs ask in
// their keyless mode: it is nobody's, so that there is nothing to claim.
func (s *Server) accountless(*call) reply {
	return ok(map[string]any{
		"object": "accountless_application", "id": s.instanceID, "publishable_key": s.publishableKey, "secret_key": s.secretKey,
		"claim_url": s.url, "api_keys_url": s.url,
	})
}

// getImage serves a picture that was uploaded, or that stands for one.
func (s *Server) getImage(c *call) reply {
	data, kind, found := s.state.Picture(c.r.PathValue("id"))
	if !found {
		return notFound("Image")
	}
	return reply{status: http.StatusOK, html: data, contentType: kind}
}

// params reads the JSON of a body: see [store.Params].
func (c *call) params(takes wire.Doc) (wire.Doc, error) {
	in, err := c.wire()
	if err != nil {
		return nil, err
	}
	return store.Params(in, takes)
}

// sessionOfToken finds the live session of one of the instance's session tokens.
func (s *Server) sessionOfToken(c *call) (*store.Session, error) {
	in, err := c.params(wire.Doc{"token": ""})
	if err != nil {
		return nil, err
	}
	token, _ := in["token"].(string)
	sid, exp := sessionOf(token)
	sess := s.state.Sessions.Get(sid)
	if sess == nil || exp <= s.clock.Now().Unix() || !s.ownToken(token, sid) || s.state.Clients.Get(sess.ClientID) == nil {
		return nil, &wire.Error{Status: http.StatusUnauthorized, Code: "authentication_invalid", Message: "The token is not one of this instance's sessions.", Param: "token"}
	}
	return sess, nil
}

// verifyClient finds the client of a session token, as the cookie __session has it.
func (s *Server) verifyClient(c *call) reply {
	sess, err := s.sessionOfToken(c)
	if err != nil {
		return refusal(err)
	}
	return ok(s.state.Clients.Show(s.state.Clients.Get(sess.ClientID), store.Backend))
}

// verifySession shows the session of the path if the token is one of it and it is live.
func (s *Server) verifySession(c *call) reply {
	sess, err := s.sessionOfToken(c)
	if err != nil {
		return refusal(err)
	}
	if mine := s.pathSession(c); mine != sess || !sess.Live() {
		return failure(http.StatusUnauthorized, "authentication_invalid", "The token is not one of that session, or the session has ended.", "token")
	}
	return ok(s.state.Sessions.Show(sess, store.Backend))
}

// pathSession finds the session that the path names; overdue ones expire first.
func (s *Server) pathSession(c *call) *store.Session {
	sess := s.state.Sessions.Get(c.r.PathValue("id"))
	if sess != nil {
		s.state.Live(s.state.Clients.Get(sess.ClientID))
	}
	return sess
}

// postSessionToken mints a session token or, with a template, that one's.
func (s *Server) postSessionToken(c *call) reply {
	in, err := c.params(wire.Doc{"expires_in_seconds": int64(0)})
	if err != nil {
		return refusal(err)
	}
	sess := s.pathSession(c)
	if sess == nil || !sess.Live() {
		return notFound("Session")
	}
	spec := &tokenSpec{}
	if seconds, _ := in["expires_in_seconds"].(int64); seconds > 0 {
		lifetime := time.Duration(seconds) * time.Second
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
