package clerktest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/clerkgo/clerkgo/clerktest"
)

// A test of one's own starts an instance, gives its options to the application
// and visits it as somebody.
func ExampleServer_Client() {
	test := func(t *testing.T) {
		t.Helper()
		clerk := clerktest.New(t)
		clerk.AddOrganization(clerktest.Organization{
			ID:      "org_acme",
			Members: []clerktest.Member{{UserID: "user_ada", Role: "org:admin", Permissions: []string{"org:invoices:create"}}},
		})

		// handler := yourApp(clerk.Options())
		handler := http.NotFoundHandler()
		app := httptest.NewServer(handler)
		defer app.Close()

		ada := clerk.Client(t, "user_ada", app.URL, clerktest.WithOrganization("org_acme"))
		res, err := ada.Get(app.URL + "/invoices")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("Ada got %s", res.Status)
		}
	}
	_ = test
}

// Tokens can be minted without a browser; the clock makes them expire.
func ExampleServer_SessionToken() {
	clerk, err := clerktest.NewServer(clerktest.Config{Clock: clerktest.NewClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer clerk.Close()

	token := clerk.SessionToken("user_ada", clerktest.InOrganization("acme"), clerktest.AuthorizedParty("https://example.com"))
	fmt.Println(strings.Count(token, "."), "dots")
	fmt.Println(clerk.Sessions("user_ada")[0].Status)
	fmt.Println(clerk.Issuer())
	// Output:
	// 2 dots
	// active
	// https://calm-otter-42.clerk.accounts.dev
}

// Faults show how an application behaves when Clerk does not.
func ExampleServer_Inject() {
	clerk, err := clerktest.NewServer()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer clerk.Close()

	remove := clerk.Inject("GET /.well-known/jwks.json", clerktest.Fault{Status: http.StatusServiceUnavailable, Body: []byte("come back later")})
	show := func() {
		res, err := http.Get(clerk.URL() + "/.well-known/jwks.json")
		if err != nil {
			fmt.Println(err)
			return
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		fmt.Println(res.StatusCode, strings.HasPrefix(string(body), "{"), err)
	}
	show()
	remove()
	show()
	fmt.Println(clerk.Requests("GET /.well-known/jwks.json"), "requests")
	http.DefaultClient.CloseIdleConnections()
	// Output:
	// 503 false <nil>
	// 200 true <nil>
	// 2 requests
}
