package token

import (
	"slices"
	"strings"
)

// The kinds of machine tokens, as [LooksMachine] names them.
const (
	KindM2M    = "m2m_token"
	KindOAuth  = "oauth_token"
	KindAPIKey = "api_key"
)

// oauthTypes are the header types of OAuth access tokens (RFC 9068).
var oauthTypes = [...]string{"at+jwt", "application/at+jwt"}

// IsNonSessionCategory reports whether the header says that the token was issued for something other than a session.
// A token without category is not one of them; a category that is unknown, or no string, is.
func (t *Token) IsNonSessionCategory() bool {
	return t.cat.exists && t.cat.value != CategorySession && t.cat.value != CategoryIgnore
}

// IsM2M reports whether the token is a machine-to-machine token: its subject is a machine.
func (t *Token) IsM2M() bool { return t.sub.ok && strings.HasPrefix(t.sub.value, "mch_") }

// IsOAuth reports whether the header's type is that of an OAuth access token.
func (t *Token) IsOAuth() bool { return t.typ.ok && slices.Contains(oauthTypes[:], t.typ.value) }

// IsMachine reports whether the token is one for machines, by [Token.IsM2M] or [Token.IsOAuth].
//
// Unlike in Clerk's JavaScript SDK, which looks at the undecoded text first, a machine token stays one if "=" is appended
// to its parts.
func (t *Token) IsMachine() bool { return t.IsM2M() || t.IsOAuth() }

// LooksMachine reports whether a text is a machine token, by its prefix or, for a JWT, by its content, and of what kind.
// It verifies nothing.
func LooksMachine(raw string) (kind string, ok bool) { return looksMachine(raw, Decode) }

// LooksMachine is the function [LooksMachine], without the work if the verifier remembers the token.
func (v *Verifier) LooksMachine(raw string) (kind string, ok bool) {
	return looksMachine(raw, v.Decode)
}

func looksMachine(raw string, decode func(string) (*Token, error)) (kind string, ok bool) {
	switch {
	case strings.HasPrefix(raw, "mt_"):
		return KindM2M, true
	case strings.HasPrefix(raw, "oat_"):
		return KindOAuth, true
	case strings.HasPrefix(raw, "ak_"):
		return KindAPIKey, true
	}
	t, err := decode(raw)
	switch {
	case err != nil:
		return "", false
	case t.IsM2M():
		return KindM2M, true
	case t.IsOAuth():
		return KindOAuth, true
	default:
		return "", false
	}
}
