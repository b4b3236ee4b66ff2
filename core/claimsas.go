package core

import (
	"encoding/json"
	"fmt"
)

// ClaimsAs decodes the claims of a session token, or the custom claims of a
// machine's token, into a T of yours: the typed claims of Clerk's guides. Claims
// that are absent leave their field as it is, so use pointers where absence
// matters. As in encoding/json, names of fields match in any letter case.
//
// For a request without claims it returns an error that matches
// [ErrUnauthenticated].
func ClaimsAs[T any](a *Auth) (T, error) {
	var claims T
	var text json.RawMessage
	if a != nil {
		text = a.Claims()
	}
	if text == nil {
		return claims, &Error{class: ErrUnauthenticated, message: "there are no claims"}
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		var zero T
		return zero, fmt.Errorf("core: claims do not fit %T: %w", zero, err)
	}
	return claims, nil
}

// MetadataRole returns the role in the claim "metadata" of a session token; ok is
// false where there is none.
func (a *Auth) MetadataRole() (role string, ok bool) {
	if a == nil || a.TokenType != SessionToken || !a.authenticated {
		return "", false
	}
	claims, err := ClaimsAs[map[string]json.RawMessage](a)
	if err != nil {
		return "", false
	}
	var metadata map[string]json.RawMessage
	if json.Unmarshal(claims["metadata"], &metadata) != nil {
		return "", false
	}
	if json.Unmarshal(metadata["role"], &role) != nil || role == "" {
		return "", false
	}
	return role, true
}
