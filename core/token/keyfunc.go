package token

import (
	"context"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// Keyfunc finds the key for a token that golang-jwt is parsing: it is a [jwt.Keyfunc]. It gives the
// keys to tokens that are signed with RS256, RS384 or RS512 and name a key of the instance, and
// refuses all others, also those with an unknown crit header. It checks no claim; golang-jwt does
// that.
//
// Its errors are [*Error] or match [ErrUnavailable], and golang-jwt wraps them: look with errors.Is
// and errors.As. A fetch of the keys has its own deadline.
func (v *Verifier) Keyfunc(t *jwt.Token) (any, error) {
	decoded, err := Decode(t.Raw)
	if err != nil {
		return nil, err
	}
	var types []string // any type: nothing is known of the application's tokens
	if decoded.typ.ok {
		types = []string{decoded.typ.value}
	}
	if err := checkHeader(decoded, types); err != nil {
		return nil, err
	}
	ctx := context.Background()
	key, err := v.key(ctx, decoded, "Failed to resolve JWK during verification.")
	if err != nil {
		return nil, err
	}
	public, err := key.public(ctx, decoded.alg)
	if err != nil && !isVerdict(err) {
		return nil, ensure(ReasonVerificationFailed, fmt.Sprintf("Error verifying JWT signature. %v", err))
	}
	return public, err
}
