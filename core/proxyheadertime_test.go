package core_test

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerkgo/clerkgo/core"
)

// lateReader comes after a while.
type lateReader struct {
	io.Reader

	after time.Duration
}

func (r *lateReader) Read(p []byte) (int, error) {
	time.Sleep(r.after)
	r.after = 0
	return r.Reader.Read(p)
}

// TestTheFrontendAPIMustBeginItsAnswer holds the proxy's own bound against answers and
// requests that take their time.
func TestTheFrontendAPIMustBeginItsAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		option         time.Duration
		upload         time.Duration // how long the request takes to come
		think, trickle time.Duration // how long the answer takes to begin, and to end then
		want           int
		after          time.Duration
	}{
		"an answer that never begins":                {think: time.Hour, want: http.StatusBadGateway, after: 15 * time.Second},
		"the same, with a bound of the options":      {option: time.Second, think: time.Hour, want: http.StatusBadGateway, after: time.Second},
		"the same, without one":                      {option: -1, think: time.Hour, want: http.StatusBadGateway, after: time.Minute},
		"an answer that begins late, and ends later": {think: 14 * time.Second, trickle: 40 * time.Second, want: http.StatusOK, after: 54 * time.Second},
		"a request that comes slowly":                {upload: 40 * time.Second, think: 14 * time.Second, want: http.StatusOK, after: 54 * time.Second},
		"no answer to a request that comes slowly":   {upload: 20 * time.Second, think: time.Hour, want: http.StatusBadGateway, after: 35 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := proxyOptions(nil)
				o.FrontendAPIProxy.HeaderTimeout = test.option
				o.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					if r.Body != nil {
						if _, err := io.Copy(io.Discard, r.Body); err != nil {
							return nil, err
						}
					}
					if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteRequest != nil {
						trace.WroteRequest(httptrace.WroteRequestInfo{})
					}
					select {
					case <-time.After(test.think):
					case <-r.Context().Done():
						return nil, r.Context().Err()
					}
					return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(&lateReader{strings.NewReader("x"), test.trickle})}, nil
				})}
				in := core.ProxyInput{}
				if test.upload > 0 {
					in = core.ProxyInput{Body: &lateReader{strings.NewReader("form"), test.upload}, Length: -1}
				}
				start := time.Now()
				resp := newClerk(t, o).Proxy(t.Context(), get("/__clerk/v1/client").as(http.MethodPost), in)
				if resp.Status != test.want {
					t.Errorf("got status %d, want %d", resp.Status, test.want)
				}
				body(t, resp)
				if took := time.Since(start); took != test.after {
					t.Errorf("took %v, want %v", took, test.after)
				}
			})
		})
	}
}
