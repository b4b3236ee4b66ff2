package core

import (
	"errors"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/engine"
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
