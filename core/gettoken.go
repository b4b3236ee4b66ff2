package core

import (
	"context"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/engine"
)

// TokenOption asks [Auth.Token] for another token than the request's own.
type TokenOption interface{ applyToken(*tokenOptions) }

type tokenOptions struct {
	template  string
	expiresIn *time.Duration
}

type tokenOption func(*tokenOptions)

func (f tokenOption) applyToken(o *tokenOptions) { f(o) }

// Template asks for a token from one of the instance's JWT templates, for example
// for Supabase or Hasura. An empty name changes nothing.
func Template(name string) TokenOption {
	return tokenOption(func(o *tokenOptions) { o.template = name })
}

// ExpiresIn asks for a fresh token with this lifetime, in whole seconds.
func ExpiresIn(d time.Duration) TokenOption {
	return tokenOption(func(o *tokenOptions) { o.expiresIn = &d })
}

// Token returns a token of the session, for calls to other services: Clerk's
// getToken(). Without options it is the token of the request, and no call is made;
// with options Clerk makes a new one. Tokens are not cached.
//
// For a machine it is the token that was presented. For a signed-out request it is
// "", without an error. A failed call is a [*BackendError], found with errors.As; where
// Clerk gave no answer it matches [ErrUnavailable], where it refuses the secret key
// [ErrConfiguration].
func (a *Auth) Token(ctx context.Context, opts ...TokenOption) (string, error) {
	var o tokenOptions
	for _, opt := range opts {
		if opt == nil {
			return "", &Error{class: ErrConfiguration, message: "an option of Auth.Token is nil: leave it out"}
		}
		opt.applyToken(&o)
	}
	switch {
	case a.TokenType != SessionToken && a.authenticated:
		return a.result.token(), nil
	case a.SessionID == "":
		return "", nil
	case a.result == nil:
		return "", errNoInstance
	case o.template == "" && o.expiresIn == nil:
		return a.result.token(), nil
	case a.result.clerk == nil:
		return "", errNoInstance
	}
	if err := checkTokenPath(a.SessionID, o.template); err != nil {
		return "", err
	}
	var expiresIn *int64
	if o.expiresIn != nil {
		seconds := int64(*o.expiresIn / time.Second)
		expiresIn = &seconds
	}
	ctx, done := a.result.clerk.wait(ctx)
	defer done()
	made, err := a.result.clerk.backend.SessionToken(ctx, a.SessionID, o.template, expiresIn)
	return made, a.result.clerk.callError(ctx, tokenUnknown, publicError(err))
}

const tokenUnknown = "no token could be asked for"

var errNoInstance = &Error{class: ErrConfiguration, message: "this Auth was not made by an instance"}

// checkTokenPath makes sure that neither part of the path can leave its place.
func checkTokenPath(sessionID, template string) error {
	switch {
	case !engine.ValidID(sessionID):
		return &Error{class: ErrConfiguration, message: "the session id cannot stand in a path"}
	case template == ".", template == "..":
		return &Error{class: ErrConfiguration, message: "core.Template: a template cannot have this name"}
	}
	return nil
}
