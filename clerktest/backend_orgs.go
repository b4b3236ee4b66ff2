package clerktest

import (
	"net/http"
	"slices"
)

func backendOrganizationRoutes() []route {
	return []route{
		{"GET /v1/organizations", surfaceBackend, (*Server).listOrganizations},
		{"POST /v1/organizations", surfaceBackend, (*Server).createOrganization},
		{"GET /v1/organizations/{id}", surfaceBackend, (*Server).getOrganization},
		{"PATCH /v1/organizations/{id}", surfaceBackend, (*Server).updateOrganization},
		{"DELETE /v1/organizations/{id}", surfaceBackend, (*Server).deleteOrganization},
		{"PATCH /v1/organizations/{id}/metadata", surfaceBackend, (*Server).organizationMetadata},
		{"PUT /v1/organizations/{id}/metadata", surfaceBackend, (*Server).organizationMetadata},
		{"GET /v1/organizations/{id}/memberships", surfaceBackend, (*Server).listMembers},
		{"POST /v1/organizations/{id}/memberships", surfaceBackend, (*Server).createMember},
		{"PATCH /v1/organizations/{id}/memberships/{user}", surfaceBackend, (*Server).updateMember},
		{"DELETE /v1/organizations/{id}/memberships/{user}", surfaceBackend, (*Server).deleteMember},
		{"PATCH /v1/organizations/{id}/memberships/{user}/metadata", surfaceBackend, (*Server).memberMetadata},
		{"PUT /v1/organizations/{id}/memberships/{user}/metadata", surfaceBackend, (*Server).memberMetadata},
	}
}

func (s *Server) listOrganizations(c *call) reply {
	list := make([]any, 0, len(s.orgOrder))
	for _, id := range slices.Backward(s.orgOrder) {
		list = append(list, s.backendOrganization(s.orgs[id]))
	}
	return paginated(c, list)
}

type organizationFields struct {
	Name            *string         `json:"name"`
	Slug            *string         `json:"slug"`
	CreatedBy       string          `json:"created_by"`
	PublicMetadata  *map[string]any `json:"public_metadata"`
	PrivateMetadata *map[string]any `json:"private_metadata"`
}

func (f *organizationFields) applyTo(o *Organization) {
	assign(&o.Name, f.Name)
	assign(&o.Slug, f.Slug)
	assign(&o.PublicMetadata, f.PublicMetadata)
	assign(&o.PrivateMetadata, f.PrivateMetadata)
}

func slugTaken() reply {
	return failure(http.StatusUnprocessableEntity, "form_identifier_exists", "That slug is taken. Please try another.", "slug")
}

func (s *Server) createOrganization(c *call) reply {
	var in organizationFields
	if rep, fine := c.decode(&in); !fine {
		return rep
	}
	var o Organization
	in.applyTo(&o)
	if o.Name == "" {
		return failure(http.StatusUnprocessableEntity, "form_param_nil", "name is required.", "name")
	}
	if s.orgByIDOrSlug(o.Slug) != nil {
		return slugTaken()
	}
	if in.CreatedBy != "" {
		if s.users[in.CreatedBy] == nil {
			return failure(http.StatusUnprocessableEntity, "resource_not_found", "There is no such user.", "created_by")
		}
		o.Members = []Member{{UserID: in.CreatedBy, Role: "org:admin"}}
	}
	return ok(s.backendOrganization(s.putOrganization(o)))
}

// withOrganization runs fn on the organization that the path names.
func (s *Server) withOrganization(c *call, fn func(*orgRecord) reply) reply {
	o := s.orgByIDOrSlug(c.r.PathValue("id"))
	if o == nil {
		return notFound("Organization")
	}
	return fn(o)
}

func (s *Server) getOrganization(c *call) reply {
	return s.withOrganization(c, func(o *orgRecord) reply { return ok(s.backendOrganization(o)) })
}

func (s *Server) updateOrganization(c *call) reply {
	return s.withOrganization(c, func(o *orgRecord) reply {
		var in organizationFields
		if rep, fine := c.decode(&in); !fine {
			return rep
		}
		if in.Slug != nil {
			if other := s.orgByIDOrSlug(*in.Slug); other != nil && other != o {
				return slugTaken()
			}
		}
		in.applyTo(&o.Organization)
		o.updatedAt = s.clock.Now()
		return ok(s.backendOrganization(o))
	})
}

func (s *Server) deleteOrganization(c *call) reply {
	return s.withOrganization(c, func(o *orgRecord) reply {
		s.dropOrganization(o.ID)
		return deleted("organization", o.ID)
	})
}

func (s *Server) organizationMetadata(c *call) reply {
	return s.withOrganization(c, func(o *orgRecord) reply {
		var in metadata
		if rep, fine := c.decode(&in); !fine {
			return rep
		}
		change(c.r.Method, &o.PublicMetadata, in.Public)
		change(c.r.Method, &o.PrivateMetadata, in.Private)
		o.updatedAt = s.clock.Now()
		return ok(s.backendOrganization(o))
	})
}

func (s *Server) listMembers(c *call) reply {
	return s.withOrganization(c, func(o *orgRecord) reply {
		list := []any{}
		for _, m := range o.members {
			if !filtered(c, "user_id", m.UserID) && !filtered(c, "role", m.Role) {
				list = append(list, s.backendMembership(membership{o, m}))
			}
		}
		return paginated(c, list)
	})
}

func (s *Server) createMember(c *call) reply {
	return s.withOrganization(c, func(o *orgRecord) reply {
		var in struct {
			UserID string `json:"user_id"`
			Role   string `json:"role"`
		}
		if rep, fine := c.decode(&in); !fine {
			return rep
		}
		if s.users[in.UserID] == nil {
			return failure(http.StatusUnprocessableEntity, "resource_not_found", "There is no such user.", "user_id")
		}
		if o.member(in.UserID) != nil {
			return failure(http.StatusUnprocessableEntity, "already_a_member_in_organization", "The user is a member already.", "user_id")
		}
		return ok(s.backendMembership(membership{o, s.putMember(o, Member{UserID: in.UserID, Role: in.Role})}))
	})
}

// withMember runs fn on the membership that the path names.
func (s *Server) withMember(c *call, fn func(membership) reply) reply {
	return s.withOrganization(c, func(o *orgRecord) reply {
		m := o.member(c.r.PathValue("user"))
		if m == nil {
			return notFound("Membership")
		}
		return fn(membership{o, m})
	})
}

func (s *Server) updateMember(c *call) reply {
	return s.withMember(c, func(m membership) reply {
		var in struct {
			Role string `json:"role"`
		}
		if rep, fine := c.decode(&in); !fine {
			return rep
		}
		if in.Role == "" {
			return failure(http.StatusUnprocessableEntity, "form_param_nil", "role is required.", "role")
		}
		m.member.Role, m.member.updatedAt = in.Role, s.clock.Now()
		return ok(s.backendMembership(m))
	})
}

func (s *Server) deleteMember(c *call) reply {
	return s.withMember(c, func(m membership) reply {
		doc := s.backendMembership(m)
		s.dropMember(m.org.ID, m.member.UserID)
		return ok(doc)
	})
}

func (s *Server) memberMetadata(c *call) reply {
	return s.withMember(c, func(m membership) reply {
		var in metadata
		if rep, fine := c.decode(&in); !fine {
			return rep
		}
		change(c.r.Method, &m.member.PublicMetadata, in.Public)
		change(c.r.Method, &m.member.PrivateMetadata, in.Private)
		m.member.updatedAt = s.clock.Now()
		return ok(s.backendMembership(m))
	})
}
