package engine

import (
	"log/slog"
	"strings"

	"github.com/clerkgo/clerkgo/core/pattern"
	"github.com/clerkgo/clerkgo/core/reason"
)

// Organizations finds the organization that a path names.
type Organizations struct {
	Organization, Personal *pattern.Set // nil matches nothing
}

// organizationTarget is what a path asks to be active: an organization by id or
// by slug, or the personal account (both empty).
type organizationTarget struct {
	id, slug string
	list     bool // captured by a repeated parameter, which equals no organization
}

// activate is the target as the Frontend API takes it.
func (t organizationTarget) activate() string { return t.id + t.slug }

// find returns what a raw, percent-encoded path asks for. Organization patterns
// win; one that captures neither :id nor :slug counts as no match.
func (m Organizations) find(path string) (organizationTarget, bool) {
	if m.Organization != nil {
		if params, result := m.Organization.Match(path); result == pattern.Yes {
			if id, list := captured(params, "id"); id != "" {
				return organizationTarget{id: id, list: list}, true
			}
			if slug, list := captured(params, "slug"); slug != "" {
				return organizationTarget{slug: slug, list: list}, true
			}
		}
	}
	if m.Personal != nil {
		if _, result := m.Personal.Match(path); result == pattern.Yes {
			return organizationTarget{}, true
		}
	}
	return organizationTarget{}, false
}

// captured returns a parameter's text. A repeated parameter (:slug+) is a list,
// whose elements are joined.
func captured(params pattern.Params, name string) (value string, list bool) {
	if value, ok := params.Get(name); ok {
		return value, false
	}
	values, ok := params.List(name)
	return strings.Join(values, ","), ok
}

// isEmpty reports whether there is nothing to match.
func (m Organizations) isEmpty() bool { return m.Organization == nil && m.Personal == nil }

// syncOrganization makes the organization that the URL names the active one of a
// signed-in session. Nothing is done where nothing needs to change or the
// request cannot follow a redirect.
func (a *Authentication) syncOrganization(session Session) (v Verdict, done bool) {
	if session.UserID == "" || a.engine.Organizations.isEmpty() {
		return Verdict{}, false
	}
	target, ok := a.engine.Organizations.find(a.publicURL().Path())
	if !ok {
		return Verdict{}, false
	}
	var active bool
	switch {
	case target.slug != "":
		active = target.slug == session.OrgSlug
	case target.id != "":
		active = target.id == session.OrgID
	default:
		active = session.OrgID == ""
	}
	if active && !target.list {
		return Verdict{}, false
	}
	if a.loopCounter >= MaxHandshakes {
		a.engine.Log(a.ctx, slog.LevelWarn, "organization loop", "Clerk: Organization activation handshake loop detected. "+
			"This is likely due to an invalid organization ID or slug. Skipping organization activation.", slog.String("organization", target.slug+target.id))
		return Verdict{}, false
	}
	v = a.handshake(reason.ActiveOrganizationMismatch, "")
	return v, v.Status == Handshake
}
