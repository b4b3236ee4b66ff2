package clerkapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/user"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
)

// rawResource takes an answer as it is: what authentication reads of it is
// stricter than clerk-sdk-go's types.
type rawResource struct{ clerk.APIResource }

// UnmarshalJSON leaves the reading to the caller.
func (*rawResource) UnmarshalJSON([]byte) error { return nil }

// verifyParams is the body of a machine token's verification.
type verifyParams struct {
	clerk.APIParams
	Token  string `json:"token,omitempty"`  // M2M
	Secret string `json:"secret,omitempty"` // API key
}

// call performs a call of clerk-sdk-go's and returns the body of its 2xx answer.
func call(ctx context.Context, b clerk.Backend, method, path string, params clerk.Params) ([]byte, error) {
	req := clerk.NewAPIRequest(method, path)
	if params != nil {
		req.SetParams(params)
	}
	var answer rawResource
	err := b.Call(ctx, req, &answer)
	if answer.Response != nil {
		return answer.Response.RawJSON, nil // Whatever it is, it came with a 2xx status.
	}
	return nil, asFailure(err)
}

// versioned prefixes a path with the API version.
func (a *API) versioned(path string) string { return "/" + a.version + path }

// JWKS fetches the instance's signing keys. Who calls it tries again where that may
// help.
func (a *API) JWKS(ctx context.Context) ([]byte, error) {
	return call(ctx, a.sdk, http.MethodGet, "/jwks", nil)
}

// verifyMachine asks what an opaque machine token stands for.
func (a *API) verifyMachine(ctx context.Context, kind engine.TokenType, secret string) ([]byte, error) {
	switch kind {
	case engine.M2MToken:
		return call(ctx, a.machine, http.MethodPost, "/m2m_tokens/verify", &verifyParams{Token: secret})
	case engine.APIKey:
		return call(ctx, a.keys, http.MethodPost, "/api_keys/verify", &verifyParams{Secret: secret})
	case engine.OAuthToken, engine.SessionToken:
	}
	return a.do(ctx, backendRequest{
		path: "/oauth_applications/access_tokens/verify",
		body: struct {
			AccessToken string `json:"access_token"`
		}{secret},
	})
}

// handshakePayload redeems a nonce for the cookies of a handshake.
func (a *API) handshakePayload(ctx context.Context, nonce string) ([]string, error) {
	body, err := a.do(ctx, backendRequest{
		path:  a.versioned("/clients/handshake_payload"),
		query: []weburl.Param{weburl.Pair("nonce", nonce)},
	})
	if err != nil {
		return nil, err
	}
	var payload struct {
		Directives []json.RawMessage `json:"directives"`
	}
	if err := json.Unmarshal(body, &payload); err != nil || payload.Directives == nil {
		return nil, errNoPayload
	}
	directives := make([]string, len(payload.Directives))
	for i, raw := range payload.Directives {
		if raw[0] != '"' || json.Unmarshal(raw, &directives[i]) != nil {
			return nil, engine.ErrBadDirective
		}
	}
	return directives, nil
}

var (
	errNoPayload = &Failure{Status: http.StatusOK, Cause: errors.New("the answer is no handshake payload")}
	errNoRefresh = &Failure{Status: http.StatusOK, Cause: engine.ErrNoCookies}
)

