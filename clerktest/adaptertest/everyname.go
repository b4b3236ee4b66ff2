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
		{who: "ada", client: browser, path: "/", want: "200 true <nil> true active org:admin acme [org:admin:example1] <nil> true  signed-in\n false false true"},
		{who: "ada", client: browser, path: "/tenant/x", want: "200 tenant"},
		{who: "ada", client: browser, path: "/urls", want: "307 /plans"},
		{who: "ada", client: browser, path: "/sign-in", want: "307 /sign-in?redirect_url="},
		{who: "ada", client: browser, path: "/sign-up", want: "307 /sign-up"},
		{who: "nobody", client: nobody, path: "/tenant/x", want: "401 refused"},
		{who: "nobody", client: nobody, path: "/closed", want: "401 refused"},
		{who: "nobody", client: nobody, path: "/urls", want: "307 /sign-in"},
		{who: "nobody", client: nobody, path: "/machine", want: "401 refused"},
		{who: "a machine", client: nobody, bearer: key, path: "/machine", want: "200 " + string(core.APIKey) + " user_ada [read] a key true"},
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
