package core

import (
	"errors"
	"net/http"

	"github.com/golang-jwt/jwt/v5"

	"github.com/clerkgo/clerkgo/core/token"
)

// Keyfunc gives the instance's signing keys to golang-jwt, for tokens that the
// application made itself from a JWT template and that come back to it, say from
// another service:
//
//	parsed, err := jwt.Parse(text, clerk.Keyfunc(), jwt.WithIssuer(issuer), jwt.WithExpirationRequired())
//
// It takes the keys that session tokens are verified with, cached and refreshed as
// [KeyRefresh] says, and fetches them if need be. It refuses tokens without a key
// id that is the instance's, with another algorithm than RS256, RS384 or RS512, or
// with a crit header. It checks no claim: ask golang-jwt for that, and do not take
// such a token for a session.
//
// Errors match [ErrUnavailable] where the keys could not be had: golang-jwt wraps
// them, so look with errors.Is. The function is safe for concurrent use.
func (c *Clerk) Keyfunc() jwt.Keyfunc {
	return func(t *jwt.Token) (any, error) {
		key, err := c.verifier.Keyfunc(t)
		var failure *token.Error
		if errors.Is(err, token.ErrUnavailable) || errors.As(err, &failure) && failure.Unavailable {
			err = &Error{class: ErrUnavailable, status: http.StatusServiceUnavailable, message: "the signing keys are not available", cause: err}
		}
		return key, err
	}
}
