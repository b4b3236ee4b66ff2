package clerkapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/clerkgo/clerkgo/core/internal/lent"
)

const (
	// UserAgent names us to Clerk.
	UserAgent = "clerkgo"
	// CallTimeout bounds one call to the Backend API, where the caller's own client sets
	// no bound.
	CallTimeout = 10 * time.Second
	// maxBackendBody bounds what is read of an answer. The largest legitimate ones
	// are a few kilobytes.
	maxBackendBody = 1 << 20
)

// newClient returns the client for all calls to the Backend API. It follows no
// redirect, which would carry the secret key elsewhere.
func newClient(given *http.Client) *http.Client {
	client := &http.Client{}
	if given != nil {
		*client = *given
	}
	// The transport keeps the time: where http.Client does, its error hides the
	// transport's.
	timeout := client.Timeout
	if timeout == 0 {
		timeout = CallTimeout
	}
	client.Timeout = 0
	base := client.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	client.Transport = &transport{base, timeout}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}

// transport bounds answers and turns every failure into a [*Failure],
// whichever code above it makes the call.
type transport struct {
	base    http.RoundTripper
	timeout time.Duration // of one call
}

// RoundTrip performs one call. Its answers have a 2xx status and a body that was
// read whole.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	loan := lent.New(req.Context())
	defer loan.End()
	ctx, cancel := context.WithTimeout(loan, t.timeout)
	defer cancel()
	req = req.Clone(ctx) //nolint:contextcheck // It is the request's, lent.
	req.Header.Set("User-Agent", UserAgent)
	resp, body, err := t.whole(ctx, req) //nolint:contextcheck // as above
	switch {
	case err != nil:
		return nil, &Failure{Cause: err}
	case len(body) > maxBackendBody:
		return nil, &Failure{Cause: fmt.Errorf("answer exceeds %d bytes", maxBackendBody)}
	case isJSON(resp) && (!json.Valid(body) || string(bytes.TrimSpace(body)) == "null"):
		return nil, &Failure{Cause: errors.New("answer says that it is JSON and is not, or is null")}
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, newFailure(resp, body)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

var errEnded = errors.New("the transport has ended its goroutine")

// whole performs a call and reads its answer. It leaves a transport alone that goes on after
// the end of its context: neither a request nor a probe may wait for it.
func (t *transport) whole(ctx context.Context, req *http.Request) (*http.Response, []byte, error) {
	type result struct {
		resp     *http.Response
		body     []byte
		err      error
		panicked any
	}
	done := make(chan result, 1)
	go func() {
		r := result{err: errEnded}
		defer func() {
			r.panicked = recover() // It is the caller's.
			done <- r
		}()
		if r.resp, r.err = t.base.RoundTrip(req); r.err != nil { //nolint:bodyclose // It is closed below.
			return
		}
		r.body, r.err = io.ReadAll(io.LimitReader(r.resp.Body, maxBackendBody+1))
		_ = r.resp.Body.Close() // It was read; there is nothing to do about a failure.
	}()
	select {
	case r := <-done:
		if r.panicked != nil {
			panic(r.panicked) //nolint:forbidigo // the transport's own
		}
		return r.resp, r.body, r.err
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
}

func isJSON(resp *http.Response) bool {
	mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}
