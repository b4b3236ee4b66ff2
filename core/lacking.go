package core

import (
	"strconv"
	"strings"
)

// What the log says of a request that lacks a requirement: which, and what it has of that
// kind. Clients are not told.

// lacking refuses somebody who is known. by is what is not met.
func lacking(a *Auth, by Requirement) *Error {
	what := "one of them is nil"
	if by != nil {
		what = by.lack(a)
	}
	return &Error{class: ErrForbidden, message: "requirements not met: " + what}
}

func (c *combination) lack(a *Auth) string {
	const most = 3 // As far as a line of a log goes.
	if len(c.of) == 0 {
		return c.name + "() is empty and never met"
	}
	var list []string
	for _, r := range c.of {
		if len(list) == most {
			list = append(list, "and more")
			break
		}
		if r != nil {
			list = append(list, r.lack(a))
		}
	}
	return c.name + "(" + strings.Join(list, "; ") + ")"
}

// quoteCall is how a program writes a requirement.
func quoteCall(name string, args ...string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = strconv.Quote(arg)
	}
	return name + "(" + strings.Join(quoted, ", ") + ")"
}

func hasRole(a *Auth) string {
	return ofOrganization(a, "the role "+quoteSome(a.OrgRole))
}

func hasPermissions(a *Auth) string {
	return ofOrganization(a, "the permissions "+quoteSome(strings.Join(a.OrgPermissions, " ")))
}

// ofOrganization says whether a session is in an organization, and what it has there.
func ofOrganization(a *Auth, what string) string {
	switch {
	case a.TokenType != SessionToken:
		return "a token of the type " + string(a.TokenType) + " is in no organization"
	case a.OrgID == "":
		return "the session has no active organization"
	}
	return "the session has " + what + " in the organization " + quoteSome(a.OrgID)
}

func hasFeatures(a *Auth) string { return ofBilling(a, "features", "fea") }

func hasPlans(a *Auth) string { return ofBilling(a, "plans", "pla") }

func ofBilling(a *Auth, what, claim string) string {
	if a.TokenType != SessionToken {
		return "a token of the type " + string(a.TokenType) + " has no " + what
	}
	list, ok := a.claim(claim).Text()
	if !ok {
		return "the session token names no " + what + ": its claim " + claim + " is missing"
	}
	return "the session has the " + what + " " + quoteSome(list)
}

func hasMetadataRole(a *Auth) string {
	if role, ok := a.MetadataRole(); ok {
		return "the claim metadata has the role " + quoteSome(role)
	}
	return "the session token has no role in the claim metadata, which the instance's session token has to be customised for"
}

func hasScopes(a *Auth) string {
	if a.TokenType == SessionToken {
		return "a session has no scopes"
	}
	return "the " + string(a.TokenType) + " has the scopes " + quoteSome(strings.Join(a.Scopes, " "))
}

// quoteSome quotes a text of a token, of which a log shows no more than helps.
func quoteSome(text string) string { return strconv.Quote(shorten(text, 200)) }
