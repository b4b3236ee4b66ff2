package core

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clerk/clerk-sdk-go/v2"

	"github.com/clerkgo/clerkgo/core/internal/engine"
	"github.com/clerkgo/clerkgo/core/internal/jstext"
	"github.com/clerkgo/clerkgo/core/internal/redact"
	"github.com/clerkgo/clerkgo/core/internal/request"
	"github.com/clerkgo/clerkgo/core/internal/weburl"
	"github.com/clerkgo/clerkgo/core/token"
)

const (
	defaultRetryAttempts  = 5
	defaultRetryBaseDelay = 125 * time.Millisecond
	maxRetryDelay         = time.Minute // what Clerk does not ask for itself
)

// backend makes the calls to Clerk's Backend API that authentication needs: through
// clerk-sdk-go where it has the call, by itself elsewhere, all over one transport.
type backend struct {
	client    *http.Client
	base      string // without a trailing slash
	version   string
	secretKey string
	retry     Retry

	sdk     clerk.Backend // for versioned paths
	machine clerk.Backend // for M2M verification, without a version
	keys    clerk.Backend // for API key verification, without a version
	hasM2M  bool          // there is a key for M2M verification
}

// newBackend configures the calls for an instance.
func newBackend(o *Options) *backend {
	b := &backend{
		client:    backendClient(o.HTTPClient),
		base:      joinedURL(o.APIURL),
		version:   strings.Trim(o.APIVersion, "/"),
		secretKey: o.SecretKey,
		retry:     o.Retry,
	}
	sdk := func(base, key string) clerk.Backend {
		return clerk.NewBackend(&clerk.BackendConfig{HTTPClient: b.client, URL: &base, Key: &key})
	}
	machineKey := o.MachineSecretKey
	if machineKey == "" {
		machineKey = o.SecretKey
	}
	b.sdk = sdk(b.base+"/"+b.version, o.SecretKey)
	b.machine, b.hasM2M = sdk(b.base, machineKey), machineKey != ""
	b.keys = sdk(b.base, o.SecretKey)
	return b
}

// BackendError is a failed call to Clerk's Backend API.
type BackendError struct {
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// Items are the errors that the answer lists.
	Items []BackendErrorItem
	// TraceID identifies the call to Clerk's support.
	TraceID string
	// RetryAfter is how long Clerk asks to wait, 0 when it does not say.
	RetryAfter time.Duration

	cause  error
	json   bool // the answer is JSON
	clerks bool // it has the shape of Clerk's errors
}

// BackendErrorItem is one error of a [BackendError], as Clerk words it.
type BackendErrorItem struct {
	Code        string `json:"code"`
	Message     string `json:"message"`
	LongMessage string `json:"long_message"`
}

// Error describes the failure without anything of the request.
func (e *BackendError) Error() string {
	text := "core: Backend API call failed"
	if e.Status != 0 {
		text += " with status " + strconv.Itoa(e.Status)
	}
	if code := e.Code(); code != "" {
		text += " (code=" + code + ")"
	}
	if e.cause != nil {
		text += ": " + redact.Redactor{}.Redact(e.cause.Error()) // Transports quote addresses, with nonces in them.
	}
	return text
}

// Unwrap returns the transport's error, or nil.
func (e *BackendError) Unwrap() error { return e.cause }

// Code returns the first error's code. A call without an answer has the code
// unexpected_error, as in Clerk's SDKs.
func (e *BackendError) Code() string {
	switch {
	case len(e.Items) > 0:
		return e.Items[0].Code
	case e.Status == 0:
		return engine.CodeNetworkError
	}
	return ""
}

// temporary reports whether another try may succeed.
func (e *BackendError) temporary() bool {
	return e.Status == 0 || e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
}

// backendRequest is one call. A nil body means GET.
type backendRequest struct {
	path  string // escaped
	query []weburl.Param
	body  any
}

// do performs a call that clerk-sdk-go does not have, and returns the body of its
// 2xx answer. Failures are *BackendError.
func (b *backend) do(ctx context.Context, r backendRequest) ([]byte, error) {
	method, reader := http.MethodGet, io.Reader(nil)
	if r.body != nil {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r.body); err != nil {
			return nil, &BackendError{cause: errors.New("request body cannot be encoded")}
		}
		method, reader = http.MethodPost, &buf
	}
	target := b.base + r.path
	if r.query != nil {
		target += "?" + weburl.EncodeQuery(r.query)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, reader)
	if err != nil {
		return nil, &BackendError{cause: errors.New("request cannot be built")}
	}
	req.Header.Set("Authorization", "Bearer "+b.secretKey)
	req.Header.Set("Clerk-API-Version", engine.APIVersionDate)
	req.Header.Set("Content-Type", "application/json")
	resp, err := b.client.Do(req)
	if err != nil {
		return nil, asBackendError(err)
	}
	defer resp.Body.Close()
	if !isJSON(resp) {
		return []byte("null"), nil // What does not call itself JSON says nothing.
	}
	return io.ReadAll(resp.Body)
}

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
	return nil, asBackendError(err)
}

