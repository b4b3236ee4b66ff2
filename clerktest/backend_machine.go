package clerktest

import (
	"net/http"
	"time"
)

// machineRoutes serves each path without the API version, where Clerk has them,
// and with it.
func machineRoutes() []route {
	list := make([]route, 0, 26)
	for _, v := range []string{"", "/v1"} {
		list = append(list,
			route{"POST " + v + "/m2m_tokens/verify", surfaceMachine, verifyMachine(kindM2M, "token")},
			route{"POST " + v + "/oauth_applications/access_tokens/verify", surfaceMachine, verifyMachine(kindOAuth, "access_token")},
			route{"POST " + v + "/api_keys/verify", surfaceMachine, verifyMachine(kindAPIKey, "secret")},

			route{"POST " + v + "/m2m_tokens", surfaceMachine, (*Server).createM2M},
			route{"GET " + v + "/m2m_tokens", surfaceMachine, listMachine(kindM2M)},
			route{"POST " + v + "/m2m_tokens/{id}/revoke", surfaceMachine, revokeMachine(kindM2M)},
			route{"POST " + v + "/api_keys", surfaceBackend, (*Server).createAPIKey},
			route{"GET " + v + "/api_keys", surfaceBackend, listMachine(kindAPIKey)},
			route{"GET " + v + "/api_keys/{id}", surfaceBackend, (*Server).getAPIKey},
			route{"PATCH " + v + "/api_keys/{id}", surfaceBackend, (*Server).updateAPIKey},
			route{"DELETE " + v + "/api_keys/{id}", surfaceBackend, (*Server).deleteAPIKey},
			route{"POST " + v + "/api_keys/{id}/revoke", surfaceBackend, revokeMachine(kindAPIKey)},
			route{"GET " + v + "/api_keys/{id}/secret", surfaceBackend, (*Server).getAPIKeySecret},
		)
	}
	return list
}

func verifyMachine(kind machineKind, name string) endpoint {
	return func(s *Server, c *call) reply {
		var in map[string]any
		if rep, fine := c.decode(&in); !fine {
			return rep
		}
		secret, _ := in[name].(string)
		m := s.machineBySecret(secret)
		if m == nil || m.kind != kind || m.revoked || s.expired(m) {
			return notFound("Token")
		}
		return ok(s.machineObject(m))
	}
}

func listMachine(kind machineKind) endpoint {
	return func(s *Server, c *call) reply {
		list := []any{}
		for _, id := range s.machineOrder {
			m := s.machines[id]
			if m == nil || m.kind != kind || filtered(c, "subject", m.Subject) {
				continue
			}
			if (m.revoked || s.expired(m)) && c.query.Get("include_invalid") != "true" && c.query.Get("revoked") != "true" && c.query.Get("expired") != "true" {
				continue
			}
			list = append(list, s.machineObject(m))
		}
		name := "data"
		if kind == kindM2M {
			name = "m2m_tokens"
		}
		return ok(map[string]any{name: window(c, list), "total_count": len(list)})
	}
}

func revokeMachine(kind machineKind) endpoint {
	return func(s *Server, c *call) reply {
		var in struct {
			Reason string `json:"revocation_reason"`
		}
		if rep, fine := c.decode(&in); !fine {
			return rep
		}
		m := s.pathMachine(c, kind)
		if m == nil {
			return notFound("Token")
		}
		m.revoked, m.reason, m.updatedAt = true, in.Reason, s.clock.Now()
		return ok(s.machineObject(m))
	}
}

func (s *Server) pathMachine(c *call, kind machineKind) *machineRecord {
	m := s.machines[c.r.PathValue("id")]
	if m == nil || m.kind != kind {
		return nil
	}
	return m
}

func (s *Server) createM2M(c *call) reply {
	var in struct {
		Seconds int64          `json:"seconds_until_expiration"`
		Claims  map[string]any `json:"claims"`
		Format  string         `json:"token_format"`
	}
	if rep, fine := c.decode(&in); !fine {
		return rep
	}
	rec := s.issue(kindM2M, MachineToken{Claims: in.Claims, Lifetime: time.Duration(in.Seconds) * time.Second})
	doc := s.machineObject(rec)
	doc["token"] = rec.secret
	if in.Format == "jwt" {
		claims := document(in.Claims)
		claims["iss"], claims["sub"], claims["jti"] = s.issuer, rec.Subject, rec.ID
		s.times(claims, &tokenSpec{}, rec.Lifetime, 0)
		doc["token"] = s.sign(claims, CategoryM2M, "JWT", &tokenSpec{})
	}
	return ok(doc)
}

func (s *Server) createAPIKey(c *call) reply {
	var in struct {
		Name        string         `json:"name"`
		Subject     string         `json:"subject"`
		Scopes      []string       `json:"scopes"`
		Claims      map[string]any `json:"claims"`
		CreatedBy   string         `json:"created_by"`
		Description string         `json:"description"`
		Seconds     int64          `json:"seconds_until_expiration"`
	}
	if rep, fine := c.decode(&in); !fine {
		return rep
	}
	if in.Name == "" || in.Subject == "" {
		return failure(http.StatusUnprocessableEntity, "form_param_nil", "name and subject are required.", "name")
	}
	m := s.issue(kindAPIKey, MachineToken{
		Name: in.Name, Subject: in.Subject, Scopes: in.Scopes, Claims: in.Claims, Lifetime: time.Duration(in.Seconds) * time.Second,
	})
	m.createdBy, m.description = in.CreatedBy, in.Description
	doc := s.machineObject(m)
	doc["secret"] = m.secret
	return ok(doc)
}

func (s *Server) getAPIKey(c *call) reply {
	m := s.pathMachine(c, kindAPIKey)
	if m == nil {
		return notFound("API key")
	}
	return ok(s.machineObject(m))
}

func (s *Server) updateAPIKey(c *call) reply {
	m := s.pathMachine(c, kindAPIKey)
	if m == nil {
		return notFound("API key")
	}
	var in struct {
		Scopes      *[]string       `json:"scopes"`
		Claims      *map[string]any `json:"claims"`
		Description *string         `json:"description"`
		Subject     *string         `json:"subject"`
	}
	if rep, fine := c.decode(&in); !fine {
		return rep
	}
	assign(&m.Scopes, in.Scopes)
	assign(&m.Claims, in.Claims)
	assign(&m.description, in.Description)
	assign(&m.Subject, in.Subject)
	m.updatedAt = s.clock.Now()
	return ok(s.machineObject(m))
}

// assign copies a field of a request if it was there.
func assign[T any](dst, src *T) {
	if src != nil {
		*dst = *src
	}
}

func (s *Server) deleteAPIKey(c *call) reply {
	m := s.pathMachine(c, kindAPIKey)
	if m == nil {
		return notFound("API key")
	}
	delete(s.machines, m.ID)
	return deleted("api_key", m.ID)
}

func (s *Server) getAPIKeySecret(c *call) reply {
	m := s.pathMachine(c, kindAPIKey)
	if m == nil {
		return notFound("API key")
	}
	return ok(map[string]any{"secret": m.secret})
}

func deleted(object, id string) reply {
	return ok(map[string]any{"object": object, "id": id, "deleted": true})
}
