package core

import (
	"errors"
	"log/slog"
	"strings"

	"github.com/clerkgo/clerkgo/core/pattern"
)

// organizationMatcher finds the organization that a path names.
type organizationMatcher struct {
	organization, personal *pattern.Set // nil matches nothing
}

// newOrganizationMatcher compiles the patterns. An empty list counts as none; in
// Clerk's JavaScript SDK an empty list of personal account patterns would make
// every page the personal account's.
func newOrganizationMatcher(o OrganizationSync) (organizationMatcher, error) {
	var m organizationMatcher
	var errs [2]error
	m.organization, errs[0] = compilePatterns("OrganizationSync.OrganizationPatterns", o.OrganizationPatterns)
	m.personal, errs[1] = compilePatterns("OrganizationSync.PersonalAccountPatterns", o.PersonalAccountPatterns)
	return m, errors.Join(errs[:]...)
}

// compilePatterns compiles a list. Patterns are held to the rules of
// [NewRouteMatcher], and the error names those that are wrong, alone.
func compilePatterns(field string, patterns []string) (*pattern.Set, error) {
	if len(patterns) == 0 {
		return nil, nil
	}
	var errs []error
	for _, p := range patterns {
		err := checkPattern(p)
		if err == nil {
			_, err = pattern.Compile(p)
		}
		if err != nil {
			errs = append(errs, optionError("Options."+field+`: Invalid pattern "`+p+`": `+err.Error()))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	list, err := pattern.Compile(patterns...)
	if err != nil {
		return nil, optionError("Options." + field + `: Invalid pattern "` + strings.Join(patterns, ",") + `": ` + err.Error())
	}
	return list, nil
}

// warnOddPatterns warns of patterns that name no organization.
func (c *Clerk) warnOddPatterns(warn func(string)) {
	for _, p := range c.opts.OrganizationSync.OrganizationPatterns {
		if !namesOrganization(p) {
			warn("Options.OrganizationSync.OrganizationPatterns: " + p + " names no organization and has no effect: use :id or :slug")
		}
	}
}

// namesOrganization reports whether a pattern has a parameter of one of the two
// names, not only one whose name starts so.
func namesOrganization(p string) bool {
	for _, name := range [...]string{":id", ":slug"} {
		for rest := p; ; {
			_, after, found := strings.Cut(rest, name)
			if !found {
				break
			}
			if after == "" || !isNameByte(after[0]) {
				return true
			}
			rest = after
		}
	}
	return false
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
func (m organizationMatcher) find(path string) (organizationTarget, bool) {
	if m.organization != nil {
		if params, result := m.organization.Match(path); result == pattern.Yes {
			if id, list := captured(params, "id"); id != "" {
				return organizationTarget{id: id, list: list}, true
			}
			if slug, list := captured(params, "slug"); slug != "" {
				return organizationTarget{slug: slug, list: list}, true
			}
		}
	}
	if m.personal != nil {
		if _, result := m.personal.Match(path); result == pattern.Yes {
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
func (m organizationMatcher) isEmpty() bool { return m.organization == nil && m.personal == nil }

// syncOrganization makes the organization that the URL names the active one of a
// signed-in session. It returns nil where nothing needs to change or the request
// cannot follow a redirect.
func (a *authentication) syncOrganization(auth *Auth) *State {
	if a.clerk.organizations.isEmpty() {
		return nil
	}
	target, ok := a.clerk.organizations.find(a.publicURL().Path())
	if !ok {
		return nil
	}
	var active bool
	switch {
	case target.slug != "":
		active = target.slug == auth.OrgSlug
	case target.id != "":
		active = target.id == auth.OrgID
	default:
		active = auth.OrgID == ""
	}
	if active && !target.list {
		return nil
	}
	if a.loopCounter >= maxHandshakes {
		a.clerk.logOften(a.ctx, slog.LevelWarn, "organization loop", "Clerk: Organization activation handshake loop detected. "+
			"This is likely due to an invalid organization ID or slug. Skipping organization activation.")
		return nil
	}
	if state := a.handshake(ReasonActiveOrganizationMismatch, ""); state.status == StatusHandshake {
		return state
	}
	return nil
}
