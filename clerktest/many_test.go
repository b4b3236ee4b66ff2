package clerktest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
)

// TestManyInstances runs 200 instances at the same time, each of which is used by
// several callers and sends a webhook, and sees that no port is left. That no
// goroutine is left is what TestMain sees.
func TestManyInstances(t *testing.T) {
	t.Parallel()
	const instances, callers = 200, 4
	var tests, running sync.WaitGroup
	running.Add(instances)
	for i := range instances {
		host := fmt.Sprintf("otter-%d.clerk.accounts.dev", i)
		tests.Go(func() {
			if err := oneInstance(t.Context(), host, callers, &running); err != nil {
				t.Error(err)
			}
		})
	}
	tests.Wait()
}

func oneInstance(ctx context.Context, host string, callers int, running *sync.WaitGroup) error {
	s, err := clerktest.NewServer(clerktest.Config{FrontendAPI: host})
	running.Done()
	if err != nil {
		return err
	}
	defer s.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	if _, _, err := s.AddWebhook(clerktest.Webhook{URL: s.URL() + "/hook"}); err != nil { // Nothing takes it: it waits until the end.
		return err
	}
	running.Wait()

	failed := make(chan error, callers)
	for i := range callers {
		go func() {
			body := strings.NewReader(fmt.Sprintf(`{"email_address":["user%d@example.com"]}`, i))
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+"/v1/users", body)
			if err != nil {
				failed <- err
				return
			}
			r.Header.Set("Authorization", "Bearer "+s.SecretKey())
			resp, err := transport.RoundTrip(r)
			if err == nil {
				err = resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					err = fmt.Errorf("a new user is answered with %s", resp.Status)
				}
			}
			failed <- err
		}()
	}
	for range callers {
		if err := <-failed; err != nil {
			return err
		}
	}
	if n := len(s.Events()); n != callers {
		return fmt.Errorf("%d events, not %d: instances share something", n, callers)
	}
	s.Close()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/_emulator/", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return nil
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body) // Of another test, which got the port.
	if strings.Contains(string(body), s.InstanceID()) {
		return fmt.Errorf("%s is still open", s.URL())
	}
	return err
}