// refreshSession exchanges a refresh token for the cookies of a fresh session.
func (a *API) refreshSession(ctx context.Context, q engine.Refresh, headers map[string][]string) ([]string, error) {
	var query []weburl.Param
	if q.Suffixed {
		query = []weburl.Param{weburl.Pair("suffixed_cookies", "true")}
	}
	body, err := a.do(ctx, backendRequest{
		path:  a.versioned("/sessions/" + url.PathEscape(q.SessionID) + "/refresh"),
		query: query,
		body: struct {
			Format         string              `json:"format"`
			ExpiredToken   string              `json:"expired_token"`
			RefreshToken   string              `json:"refresh_token"`
			RequestOrigin  string              `json:"request_origin"`
			RequestHeaders map[string][]string `json:"request_headers"`
		}{"cookie", q.ExpiredToken, q.RefreshToken, q.Origin, headers},
	})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Cookies []json.RawMessage `json:"cookies"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Cookies == nil {
		return nil, errNoRefresh
	}
	cookies := make([]string, len(answer.Cookies))
	for i, raw := range answer.Cookies {
		if json.Unmarshal(raw, &cookies[i]) != nil {
			return nil, nil //nolint:nilerr // The same as an answer without cookies.
		}
	}
	return cookies, nil
}

// createTokenParams is the body of the call for a session's token.
type createTokenParams struct {
	clerk.APIParams
	ExpiresInSeconds *int64 `json:"expires_in_seconds,omitempty"`
}

// SessionToken makes a token of a session, from a template unless that is empty. Both
// may stand in a path. Its lifetime is in seconds.
func (a *API) SessionToken(ctx context.Context, sessionID, template string, expiresIn *int64) (string, error) {
	path := "/sessions/" + sessionID + "/tokens"
	if template != "" {
		path += "/" + url.PathEscape(template)
	}
	body, err := call(ctx, a.sdk, http.MethodPost, path, &createTokenParams{ExpiresInSeconds: expiresIn})
	if err != nil {
		return "", err
	}
	var answer struct {
		JWT string `json:"jwt"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.JWT == "" {
		return "", errNoToken
	}
	return answer.JWT, nil
}

var (
	errNoToken   = &Failure{Status: http.StatusOK, Cause: errors.New("the answer holds no token")}
	errOtherUser = &Failure{Status: http.StatusOK, Cause: errors.New("the answer describes another user")}
	errNoUser    = &Failure{Status: http.StatusOK, Cause: errors.New("the answer is not a user")}
)

// maxUserAttempts is how often the user is asked for. A request waits for it.
const maxUserAttempts = 3

// maxRetryWait is the longest that a request waits because Clerk asks for it. A
// longer wait is the caller's decision: see [Failure].RetryAfter.
const maxRetryWait = 2 * time.Second

// User asks for a user, again where that may help and does not take long. It is nil
// where there is none. The id may stand in a path.
func (a *API) User(ctx context.Context, id string) (*clerk.User, error) {
	base, key := a.BaseURL(), a.secretKey
	users := user.NewClient(&clerk.ClientConfig{BackendConfig: clerk.BackendConfig{HTTPClient: a.client, URL: &base, Key: &key}})
	for attempt := 1; ; attempt++ {
		found, err := users.Get(ctx, id)
		var failure *Failure
		switch {
		case err == nil && found.ID == id:
			return found, nil
		case err == nil:
			return nil, errOtherUser
		case !errors.As(err, &failure):
			return nil, errNoUser
		case failure.Status == http.StatusNotFound && failure.Answer() == engine.No:
			return nil, nil //nolint:nilnil // the user no longer exists
		case attempt >= maxUserAttempts || !failure.temporary() || failure.RetryAfter > maxRetryWait ||
			ctx.Err() != nil || a.wait(ctx, attempt, failure.RetryAfter) != nil:
			return nil, failure
		}
	}
}

// fetchHeaders lists all request headers as a browser's Fetch API would: names in
// lower case, repeated values joined.
func fetchHeaders(r request.Request) map[string][]string {
	all := r.Headers()
	out := make(map[string][]string, len(all)+1)
	for name, values := range all {
		name = strings.ToLower(name)
		sep := ", "
		if name == "cookie" {
			sep = "; "
		}
		out[name] = []string{jstext.Latin1(request.Join(slices.Clone(values), sep))}
	}
	if host := r.Host(); host != "" {
		out["host"] = []string{jstext.Latin1(host)}
	}
	return out
}
