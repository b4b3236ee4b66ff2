package token

import (
	"slices"
	"strings"
)

// oauthTypes are the header types of OAuth access tokens (RFC 9068).
var oauthTypes = [...]string{"at+jwt", "application/at+jwt"}

// IsNonSessionCategory reports whether the header says that the token was issued for something
// other than a session. A token without category is not one of them; a category that is unknown, or
// no string, is.
func (t *Token) IsNonSessionCategory() bool {
	return t.cat.exists && t.cat.value != CategorySession && t.cat.value != CategoryIgnore
}

// IsM2M reports whether the token is a machine-to-machine token: its subject is a machine.
func (t *Token) IsM2M() bool { return t.sub.ok && strings.HasPrefix(t.sub.value, "mch_") }

// IsOAuth reports whether the header's type is that of an OAuth access token.
func (t *Token) IsOAuth() bool { return t.typ.ok && slices.Contains(oauthTypes[:], t.typ.value) }

// IsMachine reports whether the token is one for machines, by [Token.IsM2M] or [Token.IsOAuth].
//
// Unlike in Clerk's JavaScript SDK, which looks at the undecoded text first, a machine token stays
// one if "=" is appended to its parts.
func (t *Token) IsMachine() bool { return t.IsM2M() || t.IsOAuth() }
