package core

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/token"
)

const (
	userAgent = "clerkgo"
	// backendTimeout bounds one call to the Backend API.
	backendTimeout = 10 * time.Second
	// maxBackendBody bounds what is read of an answer. The largest legitimate ones
	// are a few kilobytes.
	maxBackendBody = 1 << 20

	defaultRetryAttempts  = 5
	defaultRetryBaseDelay = 125 * time.Millisecond
)

// backend makes the calls to Clerk's Backend API that authentication needs.
type backend struct {
	client    *http.Client
	base      string // without a trailing slash
	version   string
	secretKey string
	machine   string // for M2M verification
	retry     Retry
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

	cause error
	json  bool // the answer is JSON
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
		text += ": " + e.cause.Error()
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
		return refreshBackendCodeNetworkError
	}
	return ""
}

// temporary reports whether another try may succeed.
func (e *BackendError) temporary() bool {
	return e.Status == 0 || e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
}

// request is one call. A nil body means GET.
type backendRequest struct {
	path   string // escaped
	query  []param
	body   any
	bearer string
}

// do performs a call and returns the body of its 2xx answer. Failures are
// *BackendError.
func (b *backend) do(ctx context.Context, r backendRequest) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, backendTimeout)
	defer cancel()
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
		target += "?" + encodeQuery(r.query)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, reader)
	if err != nil {
		return nil, &BackendError{cause: errors.New("request cannot be built")}
	}
	if r.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+r.bearer)
	}
	req.Header.Set("Clerk-API-Version", apiVersionDate)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", userAgent)
	resp, err := b.client.Do(req)
	if err != nil {
		return nil, &BackendError{cause: withoutURL(err)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBackendBody+1))
	if err != nil {
		return nil, &BackendError{cause: withoutURL(err)}
	}
	if len(body) > maxBackendBody {
		return nil, &BackendError{cause: fmt.Errorf("answer exceeds %d bytes", maxBackendBody)}
	}
	if isJSON(resp) && (!json.Valid(body) || string(bytes.TrimSpace(body)) == "null") {
		return nil, &BackendError{cause: errors.New("answer says that it is JSON and is not, or is null")}
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, newBackendError(resp, body)
	}
	return body, nil
}

// withoutURL drops the address that net/http puts into its errors: it may hold a
// nonce.
func withoutURL(err error) error {
	var urlError *url.Error
	if errors.As(err, &urlError) {
		return urlError.Err
	}
	return err
}

func newBackendError(resp *http.Response, body []byte) *BackendError {
	e := &BackendError{Status: resp.StatusCode, TraceID: resp.Header.Get("Cf-Ray")}
	if seconds, err := strconv.Atoi(strings.TrimSpace(resp.Header.Get("Retry-After"))); err == nil && seconds > 0 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	e.json = json.Valid(body)
	if !isJSON(resp) {
		return e
	}
	var answer struct {
		Errors  []json.RawMessage `json:"errors"`
		TraceID string            `json:"clerk_trace_id"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return e
	}
	for _, raw := range answer.Errors {
		var item BackendErrorItem
		_ = json.Unmarshal(raw, &item) // What is no error object counts as one without a code.
		e.Items = append(e.Items, item)
	}
	if answer.TraceID != "" {
		e.TraceID = answer.TraceID
	}
	return e
}

func isJSON(resp *http.Response) bool {
	mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
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
		body, err := b.do(ctx, backendRequest{path: b.versioned("/jwks"), bearer: b.secretKey})
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
// random factor between one and two, and never less than Clerk asks for.
func (b *backend) wait(ctx context.Context, attempt int, atLeast time.Duration) error {
	base := b.retry.BaseDelay
	switch {
	case base == 0:
		base = defaultRetryBaseDelay
	case base < 0:
		return ctx.Err()
	}
	delay := base << (attempt - 1)
	delay += rand.N(delay) //nolint:gosec // spreads load; nothing depends on its secrecy
	timer := time.NewTimer(max(delay, atLeast))
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

// handshakePayload redeems a nonce for the cookies of a handshake.
func (b *backend) handshakePayload(ctx context.Context, nonce string) ([]string, error) {
	body, err := b.do(ctx, backendRequest{
		path:   b.versioned("/clients/handshake_payload"),
		query:  []param{{"nonce", nonce}},
		bearer: b.secretKey,
	})
	if err != nil {
		return nil, err
	}
	var payload struct {
		Directives []json.RawMessage `json:"directives"`
	}
	if err := json.Unmarshal(body, &payload); err != nil {
		return nil, errors.New("core: the handshake payload is not the expected JSON")
	}
	directives := make([]string, len(payload.Directives))
	for i, raw := range payload.Directives {
		if raw[0] != '"' || json.Unmarshal(raw, &directives[i]) != nil {
			return nil, errBadDirective
		}
	}
	return directives, nil
}

// refreshRequest is what the refresh endpoint is told.
type refreshRequest struct {
	sessionID    string
	suffixed     bool
	expiredToken string
	refreshToken string
	origin       string
	headers      Request
}

// refreshSession exchanges a refresh token for the cookies of a fresh session.
func (b *backend) refreshSession(ctx context.Context, r refreshRequest) ([]string, error) {
	var query []param
	if r.suffixed {
		query = []param{{"suffixed_cookies", "true"}}
	}
	body, err := b.do(ctx, backendRequest{
		path:   b.versioned("/sessions/" + url.PathEscape(r.sessionID) + "/refresh"),
		query:  query,
		bearer: b.secretKey,
		body: struct {
			Format         string              `json:"format"`
			ExpiredToken   string              `json:"expired_token"`
			RefreshToken   string              `json:"refresh_token"`
			RequestOrigin  string              `json:"request_origin"`
			RequestHeaders map[string][]string `json:"request_headers"`
		}{"cookie", r.expiredToken, r.refreshToken, r.origin, fetchHeaders(r.headers)},
	})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Cookies []string `json:"cookies"`
	}
	if json.Unmarshal(body, &answer) != nil {
		answer.Cookies = nil // The same as an answer without cookies.
	}
	return answer.Cookies, nil
}

// fetchHeaders lists all request headers as a browser's Fetch API would: names in
// lower case, repeated values joined.
func fetchHeaders(r Request) map[string][]string {
	all := r.Headers()
	out := make(map[string][]string, len(all)+1)
	for name, values := range all {
		name = strings.ToLower(name)
		sep := ", "
		if name == "cookie" {
			sep = "; "
		}
		out[name] = []string{latin1(joinHeader(slices.Clone(values), sep))}
	}
	if host := r.Host(); host != "" {
		out["host"] = []string{latin1(host)}
	}
	return out
}

// validID reports whether an id may stand in a path of the Backend API.
func validID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '~':
		default:
			return false
		}
	}
	return true
}
