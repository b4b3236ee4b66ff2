package clerkapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/user"
	"github.com/sony/gobreaker/v2"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
	"github.com/clerkgo/clerkgo/core/token"
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

// sdkCall performs a call of clerk-sdk-go's and returns the body of its 2xx answer.
func sdkCall(ctx context.Context, b clerk.Backend, method, path string, params clerk.Params) ([]byte, error) {
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
	return through(ctx, a, call{kind: Keys, endpoint: keysEndpoint, tries: 1}, a.jwks)
}

// KeysDown reports whether the keys cannot be had at present. It makes a probe if one is
// due.
func (a *API) KeysDown() bool {
	g := a.gate
	st, at := &g.kinds[Keys], now()
	if !st.suspect.Load() {
		return false
	}
	a.Probe()
	return g.holds.left(Keys, at) > 0 || st.breaker.Load().State() == gobreaker.StateOpen || !g.mayTry(st, at)
}

func (a *API) jwks(ctx context.Context) ([]byte, error) {
	return sdkCall(ctx, a.sdk, http.MethodGet, "/jwks", nil)
}

// verifyMachine asks what an opaque machine token stands for.
func (a *API) verifyMachine(ctx context.Context, kind engine.TokenType, secret string) ([]byte, error) {
	return through(ctx, a, machineCall(kind), func(ctx context.Context) ([]byte, error) {
		body, err := a.askMachine(ctx, kind, secret)
		var answer struct {
			Object string `json:"object"`
		}
		if err == nil && (json.Unmarshal(body, &answer) != nil || answer.Object == "") {
			return nil, errNoMachine
		}
		return body, err
	})
}

// The calls that strangers can cause. What they bring is used up by one.
var (
	nonceCall   = call{kind: Nonce, endpoint: "GET /v1/clients/handshake_payload", tries: 1}
	refreshCall = call{kind: Refresh, endpoint: "POST /v1/sessions/{id}/refresh", tries: 1}
)

func machineCall(kind engine.TokenType) call {
	return call{kind: Machine, endpoint: "POST " + machinePath(kind), tries: machineAttempts}
}

func machinePath(kind engine.TokenType) string {
	switch kind {
	case engine.M2MToken:
		return "/m2m_tokens/verify"
	case engine.APIKey:
		return "/api_keys/verify"
	case engine.OAuthToken, engine.SessionToken:
	}
	return "/oauth_applications/access_tokens/verify"
}

func (a *API) askMachine(ctx context.Context, kind engine.TokenType, secret string) ([]byte, error) {
	path := machinePath(kind)
	switch kind {
	case engine.M2MToken:
		return sdkCall(ctx, a.machine, http.MethodPost, path, &verifyParams{Token: secret})
	case engine.APIKey:
		return sdkCall(ctx, a.keys, http.MethodPost, path, &verifyParams{Secret: secret})
	case engine.OAuthToken, engine.SessionToken:
	}
	return a.do(ctx, backendRequest{
		path: path,
		body: struct {
			AccessToken string `json:"access_token"`
		}{secret},
	})
}

// handshakePayload redeems a nonce for the cookies of a handshake. That happens once.
func (a *API) handshakePayload(ctx context.Context, nonce string) ([]string, error) {
	return through(ctx, a, nonceCall, func(ctx context.Context) ([]string, error) {
		return a.askPayload(ctx, nonce)
	})
}

func (a *API) askPayload(ctx context.Context, nonce string) ([]string, error) {
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
	errNoMachine = &Failure{Status: http.StatusOK, Cause: engine.ErrNoMachine}
	errNoRefresh = &Failure{Status: http.StatusOK, Cause: engine.ErrNoCookies}
)

// refreshSession exchanges a refresh token for the cookies of a fresh session. That
// happens once.
func (a *API) refreshSession(ctx context.Context, q engine.Refresh, headers map[string][]string) ([]string, error) {
	return through(ctx, a, refreshCall, func(ctx context.Context) ([]string, error) {
		return a.askRefresh(ctx, q, headers)
	})
}

func (a *API) askRefresh(ctx context.Context, q engine.Refresh, headers map[string][]string) ([]string, error) {
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
	return cookiesOf(body)
}

// cookiesOf reads the answer to a refresh. It holds a session token twice, so it is not read
// with encoding/json, which takes as long for it as the signature does.
func cookiesOf(body []byte) ([]string, error) {
	answer, _ := token.ParseValue(string(body))
	members, _ := answer.Object()
	list, ok := members.Get("cookies").Array()
	if !ok {
		return nil, errNoRefresh
	}
	cookies := make([]string, len(list))
	for i, v := range list {
		if cookies[i], ok = v.Text(); !ok && !v.IsNull() {
			return nil, nil // The same as an answer without cookies.
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
	path, endpoint := "/sessions/"+sessionID+"/tokens", "POST /v1/sessions/{id}/tokens"
	if template != "" {
		path, endpoint = path+"/"+url.PathEscape(template), endpoint+"/{template}"
	}
	return through(ctx, a, call{kind: SessionToken, endpoint: endpoint, tries: 1}, func(ctx context.Context) (string, error) {
		return a.askToken(ctx, path, expiresIn)
	})
}

func (a *API) askToken(ctx context.Context, path string, expiresIn *int64) (string, error) {
	body, err := sdkCall(ctx, a.sdk, http.MethodPost, path, &createTokenParams{ExpiresInSeconds: expiresIn})
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

// User asks for a user, again where that may help. It is nil where there is none. The
// id may stand in a path.
func (a *API) User(ctx context.Context, id string) (*clerk.User, error) {
	return through(ctx, a, call{kind: User, endpoint: "GET /v1/users/{id}", tries: userAttempts}, func(ctx context.Context) (*clerk.User, error) {
		return a.askUser(ctx, id)
	})
}

func (a *API) askUser(ctx context.Context, id string) (*clerk.User, error) {
	base, key := a.BaseURL(), a.secretKey
	users := user.NewClient(&clerk.ClientConfig{BackendConfig: clerk.BackendConfig{HTTPClient: a.client, URL: &base, Key: &key}})
	found, err := users.Get(ctx, id)
	failure, ok := errors.AsType[*Failure](err)
	switch {
	case err == nil && found.ID == id:
		return found, nil
	case err == nil:
		return nil, errOtherUser
	case !ok:
		return nil, errNoUser
	case failure.Status == http.StatusNotFound && failure.Answer() == engine.No:
		return nil, nil //nolint:nilnil // the user no longer exists
	}
	return nil, failure
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
