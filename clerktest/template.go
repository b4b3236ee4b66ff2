package clerktest

import (
	"maps"
	"regexp"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/clerktest/internal/store"
)

// Template is a JWT template of the instance.
type Template struct {
	Name string
	// Claims are copied into each token. A text in them may hold shortcodes, such
	// as {{user.id}}: user.id, user.primary_email_address, user.first_name,
	// user.last_name, user.full_name, user.username, user.external_id, user.public_metadata,
	// user.unsafe_metadata, org.id, org.name, org.slug, org.role, session.id. A text
	// that is nothing but a shortcode takes the value's own type.
	Claims map[string]any
	// Lifetime of the tokens. Zero means the instance's token lifetime.
	Lifetime time.Duration
}

// AddTemplate adds a JWT template, or replaces the one of that name.
func (s *Server) AddTemplate(t Template) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putTemplate(t)
}

// putTemplate is called with s.mu held.
func (s *Server) putTemplate(t Template) {
	row := &store.Template{
		Name: t.Name, Claims: maps.Clone(t.Claims), SigningAlgorithm: "RS256", AllowedClockSkew: 10,
		Lifetime: int64((t.Lifetime + time.Second - 1) / time.Second),
	}
	if old := s.state.Templates.By("name", t.Name); old != nil {
		row.Record = old.Record
	}
	s.state.Templates.Put(row)
}

var shortcode = regexp.MustCompile(`\{\{\s*([a-z_.]+)\s*\}\}`)

// expand fills the shortcodes in. The caller holds s.mu.
func (s *Server) expand(sess *store.Session, claims map[string]any) map[string]any {
	values := map[string]any{"session.id": sess.ID}
	if u := s.state.Users.Get(sess.UserID); u != nil {
		maps.Copy(values, map[string]any{
			"user.id": u.ID, "user.primary_email_address": u.Email(), "user.first_name": u.FirstName,
			"user.last_name": u.LastName, "user.full_name": strings.TrimSpace(u.FirstName + " " + u.LastName), "user.username": u.Username, "user.external_id": u.ExternalID,
			"user.public_metadata": document(u.PublicMetadata), "user.unsafe_metadata": document(u.UnsafeMetadata),
		})
	}
	if o := s.state.Organizations.Get(sess.OrganizationID); o != nil {
		maps.Copy(values, map[string]any{"org.id": o.ID, "org.name": o.Name, "org.slug": o.Slug})
		if m := o.Member(sess.UserID); m != nil {
			values["org.role"] = m.Role
		}
	}
	out := make(map[string]any, len(claims))
	for name, v := range claims {
		out[name] = expandValue(v, values)
	}
	return out
}

func expandValue(v any, values map[string]any) any {
	switch v := v.(type) {
	case string:
		if m := shortcode.FindStringSubmatch(v); m != nil && m[0] == v {
			return values[m[1]]
		}
		return shortcode.ReplaceAllStringFunc(v, func(code string) string {
			text, _ := values[shortcode.FindStringSubmatch(code)[1]].(string)
			return text
		})
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = expandValue(x, values)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = expandValue(x, values)
		}
		return out
	default:
		return v
	}
}

// document returns m, or an empty document for nil, so that JSON shows {}.
func document(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}