// versioned prefixes a path with the API version.
func (b *backend) versioned(path string) string { return "/" + b.version + path }

// jwks fetches the instance's signing keys. It repeats the call where that may
// help.
func (b *backend) jwks(ctx context.Context) ([]byte, error) {
	attempts := b.retry.Attempts
	switch {
	case attempts == 0:
		attempts = defaultRetryAttempts
	case attempts < 0:
		attempts = 1
	}
	for attempt := 1; ; attempt++ {
		body, err := call(ctx, b.sdk, http.MethodGet, "/jwks", nil)
		if err == nil {
			return body, nil
		}
		var failure *BackendError
		if !errors.As(err, &failure) {
			return nil, err
		}
		if attempt >= attempts || !failure.temporary() || b.wait(ctx, attempt, failure.RetryAfter) != nil {
			return nil, b.jwksError(failure)
		}
	}
}

// wait sleeps before the next try: the base delay, doubled each time, with a
// random factor between one and two, and never less than Clerk asks for. It does
// not sleep when ctx would end first.
func (b *backend) wait(ctx context.Context, attempt int, atLeast time.Duration) error {
	base := b.retry.BaseDelay
	if base == 0 {
		base = defaultRetryBaseDelay
	}
	delay := time.Duration(0)
	if base > 0 {
		delay = min(min(base, maxRetryDelay)<<min(attempt-1, 10), maxRetryDelay)
		delay += rand.N(delay) //nolint:gosec // spreads load; nothing depends on its secrecy
	}
	delay = max(delay, atLeast)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < delay {
		return context.DeadlineExceeded
	}
	if delay == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

const contactSupport = "Contact support@clerk.com"

// jwksError maps a failed fetch of the keys to the reasons of Clerk's SDKs. An
// answer that is no JSON, or none at all, has none of them.
func (b *backend) jwksError(failure *BackendError) error {
	for _, item := range failure.Items {
		if item.Code == "clerk_key_invalid" {
			return &token.Error{Reason: token.ReasonSecretKeyInvalid, Action: contactSupport, Message: item.Message, Err: failure}
		}
	}
	if !failure.json {
		return fmt.Errorf("%w: %w", token.ErrUnavailable, failure)
	}
	return &token.Error{
		Reason:      token.ReasonRemoteFailedToLoad,
		Action:      contactSupport,
		Message:     "Error loading Clerk JWKS from " + b.base + b.versioned("/jwks") + " with code=" + strconv.Itoa(failure.Status),
		Unavailable: true,
		Err:         failure,
	}
}

// verifyMachine asks what an opaque machine token stands for.
func (b *backend) verifyMachine(ctx context.Context, kind TokenType, secret string) ([]byte, error) {
	switch kind {
	case M2MToken:
		return call(ctx, b.machine, http.MethodPost, "/m2m_tokens/verify", &verifyParams{Token: secret})
	case APIKey:
		return call(ctx, b.keys, http.MethodPost, "/api_keys/verify", &verifyParams{Secret: secret})
	case OAuthToken, SessionToken:
	}
	return b.do(ctx, backendRequest{
		path: "/oauth_applications/access_tokens/verify",
		body: struct {
			AccessToken string `json:"access_token"`
		}{secret},
	})
}

// handshakePayload redeems a nonce for the cookies of a handshake.
func (b *backend) handshakePayload(ctx context.Context, nonce string) ([]string, error) {
	body, err := b.do(ctx, backendRequest{
		path:  b.versioned("/clients/handshake_payload"),
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
	errNoPayload = &BackendError{Status: http.StatusOK, cause: errors.New("the answer is no handshake payload")}
	errNoRefresh = &BackendError{Status: http.StatusOK, cause: engine.ErrNoCookies}
)

// refreshSession exchanges a refresh token for the cookies of a fresh session.
func (b *backend) refreshSession(ctx context.Context, q engine.Refresh, headers map[string][]string) ([]string, error) {
	var query []weburl.Param
	if q.Suffixed {
		query = []weburl.Param{weburl.Pair("suffixed_cookies", "true")}
	}
	body, err := b.do(ctx, backendRequest{
		path:  b.versioned("/sessions/" + url.PathEscape(q.SessionID) + "/refresh"),
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
