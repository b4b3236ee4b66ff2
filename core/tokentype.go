package core

import "github.com/clerkgo/clerkgo/core/internal/engine"

// TokenType is the kind of a credential.
type TokenType string

// The token types, spelled as Clerk spells them.
const (
	SessionToken TokenType = "session_token"
	APIKey       TokenType = "api_key"
	M2MToken     TokenType = "m2m_token"
	OAuthToken   TokenType = "oauth_token"
)

// TokenChoice is the value of Options.AcceptsToken. The zero value is unset,
// which means [SessionToken]. Build others with [OnlyToken], [TokenList] and
// [AnyToken].
type TokenChoice struct {
	kind  acceptKind
	types []TokenType
}

type acceptKind uint8

const (
	acceptUnset acceptKind = iota
	acceptOne
	acceptList
	acceptAny
)

// OnlyToken accepts exactly one token type. An empty one accepts nothing.
func OnlyToken(t TokenType) TokenChoice {
	if t == "" {
		return TokenList()
	}
	return TokenChoice{kind: acceptOne, types: []TokenType{t}}
}

// TokenList accepts the types of a list. An empty list accepts nothing. A list
// of one type is not the same as [OnlyToken] of it: a request without a token is
// then judged as one with a session token.
func TokenList(types ...TokenType) TokenChoice {
	return TokenChoice{kind: acceptList, types: append([]TokenType(nil), types...)}
}

// AnyToken accepts every token type.
func AnyToken() TokenChoice { return TokenChoice{kind: acceptAny} }

// IsSet reports whether a is anything but the zero value.
func (a TokenChoice) IsSet() bool { return a.kind != acceptUnset }

// one returns the single accepted type, or "" for a list or any.
func (a TokenChoice) one() TokenType {
	switch a.kind {
	case acceptUnset:
		return SessionToken
	case acceptOne:
		return a.types[0]
	case acceptList, acceptAny:
		return ""
	}
	return ""
}

// forEngine is a as the engine takes it.
func (a TokenChoice) forEngine() engine.Accepted {
	accepted := engine.Accepted{One: engine.TokenType(a.one())}
	if a.kind == acceptList {
		accepted.List = make([]engine.TokenType, len(a.types))
		for i, t := range a.types {
			accepted.List[i] = engine.TokenType(t)
		}
	}
	return accepted
}

// acceptsOnlyKeyless reports whether the publishable key is not needed.
func (a TokenChoice) acceptsOnlyKeyless() bool {
	t := a.one()
	return t == M2MToken || t == APIKey
}
