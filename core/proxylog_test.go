package core_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// TestProxyFailuresFillNoLog: who asks the proxy can make it fail as often as they
// like, and their address holds tickets and tokens.
func TestProxyFailuresFillNoLog(t *testing.T) {
	t.Parallel()
	clock := clerktest.NewClock(epoch)
	var log logBuffer
	o := proxyOptions(func(r *http.Request) (*http.Response, error) { // As transports do that are made of a client.
		return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: errors.New("refused")}
	})
	o.Logger, o.Now = log.logger(), clock.Now
	c := newClerk(t, o)
	ask := func(ctx context.Context) {
		resp := c.Proxy(ctx, get("/__clerk/v1/tickets?__clerk_ticket=t1cketOfSomebody"), core.ProxyInput{})
		if _ = body(t, resp); resp.Status != http.StatusBadGateway {
			t.Errorf("got status %d", resp.Status)
		}
	}
	for range 100 {
		ask(t.Context())
	}
	if got := strings.Count(log.String(), "cannot be reached"); got != 1 || strings.Contains(log.String(), "t1cket") {
		t.Errorf("got %d lines, want one without the ticket:\n%s", got, log.String())
	}
	clock.Advance(time.Minute)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	ask(gone)
	if got := strings.Count(log.String(), "cannot be reached"); got != 1 {
		t.Errorf("a client that went away is logged:\n%s", log.String())
	}
	ask(t.Context())
	if got := strings.Count(log.String(), "cannot be reached"); got != 2 || !strings.Contains(log.String(), "repeated=99") {
		t.Errorf("got %d lines, want a second with the number of those left out:\n%s", got, log.String())
	}
}
