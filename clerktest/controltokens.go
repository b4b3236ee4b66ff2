package clerktest

import (
	"net/http"
	"slices"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
	"github.com/clerkgo/clerkgo/clerktest/internal/wire"
)

// controlSessions lists the sessions of all users, newest first.
func (s *Server) controlSessions(c *call) reply {
	list := []any{}
	for sess := range s.state.Sessions.All {
		s.state.Live(s.state.Clients.Get(sess.ClientID)) // Lets overdue sessions expire.
		if user := c.query.Get("user_id"); user != "" && user != sess.UserID {
			continue
		}
		doc := s.state.Sessions.Show(sess, store.Backend)
		doc["public_user_data"] = s.state.PublicUserData(sess.UserID)
		list = append(list, doc)
	}
	slices.Reverse(list)
	return ok(wire.Doc{"data": list, "total_count": len(list)})
}

// controlMint mints a token of any kind.
func (s *Server) controlMint(c *call) reply {
	given, err := s.given(c, wire.Doc{
		"type": "", "user_id": "", "organization_id": "", "template": "", "session_id": "", "authorized_party": "", "subject": "",
		"scopes": []string(nil), "claims": wire.Doc(nil), "lifetime_seconds": int64(0), "version": int64(0),
	})
	if err != nil {
		return refusal(err)
	}
	text := func(name string) string { v, _ := given[name].(string); return v }
	claims, _ := given["claims"].(wire.Doc)
	spec := &tokenSpec{azp: text("authorized_party"), claims: claims}
	seconds, _ := given["lifetime_seconds"].(int64)
	if lifetime := time.Duration(seconds) * time.Second; lifetime != 0 {
		spec.lifetime = &lifetime
	}
	if v, _ := given["version"].(int64); v != 0 {
		if v != 1 && v != 2 {
			return refusal(wire.WrongValue("version", "1", "2"))
		}
		spec.version = int(v)
	}
	scopes, _ := given["scopes"].([]string)
	machine := MachineToken{Subject: text("subject"), Scopes: scopes, Claims: claims, Lifetime: time.Duration(seconds) * time.Second}
	minted := func(kind, token string) reply { return ok(wire.Doc{"object": "token", "type": kind, "token": token}) }
	switch kind := text("type"); kind {
	case "", "session_token", "jwt_template":
		u := s.state.Users.Get(text("user_id"))
		if u == nil {
			return refusal(wire.Refused("resource_not_found", "user_id", "There is no such user."))
		}
		orgID := ""
		if key := text("organization_id"); key != "" {
			o := s.state.Organizations.Get(key)
			if o == nil || o.Member(u.ID) == nil {
				return refusal(wire.Refused("resource_not_found", "organization_id", "The user is no member of such an organization."))
			}
			orgID = o.ID
		}
		sess := s.state.Sessions.Get(text("session_id"))
		switch {
		case sess == nil && text("session_id") != "", sess != nil && sess.UserID != u.ID:
			return refusal(wire.Refused("resource_not_found", "session_id", "The user has no such session."))
		case sess == nil:
			sess = s.state.MintedSession(u, orgID)
		case orgID != "":
			spec.orgKey = &orgID
		}
		name := text("template")
		if name == "" {
			return minted("session_token", s.mintSession(sess, spec))
		}
		tmpl := s.state.Templates.By("name", name)
		if tmpl == nil {
			return refusal(wire.Refused("resource_not_found", "template", "There is no JWT template of that name."))
		}
		return minted("jwt_template", s.mintTemplate(sess, tmpl, spec))
	case "m2m_token":
		return minted(kind, s.issueM2M(machine))
	case "oauth_token":
		return minted(kind, s.issueOAuth(machine))
	case "api_key":
		return minted(kind, s.issueAPIKey(machine))
	default:
		return refusal(wire.WrongValue("type", "session_token", "jwt_template", "m2m_token", "oauth_token", "api_key"))
	}
}

// controlSignIn signs the browser in as a user, as if through the hosted page, and
// sends it to redirect_url.
func (s *Server) controlSignIn(c *call) reply {
	target, err := s.checkRedirect(c.form.Get("redirect_url"))
	if err != nil {
		return failure(http.StatusUnprocessableEntity, "form_param_value_invalid", "redirect_url must be an address of this machine, or of an allowed host.", "redirect_url")
	}
	u := s.state.Users.Get(c.form.Get("user_id"))
	if u == nil || u.Banned || u.Locked {
		return failure(http.StatusUnprocessableEntity, "resource_not_found", "There is no such user who may sign in.", "user_id")
	}
	s.state.StartSession(s.needClient(c), u)
	return s.sendBack(c, target)
}
