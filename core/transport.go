package core

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/lent"
)

const (
	userAgent = "clerkgo"
	// backendTimeout bounds one call to the Backend API, where the caller's own
	// client sets no bound.
	backendTimeout = 10 * time.Second
	// maxBackendBody bounds what is read of an answer. The largest legitimate ones
	// are a few kilobytes.
	maxBackendBody = 1 << 20
)

// backendClient returns the client for all calls to the Backend API. It follows no
// redirect, which would carry the secret key elsewhere.
func backendClient(given *http.Client) *http.Client {
	client := &http.Client{}
	if given != nil {
		*client = *given
	}
	// The transport keeps the time: where http.Client does, its error hides the
	// transport's.
	timeout := client.Timeout
	if timeout == 0 {
		timeout = backendTimeout
	}
	client.Timeout = 0
	base := client.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	client.Transport = &backendTransport{base, timeout}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}

// backendTransport bounds answers and turns every failure into a [*BackendError],
// whichever code above it makes the call.
type backendTransport struct {
	base    http.RoundTripper
	timeout time.Duration // of one call
}

// RoundTrip performs one call. Its answers have a 2xx status and a body that was
// read whole.
func (t *backendTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	loan := lent.New(req.Context())
	defer loan.End()
	ctx, cancel := context.WithTimeout(loan, t.timeout)
	defer cancel()
	req = req.Clone(ctx) //nolint:contextcheck // It is the request's, lent.
	req.Header.Set("User-Agent", userAgent)
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, &BackendError{cause: err}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBackendBody+1))
	_ = resp.Body.Close() // It was read; there is nothing to do about a failure.
	switch {
	case err != nil:
		return nil, &BackendError{cause: err}
	case len(body) > maxBackendBody:
		return nil, &BackendError{cause: fmt.Errorf("answer exceeds %d bytes", maxBackendBody)}
	case isJSON(resp) && (!json.Valid(body) || string(bytes.TrimSpace(body)) == "null"):
		return nil, &BackendError{cause: errors.New("answer says that it is JSON and is not, or is null")}
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, newBackendError(resp, body)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// asBackendError drops what net/http wraps around a failure: the address, which
// may hold a nonce.
func asBackendError(err error) *BackendError {
	if failure, ok := errors.AsType[*BackendError](err); ok {
		return failure
	}
	return &BackendError{cause: errors.New("the call could not be made")}
}

func newBackendError(resp *http.Response, body []byte) *BackendError {
	e := &BackendError{Status: resp.StatusCode, TraceID: resp.Header.Get("Cf-Ray"), RetryAfter: retryAfter(resp.Header), json: json.Valid(body)}
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
	e.clerks = answer.Errors != nil
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

// retryAfter reads how long the server asks to wait: seconds, or a date, which is
// compared with the server's own clock. It is 0 where the server does not say, a
// day at most.
func retryAfter(h http.Header) time.Duration {
	value := strings.TrimSpace(h.Get(headerRetryAfter))
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		if now, err := http.ParseTime(h.Get("Date")); err == nil {
			wait = at.Sub(now)
		}
	}
	return min(max(wait, 0), 24*time.Hour)
}

func isJSON(resp *http.Response) bool {
	mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}
