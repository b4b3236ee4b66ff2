package core

import (
	"errors"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/routes"
	"github.com/clerkgo/clerkgo/core/pattern"
)

// newOrganizations compiles the patterns. An empty list counts as none; in
// Clerk's JavaScript SDK an empty list of personal account patterns would make
// every page the personal account's.
func newOrganizations(o OrganizationSync) (engine.Organizations, error) {
	var m engine.Organizations
	var errs [2]error
	m.Organization, errs[0] = compilePatterns("OrganizationSync.OrganizationPatterns", o.OrganizationPatterns)
	m.Personal, errs[1] = compilePatterns("OrganizationSync.PersonalAccountPatterns", o.PersonalAccountPatterns)
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
		err := routes.CheckPattern(p)
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
			if after == "" || !jstext.IsWordByte(after[0]) {
				return true
			}
			rest = after
		}
	}
	return false
}
