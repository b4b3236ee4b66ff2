package clerktest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
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

// mintTakes are the fields of [Server.controlMint] that have an effect on each type of token.
var mintTakes = map[string][]string{
	"session_token": {"user_id", "organization_id", "session_id", "authorized_party", "claims", "lifetime_seconds", "version"},
	"jwt_template":  {"user_id", "organization_id", "session_id", "authorized_party", "claims", "lifetime_seconds", "template"},
	"m2m_token":     {"subject", "scopes", "claims", "lifetime_seconds"},
	"oauth_token":   {"user_id", "subject", "scopes", "lifetime_seconds"},
	"api_key":       {"user_id", "subject", "scopes", "claims", "lifetime_seconds"},
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
	kind := text("type")
	if kind == "" || kind == "session_token" {
		kind = "session_token"
		if text("template") != "" {
			kind = "jwt_template"
		}
	}
	takes := mintTakes[kind]
	if takes == nil {
		return refusal(wire.WrongValue("type", "session_token", "jwt_template", "m2m_token", "oauth_token", "api_key"))
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if name != "type" && !slices.Contains(takes, name) && says(given[name]) {
			return refusal(wire.Refused("form_param_unknown", name, name+" has no effect on a token of the type "+kind+", which takes "+strings.Join(takes, ", ")+"."))
		}
	}
	minted := func(token string) reply { return ok(wire.Doc{"object": "token", "type": kind, "token": token}) }
	claims, _ := given["claims"].(wire.Doc)
	seconds, _ := given["lifetime_seconds"].(int64)
	lifetime := time.Duration(seconds) * time.Second
	if kind == "session_token" || kind == "jwt_template" {
		spec := &tokenSpec{azp: text("authorized_party"), claims: claims}
		if lifetime != 0 {
			spec.lifetime = &lifetime
		}
		if v, _ := given["version"].(int64); v != 0 {
			if v != 1 && v != 2 {
				return refusal(wire.WrongValue("version", "1", "2"))
			}
			spec.version = int(v)
		}
		token, err := s.controlMintJWT(kind, text, spec)
		if err != nil {
			return refusal(err)
		}
		return minted(token)
	}
	subject, err := s.mintSubject(kind, text("user_id"), text("subject"))
	if err != nil {
		return refusal(err)
	}
	scopes, _ := given["scopes"].([]string)
	machine := MachineToken{Subject: subject, Scopes: scopes, Claims: claims, Lifetime: lifetime}
	switch kind {
	case "m2m_token":
		return minted(s.issueM2M(machine))
	case "oauth_token":
		return minted(s.issueOAuth(machine))
	default:
		return minted(s.issueAPIKey(machine))
	}
}

// controlMintJWT mints a token of a session: its own, or one of a template.
func (s *Server) controlMintJWT(kind string, text func(name string) string, spec *tokenSpec) (string, error) {
	u := s.state.Users.Get(text("user_id"))
	if u == nil {
		return "", wire.Refused("resource_not_found", "user_id", "There is no such user.")
	}
	orgID := ""
	if key := text("organization_id"); key != "" {
		o := s.state.Organizations.Get(key)
		if o == nil || o.Member(u.ID) == nil {
			return "", wire.Refused("resource_not_found", "organization_id", "The user is no member of such an organization.")
		}
		orgID = o.ID
	}
	var tmpl *store.Template
	if kind == "jwt_template" {
		name := text("template")
		if name == "" {
			return "", wire.Missing("template")
		}
		if tmpl = s.state.Templates.By("name", name); tmpl == nil {
			return "", wire.Refused("resource_not_found", "template", "There is no JWT template of that name.")
		}
	}
	sess := s.state.Sessions.Get(text("session_id"))
	switch {
	case sess == nil && text("session_id") != "", sess != nil && sess.UserID != u.ID:
		return "", wire.Refused("resource_not_found", "session_id", "The user has no such session.")
	case sess == nil:
		sess = s.state.MintedSession(u, orgID)
	case orgID != "":
		spec.orgKey = &orgID
	}
	if tmpl != nil {
		return s.mintTemplate(sess, tmpl, spec), nil
	}
	return s.mintSession(sess, spec), nil
}

// mintSubject returns whom a machine token speaks for: "" for a made-up one. Users are named by either field, and
// organizations and machines as subject; a machine need not exist.
func (s *Server) mintSubject(kind, userID, subject string) (string, error) {
	switch {
	case userID != "" && subject != "":
		return "", wire.Refused("form_param_unknown", "subject", "user_id is the subject: give one of them.")
	case userID != "":
		if u := s.state.Users.Get(userID); u != nil {
			return u.ID, nil
		}
		return "", wire.Refused("resource_not_found", "user_id", "There is no such user.")
	case subject == "", kind == "m2m_token":
		return subject, nil
	}
	if u := s.state.Users.Get(subject); u != nil {
		return u.ID, nil
	}
	if kind == "oauth_token" {
		return "", wire.Refused("resource_not_found", "subject", "There is no such user, for whom alone OAuth tokens speak.")
	}
	if o := s.state.Organizations.Get(subject); o != nil {
		return o.ID, nil
	}
	return "", wire.Refused("resource_not_found", "subject", "There is no such user or organization.")
}

// says reports whether a field is given a value: forms send empty ones, too.
func says(value any) bool {
	switch v := value.(type) {
	case string:
		return v != ""
	case []string:
		return len(v) > 0
	case wire.Doc:
		return len(v) > 0
	case int64:
		return v != 0
	default:
		return value != nil
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
