package core

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"

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

// createTokenParams is the body of the call.
type createTokenParams struct {
	clerk.APIParams
	ExpiresInSeconds *int64 `json:"expires_in_seconds,omitempty"`
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
		return a.state.Token(), nil
	case a.SessionID == "":
		return "", nil
	case a.state == nil:
		return "", errNoInstance
	case o.template == "" && o.expiresIn == nil:
		return a.state.Token(), nil
	case a.state.clerk == nil:
		return "", errNoInstance
	}
	path, err := tokenPath(a.SessionID, o.template)
	if err != nil {
		return "", err
	}
	params := &createTokenParams{}
	if o.expiresIn != nil {
		seconds := int64(*o.expiresIn / time.Second)
		params.ExpiresInSeconds = &seconds
	}
	clerk := a.state.clerk
	body, err := call(ctx, clerk.backend.sdk, http.MethodPost, path, params)
	if err != nil {
		return "", clerk.callError(ctx, tokenUnknown, err)
	}
	var answer struct {
		JWT string `json:"jwt"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.JWT == "" {
		return "", clerk.callError(ctx, tokenUnknown, &BackendError{Status: http.StatusOK, cause: errors.New("the answer holds no token")})
	}
	return answer.JWT, nil
}

const tokenUnknown = "no token could be asked for"

var errNoInstance = &Error{class: ErrConfiguration, message: "this Auth was not made by an instance"}

// tokenPath is where tokens of a session are made. Neither part can leave its
// place in the path.
func tokenPath(sessionID, template string) (string, error) {
	if !engine.ValidID(sessionID) {
		return "", &Error{class: ErrConfiguration, message: "the session id cannot stand in a path"}
	}
	path := "/sessions/" + sessionID + "/tokens"
	switch template {
	case "":
		return path, nil
	case ".", "..":
		return "", &Error{class: ErrConfiguration, message: "core.Template: a template cannot have this name"}
	}
	return path + "/" + url.PathEscape(template), nil
}
