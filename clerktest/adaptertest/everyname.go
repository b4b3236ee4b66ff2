package adaptertest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/clerkgo/clerkgo/clerktest"
	"github.com/clerkgo/clerkgo/core"
)

// VisitEveryName visits the routes of the program that each adapter has in everyname_test.go, as
// the signed-in browser of user_ada and as others, and compares the answers.
func VisitEveryName(t *testing.T, fake *clerktest.Server, app *httptest.Server) {
	t.Helper()
	t.Cleanup(app.Close)
	appURL := app.URL
	browser := fake.Client(t, "user_ada", appURL)
	browser.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) > 6 {
			return errors.New("a redirect loop")
		}
		if strings.HasPrefix(req.URL.Path, "/v1/client/") || strings.HasPrefix(appURL, "http://"+req.URL.Host) && req.URL.Path != "/plans" {
			return nil // Handshakes go on.
		}
		return http.ErrUseLastResponse
	}
	nobody := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	key := fake.APIKey(clerktest.MachineToken{Subject: "user_ada", Scopes: []string{"read"}, Name: "a key"})
	for _, c := range []struct {
		who    string
		client *http.Client
		bearer string
		path   string
		want   string
	}{
		{"ada", browser, "", "/", "200 true <nil> true active org:admin acme [org:admin:example1] <nil> true  signed-in\n false false true"},
		{"ada", browser, "", "/tenant/x", "200 tenant"},
		{"ada", browser, "", "/urls", "307 /plans"},
		{"ada", browser, "", "/sign-in", "307 /sign-in?redirect_url="},
		{"ada", browser, "", "/sign-up", "307 /sign-up"},
		{"nobody", nobody, "", "/tenant/x", "401 refused"},
		{"nobody", nobody, "", "/closed", "401 refused"},
		{"nobody", nobody, "", "/urls", "307 /sign-in"},
		{"nobody", nobody, "", "/machine", "401 refused"},
		{"a machine", nobody, key, "/machine", "200 " + string(core.APIKey) + " user_ada [read] a key true"},
	} {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, appURL+c.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if c.bearer != "" {
			req.Header.Set("Authorization", "Bearer "+c.bearer)
		}
		resp, err := c.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		got := strconv.Itoa(resp.StatusCode) + " " + string(body)
		if location := resp.Header.Get("Location"); location != "" {
			location = strings.TrimPrefix(strings.TrimPrefix(location, fake.URL()), appURL)
			got = strconv.Itoa(resp.StatusCode) + " " + location
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s visits %s: got %q, want %q", c.who, c.path, got, c.want)
		}
	}
}
