package core

import (
	"slices"
	"strings"

	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/token"
)

// The requirements that guards and [Auth.Has] take.

// Role requires a role in the active organization, for example org:admin. The
// prefix org: may be left out.
func Role(role string) Requirement {
	want := normalizeOrg(role)
	if want == orgPrefix {
		return hopeless(`Role names no role: give one, such as core.Role("org:admin")`)
	}
	return &requirement{quoteCall("Role", role), func(a *Auth) bool {
		return a.UserID != "" && a.OrgID != "" && a.OrgRole != "" && normalizeOrg(a.OrgRole) == want
	}, hasRole, false}
}

// Permission requires a custom permission in the active organization, for
// example org:invoices:create. System permissions (org:sys_…) are not in session
// tokens and never hold.
func Permission(permission string) Requirement {
	want := normalizeOrg(permission)
	if want == orgPrefix {
		return hopeless(`Permission names no permission: give one, such as core.Permission("org:invoices:create")`)
	}
	return &requirement{quoteCall("Permission", permission), func(a *Auth) bool {
		return a.UserID != "" && a.OrgID != "" && slices.Contains(a.OrgPermissions, want)
	}, hasPermissions, false}
}

// normalizeOrg gives s exactly one prefix org:.
func normalizeOrg(s string) string {
	for strings.HasPrefix(s, orgPrefix) {
		s = s[len(orgPrefix):]
	}
	return orgPrefix + s
}

// orgPrefix starts roles and permissions. Nobody holds one that is only the
// prefix.
const orgPrefix = "org:"

// Feature requires a feature of the organization's or the user's plan. A scope
// may be given: org:reports or user:avatar.
func Feature(feature string) Requirement {
	if feature == "" {
		return hopeless(`Feature names no feature: give one, such as core.Feature("reports")`)
	}
	asked := readScoped(feature)
	return &requirement{quoteCall("Feature", feature), func(a *Auth) bool { return a.UserID != "" && asked.isIn(a.claim("fea")) }, hasFeatures, false}
}

// Plan requires a subscription plan of the organization or the user. A scope may
// be given: org:pro or user:gold.
func Plan(plan string) Requirement {
	if plan == "" {
		return hopeless(`Plan names no plan: give one, such as core.Plan("pro")`)
	}
	asked := readScoped(plan)
	return &requirement{quoteCall("Plan", plan), func(a *Auth) bool { return a.UserID != "" && asked.isIn(a.claim("pla")) }, hasPlans, false}
}

// scoped is the name of a feature or plan, and whose it may be.
type scoped struct {
	name               string
	organization, user bool
}

// readScoped reads a name, perhaps with its scope.
func readScoped(asked string) scoped {
	scope, rest, hasScope := strings.Cut(asked, ":")
	if !hasScope {
		return scoped{asked, true, true}
	}
	name, _, _ := strings.Cut(rest, ":")
	if name == "" {
		name = scope
	}
	return scoped{
		name:         name,
		organization: scope == "o" || scope == "org" || scope == "organization",
		user:         scope == "u" || scope == "user",
	}
}

// isIn looks it up in a claim. Any fault in the claim fails. It keeps nothing: guards ask
// for each request.
func (asked *scoped) isIn(claim token.Value) bool {
	list, ok := claim.Text()
	if !ok || list == "" {
		return false
	}
	found := false
	for more := true; more; {
		element := list
		if end := strings.IndexByte(list, ','); end >= 0 {
			element, list = list[:end], list[end+1:]
		} else {
			more = false
		}
		element = jstext.Trim(element)
		colon := strings.IndexByte(element, ':')
		if colon < 0 {
			return false
		}
		if element[colon+1:] != asked.name {
			continue
		}
		switch element[:colon] {
		case "o":
			found = found || asked.organization
		case "u":
			found = found || asked.user
		case "ou", "uo":
			found = found || asked.organization || asked.user
		}
	}
	return found
}

// Reverification requires that the user proved recently who they are, for
// example core.Reverification(core.Strict). It never holds for a token that does not
// tell, nor for a config without a level or a positive time, which guards refuse.
//
// It never holds for a session in grace ([Auth.InGrace]), whose token is out of date: a
// guard that fails for that alone answers 503.
//
// A guard that fails for it alone tells clerk-js so, whose useReverification() then
// asks the user and repeats the request: see [Guard].
func Reverification(c ReverificationConfig) Requirement {
	if !c.valid() {
		return hopeless("Reverification names no level of factors, or no positive AfterMinutes: give both, or a preset such as core.Strict")
	}
	return reverification(func(a *Auth) verdict {
		switch {
		case a.TokenType != SessionToken || a.UserID == "":
			return verdict{}
		case a.InGrace(): // The token says how long ago that was when it was issued.
			return verdict{aged: true}
		case c.met(a.FactorVerificationAge):
			return verdict{met: true}
		}
		return verdict{wants: &c}
	})
}

// MetadataRole requires that the public metadata in the claim "metadata" names
// this role: the role check of Clerk's guide to roles without organizations. It
// needs the instance's session token to be customised with
// {"metadata": "{{user.public_metadata}}"}; without it nobody has a role.
func MetadataRole(role string) Requirement {
	if role == "" {
		return hopeless(`MetadataRole names no role: give one, such as core.MetadataRole("admin")`)
	}
	return &requirement{quoteCall("MetadataRole", role), func(a *Auth) bool {
		got, ok := a.MetadataRole()
		return ok && got == role
	}, hasMetadataRole, false}
}

// Scopes requires all of these scopes of a machine's token. Sessions have none.
func Scopes(scopes ...string) Requirement {
	if len(scopes) == 0 || slices.Contains(scopes, "") {
		return hopeless(`Scopes names no scope, or an empty one: give all that are needed, such as core.Scopes("read:invoices")`)
	}
	scopes = slices.Clone(scopes)
	return &requirement{quoteCall("Scopes", scopes...), func(a *Auth) bool {
		for _, s := range scopes {
			if !slices.Contains(a.Scopes, s) {
				return false
			}
		}
		return true
	}, hasScopes, true}
}

// AnyOf requires one of several requirements. Without any it never holds.
func AnyOf(requirements ...Requirement) Requirement {
	return &combination{"AnyOf", slices.Clone(requirements), checkAny}
}

// AllOf requires all of several requirements. Without any it never holds.
func AllOf(requirements ...Requirement) Requirement {
	return &combination{"AllOf", slices.Clone(requirements), func(a *Auth, requirements []Requirement) verdict {
		if len(requirements) == 0 {
			return verdict{}
		}
		return checkAll(a, requirements)
	}}
}

// Where requires what a function of yours decides. It is asked only of
// authenticated requests, machines' included.
func Where(f func(*Auth) bool) Requirement {
	if f == nil {
		return hopeless("Where has no function: give one, or leave it out")
	}
	return &requirement{"Where", f, func(*Auth) string { return "its function says no" }, false}
}
